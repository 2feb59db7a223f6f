//! A first `target.yaml`, as far as a contract tells what belongs in it.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::load::source::is_url;
use muster_core::{
    contract::{Contract, Operation, ParameterPlace, SchemeKind, Security, SecurityScheme},
    model::Method,
};

/// Writes the file. It is for a person to finish: whatever is guessed says so.
pub(super) fn target(contract: &Contract, location: &str) -> String {
    let mut text = String::from(
        "# The API under test. `muster schema target` prints everything that may stand here.\n\n",
    );
    let info = |name: &str| {
        contract
            .root
            .pointer(&format!("/info/{name}"))
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let name = format!("{} {}", info("title"), info("version"));
    let name = if name.trim().is_empty() {
        "My API"
    } else {
        name.trim()
    };
    line(&mut text, "target", &quoted(name), "");
    line(
        &mut text,
        "supplier",
        &quoted(info_contact(contract)),
        "who supplies it",
    );
    line(
        &mut text,
        "environment",
        "test",
        "development | test | preproduction | production",
    );
    let (url, note) = base_url(contract);
    line(&mut text, "base_url", &url, note);
    if location != "-" {
        line(&mut text, "contract", &quoted(location), "");
    }
    text.push_str(
        "\n# What it must conform to (`muster profiles list`; a list runs several), and the accepted failures.\n\
         profile: uk-gov-api\n# waivers: waivers.yaml # `muster waive` writes it\n",
    );
    claims(&mut text, contract);
    identities(&mut text, contract);
    data(&mut text, contract);
    text.push_str(
        "\n# `allowed` lets a run create records, and change and delete what it created. Without it, whatever\n\
         # writes is left out and told as not verified.\n\
         writes: refused\n\
         \n\
         budget:\n  requests: 5000\n  per_second: 50\n  concurrency: 8\n",
    );
    text
}

fn line(text: &mut String, key: &str, value: &str, note: &str) {
    let _ = if note.is_empty() {
        writeln!(text, "{key}: {value}")
    } else {
        writeln!(text, "{key}: {value} # {note}")
    };
}

/// A text as YAML takes it whatever it holds: JSON's way of quoting is one of YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn info_contact(contract: &Contract) -> &str {
    contract
        .root
        .pointer("/info/contact/name")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}

/// The server to test: one that says it is for tests before any other.
fn base_url(contract: &Contract) -> (String, &'static str) {
    let usable = || contract.servers.iter().filter(|server| is_url(&server.url));
    let for_tests = |text: &str| {
        let text = text.to_lowercase();
        ["test", "sandbox", "staging", "uat", "dev", "localhost"]
            .iter()
            .any(|word| text.contains(word))
    };
    if let Some(server) =
        usable().find(|server| for_tests(&server.url) || for_tests(&server.description))
    {
        return (
            quoted(&server.url),
            "the contract's server for tests, as it seems",
        );
    }
    if let Some(server) = usable().next() {
        return (
            quoted(&server.url),
            "the contract's first server: make sure that it is not production",
        );
    }
    let path = contract
        .servers
        .first()
        .map_or("", |server| server.url.as_str());
    let path = if path.starts_with('/') { path } else { "" };
    (
        quoted(&format!(
            "https://api.example.test{}",
            path.trim_end_matches('/')
        )),
        "the contract names no server: put yours here",
    )
}

/// Capabilities that the contract shows.
fn claims(text: &mut String, contract: &Contract) {
    let mut shown: Vec<(&str, String)> = Vec::new();
    let takes = |operation: &Operation, place: ParameterPlace, names: &[&str]| {
        operation.parameters.iter().any(|parameter| {
            parameter.place == place
                && names
                    .iter()
                    .any(|name| parameter.name.eq_ignore_ascii_case(name))
        })
    };
    let first = |shows: &dyn Fn(&Operation) -> bool| {
        contract
            .operations
            .iter()
            .find(|operation| shows(operation))
            .map(|operation| operation.key.to_string())
    };
    let paging = [
        "limit",
        "offset",
        "page",
        "per_page",
        "pageSize",
        "page_size",
        "cursor",
    ];
    let paged = first(&|operation| {
        operation.key.method == Method::Get && takes(operation, ParameterPlace::Query, &paging)
    });
    shown.extend(paged.map(|key| ("pagination", key)));
    let tagged = first(&|operation| {
        takes(
            operation,
            ParameterPlace::Header,
            &["If-Match", "If-None-Match"],
        ) || operation.responses.iter().any(|response| {
            response
                .headers
                .iter()
                .any(|header| header.name.eq_ignore_ascii_case("etag"))
        })
    });
    shown.extend(tagged.map(|key| ("etag", key)));
    let keyed = first(&|operation| takes(operation, ParameterPlace::Header, &["Idempotency-Key"]));
    shown.extend(keyed.map(|key| ("idempotency-key", key)));

    text.push_str("\n# What you say is there; each claim selects what is tested. Guessed from the contract.\n");
    if shown.is_empty() {
        text.push_str("claims: []\n");
        return;
    }
    text.push_str("claims:\n");
    for (claim, key) in shown {
        let _ = writeln!(text, "  - {claim} # as {key} shows");
    }
}

