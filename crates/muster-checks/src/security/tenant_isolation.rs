//! `security.tenant-isolation`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::schema_view::Place,
    support::tokens::judge,
};
use muster_core::{
    arrange::{item_address, valid_request},
    contract::{Contract, Operation},
    exchange::{Address, Exchange, Intent, Request, Response},
    model::{Access, Expected, IdentityName, Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.tenant-isolation",
    purpose: "The API does not show a restricted record of one force to another force.",
    verifies: "Where the target file gives an identity `other-force`, a record is created by the \
        default identity through each operation whose body has a switch for it: the boolean \
        property that the parameter `restricted_by` names, `restricted` where nobody says \
        otherwise. Its owner reads it with success; the other force receives 403 or 404.",
    matters: "Records of vulnerable people, covert work and officers under investigation are restricted \
        because being seen by the wrong force does harm that cannot be undone. It is the most \
        frequent failure of APIs: the id is enough.",
    fix: "Decide on every read by the owner of the record and the force of the client, in the query that fetches it, \
    and return 404.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Hidden",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new(
                    "POST /people",
                    201,
                    &[
                        ("content-type", "application/json"),
                        ("location", "/people/p-1"),
                    ],
                    r#"{"id":"p-1","restricted":true}"#,
                ),
                ScriptedResponse::json("GET /people/p-1", 200, "{}"),
                ScriptedResponse::empty("GET /people/p-1", 404),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Shown",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new(
                    "POST /people",
                    201,
                    &[
                        ("content-type", "application/json"),
                        ("location", "/people/p-1"),
                    ],
                    r#"{"id":"p-1","restricted":true}"#,
                ),
                ScriptedResponse::json("GET /people/p-1", 200, "{}"),
            ],
            says: Expect::Fail("another force"),
        },
        Example {
            title: "Not even its owner finds it",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new(
                    "POST /people",
                    201,
                    &[
                        ("content-type", "application/json"),
                        ("location", "/people/p-1"),
                    ],
                    r#"{"id":"p-1","restricted":true}"#,
                ),
                ScriptedResponse::empty("GET /people/p-1", 404),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  post:
    operationId: createPerson
    security: [{token: []}]
    requestBody:
      content:
        application/json:
          schema: {type: object, properties: {restricted: {type: boolean}}}
    responses:
      '201':
        description: A person
        content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}
/people/{id}:
  get:
    operationId: getPerson
    security: [{token: []}]
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    responses: {'200': {description: A person}, '404': {description: None}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

/// The name under which the target file gives the other force.
const NAME: &str = "other-force";
/// The member that restricts a record, where no parameter names it.
const MEMBER: &str = "restricted";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    // The parameter is not at hand here: whatever body is JSON may have the member.
    let json = operation
        .body
        .iter()
        .flat_map(|body| &body.content)
        .any(|media| {
            media.is_json()
                && media
                    .schema
                    .as_ref()
                    .is_some_and(|schema| !Place::of(contract, schema).types().contains("array"))
        });
    if operation.key.method == Method::Post && operation.security.is_required() && json {
        Applies::Yes
    } else {
        Applies::Irrelevant
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Err(Halt::NotApplicable("There is no operation.".into()));
    };
    let world = script.world;
    let member = world.parameters.text("restricted_by").unwrap_or(MEMBER);
    let takes = operation
        .body
        .iter()
        .flat_map(|body| &body.content)
        .any(|media| {
            media.schema.as_ref().is_some_and(|schema| {
                Place::of(world.contract, schema)
                    .member(member)
                    .types()
                    .contains("boolean")
            })
        });
    if !takes {
        return Err(Halt::NotApplicable(format!(
            "The record that it creates cannot be restricted by a property `{member}`."
        )));
    }
    let other = IdentityName::from(NAME);
    if !world.identities.contains(&other) {
        return Err(Halt::unmet(
            Responsible::Credentials,
            format!(
                "No identity of a second force was lent. Give one in the target file, as `{NAME}`."
            ),
        ));
    }
    let arranged = valid_request(script, operation)?;
    let Some(Value::Object(mut body)) = arranged.body().cloned() else {
        return Err(Halt::NotApplicable("Its body is not an object.".into()));
    };
    body.insert(member.to_owned(), Value::Bool(true));
    let mut request = arranged.with_body(world.contract, operation, Value::Object(body))?;
    request.purpose = "creates a restricted record".into();
    let created = script.send(request)?;
    let address = item_address(world.contract, world.relations, created)
        .filter(|_| created.response().is_some_and(Response::is_success))
        .ok_or_else(|| {
            Halt::unmet(
                Responsible::TestData,
                format!(
                    "No restricted record could be created: {} returned {}.",
                    operation.key,
                    created.received()
                ),
            )
        })?;
    let Some(reads) = world.contract.find_operation(&Method::Get, &address) else {
        return Err(Halt::NotApplicable(
            "What it creates cannot be read by its id.".into(),
        ));
    };
    let read = Request::new(
        Method::Get,
        Address::Base(address),
        "reads its own restricted record",
    )
    .calling(&reads.key);
    let owner = script.send(read.clone())?;
    if !owner.response().is_some_and(Response::is_success) {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "Its owner does not find the restricted record either: {}.",
                owner.received()
            ),
        ));
    }
    let mut read = read.meant(Intent::Wrong("another force's restricted record".into()));
    read.identity = other;
    read.access = Some(Access {
        caller: NAME.to_owned(),
        records: "restricted, of default".to_owned(),
        expected: Expected::Refused(vec![403, 404]),
    });
    read.purpose = "reads the restricted record of another force".into();
    let exchange = script.send(read)?;
    Ok(vec![match exchange.status() {
        Some(403 | 404 | 410) => Judgement::Pass,
        Some(200..300) if !shows(exchange, owner) => Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "{} responds to another force with {} and without the record. Return 404.",
                reads.key,
                exchange.received()
            ),
        ),
        Some(200..300) => Finding::new(
            "shown to another force",
            "A restricted record is shown to another force.",
            format!("{}: 403 or 404", reads.key),
            exchange.received(),
        )
        .at(reads.pointer.clone())
        .into(),
        Some(401) => Judgement::inconclusive(
            Responsible::Credentials,
            format!("The identity `{NAME}` received 401: its credentials are not accepted."),
        ),
        _ => judge(exchange, "another force's restricted record"),
    }])
}

/// Whether an answer is the record that its owner read, or tells its id.
fn shows(other: &Exchange, owner: &Exchange) -> bool {
    let body = |exchange: &Exchange| {
        exchange
            .response()
            .and_then(|response| response.json().ok().cloned())
    };
    let (other, owned) = (body(other), body(owner));
    let id = owner
        .request
        .path_and_query()
        .rsplit('/')
        .next()
        .unwrap_or_default();
    other == owned || other.is_some_and(|other| other.to_string().contains(&format!("\"{id}\"")))
}
