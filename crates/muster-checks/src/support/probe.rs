//! What probes share: paths, and answers that say nothing of the check (owner of [`reached`]).

use crate::Applies;
use muster_core::{
    arrange::{hazard, stream, valid_request},
    contract::{Contract, Operation, ParameterPlace},
    exchange::{
        Breakage, BreakageKind, Exchange, Outcome, Request, Response,
        handshake::{End, Handshake, Refusal},
    },
    model::{Method, Parameters, Responsible},
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::Judgement,
};

/// The answer, where one came that the check may judge.
///
/// # Errors
/// Inconclusive, for answers that come from something before the API, or from its limits: none at all,
/// 401 and 403, 429, 502 to 504.
#[expect(
    clippy::result_large_err,
    reason = "a judgement is made once for an exchange and passed on, never through many callers"
)]
pub fn reached(exchange: &Exchange) -> Result<&Response, Judgement> {
    let response = match &exchange.outcome {
        Outcome::Answered(response) => response,
        Outcome::Broken(breakage) if breakage.kind == BreakageKind::NothingYet => {
            return Err(Judgement::not_applicable(breakage.detail.clone()));
        }
        Outcome::Broken(breakage) => {
            let responsible = match breakage.kind {
                BreakageKind::TimedOut | BreakageKind::ConnectionLost => Responsible::Network,
                kind => kind.responsible(),
            };
            return Err(Judgement::inconclusive(
                responsible,
                format!("No response came to judge: {}", breakage.detail),
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
            Responsible::Credentials,
            format!(
                "{asked} returned {status}, so the request did not get as far as what is \
                    judged. Give the identity the right to call it."
            ),
        )),
        429 => Err(Judgement::inconclusive(
            Responsible::Configuration,
            format!("{asked} returned 429. Lower `budget.per_second` in the target file."),
        )),
        status @ 502..=504 => Err(Judgement::inconclusive(
            Responsible::Supplier,
            format!("{asked} returned {status}: the API was not available. Run again when it is."),
        )),
        _ => Ok(response),
    }
}

/// Whether TLS is spoken with the target at all.
///
/// # Errors
/// Not applicable, where it is not.
pub fn over_tls(world: &ProbeContext<'_>) -> Result<(), Halt> {
    if world.base_url.starts_with("https://") {
        return Ok(());
    }
    Err(Halt::NotApplicable(if is_loopback(world.base_url) {
        "The target is on this machine and served without TLS.".into()
    } else {
        "The target is served without TLS, which `transport.plain-http` judges.".into()
    }))
}

/// Whether the target speaks TLS of today, so that another offer was refused for what it is.
///
/// # Errors
/// Inconclusive, where it does not: nobody is there, or something on the way hangs up on everybody.
pub fn speaks_tls(script: &mut Script<'_>) -> Scripted<()> {
    let usual = script.handshake(Handshake::usual("shakes hands as usual, to compare"))?;
    match &usual.result.end {
        End::Completed(_) | End::Refused(Refusal { alert: Some(_), .. }) => Ok(()),
        End::Refused(refusal) => Err(Halt::unmet(
            Responsible::Network,
            format!(
                "Every handshake ends in the same way, so nothing can be told: {}",
                refusal.detail
            ),
        )),
        End::Broken(breakage) => Err(broken(breakage)),
    }
}

/// Why a broken handshake says nothing of the check.
#[must_use]
pub fn broken(breakage: &Breakage) -> Halt {
    let responsible = match breakage.kind {
        BreakageKind::TimedOut | BreakageKind::ConnectionLost => Responsible::Network,
        BreakageKind::Tls => Responsible::Supplier,
        kind => kind.responsible(),
    };
    Halt::unmet(
        responsible,
        format!("The handshake could not be judged: {}", breakage.detail),
    )
}

/// A path that can be read without any value, where possible without credentials too.
#[must_use]
pub fn readable(contract: &Contract) -> Option<&Operation> {
    let mut found = contract
        .operations
        .iter()
        .filter(|operation| {
            operation.key.method == Method::Get
                && operation.path_variables().next().is_none()
                && hazard(operation).is_none()
                && stream::waiting(operation).is_none()
                && !operation
                    .parameters
                    .iter()
                    .any(|parameter| parameter.required && parameter.place == ParameterPlace::Query)
        })
        .collect::<Vec<_>>();
    found.sort_by_key(|operation| operation.security.is_required());
    found.first().copied()
}

/// For probes of the target that read somewhere.
pub(crate) fn reads_somewhere(contract: &Contract, _: &Parameters) -> Applies {
    if readable(contract).is_some() {
        Applies::Yes
    } else {
        Applies::No("The contract has no GET that can be called without values.".into())
    }
}

/// A read that [`reads_somewhere`] found.
pub(crate) fn plain_read<'a>(script: &mut Script<'a>) -> Scripted<(&'a Operation, Request)> {
    let operation = readable(script.world.contract)
        .ok_or_else(|| Halt::NotApplicable("There is no operation to call.".into()))?;
    Ok((operation, valid_request(script, operation)?.request))
}

/// The path of a request without its query.
#[must_use]
pub fn path(request: &Request) -> &str {
    let path = request.path_and_query();
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// What stands before, in and after the only variable of the last segment of a template.
#[must_use]
pub fn last_variable(template: &str) -> Option<(&str, &str, &str)> {
    // `/people/{id}/`, as some frameworks have it, is a record as well.
    let template = template.strip_suffix('/').unwrap_or(template);
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
        .operations_for(path)
        .into_iter()
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
        .operations_at(&operation.key.path)
        .find(|other| other.key.path == operation.key.path)
        .is_some_and(|first| first.key == operation.key)
}

/// Why no operation of a path is tried in a way that the contract does not declare, where one of them is a hazard.
#[must_use]
pub fn hazard_of_path(contract: &Contract, operation: &Operation) -> Option<String> {
    contract.operations_at(&operation.key.path).find_map(hazard)
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
    fn the_last_variable_stands_in_the_last_segment_alone() {
        assert_eq!(last_variable("/people/{id}"), Some(("", "id", "")));
        assert_eq!(last_variable("/files/v{n}.json"), Some(("v", "n", ".json")));
        assert_eq!(last_variable("/people/{id}/"), Some(("", "id", "")));
        assert_eq!(last_variable("/people/{id}/names"), None);
        assert_eq!(last_variable("/tiles/{x}-{y}"), None);
    }

    #[test]
    fn this_machine_is_known_by_its_addresses() {
        for url in [
            "http://127.0.0.1:80",
            "http://localhost/a",
            "https://[::1]:8443",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        assert!(!is_loopback("https://localhost.example.test"));
    }
}
