//! `work.result-complete`

use serde_json::Value;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::async_job::{AsyncJob, address, said, takes_on},
    support::exports::{Order, Shown, Wanted, look, orders},
    support::list_operation::Lister,
    support::resource::{ResourceOperations, brief, read, several, until},
};
use muster_core::{
    arrange::{Arranged, shape},
    contract::Operation,
    exchange::{Address, Exchange, Request},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "work.result-complete",
    purpose: "An export holds every record that existed when the export was requested, once and \
        unchanged.",
    verifies: "Where work is told by an enumerated property of its body, or by its path, which \
        records it writes out, a few records of each such kind are created, with different values, \
        and the work is started for it with nothing else that could narrow it down. Its result, \
        read as JSON or as text, names each of them, and in no collection of JSON twice. Where \
        result and read declare the same schema, the properties that clients decide on are the \
        same in both. What is missing is looked for again within `settle_ms`. A result that names \
        no record at all, though the collection shows some, is not judged, nor are short ids in a \
        text, or in a collection of JSON that holds few of them: it may be a link, an archive or a \
        count. One that holds some of the new records and others not, leaves out records between \
        others of the collection, or says that more of it is elsewhere, is inconclusive: it may be \
        a choice, or a page.",
    matters: "An export is what a force takes with it to the next supplier, and what a court is sent. What it leaves \
        out is lost without a word, as nobody compares it with what was there.",
    fix: "Write out from the store that reads use, as it is when the export is taken on, to its very end: not from a \
        copy made overnight, and not one page of it.",
    kind: Kind::Probe {
        scope: Scope::Operation(takes_on),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Every person is there",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                LISTED,
                TAKEN,
                DONE,
                ScriptedResponse::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"person-6","name":"Yy"},{"id":"person-7","name":"Zz"}]}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The newest is left out",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                LISTED,
                TAKEN,
                DONE,
                ScriptedResponse::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"person-6","name":"Yy"}]}"#,
                ),
            ],
            says: Expect::Fail("is not in the result"),
        },
        Example {
            title: "A choice of records",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":"person-5","name":"Xx"},{"id":"person-6","name":"Yy"},{"id":"person-4","name":"Ww"},{"id":"person-7","name":"Zz"}]}"#,
                ),
                TAKEN,
                DONE,
                ScriptedResponse::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"person-6","name":"Yy"}]}"#,
                ),
            ],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Some of the new records",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                ScriptedResponse::json("POST /people", 201, r#"{"id":"person-8"}"#),
                READ,
                LISTED,
                TAKEN,
                DONE,
                ScriptedResponse::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"person-6","name":"Yy"},{"id":"person-7","name":"Zz"}]}"#,
                ),
            ],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Written out twice",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                LISTED,
                TAKEN,
                DONE,
                ScriptedResponse::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"person-6","name":"Yy"},{"id":"person-7","name":"Zz"},{"id":"person-7","name":"Zz"}]}"#,
                ),
            ],
            says: Expect::Fail("twice"),
        },
        Example {
            title: "Another name than the record has",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                LISTED,
                TAKEN,
                DONE,
                ScriptedResponse::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"person-6","name":"Yy"},{"id":"person-7","name":"Z"}]}"#,
                ),
            ],
            says: Expect::Fail("differs in the result"),
        },
        Example {
            title: "Lines of text",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                LISTED,
                TAKEN,
                DONE,
                ScriptedResponse::new(
                    "GET /exports/1/file",
                    200,
                    CSV,
                    "id,name,address\nperson-6,Yy,a\nperson-7,Zz,a\nperson-7,Zz,b\n",
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Short ids of other things",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json(
                    "GET /people",
                    200,
                    r#"{"items":[{"id":"1","name":"Xx"},{"id":"2","name":"Yy"},{"id":"3","name":"Yz"},{"id":"7","name":"Zz"}]}"#,
                ),
                TAKEN,
                DONE,
                ScriptedResponse::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"labels":[{"id":"1","name":"open"},{"id":"2","name":"closed"}]}"#,
                ),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "A link to an archive",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                LISTED,
                TAKEN,
                DONE,
                ScriptedResponse::json("GET /exports/1/file", 200, r#"{"archive":"/files/1.zip"}"#),
            ],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
x-muster-parameters: {work_timeout_ms: 1000, settle_ms: 0}
/people:
  get:
    responses:
      '200': {description: People, content: {application/json: {schema: &people {type: object, properties: {items: {type: array, items: {$ref: '#/components/schemas/Person'}}}}}}}
  post:
    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}
    responses: {'201': {description: Created, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}}
