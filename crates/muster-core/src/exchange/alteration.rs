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
    /// The scheme and a string that is not a token.
    Garbage,
    /// The last third is missing.
    Truncate,
    /// In the query as `access_token`, and not in the header.
    InQuery,
    /// In a form body as `access_token`, and not in the header.
    InBody,
    /// The good header, and after it a second one with a string that is not a token.
    TwiceGoodFirst,
    /// The same two, the other way round.
    TwiceGoodLast,
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
    /// The good token, with a DPoP proof that has this flaw (RFC 9449 §4.3).
    Proof(ProofFlaw),
    /// A token that is bound to a client certificate, on a connection that shows none (RFC 8705 §3).
    WithoutCertificate,
    /// The same, on a connection that shows the certificate of another identity.
    OtherCertificate,
    /// API keys, cookies, passwords or signatures of bodies with this flaw.
    Key(KeyFlaw),
}

/// What is wrong with a DPoP proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProofFlaw {
    /// There is none.
    Missing,
    /// There is none, and the token is shown as a bearer token.
    AsBearer,
    /// It was shown before.
    Again,
    /// It is for another address.
    OtherAddress,
    /// It is for another method.
    OtherMethod,
    /// It is signed with another key than the token is bound to.
    OtherKey,
    /// It is for another token.
    OtherToken,
    /// It is a day old.
    Old,
}

/// What is wrong with a secret that is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyFlaw {
    /// Its last third is missing.
    Truncated,
    /// A letter in its middle is another one.
    Altered,
    /// It is empty.
    Empty,
    /// One of the two or more that belong together is another identity's.
    OfAnother,
    /// The signature of the body is missing.
    Unsigned,
    /// The signature is that of another body.
    OtherBody,
}

impl ProofFlaw {
    const fn described(self) -> &'static str {
        match self {
            Self::Missing => "a token that is bound to a key, without a proof",
            Self::AsBearer => "a token that is bound to a key, shown as a bearer token",
            Self::Again => "a proof that was shown before",
            Self::OtherAddress => "a proof for another address",
            Self::OtherMethod => "a proof for another method",
            Self::OtherKey => "a proof by another key",
            Self::OtherToken => "a proof for another token",
            Self::Old => "a proof that is a day old",
        }
    }
}

impl KeyFlaw {
    const fn described(self) -> &'static str {
        match self {
            Self::Truncated => "the key without its last third",
            Self::Altered => "the key with another letter in its middle",
            Self::Empty => "an empty key",
            Self::OfAnother => "one client's key with another client's secret",
            Self::Unsigned => "a request whose body is not signed",
            Self::OtherBody => "a request signed for another body",
        }
    }
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
            Self::Garbage => "a string that is not a token".into(),
            Self::Truncate => "the token without its last third".into(),
            Self::InQuery => "the token in the query".into(),
            Self::InBody => "the token in a form body".into(),
            Self::TwiceGoodFirst => "the good token and a second `Authorization` after it".into(),
            Self::TwiceGoodLast => "the good token and a second `Authorization` before it".into(),
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
            Self::Proof(flaw) => flaw.described().into(),
            Self::WithoutCertificate => {
                "a token that is bound to a certificate, without the certificate".into()
            }
            Self::OtherCertificate => {
                "a token that is bound to a certificate, with another certificate".into()
            }
            Self::Key(flaw) => flaw.described().into(),
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
            Self::InBody => "IN_BODY",
            Self::TwiceGoodFirst | Self::TwiceGoodLast => "TWICE",
            Self::BasicAlone => "BASIC_ALONE",
            Self::StripSignature => "WITHOUT_SIGNATURE",
            Self::AlterSignature => "ALTERED_SIGNATURE",
            Self::AlgNone(_) => "ALG_NONE",
            Self::ChangeClaims => "CHANGED_CLAIMS",
            Self::HmacWithPublicKey => "HMAC",
            Self::KeyInHeader => "KEY_IN_HEADER",
            Self::KeyByAddress(_) => "KEY_BY_ADDRESS",
            Self::KeyFromFile => "KEY_FROM_FILE",
            Self::Proof(_) => "WITH_WRONG_PROOF",
            Self::WithoutCertificate | Self::OtherCertificate => "WITH_WRONG_CERTIFICATE",
            Self::Key(_) => "BROKEN",
        }
    }

    /// Whether what is sent may count as a failed login of the identity at the target. A good token in the wrong
    /// place, or without the proof that belongs to it, is none.
    #[must_use]
    pub const fn may_lock(self) -> bool {
        self.names_the_caller()
            && !matches!(
                self,
                Self::InQuery
                    | Self::InBody
                    | Self::TwiceGoodFirst
                    | Self::TwiceGoodLast
                    | Self::Proof(_)
                    | Self::WithoutCertificate
                    | Self::OtherCertificate
            )
    }

    /// Whether what is sent holds anything of the identity's own.
    #[must_use]
    pub const fn names_the_caller(self) -> bool {
        !matches!(
            self,
            Self::SchemeInLowerCase | Self::Empty | Self::Null | Self::Blank | Self::Garbage
        )
    }
}
