//! Examples of checks, run (owner of [`document`] and [`run`]).

pub(crate) mod example;
mod handshakes;
pub(crate) mod states;

use serde_json::{Map, Value, json};

use crate::{Answer, Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse};
use muster_core::{
    arrange::Relations,
    contract::{Contract, Operation},
    exchange::{
        Address, Breakage, Exchange, ExchangeId, Headers, HttpVersion, Intent, Outcome, Request,
        Response, Timing,
    },
    model::{Claims, IdentityName, Method, Parameters},
    script::{Effect, EffectResult, ProbeContext, Script, Scripted, Turn, turn},
    value_pool::ValuePool,
    verdict::{Judgement, Verdict},
};

/// More questions than any conversation of an example asks.
const MOST_TURNS: usize = 200;

/// When every answer of an example comes: noon of 1 January 2026.
const NOON_MS: i64 = 1_767_268_800_000;

/// Who may call in every example.
const IDENTITIES: &[&str] = &[
    "default",
    "other-force",
    "read-only",
    "expired",
    "not-yet-valid",
    "other-audience",
    "other-issuer",
    "unknown-key",
    "revoked",
];

/// Completes a part of a contract to a whole OpenAPI document.
///
/// Members whose names start with `/` are paths; a part without `openapi` gets version 3.1, a title
/// and, for each variable of a path that nothing declares, a parameter of type string.
#[must_use]
pub fn document(part: Value) -> Value {
    let Value::Object(part) = part else {
        return part;
    };
    if part.contains_key("openapi") {
        return Value::Object(part);
    }
    let mut whole = Map::new();
    whole.insert("openapi".into(), json!("3.1.0"));
    whole.insert(
        "info".into(),
        json!({ "title": "Example", "version": "1.0.0" }),
    );
    let mut paths = Map::new();
    for (name, value) in part {
        match value {
            Value::Object(more) if name == "paths" => paths.extend(more),
            value if name.starts_with('/') => {
                paths.insert(name, value);
            }
            value => {
                whole.insert(name, value);
            }
        }
    }
    for (path, item) in &mut paths {
        declare_variables(path, item);
    }
    whole.insert("paths".into(), Value::Object(paths));
    Value::Object(whole)
}

fn declare_variables(path: &str, item: &mut Value) {
    let text = item.to_string();
    let missing: Vec<Value> = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .filter(|name| !text.contains(&format!("\"name\":\"{name}\"")))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if let Value::Object(item) = item
        && !missing.is_empty()
    {
        let declared = item.entry("parameters").or_insert_with(|| json!([]));
        if let Value::Array(declared) = declared {
            declared.extend(missing);
        }
    }
}

/// Runs an example of a check against its contract, and gives what the check says of it.
///
/// # Errors
/// The example itself is wrong: a line that no request matches, or a request that no line answers.
pub fn run(
    check: &Check,
    example: &Example,
    contract: &Contract,
) -> Result<Vec<Judgement>, String> {
    let parameters = parameters(contract);
    match check.kind {
        Kind::Contract(judge) => Ok(judge(contract, &parameters)
            .into_iter()
            .map(|judged| judged.judgement)
            .collect()),
        Kind::Response(judge) => {
            let line = example.dialogue.first().ok_or("The dialogue is empty.")?;
            let exchange = answer(line, request(line, contract)?, contract, 1);
            Ok(judge(&Answer::of(contract, &exchange, &parameters)))
        }
        Kind::Probe { scope, run, .. } => {
            let mut judgements = Vec::new();
            for (operation, applies) in subjects(scope, contract, &parameters) {
                match applies {
                    Applies::Irrelevant => {}
                    Applies::No(reason) => judgements.push(Judgement::NotApplicable(reason)),
                    Applies::Yes => {
                        let mut asked = Vec::new();
                        let stage = Stage {
                            contract,
                            writes: true,
                            parameters: &parameters,
                        };
                        let said = converse(run, operation, example, &stage, &mut asked)?;
                        judgements.extend(said);
                    }
                }
            }
            Ok(judgements)
        }
    }
}

