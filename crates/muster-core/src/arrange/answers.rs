//! What an answer holds: its records, their ids, and what runtime expressions point at.

use serde_json::Value;

use super::{names, serialise};
use crate::exchange::{Exchange, Response};

/// The members that lists are wrapped in.
pub const ENVELOPES: [&str; 14] = [
    "items",
    "data",
    "results",
    "value",
    "values",
    "content",
    "records",
    "entries",
    "rows",
    "list",
    "hits",
    "_embedded",
    "elements",
    "resources",
];

/// The records of a list answer, or the one record of any other.
pub fn records<'e>(body: &'e Value, thing: &str) -> Vec<&'e Value> {
    match body {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => {
            for name in ENVELOPES {
                match members.get(name) {
                    Some(Value::Array(items)) => return items.iter().collect(),
                    Some(Value::Object(inner)) if name == "_embedded" => {
                        if let Some(Value::Array(items)) =
                            inner.values().find(|value| value.is_array())
                        {
                            return items.iter().collect();
                        }
                    }
                    Some(inner @ Value::Object(_)) if name == "data" => {
                        return records(inner, thing);
                    }
                    _ => {}
                }
            }
            let lists: Vec<(&String, &Vec<Value>)> = members
                .iter()
                .filter_map(|(name, value)| Some((name, value.as_array()?)))
                .filter(|(_, items)| items.first().is_none_or(Value::is_object))
                .collect();
            let named = lists.iter().find(|(name, _)| names::thing(name) == thing);
            let has_id = members
                .keys()
                .any(|name| matches!(names::folded(name).as_str(), "id" | "uuid" | "guid"));
            match (named, lists.as_slice()) {
                (Some((_, items)), _) if !has_id => items.iter().collect(),
                (None, [(_, items)]) if !has_id && !items.is_empty() => items.iter().collect(),
                _ => vec![body],
            }
        }
        _ => vec![body],
    }
}

/// Whether a record is named by another of its properties than the one that is called as its id: a link that is read
/// under its `secret` has an `id` or a `name` beside it. Short ids may stand anywhere, and count for nothing.
pub fn is_named_otherwise(response: &Response, thing: &str, id: &str) -> bool {
    const TELLING: usize = 8;
    let record = response.json().ok().and_then(|body| record(body, thing));
    id.chars().count() >= TELLING
        && record
            .and_then(Value::as_object)
            .is_some_and(|members| members.values().any(|value| serialise::scalar(value) == id))
}

/// The one record of an answer: itself, or what `data` or the only member wraps.
pub fn record<'e>(body: &'e Value, thing: &str) -> Option<&'e Value> {
    let members = body.as_object()?;
    if let Some(data @ Value::Object(_)) = members.get("data") {
        return Some(data);
    }
    if let Some((name, inner @ Value::Object(_))) = members.iter().next()
        && (members.len() == 1 || names::thing(name) == thing)
        && !members.contains_key("id")
    {
        return Some(inner);
    }
    if let Some((_, inner)) = members
        .iter()
        .find(|(name, value)| value.is_object() && names::folded(name) == thing)
        && !members.contains_key("id")
    {
        return Some(inner);
    }
    Some(body)
}

/// A member of a record by any of these folded names, best first; of JSON:API records also an attribute.
pub fn member(record: &Value, wanted: &[String]) -> Option<Value> {
    if is_key(record) {
        return Some(record.clone());
    }
    let members = record.as_object()?;
    for name in wanted {
        for place in [
            Some(members),
            record.get("attributes").and_then(Value::as_object),
        ]
        .into_iter()
        .flatten()
        {
            if let Some((_, value)) = place
                .iter()
                .find(|(member, value)| names::folded(member) == *name && is_key(value))
            {
                return Some(value.clone());
            }
        }
    }
    None
}

fn is_key(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && text.len() <= 400,
        Value::Number(_) => true,
        _ => false,
    }
}

/// The path of the `Location` header, or of the record's own `self` link.
pub fn location(response: &Response) -> Option<String> {
    if let Some(location) = response.headers.get("location") {
        return Some(path_of(location));
    }
    let body = response.json().ok()?;
    [
        "/_links/self/href",
        "/links/self",
        "/data/links/self",
        "/links/self/href",
        "/self",
        "/href",
    ]
    .into_iter()
    .find_map(|pointer| body.pointer(pointer)?.as_str())
    .map(path_of)
}

