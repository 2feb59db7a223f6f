//! `ops.unknown-parameter`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{lists, of_role, success},
    support::probe::reached,
};
use muster_core::{
    arrange::{Role, paging::listed, valid_request},
    contract::Operation,
    exchange::{Address, Exchange, Intent},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// A name that no parameter has.
const NAME: &str = "zztest-unknown";

/// The check.
pub static CHECK: Check = Check {
    id: "ops.unknown-parameter",
    purpose: "The API refuses or ignores a query parameter that it does not know.",
    verifies: "Each collection is asked as usual, with a parameter of a name that nothing has, and \
        as usual again. With it the response is a refusal (4xx), or the same items. A server error \
        or other items fail. Where the two usual responses differ, others changed the collection \
        meanwhile, and only a server error is judged.",
    matters: "A misspelt filter that changes the response in some way of its own is worse than none: the client takes \
    the response for what it requested.",
    fix: "Refuse unknown parameters with 400, which finds misspelt filters, or leave them out of account.",
    kind: Kind::Probe {
        // A record that another probe makes and removes again meanwhile would look like an effect of the parameter.
        scope: Scope::Alone(lists),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: LIST,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"1"}]"#),
                ScriptedResponse::empty("GET /people?zztest-unknown=1", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Ignored",
            contract: LIST,
            dialogue: &[ScriptedResponse::json(
                "GET /people*",
                200,
                r#"[{"id":"1"}]"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Taken for a filter",
            contract: LIST,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"1"}]"#),
                ScriptedResponse::json("GET /people?zztest-unknown=1", 200, "[]"),
            ],
            says: Expect::Fail("other items"),
        },
        Example {
            title: "It breaks",
            contract: LIST,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, r#"[{"id":"1"}]"#),
                ScriptedResponse::empty("GET /people?zztest-unknown=1", 500),
            ],
            says: Expect::Fail("receives 500"),
        },
    ],
};

const LIST: &str = "
/people:
  get: {responses: {'200': {description: People, content: {application/json: {schema: {type: array, items: {type: object, properties: {id: {type: string}}}}}}}}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List])?;
    let relations = script.world.relations;
    let usual = valid_request(script, list)?.request;
    let mut unknown = usual.clone();
    let path = unknown.path_and_query();
    let joint = if path.contains('?') { '&' } else { '?' };
    unknown.address = Address::Base(format!("{path}{joint}{NAME}=1"));
    unknown.purpose = "asks with a parameter that nothing has".into();
    unknown.intent = Intent::Plausible;
    let items = |exchange: &Exchange| {
        let body = success(exchange).ok()?.json().ok()?;
        Some(listed(relations, &list.key, body))
    };
    let first = script.send(usual.clone())?;
    success(first)?;
    let exchange = script.send(unknown)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    let finding = |cause: &str, title: String, received: String| {
        Ok(vec![
            Finding::new(
                cause,
                title,
                format!("{} with `{NAME}`: 400, or the same items", list.key),
                received,
            )
            .at(list.pointer.clone())
            .into(),
        ])
    };
    if response.status >= 500 {
        return finding(
            "crash",
            format!(
                "A request with an unknown parameter receives {}.",
                response.status
            ),
            exchange.received(),
        );
    }
    if !response.is_success() {
        return Ok(vec![Judgement::Pass]);
    }
    let again = script.send(usual)?;
    let (before, with, after) = (items(first), items(exchange), items(again));
    if before == after && before.is_some() && with != before {
        return finding(
            "other",
            "A parameter that nobody knows brings other items.".to_owned(),
            format!("{} items", with.map_or(0, |items| items.len())),
        );
    }
    Ok(vec![Judgement::Pass])
}
