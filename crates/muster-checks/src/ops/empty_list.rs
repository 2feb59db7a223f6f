//! `ops.empty-list`

use serde_json::{Value, json};

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{lists, of_role},
    support::probe::reached,
    support::schema_view::Place,
};
use muster_core::{
    arrange::{Paging, Role, paging::listed, unknown_id, valid_request},
    contract::{Operation, Parameter, ParameterPlace, Validity},
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.empty-list",
    purpose: "The API returns 200 with no items when no item of a collection matches.",
    verifies: "For each collection with a filter whose text the contract leaves open: the \
        collection is asked for a value that nothing has. The response is 200 with an empty \
        collection. 404 and 204 fail; a refusal with another 4xx, or items after all, say nothing \
        of the empty collection and are inconclusive.",
    matters: "That nobody of this name is known is a response. 404 says the same of a wrong \
        address, and a client cannot tell the two apart.",
    fix: "Return 200 with an empty collection; keep 404 for single records.",
    kind: Kind::Probe {
        scope: Scope::Operation(lists),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "No items",
            contract: LIST,
            dialogue: &[ScriptedResponse::json(
                "GET /people*",
                200,
                r#"{"items":[]}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "404",
            contract: LIST,
            dialogue: &[ScriptedResponse::empty("GET /people*", 404)],
            says: Expect::Fail("receives 404"),
        },
        Example {
            title: "The filter is not looked at",
            contract: LIST,
            dialogue: &[ScriptedResponse::json(
                "GET /people*",
                200,
                r#"{"items":[{"id":1}]}"#,
            )],
            says: Expect::Inconclusive,
        },
    ],
};

const LIST: &str = "
/people:
  get:
    parameters: [{name: surname, in: query, schema: {type: string}}]
    responses: {'200': {description: People}}
/people/{id}:
  get: {responses: {'200': {description: A person}}}
";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let list = of_role(script, operation, &[Role::List])?;
    let Some((name, value)) = list
        .parameters
        .iter()
        .find_map(|parameter| nothing_has(script, list, parameter))
    else {
        return Err(Halt::NotApplicable(format!(
            "No filter of {} takes a value that nothing is sure to have.",
            list.key
        )));
    };
    let contract = script.world.contract;
    let mut request = valid_request(script, list)?.with_query(contract, list, &name, value)?;
    request.purpose = "asks for a list in which nothing matches".into();
    let exchange = script.send(request)?;
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return Ok(vec![judgement]),
    };
    let items = response
        .json()
        .map(|body| listed(script.world.relations, &list.key, body).len());
    let judgement = match (response.status, items) {
        (status @ (204 | 404), _) => Finding::new(
            format!("answered {status}"),
            format!("A request for a collection without matching items receives {status}."),
            format!("{}: 200 with an empty list", list.key),
            exchange.received(),
        )
        .at(list.pointer.clone())
        .into(),
        (200..300, Ok(0)) => Judgement::Pass,
        (200..300, Ok(_)) => Judgement::inconclusive(
            Responsible::Supplier,
            format!("{} lists items whatever `{name}` is.", list.key),
        ),
        _ => Judgement::inconclusive(
            Responsible::TestData,
            format!(
                "{} answered {} to a `{name}` that its schema allows.",
                list.key,
                exchange.received()
            ),
        ),
    };
    Ok(vec![judgement])
}

/// A value of a filter that nothing has.
fn nothing_has(
    script: &Script<'_>,
    list: &Operation,
    parameter: &Parameter,
) -> Option<(String, Value)> {
    let world = script.world;
    let name = parameter.name.to_ascii_lowercase();
    let beside = [
        "sort", "order", "fields", "select", "include", "expand", "embed", "filter", "q",
    ];
    let cuts = Paging::of(world.contract, list).is_some_and(|paging| paging.has(&parameter.name));
    if parameter.place != ParameterPlace::Query
        || cuts
        || beside
            .iter()
            .any(|word| name.contains(word) && word.len() > 1 || name == *word)
    {
        return None;
    }
    let schema = parameter.schema.as_ref()?;
    let place = Place::of(world.contract, schema);
    let closed = ["enum", "const"].iter().any(|keyword| place.has(keyword));
    let open = place.types().contains("string") && !closed;
    let dated = ["date", "date-time", "time"]
        .iter()
        .any(|form| place.has_format(form));
    if !open || dated {
        return None;
    }
    let fits = |value: &Value| {
        let valid = world.contract.schemas.validate_request(schema, value);
        matches!(valid, Validity::Valid)
    };
    let text = json!(format!("zztest-none-{}", world.run_tag));
    let short = json!("ZZ00NON");
    [Some(text), Some(short), unknown_id(&world, list, parameter)]
        .into_iter()
        .flatten()
        .find(fits)
        .map(|value| (parameter.name.clone(), value))
}
