//! `security.tenant-lists`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::owned_record::{OTHER, PEOPLE, lent, protected, record, restrictable},
    support::resource::subject,
};
use muster_core::{
    contract::{Contract, Operation, ParameterPlace},
    model::{IdentityName, Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.tenant-lists",
    purpose: "Collections and searches do not show a restricted record to another force.",
    verifies: "Where the target file gives an identity `other-force`, the default identity creates \
        a restricted record and finds it in the collection. Then the other force goes through the \
        same collection, with each filter that the collection has for a value of the record, and \
        page by page without. It is on no page.",
    matters: "A guard on the single record is worth nothing where the collection shows the same \
        data. Collections are written by other hands, and searched by name.",
    fix: "Put the client's force into the query of every collection and search, before pages are \
        cut and totals counted.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Not in the collection",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"p-1"}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":"p-1"}]}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[]}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "In the collection",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"p-1"}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":"p-1"}]}"#),
            ],
            says: Expect::Fail("collection shows"),
        },
        Example {
            title: "Its owner does not find it either",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"p-1"}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":"p-2"}]}"#),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

/// How many filters are tried.
const MOST_FILTERS: usize = 3;

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if operation.key.method == Method::Get {
        protected(contract, operation)
    } else {
        Applies::Irrelevant
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let world = script.world;
    let (home, member) = restrictable(world, list)?;
    if home.collection.list.as_ref() != Some(&list.key) {
        return Err(Halt::NotApplicable("It lists nothing.".into()));
    }
    let other = lent(&world, OTHER, "of a second force")?;
    let held = record(script, &home, &IdentityName::default(), Some(member))?;
    let lister = Lister::of(script, &home, list, &held)?;
    let wanted = |item: &Value| lister.is(item, &held);
    let own = lister.search(script, &[], false, &wanted)?;
    if own.items.is_empty() {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "{} does not show the restricted record to its owner either, so that nothing can be compared.",
                list.key
            ),
        ));
    }
    let theirs = lister.clone().asked_by(other);
    let mut whole = false;
    for query in queries(list, &held.sent) {
        let found = theirs.search(script, &query, false, &wanted)?;
        whole |= found.whole && query.is_empty();
        if !found.items.is_empty() {
            let how = query.first().map_or_else(
                || list.key.to_string(),
                |(name, _)| format!("{} with `{name}`", list.key),
            );
            return Ok(vec![
                Finding::new(
                    "listed for another force",
                    "A collection shows a restricted record to another force.",
                    format!("{how}: no such record"),
                    "the record is on a page",
                )
                .at(list.pointer.clone())
                .into(),
            ]);
        }
    }
    if whole {
        return Ok(vec![Judgement::Pass]);
    }
    Err(Halt::unmet(
        Responsible::Muster,
        format!(
            "{} could not be gone through to its end as another force.",
            list.key
        ),
    ))
}

/// Filters by values of the record, then none.
fn queries<'o>(list: &'o Operation, sent: &Value) -> Vec<Vec<(&'o str, Value)>> {
    let mut queries: Vec<Vec<(&str, Value)>> = list
        .parameters
        .iter()
        .filter(|parameter| parameter.place == ParameterPlace::Query)
        .filter_map(|parameter| {
            let value = sent
                .get(&parameter.name)
                .filter(|value| value.is_string() || value.is_number())?;
            Some(vec![(parameter.name.as_str(), value.clone())])
        })
        .take(MOST_FILTERS)
        .collect();
    queries.push(Vec::new());
    queries
}
