//! What a target may do, on a socket of this machine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails may panic"
)]

mod connections;
mod handshakes;
mod http2;
pub(crate) mod kit;
mod ordinary;
mod rough;
mod tls;
