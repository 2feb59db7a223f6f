//! `work.status-followed`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::async_job::{AsyncJob, EXPORTS, takes_on},
    support::probe::reached,
};
use muster_core::{
    contract::Operation,
    exchange::Address,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "work.status-followed",
    purpose: "A 202 response names the status resource, and the status can be read there.",
    verifies: "Each POST whose contract documents 202 is called. The response says where the \
        status is: in Location (or Operation-Location), in a link of its body, or by an id that \
        the contract has a GET for. The status is on the target's own host, and a GET there \
        receives a success or 303.",
    matters: "202 promises nothing. A client that cannot follow it does not know whether the \
        export of a case file is under way, done or lost, and asks again: twice the work, or none.",
    fix: "Return 202 with Location, and serve the status there from the time of the response on.",
    kind: Kind::Probe {
        scope: Scope::Operation(takes_on),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Location, and a status there",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"queued\"}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Nothing that leads anywhere",
            contract: EXPORTS,
            dialogue: &[ScriptedResponse::empty("POST /exports", 202)],
            says: Expect::Fail("does not name"),
        },
        Example {
            title: "Nothing is there",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::empty("GET /exports/7", 404),
            ],
            says: Expect::Fail("cannot be read"),
        },
        Example {
            title: "Done at once",
            contract: EXPORTS,
            dialogue: &[ScriptedResponse::json("POST /exports", 200, "{}")],
            says: Expect::Nothing,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let work = AsyncJob::begin(script, operation)?;
    let key = operation
        .map(|operation| operation.key.to_string())
        .unwrap_or_default();
    let fail = |cause: &str, title: &str, received: String| -> Scripted {
        Ok(vec![
            Finding::new(
                cause,
                title,
                format!("{key}: 202 with a Location (or link) to a status that can be read"),
                received,
            )
            .shown_by(work.taken.id)
            .into(),
        ])
    };
    let Some(status) = &work.status else {
        return fail(
            "no status",
            "A 202 response does not name the status resource.",
            work.taken.received(),
        );
    };
    if let Address::Absolute(url) = &status.address {
        return fail(
            "another host",
            "The status of the work is on another host.",
            url.clone(),
        );
    }
    let exchange = script.send(status.clone())?;
    match reached(exchange) {
        Ok(response) if response.is_success() || response.status == 303 => {
            Ok(vec![Judgement::Pass])
        }
        Ok(_) => fail(
            "status not readable",
            "The status resource that a 202 response names cannot be read.",
            format!("GET {}: {}", status.path_and_query(), exchange.received()),
        ),
        Err(judgement) => Ok(vec![judgement]),
    }
}
