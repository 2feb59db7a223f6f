//! Operations that would end the run's own access, or reach people (owner of [`hazard`]).

use super::names;
use crate::{contract::Operation, model::Method};

/// Why an operation is left out unless it is asked for by name; nothing where it is harmless.
///
/// It goes by whole words of the path, the `operationId` and the summary, so that what merely looks alike
/// (`POST /incidents/{id}/reset-status`) is none.
#[must_use]
pub fn hazard(operation: &Operation) -> Option<String> {
    let method = &operation.key.method;
    let path = Words::of_path(&operation.key.path);
    let named = Words::of(operation.id.as_deref().unwrap_or_default());
    let summary = Words::of(&operation.summary);
    let says = |first: &[&str], second: &[&str]| {
        path.pair(first, second) || named.pair(first, second) || summary.pair(first, second)
    };
    let key = &operation.key;
    let because = |what: &str| Some(format!("{key} {what}."));

    // Logging out happens by GET, too.
    if path.any(&["logout", "signout", "logoff", "signoff"])
        || named.any(&["logout", "signout", "logoff", "signoff"])
        || says(&["log", "sign"], &["out", "off"]) && path.last_is(&["out", "off"])
        || named.adjacent("log", "out")
        || named.adjacent("sign", "out")
        || summary.adjacent("log", "out")
        || summary.adjacent("sign", "out")
    {
        return because("would log the run out");
    }
    if method.is_safe() {
        return None;
    }
    let secrets = [
        "token",
        "tokens",
        "key",
        "keys",
        "apikey",
        "secret",
        "secrets",
        "credential",
        "credentials",
        "session",
        "sessions",
        "certificate",
        "certificates",
    ];
    let ends = [
        "revoke",
        "revocation",
        "rotate",
        "rotation",
        "reset",
        "regenerate",
        "invalidate",
        "expire",
        "renew",
        "disable",
    ];
    if says(&ends, &secrets) {
        return because("would end or replace credentials");
    }
    if *method == Method::Delete
        && (path.last_is(&[
            "token",
            "tokens",
            "session",
            "sessions",
            "apikey",
            "credentials",
            "secret",
        ]) || path.resource_is(&[
            "token",
            "tokens",
            "session",
            "sessions",
            "apikeys",
            "credentials",
            "secrets",
        ]))
    {
        return because("would end or replace credentials");
    }
    let passwords = [
        "password",
        "passwords",
        "passcode",
        "pin",
        "passphrase",
        "mfa",
        "totp",
    ];
    if path.any(&["password", "passwords", "passcode", "passphrase"])
        || named.any(&["password", "passcode"])
        || says(
            &["change", "reset", "set", "update", "disable", "forgot"],
            &passwords,
        )
    {
        return because("would change a password or a second factor");
    }
    let me = ["me", "self", "myself", "whoami", "current", "currentuser"];
    if (matches!(method, Method::Delete) && path.any(&me))
        || (*method == Method::Delete
            && path.last_is(&[
                "account",
                "profile",
                "tenant",
                "organisation",
                "organization",
            ]))
        || says(
            &["close", "deactivate", "suspend", "terminate"],
            &["account", "tenant", "me", "self"],
        )
    {
        return because("would remove or close the caller's own account");
    }
    if path.last_is(&[
        "shutdown",
        "restart",
        "reboot",
        "halt",
        "kill",
        "terminate",
        "stop",
    ]) && !path.has_variable
        || path.any(&["shutdown", "reboot"])
        || named.any(&["shutdown", "reboot"])
        || named.starts_with(&["restart"]) && !path.has_variable
    {
        return because("would stop or restart the service");
    }
    let wipes = [
        "purge",
        "wipe",
        "truncate",
        "flush",
        "erase",
        "cleardown",
        "factory",
        "nuke",
    ];
    if path
        .last
        .first()
        .is_some_and(|word| wipes.contains(&word.as_str()))
        || path
            .resource
            .first()
            .is_some_and(|word| wipes.contains(&word.as_str()))
        || named.starts_with(&wipes) && !path.has_variable
        || named.pair(
            &[
                "delete", "remove", "clear", "purge", "wipe", "reset", "erase",
            ],
            &["all", "everything", "database"],
        )
        || path.pair(
            &[
                "delete", "remove", "clear", "purge", "wipe", "reset", "erase",
            ],
            &["all", "everything", "database"],
        )
        || summary.pair(
            &["delete", "deletes", "remove", "removes", "purge", "wipe"],
            &["all", "everything"],
        )
    {
        return because("would remove more than the run created");
    }
    if *method == Method::Delete && !path.has_variable {
        return because("would remove a whole collection");
    }
    let is_many = |word: &String| names::singular(word) != *word;
    let of_all = named.pair(
        &["update", "patch", "replace", "modify", "set", "bulk", "put"],
        &["all", "many", "bulk", "batch", "everything"],
    );
    if matches!(method, Method::Put | Method::Patch)
        && !path.has_variable
        && (path.last.last().is_some_and(is_many) || of_all)
    {
        return because("would change more than the run created");
    }
    let messages = [
        "email",
        "emails",
        "mail",
        "mails",
        "sms",
        "texts",
        "notification",
        "notifications",
        "letter",
        "letters",
        "push",
        "whatsapp",
    ];
    let sends = [
        "send",
        "sends",
        "resend",
        "notify",
        "broadcast",
        "dispatch",
        "email",
    ];
    if *method == Method::Post
        && (named.starts_with(&sends) && named.any(&messages)
            || path.pair(&["send", "resend", "broadcast", "dispatch"], &messages)
            || path.last_is(&["sms", "email", "emails", "send-email", "mail"])
                && (path.any(&["send", "notify", "notifications", "messages"])
                    || !path.has_variable && path.last_is(&["sms", "email", "mail"]))
            || summary.starts_with(&["send", "sends", "resend"]) && summary.any(&messages))
    {
        return because("would send messages to people");
    }
    None
}

