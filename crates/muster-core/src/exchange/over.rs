//! Over which connection a request goes (owner of [`ConnectionUse`]).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The connection of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionUse {
    /// Any that is open, or a new one, in HTTP/2 where the target agrees to it.
    #[default]
    Any,
    /// One of its own, in HTTP/1.1.
    Own,
    /// The kept one of this number, in HTTP/1.1, as long as both sides keep it. The first request of a number opens
    /// it; a number is one conversation's alone.
    Kept(u64),
    /// One of its own, in HTTP/1.1, that the caller closes if no answer has begun to come this long after the request was
    /// written: a caller whose patience is over, or whose line broke.
    HangUpAfter(Duration),
}

impl ConnectionUse {
    /// Whether nothing is said of it.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}
