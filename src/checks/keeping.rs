//! What checks of records share: making them, reading them back, changing them (owner of [`Home`] and
//! [`Held`]).

use std::time::Duration;

use serde_json::{Map, Value};

use super::{
    Applies,
    place::Place,
    probing::{last_variable, reached},
    same::created_anew,
    stress,
};
use crate::{
    arrange::{
        self, Arranged, Created, accept, answers, body, full_request, names,
        relations::Collection,
        serialise, shape, valid_request,
        values::{self, generated},
        vary,
    },
    contract::{Contract, Operation, ParameterPlace, Schema},
    exchange::{Address, Exchange, Intent, Request, Response},
    generate,
    model::{Method, OperationKey, Whose},
    script::{Halt, Script, Scripted, World},
    verdict::{Finding, Judgement},
};

/// The contract of the examples.
pub(super) const PEOPLE: &str = "
/people:
  get:
    responses:
      '200': {description: People, content: {application/json: {schema: {type: object, properties: {total: {type: integer}, items: {type: array, items: {$ref: '#/components/schemas/Person'}}}}}}}
  post:
    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NewPerson'}}}}
    responses:
      '201': {description: Created, headers: {Location: {schema: {type: string}}}, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}
      '422': {description: Invalid}
/people/{id}:
  get:
    responses: {'200': {description: A person, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}, '404': {description: Nobody}}
  put:
    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NewPerson'}}}}
    responses: {'200': {description: Replaced, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}, '404': {description: Nobody}, '422': {description: Invalid}}
  patch:
    requestBody: {required: true, content: {application/merge-patch+json: {schema: {type: object, additionalProperties: false, properties: {name: {enum: [Zz]}, held: {type: boolean}}}}}}
    responses: {'200': {description: Changed, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}, '404': {description: Nobody}, '422': {description: Invalid}}
  delete:
    responses: {'204': {description: Removed}, '404': {description: Nobody}}
components:
  schemas:
    NewPerson: {type: object, required: [name], additionalProperties: false, properties: {name: {enum: [Zz]}, held: {type: boolean}}}
    Person: {type: object, properties: {id: {type: string}, name: {type: string}, held: {type: boolean}, read: {type: integer}}}
";

/// The contract of the examples of lists.
pub(super) const PAGED: &str = "
/people:
  get:
    parameters:
      - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
      - {name: offset, in: query, schema: {type: integer, minimum: 0}}
      - {name: name, in: query, schema: {type: string, enum: [Zz, Yy]}}
      - {name: sort, in: query, schema: {type: string, enum: [name, -name]}}
    responses: {'200': {description: People, content: {application/json: {schema: {type: array, items: {type: object, properties: {id: {type: string}, name: {type: string, enum: [Zz, Yy, Aa, Bb]}}}}}}}}
  post:
    requestBody: {required: true, content: {application/json: {schema: {type: object, required: [name], properties: {name: {enum: [Zz]}}}}}}
    responses: {'201': {description: Created}}
/people/{id}:
  get:
    responses: {'200': {description: A person}}
";

/// How long, in milliseconds, a change may take to show, where `settle_ms` does not say.
const SETTLE_MS: i64 = 2_000;

/// For probes of operations that create.
pub(super) fn on_create(contract: &Contract, operation: &Operation) -> Applies {
    let path = operation.key.path.trim_end_matches('/');
    if operation.key.method != Method::Post || path.ends_with('}') {
        return Applies::Beside;
    }
    let reads = contract.operations.iter().any(|other| {
        other.key.method == Method::Get && collection_of(&other.key.path) == Some(path)
    });
    if reads { Applies::Yes } else { Applies::Beside }
}

/// For probes of operations on one record, with this method.
pub(super) fn on_item(contract: &Contract, operation: &Operation, method: &Method) -> Applies {
    if operation.key.method != *method {
        return Applies::Beside;
    }
    let Some(collection) = collection_of(&operation.key.path) else {
        return Applies::Beside;
    };
    let has = |method: &Method, at: &dyn Fn(&str) -> bool| {
        contract
            .operations
            .iter()
            .any(|other| other.key.method == *method && at(&other.key.path))
    };
    let created = has(&Method::Post, &|path| {
        path.trim_end_matches('/') == collection
    });
    let read = has(&Method::Get, &|path| path == &*operation.key.path);
    if created && read {
        Applies::Yes
    } else {
        Applies::No(
            "A record of the run's own is needed, and the contract has no POST that makes one or no GET that reads it."
                .into(),
        )
    }
}

