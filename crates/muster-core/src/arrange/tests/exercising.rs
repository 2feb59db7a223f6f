//! What comes of an operation that is called until it succeeds.

use serde_json::{Value, json};

use super::super::{exercise, testing::*};
use crate::{
    exchange::{Breakage, BreakageKind, Exchange, Outcome, Request},
    model::Responsible,
    script::{Halt, dry_run},
    verdict::Judgement,
};

fn exercised(
    setting: &Setting,
    operation: &str,
    answers: impl FnMut(&Request) -> Outcome,
) -> (Judgement, Vec<Exchange>) {
    let key = key(operation);
    let (ended, sent) = dry_run(
        setting.world(),
        |script| {
            let contract = script.world.contract;
            exercise(script, contract.operation(&key).unwrap())
        },
        answers,
    );
    let judgement = match ended {
        Ok(judgements) => judgements.into_iter().next().unwrap(),
        Err(Halt::Unmet(gap)) => Judgement::Inconclusive(gap),
        Err(other) => panic!("{other:?}"),
    };
    (judgement, sent)
}

fn responsible(judgement: &Judgement) -> (Responsible, &str) {
    match judgement {
        Judgement::Inconclusive(gap) => (gap.responsible, &gap.reason),
        other => panic!("not inconclusive: {other:?}"),
    }
}

#[test]
fn success_passes() {
    let setting = Setting::new(PEOPLE);
    for operation in [
        "GET /people",
        "POST /people",
        "DELETE /people/{personId}",
        "PUT /people/{personId}",
    ] {
        assert_eq!(
            exercised(&setting, operation, people()).0,
            Judgement::Pass,
            "{operation}"
        );
    }
}

#[test]
fn refusals_say_whose_they_are() {
    let setting = Setting::new(PEOPLE).reading();
    for (status, expected) in [
        (401, Responsible::Credentials),
        (403, Responsible::Credentials),
        (404, Responsible::Supplier),
        (429, Responsible::Configuration),
        (500, Responsible::Supplier),
        (503, Responsible::Supplier),
        (302, Responsible::Supplier),
    ] {
        let (judgement, sent) = exercised(&setting, "GET /people", |_| {
            answer(status, &[], &json!({"detail": "so it is"}))
        });
        let (responsible, reason) = responsible(&judgement);
        assert_eq!(responsible, expected, "{status}");
        assert!(
            reason.contains(&status.to_string()) && reason.contains("so it is"),
            "{reason}"
        );
        assert_eq!(sent.len(), 1, "{status}");
    }
    let (judgement, _) = exercised(&setting, "GET /people", |_| {
        Outcome::Broken(Breakage {
            kind: BreakageKind::TimedOut,
            detail: "nothing in 10 s".to_owned(),
        })
    });
    assert_eq!(responsible(&judgement).0, Responsible::Supplier);
}

#[test]
fn an_id_that_names_nothing_is_tried_three_times_at_most() {
    let setting = Setting::new(PEOPLE).reading();
    let (judgement, sent) = exercised(&setting, "GET /people/{personId}", |request| match request
        .path_and_query()
    {
        "/people" => people()(request),
        _ => answer(404, &[], &Value::Null),
    });
    assert_eq!(responsible(&judgement).0, Responsible::TestData);
    let reads: Vec<String> = lines(&sent)
        .into_iter()
        .filter(|line| line != "GET /people")
        .collect();
    assert_eq!(reads.len(), 3, "{reads:?}");
    assert_eq!(reads[0], format!("GET /people/{OTHER}"));
    assert!(reads[1] != reads[0] && reads[2] != reads[1]);
}

#[test]
fn a_refused_body_is_tried_with_everything_optional() {
    let setting = Setting::new(PEOPLE);
    let (judgement, sent) = exercised(&setting, "POST /people", |request| {
        let body: Value = serde_json::from_slice(&request.body.as_ref().unwrap().bytes).unwrap();
        if body.get("nickname").is_some() {
            answer(201, &[], &json!({"id": PERSON}))
        } else {
            answer(422, &[], &json!({"detail": "nickname is needed"}))
        }
    });
    assert_eq!(judgement, Judgement::Pass);
    assert_eq!(sent.len(), 2);
    let (judgement, sent) = exercised(&setting, "POST /people", |_| {
        answer(400, &[], &json!({"detail": "never"}))
    });
    assert!(responsible(&judgement).1.contains("never"));
    assert!(sent.len() <= 4, "{}", sent.len());
}

#[test]
fn a_documented_redirection_is_a_success_and_another_is_none() {
    let setting = Setting::new(
        "
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /old: {get: {responses: {'302': {description: moved}}}}
  /both: {get: {responses: {'200': {description: ok}, '302': {description: moved}}}}
  /new: {get: {responses: {'200': {description: ok}}}}
",
    );
    let moved = |_: &Request| answer(302, &[("location", "/new")], &Value::Null);
    assert_eq!(exercised(&setting, "GET /old", moved).0, Judgement::Pass);
    assert_eq!(exercised(&setting, "GET /both", moved).0, Judgement::Pass);
    assert_eq!(
        responsible(&exercised(&setting, "GET /new", moved).0).0,
        Responsible::Supplier
    );
}
