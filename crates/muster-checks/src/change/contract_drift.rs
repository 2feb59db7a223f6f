//! `change.contract-drift`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::probe::reached,
};
use muster_core::{
    contract::{Contract, Operation},
    drift::{self, Impact},
    exchange::{Address, Request},
    model::{Method, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "change.contract-drift",
    purpose: "The published contract does not break clients of the contract in the bid.",
    verifies: "The document at `published_contract` of the target file is fetched and compared \
        with the contract of the run, by the rules of docs/drift-rules.md: each difference that \
        breaks clients is a finding; differences that the rules cannot tell make the check \
        inconclusive; compatible ones pass. Without `published_contract` it does not apply.",
    matters: "What was bought is what is in the bid. A contract that changed since tells, before \
        any test of the API does, which clients will fail: and a test against the old contract \
        alone would never look at what is new.",
    fix: "Take the breaking change back, or serve it under a new version beside the old one for the time that was \
        agreed. `muster drift OLD NEW` shows every difference with its rule. Where the change was agreed, \
        test with the new contract.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "The same, in another order and with a description more",
            contract: OLD,
            dialogue: &[ScriptedResponse::json(
                "GET /openapi.json",
                200,
                r#"{"info": {"version": "1", "title": "Notes"}, "openapi": "3.1.0", "paths": {"/notes": {"get": {"description": "All", "responses": {"200": {"description": "Notes", "content": {"application/json": {"schema": {"enum": ["b", "a"]}}}}}}}}}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "An operation is gone",
            contract: OLD,
            dialogue: &[ScriptedResponse::json(
                "GET /openapi.json",
                200,
                r#"{"openapi": "3.1.0", "info": {"title": "Notes", "version": "2"}, "paths": {}}"#,
            )],
            says: Expect::Fail("The operation is gone"),
        },
        Example {
            title: "A response may hold a value that clients do not expect",
            contract: OLD,
            dialogue: &[ScriptedResponse::json(
                "GET /openapi.json",
                200,
                r#"{"openapi": "3.1.0", "info": {"title": "Notes", "version": "2"}, "paths": {"/notes": {"get": {"responses": {"200": {"description": "Notes", "content": {"application/json": {"schema": {"enum": ["a", "b", "c"]}}}}}}}}}"#,
            )],
            says: Expect::Fail("may be \"c\" now"),
        },
        Example {
            title: "Nothing is published there",
            contract: OLD,
            dialogue: &[ScriptedResponse::empty("GET /openapi.json", 404)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "No published contract is named",
            contract: "/notes: {get: {responses: {'200': {description: Notes}}}}",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const OLD: &str = "
x-muster-parameters: {published_contract: /openapi.json}
/notes: {get: {responses: {'200': {description: Notes, content: {application/json: {schema: {enum: [a, b]}}}}}}}
";

/// More than this many breaking changes are another API.
const MOST: usize = 40;

fn applies(_: &Contract, parameters: &Parameters) -> Applies {
    match parameters.text("published_contract") {
        Some(_) => Applies::Yes,
        None => Applies::No(
            "The target file names no `published_contract`: the path or URL where the target serves its own OpenAPI document."
                .into(),
        ),
    }
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    let Some(place) = world.parameters.text("published_contract") else {
        return Err(Halt::NotApplicable(
            "No published contract is named.".into(),
        ));
    };
    let address = if place.starts_with('/') {
        Address::Root(place.to_owned())
    } else {
        Address::Absolute(place.to_owned())
    };
    let request = Request::new(Method::Get, address, "reads the published contract").header(
        "accept",
        "application/json, application/yaml;q=0.9, */*;q=0.5",
    );
    let exchange = script.send(request)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    let unread = |why: String| {
        Ok(vec![Judgement::inconclusive(
            Responsible::Configuration,
            format!(
                "The published contract at {place} cannot be read: {why}. Correct `published_contract` in the target file."
            ),
        )])
    };
    if !response.is_success() {
        return unread(format!("the response is {}", exchange.received()));
    }
    if response.cut {
        return unread("it is longer than `body_limit_bytes`".into());
    }
    let Some(document) = parsed(&response.body) else {
        return unread("it is neither JSON nor YAML".into());
    };
    let published = match Contract::from_value(document) {
        Ok(published) => published,
        Err(refused) => return unread(refused.to_string()),
    };
    Ok(judged(world.contract, &published))
}

fn parsed(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().or_else(|| {
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(std::str::from_utf8(bytes).ok()?, options).ok()
    })
}

fn judged(given: &Contract, published: &Contract) -> Vec<Judgement> {
    let found = drift::compare(given, published);
    let of = |impact| found.iter().filter(move |found| found.impact == impact);
    let mut judgements = Vec::new();
    for difference in of(Impact::Breaking).take(MOST) {
        judgements.push(
            Finding::new(
                format!("{} {}", difference.rule, difference.message),
                format!("{} ({})", difference.message, difference.rule),
                format!("{}: as in the contract of the run", difference.operation),
                format!("{}: {}", difference.operation, difference.message),
            )
            .into(),
        );
    }
    let more = of(Impact::Breaking).count().saturating_sub(MOST);
    if more > 0 {
        judgements.push(
            Finding::new(
                "more breaking changes",
                format!("{more} further differences break clients; `muster drift` lists them."),
                "no breaking difference",
                format!("{more} more"),
            )
            .into(),
        );
    }
    let unclear: Vec<String> = of(Impact::Unclear)
        .map(|difference| format!("{}: {}", difference.operation, difference.message))
        .collect();
    if let Some(first) = unclear.first() {
        judgements.push(Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "The rules cannot tell whether {} of the differences break clients, such as \
                    {first} A person has to look: `muster drift` lists them.",
                unclear.len()
            ),
        ));
    }
    if judgements.is_empty() {
        judgements.push(Judgement::Pass);
    }
    judgements
}
