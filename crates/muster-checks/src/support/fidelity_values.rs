//! Bodies with values that are often kept wrongly: names of many kinds, moments at the edges of time
//! zones, zeros before and behind (owner of [`varied`]).

use serde_json::{Value, json};

use crate::support::schema_view::{Place, walk};
use muster_core::{
    arrange::{names, shape, values::token},
    contract::{Operation, Schema},
    script::ProbeContext,
};

/// How many rounds there are.
pub(crate) const ROUNDS: usize = 9;

/// A round after the others whose texts have spaces around them.
pub(crate) const SPACES: usize = ROUNDS + 1;

/// Texts for the rounds; `{t}` becomes a few letters of the run's own, since a text may be a key. The first that fits is
/// taken.
const TEXTS: [&[&str]; ROUNDS] = [
    &["McZz van der O'Neill-{t}", "McZz{t}", "McZz"],
    &["  Zz {t} ends in spaces  ", " {t} ", " Zz "],
    &["Siân Zoe\u{301} Ŵyn {t}", "Zoe\u{301}{t}", "Zoe\u{301}"],
    &["000{t}", "007"],
    &["Zz {t} line one\n\tline two\n", "a\n{t}", "a\nb"],
    &[
        "Żółć \u{645}\u{631}\u{62d}\u{628}\u{627}\u{200f} 👮🏽 {t}",
        "👮",
    ],
    &["<b>{t}</b> &amp; \"%41\" \\u0041 null", "<&'\""],
    &["{long}", "null"],
    &[""],
];
const DATES: [&str; 4] = ["2024-02-29", "1999-12-31", "2000-03-26", "1970-01-01"];
const MOMENTS: [&str; 4] = [
    "2024-03-31T01:30:15.250+01:00",
    "2023-12-31T23:59:59-05:30",
    "2024-06-30T12:34:56Z",
    "2024-10-27T00:30:45.125Z",
];

/// A valid body like another, with a value of this round wherever the schema leaves room for one.
///
/// Members that name other records keep their values, and so does what must be of one kind.
pub(crate) fn varied(
    world: ProbeContext<'_>,
    operation: &Operation,
    schema: &Schema,
    body: &Value,
    round: usize,
) -> Value {
    let place = Place::of(world.contract, schema);
    let held: Vec<&str> = world
        .relations
        .body_references(&operation.key)
        .map(|(pointer, _)| pointer)
        .collect();
    let tag = token(&world, &format!("{} round {round}", operation.key));
    let mut wanted: Vec<(String, Vec<Value>)> = Vec::new();
    walk(&place, body, &mut |spot| {
        let is_held = held
            .iter()
            .any(|pointer| shape_of(pointer) == shape_of(spot.pointer));
        let names_a_record = spot
            .name
            .and_then(names::identifier)
            .is_some_and(|(_, by)| matches!(by.as_str(), "id" | "uuid" | "guid"));
        if spot.pointer.is_empty() || is_held || names_a_record || spot.place.has("const") {
            return;
        }
        let values = candidates(
            spot.place,
            spot.name.unwrap_or_default(),
            spot.value,
            &tag,
            round,
        );
        if !values.is_empty() {
            wanted.push((spot.pointer.to_owned(), values));
        }
    });
    let mut varied = body.clone();
    for (pointer, values) in wanted {
        for value in values {
            let Some(slot) = varied.pointer_mut(&pointer) else {
                break;
            };
            let before = std::mem::replace(slot, value);
            if world
                .contract
                .schemas
                .validate_request(schema, &varied)
                .is_valid()
            {
                break;
            }
            if let Some(slot) = varied.pointer_mut(&pointer) {
                *slot = before;
            }
        }
    }
    varied
}

