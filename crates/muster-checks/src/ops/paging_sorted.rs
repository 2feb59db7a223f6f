//! `ops.paging-sorted`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{lists, of_role},
    support::pagination::{Extent, Walk, once_each, orders, own_records},
};
use muster_core::{
    arrange::Role,
    contract::Operation,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// How many orders are tried.
const MOST: usize = 2;

/// The check.
pub static CHECK: Check = Check {
    id: "ops.paging-sorted",
    purpose: "The pages of a sorted collection hold every item once, even where many sort values \
        are equal.",
    verifies: "For each collection that is cut into pages and whose parameter for the order names \
        its values: two records of the run's own are created where that is possible, and the \
        collection is read page by page in up to two orders, each of another property. No item \
        comes twice, and each of the run's own comes once. Lists of more than 40 pages are read as \
        far as that. A collection that pages by a number of items is read again where something is \
        wrong, and judged only where both readings are.",
    matters: "Records with the same surname or date have no order among themselves. Where the store may give \
        them in another one each time, a page boundary between them loses one and shows another twice.",
    fix: "End every order by something unique, such as the id, and keep both in the cursor.",
    kind: Kind::Probe {
        scope: Scope::Alone(lists),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Every item once",
            contract: LIST,
            dialogue: &[
                FIRST,
                FIRST,
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":4}],"next":null}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "An item on two pages",
            contract: LIST,
            dialogue: &[
                FIRST,
                FIRST,
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":3}],"next":null}"#),
            ],
            says: Expect::Fail("two pages"),
        },
        Example {
            title: "No order to choose",
            contract: "/people: {get: {parameters: [{name: limit, in: query, schema: {type: integer}}], responses: {'200': {description: People}}}}",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const FIRST: ScriptedResponse = ScriptedResponse::json(
    "GET /people",
    200,
    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
);

const LIST: &str = "
/people:
  get:
    parameters:
      - {name: limit, in: query, schema: {type: integer, maximum: 100}}
      - {name: cursor, in: query, schema: {type: string}}
      - {name: sort, in: query, schema: {type: string, enum: [surname, -surname]}}
    responses: {'200': {description: People}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List, Role::Read])?;
    let orders = orders(script.world.contract, list);
    if orders.is_empty() {
        return Err(Halt::NotApplicable(format!(
            "No parameter of {} names the orders that there are.",
            list.key
        )));
    }
    let mut walk = Walk::new(script, list, 3)?;
    let own = own_records(script, list, 2)?;
    let mut judged = false;
    for (name, value) in orders.into_iter().take(MOST) {
        walk.ordered(script, &name, &value)?;
        let Some(mut found) = read(script, &mut walk, list, own.keys())? else {
            judged = true;
            continue;
        };
        if walk.counts() {
            if walk.has_moved(script)? {
                continue;
            }
            walk.restart();
            match read(script, &mut walk, list, own.keys())? {
                Some(again) => found = again,
                None => continue,
            }
        }
        found.cause = format!("{} {value}", found.cause);
        found.title = format!("By `{name}={value}`: {}", found.title);
        return Ok(vec![found.at(list.pointer.clone()).into()]);
    }
    if judged {
        Ok(vec![Judgement::Pass])
    } else {
        Err(walk.moved())
    }
}

/// Reads all pages, and tells what is wrong with them.
fn read<'a, 'k>(
    script: &mut Script<'a>,
    walk: &mut Walk<'a>,
    list: &Operation,
    own: impl Iterator<Item = &'k String>,
) -> Scripted<Option<Finding>> {
    let extent = walk.through(script)?;
    let wanted = own.filter(|_| extent == Extent::Whole).cloned();
    Ok(once_each(list, &walk.seen, wanted))
}
