//! `security.existence-hidden`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::owned_record::{OTHER, PEOPLE, as_other, lent, protected, record, restrictable},
    support::resource::{subject, to_item},
};
use muster_core::{
    arrange::unknown_id,
    contract::{Contract, Operation, ParameterPlace},
    exchange::{Exchange, Request},
    model::{IdentityName, Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.existence-hidden",
    purpose: "A client cannot distinguish a record that it may not see from one that does not \
        exist.",
    verifies: "Where the target file gives an identity `other-force`, the default identity creates \
        a restricted record. The other force asks for it and for an id that names nothing: both \
        receive the same status. Then both are asked for in turn, eight times, and where one is \
        always slower by far, twice twenty-four times more: a difference counts where the medians \
        are twenty milliseconds apart, and by half of the faster, and nine pairs in ten agree, \
        both times. Anything less is noise, and passes.",
    matters: "That there is a record is often the secret: of an informant, a covert vehicle, an \
        investigation into an officer. A 403 beside a 404, or a response that takes longer, tells \
        it to whoever can guess or walk through ids.",
    fix: "Return 404 to everyone who may not know of the record, from the same query that looks for it by id and \
    force, so that both take the same way.",
    kind: Kind::Probe {
        scope: Scope::Alone(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "The same response",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::empty("GET /people/*", 404),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Forbidden here, not found there",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::empty("GET /people/1", 403),
                ScriptedResponse::empty("GET /people/*", 404),
            ],
            says: Expect::Fail("restricted record exists"),
        },
        Example {
            title: "The record is shown",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, "{}"),
                ScriptedResponse::empty("GET /people/*", 404),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

/// How many pairs are asked for at first, and each time again where they all agree.
const FEW: usize = 8;
const MANY: usize = 24;
/// The least difference of medians, in microseconds, and as a share of the faster.
const APART_US: u64 = 20_000;

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if operation.key.method == Method::Get && operation.path_variables().next().is_some() {
        protected(contract, operation)
    } else {
        Applies::Irrelevant
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let world = script.world;
    let (home, member) = restrictable(world, operation)?;
    if home.read.key != operation.key {
        return Err(Halt::NotApplicable("It reads no single record.".into()));
    }
    let other = lent(&world, OTHER, "of a second force")?;
    let held = record(script, &home, &IdentityName::default(), Some(member))?;
    let nothing = home
        .collection
        .item
        .as_ref()
        .and_then(|(_, variable)| operation.parameter(ParameterPlace::Path, variable))
        .and_then(|parameter| unknown_id(&world, operation, parameter))
        .zip(held.path.rsplit_once('/'))
        .map(|(id, (parent, _))| {
            let id = muster_core::arrange::serialise::scalar(&id);
            format!("{parent}/{}", muster_core::arrange::serialise::encode(&id))
        })
        .ok_or_else(|| {
            Halt::NotApplicable("No id is both valid and sure to name nothing.".into())
        })?;
    let ask = |path: &str, purpose: &str| {
        to_item(world, operation, path, None, None)
            .map(|request| as_other(request, &other, "restricted, of default", purpose))
    };
    let hidden = ask(
        &held.path,
        "asks for the restricted record of another force",
    )?;
    let absent = Request {
        access: None,
        ..ask(&nothing, "asks for a record that does not exist")?
    };
    let (seen, unseen) = pair(script, &hidden, &absent, false)?;
    let (Some(seen_status), Some(unseen_status)) = (seen.status(), unseen.status()) else {
        return Err(Halt::unmet(
            Responsible::Network,
            "No response came to compare.",
        ));
    };
    if !matches!(seen_status, 403 | 404 | 410) || !matches!(unseen_status, 403 | 404 | 410) {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "{} returned {seen_status} for a restricted record and {unseen_status} for \
                    none, which are no two refusals to compare.",
                operation.key
            ),
        ));
    }
    if seen_status != unseen_status {
        return Ok(vec![
            Finding::new(
                "existence by status",
                "The status code shows that a restricted record exists.",
                format!("{}: the same status for both", operation.key),
                format!("{seen_status} for a restricted record, {unseen_status} for none"),
            )
            .at(operation.pointer.clone())
            .shown_by(seen.id)
            .into(),
        ]);
    }
    let mut apart = None;
    for (rounds, least) in [(FEW, FEW), (MANY, MANY * 9 / 10), (MANY, MANY * 9 / 10)] {
        let mut samples = Vec::with_capacity(rounds);
        for round in 0..rounds {
            // Each goes first every other time, so that what one warms up serves both.
            let (seen, unseen) = pair(script, &hidden, &absent, round % 2 == 1)?;
            samples.extend(time(seen).zip(time(unseen)));
        }
        let found = difference(&samples, least);
        match (found, apart) {
            (None, _) => return Ok(vec![Judgement::Pass]),
            (Some((slower, _)), Some((before, _))) if slower != before => {
                return Ok(vec![Judgement::Pass]);
            }
            (found, _) => apart = found,
        }
    }
    Ok(vec![match apart {
        None => Judgement::Pass,
        Some((slower, us)) => Finding::new(
            "existence by time",
            "The response time shows that a restricted record exists.",
            format!("{}: the same time for both, but for noise", operation.key),
            format!(
                "{} takes {} ms longer, in nine of ten pairs of forty-eight",
                match slower {
                    Slower::Hidden => "a restricted record",
                    Slower::Absent => "an id that names nothing",
                },
                us / 1_000
            ),
        )
        .at(operation.pointer.clone())
        .into(),
    }])
}

