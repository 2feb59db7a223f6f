//! `http.credentials-needed`

use crate::{
    arrange::shape,
    arrange::{hazard, valid_request},
    checks::{
        Applies, Check, Example, Kind, Line, Says, Scope,
        keeping::{Home, answered, body_for, get, make, on_item, to_item},
        tokens,
    },
    contract::{Contract, Operation},
    exchange::{Alteration, Auth, Exchange, Intent, Request, Response},
    model::{Method, Whose},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.credentials-needed",
    purpose: "A protected operation does nothing for those who show no credentials, or wrong ones.",
    verifies: "Each operation that the contract protects is called with a valid request and no credentials, then \
        with a text in place of the secret, and one of them with the beginning of the secret. None is \
        answered with success. Where the contract documents 401 for the operation and not 403, the answer is \
        not 403. PUT, PATCH and DELETE are sent to a record of the run's own, which is read afterwards with \
        the right credentials and is still there and as it was: a refusal that comes after the deed is none. \
        Whether a 401 brings a challenge is for `security.no-credentials`. Other answers, such as \
        404 or a redirect, tell nothing and are not judged.",
    matters: "One operation that forgot to ask, or compares no more than the beginning of a key, is all that \
        someone needs to read or change police records.",
    fix: "Ask for credentials in one place that every route passes through, before anything is done; compare \
        the whole secret in constant time; exempt public routes by name.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Asked for",
            contract: PEOPLE,
            dialogue: &[Line::new(
                "GET /people",
                401,
                &[("www-authenticate", "Bearer")],
                "",
            )],
            says: Says::Pass,
        },
        Example {
            title: "Open",
            contract: PEOPLE,
            dialogue: &[Line::json("GET /people", 200, "{}")],
            says: Says::Fail("is accepted"),
        },
        Example {
            title: "403 where 401 is documented",
            contract: PEOPLE,
            dialogue: &[Line::empty("GET /people", 403)],
            says: Says::Fail("403"),
        },
        Example {
            title: "403 where nothing is documented",
            contract: "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
",
            dialogue: &[Line::empty("GET /people", 403)],
            says: Says::Pass,
        },
        Example {
            title: "Not there",
            contract: PEOPLE,
            dialogue: &[Line::empty("GET /people", 404)],
            says: Says::Nothing,
        },
        Example {
            title: "Refused after the deed",
            contract: "
/people:
  post: {requestBody: {content: {application/json: {schema: {type: object}}}}, responses: {'201': {description: Created}}}
/people/{id}:
  get: {responses: {'200': {description: A person}}}
  delete: {security: [{token: []}], responses: {'204': {description: Gone}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
",
            dialogue: &[
                Line::json("POST /people", 201, r#"{"id":"7"}"#),
                Line::json("GET /people/7", 200, r#"{"id":"7"}"#),
                Line::empty("DELETE /people/7", 401),
                Line::empty("GET /people/7", 404),
            ],
            says: Says::Fail("done all the same"),
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

/// How the first protected operation is tried, and every other.
const FIRST: [Option<Alteration>; 3] =
    [None, Some(Alteration::Garbage), Some(Alteration::Truncate)];
const OTHERS: [Option<Alteration>; 2] = [None, Some(Alteration::Garbage)];

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if !operation.security.is_required() {
        return Applies::Beside;
    }
    match hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Err(Halt::NotApplicable("There is no operation.".into()));
    };
    let contract = script.world.contract;
    let first = contract
        .operations
        .iter()
        .find(|other| other.security.is_required() && hazard(other).is_none())
        .is_some_and(|first| first.key == operation.key);
    let ways: &[Option<Alteration>] = if first { &FIRST } else { &OTHERS };
    let on_own = matches!(
        operation.key.method,
        Method::Put | Method::Patch | Method::Delete
    ) && on_item(contract, operation, &operation.key.method) == Applies::Yes
        && Home::of(script.world, operation).is_ok();
    let judgements = if on_own && script.world.writes {
        on_record(script, operation, ways)?
    } else {
        let request = valid_request(script, operation)?.request;
        let mut judgements = Vec::new();
        for way in ways {
            let exchange = ask(script, &request, *way)?;
            judgements.extend(judge(operation, exchange, shown(*way)));
        }
        judgements
    };
    Ok(if judgements.is_empty() {
        vec![Judgement::not_applicable(format!(
            "What {} answers to those who show no credentials tells neither that it refuses them nor that it does not.",
            operation.key
        ))]
    } else {
        judgements
    })
}

fn shown(way: Option<Alteration>) -> &'static str {
    match way {
        None => "no credentials",
        Some(Alteration::Truncate) => "the beginning of the secret alone",
        Some(_) => "a text in place of the secret",
    }
}

fn ask<'a>(
    script: &mut Script<'a>,
    request: &Request,
    way: Option<Alteration>,
) -> Scripted<&'a Exchange> {
    let mut request = request.clone();
    request.auth = way.map_or(Auth::Nothing, Auth::Altered);
    request.intent = Intent::Wrong(shown(way).into());
    request.purpose = format!("asks with {}", shown(way));
    script.send(request)
}

/// A change of a record of the run's own, which must be as it was afterwards.
fn on_record<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    ways: &[Option<Alteration>],
) -> Scripted {
    let world = script.world;
    let home = Home::of(world, operation)?;
    let held = make(script, &home)?;
    let before = get(script, &home, &held.path, "reads the record before")?;
    let body = match shape::body(operation) {
        Some(_) => Some(body_for(world, operation, &held.sent, "unauthorised")?),
        None => None,
    };
    let etag = before
        .response()
        .and_then(|response| response.headers.get("etag"));
    let request = to_item(world, operation, &held.path, body.as_ref(), etag)?;
    let mut judgements = Vec::new();
    for way in ways {
        let exchange = ask(script, &request, *way)?;
        judgements.extend(judge(operation, exchange, shown(*way)));
        if !matches!(exchange.status(), Some(401 | 403)) {
            break;
        }
    }
    let refused = judgements.contains(&Judgement::Pass);
    if operation.key.method == Method::Delete
        && refused
        && before.response().is_some_and(Response::is_success)
    {
        let after = get(script, &home, &held.path, "looks whether it is still there")?;
        if matches!(answered(after)?.status, 404 | 410) {
            judgements.push(
                Finding::new(
                    "done all the same",
                    "A request without credentials is refused and done all the same.",
                    format!("{}: refused, and the record still there", operation.key),
                    format!("the record is gone: {}", after.received()),
                )
                .at(operation.pointer.clone())
                .into(),
            );
        }
    }
    Ok(judgements)
}

fn judge(operation: &Operation, exchange: &Exchange, shown: &str) -> Option<Judgement> {
    match exchange.status()? {
        200..300 => Some(tokens::judge(exchange, shown)),
        403 if operation.documents(401) && !operation.documents(403) => Some(
            Finding::new(
                "403 in place of 401",
                format!("A request with {shown} is answered 403, where 401 is documented."),
                format!("{}: 401", operation.key),
                exchange.received(),
            )
            .at(operation.pointer.clone())
            .into(),
        ),
        401 | 403 => Some(Judgement::Pass),
        429 => Some(Judgement::inconclusive(
            Whose::Configuration,
            format!(
                "{} was answered 429. Lower `budget.per_second` in the target file.",
                operation.key
            ),
        )),
        _ => None,
    }
}
