//! Hosts, addresses and numbers that reach nobody (owner of [`reserve`]).
//!
//! A server may call the address that a request names. Examples of a contract name real ones, so that they are replaced
//! before they are sent: by `example.com` (RFC 2606), by addresses for documentation (RFC 5737, RFC 3849), and by
//! telephone numbers that Ofcom keeps free for drama.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

/// Ends of property names whose URL a server may call.
const CALLED: [&str; 14] = [
    "url",
    "webhook",
    "webhooks",
    "hook",
    "callback",
    "callbackuri",
    "redirecturi",
    "endpoint",
    "website",
    "target",
    "targeturi",
    "notifyuri",
    "destination",
    "address",
];

/// Ends of property names with a telephone number.
const PHONES: [&str; 8] = [
    "phone",
    "telephone",
    "mobile",
    "phonenumber",
    "telephonenumber",
    "mobilenumber",
    "fax",
    "msisdn",
];

/// Ends of property names with a host.
const HOSTS: [&str; 4] = ["host", "hostname", "domain", "fqdn"];

/// Replaces in a value what could reach somebody. Answers whether anything was replaced.
pub fn reserve(value: &mut Value) -> bool {
    within("", value)
}

fn within(name: &str, value: &mut Value) -> bool {
    match value {
        Value::String(text) => match reserved(name, text) {
            Some(other) => {
                *text = other;
                true
            }
            None => false,
        },
        Value::Array(items) => {
            let mut any = false;
            for item in items {
                any |= within(name, item);
            }
            any
        }
        Value::Object(members) => {
            let mut any = false;
            for (name, member) in members {
                any |= within(name, member);
            }
            any
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What stands for a text that could reach somebody.
fn reserved(name: &str, text: &str) -> Option<String> {
    let folded: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let ends = |endings: &[&str]| endings.iter().any(|end| folded.ends_with(end));
    if let Some(email) = email(text) {
        return Some(email);
    }
    if ends(&CALLED)
        && let Some(url) = url(text)
    {
        return Some(url);
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return (!is_reserved_v4(address)).then(|| "192.0.2.1".to_owned());
    }
    if text.contains(':')
        && let Ok(address) = text.parse::<Ipv6Addr>()
    {
        let is_reserved = address.segments().starts_with(&[0x2001, 0xdb8]);
        return (!is_reserved).then(|| "2001:db8::1".to_owned());
    }
    if ends(&PHONES) {
        return phone(text);
    }
    if ends(&HOSTS)
        && text.contains('.')
        && !text.contains(['/', ' ', '@'])
        && !is_reserved_host(text)
    {
        return Some("example.com".to_owned());
    }
    None
}

fn email(text: &str) -> Option<String> {
    let (mailbox, host) = text.rsplit_once('@')?;
    let is_email = !mailbox.is_empty()
        && !mailbox.contains([' ', '/', ':'])
        && host.contains('.')
        && host
            .chars()
            .all(|c| c.is_alphanumeric() || c == '.' || c == '-');
    (is_email && !is_reserved_host(host)).then(|| format!("{mailbox}@example.com"))
}

fn url(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(
        scheme.to_ascii_lowercase().as_str(),
        "http" | "https" | "ws" | "wss" | "ftp"
    ) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let host = host.split(':').next().unwrap_or(host);
    (!is_reserved_host(host) && !host.parse().is_ok_and(is_reserved_v4))
        .then(|| format!("{scheme}://example.com{path}"))
}

/// A number that rings nowhere, in the form of the one that it replaces.
fn phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let national = digits
        .strip_prefix("44")
        .unwrap_or_else(|| digits.trim_start_matches('0'));
    let is_free = [
        "2079460", "7700900", "1632960", "1144960", "1154960", "1184960", "1214960", "1314960",
        "1414960", "1514960", "1614960", "1914980", "8081570", "9098790", "3069990",
    ]
    .iter()
    .any(|range| national.starts_with(range));
    if digits.len() < 7 || is_free {
        return None;
    }
    let spaced = text.contains(' ');
    Some(
        match (text.starts_with('+'), spaced) {
            (true, true) => "+44 20 7946 0123",
            (true, false) => "+442079460123",
            (false, true) => "020 7946 0123",
            (false, false) => "02079460123",
        }
        .to_owned(),
    )
}

fn is_reserved_v4(address: Ipv4Addr) -> bool {
    matches!(
        address.octets(),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [0, 0, 0, 0]
    )
}

/// Whether nobody can have a host of this name.
fn is_reserved_host(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let last = host.rsplit('.').next().unwrap_or_default();
    matches!(last, "test" | "invalid" | "example")
        || ["example.com", "example.org", "example.net"]
            .iter()
            .any(|own| {
                host == *own
                    || host
                        .strip_suffix(own)
                        .is_some_and(|rest| rest.ends_with('.'))
            })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::generate::{Place, Style, random::rng};

    #[test]
    fn what_could_reach_somebody_is_replaced() {
        let mut value = json!({
            "callbackUrl": "https://hooks.supplier.co.uk/in?a=1",
            "webhook": { "url": "http://10.0.0.8:8080/x" },
            "email": "jo@police.uk",
            "contacts": ["ann@supplier.co.uk", "ben@example.org"],
            "source_ip": "8.8.8.8",
            "mobileNumber": "+447911123456",
            "phone": "0161 496 0000",
            "hostname": "rms.force.police.uk",
            "system": "http://hl7.org/fhir/sid/us-npi",
            "note": "see http://supplier.co.uk",
        });
        assert!(reserve(&mut value));
        assert_eq!(
            value,
            json!({
                "callbackUrl": "https://example.com/in?a=1",
                "webhook": { "url": "http://example.com/x" },
                "email": "jo@example.com",
                "contacts": ["ann@example.com", "ben@example.org"],
                "source_ip": "192.0.2.1",
                "mobileNumber": "+442079460123",
                "phone": "0161 496 0000",
                "hostname": "example.com",
                "system": "http://hl7.org/fhir/sid/us-npi",
                "note": "see http://supplier.co.uk",
            })
        );
        assert!(!reserve(&mut value));
    }

    /// What a server could reach from a text of this format or under this name.
    fn reaches_nobody(name: &str, text: &str) -> bool {
        let mut value = json!({ name: text });
        !reserve(&mut value)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn generated_values_reach_nobody(seed in 0_u64..10_000) {
            for format in ["uri", "url", "iri", "hostname", "email", "idn-email", "ipv4", "ipv6"] {
                let schema = json!({ "type": "string", "format": format });
                let drawn = crate::generate::tests::with(&schema, Place::Body, |generator, _| {
                    generator.valid(&mut rng(seed, format), Style::Plain)
                });
                if let Ok(Value::String(text)) = drawn {
                    prop_assert!(reaches_nobody("webhookUrl", &text), "{format}: {text}");
                }
            }
            for name in ["url", "webhook", "callbackUrl", "email", "contactEmail", "phone", "mobileNumber", "host", "ipAddress"] {
                if let Some(text) = crate::generate::text::everyday(name, &mut rng(seed, name)) {
                    prop_assert!(reaches_nobody(name, &text), "{name}: {text}");
                }
            }
        }
    }
}