/// Whether judgements are what an example says.
#[must_use]
pub fn holds(says: Expect, judgements: &[Judgement]) -> bool {
    let worst = judgements.iter().filter_map(Judgement::verdict).max();
    match says {
        Expect::Pass => worst == Some(Verdict::Pass),
        Expect::Inconclusive => worst == Some(Verdict::Inconclusive),
        Expect::Nothing => worst.is_none(),
        Expect::Fail(text) => {
            worst == Some(Verdict::Fail)
                && judgements.iter().any(|judgement| {
                    matches!(judgement, Judgement::Fail(finding) if finding.title.contains(text))
                })
        }
    }
}

/// The base URL of an example: the first server of its contract.
fn base_url(contract: &Contract) -> String {
    contract.servers.first().map_or_else(
        || "https://api.example.test".to_owned(),
        |server| server.url.trim_end_matches('/').to_owned(),
    )
}

pub(crate) fn subjects<'a>(
    scope: Scope,
    contract: &'a Contract,
    parameters: &Parameters,
) -> Vec<(Option<&'a Operation>, Applies)> {
    match scope {
        Scope::Target(applies) => vec![(None, applies(contract, parameters))],
        _ => contract
            .operations
            .iter()
            .map(|operation| (Some(operation), scope.of(contract, operation, parameters)))
            .collect(),
    }
}

/// The parameters of an example: what its contract holds under `x-muster-parameters`.
fn parameters(contract: &Contract) -> Parameters {
    let held = contract.root.get("x-muster-parameters").cloned();
    held.and_then(|held| serde_json::from_value(held).ok())
        .unwrap_or_default()
}

/// The conversation of a probe.
pub(crate) type Run = for<'a> fn(&mut Script<'a>, Option<&'a Operation>) -> Scripted;

/// Where a conversation of an example is held.
pub(crate) struct Stage<'a> {
    pub(crate) contract: &'a Contract,
    pub(crate) writes: bool,
    pub(crate) parameters: &'a Parameters,
}

/// Holds the conversation of a probe against the lines of an example, and notes what it asks.
pub(crate) fn converse(
    run: Run,
    operation: Option<&Operation>,
    example: &Example,
    stage: &Stage<'_>,
    asked: &mut Vec<Request>,
) -> Result<Vec<Judgement>, String> {
    let contract = stage.contract;
    let relations = Relations::of(contract);
    let base_url = base_url(contract);
    let identities: Vec<IdentityName> = IDENTITIES.iter().map(|name| (*name).into()).collect();
    let world = ProbeContext {
        contract,
        relations: &relations,
        known: &ValuePool::default(),
        claims: &Claims::default(),
        parameters: stage.parameters,
        identities: &identities,
        base_url: &base_url,
        writes: stage.writes,
        seed: 1,
        run_tag: "muster-example",
    };
    let mut history = Vec::new();
    let mut used = vec![false; example.dialogue.len()];
    for _ in 0..MOST_TURNS {
        match turn(world, &history, |script| run(script, operation)) {
            Turn::Done(judgements) => return Ok(judgements),
            Turn::Effect(Effect::Pause(_)) => history.push(EffectResult::Paused),
            Turn::Effect(Effect::Handshake(asked)) => {
                let line = pick(example.dialogue, &mut used, |line| {
                    handshakes::matches(line.to, &asked)
                })
                .ok_or_else(|| format!("No line responds to HANDSHAKE {}.", asked.offer()))?;
                let handshaken = handshakes::ended(line, asked);
                history.push(EffectResult::Handshake(Box::new(handshaken)));
            }
            Turn::Effect(Effect::Send(requests) | Effect::SendPaced(requests, _)) => {
                let mut exchanges = Vec::new();
                for request in requests {
                    asked.push(request.clone());
                    let line =
                        next_line(example.dialogue, &mut used, &request).ok_or_else(|| {
                            format!(
                                "No line responds to {} {}.",
                                request.method,
                                request.path_and_query()
                            )
                        })?;
                    exchanges.push(answer(line, request, contract, exchanges.len() as u64 + 1));
                }
                history.push(EffectResult::Exchanges(exchanges));
            }
        }
    }
    Err(format!(
        "The conversation does not end in {MOST_TURNS} turns."
    ))
}

