//! A record that is removed by another property of it than the one that it is read by.

use serde_json::Value;

use super::{reader, variables};
use crate::{
    arrange::{names, relations::skeleton, serialise},
    contract::Contract,
    model::Method,
};

/// Names under which a response shows what gives access.
const SECRETS: [&str; 5] = ["secret", "token", "apikey", "key", "value"];

/// The path at which the contract removes a record that is read at `path`, where it is another one:
/// `DELETE /tokens/{token}` beside `GET /tokens/{name}`. `shown` is what shows the record's properties.
#[must_use]
pub fn removal_path(
    contract: &Contract,
    path: &str,
    template: &str,
    shown: &Value,
) -> Option<String> {
    let remover = contract.find_operation(&Method::Delete, path)?;
    let reader = reader(contract, template)?;
    if reader.key.path == remover.key.path || skeleton(&remover.key.path) != skeleton(template) {
        return None;
    }
    let by = variables(&remover.key.path).last()?;
    if names::folded(by) == names::folded(variables(&reader.key.path).last()?) {
        return None;
    }
    let key = serialise::scalar(property(shown, &names::folded(by))?);
    let keys = serialise::unfill(&remover.key.path, path)?;
    let (_, read_key) = keys.last()?;
    if key == *read_key {
        return None;
    }
    serialise::fill(&remover.key.path, |name| {
        if name == by {
            return Some(serialise::encode(&key));
        }
        let (_, text) = keys.iter().find(|(held, _)| held == name)?;
        Some(serialise::encode(text))
    })
    .ok()
}

/// The property of this name of a record, or of the one object that wraps it.
fn property<'e>(shown: &'e Value, name: &str) -> Option<&'e Value> {
    let record = shown.as_object()?;
    let of = |wanted: &str| {
        record
            .iter()
            .find(|(held, value)| {
                names::folded(held) == wanted && (value.is_string() || value.is_i64())
            })
            .map(|(_, value)| value)
    };
    let synonyms = SECRETS.iter().filter(|_| SECRETS.contains(&name));
    of(name)
        .or_else(|| synonyms.copied().find_map(of))
        .or_else(|| match record.values().next() {
            Some(inner @ Value::Object(_)) if record.len() == 1 => property(inner, name),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract(remover: &str) -> Contract {
        let one = json!({ "responses": { "200": { "description": "" } } });
        Contract::from_value(json!({
            "openapi": "3.1.0", "info": { "title": "T", "version": "1" },
            "paths": {
                "/tokens": { "get": one, "post": one },
                "/tokens/{name}": { "get": one },
                remover: { "delete": one },
            },
        }))
        .unwrap()
    }

    fn removed_at(remover: &str, shown: &Value) -> Option<String> {
        let contract = contract(remover);
        let at = |template| removal_path(&contract, "/tokens/mine", template, shown);
        assert_eq!(at("/tokens/{name}"), at("/tokens/{token}"));
        at("/tokens/{name}")
    }

    #[test]
    fn the_variable_of_the_removal_says_which_property_it_is() {
        let shown = json!({ "name": "mine", "secret": "s/1", "id": 7 });
        let path = |key: &str| Some(format!("/tokens/{key}"));
        assert_eq!(removed_at("/tokens/{token}", &shown), path("s%2F1"));
        assert_eq!(removed_at("/tokens/{secret}", &shown), path("s%2F1"));
        assert_eq!(removed_at("/tokens/{id}", &shown), path("7"));
        let wrapped = json!({ "data": shown });
        assert_eq!(removed_at("/tokens/{id}", &wrapped), path("7"));
    }

    #[test]
    fn nothing_else_is_taken_for_it() {
        let shown = json!({ "name": "mine", "secret": "s1" });
        assert_eq!(removed_at("/tokens/{number}", &shown), None);
        assert_eq!(removed_at("/tokens/{other}/parts", &shown), None);
        assert_eq!(removed_at("/tokens/{id}", &json!({ "id": "mine" })), None);
    }
}
