//! `work.result-complete`

use serde_json::{Map, Value};

use crate::{
    arrange::{Arranged, names, relations::Collection, shape},
    checks::{
        Check, Example, Kind, Line, Says, Scope,
        following::{Phase, Work, address, said, takes_on},
        keeping::{Held, Home, brief, make, read, until},
        listing::Lister,
        operating::success,
        place::Place,
    },
    contract::Operation,
    exchange::{Address, Exchange, Request, Response},
    model::{Method, Whose},
    script::{Halt, Script, Scripted, World},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "work.result-complete",
    purpose: "An export holds every record that was there when it was asked for, once and as it is.",
    verifies: "Where work is told by an enumerated member of its body, or by its path, which records it writes out, a \
        record of each such kind is created, and the work is started for it with nothing else that could narrow it \
        down. Its result, read as JSON or as lines of text, names the record, and once. Where result and read declare \
        the same schema, the members that callers decide on are the same in both. What is missing is looked for again \
        within `settle_ms`. A result that names no record at all, though the list shows some, is not judged: it may \
        be a link, an archive or a count.",
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
                Line::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"6","name":"Yy"},{"id":"7","name":"Zz"}]}"#,
                ),
            ],
            says: Says::Pass,
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
                Line::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"6","name":"Yy"}]}"#,
                ),
            ],
            says: Says::Fail("is not in the result"),
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
                Line::new(
                    "GET /exports/1/file",
                    200,
                    CSV,
                    "id,name\n6,Yy\n7,Zz\n7,Zz\n",
                ),
            ],
            says: Says::Fail("twice"),
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
                Line::json(
                    "GET /exports/1/file",
                    200,
                    r#"{"items":[{"id":"6","name":"Yy"},{"id":"7","name":"Z"}]}"#,
                ),
            ],
            says: Says::Fail("differs in the result"),
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
                Line::new("GET /exports/1/file", 200, CSV, "id,name\n6,Yy\n7,Zz\n"),
            ],
            says: Says::Pass,
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
                Line::json("GET /exports/1/file", 200, r#"{"archive":"/files/1.zip"}"#),
            ],
            says: Says::Nothing,
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
const CSV: &[(&str, &str)] = &[("content-type", "text/csv")];
const MADE: Line = Line::json("POST /people", 201, r#"{"id":"7"}"#);
const READ: Line = Line::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#);
const LISTED: Line = Line::json(
    "GET /people",
    200,
    r#"{"items":[{"id":"6","name":"Yy"},{"id":"7","name":"Zz"}]}"#,
);
const TAKEN: Line = Line::new("POST /exports", 202, &[("location", "/exports/1")], "");
const DONE: Line = Line::json(
    "GET /exports/1",
    200,
    r#"{"status":"done","result":"/exports/1/file"}"#,
);

/// Kinds of records that one operation is asked for.
const MOST_KINDS: usize = 6;

/// What the operation is to write out, and the body that says so.
struct Order<'a> {
    home: Home<'a>,
    body: Option<Map<String, Value>>,
}

/// A record that is to be in a result.
struct Wanted<'a> {
    order: Order<'a>,
    held: Held,
    lister: Lister<'a>,
    /// The record as it is read.
    alone: &'a Value,
    /// Other records of the kind, by what the list shows.
    others: Vec<String>,
}

/// Where a record is in a result.
struct Shown<'a> {
    /// How many times it is there.
    times: usize,
    /// As what, where that is more than its id.
    record: Option<&'a Value>,
    /// Whether any record of the kind is.
    any: bool,
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = operation
        .ok_or_else(|| Halt::NotApplicable("There is no operation to call.".to_owned()))?;
    let mut begun = Vec::new();
    for order in orders(script.world, operation)? {
        let wanted = prepare(script, order)?;
        let work = start(script, operation, &wanted.order)?;
        begun.push((wanted, work));
    }
    let mut judgements = Vec::new();
    for (wanted, work) in begun {
        let mut first = Some(work);
        let (exchange, shown) = until(script, |script| {
            let work = match first.take() {
                Some(work) => work,
                None => start(script, operation, &wanted.order)?,
            };
            let exchange = result(script, operation, &work)?;
            let shown = look(&wanted, success(exchange)?)?;
            let there = shown.times > 0 || !shown.any;
            Ok(((exchange, shown), there))
        })?;
        judgements.extend(judge(script, operation, &wanted, exchange, &shown));
    }
    if judgements.is_empty() {
        return Err(Halt::NotApplicable(format!(
            "The results of {} do not show which records they hold.",
            operation.key
        )));
    }
    Ok(judgements)
}

