//! `http.credentials-needed`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{ResourceOperations, answered, body_for, get, make, on_item, to_item},
    support::tokens,
};
use muster_core::{
    arrange::shape,
    arrange::{hazard, valid_request},
    contract::{Contract, Operation, Security},
    exchange::{Alteration, Auth, Exchange, Intent, Request, Response},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.credentials-needed",
    purpose: "A protected operation does nothing for a request without credentials, or with wrong \
        ones.",
    verifies: "Each operation that the contract protects is called with a valid request and no \
        credentials, then with a text in place of the secret, and one of them with the beginning \
        of the secret. Where the contract asks for several credentials together, each is left out \
        once, and each is wrong once while the others are right. None receives a success. Where \
        the contract documents 401 for the operation and not 403, the response is not 403. PUT, \
        PATCH and DELETE are sent to a record of the run's own, which is read afterwards with the \
        right credentials and is still there and as it was: a refusal that comes after the deed is \
        none. Whether a 401 brings a challenge is for `security.no-credentials`. Other responses, \
        such as 404 or a redirect, tell nothing and are not judged.",
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
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                401,
                &[("www-authenticate", "Bearer")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Open",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "403 where 401 is documented",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 403)],
            says: Expect::Fail("403"),
        },
        Example {
            title: "403 where nothing is documented",
            contract: "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
",
            dialogue: &[ScriptedResponse::empty("GET /people", 403)],
            says: Expect::Pass,
        },
        Example {
            title: "One of two is enough",
            contract: "
/people:
  get: {security: [{name: [], key: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {name: {type: apiKey, in: header, name: X-Name}, key: {type: apiKey, in: header, name: X-Key}}}
",
            dialogue: &[
                ScriptedResponse::empty("GET /people", 401),
                ScriptedResponse::empty("GET /people", 401),
                ScriptedResponse::empty("GET /people", 401),
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 401),
                ScriptedResponse::empty("GET /people", 401),
                ScriptedResponse::empty("GET /people", 401),
            ],
            says: Expect::Fail("every credential but `name`"),
        },
        Example {
            title: "Not there",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 404)],
            says: Expect::Nothing,
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
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::empty("DELETE /people/7", 401),
                ScriptedResponse::empty("GET /people/7", 404),
            ],
            says: Expect::Fail("but takes effect"),
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

/// One way to show too little, and how a reader is told.
struct Attempt {
    auth: Auth,
    shown: String,
}

/// How an operation is tried: the first protected one in one way more.
fn attempts(operation: &Operation, is_first: bool) -> Vec<Attempt> {
    let attempt = |auth, shown: &str| Attempt {
        auth,
        shown: shown.to_owned(),
    };
    let mut attempts = vec![
        attempt(Auth::Nothing, "no credentials"),
        attempt(
            Auth::Altered(Alteration::Garbage),
            "a text in place of the secret",
        ),
    ];
    if is_first {
        attempts.push(attempt(
            Auth::Altered(Alteration::Truncate),
            "the beginning of the secret alone",
        ));
    }
    let Security::AnyOf(alternatives) = &operation.security else {
        return attempts;
    };
    // Which of several the identity meets is known where the credentials are.
    let together: Vec<_> = alternatives.iter().filter(|all| all.0.len() > 1).collect();
    let most = together.iter().map(|all| all.0.len()).max().unwrap_or(0);
    for number in 1..=u8::try_from(most).unwrap_or(u8::MAX) {
        let name = match together.as_slice() {
            [only] => only.0.get(usize::from(number) - 1),
            _ => None,
        };
        let name = name.map_or_else(
            || format!("credential {number} of those that belong together"),
            |(name, _)| format!("`{name}`"),
        );
        attempts.push(Attempt {
            auth: Auth::Without(number),
            shown: format!("every credential but {name}"),
        });
        attempts.push(Attempt {
            auth: Auth::WithWrong(number),
            shown: format!("a wrong value for {name} and the right others"),
        });
    }
    attempts
}

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if !operation.security.is_required() {
        return Applies::Irrelevant;
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
    let attempts = attempts(operation, first);
    let on_own = matches!(
        operation.key.method,
        Method::Put | Method::Patch | Method::Delete
    ) && on_item(contract, operation, &operation.key.method) == Applies::Yes
        && ResourceOperations::of(script.world, operation).is_ok();
    let judgements = if on_own && script.world.writes {
        on_record(script, operation, &attempts)?
    } else {
        let request = valid_request(script, operation)?.request;
        let mut judgements = Vec::new();
        let mut was_accepted = false;
        for attempt in &attempts {
            // Where a credential can be left out, a wrong one in its place tells nothing more.
            if was_accepted && matches!(attempt.auth, Auth::WithWrong(_)) {
                continue;
            }
            let exchange = ask(script, &request, attempt)?;
            was_accepted = exchange.response().is_some_and(Response::is_success);
            judgements.extend(judge(operation, exchange, attempt));
            // What is open to all takes wrong credentials, too: one cause.
            if was_accepted && matches!(attempt.auth, Auth::Nothing) {
                break;
            }
        }
        judgements
    };
    Ok(if judgements.is_empty() {
        vec![Judgement::not_applicable(format!(
            "The response of {} to a request without credentials does not show whether it refuses or accepts it.",
            operation.key
        ))]
    } else {
        judgements
    })
}

fn ask<'a>(
    script: &mut Script<'a>,
    request: &Request,
    attempt: &Attempt,
) -> Scripted<&'a Exchange> {
    let mut request = request.clone();
    request.auth = attempt.auth.clone();
    request.intent = Intent::Wrong(attempt.shown.clone());
    request.purpose = format!("asks with {}", attempt.shown);
    script.send(request)
}

/// A change of a record of the run's own, which must be as it was afterwards.
fn on_record<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    attempts: &[Attempt],
) -> Scripted {
    let world = script.world;
    let home = ResourceOperations::of(world, operation)?;
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
    for attempt in attempts {
        let exchange = ask(script, &request, attempt)?;
        judgements.extend(judge(operation, exchange, attempt));
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
                    "A request without credentials is refused, but takes effect.",
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

fn judge(operation: &Operation, exchange: &Exchange, attempt: &Attempt) -> Option<Judgement> {
    let shown = &*attempt.shown;
    // Who shows one right credential of two may be known, and merely not allowed.
    let is_half = matches!(attempt.auth, Auth::Without(_) | Auth::WithWrong(_));
    match exchange.status()? {
        200..300 => Some(tokens::judge(exchange, shown)),
        403 if !is_half && operation.documents(401) && !operation.documents(403) => Some(
            Finding::new(
                "403 in place of 401",
                format!("A request with {shown} receives 403, where 401 is documented."),
                format!("{}: 401", operation.key),
                exchange.received(),
            )
            .at(operation.pointer.clone())
            .into(),
        ),
        401 | 403 => Some(Judgement::Pass),
        429 => Some(Judgement::inconclusive(
            Responsible::Configuration,
            format!(
                "{} returned 429. Lower `budget.per_second` in the target file.",
                operation.key
            ),
        )),
        _ => None,
    }
}
