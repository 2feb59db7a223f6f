//! Records of the run's own (owner of [`Created`]).

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Arranged, answers, build, names,
    relations::{Evidence, Pick, Relations, Source, named_by},
    serialise, valid_request,
};
use crate::{
    contract::{Contract, Operation},
    exchange::Exchange,
    model::{Method, Whose},
    script::{Halt, Script, Scripted},
    verdict::Gap,
};

/// How often a creation that is in conflict with another record is tried.
const CONFLICTS: usize = 3;

/// A record that a conversation created.
#[derive(Debug, Clone)]
pub struct Created {
    /// The request that made it.
    pub arranged: Arranged,
    /// The whole exchange.
    pub exchange: Exchange,
    /// Its id, as the answer gives it.
    pub id: Option<Value>,
    /// The variables of its item path, by name.
    pub keys: BTreeMap<String, String>,
    /// The record as the answer shows it.
    pub representation: Option<Value>,
    /// Where it lies: a path below the base URL.
    pub item: Option<String>,
}

/// Creates a fresh record through an operation that creates.
///
/// # Errors
/// Halts while answers are pending, when the request cannot be built, and when the answer is no success.
pub fn create<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted<Created> {
    let (arranged, exchange) = without_conflict(script, operation)?;
    let Some(response) = exchange.response() else {
        let whose = match &exchange.outcome {
            crate::exchange::Outcome::Broken(breakage) => breakage.kind.whose(),
            crate::exchange::Outcome::Answered(_) => Whose::Muster,
        };
        return Err(Halt::unmet(
            whose,
            format!(
                "No record could be created: {} got no answer: {}",
                operation.key,
                exchange.received()
            ),
        ));
    };
    if !response.is_success() {
        let (whose, reason) = super::exercise::refusal(&arranged, operation, response);
        return Err(Halt::unmet(
            whose,
            format!("No record could be created: {reason}"),
        ));
    }
    let relations = script.world.relations;
    Ok(created(relations, arranged, exchange))
}

/// The answer to a creation; where there is such a record already, to one with other values.
fn without_conflict<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
) -> Scripted<(Arranged, Exchange)> {
    if let Some(gap) = always_refused(script, operation) {
        return Err(Halt::Unmet(gap));
    }
    let mut tries = 0;
    loop {
        let arranged = valid_request(script, operation)?;
        let mut request = arranged.request.clone();
        request.purpose = format!("creates a record through {}", operation.key);
        let exchange = script.send(request)?.clone();
        tries += 1;
        if exchange.status() != Some(409) || tries >= CONFLICTS {
            return Ok((arranged, exchange));
        }
    }
}

/// Why a creation is not sent that was refused before in the same way each time.
pub(super) fn always_refused(script: &Script<'_>, operation: &Operation) -> Option<Gap> {
    let key = &operation.key;
    let how = script.world.known.always_refused(key)?;
    Some(Gap::new(
        Whose::TestData,
        format!(
            "{key} was refused several times in the same way, with {how}, so that it is not sent again. Give a body that it accepts under `data` in the target file: `{key} body`."
        ),
    ))
}

/// What a successful creation tells of the record it made.
pub(crate) fn created(relations: &Relations, arranged: Arranged, exchange: Exchange) -> Created {
    let found = locate(relations, &exchange);
    let thing = exchange
        .request
        .operation
        .as_ref()
        .and_then(|operation| relations.collection(operation))
        .map_or("", |collection| collection.thing.as_str());
    let representation = exchange
        .response()
        .and_then(|response| response.json().ok())
        .and_then(|body| answers::record(body, thing))
        .cloned();
    let id = id_of(relations, &exchange).or_else(|| {
        found
            .as_ref()?
            .keys
            .last()
            .map(|(_, text)| Value::from(text.as_str()))
    });
    Created {
        id,
        keys: found
            .as_ref()
            .map(|found| found.keys.iter().cloned().collect())
            .unwrap_or_default(),
        item: found.map(|found| found.path),
        representation,
        arranged,
        exchange,
    }
}

/// Where the record that an exchange made lies: a path below the base URL.
#[must_use]
pub fn item_address(
    _contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
) -> Option<String> {
    locate(relations, exchange).map(|found| found.path)
}

