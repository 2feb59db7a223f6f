//! Cases in canned dialogues.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::{Spots, Suite, converse, lint};
use muster_core::{
    arrange::testing::{PEOPLE, Setting, answer, people},
    exchange::{Auth, Breakage, BreakageKind, Exchange, Intent, Outcome, Request, Shown},
    script::{Halt, dry_run},
    verdict::Judgement,
};

/// Leaked, so that it outlives any conversation of a test.
fn suite(cases: &str) -> &'static Suite {
    let text = format!("suite: s\ntitle: S\nparameters: {{ limit: 3 }}\ncases:\n{cases}");
    let value: Value = serde_saphyr::from_str(&text).unwrap();
    Box::leak(Box::new(Suite {
        definition: serde_json::from_value(value).unwrap(),
        spots: Spots::new("s.yaml".into(), text.into(), HashMap::new()),
        files: BTreeMap::new(),
    }))
}

/// Runs the first case.
fn run(cases: &str, answer: impl FnMut(&Request) -> Outcome) -> (Vec<Judgement>, Vec<Exchange>) {
    let suite = suite(cases);
    assert_eq!(lint::lint(suite), []);
    let setting = Setting::new(PEOPLE);
    let (ended, sent) = dry_run(
        setting.world(),
        |script| converse(script, first(suite)),
        answer,
    );
    (ended.unwrap(), sent)
}

