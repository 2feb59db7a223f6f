//! Why a command could not do its work, and the exit code that follows (owner of [`Failure`]).

use std::panic::PanicHookInfo;

use super::{Exit, output};
use crate::{
    journal::ReadError,
    load::{Diagnostic, Diagnostics},
};

/// Why a command could not do its work.
#[derive(Debug)]
pub enum Failure {
    /// A flag or a file is wrong; nothing was sent.
    Usage(Diagnostics),
    /// The target could not be reached or logged in to.
    Unreachable(String),
    /// Muster itself failed.
    Internal(String),
}

impl Failure {
    /// A flag is wrong.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(Diagnostic::plain(message).into())
    }

    /// What was named is no run that can be read.
    pub(super) fn no_run(error: &ReadError) -> Self {
        let told = Diagnostic::plain(error.to_string());
        Self::Usage(
            told.help("name a run folder, such as `reports/latest`")
                .into(),
        )
    }

    /// The exit that follows.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Unreachable(_) => Exit::Undetermined,
            Self::Internal(_) => Exit::Internal,
        }
    }

    /// What a reader is told, in colour; the stream takes it off where nobody sees it.
    pub(super) fn render(&self) -> String {
        match self {
            Self::Usage(diagnostics) => diagnostics.render(true),
            Self::Unreachable(reason) => {
                Diagnostics::from(Diagnostic::plain(reason.as_str())).render(true)
            }
            Self::Internal(reason) => {
                Diagnostics::from(Diagnostic::plain(format!("Muster itself failed: {reason}")))
                    .render(true)
            }
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Usage(diagnostics)
    }
}

/// Tells a panic in two lines, for a report of the fault.
pub(super) fn tell_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = panic
        .location()
        .map(|place| format!(" ({}:{})", place.file(), place.line()))
        .unwrap_or_default();
    output::err(
        &Diagnostics::from(
            Diagnostic::plain(format!("Muster itself failed: {message}{place}")).help(format!(
                "this is a fault of Muster {}; report it with the command that you ran",
                env!("CARGO_PKG_VERSION")
            )),
        )
        .render(true),
    );
}
