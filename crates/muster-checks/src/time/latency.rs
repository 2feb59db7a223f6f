//! `time.latency`

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::own_record::success,
};
use muster_core::{
    arrange::{hazard, valid_request},
    contract::{Contract, Operation},
    exchange::{BreakageKind, Exchange, Outcome},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "time.latency",
    purpose: "The API responds within the declared times.",
    verifies: "Each GET is sent `latency_samples` times (20 unless set, 100 where p99 is judged) \
        at a constant rate, with little else under way, whether or not the responses before have \
        come: a target that stalls is not spared the requests that its clients would have sent \
        meanwhile, so that no stall is left out of the count. The times are judged against \
        `p50_ms`, `p95_ms` and `p99_ms` of the target file or the profile. The objective is met \
        where the percentile keeps to it. It is missed where more responses took longer than chance \
        explains once in a hundred runs; in between it is inconclusive, as are too few responses. \
        Where requests could not be sent in time, because the machine that Muster runs on was \
        busy, a miss is inconclusive. No response within the time limit counts as longer. \
        Connecting counts. Without an objective times are measured, shown in the report, and not \
        judged.",
    matters: "An officer at the roadside waits for the slowest of several calls. An average hides what one call \
        in twenty takes.",
    fix: "Find what the slow responses have in common: a missing index, a cold cache, a pool that is too small, a \
    lock. Where the objective is wrong, agree on another and declare it.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Within the objective",
            contract: DECLARED,
            dialogue: &[ScriptedResponse::empty("GET /people", 200)],
            says: Expect::Pass,
        },
        Example {
            title: "No response in time",
            contract: DECLARED,
            dialogue: &[
                ScriptedResponse::empty("GET /people", 200),
                ScriptedResponse::broken("GET /people", BreakageKind::TimedOut),
            ],
            says: Expect::Fail("p95"),
        },
        Example {
            title: "Too busy to be measured",
            contract: DECLARED,
            dialogue: &[
                ScriptedResponse::empty("GET /people", 200),
                ScriptedResponse::empty("GET /people", 429),
            ],
            says: Expect::Inconclusive,
        },
        Example {
            title: "No objective",
            contract: "/people: {get: {responses: {'200': {description: People}}}}",
            dialogue: &[ScriptedResponse::empty("GET /people", 200)],
            says: Expect::Nothing,
        },
    ],
};

const DECLARED: &str = "
x-muster-parameters: {p95_ms: 500, latency_samples: 20}
/people: {get: {responses: {'200': {description: People}}}}
";

/// Samples, unless something else is declared.
const SAMPLES: i64 = 20;
/// The least that says anything of one answer in a hundred.
const SAMPLES_P99: i64 = 100;
/// Requests a second for one operation, where the budget allows as many.
const RATE: u64 = 25;
/// How many operations are measured side by side, and the share of the budget that they take.
const SHARE: u64 = 8;

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if operation.key.method == Method::Get && hazard(operation).is_none() {
        Applies::Yes
    } else {
        Applies::Irrelevant
    }
}

/// The percentile and its limit in microseconds, as declared.
fn objectives(script: &Script<'_>) -> Vec<(u32, u64)> {
    [50, 95, 99]
        .into_iter()
        .filter_map(|percentile| {
            let declared = script
                .world
                .parameters
                .0
                .get(&format!("p{percentile}_ms"))?
                .as_f64()
                .filter(|ms| *ms > 0.0 && *ms <= 600_000.0)?;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is positive and small"
            )]
            let us = (declared * 1_000.0) as u64;
            Some((percentile, us))
        })
        .collect()
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation =
        operation.ok_or_else(|| Halt::NotApplicable("There is no operation to call.".into()))?;
    let objectives = objectives(script);
    let needed = match objectives.iter().any(|(percentile, _)| *percentile == 99) {
        true => SAMPLES_P99,
        false => SAMPLES,
    };
    let parameters = script.world.parameters;
    let samples = parameters
        .integer("latency_samples")
        .unwrap_or(needed)
        .clamp(1, 1_000)
        .unsigned_abs();
    let budget = parameters
        .integer("budget_per_second")
        .filter(|rate| *rate > 0)
        .map_or(RATE, |rate| (rate.unsigned_abs() / SHARE).clamp(1, RATE));
    let request = valid_request(script, operation)?.request;
    // One request first: it shows that the operation can be called, and opens what is opened once.
    success(script.send(request.clone())?)?;
    let mut paced = request;
    paced.purpose = "measures how long the response takes, at a constant rate".into();
    let count = usize::try_from(samples).unwrap_or(1);
    let every = Duration::from_micros(1_000_000 / budget);
    let exchanges = script.send_paced(vec![paced; count], every)?;
    Ok(judged(operation, &objectives, exchanges))
}

