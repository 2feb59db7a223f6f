//! Checks that see one defect from several sides (owner of [`FAMILIES`]).
//!
//! The reference supplier shows which: a fault of it is one defect, and `caught_by` names every check that sees it.

use super::effects::{
    Rule, both_accepted, is_named, is_unfiltered, lacks_a_record, same_exchange, same_operation,
    same_property_of_record, same_property_or_record, same_resource, same_response, same_value,
};

const TOKENS: &[&str] = &[
    "security.malformed-token",
    "security.altered-signature",
    "security.alg-none",
    "security.key-confusion",
    "security.unknown-key",
    "security.changed-claims",
    "security.expired-token",
    "security.other-audience",
    "security.other-issuer",
    "security.revoked-token",
    "security.truncated-token",
    "security.broken-key",
    "security.key-in-header",
    "security.basic-alone",
    "security.dpop-proof",
    "security.dpop-replay",
    "security.certificate-bound",
    "security.spoofed-identity",
];

/// Every family, those first that explain more.
pub(super) static FAMILIES: &[Rule] = &[
    Rule {
        causes: &["http.credentials-needed"],
        effects: &["security.no-credentials"],
        holds: same_response,
        because: "The same request without credentials receives the same response.",
    },
    Rule {
        causes: &["http.credentials-needed", "security.no-credentials"],
        effects: TOKENS,
        holds: same_response,
        because: "The operation responds in the same way to a request without any credentials.",
    },
    Rule {
        causes: &["security.truncated-token"],
        effects: &["http.credentials-needed"],
        holds: same_response,
        because: "The operation accepts a part of the token.",
    },
    Rule {
        causes: &["security.malformed-token"],
        effects: TOKENS,
        holds: both_accepted,
        because: "A string that is not a token is accepted.",
    },
    Rule {
        causes: &["security.altered-signature"],
        effects: &[
            "security.changed-claims",
            "security.truncated-token",
            "security.unknown-key",
            "security.alg-none",
            "security.key-confusion",
            "security.key-in-header",
            "security.broken-key",
        ],
        holds: both_accepted,
        because: "Signatures of tokens are not verified.",
    },
    Rule {
        causes: &["security.changed-claims"],
        effects: &["security.unknown-key"],
        holds: both_accepted,
        because: "Signatures of tokens are not verified in every case.",
    },
    Rule {
        causes: &["security.dpop-proof"],
        effects: &["security.dpop-replay"],
        holds: both_accepted,
        because: "A proof is not required at all.",
    },
    Rule {
        causes: &["security.tenant-isolation", "security.tenant-writes"],
        effects: &["security.authorisation", "security.existence-hidden"],
        holds: same_operation,
        because: "The same operation lets the other tenant in.",
    },
    Rule {
        causes: &["response.well-formed"],
        effects: &[
            "response.content-type",
            "response.body-schema",
            "response.object-body",
            "response.problem-json",
            "response.json-utf8",
        ],
        holds: same_exchange,
        because: "The body cannot be read.",
    },
    Rule {
        causes: &["response.content-type"],
        effects: &[
            "response.body-schema",
            "response.object-body",
            "response.json-utf8",
            "response.problem-json",
        ],
        holds: same_exchange,
        because: "The response has another media type than documented.",
    },
    Rule {
        causes: &["response.object-body", "response.data-as-keys"],
        effects: &["response.body-schema"],
        holds: same_exchange,
        because: "The body has another form than documented.",
    },
    Rule {
        causes: &["response.data-as-keys", "response.object-body"],
        effects: &["ops.paging-complete", "ops.paging-sorted"],
        holds: same_resource,
        because: "The items of the collection cannot be found in such a body.",
    },
    Rule {
        causes: &["response.body-schema"],
        effects: &["response."],
        holds: same_value,
        because: "The same value breaks the schema.",
    },
    Rule {
        causes: &["response.allow-complete"],
        effects: &["http.undeclared-method"],
        holds: same_exchange,
        because: "The same `Allow` leaves methods out.",
    },
    Rule {
        causes: &["http.undeclared-method"],
        effects: &["http.hidden-operation"],
        holds: same_response,
        because: "The same undeclared method receives a response.",
    },
    Rule {
        causes: &[
            "http.undeclared-method",
            "http.hidden-operation",
            "http.unknown-resource",
            "ops.empty-list",
            "records.status-by-method",
            "wire.http-versions",
        ],
        effects: &[
            "response.status-documented",
            "response.content-type",
            "response.body-schema",
            "response.declared-properties",
            "response.headers-schema",
        ],
        holds: same_exchange,
        because: "The same response is not the one that the contract describes for this request.",
    },
    Rule {
        causes: &[
            "http.undeclared-method",
            "ops.correlation-echoed",
            "ops.etag-strong",
            "ops.if-none-match",
            "records.location",
            "security.no-credentials",
            "security.no-store",
            "security.rate-limit",
        ],
        effects: &["response.headers-schema"],
        holds: is_named,
        because: "The same header is missing or wrong.",
    },
    Rule {
        causes: &[
            "ops.paging-limits",
            "records.list-offset",
            "records.list-limit",
        ],
        effects: &["input.invalid-parameter-accepted", "records.list-total"],
        holds: is_named,
        because: "The same parameter is not read as it should be.",
    },
    Rule {
        causes: &["records.list-total"],
        effects: &["records.list-filter"],
        holds: |one, other| same_operation(one, other) && one.finding.cause.starts_with("total"),
        because: "The total of the collection is wrong.",
    },
    Rule {
        causes: &["response.declared-properties"],
        effects: &["response.undeclared-properties"],
        holds: same_exchange,
        because: "The body has other properties than documented.",
    },
    Rule {
        causes: &[
            "http.credentials-needed",
            "security.no-credentials",
            "security.read-only",
        ],
        effects: &["security.authorisation"],
        holds: same_response,
        because: "The same operation accepts a client that it should refuse.",
    },
    Rule {
        causes: &["security.reflected-markup"],
        effects: &["security.nosniff"],
        holds: same_exchange,
        because: "The same response reflects markup.",
    },
    Rule {
        causes: &["response.problem-json"],
        effects: &["response.content-type"],
        holds: |one, other| {
            same_exchange(one, other) && one.status().is_some_and(|status| status >= 400)
        },
        because: "The error has another media type than documented.",
    },
    Rule {
        causes: &["ops.etag-strong"],
        effects: &["ops.head", "ops.if-none-match", "ops.if-match-stale"],
        holds: same_resource,
        because: "The ETag of the record is not stable.",
    },
    Rule {
        causes: &["records.location"],
        effects: &["ops.concurrent-creates"],
        holds: same_resource,
        because: "`Location` does not name the new record.",
    },
    Rule {
        causes: &["response.body-schema", "response.dates", "response.geojson"],
        effects: &[
            "records.created-is-kept",
            "records.listed",
            "records.patched",
            "records.replaced",
            "records.write-answer",
        ],
        holds: same_property_of_record,
        because: "The same property is not returned as documented.",
    },
    Rule {
        causes: &["contract.negotiation-documented"],
        effects: &["response.status-documented"],
        holds: |one, other| {
            same_operation(one, other)
                && one
                    .status()
                    .is_some_and(|status| other.finding.cause == status.to_string())
        },
        because: "The operation does not document this status.",
    },
    Rule {
        causes: &["security.mass-assignment"],
        effects: &["input.invalid-body-accepted"],
        holds: same_property_or_record,
        because: "The API takes a property that it should set itself.",
    },
    Rule {
        causes: &["input.valid-refused"],
        effects: &["data.unicode-round-trip", "ops.put-repeat"],
        holds: |one, other| {
            same_response(one, other)
                && one.status().is_some_and(|status| status >= 400)
                && one.error_text() == other.error_text()
        },
        because: "The operation refuses valid input in the same way.",
    },
    Rule {
        causes: &["http.unknown-resource"],
        effects: &[
            "records.removed",
            "records.unknown-id-on-write",
            "response.not-found-documented",
        ],
        holds: same_response,
        because: "The operation responds in the same way to any id that does not exist.",
    },
    Rule {
        causes: &["records.unknown-id-on-write"],
        effects: &["records.removed"],
        holds: same_response,
        because: "The operation responds in the same way to any id that does not exist.",
    },
    Rule {
        causes: &["ops.head"],
        effects: &["records.head-equals-get"],
        holds: same_operation,
        because: "HEAD is not answered as GET is.",
    },
    Rule {
        causes: &["records.safe-methods-change-nothing"],
        effects: &[
            "ops.concurrent-updates",
            "ops.etag-strong",
            "records.created-is-kept",
            "records.list-filter",
            "records.listed",
            "records.patched",
            "records.refused-write-changes-nothing",
            "records.replace-is-idempotent",
            "records.replaced",
            "records.write-answer",
            "wire.compression",
        ],
        holds: same_property_or_record,
        because: "A read changes the record, so it differs from what was written.",
    },
    Rule {
        causes: &["records.refused-write-changes-nothing"],
        effects: &["ops.if-match-stale"],
        holds: same_resource,
        because: "A refused write is stored.",
    },
    Rule {
        causes: &["ops.if-match-stale"],
        effects: &[
            "ops.lost-update",
            "ops.if-match-weak",
            "ops.if-unmodified-since",
            "ops.concurrent-updates",
        ],
        holds: same_resource,
        because: "The operation does not compare `If-Match` with the ETag of the record.",
    },
    Rule {
        causes: &["ops.concurrent-creates"],
        effects: &[
            "ops.idempotency-replay",
            "ops.idempotency-concurrent",
            "ops.idempotency-other-body",
        ],
        holds: same_resource,
        because: "Concurrent creations become one record.",
    },
    Rule {
        causes: &["ops.idempotency-replay"],
        effects: &[
            "ops.idempotency-other-body",
            "ops.idempotency-concurrent",
            "ops.repeat-after-loss",
        ],
        holds: same_operation,
        because: "The operation does not recognise a key that it has seen.",
    },
    Rule {
        causes: &["records.created-is-found"],
        effects: &[
            "records.listed",
            "records.list-total",
            "ops.paging-complete",
            "ops.paging-sorted",
        ],
        holds: same_resource,
        because: "The new record is not kept.",
    },
    Rule {
        causes: &["work.status-followed"],
        effects: &["change.shows-in-time", "records.created-is-found"],
        holds: same_resource,
        because: "The status resource of the job does not exist.",
    },
    Rule {
        causes: &["work.moves-forward"],
        effects: &["wire.compression"],
        holds: same_resource,
        because: "The status of the job changes back and forth.",
    },
    Rule {
        causes: &["work.cancelled"],
        effects: &["records.removed"],
        holds: same_resource,
        because: "The cancelled job goes on.",
    },
    Rule {
        causes: &["records.others-untouched"],
        effects: &["records.listed"],
        holds: same_resource,
        because: "A creation makes another record as well.",
    },
    Rule {
        causes: &["records.id-not-reused"],
        effects: &["records.removed"],
        holds: same_resource,
        because: "The id of the removed record is given to another.",
    },
    Rule {
        causes: &["records.listed"],
        effects: &[
            "records.list-total",
            "records.list-limit",
            "ops.paging-complete",
            "ops.paging-sorted",
            "ops.paging-under-change",
        ],
        holds: lacks_a_record,
        because: "The collection does not have every record.",
    },
    Rule {
        causes: &["records.listed"],
        effects: &["records.list-filter"],
        holds: lacks_a_record,
        because: "The collection does not have every record.",
    },
    Rule {
        causes: &["records.list-limit"],
        effects: &["response.body-schema"],
        holds: |one, other| same_operation(one, other) && one.finding.cause.starts_with("maxItems"),
        because: "The page has more items than the limit.",
    },
    Rule {
        causes: &["ops.paging-complete", "ops.paging-under-change"],
        effects: &[
            "ops.paging-complete",
            "ops.paging-links",
            "ops.paging-sorted",
            "ops.paging-under-change",
            "records.list-offset",
        ],
        holds: same_operation,
        because: "The pages of the collection overlap or leave records out.",
    },
    Rule {
        causes: &["records.created-is-kept", "data.unicode-round-trip"],
        effects: &[
            "data.unicode-round-trip",
            "records.created-is-kept",
            "records.listed",
            "records.list-filter",
            "records.patched",
            "records.replaced",
            "records.replace-is-idempotent",
            "records.write-answer",
        ],
        holds: |one, other| same_property_or_record(one, other) && !is_unfiltered(one),
        because: "The value is not kept as it was sent.",
    },
    Rule {
        causes: &["records.replace-is-idempotent"],
        effects: &["records.replaced"],
        holds: same_property_or_record,
        because: "PUT does not replace the record.",
    },
    Rule {
        causes: &["records.replaced"],
        effects: &["records.list-sort", "records.write-answer"],
        holds: same_property_or_record,
        because: "PUT changes what it should keep, or keeps what it should change.",
    },
    Rule {
        causes: &["records.patched"],
        effects: &["ops.concurrent-updates", "records.write-answer"],
        holds: same_property_or_record,
        because: "PATCH does not change what it should.",
    },
];
