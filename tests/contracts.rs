//! The loader over documents that show each feature, and each fault.
#![allow(
    clippy::disallowed_methods,
    reason = "a test starts programs and reads files"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use std::collections::BTreeSet;

use muster::load::contract::{LoadError, Loaded, RemotePolicy, load_contract};
use muster_core::{
    contract::{
        Contract, FaultKind, ParameterPlace, Schema, StatusPattern, Style, Validity, typed,
    },
    model::{Method, Responsible},
};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

fn file(name: &str) -> String {
    format!("{}/tests/contracts/{name}", env!("CARGO_MANIFEST_DIR"))
}

async fn load(name: &str) -> Loaded {
    load_contract(&file(name), &RemotePolicy::offline())
        .await
        .unwrap()
}

fn component(contract: &Contract, name: &str) -> Schema {
    contract.schemas.component(name).unwrap().clone()
}

fn valid(contract: &Contract, schema: &Schema, value: Value) -> bool {
    match contract.schemas.validate(schema, &value) {
        Validity::Valid => true,
        Validity::Invalid(_) => false,
        Validity::Unjudgeable(why) => panic!("{}: {why}", schema.pointer),
    }
}

#[tokio::test]
async fn openapi_3_0_loads_whole() {
    let contract = load("records-3.0.yaml").await.contract;
    assert_eq!(contract.faults, []);
    assert_eq!(contract.servers[0].url, "https://test.rms.example.test/api");
    let list = contract.operation_by_id("listRecords").unwrap();
    let shown: Vec<_> = list
        .parameters
        .iter()
        .map(|one| {
            (
                &*one.name,
                one.place,
                one.style,
                one.explode,
                one.content.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            (
                "X-Trace",
                ParameterPlace::Header,
                Style::Simple,
                false,
                None
            ),
            ("limit", ParameterPlace::Query, Style::Form, true, None),
            (
                "ids",
                ParameterPlace::Query,
                Style::SpaceDelimited,
                false,
                None
            ),
            (
                "filter",
                ParameterPlace::Query,
                Style::DeepObject,
                true,
                None
            ),
            (
                "where",
                ParameterPlace::Query,
                Style::Form,
                true,
                Some("application/json")
            ),
            ("session", ParameterPlace::Cookie, Style::Form, true, None),
        ]
    );
    // The operation's own `limit` stands over the path's.
    let limit = list.parameter(ParameterPlace::Query, "limit").unwrap();
    assert_eq!(limit.pointer, "/paths/~1records/get/parameters/0");
    assert_eq!(limit.examples[0].value, json!(20));
    let statuses: Vec<_> = list.responses.iter().map(|one| one.status).collect();
    assert_eq!(
        statuses,
        [
            StatusPattern::Exact(200),
            StatusPattern::Range(4),
            StatusPattern::Default
        ]
    );
    assert!(list.responses[0].headers[0].required);
    let add = contract.operation_by_id("addRecord").unwrap();
    assert!(!add.security.is_required());
    assert!(add.body.as_ref().unwrap().required);
    let links: Vec<_> = add.responses[0]
        .links
        .iter()
        .map(|link| (&*link.name, link.operation.as_ref().unwrap().to_string()))
        .collect();
    assert_eq!(
        links,
        [
            ("byId", "GET /records/{id}".to_owned()),
            ("byRef", "GET /records/{id}".to_owned()),
            ("shared", "DELETE /records/{id}".to_owned()),
        ]
    );
    let one = contract.operation_by_id("getRecord").unwrap();
    assert_eq!(one.parameters[0].style, Style::Label);
    assert_eq!(one.servers[0].url, "https://records.example.test");
    let found = contract
        .find_operation(&Method::Get, "/records/7.csv")
        .unwrap();
    assert_eq!(found.id.as_deref(), Some("exportRecord"));
}

#[tokio::test]
async fn schemas_of_3_0_mean_what_3_0_says() {
    let contract = load("records-3.0.yaml").await.contract;
    let record = component(&contract, "Record");
    let with = |key: &str, value: Value| {
        let mut record =
            json!({ "id": "0b7d6f4e-9a39-4a53-8f0c-0f6f2f4f3c11", "pin": "1", "name": null });
        record[key] = value;
        record
    };
    for (key, value, expected) in [
        ("name", json!("Ann Example"), true),
        ("name", json!("Someone Else"), false),
        ("height", json!(0), false),
        ("height", json!(3), true),
        ("size", json!(2_147_483_647_i64), true),
        ("size", json!(2_147_483_648_i64), false),
        ("born", json!("2001-02-29"), false),
        ("kind", json!({ "type": "cat", "lives": 9 }), true),
        ("kind", json!({ "type": "cat" }), false),
        ("parent", json!({}), false),
        ("parent", with("born", json!("1980-01-01")), true),
    ] {
        assert_eq!(
            valid(&contract, &record, with(key, value.clone())),
            expected,
            "{key}: {value}"
        );
    }
    // Payloads stay as they are, whatever they look like.
    let filter = component(&contract, "Filter");
    assert_eq!(
        contract.schemas.normalised(&filter),
        contract.schemas.original(&filter)
    );
    let failing: Vec<_> = contract
        .examples()
        .iter()
        .filter(|example| {
            !contract
                .schemas
                .validate(&example.schema, &example.value)
                .is_valid()
        })
        .map(|example| &example.pointer)
        .collect();
    assert_eq!(failing, [] as [&String; 0]);
    assert!(contract.examples().len() >= 4);
    assert!(
        contract
            .schemas
            .is_unconstrained(&component(&contract, "Anything"))
    );
    assert!(
        !contract
            .schemas
            .is_unconstrained(&component(&contract, "Kind"))
    );
}

#[tokio::test]
async fn openapi_3_1_loads_whole() {
    let contract = load("records-3.1.yaml").await.contract;
    assert_eq!(contract.faults, []);
    let operation = contract.operation_by_id("getRecord").unwrap();
    assert_eq!(operation.key.to_string(), "GET /records/{id}");
    assert_eq!(operation.parameters.len(), 1);
    assert!(contract.root.get("webhooks").is_some());
    let record = component(&contract, "Record");
    for (value, expected) in [
        (json!({ "name": null }), true),
        (json!({ "short": "abc" }), true),
        (json!({ "short": "abcd" }), false),
        (json!({ "anchored": 1 }), false),
        (json!({ "named": { "part": 1 } }), true),
        (json!({ "named": { "part": "x" } }), false),
        (json!({ "pair": ["a", 1] }), true),
        (json!({ "pair": ["a", 1, 2] }), false),
        (json!({ "when": "soon" }), false),
        (json!({ "when": 7 }), true),
        (json!({ "even": 0 }), false),
        (json!({ "data": { "$ref": "just data" } }), true),
        (json!({ "unknown": 1 }), false),
    ] {
        assert_eq!(
            valid(&contract, &record, value.clone()),
            expected,
            "{value}"
        );
    }
    let old = component(&contract, "Old");
    assert!(!valid(&contract, &old, json!(["a", "b"])));
    assert!(!valid(&contract, &old, json!({ "a": 1 })));
    assert!(!valid(&contract, &old, json!({ "c": 1 })));
}

#[tokio::test]
async fn openapi_3_2_loads_whole() {
    let contract = load("records-3.2.yaml").await.contract;
    assert_eq!(contract.faults, []);
    let keys: Vec<_> = contract
        .operations
        .iter()
        .map(|one| one.key.to_string())
        .collect();
    assert_eq!(keys, ["QUERY /records", "COPY /records"]);
    let search = &contract.operations[0];
    assert_eq!(search.parameters[0].place, ParameterPlace::Querystring);
    assert_eq!(search.parameters[1].style, Style::Cookie);
    let media = &search.body.as_ref().unwrap().content[0];
    assert_eq!(media.examples[0].value, json!({ "text": "a" }));
    let schema = media.schema.clone().unwrap();
    assert!(!valid(&contract, &schema, json!({})));
}

#[tokio::test]
async fn a_contract_of_many_files_is_one() {
    let loaded = load("split/openapi.yaml").await;
    let contract = loaded.contract;
    let names: Vec<_> = loaded
        .documents
        .iter()
        .map(|document| document.uri.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "openapi.yaml",
            "person.yaml",
            "parameters.yaml",
            "person.json",
            "common.json"
        ]
    );
    let get = contract.operation_by_id("getPerson").unwrap();
    assert!(
        get.pointer.ends_with("paths/person.yaml#/get"),
        "{}",
        get.pointer
    );
    let place = contract.position_of(&get.pointer).unwrap();
    assert_eq!((place.line, place.column), (3, 1));
    assert_eq!(
        contract.at(&get.pointer).unwrap()["operationId"],
        "getPerson"
    );
    assert!(!valid(
        &contract,
        get.parameters[0].schema.as_ref().unwrap(),
        json!(0)
    ));
    let schema = get.responses[0].content[0].schema.clone().unwrap();
    for (value, expected) in [
        (json!({ "id": 1, "friends": [{ "id": 2 }] }), true),
        (json!({ "id": 1, "friends": [{ "id": 0 }] }), false),
        (json!({ "id": 1, "pair": ["a", "b"] }), false),
        (json!({ "id": 1, "born": null }), true),
        (json!({ "id": 1, "born": "soon" }), false),
    ] {
        assert_eq!(
            valid(&contract, &schema, value.clone()),
            expected,
            "{value}"
        );
    }
    let remote = contract
        .operations
        .iter()
        .find(|one| &*one.key.path == "/remote")
        .unwrap();
    assert!(remote.broken.is_some());
    let faults: Vec<_> = contract
        .faults
        .iter()
        .map(|fault| (fault.kind, fault.pointer.as_str()))
        .collect();
    assert_eq!(
        faults,
        [
            (FaultKind::Reference, "#/paths/~1missing"),
            (FaultKind::Unfetched, "#/paths/~1remote/get/parameters/0"),
        ]
    );
}

