//! Ids and nouns: the words of the field that every other module shares.
//!
//! Nothing here does anything; the types only make wrong states hard to write down.

mod access;
mod identity;
mod ids;
mod requirement;
mod roles;
mod stop_signal;
mod target;

pub use access::{Access, AccessRule, Expected, NOBODY, TABLE as AUTHORISATION_TABLE};
pub use identity::{
    Assertion, ClientAuth, ClientCertificate, Credential, Grant, Hmac, Identity, KeyPlace,
    LoginBody, LoginRequest, OAuth2, Shown, TokenPlace, TokenSource,
};
pub use ids::{
    CaseId, CheckId, ClassId, IdentityName, Method, OperationKey, ProfileId, RequirementId,
};
pub use requirement::{
    Attestation, Class, ClassKind, Interoperability, Level, Requirement, Source, Verification,
    Verifier,
};
pub use roles::{Does, ParameterRole, RoleOverride, RoleOverrides};
pub use stop_signal::StopSignal;
pub use target::{Budget, Claims, Environment, Parameters, Writes};

use serde::{Deserialize, Serialize};

/// Whose it is that something could not be verified, so that a reader knows who acts next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Responsible {
    /// The API or its contract.
    Supplier,
    /// The target file, the profile or a flag.
    Configuration,
    /// A login, a token, a certificate or a right that the run was lent.
    Credentials,
    /// Name resolution, routing, a proxy, or a time limit on the way.
    Network,
    /// Records that the target would have to hold already.
    TestData,
    /// Muster itself cannot do it.
    Muster,
}

impl Responsible {
    /// The word a reader sees.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Supplier => "supplier",
            Self::Configuration => "configuration",
            Self::Credentials => "credentials",
            Self::Network => "network",
            Self::TestData => "test data",
            Self::Muster => "Muster",
        }
    }
}
