//! `records.list-sort`

use std::cmp::Ordering;

use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::list_operation::Lister,
    support::resource::{
        PAGED, ResourceOperations, answered, brief, judged, on_list, send, several, shown_now,
        subject, told_apart, workable,
    },
    support::schema_view::Place,
};
use muster_core::{
    arrange::{meaning, names, shape, values::token, vary},
    contract::{Contract, Operation},
    exchange::Response,
    model::ParameterRole,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// Records that are made with different values.
const RECORDS: usize = 4;
/// Orders that are tried.
const MOST: usize = 10;

/// The check.
pub static CHECK: Check = Check {
    id: "records.list-sort",
    purpose: "A sorted collection is in the requested order.",
    verifies: "A parameter called sort, order, sortBy or the like sorts where its schema lists its values and these \
        are properties of the records, alone or with a sign or word for the direction (`-surname`, \
        `surname:desc`, `surname_asc`). Records with different values are created, each order is asked \
        for, and every two neighbours on the page are compared: numbers by value, moments as moments, text \
        only where both are plain letters and digits and every usual order agrees. Records without a \
        value may stand anywhere. Orders by free text parameters are not recognised.",
    matters: "The newest first is how people find what just happened. A collection in another \
        order hides it.",
    fix: "Apply the order in the query of the store, before the page is cut.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "In order",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people?sort=name&*",
                    200,
                    r#"[{"id":"1","name":"Aa"},{"id":"2","name":"Bb"}]"#,
                ),
                ScriptedResponse::json(
                    "GET /people?sort=-name&*",
                    200,
                    r#"[{"id":"2","name":"Bb"},{"id":"1","name":"Aa"}]"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The other way round",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people*",
                    200,
                    r#"[{"id":"1","name":"Bb"},{"id":"2","name":"Aa"}]"#,
                ),
            ],
            says: Expect::Fail("not in that order"),
        },
    ],
};

/// One order that can be asked for.
struct Order<'a> {
    parameter: &'a str,
    value: &'a str,
    property: String,
    descending: bool,
}

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    match on_list(contract, operation) {
        Applies::Yes if !orders(contract, operation).is_empty() => Applies::Yes,
        Applies::Yes => Applies::No(
            "No parameter lists the properties that the collection can be sorted by.".into(),
        ),
        other => other,
    }
}

fn orders<'a>(contract: &'a Contract, operation: &'a Operation) -> Vec<Order<'a>> {
    let Some(schema) = shape::success(operation) else {
        return Vec::new();
    };
    let (items, _) = shape::records(contract, schema);
    let members = shape::members(&contract.schemas, &items);
    meaning::parameter(contract, operation, ParameterRole::Sort)
        .into_iter()
        .flat_map(|parameter| {
            let place = parameter
                .schema
                .as_ref()
                .map_or_else(Place::default, |schema| Place::of(contract, schema));
            let values: Vec<&'a str> = place
                .keyword("enum")
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            values
                .into_iter()
                .map(move |value| (parameter.name.as_str(), value))
        })
        .filter_map(|(parameter, value)| {
            let (stem, descending) = direction(value);
            let member = members
                .iter()
                .find(|member| names::folded(&member.name) == names::folded(stem))?;
            Some(Order {
                parameter,
                value,
                property: member.name.clone(),
                descending,
            })
        })
        .take(MOST)
        .collect()
}

