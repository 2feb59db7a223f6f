//! How long the first items of a stream are waited for (owner of [`Limits`]).

use std::time::Duration;

use ::http::{header, response};
use tokio::time::Instant;

use super::clock::Clock;
use muster_core::exchange::{Patience, sequence::Sequence};

/// How long a response is waited for that may be late, as the contract declares.
pub(super) const SHORT: Duration = Duration::from_secs(5);
/// How long it is waited for once the run has seen that it has no end.
pub(super) const LEAST: Duration = Duration::from_secs(2);
/// How long a sequence that usually has an end is read, while something comes.
const FINITE: Duration = Duration::from_secs(10);
/// How long a stream that has sent items may send nothing, before it counts as open.
const QUIET: Duration = Duration::from_secs(2);
/// The same, once the run has seen that the stream has no end.
const QUIET_AGAIN: Duration = Duration::from_millis(500);

/// The limits of a response that may have no end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    sequence: Sequence,
    last: Instant,
    quiet: Duration,
    heard: Instant,
}

impl Limits {
    /// The limits of a response whose head came now; none for one that has an end.
    pub(super) fn of(head: &response::Parts, clock: &Clock) -> Option<Self> {
        let media_type = head.headers.get(header::CONTENT_TYPE);
        let declared = clock.patience() != Patience::Usual && head.status.is_success();
        let sequence = media_type
            .and_then(|media_type| media_type.to_str().ok())
            .and_then(Sequence::of)
            // A declared stream of another media type: whatever comes is its first item.
            .or(declared.then_some(Sequence::Parts))?;
        let now = Instant::now();
        let (whole, quiet) = match clock.patience() {
            Patience::Least => (LEAST, QUIET_AGAIN),
            _ if sequence.is_endless() => (SHORT, QUIET),
            _ => (FINITE, QUIET),
        };
        Some(Self {
            sequence,
            last: now + whole,
            quiet,
            heard: now,
        })
    }

    /// When it is next asked whether enough has come.
    pub(super) fn next(&self) -> Instant {
        self.last.min(self.heard + self.quiet)
    }

    /// When the response is left, whatever has come.
    pub(super) const fn last(&self) -> Instant {
        self.last
    }

    /// Notes that something came.
    pub(super) fn came(&mut self) {
        self.heard = Instant::now();
    }

    /// Whether the response is left now: items have come and nothing follows them, or its time is over.
    pub(super) fn is_over(&self, body: &[u8]) -> bool {
        Instant::now() >= self.last || self.sequence.has_item(body)
    }

    /// Whether a lost connection is an end like any other, because the stream has none of its own.
    pub(super) fn may_break_off(&self, body: &[u8]) -> bool {
        self.sequence.is_endless() && self.sequence.has_item(body)
    }
}
