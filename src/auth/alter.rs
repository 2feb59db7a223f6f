//! Breaks a good credential in a named way, without any private key but one of its own (owner of
//! [`altered`]).

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};

use super::oauth::Login;
use crate::{exchange::Alteration, http::Credentials};

/// What an alteration may need besides the credential.
pub(super) struct Material<'a> {
    /// Where the token comes from.
    pub(super) login: Option<&'a Login>,
    /// The host of the target.
    pub(super) target: Option<&'a str>,
}

/// Broken credentials.
pub(super) struct Altered {
    /// As they are shown.
    pub(super) credentials: Credentials,
    secret: String,
}

impl Altered {
    /// What stands in place of the token; it holds parts of it and is redacted too.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

/// Breaks credentials.
///
/// # Errors
/// Where they are not of a kind that can be broken so: a sentence without the identity.
pub(super) async fn altered(
    alteration: Alteration,
    mut shown: Credentials,
    material: Material<'_>,
) -> Result<Altered, String> {
    let bearer = shown
        .headers
        .get("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(str::to_owned);
    let Some(token) = bearer else {
        return other_kind(alteration, shown);
    };
    let mut scheme = "Bearer";
    let replaced = match alteration {
        Alteration::SchemeInLowerCase => {
            scheme = "bearer";
            token
        }
        Alteration::Empty => String::new(),
        Alteration::Null => "null".to_owned(),
        Alteration::Blank => "   ".to_owned(),
        Alteration::Garbage => "muster-is-no-token".to_owned(),
        Alteration::Truncate => {
            let kept = token.chars().count() * 2 / 3;
            token.chars().take(kept).collect()
        }
        Alteration::InQuery => {
            shown.headers.remove("authorization");
            shown.query.push(("access_token".to_owned(), token.clone()));
            return Ok(Altered {
                credentials: shown,
                secret: token,
            });
        }
        Alteration::BasicAlone => {
            scheme = "Basic";
            match material.login {
                // A client's secret is shown to nobody but the host that it is for.
                Some(login) if login.host() == material.target => login.as_basic(),
                _ => BASE64_STANDARD.encode("muster:muster"),
            }
        }
        alteration => {
            let jwt = Jwt::read(&token).ok_or("its access token is opaque, not a JWT.")?;
            jwt.broken(alteration, material.login).await?
        }
    };
    shown
        .headers
        .set("authorization", format!("{scheme} {replaced}").trim_end());
    Ok(Altered {
        credentials: shown,
        secret: replaced,
    })
}

/// Breaks what is no bearer token: keys in headers, cookies or the query, and passwords.
fn other_kind(alteration: Alteration, mut shown: Credentials) -> Result<Altered, String> {
    let broken = |secret: &str| match alteration {
        Alteration::Garbage => Some("muster-is-no-key".to_owned()),
        Alteration::Truncate => {
            let kept = secret.chars().count() * 2 / 3;
            Some(secret.chars().take(kept).collect())
        }
        _ => None,
    };
    let none = "it shows no bearer token, so there is none to break.";
    let mut secret = String::new();
    let mut headers = crate::exchange::Headers::new();
    for (name, value) in shown.headers.iter() {
        let replaced = if let Some(pair) = value.strip_prefix("Basic ") {
            let text = BASE64_STANDARD
                .decode(pair)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            let (user, password) = text
                .as_deref()
                .and_then(|text| text.split_once(':'))
                .ok_or("its user name and password cannot be read.")?;
            let pair = format!("{user}:{}", broken(password).ok_or(none)?);
            format!("Basic {}", BASE64_STANDARD.encode(pair))
        } else if name == "cookie" {
            let crumbs = value.split("; ").map(|crumb| {
                let (name, value) = crumb.split_once('=').unwrap_or((crumb, ""));
                Some(format!("{name}={}", broken(value)?))
            });
            crumbs
                .collect::<Option<Vec<String>>>()
                .ok_or(none)?
                .join("; ")
        } else {
            broken(value).ok_or(none)?
        };
        secret.clone_from(&replaced);
        headers.append(name, replaced);
    }
    for (_, value) in &mut shown.query {
        *value = broken(value).ok_or(none)?;
        secret.clone_from(value);
    }
    if secret.is_empty() || !shown.signers.is_empty() {
        return Err(none.to_owned());
    }
    shown.headers = headers;
    Ok(Altered {
        credentials: shown,
        secret,
    })
}

/// A JSON Web Token in its parts (RFC 7519).
struct Jwt<'a> {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    /// Header and claims as they are written.
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Jwt<'a> {
    fn read(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let part = |text: &str| -> Option<Map<String, Value>> {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        let header = part(header)?;
        header.get("alg")?;
        Some(Self {
            header,
            claims: part(claims)?,
            signed,
            signature,
        })
    }

    async fn broken(
        mut self,
        alteration: Alteration,
        login: Option<&Login>,
    ) -> Result<String, String> {
        Ok(match alteration {
            Alteration::StripSignature => format!("{}.", self.signed),
            Alteration::AlterSignature => format!("{}.{}", self.signed, self.other_signature()?),
            Alteration::AlgNone(spelling) => {
                self.header.insert("alg".into(), spelling.into());
                format!("{}.", self.written())
            }
            Alteration::ChangeClaims => {
                self.claims.insert("sub".into(), "muster-intruder".into());
                if let Some(end) = self.claims.get("exp").and_then(Value::as_i64) {
                    self.claims.insert("exp".into(), (end + 3600).into());
                }
                format!("{}.{}", self.written(), self.signature)
            }
            Alteration::HmacWithPublicKey => {
                let pem = self.public_key(login).await?;
                self.header.insert("alg".into(), "HS256".into());
                self.sealed(pem.as_bytes())
            }
            Alteration::KeyFromFile => {
                self.header.insert("alg".into(), "HS256".into());
                self.header
                    .insert("kid".into(), "../../../../../../dev/null".into());
                self.sealed(b"")
            }
            Alteration::KeyInHeader => self.signed_by_us(|header, key| {
                header.insert("jwk".into(), key);
            })?,
            Alteration::KeyByAddress(member) => self.signed_by_us(|header, _| {
                // A name that cannot resolve: whoever follows it finds nobody.
                let address = "https://muster.invalid/.well-known/jwks.json";
                header.insert(member.into(), address.into());
            })?,
            _ => return Err("a JWT cannot be broken so.".to_owned()),
        })
    }

    fn other_signature(&self) -> Result<String, String> {
        let mut bytes = BASE64_URL_SAFE_NO_PAD
            .decode(self.signature)
            .map_err(|_| "the signature of its token is not base64url.")?;
        // In the middle, where no encoding of the signature leaves spare bits.
        let middle = bytes.len() / 2;
        match bytes.get_mut(middle) {
            Some(byte) => *byte ^= 1,
            None => return Err("its token is not signed.".to_owned()),
        }
        Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    fn written(&self) -> String {
        let write = |part: &Map<String, Value>| {
            BASE64_URL_SAFE_NO_PAD.encode(Value::Object(part.clone()).to_string())
        };
        format!("{}.{}", write(&self.header), write(&self.claims))
    }

    fn sealed(&self, secret: &[u8]) -> String {
        let written = self.written();
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret),
            written.as_bytes(),
        );
        format!("{written}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    /// Signed with a fresh key that nobody has reason to trust.
    fn signed_by_us(
        mut self,
        tell: impl FnOnce(&mut Map<String, Value>, Value),
    ) -> Result<String, String> {
        let failed = |_| "no key could be made.".to_owned();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
        let point = pair.public_key().as_ref();
        let (x, y) = match (point.get(1..33), point.get(33..65)) {
            (Some(x), Some(y)) => (x, y),
            _ => return Err("no key could be made.".to_owned()),
        };
        let key = json!({
            "kty": "EC",
            "crv": "P-256",
            "kid": "muster",
            "x": BASE64_URL_SAFE_NO_PAD.encode(x),
            "y": BASE64_URL_SAFE_NO_PAD.encode(y),
        });
        self.header.insert("alg".into(), "ES256".into());
        self.header.insert("kid".into(), "muster".into());
        tell(&mut self.header, key);
        let written = self.written();
        let signature = pair
            .sign(&SystemRandom::new(), written.as_bytes())
            .map_err(failed)?;
        Ok(format!(
            "{written}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(signature.as_ref())
        ))
    }

    /// The public key that the token is verified with, in PEM.
    async fn public_key(&self, login: Option<&Login>) -> Result<String, String> {
        let asymmetric = self
            .header
            .get("alg")
            .and_then(Value::as_str)
            .is_some_and(|alg| !alg.starts_with("HS"));
        if !asymmetric {
            return Err("its token is not signed with a private key.".to_owned());
        }
        let unknown = "the public keys of its issuer are not published beside its token endpoint.";
        let login = login.ok_or(unknown)?;
        let keys = login.public_keys().await.ok_or(unknown)?;
        let wanted = self.header.get("kid");
        keys.get("keys")
            .and_then(Value::as_array)
            .and_then(|keys| {
                keys.iter()
                    .find(|key| wanted.is_none() || key.get("kid") == wanted)
            })
            .and_then(pem)
            .ok_or_else(|| "the public key of its token is not among those published.".to_owned())
    }
}

/// A public RSA or P-256 key in PEM (RFC 5280 `SubjectPublicKeyInfo`).
fn pem(jwk: &Value) -> Option<String> {
    let part = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok();
    let (algorithm, key): (&[u8], Vec<u8>) = match jwk.get("kty")?.as_str()? {
        "RSA" => {
            let numbers = [integer(&part("n")?), integer(&part("e")?)].concat();
            (
                b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00",
                der(0x30, &numbers),
            )
        }
        "EC" if jwk.get("crv")? == "P-256" => (
            b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
            [vec![4], part("x")?, part("y")?].concat(),
        ),
        _ => return None,
    };
    let bits = der(0x03, &[vec![0], key].concat());
    let text = BASE64_STANDARD.encode(der(0x30, &[algorithm, &bits].concat()));
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

/// A positive INTEGER of DER.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if bytes.first().is_some_and(|first| *first >= 0x80) {
        &[0]
    } else {
        &[]
    };
    der(0x02, &[sign, bytes].concat())
}

/// A value of DER with its tag and length.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
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
