//! `errors.too-long`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::accepted_request::wrong,
    support::probe::{readable, reads_somewhere},
};
use muster_core::{
    contract::Operation,
    exchange::{Address, BreakageKind, Exchange, Outcome, Request},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "errors.too-long",
    purpose: "The API refuses a request with a URL or headers that are too long with a 4xx, and \
        does not crash.",
    verifies: "One GET that needs no values is sent with a query of 32 KiB, and with a header of \
        64 KiB. A refusal is right by any 4xx: 414 and 431 say what is wrong, and 400, 404 and 413 \
        are common from servers that look before they know. A success means that the limit is \
        higher, and is not judged. A server error is a finding. A connection that is closed \
        without a response is inconclusive: it may be a gateway's.",
    matters: "Long searches happen: a list of ids, a pasted text. A 5xx pages the operator for a \
        client's mistake, and tells the client to try the same again.",
    fix: "Set limits for line and headers in the server, and let it return 414 and 431 itself.",
    kind: Kind::Probe {
        scope: Scope::Target(reads_somewhere),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "414 and 431",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::empty("GET /people", 200),
                ScriptedResponse::empty("GET /people?zztest=*", 414),
                ScriptedResponse::empty("GET /people", 431),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A crash",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::empty("GET /people", 200),
                ScriptedResponse::empty("GET /people?zztest=*", 500),
                ScriptedResponse::empty("GET /people", 431),
            ],
            says: Expect::Fail("500"),
        },
        Example {
            title: "Neither is too long",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::empty("GET /people", 200),
                ScriptedResponse::empty("GET /people?zztest=*", 200),
                ScriptedResponse::empty("GET /people", 200),
            ],
            says: Expect::Nothing,
        },
        Example {
            title: "The connection is closed",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::empty("GET /people", 200),
                ScriptedResponse::broken("GET /people?zztest=*", BreakageKind::ConnectionLost),
                ScriptedResponse::empty("GET /people", 431),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let Some(operation) = readable(script.world.contract) else {
        return Err(Halt::NotApplicable("There is no operation to call.".into()));
    };
    let path = operation.key.path.to_string();
    let plain = |path: String, purpose: &str| {
        Request::new(Method::Get, Address::Base(path), purpose).calling(&operation.key)
    };
    let usual = script.send(plain(path.clone(), "asks as usual, to compare"))?;
    if usual
        .response()
        .is_none_or(|response| response.status >= 500)
    {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "{} gives no response to compare with ({}).",
                operation.key,
                usual.received()
            ),
        ));
    }
    let query = format!("{path}?zztest={}", "z".repeat(32 << 10));
    let long = wrong(
        plain(query, "sends a query of 32 KiB"),
        "sends a query of 32 KiB",
        "the address is too long",
    );
    let address = script.send(long)?;
    let big = plain(path, "sends a header of 64 KiB").header("x-zztest", "z".repeat(64 << 10));
    let big = wrong(big, "sends a header of 64 KiB", "the headers are too large");
    let headers = script.send(big)?;
    let judgements: Vec<Judgement> = [
        (address, "an address of 32 KiB", "414"),
        (headers, "a header of 64 KiB", "431"),
    ]
    .into_iter()
    .map(|(exchange, what, right)| judged(operation, exchange, what, right))
    .collect();
    Ok(judgements)
}

fn judged(operation: &Operation, exchange: &Exchange, what: &str, right: &str) -> Judgement {
    let response = match &exchange.outcome {
        Outcome::Answered(response) => response,
        Outcome::Broken(breakage) => {
            return Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "A request with {what} was not answered ({}): {right} would say why.",
                    breakage.detail
                ),
            );
        }
    };
    match response.status {
        400..=499 => Judgement::Pass,
        200..=399 => Judgement::not_applicable(format!("{} takes {what}.", operation.key)),
        status => Finding::new(
            format!("{status} to {what}"),
            format!("A request with {what} receives {status}."),
            format!("{}: {right}, or another 4xx", operation.key),
            exchange.received(),
        )
        .shown_by(exchange.id)
        .into(),
    }
}
