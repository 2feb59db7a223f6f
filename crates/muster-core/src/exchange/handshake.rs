//! One TLS handshake as it is asked for, and how it ended (owner of [`Handshake`] and [`Handshaken`]).
//!
//! Nothing in here is secret: certificates are told by their facts, and no key is ever part of it.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use super::cipher_suites::{strong_suites, suite_name, weak_suites};
use super::{Breakage, BreakageKind, ExchangeId};

/// A version of SSL or TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TlsVersion {
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl TlsVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 5] = [
        Self::Ssl3,
        Self::Tls10,
        Self::Tls11,
        Self::Tls12,
        Self::Tls13,
    ];

    /// Its two bytes on the wire.
    #[must_use]
    pub const fn wire(self) -> u16 {
        match self {
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// The version of these two bytes.
    #[must_use]
    pub fn of_wire(wire: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.wire() == wire)
    }

    /// The name a reader knows.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ssl3 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }

    const fn openssl(self) -> &'static str {
        match self {
            Self::Ssl3 => "-ssl3",
            Self::Tls10 => "-tls1",
            Self::Tls11 => "-tls1_1",
            Self::Tls12 => "-tls1_2",
            Self::Tls13 => "-tls1_3",
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

/// The certificate that is shown when the target asks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// None.
    #[default]
    Nothing,
    /// The one of the target file.
    Own,
    /// One made for the purpose, signed by itself.
    SelfSigned,
    /// One made for the purpose, from an authority made for the purpose.
    OtherAuthority,
    /// The one of the target file, with a key that is not its own.
    OwnWithoutItsKey,
}

impl Shown {
    /// In words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Nothing => "no certificate",
            Self::Own => "the configured certificate",
            Self::SelfSigned => "a certificate signed by itself",
            Self::OtherAuthority => "a certificate of an authority of its own making",
            Self::OwnWithoutItsKey => "the configured certificate with another key",
        }
    }
}

/// A handshake to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// The versions that are offered.
    pub versions: Vec<TlsVersion>,
    /// The cipher suites that are offered, as registered by IANA; none for those in common use. Where
    /// some are given, the handshake ends with the first answer to the offer.
    pub suites: Option<Vec<u16>>,
    /// Whether the host is named (SNI). An address never is.
    pub names_host: bool,
    /// The certificate that is shown when the target asks for one.
    pub shown: Shown,
    /// A path below the base URL to ask for afterwards, without credentials: TLS 1.3 refuses a client
    /// certificate only after the client thinks that all is well.
    pub knock: Option<String>,
    /// Why, for a reader of the evidence: `offers TLS 1.0`.
    pub purpose: String,
}

impl Handshake {
    /// A handshake that offers these versions and shows no certificate.
    pub fn offering(versions: impl Into<Vec<TlsVersion>>, purpose: impl Into<String>) -> Self {
        Self {
            versions: versions.into(),
            suites: None,
            names_host: true,
            shown: Shown::Nothing,
            knock: None,
            purpose: purpose.into(),
        }
    }

    /// A handshake as every client of today does it.
    pub fn usual(purpose: impl Into<String>) -> Self {
        Self::offering([TlsVersion::Tls12, TlsVersion::Tls13], purpose)
    }

    /// With these suites alone.
    #[must_use]
    pub fn with_suites(mut self, suites: impl Into<Vec<u16>>) -> Self {
        self.suites = Some(suites.into());
        self
    }

    /// Showing this certificate.
    #[must_use]
    pub const fn showing(mut self, shown: Shown) -> Self {
        self.shown = shown;
        self
    }

    /// Asking for this path below the base URL afterwards.
    #[must_use]
    pub fn knocking(mut self, path: impl Into<String>) -> Self {
        self.knock = Some(path.into());
        self
    }

    /// What is offered, in words: `TLS 1.2 with 3 suites, no certificate`.
    #[must_use]
    pub fn offer(&self) -> String {
        let versions: Vec<&str> = self
            .versions
            .iter()
            .map(|version| version.label())
            .collect();
        let suites = self
            .suites
            .as_ref()
            .map(|suites| format!(" with {} suites", suites.len()))
            .unwrap_or_default();
        format!("{}{suites}, {}", versions.join(" and "), self.shown.label())
    }

    /// A line that a supplier can run to see the same, as far as OpenSSL can offer it.
    #[must_use]
    pub fn command(&self, host: &str, port: u16) -> String {
        let bracketed = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let mut line = format!("openssl s_client -connect {bracketed}:{port}");
        if self.names_host && host.parse::<std::net::IpAddr>().is_err() {
            line.push_str(&format!(" -servername {host}"));
        }
        if let [version] = self.versions.as_slice() {
            line.push(' ');
            line.push_str(version.openssl());
        }
        let old = self
            .versions
            .iter()
            .all(|version| *version < TlsVersion::Tls12);
        if self.suites.is_some() || old {
            line.push_str(" -cipher 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'");
            if !old {
                line.push_str(" # then without ECDHE with GCM or ChaCha20");
            }
        }
        match self.shown {
            Shown::Nothing => {}
            Shown::Own | Shown::OwnWithoutItsKey => {
                line.push_str(" -cert client.pem -key client.key");
            }
            Shown::SelfSigned | Shown::OtherAuthority => {
                line.push_str(" -cert other.pem -key other.key");
            }
        }
        line
    }
}

