//! `ops.if-match-weak`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{Own, PEOPLE, Tag, changes_item, conditional, of_role},
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
    id: "ops.if-match-weak",
    purpose: "The API compares If-Match strongly: a weak ETag matches nothing.",
    verifies: "For each change of one record that heeds If-Match by contract or claim: a record of \
        the run's own is read, and changed with its strong ETag in If-Match written as a weak one \
        (W/). That is not taken; 412 is right, and another 4xx is not judged. Where the ETag is \
        weak itself, nothing is judged.",
    matters: "A weak ETag says that two versions mean about the same. A change made to one of them \
        may wipe out what only the other has.",
    fix: "Compare If-Match octet by octet with the strong ETag, the prefix W/ among them (RFC 9110 \
        §8.8.3.2).",
    kind: Kind::Probe {
        scope: Scope::Operation(changes_item),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[MADE, READ, ScriptedResponse::empty("PUT /people/7", 412)],
            says: Expect::Pass,
        },
        Example {
            title: "Taken",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
            ],
            says: Expect::Fail("weak ETag"),
        },
        Example {
            title: "Weak by nature",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                ScriptedResponse::new("GET /people/7", 200, &[("etag", "W/\"1\"")], "{}"),
            ],
            says: Expect::Nothing,
        },
    ],
};

const MADE: ScriptedResponse = ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#);
const READ: ScriptedResponse =
    ScriptedResponse::new("GET /people/7", 200, &[("etag", "\"1\"")], "{}");

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Replace, Role::Patch])?;
    conditional(script, change)?;
    let own = Own::of(script, change)?;
    let tag = Tag::needed(own.read(script, "reads the ETag of a record")?, own.read)?;
    if tag.is_weak() {
        return Err(Halt::NotApplicable(format!(
            "The ETag of {} is a weak one.",
            own.read.key
        )));
    }
    let mut request = own.changing(script, 1, Some(&format!("W/{}", tag.0)))?;
    request.purpose = "changes a record with If-Match and a weak ETag".into();
    let exchange = script.send(request)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    let judgement = if response.is_success() {
        Finding::new(
            "taken",
            "A change with a weak ETag in If-Match is accepted.",
            format!("{} with If-Match: W/{}: 412", change.key, tag.0),
            exchange.received(),
        )
        .at(change.pointer.clone())
        .into()
    } else if response.status == 412 {
        Judgement::Pass
    } else {
        Judgement::not_applicable(format!(
            "{} returns {} to a weak ETag in If-Match.",
            change.key, response.status
        ))
    };
    Ok(vec![judgement])
}
