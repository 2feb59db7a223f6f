//! `security.authorisation`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::owned_record,
    support::resource::{ResourceOperations, subject},
};
use muster_core::{
    arrange::{hazard, valid_request},
    contract::{Contract, Operation},
    exchange::{Address, Auth, Exchange, Intent, Outcome, Request},
    model::{AccessRule, Expected, IdentityName, NOBODY, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.authorisation",
    purpose: "Every client may do what the authorisation matrix allows, and nothing else.",
    verifies: "The parameter `authorisation` of profile or target is a table: an identity, \
        operations, whose records (`records_of`, `restricted`), and `allowed` or the statuses of a \
        refusal. Each line is tried as that identity with a valid request, on a record that the \
        owner has just made. The response is a success where it is allowed, and one of the named \
        statuses where not. A 404 where it is allowed, and anything that neither grants nor \
        refuses, is inconclusive.",
    matters: "Who may do what is decided by people, and no contract says it. Tried cell by cell it shows the \
        one operation whose guard was forgotten.",
    fix: "Decide in one place, by role, operation and owner of the record, and deny what no rule allows. \
        Where the table is wrong, correct it.",
    kind: Kind::Probe {
        scope: Scope::OperationWith(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "As the table says",
            contract: TABLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("POST /people", 403),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A reader writes",
            contract: TABLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::json("POST /people", 201, "{}"),
            ],
            says: Expect::Fail("may do what the table refuses"),
        },
        Example {
            title: "A reader may not read",
            contract: TABLE,
            dialogue: &[
                ScriptedResponse::empty("GET /people", 403),
                ScriptedResponse::empty("POST /people", 403),
            ],
            says: Expect::Fail("may not do what the table allows"),
        },
        Example {
            title: "Refused in another way",
            contract: TABLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("POST /people", 401),
            ],
            says: Expect::Fail("refused otherwise"),
        },
        Example {
            title: "No table",
            contract: "/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const TABLE: &str = "
x-muster-parameters:
  authorisation:
    - {identity: read-only, operations: [GET /people], answer: allowed}
    - {identity: read-only, operations: [createPerson], answer: 403}
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}}}
  post:
    operationId: createPerson
    security: [{token: []}]
    requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
    responses: {'201': {description: A person}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

fn applies(_: &Contract, operation: &Operation, parameters: &Parameters) -> Applies {
    let rules = match AccessRule::table(parameters) {
        Ok(rules) => rules,
        // The conversation tells what is wrong with the table.
        Err(_) => return Applies::Yes,
    };
    if !rules
        .iter()
        .any(|rule| rule.names(&operation.key, operation.id.as_deref()))
    {
        return Applies::Irrelevant;
    }
    match hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let rules = AccessRule::table(script.world.parameters)
        .map_err(|reason| Halt::unmet(Responsible::Configuration, format!("{reason}.")))?;
    let mut judgements = Vec::new();
    for rule in rules
        .iter()
        .filter(|rule| rule.names(&operation.key, operation.id.as_deref()))
    {
        match request(script, operation, rule) {
            Ok(request) => {
                let exchange = script.send(request)?;
                judgements.push(judge(rule, operation, exchange));
            }
            Err(Halt::Pending) => return Err(Halt::Pending),
            Err(Halt::Unmet(gap)) => judgements.push(Judgement::Inconclusive(gap)),
            Err(Halt::NotApplicable(reason)) => {
                judgements.push(Judgement::inconclusive(Responsible::Configuration, reason));
            }
        }
    }
    Ok(judgements)
}

/// The valid request of a rule, as its caller and on a record of its owner.
fn request<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    rule: &AccessRule,
) -> Scripted<Request> {
    let world = script.world;
    let mut request = valid_request(script, operation)?.request;
    let owner = rule
        .records_of
        .as_deref()
        .map_or_else(IdentityName::default, IdentityName::from);
    if rule.restricted || owner != IdentityName::default() {
        let (home, member) = if rule.restricted {
            let (home, member) = owned_record::restrictable(world, operation)?;
            (home, Some(member))
        } else {
            (ResourceOperations::of(world, operation)?, None)
        };
        let is_item = home
            .collection
            .item
            .as_ref()
            .is_some_and(|(path, _)| **path == *operation.key.path);
        if !is_item {
            return Err(Halt::unmet(
                Responsible::Configuration,
                format!(
                    "{} is on no single record, so the rule cannot say whose record it is about.",
                    operation.key
                ),
            ));
        }
        let held = owned_record::record(script, &home, &owner, member)?;
        request.address = Address::Base(held.path);
        if request.headers.get("if-match").is_some() {
            request.headers.remove("if-match");
            let tag = held.created.exchange.response();
            if let Some(tag) = tag.and_then(|response| response.headers.get("etag")) {
                request.headers.set("if-match", tag.to_owned());
            }
        }
    }
    if rule.identity == NOBODY {
        request.auth = Auth::Nothing;
    } else {
        request.identity = rule.identity.as_str().into();
    }
    let access = rule.access();
    request.intent = match access.expected {
        Expected::Allowed => Intent::Plausible,
        Expected::Refused(_) => Intent::Wrong("the authorisation table refuses it".into()),
    };
    request.purpose = format!(
        "tries as {} what the authorisation table responds with {}",
        rule.identity, access.expected
    );
    request.access = Some(access);
    Ok(request)
}

fn judge(rule: &AccessRule, operation: &Operation, exchange: &Exchange) -> Judgement {
    let access = rule.access();
    let who = match access.records.as_str() {
        "" => format!("`{}`", rule.identity),
        records => format!("`{}` (records: {records})", rule.identity),
    };
    let response = match &exchange.outcome {
        Outcome::Answered(response) => response,
        Outcome::Broken(breakage) => {
            return Judgement::inconclusive(
                breakage.kind.responsible(),
                format!(
                    "{}: no response came to {who}. {}",
                    operation.key, breakage.detail
                ),
            );
        }
    };
    let finding = |cause: &str, title: String| {
        Finding::new(
            format!("{cause}: {who} {}", operation.key),
            title,
            format!("{}: {}", operation.key, access.expected),
            exchange.received(),
        )
        .at(operation.pointer.clone())
        .shown_by(exchange.id)
        .into()
    };
    match (&access.expected, response.status) {
        (Expected::Allowed, 200..300) => Judgement::Pass,
        (Expected::Refused(statuses), status) if statuses.contains(&status) => Judgement::Pass,
        (Expected::Allowed, 401 | 403) => finding(
            "not allowed",
            format!("{who} may not do what the table allows."),
        ),
        (Expected::Refused(_), 200..300) => {
            finding("allowed", format!("{who} may do what the table refuses."))
        }
        (Expected::Refused(_), 401 | 403) => finding(
            "refused otherwise",
            format!("{who} is refused otherwise than the table says."),
        ),
        (_, status) => Judgement::inconclusive(
            if status == 404 {
                Responsible::TestData
            } else {
                Responsible::Supplier
            },
            format!(
                "{} returned {status} to {who}, which neither grants nor refuses what the table has as {}.",
                operation.key, access.expected
            ),
        ),
    }
}