/// What the operation can be asked to write out.
fn orders<'a>(world: World<'a>, operation: &Operation) -> Scripted<Vec<Order<'a>>> {
    let contract = world.contract;
    let home = |collection: &Collection| {
        Home::of(world, contract.operation(collection.list.as_ref()?)?).ok()
    };
    let whole = operation.key.path.trim_end_matches('/');
    let by_path = whole
        .rsplit_once('/')
        .and_then(|(above, _)| home(world.relations.collection_at(above)?));
    if let Some(home) = by_path {
        return Ok(vec![Order { home, body: None }]);
    }
    let untold = || {
        Halt::NotApplicable(format!(
            "Neither the path of {} nor an enumerated member of its body tells which records it writes out, \
             all of them.",
            operation.key
        ))
    };
    let schema = shape::body(operation).ok_or_else(untold)?;
    let place = Place::of(contract, schema);
    let members = shape::members(&contract.schemas, schema);
    for member in &members {
        let kinds = place.member(&member.name);
        let values: Vec<&Value> = kinds
            .keyword("enum")
            .filter_map(Value::as_array)
            .flatten()
            .collect();
        let orders: Vec<Order<'a>> = values
            .into_iter()
            .filter_map(|value| {
                let thing = names::thing(value.as_str()?);
                let home = world.relations.collections_of(&thing).find_map(home)?;
                let body = std::iter::once((member.name.clone(), value.clone())).collect();
                Some(Order {
                    home,
                    body: Some(body),
                })
            })
            .take(MOST_KINDS)
            .collect();
        // Whatever else must be sent may narrow down what is written out.
        let alone = orders.iter().all(|order| {
            order.body.as_ref().is_some_and(|body| {
                let body = Value::Object(body.clone());
                contract.schemas.validate_request(schema, &body).is_valid()
            })
        });
        if !orders.is_empty() && alone {
            return Ok(orders);
        }
    }
    Err(untold())
}

/// Makes a record that is to be written out, and looks which others are there.
fn prepare<'a>(script: &mut Script<'a>, order: Order<'a>) -> Scripted<Wanted<'a>> {
    let held = make(script, &order.home)?;
    let alone = read(script, &order.home, &held)?;
    let key = order.home.collection.list.as_ref();
    let list = Home::other(script.world, key)
        .ok_or_else(|| Halt::NotApplicable("There is no list to compare with.".to_owned()))?;
    let lister = Lister::of(script, &order.home, list, &held)?;
    let page = lister.fetch(script, &[], "looks which records there are")?;
    let others = page
        .items
        .iter()
        .filter_map(|item| lister.id(item))
        .filter(|id| *id != held.id)
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
) -> Scripted<Work<'a>> {
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
    Work::start(script, Some(operation), ask)
}

/// The result of work, once it has succeeded.
fn result<'a>(
    script: &mut Script<'a>,
    operation: &Operation,
    work: &Work<'a>,
) -> Scripted<&'a Exchange> {
    let readings = work.follow(script)?;
    let last = readings
        .last()
        .filter(|last| last.phase == Some(Phase::Succeeded))
        .ok_or_else(|| {
            Halt::unmet(
                Whose::Supplier,
                "The work was not seen to succeed, so there is no result to read.",
            )
        })?;
    let address = match said(last).and_then(|place| address(script, place)) {
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

/// Looks for the record in a result.
fn look<'r>(wanted: &Wanted<'_>, response: &'r Response) -> Scripted<Shown<'r>> {
    if response.cut {
        return Err(Halt::unmet(
            Whose::TestData,
            "The result is longer than what is read of an answer (`limits.body`).",
        ));
    }
    let known = |id: &str| id == wanted.held.id || wanted.others.iter().any(|other| other == id);
    if let Ok(body) = response.json() {
        let mut rows = Vec::new();
        gather(body, 0, &mut rows);
        let id = |row: &Value| wanted.lister.id(row);
        let own: Vec<&Value> = rows
            .iter()
            .copied()
            .filter(|row| id(row).as_deref() == Some(&*wanted.held.id))
            .collect();
        return Ok(Shown {
            times: own.len(),
            record: own.first().copied().filter(|row| row.is_object()),
            any: rows.iter().any(|row| id(row).is_some_and(|id| known(&id))),
        });
    }
    let Ok(text) = std::str::from_utf8(&response.body) else {
        return Err(Halt::NotApplicable(
            "The result is neither JSON nor text.".to_owned(),
        ));
    };
    let names = |line: &str, wanted: &dyn Fn(&str) -> bool| {
        line.split([',', ';', '\t', '|', '"', '\'', ' ', ':', '{', '}', '<', '>'])
            .any(|word| wanted(word.trim()))
    };
    Ok(Shown {
        times: text
            .lines()
            .filter(|line| names(line, &|word| word == wanted.held.id))
            .count(),
        record: None,
        any: text.lines().any(|line| names(line, &known)),
    })
}

/// The items of every list in a result.
fn gather<'r>(value: &'r Value, depth: usize, rows: &mut Vec<&'r Value>) {
    match value {
        Value::Array(items) => rows.extend(items),
        Value::Object(members) if depth < 3 => {
            for member in members.values() {
                gather(member, depth + 1, rows);
            }
        }
        _ => {}
    }
}

fn judge(
    script: &Script<'_>,
    operation: &Operation,
    wanted: &Wanted<'_>,
    exchange: &Exchange,
    shown: &Shown<'_>,
) -> Option<Judgement> {
    let path = exchange.request.path_and_query();
    let thing = &wanted.order.home.collection.thing;
    let finding = match shown.times {
        // Nothing tells that it holds records at all.
        0 if !shown.any => return None,
        0 => Finding::new(
            format!("left out {thing}"),
            "A record that was there before is not in the result.",
            format!("GET {path}: the record {}", wanted.held.id),
            "other records of its kind, and not this one",
        ),
        1 => {
            let differs = shown
                .record
                .and_then(|row| differing(script, wanted, exchange, row));
            match differs {
                None => return Some(Judgement::Pass),
                Some(finding) => finding,
            }
        }
        times => Finding::new(
            format!("twice {thing}"),
            "A record is in the result twice.",
            format!("GET {path}: the record {} once", wanted.held.id),
            format!("{times} times"),
        ),
    };
    Some(finding.at(operation.pointer.clone()).into())
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
