//! `work.cancelled`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::async_job::{AsyncJob, EXPORTS, Phase, takes_on},
    support::probe::reached,
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::Address,
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "work.cancelled",
    purpose: "A long-running operation stops when it is cancelled.",
    verifies: "Work is started, its status is read, and it is cancelled by DELETE of the status \
        where the contract has one. Where that receives a success, the status afterwards is gone \
        (404 or 410) or says that the work was cancelled or is over without success; it is read \
        until then. Work that succeeds after it was cancelled, or that still runs when its time is \
        over, is a finding. Where it had succeeded before, nothing is judged.",
    matters: "Cancelling is how a mistaken search or a release of papers to the wrong force is \
        stopped. An API that says yes and goes on does the harm that the client believes to have \
        prevented.",
    fix: "Let the worker look for the cancellation before each step and before it publishes its result; return 409 \
    where it is too late.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Gone",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::empty("DELETE /exports/7", 204),
                ScriptedResponse::empty("GET /exports/7", 404),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Said to be cancelled",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::empty("DELETE /exports/7", 202),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"running\"}"),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"cancelled\"}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "It goes on to its end",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::empty("DELETE /exports/7", 204),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"running\"}"),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"succeeded\"}"),
            ],
            says: Expect::Fail("succeeds"),
        },
        Example {
            title: "Too late, and said so",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"succeeded\"}"),
                ScriptedResponse::empty("DELETE /exports/7", 409),
            ],
            says: Expect::Nothing,
        },
    ],
};

/// Where a DELETE of the status is declared.
fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let deletes = contract
        .items_of(&operation.key.path)
        .any(|other| other.key.method == Method::Delete);
    match takes_on(contract, operation) {
        Applies::Yes if !deletes => Applies::No(
            "The contract has no DELETE on what this operation starts, so work cannot be cancelled."
                .into(),
        ),
        other => other,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let work = AsyncJob::begin(script, operation)?;
    let status = work.status()?.clone();
    let key = operation
        .map(|operation| operation.key.to_string())
        .unwrap_or_default();
    let Address::Base(path) = status.address.clone() else {
        return Err(Halt::NotApplicable(
            "The status is not below the base URL, so the contract has no DELETE for it.".into(),
        ));
    };
    let cancel = work.request(
        script,
        Method::Delete,
        Address::Base(path),
        "cancels a long-running operation",
    );
    let before = work.read(script)?;
    let cancelled = script.send(cancel)?;
    match reached(cancelled) {
        Ok(response) if response.is_success() => {}
        Ok(_) => {
            return Err(Halt::NotApplicable(format!(
                "Work that {key} started could not be cancelled ({}): it may have been too late.",
                cancelled.received()
            )));
        }
        Err(judgement) => return Ok(vec![judgement]),
    }
    let readings = work.follow(script)?;
    let Some(last) = readings.last() else {
        return Ok(Vec::new());
    };
    if matches!(last.exchange.status(), Some(404 | 410))
        || matches!(last.phase, Some(Phase::Cancelled | Phase::Failed))
    {
        return Ok(vec![Judgement::Pass]);
    }
    // Where writes show late, the work may be over by the time that the cancellation could show.
    let at_once = readings.len() == 1 && before.phase.is_none_or(Phase::is_over);
    let (cause, title) = match last.phase {
        Some(Phase::Succeeded) if at_once => {
            return Ok(vec![Judgement::inconclusive(
                Responsible::TestData,
                format!("Work that {key} started was done before it could be cancelled."),
            )]);
        }
        Some(Phase::Succeeded) => ("succeeds", "Work that was cancelled succeeds."),
        Some(_) => ("goes on", "Work that was cancelled goes on."),
        None => {
            return Ok(vec![Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "The status of cancelled work is not in words that are known ({}).",
                    last.exchange.received()
                ),
            )]);
        }
    };
    Ok(vec![
        Finding::new(
            cause,
            title,
            format!(
                "{key}: after DELETE returned {}, gone or cancelled",
                cancelled.received()
            ),
            format!("{:?}", last.phase.unwrap_or(Phase::Running)).to_lowercase(),
        )
        .shown_by(last.exchange.id)
        .into(),
    ])
}
