//! `input.server-error`

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::accepted_request::{self, MOST_FINDINGS, Taken},
    support::minimise::{MOST_SHRUNK, smallest},
    support::robustness_values::{can_carry, odd_bodies, odd_parameters, strain},
    support::server_failure,
};
use muster_core::{
    arrange::vary,
    contract::{Contract, Operation},
    exchange::{Body, BreakageKind, Exchange, Intent, Outcome, Request, Strain, Trial},
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "input.server-error",
    purpose: "No input value makes the API fail or drop the connection.",
    verifies: "For each operation, a valid request is sent and then sent again with one robustness value in it: names \
    and texts of many scripts, emoji, marks of direction, quotes, control characters and NUL, texts of ten \
    thousand letters, nought, negative and huge numbers, dates at the ends of the calendar, deep nesting, and \
    ids that are no ids. Each may be taken or refused; a response of class 5xx is a failure, and so is a \
    connection that is closed or left without a response where the request was valid. Responses that say when to \
    come back (503 with Retry-After) are not blamed, nor is a value that does not fail again when it is sent \
    alone. What fails is shown with the smallest body found that fails in the same way.",
    matters: "Each of these values is an everyday value for somebody. Where one makes a server fail, it is not handled \
    at all, and what it leaves behind is not known.",
    fix: "Find the response's time in the log. Validate before use, bind values in queries, and \
        turn what the store cannot hold into a 4xx that says why.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Taken or refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A string breaks the collection",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people?surname=*", 500),
            ],
            says: Expect::Fail("500"),
        },
        Example {
            title: "Everything breaks from some time on, the plain request too",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 500),
            ],
            says: Expect::Inconclusive,
        },
        Example {
            title: "The connection is dropped on a valid request",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::broken("GET /people?surname=*", BreakageKind::ConnectionLost),
            ],
            says: Expect::Fail("no response"),
        },
        Example {
            title: "The plain request fails",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 404)],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get:
    parameters: [{name: surname, in: query, schema: {type: string}}]
    responses: {'200': {description: People}, '400': {description: Refused}}
";

