//! Keys that sign, and the JSON Web Tokens that they sign (owner of [`SigningKey`]).
//!
//! RFC 7515 to 7519 in the compact form alone. Nothing here verifies on behalf of a check: tokens of
//! others are judged by the API under test.

mod der;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey, crypto, jwk::Jwk};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::{Map, Value, json};

use der::Kind;

/// How something is signed (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the RFCs")]
pub enum Algorithm {
    Rs256,
    Ps256,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// Every one, with the name that tokens have.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Rs256, "RS256"),
        (Self::Ps256, "PS256"),
        (Self::Es256, "ES256"),
        (Self::Es384, "ES384"),
        (Self::EdDsa, "EdDSA"),
    ];

    /// The name that tokens have.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
            .map(|(algorithm, _)| algorithm)
    }

    const fn inner(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Es384 => jsonwebtoken::Algorithm::ES384,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }

    const fn fits(self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Self::Rs256 | Self::Ps256, Kind::Rsa)
                | (Self::Es256, Kind::P256)
                | (Self::Es384, Kind::P384)
                | (Self::EdDsa, Kind::Ed25519)
        )
    }

    const fn usual(kind: Kind) -> Self {
        match kind {
            Kind::Rsa => Self::Rs256,
            Kind::P256 => Self::Es256,
            Kind::P384 => Self::Es384,
            Kind::Ed25519 => Self::EdDsa,
        }
    }
}

