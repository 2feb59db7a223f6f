//! `ops.paging-complete`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{lists, of_role},
    support::pagination::{CURSORED, Extent, MOST_EMPTY, Walk, once_each, own_records},
};
use muster_core::{
    arrange::Role,
    contract::Operation,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.paging-complete",
    purpose: "The pages of a collection hold every item once, and pagination ends.",
    verifies: "For each collection that is cut into pages: five records of the run's own are \
        created where that is possible, and the collection is read page by page, three items at a \
        time or as many as make about six pages, by its Link or Next-Page header, the next link or \
        cursor in its body, or its offset or page parameter. No item comes twice, each of the \
        run's own comes once, and there is an end. Where the first page is another one afterwards, \
        a collection that counts its items was changed by others meanwhile, and is not judged. \
        Lists of more than 40 pages are read as far as that.",
    matters: "A record that is on no page does not exist for the client that exchanges a whole \
        collection; one that is on two is counted twice.",
    fix: "Order by something unique, such as the time of creation and then the id, and begin each page after the last \
    item of the page before.",
    kind: Kind::Probe {
        scope: Scope::Alone(lists),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Two pages",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":4}],"next":null}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The last item again",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":3},{"id":4}],"next":null}"#,
                ),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
            ],
            says: Expect::Fail("two pages"),
        },
        Example {
            title: "No end",
            contract: CURSORED,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"items":[],"next":"c"}"#,
            )],
            says: Expect::Fail("do not end"),
        },
        Example {
            title: "No pages",
            contract: "/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List, Role::Read])?;
    let mut walk = Walk::new(script, list, 3)?;
    let own = own_records(script, list, 5)?;
    let extent = walk.through(script)?;
    let wanted = match extent {
        Extent::Whole => own.into_keys().collect(),
        Extent::Cut => Vec::new(),
        Extent::Endless => {
            return Ok(vec![
                Finding::new(
                    "endless",
                    "The pages do not end: empty pages link to a next page again and again.",
                    format!("{}: a last page", list.key),
                    format!("{MOST_EMPTY} empty pages in a row"),
                )
                .at(list.pointer.clone())
                .into(),
            ]);
        }
    };
    match once_each(list, &walk.seen, wanted) {
        Some(_) if walk.counts() && (walk.seen.is_empty() || walk.has_moved(script)?) => {
            Err(walk.moved())
        }
        Some(found) => Ok(vec![found.into()]),
        None if extent == Extent::Cut => Err(Halt::NotApplicable(format!(
            "{} has too many pages to read them all.",
            list.key
        ))),
        None => Ok(vec![Judgement::Pass]),
    }
}