/// Deeper than any record, and within what every parser takes: limits of depth are a server's own (RFC 8259 §9).
const DEEP: usize = 60;

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let has_parameters = operation
        .parameters
        .iter()
        .any(|parameter| can_carry(contract, operation, parameter));
    if (has_parameters || accepted_request::json_body(operation).is_some())
        && accepted_request::is_harmless(operation)
    {
        Applies::Yes
    } else {
        Applies::No("It takes no input.".into())
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Ok(Vec::new());
    };
    let world = script.world;
    let mut tries: Vec<(String, &'static str, Request)> = Vec::new();
    let mut odd: Vec<Value> = Vec::new();
    let mut taken_body = None;
    let arranged = if accepted_request::json_body(operation).is_some() {
        if !world.writes && !operation.key.method.is_safe() {
            return Err(Halt::NotApplicable(
                "Writes are not allowed at this target.".into(),
            ));
        }
        let taken = accepted_request::taken(script, operation)?;
        let limit = accepted_request::room(&world, 12, 40, 200);
        let bodies = odd_bodies(&world, operation, taken.schema, &taken.body, limit);
        for (number, (place, what, body)) in bodies.into_iter().enumerate() {
            let label = format!("odd {number}");
            let mut request =
                accepted_request::with_body(&world, operation, &taken.arranged, &body, &label)?;
            if vary::is_valid(&world, taken.schema, &body) {
                request.intent = Intent::Plausible;
            } else {
                request.intent = Intent::Wrong(what.to_owned());
            }
            tries.push((place, what, request));
            odd.push(body);
        }
        let mut deep =
            accepted_request::with_body(&world, operation, &taken.arranged, &taken.body, "deep")?;
        deep.body = Some(Body {
            media_type: deep.body.and_then(|body| body.media_type),
            bytes: format!("{}1{}", "[".repeat(DEEP), "]".repeat(DEEP)).into(),
        });
        deep.intent = Intent::Wrong("lists in lists".into());
        tries.push(("the body".to_owned(), "lists in lists", deep));
        let arranged = taken.arranged.clone();
        taken_body = Some(taken);
        arranged
    } else {
        // A value can make the API fail also where no record is known that the path could name.
        accepted_request::plain_or_unknown(script, operation)?.0
    };
    tries.extend(odd_parameters(&world, operation, &arranged));
    let requests = tries.iter().map(|(place, what, request)| {
        let mut request = request.clone();
        request.purpose = format!("tries {what} in {place}");
        request.trial = Some(trial(what, place));
        request
    });
    let requests: Vec<Request> = requests.collect();
    let answers = script.send_all(requests.clone())?;
    // A server that fails may hang up on those behind, who are not to blame: they are asked again, alone.
    let mut shown: Vec<Option<&Exchange>> = Vec::new();
    let mut again = 0;
    for (request, answer) in requests.into_iter().zip(answers) {
        let is_lost = answer.response().is_none() && failed(answer).is_some();
        shown.push(if !is_lost {
            Some(answer)
        } else if again < MOST_FINDINGS {
            again += 1;
            Some(script.send(request)?)
        } else {
            None
        });
    }
    let mut seen = HashSet::new();
    let beyond_32 = beyond_32_bits(&tries, &shown);
    let mut failures: Vec<Failure<'_, 'a>> = tries
        .iter()
        .enumerate()
        .zip(shown)
        .filter_map(|((number, (place, what, request)), answer)| {
            let answer = answer?;
            let came = failed(answer)?;
            // Where a number of 33 bits fails already, a larger one fails for the same reason.
            if strain(what) == Some(Strain::Beyond63Bits) && beyond_32.contains(place.as_str()) {
                return None;
            }
            let cause = format!("{came} {place} {}", operation.pointer);
            seen.insert(cause.clone()).then(|| Failure {
                place,
                what,
                cause,
                came,
                valid: !matches!(request.intent, Intent::Wrong(_)),
                body: odd.get(number),
                answer,
            })
        })
        .take(MOST_FINDINGS)
        .collect();
    if failures.is_empty() {
        return Ok(vec![accepted_request::passed(answers)]);
    }
    // Where the plain request fails by now, too, the odd value is not the reason.
    let mut control = arranged.request.clone();
    accepted_request::renew_keys(&world, &mut control, "control");
    control.intent = Intent::Plausible;
    control.purpose = "sends the plain request again".into();
    if let Some(came) = failed(script.send(control)?) {
        return Ok(vec![Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "The plain request to {} received {came} as well, so the effect of robustness values is not known.",
                operation.key
            ),
        )]);
    }
    let failures_once = failures.len();
    failures = again_alone(script, failures)?;
    if failures.is_empty() {
        return Ok(vec![Judgement::not_applicable(format!(
            "{failures_once} robustness values of {} received a server error once and not again, so the values are not \
            the cause.",
            operation.key
        ))]);
    }
    if let Some(taken) = &taken_body {
        for failure in failures.iter_mut().take(MOST_SHRUNK) {
            failure.shrink(script, operation, taken)?;
        }
    }
    Ok(failures
        .into_iter()
        .map(|failure| failure.told(operation))
        .collect())
}

/// A failure of the API at an odd value.
struct Failure<'t, 'a> {
    place: &'t str,
    what: &'static str,
    cause: String,
    came: String,
    /// Whether the contract allows the body.
    valid: bool,
    /// The body with the odd value, where that is where it stands.
    body: Option<&'t Value>,
    answer: &'a Exchange,
}

