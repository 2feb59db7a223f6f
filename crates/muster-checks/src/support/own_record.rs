//! What probes of behaviour over several requests share: a record of the run's own with the ways to it
//! (owner of [`Own`]), other bodies for it, tags, and what settles late.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    Applies,
    support::probe::last_variable,
    support::requests::{STEP_MS, declared_lag_ms},
    support::schema_view::escape,
};
pub(crate) use crate::{
    support::alternative_bodies::{free_member, variant},
    support::entity_tags::{Tag, unless_never_promised},
};
use muster_core::{
    arrange::{
        Arranged, Meanings, Origin, Role, accept, meaning,
        ownership::{Naming, named_record},
        valid_request,
    },
    contract::{Contract, Operation, Parameter, ParameterPlace, Validity},
    exchange::{Address, Exchange, Intent, Request, Response},
    model::{Method, ParameterRole, Responsible},
    script::{Halt, Script, Scripted},
};

/// The contract of most examples: records that are created, read, replaced and removed.
pub(crate) const PEOPLE: &str = "
/people:
  post:
    parameters: [{name: Idempotency-Key, in: header, schema: {type: string}}]
    requestBody: &person
      required: true
      content:
        application/json:
          schema: {type: object, required: [name], properties: {name: {type: string}, notes: {type: string}}}
    responses: {'201': {description: Created}}
/people/{id}:
  parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  get:
    responses: {'200': {description: A person, headers: {ETag: {schema: {type: string}}}}}
  put:
    parameters: [{name: If-Match, in: header, schema: {type: string}}]
    requestBody: *person
    responses: {'200': {description: Replaced}, '412': {description: Changed meanwhile}}
";

/// A record that the conversation may change, and the ways to it.
#[derive(Debug)]
pub(crate) struct Own<'a> {
    /// Its path below the base URL.
    pub(crate) path: String,
    /// Reads it.
    pub(crate) read: &'a Operation,
    /// Changes it.
    pub(crate) change: &'a Operation,
    /// A valid change.
    pub(crate) arranged: Arranged,
}

impl<'a> Own<'a> {
    /// A record that `change` changes and that can be read.
    pub(crate) fn of(script: &mut Script<'a>, change: &'a Operation) -> Scripted<Self> {
        let read = readable(script, change)?;
        let arranged = valid_request(script, change)?;
        let path = crate::support::probe::path(&arranged.request).to_owned();
        // A PUT to an id that nobody has makes the record; it is there only once it was sent.
        let is_new = change.key.method == Method::Put
            && change.path_variables().last().is_some_and(|variable| {
                arranged
                    .origins
                    .iter()
                    .any(|(name, origin)| name == variable && *origin == Origin::Generated)
            });
        if is_new {
            let mut request = arranged.request.clone();
            request.purpose = "creates a record at an id of the run's own".into();
            success(script.send(request)?)?;
        }
        Ok(Self {
            path,
            read,
            change,
            arranged,
        })
    }

    /// A request that reads it.
    pub(crate) fn reading(&self, purpose: &str) -> Request {
        Request::new(Method::Get, Address::Base(self.path.clone()), purpose)
            .calling(&self.read.key)
            .header("accept", accept(self.read))
    }

    /// A change that gives it the `n`th other text or number, on condition of the tag where one is given.
    pub(crate) fn changing(
        &self,
        script: &Script<'_>,
        n: usize,
        tag: Option<&str>,
    ) -> Scripted<Request> {
        let body = variant(script, self.change, &self.arranged, n, None)?;
        self.changing_to(script, body, tag)
    }

    /// A change to this body.
    pub(crate) fn changing_to(
        &self,
        script: &Script<'_>,
        body: Value,
        tag: Option<&str>,
    ) -> Scripted<Request> {
        let mut request = self
            .arranged
            .with_body(script.world.contract, self.change, body)?;
        request.headers.remove("if-match");
        request.headers.remove("if-unmodified-since");
        if let Some(tag) = tag {
            request.headers.set("if-match", tag);
        }
        request.purpose = "changes a record of the run's own".into();
        Ok(request)
    }

    /// Reads it, and gives the answer if it is a success.
    pub(crate) fn read(&self, script: &mut Script<'a>, purpose: &str) -> Scripted<&'a Response> {
        success(script.send(self.reading(purpose))?)
    }
}

/// The operation that reads what another changes.
///
/// # Errors
/// Not applicable, where the contract has none.
pub(crate) fn readable<'a>(script: &Script<'a>, change: &Operation) -> Scripted<&'a Operation> {
    let world = script.world;
    world
        .relations
        .collection(&change.key)
        .and_then(|collection| world.contract.operation(collection.read.as_ref()?))
        .ok_or_else(|| {
            Halt::NotApplicable(format!(
                "The contract has no operation that reads what {} changes.",
                change.key
            ))
        })
}

