//! Faults in who may do what with whose records, and in what odd requests bring. The contract stays right.

use axum::http::StatusCode;
use percent_encoding::percent_decode_str;

use crate::fault::{Fault, Misbehaviour};
use crate::message::Outgoing;

const fn grants(
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

pub(super) const RESTRICTED_WRITTEN: Fault = grants(
    "restricted-written",
    "Restricted records are changed and deleted by every force.",
    &["security.tenant-writes", "security.authorisation"],
    Misbehaviour::WritesRestricted,
);

pub(super) const RESTRICTED_LISTED: Fault = grants(
    "restricted-listed",
    "The collection of people shows the restricted ones to every force.",
    &["security.tenant-lists"],
    Misbehaviour::ListsRestricted,
);

pub(super) const RESTRICTED_FORBIDDEN: Fault = grants(
    "restricted-forbidden",
    "A request for a restricted incident receives 403, and one for an incident that does not exist receives 404.",
    &["security.existence-hidden"],
    Misbehaviour::ForbidsRestricted,
);

pub(super) const RESTRICTED_SLOWER: Fault = grants(
    "restricted-slower",
    "A restricted location takes longer to be refused than one that is not there.",
    &["security.existence-hidden"],
    Misbehaviour::SlowsRestricted,
);

pub(super) const CONTACTS_SHOWN: Fault = grants(
    "contacts-shown",
    "Identities that may only read see how a person can be reached.",
    &["security.hidden-members"],
    Misbehaviour::ShowsContacts,
);

pub(super) const CONTACTS_EMPTY: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        let reads = incoming
            .grant
            .as_ref()
            .is_some_and(|grant| !grant.scopes.iter().any(|scope| scope == "records:write"));
        if incoming.is("getPerson")
            && reads
            && outgoing.status == StatusCode::OK
            && let Some(person) = outgoing.object_mut()
        {
            person.insert("contacts".to_owned(), serde_json::json!([]));
        }
    }),
    ..Fault::new(
        "contacts-empty",
        "Identities that may only read are told that a person cannot be reached.",
        &["security.hidden-members"],
    )
};

pub(super) const AUDIT_OPEN: Fault = grants(
    "audit-open",
    "Identities that may only read records see the audit log.",
    &["security.authorisation"],
    Misbehaviour::OpensAudit,
);

pub(super) const OWNER_ASSIGNED: Fault = grants(
    "owner-assigned",
    "A new vehicle belongs to the force that its body names.",
    &["security.mass-assignment", "input.invalid-body-accepted"],
    Misbehaviour::AssignsOwner,
);

pub(super) const NEVER_THROTTLED: Fault = grants(
    "never-throttled",
    "No request is ever limited.",
    &["security.rate-limit"],
    Misbehaviour::NeverThrottles,
);

pub(super) const RETRY_AFTER_MISSING: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::TOO_MANY_REQUESTS {
            outgoing.headers.remove("retry-after");
        }
    }),
    ..Fault::new(
        "retry-after-missing",
        "A 429 does not say when to come back.",
        &["security.rate-limit", "response.headers-schema"],
    )
};

pub(super) const OVERRIDE_OBEYED: Fault = grants(
    "override-obeyed",
    "`X-HTTP-Method-Override: DELETE` turns a read into a deletion.",
    &["security.method-override"],
    Misbehaviour::ObeysOverride,
);

pub(super) const ROLE_HEADER_BELIEVED: Fault = grants(
    "role-header-believed",
    "Whoever sends `X-User-Roles: admin` has every right.",
    &["security.spoofed-rights"],
    Misbehaviour::BelievesRoles,
);

pub(super) const FILTER_CARRIED_OUT: Fault = grants(
    "filter-carried-out",
    "A condition in the filter of people is carried out.",
    &["security.injection"],
    Misbehaviour::CarriesOutFilters,
);

pub(super) const SERVER_VERSION_TOLD: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.is("listLocations") {
            outgoing.set("server", "records/1.4.0");
        }
    }),
    ..Fault::new(
        "server-version-told",
        "The collection of locations tells the server's version.",
        &["security.banner"],
    )
};

pub(super) const NOT_FOUND_PAGE: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        let path = percent_decode_str(&incoming.path).decode_utf8_lossy();
        if incoming.operation.is_none()
            && outgoing.status == StatusCode::NOT_FOUND
            && path.contains('<')
        {
            let page = format!("<!doctype html><title>404</title><p>There is no {path}.");
            *outgoing = Outgoing::raw(StatusCode::NOT_FOUND, "text/html; charset=utf-8", page);
        }
    }),
    ..Fault::new(
        "not-found-page",
        "A path that does not exist is returned as a page, as it was sent.",
        &["security.reflected-markup", "security.nosniff"],
    )
};

pub(super) const PACKED_BODY_BREAKS: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.header("content-encoding") == Some("gzip") {
            outgoing.restate(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal-error",
                "The service failed",
            );
        }
    }),
    ..Fault::new(
        "packed-body-breaks",
        "A compressed body receives 500.",
        &["security.oversize", "response.server-error"],
    )
};