/// A path that names one record.
pub(crate) struct Located {
    /// The path template, where the contract has one.
    pub(crate) template: Option<String>,
    /// Its variables.
    pub(crate) keys: Vec<(String, String)>,
    /// The path.
    pub(crate) path: String,
}

/// Finds the record that an exchange made: by its `Location` where that is an item of the contract, else
/// by the id in the answer.
pub(crate) fn locate(relations: &Relations, exchange: &Exchange) -> Option<Located> {
    let key = exchange.request.operation.as_ref()?;
    let response = exchange.response()?;
    if !response.is_success() {
        return None;
    }
    if key.method == Method::Put {
        let path = answers::request_path(exchange);
        return Some(Located {
            template: Some(key.path.to_string()),
            keys: serialise::unfill(&key.path, path)?,
            path: path.to_owned(),
        });
    }
    let own = relations.collection(key);
    let thing = own.map_or_else(
        || {
            let last = key.path.rsplit('/').find(|segment| !segment.contains('{'));
            names::thing(last.unwrap_or_default())
        },
        |own| own.thing.clone(),
    );
    let candidates: Vec<(&str, &str)> = own
        .into_iter()
        .chain(relations.collections_of(&thing))
        .filter_map(|collection| collection.item.as_ref())
        .map(|(path, variable)| (path.as_str(), variable.as_str()))
        .collect();
    let location = answers::location(response);
    if let Some(location) = &location {
        for (template, _) in &candidates {
            if let Some(keys) = answers::at_end(template, location) {
                return located(template, keys);
            }
        }
    }
    let sent = serialise::unfill(&key.path, answers::request_path(exchange)).unwrap_or_default();
    for (template, variable) in &candidates {
        let Some(id) = record_id(exchange, variable, &thing) else {
            continue;
        };
        let mut keys = Vec::new();
        let mut complete = true;
        for name in variables(template) {
            if name == *variable {
                keys.push((name.to_owned(), serialise::scalar(&id)));
                continue;
            }
            let same = sent.iter().find(|(sent, _)| {
                named_by(template, name) == named_by(&key.path, sent)
                    || names::folded(sent) == names::folded(name)
            });
            match same {
                Some((_, text)) => keys.push((name.to_owned(), text.clone())),
                None => complete = false,
            }
        }
        if complete {
            return located(template, keys);
        }
    }
    // An address of the target's own: below the base URL as far as the request shows where that is.
    let location = location.filter(|_| response.headers.get("location").is_some())?;
    let base = base_path(exchange)?;
    let path = location
        .strip_prefix(&base)
        .filter(|path| path.starts_with('/'))?;
    Some(Located {
        template: None,
        keys: Vec::new(),
        path: path.to_owned(),
    })
}

fn located(template: &str, keys: Vec<(String, String)>) -> Option<Located> {
    let path = serialise::fill(template, |name| {
        keys.iter()
            .find(|(held, _)| held == name)
            .map(|(_, text)| serialise::encode(text))
    })
    .ok()?;
    Some(Located {
        template: Some(template.to_owned()),
        keys,
        path,
    })
}

fn variables(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// The path of the base URL, as the full URL and the path below it tell.
fn base_path(exchange: &Exchange) -> Option<String> {
    let base = exchange
        .url
        .strip_suffix(exchange.request.path_and_query())?;
    let (_, rest) = base.split_once("://")?;
    Some(
        rest.find('/')
            .and_then(|at| rest.get(at..))
            .unwrap_or_default()
            .to_owned(),
    )
}

/// The id in the record of an answer.
fn record_id(exchange: &Exchange, variable: &str, thing: &str) -> Option<Value> {
    let producer = exchange.request.operation.clone()?;
    let source = Source {
        producer,
        makes: true,
        pick: Pick::Record {
            members: names::members_for(variable, thing),
            thing: thing.to_owned(),
        },
        evidence: Evidence::Path,
        reason: String::new(),
    };
    build::picks(exchange, &source, None).into_iter().next()
}

fn id_of(relations: &Relations, exchange: &Exchange) -> Option<Value> {
    let collection = relations.collection(exchange.request.operation.as_ref()?)?;
    let variable = collection
        .item
        .as_ref()
        .map_or("id", |(_, variable)| variable);
    record_id(exchange, variable, &collection.thing)
}
