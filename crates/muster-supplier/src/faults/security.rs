//! Faults in who is let in and what is told to whom. The contract stays right, but for the last.

use axum::http::StatusCode;
use serde_json::json;

use crate::TokenFormat;
use crate::fault::{Fault, Misbehaviour};
use crate::message::Outgoing;

const fn lets_in(
    id: &'static str,
    summary: &'static str,
    caught_by: &'static [&'static str],
    switch: Misbehaviour,
) -> Fault {
    Fault {
        switch: Some(switch),
        ..Fault::new(id, summary, caught_by)
    }
}

const fn believes(
    id: &'static str,
    summary: &'static str,
    caught_by: &'static [&'static str],
    switch: Misbehaviour,
) -> Fault {
    Fault {
        needs_jwt: true,
        ..lets_in(id, summary, caught_by, switch)
    }
}

pub(super) const OPERATION_OPEN: Fault = lets_in(
    "operation-open",
    "The collection of vehicles is shown to clients without credentials.",
    &["security.no-credentials", "http.credentials-needed"],
    Misbehaviour::OpensVehicles,
);

pub(super) const CHALLENGE_MISSING: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::UNAUTHORIZED {
            outgoing.headers.remove("www-authenticate");
        }
    }),
    ..Fault::new(
        "challenge-missing",
        "A 401 does not say how to authenticate.",
        &[
            "security.malformed-token",
            "security.no-credentials",
            "response.headers-schema",
        ],
    )
};

pub(super) const UNAUTHENTICATED_FORBIDDEN: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.header("authorization").is_none() && outgoing.status == StatusCode::UNAUTHORIZED
        {
            outgoing.restate(StatusCode::FORBIDDEN, "forbidden", "Not allowed");
        }
    }),
    ..Fault::new(
        "unauthenticated-forbidden",
        "Clients without credentials receive 403.",
        &[
            "security.no-credentials",
            "http.credentials-needed",
            "security.authorisation",
        ],
    )
};

pub(super) const TOKEN_NULL: Fault = lets_in(
    "token-null",
    "The token `null` is accepted.",
    &["security.malformed-token"],
    Misbehaviour::BelievesNull,
);

pub(super) const TOKEN_OF_ANY_TEXT: Fault = lets_in(
    "token-of-any-text",
    "A vehicle is shown to clients with any string as a token.",
    &[
        "http.credentials-needed",
        "security.tenant-isolation",
        "security.authorisation",
    ],
    Misbehaviour::BelievesAnyText,
);

pub(super) const TOKEN_BEGINNING: Fault = lets_in(
    "token-beginning",
    "The beginning of a token is accepted for the whole.",
    &["security.truncated-token", "http.credentials-needed"],
    Misbehaviour::TakesBeginnings,
);

pub(super) const TOKEN_IN_QUERY: Fault = lets_in(
    "token-in-query",
    "A token in the query is accepted.",
    &["security.token-in-query"],
    Misbehaviour::TakesTokenInQuery,
);

pub(super) const BASIC_TAKEN: Fault = lets_in(
    "basic-taken",
    "The client's id and secret open the API without a token.",
    &["security.basic-alone"],
    Misbehaviour::TakesBasic,
);

pub(super) const SCHEME_IN_ONE_CASE: Fault = lets_in(
    "scheme-in-one-case",
    "`bearer` in lower case is not known.",
    &["security.scheme-case"],
    Misbehaviour::KnowsOneCase,
);

pub(super) const TOKEN_NEVER_ENDS: Fault = lets_in(
    "token-never-ends",
    "Expired tokens, and such as are not valid yet, are accepted.",
    &["security.expired-token"],
    Misbehaviour::OverlooksTime,
);

pub(super) const AUDIENCE_OVERLOOKED: Fault = lets_in(
    "audience-overlooked",
    "Tokens for other APIs are accepted.",
    &["security.other-audience"],
    Misbehaviour::OverlooksAudience,
);

pub(super) const ISSUER_OVERLOOKED: Fault = lets_in(
    "issuer-overlooked",
    "Tokens of other issuers are accepted.",
    &["security.other-issuer"],
    Misbehaviour::OverlooksIssuer,
);

pub(super) const SIGNATURE_SKIPPED: Fault = believes(
    "signature-skipped",
    "The signature of a token is not verified.",
    &[
        "security.altered-signature",
        "security.changed-claims",
        "security.truncated-token",
        "security.unknown-key",
        "http.credentials-needed",
    ],
    Misbehaviour::SkipsSignatures,
);

pub(super) const SIGNATURE_REMEMBERED: Fault = believes(
    "signature-remembered",
    "A signature that was verified once is believed under other claims.",
    &["security.changed-claims", "security.unknown-key"],
    Misbehaviour::RemembersSignatures,
);

