//! What is expected of answers, all of it judged (owner of [`Failing`]).

use serde_json::{Map, Value, json};

use super::{
    expression::Expression,
    matcher::{self, Mismatch, judge_values, short, shown},
    scope::Scope,
    step::{Expect, ExpectBody, Matcher, Step},
    template,
};
use crate::{
    contract::{Contract, Operation, ResponseSpec, Validity, Violation},
    exchange::{Exchange, Outcome, Response},
    model::Whose,
};

/// One expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failing {
    /// Where it stands, as a JSON pointer below the step.
    pub(super) pointer: String,
    /// What was expected.
    pub(super) expected: String,
    /// What came.
    pub(super) received: String,
    /// Of how many answers this is so.
    pub(super) answers: usize,
    /// What it means.
    pub(super) kind: Kind,
}

/// What it means that an expectation does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The target is not as it must be.
    Fail,
    /// The authored expectation is wrong.
    Error,
    /// It cannot be told.
    Gap(Whose),
}

/// What the answers to a step are judged with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) contract: &'a Contract,
    pub(super) step: &'a Step,
    pub(super) operation: Option<&'a Operation>,
    pub(super) scope: &'a Scope,
}

/// Everything that does not hold, each expectation once whatever the number of answers.
pub(super) fn judge<'e>(
    bench: Bench<'_>,
    exchanges: impl IntoIterator<Item = &'e Exchange> + Clone,
) -> Vec<Failing> {
    let mut failing: Vec<Failing> = Vec::new();
    let mut note = |one: Failing| match failing.iter_mut().find(|held| held.pointer == one.pointer && held.expected == one.expected) {
        Some(held) => held.answers += 1,
        None => failing.push(one),
    };
    for exchange in exchanges.clone() {
        for one in bench.answer(exchange) {
            note(one);
        }
    }
    let that = bench.step.expect.as_ref().map_or(&[][..], |expect| &expect.that);
    if !that.is_empty() {
        let mut scope = bench.scope.clone();
        for (name, value) in answers(exchanges) {
            scope.set(name, value);
        }
        for (index, expression) in that.iter().enumerate() {
            if let Some(one) = holds(expression, &format!("/expect/that/{index}"), &scope) {
                failing.push(one);
            }
        }
    }
    failing
}

fn fail(pointer: &str, expected: impl Into<String>, received: impl Into<String>) -> Failing {
    Failing {
        pointer: pointer.to_owned(),
        expected: expected.into(),
        received: received.into(),
        answers: 1,
        kind: Kind::Fail,
    }
}

fn authored(pointer: &str, reason: impl Into<String>) -> Failing {
    Failing {
        kind: Kind::Error,
        ..fail(pointer, "an expectation that can be judged", reason)
    }
}

