//! `http.undeclared-method`

use std::collections::BTreeSet;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{hazard_of_path, is_first_of_path, methods_at, path, reached},
};
use muster_core::{
    arrange::{Origin, valid_request},
    contract::{Contract, Operation},
    exchange::{Address, Auth, Body, Exchange, Headers, Intent, Request, Response},
    model::{Method, Responsible},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.undeclared-method",
    purpose: "The API returns 405 with Allow for a method that the contract does not declare on a \
        path.",
    verifies: "One request goes to each path with a method that is declared neither there nor on \
        any other template the path fits: GET where it is free, else PATCH with a body no API can \
        apply (only where the run may write), else QUERY. All of these are harmless even where the \
        API has such a method after all; DELETE, PUT and POST are never tried, and a path that \
        would end the run's own access is left out. The response is 405, and its Allow names some \
        of the declared methods and no others; HEAD, OPTIONS and TRACE may come on top, and \
        whether any is left out is for `response.allow-complete`. 501 is right for a method that \
        an API does not know at all, so for all but GET. 404 is inconclusive where the path names \
        a record that may not exist; so are refusals of PATCH and QUERY for another reason, such \
        as 400 from a server that does not know the method.",
    matters: "Methods nobody wrote down are nobody's responsibility: not tested, not logged, not \
        guarded. And Allow tells a client in one response what would have been right.",
    fix: "Let the router return 405 for every method that is not declared, with Allow for those that are.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "405 with Allow",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "PATCH /people",
                405,
                &[("allow", "GET, HEAD, POST")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "405 without Allow",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("PATCH /people", 405)],
            says: Expect::Fail("without Allow"),
        },
        Example {
            title: "Allow of the first route alone",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "PATCH /people",
                405,
                &[("allow", "GET")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Allow that names nothing",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "PATCH /people",
                405,
                &[("allow", "")],
                "",
            )],
            says: Expect::Fail("names no method"),
        },
        Example {
            title: "Allow with a method nobody declared",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "PATCH /people",
                405,
                &[("allow", "GET, POST, DELETE")],
                "",
            )],
            says: Expect::Fail("does not declare"),
        },
        Example {
            title: "404 on a path without variables",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("PATCH /people", 404)],
            says: Expect::Fail("receives 404"),
        },
        Example {
            title: "Allow where another template fits, too",
            contract: "
/people/search: {post: {responses: {'200': {description: Found}}}}
/people/{id}:
  get:
    parameters: [{name: id, in: path, required: true, schema: {type: string}, example: '7'}]
    responses: {'200': {description: A person}}
",
            dialogue: &[
                ScriptedResponse::new("PATCH /people/search", 405, &[("allow", "POST")], ""),
                ScriptedResponse::new("QUERY /people/7", 405, &[("allow", "GET")], ""),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A search that accepts GET, though only POST is declared",
            contract: "/search: {post: {responses: {'200': {description: Found}}}}",
            dialogue: &[ScriptedResponse::json("GET /search", 200, "{}")],
            says: Expect::Fail("receives 200"),
        },
        Example {
            title: "A method the API does not know",
            contract: "
/people/{id}:
  parameters: [{name: id, in: path, required: true, schema: {type: string}, example: '7'}]
  get: {responses: {'200': {description: A person}}}
  patch: {responses: {'200': {description: Changed}}}
",
            dialogue: &[ScriptedResponse::empty("QUERY /people/7", 501)],
            says: Expect::Pass,
        },
        Example {
            title: "A gateway that asks for other credentials",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("PATCH /people", 403)],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {responses: {'200': {description: People}}}
  post: {responses: {'201': {description: Created}}}
";

/// Methods that any resource may offer besides those of its contract.
const ALWAYS_ALLOWED: [Method; 3] = [Method::Head, Method::Options, Method::Trace];

/// A media type that no API applies.
const NO_PATCH: &str = "application/vnd.muster.none";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if !is_first_of_path(contract, operation) {
        return Applies::Irrelevant;
    }
    match hazard_of_path(contract, operation) {
        Some(reason) => Applies::No(format!("{reason} No other method is tried there.")),
        None => Applies::Yes,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(first) = operation else {
        return Ok(Vec::new());
    };
    let contract = script.world.contract;
    let (mut request, exists, is_own) = request_to(script, first)?;
    let declared = methods_at(contract, path(&request));
    let method = if !declared.contains(&Method::Get) {
        Method::Get
    } else if script.world.writes && is_own && !declared.contains(&Method::Patch) {
        Method::Patch
    } else if !declared.contains(&Method::Query) {
        Method::Query
    } else {
        return Ok(vec![Judgement::not_applicable(format!(
            "Every method that can be tried without harm is declared on {}.",
            first.key.path
        ))]);
    };
    if method != Method::Get {
        request.body = Some(Body {
            media_type: Some(NO_PATCH.into()),
            bytes: bytes::Bytes::new(),
        });
    }
    request.method = method;
    let exchange = script.send(request)?;
    let own: Vec<Method> = contract.methods_of(&first.key.path).cloned().collect();
    Ok(judge(first, &own, &declared, exists, exchange))
}

/// A bare request to the path of an operation, whether what it names is known to exist, and whether it may be changed.
fn request_to<'a>(
    script: &mut Script<'a>,
    first: &'a Operation,
) -> Scripted<(Request, bool, bool)> {
    let contract = script.world.contract;
    let (address, identity, exists, is_own) = if first.path_variables().next().is_none() {
        (Address::Base(first.key.path.to_string()), None, true, true)
    } else {
        let reader = contract
            .operations_at(&first.key.path)
            .find(|other| other.key.path == first.key.path && other.key.method == Method::Get)
            .unwrap_or(first);
        let arranged = valid_request(script, reader)?;
        let exists = arranged
            .origins
            .iter()
            .filter(|(name, _)| reader.path_variables().any(|variable| variable == name))
            .all(|(_, origin)| matches!(origin, Origin::Given | Origin::Created | Origin::Found));
        let last = reader.path_variables().last();
        let is_own = arranged
            .origins
            .iter()
            .any(|(name, origin)| Some(name.as_str()) == last && *origin == Origin::Created);
        (
            Address::Base(path(&arranged.request).to_owned()),
            Some(arranged.request.identity),
            exists,
            is_own,
        )
    };
    let mut request = Request::new(
        Method::Get,
        address,
        "uses a method that the path does not have",
    )
    .meant(Intent::Wrong("the method is not declared".into()));
    request.auth = Auth::Declared;
    request.headers = Headers::new();
    if let Some(identity) = identity {
        request.identity = identity;
    }
    Ok((request, exists, is_own))
}