/// How a handshake was asked for and how it ended.
#[derive(Debug, Clone)]
pub struct Handshaken {
    /// Its number in the run.
    pub id: ExchangeId,
    /// What was asked for.
    pub asked: Handshake,
    /// How it ended.
    pub result: HandshakeResult,
}

/// How a handshake ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeResult {
    /// The host that was spoken to, without a port.
    pub host: String,
    /// The port.
    pub port: u16,
    /// When, in seconds since 1970, by the clock of this machine.
    pub at_unix: i64,
    /// How it ended.
    pub end: End,
    /// What the target showed of itself, as far as the handshake came and could be read.
    pub chain: Option<Chain>,
}

impl HandshakeResult {
    /// Nothing was tried, for this reason.
    #[must_use]
    pub fn not_tried(detail: impl Into<String>) -> Self {
        Self {
            host: String::new(),
            port: 0,
            at_unix: 0,
            end: End::Broken(Breakage {
                kind: BreakageKind::NotSent,
                detail: detail.into(),
            }),
            chain: None,
        }
    }

    /// The end in one line.
    #[must_use]
    pub fn outcome(&self) -> String {
        match &self.end {
            End::Completed(agreed) => {
                let status = agreed
                    .status
                    .map(|status| format!(", then answered {status}"))
                    .unwrap_or_default();
                format!(
                    "accepted: {} with {}{status}",
                    agreed.version,
                    suite_name(agreed.suite)
                )
            }
            End::Refused(refusal) => {
                let when = if refusal.late {
                    "refused after the handshake"
                } else {
                    "refused"
                };
                match &refusal.alert {
                    Some(alert) => format!("{when}: alert {alert}"),
                    None => format!("{when}: {}", refusal.detail),
                }
            }
            End::Broken(breakage) => format!("broken: {}", breakage.detail),
        }
    }
}

/// The end of a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The target took the offer.
    Completed(Negotiated),
    /// The target refused it.
    Refused(Refusal),
    /// Neither: nobody there, no TLS, or no answer in time.
    Broken(Breakage),
}

/// What was agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negotiated {
    /// The version.
    pub version: TlsVersion,
    /// The cipher suite, as registered by IANA.
    pub suite: u16,
    /// The protocol that was agreed on top (ALPN).
    pub alpn: Option<String>,
    /// Whether the target asked for a client certificate.
    pub asks_for_certificate: bool,
    /// The status of the answer to the knock.
    pub status: Option<u16>,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The name of the alert, such as `protocol_version`; none where the connection was just closed.
    pub alert: Option<String>,
    /// The reason in one sentence.
    pub detail: String,
    /// Whether it came when the client had finished its handshake.
    pub late: bool,
}

/// What a target shows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The facts of each certificate, the target's own first. One that cannot be read is left out.
    pub certificates: Vec<CertificateFacts>,
    /// Whether the first is trusted for the host, and if not, why.
    pub trust: Result<(), TrustFailure>,
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFailure {
    /// The kind of reason.
    pub kind: DistrustKind,
    /// The reason in one sentence.
    pub detail: String,
}

/// The kinds of reasons not to trust a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DistrustKind {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for other hosts.
    OtherHost,
    /// No trusted authority stands behind it.
    UnknownIssuer,
    /// This machine trusts no authority at all, so that nothing can be said.
    NothingTrusted,
    /// Anything else.
    Other,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whom it is for.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The host names and addresses it is for.
    pub names: Vec<String>,
    /// From when it is valid, in seconds since 1970.
    pub not_before: i64,
    /// Until when.
    pub not_after: i64,
    /// The kind of its key.
    pub key: KeyKind,
    /// The size of its key in bits, as the kind counts them.
    pub bits: u32,
    /// The algorithm of its signature, such as `ecdsa-with-SHA256`, or its OID.
    pub signature: String,
    /// Whether it is signed by itself, so that its signature protects nothing.
    pub self_issued: bool,
}

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum KeyKind {
    Rsa,
    EllipticCurve,
    Edwards,
    Dsa,
    Unknown,
}

impl KeyKind {
    /// The name a reader knows.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::EllipticCurve => "ECDSA",
            Self::Edwards => "EdDSA",
            Self::Dsa => "DSA",
            Self::Unknown => "unknown",
        }
    }
}

/// The name of an alert (RFC 8446 §6, and those of before).
#[must_use]
pub fn alert_name(number: u8) -> String {
    let name = match number {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        116 => "certificate_required",
        120 => "no_application_protocol",
        other => return format!("number {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_a_line_to_run() {
        let old = Handshake::offering([TlsVersion::Tls10], "offers TLS 1.0");
        assert_eq!(
            old.command("rms.example.test", 443),
            "openssl s_client -connect rms.example.test:443 -servername rms.example.test -tls1 -cipher 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'"
        );
        assert_eq!(
            Handshake::usual("looks").command("::1", 8443),
            "openssl s_client -connect [::1]:8443"
        );
        assert_eq!(old.offer(), "TLS 1.0, no certificate");
    }
}
