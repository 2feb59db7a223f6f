//! What the name of a property, parameter or header says of its value (owner of [`Naming`]).

/// What a name says of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// It is a secret, whatever it looks like.
    Secret,
    /// It is a secret that a person chose, which can be words with spaces.
    Password,
    /// It is one where it looks random.
    Perhaps,
    /// It is one where it looks random and what holds it is named for secrets.
    WithinSecrets,
}

/// How names of passwords end, without separators.
const PASSWORDS: [&str; 6] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "passcode",
];

/// How names of secrets end, without separators.
const SECRETS: [&str; 36] = [
    "secret",
    "secrets",
    "token",
    "tokens",
    "apikey",
    "apikeys",
    "privatekey",
    "secretkey",
    "signingkey",
    "sharedkey",
    "masterkey",
    "encryptionkey",
    "hmackey",
    "authkey",
    "accesskey",
    "accesskeys",
    "sessionkey",
    "licencekey",
    "licensekey",
    "jwt",
    "credential",
    "credentials",
    "recoverycode",
    "recoverycodes",
    "backupcode",
    "backupcodes",
    "authcode",
    "authorizationcode",
    "verificationcode",
    "devicecode",
    "accesscode",
    "otp",
    "seedphrase",
    "connectionstring",
    "authorization",
    "assertion",
];

/// Words before `token`, `key` or `secret` that make it something else: a place in a list, a number for a retry.
const NO_SECRETS: [&str; 25] = [
    "page",
    "next",
    "prev",
    "previous",
    "continuation",
    "cursor",
    "sync",
    "skip",
    "resume",
    "delta",
    "start",
    "last",
    "scroll",
    "search",
    "idempotency",
    "correlation",
    "request",
    "trace",
    "concurrency",
    "version",
    "change",
    "lock",
    "cancellation",
    "sort",
    "paging",
];

/// Names whose values are secrets where they look random.
const PERHAPS: [&str; 6] = ["sessionid", "session", "cookie", "seed", "auth", "bearer"];

/// Names that say nothing by themselves, but do within an object for tokens, keys or secrets.
const WITHIN: [&str; 9] = [
    "key",
    "value",
    "raw",
    "plain",
    "plaintext",
    "code",
    "data",
    "hash",
    "string",
];

impl Naming {
    /// What a name says; none where it says nothing.
    pub(super) fn of(name: &str) -> Option<Self> {
        // Most names are told by their last letter and need no copy.
        if name.len() < 3 || name.len() > 80 {
            return None;
        }
        let joined: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|character| character.to_ascii_lowercase())
            .collect();
        let ends = |list: &[&str]| {
            list.iter()
                .find(|end| joined.ends_with(**end))
                .map(|end| end.len())
        };
        if ends(&PASSWORDS).is_some() {
            return Some(Self::Password);
        }
        if let Some(length) = ends(&SECRETS) {
            let before = joined.get(..joined.len() - length).unwrap_or_default();
            let is_other = NO_SECRETS.iter().any(|word| before.ends_with(word));
            return (!is_other).then_some(Self::Secret);
        }
        if PERHAPS.contains(&joined.as_str())
            || joined.contains("passwordhash")
            || joined.contains("passwordsalt")
        {
            return Some(Self::Perhaps);
        }
        WITHIN
            .contains(&joined.as_str())
            .then_some(Self::WithinSecrets)
    }

    /// Whether a name says that what it holds are secrets.
    pub(super) fn holds_secrets(name: &str) -> bool {
        let name = name.trim_end_matches(['s', 'S']);
        matches!(Self::of(name), Some(Self::Secret | Self::Password))
            || ["key", "Key"].contains(&name)
    }
}
