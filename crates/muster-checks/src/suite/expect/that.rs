//! Expressions over answers.

use serde_json::{Map, Value, json};

use super::{Failing, authored, fail};
use crate::suite::{expression::Expression, matcher::shown, scope::Scope};
use muster_core::exchange::Exchange;

/// Whether an expression is true; else what it failed with.
pub(super) fn holds(authored_text: &str, pointer: &str, scope: &Scope) -> Option<Failing> {
    let expression = match Expression::parse(authored_text) {
        Ok(expression) => expression,
        Err(reason) => return Some(authored(pointer, reason)),
    };
    let about_answer = ["answer", "answers", "request"]
        .iter()
        .any(|name| expression.names.contains(*name));
    match expression.evaluate(scope) {
        Ok(Value::Bool(true)) => None,
        Ok(Value::Bool(false)) => Some(fail(
            pointer,
            format!("`{authored_text}`"),
            format!("it is false{}", values(&expression, scope)),
        )),
        Ok(other) => Some(authored(
            pointer,
            format!(
                "`{authored_text}` is neither true nor false: it is {}",
                shown(&other)
            ),
        )),
        Err(reason) if about_answer => Some(fail(
            pointer,
            format!("`{authored_text}`"),
            format!("it has no value: {reason}{}", values(&expression, scope)),
        )),
        Err(reason) => Some(authored(pointer, format!("`{authored_text}`: {reason}"))),
    }
}

/// The values of the names in an expression, for a reader who asks why it is false.
fn values(expression: &Expression, scope: &Scope) -> String {
    let told: Vec<String> = expression
        .names
        .iter()
        .filter_map(|name| {
            let value = scope.get(name)?;
            let value = match name.as_str() {
                "answers" => {
                    let statuses: Vec<String> = value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .take(20)
                        .filter_map(|answer| answer.get("status").map(Value::to_string))
                        .collect();
                    format!("[statuses {}]", statuses.join(", "))
                }
                "answer" => {
                    // What is no JSON is shown as it came.
                    let body = match value.get("body") {
                        None | Some(Value::Null) => value.get("text"),
                        body => body,
                    };
                    format!(
                        "{} {}",
                        value.get("status").unwrap_or(&Value::Null),
                        body.map(shown).unwrap_or_default()
                    )
                }
                _ => shown(value),
            };
            Some(format!("{name} = {value}"))
        })
        .collect();
    if told.is_empty() {
        String::new()
    } else {
        format!(", with {}", told.join(", "))
    }
}

/// `answer`, `answers` and `request` of some exchanges.
pub(super) fn answers<'e>(
    exchanges: impl IntoIterator<Item = &'e Exchange>,
) -> Vec<(&'static str, Value)> {
    let all: Vec<Value> = exchanges.into_iter().map(answer).collect();
    let last = all.last().cloned().unwrap_or(Value::Null);
    let request = last.get("request").cloned().unwrap_or(Value::Null);
    vec![
        ("answer", last),
        ("answers", Value::Array(all)),
        ("request", request),
    ]
}

fn answer(exchange: &Exchange) -> Value {
    let sent = &exchange.request;
    let body = sent
        .body
        .as_ref()
        .and_then(|body| serde_json::from_slice(&body.bytes).ok())
        .unwrap_or(Value::Null);
    let request = json!({
        "method": sent.method.as_str(),
        "path": sent.path_and_query(),
        "body": body,
    });
    let Some(response) = exchange.response() else {
        return json!({
            "status": 0, "headers": {}, "body": null, "text": "", "time_ms": 0, "request": request,
        });
    };
    let mut headers = Map::new();
    for (name, value) in response.headers.iter() {
        match headers.get_mut(name) {
            Some(Value::String(held)) => {
                held.push_str(", ");
                held.push_str(value);
            }
            _ => {
                headers.insert(name.to_owned(), Value::from(value));
            }
        }
    }
    json!({
        "status": response.status,
        "headers": headers,
        "body": response.json().cloned().unwrap_or(Value::Null),
        "text": String::from_utf8_lossy(&response.body),
        "time_ms": response.timing.total_us / 1000,
        "request": request,
    })
}
