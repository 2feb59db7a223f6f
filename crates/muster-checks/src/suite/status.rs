//! Which statuses are expected (owner of [`Statuses`]).

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

use muster_core::exchange::{Breakage, BreakageKind, Exchange, Shown};

/// One status or one class of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// One code.
    Code(u16),
    /// A class, such as `4xx` (4).
    Class(u16),
    /// No answer at all, since TLS turned the caller away.
    TlsRefusal,
}

/// The statuses that are expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(pub Vec<Status>);

impl Statuses {
    /// Any success.
    #[must_use]
    pub fn success() -> Self {
        Self(vec![Status::Class(2)])
    }

    /// Whether a status is one of them.
    #[must_use]
    pub fn has(&self, status: u16) -> bool {
        self.0.iter().any(|one| match one {
            Status::Code(code) => *code == status,
            Status::Class(class) => *class == status / 100,
            Status::TlsRefusal => false,
        })
    }

    /// Whether a status is named itself, not only by its class.
    #[must_use]
    pub fn names(&self, status: u16) -> bool {
        self.0.contains(&Status::Code(status))
    }

    /// Whether an exchange that broke off like this is what is expected: TLS ended it, or the connection was closed on a
    /// caller whose certificate is not the configured one.
    #[must_use]
    pub fn has_breakage(&self, exchange: &Exchange, breakage: &Breakage) -> bool {
        let turned_away = match breakage.kind {
            BreakageKind::Tls => true,
            BreakageKind::ConnectionLost => exchange.request.certificate != Shown::Own,
            _ => false,
        };
        turned_away && self.0.contains(&Status::TlsRefusal)
    }

    /// Whether all of them refuse the request.
    #[must_use]
    pub fn all_refuse(&self) -> bool {
        self.0.iter().all(|one| match one {
            Status::Code(code) => *code >= 400,
            Status::Class(class) => *class >= 4,
            Status::TlsRefusal => true,
        })
    }
}

impl std::fmt::Display for Statuses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let told = self.0.iter().filter(|status| match status {
            Status::Code(code) => !self.0.contains(&Status::Class(code / 100)),
            Status::Class(_) | Status::TlsRefusal => true,
        });
        for (index, status) in told.enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            match status {
                Status::Code(code) => write!(f, "{code}")?,
                Status::Class(class) => write!(f, "{class}xx")?,
                Status::TlsRefusal => f.write_str("a refusal by TLS")?,
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let one = |value: &Value| match value {
            Value::Number(number) => number
                .as_u64()
                .and_then(|code| u16::try_from(code).ok())
                .filter(|code| (100..600).contains(code))
                .map(Status::Code),
            Value::String(text) if text == "tls-refusal" => Some(Status::TlsRefusal),
            Value::String(text) => text
                .strip_suffix("xx")
                .and_then(|class| class.parse().ok())
                .filter(|class| (1..6).contains(class))
                .map(Status::Class),
            _ => None,
        };
        let value = Value::deserialize(deserializer)?;
        let statuses: Option<Vec<Status>> = match &value {
            Value::Array(items) => items.iter().map(one).collect(),
            other => one(other).map(|status| vec![status]),
        };
        statuses
            .filter(|statuses| !statuses.is_empty())
            .map(Self)
            .ok_or_else(|| {
                D::Error::custom(
                    "a status is a code such as 201, a class such as 4xx, or tls-refusal",
                )
            })
    }
}
