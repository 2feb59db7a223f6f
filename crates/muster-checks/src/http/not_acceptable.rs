//! `http.not-acceptable`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::probe::reached,
};
use muster_core::{
    arrange::valid_request,
    contract::{Contract, Operation, StatusPattern},
    exchange::{Exchange, Intent},
    model::{Method, Responsible},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.not-acceptable",
    purpose: "The API returns 406 to a request that accepts none of its media types.",
    verifies: "For each operation with GET whose success has documented media types, a valid \
        request is sent that accepts only `application/vnd.muster.none`. The response is 406, and \
        the contract documents 406. HTTP itself leaves it to the API to ignore Accept; this check \
        holds it to the stricter rule of the design guidance it is cited for. 404 is inconclusive: \
        the record may not exist.",
    matters: "A client that gets what it did not ask for parses the wrong thing, and finds out \
        late.",
    fix: "Switch content negotiation on in the framework, so that an Accept it cannot satisfy gives 406, \
        and document 406.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "406",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 406)],
            says: Expect::Pass,
        },
        Example {
            title: "Accept ignored",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("receives 200"),
        },
        Example {
            title: "Any media type",
            contract: "/files: {get: {responses: {'200': {description: A file, content: {'*/*': {}}}}}}",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get:
    responses:
      '200': {description: People, content: {application/json: {}}}
      '406': {description: Not acceptable}
";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if operation.key.method != Method::Get {
        return Applies::Irrelevant;
    }
    let media: Vec<&str> = operation
        .responses
        .iter()
        .filter(|spec| match spec.status {
            StatusPattern::Exact(code) => (200..300).contains(&code),
            StatusPattern::Range(class) => class == 2,
            StatusPattern::Default => false,
        })
        .flat_map(|spec| &spec.content)
        .map(|media| media.media_type.as_str())
        .collect();
    if media.is_empty() {
        Applies::No("The contract documents no media type for its success.".into())
    } else if media
        .iter()
        .any(|media| media.starts_with("*/") || media.starts_with("application/*"))
    {
        Applies::No("The contract says that it responds with any media type.".into())
    } else {
        Applies::Yes
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Ok(Vec::new());
    };
    let mut request = valid_request(script, operation)?
        .request
        .header("accept", "application/vnd.muster.none")
        .meant(Intent::Wrong("no media type of the API is accepted".into()));
    request.purpose = "accepts no media type that the API has".into();
    let exchange = script.send(request)?;
    Ok(vec![judge(operation, exchange)])
}

fn judge(operation: &Operation, exchange: &Exchange) -> Judgement {
    let response = match reached(exchange) {
        Ok(response) => response,
        Err(judgement) => return judgement,
    };
    let (cause, title) = match response.status {
        406 => return Judgement::Pass,
        500.. => {
            return Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{} returned {}, which `response.server-error` tells of.",
                    operation.key, response.status
                ),
            );
        }
        404 | 410 => {
            return Judgement::inconclusive(
                Responsible::TestData,
                format!(
                    "{} returned {}: the record may not exist. Give existing ids under `data` \
                        in the target file.",
                    operation.key, response.status
                ),
            );
        }
        status => (
            format!("answered {status}"),
            format!("An Accept that cannot be satisfied receives {status}."),
        ),
    };
    Finding::new(
        cause,
        title,
        format!("{}: 406", operation.key),
        exchange.received(),
    )
    .at(operation.pointer.clone())
    .into()
}
