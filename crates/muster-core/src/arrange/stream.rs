//! Operations whose response may never end, or waits for something to happen: streams and long polling.

use crate::{
    contract::{Operation, ParameterPlace, StatusPattern},
    exchange::sequence::Sequence,
    model::Method,
};

/// Why the response of an operation may be late or without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// It documents nothing but streams that have no end of their own.
    Stream,
    /// It holds the request until there is something to send.
    LongPoll,
}

/// Whether the contract declares that the response of an operation may be late or without an end.
#[must_use]
pub fn waiting(operation: &Operation) -> Option<Waiting> {
    if sequences(operation).is_some_and(|all| all.iter().all(|sequence| sequence.is_endless())) {
        return Some(Waiting::Stream);
    }
    (operation.key.method == Method::Get && is_long_poll(operation)).then_some(Waiting::LongPoll)
}

/// Whether an operation documents nothing but sequences of items as its success.
#[must_use]
pub fn is_sequence(operation: &Operation) -> bool {
    sequences(operation).is_some()
}

/// The sequences that an operation documents for its successes; none where it documents anything else as well.
fn sequences(operation: &Operation) -> Option<Vec<Sequence>> {
    let successes = operation.responses.iter().filter(|spec| match spec.status {
        StatusPattern::Exact(code) => code / 100 == 2,
        StatusPattern::Range(class) => class == 2,
        StatusPattern::Default => false,
    });
    let all: Option<Vec<Sequence>> = successes
        .flat_map(|spec| &spec.content)
        .map(|media| Sequence::of(&media.media_type))
        .collect();
    all.filter(|all| !all.is_empty())
}

/// Whether its words or its parameters say that it waits.
fn is_long_poll(operation: &Operation) -> bool {
    let says = |text: &str| {
        let text: String = text
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        text.contains("longpoll")
    };
    // `GET /runs/{id}/wait`, "Wait for a run to complete".
    let waits = |text: &str| text.to_ascii_lowercase().contains("wait for");
    let ends_in_wait = operation.key.path.trim_end_matches('/').ends_with("/wait");
    ends_in_wait
        || waits(&operation.summary)
        || says(&operation.summary)
        || says(&operation.key.path)
        || operation.id.as_deref().is_some_and(says)
        || operation.parameters.iter().any(|parameter| {
            parameter.place == ParameterPlace::Query
                && (says(&parameter.name)
                    || matches!(
                        parameter.name.to_ascii_lowercase().as_str(),
                        "wait" | "wait_for" | "waitfor" | "wait_seconds" | "waitseconds"
                    ))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{contract::Contract, model::OperationKey};

    #[test]
    fn an_operation_that_waits_for_something_to_end_is_a_long_poll() {
        let one = |summary: &str| {
            json!({ "get": { "summary": summary, "responses": { "200": { "description": "", "content": {
                "application/json": { "schema": {} },
                "application/x-ndjson": { "schema": { "type": "string" } } } } } } })
        };
        let contract = Contract::from_value(json!({
            "openapi": "3.1.0", "info": { "title": "T", "version": "1" },
            "paths": {
                "/runs/{id}/wait": one("State of a run"),
                "/runs/{id}/end": one("Experimental: wait for a run to complete"),
                "/runs/{id}/state": one("State of a run that waits"),
            },
        }))
        .unwrap();
        let of = |path: &str| {
            let key = OperationKey::new(Method::Get, path);
            waiting(contract.operation(&key).unwrap())
        };
        assert_eq!(of("/runs/{id}/wait"), Some(Waiting::LongPoll));
        assert_eq!(of("/runs/{id}/end"), Some(Waiting::LongPoll));
        assert_eq!(of("/runs/{id}/state"), None);
    }
}