#[tokio::test]
async fn every_fault_is_told_and_the_rest_loads() {
    let contract = load("faulty-3.0.yaml").await.contract;
    let mut told: Vec<_> = contract
        .faults
        .iter()
        .map(|fault| {
            let line = contract
                .position(&fault.document, &fault.pointer)
                .map_or(0, |place| place.line);
            format!("{line}: {} {}", fault.pointer, fault.message)
        })
        .collect();
    told.sort_by_key(|line| {
        line.split(':')
            .next()
            .and_then(|number| number.parse::<usize>().ok())
    });
    insta::assert_snapshot!(told.join("\n"));
    assert!(valid(&contract, &component(&contract, "Fine"), json!("x")));
    // A pattern that nobody reads is left out of account; the rest of its schema counts.
    let pattern = component(&contract, "BadPattern");
    assert!(valid(&contract, &pattern, json!("x")));
    for name in ["BadType", "Lost"] {
        let verdict = contract
            .schemas
            .validate(&component(&contract, name), &json!("x"));
        assert!(
            matches!(verdict, Validity::Unjudgeable(_)),
            "{name}: {verdict:?}"
        );
    }
    // Of two equal keys the last one counts.
    let twice = contract.find_operation(&Method::Get, "/twice").unwrap();
    assert!(twice.documents(204) && !twice.documents(200));
}