/// For probes of operations that list.
pub(super) fn on_list(contract: &Contract, operation: &Operation) -> Applies {
    let path = operation.key.path.trim_end_matches('/');
    if operation.key.method != Method::Get || path.ends_with('}') {
        return Applies::Beside;
    }
    let has_items = contract
        .operations
        .iter()
        .any(|other| collection_of(&other.key.path) == Some(path));
    let creates = contract.operations.iter().any(|other| {
        other.key.method == Method::Post && other.key.path.trim_end_matches('/') == path
    });
    match (has_items, creates) {
        (true, true) => Applies::Yes,
        (true, false) => {
            Applies::No("Nothing in the contract makes records for this list by POST.".into())
        }
        _ => Applies::Beside,
    }
}

/// The path of the collection of an item.
fn collection_of(item: &str) -> Option<&str> {
    let (before, _, after) = last_variable(item)?;
    (before.is_empty() && after.is_empty())
        .then(|| item.trim_end_matches('/').rsplit_once('/'))
        .flatten()
        .map(|(collection, _)| collection)
}

/// The operations of one collection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Home<'a> {
    /// What relations know of it.
    pub(super) collection: &'a Collection,
    /// Makes a record.
    pub(super) create: &'a Operation,
    /// Reads one.
    pub(super) read: &'a Operation,
}

/// A record of the run's own.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// What made it.
    pub(super) created: Created,
    /// Where it is, below the base URL.
    pub(super) path: String,
    /// What was sent of it.
    pub(super) sent: Value,
    /// Its id as text.
    pub(super) id: String,
}

impl<'a> Home<'a> {
    /// The home of an operation.
    pub(super) fn of(world: World<'a>, operation: &Operation) -> Scripted<Self> {
        let find =
            |key: &Option<OperationKey>| key.as_ref().and_then(|key| world.contract.operation(key));
        let collection = world.relations.collection(&operation.key);
        collection
            .and_then(|collection| {
                Some(Self {
                    collection,
                    create: find(&collection.create)?,
                    read: find(&collection.read)?,
                })
            })
            .ok_or_else(|| {
                Halt::NotApplicable(
                    "The contract does not show which operations make and read these records."
                        .into(),
                )
            })
    }

    /// Another operation of the collection.
    pub(super) fn other(world: World<'a>, key: Option<&OperationKey>) -> Option<&'a Operation> {
        key.and_then(|key| world.contract.operation(key))
    }

    /// The schema of what creates one.
    pub(super) fn sent_schema(&self) -> Option<&'a Schema> {
        shape::body(self.create)
    }

    /// What the contract says of what is read.
    pub(super) fn read_place(&self, contract: &'a Contract) -> Place<'a> {
        shape::success(self.read).map_or_else(Place::default, |schema| {
            let whole = Place::of(contract, schema);
            if whole.named().contains("data") && whole.named().len() <= 4 {
                return whole.member("data");
            }
            whole
        })
    }

    /// The members that callers decide on: named by what creates, replaces or changes a record.
    pub(super) fn owned(&self, world: World<'a>) -> Vec<String> {
        let mut owned = Vec::new();
        for key in [
            &self.collection.create,
            &self.collection.replace,
            &self.collection.patch,
        ] {
            let operation = Self::other(world, key.as_ref());
            if let Some(schema) = operation.and_then(shape::body) {
                for member in shape::members(&world.contract.schemas, schema) {
                    if !member.read_only && !owned.contains(&member.name) {
                        owned.push(member.name);
                    }
                }
            }
        }
        let thing = &self.collection.thing;
        owned.retain(|name| {
            names::identifier(name).is_none_or(|(owner, by)| {
                !matches!(by.as_str(), "id" | "uuid" | "guid")
                    || !(owner.is_empty() || owner == *thing)
            })
        });
        owned
    }
}

/// Makes a record with everything filled in; if that is refused, without what may name a record that is
/// not there; at last the simplest one.
pub(super) fn make<'a>(script: &mut Script<'a>, home: &Home<'a>) -> Scripted<Held> {
    workable(script, home).map(|(_, held)| held)
}

