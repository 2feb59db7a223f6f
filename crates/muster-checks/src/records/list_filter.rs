//! `records.list-filter`

use serde_json::Value;
use time::{
    Date, Duration, OffsetDateTime, format_description::well_known::Rfc3339,
    macros::format_description,
};

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::filters::{Bound, Filter, filters},
    support::list_operation::{Lister, Page},
    support::resource::{
        CreatedRecord, PAGED, ResourceOperations, answered, brief, judged, make, on_list, read,
        several, shown_now, subject, until,
    },
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::Response,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// Records that are made with different values.
const RECORDS: usize = 4;

/// The check.
pub static CHECK: Check = Check {
    id: "records.list-filter",
    purpose: "A filtered collection holds the records that match, and no others.",
    verifies: "A query parameter filters where it is called as a property of the records in the \
        collection, and of the same type; where it is called as one with `from`, `since`, `min` \
        and their like, or `to`, `until`, `max`, it is taken for a bound. Records with different \
        values are created, and the collection is asked for the value of each: no record of the \
        response has another value, and the created one is there. For free text a record matches \
        where it contains the text in any letter case; values equal to a bound may be in or out. \
        Two filters at once hold both, and a total counts what matches. Filters of other kinds are \
        not judged, nor are values that the API refuses.",
    matters: "A search that drops its filter shows officers other people's records; one that finds too little \
        says that somebody is not known.",
    fix: "Apply every documented filter in the query of the collection, and to the total as well.",
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
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json(
                    "GET /people?name=Zz&limit=100",
                    200,
                    r#"[{"id":"7","name":"Zz"}]"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "All of them",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json(
                    "GET /people?*",
                    200,
                    r#"[{"id":"7","name":"Zz"},{"id":"8","name":"Yy"}]"#,
                ),
            ],
            says: Expect::Fail("other values"),
        },
        Example {
            title: "None of them",
            contract: PAGED,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7","name":"Zz"}"#),
                ScriptedResponse::json("GET /people?*", 200, "[]"),
            ],
            says: Expect::Fail("lacks a record"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    match on_list(contract, operation) {
        Applies::Yes if !filters(contract, operation).is_empty() => Applies::Yes,
        Applies::Yes => {
            Applies::No("No query parameter is called as a property of the records.".into())
        }
        other => other,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, list)?;
    let filters = filters(world.contract, list);
    let nested = home.create.key.path.contains('{');
    let made = if !nested && filters.iter().any(|filter| !filter.free) {
        several(script, &home, RECORDS)?
    } else {
        vec![make(script, &home)?]
    };
    let mut records: Vec<(CreatedRecord, &'a Value)> = Vec::new();
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
            let Some(value) = state
                .get(&filter.property)
                .filter(|value| asks_for_something(value))
            else {
                continue;
            };
            let Some(value) = (match filter.bound {
                Bound::Same => Some(value.clone()),
                _ if filter.inclusive && number == 0 => Some(value.clone()),
                Bound::Least => beside(value, -1),
                Bound::Most => beside(value, 1),
            }) else {
                continue;
            };
            if asked.contains(&value) && filter.bound == Bound::Same {
                continue;
            }
            asked.push(value.clone());
            let lister = Lister::of(script, &home, list, held)?;
            if let Some(wrong) = judge(script, &lister, list, filter, &value, held)? {
                judgements.push(wrong);
                judgements = shown_now(script, judgements);
                break;
            }
        }
    }
    if judgements.is_empty()
        && let Some((held, state)) = records.first()
    {
        judgements.extend(together(script, &home, list, &filters, held, state)?);
    }
    Ok(judged(judgements))
}

/// Whether a filter with this value asks for anything: nothing after `=` asks for no filter at most services.
fn asks_for_something(value: &Value) -> bool {
    !value.is_null() && value != ""
}