/// The first line that matches and was not used yet, or the last that matches.
fn next_line<'e>(
    dialogue: &'e [ScriptedResponse],
    used: &mut [bool],
    request: &Request,
) -> Option<&'e ScriptedResponse> {
    pick(dialogue, used, |line| matches(line.to, request))
}

fn pick<'e>(
    dialogue: &'e [ScriptedResponse],
    used: &mut [bool],
    matches: impl Fn(&ScriptedResponse) -> bool,
) -> Option<&'e ScriptedResponse> {
    let fresh = dialogue
        .iter()
        .zip(used.iter_mut())
        .find(|(line, used)| !**used && matches(line));
    if let Some((line, used)) = fresh {
        *used = true;
        return Some(line);
    }
    dialogue.iter().rev().find(|line| matches(line))
}

fn matches(to: &str, request: &Request) -> bool {
    let Some((method, pattern)) = to.split_once(' ') else {
        return false;
    };
    let whole = request.path_and_query();
    let path = if pattern.contains('?') {
        whole
    } else {
        crate::support::probe::path(request)
    };
    method == request.method.as_str()
        && pattern
            .strip_suffix('*')
            .map_or(path == pattern, |prefix| path.starts_with(prefix))
}

/// The request that the first line of a response check answers.
pub(crate) fn request(line: &ScriptedResponse, contract: &Contract) -> Result<Request, String> {
    let (method, path) = line
        .to
        .split_once(' ')
        .ok_or("A line responds to `METHOD /path`.")?;
    let method = Method::parse(method);
    let mut request = Request::new(method.clone(), Address::Base(path.to_owned()), "an example");
    request.intent = if line.wrong {
        Intent::Wrong("an example".into())
    } else if (200..300).contains(&line.status) {
        Intent::Valid
    } else {
        Intent::Plausible
    };
    request.operation = contract
        .find_operation(&method, crate::support::probe::path(&request))
        .map(|operation| operation.key.clone());
    Ok(request)
}

pub(crate) fn answer(
    line: &ScriptedResponse,
    request: Request,
    contract: &Contract,
    id: u64,
) -> Exchange {
    let url = match &request.address {
        Address::Base(path) => format!("{}{path}", base_url(contract)),
        Address::Root(path) => format!("https://api.example.test{path}"),
        Address::Absolute(url) => url.clone(),
    };
    let outcome = line.broken.map_or_else(
        || {
            Outcome::Answered(
                Response::new(
                    line.status,
                    if line.http2 {
                        HttpVersion::Http2
                    } else {
                        HttpVersion::Http11
                    },
                    line.headers.iter().copied().collect::<Headers>(),
                    line.body.as_bytes().into(),
                    false,
                    Timing::default(),
                )
                .at(NOON_MS),
            )
        },
        |kind| {
            Outcome::Broken(Breakage {
                kind,
                detail: "The exchange broke.".into(),
            })
        },
    );
    Exchange {
        id: ExchangeId(id),
        request,
        url,
        credentials: Headers::new(),
        followed: None,
        outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_becomes_a_document_and_a_document_stays() {
        let whole = document(json!({
            "/people/{id}": { "get": {} },
            "components": {},
        }));
        assert_eq!(whole.pointer("/openapi"), Some(&json!("3.1.0")));
        assert_eq!(
            whole.pointer("/paths/~1people~1{id}/parameters/0/name"),
            Some(&json!("id"))
        );
        assert_eq!(whole.pointer("/components"), Some(&json!({})));
        assert_eq!(document(whole.clone()), whole);
    }

    #[test]
    fn lines_answer_once_each_and_the_last_again() {
        let dialogue = [
            ScriptedResponse::empty("GET /a*", 404),
            ScriptedResponse::empty("GET /a?x=1", 200),
        ];
        let mut used = [false; 2];
        let mut status = |path: &str| {
            let request = Request::new(Method::Get, Address::Base(path.into()), "");
            next_line(&dialogue, &mut used, &request).map(|line| line.status)
        };
        assert_eq!(status("/a?x=1"), Some(404));
        assert_eq!(status("/a?x=1"), Some(200));
        assert_eq!(status("/a?x=1"), Some(200));
        assert_eq!(status("/ab"), Some(404));
        assert_eq!(status("/b"), None);
    }
}