fn first(suite: &'static Suite) -> super::Chosen<'static> {
    suite.cases().next().unwrap()
}

fn paths(sent: &[Exchange]) -> Vec<String> {
    sent.iter()
        .map(|exchange| {
            let request = &exchange.request;
            format!("{} {}", request.method, request.path_and_query())
        })
        .collect()
}

fn body(exchange: &Exchange) -> Value {
    serde_json::from_slice(&exchange.request.body.as_ref().unwrap().bytes).unwrap()
}

fn received(judgement: &Judgement) -> String {
    match judgement {
        Judgement::Fail(finding) => format!(
            "{} | {} | {}",
            finding.cause, finding.expected, finding.received
        ),
        other => format!("{other:?}"),
    }
}

const READ_BACK: &str = "
  - id: read-back
    purpose: What was made can be read.
    variables: { surname: \"Zz-${{ unique('a') }}\" }
    steps:
      - call: POST /people
        with: { headers: { Idempotency-Key: 12345678 }, body: { overlay: { on: { literal: { surname: x, gone: 1 } }, merge: { surname: '${{ surname }}', gone: null }, patch: [ { op: add, path: /n, value: '${{ 1 + params.limit }}' } ] } } }
        expect: { status: 201 }
        capture: { id: { json: $.id, type: string }, at: { header: location } }
      - call: GET /people/{personId}
        with: { path: { personId: '${{ id }}' } }
        expect: { status: 200, that: [ \"at.endsWith(id)\", \"answer.status == 200\" ] }
    cleanup:
      - call: DELETE /people/{personId}
        with: { path: { personId: '${{ id }}' } }
";

#[test]
fn captures_reach_later_steps_and_the_cleanup() {
    let text = READ_BACK
        .replace(" at: {", " place: {")
        .replace("at.ends", "place.ends");
    let (judgements, sent) = run(&text, people());
    assert_eq!(judgements, [Judgement::Pass]);
    let id = "3f2b8a1e-5c4d-4e6f-8a9b-0c1d2e3f4a01";
    assert_eq!(
        paths(&sent),
        [
            "POST /people".to_owned(),
            format!("GET /people/{id}"),
            format!("DELETE /people/{id}")
        ]
    );
    let made = body(&sent[0]);
    assert_eq!(made["n"], 4);
    assert!(made.get("gone").is_none());
    let surname = made["surname"].as_str().unwrap();
    assert!(
        surname.starts_with("Zz-") && surname.contains("-a-"),
        "{surname}"
    );
}

#[test]
fn names_of_functions_are_no_names_of_captures() {
    let mistakes = lint::lint(suite(READ_BACK));
    assert_eq!(
        mistakes[0].message,
        "`at` means something else in expressions"
    );
}

#[test]
fn everything_that_does_not_hold_is_told_and_the_case_goes_on() {
    let (judgements, sent) = run(
        "
  - id: a
    purpose: P.
    steps:
      - call: GET /people
        expect:
          status: 204
          headers: { X-None: { exists: true } }
          body: { at: [ { path: '$.items[0].surname', is: Other }, { path: $.items, length: 1 }, { path: $.none, count: 2 } ], not_containing: [zzTEST] }
          that: [ 'size(answer.body.items) == 2', 'answer.body.next == 1', 'answer.status == 200' ]
      - call: GET /people
    cleanup:
      - call: GET /people
",
        people(),
    );
    let told: Vec<String> = judgements.iter().map(received).collect();
    assert_eq!(told.len(), 7, "{told:#?}");
    assert!(
        told[0].starts_with("step 1/expect/status | status 204 | 200"),
        "{told:#?}"
    );
    assert!(told[1].contains("X-None"), "{told:#?}");
    assert!(
        told.iter()
            .any(|one| one.contains("at/0/is | `$.items[0].surname` is \"Other\" | \"Zztest\""))
    );
    assert!(
        told.iter()
            .any(|one| one.contains("at/2/count | `$.none` selects 2 values | it selects 0"))
    );
    assert!(
        told.iter()
            .any(|one| one.contains("that/0") && one.contains("it is false"))
    );
    assert!(
        told.iter()
            .any(|one| one.contains("that/1") && one.contains("No such key"))
    );
    assert_eq!(sent.len(), 3);
}

#[test]
fn a_capture_that_finds_nothing_is_an_error_and_the_cleanup_still_runs() {
    let case = "
  - id: a
    purpose: P.
    steps:
      - call: GET /people
        expect: { status: STATUS }
        capture: { next: { json: $.next, type: string } }
      - call: GET /people
        with: { query: { surname: '${{ next }}' } }
    cleanup:
      - call: PUT /settings
        with: { body: { literal: {} } }
      - call: GET /people
        with: { query: { surname: '${{ next }}' } }
";
    let (judgements, sent) = run(&case.replace("STATUS", "200"), people());
    assert!(
        matches!(judgements.as_slice(), [Judgement::Error(gap)] if gap.reason.contains("`next` finds nothing")),
        "{judgements:?}"
    );
    assert_eq!(paths(&sent), ["GET /people", "PUT /settings"]);
    // After a failure the failure alone is told.
    let (judgements, _) = run(&case.replace("STATUS", "204"), people());
    assert!(
        matches!(judgements.as_slice(), [Judgement::Fail(_)]),
        "{judgements:?}"
    );
}

#[test]
fn no_answer_and_refusals_are_inconclusive_unless_the_step_judges_them() {
    let case = |more: &str| {
        format!(
            "
  - id: a
    purpose: P.
    steps:
      - call: GET /people
        {more}
    cleanup: [ {{ call: GET /people }} ]
"
        )
    };
    let busy = |_: &Request| answer(503, &[], &Value::Null);
    let (judgements, sent) = run(&case("expect: { status: 200 }"), busy);
    assert!(matches!(
        judgements.as_slice(),
        [Judgement::Inconclusive(_)]
    ));
    assert_eq!(sent.len(), 2, "the cleanup runs");
    let (judgements, _) = run(&case("expect: { status: 503 }"), busy);
    assert_eq!(judgements, [Judgement::Pass]);
    let (judgements, _) = run(&case("refusal: judged"), busy);
    assert!(received(&judgements[0]).contains("status 2xx | 503"));
    let lost = |_: &Request| {
        Outcome::Broken(Breakage {
            kind: BreakageKind::Tls,
            detail: "The handshake failed.".to_owned(),
        })
    };
    let (judgements, _) = run(&case("expect: { status: 200 }"), lost);
    assert!(matches!(
        judgements.as_slice(),
        [Judgement::Inconclusive(_)]
    ));
}

#[test]
fn repeats_and_bursts_are_judged_together() {
    let case = "
  - id: a
    purpose: P.
    steps:
      - call: POST /people
        with:
          headers: { Idempotency-Key: \"${{ unique('k') }}\" }
          body: { literal: { n: '${{ index }}', own: \"${{ unique('x' + string(index)) }}\", same: \"${{ uuid('y') }}\" } }
        times: 3
        concurrently: 2
        pause_ms: 10
        expect:
          status: [201, 409]
          that: [ 'answers.exists_one(a, a.status == 201)', 'size(answers) == 6', 'answers.all(a, a.request.body.n >= 0)' ]
";
    let mut sent_before = 0;
    let (judgements, sent) = run(case, |_| {
        sent_before += 1;
        answer(if sent_before == 1 { 201 } else { 409 }, &[], &json!({}))
    });
    assert_eq!(judgements, [Judgement::Pass]);
    let bodies: Vec<Value> = sent.iter().map(body).collect();
    assert_eq!(
        bodies
            .iter()
            .map(|body| body["n"].as_i64().unwrap())
            .collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5]
    );
    assert_ne!(bodies[0]["own"], bodies[1]["own"]);
    assert_eq!(bodies[0]["same"], bodies[5]["same"]);
    let (judgements, _) = run(case, |_| answer(201, &[], &json!({})));
    assert!(
        received(&judgements[0]).contains("statuses 201, 201"),
        "{judgements:?}"
    );
}

#[test]
fn polling_ends_when_it_holds_or_when_the_time_is_up() {
    let case = "
  - id: a
    purpose: P.
    steps:
      - call: GET /people
        until: { within_s: 1, every_ms: 250 }
        expect: { body: { at: [ { path: $.ready, is: true } ] } }
";
    let mut asked = 0;
    let (judgements, sent) = run(case, |_| {
        asked += 1;
        answer(200, &[], &json!({ "ready": asked == 3 }))
    });
    assert_eq!(judgements, [Judgement::Pass]);
    assert_eq!(sent.len(), 3);
    let (judgements, sent) = run(case, |_| answer(200, &[], &json!({ "ready": false })));
    assert!(matches!(judgements.as_slice(), [Judgement::Fail(_)]));
    assert_eq!(sent.len(), 5, "once, and four more within a second");
}

#[test]
fn raw_bytes_and_headers_go_as_they_stand() {
    let (judgements, sent) = run(
        "
  - id: a
    purpose: P.
    steps:
      - call: POST /people
        credentials: none
        with: { headers: { Idempotency-Key: abcdefgh }, media_type: none, body: { raw: { hex: '7b 22 ff' } } }
        expect: { status: 4xx }
      - call: BREW /people
        undeclared: true
        with: { query: { a: [1, 'x y'], b: null } }
        expect: { status: 405, body: { empty: true } }
",
        |request| answer(if request.body.is_some() { 400 } else { 405 }, &[], &Value::Null),
    );
    assert_eq!(judgements, [Judgement::Pass]);
    let raw = sent[0].request.body.as_ref().unwrap();
    assert_eq!(
        (&raw.bytes[..], &raw.media_type),
        (&[0x7b, 0x22, 0xff][..], &None)
    );
    assert!(matches!(sent[0].request.intent, Intent::Wrong(_)));
    assert_eq!(paths(&sent)[1], "BREW /people?a=1&a=x%20y");
}

#[test]
fn a_generated_body_is_valid_and_what_is_not_given_is_arranged() {
    let (judgements, sent) = run(
        "
  - id: a
    purpose: P.
    steps:
      - call: POST /people
        with: { body: { overlay: { merge: { surname: Zztest } } } }
        expect: { status: 201, that: [ 'request.body.surname == \"Zztest\"', 'has(request.body.reference)' ] }
      - call: POST /people
        with: { body: { generated: plain } }
        expect: { status: 201, that: [ 'has(request.body.nickname)' ] }
",
        people(),
    );
    assert_eq!(judgements, [Judgement::Pass]);
    assert!(sent[0].request.headers.get("idempotency-key").is_some());
}

#[test]
fn writes_are_left_out_where_they_are_refused() {
    let suite = suite(READ_BACK);
    let setting = Setting::new(PEOPLE).reading();
    let (ended, sent) = dry_run(
        setting.world(),
        |script| converse(script, first(suite)),
        people(),
    );
    assert!(matches!(
        ended.unwrap().as_slice(),
        [Judgement::NotApplicable(_)]
    ));
    assert!(sent.is_empty());
}

#[test]
fn a_case_waits_for_its_answers_and_makes_the_same_requests_again() {
    let suite = suite(READ_BACK);
    let setting = Setting::new(PEOPLE);
    let asks = || {
        let mut script = muster_core::script::Script::new(setting.world(), &[]);
        assert_eq!(converse(&mut script, first(suite)), Err(Halt::Pending));
        script.into_ask()
    };
    assert_eq!(asks(), asks());
}

#[test]
fn rows_are_cases_with_ids_of_their_own() {
    let table = suite(
        "
  - id: t
    purpose: P.
    rows: [ { id: a, n: 1 }, { id: b, n: '${{ 1 + 1 }}' } ]
    steps: [ { call: GET /people, with: { query: { limit: '${{ row.n }}' } } } ]
",
    );
    let ids: Vec<String> = table.cases().map(|case| case.id().to_string()).collect();
    assert_eq!(ids, ["s/t[a]", "s/t[b]"]);
    assert_eq!(table.cited("s/t").count(), 2);
    assert_eq!(table.cited("s/t[b]").count(), 1);
    let setting = Setting::new(PEOPLE);
    let (_, sent) = dry_run(
        setting.world(),
        |script| converse(script, table.cases().nth(1).unwrap()),
        people(),
    );
    assert_eq!(paths(&sent), ["GET /people?limit=2"]);
}

#[test]
fn an_expression_that_would_take_long_is_refused() {
    let mistakes = lint::lint(suite(
        "
  - id: a
    purpose: P.
    steps:
      - call: GET /people
        expect: { that: [ 'range(9).all(a, range(9).all(b, range(9).all(c, a + b + c >= 0)))' ] }
",
    ));
    assert!(
        mistakes[0].message.contains("nest at most 2 deep"),
        "{mistakes:?}"
    );
}

const RESTS: &str = "
  - id: rests
    purpose: What was made is kept.
    steps:
      - call: POST /people
        precondition: true
        with: { body: { literal: {} } }
        expect: { status: 201 }
      - call: GET /people
        expect: { status: 418 }
    cleanup:
      - call: GET /people
";

#[test]
fn a_case_whose_precondition_does_not_hold_ends_there_and_blames_nobody() {
    let (judgements, sent) = run(RESTS, |_| answer(409, &[], &json!({})));
    let [Judgement::Inconclusive(gap)] = judgements.as_slice() else {
        panic!("{judgements:?}");
    };
    assert!(gap.reason.contains("rests on step 1"), "{}", gap.reason);
    assert!(gap.reason.contains("expected status 201"), "{}", gap.reason);
    assert_eq!(paths(&sent), ["POST /people", "GET /people"]);
}

#[test]
fn a_precondition_that_holds_leaves_the_rest_to_be_judged() {
    let (judgements, _) = run(RESTS, |request| {
        answer(
            if request.body.is_some() { 201 } else { 200 },
            &[],
            &json!({}),
        )
    });
    assert!(
        matches!(judgements.as_slice(), [Judgement::Fail(_)]),
        "{judgements:?}"
    );
}

fn broken(kind: BreakageKind) -> Outcome {
    Outcome::Broken(Breakage {
        kind,
        detail: "It broke.".to_owned(),
    })
}

fn stranger(certificate: &str) -> String {
    format!(
        "
  - id: stranger
    purpose: A stranger is refused.
    steps:
      - call: GET /people
        certificate: {certificate}
        expect: {{ status: [4xx, 401, 403, tls-refusal] }}
"
    )
}

#[test]
fn a_stranger_may_be_refused_by_tls_or_by_an_answer_and_not_be_let_in() {
    for (outcome, passes) in [
        (broken(BreakageKind::Tls), true),
        (broken(BreakageKind::ConnectionLost), true),
        (answer(403, &[], &json!({})), true),
        (answer(400, &[], &json!({})), true),
        (answer(201, &[], &json!({})), false),
        (answer(500, &[], &json!({})), false),
        (broken(BreakageKind::TimedOut), false),
    ] {
        let (judgements, sent) = run(&stranger("self-signed"), |_| outcome.clone());
        assert_eq!(judgements == [Judgement::Pass], passes, "{outcome:?}");
        assert_eq!(sent[0].request.certificate, Shown::SelfSigned);
        assert!(sent[0].request.purpose.contains("signed by itself"));
    }
}

#[test]
fn a_connection_that_is_lost_with_the_right_certificate_is_no_refusal() {
    let (judgements, _) = run(&stranger("own"), |_| broken(BreakageKind::ConnectionLost));
    assert!(
        matches!(judgements.as_slice(), [Judgement::Inconclusive(_)]),
        "{judgements:?}"
    );
}

#[test]
fn a_part_of_credentials_in_one_piece_cannot_be_left_out() {
    let text = "
  - id: half
    purpose: Half a key is refused.
    steps:
      - call: GET /people
        credentials: { part: 2 }
        expect: { status: [401, 403] }
";
    let (judgements, sent) = run(text, |_| broken(BreakageKind::Unalterable));
    assert!(
        matches!(judgements.as_slice(), [Judgement::NotApplicable(_)]),
        "{judgements:?}"
    );
    assert_eq!(sent[0].request.auth, Auth::Part(2));
    let (judgements, _) = run(text, |_| answer(200, &[], &json!({})));
    assert!(
        matches!(judgements.as_slice(), [Judgement::Fail(_)]),
        "{judgements:?}"
    );
}

#[test]
fn a_failure_is_shown_by_the_answer_that_fails_and_not_by_the_cleanup_after_it() {
    let text = RESTS.replace("precondition: true", "name: makes one");
    let (judgements, sent) = run(&text, |request| {
        answer(
            if request.body.is_some() { 409 } else { 418 },
            &[],
            &json!({}),
        )
    });
    let [Judgement::Fail(finding)] = judgements.as_slice() else {
        panic!("{judgements:?}");
    };
    assert_eq!(finding.shown_by, Some(sent[0].id));
}
