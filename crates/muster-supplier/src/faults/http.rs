//! Faults in the use of HTTP. The contract stays right.

use axum::http::{Method, StatusCode};
use bytes::Bytes;
use serde_json::json;

use crate::fault::{Fault, Misbehaviour};
use crate::message::{Body, Incoming, Outgoing};

pub(super) const POST_TO_A_RECORD: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        if incoming.method == Method::POST && incoming.path.contains("/vehicles/") {
            *outgoing = Outgoing::empty(StatusCode::OK);
        }
    }),
    ..Fault::new(
        "post-to-a-record",
        "POST to a vehicle, which the contract does not declare, returns 200.",
        &["http.hidden-operation"],
    )
};

pub(super) const METHOD_WITHOUT_ALLOW: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::METHOD_NOT_ALLOWED {
            outgoing.headers.remove("allow");
        }
    }),
    ..Fault::new(
        "method-without-allow",
        "A 405 does not say which methods there are.",
        &["http.undeclared-method", "response.headers-schema"],
    )
};

pub(super) const ALLOW_OF_FIRST_ROUTE: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::METHOD_NOT_ALLOWED {
            outgoing.set("allow", "GET");
        }
    }),
    ..Fault::new(
        "allow-of-first-route",
        "A 405 names the methods of the first route alone.",
        &["response.allow-complete", "http.undeclared-method"],
    )
};

pub(super) const METHOD_NOT_FOUND: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::METHOD_NOT_ALLOWED {
            outgoing.headers.remove("allow");
            outgoing.restate(StatusCode::NOT_FOUND, "not-found", "Not found");
        }
    }),
    ..Fault::new(
        "method-not-found",
        "A request with a method that is not declared receives 404.",
        &["http.undeclared-method", "response.status-documented"],
    )
};

pub(super) const METHOD_TAKEN_FOR_GET: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::METHOD_NOT_ALLOWED {
            outgoing.headers.remove("allow");
            outgoing.status = StatusCode::OK;
            outgoing.body = Body::Json(json!({}));
            outgoing.set("content-type", "application/json");
        }
    }),
    ..Fault::new(
        "method-taken-for-get",
        "A request with a method that is not declared receives 200.",
        &[
            "http.undeclared-method",
            "http.hidden-operation",
            "response.status-documented",
            "response.body-schema",
            "response.declared-properties",
        ],
    )
};

pub(super) const ACCEPT_IGNORED: Fault = Fault {
    switch: Some(Misbehaviour::IgnoresAccept),
    ..Fault::new(
        "accept-ignored",
        "An Accept that cannot be satisfied is ignored.",
        &["http.not-acceptable"],
    )
};

pub(super) const ACCEPT_BAD_REQUEST: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::NOT_ACCEPTABLE {
            outgoing.restate(
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "The request is not valid",
            );
        }
    }),
    ..Fault::new(
        "accept-bad-request",
        "A request whose Accept cannot be satisfied receives 400.",
        &["http.not-acceptable"],
    )
};

pub(super) const CONTENT_TYPE_IGNORED: Fault = Fault {
    switch: Some(Misbehaviour::IgnoresContentType),
    ..Fault::new(
        "content-type-ignored",
        "A body of any content type is read as JSON.",
        &["http.unsupported-media-type"],
    )
};

pub(super) const CONTENT_TYPE_BAD_REQUEST: Fault = Fault {
    answer: Some(|_, outgoing| {
        if outgoing.status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            outgoing.restate(
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "The request is not valid",
            );
        }
    }),
    ..Fault::new(
        "content-type-bad-request",
        "A body of a wrong content type receives 400.",
        &["http.unsupported-media-type"],
    )
};

pub(super) const SECURITY_TXT_MISSING: Fault = Fault {
    before: Some(|incoming| is_security_text(incoming).then(Outgoing::not_found)),
    ..Fault::new(
        "security-txt-missing",
        "There is no security.txt.",
        &["http.security-txt"],
    )
};

pub(super) const SECURITY_TXT_EXPIRED: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        spoil_text(incoming, outgoing, |text| text.replace("2099-", "2019-"));
    }),
    ..Fault::new(
        "security-txt-expired",
        "The security.txt expired years ago.",
        &["http.security-txt"],
    )
};

pub(super) const SECURITY_TXT_WITHOUT_CONTACT: Fault = Fault {
    answer: Some(|incoming, outgoing| {
        spoil_text(incoming, outgoing, |text| {
            text.lines()
                .filter(|line| !line.starts_with("Contact:"))
                .map(|line| format!("{line}\n"))
                .collect()
        });
    }),
    ..Fault::new(
        "security-txt-without-contact",
        "The security.txt names nobody to tell.",
        &["http.security-txt"],
    )
};

fn is_security_text(incoming: &Incoming) -> bool {
    incoming.path == "/.well-known/security.txt"
}

fn spoil_text(incoming: &Incoming, outgoing: &mut Outgoing, change: fn(&str) -> String) {
    if is_security_text(incoming) {
        let text = change(&String::from_utf8_lossy(&outgoing.bytes()));
        outgoing.body = Body::Raw(Bytes::from(text));
    }
}
