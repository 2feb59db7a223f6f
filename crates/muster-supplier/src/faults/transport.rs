//! Faults of ports and protocols.

use serde_json::{Value, json};

use crate::fault::{Fault, Misbehaviour};

pub(super) const PLAIN_HTTP_SERVES: Fault = Fault {
    needs_tls: true,
    switch: Some(Misbehaviour::PlainHttpServes),
    ..Fault::new(
        "plain-http-serves",
        "The API is served over plain HTTP as well.",
        &["transport.plain-http"],
    )
};

pub(super) const PLAIN_HTTP_REDIRECTS: Fault = Fault {
    needs_tls: true,
    switch: Some(Misbehaviour::PlainHttpRedirects),
    ..Fault::new(
        "plain-http-redirects",
        "A request over plain HTTP, token and all, is quietly redirected to TLS.",
        &["transport.plain-http"],
    )
};

pub(super) const CLOSES_SILENTLY: Fault = Fault {
    switch: Some(Misbehaviour::ClosesSilently),
    ..Fault::new(
        "closes-silently",
        "The connection is closed after each response, without `Connection: close`.",
        &["wire.keep-alive"],
    )
};

pub(super) const OLD_HTTP_POORER: Fault = Fault {
    needs_tls: true,
    answer: Some(|incoming, outgoing| {
        if incoming.in_old_http
            && incoming.method == axum::http::Method::GET
            && outgoing.status.is_success()
        {
            outgoing.set("content-type", "text/plain");
        }
    }),
    ..Fault::new(
        "old-http-poorer",
        "In HTTP/1.1, responses are sent as text/plain.",
        &["wire.http-versions", "response.content-type"],
    )
};

pub(super) const TEST_SERVER_DOWN: Fault = Fault {
    contract: Some(|document| {
        if let Some(servers) = document.get_mut("servers").and_then(Value::as_array_mut) {
            if let Some(live) = servers.first_mut() {
                live["description"] = json!("Service on this machine");
            }
            // Nothing listens on the first port there is.
            let down = json!({ "url": "http://127.0.0.1:1/v1", "description": "Test (sandbox) service with synthetic data" });
            servers.insert(1.min(servers.len()), down);
        }
    }),
    ..Fault::new(
        "test-server-down",
        "The test server that the contract declares cannot be reached.",
        &["http.test-server-reachable"],
    )
};