pub(super) const ALG_NONE_BELIEVED: Fault = believes(
    "alg-none-believed",
    "Tokens that say they are not signed are accepted.",
    &["security.alg-none"],
    Misbehaviour::BelievesAlgNone,
);

pub(super) const PUBLIC_KEY_AS_SECRET: Fault = believes(
    "public-key-as-secret",
    "Tokens signed by HMAC with the public key are accepted.",
    &["security.key-confusion"],
    Misbehaviour::BelievesAlgHs256,
);

pub(super) const KEY_IN_HEADER_BELIEVED: Fault = believes(
    "key-in-header-believed",
    "Tokens are verified with the key that they bring.",
    &["security.key-in-header"],
    Misbehaviour::BelievesKeyInHeader,
);

pub(super) const UNKNOWN_KEY_TAKEN: Fault = lets_in(
    "unknown-key-taken",
    "Tokens by keys that nobody published are accepted.",
    &["security.unknown-key"],
    Misbehaviour::TakesUnknownKeys,
);

pub(super) const REVOCATION_OVERLOOKED: Fault = lets_in(
    "revocation-overlooked",
    "Revoked tokens are accepted.",
    &["security.revoked-token"],
    Misbehaviour::OverlooksRevocation,
);

pub(super) const KEY_ADDRESS_FOLLOWED: Fault = believes(
    "key-address-followed",
    "Keys are fetched from the address that a token gives.",
    &["security.key-in-header"],
    Misbehaviour::FollowsAddresses,
);

pub(super) const TWO_AUTHORIZATIONS: Fault = lets_in(
    "two-authorizations",
    "Of two Authorization headers the first is taken.",
    &["security.double-authorization"],
    Misbehaviour::TakesTwoAuthorizations,
);

pub(super) const TOKEN_IN_BODY: Fault = lets_in(
    "token-in-body",
    "A token in a form body is accepted.",
    &["security.token-in-body"],
    Misbehaviour::TakesTokenInBody,
);

const fn unproved(
    id: &'static str,
    summary: &'static str,
    caught_by: &'static [&'static str],
    switch: Misbehaviour,
) -> Fault {
    Fault {
        needs_tokens: Some(TokenFormat::Dpop),
        ..lets_in(id, summary, caught_by, switch)
    }
}

pub(super) const PROOF_OVERLOOKED: Fault = unproved(
    "proof-overlooked",
    "Tokens that are bound to a key are accepted without a proof.",
    &["security.dpop-proof", "security.dpop-replay"],
    Misbehaviour::OverlooksProofs,
);

pub(super) const PROOF_FOR_ANOTHER_REQUEST: Fault = unproved(
    "proof-for-another-request",
    "A proof for another address or method is accepted.",
    &["security.dpop-proof"],
    Misbehaviour::OverlooksProofUse,
);

pub(super) const PROOF_OLD: Fault = unproved(
    "proof-old",
    "A proof of yesterday is accepted.",
    &["security.dpop-proof"],
    Misbehaviour::OverlooksProofAge,
);

pub(super) const PROOF_BY_ANOTHER_KEY: Fault = unproved(
    "proof-by-another-key",
    "A proof by any key is accepted.",
    &["security.dpop-proof"],
    Misbehaviour::OverlooksProofKey,
);

pub(super) const PROOF_FOR_ANOTHER_TOKEN: Fault = unproved(
    "proof-for-another-token",
    "A proof for another token is accepted.",
    &["security.dpop-proof"],
    Misbehaviour::OverlooksProofToken,
);

pub(super) const PROOF_SHOWN_AGAIN: Fault = unproved(
    "proof-shown-again",
    "A proof that was shown before is accepted.",
    &["security.dpop-replay"],
    Misbehaviour::TakesProofsAgain,
);

pub(super) const CERTIFICATE_BINDING_OVERLOOKED: Fault = Fault {
    needs_tls: true,
    mutual_tls: true,
    needs_tokens: Some(TokenFormat::Certificate),
    ..lets_in(
        "certificate-binding-overlooked",
        "Tokens that are bound to a certificate are accepted with another.",
        &["security.certificate-bound"],
        Misbehaviour::OverlooksCertificate,
    )
};

pub(super) const KEY_BEGINNING: Fault = Fault {
    needs_tokens: Some(TokenFormat::Keys),
    ..lets_in(
        "key-beginning",
        "The beginning of a secret is accepted for the whole.",
        &["security.broken-key"],
        Misbehaviour::TakesBeginningsOfKeys,
    )
};

pub(super) const KEYS_MIXED: Fault = Fault {
    needs_tokens: Some(TokenFormat::Keys),
    ..lets_in(
        "keys-mixed",
        "One client's secret is accepted with another client's key.",
        &["security.broken-key"],
        Misbehaviour::MixesKeys,
    )
};