/// A creation that succeeds with as much as the target takes, and the record it made.
pub(super) fn workable<'a>(script: &mut Script<'a>, home: &Home<'a>) -> Scripted<(Arranged, Held)> {
    let world = script.world;
    let mut full = full_request(script, home.create)?;
    let body = full.body().cloned();
    let purpose = "creates a record with every property";
    if let Made::Record(held) = send(script, home, &full, body.clone(), purpose)? {
        return Ok((full, *held));
    }
    let fewer = body
        .as_ref()
        .zip(home.sent_schema())
        .map(|(body, schema)| without_doubtful(world, home, schema, body))
        .filter(|fewer| Some(fewer) != body.as_ref());
    if let Some(fewer) = fewer
        && let Made::Record(held) = send(script, home, &full, Some(fewer.clone()), purpose)?
    {
        if let Some((body, _)) = &mut full.values.body {
            *body = fewer.clone();
        }
        full.request = full.with_body(world.contract, home.create, fewer)?;
        return Ok((full, *held));
    }
    let simple = valid_request(script, home.create)?;
    let body = simple.body().cloned();
    match send(script, home, &simple, body, "creates a record")? {
        Made::Record(held) => Ok((simple, *held)),
        Made::Refused(exchange) => Err(not_made(home, exchange)),
    }
}

/// A body without the optional members that may name a record nobody knows of.
fn without_doubtful(world: World<'_>, home: &Home<'_>, schema: &Schema, body: &Value) -> Value {
    let mut fewer = body.clone();
    let schemas = &world.contract.schemas;
    for member in shape::members(schemas, schema) {
        let place = Place::of(world.contract, &member.schema);
        let names_one = place.has_format("uuid")
            || names::identifier(&member.name)
                .is_some_and(|(owner, _)| !owner.is_empty() && owner != home.collection.thing);
        if member.required || !names_one {
            continue;
        }
        let before = fewer.clone();
        if let Some(members) = fewer.as_object_mut() {
            members.shift_remove(&member.name);
        }
        if !schemas.validate_request(schema, &fewer).is_valid() {
            fewer = before;
        }
    }
    fewer
}

/// Makes the simplest record.
pub(super) fn make_simple<'a>(script: &mut Script<'a>, home: &Home<'a>) -> Scripted<Held> {
    let arranged = valid_request(script, home.create)?;
    let body = arranged.body().cloned();
    match send(script, home, &arranged, body, "creates a record")? {
        Made::Record(held) => Ok(*held),
        Made::Refused(exchange) => Err(not_made(home, exchange)),
    }
}

fn not_made(home: &Home<'_>, exchange: &Exchange) -> Halt {
    match reached(exchange) {
        Err(Judgement::Inconclusive(gap)) => Halt::Unmet(gap),
        _ => Halt::unmet(
            Whose::Supplier,
            format!(
                "No record could be created: {} was answered {}.",
                home.create.key,
                exchange.received()
            ),
        ),
    }
}

/// What came of a creation.
pub(super) enum Made<'a> {
    /// A record.
    Record(Box<Held>),
    /// Nothing.
    Refused(&'a Exchange),
}

