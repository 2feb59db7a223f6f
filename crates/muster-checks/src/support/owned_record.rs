//! Records that belong to somebody, for the checks of who may see and change them (owner of [`record`]).

use serde_json::Value;

use crate::{
    Applies,
    support::resource::{CreatedRecord, Made, ResourceOperations, send},
    support::schema_view::Place,
};
use muster_core::{
    arrange::{shape, valid_request},
    contract::{Contract, Operation},
    exchange::{Intent, Request},
    model::{Access, Expected, IdentityName, Responsible},
    script::{Halt, ProbeContext, Script, Scripted},
};

/// The name under which the target file gives a second force.
pub(crate) const OTHER: &str = "other-force";
/// The name under which the target file gives someone who may only read.
pub(crate) const READER: &str = "read-only";
/// The member that restricts a record, where no parameter names it.
const MEMBER: &str = "restricted";

/// The contract of the examples: records that can be restricted.
pub(crate) const PEOPLE: &str = "
/people:
  get:
    operationId: listPeople
    security: [{token: []}]
    responses:
      '200':
        description: People
        content:
          application/json:
            schema:
              type: object
              properties: {items: {type: array, items: {$ref: '#/components/schemas/Person'}}}
  post:
    operationId: createPerson
    security: [{token: []}]
    requestBody:
      content:
        application/json:
          schema: {type: object, properties: {name: {type: string}, restricted: {type: boolean}}}
    responses:
      '201':
        description: A person
        content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}
/people/{id}:
  parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  get:
    operationId: getPerson
    security: [{token: []}]
    responses:
      '200':
        description: A person
        content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}
      '404': {description: None}
  put:
    operationId: replacePerson
    security: [{token: []}]
    requestBody:
      content:
        application/json:
          schema: {type: object, properties: {name: {type: string}, restricted: {type: boolean}}}
    responses: {'200': {description: A person}, '404': {description: None}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    Person:
      type: object
      properties:
        id: {type: string, readOnly: true}
        name: {type: string}
        restricted: {type: boolean}
        owner: {type: string, readOnly: true, pattern: '^[A-Z]{2}[0-9]{2}$'}
";

/// An identity of the target file.
///
/// # Errors
/// A gap, where it was not lent.
pub(crate) fn lent(world: &ProbeContext<'_>, name: &str, who: &str) -> Scripted<IdentityName> {
    let identity = IdentityName::from(name);
    if world.identities.contains(&identity) {
        return Ok(identity);
    }
    Err(Halt::unmet(
        Responsible::Credentials,
        format!("No identity {who} was lent. Give one in the target file, as `{name}`."),
    ))
}

/// For probes of a protected operation on one record of a collection, or on the collection.
pub(crate) fn protected(_: &Contract, operation: &Operation) -> Applies {
    if !operation.security.is_required() {
        return Applies::Irrelevant;
    }
    match muster_core::arrange::hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

/// The home of an operation whose records can be restricted, and the member that does it.
///
/// # Errors
/// Not applicable, where they cannot.
pub(crate) fn restrictable<'a>(
    world: ProbeContext<'a>,
    operation: &Operation,
) -> Scripted<(ResourceOperations<'a>, &'a str)> {
    let home = ResourceOperations::of(world, operation)?;
    let member = world.parameters.text("restricted_by").unwrap_or(MEMBER);
    let takes = shape::body(home.create).is_some_and(|schema| {
        Place::of(world.contract, schema)
            .member(member)
            .types()
            .contains("boolean")
    });
    if takes {
        Ok((home, member))
    } else {
        Err(Halt::NotApplicable(format!(
            "{} makes nothing that a property `{member}` restricts.",
            home.create.key
        )))
    }
}

/// A record that an identity makes, restricted where a member is named.
///
/// # Errors
/// Halts while answers are pending, and where none can be made.
pub(crate) fn record<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    owner: &IdentityName,
    restricted_by: Option<&str>,
) -> Scripted<CreatedRecord> {
    let mut arranged = valid_request(script, home.create)?;
    arranged.request.identity = owner.clone();
    let mut body = arranged.body().cloned();
    if let (Some(member), Some(Value::Object(members))) = (restricted_by, &mut body) {
        members.insert(member.to_owned(), Value::Bool(true));
    }
    let purpose = match restricted_by {
        Some(_) => format!("creates a restricted record as {owner}"),
        None => format!("creates a record as {owner}"),
    };
    match send(script, home, &arranged, body, &purpose)? {
        Made::Record(held) => Ok(*held),
        Made::Refused(exchange) => Err(Halt::unmet(
            Responsible::TestData,
            format!(
                "No such record could be created as `{owner}`: {} returned {}.",
                home.create.key,
                exchange.received()
            ),
        )),
    }
}

/// A request as another caller, who is promised a refusal.
pub(crate) fn as_other(
    mut request: Request,
    caller: &IdentityName,
    records: &str,
    purpose: &str,
) -> Request {
    request.identity = caller.clone();
    request.intent = Intent::Wrong(purpose.to_owned());
    purpose.clone_into(&mut request.purpose);
    request.access = Some(Access {
        caller: caller.to_string(),
        records: records.to_owned(),
        expected: Expected::Refused(vec![403, 404]),
    });
    request
}
