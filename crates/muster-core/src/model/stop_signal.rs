//! The signals that stop a run in good order (owner of [`StopSignal`]).

use serde::{Deserialize, Serialize};

/// A signal that stops a run in good order: it cleans up, and every report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StopSignal {
    /// A person pressed Ctrl-C.
    #[serde(rename = "SIGINT")]
    Interrupt,
    /// A pipeline, a container or a service manager ends the process.
    #[serde(rename = "SIGTERM")]
    Terminate,
    /// The terminal closed.
    #[serde(rename = "SIGHUP")]
    HangUp,
}

impl StopSignal {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        }
    }

    /// The exit code of a process that it ends: 128 and its number, as shells count.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::HangUp => 129,
        }
    }
}
