//! `records.list-offset`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::{Lister, Page},
    support::resource::{
        PAGED, ResourceOperations, another, judged, make_simple, on_list, subject,
    },
};
use muster_core::{
    contract::{Contract, Operation},
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// How often pages are asked again, while others write.
const TRIES: usize = 4;

/// The check.
pub static CHECK: Check = Check {
    id: "records.list-offset",
    purpose: "The second page begins where the first ends.",
    verifies: "Four records are created. The collection is asked for a first page of two, for the \
        page from the second record on, for the page after the first, and for the first page \
        again. Where both first pages are the same, so that nothing moved meanwhile, the page \
        after shares no record with the first, and the page from the second record begins with \
        that record. An offset far beyond the end, where it is allowed, gives no records. Works \
        with an offset (offset, skip, start) and with page numbers from one; collections paged by \
        cursors are for `records.listed`.",
    matters: "Records that two pages share are counted twice, and records that no page holds are never seen.",
    fix: "Order by something unique before the offset is applied, and count from zero.",
    kind: Kind::Probe {
        scope: Scope::Alone(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "One after the other",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people?limit=2&offset=0",
                    200,
                    r#"[{"id":"1"},{"id":"2"}]"#,
                ),
                ScriptedResponse::json(
                    "GET /people?limit=2&offset=1",
                    200,
                    r#"[{"id":"2"},{"id":"3"}]"#,
                ),
                ScriptedResponse::json(
                    "GET /people?limit=2&offset=2",
                    200,
                    r#"[{"id":"3"},{"id":"4"}]"#,
                ),
                ScriptedResponse::json("GET /people?limit=2&offset=1000000", 200, "[]"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Ignored",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people*", 200, r#"[{"id":"1"},{"id":"2"}]"#),
            ],
            says: Expect::Fail("share a record"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let paged = Lister::offset_of(contract, operation).is_some()
        && Lister::limit_of(contract, operation).is_some();
    match on_list(contract, operation) {
        Applies::Yes if paged => Applies::Yes,
        Applies::Yes => {
            Applies::No("No parameters say how long a page is and where it begins.".into())
        }
        other => other,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let home = ResourceOperations::of(script.world, list)?;
    let mut held = make_simple(script, &home)?;
    for _ in 0..3 {
        held = another(script, &home)?.unwrap_or(held);
    }
    let lister = Lister::of(script, &home, list, &held)?;
    let none =
        || Halt::NotApplicable("No parameters say how long a page is and where it begins.".into());
    let limit = lister.limit.ok_or_else(none)?;
    let (begin, numbered) = match (lister.offset, lister.page) {
        (Some(offset), _) => (offset, false),
        (None, Some(page)) => (page, true),
        (None, None) => return Err(none()),
    };
    let ask = |script: &mut Script<'a>, from: usize| -> Scripted<Page<'a>> {
        let query = [
            (limit.name.as_str(), Value::from(2)),
            (begin.name.as_str(), Value::from(from)),
        ];
        lister.fetch(script, &query, "asks for a page")
    };
    let ids = |page: &Page<'a>| -> Vec<Option<String>> {
        page.items.iter().map(|item| lister.id(item)).collect()
    };
    for _ in 0..TRIES {
        let first = ids(&ask(script, usize::from(numbered))?);
        let middle = if numbered {
            None
        } else {
            Some(ids(&ask(script, 1)?))
        };
        let second = ids(&ask(script, 2)?);
        let again = ids(&ask(script, usize::from(numbered))?);
        if first != again || first.len() != 2 {
            continue;
        }
        let mut judgements: Vec<Judgement> = Vec::new();
        let shared = second
            .iter()
            .flatten()
            .find(|id| first.iter().flatten().any(|other| other == *id));
        if let Some(id) = shared {
            judgements.push(
                Finding::new(
                    "overlap",
                    "Two pages share a record.",
                    format!("{}: `{}` moves on by a page", list.key, begin.name),
                    format!("{id} on both"),
                )
                .at(list.pointer.clone())
                .into(),
            );
        } else if let Some(middle) = middle
            && middle.first() != first.get(1)
        {
            judgements.push(
                Finding::new(
                    "gap",
                    "A page does not begin where its offset says.",
                    format!("{:?}", first.get(1).cloned().flatten()),
                    format!("{:?}", middle.first().cloned().flatten()),
                )
                .at(list.pointer.clone())
                .into(),
            );
        }
        let far = Value::from(1_000_000);
        let allowed = begin.schema.as_ref().is_none_or(|schema| {
            script
                .world
                .contract
                .schemas
                .validate(schema, &far)
                .is_valid()
        });
        if judgements.is_empty() && allowed && !numbered {
            let query = [
                (limit.name.as_str(), Value::from(2)),
                (begin.name.as_str(), far),
            ];
            let exchange = lister.ask(script, &query, "asks far beyond the end")?;
            if exchange
                .response()
                .is_some_and(muster_core::exchange::Response::is_success)
                && !lister.read(exchange)?.items.is_empty()
            {
                judgements.push(
                    Finding::new(
                        "beyond",
                        "A page far beyond the end holds records.",
                        format!("{}: no records", list.key),
                        "some",
                    )
                    .at(list.pointer.clone())
                    .into(),
                );
            }
        }
        return Ok(judged(judgements));
    }
    Err(Halt::unmet(
        Responsible::TestData,
        "The collection changed while its pages were read, or shows fewer than two records.",
    ))
}
