//! `response.json-utf8`

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse, support::duplicate_names::twice,
    unread_json,
};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "response.json-utf8",
    purpose: "A body that is declared as JSON is JSON in UTF-8, without a byte order mark.",
    verifies: "Each body whose media type says JSON is valid UTF-8, does not start with a byte \
        order mark, parses as one JSON value, and names no other charset than UTF-8 (or US-ASCII, \
        for a body that is). It holds for every response, errors included. No object names a \
        property twice (RFC 8259 §4: what a reader then sees cannot be foretold). Streams of \
        several values are not judged; text that JSON can write but Unicode has not (half a \
        surrogate pair) is inconclusive.",
    matters: "Names such as Siân or Łukasz come out wrong, or not at all, where the two sides do not mean \
        the same encoding.",
    fix: "Write JSON as UTF-8 without a mark, and say `application/json` without a charset.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "UTF-8",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"name":"Siân"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A byte order mark",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "\u{feff}{}")],
            says: Expect::Fail("byte order mark"),
        },
        Example {
            title: "Another charset",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("content-type", "application/json; charset=ISO-8859-1")],
                "{}",
            )],
            says: Expect::Fail("charset"),
        },
        Example {
            title: "A page in HTML that says JSON",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                502,
                "<h1>Bad gateway</h1>",
            )],
            says: Expect::Fail("not JSON"),
        },
        Example {
            title: "A name that stands twice",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"name":"Siân","name":"Sian"}"#,
            )],
            says: Expect::Fail("twice"),
        },
        Example {
            title: "Another media type",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("content-type", "text/csv")],
                "name",
            )],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.response().filter(|_| !answer.is_beside_the_api()) else {
        return Vec::new();
    };
    let stream = response
        .media_type()
        .is_some_and(|media| media.contains("stream") || media.contains("seq"));
    if answer.is_bodyless() || response.body.is_empty() || !response.says_json() || stream {
        return Vec::new();
    }
    let content_type = response.headers.get("content-type").unwrap_or_default();
    let asked = answer.called().map_or_else(
        || "every answer".to_owned(),
        |operation| operation.key.to_string(),
    );
    let finding = |cause: &str, title: &str, received: String| {
        vec![Judgement::from(Finding::new(
            cause,
            title,
            format!("{asked}: JSON in UTF-8"),
            received,
        ))]
    };
    if response.body.starts_with(b"\xef\xbb\xbf") {
        return finding(
            "byte order mark",
            "A JSON body starts with a byte order mark.",
            "EF BB BF as the first bytes".into(),
        );
    }
    if let Some(charset) = charset(content_type)
        && !["utf-8", "utf8"].contains(&charset.as_str())
        && !(charset == "us-ascii" && response.body.is_ascii())
    {
        return finding(
            &format!("charset {charset}"),
            "A JSON body names another charset than UTF-8.",
            content_type.to_owned(),
        );
    }
    if response.cut {
        return Vec::new();
    }
    if let Err(error) = std::str::from_utf8(&response.body) {
        return finding(
            "not UTF-8",
            "A JSON body is not UTF-8.",
            format!("bytes that are not UTF-8 at {}", error.valid_up_to()),
        );
    }
    match response.json() {
        Ok(_) => match twice(&response.body) {
            None => vec![Judgement::Pass],
            Some(name) => finding(
                "name twice",
                "A JSON object has one name twice.",
                format!("`{name}` twice in one object"),
            ),
        },
        Err(reason) => match unread_json::gap(response, reason, &asked) {
            Some(gap) => vec![Judgement::Inconclusive(gap)],
            None => finding(
                "not JSON",
                "A body that says JSON is not JSON.",
                reason.to_owned(),
            ),
        },
    }
}

fn charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"').to_ascii_lowercase())
    })
}
