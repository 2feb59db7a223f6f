//! `security.injection`

use serde_json::{Value, json};

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::resource::subject,
    support::schema_view::Place,
};
use muster_core::{
    arrange::{Arranged, answers, hazard, valid_request},
    contract::{Contract, Operation, Parameter, ParameterPlace},
    exchange::{Exchange, Intent, Request},
    model::{Method, Responsible},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.injection",
    purpose: "The API never executes strings from a request.",
    verifies: "The first three free texts of each query that only reads are sent with values that would show that \
    something carries them out, and harm nothing: conditions that always hold (`' OR '1'='1`), beside the same \
    without the condition, and expressions of templates (`{{7919*7907}}`, `${7919*7907}`). A condition fails \
    where it brings records that its opposite (`' AND '1'='2`) and the plain text do not; an expression where \
    its value, 62615533, is returned and was not there before. Nothing waits, writes or deletes. Error messages \
    of databases are for `security.leaky-errors`, 5xx for `response.server-error`.",
    matters: "A search that carries out what is typed into it shows every record to whoever knows the trick, \
        and lets some of them change the store.",
    fix: "Bind values in queries instead of writing them into the text of a query, and never render text of a \
        request as a template.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Taken as text",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET /people",
                200,
                r#"{"items":[]}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 400)],
            says: Expect::Pass,
        },
        Example {
            title: "The condition holds",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, r#"{"items":[]}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[{"id":"1"},{"id":"2"}]}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[]}"#),
            ],
            says: Expect::Fail("is executed"),
        },
        Example {
            title: "The expression is worked out",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, r#"{"items":[]}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[]}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"items":[]}"#),
                ScriptedResponse::json("GET /people", 200, r#"{"asked":"zz62615533"}"#),
            ],
            says: Expect::Fail("evaluated"),
        },
        Example {
            title: "No answer",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::broken(
                "GET /people",
                muster_core::exchange::BreakageKind::TimedOut,
            )],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get:
    parameters: [{name: name, in: query, schema: {type: string}}]
    responses: {'200': {description: People}}
";

/// How many texts of a query are tried.
const MOST: usize = 3;
/// A word that no record holds.
const WORD: &str = "zzmusternone";

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if operation.key.method != Method::Get || texts(contract, operation).next().is_none() {
        return Applies::Irrelevant;
    }
    match hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

/// The query parameters that take any text.
fn texts<'o>(
    contract: &'o Contract,
    operation: &'o Operation,
) -> impl Iterator<Item = &'o Parameter> {
    operation
        .parameters
        .iter()
        .filter(move |parameter| {
            parameter.place == ParameterPlace::Query
                && !muster_core::arrange::is_credential(contract, operation, parameter)
                && parameter.schema.as_ref().is_some_and(|schema| {
                    let place = Place::of(contract, schema);
                    place.types().contains("string")
                        && !place.has("enum")
                        && !place.has("const")
                        && !place.has("format")
                })
        })
        .take(MOST)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let contract = script.world.contract;
    let arranged = valid_request(script, operation)?;
    let mut judgements = Vec::new();
    for parameter in texts(contract, operation) {
        let name = parameter.name.as_str();
        let ask = |script: &mut Script<'a>, value: String| {
            let request = request(script, operation, &arranged, name, value)?;
            script.send(request)
        };
        let plain = ask(script, WORD.to_owned())?;
        let always = ask(script, format!("{WORD}' OR '1'='1"))?;
        let never = ask(script, format!("{WORD}' AND '1'='2"))?;
        // A product of eight digits: one of four may stand in an id by chance.
        let worked = ask(script, format!("{WORD}{{{{7919*7907}}}}${{7919*7907}}"))?;
        let none = |exchange| found(exchange).is_none_or(|found| found == 0);
        if found(always).is_some_and(|found| found > 0) && none(plain) && none(never) {
            judgements.push(
                Finding::new(
                    format!("condition in {name}"),
                    format!("A condition in `{name}` is executed."),
                    format!("{}: no record, or a refusal", operation.key),
                    format!(
                        "{} records, where the plain text finds none",
                        found(always).unwrap_or_default()
                    ),
                )
                .at(parameter.pointer.clone())
                .shown_by(always.id)
                .into(),
            );
        } else if says(worked, "62615533") && !says(plain, "62615533") {
            judgements.push(
                Finding::new(
                    format!("expression in {name}"),
                    format!("An expression in `{name}` is evaluated."),
                    format!("{}: the text as it is, or nothing of it", operation.key),
                    "62615533 in the response, for `7919*7907`",
                )
                .at(parameter.pointer.clone())
                .shown_by(worked.id)
                .into(),
            );
        } else if [plain, always, never, worked]
            .iter()
            .any(|exchange| exchange.status().is_some_and(|status| status < 500))
        {
            judgements.push(Judgement::Pass);
        } else {
            judgements.push(Judgement::inconclusive(
                Responsible::Supplier,
                format!("{} gave no response with another `{name}`.", operation.key),
            ));
        }
    }
    Ok(judgements)
}

fn request(
    script: &Script<'_>,
    operation: &Operation,
    arranged: &Arranged,
    name: &str,
    value: String,
) -> Scripted<Request> {
    let mut request = arranged.with_query(script.world.contract, operation, name, json!(value))?;
    request.intent = Intent::Wrong("a text that must not be carried out".into());
    request.purpose = format!("sends text in `{name}` that must not be carried out");
    Ok(request)
}

/// How many records an answer shows; nothing where it is no success, or no list.
fn found(exchange: &Exchange) -> Option<usize> {
    let response = exchange
        .response()
        .filter(|response| response.is_success())?;
    let body = response.json().ok()?;
    let list = answers::records(body, "");
    let is_list = match body {
        Value::Array(_) => true,
        body => !matches!(list.as_slice(), [one] if std::ptr::eq(*one, body)),
    };
    is_list.then_some(list.len())
}

fn says(exchange: &Exchange, text: &str) -> bool {
    exchange
        .response()
        .is_some_and(|response| String::from_utf8_lossy(&response.body).contains(text))
}
