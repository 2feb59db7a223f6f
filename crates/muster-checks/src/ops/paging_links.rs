//! `ops.paging-links`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{lists, of_role},
    support::pagination::{CURSORED, Step, Walk, own_records},
};
use muster_core::{
    arrange::{
        Role,
        paging::{Next, listed, next, page_at},
    },
    contract::Operation,
    exchange::{Exchange, Request, Response},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.paging-links",
    purpose: "The links to the first, previous and last page lead to those pages.",
    verifies: "For each collection that is cut into pages: up to three pages are read, of three \
        items or as many as make about six pages. Where the last of them links to a page before \
        it, that page ends with the item that came before; where it links to the first page, that \
        begins as the collection does; where it links to the last page, that names no next one \
        that holds anything. Links are taken from the Link header and from the body, and those to \
        other hosts are not followed. Where the first page is another one afterwards, or the last \
        page names another one by then, others write meanwhile, and nothing is judged.",
    matters: "An officer who goes back a page sees records that were not there, or misses those that were.",
    fix: "Make each link from the page it stands on: the previous page ends where this one begins, \
        and the last one ends the collection.",
    kind: Kind::Probe {
        scope: Scope::Alone(lists),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Back to the page before",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json(
                    "GET /people?limit=3&cursor=c",
                    200,
                    r#"{"items":[{"id":4}],"links":{"prev":"/people?limit=3"}}"#,
                ),
                ScriptedResponse::json("GET /people?limit=3", 200, FIRST),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Back to somewhere else",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json(
                    "GET /people?limit=3&cursor=c",
                    200,
                    r#"{"items":[{"id":4}],"links":{"prev":"/people?limit=2"}}"#,
                ),
                ScriptedResponse::json(
                    "GET /people?limit=2",
                    200,
                    r#"{"items":[{"id":1},{"id":2}],"next":"b"}"#,
                ),
            ],
            says: Expect::Fail("does not end with"),
        },
        Example {
            title: "A last page with more after it",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json(
                    "GET /people?limit=3&cursor=c",
                    200,
                    r#"{"items":[{"id":4}],"links":{"last":"/people?limit=3"}}"#,
                ),
                ScriptedResponse::json("GET /people?limit=3", 200, FIRST),
            ],
            says: Expect::Fail("not the last"),
        },
        Example {
            title: "Others write meanwhile",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json(
                    "GET /people?limit=3&cursor=c",
                    200,
                    r#"{"items":[{"id":4}],"links":{"first":"/people?limit=3"}}"#,
                ),
                ScriptedResponse::json(
                    "GET /people?limit=3",
                    200,
                    r#"{"items":[{"id":0},{"id":1},{"id":2}],"next":"b"}"#,
                ),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "No links",
            contract: CURSORED,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":4}]}"#),
            ],
            says: Expect::Nothing,
        },
    ],
};

const FIRST: &str = r#"{"items":[{"id":1},{"id":2},{"id":3}],"next":"c"}"#;

/// Pages read before the links of the last of them are followed.
const DEEP: usize = 3;

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List, Role::Read])?;
    let mut walk = Walk::new(script, list, 3)?;
    walk.fit(script)?;
    let (mut pages, mut deepest) = first_pages(script, &mut walk)?;
    if pages.len() < 2 {
        own_records(script, list, 5)?;
        (pages, deepest) = first_pages(script, &mut walk)?;
    }
    let ([.., before, _], Some(deepest)) = (pages.as_slice(), deepest) else {
        return Err(Halt::NotApplicable(format!("{} has one page.", list.key)));
    };
    let mut judgements = Vec::new();
    for relations in [&["prev", "previous"][..], &["first"], &["last"]] {
        let target = relations
            .iter()
            .find_map(|relation| page_at(deepest, script.world.base_url, relation));
        let (Some(relation), Some(address)) = (relations.first(), target) else {
            continue;
        };
        let mut linked = Request {
            address,
            ..deepest.request.clone()
        };
        linked.purpose = format!("follows the link to the page called {relation}");
        let exchange = script.send(linked)?;
        let wrong = judge(script, list, exchange, relation, (before, &pages))?;
        // A page that calls another one the last by now is one that the list has grown beyond.
        let last = page_at(exchange, script.world.base_url, "last");
        let outgrown =
            *relation == "last" && last.is_some_and(|last| last != exchange.request.address);
        if wrong.is_some() && (outgrown || walk.has_moved(script)?) {
            return Err(walk.moved());
        }
        judgements.push(wrong.map_or(Judgement::Pass, |finding| {
            finding.at(list.pointer.clone()).into()
        }));
    }
    if judgements.is_empty() {
        return Err(Halt::NotApplicable(format!(
            "The pages of {} link to none but the next.",
            list.key
        )));
    }
    Ok(judgements)
}

