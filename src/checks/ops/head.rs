//! `ops.head`

use crate::{
    arrange::valid_request,
    checks::{
        Applies, Check, Example, Kind, Line, Says, Scope,
        operating::{success, when},
        probing::reached,
    },
    contract::{Contract, Operation},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.head",
    purpose: "HEAD is answered as GET is, but for the body.",
    verifies: "Each GET that succeeds is sent again as HEAD: the status is the same, and so is Content-Type \
        where HEAD has it. An ETag that GET has and HEAD lacks fails; other headers may be left \
        out, as RFC 9110 §9.3.2 lets them be.",
    matters: "Monitors, link checkers and caches ask with HEAD; a 405 or 500 to it looks like an outage.",
    fix: "Route HEAD to the handler of GET and drop the body at the end.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "As GET",
            contract: PEOPLE,
            dialogue: &[
                Line::new("GET /people", 200, &[("etag", "\"1\"")], "{}"),
                Line::new("HEAD /people", 200, &[("etag", "\"1\"")], ""),
            ],
            says: Says::Pass,
        },
        Example {
            title: "Not offered",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "{}"),
                Line::empty("HEAD /people", 405),
            ],
            says: Says::Fail("answered 405"),
        },
        Example {
            title: "Without the tag",
            contract: PEOPLE,
            dialogue: &[
                Line::new("GET /people", 200, &[("etag", "\"1\"")], "{}"),
                Line::empty("HEAD /people", 200),
            ],
            says: Says::Fail("ETag"),
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    when(operation.key.method == Method::Get)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation =
        operation.ok_or_else(|| Halt::NotApplicable("There is nothing to read.".into()))?;
    let request = valid_request(script, operation)?.request;
    let full = success(script.send(request.clone())?)?;
    let mut head = request;
    head.method = Method::Head;
    head.operation = None;
    head.purpose = "asks for the head of an answer alone".into();
    let exchange = script.send(head)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    let finding = if response.status != full.status {
        Some(Finding::new(
            format!("answered {}", response.status),
            format!("HEAD is answered {}, GET {}.", response.status, full.status),
            format!("HEAD {}: {}", operation.key.path, full.status),
            exchange.received(),
        ))
    } else if full.headers.get("etag").is_some() && response.headers.get("etag").is_none() {
        Some(Finding::new(
            "etag",
            "HEAD lacks the ETag that GET has.",
            format!("HEAD {}: an ETag", operation.key.path),
            "none",
        ))
    } else if response
        .media_type()
        .is_some_and(|media| Some(media) != full.media_type())
    {
        Some(Finding::new(
            "content-type",
            "HEAD has another Content-Type than GET.",
            format!(
                "HEAD {}: {}",
                operation.key.path,
                full.media_type().unwrap_or_default()
            ),
            response.media_type().unwrap_or_default(),
        ))
    } else {
        None
    };
    Ok(vec![finding.map_or(Judgement::Pass, |finding| {
        finding.at(operation.pointer.clone()).into()
    })])
}
