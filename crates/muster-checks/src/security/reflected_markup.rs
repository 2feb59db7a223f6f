//! `security.reflected-markup`

use serde_json::json;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::resource::subject,
};
use muster_core::{
    arrange::{Arranged, hazard, serialise::encode, valid_request},
    contract::{Contract, Operation, ParameterPlace},
    exchange::{Address, Exchange, Intent, Request},
    model::{Method, Responsible},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.reflected-markup",
    purpose: "No response returns markup from the request as a page.",
    verifies: "For each operation that only reads, an element of HTML is put into the first text \
        of the query, into the last variable of the path, and into a path below it that does not \
        exist. A response that holds the element as it was sent fails where its content type makes \
        a browser show it: HTML, XHTML, SVG, XML, or none at all without `nosniff`. In JSON it is \
        harmless.",
    matters: "A link with a script in it is all that an officer has to open for somebody else to act with the \
        officer's rights.",
    fix: "Return errors in JSON, or escape what comes from a request, and send `X-Content-Type-Options: nosniff`.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "In JSON",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(
                "GET *",
                404,
                r#"{"detail":"<muster-probe onload=alert(1)>"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Escaped",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET *",
                404,
                &[("content-type", "text/html")],
                "No &lt;muster-probe onload=alert(1)&gt; here",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "As a page",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET *",
                404,
                &[("content-type", "text/html; charset=utf-8")],
                "<h1>No <muster-probe onload=alert(1)> here</h1>",
            )],
            says: Expect::Fail("as a page"),
        },
        Example {
            title: "Nothing is returned",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::broken(
                "GET *",
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

const MARKUP: &str = "<muster-probe onload=alert(1)>";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if operation.key.method != Method::Get {
        return Applies::Irrelevant;
    }
    match hazard(operation) {
        Some(reason) => Applies::No(reason),
        None => Applies::Yes,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let arranged = valid_request(script, operation)?;
    let answers = script.send_all(requests(script, operation, &arranged)?)?;
    let mut last = Judgement::inconclusive(Responsible::Supplier, "No response came to judge.");
    for exchange in answers {
        match judge(exchange) {
            Judgement::Fail(finding) => {
                return Ok(vec![finding.at(operation.pointer.clone()).into()]);
            }
            Judgement::Pass => last = Judgement::Pass,
            _ => {}
        }
    }
    Ok(vec![last])
}

fn requests(
    script: &Script<'_>,
    operation: &Operation,
    arranged: &Arranged,
) -> Scripted<Vec<Request>> {
    let contract = script.world.contract;
    let mut requests = Vec::new();
    let text = operation
        .parameters
        .iter()
        .find(|parameter| parameter.place == ParameterPlace::Query);
    if let Some(parameter) = text {
        requests.push(arranged.with_query(contract, operation, &parameter.name, json!(MARKUP))?);
    }
    if let Some(variable) = operation.path_variables().last() {
        requests.push(arranged.with_path_text(contract, operation, variable, &encode(MARKUP))?);
    }
    let mut below = arranged.request.clone();
    let path = below.path_and_query();
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    below.address = Address::Base(format!("{path}/{}", encode(MARKUP)));
    below.operation = None;
    requests.push(below);
    for request in &mut requests {
        request.intent = Intent::Wrong("markup in place of a value".into());
        request.purpose = "sends markup".into();
    }
    Ok(requests)
}

fn judge(exchange: &Exchange) -> Judgement {
    let Some(response) = exchange.response() else {
        return Judgement::inconclusive(Responsible::Supplier, "No response came to judge.");
    };
    let body = String::from_utf8_lossy(&response.body);
    let media = response.media_type().unwrap_or_default();
    let nosniff = response
        .headers
        .get("x-content-type-options")
        .is_some_and(|said| said.trim().eq_ignore_ascii_case("nosniff"));
    let shown = media == "text/html"
        || media == "image/svg+xml"
        || media == "text/xml"
        || media == "application/xml"
        || media == "application/xhtml+xml"
        || (media.is_empty() && !nosniff);
    if !shown || !body.contains(MARKUP) {
        return Judgement::Pass;
    }
    Finding::new(
        "markup as a page",
        "Markup from the request is returned as a page.",
        "a response that a browser does not show, or `&lt;` in place of `<`",
        format!("{}, with the element as it was sent", exchange.received()),
    )
    .shown_by(exchange.id)
    .into()
}
