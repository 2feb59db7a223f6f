//! The list of checks and its laws (owner of [`Check`]).
//!
//! A check is a static value in a file of its own: what it is for, its documentation, its examples
//! (which are its tests and its reference page) and a pure function. Checks know nothing of
//! requirements; profiles cite checks.
#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        reason = "tests read files and the clock; the guard is for what is built"
    )
)]

mod answer;
pub mod examples;
#[doc(hidden)]
pub mod language;
#[cfg(test)]
mod laws;
pub mod plan;
pub mod profile;
pub mod suite;
pub mod support;
#[cfg(test)]
mod tests;
mod unread_json;

pub use self::examples::example::{Example, Expect, ScriptedResponse};
use muster_core::{
    contract::{Contract, Operation},
    exchange::Exchange,
    model::{OperationKey, Parameters},
    script::{Script, Scripted},
    verdict::Judgement,
};

/// A pure judge of one thing.
#[derive(Debug)]
pub struct Check {
    /// Area and name, such as `http.undeclared-method`; the file is named after it
    /// (`checks/http/undeclared_method.rs`).
    pub id: &'static str,
    /// What it is for, in one sentence.
    pub purpose: &'static str,
    /// What it verifies, and how.
    pub verifies: &'static str,
    /// Why that matters to those who use the API.
    pub matters: &'static str,
    /// How to fix what it finds.
    pub fix: &'static str,
    /// What it judges.
    pub kind: Kind,
    /// Its tests and its reference page: at least one that passes and one that fails.
    pub examples: &'static [Example],
}

impl Check {
    /// Whether it judges responses that have an end: of a stream without one, nothing can be compared, measured or read
    /// as a whole.
    #[must_use]
    pub fn needs_whole_responses(&self) -> bool {
        let area = self.id.split('.').next().unwrap_or_default();
        matches!(
            area,
            "change" | "data" | "ops" | "records" | "time" | "wire" | "work"
        )
    }
}

/// Why a check is left out that needs whole responses.
pub const NO_END: &str = "Its response is a stream without an end: its first items were judged, and the connection was closed.";

/// What a check judges.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// The document.
    Contract(fn(&Contract, &Parameters) -> Vec<Judged>),
    /// Every exchange of the run, whoever caused it; nothing where it has nothing to say, and several
    /// where one answer has several defects. A judgement of *not applicable* beside others is a note.
    Response(fn(&Answer<'_>) -> Vec<Judgement>),
    /// Requests of its own, for each operation it applies to.
    Probe {
        /// Which operations, or the target as a whole.
        scope: Scope,
        /// The conversation. The operation is there where the scope is by operation.
        run: for<'a> fn(&mut Script<'a>, Option<&'a Operation>) -> Scripted,
        /// Whether it changes anything at the target (then it runs only where writes are allowed).
        writes: bool,
    },
}

/// What a probe is run for.
#[derive(Debug, Clone, Copy)]
pub enum Scope {
    /// Once for the target; not applicable for the reason told.
    Target(fn(&Contract, &Parameters) -> Applies),
    /// Once for each operation.
    Operation(fn(&Contract, &Operation) -> Applies),
    /// Once for each operation, while the run sends nothing else: for what shows only in what stays the same.
    Alone(fn(&Contract, &Operation) -> Applies),
    /// Once for each operation, by what profile and target say of it.
    OperationWith(fn(&Contract, &Operation, &Parameters) -> Applies),
}

impl Scope {
    /// Whether a probe by operation applies to this one.
    #[must_use]
    pub fn of(
        self,
        contract: &Contract,
        operation: &Operation,
        parameters: &Parameters,
    ) -> Applies {
        match self {
            Self::Target(_) => Applies::Irrelevant,
            Self::Operation(applies) | Self::Alone(applies) => applies(contract, operation),
            Self::OperationWith(applies) => applies(contract, operation, parameters),
        }
    }
}

/// Whether a probe applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applies {
    /// It does.
    Yes,
    /// It does not, for this reason, and a reader should know.
    No(String),
    /// It does not, and nobody would expect it to (another method, say): not even mentioned.
    Irrelevant,
}

/// What a contract check says of one part of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The operation it is about, where it is about one.
    pub operation: Option<OperationKey>,
    /// What it says.
    pub judgement: Judgement,
}

impl Judged {
    /// About the document as a whole.
    pub fn document(judgement: impl Into<Judgement>) -> Self {
        Self {
            operation: None,
            judgement: judgement.into(),
        }
    }

    /// About one operation.
    pub fn operation(key: &OperationKey, judgement: impl Into<Judgement>) -> Self {
        Self {
            operation: Some(key.clone()),
            judgement: judgement.into(),
        }
    }
}

/// One exchange for a response check, with the part of the contract it belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// The operation that was called, where the contract declares it.
    pub operation: Option<&'a Operation>,
    /// The exchange.
    pub exchange: &'a Exchange,
    /// Parameters of profile and target.
    pub parameters: &'a Parameters,
}

