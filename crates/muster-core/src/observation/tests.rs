//! Secrets planted in every encoding and every field, and lines that a shell runs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails may panic"
)]

mod curl;
mod redaction;
mod returned;

use bytes::Bytes;

use super::*;
use crate::exchange::{Address, Body, Outcome, Request, Response};

fn request(method: &str) -> Request {
    Request::new(
        Method::parse(method),
        Address::Base("/people".to_owned()),
        "lists people",
    )
}

fn exchange(request: Request, outcome: Outcome) -> Exchange {
    Exchange {
        id: ExchangeId(1),
        request,
        url: "https://rms.example.test/people".to_owned(),
        credentials: Headers::new(),
        followed: None,
        outcome,
    }
}

fn answered(headers: Headers, body: impl Into<Bytes>) -> Outcome {
    Outcome::Answered(Response::new(
        200,
        HttpVersion::Http11,
        headers,
        body.into(),
        false,
        Timing {
            first_byte_us: 1,
            total_us: 2,
            late_us: None,
        },
    ))
}

fn body(media_type: &str, text: &str) -> Option<Body> {
    Some(Body {
        media_type: Some(media_type.to_owned()),
        bytes: text.to_owned().into(),
    })
}