fn direction(value: &str) -> (&str, bool) {
    if let Some(stem) = value.strip_prefix('-') {
        return (stem, true);
    }
    let lower = value.to_ascii_lowercase();
    for (ending, descending) in [("desc", true), ("asc", false)] {
        if lower.ends_with(ending)
            && let Some(stem) = value.get(..value.len() - ending.len())
            && let Some(stem) = stem.strip_suffix([':', '_', '.', ',', ' ', '-'])
        {
            return (stem, descending);
        }
    }
    (value.trim_start_matches('+'), false)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, list)?;
    let orders = orders(world.contract, list);
    let records = if home.create.key.path.contains('{') {
        vec![crate::support::resource::make(script, &home)?]
    } else {
        let records = several(script, &home, RECORDS)?;
        let mut texts: Vec<&str> = Vec::new();
        for order in &orders {
            if !texts.contains(&order.property.as_str()) {
                texts.push(&order.property);
            }
        }
        for property in texts {
            lettered(script, &home, property)?;
        }
        records
    };
    let Some(held) = records.first() else {
        return Ok(judged(Vec::new()));
    };
    let lister = Lister::of(script, &home, list, held)?;
    let mut judgements: Vec<Judgement> = Vec::new();
    for order in orders {
        let mut query = vec![(order.parameter, Value::from(order.value))];
        query.extend(lister.longest());
        let exchange = lister.ask(script, &query, "asks for an order")?;
        if !answered(exchange).is_ok_and(Response::is_success) {
            continue;
        }
        let page = lister.read(exchange)?;
        let values: Vec<&Value> = page
            .items
            .iter()
            .filter_map(|item| item.get(&order.property))
            .filter(|value| !value.is_null())
            .collect();
        let bad = if order.descending {
            Ordering::Less
        } else {
            Ordering::Greater
        };
        // What stands between two values may be such that orders differ; these two are not.
        let wrong = values.iter().enumerate().find_map(|(at, one)| {
            let later = values.get(at + 1..)?.iter();
            later
                .filter(|other| compare(one, other) == Some(bad))
                .map(|other| (*one, *other))
                .next()
        });
        if let Some((one, other)) = wrong {
            judgements.push(
                Finding::new(
                    format!("order {}", order.value),
                    format!(
                        "A collection requested with `{}={}` is not in that order.",
                        order.parameter, order.value
                    ),
                    format!(
                        "{}: {} after {}",
                        list.key,
                        brief(Some(one)),
                        brief(Some(other))
                    ),
                    "the other way round",
                )
                .at(list.pointer.clone())
                .into(),
            );
            judgements = shown_now(script, judgements);
        }
    }
    Ok(judged(judgements))
}

/// Makes records whose value of a free text is of plain letters, out of order, so that every order agrees.
fn lettered<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    property: &str,
) -> Scripted<()> {
    let world = script.world;
    let (full, _) = workable(script, home)?;
    let (Some(schema), Some(plain)) = (home.sent_schema(), full.body().cloned()) else {
        return Ok(());
    };
    let is_text = plain.get(property).is_some_and(Value::is_string);
    let place = Place::of(world.contract, schema).member(property);
    let is_free = !["enum", "const", "format", "pattern"]
        .iter()
        .any(|keyword| place.has(keyword));
    if !is_text || !is_free {
        return Ok(());
    }
    for word in ["Zzdelta", "Zzalpha", "Zzcharlie", "Zzbravo"] {
        let label = format!("lettered {property} {word}");
        let mut body = told_apart(world, home.create, &plain, &label);
        let tail: String = token(&world, &label)
            .bytes()
            .map(|byte| char::from(b'a' + byte % 26))
            .collect();
        if let Some(slot) = body.get_mut(property) {
            *slot = Value::from(format!("{word}{tail}"));
        }
        if vary::is_valid(&world, schema, &body) {
            send(
                script,
                home,
                &full,
                Some(body),
                "creates a record to be distinguished",
            )?;
        }
    }
    Ok(())
}

/// The order of two values, where every usual order agrees.
fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::String(one), Value::String(other)) => {
            let moment = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
            if let (Some(one), Some(other)) = (moment(one), moment(other)) {
                return Some(one.cmp(&other));
            }
            let is_day = |text: &str| {
                text.len() == 10
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || byte == b'-')
            };
            if is_day(one) && is_day(other) {
                return Some(one.cmp(other));
            }
            let plain = |text: &str| {
                text.bytes().all(|byte| byte.is_ascii_alphabetic())
                    || (text.bytes().all(|byte| byte.is_ascii_digit()) && one.len() == other.len())
            };
            if !plain(one) || !plain(other) {
                return None;
            }
            let folded = one.to_ascii_lowercase().cmp(&other.to_ascii_lowercase());
            (one.cmp(other) == folded).then_some(folded)
        }
        _ => None,
    }
}
