//! Items of a sequence against their schema: JSON Lines, JSON text sequences, server-sent events.
//!
//! OpenAPI 3.2 describes an item by `itemSchema` and the whole by `schema`. Before 3.2 there was `schema` alone, and
//! authors wrote either with it: one item, or an array of all items. A body is valid where one fair reading is.

use serde_json::Value;

use crate::{Answer, support::schema_view::Place};
use muster_core::{
    arrange::shape,
    contract::{Contract, Media, Operation, Schema, Validity, Violation},
    exchange::{
        Response,
        sequence::{Content, Event, Item, Sequence},
    },
    model::Responsible,
    verdict::{Finding, Judgement},
};

/// The items of one body that are judged.
const MOST_ITEMS: usize = 10_000;
/// The items of one body whose violations are gathered; it takes longer to say why than whether.
const MOST_INVALID: usize = 50;
/// The findings about one body.
const MOST_FINDINGS: usize = 20;

/// What is wrong with an item.
struct Defect {
    /// The number of the item, from 1.
    number: usize,
    violation: Violation,
}

/// Judges the items of a response that is a sequence. None where it is not one, or where the contract does not describe
/// its items.
pub(crate) fn judge(
    answer: &Answer<'_>,
    operation: &Operation,
    response: &Response,
    media: &Media,
) -> Option<Vec<Judgement>> {
    let sequence = Sequence::of(response.headers.get("content-type")?)?;
    let items = sequence.items(&response.body, !response.cut, MOST_ITEMS);
    let contract = answer.contract;
    let described = media.item_schema.as_ref().or(media.schema.as_ref());
    if described.is_none_or(|schema| contract.schemas.is_unconstrained(schema)) {
        return Some(Vec::new());
    }
    let mut judged = defects(contract, response, media, &items);
    if let Err(reason) = &judged {
        return Some(vec![Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "The schema for the items of {} cannot be used: {reason}",
                operation.key
            ),
        )]);
    }
    let defects = std::mem::take(judged.as_mut().ok()?);
    if !defects.is_empty() {
        return Some(findings(operation, media, defects));
    }
    let unread = response.cut && !response.open;
    Some(match (items.is_empty(), unread) {
        (_, true) => vec![Judgement::inconclusive(
            Responsible::Configuration,
            format!(
                "The body of {} was not read to its end: its first {} items are valid.",
                operation.key,
                items.len()
            ),
        )],
        (true, false) => Vec::new(),
        (false, false) => vec![Judgement::Pass],
    })
}

/// The defects by one of the fair readings: none where one of them has none.
fn defects(
    contract: &Contract,
    response: &Response,
    media: &Media,
    items: &[Item],
) -> Result<Vec<Defect>, String> {
    let Some(schema) = media.item_schema.as_ref().or(media.schema.as_ref()) else {
        return Ok(Vec::new());
    };
    if media.item_schema.is_some() {
        return each(contract, schema, items);
    }
    let types = Place::of(contract, schema).types();
    let text = || std::str::from_utf8(&response.body).ok().map(Value::from);
    // A schema of a string describes the body as it stands.
    if types.contains("string")
        && !response.cut
        && text().is_some_and(|text| is_valid(contract, schema, &text))
    {
        return Ok(Vec::new());
    }
    if !types.contains("array") {
        return each(contract, schema, items);
    }
    let events = items
        .iter()
        .any(|item| matches!(item.content, Content::Event(_)));
    if events {
        return match shape::items(&contract.schemas, schema) {
            Some(one) => each(contract, &one, items),
            None => Ok(Vec::new()),
        };
    }
    let all = whole(contract, response, schema, items)?;
    if all.is_empty() {
        return Ok(all);
    }
    // A schema of an array may also describe items that are arrays.
    Ok(match each(contract, schema, items)? {
        each if each.is_empty() => each,
        _ => all,
    })
}

