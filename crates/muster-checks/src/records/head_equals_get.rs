//! `records.head-equals-get`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{
        PEOPLE, ResourceOperations, answered, judged, make_simple, on_item, read_exchange, subject,
    },
};
use muster_core::{
    arrange::valid_request,
    contract::{Contract, Operation},
    exchange::{Exchange, Request},
    model::{Method, OperationKey},
    script::{Halt, Script, Scripted},
    verdict::Finding,
};

/// Headers that describe the representation itself.
const DESCRIBING: [&str; 5] = [
    "content-type",
    "etag",
    "last-modified",
    "content-language",
    "content-location",
];

/// The check.
pub static CHECK: Check = Check {
    id: "records.head-equals-get",
    purpose: "The API responds to HEAD as to GET, without the body.",
    verifies: "A record of the run's own is read with GET, HEAD and GET again. HEAD has the status \
        of GET, and what both GETs say alike of the representation (Content-Type, ETag, \
        Last-Modified and the like) HEAD does not say otherwise; it may leave headers out. Where \
        the contract does not declare HEAD, a refusal of it is not judged. HEAD is tried on the \
        collection as well, where only a server error counts.",
    matters: "Clients ask HEAD whether their copy is still good. A response that differs from GET \
        makes them fetch without end, or keep what is stale.",
    fix: "Serve HEAD by the handler of GET and leave the body out (RFC 9110, 9.3.2).",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "The same",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::new("GET /people/7", 200, &[("etag", "\"1\"")], r#"{"id":"7"}"#),
                ScriptedResponse::new("HEAD /people/7", 200, &[("etag", "\"1\"")], ""),
                ScriptedResponse::empty("HEAD /people", 405),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Another tag",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::new("GET /people/7", 200, &[("etag", "\"1\"")], r#"{"id":"7"}"#),
                ScriptedResponse::new("HEAD /people/7", 200, &[("etag", "\"2\"")], ""),
                ScriptedResponse::empty("HEAD /people", 405),
            ],
            says: Expect::Fail("etag"),
        },
        Example {
            title: "Not offered",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::empty("HEAD /people/7", 405),
                ScriptedResponse::empty("HEAD /people", 405),
            ],
            says: Expect::Nothing,
        },
    ],
};

/// Asks for the head of the list, which may be refused: a server error is for `response.server-error`.
fn head_of_list<'a>(script: &mut Script<'a>, home: &ResourceOperations<'a>) -> Scripted<()> {
    let Some(list) = ResourceOperations::other(script.world, home.collection.list.as_ref())
        .filter(|list| list.key.method == Method::Get)
    else {
        return Ok(());
    };
    let key = OperationKey::new(Method::Head, list.key.path.clone());
    let declared = script.world.contract.operation(&key);
    let request = Request {
        method: Method::Head,
        operation: declared.map(|head| head.key.clone()),
        purpose: "asks with HEAD for the collection".into(),
        ..valid_request(script, list)?.request
    };
    script.send(request).map(|_| ())
}

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_item(contract, operation, &Method::Get)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let home = ResourceOperations::of(script.world, operation)?;
    let held = make_simple(script, &home)?;
    let first = read_exchange(script, &home, &held)?;
    let key = OperationKey::new(Method::Head, operation.key.path.clone());
    let declared = script.world.contract.operation(&key);
    let request = Request {
        method: Method::Head,
        operation: declared.map(|head| head.key.clone()),
        purpose: "sends HEAD for what GET returns".into(),
        ..first.request.clone()
    };
    let exchange = script.send(request)?;
    let again = read_exchange(script, &home, &held)?;
    head_of_list(script, &home)?;
    let head = answered(exchange)?;
    let get = answered(first)?;
    if !head.is_success() && declared.is_none() {
        return Err(Halt::NotApplicable(format!(
            "HEAD is not declared, and receives {}.",
            head.status
        )));
    }
    let mut judgements = Vec::new();
    if head.status != get.status && head.status < 500 {
        judgements.push(
            Finding::new(
                "status",
                format!(
                    "HEAD receives {} where GET receives {}.",
                    head.status, get.status
                ),
                get.status.to_string(),
                exchange.received(),
            )
            .at(operation.pointer.clone())
            .into(),
        );
        return Ok(judgements);
    }
    let header = |exchange: &'a Exchange, name: &str| {
        exchange
            .response()
            .and_then(|response| response.headers.get(name))
    };
    for name in DESCRIBING {
        let (said, stays) = (
            header(first, name),
            header(first, name) == header(again, name),
        );
        let other = header(exchange, name);
        // What is known only with the content may be left out (RFC 9110 §9.3.2).
        let misses = other.is_none();
        if stays && said.is_some() && other != said && !misses {
            judgements.push(
                Finding::new(
                    name,
                    format!("HEAD has another `{name}` than GET."),
                    said.unwrap_or("nothing"),
                    other.unwrap_or("nothing"),
                )
                .at(operation.pointer.clone())
                .into(),
            );
        }
    }
    Ok(judged(judgements))
}
