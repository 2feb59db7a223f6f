//! Ways to break a good credential (owner of [`Alteration`]).
//!
//! A probe names what is to be done to the credential; the edge, which alone holds it, does it. So a
//! probe never sees a secret, and what is sent is redacted like any other credential.

/// What is done to the access token of an identity before it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alteration {
    /// The token is shown as it is, under the scheme in lower case.
    SchemeInLowerCase,
    /// The scheme, and nothing after it.
    Empty,
    /// The scheme and the word `null`.
    Null,
    /// The scheme and blanks.
    Blank,
    /// The scheme and a text that is no token.
    Garbage,
    /// The last third is missing.
    Truncate,
    /// In the query as `access_token`, and not in the header.
    InQuery,
    /// HTTP Basic in place of the token.
    BasicAlone,
    /// A JWT without its signature.
    StripSignature,
    /// A JWT whose signature differs in one bit.
    AlterSignature,
    /// A JWT whose header says that it is not signed, in this spelling.
    AlgNone(&'static str),
    /// A JWT with another subject, and more time, under the old signature.
    ChangeClaims,
    /// A JWT signed by HMAC with the issuer's public key as the secret.
    HmacWithPublicKey,
    /// A JWT signed with a key that its own header brings (`jwk`).
    KeyInHeader,
    /// A JWT signed with a key that its header only gives the address of, by this member.
    KeyByAddress(&'static str),
    /// A JWT signed with nothing, whose `kid` names an empty file.
    KeyFromFile,
}

impl Alteration {
    /// What is sent, for a reader of the evidence.
    #[must_use]
    pub fn described(self) -> String {
        match self {
            Self::SchemeInLowerCase => "the token under `bearer` in lower case".into(),
            Self::Empty => "`Bearer` without a token".into(),
            Self::Null => "the token `null`".into(),
            Self::Blank => "a token of blanks".into(),
            Self::Garbage => "a text that is no token".into(),
            Self::Truncate => "the token without its last third".into(),
            Self::InQuery => "the token in the query".into(),
            Self::BasicAlone => "HTTP Basic in place of a token".into(),
            Self::StripSignature => "the token without its signature".into(),
            Self::AlterSignature => "the token with an altered signature".into(),
            Self::AlgNone(spelling) => format!("an unsigned token with `alg: {spelling}`"),
            Self::ChangeClaims => "the token with other claims under the old signature".into(),
            Self::HmacWithPublicKey => "a token signed by HMAC with the issuer's public key".into(),
            Self::KeyInHeader => "a token signed with a key in its own header".into(),
            Self::KeyByAddress(member) => {
                format!("a token signed with a key that its header names by `{member}`")
            }
            Self::KeyFromFile => "a token whose `kid` names an empty file".into(),
        }
    }

    /// A short name, for the variable that stands for what is sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SchemeInLowerCase => "LOWER_CASE",
            Self::Empty => "EMPTY",
            Self::Null => "NULL",
            Self::Blank => "BLANK",
            Self::Garbage => "GARBAGE",
            Self::Truncate => "TRUNCATED",
            Self::InQuery => "IN_QUERY",
            Self::BasicAlone => "BASIC_ALONE",
            Self::StripSignature => "WITHOUT_SIGNATURE",
            Self::AlterSignature => "ALTERED_SIGNATURE",
            Self::AlgNone(_) => "ALG_NONE",
            Self::ChangeClaims => "CHANGED_CLAIMS",
            Self::HmacWithPublicKey => "HMAC",
            Self::KeyInHeader => "KEY_IN_HEADER",
            Self::KeyByAddress(_) => "KEY_BY_ADDRESS",
            Self::KeyFromFile => "KEY_FROM_FILE",
        }
    }

    /// Whether what is sent may count as a failed login of the identity at the target.
    #[must_use]
    pub const fn names_the_caller(self) -> bool {
        !matches!(
            self,
            Self::SchemeInLowerCase | Self::Empty | Self::Null | Self::Blank | Self::Garbage
        )
    }
}