/// Sends a creation with this body.
pub(super) fn send<'a>(
    script: &mut Script<'a>,
    home: &Home<'a>,
    arranged: &Arranged,
    body: Option<Value>,
    purpose: &str,
) -> Scripted<Made<'a>> {
    let world = script.world;
    let mut request = match &body {
        Some(body) if arranged.body() != Some(body) => {
            arranged.with_body(world.contract, home.create, body.clone())?
        }
        _ => arranged.request.clone(),
    };
    request.purpose = purpose.into();
    let exchange = script.send(request)?;
    let accepted = exchange.response().is_some_and(Response::is_success);
    if !accepted {
        return Ok(Made::Refused(exchange));
    }
    if exchange.status() == Some(202) {
        return Err(Halt::NotApplicable(
            "Records are made later than they are asked for (202), and nothing says when.".into(),
        ));
    }
    if joins(script, home.create, arranged, exchange) {
        return Err(Halt::NotApplicable(format!(
            "{} answers 200 with a record that was there already, so that it joins what is alike and makes nothing.",
            home.create.key
        )));
    }
    let created = arrange::create::created(world.relations, arranged.clone(), exchange.clone());
    hold(home, created, body.unwrap_or(Value::Null))
        .map(|held| Made::Record(Box::new(held)))
        .ok_or_else(|| {
            Halt::unmet(
                Whose::Supplier,
                format!(
                    "The answer to {} does not tell which record was made.",
                    home.create.key
                ),
            )
        })
}

/// Whether a creation gave back a record that was there before it: 200, and the id of another creation that
/// was not removed since, or of a record that is known.
pub(super) fn joins(
    script: &Script<'_>,
    create: &Operation,
    arranged: &Arranged,
    exchange: &Exchange,
) -> bool {
    if exchange.status() != Some(200) {
        return false;
    }
    let world = script.world;
    let id = |exchange: &Exchange| {
        arrange::create::created(world.relations, arranged.clone(), exchange.clone()).id
    };
    let Some(own) = id(exchange) else {
        return false;
    };
    let mut before = false;
    for earlier in script
        .exchanges()
        .filter(|earlier| earlier.id < exchange.id)
    {
        let succeeded = earlier.response().is_some_and(Response::is_success);
        if succeeded && earlier.request.method == Method::Delete {
            before = false;
        } else if succeeded && earlier.request.operation.as_ref() == Some(&create.key) {
            before |= id(earlier).as_ref() == Some(&own);
        }
    }
    before || world.known.holds(&own)
}

/// The id in the body says which record was made, whatever `Location` says.
fn hold(home: &Home<'_>, created: Created, sent: Value) -> Option<Held> {
    let item = created.item.clone()?;
    let id = serialise::scalar(created.id.as_ref()?);
    let (_, last) = item.rsplit_once('/')?;
    let own = created.keys.values().any(|key| *key == id) || serialise::decode(last) == id;
    let path = if own {
        item
    } else {
        let parent = answers::request_path(&created.exchange).trim_end_matches('/');
        format!("{parent}/{}", serialise::encode(&id))
    };
    let sent = answers::record(&sent, &home.collection.thing)
        .cloned()
        .unwrap_or(sent);
    Some(Held {
        created,
        path,
        sent,
        id,
    })
}

/// A read of one record.
pub(super) fn get<'a>(
    script: &mut Script<'a>,
    home: &Home<'a>,
    path: &str,
    purpose: &str,
) -> Scripted<&'a Exchange> {
    let request = to_item(script.world, home.read, path, None, None)?;
    script.send(Request {
        purpose: purpose.into(),
        ..request
    })
}

/// The record as it is read, once it can be.
pub(super) fn read<'a>(
    script: &mut Script<'a>,
    home: &Home<'a>,
    held: &Held,
) -> Scripted<&'a Value> {
    let exchange = read_exchange(script, home, held)?;
    let json = answered(exchange)?.json().map_err(|reason| {
        Halt::unmet(
            Whose::Supplier,
            format!("The record cannot be read: {reason}."),
        )
    })?;
    Ok(answers::record(json, &home.collection.thing).unwrap_or(json))
}

/// The read of a record, once it succeeds.
pub(super) fn read_exchange<'a>(
    script: &mut Script<'a>,
    home: &Home<'a>,
    held: &Held,
) -> Scripted<&'a Exchange> {
    let exchange = until(script, |script| {
        let exchange = get(script, home, &held.path, "reads the record back")?;
        let gone = matches!(exchange.status(), Some(404 | 410));
        Ok((exchange, !gone))
    })?;
    if answered(exchange)?.is_success() {
        Ok(exchange)
    } else {
        Err(Halt::unmet(
            Whose::Supplier,
            format!(
                "A record that was created cannot be read: {} was answered {}.",
                home.read.key,
                exchange.received()
            ),
        ))
    }
}

