//! What examples cannot show: conditions of requests, limits of the run, parameters of the target.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at what is wrong"
)]

use serde_json::json;

use crate::{Answer, Example, Expect, Kind, ScriptedResponse, examples, find, laws::contract};
use muster_core::{
    contract::Contract,
    exchange::{Address, Auth, Body, Exchange, Outcome, Request, Response},
    model::{Method, Parameters},
    verdict::{Judgement, Verdict},
};

const PEOPLE: &str = "
/people:
  get: {responses: {'200': {$ref: '#/components/responses/People'}}}
/officers:
  get: {responses: {'200': {$ref: '#/components/responses/People'}}}
components:
  responses:
    People:
      description: People
      content:
        application/json:
          schema: {$ref: '#/components/schemas/People'}
  schemas:
    People: {type: object, properties: {count: {type: integer}, date: {type: string}}}
";

fn exchange(
    contract: &Contract,
    line: ScriptedResponse,
    change: impl FnOnce(&mut Request),
) -> Exchange {
    let mut request = examples::request(&line, contract).unwrap();
    change(&mut request);
    examples::answer(&line, request, contract, 1)
}

fn response(exchange: &Exchange, change: impl FnOnce(&mut Response)) -> Exchange {
    let mut exchange = exchange.clone();
    if let Outcome::Answered(response) = &mut exchange.outcome {
        change(response);
    }
    exchange
}

fn judge(id: &str, contract: &Contract, exchange: &Exchange) -> Vec<Judgement> {
    let Kind::Response(judge) = find(id).unwrap().kind else {
        panic!("{id} judges no answers");
    };
    judge(&Answer::of(contract, exchange, &Parameters::default()))
}

fn verdict(judgements: &[Judgement]) -> Option<Verdict> {
    judgements.iter().filter_map(Judgement::verdict).max()
}

#[test]
fn a_status_that_a_condition_asked_for_is_not_undocumented() {
    let contract = contract(PEOPLE);
    for (header, status) in [
        ("if-none-match", 304),
        ("if-match", 412),
        ("range", 206),
        ("expect", 417),
    ] {
        let line = ScriptedResponse::empty("GET /people", status);
        let without = exchange(&contract, line, |_| {});
        let with = exchange(&contract, line, |request| request.headers.set(header, "x"));
        let judged = |exchange| judge("response.status-documented", &contract, exchange);
        assert_eq!(verdict(&judged(&without)), Some(Verdict::Fail), "{status}");
        assert_eq!(judged(&with), [], "{status}");
    }
}

#[test]
fn a_401_is_documented_by_the_security_that_the_contract_declares() {
    let open = "/people: {get: {responses: {'200': {description: People}}}}";
    let guarded = "
security: [{key: []}]
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
/people: {get: {responses: {'200': {description: People}}}}
";
    for (part, says) in [(open, Some(Verdict::Fail)), (guarded, None)] {
        let contract = contract(part);
        let refused = exchange(
            &contract,
            ScriptedResponse::empty("GET /people", 401),
            |_| {},
        );
        let judged = judge("response.status-documented", &contract, &refused);
        assert_eq!(verdict(&judged), says, "{part}");
    }
}

#[test]
fn a_cut_body_is_not_blamed() {
    let contract = contract(PEOPLE);
    let whole = exchange(
        &contract,
        ScriptedResponse::json("GET /people", 200, "{\"count\":"),
        |_| {},
    );
    let cut = response(&whole, |response| response.cut = true);
    let judged = |id, exchange| verdict(&judge(id, &contract, exchange));
    assert_eq!(judged("response.body-schema", &whole), Some(Verdict::Fail));
    assert_eq!(
        judged("response.body-schema", &cut),
        Some(Verdict::Inconclusive)
    );
    assert_eq!(judged("response.json-utf8", &cut), None);
}

