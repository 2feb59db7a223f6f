//! What is expected of answers, all of it judged (owner of [`Failing`]).

mod schema;
mod that;

use serde_json::Value;

pub(in crate::suite) use self::schema::{component, inline_schema};
use self::that::{answers, holds};
use super::{
    matcher::{self, Mismatch, judge_values, short},
    scope::Scope,
    step::{ExpectBody, Expectation, Matcher, Step},
    template,
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{Exchange, ExchangeId, Outcome, Response},
    model::Responsible,
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
    /// The first answer that shows it.
    pub(super) shown_by: Option<ExchangeId>,
}

/// What it means that an expectation does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The target is not as it must be.
    Fail,
    /// The authored expectation is wrong.
    Error,
    /// It cannot be told.
    Unverified(Responsible),
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
    let mut note = |one: Failing| match failing
        .iter_mut()
        .find(|held| held.pointer == one.pointer && held.expected == one.expected)
    {
        Some(held) => held.answers += 1,
        None => failing.push(one),
    };
    for exchange in exchanges.clone() {
        for one in bench.answer(exchange) {
            note(Failing {
                shown_by: Some(exchange.id),
                ..one
            });
        }
    }
    let that = bench
        .step
        .expect
        .as_ref()
        .map_or(&[][..], |expect| &expect.that);
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
        shown_by: None,
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
            Outcome::Broken(breakage) if statuses.has_breakage(exchange, breakage) => {
                return failing;
            }
            Outcome::Broken(breakage) => {
                return vec![fail(
                    at,
                    format!("status {statuses}"),
                    breakage.detail.clone(),
                )];
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

    fn headers(&self, expect: &Expectation, response: &Response, failing: &mut Vec<Failing>) {
        for (name, authored_value) in &expect.headers {
            let pointer = super::lint::member("/expect/headers", name);
            let held: Vec<Value> = response.headers.all(name).map(Value::from).collect();
            let held: Vec<&Value> = held.iter().collect();
            let matcher = match authored_value {
                Value::Object(_) => match serde_json::from_value::<Matcher>(authored_value.clone())
                {
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
                kind: Kind::Unverified(Responsible::Muster),
                ..fail(
                    "/expect/body",
                    "a body that was read whole",
                    "The body is longer than the run keeps.",
                )
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
