//! A TLS handshake as it is kept: facts of certificates, and no key.

use super::{HandshakeTold, Observation, Redactor, TlsGiven};
use crate::{
    exchange::{
        Breakage, ConnectionUse, Timing,
        handshake::{CertificateFacts, End, Handshaken, suite_name},
    },
    model::{IdentityName, Method},
};

/// The names of hosts that are kept of one certificate.
const MOST_NAMES: usize = 20;

impl Redactor {
    /// The handshake as it is kept.
    #[must_use]
    pub fn observe_handshake(&self, handshaken: &Handshaken) -> Observation {
        let asked = &handshaken.asked;
        let result = &handshaken.result;
        let mut offered = vec![(
            "versions".to_owned(),
            asked
                .versions
                .iter()
                .map(|version| version.label())
                .collect::<Vec<_>>()
                .join(", "),
        )];
        if let Some(suites) = &asked.suites {
            let names: Vec<String> = suites.iter().map(|suite| suite_name(*suite)).collect();
            offered.push(("cipher-suites".to_owned(), names.join(", ")));
        }
        offered.push((
            "client-certificate".to_owned(),
            asked.shown.label().to_owned(),
        ));
        if let Some(path) = &asked.knock {
            offered.push(("then-asks-for".to_owned(), path.clone()));
        }
        let mut found = Vec::new();
        if let End::Completed(agreed) = &result.end {
            found.push(("version".to_owned(), agreed.version.to_string()));
            found.push(("cipher-suite".to_owned(), suite_name(agreed.suite)));
            if let Some(alpn) = &agreed.alpn {
                found.push(("protocol".to_owned(), alpn.clone()));
            }
            if agreed.asks_for_certificate {
                found.push(("asks-for".to_owned(), "a client certificate".to_owned()));
            }
        }
        if let Some(chain) = &result.chain {
            for certificate in &chain.certificates {
                found.push(("certificate".to_owned(), told(certificate)));
            }
            let trust = match &chain.trust {
                Ok(()) => "trusted".to_owned(),
                Err(distrust) => distrust.detail.clone(),
            };
            found.push(("trust".to_owned(), trust));
        }
        let clean = |pairs: Vec<(String, String)>| {
            pairs
                .into_iter()
                .map(|(name, value)| (name, self.text(&value)))
                .collect()
        };
        Observation {
            id: handshaken.id,
            operation: None,
            purpose: self.text(&asked.purpose),
            identity: IdentityName::default(),
            method: Method::parse("TLS"),
            url: self.text(&format!("https://{}", place(&result.host, result.port))),
            request_headers: clean(offered),
            request_body: None,
            status: None,
            version: None,
            response_headers: clean(found),
            response_body: None,
            cut: false,
            broken: match &result.end {
                End::Broken(breakage) => Some(Breakage {
                    kind: breakage.kind,
                    detail: self.text(&breakage.detail),
                }),
                End::Completed(_) | End::Refused(_) => None,
            },
            timing: Timing::default(),
            ended_us: None,
            access: None,
            over: ConnectionUse::Any,
            tls: TlsGiven::default(),
            handshake: Some(HandshakeTold {
                outcome: self.text(&result.outcome()),
                command: self.text(&asked.command(&result.host, result.port)),
            }),
        }
    }
}

fn place(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

fn told(certificate: &CertificateFacts) -> String {
    let day = |unix| {
        time::OffsetDateTime::from_unix_timestamp(unix)
            .map_or_else(|_| unix.to_string(), |moment| moment.date().to_string())
    };
    let names: Vec<&str> = certificate
        .names
        .iter()
        .take(MOST_NAMES)
        .map(String::as_str)
        .collect();
    let names = if names.is_empty() {
        String::new()
    } else {
        format!(", for {}", names.join(" "))
    };
    format!(
        "{}, issued by {}{names}, from {} to {}, {} key of {} bits, signed with {}",
        certificate.subject,
        certificate.issuer,
        day(certificate.not_before),
        day(certificate.not_after),
        certificate.key.label(),
        certificate.bits,
        certificate.signature,
    )
}