/// The answer, where the API itself gave one.
pub(super) fn answered(exchange: &Exchange) -> Scripted<&Response> {
    reached(exchange).map_err(|judgement| match judgement {
        Judgement::Inconclusive(gap) => Halt::Unmet(gap),
        _ => Halt::unmet(Whose::Supplier, "No answer came to judge."),
    })
}

/// Looks again, with growing pauses, until what is looked for is there or `settle_ms` is over.
pub(super) fn until<'a, T>(
    script: &mut Script<'a>,
    mut look: impl FnMut(&mut Script<'a>) -> Scripted<(T, bool)>,
) -> Scripted<T> {
    let settle = script
        .world
        .parameters
        .integer("settle_ms")
        .unwrap_or(SETTLE_MS)
        .clamp(0, 60_000)
        .unsigned_abs();
    let (mut seen, mut there) = look(script)?;
    let (mut spent, mut pause) = (0, 100);
    while !there && spent < settle {
        script.pause(Duration::from_millis(pause.min(settle - spent)))?;
        spent += pause;
        pause *= 3;
        (seen, there) = look(script)?;
    }
    Ok(seen)
}

/// A request to one record, with what the operation cannot be called without.
pub(super) fn to_item(
    world: World<'_>,
    operation: &Operation,
    path: &str,
    body: Option<&Value>,
    etag: Option<&str>,
) -> Scripted<Request> {
    let mut request = Request::new(
        operation.key.method.clone(),
        Address::Base(path.to_owned()),
        "calls the operation on a record of the run's own",
    )
    .calling(&operation.key)
    .meant(Intent::Plausible);
    let media = accept(operation);
    if !media.is_empty() {
        request.headers.set("accept", media);
    }
    let mut query = Vec::new();
    for parameter in operation
        .parameters
        .iter()
        .filter(|parameter| parameter.required && parameter.place != ParameterPlace::Path)
    {
        let unmet = |why: String| {
            Halt::unmet(
                Whose::Muster,
                format!(
                    "`{}` of {} cannot be filled: {why}.",
                    parameter.name, operation.key
                ),
            )
        };
        if parameter.place == ParameterPlace::Header
            && parameter.name.eq_ignore_ascii_case("if-match")
        {
            request.headers.set("if-match", etag.unwrap_or("*"));
            continue;
        }
        let label = format!("{} {}", operation.key, parameter.name);
        let given = world.known.given(&operation.key, &parameter.name).cloned();
        let value = match (given, &parameter.schema) {
            (Some(value), _) => value,
            (None, Some(schema)) => generated(
                &world,
                schema,
                values::place(parameter),
                generate::Style::Simple,
                &label,
            )
            .map_err(&unmet)?,
            (None, None) => Value::from("zz"),
        };
        match parameter.place {
            ParameterPlace::Query => query
                .extend(serialise::query(parameter, &value).map_err(|why| unmet(why.to_string()))?),
            ParameterPlace::Header => {
                let text =
                    serialise::header(parameter, &value).map_err(|why| unmet(why.to_string()))?;
                request.headers.set(&parameter.name, text);
            }
            _ => {}
        }
    }
    if !query.is_empty() {
        request.address = Address::Base(format!("{path}?{}", query.join("&")));
    }
    if let (Some(body), Some(spec)) = (body, &operation.body)
        && let Some(media) = body::choose(&spec.content)
    {
        request.body = Some(body::write(world.contract, media, body).map_err(|why| {
            Halt::unmet(
                Whose::Muster,
                format!("No body can be written for {}: {why}.", operation.key),
            )
        })?);
    }
    Ok(request)
}

/// A change of a record of the run's own: its exchange.
pub(super) fn change<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    held: &Held,
    body: Option<&Value>,
    purpose: &str,
) -> Scripted<&'a Exchange> {
    let needs_tag = operation.parameters.iter().any(|parameter| {
        parameter.required
            && parameter.place == ParameterPlace::Header
            && parameter.name.eq_ignore_ascii_case("if-match")
    });
    let mut etag = None;
    if needs_tag {
        let home = Home::of(script.world, operation)?;
        let read = read_exchange(script, &home, held)?;
        etag = read
            .response()
            .and_then(|response| response.headers.get("etag"))
            .map(str::to_owned);
    }
    let request = to_item(script.world, operation, &held.path, body, etag.as_deref())?;
    script.send(Request {
        purpose: purpose.into(),
        ..request
    })
}