/// Declares the modules of the checks and lists them.
macro_rules! checks {
    ($($(#[$doc:meta])* $area:ident { $($name:ident,)* })*) => {
        $(
            $(#[$doc])*
            pub mod $area {
                $(pub mod $name;)*
            }
        )*

        /// The list.
        pub static ALL: &[&Check] = &[$($(&$area::$name::CHECK,)*)*];
    };
}

// A new check is one file and one line here.
checks! {
    /// The document.
    contract {
        deprecation_flagged,
        described,
        examples_valid,
        https_servers,
        kebab_case_paths,
        licence,
        negotiation_documented,
        nesting_depth,
        object_bodies,
        operation_ids,
        property_case,
        query_identifies,
        rate_limits,
        references_resolve,
        satisfiable_schemas,
        schema_dialect,
        security_declared,
        semantic_version,
        test_server,
        valid_document,
        versioned,
        x_headers,
    }

    /// What is kept and given back.
    data {
        unicode_round_trip,
    }

    /// Requests that HTTP itself says how to answer.
    http {
        credentials_needed,
        hidden_operation,
        not_acceptable,
        security_txt,
        test_server_reachable,
        undeclared_method,
        unknown_resource,
        unsupported_media_type,
    }

    /// Records over several requests: made, found, changed, listed and removed.
    records {
        child_under_wrong_parent,
        created_is_found,
        created_is_kept,
        head_equals_get,
        id_not_reused,
        list_filter,
        list_limit,
        list_offset,
        list_sort,
        list_total,
        listed,
        location,
        others_untouched,
        patched,
        put_whole,
        refused_write_changes_nothing,
        removed,
        replace_is_idempotent,
        replaced,
        safe_methods_change_nothing,
        spaces_kept,
        status_by_method,
        unknown_id_on_write,
        write_answer,
    }

    /// What is taken and what is refused.
    input {
        invalid_body_accepted,
        invalid_parameter_accepted,
        required_body_missing,
        required_parameter_missing,
        server_error,
        valid_refused,
    }

    /// Behaviour over several requests.
    ops {
        concurrent_creates,
        concurrent_updates,
        correlation_echoed,
        empty_list,
        etag_strong,
        head,
        idempotency_concurrent,
        idempotency_other_body,
        idempotency_per_client,
        idempotency_replay,
        if_match_missing,
        if_match_stale,
        if_match_weak,
        if_none_match,
        if_unmodified_since,
        list_tag,
        lost_update,
        options,
        paging_complete,
        paging_cursor,
        paging_limits,
        paging_links,
        paging_sorted,
        paging_under_change,
        put_repeat,
        reads_whole,
        repeat_after_loss,
        unknown_parameter,
    }

    /// Every answer of the run.
    response {
        allow_complete,
        body_schema,
        content_type,
        data_as_keys,
        dates,
        declared_properties,
        deprecation_headers,
        geojson,
        headers_schema,
        json_utf8,
        not_found_documented,
        object_body,
        problem_json,
        problem_status,
        server_error,
        status_documented,
        undeclared_properties,
        well_formed,
        write_only,
    }

    /// Who may call, and what is told to whom.
    security {
        alg_none,
        altered_signature,
        authorisation,
        banner,
        basic_alone,
        body_limit,
        broken_key,
        certificate_bound,
        changed_claims,
        cors,
        double_authorization,
        dpop_proof,
        dpop_replay,
        existence_hidden,
        expired_token,
        hidden_members,
        injection,
        key_confusion,
        key_in_header,
        leaky_errors,
        malformed_token,
        mass_assignment,
        method_override,
        no_credentials,
        no_store,
        nosniff,
        other_audience,
        other_issuer,
        oversize,
        personal_in_url,
        rate_limit,
        read_only,
        revoked_token,
        reflected_markup,
        scheme_case,
        spoofed_identity,
        spoofed_rights,
        tenant_isolation,
        token_in_body,
        tenant_lists,
        tenant_writes,
        token_in_query,
        token_lifetime,
        truncated_token,
        unknown_key,
        unlisted_paths,
    }

    /// What changes: records after a write, the contract, operations that end.
    change {
        contract_drift,
        end_announced,
        shows_in_time,
    }

    /// What refusals say.
    errors {
        points_to_fault,
        too_long,
    }

    /// How long answers take, and the target's clock.
    time {
        clock_skew,
        latency,
    }

    /// Work that goes on after the answer.
    work {
        cancelled,
        expires,
        moves_forward,
        result,
        result_complete,
        status_followed,
    }

    /// What goes over the wire besides the message.
    wire {
        compression,
        http_versions,
        keep_alive,
        retry_after,
    }

    /// The way to the target.
    transport {
        certificate,
        certificate_expiry,
        certificate_strength,
        cipher_suites,
        client_certificate_required,
        hsts,
        plain_http,
        tls13,
        tls_versions,
    }
}

/// The check that tells whether what is written shows at once, which a run asks before everything else.
pub const SETTLES: &str = "change.shows-in-time";

/// The check that measures answers at a constant rate, which a run does while nothing else is under way.
pub const MEASURES: &str = "time.latency";

/// The check that a run asks whether the wait that an answer asked for was meant.
pub const WAITS: &str = "wire.retry-after";

/// The check of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|check| check.id == id)
}
