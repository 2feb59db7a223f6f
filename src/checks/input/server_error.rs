//! `input.server-error`

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{
    arrange::{Arranged, is_credential, serialise::encode, vary},
    checks::{
        Applies, Check, Example, Kind, Line, Says, Scope,
        place::{Place, escape},
        smallest::{MOST_SHRUNK, smallest},
        trying::{self, MOST_FINDINGS, Taken},
    },
    contract::{Contract, Operation, ParameterPlace},
    exchange::{Address, Body, BreakageKind, Exchange, Intent, Outcome, Request},
    generate::text,
    model::Whose,
    script::{Halt, Script, Scripted, World},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "input.server-error",
    purpose: "No value, however odd, makes the API fail or drop the connection.",
    verifies: "For each operation, a valid request is sent and then sent again with one odd value in it: names \
        and texts of many scripts, emoji, marks of direction, quotes, control characters and NUL, texts of \
        ten thousand letters, nought, negative and huge numbers, dates at the ends of the calendar, deep \
        nesting, and ids that are no ids. Each may be taken or refused; an answer of class 5xx is a failure, \
        and so is a connection that is closed or left without an answer where the request was valid. \
        Answers that say when to come back (503 with Retry-After) are not blamed. What fails is shown with the \
        smallest body found that fails in the same way.",
    matters: "Odd values are everyday values of somebody. Where one makes a server fail, it is not handled at \
        all, and what it leaves behind is not known.",
    fix: "Find the answer's time in the log. Validate before use, bind values in queries, and turn what the \
        store cannot hold into a 4xx that says why.",
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
                Line::json("GET /people", 200, "{}"),
                Line::empty("GET /people", 400),
            ],
            says: Says::Pass,
        },
        Example {
            title: "A text breaks the list",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "{}"),
                Line::empty("GET /people?surname=*", 500),
            ],
            says: Says::Fail("500"),
        },
        Example {
            title: "Everything breaks from some moment on, the plain request too",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "{}"),
                Line::empty("GET /people", 500),
            ],
            says: Says::Inconclusive,
        },
        Example {
            title: "The connection is dropped on a valid request",
            contract: PEOPLE,
            dialogue: &[
                Line::json("GET /people", 200, "{}"),
                Line::broken("GET /people?surname=*", BreakageKind::ConnectionLost),
            ],
            says: Says::Fail("no answer"),
        },
        Example {
            title: "The plain request fails",
            contract: PEOPLE,
            dialogue: &[Line::empty("GET /people", 404)],
            says: Says::Inconclusive,
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

/// An odd value: what it is, and the text of it.
type Odd = (&'static str, String);

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    let has_parameters = operation
        .parameters
        .iter()
        .any(|parameter| can_carry(contract, operation, parameter));
    if (has_parameters || trying::json_body(operation).is_some()) && trying::is_harmless(operation)
    {
        Applies::Yes
    } else {
        Applies::No("It takes no input.".into())
    }
}

fn can_carry(
    contract: &Contract,
    operation: &Operation,
    parameter: &crate::contract::Parameter,
) -> bool {
    !is_credential(contract, operation, parameter)
        && match parameter.place {
            ParameterPlace::Query => true,
            ParameterPlace::Path => operation.key.method.is_safe(),
            _ => false,
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
    let arranged = if trying::json_body(operation).is_some() {
        if !world.writes && !operation.key.method.is_safe() {
            return Err(Halt::NotApplicable(
                "Writes are not allowed at this target.".into(),
            ));
        }
        let taken = trying::taken(script, operation)?;
        let limit = trying::room(&world, 12, 40, 200);
        let bodies = odd_bodies(&world, operation, taken.schema, &taken.body, limit);
        for (number, (place, what, body)) in bodies.into_iter().enumerate() {
            let label = format!("odd {number}");
            let mut request = trying::with_body(&world, operation, &taken.arranged, &body, &label)?;
            if vary::is_valid(&world, taken.schema, &body) {
                request.intent = Intent::Plausible;
            } else {
                request.intent = Intent::Wrong(what.to_owned());
            }
            tries.push((place, what, request));
            odd.push(body);
        }
        let mut deep = trying::with_body(&world, operation, &taken.arranged, &taken.body, "deep")?;
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
        trying::plain(script, operation)?
    };
    tries.extend(odd_parameters(&world, operation, &arranged));
    let requests = tries.iter().map(|(place, what, request)| {
        let mut request = request.clone();
        request.purpose = format!("tries {what} in {place}");
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
    let mut failures: Vec<Failure<'_, 'a>> = tries
        .iter()
        .enumerate()
        .zip(shown)
        .filter_map(|((number, (place, what, request)), answer)| {
            let answer = answer?;
            let came = failed(answer)?;
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
        return Ok(vec![trying::passed(answers)]);
    }
    // Where the plain request fails by now, too, the odd value is not the reason.
    let mut control = arranged.request.clone();
    trying::renew_keys(&world, &mut control, "control");
    control.intent = Intent::Plausible;
    control.purpose = "sends the plain request again".into();
    if let Some(came) = failed(script.send(control)?) {
        return Ok(vec![Judgement::inconclusive(
            Whose::Supplier,
            format!(
                "There is {came} to the plain request to {} as well, so what odd values do cannot be told.",
                operation.key
            ),
        )]);
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
    what: &'t str,
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
                let mut request =
                    trying::with_body(&world, operation, &taken.arranged, &fresh, &label)?;
                request.intent = if valid {
                    Intent::Plausible
                } else {
                    Intent::Wrong(self.what.to_owned())
                };
                request.purpose = format!("tries a smaller body with {} in {place}", self.what);
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
        Finding::new(
            self.cause,
            format!("There is {came} to {what} in {place}."),
            format!("{}: taken, or refused with a 4xx", operation.key),
            self.answer.received(),
        )
        .at(operation.pointer.clone())
        .shown_by(self.answer.id)
        .into()
    }
}

/// What is wrong with an answer, if the API failed.
fn failed(exchange: &Exchange) -> Option<String> {
    match &exchange.outcome {
        Outcome::Answered(response) => match response.status {
            503 if response.headers.get("retry-after").is_some() => None,
            501..=504 => None,
            status @ 500..600 => Some(format!("an answer {status}")),
            _ => None,
        },
        Outcome::Broken(breakage) => {
            let valid = !matches!(exchange.request.intent, Intent::Wrong(_));
            let lost = matches!(
                breakage.kind,
                BreakageKind::ConnectionLost | BreakageKind::TimedOut | BreakageKind::NotHttp
            );
            (valid && lost).then(|| "no answer".to_owned())
        }
    }
}

/// Bodies with one odd value each: place, what it is, the body. Places take turns.
fn odd_bodies(
    world: &World<'_>,
    operation: &Operation,
    schema: &crate::contract::Schema,
    base: &Value,
    limit: usize,
) -> Vec<(String, &'static str, Value)> {
    let whole = Place::of(world.contract, schema);
    let mut lists: Vec<std::vec::IntoIter<(String, &'static str, Value)>> = Vec::new();
    let mut leaves = Vec::new();
    crate::checks::place::walk(&whole, base, &mut |spot| {
        if spot.value.is_string() || spot.value.is_number() {
            let is_free = !["enum", "const", "pattern"]
                .iter()
                .any(|keyword| spot.place.has(keyword));
            let dated = spot.place.has_format("date") || spot.place.has_format("date-time");
            let moment = spot.place.has_format("date-time");
            let formatted = spot.place.has("format");
            let longest = spot
                .place
                .keyword("maxLength")
                .filter_map(Value::as_u64)
                .min();
            leaves.push((
                spot.pointer.to_owned(),
                spot.value.clone(),
                is_free,
                dated,
                moment,
                formatted,
                longest,
            ));
        }
    });
    for (pointer, value, is_free, dated, moment, formatted, longest) in leaves {
        let values: Vec<(&'static str, Value)> = match value {
            Value::String(_) if dated => dates(moment),
            Value::String(_) if is_free && !formatted => texts(longest)
                .into_iter()
                .map(|(what, text)| (what, Value::from(text)))
                .collect(),
            Value::String(_) => vec![("a text with NUL", json!("\u{0}"))],
            _ => numbers(),
        };
        let made: Vec<_> = values
            .into_iter()
            .filter_map(|(what, value)| {
                let label = format!("odd {pointer} {what}");
                let mut body = vary::renewed(world, operation, schema, base, false, &label);
                *body.pointer_mut(&pointer)? = value;
                Some((pointer.clone(), what, body))
            })
            .collect();
        lists.push(made.into_iter());
    }
    // Empty lists and nothing optional at all, member by member.
    if let Value::Object(members) = base {
        let made: Vec<_> = members
            .iter()
            .filter(|(_, value)| value.is_array())
            .map(|(name, _)| {
                let mut body = base.clone();
                if let Some(slot) = body.get_mut(name) {
                    *slot = json!([]);
                }
                (format!("/{}", escape(name)), "an empty list", body)
            })
            .collect();
        lists.push(made.into_iter());
        let nothing = json!({});
        if vary::is_valid(world, schema, &nothing) {
            lists.push(vec![("the body".to_owned(), "an empty object", nothing)].into_iter());
        }
        let nulls: Vec<_> = members
            .keys()
            .filter_map(|name| {
                let mut body = base.clone();
                *body.get_mut(name)? = Value::Null;
                vary::is_valid(world, schema, &body)
                    .then(|| (format!("/{}", escape(name)), "null, which it allows,", body))
            })
            .collect();
        lists.push(nulls.into_iter());
    }
    let mut taken = Vec::new();
    while !lists.is_empty() && taken.len() < limit {
        lists.retain_mut(|list| list.next().map(|odd| taken.push(odd)).is_some());
    }
    taken.truncate(limit);
    taken
}

fn dates(moment: bool) -> Vec<(&'static str, Value)> {
    let clock = if moment { "T00:00:00Z" } else { "" };
    [
        ("a leap day", "2000-02-29"),
        ("the first day of the calendar", "0001-01-01"),
        ("the last day of the calendar", "9999-12-31"),
        ("a day that does not exist", "2023-02-29"),
    ]
    .into_iter()
    .map(|(what, day)| (what, json!(format!("{day}{clock}"))))
    .collect()
}

fn numbers() -> Vec<(&'static str, Value)> {
    vec![
        ("nought", json!(0)),
        ("a negative number", json!(-1)),
        ("a negative fraction", json!(-0.5)),
        ("a number beyond 32 bits", json!(2_147_483_648_u64)),
        ("a number beyond 64 bits", json!(1e25)),
        ("the largest number", json!(f64::MAX)),
    ]
}

fn texts(longest: Option<u64>) -> Vec<Odd> {
    let most = longest.and_then(|most| usize::try_from(most).ok());
    let long = most.unwrap_or(10_000).min(100_000);
    let mut odd: Vec<Odd> = vec![
        ("a text with NUL", "a\u{0}b".to_owned()),
        ("emoji", "👮🏽\u{200d}♀️".to_owned()),
        ("an apostrophe", "O'Neill".to_owned()),
        ("a very long text", "a".repeat(long)),
        ("control characters", "a\u{1}\u{1b}\u{7f}b".to_owned()),
        ("a long text of wide letters", "Ŵ".repeat(long)),
        ("marks that combine", format!("e{}", "\u{301}".repeat(30))),
        (
            "quotes, brackets and backslashes",
            "\"'`\\%_;--([{".to_owned(),
        ),
    ];
    odd.extend(
        text::police_strings()
            .iter()
            .map(|sample| (sample.tries, sample.text.to_owned())),
    );
    odd.retain(|(_, text)| most.is_none_or(|most| text.chars().count() <= most));
    odd
}

/// Requests with one odd text in the path or in the query.
fn odd_parameters(
    world: &World<'_>,
    operation: &Operation,
    arranged: &Arranged,
) -> Vec<(String, &'static str, Request)> {
    let contract = world.contract;
    let each = trying::room(world, 5, 12, 30);
    let mut tries = Vec::new();
    for parameter in &operation.parameters {
        if !can_carry(contract, operation, parameter) {
            continue;
        }
        let place = format!("the parameter `{}`", parameter.name);
        let highest = parameter
            .schema
            .as_ref()
            .and_then(|schema| {
                Place::of(contract, schema)
                    .keyword("maximum")
                    .find_map(Value::as_u64)
            })
            .map(|highest| ("the highest value it allows", highest.to_string()));
        for (what, text) in highest.into_iter().chain(parameter_texts()).take(each) {
            let made = if parameter.place == ParameterPlace::Path {
                arranged.with_path_text(contract, operation, &parameter.name, &encode(&text))
            } else {
                arranged
                    .without(contract, operation, parameter.place, &parameter.name)
                    .map(|mut request| {
                        if let Address::Base(path) = &mut request.address {
                            let joint = if path.contains('?') { '&' } else { '?' };
                            path.push(joint);
                            path.push_str(&format!(
                                "{}={}",
                                encode(&parameter.name),
                                encode(&text)
                            ));
                        }
                        request
                    })
            };
            let Ok(mut request) = made else { continue };
            trying::renew_keys(world, &mut request, what);
            let valid = parameter.schema.as_ref().is_none_or(|schema| {
                vary::is_valid(world, schema, &json!(text))
                    || serde_json::from_str(&text)
                        .is_ok_and(|value: Value| vary::is_valid(world, schema, &value))
            });
            // A path with NUL is dropped by many servers, whatever the contract says.
            request.intent = if valid && !text.contains('\0') {
                Intent::Plausible
            } else {
                Intent::Wrong(what.to_owned())
            };
            tries.push((place.clone(), what, request));
        }
    }
    tries
}

fn parameter_texts() -> Vec<Odd> {
    let mut odd: Vec<Odd> = vec![
        ("an apostrophe", "O'Neill".to_owned()),
        ("a number beyond 64 bits", "99999999999999999999".to_owned()),
        ("emoji", "👮🏽\u{200d}♀️".to_owned()),
        ("words", "not-a-number".to_owned()),
        ("an open bracket", "(".to_owned()),
        ("a number beyond 32 bits", "4294967296".to_owned()),
        ("a large number", "999999999".to_owned()),
        ("a negative number", "-1".to_owned()),
        ("NUL", "a\0b".to_owned()),
        ("nought", "0".to_owned()),
        ("a percent sign", "100%".to_owned()),
        ("a very long text", "a".repeat(2_000)),
        ("a leap day", "2000-02-29".to_owned()),
    ];
    odd.extend(
        text::police_strings()
            .iter()
            .map(|sample| (sample.tries, sample.text.to_owned())),
    );
    odd
}
