//! Values that are allowed or merely wrong, and that servers stumble over: in bodies and in parameters.

use serde_json::{Value, json};

use crate::{
    support::accepted_request,
    support::schema_view::{Place, escape},
};
use muster_core::{
    arrange::{Arranged, is_credential, serialise::encode, vary},
    contract::{Contract, Operation, ParameterPlace},
    exchange::{Address, Intent, Request, Strain},
    generate::text,
    script::ProbeContext,
};

/// What of these values is a matter of the store or the parser that all operations share.
pub(crate) fn strain(what: &str) -> Option<Strain> {
    Some(match what {
        "a text with NUL" | "NUL" => Strain::Nul,
        "control characters" => Strain::Control,
        "emoji" => Strain::Supplementary,
        "a very long text" | "a long text of wide letters" => Strain::Long,
        "a number beyond 32 bits" | "a number beyond 53 bits" => Strain::Beyond32Bits,
        "a number beyond 63 bits" | "a number beyond 64 bits" | "the largest number" => {
            Strain::Beyond63Bits
        }
        "lists in lists" => Strain::Nested,
        _ => return None,
    })
}

/// An odd value: what it is, and the text of it.
type Odd = (&'static str, String);

pub(crate) fn can_carry(
    contract: &Contract,
    operation: &Operation,
    parameter: &muster_core::contract::Parameter,
) -> bool {
    !is_credential(contract, operation, parameter)
        && match parameter.place {
            ParameterPlace::Query => true,
            ParameterPlace::Path => operation.key.method.is_safe(),
            _ => false,
        }
}

/// Bodies with one odd value each: place, what it is, the body. Places take turns.
pub(crate) fn odd_bodies(
    world: &ProbeContext<'_>,
    operation: &Operation,
    schema: &muster_core::contract::Schema,
    base: &Value,
    limit: usize,
) -> Vec<(String, &'static str, Value)> {
    let whole = Place::of(world.contract, schema);
    // Each body is made when it is taken: renewing a large one is costly, and most are never taken.
    let mut lists: Vec<Box<dyn Iterator<Item = (String, &'static str, Value)> + '_>> = Vec::new();
    let mut leaves = Vec::new();
    crate::support::schema_view::walk(&whole, base, &mut |spot| {
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
        lists.push(Box::new(values.into_iter().filter_map(
            move |(what, value)| {
                let label = format!("odd {pointer} {what}");
                let mut body = vary::renewed(world, operation, schema, base, false, &label);
                *body.pointer_mut(&pointer)? = value;
                Some((pointer.clone(), what, body))
            },
        )));
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
        lists.push(Box::new(made.into_iter()));
        let nothing = json!({});
        if vary::is_valid(world, schema, &nothing) {
            let empty = ("the body".to_owned(), "an empty object", nothing);
            lists.push(Box::new(std::iter::once(empty)));
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
        lists.push(Box::new(nulls.into_iter()));
    }
    let mut taken = Vec::new();
    while !lists.is_empty() && taken.len() < limit {
        lists.retain_mut(|list| {
            taken.len() >= limit || list.next().map(|odd| taken.push(odd)).is_some()
        });
    }
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
        ("a number beyond 53 bits", json!(9_007_199_254_740_993_u64)),
        (
            "a number beyond 63 bits",
            json!(9_223_372_036_854_775_808_u64),
        ),
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
pub(crate) fn odd_parameters(
    world: &ProbeContext<'_>,
    operation: &Operation,
    arranged: &Arranged,
) -> Vec<(String, &'static str, Request)> {
    let contract = world.contract;
    let each = accepted_request::room(world, 5, 12, 30);
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
            accepted_request::renew_keys(world, &mut request, what);
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
        ("a number beyond 63 bits", "9223372036854775808".to_owned()),
    ];
    odd.extend(
        text::police_strings()
            .iter()
            .map(|sample| (sample.tries, sample.text.to_owned())),
    );
    odd
}
