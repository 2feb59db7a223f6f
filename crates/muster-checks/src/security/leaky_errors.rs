//! `security.leaky-errors`

use std::sync::LazyLock;

use regex::Regex;

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "security.leaky-errors",
    purpose: "No error response shows how the service is built.",
    verifies: "Every response of class 4xx or 5xx is searched for stack traces, names of \
        exceptions, SQL, messages of databases, paths of files and private addresses, in letters \
        of any case. What the request itself said is not held against the response.",
    matters: "Each of them tells an intruder which library to look up and where the next weakness is; some \
        tell what is in the database.",
    fix: "Return errors with a body of your own, and keep what went wrong in the log, under the correlation id.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A problem",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                400,
                r#"{"title":"Not valid","detail":"limit must be at most 100"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A stack trace",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                500,
                r#"{"trace":"Failed\n\tat uk.example.People.list(People.java:42)"}"#,
            )],
            says: Expect::Fail("stack trace"),
        },
        Example {
            title: "SQL",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                400,
                r#"{"detail":"syntax error at or near \"Zztest\" in SELECT * FROM person"}"#,
            )],
            says: Expect::Fail("SQL"),
        },
        Example {
            title: "SQL in lower case, and the path of a database",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                400,
                r#"{"detail":"/var/lib/records/people.db: select p.id from person p"}"#,
            )],
            says: Expect::Fail("shows"),
        },
        Example {
            title: "A sentence with the same words",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                400,
                r#"{"detail":"Select one from the list, or update the record.","instance":"/home/people/7"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A success",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"sql":"SELECT * FROM person"}"#,
            )],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

/// What gives a service away, each with what it is called. In JSON a tab is written `\t`, so that a word
/// after it has no boundary.
static SIGNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("a stack trace", r"(?:\b|\\t)at [\w.$<>]+\([\w$]+\.(java|kt|scala|cs):\d+\)"),
        ("a stack trace", r"(?i)Traceback \(most recent call last\)"),
        ("a stack trace", r#"(?i)File \\?"[^"]+\.py\\?", line \d+"#),
        ("a stack trace", r"(?:\b|\\t)at .{0,200}\.(js|ts|mjs|cjs):\d+:\d+"),
        ("a stack trace", r"goroutine \d+ \[|(?i:panicked at )|\.(php|rb):\d+|on line <b>\d+"),
        ("the name of an exception", r"(?i)\b(java|javax|jakarta|kotlin|org\.springframework|org\.hibernate|com\.fasterxml|sqlalchemy|django\.db)\.[\w.]*(Exception|Error)\b"),
        ("the name of an exception", r"\bSystem\.[\w.]*(Exception|Error)\b"),
        ("SQL", r"(?s)\b(SELECT\s.{1,200}\sFROM\s|INSERT INTO\s|DELETE FROM\s|UPDATE\s\S+\sSET\s)"),
        // In lower case these are words of a sentence as well: only what no sentence has counts.
        ("SQL", r#"(?is)\bselect\s+(?:\*|distinct\s|count\s*\(|\\?["`\[]\w+\\?["`\]]|\w+\.[\w*]).{0,200}?\sfrom\s"#),
        ("SQL", r"(?is)\bselect\s.{1,200}?\sfrom\s+\S+\s+(?:\w+\s+)?(?:where\s+\S+\s*(?:=|<|>|in\b|like\b|is\b)|order\s+by\s|limit\s+[\d$?:])"),
        ("SQL", r#"(?is)\binsert\s+into\s+[\w."`\[\]\\]+\s*(?:\(|values\b|select\b)"#),
        ("SQL", r#"(?is)\bdelete\s+from\s+[\w."`\[\]\\]+\s+where\s|\bupdate\s+[\w."`\[\]\\]+\s+set\s+[\w."`\[\]\\]+\s*="#),
        ("a message of a database", r#"(?i)ORA-\d{5}|SQLSTATE|SQLITE_|syntax error at or near|near \\?"[^"]{1,60}\\?": syntax error|psycopg2?\.|SQLException|MongoServerError|duplicate key value violates|violates foreign key constraint|unique constraint failed:|no such table:|you have an error in your sql syntax|unclosed quotation mark after"#),
        ("the path of a file", r"(?i)(?:^|[^\w./-])(/(?:usr|home|var|opt|app|srv|node_modules|site-packages|data|mnt|users)/[\w./@-]+\.(?:py|js|mjs|ts|rb|php|java|go|rs|cs|kt|ini|conf|cfg|toml|env|log|db|sqlite3?|so|jar|dll))\b"),
        ("the path of a file", r"/node_modules/[\w./@-]+|/site-packages/[\w./@-]+"),
        ("the path of a file", r"(?:^|[^\w./-])/(?:var/(?:lib|log|www|task|run)|usr/(?:src|lib|local|share)|etc|root|proc/\w+)/[\w./@-]*\w"),
        ("the path of a file", r"(?i)\b[a-z]:(?:\\{1,2}[\w .$-]+){1,12}\\{1,2}[\w.$-]+\.\w{1,6}\b"),
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

#[cfg(test)]
mod tests {
    use super::SIGNS;

    fn shown(text: &str) -> Option<&'static str> {
        SIGNS
            .iter()
            .find(|(_, sign)| sign.is_match(text))
            .map(|(name, _)| *name)
    }

    #[test]
    fn every_sign_compiles() {
        assert_eq!(SIGNS.len(), 18);
    }

    #[test]
    fn what_gives_a_service_away_is_seen_in_any_case() {
        for (text, name) in [
            ("select * from person where id = 7", "SQL"),
            ("Select p.id From person p", "SQL"),
            (r#"select \"id\" from \"person\""#, "SQL"),
            ("select id, name from person where name = 'x'", "SQL"),
            ("insert into person (id) values (7)", "SQL"),
            ("update person set name = 'x'", "SQL"),
            ("delete from person where id = 7", "SQL"),
            ("sqlstate[42S02]", "a message of a database"),
            (
                "UNIQUE constraint failed: person.id",
                "a message of a database",
            ),
            (r#"near \"from\": syntax error"#, "a message of a database"),
            ("cannot open /var/lib/app/people.db", "the path of a file"),
            ("/home/deploy/records/config.ini", "the path of a file"),
            (r"C:\\Records\\bin\\People.dll", "the path of a file"),
            (r"D:\inetpub\people\web.config", "the path of a file"),
            ("/usr/src/app/dist", "the path of a file"),
            ("ORG.HIBERNATE.QueryException", "the name of an exception"),
        ] {
            assert_eq!(shown(text), Some(name), "{text}");
        }
    }

    #[test]
    fn sentences_and_paths_of_the_api_give_nothing_away() {
        for text in [
            "Select a force from the list.",
            "Please select the date from which the record is valid",
            "You cannot delete from a closed case.",
            "To update your record set a new date.",
            "insert into the form",
            "/home/people/7",
            "/api/v1/users/7/data",
            "https://example.test/etc",
            "/data/records/7.json",
            "limit must be at most 100",
            "ValidationError: name is required",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }
}