/// A text as words.
struct Words {
    words: Vec<String>,
    /// The words of the last literal segment.
    last: Vec<String>,
    /// The last literal segment before a variable that ends the path.
    resource: Vec<String>,
    has_variable: bool,
}

impl Words {
    fn of(text: &str) -> Self {
        Self {
            words: names::words(text),
            last: Vec::new(),
            resource: Vec::new(),
            has_variable: false,
        }
    }

    fn of_path(path: &str) -> Self {
        let segments: Vec<&str> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        let is_variable = |segment: &&str| segment.contains('{');
        let literal: Vec<&str> = segments
            .iter()
            .copied()
            .filter(|segment| !is_variable(segment))
            .collect();
        let ends_literal = segments.last().is_some_and(|last| !is_variable(last));
        let last = literal.last().copied().unwrap_or_default();
        Self {
            words: literal
                .iter()
                .flat_map(|segment| names::words(segment))
                .collect(),
            last: if ends_literal {
                names::words(last)
            } else {
                Vec::new()
            },
            resource: if ends_literal {
                Vec::new()
            } else {
                names::words(last)
            },
            has_variable: segments.iter().any(is_variable),
        }
    }

    fn any(&self, wanted: &[&str]) -> bool {
        self.words
            .iter()
            .any(|word| wanted.contains(&word.as_str()))
            || self
                .words
                .windows(2)
                .any(|pair| wanted.contains(&pair.concat().as_str()))
    }

    /// Both words, at most two others between them, in either order.
    fn pair(&self, first: &[&str], second: &[&str]) -> bool {
        let at = |wanted: &[&str]| -> Vec<usize> {
            self.words
                .iter()
                .enumerate()
                .filter(|(_, word)| wanted.contains(&word.as_str()))
                .map(|(at, _)| at)
                .collect()
        };
        let seconds = at(second);
        at(first).into_iter().any(|one| {
            seconds
                .iter()
                .any(|other| one != *other && one.abs_diff(*other) <= 3)
        })
    }