/people/{id}:
  parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  get:
    responses: {'200': {description: A person, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}}
/exports:
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [kind], properties: {kind: {enum: [people, moods]}, since: {type: string, format: date}}}}}}
    responses: {'202': {description: Taken on}}
/exports/{exportId}:
  parameters: [{name: exportId, in: path, required: true, schema: {type: string}}]
  get: {responses: {'200': {description: The status}}}
/exports/{exportId}/file:
  parameters: [{name: exportId, in: path, required: true, schema: {type: string}}]
  get: {responses: {'200': {description: The result, content: {application/json: {schema: *people}, text/csv: {}}}}}
components:
  schemas:
    Person: {type: object, required: [name], properties: {id: {type: string, readOnly: true}, name: {type: string}}}
";
/// Records that are made besides the first.
const OTHERS: usize = 2;
const CSV: &[(&str, &str)] = &[("content-type", "text/csv")];
const MADE: ScriptedResponse = ScriptedResponse::json("POST /people", 201, r#"{"id":"person-7"}"#);
const READ: ScriptedResponse = ScriptedResponse::json(
    "GET /people/person-7",
    200,
    r#"{"id":"person-7","name":"Zz"}"#,
);
const LISTED: ScriptedResponse = ScriptedResponse::json(
    "GET /people",
    200,
    r#"{"items":[{"id":"person-6","name":"Yy"},{"id":"person-7","name":"Zz"}]}"#,
);
const TAKEN: ScriptedResponse =
    ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/1")], "");
const DONE: ScriptedResponse = ScriptedResponse::json(
    "GET /exports/1",
    200,
    r#"{"status":"done","result":"/exports/1/file"}"#,
);

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = operation
        .ok_or_else(|| Halt::NotApplicable("There is no operation to call.".to_owned()))?;
    let mut all = Vec::new();
    for order in orders(script.world, operation)? {
        all.push((prepare(script, order)?, None::<(&'a Exchange, Shown<'a>)>));
    }
    // All at once, and what was left out once more: a copy that lags behind has it later.
    until(script, |script| {
        let mut begun = Vec::new();
        for (wanted, seen) in &mut all {
            if seen.as_ref().is_none_or(|(_, shown)| shown.lacks()) {
                let work = start(script, operation, &wanted.order)?;
                begun.push((work, wanted, seen));
            }
        }
        for (work, wanted, seen) in begun {
            let exchange = result(script, operation, &work)?;
            *seen = Some((exchange, look(script, wanted, exchange)?));
        }
        let lacks = all
            .iter()
            .any(|(_, seen)| seen.as_ref().is_some_and(|(_, shown)| shown.lacks()));
        Ok(((), !lacks))
    })?;
    let mut judgements = Vec::new();
    for (wanted, seen) in &all {
        let Some((exchange, shown)) = seen else {
            continue;
        };
        let partial =
            shown.lacks() && (shown.goes_on || shown.chooses() || selects(script, wanted, shown)?);
        if partial {
            judgements.push(Judgement::inconclusive(
                Responsible::Muster,
                format!(
                    "A result of {} holds some of the new records and others not, leaves out records between others of \
                    the collection, or says that more of it is elsewhere: it may be a choice or a page of them.",
                    operation.key
                ),
            ));
            continue;
        }
        judgements.extend(judge(script, operation, wanted, exchange, shown));
    }
    if judgements.is_empty() {
        return Err(Halt::NotApplicable(format!(
            "The results of {} do not show which records they hold.",
            operation.key
        )));
    }
    Ok(judgements)
}

/// Whether the result holds some records of the list and leaves out others between them: a copy that is old, or was cut
/// off, ends at one place of a list in the order of creation, and a choice does not.
fn selects<'a>(script: &mut Script<'a>, wanted: &Wanted<'a>, shown: &Shown<'_>) -> Scripted<bool> {
    if shown.absent.is_empty() {
        return Ok(false);
    }
    // What was removed meanwhile is rightly absent.
    let page = wanted
        .lister
        .fetch(script, &[], "looks which records are still there")?;
    let still: Vec<bool> = page
        .items
        .iter()
        .filter_map(|item| wanted.lister.id(item))
        .filter(|id| wanted.others.contains(id))
        .map(|id| shown.absent.contains(&id))
        .collect();
    let changes = still.windows(2).filter(|pair| pair.first() != pair.last());
    Ok(changes.count() > 1)
}

