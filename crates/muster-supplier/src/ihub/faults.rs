//! Everything that can be wrong with the receiver: [`ihub_faults`].
//!
//! To add one: one line here, and what it does where it does it. The self-test then holds that exactly the requirements
//! that it says it breaks are found broken.

use super::{
    corruptions::{
        answers_accepted, any_path_found, each_error, html_errors, methods_not_found,
        mistake_is_500, names_in_location, no_allow, no_code, no_submission_id, pointer_nowhere,
        problem_json, receipt_of_another, receipt_without_id, repeats_names, stack_trace,
        status_number, status_of_another,
    },
    fault::{Flaw, IhubFault},
    serve::Call,
};
use crate::{
    certificates::{Leaf, TlsFault},
    message::Outgoing,
};

const fn inside(
    id: &'static str,
    summary: &'static str,
    flaw: Flaw,
    breaks: &'static [&'static str],
) -> IhubFault {
    IhubFault::inside(id, summary, flaw, breaks)
}

const fn outside(
    id: &'static str,
    summary: &'static str,
    answer: fn(&Call, &mut Outgoing),
    breaks: &'static [&'static str],
) -> IhubFault {
    IhubFault::outside(id, summary, answer, breaks)
}

const fn of_tls(
    id: &'static str,
    summary: &'static str,
    tls: TlsFault,
    breaks: &'static [&'static str],
) -> IhubFault {
    IhubFault::of_tls(id, summary, tls, breaks)
}

