//! `wire.http-versions`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::success,
    support::probe::{over_tls, plain_read, reached, reads_somewhere},
};
use muster_core::{
    contract::Operation,
    exchange::{BreakageKind, ConnectionUse, Exchange, HttpVersion, Outcome, Request, Response},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "wire.http-versions",
    purpose: "HTTP/2 and HTTP/1.1 give responses with the same status code and media type.",
    verifies: "Where the target agrees to HTTP/2, one GET is sent in HTTP/2, then over four connections in HTTP/1.1, then in \
        HTTP/2 again. Status and Content-Type are the same; what differs between the two in HTTP/2, or between the four, is not \
        compared. Bodies are not: behind one address may be several servers, and a connection in HTTP/2 stays with one of them. A \
        target that refuses HTTP/1.1 while TLS is agreed on, or speaks HTTP/1.1 alone, is not judged.",
    matters: "Half of the clients of an API speak one version and half the other, and gateways translate between them. \
        What is there in one only is found missing by whoever changes a library.",
    fix: "Look at what stands before the API: often the gateway serves one version, and the API itself the other.",
    kind: Kind::Probe {
        scope: Scope::Target(reads_somewhere),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "The same",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
                ScriptedResponse::json("GET /people", 200, "[1]"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Another body",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
                ScriptedResponse::json("GET /people", 200, "[2]"),
                ScriptedResponse::json("GET /people", 200, "[2]"),
                ScriptedResponse::json("GET /people", 200, "[2]"),
                ScriptedResponse::json("GET /people", 200, "[2]"),
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Another kind",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
                ScriptedResponse::new("GET /people", 200, &[("content-type", "text/plain")], "[1]"),
                ScriptedResponse::new("GET /people", 200, &[("content-type", "text/plain")], "[1]"),
                ScriptedResponse::new("GET /people", 200, &[("content-type", "text/plain")], "[1]"),
                ScriptedResponse::new("GET /people", 200, &[("content-type", "text/plain")], "[1]"),
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
            ],
            says: Expect::Fail("another Content-Type"),
        },
        Example {
            title: "One server of several responds differently",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
                ScriptedResponse::empty("GET /people", 404),
                ScriptedResponse::json("GET /people", 200, "[1]"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Another status",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
                ScriptedResponse::empty("GET /people", 426),
                ScriptedResponse::empty("GET /people", 426),
                ScriptedResponse::empty("GET /people", 426),
                ScriptedResponse::empty("GET /people", 426),
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
            ],
            says: Expect::Fail("another status"),
        },
        Example {
            title: "Held off by a limit",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
                ScriptedResponse::empty("GET /people", 429),
            ],
            says: Expect::Inconclusive,
        },
        Example {
            title: "HTTP/1.1 alone",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "[1]")],
            says: Expect::Nothing,
        },
        Example {
            title: "HTTP/2 alone",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[1]").in_http2(),
                ScriptedResponse::broken("GET /people", BreakageKind::Tls),
            ],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    over_tls(&script.world)?;
    let (operation, plain) = plain_read(script)?;
    let asking = |over: ConnectionUse, purpose: &str| Request {
        over,
        purpose: purpose.to_owned(),
        ..plain.clone()
    };
    let first = success(script.send(asking(ConnectionUse::Any, "asks in the version agreed on"))?)?;
    if first.version != HttpVersion::Http2 {
        return Ok(vec![Judgement::not_applicable(
            "The target does not agree to HTTP/2.",
        )]);
    }
    let old = script.send_all(vec![
        asking(ConnectionUse::Own, "asks in HTTP/1.1");
        CONNECTIONS
    ])?;
    let refuses = |exchange: &Exchange| matches!(&exchange.outcome, Outcome::Broken(breakage) if breakage.kind == BreakageKind::Tls);
    if old.iter().all(refuses) {
        return Ok(vec![Judgement::not_applicable(
            "The target does not agree to HTTP/1.1.",
        )]);
    }
    let mut answers = Vec::with_capacity(CONNECTIONS);
    for exchange in old {
        match reached(exchange) {
            Ok(response) => answers.push(response),
            Err(judgement) => return Ok(vec![judgement]),
        }
    }
    let second = success(script.send(asking(ConnectionUse::Any, "asks in HTTP/2 again"))?)?;
    let differs: Option<(&str, String, String)> = ASPECTS.iter().find_map(|(what, aspect)| {
        let expected = aspect(first);
        let received = aspect(answers.first()?);
        let each = answers.iter().all(|answer| aspect(answer) == received);
        (each && received != expected && aspect(second) == expected)
            .then_some((*what, expected, received))
    });
    Ok(vec![differs.map_or(
        Judgement::Pass,
        |(what, expected, received)| {
            let mut finding = Finding::new(
                format!("another {what}"),
                format!("HTTP/1.1 gives another {what} than HTTP/2."),
                format!("{}: {expected}, as in HTTP/2", operation.key),
                format!("{received}, each of {CONNECTIONS} times"),
            );
            finding.shown_by = old.last().map(|exchange| exchange.id);
            finding.at(operation.pointer.clone()).into()
        },
    )])
}

/// On how many connections HTTP/1.1 is asked for.
const CONNECTIONS: usize = 4;

/// What is compared: its name, and how it reads.
type Aspect = (&'static str, fn(&Response) -> String);

const ASPECTS: [Aspect; 2] = [
    ("status", |response| response.status.to_string()),
    ("Content-Type", |response| {
        let media = response.headers.get("content-type");
        media.unwrap_or("none").to_owned()
    }),
];
