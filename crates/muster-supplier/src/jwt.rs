//! Access tokens as JWT (RFC 9068): [`Signer`].

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::fault::Misbehaviour;
use super::proofs::Bound;
use super::tokens::{Defect, Grant, TokenFormat};
use muster_jose as jose;

/// For whom tokens are.
const AUDIENCE: &str = "https://records.example/v1";

/// A key of the issuer. Making one is slow, and none of them guards anything real: all suppliers of a
/// process share them.
struct Key {
    name: &'static str,
    algorithm: Algorithm,
    private: EncodingKey,
    public: DecodingKey,
    jwk: Value,
    public_pem: String,
}

static RSA: LazyLock<Option<Key>> =
    LazyLock::new(|| Key::make("RS256", Algorithm::RS256, &rcgen::PKCS_RSA_SHA256));
static EC: LazyLock<Option<Key>> =
    LazyLock::new(|| Key::make("ES256", Algorithm::ES256, &rcgen::PKCS_ECDSA_P256_SHA256));
static RSA_STRANGER: LazyLock<Option<Key>> =
    LazyLock::new(|| Key::make("RS256", Algorithm::RS256, &rcgen::PKCS_RSA_SHA256));
static EC_STRANGER: LazyLock<Option<Key>> =
    LazyLock::new(|| Key::make("ES256", Algorithm::ES256, &rcgen::PKCS_ECDSA_P256_SHA256));

impl Key {
    fn make(
        name: &'static str,
        algorithm: Algorithm,
        kind: &'static rcgen::SignatureAlgorithm,
    ) -> Option<Self> {
        let pair = rcgen::KeyPair::generate_for(kind).ok()?;
        let pem = pair.serialize_pem();
        let private = match algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
            _ => EncodingKey::from_ec_pem(pem.as_bytes()),
        }
        .ok()?;
        let jwk = Jwk::from_encoding_key(&private, algorithm).ok()?;
        let public = DecodingKey::from_jwk(&jwk).ok()?;
        let mut jwk = serde_json::to_value(jwk).ok()?;
        if let Some(jwk) = jwk.as_object_mut() {
            jwk.insert("kid".to_owned(), json!(name));
            jwk.insert("use".to_owned(), json!("sig"));
        }
        Some(Self {
            name,
            algorithm,
            private,
            public,
            jwk,
            public_pem: pair.public_key_pem().replace('\r', ""),
        })
    }
}

/// Signs tokens, and reads them again.
pub(crate) struct Signer {
    key: &'static Key,
    /// One that nobody publishes.
    stranger: &'static Key,
    issuer: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("key", &self.key.name)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// A signer for this format, if it is of JWT.
    pub(crate) fn new(format: TokenFormat, origin: &str) -> Option<Self> {
        let (key, stranger) = match format {
            TokenFormat::Opaque | TokenFormat::Keys => return None,
            TokenFormat::Rs256 => (RSA.as_ref()?, RSA_STRANGER.as_ref()?),
            TokenFormat::Es256 | TokenFormat::Dpop | TokenFormat::Certificate => {
                (EC.as_ref()?, EC_STRANGER.as_ref()?)
            }
        };
        Some(Self {
            key,
            stranger,
            issuer: origin.to_owned(),
        })
    }

    pub(crate) fn public_keys(&self) -> Value {
        json!({ "keys": [self.key.jwk] })
    }

    /// A token, and its signature.
    pub(crate) fn sign(&self, grant: &Grant, lifetime: u64) -> (String, String) {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        let lifetime = i64::try_from(lifetime).unwrap_or_default();
        let start = match grant.defect {
            Some(Defect::Expired) => now - 2 * lifetime,
            Some(Defect::NotYetValid) => now + 2 * lifetime,
            _ => now,
        };
        let issuer = match grant.defect {
            Some(Defect::OtherIssuer) => "https://issuer.example",
            _ => &self.issuer,
        };
        let audience = match grant.defect {
            Some(Defect::OtherAudience) => "https://other.example",
            _ => AUDIENCE,
        };
        let header = json!({ "typ": "at+jwt", "alg": self.key.name, "kid": self.key.name });
        let mut claims = json!({
            "iss": issuer,
            "aud": audience,
            "sub": grant.client,
            "client_id": grant.client,
            "force": grant.force,
            "scope": grant.scopes.join(" "),
            "jti": super::making::new_id(),
            "iat": start,
            "nbf": start,
            "exp": start + lifetime,
        });
        let bound = grant.bound.as_ref().map(|bound| match bound {
            Bound::Key(key) => json!({ "jkt": key }),
            Bound::Certificate(certificate) => json!({ "x5t#S256": certificate }),
        });
        if let (Some(bound), Some(claims)) = (bound, claims.as_object_mut()) {
            claims.insert("cnf".to_owned(), bound);
        }
        let encode = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let key = if grant.defect == Some(Defect::UnknownKey) {
            self.stranger
        } else {
            self.key
        };
        let signature =
            crypto::sign(signed.as_bytes(), &key.private, key.algorithm).unwrap_or_default();
        (format!("{signed}.{signature}"), signature)
    }

