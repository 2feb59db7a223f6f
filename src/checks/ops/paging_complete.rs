//! `ops.paging-complete`

use crate::{
    arrange::Role,
    checks::{
        Check, Example, Kind, Line, Says, Scope,
        operating::{lists, of_role},
        walking::{CURSORED, Step, Walk, once_each, own_records},
    },
    contract::Operation,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.paging-complete",
    purpose: "The pages of a list hold every item once, and come to an end.",
    verifies: "For each list that is cut into pages: five records of the run's own are created where that \
        is possible, and the list is read page by page, three items at a time or as many as make about \
        six pages, by its Link or Next-Page header, the next link or cursor in its body, or its offset \
        or page parameter. No item comes twice, each of the run's own comes once, and there is an end. \
        Where the first page is another one afterwards, a list that counts its items was changed by others \
        meanwhile, and is not judged. Lists of more than 40 pages are read as far as that.",
    matters: "A record that is on no page does not exist for the caller who exchanges a whole list; one \
        that is on two is counted twice.",
    fix: "Order by something unique, such as the moment of creation and then the id, and begin each page \
        after the last item of the page before.",
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
                Line::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
                Line::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
                Line::json("GET /people", 200, r#"{"items":[{"id":4}],"next":null}"#),
            ],
            says: Says::Pass,
        },
        Example {
            title: "The last item again",
            contract: CURSORED,
            dialogue: &[
                Line::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
                Line::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
                Line::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":3},{"id":4}],"next":null}"#,
                ),
                Line::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#,
                ),
            ],
            says: Says::Fail("two pages"),
        },
        Example {
            title: "No end",
            contract: CURSORED,
            dialogue: &[Line::json("GET /people", 200, r#"{"items":[],"next":"c"}"#)],
            says: Says::Fail("no end"),
        },
        Example {
            title: "No pages",
            contract: "/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[],
            says: Says::Nothing,
        },
    ],
};

/// So many empty pages in a row have no end.
const MOST_EMPTY: usize = 5;

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List, Role::Read])?;
    let mut walk = Walk::new(script, list, 3)?;
    let own = own_records(script, list, 5)?;
    let mut request = walk.fit(script)?;
    let mut begun: Option<Vec<String>> = None;
    let mut empty = 0;
    loop {
        let (step, next) = walk.page(script, request)?;
        let (Step::More(items) | Step::Last(items)) = step;
        empty = if items.is_empty() { empty + 1 } else { 0 };
        begun.get_or_insert(items);
        match next {
            None => break,
            Some(_) if empty >= MOST_EMPTY => {
                return Ok(vec![
                    Finding::new(
                        "endless",
                        "The pages come to no end: empty ones name a next one again and again.",
                        format!("{}: a last page", list.key),
                        format!("{MOST_EMPTY} empty pages in a row"),
                    )
                    .at(list.pointer.clone())
                    .into(),
                ]);
            }
            Some(_) if walk.hurry() => {
                request = walk.first(script)?;
                begun = None;
                empty = 0;
            }
            Some(_) if walk.is_long() => {
                let judged = once_each(list, &walk.seen, []);
                return Ok(vec![judged.map_or_else(
                    || {
                        Judgement::not_applicable(format!(
                            "{} has too many pages to read them all.",
                            list.key
                        ))
                    },
                    Judgement::from,
                )]);
            }
            Some(next) => request = next,
        }
    }
    let Some(found) = once_each(list, &walk.seen, own.into_keys()) else {
        return Ok(vec![Judgement::Pass]);
    };
    if walk.counts()
        && (walk.seen.is_empty() || walk.has_moved(script, begun.as_deref().unwrap_or_default())?)
    {
        return Err(walk.moved());
    }
    Ok(vec![found.into()])
}
