//! What a fault of the receiver is: [`IhubFault`].

use crate::{certificates::TlsFault, message::Outgoing};

use super::serve::Call;

/// One way in which a receiver can be wrong.
#[derive(Debug, Clone, Copy)]
pub struct IhubFault {
    /// Its name, in kebab case.
    pub id: &'static str,
    /// What is wrong, in one sentence.
    pub summary: &'static str,
    /// The requirements that it breaks: the first, for which it was made, and those that it rightly breaks too.
    pub breaks: &'static [&'static str],
    /// Spoils the answer. Runs last, on every answer.
    pub(super) answer: Option<fn(&Call, &mut Outgoing)>,
    /// Changes how the receiver works inside.
    pub(super) flaw: Option<Flaw>,
    /// Changes how TLS is served.
    pub(super) tls: Option<TlsFault>,
}

impl IhubFault {
    /// One that lies in the receiver's own workings.
    pub(super) const fn inside(
        id: &'static str,
        summary: &'static str,
        flaw: Flaw,
        breaks: &'static [&'static str],
    ) -> Self {
        Self {
            id,
            summary,
            breaks,
            answer: None,
            flaw: Some(flaw),
            tls: None,
        }
    }

    /// One that spoils answers.
    pub(super) const fn outside(
        id: &'static str,
        summary: &'static str,
        answer: fn(&Call, &mut Outgoing),
        breaks: &'static [&'static str],
    ) -> Self {
        Self {
            id,
            summary,
            breaks,
            answer: Some(answer),
            flaw: None,
            tls: None,
        }
    }

    /// One of how TLS is served.
    pub(super) const fn of_tls(
        id: &'static str,
        summary: &'static str,
        tls: TlsFault,
        breaks: &'static [&'static str],
    ) -> Self {
        Self {
            id,
            summary,
            breaks,
            answer: None,
            flaw: None,
            tls: Some(tls),
        }
    }
}

/// A fault that lies in the receiver's own workings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Entities of type `evidence` are unknown to it.
    KnowsNoEvidence,
    /// A report without a person is refused.
    WantsPerson,
    /// Anything but an online crime report is refused.
    TakesCrimeOnly,
    /// An attribute that is not in the model is refused.
    WantsKnownAttributes,
    /// More than fifty entities are refused.
    TakesFewEntities,
    /// Texts of more than a thousand characters are refused, whatever the model says.
    TakesShortTexts,
    /// Names have the letters A to Z.
    TakesAsciiNames,
    /// Characters beyond the basic plane break it.
    TakesBasicPlane,
    /// A carriage return is refused.
    TakesNoCarriageReturn,
    /// More than a megabyte is refused.
    TakesSmallBodies,
    /// Only British Summer Time is understood.
    TakesSummerTime,
    /// A start that is a span is refused.
    TakesMomentsOnly,
    /// A start that is a date and time is refused.
    TakesSpansOnly,
    /// A force identifier that is a number is refused.
    TakesForceTexts,
    /// The submission must be the first of what is included.
    WantsSubmissionFirst,
    /// Only the first three codes of `gender` are known.
    KnowsThreeGenders,
    /// A person in two roles is refused.
    TakesOneRole,
    /// Missing `data` is not noticed.
    TakesNoData,
    /// A missing submission is not noticed.
    TakesNoSubmission,
    /// What the submission relationship leads to is not looked at.
    TakesAnySubmission,
    /// A missing submission id is not noticed.
    TakesNoId,
    /// Formats of texts are not looked at.
    TakesAnyFormat,
    /// A relationship that leads nowhere is not noticed.
    TakesDangling,
    /// Two entities of the same type and id are not noticed.
    TakesTwins,
    /// A root of any type is taken.
    TakesAnyRoot,
    /// Codes are not looked up.
    TakesAnyCode,
    /// Types are not looked at.
    TakesAnyType,
    /// Lengths are not looked at.
    TakesAnyLength,
    /// What is no JSON is taken.
    TakesBrokenJson,
    /// The content type is not looked at.
    TakesAnyMedia,
    /// An empty body is taken.
    TakesEmptyBody,
    /// `null` is taken.
    TakesNull,
    /// Only the first mistake is told.
    TellsFirstMistake,
    /// Every delivery makes an incident.
    MakesAnotherEachTime,
    /// After three deliveries it forgets that it has the submission.
    ForgetsAfterThree,
    /// Two deliveries at once make two incidents.
    Races,
    /// Two submissions of the same words make one incident.
    MergesWords,
    /// A submission that was refused once is refused for ever.
    RemembersRefusals,
    /// A submission that is older than one already received is refused.
    WantsOrder,
    /// One reporter's address may submit forty times.
    LimitsAddresses,
    /// A repeat with other content replaces what was received.
    Overwrites,
    /// No client certificate is requested.
    AsksNoCertificate,
    /// A client certificate of any authority is taken.
    TakesAnyCertificate,
    /// The API key is not required.
    AsksNoKey,
    /// Only those halves of the API key are looked at that are sent.
    TakesHalfKey,
    /// The client id is not looked at.
    TakesAnyId,
    /// The client secret is not looked at.
    TakesAnySecret,
    /// What was answered 201 is readable minutes later.
    PersistsLater,
    /// What is not ASCII becomes a question mark.
    StoresAscii,
    /// Line ends become line feeds.
    StoresLineFeeds,
    /// Codes become words.
    StoresWords,
    /// Only the first of several roles of an entity is kept.
    StoresOneRole,
    /// Moments lose their offset.
    StoresLocalTime,
}
