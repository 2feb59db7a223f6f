//! Whole runs against a target that is a closure.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

mod ledger;

use super::*;
use crate::http::Sent;
use muster_checks::{
    plan::{Basis, Selection},
    profile::Profile,
};
use muster_core::{
    exchange::{
        Address, Breakage, BreakageKind, Headers, HttpVersion, Outcome, Request, Response, Timing,
    },
    model::{Budget, Claims, Environment, Method, OperationKey},
    verdict::{Unverified, Verdict},
};
use muster_report::event::{ContractFacts, Creation};

const CONTRACT: &str = r##"
openapi: 3.1.0
info: { title: People, version: 1.0.0 }
paths:
  /people:
    get:
      operationId: listPeople
      responses:
        '200': { description: All., content: { application/json: { schema: { $ref: '#/components/schemas/People' } } } }
    post:
      operationId: createPerson
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewPerson' } } } }
      responses:
        '201': { description: Made., content: { application/json: { schema: { $ref: '#/components/schemas/Person' } } } }
  /people/{personId}:
    parameters: [ { name: personId, in: path, required: true, schema: { type: string } } ]
    get:
      operationId: getPerson
      responses:
        '200': { description: One., content: { application/json: { schema: { $ref: '#/components/schemas/Person' } } } }
        '404': { description: None. }
    delete:
      operationId: deletePerson
      responses: { '204': { description: Gone. }, '404': { description: None. } }
components:
  schemas:
    NewPerson: { type: object, required: [surname], properties: { surname: { type: string, minLength: 1, maxLength: 35 } } }
    Person: { type: object, required: [id, surname], properties: { id: { type: string }, surname: { type: string } } }
    People: { type: object, required: [items], properties: { items: { type: array, items: { $ref: '#/components/schemas/Person' } } } }
"##;

const PROFILE: &str = r#"{
  "id": "test", "version": "1.0.0", "title": "Test",
  "classes": [ { "id": "answers", "title": "Answers", "kind": "core" } ],
  "requirements": [
    { "id": "T-1", "class": "answers", "level": "MUST", "statement": "Bodies are valid.",
      "source": { "document": "Test" }, "interoperability": "structural",
      "verification": { "verified-by": [ { "check": "response.body-schema" }, { "check": "response.status-documented" } ] } }
  ]
}"#;

/// A target that keeps people in memory.
#[derive(Default)]
struct People {
    held: BTreeMap<String, String>,
    last: u32,
    requests: Vec<String>,
}

impl People {
    fn answer(&mut self, request: &Request) -> (u16, String) {
        let path = request.path_and_query().to_owned();
        self.requests.push(format!("{} {path}", request.method));
        let id = path.strip_prefix("/people/").map(str::to_owned);
        let body: serde_json::Value = request
            .body
            .as_ref()
            .and_then(|body| serde_json::from_slice(&body.bytes).ok())
            .unwrap_or_default();
        let person = |id: &str, surname: &str| serde_json::json!({ "id": id, "surname": surname });
        match (request.method.as_str(), id) {
            ("POST", None) => {
                self.last += 1;
                let id = format!("p{}", self.last);
                let surname = body["surname"].as_str().unwrap_or_default().to_owned();
                self.held.insert(id.clone(), surname.clone());
                (201, person(&id, &surname).to_string())
            }
            ("GET", None) => {
                let items: Vec<_> = self
                    .held
                    .iter()
                    .map(|(id, surname)| person(id, surname))
                    .collect();
                (200, serde_json::json!({ "items": items }).to_string())
            }
            ("GET", Some(id)) => match self.held.get(&id) {
                Some(surname) => (200, person(&id, surname).to_string()),
                None => (404, String::new()),
            },
            ("DELETE", Some(id)) => match self.held.remove(&id) {
                Some(_) => (204, String::new()),
                None => (404, String::new()),
            },
            _ => (405, String::new()),
        }
    }
}

/// A wire to a closure.
struct Fake<F>(Mutex<F>);

impl<F: FnMut(&Request) -> Outcome + Send> Wire for Fake<F> {
    async fn send(&self, request: &Request, _: Option<&muster_core::contract::Operation>) -> Sent {
        let outcome = (self.0.lock().unwrap())(request);
        let Address::Base(path) = &request.address else {
            panic!("only paths below the base are asked for")
        };
        Sent {
            url: format!("http://target.test{path}"),
            credentials: Headers::new(),
            body: None,
            followed: None,
            outcome,
        }
    }

    async fn log_in(&self, _: &IdentityName) -> Result<(), Unverified> {
        Ok(())
    }

    fn renew(&self, _: &IdentityName, _: &Headers) -> bool {
        false
    }
}

