//! Creations that give somebody access, or make the target call somebody (owner of [`Grant`]).
//!
//! Such a record does more than lie in a store: a token works until it is removed, a webhook is called with
//! every change. `plan` names them, and they are the first to be removed.

use serde::{Deserialize, Serialize};

use super::names;
use crate::{contract::Operation, model::Method};

/// What a creation gives beyond a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// A token, key, password, certificate, session or client that opens the API.
    Credential,
    /// An account of a person or a service, or a member of a group.
    User,
    /// An address that the target calls.
    Webhook,
    /// Software or a service that the target runs or connects to.
    Extension,
}

impl Grant {
    /// What a reader of the plan is told.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Credential => "creates a credential",
            Self::User => "creates a user",
            Self::Webhook => "creates a webhook",
            Self::Extension => "creates an extension",
        }
    }
}

/// Ends of resource names, singular and folded, with what a record of them gives.
const RESOURCES: &[(Grant, &[&str])] = &[
    (
        Grant::Credential,
        &[
            "token",
            "apikey",
            "accesskey",
            "sshkey",
            "gpgkey",
            "deploykey",
            "publickey",
            "signingkey",
            "servicekey",
            "key",
            "secret",
            "credential",
            "certificate",
            "session",
            "login",
            "password",
            "apppassword",
            "oauthclient",
            "oauthapp",
            "oauthapplication",
            "client",
            "authorization",
            "authorisation",
            "grant",
            "passkey",
        ],
    ),
    (
        Grant::User,
        &[
            "user",
            "account",
            "serviceaccount",
            "userinvitation",
            "invite",
            "invitation",
            "member",
            "membership",
            "collaborator",
            "administrator",
            "admin",
            "contributor",
            "signup",
            "registration",
        ],
    ),
    (
        Grant::Webhook,
        &[
            "webhook",
            "hook",
            "callback",
            "subscription",
            "notificationendpoint",
            "webhookendpoint",
            "eventdestination",
        ],
    ),
    (
        Grant::Extension,
        &[
            "addon",
            "plugin",
            "extension",
            "integration",
            "app",
            "connector",
            "connection",
            "installation",
        ],
    ),
];

/// Keys and clients that open nothing where they stand alone: `/key-dates` ends otherwise, `/cases/{id}/clients`
/// are people.
const OPEN_NOTHING: [&str; 3] = ["client", "member", "account"];

/// What a creation gives, where it gives more than a record.
///
/// It goes by the last literal segment of the path, which names the collection.
#[must_use]
pub fn grant(operation: &Operation) -> Option<Grant> {
    if !matches!(operation.key.method, Method::Post | Method::Put) {
        return None;
    }
    let is_variable = |segment: &&str| segment.contains('{');
    let mut segments = operation
        .key
        .path
        .split('/')
        .filter(|s| !s.is_empty())
        .rev();
    let last = match operation.key.method {
        // A client that chooses the key creates at the item's path.
        Method::Put => segments.find(|segment| !is_variable(segment))?,
        _ => segments.next().filter(|segment| !is_variable(segment))?,
    };
    let mut words = names::words(last);
    if let Some(end) = words.last_mut() {
        *end = names::singular(end);
    }
    let folded = words.concat();
    let end = words.last().cloned().unwrap_or_default();
    let parented = operation.path_variables().next().is_some();
    RESOURCES.iter().find_map(|(grant, names)| {
        let exact = names.contains(&folded.as_str());
        let by_end = words.len() > 1
            && names.contains(&end.as_str())
            && !OPEN_NOTHING.contains(&end.as_str());
        let doubtful = OPEN_NOTHING.contains(&folded.as_str()) && parented;
        ((exact && !doubtful) || by_end).then_some(*grant)
    })
}

/// Whether an operation creates something that opens the API: a token, a key, a client.
#[must_use]
pub fn creates_credential(operation: &Operation) -> bool {
    grant(operation) == Some(Grant::Credential)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{arrange::testing::operation_of, model::OperationKey};

    fn of(method: Method, path: &str) -> Option<Grant> {
        grant(&operation_of(OperationKey::new(method, path)))
    }

    #[test]
    fn what_gives_access_or_calls_out_is_named() {
        for (path, expected) in [
            ("/tokens", Grant::Credential),
            ("/users/{id}/api-keys", Grant::Credential),
            ("/user/keys", Grant::Credential),
            ("/clients", Grant::Credential),
            ("/personal_access_tokens", Grant::Credential),
            ("/users", Grant::User),
            ("/organisations/{id}/invitations", Grant::User),
            ("/repos/{owner}/{repo}/hooks", Grant::Webhook),
            ("/webhook-endpoints", Grant::Webhook),
            ("/plugins", Grant::Extension),
            ("/admin/addons", Grant::Extension),
        ] {
            assert_eq!(of(Method::Post, path), Some(expected), "{path}");
        }
        assert_eq!(of(Method::Put, "/tokens/{name}"), Some(Grant::Credential));
    }

    #[test]
    fn a_record_is_a_record() {
        for path in [
            "/people",
            "/key-dates",
            "/cases/{id}/clients",
            "/case-notes",
            "/tokens/{id}/uses",
            "/users/{id}",
        ] {
            assert_eq!(of(Method::Post, path), None, "{path}");
        }
        assert_eq!(of(Method::Get, "/tokens"), None);
        assert_eq!(of(Method::Delete, "/tokens/{id}"), None);
    }
}
