//! `ops.paging-cursor`

use std::collections::BTreeSet;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{lists, of_role},
    support::pagination::{CURSORED, Walk, has_id, own_records},
};
use muster_core::{
    arrange::{Role, paging::listed},
    contract::Operation,
    exchange::Response,
    model::IdentityName,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.paging-cursor",
    purpose: "A cursor gives a client no record that the client may not see.",
    verifies: "For each collection whose pages begin at a cursor, where the target file names a \
        second identity that may read the collection: the second page of the first identity is \
        asked for by the other. A refusal passes; a response may hold only what the other finds in \
        the collection as well. Where both see the same records, nothing can be told, and the \
        check says so.",
    matters: "A cursor is a text in an address, and addresses are passed on. One that carries the rights of \
        whoever it was made for gives a force's records to another.",
    fix: "Keep no rights in a cursor: apply those of the client to every page.",
    kind: Kind::Probe {
        scope: Scope::Alone(lists),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "The cursor of another is refused",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":4}],"next":null}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":9}],"next":null}"#),
                ScriptedResponse::json("GET /people", 400, "{}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The records of another",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":4}],"next":null}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":9}],"next":null}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":4}],"next":null}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":9}],"next":null}"#),
            ],
            says: Expect::Fail("may not see"),
        },
        Example {
            title: "A record that came meanwhile",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":4}],"next":null}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":9}],"next":null}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":10}],"next":null}"#),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":9},{"id":10}],"next":null}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Both see the same",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":4}],"next":null}"#),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":4}],"next":null}"#,
                ),
            ],
            says: Expect::Nothing,
        },
    ],
};

const FIRST: &str = r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#;

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List, Role::Read])?;
    if script.world.identities.len() < 2 {
        return Err(Halt::NotApplicable(
            "The target file names no second identity.".to_owned(),
        ));
    }
    let mut walk = Walk::new(script, list, 3)?;
    if !walk.has_cursor() {
        return Err(Halt::NotApplicable(format!(
            "The pages of {} begin at no cursor.",
            list.key
        )));
    }
    let first = walk.fit(script)?;
    let mut second = walk.page(script, first.clone())?.1;
    if second.is_none() {
        own_records(script, list, 5)?;
        second = walk.page(script, first)?.1;
    }
    let Some(second) = second else {
        return Err(Halt::NotApplicable(format!("{} has one page.", list.key)));
    };
    walk.restart();
    walk.page(script, second.clone())?;
    let page = walk.seen.clone();
    let mut same = false;
    for identity in script.world.identities.iter().skip(1) {
        let Some(visible) = visible(script, &mut walk, identity)? else {
            continue;
        };
        if page.iter().all(|item| visible.contains(item)) {
            same = true;
            continue;
        }
        let mut borrowed = second.clone();
        borrowed.identity = identity.clone();
        borrowed.purpose = "asks for the second page of another client".into();
        let exchange = script.send(borrowed)?;
        let shown = exchange
            .response()
            .filter(|response| response.is_success())
            .and_then(|response| Response::json(response).ok())
            .map(|body| listed(script.world.relations, &list.key, body))
            .unwrap_or_default();
        let mut hidden: Vec<&String> = shown
            .iter()
            .filter(|item| has_id(item) && !visible.contains(*item))
            .collect();
        if !hidden.is_empty() {
            // What came meanwhile is in the list by now.
            let by_now = self::visible(script, &mut walk, identity)?.unwrap_or_default();
            hidden.retain(|item| !by_now.contains(*item));
        }
        return Ok(vec![if hidden.is_empty() {
            Judgement::Pass
        } else {
            Finding::new(
                "shown",
                "The cursor of one client shows another client records that it may not see.",
                format!("{} as {identity}: its own records, or a refusal", list.key),
                format!("{} that are not in its own list", hidden.len()),
            )
            .at(list.pointer.clone())
            .into()
        }]);
    }
    Err(Halt::NotApplicable(if same {
        format!("All identities find the same records in {}.", list.key)
    } else {
        format!(
            "No second identity of the target file may read {}.",
            list.key
        )
    }))
}

/// All that an identity finds in the list; nothing where it may not read it, or not to its end.
fn visible<'a>(
    script: &mut Script<'a>,
    walk: &mut Walk<'a>,
    identity: &IdentityName,
) -> Scripted<Option<BTreeSet<String>>> {
    walk.widen();
    walk.restart();
    let mut request = Some(walk.first(script)?);
    while let Some(mut asked) = request.take() {
        asked.identity = identity.clone();
        if walk.is_long() {
            return Ok(None);
        }
        request = match walk.page(script, asked) {
            Ok((_, next)) => next,
            // An identity that may not read the list has nothing to compare with.
            Err(Halt::Unmet(_)) => return Ok(None),
            Err(halt) => return Err(halt),
        };
    }
    Ok(Some(walk.seen.iter().cloned().collect()))
}
