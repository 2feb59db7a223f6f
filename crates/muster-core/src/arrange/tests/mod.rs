//! Conversations with small targets.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod exercising;
mod relating;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::testing::*;
use super::*;
use crate::{
    contract::Validity,
    exchange::{Exchange, Request},
    model::Method,
    script::dry_run,
    value_pool::ValuePool,
};

fn first_person() -> String {
    format!("{}01", PERSON.get(..34).unwrap())
}

fn gap<T: std::fmt::Debug>(ended: Scripted<T>) -> crate::verdict::Unverified {
    match ended {
        Err(Halt::Unmet(gap)) => gap,
        other => panic!("not a gap: {other:?}"),
    }
}

fn body_of(exchange: &Exchange) -> Value {
    serde_json::from_slice(&exchange.request.body.as_ref().unwrap().bytes).unwrap()
}

#[test]
fn a_record_is_created_before_it_is_read() {
    let setting = Setting::new(PEOPLE);
    let (arranged, sent) = setting.arrange("GET /people/{personId}", people());
    let arranged = arranged.unwrap();
    assert_eq!(lines(&sent), ["POST /people"]);
    assert_eq!(
        line(&arranged.request),
        format!("GET /people/{}", first_person())
    );
    assert_eq!(arranged.request.intent, Intent::Valid);
    assert_eq!(arranged.origins, [("personId".to_owned(), Origin::Created)]);
    assert_eq!(
        sent[0].request.purpose,
        "creates a person for GET /people/{personId}"
    );
    assert_eq!(sent[0].request.intent, Intent::Valid);
}

#[test]
fn without_writes_a_record_is_found() {
    let setting = Setting::new(PEOPLE).reading();
    let (arranged, sent) = setting.arrange("GET /people/{personId}", people());
    assert_eq!(lines(&sent), ["GET /people"]);
    assert_eq!(
        line(&arranged.unwrap().request),
        format!("GET /people/{OTHER}")
    );
    let (refused, sent) = setting.arrange("POST /people", nobody);
    assert!(matches!(refused, Err(Halt::NotApplicable(_))));
    assert!(sent.is_empty());
}

#[test]
fn what_the_target_file_gives_goes_first() {
    let setting =
        Setting::new(PEOPLE).data(&[("personId", json!(PERSON)), ("surname", json!("Zzgiven"))]);
    let (arranged, _) = setting.arrange("GET /people/{personId}", nobody);
    let arranged = arranged.unwrap();
    assert_eq!(line(&arranged.request), format!("GET /people/{PERSON}"));
    assert_eq!(arranged.origins, [("personId".to_owned(), Origin::Given)]);
    let (listed, _) = setting.arrange("GET /people", nobody);
    assert_eq!(
        line(&listed.unwrap().request),
        "GET /people?surname=Zzgiven"
    );
}

#[test]
fn a_wrong_value_in_the_target_file_is_the_configurations() {
    let setting = Setting::new(PEOPLE).data(&[("personId", json!("seven"))]);
    let (ended, _) = setting.arrange("GET /people/{personId}", nobody);
    assert_eq!(gap(ended).responsible, Responsible::Configuration);
}

#[test]
fn children_are_created_under_the_parent_they_are_asked_from() {
    let setting = Setting::new(PEOPLE);
    let (arranged, sent) = setting.arrange("GET /people/{personId}/notes/{noteId}", people());
    let person = first_person();
    assert_eq!(
        lines(&sent),
        [
            "POST /people".to_owned(),
            format!("POST /people/{person}/notes")
        ]
    );
    assert_eq!(
        line(&arranged.unwrap().request),
        format!("GET /people/{person}/notes/41")
    );
}

#[test]
fn bodies_name_records_that_exist() {
    let setting = Setting::new(PEOPLE);
    let (arranged, sent) = setting.arrange("POST /incidents", people());
    assert_eq!(lines(&sent), ["POST /people"]);
    let arranged = arranged.unwrap();
    let body = arranged.body().unwrap();
    assert_eq!(body["personId"], json!(first_person()));
    assert_eq!(body["witnesses"][0]["personId"], json!(first_person()));
    let (listed, _) = setting.arrange("GET /incidents", people());
    assert_eq!(
        line(&listed.unwrap().request),
        format!("GET /incidents?personId={}", first_person())
    );
}

