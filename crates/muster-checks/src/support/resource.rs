//! What checks of records share: making them, reading them back, changing them (owner of [`ResourceOperations`] and
//! [`CreatedRecord`]).

use serde_json::Value;

pub(crate) use crate::support::created_by_put::makes_record;
use crate::{
    Applies,
    support::created_by_put::{at_free_id, makes_by_put, with_id_of},
    support::probe::{last_variable, reached},
    support::schema_view::Place,
};
pub(crate) use crate::{
    support::bodies::{another_body, body_for, changed_by, halves, told_apart},
    support::record_diff::{brief, changes, creation_moved, judged, shown_now},
    support::requests::{answered, change, changed, get, read, read_exchange, to_item, until},
};
use muster_core::{
    arrange::{
        self, Arranged, Created, answers, full_request, names, relations::Collection, serialise,
        shape, valid_request,
    },
    contract::{Contract, Operation, Schema},
    exchange::{Exchange, Response},
    model::{Method, OperationKey, Responsible},
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::Judgement,
};

/// The contract of the examples.
pub(crate) const PEOPLE: &str = "
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
pub(crate) const PAGED: &str = "
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
pub(crate) const SETTLE_MS: i64 = 2_000;

/// For probes of operations that create.
pub(crate) fn on_create(contract: &Contract, operation: &Operation) -> Applies {
    let path = operation.key.path.trim_end_matches('/');
    if operation.key.method != Method::Post || path.ends_with('}') {
        return Applies::Irrelevant;
    }
    let reads = contract
        .items_of(path)
        .any(|other| other.key.method == Method::Get);
    if reads {
        Applies::Yes
    } else {
        Applies::Irrelevant
    }
}

/// For probes of operations on one record, with this method.
pub(crate) fn on_item(contract: &Contract, operation: &Operation, method: &Method) -> Applies {
    if operation.key.method != *method {
        return Applies::Irrelevant;
    }
    let Some(collection) = collection_of(&operation.key.path) else {
        return Applies::Irrelevant;
    };
    let created = contract
        .operations_at(collection)
        .any(|other| other.key.method == Method::Post)
        || makes_by_put(contract, &operation.key.path);
    let read = contract
        .methods_of(&operation.key.path)
        .any(|method| *method == Method::Get);
    if created && read {
        Applies::Yes
    } else {
        Applies::No(
            "A record of the run's own is needed, and the contract has no POST or PUT that makes one or no GET that reads it."
                .into(),
        )
    }
}

/// For probes of operations that list.
pub(crate) fn on_list(contract: &Contract, operation: &Operation) -> Applies {
    let path = operation.key.path.trim_end_matches('/');
    if operation.key.method != Method::Get || path.ends_with('}') {
        return Applies::Irrelevant;
    }
    let has_items = contract.items_of(path).next().is_some();
    let creates = contract
        .operations_at(path)
        .any(|other| other.key.method == Method::Post);
    match (has_items, creates) {
        (true, true) => Applies::Yes,
        (true, false) => {
            Applies::No("Nothing in the contract makes records for this list by POST.".into())
        }
        _ => Applies::Irrelevant,
    }
}

/// The path of the collection of an item.
pub(crate) fn collection_of(item: &str) -> Option<&str> {
    let (before, _, after) = last_variable(item)?;
    (before.is_empty() && after.is_empty())
        .then(|| item.trim_end_matches('/').rsplit_once('/'))
        .flatten()
        .map(|(collection, _)| collection)
}

/// The operations of one collection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResourceOperations<'a> {
    /// What relations know of it.
    pub(crate) collection: &'a Collection,
    /// Makes a record.
    pub(crate) create: &'a Operation,
    /// Reads one.
    pub(crate) read: &'a Operation,
}

/// A record of the run's own.
#[derive(Debug, Clone)]
pub(crate) struct CreatedRecord {
    /// What made it.
    pub(crate) created: Created,
    /// Where it is, below the base URL.
    pub(crate) path: String,
    /// What was sent of it.
    pub(crate) sent: Value,
    /// Its id as text.
    pub(crate) id: String,
}

