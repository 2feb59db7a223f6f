//! What an example of a check is (owner of [`Example`]); [`examples`](super::examples) shows it to the check.

use muster_core::exchange::BreakageKind;

/// An example of a check: what it is shown, and what it says.
#[derive(Debug)]
pub struct Example {
    /// What is shown, in a few words.
    pub title: &'static str,
    /// The contract, as YAML: a whole OpenAPI document, or any part of one that
    /// [`document`](crate::examples::document) completes.
    pub contract: &'static str,
    /// What comes over the wire; empty for contract checks.
    pub dialogue: &'static [ScriptedResponse],
    /// What the check says.
    pub says: Expect,
}

/// One answer of an example's dialogue.
#[derive(Debug, Clone, Copy)]
pub struct ScriptedResponse {
    /// The request it answers, as `METHOD /path-prefix*`: `*` at the end matches any rest. The query
    /// counts only where the line has one. The first line that matches and was not used yet answers;
    /// the last that matches answers again and again.
    pub to: &'static str,
    /// The status.
    pub status: u16,
    /// Headers.
    pub headers: &'static [(&'static str, &'static str)],
    /// The body.
    pub body: &'static str,
    /// How the exchange breaks, in place of an answer.
    pub broken: Option<BreakageKind>,
    /// Whether the request was wrong on purpose (response checks only).
    pub wrong: bool,
    /// Whether it comes in HTTP/2.
    pub http2: bool,
}

impl ScriptedResponse {
    /// An answer with headers and a body.
    #[must_use]
    pub const fn new(
        to: &'static str,
        status: u16,
        headers: &'static [(&'static str, &'static str)],
        body: &'static str,
    ) -> Self {
        Self {
            to,
            status,
            headers,
            body,
            broken: None,
            wrong: false,
            http2: false,
        }
    }

    /// An answer with a body of `application/json`.
    #[must_use]
    pub const fn json(to: &'static str, status: u16, body: &'static str) -> Self {
        Self::new(to, status, &[("content-type", "application/json")], body)
    }

    /// An answer without a body.
    #[must_use]
    pub const fn empty(to: &'static str, status: u16) -> Self {
        Self::new(to, status, &[], "")
    }

    /// No answer.
    #[must_use]
    pub const fn broken(to: &'static str, kind: BreakageKind) -> Self {
        let mut line = Self::empty(to, 0);
        line.broken = Some(kind);
        line
    }

    /// The end of a TLS handshake that `to` offers, such as `HANDSHAKE TLS 1.0*`, with what differs from a good
    /// target: `refused` (the alert, or `closed`), `version`, `suite` (hexadecimal), `asks` (for a client
    /// certificate), `days-left`, `trust`, `key`, `signature`.
    #[must_use]
    pub const fn handshake(
        to: &'static str,
        facts: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self::new(to, 0, facts, "")
    }

    /// Says that the answer comes in HTTP/2.
    #[must_use]
    pub const fn in_http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// Says that the request was wrong on purpose.
    #[must_use]
    pub const fn to_a_wrong_request(mut self) -> Self {
        self.wrong = true;
        self
    }
}

/// What a check says of an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Pass, and nothing worse.
    Pass,
    /// At least one failure, and its title contains this text.
    Fail(&'static str),
    /// Inconclusive, and no failure.
    Inconclusive,
    /// Nothing, or not applicable.
    Nothing,
}
