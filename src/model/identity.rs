//! Who a run is to the target: credentials, resolved and kept out of every print (owner of [`Identity`]).

use secrecy::SecretString;
use url::Url;

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
    /// A token by the client-credentials grant.
    OAuth2(OAuth2),
}

/// Where an API key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum KeyPlace {
    Header,
    Query,
    Cookie,
}

/// How to obtain a token by the client-credentials grant (RFC 6749 §4.4).
#[derive(Debug, Clone)]
pub struct OAuth2 {
    /// Where tokens are issued.
    pub token_url: Url,
    /// The client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// Scopes, divided by spaces.
    pub scope: Option<String>,
    /// The audience, for issuers that ask for one.
    pub audience: Option<String>,
    /// How the client proves itself to the issuer.
    pub auth: ClientAuth,
}

/// How a client proves itself to the issuer of tokens (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// By HTTP Basic.
    #[default]
    Basic,
    /// In the form body.
    Post,
}

/// A certificate chain and its key, both PEM.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// The chain, leaf first.
    pub chain_pem: Vec<u8>,
    /// The private key.
    pub key_pem: SecretString,
}
