//! `records.list-filter`

use serde_json::Value;
use time::{
    Date, Duration, OffsetDateTime, format_description::well_known::Rfc3339,
    macros::format_description,
};

use crate::{
    arrange::{names, shape},
    checks::{
        Applies, Check, Example, Kind, Line, Says, Scope,
        keeping::{
            Held, Home, PAGED, answered, brief, judged, make, on_list, read, several, subject,
            until,
        },
        listing::Lister,
        place::Place,
    },
    contract::{Contract, Operation, ParameterPlace},
    exchange::Response,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// Records that are made with different values.
const RECORDS: usize = 4;
/// Parameters that are tried.
const MOST: usize = 6;

/// The check.
pub static CHECK: Check = Check {
    id: "records.list-filter",
    purpose: "A filtered list holds the records that match, and no others.",
    verifies: "A query parameter filters where it is called as a property of the records in the list, and of the \
        same type; where it is called as one with `from` or `since` it is taken for the least value. \
        Records with different values are created, and the list is asked for the value of each: no record \
        of the answer has another value, and the created one is there. For free text a record matches \
        where it contains the text in any letter case; equal values of a lower bound may be in or out. \
        Filters of other kinds are not judged, nor are values that the API refuses.",
    matters: "A search that drops its filter shows officers other people's records; one that finds too little \
        says that somebody is not known.",
    fix: "Apply every documented filter in the query of the list, and to the total as well.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Those that match",
            contract: PAGED,
            dialogue: &[
                Line::json("POST /people", 201, r#"{"id":"7"}"#),
                Line::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
                Line::json(
                    "GET /people?name=Zz&limit=100",
                    200,
                    r#"[{"id":"7","name":"Zz"}]"#,
                ),
            ],
            says: Says::Pass,
        },
        Example {
            title: "All of them",
            contract: PAGED,
            dialogue: &[
                Line::json("POST /people", 201, r#"{"id":"7"}"#),
                Line::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
                Line::json(
                    "GET /people?*",
                    200,
                    r#"[{"id":"7","name":"Zz"},{"id":"8","name":"Yy"}]"#,
                ),
            ],
            says: Says::Fail("other values"),
        },
        Example {
            title: "None of them",
            contract: PAGED,
            dialogue: &[
                Line::json("POST /people", 201, r#"{"id":"7"}"#),
                Line::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
                Line::json("GET /people?*", 200, "[]"),
            ],
            says: Says::Fail("does not find"),
        },
    ],
};

/// A filter: the parameter, the property, and whether it is a lower bound.
struct Filter<'a> {
    parameter: &'a str,
    property: String,
    least: bool,
    free: bool,
}

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    match on_list(contract, operation) {
        Applies::Yes if !filters(contract, operation).is_empty() => Applies::Yes,
        Applies::Yes => {
            Applies::No("No query parameter is called as a property of the records.".into())
        }
        other => other,
    }
}

fn filters<'a>(contract: &'a Contract, operation: &'a Operation) -> Vec<Filter<'a>> {
    let Some(schema) = shape::success(operation) else {
        return Vec::new();
    };
    let (items, _) = shape::records(contract, schema);
    let members = shape::members(&contract.schemas, &items);
    let said = contract
        .roles
        .get(&operation.key)
        .and_then(|said| said.filters.as_ref());
    operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == ParameterPlace::Query)
        .filter_map(|parameter| {
            let own = parameter
                .schema
                .as_ref()
                .map(|schema| Place::of(contract, schema))?;
            let mut words = names::words(&parameter.name);
            let least = words.len() > 1
                && matches!(
                    words.last().map(String::as_str),
                    Some("from" | "since" | "after" | "min")
                );
            if least {
                words.pop();
            }
            let stem = words.concat();
            let member = members.iter().find(|member| {
                if let Some(said) = said {
                    return said.get(&parameter.name) == Some(&member.name);
                }
                let mut of = names::words(&member.name);
                let whole = of.concat();
                if matches!(
                    of.last().map(String::as_str),
                    Some("at" | "on" | "date" | "time")
                ) {
                    of.pop();
                }
                stem == whole || (least && stem == of.concat())
            })?;
            let place = Place::of(contract, &member.schema);
            let (one, other) = (kinds(&own), kinds(&place));
            let alike =
                one == other && one.len() == 1 && !one.contains("array") && !one.contains("object");
            let dated = own.has_format("date") && place.has_format("date")
                || own.has_format("date-time") && place.has_format("date-time");
            if !alike || least != (least && dated) {
                return None;
            }
            let free = one.contains("string")
                && !place.has("enum")
                && !place.has("format")
                && !place.has("pattern");
            Some(Filter {
                parameter: &parameter.name,
                property: member.name.clone(),
                least,
                free,
            })
        })
        .take(MOST)
        .collect()
}