fn path_of(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    match address.split_once("://") {
        Some((_, rest)) => rest
            .find('/')
            .and_then(|at| rest.get(at..))
            .unwrap_or("/")
            .to_owned(),
        None => address.to_owned(),
    }
}

/// The variables of a template as the end of a path gives them: the base path before it does not matter.
pub fn at_end(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    let wanted = template.trim_matches('/').split('/').count();
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let from = segments.len().checked_sub(wanted)?;
    serialise::unfill(template, &segments.get(from..)?.join("/"))
}

/// The path that a request went to, below the base URL.
pub fn request_path(exchange: &Exchange) -> &str {
    exchange
        .request
        .path_and_query()
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
}

/// What a runtime expression of a link points at; constants stand for themselves.
pub fn expression(exchange: &Exchange, expression: &Value) -> Option<Value> {
    let Some(text) = expression.as_str() else {
        return Some(expression.clone());
    };
    if !text.starts_with('$') {
        // `{$response.body#/id}` inside a text: only the whole text is an expression here.
        let inner = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        return match inner.filter(|inner| inner.starts_with('$')) {
            Some(inner) => self::expression(exchange, &Value::from(inner)),
            None => Some(expression.clone()),
        };
    }
    let (source, pointer) = text.split_once('#').unwrap_or((text, ""));
    match source {
        "$url" => return Some(exchange.url.as_str().into()),
        "$method" => return Some(exchange.request.method.as_str().into()),
        "$statusCode" => return exchange.status().map(Value::from),
        "$response.body" => {
            let body = exchange.response()?.json().ok()?;
            return body
                .pointer(pointer)
                .filter(|value| !value.is_null())
                .cloned();
        }
        "$request.body" => {
            let bytes = &exchange.request.body.as_ref()?.bytes;
            let body: Value = serde_json::from_slice(bytes).ok()?;
            return body
                .pointer(pointer)
                .filter(|value| !value.is_null())
                .cloned();
        }
        _ => {}
    }
    let mut parts = source.splitn(3, '.');
    match (parts.next()?, parts.next()?, parts.next()?) {
        ("$response", "header", name) => exchange.response()?.headers.get(name).map(Value::from),
        ("$request", "header", name) => exchange.request.headers.get(name).map(Value::from),
        ("$request", "path", name) => {
            let template = &exchange.request.operation.as_ref()?.path;
            serialise::unfill(template, request_path(exchange))?
                .into_iter()
                .find(|(variable, _)| variable == name)
                .map(|(_, text)| Value::from(text))
        }
        ("$request", "query", name) => {
            let (_, query) = exchange.request.path_and_query().split_once('?')?;
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(held, _)| serialise::decode(held) == name)
                .map(|(_, text)| Value::from(serialise::decode(text)))
        }
        _ => None,
    }
}