/// A pointer without its indices.
fn shape_of(pointer: &str) -> String {
    pointer
        .split('/')
        .map(|token| {
            if token.parse::<usize>().is_ok() {
                "0"
            } else {
                token
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Values for one place, best first.
fn candidates(
    place: &Place<'_>,
    name: &str,
    current: &Value,
    tag: &str,
    round: usize,
) -> Vec<Value> {
    let members: Vec<&Value> = place
        .keyword("enum")
        .filter_map(Value::as_array)
        .flatten()
        .filter(|value| !value.is_null())
        .collect();
    if !members.is_empty() {
        return members
            .get(round % members.len())
            .map(|&value| vec![value.clone()])
            .unwrap_or_default();
    }
    match current {
        Value::Bool(_) => vec![Value::Bool(round.is_multiple_of(2))],
        Value::Number(number) => numbers(place, number.is_f64(), round),
        // A text where a number would do as well is most likely one: `"12.50"`.
        Value::String(_) if place.types().contains("number") => numbers(place, true, round),
        Value::String(text) => texts(place, name, text, tag, round),
        Value::Array(items) => lists(place, items, tag, round),
        _ => Vec::new(),
    }
}

fn rotated<T: Clone>(values: &[T], round: usize) -> Vec<T> {
    let mut values = values.to_vec();
    if !values.is_empty() {
        let by = round % values.len();
        values.rotate_left(by);
    }
    values
}

fn texts(place: &Place<'_>, name: &str, current: &str, tag: &str, round: usize) -> Vec<Value> {
    if place.has_format("date") {
        return rotated(&DATES, round)
            .into_iter()
            .map(Value::from)
            .collect();
    }
    if place.has_format("date-time") {
        return rotated(&MOMENTS, round)
            .into_iter()
            .map(Value::from)
            .collect();
    }
    if place.has_format("email") {
        let local = current.split('@').next().unwrap_or_default();
        return match round % 2 {
            0 => vec![json!(format!("Zz.{local}@records.example"))],
            _ => vec![json!(format!("{local}+Zz@records.example"))],
        };
    }
    if place.has("format") || place.has("contentEncoding") {
        return Vec::new();
    }
    let is_key = names::identifier(name).is_some();
    if round == SPACES && !is_key && place.has("pattern") {
        return vec![
            json!(format!(" {current} ")),
            json!(format!(" {current}")),
            json!(format!("{current} ")),
        ];
    }
    if place.has("pattern") || is_key {
        // The last characters tell records apart; the first digits become zeros.
        let digits = current.bytes().take_while(u8::is_ascii_digit).count();
        let keep = current.len().saturating_sub(3);
        let zeros = digits.min(keep.max(1)).min(2);
        return match current.get(zeros..) {
            Some(rest) if zeros > 0 && round.is_multiple_of(2) => {
                vec![json!(format!("{}{rest}", "0".repeat(zeros)))]
            }
            _ => Vec::new(),
        };
    }
    let longest = place
        .keyword("maxLength")
        .filter_map(Value::as_u64)
        .min()
        .and_then(|longest| usize::try_from(longest).ok())
        .unwrap_or(1_000)
        .min(5_000);
    TEXTS
        .get(round % ROUNDS)
        .into_iter()
        .copied()
        .flatten()
        .map(|text| {
            if *text == "{long}" {
                let start = format!("Zz {tag} ");
                let rest = longest.saturating_sub(start.len());
                return json!(format!(
                    "{start}{}",
                    "Zz long text "
                        .repeat(rest / 13 + 1)
                        .chars()
                        .take(rest.saturating_sub(1))
                        .chain(['.'])
                        .collect::<String>()
                ));
            }
            json!(text.replace("{t}", tag))
        })
        .collect()
}

fn numbers(place: &Place<'_>, is_fraction: bool, round: usize) -> Vec<Value> {
    let bound = |keyword: &str| {
        place
            .keyword(keyword)
            .find(|bound| bound.is_number())
            .cloned()
    };
    let fractions = is_fraction || place.types().contains("number");
    let mut values = vec![
        bound("maximum"),
        Some(json!(0)),
        bound("minimum"),
        Some(json!(7)),
    ];
    if fractions {
        values = vec![
            Some(json!(120.55)),
            Some(json!(0)),
            Some(json!(-1.257_31)),
            bound("maximum"),
            Some(json!(0.01)),
            bound("minimum"),
            Some(json!(53.123_457)),
            Some(json!(2.5)),
        ];
    } else if place.has_format("int64") {
        values.push(Some(json!(9_007_199_254_740_993_i64)));
    }
    // A bound of `5.0` is 5 where only whole numbers are taken.
    let whole = |value: Value| match value.as_f64() {
        Some(number) if !fractions && value.is_f64() && number.abs() < 9e15 => {
            json!(number.trunc() as i64)
        }
        _ => value,
    };
    let values: Vec<Value> = values.into_iter().flatten().map(whole).collect();
    rotated(&values, round)
}

fn lists(place: &Place<'_>, items: &[Value], tag: &str, round: usize) -> Vec<Value> {
    let item = place.item(0);
    let texts = item.types().contains("string")
        && !item.has("enum")
        && !item.has("const")
        && !item.has("format");
    match round % 4 {
        0 if texts => vec![
            json!([format!("Zz {tag}"), "Mm", "Aa"]),
            json!(["zz-last", "mm", "aa-first"]),
            json!(["Zz", "Aa"]),
            json!(["zz", "aa"]),
        ],
        1 => vec![json!([])],
        3 if !items.is_empty() => vec![Value::Array(items.iter().rev().cloned().collect())],
        _ => Vec::new(),
    }
}

/// A valid value for one member that differs from another value.
pub(crate) fn other_value(
    world: ProbeContext<'_>,
    operation: &Operation,
    member: &shape::Member,
    current: &Value,
    from: &Value,
) -> Option<Value> {
    let place = Place::of(world.contract, &member.schema);
    let is_held = world
        .relations
        .body_references(&operation.key)
        .any(|(pointer, _)| pointer.split('/').nth(1) == Some(member.name.as_str()));
    if is_held || place.has("const") {
        return None;
    }
    let schemas = &world.contract.schemas;
    let tag = token(&world, &format!("{} {}", operation.key, member.name));
    let seed = if current.is_null() { from } else { current };
    let fits = |value: &Value| {
        let same_number = value.is_number() && value.as_f64() == current.as_f64();
        value != current
            && !same_number
            && schemas.validate_request(&member.schema, value).is_valid()
    };
    for round in [0, 2, 3, 1, 4] {
        if seed.is_object() {
            let varied = varied(world, operation, &member.schema, seed, round);
            if fits(&varied) {
                return Some(varied);
            }
            continue;
        }
        let found = candidates(&place, &member.name, seed, &tag, round)
            .into_iter()
            .find(|value| fits(value));
        if found.is_some() {
            return found;
        }
    }
    None
}
