//! `security.leaky-errors`

use std::sync::LazyLock;

use regex::Regex;

use crate::{
    checks::{Answer, Check, Example, Kind, Line, Says},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.leaky-errors",
    purpose: "No error tells what the service is made of.",
    verifies: "Every answer of class 4xx or 5xx is searched for stack traces, names of exceptions, SQL, \
        messages of databases, paths of source files and private addresses. What the request itself \
        said is not held against the answer.",
    matters: "Each of them tells an intruder which library to look up and where the next weakness is; some \
        tell what is in the database.",
    fix: "Answer errors with a body of your own, and keep what went wrong in the log, under the \
        correlation id.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A problem",
            contract: PEOPLE,
            dialogue: &[Line::json(
                "GET /people",
                400,
                r#"{"title":"Not valid","detail":"limit must be at most 100"}"#,
            )],
            says: Says::Pass,
        },
        Example {
            title: "A stack trace",
            contract: PEOPLE,
            dialogue: &[Line::json(
                "GET /people",
                500,
                r#"{"trace":"at uk.example.People.list(People.java:42)"}"#,
            )],
            says: Says::Fail("stack trace"),
        },
        Example {
            title: "SQL",
            contract: PEOPLE,
            dialogue: &[Line::json(
                "GET /people",
                400,
                r#"{"detail":"syntax error at or near \"Zztest\" in SELECT * FROM person"}"#,
            )],
            says: Says::Fail("SQL"),
        },
        Example {
            title: "A success",
            contract: PEOPLE,
            dialogue: &[Line::json(
                "GET /people",
                200,
                r#"{"sql":"SELECT * FROM person"}"#,
            )],
            says: Says::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

/// What gives a service away, each with what it is called.
static SIGNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("a stack trace", r"\bat [\w.$<>]+\([\w$]+\.(java|kt|scala|cs):\d+\)"),
        ("a stack trace", r"Traceback \(most recent call last\)"),
        ("a stack trace", r#"File \\?"[^"]+\.py\\?", line \d+"#),
        ("a stack trace", r"\bat .{0,200}\.(js|ts|mjs|cjs):\d+:\d+"),
        ("a stack trace", r"goroutine \d+ \[|panicked at |\.(php|rb):\d+|on line <b>\d+"),
        ("the name of an exception", r"\b(java|javax|jakarta|kotlin|org\.springframework|org\.hibernate|com\.fasterxml|System)\.[\w.]*(Exception|Error)\b"),
        ("SQL", r"(?s)\b(SELECT\s.{1,200}\sFROM\s|INSERT INTO\s|DELETE FROM\s|UPDATE\s\S+\sSET\s)"),
        ("a message of a database", r"ORA-\d{5}|SQLSTATE|SQLITE_|syntax error at or near|psycopg2?\.|SQLException|SqlException|MongoServerError|duplicate key value violates"),
        ("the path of a source file", r"(/(usr|home|var|opt|app|srv|node_modules|site-packages)/[\w./-]+\.(py|js|ts|rb|php|java|go|rs))\b"),
        ("a private address", r"\b(10\.\d{1,3}|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b"),
    ]
    .into_iter()
    .filter_map(|(name, sign)| Some((name, Regex::new(sign).ok()?)))
    .collect()
});

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer
        .response()
        .filter(|response| response.status >= 400 && !answer.is_beside_the_api())
    else {
        return Vec::new();
    };
    let body = String::from_utf8_lossy(&response.body);
    let request = &answer.exchange.request;
    let said = |text: &str| {
        let sent = request
            .body
            .as_ref()
            .map_or("".into(), |body| String::from_utf8_lossy(&body.bytes));
        sent.contains(text) || answer.exchange.url.contains(text)
    };
    for (name, sign) in SIGNS.iter() {
        if let Some(found) = sign.find(&body)
            && !said(found.as_str())
        {
            let shown: String = found.as_str().chars().take(120).collect();
            return vec![
                Finding::new(
                    (*name).to_owned(),
                    format!("An error shows {name}."),
                    "an error that tells nothing of the service's inside",
                    shown,
                )
                .into(),
            ];
        }
    }
    vec![Judgement::Pass]
}
