//! Operations that log in, whose refusal of made-up credentials is right.

use serde_json::Value;

use super::names;
use crate::{contract::Operation, model::Method};

/// The last words of paths that log in, folded.
const PLACES: [&str; 21] = [
    "login",
    "logon",
    "signin",
    "authenticate",
    "authentication",
    "auth",
    "authorize",
    "authorise",
    "session",
    "sessions",
    "token",
    "tokens",
    "accesstoken",
    "refresh",
    "refreshtoken",
    "tokenrefresh",
    "obtaintoken",
    "jwt",
    "otp",
    "verify",
    "connect",
];

/// Properties of bodies that hold what a login is checked by, folded.
const CREDENTIALS: [&str; 16] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "pass",
    "pin",
    "otp",
    "secret",
    "clientsecret",
    "refreshtoken",
    "refresh",
    "granttype",
    "assertion",
    "apikey",
    "credentials",
    "token",
];

/// Whether the path of an operation is that of a login.
pub fn is_login_path(operation: &Operation) -> bool {
    let literal = |segment: &&str| !segment.is_empty() && !segment.contains('{');
    operation.key.method == Method::Post
        && operation
            .key
            .path
            .rsplit('/')
            .find(literal)
            .is_some_and(|last| {
                let last = names::folded(last);
                PLACES.contains(&last.as_str())
                    || last.ends_with("login")
                    || last.ends_with("signin")
            })
}

/// Whether a request with this body logs in: generated credentials are wrong, and 401 is the right response.
pub(super) fn logs_in(operation: &Operation, body: Option<&Value>) -> bool {
    let Some(Value::Object(members)) = body else {
        return false;
    };
    let is_credential = |name: &String| CREDENTIALS.contains(&names::folded(name).as_str());
    let inner = members.values().filter_map(Value::as_object);
    is_login_path(operation)
        && (members.keys().any(is_credential)
            || inner.flat_map(|members| members.keys()).any(is_credential))
}
