//! Where `Location` and links lead.

use url::Url;

use super::{Item, NamedRecord, Naming, record};
use crate::{
    arrange::{answers, relations::skeleton, serialise},
    contract::Contract,
    exchange::Exchange,
    model::{Method, OperationKey},
};

/// What the address of a response names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// One record: its template and the variables of it.
    Record(String, Vec<(String, String)>),
    /// Another resource of the contract: no record was named.
    Elsewhere,
    /// Nothing: there is no address, or it is that of the collection, or none of the contract.
    Nothing,
}

/// What `Location`, or the `self` link of the body, names.
pub(super) fn target(contract: &Contract, exchange: &Exchange, items: &[Item]) -> Target {
    let Some(response) = exchange.response() else {
        return Target::Nothing;
    };
    let Some(location) = response.headers.get("location") else {
        // A link in the body is of the representation, which may be of something else.
        let link = answers::location(response)
            .and_then(|link| at_item(&below_base(exchange, &link), items));
        return link.map_or(Target::Nothing, |(template, keys)| {
            Target::Record(template, keys)
        });
    };
    let Some(strict) = strict(exchange) else {
        return Target::Nothing;
    };
    let own = super::path_key(answers::request_path(exchange));
    if super::path_key(&strict) == own {
        return Target::Nothing;
    }
    if let Some(template) = contract.find_path(&strict) {
        return match at_item(&strict, items) {
            Some((template, keys)) => Target::Record(template, keys),
            // What makes nothing of a kind of its own may say where it made it, but not where it was sent to.
            None if items.is_empty()
                && template.contains('{')
                && !format!("{own}/").starts_with(&format!("{}/", super::path_key(&strict))) =>
            {
                serialise::unfill(template, &strict).map_or(Target::Nothing, |keys| {
                    Target::Record(template.to_owned(), keys)
                })
            }
            None => Target::Elsewhere,
        };
    }
    // Forms that are usual and wrong: relative to the collection, or to the root of the API.
    let relative = !location.contains("://") && !location.starts_with('/');
    if relative {
        let bare = location.split(['?', '#']).next().unwrap_or_default();
        let collection = answers::request_path(exchange).trim_end_matches('/');
        for path in [format!("{collection}/{bare}"), format!("/{bare}")] {
            if let Some((template, keys)) = at_item(&path, items) {
                return Target::Record(template, keys);
            }
        }
    }
    // A gateway may stand at another path than the API behind it.
    for item in items {
        if let Some(keys) = answers::at_end(&item.template, &strict) {
            return Target::Record(item.template.clone(), keys);
        }
    }
    let leads_elsewhere = contract.operations.iter().any(|operation| {
        operation.key.path.matches('/').count() > 1
            && answers::at_end(&operation.key.path, &strict).is_some()
    });
    if leads_elsewhere {
        Target::Elsewhere
    } else {
        Target::Nothing
    }
}

/// The path of `Location` below the base URL, resolved against the request (RFC 3986 §5.2).
pub(super) fn strict(exchange: &Exchange) -> Option<String> {
    let location = exchange.response()?.headers.get("location")?;
    let resolved = Url::parse(&exchange.url).ok()?.join(location).ok()?;
    Some(below_base(exchange, resolved.path()))
}

/// A path of the host as one below the base URL, where it is that.
fn below_base(exchange: &Exchange, path: &str) -> String {
    let base = exchange
        .url
        .strip_suffix(exchange.request.path_and_query())
        .and_then(|base| Url::parse(base).ok())
        .map(|base| base.path().trim_end_matches('/').to_owned())
        .unwrap_or_default();
    path.strip_prefix(&base)
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path)
        .to_owned()
}

fn at_item(path: &str, items: &[Item]) -> Option<(String, Vec<(String, String)>)> {
    items.iter().find_map(|item| {
        let keys = serialise::unfill(&item.template, path)?;
        Some((item.template.clone(), keys))
    })
}

/// The record that a link of the contract leads to (OpenAPI 3.1 §4.8.20).
pub(super) fn linked(contract: &Contract, exchange: &Exchange) -> Option<NamedRecord> {
    let operation = contract.operation(exchange.request.operation.as_ref()?)?;
    let response = exchange.response()?;
    let mut links: Vec<_> = operation
        .responses
        .iter()
        .filter(|spec| spec.status.matches(response.status))
        .flat_map(|spec| &spec.links)
        .collect();
    // What says how the record is removed says best where it is.
    links.sort_by_key(|link| {
        let removes = |key: &OperationKey| key.method == Method::Delete;
        !link.operation.as_ref().is_some_and(removes)
    });
    for link in links {
        let Some(target) = &link.operation else {
            continue;
        };
        let is_item = target.path.trim_end_matches('/').ends_with('}')
            && skeleton(&target.path) != skeleton(&operation.key.path);
        let mut from_response = false;
        let mut keys = Vec::new();
        for name in super::variables(&target.path) {
            let expression = link
                .parameters
                .get(name)
                .or_else(|| link.parameters.get(&format!("path.{name}")));
            let Some(expression) = expression else { break };
            from_response |= expression
                .as_str()
                .is_some_and(|text| text.contains("$response"));
            let Some(value) = answers::expression(exchange, expression) else {
                break;
            };
            keys.push((name.to_owned(), serialise::scalar(&value)));
        }
        let complete = keys.len() == super::variables(&target.path).count();
        if is_item && from_response && complete {
            return record(&target.path, keys, Naming::Link, None);
        }
    }
    None
}
