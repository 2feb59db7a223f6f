//! `wire.keep-alive`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{success, with},
    support::probe::{plain_read, reached, reads_somewhere},
};
use muster_core::{
    contract::Operation,
    exchange::{BreakageKind, ConnectionUse, Exchange, HttpVersion, Outcome, Request, Response},
    model::Method,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "wire.keep-alive",
    purpose: "A connection takes the next request, or the API announces its end.",
    verifies: "One GET is sent twice over one connection in HTTP/1.1. Where the first response \
        does not say `Connection: close`, the second request receives the same as the first; a \
        connection that closes all the same, on each of three that are tried, is a failure. In the \
        same way the GET follows a HEAD, and a GET that receives 304: where it is never answered, \
        a body was sent where none may be, or the connection closed. A connection that closes now \
        and then is nobody's fault (RFC 9112, 9.5).",
    matters: "Clients and gateways keep connections. Where the end comes unannounced, every other write is lost or sent \
        twice, for nobody can tell whether it had arrived.",
    fix: "Keep connections open for some seconds (nginx: `keepalive_timeout`), or send \
        `Connection: close` with the last response. Send no body with HEAD, 204 and 304.",
    kind: Kind::Probe {
        scope: Scope::Target(reads_somewhere),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Kept, also after HEAD",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::empty("HEAD /people", 200),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Closed, as was said",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("connection", "close")],
                "[]",
            )],
            says: Expect::Nothing,
        },
        Example {
            title: "Closed without a word, each time",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::broken("GET /people", BreakageKind::ConnectionLost),
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::broken("GET /people", BreakageKind::ConnectionLost),
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::broken("GET /people", BreakageKind::ConnectionLost),
            ],
            says: Expect::Fail("without notice"),
        },
        Example {
            title: "The second is held off by a limit",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::empty("GET /people", 429),
            ],
            says: Expect::Inconclusive,
        },
        Example {
            title: "The second response differs",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::empty("GET /people", 404),
            ],
            says: Expect::Fail("another response"),
        },
        Example {
            title: "Closed once",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::broken("GET /people", BreakageKind::ConnectionLost),
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::empty("HEAD /people", 200),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A body is sent to HEAD",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::json("GET /people", 200, "[]"),
                ScriptedResponse::empty("HEAD /people", 200),
                ScriptedResponse::broken("GET /people", BreakageKind::ConnectionLost),
            ],
            says: Expect::Fail("After a response to HEAD"),
        },
        Example {
            title: "A body is sent with 304",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\"")], "[]"),
                ScriptedResponse::new("GET /people", 200, &[], "[]"),
                ScriptedResponse::empty("HEAD /people", 200),
                ScriptedResponse::new("GET /people", 200, &[], "[]"),
                ScriptedResponse::empty("GET /people", 304),
                ScriptedResponse::broken("GET /people", BreakageKind::NotHttp),
                ScriptedResponse::empty("GET /people", 304),
                ScriptedResponse::broken("GET /people", BreakageKind::NotHttp),
                ScriptedResponse::empty("GET /people", 304),
                ScriptedResponse::broken("GET /people", BreakageKind::NotHttp),
            ],
            says: Expect::Fail("After a response to 304"),
        },
        Example {
            title: "No response at all",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 503)],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

/// How many connections are tried before their end is told.
const CONNECTIONS: u64 = 3;

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let (operation, plain) = plain_read(script)?;
    let mut lost = None;
    for connection in 0..CONNECTIONS {
        let over = ConnectionUse::Kept(number(script, connection));
        let asking = |purpose: &str| {
            let mut request = plain.clone().over(over);
            request.purpose = purpose.to_owned();
            request
        };
        let first = success(script.send(asking("asks first on a connection"))?)?;
        if is_last(first) {
            return Ok(vec![Judgement::not_applicable(
                "The target says with its response that it closes the connection, as it may.",
            )]);
        }
        let second = script.send(asking("asks again on the same connection"))?;
        if let Some(judgement) = other_answer(operation, first, second) {
            return Ok(vec![judgement]);
        }
        if second.response().is_some() {
            return after_no_body(script, operation, &plain, first);
        }
        lost = Some(second);
    }
    let Some(lost) = lost else {
        return Ok(Vec::new());
    };
    Ok(vec![
        Finding::new(
            "closes without a word",
            "The connection is closed without notice after each response.",
            format!(
                "{}: `Connection: close` in the response, or a connection that takes the next request",
                operation.key
            ),
            format!("no second response on any of {CONNECTIONS} connections: {}", lost.received()),
        )
        .shown_by(lost.id)
        .at(operation.pointer.clone())
        .into(),
    ])
}