#[test]
fn only_the_runs_own_records_are_changed() {
    // The target creates nothing: what is in its list is somebody else's.
    let no_creation = |request: &Request| match request.method {
        Method::Post => answer(422, &[], &json!({"detail": "not today"})),
        _ => people()(request),
    };
    let setting = Setting::new(PEOPLE);
    for operation in [
        "DELETE /people/{personId}",
        "POST /people/{personId}/archive",
    ] {
        let (ended, sent) = setting.arrange(operation, no_creation);
        let gap = gap(ended);
        assert_eq!(gap.responsible, Responsible::TestData, "{operation}");
        assert!(
            gap.reason.contains("POST /people answered 422: not today"),
            "{}",
            gap.reason
        );
        assert_eq!(lines(&sent), ["POST /people"]);
    }
    // What is given to be read is not changed, whatever it is called.
    let given = Setting::new(PEOPLE).data(&[
        ("personId", json!(OTHER)),
        ("DELETE /people/{personId} personId", json!(OTHER)),
    ]);
    for operation in [
        "DELETE /people/{personId}",
        "POST /people/{personId}/archive",
    ] {
        let (ended, _) = given.arrange(operation, no_creation);
        assert_eq!(gap(ended).responsible, Responsible::TestData, "{operation}");
    }
    // A name that merely matches is no leave to delete; the operation's own key is.
    let named = Setting::new(PEOPLE).writable(&[("personId", json!(OTHER))]);
    assert_eq!(
        gap(named.arrange("DELETE /people/{personId}", no_creation).0).responsible,
        Responsible::TestData
    );
    let lent =
        Setting::new(PEOPLE).writable(&[("DELETE /people/{personId} personId", json!(OTHER))]);
    let (arranged, _) = lent.arrange("DELETE /people/{personId}", nobody);
    assert_eq!(
        line(&arranged.unwrap().request),
        format!("DELETE /people/{OTHER}")
    );
    // What it changed for everybody is nobody's own.
    assert_eq!(
        gap(setting.arrange("PUT /settings", nobody).0).responsible,
        Responsible::TestData
    );
    let shared = Setting::new(PEOPLE).writable(&[("PUT /settings body", json!({"theme": "dark"}))]);
    assert!(shared.arrange("PUT /settings", nobody).0.is_ok());
}

#[test]
fn a_put_to_a_free_id_is_a_way_to_create() {
    let no_creation = |_: &Request| answer(405, &[], &Value::Null);
    let setting = Setting::new(PEOPLE);
    let (arranged, _) = setting.arrange("PUT /people/{personId}", no_creation);
    let arranged = arranged.unwrap();
    assert_eq!(arranged.request.intent, Intent::Plausible);
    assert_ne!(line(&arranged.request), format!("PUT /people/{OTHER}"));
}

#[test]
fn a_conversation_uses_its_record_again_until_it_deletes_it() {
    let setting = Setting::new(PEOPLE);
    let (ended, sent) = dry_run(
        setting.world(),
        |script| {
            let contract = script.world.contract;
            let read = contract.operation(&key("GET /people/{personId}")).unwrap();
            let delete = contract
                .operation(&key("DELETE /people/{personId}"))
                .unwrap();
            for operation in [read, delete, read] {
                let request = valid_request(script, operation)?.request;
                script.send(request)?;
            }
            Ok(())
        },
        people(),
    );
    assert!(ended.is_ok());
    let start = PERSON.get(..34).unwrap();
    assert_eq!(
        lines(&sent),
        [
            "POST /people".to_owned(),
            format!("GET /people/{start}01"),
            format!("DELETE /people/{start}01"),
            "POST /people".to_owned(),
            format!("GET /people/{start}02"),
        ]
    );
}

