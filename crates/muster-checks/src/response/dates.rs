//! `response.dates`

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse,
    support::schema_view::{Place, Spot, walk},
};
use muster_core::{
    exchange::Exchange,
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.dates",
    purpose: "Dates are written YYYY-MM-DD, and times follow RFC 3339 with an offset.",
    verifies: "In JSON bodies, every text whose schema says `format: date` or `date-time` is a \
        real date or time in that form. So is every text in a property that is named like a date \
        (such as `dateOfBirth`, `createdAt` or `timestamp`) with no format, pattern or list of \
        values of its own, provided that the whole text is a date in some form: `23/11/2026`, \
        `23-Nov-2026`, or a time without an offset or with one that lacks its colon. Free text is \
        never judged, nor are numbers, years, months, intervals, or values that the request itself \
        sent.",
    matters: "03/04/2026 is two different days to two readers, and a time without an offset is wrong by an \
        hour for half of the year: enough to break a custody clock.",
    fix: "Write dates as `2026-11-23` and times as `2026-11-23T09:00:00Z`, and say `format: date` or \
        `date-time` in the contract.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "As RFC 3339 has it",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"dateOfBirth":"1990-02-28","createdAt":"2026-11-23T09:00:00+00:00"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Day first",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"dateOfBirth":"28/02/1990"}"#,
            )],
            says: Expect::Fail("dateOfBirth"),
        },
        Example {
            title: "A time without an offset",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"createdAt":"2026-11-23T09:00:00.000"}"#,
            )],
            says: Expect::Fail("createdAt"),
        },
        Example {
            title: "A property of no declared format",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"reviewDate":"23-Nov-2026"}"#,
            )],
            says: Expect::Fail("reviewDate"),
        },
        Example {
            title: "Free text",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"note":"28/02/1990","updated":"seen on 28/02/1990","candidate":"1/2/03"}"#,
            )],
            says: Expect::Nothing,
        },
        Example {
            title: "A date that has a pattern of its own",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"pncDate":"28/02/1990"}"#,
            )],
            says: Expect::Nothing,
        },
        Example {
            title: "A day that no calendar has",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json(
                "GET /people/7",
                200,
                r#"{"dateOfBirth":"1990-02-30"}"#,
            )],
            says: Expect::Fail("dateOfBirth"),
        },
    ],
};

const PERSON: &str = "
/people/{id}:
  get:
    responses:
      '200':
        description: A person
        content:
          application/json:
            schema:
              type: object
              properties:
                dateOfBirth: {type: string, format: date}
                createdAt: {type: string, format: date-time}
                pncDate: {type: string, pattern: '^\\d\\d/\\d\\d/\\d{4}$'}
";

/// Texts that are a date as a whole, but not as RFC 3339 writes it.
static OTHER_FORMS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^(?:
            \d{1,2}[/.-]\d{1,2}[/.-]\d{4}(?:[,\ T]+\d{1,2}:\d{2}(?::\d{2})?)?
          | \d{1,2}/\d{1,2}/\d{2}
          | \d{4}/\d{1,2}/\d{1,2}(?:[\ T]\d{1,2}:\d{2}(?::\d{2})?)?
          | \d{1,2}[-\ ](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-\ ]\d{2,4}
          | \d{4}-\d{2}-\d{2}[T\ ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:[+-]\d{4})?
        )$",
    )
    .ok()
});

/// Texts in the form of RFC 3339.
static RFC_3339: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\d{4}-\d{2}-\d{2}(?:[t ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:z|[+-]\d{2}:\d{2}))?$")
        .ok()
});

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some(operation), Some(body)) = (answer.called(), answer.json()) else {
        return Vec::new();
    };
    let mut dates = 0_usize;
    let mut found: Vec<Finding> = Vec::new();
    walk(&answer.place(), body, &mut |spot| {
        let Some(verdict) = judge_text(spot) else {
            return;
        };
        dates += 1;
        let name = spot.name.unwrap_or("the body");
        let cause = format!("{name}: {}", verdict.unwrap_or_default());
        if let Some(what) = verdict
            && !was_sent(answer.exchange, spot.value)
            && found.iter().all(|finding| finding.cause != cause)
        {
            found.push(
                Finding::new(
                    cause,
                    format!("The date in `{name}` is {what}."),
                    format!("{}: 2026-11-23, or 2026-11-23T09:00:00Z", operation.key),
                    spot.value
                        .as_str()
                        .map_or_else(String::new, |text| received(name, text)),
                )
                .of_kind(format!("Dates are {what}."))
                .at(spot.pointer),
            );
        }
    });
    if found.is_empty() && dates > 0 {
        return vec![Judgement::Pass];
    }
    found.into_iter().map(Judgement::from).collect()
}

