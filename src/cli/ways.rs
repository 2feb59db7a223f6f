//! The ways in which the good supplier is served in a self-test, and how much of it is done (owner of [`WAYS`]).

use muster_supplier::{Tls, TokenFormat};

/// How the good supplier is served: its name, over TLS or not, and with which tokens.
pub(super) type ServingMode = (&'static str, Option<Tls>, TokenFormat);

/// How much a self-test does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// The good supplier in every serving mode, and each fault with every check.
    Full,
    /// The good supplier in one serving mode, and each fault with its own checks first. With every check only where
    /// these miss it. What other checks say of a fault is not looked at.
    Quick,
}

impl Depth {
    /// The serving modes in which the good supplier is tested.
    pub(super) fn serving_modes(self) -> impl Iterator<Item = ServingMode> {
        WAYS.into_iter().take(match self {
            Self::Full => WAYS.len(),
            Self::Quick => 1,
        })
    }
}

/// Each with its name: over TLS or not, and with which tokens.
pub(super) const WAYS: [ServingMode; 8] = [
    ("plain HTTP", None, TokenFormat::Opaque),
    ("plain HTTP with RS256", None, TokenFormat::Rs256),
    ("plain HTTP with ES256", None, TokenFormat::Es256),
    ("plain HTTP with API keys", None, TokenFormat::Keys),
    (
        "TLS",
        Some(Tls {
            require_client_certificate: false,
        }),
        TokenFormat::Opaque,
    ),
    (
        "mutual TLS",
        Some(Tls {
            require_client_certificate: true,
        }),
        TokenFormat::Rs256,
    ),
    ("plain HTTP with DPoP", None, TokenFormat::Dpop),
    (
        "mutual TLS with bound tokens",
        Some(Tls {
            require_client_certificate: true,
        }),
        TokenFormat::Certificate,
    ),
];