impl Bench<'_> {
    fn answer(&self, exchange: &Exchange) -> Vec<Failing> {
        let mut failing = Vec::new();
        let statuses = self.step.statuses();
        let at = match &self.step.expect {
            Some(expect) if expect.status.is_some() => "/expect/status",
            _ => "/call",
        };
        let response = match &exchange.outcome {
            Outcome::Answered(response) => response,
            Outcome::Broken(breakage) => {
                return vec![fail(at, format!("status {statuses}"), breakage.detail.clone())];
            }
        };
        if !statuses.has(response.status) {
            failing.push(fail(at, format!("status {statuses}"), received(response)));
        }
        if let Some(expect) = &self.step.expect {
            self.headers(expect, response, &mut failing);
            if let Some(body) = &expect.body {
                self.body(body, response, &mut failing);
            }
        }
        failing
    }

    fn headers(&self, expect: &Expect, response: &Response, failing: &mut Vec<Failing>) {
        for (name, authored_value) in &expect.headers {
            let pointer = super::lint::member("/expect/headers", name);
            let held: Vec<Value> = response.headers.all(name).map(Value::from).collect();
            let held: Vec<&Value> = held.iter().collect();
            let matcher = match authored_value {
                Value::Object(_) => match serde_json::from_value::<Matcher>(authored_value.clone()) {
                    Ok(matcher) => matcher,
                    Err(error) => {
                        failing.push(authored(&pointer, error.to_string()));
                        continue;
                    }
                },
                exact => Matcher {
                    is: Some(match exact {
                        Value::String(_) => exact.clone(),
                        other => Value::String(other.to_string()),
                    }),
                    ..Matcher::default()
                },
            };
            let whole = !authored_value.is_object();
            self.mismatches(
                &pointer,
                judge_values(&matcher, name, &held, self.scope),
                whole,
                failing,
            );
        }
    }

    fn mismatches(
        &self,
        pointer: &str,
        judged: Result<Vec<Mismatch>, (&'static str, String)>,
        whole: bool,
        failing: &mut Vec<Failing>,
    ) {
        let at = |key: &str| {
            if whole || key.is_empty() {
                pointer.to_owned()
            } else {
                format!("{pointer}/{key}")
            }
        };
        match judged {
            Ok(mismatches) => failing.extend(
                mismatches
                    .into_iter()
                    .map(|one| fail(&at(one.key), one.expected, one.received)),
            ),
            Err((key, reason)) => failing.push(authored(&at(key), reason)),
        }
    }

    fn body(&self, expect: &ExpectBody, response: &Response, failing: &mut Vec<Failing>) {
        if let Some(media_type) = &expect.media_type {
            let held = response.media_type();
            if held.as_deref() != Some(media_type.to_ascii_lowercase().as_str()) {
                failing.push(fail(
                    "/expect/body/media_type",
                    format!("a body of {media_type}"),
                    held.unwrap_or_else(|| "no Content-Type".to_owned()),
                ));
            }
        }
        match expect.empty {
            Some(true) if !response.body.is_empty() => failing.push(fail(
                "/expect/body/empty",
                "no body",
                format!("{} bytes: {}", response.body.len(), text(response)),
            )),
            Some(false) if response.body.is_empty() => {
                failing.push(fail("/expect/body/empty", "a body", "none"));
            }
            _ => {}
        }
        let whole = String::from_utf8_lossy(&response.body).to_lowercase();
        for (index, unwanted) in expect.not_containing.iter().enumerate() {
            let pointer = format!("/expect/body/not_containing/{index}");
            match template::fill_as_text(unwanted, self.scope) {
                Ok(unwanted) if whole.contains(&unwanted.to_lowercase()) => failing.push(fail(
                    &pointer,
                    format!("a body without `{unwanted}`"),
                    text(response),
                )),
                Ok(_) => {}
                Err(trouble) => failing.push(authored(&pointer, trouble.reason)),
            }
        }
        if expect.schema.is_none() && expect.at.is_empty() {
            return;
        }
        if response.cut {
            failing.push(Failing {
                kind: Kind::Gap(Whose::Muster),
                ..fail("/expect/body", "a body that was read whole", "The body is longer than the run keeps.")
            });
            return;
        }
        let json = match response.json() {
            Ok(json) => json,
            Err(reason) => {
                failing.push(fail(
                    "/expect/body",
                    "a JSON body",
                    format!("{} ({reason})", text(response)),
                ));
                return;
            }
        };
        if let Some(schema) = &expect.schema {
            self.schema(schema, json, response, failing);
        }
        for (index, matcher) in expect.at.iter().enumerate() {
            let judged = matcher::judge(matcher, json, self.scope);
            self.mismatches(&format!("/expect/body/at/{index}"), judged, false, failing);
        }
    }

    fn schema(
        &self,
        schema: &Value,
        json: &Value,
        response: &Response,
        failing: &mut Vec<Failing>,
    ) {
        const AT: &str = "/expect/body/schema";
        let validity = match schema {
            Value::String(name) if name == "contract" => {
                let media = self
                    .operation
                    .and_then(|operation| operation.response(response.status))
                    .and_then(|documented| media_of(documented, response));
                match media {
                    None => {
                        failing.push(fail(
                            AT,
                            "an answer that the contract documents",
                            received(response),
                        ));
                        return;
                    }
                    Some(None) => return,
                    Some(Some(schema)) => self.contract.schemas.validate_response(schema, json),
                }
            }
            Value::String(name) => match component(self.contract, name) {
                Some(schema) => self.contract.schemas.validate_response(schema, json),
                None => {
                    failing.push(authored(AT, format!("the contract has no schema `{name}`")));
                    return;
                }
            },
            inline => match inline_schema(inline) {
                Ok(validator) => {
                    let violations: Vec<Violation> = validator
                        .iter_errors(json)
                        .take(5)
                        .map(|error| Violation {
                            instance: error.instance_path().to_string(),
                            schema: error.schema_path().to_string(),
                            keyword: String::new(),
                            message: short(&error.to_string()),
                        })
                        .collect();
                    if violations.is_empty() {
                        Validity::Valid
                    } else {
                        Validity::Invalid(violations)
                    }
                }
                Err(reason) => {
                    failing.push(authored(AT, reason));
                    return;
                }
            },
        };
        match validity {
            Validity::Valid => {}
            Validity::Invalid(violations) => {
                let told: Vec<String> = violations
                    .iter()
                    .take(3)
                    .map(|one| {
                        let place = if one.instance.is_empty() { "the body" } else { &one.instance };
                        format!("{place}: {}", one.message)
                    })
                    .collect();
                failing.push(fail(AT, format!("a body that meets {}", named(schema)), told.join("; ")));
            }
            Validity::Unjudgeable(reason) => failing.push(Failing {
                kind: Kind::Gap(Whose::Supplier),
                ..fail(AT, "a schema that can be judged by", reason)
            }),
        }
    }
}

