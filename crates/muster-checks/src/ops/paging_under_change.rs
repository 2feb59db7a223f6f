//! `ops.paging-under-change`

use std::collections::BTreeSet;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{lists, of_role},
    support::pagination::{Walk, once_each, own_records},
};
use muster_core::{
    arrange::{Role, create},
    contract::Operation,
    exchange::{Address, Request, Response},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::Judgement,
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.paging-under-change",
    purpose: "Pagination loses and repeats no item while records are added and removed.",
    verifies: "For each collection that is cut into pages and whose records the run can create and \
        delete: six records of the run's own are created, or more than stand on a page, and the \
        collection is read page by page. As soon as one of them has been seen and others have not, \
        it is deleted and a new one is created; then the reading goes on. Each of those that were \
        there all the time is seen once. Records of others are not looked at.",
    matters: "Collections are read while officers work. With an offset, each deletion before it \
        moves one record from the next page onto one that was read already, and nobody sees it.",
    fix: "Let a page begin after the last item of the page before (its key, as a cursor), not after a number \
        of items.",
    kind: Kind::Probe {
        scope: Scope::Alone(lists),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "A cursor that stays true",
            contract: LIST,
            dialogue: &[
                made("1"),
                made("2"),
                made("3"),
                made("4"),
                made("5"),
                made("6"),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::empty("DELETE /people/1", 204),
                made("7"),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":"4"},{"id":"5"},{"id":"6"},{"id":"7"}]}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "An offset",
            contract: LIST,
            dialogue: &[
                made("1"),
                made("2"),
                made("3"),
                made("4"),
                made("5"),
                made("6"),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::json("GET /people", 200, FIRST),
                ScriptedResponse::empty("DELETE /people/1", 204),
                made("7"),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":"5"},{"id":"6"},{"id":"7"}]}"#,
                ),
            ],
            says: Expect::Fail("on no page"),
        },
    ],
};

const FIRST: &str = r#"{"items":[{"id":"1"},{"id":"2"},{"id":"3"}],"next":"c"}"#;

const fn made(id: &'static str) -> ScriptedResponse {
    let body = match id.as_bytes() {
        b"1" => r#"{"id":"1"}"#,
        b"2" => r#"{"id":"2"}"#,
        b"3" => r#"{"id":"3"}"#,
        b"4" => r#"{"id":"4"}"#,
        b"5" => r#"{"id":"5"}"#,
        b"6" => r#"{"id":"6"}"#,
        _ => r#"{"id":"7"}"#,
    };
    ScriptedResponse::json("POST /people", 201, body)
}

const LIST: &str = "
/people:
  get:
    parameters:
      - {name: limit, in: query, schema: {type: integer, maximum: 100}}
      - {name: cursor, in: query, schema: {type: string}}
    responses: {'200': {description: People}}
  post:
    requestBody: {content: {application/json: {schema: {type: object}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get: {responses: {'200': {description: A person}}}
  delete: {responses: {'204': {description: Deleted}}}
";

/// More records of the run's own than one check may make.
const MOST_OWN: usize = 40;

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List])?;
    let world = script.world;
    let mut walk = Walk::new(script, list, 3)?;
    let collection = world.relations.collection(&list.key);
    let by = |key: Option<&muster_core::model::OperationKey>| {
        key.and_then(|key| world.contract.operation(key))
    };
    let maker = by(collection.and_then(|collection| collection.create.as_ref()));
    let remover = by(collection.and_then(|collection| collection.delete.as_ref()));
    let (Some(maker), Some(remover)) = (maker, remover) else {
        return Err(Halt::NotApplicable(format!(
            "The contract has no way to create and delete what {} lists.",
            list.key
        )));
    };
    let mut request = walk.fit(script)?;
    // More than one page holds, wherever they stand in the list.
    let own = own_records(script, list, (walk.limit + 3).clamp(6, MOST_OWN))?;
    if own.len() < 6 {
        return Err(Halt::NotApplicable(format!(
            "No records of the run's own could be made for {}.",
            list.key
        )));
    }
    let mut wanted: BTreeSet<String> = own.keys().cloned().collect();
    let mut changed = false;
    loop {
        let (_, next) = walk.page(script, request)?;
        let met = own.keys().find(|id| walk.seen.contains(id));
        let unmet = own.keys().any(|id| !walk.seen.contains(id));
        if let Some(id) = met
            && unmet
            && !changed
            && next.is_some()
            && let Some(Some(path)) = own.get(id)
        {
            let request = Request::new(
                Method::Delete,
                Address::Base(path.clone()),
                "deletes a record of the run's own between two pages",
            )
            .calling(&remover.key);
            let gone = script.send(request)?;
            if !gone.response().is_some_and(Response::is_success) {
                return Err(Halt::NotApplicable(format!(
                    "{} does not delete what the run created.",
                    remover.key
                )));
            }
            wanted.remove(id);
            create(script, maker)?;
            changed = true;
        }
        match next {
            None => break,
            Some(_) if walk.is_long() => {
                return Err(Halt::NotApplicable(format!(
                    "{} has too many pages to read them all.",
                    list.key
                )));
            }
            Some(next) => request = next,
        }
    }
    if !changed {
        return Err(Halt::NotApplicable(format!(
            "The run's own records of {} came on one page.",
            list.key
        )));
    }
    let seen: Vec<String> = walk
        .seen
        .iter()
        .filter(|item| wanted.contains(*item))
        .cloned()
        .collect();
    Ok(vec![
        once_each(list, &seen, wanted).map_or(Judgement::Pass, Judgement::from),
    ])
}
