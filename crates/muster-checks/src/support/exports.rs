//! Operations that write out every record of a kind, and what their results hold (owner of [`Order`] and [`Shown`]).

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::{
    support::list_operation::{Lister, total},
    support::own_record::success,
    support::resource::{CreatedRecord, ResourceOperations},
    support::schema_view::Place,
};
use muster_core::{
    arrange::{meaning, names, paging, relations::Collection, shape},
    contract::{Contract, Operation, Schema},
    exchange::Exchange,
    model::Responsible,
    script::{Halt, ProbeContext, Script, Scripted},
};

/// Kinds of records that one operation is asked for.
const MOST_KINDS: usize = 6;
/// Characters that an id has to have to be told from other values by itself.
const TELLING: usize = 8;

/// What the operation is to write out, and the body that says so.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    /// Where the records are.
    pub(crate) home: ResourceOperations<'a>,
    /// Nothing where the operation takes none.
    pub(crate) body: Option<Map<String, Value>>,
}

/// What the operation can be asked to write out.
///
/// # Errors
/// Not applicable, where nothing tells that it writes records out, which, and all of them.
pub(crate) fn orders<'a>(
    world: ProbeContext<'a>,
    operation: &Operation,
) -> Scripted<Vec<Order<'a>>> {
    let contract = world.contract;
    let home = |collection: &Collection| {
        ResourceOperations::of(world, contract.operation(collection.list.as_ref()?)?).ok()
    };
    if !meaning::writes_out(contract, operation) {
        return Err(Halt::NotApplicable(format!(
            "Neither the path nor the operationId of {} says that it writes records out.",
            operation.key
        )));
    }
    let whole = operation.key.path.trim_end_matches('/');
    let by_path = whole
        .rsplit_once('/')
        .and_then(|(above, _)| home(world.relations.collection_at(above)?));
    let untold = || {
        Halt::NotApplicable(format!(
            "Neither the path of {} nor an enumerated property of its body tells which records it writes out, all of \
            them.",
            operation.key
        ))
    };
    if let Some(home) = by_path {
        let empty =
            || shape::body(operation).is_some_and(|schema| takes(contract, schema, &Map::new()));
        return match &operation.body {
            None => Ok(vec![Order { home, body: None }]),
            Some(_) if empty() => Ok(vec![Order {
                home,
                body: Some(Map::new()),
            }]),
            Some(_) => Err(untold()),
        };
    }
    let schema = shape::body(operation).ok_or_else(untold)?;
    let place = Place::of(contract, schema);
    let members = shape::members(&contract.schemas, schema);
    for member in &members {
        let kinds = place.member(&member.name);
        let listed = kinds.keyword("enum").filter_map(Value::as_array).flatten();
        let values: Vec<&Value> = listed.chain(kinds.keyword("const")).collect();
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
            order
                .body
                .as_ref()
                .is_some_and(|body| takes(contract, schema, body))
        });
        if !orders.is_empty() && alone {
            return Ok(orders);
        }
    }
    Err(untold())
}

/// Whether a body of these members alone is valid.
fn takes(contract: &Contract, schema: &Schema, body: &Map<String, Value>) -> bool {
    let body = Value::Object(body.clone());
    contract.schemas.validate_request(schema, &body).is_valid()
}

/// Records that are to be in a result.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// What is asked for.
    pub(crate) order: Order<'a>,
    /// The first, and others with other values: a result that is a choice holds some of them.
    pub(crate) held: Vec<CreatedRecord>,
    /// The list they are in.
    pub(crate) lister: Lister<'a>,
    /// The first as it is read.
    pub(crate) alone: &'a Value,
    /// Other records of the kind, by what the list shows.
    pub(crate) others: Vec<String>,
}

/// What is in a result.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    /// How many times each record is there.
    pub(crate) times: Vec<usize>,
    /// The first, where that is more than its id.
    pub(crate) record: Option<&'a Value>,
    /// Whether any record of the kind is.
    pub(crate) any: bool,
    /// Whether more of it is elsewhere, on a page of its own.
    pub(crate) goes_on: bool,
    /// Records of the list that are not there either.
    pub(crate) absent: Vec<String>,
}

