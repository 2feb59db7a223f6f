//! `ops.paging-limits`

use serde_json::json;

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{lists, of_role},
    support::probe::reached,
    support::schema_view::Place,
};
use muster_core::{
    arrange::{Paging, Role, paging::listed, valid_request},
    contract::{Operation, ParameterPlace},
    exchange::{Intent, Response},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.paging-limits",
    purpose: "A limit that is above the declared maximum, or is not a number, does no harm.",
    verifies: "For each collection with a parameter for the size of its pages: a limit above the \
        declared maximum is refused with 4xx, or the page holds no more than the maximum. A limit \
        that is not a number is refused or ignored; 5xx fails. That a limit within its bounds is \
        kept is judged by records.list-limit.",
    matters: "A limit that is not kept lets one client fetch a whole register in one request, and \
        lets an officer's telephone drown in it.",
    fix: "Cap the limit in the query itself, and refuse what is not a number with 400.",
    kind: Kind::Probe {
        scope: Scope::Operation(lists),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Kept, and refused above",
            contract: LIST,
            dialogue: &[
                ScriptedResponse::empty("GET /people?limit=2", 400),
                ScriptedResponse::empty("GET /people?limit=zztest", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Not kept",
            contract: LIST,
            dialogue: &[ScriptedResponse::json(
                "GET /people*",
                200,
                r#"{"items":[{"id":1},{"id":2}]}"#,
            )],
            says: Expect::Fail("more than"),
        },
        Example {
            title: "A word for a number",
            contract: LIST,
            dialogue: &[
                ScriptedResponse::empty("GET /people?limit=2", 400),
                ScriptedResponse::empty("GET /people?limit=zztest", 500),
            ],
            says: Expect::Fail("receives 500"),
        },
    ],
};

const LIST: &str = "
/people:
  get:
    parameters: [{name: limit, in: query, schema: {type: integer, maximum: 1}}]
    responses: {'200': {description: People}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List, Role::Read])?;
    let contract = script.world.contract;
    let Some(limit) = Paging::of(contract, list).and_then(|paging| paging.limit) else {
        return Err(Halt::NotApplicable(format!(
            "No parameter of {} is recognised as the size of its pages.",
            list.key
        )));
    };
    let arranged = valid_request(script, list)?;
    let count = |response: &Response| {
        response.json().map_or(0, |body| {
            listed(script.world.relations, &list.key, body).len() as u64
        })
    };
    let fail = |finding: Finding| Ok(vec![finding.at(list.pointer.clone()).into()]);
    let most = list
        .parameter(ParameterPlace::Query, &limit)
        .and_then(|parameter| parameter.schema.as_ref())
        .and_then(|schema| {
            Place::of(contract, schema)
                .keyword("maximum")
                .find_map(serde_json::Value::as_u64)
        });
    if let Some(most) = most {
        let mut request = arranged.with_query(contract, list, &limit, json!(most + 1))?;
        request.intent = Intent::Wrong("the limit is above its maximum".into());
        request.purpose = "asks for more than a page may hold".into();
        let exchange = script.send(request)?;
        let response = match reached(exchange) {
            Ok(response) => response,
            Err(judgement) => return Ok(vec![judgement]),
        };
        if response.is_success() && count(response) > most {
            return fail(Finding::new(
                "above",
                "A page holds more than the contract's maximum.",
                format!("{}: at most {most} items, or 400", list.key),
                format!("{} items", count(response)),
            ));
        }
        if response.status >= 500 {
            return fail(crash(list, "above its maximum", response.status));
        }
    }
    let mut request = arranged.with_query(contract, list, &limit, json!("zztest"))?;
    request.intent = Intent::Wrong("the limit is not a number".into());
    request.purpose = "asks for a page of a size that is not a number".into();
    let exchange = script.send(request)?;
    match reached(exchange) {
        Err(judgement) => Ok(vec![judgement]),
        Ok(response) if response.status >= 500 => {
            fail(crash(list, "that is not a number", response.status))
        }
        Ok(_) => Ok(vec![Judgement::Pass]),
    }
}

fn crash(list: &Operation, what: &str, status: u16) -> Finding {
    Finding::new(
        "crash",
        format!("A request with a limit {what} receives {status}."),
        format!("{}: 400, or a page of the usual size", list.key),
        status.to_string(),
    )
}