/// Every item against the schema of one.
fn each(contract: &Contract, schema: &Schema, items: &[Item]) -> Result<Vec<Defect>, String> {
    let place = Place::of(contract, schema);
    let mut defects: Vec<Defect> = Vec::new();
    let mut invalid = 0;
    for (at, item) in items.iter().enumerate() {
        let violations = match &item.content {
            Content::Malformed(reason) => vec![malformed(reason.clone())],
            Content::Json(value) => violations(contract, schema, value)?,
            // What closes many streams is no item of theirs.
            Content::Event(event) if event.data.trim() == "[DONE]" && at + 1 == items.len() => {
                continue;
            }
            Content::Event(event) => of_event(contract, schema, &place, event)?,
        };
        if violations.is_empty() {
            continue;
        }
        invalid += 1;
        defects.extend(violations.into_iter().map(|violation| Defect {
            number: item.number,
            violation,
        }));
        if invalid >= MOST_INVALID {
            break;
        }
    }
    Ok(defects)
}

/// All items as one array. Of a body that was not read to its end, only the items are judged, not their number.
fn whole(
    contract: &Contract,
    response: &Response,
    schema: &Schema,
    items: &[Item],
) -> Result<Vec<Defect>, String> {
    let mut values = Vec::with_capacity(items.len());
    let mut defects = Vec::new();
    for item in items {
        match &item.content {
            Content::Json(value) => values.push(value.clone()),
            Content::Event(_) => {}
            Content::Malformed(reason) => defects.push(Defect {
                number: item.number,
                violation: malformed(reason.clone()),
            }),
        }
    }
    if !defects.is_empty() {
        return Ok(defects);
    }
    let by_item = |violation: Violation| {
        let index = violation
            .instance
            .split('/')
            .nth(1)
            .and_then(|index| index.parse::<usize>().ok());
        Defect {
            number: index.map_or(0, |index| index + 1),
            violation,
        }
    };
    let found = violations(contract, schema, &Value::Array(values))?;
    Ok(found
        .into_iter()
        .map(by_item)
        .filter(|defect| defect.number > 0 || !response.cut)
        .collect())
}

/// An event as the schema means it: the object of its fields, as OpenAPI 3.2 says, or its data alone.
fn of_event(
    contract: &Contract,
    schema: &Schema,
    place: &Place<'_>,
    event: &Event,
) -> Result<Vec<Violation>, String> {
    let named = place.named();
    let types = place.types();
    let means_event = named.contains("data") || named.is_empty();
    let mut readings = Vec::new();
    if means_event {
        readings.push(event.to_value());
    }
    if let Ok(value) = serde_json::from_str::<Value>(&event.data) {
        readings.push(value);
    }
    if types.is_empty() || types.contains("string") {
        readings.push(Value::from(event.data.clone()));
    }
    if readings.is_empty() {
        return Ok(if is_keep_alive(event) {
            Vec::new()
        } else {
            vec![malformed("its data is not JSON".to_owned())]
        });
    }
    let mut first = None;
    for (at, reading) in readings.iter().enumerate() {
        let found = violations(contract, schema, reading)?;
        if !found.is_empty() {
            first.get_or_insert(found);
            continue;
        }
        return if at == 0 && means_event {
            data_violations(contract, schema, reading, &event.data, 8)
        } else {
            Ok(Vec::new())
        };
    }
    Ok(if is_keep_alive(event) && !means_event {
        Vec::new()
    } else {
        first.unwrap_or_default()
    })
}

/// Whether an event only keeps the connection open.
fn is_keep_alive(event: &Event) -> bool {
    let kind = event.event.as_deref().unwrap_or_default();
    event.data.trim().is_empty()
        || ["ping", "heartbeat", "keepalive", "keep-alive"]
            .iter()
            .any(|name| {
                kind.eq_ignore_ascii_case(name) || event.data.trim().eq_ignore_ascii_case(name)
            })
}