impl Shown<'_> {
    /// Whether records of the kind are there, and one of these is not.
    pub(crate) fn lacks(&self) -> bool {
        self.any && self.times.contains(&0)
    }

    /// Whether some of these records are there, and some are not.
    pub(crate) fn chooses(&self) -> bool {
        self.lacks() && self.times.iter().any(|times| *times > 0)
    }
}

/// Looks for the records in a result.
///
/// # Errors
/// Inconclusive, where it is no success or was not read to its end; not applicable, where it is neither JSON nor text, or
/// a text in which nothing tells the ids from other values.
pub(crate) fn look<'r>(
    script: &Script<'_>,
    wanted: &Wanted<'_>,
    exchange: &'r Exchange,
) -> Scripted<Shown<'r>> {
    let response = success(exchange)?;
    if response.cut {
        return Err(Halt::unmet(
            Responsible::TestData,
            "The result is longer than what is read of a response (`limits.body`).",
        ));
    }
    let own = wanted.held.iter().map(|held| held.id.as_str());
    let others = wanted.others.iter().map(String::as_str);
    let known: HashSet<&str> = own.clone().chain(others).collect();
    let first = own.clone().next();
    let tells = own.clone().all(|id| id.len() >= TELLING);
    let absent = |is_there: &dyn Fn(&str) -> bool| -> Vec<String> {
        let others = wanted.others.iter();
        others.filter(|id| !is_there(id)).cloned().collect()
    };
    if let Ok(body) = response.json() {
        let mut lists = Vec::new();
        gather(body, 0, &mut lists);
        let id = |row: &Value| wanted.lister.id(row);
        let is = |row: &Value, wanted: &str| id(row).as_deref() == Some(wanted);
        lists.retain(|list| {
            let rows = list.iter().filter(|row| tells || row.is_object());
            let ids: HashSet<String> = rows.filter_map(id).collect();
            let found = known.iter().filter(|id| ids.contains(**id)).count();
            // Short ids also stand for other things: it takes most of them to know the records.
            found > 0 && (tells || found >= 3 && found * 2 > known.len())
        });
        let rows = || lists.iter().copied().flatten();
        let there: HashSet<String> = rows().filter_map(id).collect();
        let counted = total(body).and_then(|total| usize::try_from(total).ok());
        return Ok(Shown {
            // A result may list its ids beside its records.
            times: own
                .map(|own| {
                    let times = |list: &&Vec<Value>| list.iter().filter(|row| is(row, own)).count();
                    lists.iter().map(times).max().unwrap_or(0)
                })
                .collect(),
            record: rows().find(|row| row.is_object() && first.is_some_and(|own| is(row, own))),
            any: !lists.is_empty(),
            goes_on: counted.is_some_and(|total| total > rows().count())
                || !matches!(
                    paging::next(exchange, script.world.base_url),
                    paging::Next::None | paging::Next::Unsaid
                ),
            absent: absent(&|id| there.contains(id)),
        });
    }
    let Ok(text) = std::str::from_utf8(&response.body) else {
        return Err(Halt::NotApplicable(
            "The result is neither JSON nor text.".to_owned(),
        ));
    };
    if !tells {
        return Err(Halt::NotApplicable(
            "The ids of the records are too short to be told from other values in a text."
                .to_owned(),
        ));
    }
    let words: HashSet<&str> = text
        .split(|char: char| char.is_whitespace() || ",;|\"':{}[]<>".contains(char))
        .collect();
    Ok(Shown {
        // A record with several addresses may take several lines.
        times: own.map(|id| usize::from(words.contains(id))).collect(),
        record: None,
        any: words.iter().any(|word| known.contains(word)),
        goes_on: false,
        absent: absent(&|id| words.contains(id)),
    })
}

/// Every list in a result.
fn gather<'r>(value: &'r Value, depth: usize, lists: &mut Vec<&'r Vec<Value>>) {
    match value {
        Value::Array(items) => lists.push(items),
        Value::Object(members) if depth < 3 => {
            for member in members.values() {
                gather(member, depth + 1, lists);
            }
        }
        _ => {}
    }
}