/// The answer to a change that succeeds; later ones (202) cannot be judged.
pub(super) fn changed<'a>(operation: &Operation, exchange: &'a Exchange) -> Scripted<&'a Response> {
    let response = answered(exchange)?;
    match response.status {
        202 => Err(Halt::NotApplicable(format!(
            "{} acts later than it is asked to (202), and nothing says when.",
            operation.key
        ))),
        status if (200..300).contains(&status) => Ok(response),
        _ => Err(Halt::unmet(
            Whose::Supplier,
            format!(
                "{} of a record of the run's own was answered {}, so that nothing could be judged.",
                operation.key,
                exchange.received()
            ),
        )),
    }
}

/// A whole valid body for an operation on one record: what the record was made of as far as the
/// operation takes it, else a generated one.
pub(super) fn body_for(
    world: World<'_>,
    operation: &Operation,
    from: &Value,
    label: &str,
) -> Scripted<Value> {
    let none = |why: String| {
        Halt::unmet(
            Whose::Muster,
            format!("No valid body for {} can be made: {why}.", operation.key),
        )
    };
    let schema = shape::body(operation)
        .ok_or_else(|| Halt::NotApplicable(format!("{} takes no JSON body.", operation.key)))?;
    let place = Place::of(world.contract, schema);
    if let Some(members) = from.as_object() {
        let known: Map<String, Value> = members
            .iter()
            .filter(|(name, _)| place.names(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let known = Value::Object(known);
        if world
            .contract
            .schemas
            .validate_request(schema, &known)
            .is_valid()
        {
            return Ok(known);
        }
    }
    generated(
        &world,
        schema,
        generate::Place::Body,
        generate::Style::Plain,
        label,
    )
    .map_err(none)
}

/// A valid body that differs from another in every member that leaves room for it.
pub(super) fn another_body(
    world: World<'_>,
    operation: &Operation,
    from: &Value,
    round: usize,
) -> Value {
    shape::body(operation).map_or_else(
        || from.clone(),
        |schema| stress::varied(world, operation, schema, from, round),
    )
}

/// A body for one more record: as another, with new values of what no two records may share.
pub(super) fn told_apart(
    world: World<'_>,
    operation: &Operation,
    from: &Value,
    label: &str,
) -> Value {
    shape::body(operation).map_or_else(
        || from.clone(),
        |schema| vary::renewed(&world, operation, schema, from, true, label),
    )
}

/// Two bodies with half of the new values each, where a body is an object with several: what is left
/// of a body that is refused as a whole.
pub(super) fn halves(plain: &Value, varied: &Value) -> Vec<Value> {
    let (Some(plain), Some(members)) = (plain.as_object(), varied.as_object()) else {
        return Vec::new();
    };
    [0, 1]
        .into_iter()
        .map(|half| {
            let mut body = plain.clone();
            let changed = members
                .iter()
                .filter(|(name, value)| plain.get(*name) != Some(value));
            for (index, (name, value)) in changed.enumerate() {
                if index % 2 == half {
                    body.insert(name.clone(), value.clone());
                }
            }
            Value::Object(body)
        })
        .collect()
}

/// Changes a record of the run's own by a whole body; where that is refused, by one with fewer new values,
/// since a rule that the schema does not tell may be at work. The body that was taken, and its answer.
pub(super) fn changed_by<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    held: &Held,
    plain: &Value,
    body: &Value,
    purpose: &str,
) -> Scripted<(Value, &'a Response)> {
    let mut tries = vec![body.clone()];
    tries.extend(halves(plain, body));
    for half in halves(plain, body) {
        tries.extend(halves(plain, &half));
    }
    tries.push(plain.clone());
    let mut tried: Vec<Value> = Vec::new();
    let mut first: Option<&'a Exchange> = None;
    for body in tries {
        let is_new = !tried.contains(&body) && is_valid(script.world, operation, &body);
        if !is_new && first.is_some() {
            continue;
        }
        tried.push(body.clone());
        let exchange = change(script, operation, held, Some(&body), purpose)?;
        if !matches!(exchange.status(), Some(400 | 409 | 422)) {
            return Ok((body, changed(operation, exchange)?));
        }
        first = first.or(Some(exchange));
    }
    match first {
        Some(exchange) => Err(changed(operation, exchange).err().unwrap_or(Halt::Pending)),
        None => Err(Halt::NotApplicable("Nothing is sent.".into())),
    }
}

fn is_valid(world: World<'_>, operation: &Operation, body: &Value) -> bool {
    shape::body(operation).is_none_or(|schema| vary::is_valid(&world, schema, body))
}

/// The members of two states of a record that differ, of those that callers decide on.
pub(super) fn changes(owned: &[String], before: &Value, after: &Value) -> Vec<String> {
    owned
        .iter()
        .filter(|name| before.get(name.as_str()) != after.get(name.as_str()))
        .cloned()
        .collect()
}

/// A value in a message: short.
pub(super) fn brief(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    if text.chars().count() > 120 {
        let mut cut: String = text.chars().take(117).collect();
        cut.push_str("...");
        return cut;
    }
    text
}

/// Pass, where nothing was found.
pub(super) fn judged(mut judgements: Vec<Judgement>) -> Vec<Judgement> {
    if judgements.is_empty() {
        judgements.push(Judgement::Pass);
    }
    judgements
}

/// What is wrong with a record whose creation has another moment, or another maker, after a change.
pub(super) fn creation_moved(
    operation: &Operation,
    owned: &[String],
    before: &Value,
    after: &Value,
) -> Option<Judgement> {
    let (name, old, new) = created_anew(owned, before, after)?;
    Some(
        Finding::new(
            format!("creation {name}"),
            format!("`{name}` tells of the creation, and a change of the record changes it."),
            format!("{}: {}", operation.key, brief(Some(old))),
            brief(Some(new)),
        )
        .at(operation.pointer.clone())
        .into(),
    )
}

/// What the latest exchange shows, and not those that follow.
pub(super) fn shown_now(
    script: &Script<'_>,
    judgements: impl IntoIterator<Item = Judgement>,
) -> Vec<Judgement> {
    let latest = script.latest();
    judgements
        .into_iter()
        .map(|mut judgement| {
            if let Judgement::Fail(finding) = &mut judgement {
                finding.shown_by = finding.shown_by.or(latest);
            }
            judgement
        })
        .collect()
}

/// The operation of a probe by operation.
pub(super) fn subject(operation: Option<&Operation>) -> Scripted<&Operation> {
    operation.ok_or_else(|| Halt::NotApplicable("There is no operation.".into()))
}

/// Records with values that differ, as many as can be made.
pub(super) fn several<'a>(
    script: &mut Script<'a>,
    home: &Home<'a>,
    count: usize,
) -> Scripted<Vec<Held>> {
    let (full, first) = workable(script, home)?;
    let plain = full.body().cloned().unwrap_or(Value::Null);
    let mut made = vec![first];
    for round in 0..count {
        let fresh = told_apart(
            script.world,
            home.create,
            &plain,
            &format!("several {round}"),
        );
        let varied = another_body(script.world, home.create, &fresh, round);
        let mut tries = halves(&fresh, &varied);
        tries.insert(0, varied);
        tries.push(fresh);
        for body in tries {
            let purpose = "creates a record to be told apart";
            if let Made::Record(held) = send(script, home, &full, Some(body), purpose)? {
                made.push(*held);
                break;
            }
        }
    }
    Ok(made)
}

/// One more simple record, where the target takes one beside those that are there.
pub(super) fn another<'a>(script: &mut Script<'a>, home: &Home<'a>) -> Scripted<Option<Held>> {
    match make_simple(script, home) {
        Ok(held) => Ok(Some(held)),
        Err(Halt::Pending) => Err(Halt::Pending),
        Err(_) => Ok(None),
    }
}