impl<'a> Failure<'_, 'a> {
    /// Shows the smallest body that fails in the same way instead.
    fn shrink(
        &mut self,
        script: &mut Script<'a>,
        operation: &Operation,
        taken: &Taken<'_>,
    ) -> Scripted<()> {
        let world = script.world;
        let Some(body) = self.body else { return Ok(()) };
        let (place, came, valid) = (self.place, &self.came, self.valid);
        let smaller = smallest(
            script,
            body,
            |body| {
                (place == "the body" || body.pointer(place).is_some())
                    && vary::is_valid(&world, taken.schema, body) == valid
            },
            |body, number| {
                let label = format!("smaller {place} {number}");
                let mut fresh = vary::renewed(&world, operation, taken.schema, body, false, &label);
                if let (Some(slot), Some(odd)) = (fresh.pointer_mut(place), body.pointer(place)) {
                    *slot = odd.clone();
                }
                let mut request = accepted_request::with_body(
                    &world,
                    operation,
                    &taken.arranged,
                    &fresh,
                    &label,
                )?;
                request.intent = if valid {
                    Intent::Plausible
                } else {
                    Intent::Wrong(self.what.to_owned())
                };
                request.purpose = format!("tries a smaller body with {} in {place}", self.what);
                request.trial = Some(trial(self.what, place));
                Ok(request)
            },
            |answer| failed(answer).as_ref() == Some(came),
        )?;
        self.answer = smaller.unwrap_or(self.answer);
        Ok(())
    }

    fn told(self, operation: &Operation) -> Judgement {
        let Self {
            place, what, came, ..
        } = self;
        let kind = server_failure::kind(&came, Some(&trial(what, place)), server_failure::VALUES);
        Finding::new(
            self.cause,
            server_failure::title(&came, what, place),
            format!("{}: taken, or refused with a 4xx", operation.key),
            self.answer.received(),
        )
        .at(operation.pointer.clone())
        .of_kind(kind)
        .shown_by(self.answer.id)
        .into()
    }
}

fn trial(what: &'static str, place: &str) -> Trial {
    Trial {
        value: what,
        place: place.to_owned(),
        strain: strain(what),
    }
}

/// The places at which a number of 33 bits makes the API fail.
fn beyond_32_bits<'t>(
    tries: &'t [(String, &'static str, Request)],
    shown: &[Option<&Exchange>],
) -> HashSet<&'t str> {
    tries
        .iter()
        .zip(shown)
        .filter(|((_, what, _), answer)| {
            strain(what) == Some(Strain::Beyond32Bits)
                && answer.is_some_and(|answer| failed(answer).is_some())
        })
        .map(|((place, ..), _)| place.as_str())
        .collect()
}

/// What is wrong with an answer, if the API failed.
fn failed(exchange: &Exchange) -> Option<String> {
    match &exchange.outcome {
        Outcome::Answered(response) => match response.status {
            503 if response.headers.get("retry-after").is_some() => None,
            501..=504 => None,
            status @ 500..600 => Some(format!("a response {status}")),
            _ => None,
        },
        Outcome::Broken(breakage) => {
            let valid = !matches!(exchange.request.intent, Intent::Wrong(_));
            let lost = breakage.kind.is_cut_off()
                || matches!(
                    breakage.kind,
                    BreakageKind::TimedOut | BreakageKind::NotHttp
                );
            (valid && lost).then(|| "no response".to_owned())
        }
    }
}

/// Those that fail again when nothing else is asked: a value is not blamed for what another, sent at the same
/// moment, has done. A conflict is none of its own, since the first try may have been stored.
fn again_alone<'b, 'a>(
    script: &mut Script<'a>,
    failures: Vec<Failure<'b, 'a>>,
) -> Scripted<Vec<Failure<'b, 'a>>> {
    let mut kept = Vec::new();
    for failure in failures {
        let mut again = failure.answer.request.clone();
        accepted_request::renew_keys(&script.world, &mut again, "again, alone");
        again.purpose = format!("sends {} in {} again, alone", failure.what, failure.place);
        let exchange = script.send(again)?;
        if failed(exchange).is_some() || exchange.status() == Some(409) {
            kept.push(failure);
        }
    }
    Ok(kept)
}