/// Every fault there is, in the order of the requirements.
static FAULTS: &[IhubFault] = &[
    inside(
        "evidence-unknown",
        "Entities of type `evidence` are unknown to it.",
        Flaw::KnowsNoEvidence,
        &["IHUB-01"],
    ),
    inside(
        "skeleton-refused",
        "A report without a person is refused.",
        Flaw::WantsPerson,
        &["IHUB-02"],
    ),
    inside(
        "complaint-refused",
        "Anything but an online crime report is refused.",
        Flaw::TakesCrimeOnly,
        &["IHUB-03"],
    ),
    outside(
        "answers-accepted",
        "A delivery receives 202.",
        answers_accepted,
        &["IHUB-05", "IHUB-64"],
    ),
    outside(
        "receipt-without-id",
        "The receipt does not name the incident.",
        receipt_without_id,
        &["IHUB-91"],
    ),
    outside(
        "receipt-of-another",
        "The receipt names another submission.",
        receipt_of_another,
        &["IHUB-06"],
    ),
    inside(
        "attribute-refused",
        "An attribute that is not in the model is refused.",
        Flaw::WantsKnownAttributes,
        &["IHUB-07"],
    ),
    inside(
        "few-entities",
        "More than fifty entities are refused.",
        Flaw::TakesFewEntities,
        &["IHUB-08"],
    ),
    inside(
        "short-texts",
        "Texts of more than a thousand characters are refused.",
        Flaw::TakesShortTexts,
        &["IHUB-09"],
    ),
    inside(
        "ascii-names",
        "Names have the letters A to Z.",
        Flaw::TakesAsciiNames,
        &["IHUB-10"],
    ),
    inside(
        "basic-plane",
        "Characters beyond the basic plane are refused.",
        Flaw::TakesBasicPlane,
        &["IHUB-11"],
    ),
    inside(
        "no-carriage-return",
        "A carriage return is refused.",
        Flaw::TakesNoCarriageReturn,
        &["IHUB-12"],
    ),
    inside(
        "small-bodies",
        "More than a megabyte is refused.",
        Flaw::TakesSmallBodies,
        &["IHUB-13"],
    ),
    inside(
        "summer-time-only",
        "Only British Summer Time is understood.",
        Flaw::TakesSummerTime,
        &["IHUB-14"],
    ),
    inside(
        "moments-only",
        "A start that is a span is refused.",
        Flaw::TakesMomentsOnly,
        &["IHUB-15"],
    ),
    inside(
        "spans-only",
        "A start that is a date and time is refused.",
        Flaw::TakesSpansOnly,
        &["IHUB-90"],
    ),
    inside(
        "force-texts-only",
        "A force identifier that is a number is refused.",
        Flaw::TakesForceTexts,
        &["IHUB-16"],
    ),
    inside(
        "submission-first",
        "The submission must be the first of what is included.",
        Flaw::WantsSubmissionFirst,
        &["IHUB-19"],
    ),
    inside(
        "three-genders",
        "Only the first three codes of a list are known.",
        Flaw::KnowsThreeGenders,
        &["IHUB-17"],
    ),
    inside(
        "one-role",
        "A person in two roles is refused.",
        Flaw::TakesOneRole,
        &["IHUB-18"],
    ),
    inside(
        "no-data-taken",
        "A document without `data` is taken.",
        Flaw::TakesNoData,
        &["IHUB-20"],
    ),
    inside(
        "no-submission-taken",
        "An incident without a submission is taken.",
        Flaw::TakesNoSubmission,
        &["IHUB-21"],
    ),
    inside(
        "any-submission-taken",
        "What the submission relationship leads to is not looked at.",
        Flaw::TakesAnySubmission,
        &["IHUB-93"],
    ),
    inside(
        "no-id-taken",
        "A submission without its submissionId is taken.",
        Flaw::TakesNoId,
        &["IHUB-92"],
    ),
    inside(
        "any-format-taken",
        "Formats of texts are not looked at.",
        Flaw::TakesAnyFormat,
        &["IHUB-94"],
    ),
    inside(
        "dangling-taken",
        "A relationship that leads nowhere is taken.",
        Flaw::TakesDangling,
        &["IHUB-22"],
    ),
    inside(
        "twins-taken",
        "Two entities of the same type and id are taken.",
        Flaw::TakesTwins,
        &["IHUB-23"],
    ),
    inside(
        "any-root-taken",
        "A root of any type is taken.",
        Flaw::TakesAnyRoot,
        &["IHUB-24"],
    ),
    inside(
        "any-code-taken",
        "Codes are not looked up.",
        Flaw::TakesAnyCode,
        &["IHUB-25"],
    ),
    inside(
        "any-type-taken",
        "Types are not looked at.",
        Flaw::TakesAnyType,
        &["IHUB-26"],
    ),
    inside(
        "any-length-taken",
        "Lengths are not looked at.",
        Flaw::TakesAnyLength,
        &["IHUB-27"],
    ),
    inside(
        "broken-json-taken",
        "A body that is not JSON receives 201.",
        Flaw::TakesBrokenJson,
        &["IHUB-28"],
    ),
    inside(
        "any-media-taken",
        "The content type is not looked at.",
        Flaw::TakesAnyMedia,
        &["IHUB-29"],
    ),
    inside(
        "empty-body-taken",
        "An empty body receives 201.",
        Flaw::TakesEmptyBody,
        &["IHUB-30"],
    ),
    inside(
        "null-taken",
        "A body of `null` receives 201.",
        Flaw::TakesNull,
        &["IHUB-31"],
    ),
    outside(
        "problem-json",
        "Errors are RFC 9457 problems, not JSON:API.",
        problem_json,
        NO_ERRORS,
    ),
    outside(
        "status-number",
        "`status` is a number.",
        |_, outgoing| each_error(outgoing, status_number),
        &["IHUB-33", "IHUB-64"],
    ),
    outside(
        "status-of-another",
        "`status` is always 400.",
        |_, outgoing| each_error(outgoing, status_of_another),
        &["IHUB-33"],
    ),
    outside(
        "pointer-nowhere",
        "`source.pointer` is a path of the receiver's own model.",
        |_, outgoing| each_error(outgoing, pointer_nowhere),
        &["IHUB-34"],
    ),
    outside(
        "mistake-is-500",
        "An error in the payload receives 500.",
        mistake_is_500,
        MISTAKE_IS_500,
    ),
    outside(
        "no-code",
        "Errors carry no `code`.",
        |_, outgoing| each_error(outgoing, no_code),
        &["IHUB-35"],
    ),
    outside(
        "stack-trace",
        "`detail` shows a stack trace.",
        |_, outgoing| each_error(outgoing, stack_trace),
        &["IHUB-36"],
    ),
    outside(
        "no-submission-id",
        "Errors do not name the submission.",
        |_, outgoing| each_error(outgoing, no_submission_id),
        &["IHUB-37"],
    ),
    outside(
        "repeats-names",
        "`detail` repeats what was sent.",
        repeats_names,
        &["IHUB-38"],
    ),
    inside(
        "first-mistake-only",
        "Only the first mistake is told.",
        Flaw::TellsFirstMistake,
        &["IHUB-39"],
    ),
    inside(
        "another-each-time",
        "Every delivery makes an incident.",
        Flaw::MakesAnotherEachTime,
        &["IHUB-40", "IHUB-41", "IHUB-42", "IHUB-77"],
    ),
    inside(
        "forgets-after-three",
        "The fourth delivery makes another incident.",
        Flaw::ForgetsAfterThree,
        &["IHUB-41"],
    ),
    inside(
        "races",
        "Two deliveries at once make two incidents.",
        Flaw::Races,
        &["IHUB-42"],
    ),
    inside(
        "merges-words",
        "Two submissions of the same words make one incident.",
        Flaw::MergesWords,
        &["IHUB-95"],
    ),
    inside(
        "remembers-refusals",
        "What was refused once is refused for ever.",
        Flaw::RemembersRefusals,
        &["IHUB-43"],
    ),
    inside(
        "wants-order",
        "A submission older than one already received is refused.",
        Flaw::WantsOrder,
        &["IHUB-44"],
    ),
    inside(
        "limits-addresses",
        "One address may submit forty times.",
        Flaw::LimitsAddresses,
        &["IHUB-45"],
    ),
    inside(
        "no-certificate-asked",
        "No client certificate is requested.",
        Flaw::AsksNoCertificate,
        &["IHUB-51", "IHUB-50"],
    ),
    inside(
        "any-certificate-taken",
        "A client certificate of any authority is taken.",
        Flaw::TakesAnyCertificate,
        &["IHUB-50"],
    ),
    inside(
        "no-key-asked",
        "The API key is not required.",
        Flaw::AsksNoKey,
        &["IHUB-52"],
    ),
    inside(
        "half-key-taken",
        "Only those halves of the API key are looked at that are sent.",
        Flaw::TakesHalfKey,
        &["IHUB-96"],
    ),
    inside(
        "any-id-taken",
        "The client id is not looked at.",
        Flaw::TakesAnyId,
        &["IHUB-53"],
    ),
    inside(
        "any-secret-taken",
        "The client secret is not looked at.",
        Flaw::TakesAnySecret,
        &["IHUB-54"],
    ),
    of_tls(
        "tls-1-1-accepted",
        "TLS 1.1 is taken.",
        TlsFault::Version(0x0302),
        &["IHUB-55"],
    ),
    of_tls(
        "tls-1-3-missing",
        "TLS 1.2 is the newest version.",
        TlsFault::OnlyTls12,
        &["IHUB-56"],
    ),
    of_tls(
        "weak-suite",
        "A suite of TLS 1.2 without authenticated encryption is taken.",
        TlsFault::Suite(0xC013),
        &["IHUB-57"],
    ),
    of_tls(
        "certificate-expired",
        "The certificate ran out three days ago.",
        TlsFault::Leaf(Leaf::Expired),
        &["IHUB-58"],
    ),
    of_tls(
        "certificate-runs-out",
        "The certificate runs out in a week.",
        TlsFault::Leaf(Leaf::RunsOut),
        &["IHUB-59"],
    ),
    outside(
        "no-allow",
        "A 405 does not say which methods there are.",
        no_allow,
        &["IHUB-60"],
    ),
    outside(
        "methods-not-found",
        "A request with another method receives 404.",
        methods_not_found,
        &["IHUB-60"],
    ),
    outside(
        "any-path-found",
        "Every path returns 200.",
        any_path_found,
        &["IHUB-61"],
    ),
    outside(
        "may-be-cached",
        "Responses may be stored by shared caches.",
        |_, outgoing| outgoing.set("cache-control", "max-age=60"),
        &["IHUB-62"],
    ),
    outside(
        "names-in-location",
        "`Location` holds the name of the person.",
        names_in_location,
        &["IHUB-63"],
    ),
    outside(
        "html-errors",
        "Errors are pages in HTML.",
        html_errors,
        NO_ERRORS,
    ),
    outside(
        "own-correlation",
        "The correlation id is always its own.",
        |_, outgoing| outgoing.set("correlation-id", "own"),
        &["IHUB-70"],
    ),
    inside(
        "persists-later",
        "A delivery that received 201 cannot be read yet.",
        Flaw::PersistsLater,
        &["IHUB-71"],
    ),
    inside(
        "stores-ascii",
        "What is not ASCII is stored as a question mark.",
        Flaw::StoresAscii,
        &["IHUB-72"],
    ),
    inside(
        "stores-line-feeds",
        "Line ends are stored as line feeds.",
        Flaw::StoresLineFeeds,
        &["IHUB-73"],
    ),
    inside(
        "stores-words",
        "Codes are stored as words.",
        Flaw::StoresWords,
        &["IHUB-74"],
    ),
    inside(
        "stores-one-role",
        "Of several roles of a person the first is kept.",
        Flaw::StoresOneRole,
        &["IHUB-75"],
    ),
    inside(
        "stores-local-time",
        "Moments are stored without their offset.",
        Flaw::StoresLocalTime,
        &["IHUB-76"],
    ),
    inside(
        "overwrites",
        "A repeat with other content replaces what was received.",
        Flaw::Overwrites,
        &["IHUB-77"],
    ),
];

/// What asks for JSON:API errors finds none.
const NO_ERRORS: &[&str] = &[
    "IHUB-32", "IHUB-33", "IHUB-34", "IHUB-35", "IHUB-37", "IHUB-39", "IHUB-64",
];

const MISTAKE_IS_500: &[&str] = &[
    "IHUB-20", "IHUB-21", "IHUB-22", "IHUB-23", "IHUB-24", "IHUB-25", "IHUB-26", "IHUB-27",
    "IHUB-31", "IHUB-65", "IHUB-92", "IHUB-93", "IHUB-94",
];

/// Every fault there is.
pub fn ihub_faults() -> &'static [IhubFault] {
    FAULTS
}

/// The fault with this id.
pub fn ihub_fault(id: &str) -> Option<&'static IhubFault> {
    FAULTS.iter().find(|fault| fault.id == id)
}
