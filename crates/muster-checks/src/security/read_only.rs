//! `security.read-only`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{judge, open_request},
};
use muster_core::{
    arrange::{hazard, valid_request},
    contract::{Contract, Operation, Security},
    exchange::{Intent, Response},
    model::{Access, Expected, IdentityName, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.read-only",
    purpose: "The API refuses writes of an identity that may only read.",
    verifies: "Where the target file gives an identity `read-only`, it first reads with success; \
        then each protected operation that changes records is called with a valid request as it. \
        The response is 403. Operations that only search by POST, by their name or scope, are left \
        out. 404 is inconclusive.",
    matters: "A dashboard or a report that can write is a way to alter evidence without anyone having been \
        given the right.",
    fix: "Check the scope or role on every operation that writes, and return 403 with `WWW-Authenticate: Bearer \
    error=\"insufficient_scope\"`.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Forbidden",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("POST /people", 403),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Written",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("POST /people", 201),
            ],
            says: Expect::Fail("may only read"),
        },
        Example {
            title: "Taken for nobody",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("POST /people", 401),
            ],
            says: Expect::Fail("401"),
        },
        Example {
            title: "The identity may not even read",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 403),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}}}
  post:
    security: [{token: []}]
    requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
    responses: {'201': {description: A person}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

/// The name under which the target file gives the identity.
const NAME: &str = "read-only";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if operation.key.method.is_safe() || !operation.security.is_required() {
        return Applies::Irrelevant;
    }
    if only_searches(operation) {
        return Applies::No("By its name or scope it only reads.".into());
    }
    match hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

fn only_searches(operation: &Operation) -> bool {
    let name = format!(
        "{} {}",
        operation.id.as_deref().unwrap_or_default(),
        operation.key.path
    )
    .to_lowercase();
    let Security::AnyOf(alternatives) = &operation.security else {
        return false;
    };
    let mut scopes = alternatives
        .iter()
        .flat_map(|alternative| &alternative.0)
        .flat_map(|(_, scopes)| scopes)
        .peekable();
    let reads = scopes.peek().is_some() && scopes.all(|scope| scope.contains("read"));
    reads
        || ["search", "query", "find", "match"]
            .iter()
            .any(|word| name.contains(word))
}

fn access(expected: Expected) -> Access {
    Access {
        caller: NAME.to_owned(),
        records: String::new(),
        expected,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Err(Halt::NotApplicable("There is no operation.".into()));
    };
    let reader = IdentityName::from(NAME);
    if !script.world.identities.contains(&reader) {
        return Err(Halt::unmet(
            Responsible::Credentials,
            format!(
                "No identity that may only read was lent. Give one in the target file, as `{NAME}`."
            ),
        ));
    }
    let mut read = open_request(script)?;
    read.identity = reader.clone();
    read.intent = Intent::Plausible;
    read.access = Some(access(Expected::Allowed));
    read.purpose = "reads as someone who may only read".into();
    let exchange = script.send(read)?;
    if !exchange.response().is_some_and(Response::is_success) {
        return Err(Halt::unmet(
            Responsible::Credentials,
            format!(
                "The identity `{NAME}` may not even read ({}), so a refusal to write proves nothing.",
                exchange.received()
            ),
        ));
    }
    let mut request = valid_request(script, operation)?.request;
    request.identity = reader;
    request.intent = Intent::Wrong("an identity that may only read".into());
    request.access = Some(access(Expected::Refused(vec![403])));
    request.purpose = "writes as someone who may only read".into();
    let exchange = script.send(request)?;
    let finding = match exchange.status() {
        Some(403) => return Ok(vec![Judgement::Pass]),
        Some(404) => {
            return Err(Halt::unmet(
                Responsible::TestData,
                format!(
                    "{} returned 404 to the reader, which tells nothing of its rights.",
                    operation.key
                ),
            ));
        }
        Some(200..300) => Finding::new(
            "written",
            "An identity that may only read can write.",
            format!("{}: 403", operation.key),
            exchange.received(),
        ),
        Some(401) => Finding::new(
            "401 in place of 403",
            "An authenticated identity that may only read receives 401 in place of 403.",
            format!("{}: 403", operation.key),
            exchange.received(),
        ),
        _ => return Ok(vec![judge(exchange, "an identity that may only read")]),
    };
    Ok(vec![finding.at(operation.pointer.clone()).into()])
}
