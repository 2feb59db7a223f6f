//! `input.required-parameter-missing`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    input::invalid_parameter_accepted::is_judged, support::accepted_request,
};
use muster_core::{
    contract::{Contract, Operation, Parameter, ParameterPlace},
    script::{Script, Scripted},
    verdict::Finding,
};

/// The check.
pub static CHECK: Check = Check {
    id: "input.required-parameter-missing",
    purpose: "The API refuses a request without a required parameter.",
    verifies: "For each operation with required parameters of query, header or cookie, a valid request is sent \
        first; it has to be taken. Then it is sent without each of them in turn. A success is a failure of \
        the API; any refusal passes. Credentials, headers of HTTP itself and those that only trace a request \
        are left out.",
    matters: "A parameter is required because the response means nothing without it. Taken all the \
        same, the request is done with a default that nobody chose.",
    fix: "Refuse the request with 400 or 422 and the name of what is missing, or declare the parameter as \
        optional and document what happens without it.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Refused without it",
            contract: SEARCH,
            dialogue: &[
                ScriptedResponse::json("GET /people?q=*", 200, "{}"),
                ScriptedResponse::empty("GET /people", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Led on with it, as documented",
            contract: "
/people:
  get:
    parameters: [{name: q, in: query, required: true, schema: {type: string}, example: Example}]
    responses: {'303': {description: Found}, '400': {description: Refused}}
",
            dialogue: &[
                ScriptedResponse::new("GET /people?q=*", 303, &[("location", "/people/7")], ""),
                ScriptedResponse::empty("GET /people", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Taken without it",
            contract: SEARCH,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "Not taken with it either",
            contract: SEARCH,
            dialogue: &[ScriptedResponse::empty("GET /people", 400)],
            says: Expect::Inconclusive,
        },
    ],
};

const SEARCH: &str = "
/people:
  get:
    parameters: [{name: q, in: query, required: true, schema: {type: string}, example: Example}]
    responses: {'200': {description: People}, '400': {description: Refused}}
";

fn required<'a>(
    contract: &'a Contract,
    operation: &'a Operation,
) -> impl Iterator<Item = &'a Parameter> {
    operation.parameters.iter().filter(move |parameter| {
        parameter.required
            && parameter.place != ParameterPlace::Path
            && is_judged(contract, operation, parameter)
    })
}

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if required(contract, operation).next().is_some() && accepted_request::is_harmless(operation) {
        Applies::Yes
    } else {
        Applies::No("It has no required parameter besides those of its path.".into())
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Ok(Vec::new());
    };
    let arranged = accepted_request::plain(script, operation)?;
    let world = script.world;
    let left_out: Vec<&Parameter> = required(world.contract, operation).collect();
    let mut requests = Vec::new();
    for parameter in &left_out {
        let mut request =
            arranged.without(world.contract, operation, parameter.place, &parameter.name)?;
        accepted_request::renew_keys(&world, &mut request, &parameter.name);
        let reason = format!("the required parameter `{}` is missing", parameter.name);
        requests.push(accepted_request::wrong(
            request,
            &format!("leaves `{}` out", parameter.name),
            &reason,
        ));
    }
    let answers = script.send_all(requests)?;
    let accepted: Vec<_> = left_out
        .into_iter()
        .zip(answers)
        .filter(|(_, answer)| accepted_request::is_taken(answer))
        .map(|(parameter, answer)| {
            Finding::new(
                parameter.pointer.clone(),
                format!(
                    "A request without the required parameter `{}` is accepted.",
                    parameter.name
                ),
                format!("{}: a refusal with 400 or 422", operation.key),
                answer.received(),
            )
            .at(parameter.pointer.clone())
            .shown_by(answer.id)
            .into()
        })
        .collect();
    Ok(if accepted.is_empty() {
        vec![accepted_request::passed(answers)]
    } else {
        accepted
    })
}