fn judge(
    first: &Operation,
    own: &[Method],
    declared: &[Method],
    exists: bool,
    exchange: &Exchange,
) -> Vec<Judgement> {
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return vec![judgement],
    };
    let method = &exchange.request.method;
    let template = &first.key.path;
    match response.status {
        405 => return allow(first, own, declared, exchange, response),
        501 if *method != Method::Get => return vec![Judgement::Pass],
        404 | 410 if !exists => {
            return vec![Judgement::inconclusive(
                Responsible::TestData,
                format!(
                    "{method} {template} returned 404, perhaps because the record does not \
                        exist. Give existing ids under `data` in the target file."
                ),
            )];
        }
        400 | 406 | 411 | 413 | 415 | 422 | 428 if *method != Method::Get => {
            return vec![Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{method} {template}, which the contract does not declare, was refused with {} and not with 405: a server may refuse a method it does not know before it looks at the path.",
                    response.status
                ),
            )];
        }
        _ => {}
    }
    vec![
        Finding::new(
            format!("answered {}", response.status),
            format!("An undeclared method receives {}.", response.status),
            format!("{method} {template}: 405 with Allow: {}", list(own)),
            exchange.received(),
        )
        .at(first.pointer.clone())
        .into(),
    ]
}

/// Judges `Allow` by the methods of the path itself; those of other templates that the path fits may
/// stand in it or not, since the router decides which template counts.
fn allow(
    first: &Operation,
    own: &[Method],
    declared: &[Method],
    exchange: &Exchange,
    response: &Response,
) -> Vec<Judgement> {
    let sent: Vec<&str> = response.headers.all("allow").collect();
    let allowed: BTreeSet<Method> = sent
        .iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|token| !token.is_empty())
        .map(Method::parse)
        .collect();
    let names_none = !declared.iter().any(|method| allowed.contains(method));
    let adds = allowed
        .iter()
        .any(|method| !declared.contains(method) && !ALWAYS_ALLOWED.contains(method));
    let received = format!("405 with Allow: {}", sent.join(", "));
    let (cause, title, received) = if sent.is_empty() {
        (
            "no allow",
            "405 comes without Allow.".to_owned(),
            exchange.received(),
        )
    } else if names_none {
        (
            "allow names none",
            "Allow names no method that the contract declares.".to_owned(),
            received,
        )
    } else if adds {
        (
            "allow adds",
            "Allow names methods that the contract does not declare.".to_owned(),
            received,
        )
    } else {
        return vec![Judgement::Pass];
    };
    vec![
        Finding::new(
            cause,
            title,
            format!("{}: 405 with Allow: {}", first.key.path, list(own)),
            received,
        )
        .into(),
    ]
}

fn list(methods: &[Method]) -> String {
    methods
        .iter()
        .map(Method::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
