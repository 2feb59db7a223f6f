//! Which parameters of a list filter it, by which member and how (owner of [`Filter`]).

use crate::support::schema_view::Place;
use muster_core::{
    arrange::{names, shape},
    contract::{Contract, Operation, ParameterPlace},
};

/// Parameters that are tried.
const MOST: usize = 6;

/// How a filter's value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Same,
    Least,
    Most,
}

/// A filter: the parameter, the property, and how they are compared.
pub(crate) struct Filter<'a> {
    pub(crate) parameter: &'a str,
    pub(crate) property: String,
    pub(crate) bound: Bound,
    /// Whether the bound itself matches, by its word.
    pub(crate) inclusive: bool,
    pub(crate) free: bool,
}

pub(crate) fn filters<'a>(contract: &'a Contract, operation: &'a Operation) -> Vec<Filter<'a>> {
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
            let is_said = words.iter().any(|word| INCLUSIVE.contains(&word.as_str()));
            let bound = bound(&mut words);
            let bounded = bound != Bound::Same;
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
                stem == whole || (bounded && stem == of.concat())
            })?;
            let place = Place::of(contract, &member.schema);
            let (one, other) = (kinds(&own), kinds(&place));
            let alike =
                one == other && one.len() == 1 && !one.contains("array") && !one.contains("object");
            let dated = own.has_format("date") && place.has_format("date")
                || own.has_format("date-time") && place.has_format("date-time");
            let counted = one.contains("integer") || one.contains("number");
            // Moments and fractions may be stored finer than they are shown, so that the bound is another value.
            let is_exact = one.contains("integer") || place.has_format("date");
            if !alike || (bounded && !dated && !counted) {
                return None;
            }
            let free = one.contains("string")
                && !place.has("enum")
                && !place.has("format")
                && !place.has("pattern");
            Some(Filter {
                parameter: &parameter.name,
                property: member.name.clone(),
                bound,
                inclusive: is_said && is_exact,
                free,
            })
        })
        .take(MOST)
        .collect()
}

/// Words of bounds that belong to what they bound, in every use of the language.
const INCLUSIVE: [&str; 8] = [
    "from", "min", "minimum", "gte", "least", "max", "maximum", "lte",
];

/// Takes the word of a bound from the words of a parameter's name: `minPrice`, `price_min`, `createdAfter`.
fn bound(words: &mut Vec<String>) -> Bound {
    let of = |word: &str| match word {
        "from" | "since" | "after" | "min" | "minimum" | "gte" | "gt" | "least" => Bound::Least,
        "to" | "until" | "before" | "max" | "maximum" | "lte" | "lt" | "most" => Bound::Most,
        _ => Bound::Same,
    };
    if words.len() < 2 {
        return Bound::Same;
    }
    let last = words.last().map_or(Bound::Same, |word| of(word));
    if last != Bound::Same {
        words.pop();
        return last;
    }
    let first = words.first().map_or(Bound::Same, |word| of(word));
    if first != Bound::Same {
        words.remove(0);
    }
    first
}

fn kinds<'a>(place: &Place<'a>) -> std::collections::BTreeSet<&'a str> {
    let mut types = place.types();
    types.remove("null");
    types
}