/// The answer, if it is a success.
///
/// # Errors
/// Inconclusive, where it is none: what was to be judged could not be set up.
pub(crate) fn success(exchange: &Exchange) -> Scripted<&Response> {
    match crate::support::probe::reached(exchange) {
        Ok(response) if response.is_success() => Ok(response),
        Ok(_) => Err(Halt::unmet(
            Responsible::TestData,
            format!(
                "{} {} returned {}, so what follows it could not be judged.",
                exchange.request.method,
                exchange.request.path_and_query(),
                exchange.received()
            ),
        )),
        Err(muster_core::verdict::Judgement::Inconclusive(gap)) => Err(Halt::Unmet(gap)),
        Err(_) => Err(Halt::unmet(
            Responsible::Muster,
            "A response could not be judged.",
        )),
    }
}

/// Whether an operation changes one record.
pub(crate) fn changes_item(_: &Contract, operation: &Operation) -> Applies {
    let changes = matches!(operation.key.method, Method::Put | Method::Patch);
    when(changes && last_variable(&operation.key.path).is_some())
}

/// Whether an operation reads one record.
pub(crate) fn reads_item(_: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Get && last_variable(&operation.key.path).is_some())
}

/// Whether an operation adds to a collection.
pub(crate) fn adds(_: &Contract, operation: &Operation) -> Applies {
    when(
        operation.key.method == Method::Post
            && operation.body.is_some()
            && last_variable(&operation.key.path).is_none(),
    )
}

/// Whether an operation lists.
pub(crate) fn lists(_: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Get && last_variable(&operation.key.path).is_none())
}

/// Applies, or nobody would expect it to.
pub(crate) const fn when(applies: bool) -> Applies {
    if applies {
        Applies::Yes
    } else {
        Applies::Irrelevant
    }
}

/// The operation that a conversation is for.
///
/// # Errors
/// Not applicable, where there is none, or it is not of this role.
pub(crate) fn of_role<'a>(
    script: &Script<'a>,
    operation: Option<&'a Operation>,
    roles: &[Role],
) -> Scripted<&'a Operation> {
    let operation = operation
        .ok_or_else(|| Halt::NotApplicable("There is no operation to call.".to_owned()))?;
    if roles.contains(&script.world.relations.role(&operation.key)) {
        Ok(operation)
    } else {
        Err(Halt::NotApplicable(format!(
            "{} is not recognised, by its path and method, as what this is for.",
            operation.key
        )))
    }
}

/// Whether something is promised for an operation: by the contract, or by a claim where the contract declares it for no
/// operation at all. Where some operations declare it, the claim is about those.
pub(crate) fn promises(
    script: &Script<'_>,
    operation: &Operation,
    claim: &str,
    declares: impl Fn(&Operation) -> bool,
) -> bool {
    let world = script.world;
    declares(operation)
        || world.claims.has(claim) && !world.contract.operations.iter().any(declares)
}

/// Whether an operation takes `If-Match` by the contract.
pub(crate) fn declares_if_match(operation: &Operation) -> bool {
    operation
        .parameter(ParameterPlace::Header, "If-Match")
        .is_some()
        || operation.documents(412)
}

/// Whether contract or claims say that changes can be made on condition of a tag.
pub(crate) fn conditional(script: &Script<'_>, change: &Operation) -> Scripted<()> {
    if promises(script, change, "etag", declares_if_match) {
        return Ok(());
    }
    Err(Halt::NotApplicable(format!(
        "Neither the contract (If-Match, 412) nor a claim of `etag` says that {} heeds If-Match.",
        change.key
    )))
}

/// A key for one act of one conversation: a UUID by its form, or what the parameter's schema wants.
pub(crate) fn fresh_key(script: &Script<'_>, parameter: Option<&Parameter>, label: &str) -> String {
    let world = script.world;
    let mut state = world.seed ^ 0x6A09_E667_F3BC_C908;
    for byte in world.run_tag.bytes().chain(label.bytes()) {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        state ^= state >> 29;
    }
    let low = state.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let key = format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        state >> 32,
        (state >> 16) & 0xffff,
        state & 0xfff,
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff
    );
    let fits = |text: &str| {
        parameter
            .and_then(|parameter| parameter.schema.as_ref())
            .is_none_or(|schema| {
                let valid = world
                    .contract
                    .schemas
                    .validate_request(schema, &json!(text));
                !matches!(valid, Validity::Invalid(_))
            })
    };
    let plain = key.replace('-', "");
    [key.clone(), plain, format!("\"{key}\"")]
        .into_iter()
        .find(|text| fits(text))
        .unwrap_or(key)
}

