//! What sends the requests of a run again: the reference supplier's command, and where secrets come from.

use crate::load::Target;
use muster_core::{
    model::{ClientAuth, Credential, Grant, IdentityName, OAuth2, TokenPlace},
    observation::{Redactor, variable},
};
use muster_report::event::{Reproduction, ShellVariable};

/// Takes the access token out of the response of a token endpoint.
const TOKEN_OF: &str = r#"sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p'"#;

/// The command that starts the same reference supplier again.
pub(super) fn demo(profile: &str, port: Option<u16>, faults: &[String]) -> String {
    let mut command = format!(
        "muster demo --profile {profile} --listen 127.0.0.1:{}",
        port.unwrap_or_default()
    );
    for fault in faults {
        command.push_str(&format!(" --fault {fault}"));
    }
    command
}

/// What is known of the variables that stand for secrets. It holds no secret itself.
pub(super) fn of(target: &Target, redactor: &Redactor) -> Reproduction {
    let mut variables: Vec<ShellVariable> = Vec::new();
    for name in &target.from_environment {
        // What stands for the value of the variable in everything that is kept.
        let kept = std::env::var(name).map(|value| redactor.text(value.trim_end_matches('\n')));
        let stands = kept.ok().and_then(|kept| {
            let held = kept.strip_prefix('$')?;
            let is_name = held
                .chars()
                .all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '_');
            (is_name && held.starts_with("MUSTER_")).then(|| held.to_owned())
        });
        if let Some(stands) = stands
            && !variables.iter().any(|one| one.name == stands)
        {
            variables.push(ShellVariable {
                name: stands,
                value: format!("${name}"),
            });
        }
    }
    for (name, identity) in &target.identities {
        for (_, credential) in &identity.credentials {
            variables.extend(derived(name, credential));
        }
    }
    Reproduction {
        start: target.started_by.clone(),
        variables,
    }
}

/// A variable whose value a command makes of others.
fn derived(identity: &IdentityName, credential: &Credential) -> Option<ShellVariable> {
    match credential {
        Credential::Basic { username, .. } => Some(ShellVariable {
            name: variable(identity, "BASIC"),
            value: format!(
                "$(printf '%s' {}:\"${}\" | base64 | tr -d '\\n')",
                quoted(username),
                variable(identity, "PASSWORD")
            ),
        }),
        Credential::OAuth2(oauth) => Some(ShellVariable {
            name: variable(identity, "TOKEN"),
            value: format!("$({} | {TOKEN_OF})", token_request(identity, oauth)?),
        }),
        _ => None,
    }
}

/// The command that asks for an access token, for the grant of client credentials.
fn token_request(identity: &IdentityName, oauth: &OAuth2) -> Option<String> {
    let (TokenPlace::Endpoint(url), Grant::ClientCredentials, None) =
        (&oauth.issued_by, &oauth.grant, &oauth.dpop)
    else {
        return None;
    };
    let secret = variable(identity, "SECRET");
    let client = &oauth.client_id;
    let mut command = match &oauth.auth {
        ClientAuth::Basic(_) => format!("curl -s -u {}:\"${secret}\"", quoted(client)),
        ClientAuth::Post(_) => format!(
            "curl -s --data-urlencode {} --data-urlencode client_secret=\"${secret}\"",
            quoted(&format!("client_id={client}"))
        ),
        ClientAuth::Assertion(_) | ClientAuth::Certificate | ClientAuth::Nothing => return None,
    };
    command.push_str(" -d grant_type=client_credentials");
    let scope = oauth.scope.as_ref().map(|scope| format!("scope={scope}"));
    let audience = oauth
        .audience
        .as_ref()
        .map(|audience| format!("audience={audience}"));
    let more = oauth
        .parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    for field in scope.into_iter().chain(audience).chain(more) {
        command.push_str(&format!(" --data-urlencode {}", quoted(&field)));
    }
    command.push_str(&format!(" {}", quoted(url.as_str())));
    Some(command)
}

/// One word for the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