/// Makes a record that is to be written out, and looks which others are there.
fn prepare<'a>(script: &mut Script<'a>, order: Order<'a>) -> Scripted<Wanted<'a>> {
    let held = several(script, &order.home, OTHERS)?;
    let first = held
        .first()
        .ok_or_else(|| Halt::unmet(Responsible::Supplier, "No record could be made."))?;
    let alone = read(script, &order.home, first)?;
    let key = order.home.collection.list.as_ref();
    let list = ResourceOperations::other(script.world, key)
        .ok_or_else(|| Halt::NotApplicable("There is no list to compare with.".to_owned()))?;
    let lister = Lister::of(script, &order.home, list, first)?;
    let page = lister.fetch(script, &[], "looks which records there are")?;
    let others = page
        .items
        .iter()
        .filter_map(|item| lister.id(item))
        .filter(|id| held.iter().all(|held| held.id != *id))
        .collect();
    Ok(Wanted {
        order,
        held,
        lister,
        alone,
        others,
    })
}

fn start<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    order: &Order<'a>,
) -> Scripted<AsyncJob<'a>> {
    let ask =
        |script: &Script<'_>, operation: &'a Operation, arranged: &Arranged| -> Scripted<Request> {
            match &order.body {
                Some(body) => arranged.with_body(
                    script.world.contract,
                    operation,
                    Value::Object(body.clone()),
                ),
                None => Ok(arranged.request.clone()),
            }
        };
    AsyncJob::start(script, Some(operation), ask)
}

/// The result of work, once it has succeeded.
fn result<'a>(
    script: &mut Script<'a>,
    operation: &Operation,
    work: &AsyncJob<'a>,
) -> Scripted<&'a Exchange> {
    let last = work.succeeded(script)?;
    let address = match said(&last).and_then(|place| address(script, place)) {
        Some(Address::Absolute(_)) | None => {
            return Err(Halt::NotApplicable(format!(
                "The status of work that {} started leads to no result on this host.",
                operation.key
            )));
        }
        Some(address) => address,
    };
    let purpose = "reads what was written out";
    script.send(work.request(script, Method::Get, address, purpose))
}

fn judge(
    script: &Script<'_>,
    operation: &Operation,
    wanted: &Wanted<'_>,
    exchange: &Exchange,
    shown: &Shown<'_>,
) -> Option<Judgement> {
    let asked = match &wanted.order.body {
        Some(body) => format!("{} {}", operation.key, Value::Object(body.clone())),
        None => operation.key.to_string(),
    };
    let each = || wanted.held.iter().zip(&shown.times);
    let missing = each().find(|(_, times)| **times == 0);
    let again = each().find(|(_, times)| **times > 1);
    let finding = match (missing, again) {
        // Nothing tells that it holds records at all.
        (Some(_), _) if !shown.any => return None,
        (Some((held, _)), _) => Finding::new(
            "left out",
            "A record that existed before is not in the result.",
            format!("{asked}: the record {} in the result", held.id),
            "other records of its kind, and not this one",
        ),
        (None, Some((held, times))) => Finding::new(
            "twice",
            "A record is in the result twice.",
            format!("{asked}: the record {} once", held.id),
            format!("{times} times"),
        ),
        (None, None) => {
            let differs = shown
                .record
                .and_then(|row| differing(script, wanted, exchange, row));
            match differs {
                None => return Some(Judgement::Pass),
                Some(finding) => finding,
            }
        }
    };
    Some(
        finding
            .at(operation.pointer.clone())
            .shown_by(exchange.id)
            .into(),
    )
}

/// A member that differs from the record, where the contract says that both are the same.
fn differing(
    script: &Script<'_>,
    wanted: &Wanted<'_>,
    exchange: &Exchange,
    row: &Value,
) -> Option<Finding> {
    let contract = script.world.contract;
    let written = contract.operation(exchange.request.operation.as_ref()?)?;
    let (item, many) = shape::records(contract, shape::success(written)?);
    let resolved = |schema| shape::resolved(&contract.schemas, schema).map(|(schema, _)| schema);
    let read = shape::success(wanted.order.home.read)?;
    if !many || resolved(&item)? != resolved(read)? {
        return None;
    }
    let alone = wanted.alone;
    let owned = wanted.order.home.owned(script.world);
    let name = owned
        .into_iter()
        .find(|name| alone.get(name) != row.get(name))?;
    Some(Finding::new(
        format!("differs {name}"),
        format!("`{name}` of a record differs in the result from the record itself."),
        brief(alone.get(&name)),
        brief(row.get(&name)),
    ))
}