/// Two filters at once: what is shown matches both.
fn together<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    list: &'a Operation,
    filters: &[Filter<'a>],
    held: &CreatedRecord,
    state: &Value,
) -> Scripted<Option<Judgement>> {
    let usable: Vec<(&Filter<'a>, &Value)> = filters
        .iter()
        .filter(|filter| filter.bound == Bound::Same)
        .filter_map(|filter| {
            let value = state.get(&filter.property)?;
            asks_for_something(value).then_some((filter, value))
        })
        .collect();
    let lister = Lister::of(script, home, list, held)?;
    for pair in usable.windows(2).take(2) {
        let [(one, first), (other, second)] = pair else {
            continue;
        };
        let mut query = vec![
            (one.parameter, (*first).clone()),
            (other.parameter, (*second).clone()),
        ];
        query.extend(lister.longest());
        let exchange = lister.ask(
            script,
            &query,
            "asks for the records that match two filters",
        )?;
        if !answered(exchange).is_ok_and(Response::is_success) {
            continue;
        }
        let page = lister.read(exchange)?;
        let fits = |item: &&&Value, filter: &Filter<'_>, value: &Value| {
            item.get(&filter.property)
                .is_none_or(|shown| matches(filter, value, shown))
        };
        let wrong = page
            .items
            .iter()
            .find(|item| !fits(item, one, first) || !fits(item, other, second));
        if let Some(item) = wrong {
            return Ok(Some(
                Finding::new(
                    format!("together {} {}", one.parameter, other.parameter),
                    format!(
                        "The collection filtered by both `{}` and `{}` holds records that match \
                            only one of them.",
                        one.parameter, other.parameter
                    ),
                    format!(
                        "{}: {} and {}",
                        list.key,
                        brief(Some(first)),
                        brief(Some(second))
                    ),
                    brief(Some(item)),
                )
                .at(list.pointer.clone())
                .into(),
            ));
        }
    }
    Ok(None)
}

/// The total of a filtered list that is shown whole. A page may be cut by a limit that nobody declared, so
/// it counts as whole only if the same request without the filter shows more.
fn total<'a>(
    script: &mut Script<'a>,
    lister: &Lister<'a>,
    list: &Operation,
    filter: &Filter<'a>,
    page: &Page<'a>,
) -> Scripted<Option<Judgement>> {
    let shown = i64::try_from(page.items.len()).unwrap_or(i64::MAX);
    let Some(said) = page.total.filter(|said| *said > shown) else {
        return Ok(None);
    };
    let query: Vec<(&str, Value)> = lister.longest().into_iter().collect();
    let exchange = lister.ask(script, &query, "asks for all records, to compare")?;
    if !answered(exchange).is_ok_and(Response::is_success) {
        return Ok(None);
    }
    let more = lister.read(exchange)?.items.len() > page.items.len();
    Ok(more.then(|| {
        Finding::new(
            format!("total {}", filter.parameter),
            format!(
                "The total of the collection filtered by `{}` is not the number of records that match.",
                filter.parameter
            ),
            format!("{}: a total of {shown}", list.key),
            said.to_string(),
        )
        .at(list.pointer.clone())
        .into()
    }))
}

fn judge<'a>(
    script: &mut Script<'a>,
    lister: &Lister<'a>,
    list: &Operation,
    filter: &Filter<'a>,
    value: &Value,
    held: &CreatedRecord,
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
                    "The collection filtered by `{}` holds records with other values.",
                    filter.parameter
                ),
                format!("{}: {}", list.key, brief(Some(value))),
                brief(Some(other)),
            )
            .at(list.pointer.clone())
            .into(),
        ));
    }
    // Only now: the last exchange is the one that a finding shows.
    if let Some(wrong) = total(script, lister, list, filter, &page)? {
        return Ok(Some(wrong));
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
                "The collection filtered by `{}` lacks a record that matches.",
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
        (Value::String(wanted), Value::String(found)) if filter.bound != Bound::Same => {
            match (moment(wanted), moment(found), filter.bound) {
                (Some(wanted), Some(found), Bound::Least) => found >= wanted,
                // A whole day may or may not count as within.
                (Some(wanted), Some(found), _) => found < wanted + Duration::DAY,
                _ => true,
            }
        }
        (Value::Number(wanted), Value::Number(found)) if filter.bound != Bound::Same => {
            match (wanted.as_f64(), found.as_f64(), filter.bound) {
                (Some(wanted), Some(found), Bound::Least) => found >= wanted,
                (Some(wanted), Some(found), _) => found <= wanted,
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
        (_, Value::Null) => filter.bound != Bound::Same,
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

/// A day, or one, before or after, in the same form.
fn beside(value: &Value, by: i8) -> Option<Value> {
    if let Some(number) = value.as_i64() {
        return number.checked_add(i64::from(by)).map(Value::from);
    }
    if let Some(number) = value.as_f64() {
        return Some(Value::from(number + f64::from(by)));
    }
    let text = value.as_str()?;
    let step = Duration::days(i64::from(by));
    if let Some(day) = day(text) {
        return day
            .checked_add(step)
            .map(|day| Value::from(day.to_string()));
    }
    let moved = OffsetDateTime::parse(text, &Rfc3339)
        .ok()?
        .checked_add(step)?;
    let utc = moved
        .to_offset(time::UtcOffset::UTC)
        .replace_nanosecond(0)
        .ok()?;
    utc.format(&Rfc3339).ok().map(Value::from)
}