/// A private key and how it signs. It is printed by nobody.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
    thumbprint: String,
    kid: Option<String>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.0.algorithm)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A fresh key; nothing only if the machine has no randomness or the algorithm is ES384.
    #[must_use]
    pub fn generate(algorithm: Algorithm) -> Option<Self> {
        let kind = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => &rcgen::PKCS_RSA_SHA256,
            Algorithm::Es256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Algorithm::Es384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Algorithm::EdDsa => &rcgen::PKCS_ED25519,
        };
        let pair = rcgen::KeyPair::generate_for(kind).ok()?;
        Self::read(&pair.serialize_pem(), Some(algorithm)).ok()
    }

    /// Reads a private key: PEM (PKCS#8, PKCS#1 or SEC 1), or a private JWK. Without an algorithm, the
    /// usual one of its kind, or the one that a JWK names.
    ///
    /// # Errors
    /// Why it cannot be used, in the second half of a sentence, without any of it.
    pub fn read(text: &str, algorithm: Option<Algorithm>) -> Result<Self, String> {
        if text.contains("ENCRYPTED") {
            return Err(
                "is locked by a pass phrase; unlock it (openssl pkey -in locked.key -out client.key)"
                    .into(),
            );
        }
        let (kind, private, kid, named) = if text.trim_start().starts_with('{') {
            let jwk: Value = serde_json::from_str(text)
                .map_err(|_| "is neither PEM nor a JWK in sound JSON".to_owned())?;
            if jwk.get("keys").is_some() {
                return Err("is a set of keys; give one private JWK alone".into());
            }
            if jwk.get("d").is_none() {
                return Err("is a JWK without its private part (`d`)".into());
            }
            let (kind, der) = der::private(&jwk).ok_or(
                "is a JWK of a kind that Muster cannot sign with: RSA with its primes, EC P-256 or P-384, or Ed25519",
            )?;
            let text_of = |name: &str| jwk.get(name).and_then(Value::as_str);
            let named = text_of("alg").and_then(Algorithm::named);
            (
                kind,
                encoding(kind, der),
                text_of("kid").map(str::to_owned),
                named,
            )
        } else {
            let (kind, key) = pem(text)?;
            (kind, key, None, None)
        };
        let algorithm = algorithm.or(named).unwrap_or(Algorithm::usual(kind));
        if !algorithm.fits(kind) {
            let (is, usual) = match kind {
                Kind::Rsa => ("an RSA key", "RS256 or PS256"),
                Kind::P256 => ("a P-256 key", "ES256"),
                Kind::P384 => ("a P-384 key", "ES384"),
                Kind::Ed25519 => ("an Ed25519 key", "EdDSA"),
            };
            return Err(format!(
                "is {is}, which signs with {usual}, not with {}",
                algorithm.name()
            ));
        }
        Self::build(algorithm, private, kid).ok_or_else(|| {
            "holds no key that can sign: it is damaged, or shorter than 2,048 bits".into()
        })
    }

    fn build(algorithm: Algorithm, private: EncodingKey, kid: Option<String>) -> Option<Self> {
        let jwk = Jwk::from_encoding_key(&private, algorithm.inner()).ok()?;
        let thumbprint = thumbprint(&serde_json::to_value(&jwk).ok()?)?;
        let mut public = serde_json::to_value(jwk).ok()?;
        public.as_object_mut()?.shift_remove("alg");
        let key = Self(Arc::new(Inner {
            algorithm,
            private,
            public,
            thumbprint,
            kid,
        }));
        // A key that is damaged shows only when it signs.
        (!key.seal("test").is_empty()).then_some(key)
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// Its public half as a JWK, with nothing but what a thumbprint is made of.
    #[must_use]
    pub fn public(&self) -> &Value {
        &self.0.public
    }

    /// Its public half as issuers publish it.
    #[must_use]
    pub fn published(&self, kid: &str) -> Value {
        let mut jwk = self.0.public.clone();
        if let Some(members) = jwk.as_object_mut() {
            members.insert("kid".into(), kid.into());
            members.insert("use".into(), "sig".into());
            members.insert("alg".into(), self.0.algorithm.name().into());
        }
        jwk
    }

    /// The thumbprint of its public half (RFC 7638, SHA-256), base64url.
    #[must_use]
    pub fn thumbprint(&self) -> &str {
        &self.0.thumbprint
    }

    /// The `kid` that its JWK had.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.0.kid.as_deref()
    }

    /// A signed token. The header gains `alg`; nothing comes of it only if the key cannot sign.
    #[must_use]
    pub fn sign(&self, mut header: Map<String, Value>, claims: &Map<String, Value>) -> String {
        header.insert("alg".into(), self.0.algorithm.name().into());
        self.seal(&written(&header, claims))
    }

    /// A text and its signature, joined by a dot; empty if the key cannot sign.
    #[must_use]
    pub fn seal(&self, signed: &str) -> String {
        match crypto::sign(signed.as_bytes(), &self.0.private, self.0.algorithm.inner()) {
            Ok(signature) => format!("{signed}.{signature}"),
            Err(_) => String::new(),
        }
    }
}

/// Header and claims as they are signed.
#[must_use]
pub fn written(header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    let write = |part: &Map<String, Value>| {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_string(part).unwrap_or_default())
    };
    format!("{}.{}", write(header), write(claims))
}

/// Header and claims of a token, unverified.
#[must_use]
pub fn peek(token: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let mut parts = token.split('.');
    let mut part = || -> Option<Map<String, Value>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    let header = part()?;
    header.get("alg")?;
    let claims = part()?;
    parts.next()?;
    parts.next().is_none().then_some((header, claims))
}

/// Whether a token is signed with this public key, by the algorithm that its header names.
#[must_use]
pub fn verifies(token: &str, jwk: &Value) -> bool {
    let check = || -> Option<bool> {
        let (header, _) = peek(token)?;
        let algorithm = Algorithm::named(header.get("alg")?.as_str()?)?;
        let (signed, signature) = token.rsplit_once('.')?;
        let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
        let key = DecodingKey::from_jwk(&jwk).ok()?;
        crypto::verify(signature, signed.as_bytes(), &key, algorithm.inner()).ok()
    };
    check().unwrap_or(false)
}

/// A proof of possession that is signed as it says (RFC 9449 §4.2), not yet held against any request.
#[derive(Debug)]
pub struct Proof {
    /// Its claims.
    pub claims: Map<String, Value>,
    /// The thumbprint of its key.
    pub thumbprint: String,
}