/// The data of a valid event against `contentSchema`, in every part of the schema that speaks for this event.
fn data_violations(
    contract: &Contract,
    schema: &Schema,
    event: &Value,
    data: &str,
    depth: usize,
) -> Result<Vec<Violation>, String> {
    let schemas = &contract.schemas;
    let Some(object) = schemas
        .normalised(schema)
        .and_then(Value::as_object)
        .filter(|_| depth > 0)
    else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    if let Some(property) = schemas.below(schema, &["properties", "data"])
        && let Some(content) = schemas.below(&property, &["contentSchema"])
    {
        let media_type = schemas
            .normalised(&property)
            .and_then(|property| property.get("contentMediaType")?.as_str());
        if media_type.is_some_and(|media_type| media_type.contains("json")) {
            match serde_json::from_str::<Value>(data) {
                Ok(value) => found.extend(violations(contract, &content, &value)?),
                Err(error) => found.push(malformed(format!("its data is not JSON: {error}"))),
            }
        }
    }
    if let Some(target) = object
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| schemas.follow(&schema.document, reference))
    {
        found.extend(data_violations(contract, &target, event, data, depth - 1)?);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let parts = object.get(keyword).and_then(Value::as_array);
        for index in 0..parts.map_or(0, Vec::len) {
            if let Some(part) = schemas.below(schema, &[keyword, &index.to_string()])
                && is_valid(contract, &part, event)
            {
                found.extend(data_violations(contract, &part, event, data, depth - 1)?);
            }
        }
    }
    Ok(found)
}

fn is_valid(contract: &Contract, schema: &Schema, value: &Value) -> bool {
    contract.schemas.validate_response(schema, value).is_valid()
}

fn violations(
    contract: &Contract,
    schema: &Schema,
    value: &Value,
) -> Result<Vec<Violation>, String> {
    match contract.schemas.validate_response(schema, value) {
        Validity::Valid => Ok(Vec::new()),
        Validity::Invalid(violations) => Ok(violations),
        Validity::Unjudgeable(reason) => Err(reason),
    }
}

fn malformed(reason: String) -> Violation {
    Violation {
        instance: String::new(),
        schema: String::new(),
        keyword: String::new(),
        message: reason,
        count: 1,
    }
}

/// One finding for each keyword and place of the schema, with the first item that shows it and how many do.
fn findings(operation: &Operation, media: &Media, defects: Vec<Defect>) -> Vec<Judgement> {
    let mut gathered: Vec<(String, Defect, usize)> = Vec::new();
    for defect in defects {
        let cause = if defect.violation.keyword.is_empty() {
            "item malformed".to_owned()
        } else {
            format!(
                "item {} at {}",
                defect.violation.keyword, defect.violation.schema
            )
        };
        match gathered.iter_mut().find(|(held, ..)| *held == cause) {
            Some((_, _, count)) => *count += 1,
            None => gathered.push((cause, defect, 1)),
        }
    }
    gathered
        .into_iter()
        .take(MOST_FINDINGS)
        .map(|(cause, defect, count)| finding(operation, media, cause, &defect, count))
        .collect()
}

fn finding(
    operation: &Operation,
    media: &Media,
    cause: String,
    defect: &Defect,
    count: usize,
) -> Judgement {
    let violation = &defect.violation;
    let item = match defect.number {
        0 => "The sequence".to_owned(),
        number => format!("Item {number}"),
    };
    let title = if violation.keyword.is_empty() {
        "An item of the body cannot be read.".to_owned()
    } else {
        format!(
            "An item of the body breaks `{}` of its schema.",
            violation.keyword
        )
    };
    let expected = if violation.schema.is_empty() {
        format!("{}: items of {}", operation.key, media.media_type)
    } else {
        format!("{}: items that keep to {}", operation.key, violation.schema)
    };
    let others = match count {
        1 => String::new(),
        2 => " (and one more item)".to_owned(),
        count => format!(" (and {} more items)", count - 1),
    };
    Finding::new(
        cause,
        title,
        expected,
        format!("{item}: {}{others}", violation.message),
    )
    .at(violation.instance.clone())
    .into()
}
