//! The ways in which the good supplier is served in a self-test (owner of [`WAYS`]).

use crate::supplier::{Tls, TokenFormat};

/// Each with its name: over TLS or not, and with which tokens.
pub(super) const WAYS: [(&str, Option<Tls>, TokenFormat); 6] = [
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
];
