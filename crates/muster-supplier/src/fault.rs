//! What a fault of the reference supplier is: [`Fault`].
//!
//! A fault is one static value in the file of its area, and one line in the list of [`super::faults`]. It breaks
//! exactly one thing, by one or more of five means: it edits the contract that is served, it answers before
//! the supplier does, it spoils the answer after it, it changes how TLS is served, or it throws a [`Misbehaviour`] that the supplier itself consults.

use serde_json::Value;

use super::certificates::TlsFault;
use super::message::{Incoming, Outgoing};
use super::tokens::TokenFormat;

/// One way in which a supplier can be wrong.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// Its name, in kebab case.
    pub id: &'static str,
    /// What is wrong, in one sentence.
    pub summary: &'static str,
    /// The checks that notice it: the first, for which it was made, must; the others rightly may.
    pub caught_by: &'static [&'static str],
    /// Can it only be seen if the supplier serves TLS?
    pub needs_tls: bool,
    /// Can it only be seen if the supplier asks for client certificates?
    pub mutual_tls: bool,
    /// Changes how TLS is served.
    pub(super) tls: Option<TlsFault>,
    /// Can it only be seen if access tokens are JWT?
    pub needs_jwt: bool,
    /// Can it only be seen if access tokens are of this form?
    pub needs_tokens: Option<TokenFormat>,
    /// Can it not be told from a supplier whose reads all lag behind its writes, as it says they do?
    pub hidden_by_lag: bool,
    /// Edits the contract that is served.
    pub(super) contract: Option<fn(&mut Value)>,
    /// Edits the contract as it is published, and not as it was agreed.
    pub(super) published: Option<fn(&mut Value)>,
    /// Answers in the supplier's place. Runs once the operation is known, before the token is looked at.
    pub(super) before: Option<fn(&Incoming) -> Option<Outgoing>>,
    /// Spoils the answer. Runs last, on every answer.
    pub(super) answer: Option<fn(&Incoming, &mut Outgoing)>,
    /// Changes how the supplier works inside.
    pub(super) switch: Option<Misbehaviour>,
    /// Further paths that are served: (as called, as the contract of the good supplier has it).
    pub(super) routes: &'static [(&'static str, &'static str)],
}

impl Fault {
    /// A fault that does nothing yet: the base for struct update.
    pub(super) const fn new(
        id: &'static str,
        summary: &'static str,
        caught_by: &'static [&'static str],
    ) -> Self {
        Self {
            id,
            summary,
            caught_by,
            needs_tls: false,
            mutual_tls: false,
            tls: None,
            needs_jwt: false,
            hidden_by_lag: false,
            needs_tokens: None,
            contract: None,
            published: None,
            before: None,
            answer: None,
            switch: None,
            routes: &[],
        }
    }
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Fault {}