/// Whether the answer says that it is the last of its connection; in HTTP/1.0 it is so unless it says otherwise.
fn is_last(response: &Response) -> bool {
    let says = |wanted: &str| {
        response
            .headers
            .all("connection")
            .flat_map(|value| value.split(','))
            .any(|option| option.trim().eq_ignore_ascii_case(wanted))
    };
    says("close") || response.version == HttpVersion::Http10 && !says("keep-alive")
}

/// What is wrong with a second answer, where one came, or what came is none. A limit of the target, or something before
/// it, may come between the two.
fn other_answer(operation: &Operation, first: &Response, second: &Exchange) -> Option<Judgement> {
    let wrong = match &second.outcome {
        Outcome::Answered(_) => match reached(second) {
            Ok(response) => response.status != first.status && response.status < 500,
            Err(judgement) => return Some(judgement),
        },
        Outcome::Broken(breakage) => breakage.kind == BreakageKind::NotHttp,
    };
    wrong.then(|| {
        Finding::new(
            "second answer",
            "The second request on a connection receives another response than the first.",
            format!("{}: {} as before", operation.key, first.status),
            second.received(),
        )
        .shown_by(second.id)
        .at(operation.pointer.clone())
        .into()
    })
}

/// Asks once more after answers that have no body.
fn after_no_body<'a>(
    script: &mut Script<'a>,
    operation: &Operation,
    plain: &Request,
    first: &Response,
) -> Scripted {
    let mut head = plain.clone();
    head.method = Method::Head;
    head.operation = None;
    head.purpose = "asks for the head alone, on a connection that is to be kept".to_owned();
    let mut bodiless = vec![("HEAD", head)];
    if let Some(tag) = first.headers.get("etag") {
        let purpose = "asks on the condition that it changed, on a connection that is to be kept";
        bodiless.push(("304", with(plain.clone(), "if-none-match", tag, purpose)));
    }
    for (kind, (what, request)) in (1..).zip(bodiless) {
        if let Some(lost) = unusable_after(script, what, &request, plain, kind * CONNECTIONS)? {
            return Ok(vec![
                Finding::new(
                    format!("unusable after {what}"),
                    format!("After a response to {what} the connection takes no other request."),
                    format!(
                        "{}: {} as before; a response to {what} ends with its head, or says `Connection: close`",
                        operation.key, first.status
                    ),
                    format!("no response on any of {CONNECTIONS} connections: they held bytes that are not a response, \
                    or closed without one"),
                )
                .shown_by(lost.id)
                .at(operation.pointer.clone())
                .into(),
            ]);
        }
    }
    Ok(vec![Judgement::Pass])
}

/// What came in place of an answer after one without a body, where it was so on each connection.
fn unusable_after<'a>(
    script: &mut Script<'a>,
    what: &str,
    request: &Request,
    plain: &Request,
    from: u64,
) -> Scripted<Option<&'a Exchange>> {
    let mut lost = None;
    for connection in from..from + CONNECTIONS {
        let over = ConnectionUse::Kept(number(script, connection));
        let bodiless = script.send(request.clone().over(over))?;
        let Some(response) = bodiless.response() else {
            return Ok(None);
        };
        if is_last(response) || what == "304" && response.status != 304 {
            return Ok(None);
        }
        let mut after = plain.clone().over(over);
        after.purpose = "asks after that, on the same connection".to_owned();
        let after = script.send(after)?;
        if after.response().is_some() {
            return Ok(None);
        }
        lost = Some(after);
    }
    Ok(lost)
}

/// The number of a connection of this conversation.
fn number(script: &Script<'_>, connection: u64) -> u64 {
    script
        .world
        .seed
        .wrapping_mul(4 * CONNECTIONS)
        .wrapping_add(connection)
}