#[test]
fn no_two_creations_are_alike_and_everything_is_valid() {
    let setting = Setting::new(PEOPLE);
    let (_, sent) = dry_run(
        setting.world(),
        |script| {
            let contract = script.world.contract;
            let operation = contract.operation(&key("POST /people")).unwrap();
            create(script, operation)?;
            create(script, operation)
        },
        people(),
    );
    let [first, second] = [&sent[0], &sent[1]].map(body_of);
    for body in [&first, &second] {
        assert!(body.get("id").is_none(), "readOnly is left out: {body}");
        assert!(
            body.get("nickname").is_none(),
            "optional is left out: {body}"
        );
        assert!(
            body["reference"]
                .as_str()
                .unwrap()
                .starts_with("muster-7f3a9c-")
        );
        assert!(body["email"].as_str().unwrap().ends_with("@example.com"));
        assert_eq!(body["surname"], "Zztest");
    }
    assert_ne!(first["reference"], second["reference"]);
    assert_ne!(first["email"], second["email"]);
    let keys: Vec<_> = sent
        .iter()
        .map(|one| one.request.headers.get("idempotency-key"))
        .collect();
    assert_ne!(keys[0], keys[1]);
    assert_ne!(keys[0], Some("always-the-same"));
}

#[test]
fn what_is_created_can_be_found_again_and_removed() {
    let setting = Setting::new(PEOPLE);
    let (created, _) = dry_run(
        setting.world(),
        |script| {
            let contract = script.world.contract;
            create(script, contract.operation(&key("POST /people")).unwrap())
        },
        people(),
    );
    let created = created.unwrap();
    let path = format!("/people/{}", first_person());
    assert_eq!(created.id, Some(json!(first_person())));
    assert_eq!(created.item.as_deref(), Some(path.as_str()));
    assert_eq!(created.keys.get("personId"), Some(&first_person()));
    assert_eq!(created.representation, Some(json!({"id": first_person()})));
    let (contract, relations) = (&setting.contract, &setting.relations);
    assert_eq!(
        item_address(contract, relations, &created.exchange),
        Some(path.clone())
    );
    assert_eq!(
        removal(contract, relations, &created.exchange),
        Some((Method::Delete, path))
    );
    for (operation, creates) in [
        ("POST /people", true),
        ("PUT /people/{personId}", true),
        ("GET /people", false),
        ("DELETE /people/{personId}", false),
        ("POST /people/{personId}/archive", false),
        ("POST /people/{personId}/notes", true),
    ] {
        let operation = contract.operation(&key(operation)).unwrap();
        assert_eq!(
            creation_of(contract, relations, operation),
            creates,
            "{}",
            operation.key
        );
    }
}

#[test]
fn a_child_is_removed_under_its_parent_and_what_has_no_delete_is_not() {
    let setting = Setting::new(PEOPLE);
    let (_, sent) = dry_run(
        setting.world(),
        |script| {
            let contract = script.world.contract;
            create(
                script,
                contract
                    .operation(&key("POST /people/{personId}/notes"))
                    .unwrap(),
            )?;
            create(script, contract.operation(&key("POST /incidents")).unwrap())
        },
        people(),
    );
    let of = |text: &str| {
        sent.iter()
            .find(|one| one.request.operation == Some(key(text)))
            .unwrap()
    };
    let removal = |one: &Exchange| super::removal(&setting.contract, &setting.relations, one);
    assert_eq!(
        removal(of("POST /people/{personId}/notes")),
        Some((
            Method::Delete,
            format!("/people/{}/notes/41", first_person())
        ))
    );
    assert_eq!(removal(of("POST /incidents")), None);
}

