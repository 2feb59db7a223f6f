//! What a target file says in several places and has to agree.

use serde_json::Value;
use url::Url;

use super::RawTarget;
use crate::load::{
    dates,
    diagnostic::Diagnostics,
    identities,
    nearest::nearest,
    source::is_url,
    yaml::{Document, member},
};
use muster_core::model::{AccessRule, NOBODY};

/// The published contract is the target's own: requests go to its host alone.
pub(super) fn published(document: &Document, wrong: &mut Diagnostics) {
    const AT: &str = "/published_contract";
    let Some(place) = document.text(AT).filter(|text| is_url(text)) else {
        return;
    };
    let host = |text: &str| {
        let url = Url::parse(text).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()))
    };
    let base = document.text("/base_url").and_then(host);
    if host(place) != base {
        wrong.push(
            document
                .error(AT, "`published_contract` is on another host than `base_url`")
                .help("give a path or URL of the target's own host; `muster drift OLD NEW` compares any two documents"),
        );
    }
}

/// Dates of attestations.
pub(super) fn days(document: &Document, wrong: &mut Diagnostics) {
    for (pointer, _) in document.items("/attestations") {
        let on = member(&pointer, "on");
        if let Some(Err(reason)) = document.text(&on).map(dates::day) {
            wrong.push(document.error(&on, reason));
        }
    }
}

/// The callers of the authorisation table are there.
pub(super) fn rights(document: &Document, raw: &RawTarget, wrong: &mut Diagnostics) {
    let rules = match AccessRule::table(&raw.parameters) {
        Ok(rules) => rules,
        Err(reason) => {
            wrong.push(document.error("/parameters/authorisation", reason));
            return;
        }
    };
    let known = || raw.identities.keys().map(String::as_str);
    for (at, rule) in rules.iter().enumerate() {
        let named = [
            ("identity", Some(&rule.identity)),
            ("records_of", rule.records_of.as_ref()),
        ];
        for (member, name) in named {
            let Some(name) = name.filter(|name| {
                let nobody = member == "identity" && *name == NOBODY;
                !nobody && known().all(|known| known != name.as_str())
            }) else {
                continue;
            };
            let help = nearest(name, known()).map_or_else(
                || "add it under `identities`, with its credentials".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            let pointer = format!("/parameters/authorisation/{at}/{member}");
            wrong.push(
                document
                    .error(
                        &pointer,
                        format!("the target file has no identity `{name}`"),
                    )
                    .help(help),
            );
        }
    }
}

fn identities_of(
    document: &Document,
) -> impl Iterator<Item = (String, &serde_json::Map<String, Value>)> {
    document
        .value
        .get("identities")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(name, identity)| Some((member("/identities", name), identity.as_object()?)))
}

/// `none: {}` beside a credential says two things at once.
pub(super) fn lone_none(document: &Document, wrong: &mut Diagnostics) {
    for (pointer, identity) in identities_of(document) {
        if identity.contains_key("none") && identity.len() > 1 {
            let pointer = member(&pointer, "none");
            wrong.push(
                document
                    .key_error(&pointer, "`none` stands beside other credentials")
                    .help("an identity without credentials has `none: {}` alone"),
            );
        }
    }
}

/// `schemes` names credentials that are there.
pub(super) fn scheme_kinds(document: &Document, wrong: &mut Diagnostics) {
    for (pointer, identity) in identities_of(document) {
        let mut there: Vec<&str> = ["basic", "bearer", "api_key", "oauth2", "hmac"]
            .into_iter()
            .filter(|kind| identity.contains_key(*kind))
            .collect();
        let keys = identity.get("api_keys").and_then(Value::as_array);
        there.extend(
            keys.into_iter()
                .flatten()
                .filter_map(|key| key.get("name")?.as_str()),
        );
        let schemes = identity.get("schemes").and_then(Value::as_object);
        for (scheme, kind) in schemes.into_iter().flatten() {
            let Some(kind) = kind.as_str().filter(|kind| !there.contains(kind)) else {
                continue;
            };
            let pointer = member(&member(&pointer, "schemes"), scheme);
            let help = nearest(kind, there.iter().copied()).map_or_else(
                || format!("there are: {}", there.join(", ")),
                |meant| format!("did you mean `{meant}`?"),
            );
            wrong.push(
                document
                    .error(
                        &pointer,
                        format!("this identity has no credential `{kind}`"),
                    )
                    .help(help),
            );
        }
    }
}

/// What `oauth2` says goes together.
pub(super) fn logins(document: &Document, wrong: &mut Diagnostics) {
    for (pointer, identity) in identities_of(document) {
        if !identity.get("oauth2").is_some_and(Value::is_object) {
            continue;
        }
        let at = member(&pointer, "oauth2");
        for (place, message, help) in identities::at_odds(document, &at) {
            let place = place.trim_end_matches('/');
            wrong.push(document.key_error(place, message).help(help));
        }
        let by_certificate = document.text(&member(&at, "auth")) == Some("tls_client_auth");
        let has_certificate =
            identity.contains_key("tls") || document.value.pointer("/tls/client_cert").is_some();
        if by_certificate && !has_certificate {
            wrong.push(
                document
                    .key_error(&member(&at, "auth"), "`tls_client_auth` needs a client certificate")
                    .help("give it under `tls` of this identity, or of the target: client_cert and client_key"),
            );
        }
    }
}
