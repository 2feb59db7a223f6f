//! The exit codes: part of the interface, for pipelines to act on (owner of [`Exit`]).

use muster_core::model::StopSignal;

/// How `muster` ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Every MUST is verified, or waived in date. Also: a command that judges nothing did its work.
    Conformant,
    /// At least one MUST failed (or SHOULD, with `--fail-on should`), or a waiver is stale.
    NonConformant,
    /// A flag, profile, suite, target or waiver file is wrong; nothing was sent.
    Usage,
    /// The target could not be reached or logged in to, or a MUST was left inconclusive.
    Undetermined,
    /// Muster itself failed.
    Internal,
    /// Interrupted by SIGINT; the run folder is complete up to that point.
    Interrupted,
    /// The same by SIGTERM.
    Terminated,
    /// The same by SIGHUP.
    HungUp,
}

impl Exit {
    /// Every exit.
    pub const ALL: [Self; 8] = [
        Self::Conformant,
        Self::NonConformant,
        Self::Usage,
        Self::Undetermined,
        Self::Internal,
        Self::Interrupted,
        Self::Terminated,
        Self::HungUp,
    ];

    /// The code the operating system sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Conformant => 0,
            Self::NonConformant => 1,
            Self::Usage => 2,
            Self::Undetermined => 3,
            Self::Internal => 4,
            Self::Interrupted => StopSignal::Interrupt.exit_code(),
            Self::Terminated => StopSignal::Terminate.exit_code(),
            Self::HungUp => StopSignal::HangUp.exit_code(),
        }
    }

    /// The exit of this code, as a summary holds it; anything unknown is a failure of Muster.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        Self::ALL
            .into_iter()
            .find(|exit| exit.code() == code)
            .unwrap_or(Self::Internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_lead_back() {
        for exit in Exit::ALL {
            assert_eq!(Exit::from_code(exit.code()), exit);
        }
        assert_eq!(Exit::from_code(77), Exit::Internal);
    }
}
