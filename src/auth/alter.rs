//! Breaks a good credential in a named way, without any private key but one of its own (owner of
//! [`altered`]).

use std::sync::Arc;

use aws_lc_rs::hmac;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{
    alter_key,
    key_callback::{KeyCallback, KeyCallbackServer},
    oauth::Login,
    proof::{For, Possession},
};
use crate::http::{Credentials, Presents};
use muster_core::{
    exchange::{Alteration, Body, ProofFlaw},
    model::{Credential, IdentityName},
};
use muster_jose::{self as jose, Algorithm, SigningKey};

/// What an alteration may need besides the credentials.
pub(super) struct Material<'a> {
    /// Where the token comes from.
    pub(super) login: Option<&'a Login>,
    /// The key that the token is bound to.
    pub(super) possession: Option<Arc<Possession>>,
    /// The host of the target.
    pub(super) target: Option<&'a str>,
    /// Where a key of our own is served, or why nowhere.
    pub(super) key_callback: Result<&'a KeyCallbackServer, String>,
    /// Whether the connection shows a client certificate.
    pub(super) certificate: bool,
    /// Another identity with a certificate of its own.
    pub(super) other_certificate: Option<&'a IdentityName>,
    /// What is shown.
    pub(super) held: Vec<&'a Credential>,
    /// What other identities have.
    pub(super) others: Vec<&'a Credential>,
}

/// Broken credentials.
#[derive(Debug)]
pub(super) struct Altered {
    /// As they are shown.
    pub(super) credentials: Credentials,
    secret: String,
    /// An address that somebody may follow.
    pub(super) bait: Option<KeyCallback>,
}

impl Altered {
    pub(super) const fn of(credentials: Credentials, secret: String) -> Self {
        Self {
            credentials,
            secret,
            bait: None,
        }
    }

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
    if let Alteration::Key(flaw) = alteration {
        return alter_key::broken(flaw, shown, &material.held, &material.others);
    }
    let bearer = shown
        .headers
        .get("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| matches!(*scheme, "Bearer" | "DPoP"))
        .map(|(scheme, token)| (scheme.to_owned(), token.to_owned()));
    let Some((scheme, token)) = bearer else {
        return other_kind(alteration, shown);
    };
    let mut scheme = scheme.as_str();
    let mut bait = None;
    let lower = scheme.to_ascii_lowercase();
    let replaced = match alteration {
        Alteration::SchemeInLowerCase => {
            scheme = &lower;
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
            return Ok(Altered::of(shown, token));
        }
        Alteration::InBody => {
            shown.headers.remove("authorization");
            let form = form_urlencoded::Serializer::new(String::new())
                .append_pair("access_token", &token)
                .finish();
            shown.body = Some(Body {
                media_type: Some("application/x-www-form-urlencoded".to_owned()),
                bytes: form.into(),
            });
            return Ok(Altered::of(shown, token));
        }
        Alteration::TwiceGoodFirst | Alteration::TwiceGoodLast => {
            let good = format!("{scheme} {token}");
            let bad = format!("{scheme} muster-is-no-token");
            let (first, second) = if alteration == Alteration::TwiceGoodFirst {
                (good, bad)
            } else {
                (bad, good)
            };
            shown.headers.set("authorization", first);
            shown.headers.append("authorization", second);
            return Ok(Altered::of(shown, token));
        }
        Alteration::BasicAlone => {
            scheme = "Basic";
            shown.signers.clear();
            material
                .login
                // A client's secret is shown to nobody but the host that it is for.
                .filter(|login| login.host() == material.target)
                .and_then(Login::as_basic)
                .unwrap_or_else(|| BASE64_STANDARD.encode("muster:muster"))
        }
        Alteration::Proof(flaw) => {
            let possession = material
                .possession
                .ok_or("its access token is not bound to a key by DPoP.")?;
            shown.signers.clear();
            match flaw {
                ProofFlaw::Missing => {}
                ProofFlaw::AsBearer => scheme = "Bearer",
                flaw => shown
                    .signers
                    .push(possession.signer(For::Target, Some(flaw))),
            }
            token
        }
        Alteration::WithoutCertificate | Alteration::OtherCertificate => {
            if !material.certificate {
                return Err("it shows no client certificate.".into());
            }
            if bound_to_certificate(&token) == Some(false) {
                return Err(
                    "its access token is not bound to its certificate (`cnf` with `x5t#S256`)."
                        .into(),
                );
            }
            shown.certificate = if alteration == Alteration::WithoutCertificate {
                Presents::Nothing
            } else {
                let other = material
                    .other_certificate
                    .ok_or("no other identity has a client certificate to show in its place.")?;
                Presents::Of(other.clone())
            };
            token
        }
        alteration => {
            let jwt = Jwt::read(&token).ok_or("its access token is opaque, not a JWT.")?;
            let (broken, laid) = jwt.broken(alteration, &material).await?;
            bait = laid;
            broken
        }
    };
    shown
        .headers
        .set("authorization", format!("{scheme} {replaced}").trim_end());
    Ok(Altered {
        credentials: shown,
        secret: replaced,
        bait,
    })
}

/// Whether a token says that it is bound to a certificate (RFC 8705 §3.1); nothing where it is opaque.
fn bound_to_certificate(token: &str) -> Option<bool> {
    let (_, claims) = jose::peek(token)?;
    Some(
        claims
            .get("cnf")
            .is_some_and(|cnf| cnf.get("x5t#S256").is_some()),
    )
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
    let mut headers = muster_core::exchange::Headers::new();
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
    Ok(Altered::of(shown, secret))
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
        material: &Material<'_>,
    ) -> Result<(String, Option<KeyCallback>), String> {
        let mut bait = None;
        let broken = match alteration {
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
                let pem = self.public_key(material.login).await?;
                self.header.insert("alg".into(), "HS256".into());
                self.sealed(pem.as_bytes())
            }
            Alteration::KeyFromFile => {
                self.header.insert("alg".into(), "HS256".into());
                self.header
                    .insert("kid".into(), "../../../../../../dev/null".into());
                self.sealed(b"")
            }
            Alteration::KeyInHeader => {
                let key = SigningKey::generate(Algorithm::Es256).ok_or("no key could be made.")?;
                let public = key.published("muster");
                self.signed_by(&key, "jwk", public)
            }
            Alteration::KeyByAddress(member) => {
                let key_callback = material.key_callback.as_ref().map_err(Clone::clone)?;
                let (address, laid) = key_callback.address(member);
                bait = Some(laid);
                self.signed_by(key_callback.key(), member, address.into())
            }
            _ => return Err("a JWT cannot be broken so.".to_owned()),
        };
        Ok((broken, bait))
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
        jose::written(&self.header, &self.claims)
    }

    fn sealed(&self, secret: &[u8]) -> String {
        let written = self.written();
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret),
            written.as_bytes(),
        );
        format!("{written}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref()))
    }

    /// Signed with a key that nobody has reason to trust, which the header tells by this member.
    fn signed_by(mut self, key: &SigningKey, member: &str, told: Value) -> String {
        self.header.insert("kid".into(), "muster".into());
        self.header.insert(member.into(), told);
        key.sign(self.header, &self.claims)
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
            .and_then(jose::public_pem)
            .ok_or_else(|| "the public key of its token is not among those published.".to_owned())
    }
}
