//! The little of DER that keys are wrapped in (X.690; RFC 5280, RFC 5958, RFC 8017).

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::Value;

const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const P256: &[u8] =
    b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";

/// The kind of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// The kind of the key in a PKCS#8 or SEC 1 structure, by the algorithm that it names.
pub(super) fn kind(der: &[u8]) -> Option<Kind> {
    [
        (RSA, Kind::Rsa),
        (P256, Kind::P256),
        (P384, Kind::P384),
        (ED25519, Kind::Ed25519),
    ]
    .into_iter()
    // The curve alone is named in SEC 1.
    .find(|(name, kind)| {
        contains(der, name)
            || match kind {
                Kind::P256 => contains(der, b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"),
                Kind::P384 => contains(der, b"\x06\x05\x2b\x81\x04\x00\x22"),
                Kind::Rsa | Kind::Ed25519 => false,
            }
    })
    .map(|(_, kind)| kind)
}

fn contains(within: &[u8], part: &[u8]) -> bool {
    within.windows(part.len()).any(|window| window == part)
}

/// A private key in PKCS#8 (RFC 5958), from the structure of its own kind.
pub(super) fn pkcs8(kind: Kind, key: &[u8]) -> Vec<u8> {
    let algorithm = match kind {
        Kind::Rsa => RSA,
        Kind::P256 => P256,
        Kind::P384 => P384,
        Kind::Ed25519 => ED25519,
    };
    sequence(&[integer(&[0]), algorithm.to_vec(), tagged(0x04, key)])
}

/// A private JWK (RFC 7518 §6) in the structure that the signer reads: PKCS#1 for RSA, PKCS#8 otherwise.
pub(super) fn private(jwk: &Value) -> Option<(Kind, Vec<u8>)> {
    let part = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
    let curve = jwk.get("crv").and_then(Value::as_str);
    Some(match (jwk.get("kty")?.as_str()?, curve) {
        ("RSA", _) => {
            let mut parts = vec![integer(&[0])];
            for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
                parts.push(integer(&part(name)?));
            }
            (Kind::Rsa, sequence(&parts))
        }
        ("EC", Some(curve)) => {
            let kind = match curve {
                "P-256" => Kind::P256,
                "P-384" => Kind::P384,
                _ => return None,
            };
            let point = [vec![0, 4], part("x")?, part("y")?].concat();
            let sec1 = sequence(&[
                integer(&[1]),
                tagged(0x04, &part("d")?),
                tagged(0xa1, &tagged(0x03, &point)),
            ]);
            (kind, pkcs8(kind, &sec1))
        }
        ("OKP", Some("Ed25519")) => (
            Kind::Ed25519,
            pkcs8(Kind::Ed25519, &tagged(0x04, &part("d")?)),
        ),
        _ => return None,
    })
}

/// A public RSA or P-256 key in PEM (RFC 5280 `SubjectPublicKeyInfo`).
pub(super) fn public_pem(jwk: &Value) -> Option<String> {
    let part = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
    let (algorithm, key): (&[u8], Vec<u8>) = match jwk.get("kty")?.as_str()? {
        "RSA" => (RSA, sequence(&[integer(&part("n")?), integer(&part("e")?)])),
        "EC" if jwk.get("crv")? == "P-256" => (P256, [vec![4], part("x")?, part("y")?].concat()),
        _ => return None,
    };
    let bits = tagged(0x03, &[vec![0], key].concat());
    let text = BASE64_STANDARD.encode(sequence(&[algorithm.to_vec(), bits]));
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    Some(format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    ))
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tagged(0x30, &parts.concat())
}

/// A positive INTEGER.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|byte| *byte != 0);
    let bytes = first.and_then(|first| bytes.get(first..)).unwrap_or(&[0]);
    let sign: &[u8] = if bytes.first().is_some_and(|first| *first >= 0x80) {
        &[0]
    } else {
        &[]
    };
    tagged(0x02, &[sign, bytes].concat())
}

/// A value with its tag and length.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut written = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => written.push(short),
        Ok(long) => written.extend([0x81, long]),
        Err(_) => {
            let [.., high, low] = length.to_be_bytes();
            written.extend([0x82, high, low]);
        }
    }
    written.extend_from_slice(content);
    written
}