/// Credentials for every scheme that an operation asks for.
fn identities(text: &mut String, contract: &Contract) {
    let mut kinds: BTreeMap<&str, Vec<&SecurityScheme>> = BTreeMap::new();
    for scheme in contract
        .security_schemes
        .values()
        .filter(|scheme| is_used(contract, scheme))
    {
        let kind = match &scheme.kind {
            SchemeKind::Http { scheme } if scheme == "basic" => "basic",
            SchemeKind::ApiKey { .. } => "api_keys",
            SchemeKind::OAuth2 {
                token_url: Some(_), ..
            } => "oauth2",
            SchemeKind::MutualTls => "tls",
            SchemeKind::Http { .. }
            | SchemeKind::OAuth2 {
                token_url: None, ..
            }
            | SchemeKind::OpenIdConnect { .. }
            | SchemeKind::Unknown(_) => "bearer",
        };
        kinds.entry(kind).or_default().push(scheme);
    }
    text.push_str(
        "\n# Who calls. Secrets are read from the environment (env), a file or a command, never from here.\n",
    );
    text.push_str("identities:\n  default:\n");
    if kinds.is_empty() {
        text.push_str("    none: {} # no operation asks for credentials\n");
    }
    for (kind, schemes) in &kinds {
        credential(text, kind, schemes);
    }
    text.push_str(
        "# A second client, of another force, shows that one cannot see what is the other's:\n\x20 # other-force:\n  # \
        bearer: { token: { env: OTHER_TOKEN } }\n",
    );
}

fn credential(text: &mut String, kind: &str, schemes: &[&SecurityScheme]) {
    match kind {
        "basic" => text.push_str(
            "    basic:\n      username: { env: MUSTER_USERNAME }\n      password: { env: MUSTER_PASSWORD }\n",
        ),
        "bearer" => text.push_str("    bearer:\n      token: { env: MUSTER_TOKEN }\n"),
        "tls" => text.push_str(
            "    # The contract asks for a client certificate:\n    # tls:\n    #   client_cert: client.pem\n    #   client_key: { file: client.key }\n",
        ),
        "oauth2" => {
            for scheme in schemes.iter().take(1) {
                let SchemeKind::OAuth2 { token_url, scopes } = &scheme.kind else {
                    continue;
                };
                let _ = writeln!(
                    text,
                    "    oauth2:\n      token_url: {}\n      client_id: {{ env: MUSTER_CLIENT_ID }}\n      client_secret: {{ env: MUSTER_CLIENT_SECRET }}",
                    quoted(&absolute(token_url.as_deref().unwrap_or_default()))
                );
                if !scopes.is_empty() {
                    let _ = writeln!(text, "      scope: {}", quoted(&scopes.join(" ")));
                }
            }
        }
        _ => {
            text.push_str("    api_keys:\n");
            for (index, scheme) in schemes.iter().enumerate() {
                let SchemeKind::ApiKey { place, name } = &scheme.kind else {
                    continue;
                };
                let place = match place {
                    ParameterPlace::Query => "query",
                    ParameterPlace::Cookie => "cookie",
                    _ => "header",
                };
                let number = if index == 0 { String::new() } else { format!("_{}", index + 1) };
                let _ = writeln!(
                    text,
                    "      - {{ in: {place}, name: {}, value: {{ env: MUSTER_API_KEY{number} }} }}",
                    quoted(name)
                );
            }
        }
    }
}

/// A token URL may be relative to the server, which a target file does not know.
fn absolute(url: &str) -> String {
    if is_url(url) {
        url.to_owned()
    } else {
        format!("https://id.example.test/{}", url.trim_start_matches('/'))
    }
}

fn is_used(contract: &Contract, scheme: &SecurityScheme) -> bool {
    contract
        .operations
        .iter()
        .any(|operation| match &operation.security {
            Security::NotDeclared => false,
            Security::AnyOf(alternatives) => alternatives
                .iter()
                .any(|all| all.0.iter().any(|(name, _)| *name == scheme.name)),
        })
}

/// Path parameters, for a person to fill in where records exist that a run may read.
fn data(text: &mut String, contract: &Contract) {
    let mut names: Vec<(&str, String)> = Vec::new();
    for operation in &contract.operations {
        for name in operation.path_variables() {
            if !names.iter().any(|(known, _)| *known == name) {
                names.push((name, operation.key.to_string()));
            }
        }
    }
    if names.is_empty() {
        return;
    }
    text.push_str(
        "\n# Records that exist and may be read, by the name of the path parameter. What lists give is found\n\
         # without it. They are never written to: records that a run may change are given under `writable`,\n\
         # in the same way.\n# data:\n",
    );
    for (name, key) in names {
        let _ = writeln!(text, "#   {}: \"\" # {key}", quoted(name));
    }
}

#[cfg(test)]
mod tests;