#[test]
fn answers_teach_ids_and_deletions_take_them_back() {
    let setting = Setting::new(PEOPLE).reading();
    let (_, sent) = dry_run(
        setting.world(),
        |script| {
            let contract = script.world.contract;
            let list = contract.operation(&key("GET /people")).unwrap();
            let request = valid_request(script, list)?.request;
            script.send(request).map(|_| ())
        },
        people(),
    );
    let mut known = ValuePool::default();
    learn(&setting.contract, &setting.relations, &sent[0], &mut known);
    let read = key("GET /people/{personId}");
    assert_eq!(known.learned(&read, "personId"), [json!(OTHER)]);
    assert_eq!(
        known.learned(&key("GET /incidents"), "personId"),
        [json!(OTHER)]
    );

    let mut later = Setting::new(PEOPLE).reading();
    later.known = known;
    let (arranged, _) = later.arrange("GET /people/{personId}", nobody);
    assert_eq!(
        arranged.unwrap().origins,
        [("personId".to_owned(), Origin::Found)]
    );

    let mut deletion = sent[0].clone();
    deletion.request = Request::new(
        Method::Delete,
        crate::exchange::Address::Base(format!("/people/{OTHER}")),
        "tests",
    )
    .calling(&key("DELETE /people/{personId}"));
    deletion.outcome = answer(204, &[], &Value::Null);
    learn(
        &later.contract,
        &later.relations,
        &deletion,
        &mut later.known,
    );
    assert!(later.known.learned(&read, "personId").is_empty());
}

#[test]
fn accept_lists_the_documented_successes() {
    let setting = Setting::new(PEOPLE).data(&[("personId", json!(PERSON))]);
    let (arranged, _) = setting.arrange("GET /people/{personId}", nobody);
    assert_eq!(
        arranged.unwrap().request.headers.get("accept"),
        Some("application/json, text/csv")
    );
    let delete = setting
        .contract
        .operation(&key("DELETE /people/{personId}"))
        .unwrap();
    assert_eq!(accept(delete), "*/*");
}

#[test]
fn one_thing_of_a_request_can_be_changed() {
    let setting = Setting::new(PEOPLE).data(&[("personId", json!(PERSON))]);
    let contract = &setting.contract;
    let (arranged, _) = setting.arrange("GET /people/{personId}", nobody);
    let arranged = arranged.unwrap();
    let read = contract.operation(&key("GET /people/{personId}")).unwrap();
    let changed = |request: Scripted<Request>| line(&request.unwrap());
    assert_eq!(
        changed(arranged.with_path_value(contract, read, "personId", json!("a b"))),
        "GET /people/a%20b"
    );
    assert_eq!(
        changed(arranged.with_path_text(contract, read, "personId", "%2e%2e%2fx")),
        "GET /people/%2e%2e%2fx"
    );
    assert_eq!(
        changed(arranged.with_query(contract, read, "no such", json!("&"))),
        format!("GET /people/{PERSON}?no%20such=%26")
    );
    assert!(
        arranged
            .with_path_value(contract, read, "personId", json!(".."))
            .is_err()
    );
    let (arranged, _) = setting.arrange("POST /incidents", people());
    let create = contract.operation(&key("POST /incidents")).unwrap();
    let request = arranged
        .unwrap()
        .with_body(contract, create, json!([1]))
        .unwrap();
    assert_eq!(&*request.body.unwrap().bytes, b"[1]");
}