/// Nothing where the text is no date; else what is wrong with it, if anything is.
fn judge_text(spot: &Spot<'_, '_, '_>) -> Option<Option<&'static str>> {
    let text = spot.value.as_str()?;
    let (date, time) = (
        spot.place.has_format("date"),
        spot.place.has_format("date-time"),
    );
    if date || time {
        let only_these = spot
            .place
            .keyword("format")
            .all(|format| format == "date" || format == "date-time");
        if !only_these || is_also_something_else(spot.place) {
            return None;
        }
        let right = (date && is_date(text)) || (time && is_date_time(text));
        let wrong = if date {
            "not YYYY-MM-DD"
        } else {
            "not RFC 3339 with an offset"
        };
        return Some((!right).then_some(wrong));
    }
    let described = ["format", "pattern", "enum", "const"]
        .iter()
        .any(|keyword| spot.place.has(keyword));
    if described || !spot.name.is_some_and(is_named_like_a_date) {
        return None;
    }
    if OTHER_FORMS
        .as_ref()
        .is_some_and(|other| other.is_match(text))
    {
        let iso = text.get(4..5) == Some("-");
        return Some(Some(if iso {
            "a time without a right offset"
        } else {
            "not YYYY-MM-DD"
        }));
    }
    (is_date(text) || is_date_time(text)).then_some(None)
}

/// Whether a composition also allows texts that are no dates.
fn is_also_something_else(place: &Place<'_>) -> bool {
    let alternatives = place.has("anyOf") || place.has("oneOf");
    let other = ["enum", "const", "pattern"]
        .iter()
        .any(|keyword| place.has(keyword));
    other
        || (alternatives
            && place
                .keyword("type")
                .filter(|kind| *kind == "string")
                .count()
                > place.keyword("format").count())
}

fn is_named_like_a_date(name: &str) -> bool {
    let words = words(name);
    let last = words.last().map(String::as_str);
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "date" | "datetime" | "timestamp" | "dob" | "birthdate"
        )
    }) || (words.len() > 1 && matches!(last, Some("at")))
}

/// The words of a name in camel, snake or kebab case, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let boundary = !c.is_alphanumeric() || (c.is_uppercase() && !before.is_uppercase());
        if boundary {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn in_form(text: &str) -> bool {
    RFC_3339.as_ref().is_some_and(|form| form.is_match(text))
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && in_form(text) && is_in_calendar(text)
}

fn is_date_time(text: &str) -> bool {
    let part = |from: usize, most: u32| {
        text.get(from..from + 2)
            .and_then(|digits| digits.parse::<u32>().ok())
            .is_some_and(|number| number <= most)
    };
    text.len() > 10
        && in_form(text)
        && text.get(..10).is_some_and(is_in_calendar)
        && part(11, 23)
        && part(14, 59)
        && part(17, 60)
}

fn is_in_calendar(date: &str) -> bool {
    let number =
        |from: usize, to: usize| date.get(from..to).and_then(|text| text.parse::<u8>().ok());
    let year = date.get(..4).and_then(|text| text.parse::<i32>().ok());
    let (Some(year), Some(month), Some(day)) = (year, number(5, 7), number(8, 10)) else {
        return false;
    };
    time::Month::try_from(month)
        .is_ok_and(|month| time::Date::from_calendar_date(year, month, day).is_ok())
}

/// Whether the request itself sent the text, so that the API only gives it back.
fn was_sent(exchange: &Exchange, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default().as_bytes();
    let in_body = exchange.request.body.as_ref().is_some_and(|body| {
        body.bytes
            .windows(text.len().max(1))
            .any(|window| window == text)
    });
    in_body
        || exchange
            .request
            .path_and_query()
            .contains(value.as_str().unwrap_or_default())
}

/// What was received: the text, but for a date that says something of a person only its form.
fn received(name: &str, text: &str) -> String {
    let words = words(name);
    let is_personal = ["birth", "dob", "death", "deceased", "died"]
        .iter()
        .any(|word| words.iter().any(|held| held.starts_with(word)));
    if is_personal {
        format!("a date of the form {}", shape(text))
    } else {
        text.chars().take(40).collect()
    }
}

/// The form of a text without its data: digits become 9.
fn shape(text: &str) -> String {
    text.chars()
        .take(40)
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_of_a_personal_date_is_shown() {
        assert_eq!(
            received("dateOfBirth", "28/02/1990"),
            "a date of the form 99/99/9999"
        );
        assert_eq!(
            received("dob", "28/02/1990"),
            "a date of the form 99/99/9999"
        );
        assert_eq!(
            received("createdAt", "28/02/2026 10:15"),
            "28/02/2026 10:15"
        );
    }

    #[test]
    fn names_are_read_by_their_words() {
        for name in [
            "dateOfBirth",
            "created_at",
            "updated-at",
            "DOB",
            "startDateTime",
            "timestamp",
        ] {
            assert!(is_named_like_a_date(name), "{name}");
        }
        for name in [
            "candidate",
            "update",
            "format",
            "at",
            "dateline",
            "mandate",
            "location",
        ] {
            assert!(!is_named_like_a_date(name), "{name}");
        }
    }

    #[test]
    fn a_leap_second_and_a_small_t_are_right() {
        assert!(is_date_time("1990-12-31t23:59:60z"));
        assert!(!is_date_time("2026-11-23T24:00:00Z"));
        assert!(!is_date_time("2026-11-23T09:00:00"));
        assert!(!is_date("2025-02-29"));
    }
}
