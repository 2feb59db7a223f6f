//! TLS handshakes of examples (owner of [`ended`]).
//!
//! A line answers `HANDSHAKE` and the offer, such as `HANDSHAKE TLS 1.0*`; its headers say what differs from a
//! good target.

use crate::ScriptedResponse;
use muster_core::exchange::{
    Breakage, ExchangeId,
    handshake::{
        CertificateFacts, Chain, DistrustKind, End, Handshake, HandshakeResult, Handshaken,
        KeyKind, Negotiated, Refusal, TlsVersion, TrustFailure,
    },
};

/// The moment of every handshake of an example.
const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

/// Whether a line answers this handshake.
pub(crate) fn matches(to: &str, asked: &Handshake) -> bool {
    to.strip_prefix("HANDSHAKE ").is_some_and(|pattern| {
        let offer = asked.offer();
        pattern
            .strip_suffix('*')
            .map_or(offer == pattern, |start| offer.starts_with(start))
    })
}

/// How the handshake ends, by the line.
pub(crate) fn ended(line: &ScriptedResponse, asked: Handshake) -> Handshaken {
    let end = if let Some(kind) = line.broken {
        End::Broken(Breakage {
            kind,
            detail: "The handshake broke.".into(),
        })
    } else if let Some(alert) = fact(line, "refused") {
        End::Refused(Refusal {
            alert: (alert != "closed").then(|| alert.to_owned()),
            detail: "The target refused.".into(),
            late: fact(line, "late").is_some(),
        })
    } else {
        End::Completed(Negotiated {
            version: version(line, &asked),
            suite: fact(line, "suite")
                .and_then(|suite| u16::from_str_radix(suite, 16).ok())
                .unwrap_or(0x1301),
            alpn: None,
            asks_for_certificate: fact(line, "asks").is_some(),
            status: (line.status > 0).then_some(line.status),
        })
    };
    let chain = matches!(end, End::Completed(_)).then(|| chain(line));
    Handshaken {
        id: ExchangeId(1),
        asked,
        result: HandshakeResult {
            host: "api.example.test".into(),
            port: 443,
            at_unix: NOW,
            end,
            chain,
        },
    }
}

fn fact(line: &ScriptedResponse, name: &str) -> Option<&'static str> {
    line.headers
        .iter()
        .find(|(held, _)| *held == name)
        .map(|(_, value)| *value)
}

fn version(line: &ScriptedResponse, asked: &Handshake) -> TlsVersion {
    fact(line, "version")
        .and_then(|label| {
            TlsVersion::ALL
                .into_iter()
                .find(|version| version.label() == label)
        })
        .or_else(|| asked.versions.iter().copied().max())
        .unwrap_or(TlsVersion::Tls13)
}

fn chain(line: &ScriptedResponse) -> Chain {
    let days: i64 = fact(line, "days-left")
        .and_then(|days| days.parse().ok())
        .unwrap_or(60);
    let (key, bits) = match fact(line, "key").and_then(|key| key.split_once(' ')) {
        Some(("RSA", bits)) => (KeyKind::Rsa, bits.parse().unwrap_or_default()),
        Some((_, bits)) => (KeyKind::EllipticCurve, bits.parse().unwrap_or_default()),
        None => (KeyKind::EllipticCurve, 256),
    };
    let kind = match fact(line, "trust") {
        Some("expired") => Some(DistrustKind::Expired),
        Some("not-yet-valid") => Some(DistrustKind::NotYetValid),
        Some("other-host") => Some(DistrustKind::OtherHost),
        Some("unknown-issuer") => Some(DistrustKind::UnknownIssuer),
        Some("nothing-trusted") => Some(DistrustKind::NothingTrusted),
        Some(_) => Some(DistrustKind::Other),
        None => None,
    };
    Chain {
        certificates: vec![CertificateFacts {
            subject: "CN=api.example.test".into(),
            issuer: "CN=Example authority".into(),
            names: vec!["api.example.test".into()],
            not_before: NOW - 30 * DAY,
            not_after: NOW + days * DAY,
            key,
            bits,
            signature: fact(line, "signature")
                .unwrap_or("ecdsa-with-SHA256")
                .into(),
            self_issued: false,
        }],
        trust: kind.map_or(Ok(()), |kind| {
            Err(TrustFailure {
                kind,
                detail: "The certificate is not trusted.".into(),
            })
        }),
    }
}