/// What an error answer says, in at most some hundred characters, for a reason that a person reads.
pub fn reason(response: &Response) -> String {
    let body = response.json().ok();
    let said = body.and_then(|body| {
        [
            "/detail",
            "/message",
            "/errors/0/detail",
            "/errors/0/message",
            "/error_description",
            "/error/message",
            "/developerMessage",
            "/userMessage",
            "/title",
            "/errors/0/title",
            "/error",
            "/errors/0",
        ]
        .into_iter()
        .find_map(|pointer| body.pointer(pointer)?.as_str())
        .map(str::to_owned)
    });
    let text = said.unwrap_or_else(|| {
        if response
            .media_type()
            .is_some_and(|media| media.contains("html"))
        {
            String::new()
        } else {
            String::from_utf8_lossy(&response.body).into_owned()
        }
    });
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > 160 {
        format!("{}…", text.chars().take(160).collect::<String>())
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::{
        exchange::{Address, Body, ExchangeId, Headers, HttpVersion, Outcome, Request, Timing},
        model::{Method, OperationKey},
    };

    fn exchange(path: &str, status: u16, headers: &[(&str, &str)], body: &Value) -> Exchange {
        let mut request = Request::new(Method::Post, Address::Base(path.to_owned()), "tests")
            .calling(&OperationKey::new(Method::Post, "/people/{personId}/notes"))
            .header("X-Trace", "t1");
        request.body = Some(Body::json("application/json", &json!({"a": {"b": 2}})));
        Exchange {
            id: ExchangeId(1),
            url: format!("https://target.test/v1{path}"),
            request,
            credentials: Headers::new(),
            followed: None,
            outcome: Outcome::Answered(Response::new(
                status,
                HttpVersion::Http11,
                headers.iter().map(|(n, v)| (*n, *v)).collect(),
                Bytes::from(body.to_string()),
                false,
                Timing::default(),
            )),
        }
    }

    #[test]
    fn lists_are_found_in_their_envelopes() {
        let one = json!({"id": 1});
        for body in [
            json!([one]),
            json!({"items": [one], "total": 1}),
            json!({"data": [one], "links": {}}),
            json!({"data": {"items": [one]}}),
            json!({"_embedded": {"people": [one]}, "_links": {}}),
            json!({"people": [one], "page": 1}),
            json!({"results": [one]}),
        ] {
            assert_eq!(records(&body, "person"), [&one], "{body}");
        }
        let record = json!({"id": 7, "tags": [{"a": 1}]});
        assert_eq!(records(&record, "person"), [&record]);
        let none = json!({"items": []});
        assert!(records(&none, "person").is_empty());
    }

    #[test]
    fn a_record_is_found_in_its_wrapping() {
        let one = json!({"id": 1});
        for body in [
            one.clone(),
            json!({"data": one}),
            json!({"person": one}),
            json!({"meta": {}, "person": one}),
        ] {
            assert_eq!(record(&body, "person"), Some(&one), "{body}");
        }
    }

    #[test]
    fn ids_go_by_name_whatever_the_case() {
        let wanted = names::members_for("personId", "person");
        assert_eq!(
            member(&json!({"person_id": 5, "name": "x"}), &wanted),
            Some(json!(5))
        );
        assert_eq!(
            member(
                &json!({"type": "people", "id": "a", "attributes": {"reference": "r"}}),
                &wanted
            ),
            Some(json!("a"))
        );
        assert_eq!(member(&json!("abc"), &wanted), Some(json!("abc")));
        assert_eq!(member(&json!({"colour": "red"}), &wanted), None);
    }

    #[test]
    fn runtime_expressions() {
        let made = exchange(
            "/people/a%20b/notes?dry=no",
            201,
            &[("Location", "/v1/people/7/notes/9")],
            &json!({"id": 9, "none": null}),
        );
        for (text, expected) in [
            ("$response.body#/id", json!(9)),
            ("$response.header.Location", json!("/v1/people/7/notes/9")),
            ("$request.path.personId", json!("a b")),
            ("$request.query.dry", json!("no")),
            ("$request.header.x-trace", json!("t1")),
            ("$request.body#/a/b", json!(2)),
            ("$statusCode", json!(201)),
            ("$method", json!("POST")),
            ("{$response.body#/id}", json!(9)),
            ("constant", json!("constant")),
        ] {
            assert_eq!(expression(&made, &json!(text)), Some(expected), "{text}");
        }
        assert_eq!(expression(&made, &json!("$response.body#/none")), None);
        assert_eq!(expression(&made, &json!("$response.body#/missing")), None);
    }

    #[test]
    fn locations_end_in_the_item() {
        let made = exchange(
            "/people",
            201,
            &[("Location", "https://x.test/api/v1/people/7?a=b")],
            &json!({}),
        );
        let path = location(made.response().unwrap()).unwrap();
        assert_eq!(path, "/api/v1/people/7");
        assert_eq!(
            at_end("/people/{id}", &path),
            Some(vec![("id".to_owned(), "7".to_owned())])
        );
        assert_eq!(at_end("/cases/{id}", &path), None);
    }

    #[test]
    fn an_errors_reason_is_short() {
        let problem = exchange(
            "/p",
            400,
            &[],
            &json!({"title": "Bad", "detail": "no  such\ncode"}),
        );
        assert_eq!(reason(problem.response().unwrap()), "no such code");
        let long = exchange("/p", 400, &[], &json!({"message": "x".repeat(500)}));
        assert_eq!(reason(long.response().unwrap()).chars().count(), 161);
    }
}