/// The typed reader of another crate sees the same operations, parameters and statuses.
#[tokio::test]
async fn the_typed_reader_agrees() {
    for name in ["records-3.0.yaml", "split/openapi.yaml"] {
        let contract = load(name).await.contract;
        let typed = typed::read(&contract.root).unwrap();
        let resolved = |parameter: &openapiv3::ReferenceOr<openapiv3::Parameter>| match parameter {
            openapiv3::ReferenceOr::Item(item) => item.parameter_data_ref().name.clone(),
            openapiv3::ReferenceOr::Reference { reference } => reference
                .strip_prefix('#')
                .and_then(|pointer| contract.root.pointer(pointer))
                .map_or_else(
                    || "?".to_owned(),
                    |value| value["name"].as_str().unwrap().to_owned(),
                ),
        };
        let mut theirs = BTreeSet::new();
        for (path, verb, operation) in typed.operations() {
            let item = typed.paths.paths[path].as_item().unwrap();
            let names: BTreeSet<_> = item
                .parameters
                .iter()
                .chain(&operation.parameters)
                .map(&resolved)
                .filter(|name| name != "?")
                .collect();
            let mut statuses: BTreeSet<_> = operation
                .responses
                .responses
                .keys()
                .map(ToString::to_string)
                .collect();
            if operation.responses.default.is_some() {
                statuses.insert("default".to_owned());
            }
            theirs.insert((format!("{} {path}", verb.to_uppercase()), names, statuses));
        }
        let ours: BTreeSet<_> = contract
            .operations
            .iter()
            // The typed reader does not follow path items.
            .filter(|one| one.pointer.starts_with('/'))
            .map(|one| {
                let names: BTreeSet<_> =
                    one.parameters.iter().map(|one| one.name.clone()).collect();
                let statuses: BTreeSet<_> = one
                    .responses
                    .iter()
                    .map(|response| match response.status {
                        StatusPattern::Exact(code) => code.to_string(),
                        StatusPattern::Range(class) => format!("{class}XX"),
                        StatusPattern::Default => "default".to_owned(),
                    })
                    .collect();
                (one.key.to_string(), names, statuses)
            })
            .collect();
        assert_eq!(ours, theirs, "{name}");
        assert_eq!(typed::findings(&contract), [], "{name}");
    }
}

