//! What probes share: paths, and answers that say nothing of the check (owner of [`reached`]).

use std::sync::Arc;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use crate::{
    contract::{Contract, Operation},
    exchange::{Address, BreakageKind, Exchange, Outcome, Request, Response},
    model::{Method, Whose},
    verdict::Judgement,
};

/// What a path segment cannot hold as it stands.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The answer, where one came that the check may judge.
///
/// # Errors
/// Inconclusive, for answers that come from something before the API, or from its limits: none at all,
/// 401 and 403, 429, 502 to 504.
pub fn reached(exchange: &Exchange) -> Result<&Response, Judgement> {
    let response = match &exchange.outcome {
        Outcome::Answered(response) => response,
        Outcome::Broken(breakage) => {
            let whose = match breakage.kind {
                BreakageKind::TimedOut | BreakageKind::ConnectionLost => Whose::Network,
                kind => kind.whose(),
            };
            return Err(Judgement::inconclusive(
                whose,
                format!("No answer came to judge: {}", breakage.detail),
            ));
        }
    };
    let asked = format!(
        "{} {}",
        exchange.request.method,
        exchange.request.path_and_query()
    );
    match response.status {
        status @ (401 | 403) => Err(Judgement::inconclusive(
            Whose::Credentials,
            format!(
                "{asked} was answered {status}, so the request did not get as far as what is judged. Give the identity the right to call it."
            ),
        )),
        429 => Err(Judgement::inconclusive(
            Whose::Configuration,
            format!("{asked} was answered 429. Lower `budget.per_second` in the target file."),
        )),
        status @ 502..=504 => Err(Judgement::inconclusive(
            Whose::Supplier,
            format!(
                "{asked} was answered {status}: the API was not available. Run again when it is."
            ),
        )),
        _ => Ok(response),
    }
}

/// The path of a request without its query.
#[must_use]
pub fn path(request: &Request) -> &str {
    let path = request.path_and_query();
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// The value that the last segment of a path gives to the variable of the last segment of its template.
#[must_use]
pub fn last_value(template: &str, path: &str) -> Option<String> {
    let (before, _, after) = last_variable(template)?;
    let segment = path.rsplit('/').next()?;
    let value = segment.strip_prefix(before)?.strip_suffix(after)?;
    Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
}

/// A request's address with another value in the last segment.
#[must_use]
pub fn with_last_value(template: &str, request: &Request, value: &str) -> Option<Address> {
    let (before, _, after) = last_variable(template)?;
    let whole = request.path_and_query();
    let (path, query) = whole
        .split_once('?')
        .map_or((whole, None), |(path, query)| (path, Some(query)));
    let (parents, _) = path.rsplit_once('/')?;
    let value = utf8_percent_encode(value, SEGMENT);
    let mut changed = format!("{parents}/{before}{value}{after}");
    if let Some(query) = query {
        changed.push('?');
        changed.push_str(query);
    }
    Some(Address::Base(changed))
}

/// What stands before, in and after the only variable of the last segment of a template.
#[must_use]
pub fn last_variable(template: &str) -> Option<(&str, &str, &str)> {
    let segment = template.rsplit('/').next()?;
    let (before, rest) = segment.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    (!after.contains('{')).then_some((before, name, after))
}

/// Whether a concrete path (without query) is one of a template.
#[must_use]
pub fn matches_template(template: &str, path: &str) -> bool {
    let mut templates = template.split('/');
    let mut segments = path.split('/');
    loop {
        match (templates.next(), segments.next()) {
            (None, None) => return true,
            (Some(template), Some(segment)) if matches_segment(template, segment) => {}
            _ => return false,
        }
    }
}

fn matches_segment(template: &str, segment: &str) -> bool {
    match template.split_once('{') {
        None => template == segment,
        Some((before, rest)) => {
            let after = rest.rsplit_once('}').map_or("", |(_, after)| after);
            segment.len() > before.len() + after.len()
                && segment.starts_with(before)
                && segment.ends_with(after)
        }
    }
}

/// Every method that the contract declares on any template that a concrete path is one of.
#[must_use]
pub fn methods_at(contract: &Contract, path: &str) -> Vec<Method> {
    let mut methods: Vec<Method> = contract
        .operations
        .iter()
        .filter(|operation| matches_template(&operation.key.path, path))
        .map(|operation| operation.key.method.clone())
        .collect();
    methods.sort();
    methods.dedup();
    methods
}

/// Whether an operation is the first of its path, so that a probe of the path runs once.
#[must_use]
pub fn is_first_of_path(contract: &Contract, operation: &Operation) -> bool {
    contract
        .operations
        .iter()
        .find(|other| Arc::as_ref(&other.key.path) == &*operation.key.path)
        .is_some_and(|first| first.key == operation.key)
}

/// Whether a base URL is of this machine.
#[must_use]
pub fn is_loopback(base_url: &str) -> bool {
    url::Url::parse(base_url).is_ok_and(|url| match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    })
}

/// The body of a request as JSON, where it is.
#[must_use]
pub fn body_of(request: &Request) -> Option<Value> {
    serde_json::from_slice(&request.body.as_ref()?.bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_takes_one_segment_per_variable() {
        assert!(matches_template("/people/{id}", "/people/7"));
        assert!(matches_template("/people/{id}.json", "/people/7.json"));
        assert!(!matches_template("/people/{id}", "/people/"));
        assert!(!matches_template("/people/{id}", "/people/7/names"));
        assert!(!matches_template("/people", "/People"));
    }

    #[test]
    fn the_last_value_is_taken_out_and_replaced_with_its_query_kept() {
        let request = Request::new(
            Method::Get,
            Address::Base("/forces/43/people/a%2Fb?fields=name".into()),
            "",
        );
        let template = "/forces/{force}/people/{id}";
        assert_eq!(last_value(template, path(&request)).as_deref(), Some("a/b"));
        assert_eq!(
            with_last_value(template, &request, "2099/1234567B"),
            Some(Address::Base(
                "/forces/43/people/2099%2F1234567B?fields=name".into()
            ))
        );
    }
}