fn answered((status, body): (u16, String)) -> Outcome {
    let mut headers = Headers::new();
    if !body.is_empty() {
        headers.append("content-type", "application/json");
    }
    Outcome::Answered(Response::new(
        status,
        HttpVersion::Http11,
        headers,
        body.into(),
        false,
        Timing::default(),
    ))
}

/// Runs everything against a target and gives the events back.
async fn run_with(
    budget: Budget,
    cancel: &Cancel,
    target: impl FnMut(&Request) -> Outcome + Send,
) -> Vec<Event> {
    let events = Mutex::new(Vec::new());
    run_into(&events, budget, cancel, target).await;
    events.into_inner().unwrap()
}

/// As [`run_with`], into a list that the target may look into.
async fn run_into(
    events: &Mutex<Vec<Event>>,
    budget: Budget,
    cancel: &Cancel,
    target: impl FnMut(&Request) -> Outcome + Send,
) {
    let contract = Contract::from_value(serde_saphyr::from_str(CONTRACT).unwrap()).unwrap();
    let profile: Profile = serde_json::from_str(PROFILE).unwrap();
    let relations = Relations::of(&contract);
    let claims = Claims::default();
    let parameters = Parameters::default();
    let selection = Selection::default();
    let plan = Plan::new(Basis {
        profile: &profile,
        contract: &contract,
        claims: &claims,
        parameters: &parameters,
        writes: true,
        selection: &selection,
    });
    let identities = [IdentityName::default()];
    let setup = Setup {
        started: Started {
            reproduction: muster_report::event::Reproduction::default(),
            run_id: "run".into(),
            muster: "0".into(),
            at: "2026-01-01T00:00:00Z".into(),
            seed: 7,
            profile,
            target: "Test".into(),
            target_file: None,
            supplier: "Test".into(),
            environment: Environment::Test,
            base_url: "http://target.test".into(),
            claims: claims.clone(),
            budget,
            writes: true,
            contract: ContractFacts {
                title: "People".into(),
                version: "1.0.0".into(),
                openapi: "3.1.0".into(),
                location: "test".into(),
                sha256: String::new(),
                operations: contract
                    .operations
                    .iter()
                    .map(|operation| operation.key.clone())
                    .collect(),
                surfaces: muster_core::coverage::surfaces(&contract),
                reconstruction: false,
            },
            waivers: Vec::new(),
            attestations: Vec::new(),
            today: "2026-01-01".into(),
            fail_on_should: false,
        },
        contract: &contract,
        relations: &relations,
        claims: &claims,
        parameters: &parameters,
        identities: &identities,
        run_tag: "muster-test",
        plan: &plan,
        known: ValuePool::default(),
        asked_before: 0,
    };
    let wire = Fake(Mutex::new(target));
    let listener = |event: Event| events.lock().unwrap().push(event);
    Runner::new(&setup, &wire, &Redactor::default(), &listener, cancel)
        .run()
        .await;
}

async fn run(target: impl FnMut(&Request) -> Outcome + Send) -> Vec<Event> {
    let budget = Budget {
        per_second: 0,
        concurrency: 4,
        ..Budget::default()
    };
    run_with(budget, &Cancel::default(), target).await
}

fn judgements(events: &[Event]) -> Vec<(String, Option<Verdict>, Confirmation)> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Judged(judged) => {
                let operation = judged
                    .operation
                    .as_ref()
                    .map(OperationKey::to_string)
                    .unwrap_or_default();
                Some((
                    format!("{} {operation}", judged.by),
                    judged.judgement.verdict(),
                    judged.confirmation,
                ))
            }
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn a_good_target_is_reached_everywhere_and_left_as_it_was() {
    let people = Arc::new(Mutex::new(People::default()));
    let events = run(|request| answered(people.lock().unwrap().answer(request))).await;
    let judged = judgements(&events);
    assert_eq!(
        judged
            .iter()
            .filter(|(by, ..)| by.starts_with("operation.reached"))
            .count(),
        4,
        "{judged:#?}"
    );
    assert!(
        judged
            .iter()
            .all(|(_, verdict, _)| *verdict == Some(Verdict::Pass)),
        "{judged:#?}"
    );
    assert!(
        people.lock().unwrap().held.is_empty(),
        "something was left behind"
    );
}

