//! `ops.lost-update`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    examples::states::ROUNDS,
    support::own_record::{Own, PEOPLE, Tag, changes_item, conditional, of_role, success},
    support::probe::reached,
};
use muster_core::{
    arrange::Role,
    contract::Operation,
    exchange::Response,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.lost-update",
    purpose: "The API lets one of two concurrent updates of the same version with If-Match \
        succeed, and returns 412 to the other.",
    verifies: "For each operation that changes a record with an ETag in If-Match: two changes of \
        the same version of a record of the run's own are sent at once, each with the current ETag \
        in If-Match. Exactly one is taken; two successes fail where the record has a different \
        ETag afterwards. This is done 7 times: an API whose gap between comparison and write is \
        hit every second time is missed once in 128 runs, one that is hit every time never.",
    matters: "The comparison of ETags protects a record only if nothing can come between it and \
        the write; on a busy day two officers save within the same second.",
    fix: "Compare and write in one step: `UPDATE … WHERE id = ? AND version = ?`, or a lock on the row.",
    kind: Kind::Probe {
        scope: Scope::Operation(changes_item),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "One of two is told",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::new("GET /people/7", 200, &[("etag", "\"1\"")], "{}"),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::empty("PUT /people/7", 412),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Both are taken",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::new("GET /people/7", 200, &[("etag", "\"1\"")], "{}"),
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
                ScriptedResponse::new("GET /people/7", 200, &[("etag", "\"3\"")], "{}"),
            ],
            says: Expect::Fail("both"),
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Replace, Role::Patch])?;
    conditional(script, change)?;
    let own = Own::of(script, change)?;
    let mut won: Option<Tag> = None;
    for round in 0..ROUNDS {
        let told = won.take();
        let was_read = told.is_none();
        let tag = match told {
            Some(tag) => tag,
            None => Tag::needed(own.read(script, "reads the ETag of a record")?, own.read)?,
        };
        let mut requests = Vec::new();
        for client in 0..2 {
            let mut request = own.changing(script, 2 * round + client + 1, Some(&tag.0))?;
            request.purpose = "changes a record at the same time as another client".into();
            requests.push(request);
        }
        let exchanges = script.send_all(requests)?;
        let mut taken = 0;
        for exchange in exchanges {
            match reached(exchange) {
                Err(judgement) => return Ok(vec![judgement]),
                Ok(response) if Response::is_success(response) => {
                    taken += 1;
                    won = Tag::of(response);
                }
                Ok(_) => {}
            }
        }
        match (taken, exchanges.first()) {
            // The answer to a change may have a tag of its own; the next round reads that of the record.
            (0, _) if !was_read => {}
            (0, Some(first)) => {
                success(first)?;
            }
            (2, _) => {
                let now = Tag::of(own.read(script, "reads the ETag after both changes")?);
                if now.as_ref() == Some(&tag) {
                    return Err(Halt::NotApplicable(format!(
                        "{} leaves the record as it was, so that nothing could be lost.",
                        change.key
                    )));
                }
                return Ok(vec![
                    Finding::new(
                        "both",
                        "Two concurrent changes of the same version are both accepted.",
                        format!("{}: one success and one 412", change.key),
                        "two successes",
                    )
                    .at(change.pointer.clone())
                    .into(),
                ]);
            }
            _ => {}
        }
    }
    Ok(vec![Judgement::Pass])
}