impl Proof {
    /// Reads it, if it is sound.
    #[must_use]
    pub fn read(proof: &str) -> Option<Self> {
        let (header, claims) = peek(proof)?;
        let jwk = header.get("jwk")?;
        let sound = header.get("typ")?.as_str() == Some("dpop+jwt")
            && jwk.get("d").is_none()
            && verifies(proof, jwk);
        let thumbprint = thumbprint(jwk)?;
        sound.then_some(Self { claims, thumbprint })
    }

    /// A claim that is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }
}

/// SHA-256 in base64url, as `ath`, `jkt` and `x5t#S256` are written.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes))
}

/// The thumbprint of a public JWK (RFC 7638 §3): its required members in order, hashed.
#[must_use]
pub fn thumbprint(jwk: &Value) -> Option<String> {
    let names: &[&str] = match jwk.get("kty")?.as_str()? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let mut members = Map::new();
    for name in names {
        members.insert((*name).to_owned(), json!(jwk.get(*name)?.as_str()?));
    }
    Some(sha256(serde_json::to_string(&members).ok()?.as_bytes()))
}

/// A public RSA or P-256 JWK in PEM.
#[must_use]
pub fn public_pem(jwk: &Value) -> Option<String> {
    der::public_pem(jwk)
}

fn encoding(kind: Kind, der: Vec<u8>) -> EncodingKey {
    match kind {
        Kind::Rsa => EncodingKey::from_rsa_der(&der),
        Kind::P256 | Kind::P384 => EncodingKey::from_ec_der(&der),
        Kind::Ed25519 => EncodingKey::from_ed_der(&der),
    }
}

fn pem(text: &str) -> Result<(Kind, EncodingKey), String> {
    let none = || {
        "holds no private key: give PEM (-----BEGIN PRIVATE KEY-----) or a private JWK".to_owned()
    };
    let damaged = || {
        "holds a private key that is damaged, or of a kind that Muster cannot sign with".to_owned()
    };
    if text.contains("BEGIN CERTIFICATE") && !text.contains("PRIVATE KEY") {
        return Err("is a certificate; the private key that belongs to it is needed".into());
    }
    if text.contains("BEGIN PUBLIC KEY") {
        return Err("is a public key; the private one is needed".into());
    }
    match PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| none())? {
        PrivateKeyDer::Pkcs1(key) => {
            Ok((Kind::Rsa, EncodingKey::from_rsa_der(key.secret_pkcs1_der())))
        }
        PrivateKeyDer::Sec1(key) => {
            let kind = der::kind(key.secret_sec1_der()).ok_or_else(damaged)?;
            Ok((
                kind,
                encoding(kind, der::pkcs8(kind, key.secret_sec1_der())),
            ))
        }
        PrivateKeyDer::Pkcs8(key) => {
            let kind = der::kind(key.secret_pkcs8_der()).ok_or_else(damaged)?;
            let private = match kind {
                Kind::Rsa => EncodingKey::from_rsa_pem(text.as_bytes()).map_err(|_| damaged())?,
                Kind::P256 | Kind::P384 => EncodingKey::from_ec_der(key.secret_pkcs8_der()),
                Kind::Ed25519 => ed25519(key.secret_pkcs8_der()).ok_or_else(damaged)?,
            };
            Ok((kind, private))
        }
        _ => Err(none()),
    }
}

/// An Ed25519 key without the public half that version 2 of PKCS#8 may carry behind it.
fn ed25519(der: &[u8]) -> Option<EncodingKey> {
    let seed = der.windows(4).position(|window| window == [4, 34, 4, 32])?;
    let seed = der.get(seed + 4..seed + 36)?;
    let inner = [&[4u8, 32], seed].concat();
    Some(EncodingKey::from_ed_der(&der::pkcs8(Kind::Ed25519, &inner)))
}