/// The items of the first few pages, and the answer with the last of them.
fn first_pages<'a>(
    script: &mut Script<'a>,
    walk: &mut Walk<'a>,
) -> Scripted<(Vec<Vec<String>>, Option<&'a Exchange>)> {
    walk.restart();
    let mut request = walk.first(script)?;
    let mut pages: Vec<Vec<String>> = Vec::new();
    let mut deepest = None;
    while pages.len() < DEEP {
        let (Step::More(items) | Step::Last(items), next) = walk.page(script, request)?;
        // An empty page at the end of a list that counts its items is no page of its own.
        if items.is_empty() {
            break;
        }
        pages.push(items);
        deepest = walk.latest;
        let Some(next) = next else { break };
        request = next;
    }
    Ok((pages, deepest))
}

/// What is wrong with the page that a link led to.
fn judge<'a>(
    script: &mut Script<'a>,
    list: &Operation,
    exchange: &'a Exchange,
    relation: &str,
    (before, pages): (&[String], &[Vec<String>]),
) -> Scripted<Option<Finding>> {
    let body = exchange
        .response()
        .filter(|response| response.is_success())
        .and_then(|response| Response::json(response).ok());
    let Some(body) = body else {
        return Ok(Some(Finding::new(
            "unreadable",
            format!("The page of the link `{relation}` cannot be read."),
            format!("{}: the {relation} page", list.key),
            exchange.received(),
        )));
    };
    let items = listed(script.world.relations, &list.key, body);
    let told = |item: Option<&String>| {
        item.map_or_else(
            || "no item".to_owned(),
            |item| item.chars().take(80).collect(),
        )
    };
    let begin = pages.first().and_then(|page| page.first());
    Ok(match relation {
        "prev" if items.last() != before.last() => Some(Finding::new(
            "previous",
            "The page of the link `prev` does not end with the item before.",
            format!("{}: ends with {}", list.key, told(before.last())),
            format!("ends with {}", told(items.last())),
        )),
        "first" if items.first() != begin => Some(Finding::new(
            "first",
            "The page of the link `first` does not begin as the collection does.",
            format!("{}: begins with {}", list.key, told(begin)),
            format!("begins with {}", told(items.first())),
        )),
        "last" => {
            let base_url = script.world.base_url;
            let more = match next(exchange, base_url) {
                Next::At(address) => {
                    let mut following = exchange.request.clone();
                    following.address = address;
                    following.purpose =
                        "reads the page after the one that is called the last".into();
                    script
                        .send(following)?
                        .response()
                        .and_then(|response| response.json().ok())
                        .is_some_and(|body| {
                            !listed(script.world.relations, &list.key, body).is_empty()
                        })
                }
                Next::Cursor(_) => true,
                Next::Elsewhere(_) | Next::None | Next::Unsaid => false,
            };
            more.then(|| {
                Finding::new(
                    "last",
                    "The page of the link `last` is not the last page.",
                    format!("{}: no page after the last", list.key),
                    "a next page".to_owned(),
                )
            })
        }
        _ => None,
    })
}