fn judged(
    operation: &Operation,
    objectives: &[(u32, u64)],
    exchanges: &[Exchange],
) -> Vec<Judgement> {
    let mut times: Vec<u64> = Vec::new();
    let mut late: Vec<u64> = Vec::new();
    let mut unusable = 0;
    for exchange in exchanges {
        match &exchange.outcome {
            Outcome::Answered(response) if response.status < 400 => {
                times.push(response.timing.total_us);
                late.extend(response.timing.late_us);
            }
            Outcome::Broken(breakage) if breakage.kind == BreakageKind::TimedOut => {
                times.push(u64::MAX);
            }
            _ => unusable += 1,
        }
    }
    if unusable * 20 > exchanges.len() {
        return vec![Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "{unusable} of {} requests to {} at a constant rate were refused or broke off, \
                    so that times say little. Lower `budget.per_second` in the target file if the \
                    target limits its clients.",
                exchanges.len(),
                operation.key
            ),
        )];
    }
    let mut histogram = match Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3) {
        Ok(histogram) => histogram,
        Err(error) => {
            return vec![Judgement::inconclusive(
                Responsible::Muster,
                error.to_string(),
            )];
        }
    };
    for time in &times {
        histogram.saturating_record(*time);
    }
    let ms = |us: u64| match us >= 3_600_000_000 {
        true => "no response in time".to_owned(),
        false => format!("{}.{:03} ms", us / 1_000, us % 1_000),
    };
    let seen = |percentile: u32| histogram.value_at_quantile(f64::from(percentile) / 100.0);
    if objectives.is_empty() {
        return vec![Judgement::not_applicable(format!(
            "{} took {} at p50 and {} at p95 over {} responses; no objective (`p50_ms`, `p95_ms`, `p99_ms`) is \
            declared to judge them by.",
            operation.key,
            ms(seen(50)),
            ms(seen(95)),
            times.len()
        ))];
    }
    objectives
        .iter()
        .map(|(percentile, limit)| {
            let beyond = times.iter().filter(|time| *time > limit).count();
            let least = 100 / (100 - *percentile).max(1) as usize;
            if times.len() < least {
                return Judgement::inconclusive(
                    Responsible::Configuration,
                    format!("{} responses are too few to judge p{percentile}: set `latency_samples` to {least} at least.", times.len()),
                );
            }
            let allowed = times.len() * (100 - *percentile as usize) / 100;
            if beyond <= allowed {
                return Judgement::Pass;
            }
            if is_busy(&mut late, *limit / 10) {
                return Judgement::inconclusive(
                    Responsible::Configuration,
                    format!(
                        "{beyond} of {} responses to {} took longer than the p{percentile} of {}, but this machine was \
                        too busy to send its requests in time. Run again from one that is not.",
                        times.len(),
                        operation.key,
                        ms(*limit)
                    ),
                );
            }
            let share = f64::from(100 - *percentile) / 100.0;
            if chance(times.len(), beyond, share) >= 0.01 {
                return Judgement::inconclusive(
                    Responsible::Supplier,
                    format!(
                        "{beyond} of {} responses to {} took longer than the p{percentile} of {}: more than is \
                        allowed, and few enough for chance. Raise `latency_samples` to tell.",
                        times.len(),
                        operation.key,
                        ms(*limit)
                    ),
                );
            }
            Finding::new(
                format!("p{percentile} beyond its objective"),
                format!("Responses take longer than the declared p{percentile}."),
                format!("{}: p{percentile} of {} at most", operation.key, ms(*limit)),
                format!(
                    "p{percentile} {}; {beyond} of {} responses took longer than the objective",
                    ms(seen(*percentile)),
                    times.len()
                ),
            )
            .at(operation.pointer.clone())
            .into()
        })
        .collect()
}

/// Requests that go out later than this, in microseconds, and than a tenth of the objective, tell of a machine that
/// is busy with other things.
const LATE_US: u64 = 15_000;

/// Whether more than one request in ten went out late, so that slow answers may be this machine's own doing.
fn is_busy(late: &mut [u64], share_us: u64) -> bool {
    late.sort_unstable();
    let index = late.len().saturating_sub(late.len() / 10 + 1);
    late.get(index)
        .is_some_and(|late| *late > LATE_US.max(share_us))
}

/// How likely at least `beyond` of `all` are by chance, where each is with this share.
fn chance(all: usize, beyond: usize, share: f64) -> f64 {
    let mut term = (1.0 - share).powi(i32::try_from(all).unwrap_or(i32::MAX));
    let mut below = 0.0;
    for k in 0..beyond {
        below += term;
        #[expect(clippy::cast_precision_loss, reason = "a thousand at most")]
        let ratio = (all - k.min(all)) as f64 / (k + 1) as f64;
        term *= ratio * share / (1.0 - share);
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_machine_is_known_by_requests_that_go_out_late() {
        assert!(!is_busy(&mut [], 0));
        assert!(!is_busy(
            &mut [90_000, 100, 100, 100, 100, 100, 100, 100, 100, 100],
            0
        ));
        assert!(is_busy(
            &mut [90_000, 40_000, 100, 100, 100, 100, 100, 100, 100, 100],
            0
        ));
    }

    #[test]
    fn chance_is_that_of_the_binomial_distribution() {
        for (beyond, expected) in [(0, 1.0), (1, 0.785_36), (2, 0.446_5), (6, 0.003_28)] {
            let found = chance(30, beyond, 0.05);
            assert!((found - expected).abs() < 0.000_5, "{beyond}: {found}");
        }
    }
}