    /// What a token says, if its signature holds; faults hold less.
    pub(crate) fn read(
        &self,
        token: &str,
        is: &dyn Fn(Misbehaviour) -> bool,
        issued: &dyn Fn(&str) -> bool,
    ) -> Option<Grant> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let (header, claims) = (part(header)?, part(claims)?);
        let alg = header.get("alg")?.as_str()?;
        let ours = alg == self.key.name;
        let verified = |key: &DecodingKey, algorithm| {
            crypto::verify(signature, signed.as_bytes(), key, algorithm).unwrap_or(false)
        };
        let holds = (ours
            && (verified(&self.key.public, self.key.algorithm)
                || is(Misbehaviour::SkipsSignatures)
                || (is(Misbehaviour::RemembersSignatures) && issued(signature))))
            || (is(Misbehaviour::BelievesAlgNone)
                && alg.eq_ignore_ascii_case("none")
                && signature.is_empty())
            || (is(Misbehaviour::BelievesAlgHs256)
                && alg == "HS256"
                && verified(
                    &DecodingKey::from_secret(self.key.public_pem.as_bytes()),
                    Algorithm::HS256,
                ))
            || (is(Misbehaviour::BelievesKeyInHeader)
                && header
                    .get("jwk")
                    .and_then(|jwk| serde_json::from_value(jwk.clone()).ok())
                    .and_then(|jwk: Jwk| DecodingKey::from_jwk(&jwk).ok())
                    .is_some_and(|key| verified(&key, Algorithm::ES256)));
        if holds {
            granted(&self.issuer, &claims)
        } else {
            None
        }
    }
}

/// Another issuer whose tokens are believed, with its public keys.
#[derive(Debug, Clone)]
pub struct Trusted {
    /// What it calls itself.
    pub issuer: String,
    /// Its key set.
    pub keys: Value,
}

impl Trusted {
    /// What a token of this issuer's keys says, with what is wrong with it.
    pub(crate) fn read(&self, token: &str) -> Option<Grant> {
        let (header, claims) = jose::peek(token)?;
        let kid = header.get("kid")?;
        let jwk = self
            .keys
            .get("keys")?
            .as_array()?
            .iter()
            .find(|jwk| jwk.get("kid") == Some(kid))?;
        let algorithm = header.get("alg")?.as_str()?;
        if jwk.get("alg")?.as_str()? != algorithm {
            return None;
        }
        let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
        let (signed, signature) = token.rsplit_once('.')?;
        let holds = crypto::verify(
            signature,
            signed.as_bytes(),
            &DecodingKey::from_jwk(&jwk).ok()?,
            algorithm.parse().ok()?,
        )
        .unwrap_or(false);
        if holds {
            granted(&self.issuer, &claims)
        } else {
            None
        }
    }
}

/// What claims grant, and what is wrong with them.
fn granted(issuer: &str, claims: &Map<String, Value>) -> Option<Grant> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let moment = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let end = moment("exp")?;
    let defect = if end <= now {
        Some(Defect::Expired)
    } else if moment("nbf")? > now {
        Some(Defect::NotYetValid)
    } else if text("aud")? != AUDIENCE {
        Some(Defect::OtherAudience)
    } else if text("iss")? != issuer {
        Some(Defect::OtherIssuer)
    } else {
        None
    };
    let confirmed = |member: &str| {
        let value = claims.get("cnf")?.get(member)?.as_str()?;
        Some(value.to_owned())
    };
    let bound = confirmed("jkt")
        .map(Bound::Key)
        .or_else(|| confirmed("x5t#S256").map(Bound::Certificate));
    let mut grant = Grant::read(
        text("client_id")?,
        text("force")?,
        text("scope")?,
        defect,
        Instant::now() + Duration::from_secs(1 + end.abs_diff(now)),
    );
    grant.bound = bound;
    Some(grant)
}

fn part(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
