//! `work.moves-forward`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::async_job::{AsyncJob, EXPORTS, Phase, Reading, takes_on, timeout},
};
use muster_core::{
    contract::Operation,
    model::Responsible,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "work.moves-forward",
    purpose: "The status of a long-running operation moves only forward, and reaches a final \
        state.",
    verifies: "Work is started and its status is read with growing pauses (or as Retry-After asks) until it is over. \
        It never goes back, from running to waiting or from an end to anything else, and progress that is told \
        in numbers never shrinks. One more reading after the end says the same. Work that is not over within \
        `work_timeout_ms` (a parameter) has failed; where none is declared, it is followed for ten seconds, and \
        what is not over then is inconclusive. Common words for a status are known, in any spelling; a status in other \
        words is inconclusive.",
    matters: "Clients poll until the end. A status that goes back makes them report a thing as \
        done that is not; one that never ends keeps them polling for ever.",
    fix: "Keep the status in one place, written in one direction, and give work a deadline after which it has failed.",
    kind: Kind::Probe {
        scope: Scope::Operation(takes_on),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Forward, to an end",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"status\": \"queued\", \"progress\": 0}",
                ),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"status\": \"running\", \"progress\": 50}",
                ),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"status\": \"succeeded\", \"progress\": 100}",
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Back from running to queued",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"running\"}"),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"queued\"}"),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"succeeded\"}"),
            ],
            says: Expect::Fail("goes back"),
        },
        Example {
            title: "Progress that shrinks",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"status\": \"running\", \"progress\": 50}",
                ),
                ScriptedResponse::json(
                    "GET /exports/7",
                    200,
                    "{\"status\": \"done\", \"progress\": 40}",
                ),
            ],
            says: Expect::Fail("shrinks"),
        },
        Example {
            title: "No end within the declared time",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"running\"}"),
            ],
            says: Expect::Fail("does not end"),
        },
        Example {
            title: "Words that nobody knows",
            contract: EXPORTS,
            dialogue: &[
                ScriptedResponse::new("POST /exports", 202, &[("location", "/exports/7")], ""),
                ScriptedResponse::json("GET /exports/7", 200, "{\"status\": \"purple\"}"),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let work = AsyncJob::begin(script, operation)?;
    let declared = timeout(script);
    let mut readings = work.follow(script)?;
    let key = operation
        .map(|operation| operation.key.to_string())
        .unwrap_or_default();
    let over = readings
        .last()
        .is_some_and(|last| last.phase.is_some_and(Phase::is_over));
    if over {
        readings.push(work.read(script)?);
    }
    let fail = |cause: &str, title: &str, received: String, shown: &Reading<'_>| -> Scripted {
        Ok(vec![
            Finding::new(
                cause,
                title,
                format!("{key}: a status that moves only forward, and ends"),
                received,
            )
            .shown_by(shown.exchange.id)
            .into(),
        ])
    };
    for pair in readings.windows(2) {
        let [one, other] = pair else { continue };
        if let (Some(before), Some(after)) = (one.phase, other.phase)
            && (after < before || (before.is_over() && after != before))
        {
            let received = format!("{before:?}, then {after:?}").to_lowercase();
            return fail(
                "goes back",
                "The status of work goes back.",
                received,
                other,
            );
        }
        if let (Some(before), Some(after)) = (one.progress, other.progress)
            && after < before
        {
            let received = format!("{before}, then {after}");
            return fail("shrinks", "The progress of work shrinks.", received, other);
        }
    }
    match (readings.last(), declared) {
        _ if over => Ok(vec![Judgement::Pass]),
        (Some(last), Some(declared)) if last.phase.is_some() => fail(
            "no end",
            "Work does not end within its declared time.",
            format!(
                "{:?} after {declared} ms",
                last.phase.unwrap_or(Phase::Waiting)
            )
            .to_lowercase(),
            last,
        ),
        (Some(last), _) if last.phase.is_some() => Ok(vec![Judgement::inconclusive(
            Responsible::Configuration,
            format!(
                "Work that {key} started was not over within ten seconds. Set `work_timeout_ms` in the target file to the time it may take."
            ),
        )]),
        _ => Ok(vec![Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "The status of work that {key} started could not be read to its end, or is not in words that are known (queued, running, succeeded, failed …)."
            ),
        )]),
    }
}