fn named(schema: &Value) -> String {
    match schema.as_str() {
        Some("contract") => "the contract".to_owned(),
        Some(name) => format!("`{name}`"),
        None => "the schema that the case gives".to_owned(),
    }
}

/// The schema of the contract that `#/components/schemas/NAME` names.
pub(super) fn component<'c>(contract: &'c Contract, name: &str) -> Option<&'c crate::contract::Schema> {
    contract
        .schemas
        .component(name.strip_prefix("#/components/schemas/")?)
}

/// The validator of a schema that a case gives.
///
/// # Errors
/// It is no schema.
pub(super) fn inline_schema(schema: &Value) -> Result<jsonschema::Validator, String> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| format!("this is no JSON Schema: {error}"))
}

/// The schema documented for the media type of an answer: none where nothing is documented, none inside
/// where no schema is.
fn media_of<'c>(
    documented: &'c ResponseSpec,
    response: &Response,
) -> Option<Option<&'c crate::contract::Schema>> {
    let own = response.media_type();
    let essence = |written: &str| written.split(';').next().unwrap_or_default().trim().to_owned();
    documented
        .content
        .iter()
        .find(|media| Some(essence(&media.media_type)) == own)
        .or_else(|| {
            documented
                .content
                .iter()
                .find(|media| matches!(media.media_type.as_str(), "*/*" | "application/*"))
        })
        .map(|media| media.schema.as_ref())
}

/// Whether an expression is true; else what it failed with.
fn holds(authored_text: &str, pointer: &str, scope: &Scope) -> Option<Failing> {
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
            format!("`{authored_text}` is neither true nor false: it is {}", shown(&other)),
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
                "answer" => format!(
                    "{} {}",
                    value.get("status").unwrap_or(&Value::Null),
                    value.get("body").map(shown).unwrap_or_default()
                ),
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
fn answers<'e>(exchanges: impl IntoIterator<Item = &'e Exchange>) -> Vec<(&'static str, Value)> {
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

fn received(response: &Response) -> String {
    let media = response
        .headers
        .get("content-type")
        .map(|media| format!(" with {media}"))
        .unwrap_or_default();
    if response.body.is_empty() {
        format!("{}{media}, no body", response.status)
    } else {
        format!("{}{media}: {}", response.status, text(response))
    }
}

fn text(response: &Response) -> String {
    short(&String::from_utf8_lossy(&response.body).replace(['\n', '\r'], " "))
}