/// A fault that lies in the supplier's own workings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misbehaviour {
    /// Anything that is not ASCII becomes a question mark when it is stored.
    StoresAscii,
    /// UTF-8 is taken for Latin-1 when it is stored.
    StoresMojibake,
    /// Accents are dropped when text is stored.
    StoresWithoutAccents,
    /// Letters with accents are stored as letter and combining accent.
    StoresDecomposed,
    /// The plain-HTTP port serves the API.
    PlainHttpServes,
    /// The plain-HTTP port redirects to the TLS port.
    PlainHttpRedirects,
    /// The paths carry no version.
    Unversioned,
    /// Accept is not looked at.
    IgnoresAccept,
    /// The content type of a body is not looked at.
    IgnoresContentType,
    /// The list of vehicles takes `id`.
    ListsVehiclesById,
    /// If-Match is not looked at.
    IgnoresIfMatch,
    /// If-None-Match is not looked at.
    IgnoresIfNoneMatch,
    /// The list of vehicles has the same ETag whatever it holds.
    ListTagsStay,
    /// If-Unmodified-Since is not looked at.
    IgnoresIfUnmodifiedSince,
    /// If-Match is compared, and then another request may write first.
    RacyIfMatch,
    /// PATCH reads the record, and writes back the whole of it later.
    RacyPatch,
    /// An Idempotency-Key is kept only once the record is made.
    RacyKeys,
    /// If-Match takes a weak ETag for the strong one.
    WeakIfMatch,
    /// A cursor forgets which of several equal items it stood at.
    ForgetsTies,
    /// A read that meets a write shows half of each.
    TornReads,
    /// Two creations of one client at the same moment share what is kept for a key.
    SharedKeys,
    /// Idempotency-Key is not looked at.
    IgnoresKeys,
    /// A key is taken with any body.
    KeysIgnoreBody,
    /// All clients share their keys.
    KeysOfAll,
    /// The key of a creation is forgotten where the caller did not wait for the answer.
    ForgetsAbandoned,
    /// Connections close after an answer, and no answer says so.
    ClosesSilently,
    /// A page begins with the last item of the page before.
    PagesOverlap,
    /// A cursor is a number of items.
    CursorsCount,
    /// A replacement that changes nothing finds no record.
    UnchangedIsMissing,
    /// The list of incidents takes `action`.
    IncidentsTakeAction,
    /// The list of people takes `pncId`.
    PeopleTakePncId,
    /// The list of vehicles is open to all.
    OpensVehicles,
    /// `X-Forwarded-User` logs in.
    BelievesProxies,
    /// The token `null` logs in.
    BelievesNull,
    /// Any text for a token opens a vehicle.
    BelievesAnyText,
    /// A client's id and secret open the API itself.
    TakesBasic,
    /// A token in the query is taken.
    TakesTokenInQuery,
    /// The scheme is compared letter by letter.
    KnowsOneCase,
    /// The beginning of a token is enough.
    TakesBeginnings,
    /// `exp` and `nbf` are not looked at.
    OverlooksTime,
    /// `aud` is not looked at.
    OverlooksAudience,
    /// `iss` is not looked at.
    OverlooksIssuer,
    /// Signatures are not verified.
    SkipsSignatures,
    /// A signature that was verified once is believed again, whatever it stands under.
    RemembersSignatures,
    /// Unsigned tokens are believed.
    BelievesAlgNone,
    /// The public key is taken for a shared secret.
    BelievesAlgHs256,
    /// A token is verified with the key in its header.
    BelievesKeyInHeader,
    /// Tokens by keys that nobody published are taken.
    TakesUnknownKeys,
    /// Whether a token was revoked is not looked at.
    OverlooksRevocation,
    /// The addresses of keys that tokens give are followed.
    FollowsAddresses,
    /// The first of two Authorization headers is taken.
    TakesTwoAuthorizations,
    /// A token in a form body is taken.
    TakesTokenInBody,
    /// Tokens that are bound to a key are taken without a proof.
    OverlooksProofs,
    /// Proofs for another address or method are taken.
    OverlooksProofUse,
    /// Old proofs are taken.
    OverlooksProofAge,
    /// Proofs by any key are taken.
    OverlooksProofKey,
    /// Proofs for another token are taken.
    OverlooksProofToken,
    /// Proofs that were shown before are taken.
    TakesProofsAgain,
    /// Tokens that are bound to a certificate are taken with any.
    OverlooksCertificate,
    /// The beginning of a secret is enough.
    TakesBeginningsOfKeys,
    /// Any client's secret is taken with any client's key.
    MixesKeys,
    /// Tokens live for a day.
    IssuesForADay,
    /// Creating a vehicle asks for no scope.
    ForgetsScope,
    /// Restricted records are shown to everyone.
    ShowsRestricted,
    /// Restricted records are changed and deleted by everyone.
    WritesRestricted,
    /// The list of people shows the restricted records of the first force to everyone.
    ListsRestricted,
    /// A request for a restricted incident receives 403, and one for an incident that does not exist receives 404.
    ForbidsRestricted,
    /// A restricted location takes longer than one that is not there.
    SlowsRestricted,
    /// Identities that may only read see how a person can be reached.
    ShowsContacts,
    /// The audit log asks for no scope.
    OpensAudit,
    /// A new vehicle belongs to the force that its body names.
    AssignsOwner,
    /// No request is ever limited.
    NeverThrottles,
    /// `X-HTTP-Method-Override` is obeyed once the rights are decided.
    ObeysOverride,
    /// `X-User-Roles: admin` gives every scope.
    BelievesRoles,
    /// A condition in a filter of people is carried out.
    CarriesOutFilters,
    /// A new location is not kept.
    LosesLocations,
    /// The make of a new vehicle is kept in capitals.
    StoresInCapitals,
    /// The make of a new vehicle is kept without the spaces around it.
    StoresTrimmed,
    /// The list of vehicles leaves out what was created by a call.
    ListsLate,
    /// The deletion of a location is answered 404.
    DeniesDeletions,
    /// PUT merges.
    MergesOnPut,
    /// A replaced location was created when it was replaced.
    MovesCreation,
    /// PUT of an incident moves its priority on.
    AddsUpOnPut,
    /// PATCH of a vehicle changes nothing.
    IgnoresPatches,
    /// DELETE of a location deletes nothing.
    KeepsDeleted,
    /// PATCH of a vehicle changes the oldest one too.
    TouchesOldest,
    /// DELETE of a location deletes the oldest one too.
    DeletesOldest,
    /// A new location is stored twice, under two ids.
    StoresTwice,
    /// A new vehicle takes the id of the one deleted last.
    ReusesIds,
    /// If-Match is looked at after the change is stored.
    StoresBeforeMatch,
    /// A link is found under any incident.
    LinksAnywhere,
    /// Reading an incident changes its priority.
    ReadsChange,
    /// The list of vehicles is not filtered.
    IgnoresFilters,
    /// The list of vehicles is not limited.
    IgnoresLimits,
    /// The list of incidents is the other way round.
    ReversesOrder,
    /// The links to the page before and to the last page lead to the first.
    LinksToFirst,
    /// A cursor names the force it was made for, and is believed.
    CursorsCarryForce,
    /// The list of vehicles takes `offset`.
    TakesOffset,
    /// What breaks the rule at this end of a schema's path is taken.
    Overlooks(&'static str),
    /// A value of this query parameter that is not allowed is overlooked.
    OverlooksParameter(&'static str),
    /// The status of an export cannot be read.
    ExportsNowhere,
    /// An export that runs is queued again.
    ExportsGoBack,
    /// An export never ends.
    ExportsNeverEnd,
    /// The result of an export is not there.
    ExportResultsLost,
    /// An export leaves out what was created since the start.
    ExportsLeaveOut,
    /// An export goes on although it was cancelled.
    ExportsGoOn,
    /// An export is kept when it has expired.
    ExportsStay,
    /// Reads lag behind writes, and nobody says so.
    ReadsLag,
    /// The list of incidents in brief puts callers off for a second, and again after that.
    PutsOff,
    /// The list of incidents in brief comes late.
    SlowSummaries,
    /// An empty body of a patch is taken for one that changes nothing.
    TakesEmptyBody,
}