#[test]
fn one_defect_of_a_shared_schema_is_one_cause() {
    let contract = contract(PEOPLE);
    let cause = |to| {
        let exchange = exchange(
            &contract,
            ScriptedResponse::json(to, 200, "{\"count\":\"1\"}"),
            |_| {},
        );
        match judge("response.body-schema", &contract, &exchange).as_slice() {
            [Judgement::Fail(finding)] => finding.cause.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(cause("GET /people"), cause("GET /officers"));
}

#[test]
fn two_defects_of_one_body_are_two_findings() {
    let contract = contract(PEOPLE);
    let line = ScriptedResponse::json("GET /people", 200, r#"{"count":"1","date":7}"#);
    let judged = judge(
        "response.body-schema",
        &contract,
        &exchange(&contract, line, |_| {}),
    );
    assert_eq!(judged.len(), 2, "{judged:?}");
}

#[test]
fn bytes_that_are_no_text_are_told_from_text_that_cannot_be_held() {
    let contract = contract(PEOPLE);
    let body = |bytes: &'static [u8]| {
        let exchange = exchange(
            &contract,
            ScriptedResponse::json("GET /people", 200, "{}"),
            |_| {},
        );
        let exchange = response(&exchange, |response| response.body = bytes.into());
        verdict(&judge("response.json-utf8", &contract, &exchange))
    };
    assert_eq!(body(b"\"Si\xe2n\""), Some(Verdict::Fail));
    assert_eq!(body(br#""\ud800""#), Some(Verdict::Inconclusive));
    assert_eq!(body(br#""\ud83d\ude00""#), Some(Verdict::Pass));
}

#[test]
fn an_error_for_a_caller_that_takes_no_json_may_have_any_form() {
    let contract = contract(PEOPLE);
    let line = ScriptedResponse::new("GET /people", 404, &[("content-type", "text/csv")], "error");
    for (accept, says) in [
        ("text/csv", None),
        ("application/json", Some(Verdict::Fail)),
    ] {
        let exchange = exchange(&contract, line, |request| {
            request.headers.set("accept", accept);
        });
        let judged = judge("response.problem-json", &contract, &exchange);
        assert_eq!(verdict(&judged), says, "{accept}");
    }
}

#[test]
fn a_date_that_the_request_sent_is_not_the_fault_of_the_answer() {
    let contract = contract(PEOPLE);
    let line = ScriptedResponse::json("GET /people", 200, r#"{"date":"28/02/1990"}"#);
    let sent = exchange(&contract, line, |request| {
        request.body = Some(Body::json(
            "application/json",
            &json!({"date": "28/02/1990"}),
        ));
    });
    let own = exchange(&contract, line, |_| {});
    let judged = |exchange| verdict(&judge("response.dates", &contract, exchange));
    assert_eq!(judged(&own), Some(Verdict::Fail));
    assert_ne!(judged(&sent), Some(Verdict::Fail));
}

#[test]
fn what_lies_beside_the_api_is_not_judged_as_the_api() {
    let contract = contract(PEOPLE);
    let line = ScriptedResponse::json("GET /other", 500, "<h1>Error</h1>");
    for id in [
        "response.server-error",
        "response.json-utf8",
        "response.problem-json",
    ] {
        let root = exchange(&contract, line, |request| {
            request.address = Address::Root("/.well-known/security.txt".into());
        });
        let base = exchange(&contract, line, |_| {});
        assert_eq!(judge(id, &contract, &root), [], "{id}");
        assert_eq!(
            verdict(&judge(id, &contract, &base)),
            Some(Verdict::Fail),
            "{id}"
        );
    }
}

#[test]
fn a_response_of_another_method_is_not_judged_by_the_operation() {
    let contract = contract(PEOPLE);
    let head = exchange(
        &contract,
        ScriptedResponse::empty("GET /people", 405),
        |request| {
            request.method = Method::Head;
        },
    );
    assert_eq!(judge("response.status-documented", &contract, &head), []);
}

/// What a probe asks, and what it says, with these parameters.
fn probe(
    id: &str,
    part: &str,
    parameters: serde_json::Value,
    writes: bool,
    line: ScriptedResponse,
) -> (Vec<Request>, Vec<Judgement>) {
    let Kind::Probe { run, scope, .. } = find(id).unwrap().kind else {
        panic!("{id} asks nothing");
    };
    let contract = contract(part);
    let parameters: Parameters = serde_json::from_value(parameters).unwrap();
    let stage = examples::Stage {
        contract: &contract,
        writes,
        parameters: &parameters,
    };
    let dialogue: &'static [ScriptedResponse] = Box::leak(Box::new([line]));
    let example = Example {
        title: "",
        contract: "",
        dialogue,
        says: Expect::Nothing,
    };
    let mut asked = Vec::new();
    let (operation, _) = examples::subjects(scope, &contract, &parameters)
        .into_iter()
        .next()
        .unwrap();
    let said = examples::converse(run, operation, &example, &stage, &mut asked).unwrap();
    (asked, said)
}

#[test]
fn without_writes_an_undeclared_method_is_a_safe_one() {
    let line = ScriptedResponse::new("QUERY /people", 405, &[("allow", "GET")], "");
    let (asked, said) = probe("http.undeclared-method", PEOPLE, json!({}), false, line);
    assert_eq!(asked.first().unwrap().method, Method::Query);
    assert_eq!(said, [Judgement::Pass]);
}

#[test]
fn plain_http_is_asked_without_credentials_at_the_port_that_is_given() {
    let part = "
servers: [{url: 'https://127.0.0.1:8443/rms'}]
/people/{id}: {get: {responses: {'200': {description: A person}}}}
/people: {get: {responses: {'200': {description: People}}}}
";
    let line = ScriptedResponse::empty("GET http://127.0.0.1:8080/rms/people", 403);
    let parameters = json!({ "plain_http_port": 8080 });
    let (asked, said) = probe("transport.plain-http", part, parameters, false, line);
    let request = asked.first().unwrap();
    assert_eq!(request.auth, Auth::Nothing);
    assert!(request.headers.is_empty());
    assert_eq!(said, [Judgement::Pass]);
}

#[test]
fn a_declared_server_in_a_test_environment_counts_as_one_to_test_against() {
    let part = "servers: [{url: https://rms.example.test, description: Northshire}]";
    let line = ScriptedResponse::empty("GET /", 401);
    let id = "http.test-server-reachable";
    let (_, tested) = probe(id, part, json!({ "environment": "test" }), false, line);
    assert_eq!(tested, [Judgement::Pass]);
    let (asked, live) = probe(
        id,
        part,
        json!({ "environment": "production" }),
        false,
        line,
    );
    assert!(asked.is_empty());
    assert_eq!(verdict(&live), None);
}

#[test]
fn a_number_in_a_narrow_range_is_never_taken_for_unknown() {
    let part = "
/forces/{code}:
  get:
    parameters: [{name: code, in: path, required: true, schema: {type: integer, minimum: 1, maximum: 99}, example: 43}]
    responses: {'200': {description: A force}, '404': {description: No such force}}
";
    let line = ScriptedResponse::json("GET /forces/*", 200, "{}");
    let Kind::Probe { run, .. } = find("http.unknown-resource").unwrap().kind else {
        panic!("a probe");
    };
    let contract = contract(part);
    let parameters = Parameters::default();
    let stage = examples::Stage {
        contract: &contract,
        writes: false,
        parameters: &parameters,
    };
    let example = Example {
        title: "",
        contract: "",
        dialogue: Box::leak(Box::new([line])),
        says: Expect::Nothing,
    };
    let mut asked = Vec::new();
    let said = examples::converse(
        run,
        contract.operations.first(),
        &example,
        &stage,
        &mut asked,
    )
    .unwrap();
    assert!(
        matches!(said.as_slice(), [Judgement::NotApplicable(_)]),
        "{said:?}"
    );
    assert!(asked.is_empty());
}
