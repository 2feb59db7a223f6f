//! Old versions and weak suites of TLS, which no good library serves any more: [`takes`].
//!
//! A first message that only offers such is answered by a `ServerHello` that takes it. That is all: there is no
//! key behind it, and the connection ends. It shows what a client can see of a server that would go on.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::certificates::TlsFault;

/// What a first message offers, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
struct Offer {
    version: u16,
    suites: Vec<u16>,
}

/// Suites that the good supplier takes: whoever offers one of them is served as ever.
const GOOD: [u16; 9] = [
    0x1301, 0x1302, 0x1303, 0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9,
];
const TLS_1_2: u16 = 0x0303;
/// A suite that every old version has.
const OLD_SUITE: u16 = 0xC013;

/// Answers the first message of a connection, if a fault takes what it offers, and gives the connection back
/// if none does.
pub(crate) async fn takes(faults: &[TlsFault], mut stream: TcpStream) -> Option<TcpStream> {
    let wants = |fault: &TlsFault| matches!(fault, TlsFault::Version(_) | TlsFault::Suite(_));
    if !faults.iter().any(wants) {
        return Some(stream);
    }
    // The first message comes in one piece on this machine; what does not is served as ever.
    let mut buffer = [0; 4096];
    let seen = stream.peek(&mut buffer).await.unwrap_or_default();
    let offer = buffer.get(..seen).and_then(read);
    let answer = offer.and_then(|offer| faults.iter().find_map(|fault| taken(*fault, &offer)));
    let Some((version, suite)) = answer else {
        return Some(stream);
    };
    // Whether the caller still listens is its own affair.
    let _ = stream.write_all(&server_hello(version, suite)).await;
    let _ = stream.shutdown().await;
    None
}

/// The version and suite that a fault takes of an offer.
fn taken(fault: TlsFault, offer: &Offer) -> Option<(u16, u16)> {
    match fault {
        TlsFault::Version(version) if offer.version == version => Some((version, OLD_SUITE)),
        TlsFault::Suite(suite)
            if offer.version == TLS_1_2
                && offer.suites.contains(&suite)
                && !offer.suites.iter().any(|offered| GOOD.contains(offered)) =>
        {
            Some((TLS_1_2, suite))
        }
        _ => None,
    }
}

/// Record header 5, message header 4, version 2, random 32, session, suites.
fn read(bytes: &[u8]) -> Option<Offer> {
    let number = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    if bytes.first() != Some(&22) || bytes.get(5) != Some(&1) {
        return None;
    }
    let session = usize::from(*bytes.get(43)?);
    let length = usize::from(number(44 + session)?);
    let suites = bytes.get(46 + session..46 + session + length)?;
    Some(Offer {
        version: number(9)?,
        suites: suites
            .chunks_exact(2)
            .filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
            .collect(),
    })
}

fn server_hello(version: u16, suite: u16) -> Vec<u8> {
    let mut bytes = vec![22];
    bytes.extend(version.to_be_bytes());
    // The record holds a message of 4 + 38 bytes.
    bytes.extend([0, 42, 2, 0, 0, 38]);
    bytes.extend(version.to_be_bytes());
    bytes.extend([0x5A; 32]);
    bytes.push(0);
    bytes.extend(suite.to_be_bytes());
    bytes.push(0);
    bytes
}
