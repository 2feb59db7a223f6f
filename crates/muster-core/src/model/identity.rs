//! Who a run is to the target: credentials, resolved and kept out of every print (owner of [`Identity`]).

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::Method;
use muster_jose::SigningKey;

/// One caller, with everything it can prove itself by.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Its credentials, each with the contract's security scheme it is for; without one, for every scheme
    /// of its kind.
    pub credentials: Vec<(Option<String>, Credential)>,
    /// A client certificate of its own, over that of the target.
    pub client_certificate: Option<ClientCertificate>,
}

/// One way of proving who calls.
#[derive(Debug, Clone)]
pub enum Credential {
    /// HTTP Basic.
    Basic {
        /// The user name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A bearer token that is there already.
    Bearer {
        /// The token.
        token: SecretString,
    },
    /// A key in a header, the query or a cookie.
    ApiKey {
        /// Where it goes.
        place: KeyPlace,
        /// The name of the header, query parameter or cookie.
        name: String,
        /// The key.
        value: SecretString,
    },
    /// A token from a token endpoint.
    OAuth2(Box<OAuth2>),
    /// A signature over the body of each request.
    Hmac(Hmac),
    /// A value that goes into a header behind a word of the supplier's, such as `Authorization: Token abc`.
    Fixed {
        /// Where it goes.
        shown: Shown,
        /// The value.
        value: SecretString,
    },
    /// A token that a request of the supplier's own gives.
    Login(Box<LoginRequest>),
}

/// Where a token goes, and what stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// A header or a cookie.
    pub place: KeyPlace,
    /// Its name.
    pub name: String,
    /// What stands before the token, its space included: `Token `.
    pub prefix: String,
}

impl Shown {
    /// The word of the scheme, in lower case, where it goes into `Authorization`.
    #[must_use]
    pub fn scheme(&self) -> Option<String> {
        self.is_authorization().then(|| {
            self.prefix
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase()
        })
    }

    /// Whether it goes into the header `Authorization`.
    #[must_use]
    pub fn is_authorization(&self) -> bool {
        self.place == KeyPlace::Header && self.name.eq_ignore_ascii_case("authorization")
    }
}

/// A login that is a request: what is sent, where the token is in the response, and where it goes.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// The method.
    pub method: Method,
    /// A path below the base URL, or a URL.
    pub address: String,
    /// The body.
    pub body: LoginBody,
    /// The names in the body whose values stand in the target file, and are no secrets.
    pub plain: Vec<String>,
    /// Where the token is in the response.
    pub token: TokenSource,
    /// Where the token goes.
    pub shown: Shown,
    /// How long a token lasts, where that is known.
    pub lifetime: Option<Duration>,
}

/// The body of a login request: names (in JSON also JSON Pointers) and values.
#[derive(Debug, Clone)]
pub enum LoginBody {
    /// None.
    Nothing,
    /// `application/json`.
    Json(Vec<(String, SecretString)>),
    /// `application/x-www-form-urlencoded`.
    Form(Vec<(String, SecretString)>),
}

impl LoginBody {
    /// Its values by name.
    #[must_use]
    pub fn values(&self) -> &[(String, SecretString)] {
        match self {
            Self::Nothing => &[],
            Self::Json(values) | Self::Form(values) => values,
        }
    }
}

/// Where the response to a login request has the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// At this JSON Pointer or JSONPath of the body.
    Body(String),
    /// In this header.
    Header(String),
    /// In this cookie.
    Cookie(String),
}

/// A shared secret that signs the body of each request (HMAC-SHA256, base64), and its name.
#[derive(Debug, Clone)]
pub struct Hmac {
    /// Which key it is.
    pub key_id: String,
    /// The key.
    pub secret: SecretString,
    /// The header that its name goes into.
    pub key_id_header: String,
    /// The header that the signature goes into.
    pub signature_header: String,
}

/// Where an API key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum KeyPlace {
    Header,
    Query,
    Cookie,
}

/// How to obtain a token (RFC 6749).
#[derive(Debug, Clone)]
pub struct OAuth2 {
    /// Where tokens are issued.
    pub issued_by: TokenPlace,
    /// The client.
    pub client_id: String,
    /// How the client proves itself to the issuer.
    pub auth: ClientAuth,
    /// What the token is given for.
    pub grant: Grant,
    /// Scopes, divided by spaces.
    pub scope: Option<String>,
    /// The audience, for issuers that ask for one.
    pub audience: Option<String>,
    /// Further members of the form, such as `resource`.
    pub parameters: Vec<(String, String)>,
    /// The key that tokens are bound to by proofs of possession (RFC 9449).
    pub dpop: Option<SigningKey>,
}

impl OAuth2 {
    /// A client with a secret at this token endpoint, by the client-credentials grant.
    #[must_use]
    pub fn with_secret(token_url: Url, client_id: String, secret: SecretString) -> Self {
        Self {
            issued_by: TokenPlace::Endpoint(token_url),
            client_id,
            auth: ClientAuth::Basic(secret),
            grant: Grant::ClientCredentials,
            scope: None,
            audience: None,
            parameters: Vec::new(),
            dpop: None,
        }
    }
}

/// Where tokens are issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPlace {
    /// At this token endpoint.
    Endpoint(Url),
    /// By this issuer, which tells its token endpoint itself (OpenID Connect Discovery, RFC 8414). As it
    /// is written in the target file, since what the issuer calls itself is compared letter by letter.
    Issuer(String),
}

/// What a token is given for.
#[derive(Debug, Clone)]
pub enum Grant {
    /// The client itself (RFC 6749 §4.4).
    ClientCredentials,
    /// A refresh token that a person obtained by logging in (RFC 6749 §6).
    Refresh(SecretString),
}

/// How a client proves itself to the issuer of tokens.
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// Its secret by HTTP Basic (RFC 6749 §2.3.1).
    Basic(SecretString),
    /// Its secret in the form body.
    Post(SecretString),
    /// A signed assertion (RFC 7523 §2.2).
    Assertion(Box<Assertion>),
    /// The client certificate of the connection (RFC 8705 §2).
    Certificate,
    /// Nothing but its name, as public clients do.
    Nothing,
}

/// How a client signs its assertions.
#[derive(Debug, Clone)]
pub struct Assertion {
    /// The key.
    pub key: SigningKey,
    /// The `kid` of the header.
    pub kid: Option<String>,
    /// The `x5t` of the header: SHA-1 of the client's certificate, base64url.
    pub x5t: Option<String>,
    /// The `aud`; the issuer where it is known, or else the token endpoint, where nothing is said.
    pub audience: Option<String>,
}

/// A certificate chain and its key, both PEM.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// The chain, leaf first.
    pub chain_pem: Vec<u8>,
    /// The private key.
    pub key_pem: SecretString,
}
