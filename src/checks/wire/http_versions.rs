//! `wire.http-versions`

use crate::{
    arrange::valid_request,
    checks::{
        Applies, Check, Example, Kind, Line, Says, Scope,
        operating::success,
        probing::{over_tls, readable},
    },
    contract::{Contract, Operation},
    exchange::{BreakageKind, HttpVersion, Outcome, Over, Request},
    model::{Parameters, Whose},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "wire.http-versions",
    purpose: "HTTP/2 and HTTP/1.1 give the same answers.",
    verifies: "Where the target agrees to HTTP/2, one GET is sent in HTTP/2, then in HTTP/1.1, then in HTTP/2 again. Status, \
        Content-Type and body are the same; a body that is not the same in HTTP/2 twice is not compared. A \
        target that refuses HTTP/1.1 while TLS is agreed on, or speaks HTTP/1.1 alone, is not judged.",
    matters: "Half of the clients of an API speak one version and half the other, and gateways translate between them. \
        What is there in one only is found missing by whoever changes a library.",
    fix: "Look at what stands before the API: often the gateway answers one version, and the API itself the other.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "The same",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "[1]").in_http2(),
                Line::json("GET /people", 200, "[1]"),
                Line::json("GET /people", 200, "[1]").in_http2(),
            ],
            says: Says::Pass,
        },
        Example {
            title: "Another body",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "[1]").in_http2(),
                Line::json("GET /people", 200, "[]"),
                Line::json("GET /people", 200, "[1]").in_http2(),
            ],
            says: Says::Fail("another body"),
        },
        Example {
            title: "A body that always changes",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "[1]").in_http2(),
                Line::json("GET /people", 200, "[2]"),
                Line::json("GET /people", 200, "[3]").in_http2(),
            ],
            says: Says::Pass,
        },
        Example {
            title: "Another status",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "[1]").in_http2(),
                Line::empty("GET /people", 426),
                Line::json("GET /people", 200, "[1]").in_http2(),
            ],
            says: Says::Fail("another status"),
        },
        Example {
            title: "HTTP/1.1 alone",
            contract: PEOPLE,
            dialogue: &[Line::json("GET /people", 200, "[1]")],
            says: Says::Nothing,
        },
        Example {
            title: "HTTP/2 alone",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "[1]").in_http2(),
                Line::broken("GET /people", BreakageKind::Tls),
            ],
            says: Says::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn applies(contract: &Contract, _: &Parameters) -> Applies {
    if readable(contract).is_some() {
        Applies::Yes
    } else {
        Applies::No("The contract has no GET that can be called without values.".into())
    }
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    over_tls(&script.world)?;
    let operation = readable(script.world.contract)
        .ok_or_else(|| Halt::NotApplicable("There is no operation to call.".into()))?;
    let plain = valid_request(script, operation)?.request;
    let asking = |over: Over, purpose: &str| Request {
        over,
        purpose: purpose.to_owned(),
        ..plain.clone()
    };
    let first = success(script.send(asking(Over::Any, "asks in the version agreed on"))?)?;
    if first.version != HttpVersion::Http2 {
        return Ok(vec![Judgement::not_applicable(
            "The target does not agree to HTTP/2.",
        )]);
    }
    let old = script.send(asking(Over::Own, "asks in HTTP/1.1"))?;
    let answer = match &old.outcome {
        Outcome::Answered(response) => response,
        Outcome::Broken(breakage) if breakage.kind == BreakageKind::Tls => {
            return Ok(vec![Judgement::not_applicable(
                "The target does not agree to HTTP/1.1.",
            )]);
        }
        Outcome::Broken(breakage) => {
            return Err(Halt::unmet(
                Whose::Supplier,
                format!("No answer came in HTTP/1.1: {}", breakage.detail),
            ));
        }
    };
    let second = success(script.send(asking(Over::Any, "asks in HTTP/2 again"))?)?;
    let media = |headers: &crate::exchange::Headers| headers.get("content-type").map(str::to_owned);
    let stable = first.body == second.body && first.status == second.status;
    let differs = if answer.status != first.status {
        Some((
            "status",
            first.status.to_string(),
            answer.status.to_string(),
        ))
    } else if media(&answer.headers) != media(&first.headers) {
        Some((
            "Content-Type",
            media(&first.headers).unwrap_or_default(),
            media(&answer.headers).unwrap_or_default(),
        ))
    } else if stable && answer.body != first.body {
        Some((
            "body",
            format!("{} bytes", first.body.len()),
            format!("{} bytes that differ", answer.body.len()),
        ))
    } else {
        None
    };
    Ok(vec![differs.map_or(
        Judgement::Pass,
        |(what, expected, received)| {
            Finding::new(
                format!("another {what}"),
                format!("HTTP/1.1 gives another {what} than HTTP/2."),
                format!("{}: {expected}, as in HTTP/2", operation.key),
                received,
            )
            .shown_by(old.id)
            .at(operation.pointer.clone())
            .into()
        },
    )])
}