pub(super) const TOKEN_FOR_A_DAY: Fault = lets_in(
    "token-for-a-day",
    "Access tokens live for a day.",
    &["security.token-lifetime"],
    Misbehaviour::IssuesForADay,
);

pub(super) const SCOPE_FORGOTTEN: Fault = lets_in(
    "scope-forgotten",
    "Vehicles are created by identities that may only read.",
    &["security.read-only"],
    Misbehaviour::ForgetsScope,
);

pub(super) const READER_UNKNOWN: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::FORBIDDEN {
            outgoing.restate(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "Authentication is needed",
            );
        }
    }),
    ..Fault::new(
        "reader-unknown",
        "Identities that may only read receive 401 when they write.",
        &["security.read-only", "security.authorisation"],
    )
};

pub(super) const RESTRICTED_SHOWN: Fault = lets_in(
    "restricted-shown",
    "Restricted records are shown to every force.",
    &["security.tenant-isolation", "security.authorisation"],
    Misbehaviour::ShowsRestricted,
);

pub(super) const CONSOLE_OPEN: Fault = Fault {
    before: Some(|incoming| {
        incoming
            .path
            .ends_with("/actuator/env")
            .then(|| Outgoing::json(StatusCode::OK, json!({ "activeProfiles": ["test"] })))
    }),
    ..Fault::new(
        "console-open",
        "The framework's console is served beside the API.",
        &["security.unlisted-paths"],
    )
};

pub(super) const LARGE_BODY_BREAKS: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::PAYLOAD_TOO_LARGE {
            outgoing.restate(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal-error",
                "The service failed",
            );
        }
    }),
    ..Fault::new(
        "large-body-breaks",
        "A body that is too large receives 500.",
        &["security.body-limit", "response.server-error"],
    )
};

pub(super) const STACK_TRACE_TOLD: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("getVehicle")
            && outgoing.status == StatusCode::NOT_FOUND
            && let Some(problem) = outgoing.object_mut()
        {
            let detail = "No vehicle\n\tat uk.example.records.Vehicles.find(Vehicles.java:112)";
            problem.insert("detail".to_owned(), json!(detail));
        }
    }),
    ..Fault::new(
        "stack-trace-told",
        "The 404 of a vehicle shows a stack trace.",
        &["security.leaky-errors"],
    )
};

pub(super) const SQL_TOLD: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("getIncident")
            && outgoing.status == StatusCode::NOT_FOUND
            && let Some(problem) = outgoing.object_mut()
        {
            let detail = "No row for SELECT id, reference FROM incident";
            problem.insert("detail".to_owned(), json!(detail));
        }
    }),
    ..Fault::new(
        "sql-told",
        "The 404 of an incident shows the query.",
        &["security.leaky-errors"],
    )
};

pub(super) const NOSNIFF_MISSING: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("listPeople") {
            outgoing.headers.remove("x-content-type-options");
        }
    }),
    ..Fault::new(
        "nosniff-missing",
        "The collection of people lets browsers guess what it is.",
        &["security.nosniff"],
    )
};

pub(super) const PERSON_CACHED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("getPerson") && outgoing.status.is_success() {
            outgoing.set("cache-control", "private, max-age=300");
        }
    }),
    ..Fault::new(
        "person-cached",
        "Browsers may keep a person for five minutes.",
        &["security.no-store", "response.headers-schema"],
    )
};

pub(super) const PROXY_BELIEVED: Fault = lets_in(
    "proxy-believed",
    "Whoever sends X-Forwarded-User is logged in.",
    &["security.spoofed-identity"],
    Misbehaviour::BelievesProxies,
);

pub(super) const ANY_ORIGIN: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.header("origin").is_some() {
            outgoing.set("access-control-allow-origin", "*");
        }
    }),
    ..Fault::new(
        "any-origin",
        "Web pages of any origin may read every response.",
        &["security.cors"],
    )
};

pub(super) const PERSON_BY_PNC_ID: Fault = Fault {
    contract: Some(|document| {
        let parameters = document
            .pointer_mut("/paths/~1people/get/parameters")
            .and_then(serde_json::Value::as_array_mut);
        if let Some(parameters) = parameters {
            parameters.push(json!({
                "name": "pncId",
                "in": "query",
                "description": "Only the person with this PNC id.",
                "schema": { "type": "string" },
                "example": "Zztest",
            }));
        }
    }),
    switch: Some(Misbehaviour::PeopleTakePncId),
    ..Fault::new(
        "person-by-pnc-id",
        "People are searched by PNC id in the query.",
        &["security.personal-in-url"],
    )
};