#[test]
fn unknown_ids_are_valid_and_exist_nowhere() {
    let setting = Setting::new("
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /a/{uuid}/{small}/{big}/{text}/{short}/{coded}/{kind}/{fixed}/{like}:
    get:
      parameters:
        - {name: uuid, in: path, required: true, schema: {type: string, format: uuid}}
        - {name: small, in: path, required: true, schema: {type: integer, maximum: 5000}}
        - {name: big, in: path, required: true, schema: {type: integer, format: int64}}
        - {name: text, in: path, required: true, schema: {type: string}}
        - {name: short, in: path, required: true, schema: {type: string, maxLength: 6}}
        - {name: coded, in: path, required: true, schema: {type: string, pattern: '^[A-Z]{2}[0-9]{4}$', example: AB1234}}
        - {name: kind, in: path, required: true, schema: {type: string, enum: [a, b]}}
        - {name: fixed, in: path, required: true, schema: {type: boolean}}
        - {name: like, in: path, required: true, schema: {type: string}, example: '00012345'}
      responses: {'200': {description: ok}}
");
    let operation = &setting.contract.operations[0];
    let world = setting.world();
    let unknown = |name: &str| {
        let parameter = operation.parameter(ParameterPlace::Path, name).unwrap();
        let value = unknown_id(&world, operation, parameter);
        if let Some(value) = &value {
            let schema = parameter.schema.as_ref().unwrap();
            assert_eq!(
                setting.contract.schemas.validate_request(schema, value),
                Validity::Valid,
                "{name}: {value}"
            );
        }
        value
    };
    assert!(unknown("uuid").is_some());
    assert!(unknown("small").unwrap().as_i64().unwrap() > 0);
    assert!(unknown("big").unwrap().as_i64().unwrap() > 9_007_199_254_000_000);
    assert!(
        unknown("text")
            .unwrap()
            .as_str()
            .unwrap()
            .starts_with("muster-7f3a9c-")
    );
    assert_eq!(unknown("short").unwrap().as_str().unwrap().len(), 6);
    assert_ne!(unknown("coded").unwrap(), json!("AB1234"));
    assert_eq!(unknown("kind"), None);
    assert_eq!(unknown("fixed"), None);
    let like = unknown("like").unwrap();
    assert!(
        like.as_str()
            .unwrap()
            .bytes()
            .all(|byte| byte.is_ascii_digit()),
        "{like}"
    );
}

#[test]
fn the_edges_credentials_and_https_own_headers_are_not_parameters() {
    let setting = Setting::new(
        "
openapi: 3.0.3
info: {title: t, version: '1'}
security: [{key: []}]
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}}
paths:
  /a:
    get:
      parameters:
        - {name: x-api-key, in: header, required: true, schema: {type: string}}
        - {name: Authorization, in: header, required: true, schema: {type: string}}
        - {name: X-Trace, in: header, required: true, schema: {type: string}}
      responses: {'200': {description: ok}}
",
    );
    let (arranged, _) = setting.arrange("GET /a", nobody);
    let names: Vec<String> = arranged
        .unwrap()
        .request
        .headers
        .iter()
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(names, ["accept", "x-trace"]);
}

#[test]
fn gaps_of_the_contract_are_the_suppliers() {
    let setting = Setting::new(
        "
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /a/{id}: {get: {responses: {'200': {description: ok}}}}
",
    );
    let gap = gap(setting.arrange("GET /a/{id}", nobody).0);
    assert_eq!(gap.responsible, Responsible::Supplier);
    assert!(gap.reason.contains("{id}"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the seed, every request is valid by the contract; the same seed asks the same.
    #[test]
    fn every_seed_makes_valid_requests_and_repeats_them(seed in any::<u64>()) {
        let mut setting = Setting::new(PEOPLE);
        setting.seed = seed;
        for operation in &setting.contract.operations {
            let text = operation.key.to_string();
            if text == "PUT /settings" {
                continue;
            }
            let (arranged, sent) = setting.arrange(&text, people());
            let arranged = arranged.unwrap();
            let (again, _) = setting.arrange(&text, people());
            prop_assert_eq!(&arranged.request, &again.unwrap().request);
            for filled in &arranged.values.parameters {
                let parameter = operation.parameter(filled.place, &filled.name).unwrap();
                let schema = parameter.schema.as_ref().unwrap();
                prop_assert_eq!(setting.contract.schemas.validate_request(schema, &filled.value), Validity::Valid);
            }
            if let (Some(body), Some(media)) = (arranged.body(), &arranged.values.media) {
                let schema = media.schema.as_ref().unwrap();
                prop_assert_eq!(setting.contract.schemas.validate_request(schema, body), Validity::Valid);
            }
            for exchange in &sent {
                let made = setting.contract.operation(exchange.request.operation.as_ref().unwrap()).unwrap();
                if let Some(body) = &exchange.request.body {
                    let value: Value = serde_json::from_slice(&body.bytes).unwrap();
                    let schema = made.body.as_ref().unwrap().content[0].schema.as_ref().unwrap();
                    prop_assert_eq!(setting.contract.schemas.validate_request(schema, &value), Validity::Valid);
                }
            }
        }
    }
}

#[test]
fn generator_and_contract_name_their_keywords_alike() {
    use crate::{contract, generate::limits};
    assert_eq!(contract::UNDECIDED_NULL, limits::UNDECIDED_NULL);
    assert_eq!(contract::FOREIGN_PATTERN, limits::FOREIGN_PATTERN);
}
