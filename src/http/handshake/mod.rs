//! TLS handshakes for their own sake (owner of [`Transport::handshake`]).
//!
//! What is spoken today goes through `rustls` ([`modern`]). What no good library offers any more (SSL 3.0,
//! TLS 1.0 and 1.1, weak cipher suites) is a first message of our own ([`hello`]), to which the target says yes
//! or no ([`legacy`]); nothing is ever encrypted with it. All of it goes to the target's own host and port.

#![allow(clippy::disallowed_methods, reason = "a handshake has a moment")]

mod clients;
mod facts;
mod hello;
mod legacy;
mod modern;

pub(super) use self::{clients::certified, facts::validity};

use std::{io, time::Duration};

use time::OffsetDateTime;
use tokio::net::TcpStream;

use super::{
    Transport,
    address::Place,
    breakage::{Stage, sort},
    verbatim::NameUnknown,
};
use muster_core::exchange::{
    Address, Breakage, BreakageKind,
    handshake::{Chain, End, Handshake, HandshakeResult, Refusal, TlsVersion},
};

/// How long a target may take for a handshake, all in all, unless less is given for a whole exchange.
const PATIENCE: Duration = Duration::from_secs(15);

impl Transport {
    /// Tries a handshake with the target. Never fails: whatever happens is its result.
    pub async fn handshake(&self, asked: &Handshake) -> HandshakeResult {
        let path = asked.knock.clone().unwrap_or_default();
        let place = match self.origin.place(&Address::Base(path), &[]) {
            Ok(place) => place,
            Err(detail) => return HandshakeResult::not_tried(detail),
        };
        if !place.is_https() {
            return HandshakeResult::not_tried("The target is served without TLS.");
        }
        let limit = PATIENCE.min(self.options.timeout);
        let tried = async {
            if is_modern(asked) {
                modern::shake(asked, &place, &self.options).await
            } else {
                (legacy::shake(asked, &place, &self.options).await, None)
            }
        };
        let (end, chain): (End, Option<Chain>) = tokio::time::timeout(limit, tried)
            .await
            .unwrap_or_else(|_| (silent(&place), None));
        HandshakeResult {
            host: place.host(),
            port: place.port(),
            at_unix: OffsetDateTime::now_utc().unix_timestamp(),
            end,
            chain,
        }
    }
}

/// Whether the library can offer exactly this.
fn is_modern(asked: &Handshake) -> bool {
    asked.suites.is_none()
        && asked
            .versions
            .iter()
            .all(|version| *version >= TlsVersion::Tls12)
}

fn silent(place: &Place) -> End {
    End::Broken(Breakage {
        kind: BreakageKind::TimedOut,
        detail: format!(
            "{} did not finish the handshake in time.",
            place.authority()
        ),
    })
}

/// Opens a connection; the reason where there is none.
async fn connect(place: &Place, limit: Duration) -> Result<TcpStream, End> {
    let open = async {
        let host = place.host();
        let addresses: Vec<_> = tokio::net::lookup_host((host.as_str(), place.port()))
            .await
            .map_err(|_| io::Error::other(NameUnknown))?
            .collect();
        let stream = TcpStream::connect(addresses.as_slice()).await?;
        stream.set_nodelay(true)?;
        Ok::<_, io::Error>(stream)
    };
    match tokio::time::timeout(limit, open).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(End::Broken(sort(&error, place, Stage::Head))),
        Err(_) => Err(End::Broken(Breakage {
            kind: BreakageKind::ConnectionRefused,
            detail: format!(
                "No connection to {} could be opened within the time limit.",
                place.authority()
            ),
        })),
    }
}

/// The target hung up, which refuses without giving a reason.
fn hung_up(late: bool) -> End {
    End::Refused(Refusal {
        alert: None,
        detail: "The target closed the connection without a word.".to_owned(),
        late,
    })
}

fn alerted(alert: String, late: bool) -> End {
    End::Refused(Refusal {
        detail: format!("The target refused with the alert {alert}."),
        alert: Some(alert),
        late,
    })
}

/// Whether an error of a socket means that the other side went away.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::BrokenPipe
            | Kind::UnexpectedEof
            | Kind::NotConnected
    )
}
