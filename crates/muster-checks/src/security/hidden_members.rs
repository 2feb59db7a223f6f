//! `security.hidden-members`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{ResourceOperations, make, subject, to_item},
};
use muster_core::{
    arrange::hazard,
    contract::{Contract, Operation},
    exchange::{Address, Request, Response},
    model::{AccessRule, Method, NOBODY, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.hidden-members",
    purpose: "A response does not hold properties that the client's role may not see.",
    verifies: "The authorisation table (the parameter `authorisation`) names with `hides` \
        properties that an identity must not see. A record with everything filled in is made, and \
        read by the default identity, which must see the property; then by that identity, which \
        must not: neither with a value, nor null, nor masked. Properties are looked for at any \
        depth.",
    matters: "A property that is null for some and missing for others tells that there is \
        something. One that is sent and left for the screen to hide has been disclosed.",
    fix: "Choose the properties of a response by the rights of the client when it is built, and \
        leave the others out altogether.",
    kind: Kind::Probe {
        scope: Scope::OperationWith(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Absent",
            contract: TABLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json(
                    "GET /people/1",
                    200,
                    r#"{"id":"1","name":"Zz","phone":"01632"}"#,
                ),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","name":"Zz"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Shown",
            contract: TABLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json(
                    "GET /people/1",
                    200,
                    r#"{"id":"1","name":"Zz","phone":"01632"}"#,
                ),
            ],
            says: Expect::Fail("sees `phone`"),
        },
        Example {
            title: "Null",
            contract: TABLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","phone":"01632"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","phone":null}"#),
            ],
            says: Expect::Fail("sees `phone`"),
        },
        Example {
            title: "Nobody sees it",
            contract: TABLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1"}"#),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

const TABLE: &str = "
x-muster-parameters:
  authorisation:
    - {identity: read-only, operations: [getPerson], answer: allowed, hides: [phone]}
/people:
  post:
    security: [{token: []}]
    requestBody:
      content:
        application/json:
          schema: {type: object, properties: {name: {type: string}, phone: {type: string}}}
    responses:
      '201':
        description: A person
        content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}
/people/{id}:
  get:
    operationId: getPerson
    security: [{token: []}]
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    responses: {'200': {description: A person}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

fn rules(operation: &Operation, parameters: &Parameters) -> Vec<AccessRule> {
    // A table that is wrong is told by `security.authorisation`.
    AccessRule::table(parameters)
        .unwrap_or_default()
        .into_iter()
        .filter(|rule| {
            !rule.hides.is_empty()
                && rule.identity != NOBODY
                && rule.names(&operation.key, operation.id.as_deref())
        })
        .collect()
}

fn applies(_: &Contract, operation: &Operation, parameters: &Parameters) -> Applies {
    if operation.key.method != Method::Get || rules(operation, parameters).is_empty() {
        return Applies::Irrelevant;
    }
    match hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let read = request(script, operation)?;
    let open = script.send(Request {
        purpose: "reads with every right".into(),
        ..read.clone()
    })?;
    let whole = seen(open.response()).ok_or_else(|| {
        Halt::unmet(
            Responsible::Supplier,
            format!(
                "{} returned {} to the default identity, so that nothing can be compared.",
                operation.key,
                open.received()
            ),
        )
    })?;
    let mut judgements = Vec::new();
    for rule in rules(operation, script.world.parameters) {
        let exchange = script.send(Request {
            identity: rule.identity.as_str().into(),
            purpose: format!("reads as {}", rule.identity),
            access: Some(rule.access()),
            ..read.clone()
        })?;
        let Some(answer) = seen(exchange.response()) else {
            judgements.push(Judgement::inconclusive(
                Responsible::Credentials,
                format!(
                    "{} returned {} to `{}`, so that what it sees is not known.",
                    operation.key,
                    exchange.received(),
                    rule.identity
                ),
            ));
            continue;
        };
        for member in &rule.hides {
            judgements.push(if holds(answer, member) {
                Finding::new(
                    format!("{} sees {member}", rule.identity),
                    format!("`{}` sees `{member}`, which its role must not see.", rule.identity),
                    format!("{}: no `{member}` at any depth", operation.key),
                    format!("a property `{member}`"),
                )
                .at(operation.pointer.clone())
                .shown_by(exchange.id)
                .into()
            } else if holds(whole, member) {
                Judgement::Pass
            } else {
                Judgement::inconclusive(
                    Responsible::TestData,
                    format!(
                        "{} shows no `{member}` to the default identity either, so its absence proves nothing. Name a record that has it under `data`.",
                        operation.key
                    ),
                )
            });
        }
    }
    Ok(judgements)
}

/// A read of a record that has everything, where one can be made; else the ordinary valid read.
fn request<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted<Request> {
    let world = script.world;
    let home = ResourceOperations::of(world, operation);
    if let (Ok(home), true) = (home, world.writes) {
        match make(script, &home) {
            Ok(held) if home.read.key == operation.key => {
                return to_item(world, operation, &held.path, None, None);
            }
            Ok(_) | Err(Halt::Unmet(_) | Halt::NotApplicable(_)) => {}
            Err(Halt::Pending) => return Err(Halt::Pending),
        }
    }
    let request = muster_core::arrange::valid_request(script, operation)?.request;
    Ok(match &request.address {
        Address::Base(_) => request,
        Address::Root(_) | Address::Absolute(_) => {
            return Err(Halt::NotApplicable("It is not below the base URL.".into()));
        }
    })
}

fn seen(response: Option<&Response>) -> Option<&Value> {
    response
        .filter(|response| response.is_success())
        .and_then(|response| response.json().ok())
}

/// Whether a member of this name stands anywhere.
fn holds(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(held, value)| held == name || holds(value, name)),
        Value::Array(items) => items.iter().any(|item| holds(item, name)),
        _ => false,
    }
}