/// Asks for both, one after the other.
fn pair<'a>(
    script: &mut Script<'a>,
    hidden: &Request,
    absent: &Request,
    absent_first: bool,
) -> Scripted<(&'a Exchange, &'a Exchange)> {
    if absent_first {
        let unseen = script.send(absent.clone())?;
        Ok((script.send(hidden.clone())?, unseen))
    } else {
        let seen = script.send(hidden.clone())?;
        Ok((seen, script.send(absent.clone())?))
    }
}

fn time(exchange: &Exchange) -> Option<u64> {
    exchange
        .response()
        .map(|response| response.timing.first_byte_us)
}

/// Which of the two takes longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slower {
    Hidden,
    Absent,
}

/// Which one is slower by far, and by how much, where at least so many pairs agree on it.
fn difference(samples: &[(u64, u64)], least: usize) -> Option<(Slower, u64)> {
    let median = |mut times: Vec<u64>| {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    let hidden = median(samples.iter().map(|(hidden, _)| *hidden).collect());
    let absent = median(samples.iter().map(|(_, absent)| *absent).collect());
    let slower = if hidden > absent {
        Slower::Hidden
    } else {
        Slower::Absent
    };
    let agree = samples
        .iter()
        .filter(|(hidden, absent)| match slower {
            Slower::Hidden => hidden > absent,
            Slower::Absent => absent > hidden,
        })
        .count();
    let apart = hidden.abs_diff(absent);
    let far = apart >= APART_US && apart >= hidden.min(absent) / 2;
    (far && agree >= least).then_some((slower, apart))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_difference_that_is_large_and_steady_counts() {
        let steady: Vec<_> = (0..24).map(|at| (60_000 + at, 5_000 + at)).collect();
        assert_eq!(difference(&steady, 22), Some((Slower::Hidden, 55_000)));
        let turned: Vec<_> = steady.iter().map(|(a, b)| (*b, *a)).collect();
        assert_eq!(difference(&turned, 22), Some((Slower::Absent, 55_000)));
        // Large, but as often the other way round.
        let noisy: Vec<_> = (0..24)
            .map(|at| {
                if at % 3 == 0 {
                    (5_000, 90_000)
                } else {
                    (90_000, 5_000)
                }
            })
            .collect();
        assert_eq!(difference(&noisy, 22), None);
        // Steady, but small.
        let small: Vec<_> = (0..24).map(|_| (9_000, 5_000)).collect();
        assert_eq!(difference(&small, 22), None);
        // Small against what an answer takes at all.
        let slow: Vec<_> = (0..24).map(|_| (530_000, 500_000)).collect();
        assert_eq!(difference(&slow, 22), None);
    }
}
