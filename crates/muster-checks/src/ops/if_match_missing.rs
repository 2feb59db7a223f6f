//! `ops.if-match-missing`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{Own, changes_item, declares_if_match, of_role, promises},
    support::probe::reached,
};
use muster_core::{
    arrange::Role,
    contract::Operation,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.if-match-missing",
    purpose: "The API returns 428 to a change without a condition, where it requires one.",
    verifies: "For each operation that changes a record, where the contract documents 428 or the \
        target claims `if-match-required`: a change to a record of the run's own that is valid but \
        for If-Match receives 428. APIs that take changes without a condition are not judged.",
    matters: "A condition that can be left out protects nobody: the one client that forgets it overwrites \
        everybody else.",
    fix: "Return 428 to PUT and PATCH without If-Match, and say in the body what to send (RFC 6585 §3).",
    kind: Kind::Probe {
        scope: Scope::Operation(changes_item),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "428 without the condition",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::empty("PUT /people/7", 428),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Taken without the condition",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
            ],
            says: Expect::Fail("without If-Match"),
        },
        Example {
            title: "No condition is needed",
            contract: crate::support::own_record::PEOPLE,
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  post:
    requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get: {responses: {'200': {description: A person}}}
  put:
    requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
    responses: {'200': {description: Replaced}, '428': {description: If-Match is needed}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Replace, Role::Patch])?;
    let needs = |other: &Operation| other.documents(428);
    let claimed = |other: &Operation| needs(other) || declares_if_match(other);
    let promised = needs(change)
        || script.world.claims.has("if-match-required")
            && promises(script, change, "if-match-required", claimed);
    if !promised {
        return Err(Halt::NotApplicable(format!(
            "Neither the contract (428) nor a claim of `if-match-required` says that {} needs If-Match.",
            change.key
        )));
    }
    let own = Own::of(script, change)?;
    let mut request = own.changing(script, 1, None)?;
    request.purpose = "changes a record without the condition that is needed".into();
    let exchange = script.send(request)?;
    let judgement = match reached(exchange) {
        Err(judgement) => judgement,
        Ok(response) if response.status == 428 => Judgement::Pass,
        Ok(response) => {
            let title = if response.is_success() {
                "A change without If-Match is taken.".to_owned()
            } else {
                format!("A change without If-Match receives {}.", response.status)
            };
            Finding::new(
                format!("answered {}", response.status),
                title,
                format!("{}: 428", change.key),
                exchange.received(),
            )
            .at(change.pointer.clone())
            .into()
        }
    };
    Ok(vec![judgement])
}
