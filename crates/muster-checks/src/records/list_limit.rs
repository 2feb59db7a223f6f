//! `records.list-limit`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::resource::{
        PAGED, ResourceOperations, another, judged, make_simple, on_list, subject,
    },
};
use muster_core::{
    contract::{Contract, Operation},
    script::{Halt, Script, Scripted},
    verdict::Finding,
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.list-limit",
    purpose: "A page holds no more records than the limit asks for.",
    verifies: "Three records are created and the collection is asked for one record and for two, \
        by the parameter that is an integer and called limit, pageSize, per_page or the like. \
        Neither page holds more, and neither is empty. Values outside the declared bounds are not \
        sent.",
    matters: "Clients size their memory, their screens and their time limits by the page they ask \
        for.",
    fix: "Apply the limit in the query of the store, after filters and order.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "As asked",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people?limit=1", 200, r#"[{"id":"1"}]"#),
                ScriptedResponse::json("GET /people?limit=2", 200, r#"[{"id":"1"},{"id":"2"}]"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Ignored",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people*",
                    200,
                    r#"[{"id":"1"},{"id":"2"},{"id":"3"}]"#,
                ),
            ],
            says: Expect::Fail("more records than"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    match on_list(contract, operation) {
        Applies::Yes if Lister::limit_of(contract, operation).is_some() => Applies::Yes,
        Applies::Yes => Applies::No("No parameter limits the page.".into()),
        other => other,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let home = ResourceOperations::of(script.world, list)?;
    let mut held = make_simple(script, &home)?;
    for _ in 0..2 {
        held = another(script, &home)?.unwrap_or(held);
    }
    let lister = Lister::of(script, &home, list, &held)?;
    let limit = lister
        .limit
        .ok_or_else(|| Halt::NotApplicable("No parameter limits the page.".into()))?;
    let mut judgements = Vec::new();
    for wanted in [1_usize, 2] {
        let value = Value::from(wanted);
        let allowed = limit.schema.as_ref().is_none_or(|schema| {
            script
                .world
                .contract
                .schemas
                .validate(schema, &value)
                .is_valid()
        });
        if !allowed {
            continue;
        }
        let page = lister.fetch(script, &[(&limit.name, value)], "asks for a short page")?;
        let count = page.items.len();
        if count > wanted || count == 0 {
            let (cause, what) = if count == 0 {
                (
                    "empty",
                    "A page is empty although there are records.".to_owned(),
                )
            } else {
                (
                    "more",
                    format!("A page holds more records than `{}` says.", limit.name),
                )
            };
            judgements.push(
                Finding::new(cause, what, format!("{wanted}"), format!("{count}"))
                    .at(list.pointer.clone())
                    .into(),
            );
            break;
        }
    }
    Ok(judged(judgements))
}