/// The parameter that takes an idempotency key.
///
/// # Errors
/// Not applicable, where neither the contract has one nor a claim says so.
pub(crate) fn idempotency_key<'a>(
    script: &Script<'_>,
    operation: &'a Operation,
) -> Scripted<(String, Option<&'a Parameter>)> {
    let contract = script.world.contract;
    let role = ParameterRole::IdempotencyKey;
    if let Some(name) = Meanings::of(contract, operation).name(role) {
        let declared = meaning::parameter(contract, operation, role);
        return Ok((name.to_owned(), declared));
    }
    let declares = |other: &Operation| Meanings::of(contract, other).name(role).is_some();
    if promises(script, operation, "idempotency-key", declares) {
        return Ok(("Idempotency-Key".to_owned(), None));
    }
    Err(Halt::NotApplicable(format!(
        "{} takes no Idempotency-Key by the contract, and none is claimed.",
        operation.key
    )))
}

/// Sends a request until the answer is as wished or the declared time to settle (`settle_ms`) is over, and
/// gives the last answer. Nothing is declared: sent once.
pub(crate) fn settled<'a>(
    script: &mut Script<'a>,
    request: &Request,
    wished: impl Fn(&Response) -> bool,
) -> Scripted<&'a Exchange> {
    let most = declared_lag_ms(script.world);
    let mut waited = 0;
    loop {
        let exchange = script.send(request.clone())?;
        if waited >= most || exchange.response().is_some_and(&wished) {
            return Ok(exchange);
        }
        script.pause(Duration::from_millis(STEP_MS))?;
        waited += STEP_MS;
    }
}

/// A record without what the server writes into it at each change: moments, versions and tags.
pub(crate) fn without_stamps(value: &Value) -> Value {
    let is_stamp = |name: &str| {
        let name = name.to_ascii_lowercase().replace(['_', '-'], "");
        [
            "updated",
            "modified",
            "lastchange",
            "version",
            "etag",
            "revision",
            "timestamp",
        ]
        .iter()
        .any(|word| name.contains(word))
            || name == "rev"
    };
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !is_stamp(name))
            .map(|(name, value)| (name.clone(), without_stamps(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_stamps).collect(),
        other => other.clone(),
    }
}

/// A request as it is, with a header and another purpose.
pub(crate) fn with(mut request: Request, name: &str, value: &str, purpose: &str) -> Request {
    request.headers.set(name, value);
    request.purpose = purpose.to_owned();
    request.intent = Intent::Plausible;
    request
}

/// A member of the record in an answer, alone or in its usual wrapping.
pub(crate) fn member_of<'r>(response: &'r Response, member: &str) -> Option<&'r Value> {
    let body = response.json().ok()?;
    let name = escape(member);
    ["", "/data", "/data/attributes"]
        .into_iter()
        .find_map(|place| body.pointer(&format!("{place}/{name}")))
        .filter(|value| !value.is_null())
}

/// What tells the record that an exchange made from another: its id, or else where it lies.
pub(crate) fn identity_of(script: &Script<'_>, exchange: &Exchange) -> Option<String> {
    let world = script.world;
    match named_record(world.contract, world.relations, exchange) {
        Some(named) if named.by != Naming::Guess => return Some(named.path),
        // A property that may mean something else tells nothing apart.
        Some(_) => return None,
        None => {}
    }
    let response = exchange.response()?;
    if let Some(location) = response.headers.get("location") {
        let own = crate::support::probe::path(&exchange.request)
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let last = location.trim_end_matches('/').rsplit('/').next();
        // The address of the collection names none of its records.
        return (last != Some(own)).then(|| location.to_owned());
    }
    // A response that names none of the records that the contract reads tells nothing apart by another id.
    let has_items = exchange
        .request
        .operation
        .as_ref()
        .and_then(|key| world.relations.collection(key))
        .is_some_and(|collection| collection.item.is_some());
    if has_items {
        return None;
    }
    let body = response.json().ok()?;
    ["/id", "/uuid", "/data/id"]
        .into_iter()
        .find_map(|pointer| body.pointer(pointer))
        .map(Value::to_string)
}

/// Whether two exchanges made the same record, where their answers say which.
pub(crate) fn same_record(script: &Script<'_>, one: &Exchange, other: &Exchange) -> Option<bool> {
    Some(identity_of(script, one)? == identity_of(script, other)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_of_the_server_do_not_make_two_records_differ() {
        let one = json!({"name": "Zz", "updatedAt": "1", "meta": {"version": 1, "a": 2}});
        let other = json!({"name": "Zz", "updatedAt": "2", "meta": {"version": 2, "a": 2}});
        assert_eq!(without_stamps(&one), without_stamps(&other));
        assert_ne!(without_stamps(&one), without_stamps(&json!({"name": "Y"})));
    }
}
