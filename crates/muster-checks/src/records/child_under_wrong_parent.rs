//! `records.child-under-wrong-parent`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::probe::last_variable,
    support::resource::{
        CreatedRecord, ResourceOperations, answered, change, get, judged, make_simple, on_item,
        read_exchange, subject,
    },
};
use muster_core::{
    arrange::{answers, serialise, unknown_id},
    contract::{Contract, Operation, ParameterPlace},
    exchange::{Exchange, Response},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.child-under-wrong-parent",
    purpose: "A record below a parent is found under that parent alone.",
    verifies: "A record is created below a parent, and a second parent beside the first. The \
        record is not read under the second parent (404, 410 or another refusal), and the second \
        parent's list does not hold it. The collection below a parent that cannot exist receives \
        404 where the contract documents 404 for it. Where the first parent can be deleted while \
        it has the record, the record is not read under it any more. Parents that the run cannot \
        create are not tried.",
    matters: "A path is a claim: this statement belongs to this case. An API that ignores the parent shows \
        statements of one case in another, past every check of access that hangs on the case.",
    fix: "Look records up by parent and id together, and return 404 when the parent is another or not there.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Under its own",
            contract: NOTES,
            dialogue: &[
                ScriptedResponse::json("POST /cases", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("POST /cases/1/notes", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /cases/1/notes/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /cases", 201, r#"{"id":"2"}"#),
                ScriptedResponse::empty("GET /cases/2/notes/7", 404),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Under any",
            contract: NOTES,
            dialogue: &[
                ScriptedResponse::json("POST /cases", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("POST /cases/1/notes", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /cases/1/notes/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("POST /cases", 201, r#"{"id":"2"}"#),
                ScriptedResponse::json("GET /cases/2/notes/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Fail("a parent that is not its own"),
        },
    ],
};

const NOTES: &str = "
/cases:
  post:
    responses: {'201': {description: Created}}
/cases/{caseId}:
  get:
    responses: {'200': {description: A case}}
/cases/{caseId}/notes:
  post:
    responses: {'201': {description: Created}}
/cases/{caseId}/notes/{noteId}:
  get:
    responses: {'200': {description: A note}}
";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if operation.key.path.matches('{').count() < 2 {
        return Applies::Irrelevant;
    }
    on_item(contract, operation, &Method::Get)
}

/// The template of the item that a nested collection lies below, and what follows it.
fn parent(item: &str) -> Option<(&str, &str)> {
    let (collection, _) = item.rsplit_once('/')?;
    let end = collection.rfind('}')? + 1;
    Some((collection.get(..end)?, collection.get(end..)?))
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let read = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, read)?;
    let no_parent =
        || Halt::NotApplicable("The run cannot create what the record lies below.".into());
    let (template, between) = parent(&read.key.path).ok_or_else(no_parent)?;
    let parent_read = world
        .contract
        .operations
        .iter()
        .find(|operation| operation.key.method == Method::Get && &*operation.key.path == template)
        .ok_or_else(no_parent)?;
    let parents = ResourceOperations::of(world, parent_read).map_err(|_| no_parent())?;
    let child = make_simple(script, &home)?;
    read_exchange(script, &home, &child)?;
    let other = make_simple(script, &parents)?;
    let wrong = format!("{}{between}/{}", other.path, serialise::encode(&child.id));
    let mut judgements: Vec<Judgement> = Vec::new();
    if wrong != child.path {
        let exchange = get(
            script,
            &home,
            &wrong,
            "asks for a record under another parent",
        )?;
        if answered(exchange)?.is_success() {
            judgements.push(
                Finding::new(
                    "wrong parent",
                    "A record can be read under a parent that is not its own.",
                    format!("{}: 404", read.key),
                    exchange.received(),
                )
                .at(read.pointer.clone())
                .into(),
            );
        }
        judgements.extend(listed(script, &home, &child, &wrong)?);
    }
    judgements.extend(unknown_parent(script, &home, template, &other, &child)?);
    judgements.extend(orphaned(script, &home, &parents, &child)?);
    Ok(judged(judgements))
}

fn listed<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    child: &CreatedRecord,
    wrong: &str,
) -> Scripted<Option<Judgement>> {
    let Some(list) = ResourceOperations::other(script.world, home.collection.list.as_ref()) else {
        return Ok(None);
    };
    let elsewhere = CreatedRecord {
        path: wrong.to_owned(),
        ..child.clone()
    };
    let lister = Lister::of(script, home, list, &elsewhere)?;
    let found = match lister.search(script, &[], false, &|item| lister.is(item, child)) {
        Ok(found) => found,
        Err(Halt::Pending) => return Err(Halt::Pending),
        Err(_) => return Ok(None),
    };
    Ok((!found.items.is_empty()).then(|| {
        Finding::new(
            "wrong list",
            "The collection below one parent holds a record of another parent.",
            format!("{}: no record {}", list.key, child.id),
            "it is there",
        )
        .at(list.pointer.clone())
        .into()
    }))
}

fn unknown_parent<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    template: &str,
    parent: &CreatedRecord,
    child: &CreatedRecord,
) -> Scripted<Option<Judgement>> {
    let world = script.world;
    let list = ResourceOperations::other(world, home.collection.list.as_ref())
        .filter(|list| list.documents(404) && list.key.method == Method::Get);
    let (Some(list), Some((_, variable, _))) = (list, last_variable(template)) else {
        return Ok(None);
    };
    let unknown = list
        .parameter(ParameterPlace::Path, variable)
        .and_then(|parameter| unknown_id(&world, list, parameter))
        .map(|id| serialise::scalar(&id))
        .filter(|id| id.len() >= 6);
    let (Some(unknown), Some((before, _))) = (unknown, parent.path.rsplit_once('/')) else {
        return Ok(None);
    };
    let Some((_, between)) = self::parent(&home.read.key.path) else {
        return Ok(None);
    };
    let elsewhere = CreatedRecord {
        path: format!("{before}/{}{between}/zz", serialise::encode(&unknown)),
        ..child.clone()
    };
    let lister = Lister::of(script, home, list, &elsewhere)?;
    let exchange = lister.ask(
        script,
        &[],
        "lists what lies below a parent that cannot exist",
    )?;
    Ok(answered(exchange)?.is_success().then(|| {
        Finding::new(
            "unknown parent",
            "A request for the collection below an unknown parent receives a success, although \
                404 is documented.",
            format!("{}: 404", list.key),
            exchange.received(),
        )
        .at(list.pointer.clone())
        .into()
    }))
}

fn orphaned<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    parents: &ResourceOperations<'a>,
    child: &CreatedRecord,
) -> Scripted<Option<Judgement>> {
    let world = script.world;
    let Some(delete) = ResourceOperations::other(world, parents.collection.delete.as_ref()) else {
        return Ok(None);
    };
    let Some((_, between)) = parent(&home.read.key.path) else {
        return Ok(None);
    };
    let Some(path) = child
        .path
        .rsplit_once('/')
        .and_then(|(collection, _)| collection.strip_suffix(between))
    else {
        return Ok(None);
    };
    // Only a parent that this conversation made itself may go.
    let is_own = |exchange: &Exchange| {
        exchange.request.operation.as_ref() == Some(&parents.create.key)
            && exchange.response().is_some_and(Response::is_success)
            && muster_core::arrange::item_address(world.contract, world.relations, exchange)
                .as_deref()
                == Some(path)
    };
    if !script.exchanges().any(is_own) {
        return Ok(None);
    }
    let first = CreatedRecord {
        path: path.to_owned(),
        ..child.clone()
    };
    let exchange = change(script, delete, &first, None, "deletes the parent")?;
    if !matches!(exchange.status(), Some(200 | 204)) {
        return Ok(None);
    }
    let exchange = get(
        script,
        home,
        &child.path,
        "asks for a record below a parent that is gone",
    )?;
    let shows = exchange.response().is_some_and(|response| {
        response.is_success()
            && response
                .json()
                .is_ok_and(|body| answers::record(body, &home.collection.thing).is_some())
    });
    Ok(shows.then(|| {
        Finding::new(
            "orphan",
            "A record can still be read below a deleted parent.",
            format!("{}: 404", home.read.key),
            exchange.received(),
        )
        .at(home.read.pointer.clone())
        .into()
    }))
}
