//! `work.result`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::async_job::{AsyncJob, EXPORTS, address, said, takes_on},
    support::probe::reached,
};
use muster_core::{
    contract::Operation,
    exchange::Address,
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "work.result",
    purpose: "A long-running operation that has succeeded leads to its result, and the result \
        exists.",
    verifies: "Work is followed until it has succeeded. Its status then leads to the result by 303 \
        with Location, or by a property such as `result`, `resultUrl`, `output` or `links.result`; \
        a GET there is a success. A status that holds its result itself, or leads nowhere, is not \
        judged.",
    matters: "The result is what the client waited for. A link that leads to nothing after an hour \
        of work is found out when it is too late to ask again.",
    fix: "Say that work has succeeded only when its result can be read, and keep it as long as the status.",
    kind: Kind::Probe {
        scope: Scope::Operation(takes_on),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "A link to the result",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"status\": \"done\", \"result\": \"/exports/7/file\"}",
                ),
                ScriptedResponse::json("GET /exports/7/file", 200, "{}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "303 to the result",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::new("GET /exports/7", 303, &[("location", "/files/7")], ""),
                ScriptedResponse::json("GET /files/7", 200, "{}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Nothing is there",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"status\": \"done\", \"result\": \"/exports/7/file\"}",
                ),
                ScriptedResponse::empty("GET /exports/7/file", 404),
            ],
            says: Expect::Fail("not there"),
        },
        Example {
            title: "303 to nowhere",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::empty("GET /exports/7", 303),
            ],
            says: Expect::Fail("without Location"),
        },
        Example {
            title: "No link",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"done\"}"),
            ],
            says: Expect::Nothing,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let work = AsyncJob::begin(script, operation)?;
    let last = work.succeeded(script)?;
    let key = operation
        .map(|operation| operation.key.to_string())
        .unwrap_or_default();
    let fail = |cause: &str, title: &str, received: String| -> Scripted {
        Ok(vec![
            Finding::new(
                cause,
                title,
                format!("{key}: a result that can be read"),
                received,
            )
            .into(),
        ])
    };
    let Some(place) = said(&last) else {
        if last.exchange.status() == Some(303) {
            return fail(
                "303 without Location",
                "A job that is done returns 303 without Location.",
                last.exchange.received(),
            );
        }
        return Err(Halt::NotApplicable(format!(
            "The status of work that {key} started holds no link to a result."
        )));
    };
    let address = match address(script, place) {
        Some(Address::Absolute(url)) => {
            return Err(Halt::NotApplicable(format!(
                "The result is on another host, which a run does not call: {url}"
            )));
        }
        Some(address) => address,
        None => {
            return fail(
                "no URL",
                "The link to the result is not a URL.",
                place.to_owned(),
            );
        }
    };
    let request = work.request(
        script,
        Method::Get,
        address,
        "reads the result of work that succeeded",
    );
    let exchange = script.send(request)?;
    match reached(exchange) {
        Ok(response) if response.is_success() => Ok(vec![Judgement::Pass]),
        Ok(_) => fail(
            "no result",
            "Work has succeeded, and its result is not there.",
            format!("GET {place}: {}", exchange.received()),
        ),
        Err(judgement) => Ok(vec![judgement]),
    }
}