#[tokio::test]
async fn a_contract_from_a_url_may_refer_to_its_own_host_only() {
    let own = MockServer::start().await;
    let other = MockServer::start().await;
    let root = json!({
        "openapi": "3.0.3", "info": { "title": "T", "version": "1" },
        "paths": { "/a": { "get": { "responses": { "200": { "description": "fine", "content": {
            "application/json": { "schema": { "$ref": "schemas.json#/A" } } } } } } } },
        "components": { "schemas": {
            "Other": { "$ref": format!("{}/other.json", other.uri()) },
            "File": { "$ref": "file:///etc/hostname" } } }
    });
    for (server, at, body) in [
        (&own, "/api/openapi.json", root),
        (
            &own,
            "/api/schemas.json",
            json!({ "A": { "type": "integer" } }),
        ),
        (&other, "/other.json", json!({ "type": "string" })),
    ] {
        Mock::given(method("GET"))
            .and(path(at))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(server)
            .await;
    }
    let url = format!("{}/api/openapi.json", own.uri());
    let contract = load_contract(&url, &RemotePolicy::default())
        .await
        .unwrap()
        .contract;
    let schema = contract.operations[0].responses[0].content[0]
        .schema
        .clone()
        .unwrap();
    assert!(!valid(&contract, &schema, json!("x")));
    assert_eq!(contract.faults.len(), 2, "{:?}", contract.faults);
    assert!(other.received_requests().await.unwrap().is_empty());

    let host = other.address().to_string();
    let allowed = load_contract(&url, &RemotePolicy::default().allow(host))
        .await
        .unwrap()
        .contract;
    assert!(!valid(&allowed, &component(&allowed, "Other"), json!(1)));
    assert_eq!(allowed.faults.len(), 1);

    let refused = load_contract(&url, &RemotePolicy::offline())
        .await
        .unwrap_err();
    assert_eq!(refused.responsible(), Responsible::Configuration);
}

#[tokio::test]
async fn errors_say_whose_they_are() {
    let server = MockServer::start().await;
    for (at, status, body) in [
        ("/closed", 403, ""),
        ("/broken", 500, ""),
        ("/swagger", 200, "swagger: '2.0'"),
        ("/future", 200, "openapi: 4.0.0"),
        ("/page", 200, "<html></html>"),
        ("/torn", 200, "openapi: 3.0.0\npaths: [\n"),
    ] {
        Mock::given(method("GET"))
            .and(path(at))
            .respond_with(ResponseTemplate::new(status).set_body_string(body))
            .mount(&server)
            .await;
    }
    for (at, responsible, word) in [
        ("/closed", Responsible::Credentials, "needs a login"),
        ("/broken", Responsible::Supplier, "500"),
        ("/gone", Responsible::Configuration, "check the URL"),
        ("/swagger", Responsible::Supplier, "swagger2openapi"),
        ("/future", Responsible::Supplier, "4.0.0"),
        (
            "/page",
            Responsible::Configuration,
            "not an OpenAPI document",
        ),
        ("/torn", Responsible::Supplier, "line 2"),
    ] {
        let url = format!("{}{at}", server.uri());
        let error = load_contract(&url, &RemotePolicy::default())
            .await
            .unwrap_err();
        assert_eq!(error.responsible(), responsible, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    let missing = load_contract("no/such/file.yaml", &RemotePolicy::offline()).await;
    assert!(matches!(missing, Err(LoadError::File { .. })));
}