fn kinds<'a>(place: &Place<'a>) -> std::collections::BTreeSet<&'a str> {
    let mut types = place.types();
    types.remove("null");
    types
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let world = script.world;
    let home = Home::of(world, list)?;
    let filters = filters(world.contract, list);
    let nested = home.create.key.path.contains('{');
    let made = if !nested && filters.iter().any(|filter| !filter.free) {
        several(script, &home, RECORDS)?
    } else {
        vec![make(script, &home)?]
    };
    let mut records: Vec<(Held, &'a Value)> = Vec::new();
    for held in made {
        let state = read(script, &home, &held)?;
        records.push((held, state));
    }
    let mut judgements: Vec<Judgement> = Vec::new();
    for filter in &filters {
        let mut asked: Vec<Value> = Vec::new();
        for (number, (held, state)) in records.iter().enumerate() {
            if filter.free && number > 0 {
                break;
            }
            let Some(value) = state.get(&filter.property).filter(|value| !value.is_null()) else {
                continue;
            };
            let Some(value) = (if filter.least {
                earlier(value)
            } else {
                Some(value.clone())
            }) else {
                continue;
            };
            if asked.contains(&value) && !filter.least {
                continue;
            }
            asked.push(value.clone());
            let lister = Lister::of(script, &home, list, held)?;
            if let Some(wrong) = judge(script, &lister, list, filter, &value, held)? {
                judgements.push(wrong);
                break;
            }
        }
    }
    Ok(judged(judgements))
}

fn judge<'a>(
    script: &mut Script<'a>,
    lister: &Lister<'a>,
    list: &Operation,
    filter: &Filter<'a>,
    value: &Value,
    held: &Held,
) -> Scripted<Option<Judgement>> {
    let mut query = vec![(filter.parameter, value.clone())];
    let narrow = query.clone();
    query.extend(lister.longest());
    let exchange = lister.ask(script, &query, "asks for the records that match")?;
    if !answered(exchange).is_ok_and(Response::is_success) {
        return Ok(None);
    }
    let page = lister.read(exchange)?;
    let wrong = page
        .items
        .iter()
        .filter_map(|item| item.get(&filter.property))
        .find(|other| !matches(filter, value, other));
    if let Some(other) = wrong {
        return Ok(Some(
            Finding::new(
                format!("wide {}", filter.parameter),
                format!(
                    "The list filtered by `{}` holds records with other values.",
                    filter.parameter
                ),
                format!("{}: {}", list.key, brief(Some(value))),
                brief(Some(other)),
            )
            .at(list.pointer.clone())
            .into(),
        ));
    }
    let found = until(script, |script| {
        let found = lister.search(script, &narrow, false, &|item| lister.is(item, held));
        let found = match found {
            Ok(found) => found,
            Err(Halt::Pending) => return Err(Halt::Pending),
            Err(_) => return Ok((true, true)),
        };
        let there = !found.items.is_empty() || !found.whole;
        Ok((there, there))
    })?;
    Ok((!found).then(|| {
        Finding::new(
            format!("narrow {}", filter.parameter),
            format!(
                "The list filtered by `{}` does not find a record that matches.",
                filter.parameter
            ),
            format!(
                "{}: the record {} for {}",
                list.key,
                held.id,
                brief(Some(value))
            ),
            "no such record",
        )
        .at(list.pointer.clone())
        .into()
    }))
}

fn matches(filter: &Filter<'_>, wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::String(wanted), Value::String(found)) if filter.least => {
            match (moment(wanted), moment(found)) {
                (Some(wanted), Some(found)) => found >= wanted,
                _ => true,
            }
        }
        (Value::String(wanted), Value::String(found)) if filter.free => {
            found.to_lowercase().contains(&wanted.trim().to_lowercase())
        }
        (Value::String(wanted), Value::String(found)) => {
            wanted.to_lowercase() == found.to_lowercase()
                || matches!((moment(wanted), moment(found)), (Some(one), Some(other)) if one == other)
        }
        (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
        (Value::Bool(wanted), Value::Bool(found)) => wanted == found,
        (_, Value::Null) => filter.least,
        _ => true,
    }
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .ok()
        .or_else(|| day(text).map(|day| day.midnight().assume_utc()))
}

fn day(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

/// A day before, in the same form.
fn earlier(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    if let Some(day) = day(text) {
        return day.previous_day().map(|day| Value::from(day.to_string()));
    }
    let before = OffsetDateTime::parse(text, &Rfc3339)
        .ok()?
        .checked_sub(Duration::DAY)?;
    let utc = before
        .to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .ok()?;
    utc.format(&Rfc3339).ok().map(Value::from)
}