impl<'a> ResourceOperations<'a> {
    /// The home of an operation.
    pub(crate) fn of(world: ProbeContext<'a>, operation: &Operation) -> Scripted<Self> {
        let find =
            |key: &Option<OperationKey>| key.as_ref().and_then(|key| world.contract.operation(key));
        let collection = world.relations.collection(&operation.key);
        collection
            .and_then(|collection| {
                let by_put = || {
                    find(&collection.replace)
                        .filter(|put| makes_by_put(world.contract, &put.key.path))
                };
                Some(Self {
                    collection,
                    create: find(&collection.create).or_else(by_put)?,
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

    /// Whether the client chooses the id and makes the record by PUT.
    pub(crate) fn is_made_by_put(&self) -> bool {
        self.create.key.method == Method::Put
    }

    /// Another operation of the collection.
    pub(crate) fn other(
        world: ProbeContext<'a>,
        key: Option<&OperationKey>,
    ) -> Option<&'a Operation> {
        key.and_then(|key| world.contract.operation(key))
    }

    /// The schema of what creates one.
    pub(crate) fn sent_schema(&self) -> Option<&'a Schema> {
        shape::body(self.create)
    }

    /// What the contract says of what is read.
    pub(crate) fn read_place(&self, contract: &'a Contract) -> Place<'a> {
        shape::success(self.read).map_or_else(Place::default, |schema| {
            let whole = Place::of(contract, schema);
            if whole.named().contains("data") && whole.named().len() <= 4 {
                return whole.member("data");
            }
            whole
        })
    }

    /// The members that callers decide on: named by what creates, replaces or changes a record.
    pub(crate) fn owned(&self, world: ProbeContext<'a>) -> Vec<String> {
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
pub(crate) fn make<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
) -> Scripted<CreatedRecord> {
    workable(script, home).map(|(_, held)| held)
}

/// A creation that succeeds with as much as the target takes, and the record it made.
pub(crate) fn workable<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
) -> Scripted<(Arranged, CreatedRecord)> {
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
fn without_doubtful(
    world: ProbeContext<'_>,
    home: &ResourceOperations<'_>,
    schema: &Schema,
    body: &Value,
) -> Value {
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
pub(crate) fn make_simple<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
) -> Scripted<CreatedRecord> {
    let arranged = valid_request(script, home.create)?;
    let body = arranged.body().cloned();
    match send(script, home, &arranged, body, "creates a record")? {
        Made::Record(held) => Ok(*held),
        Made::Refused(exchange) => Err(not_made(home, exchange)),
    }
}

fn not_made(home: &ResourceOperations<'_>, exchange: &Exchange) -> Halt {
    match reached(exchange) {
        Err(Judgement::Inconclusive(gap)) => Halt::Unmet(gap),
        _ => Halt::unmet(
            Responsible::Supplier,
            format!(
                "No record could be created: {} returned {}.",
                home.create.key,
                exchange.received()
            ),
        ),
    }
}

/// What came of a creation.
pub(crate) enum Made<'a> {
    /// A record.
    Record(Box<CreatedRecord>),
    /// Nothing.
    Refused(&'a Exchange),
}

/// Sends a creation with this body.
pub(crate) fn send<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    arranged: &Arranged,
    body: Option<Value>,
    purpose: &str,
) -> Scripted<Made<'a>> {
    let world = script.world;
    let renamed = at_free_id(script, home, arranged)?;
    let arranged = renamed.as_ref().unwrap_or(arranged);
    let body = match (body, arranged.body()) {
        (Some(body), Some(renamed)) if home.is_made_by_put() => {
            Some(with_id_of(home, body, renamed))
        }
        (body, _) => body,
    };
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
            "Records are created later than the response (202), and nothing says when.".into(),
        ));
    }
    if !home.is_made_by_put() && joins(script, home.create, arranged, exchange) {
        return Err(Halt::NotApplicable(format!(
            "{} returns 200 with a record that existed already, so it creates nothing for a record like another.",
            home.create.key
        )));
    }
    let created = arrange::create::created(
        world.contract,
        world.relations,
        arranged.clone(),
        exchange.clone(),
    );
    hold(home, created, body.unwrap_or(Value::Null))
        .map(|held| Made::Record(Box::new(held)))
        .ok_or_else(|| {
            Halt::unmet(
                Responsible::Supplier,
                format!(
                    "The response to {} does not tell which record was made.",
                    home.create.key
                ),
            )
        })
}

/// Whether a creation gave back a record that was there before it: 200, and the id of another creation that
/// was not removed since, or of a record that is known.
pub(crate) fn joins(
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
        arrange::create::created(
            world.contract,
            world.relations,
            arranged.clone(),
            exchange.clone(),
        )
        .id
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

/// The record that a creation made, as its answer tells.
pub(crate) fn held_of(
    world: ProbeContext<'_>,
    home: &ResourceOperations<'_>,
    arranged: &Arranged,
    exchange: &Exchange,
) -> Option<CreatedRecord> {
    let created = arrange::create::created(
        world.contract,
        world.relations,
        arranged.clone(),
        exchange.clone(),
    );
    hold(home, created, Value::Null)
}

/// The id in the body says which record was made, whatever `Location` says.
fn hold(home: &ResourceOperations<'_>, created: Created, sent: Value) -> Option<CreatedRecord> {
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
    Some(CreatedRecord {
        created,
        path,
        sent,
        id,
    })
}

/// The operation of a probe by operation.
pub(crate) fn subject(operation: Option<&Operation>) -> Scripted<&Operation> {
    operation.ok_or_else(|| Halt::NotApplicable("There is no operation.".into()))
}

/// Records with values that differ, as many as can be made.
pub(crate) fn several<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    count: usize,
) -> Scripted<Vec<CreatedRecord>> {
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
            let purpose = "creates a record to be distinguished";
            if let Made::Record(held) = send(script, home, &full, Some(body), purpose)? {
                made.push(*held);
                break;
            }
        }
    }
    Ok(made)
}

/// One more simple record, where the target takes one beside those that are there.
pub(crate) fn another<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
) -> Scripted<Option<CreatedRecord>> {
    match make_simple(script, home) {
        Ok(held) => Ok(Some(held)),
        Err(Halt::Pending) => Err(Halt::Pending),
        Err(_) => Ok(None),
    }
}
