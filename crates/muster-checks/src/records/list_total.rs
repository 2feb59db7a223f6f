//! `records.list-total`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::resource::{PAGED, ResourceOperations, judged, make_simple, on_list, subject},
};
use muster_core::{
    contract::{Contract, Operation},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.list-total",
    purpose: "The total of a collection is its number of records.",
    verifies: "Three records are created. Each page that is asked is held against the total of the \
        same response, so that others may write meanwhile: a page of one record says at least \
        three; a page of the greatest length holds as many records as the total, or is full; and \
        the page that begins at the last record holds what is left. The total is a property called \
        total, totalCount or the like, at the top or under meta or page, or the header \
        X-Total-Count. Totals that the API calls estimates are not recognised as such.",
    matters: "People stop reading when the count is reached. A total that is short hides records.",
    fix: "Count with the same filters as the collection, and not the page.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "As many",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people?limit=1",
                    200,
                    r#"{"total":3,"items":[{"id":"1"}]}"#,
                ),
                ScriptedResponse::json(
                    "GET /people?limit=100",
                    200,
                    r#"{"total":3,"items":[{"id":"1"},{"id":"2"},{"id":"3"}]}"#,
                ),
                ScriptedResponse::json(
                    "GET /people?limit=100&offset=2",
                    200,
                    r#"{"total":3,"items":[{"id":"3"}]}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The page is counted",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people*", 200, r#"{"total":1,"items":[{"id":"1"}]}"#),
            ],
            says: Expect::Fail("total"),
        },
        Example {
            title: "One too many",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people?limit=1",
                    200,
                    r#"{"total":4,"items":[{"id":"1"}]}"#,
                ),
                ScriptedResponse::json(
                    "GET /people*",
                    200,
                    r#"{"total":4,"items":[{"id":"1"},{"id":"2"},{"id":"3"}]}"#,
                ),
            ],
            says: Expect::Fail("total"),
        },
        Example {
            title: "No total",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people*", 200, r#"{"items":[{"id":"1"}]}"#),
            ],
            says: Expect::Nothing,
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_list(contract, operation)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let home = ResourceOperations::of(script.world, list)?;
    let mut held = make_simple(script, &home)?;
    let mut made = 1_i64;
    if !home.create.key.path.contains('{') {
        for _ in 0..2 {
            held = make_simple(script, &home)?;
            made += 1;
        }
    }
    let lister = Lister::of(script, &home, list, &held)?;
    let tell = |cause: &str, expected: String, received: String| -> Judgement {
        Finding::new(
            cause,
            "The total of a collection is not its number of records.",
            expected,
            received,
        )
        .at(list.pointer.clone())
        .into()
    };
    let short: Vec<(&str, Value)> = lister
        .limit
        .iter()
        .map(|limit| (limit.name.as_str(), Value::from(1)))
        .collect();
    let page = lister.fetch(script, &short, "asks for a short page and its total")?;
    let Some(total) = page.total else {
        return Err(Halt::NotApplicable("The collection has no total.".into()));
    };
    if total < made || total < count(page.items.len()) {
        return Ok(vec![tell(
            "page",
            format!("at least {made}, which were created just now"),
            total.to_string(),
        )]);
    }
    let Some((name, longest)) = lister.longest() else {
        return Ok(judged(
            (total != count(page.items.len()))
                .then(|| tell("whole", page.items.len().to_string(), total.to_string()))
                .into_iter()
                .collect(),
        ));
    };
    let most = longest.as_i64().unwrap_or(1);
    let page = lister.fetch(
        script,
        &[(name, longest.clone())],
        "asks for a long page and its total",
    )?;
    let total = page.total.unwrap_or(total);
    let shown = count(page.items.len());
    // A server may cap a page below what is asked, but not show more than it counts.
    if shown > total
        || (shown < total && shown < most && lister.offset.is_none() && lister.page.is_none())
    {
        return Ok(vec![tell("first", shown.to_string(), total.to_string())]);
    }
    if let Some(offset) = lister.offset {
        let from = (total - 1).max(0);
        let query = [(name, longest), (offset.name.as_str(), Value::from(from))];
        let last = lister.fetch(script, &query, "asks for the last record and the total")?;
        let left = (last.total.unwrap_or(total) - from).clamp(0, most);
        let shown = count(last.items.len());
        if shown != left {
            return Ok(vec![tell(
                "last",
                format!("{left} from number {from} on"),
                format!("{shown}"),
            )]);
        }
    }
    Ok(judged(Vec::new()))
}

fn count(items: usize) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}