    fn adjacent(&self, first: &str, second: &str) -> bool {
        self.words
            .windows(2)
            .any(|pair| matches!(pair, [one, other] if one == first && other == second))
    }

    /// The last segment is one of these words, or is made of them with what it is done to.
    fn last_is(&self, wanted: &[&str]) -> bool {
        wanted.contains(&self.last.concat().as_str())
            || wanted.contains(&self.last.join("-").as_str())
    }

    fn resource_is(&self, wanted: &[&str]) -> bool {
        wanted.contains(&self.resource.concat().as_str())
    }

    fn starts_with(&self, wanted: &[&str]) -> bool {
        self.words
            .first()
            .is_some_and(|word| wanted.contains(&word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract::Security, model::OperationKey};

    fn operation(line: &str) -> Operation {
        let mut parts = line.split('|').map(str::trim);
        let (method, path) = parts
            .next()
            .and_then(|key| key.split_once(' '))
            .unwrap_or(("GET", "/"));
        Operation {
            key: OperationKey::new(Method::parse(method), path),
            id: parts.next().filter(|id| !id.is_empty()).map(str::to_owned),
            summary: parts.next().unwrap_or_default().to_owned(),
            tags: Vec::new(),
            deprecated: false,
            parameters: Vec::new(),
            body: None,
            responses: Vec::new(),
            security: Security::NotDeclared,
            servers: Vec::new(),
            broken: None,
            pointer: String::new(),
        }
    }

    #[test]
    fn what_would_end_access_or_reach_people_is_recognised() {
        for line in [
            "GET /auth/logout",
            "POST /session|signOut",
            "POST /users/sign-out",
            "POST /oauth2/revoke-token",
            "POST /clients/{clientId}/secret/rotate",
            "POST /subscriptions/{id}/secrets/rotation",
            "POST /api-keys/{id}/regenerate",
            "POST /keys|resetApiKey",
            "DELETE /tokens/{tokenId}",
            "DELETE /sessions/{id}",
            "POST /users/{id}/password",
            "PUT /me/mfa|disableMfa",
            "POST /auth|forgotPassword",
            "DELETE /users/me",
            "DELETE /account",
            "POST /account/close",
            "POST /admin/shutdown",
            "POST /system/restart",
            "POST /cache/purge",
            "PUT /queue-admin/purge-queue/{queueName}",
            "POST /admin/reset-database",
            "POST /people|deleteAllPeople",
            "DELETE /people",
            "POST /people/clear||Removes all people",
            "PATCH /todos|TodoController.updateAll",
            "PUT /people",
            "PATCH /case-notes",
            "PATCH /register|bulkUpdateAll",
            "POST /notifications/send-email",
            "POST /messages|sendSms",
            "POST /cases/{id}/contact||Send an email to the victim",
        ] {
            assert!(hazard(&operation(line)).is_some(), "{line}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_none() {
        for line in [
            "POST /incidents/{id}/reset-status",
            "GET /tokens",
            "GET /me",
            "PUT /people/{id}",
            "PATCH /people/{id}/notes",
            "PUT /status",
            "PATCH /profile",
            "DELETE /people/{id}",
            "DELETE /people/{id}/notes/{noteId}",
            "POST /notifications",
            "GET /notifications/{id}/email",
            "POST /people|createPerson|Create a person",
            "POST /key-dates|createKeyDate",
            "POST /cases/{id}/stop-clock|stopClock",
            "POST /keys/{id}/assignments",
            "POST /emails/{id}/read|markEmailRead",
            "POST /vehicles/{id}/log-entries|logVehicle",
            "POST /cases/{id}/close|closeCase|Close a case",
            "GET /password-policy",
            "POST /stops|createStop|Record a stop and search",
            "POST /persons/{id}/email-addresses|addEmailAddress",
            "PATCH /cases/{id}/current-status",
            "POST /checkout|checkOut|Sign a book out of the store",
        ] {
            assert_eq!(hazard(&operation(line)), None, "{line}");
        }
    }
}