#[tokio::test]
async fn what_is_created_is_told_before_it_is_sent() {
    let people = Mutex::new(People::default());
    let events = run(|request| answered(people.lock().unwrap().answer(request))).await;
    let mut intended = 0;
    for event in &events {
        match event {
            Event::CreationIntended(_) => intended += 1,
            Event::Exchanged(exchanged) if exchanged.observation.method == Method::Post => {
                intended -= 1;
                assert!(intended >= 0, "a request was sent before it was noted");
            }
            _ => {}
        }
    }
    let removed = events
        .iter()
        .filter(|event| matches!(event, Event::Removed(_)))
        .count();
    let created = events
        .iter()
        .filter(|event| matches!(event, Event::Created(Creation { .. })))
        .count();
    assert!(created > 0);
    assert_eq!(created, removed);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_requests() {
    let mut asked = Vec::new();
    for _ in 0..2 {
        let people = Mutex::new(People::default());
        let budget = Budget {
            per_second: 0,
            concurrency: 1,
            ..Budget::default()
        };
        run_with(budget, &Cancel::default(), |request| {
            answered(people.lock().unwrap().answer(request))
        })
        .await;
        asked.push(people.into_inner().unwrap().requests);
    }
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn a_failure_that_shows_again_is_confirmed() {
    let people = Mutex::new(People::default());
    let events = run(
        |request| match (request.method.as_str(), request.path_and_query()) {
            ("GET", "/people") => answered((200, r#"{"items":7}"#.into())),
            _ => answered(people.lock().unwrap().answer(request)),
        },
    )
    .await;
    let failed: Vec<_> = judgements(&events)
        .into_iter()
        .filter(|(_, verdict, _)| *verdict == Some(Verdict::Fail))
        .collect();
    assert!(!failed.is_empty());
    assert!(
        failed
            .iter()
            .all(|(_, _, confirmation)| *confirmation == Confirmation::Repeated),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_failure_that_comes_once_is_flaky_and_still_fails() {
    let people = Mutex::new(People::default());
    let mut first = true;
    let events = run(move |request| {
        if request.method == Method::Get
            && request.path_and_query() == "/people"
            && std::mem::take(&mut first)
        {
            return answered((200, r#"{"items":7}"#.into()));
        }
        answered(people.lock().unwrap().answer(request))
    })
    .await;
    let failed: Vec<_> = judgements(&events)
        .into_iter()
        .filter(|(_, verdict, _)| *verdict == Some(Verdict::Fail))
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0].2, Confirmation::Flaky);
}

#[tokio::test]
async fn the_budget_holds_and_is_told() {
    let people = Mutex::new(People::default());
    let budget = Budget {
        requests: 3,
        per_second: 0,
        concurrency: 1,
        ..Budget::default()
    };
    let events = run_with(budget, &Cancel::default(), |request| {
        answered(people.lock().unwrap().answer(request))
    })
    .await;
    let planned: Vec<_> = people.into_inner().unwrap().requests;
    let beyond: Vec<_> = planned
        .iter()
        .skip(3)
        // Cleaning up looks at what it removes, before and after.
        .filter(|request| !request.starts_with("DELETE") && !request.starts_with("GET /people/p"))
        .collect();
    assert!(beyond.is_empty(), "{planned:?}");
    assert!(
        judgements(&events)
            .iter()
            .any(|(_, verdict, _)| *verdict == Some(Verdict::Inconclusive))
    );
}

#[tokio::test]
async fn the_time_of_a_run_holds_and_is_told() {
    let budget = Budget {
        minutes: Some(0),
        ..Budget::default()
    };
    let sent = Mutex::new(0);
    let events = run_with(budget, &Cancel::default(), |_| {
        *sent.lock().unwrap() += 1;
        answered((200, "[]".to_owned()))
    })
    .await;
    assert_eq!(*sent.lock().unwrap(), 0);
    let told = format!("{events:?}");
    assert!(told.contains("The time of 0 minutes is over"), "{told}");
}

#[tokio::test]
async fn an_interrupted_run_still_cleans_up() {
    let people = Mutex::new(People::default());
    let cancel = Cancel::default();
    let budget = Budget {
        per_second: 0,
        concurrency: 1,
        ..Budget::default()
    };
    let events = run_with(budget, &cancel, |request| {
        let outcome = answered(people.lock().unwrap().answer(request));
        if request.method == Method::Post {
            cancel.ask();
        }
        outcome
    })
    .await;
    assert!(people.into_inner().unwrap().held.is_empty());
    assert!(matches!(
        events.last(),
        Some(Event::Finished(Finished {
            end: End::Interrupted,
            ..
        }))
    ));
}

#[tokio::test]
async fn a_target_that_goes_away_ends_the_run() {
    let mut left = 2;
    let events = run(move |_| {
        if left > 0 {
            left -= 1;
            return answered((200, r#"{"items":[]}"#.into()));
        }
        Outcome::Broken(Breakage {
            kind: BreakageKind::ConnectionRefused,
            detail: "Nobody listens.".into(),
        })
    })
    .await;
    let last = events.last();
    assert!(
        matches!(
            last,
            Some(Event::Finished(Finished {
                end: End::Stopped { .. } | End::Complete,
                ..
            }))
        ),
        "{last:?}"
    );
    assert!(!judgements(&events).iter().any(|(by, verdict, _)| {
        by.starts_with("operation.reached GET /people/") && *verdict == Some(Verdict::Pass)
    }));
}
