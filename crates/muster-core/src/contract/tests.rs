#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

use serde_json::json;

use super::*;

fn people() -> Contract {
    Contract::from_value(json!({
        "openapi": "3.0.3",
        "info": { "title": "People", "version": "1" },
        "servers": [{ "url": "https://{host}/v{major}", "variables": {
            "host": { "default": "rms.example.test" }, "major": { "default": "2" } } }],
        "security": [{ "login": ["read"] }],
        "paths": {
            "/people": {
                "parameters": [{ "name": "X-Trace", "in": "header", "schema": { "type": "string" } }],
                "get": {
                    "operationId": "listPeople",
                    "parameters": [
                        { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1 } },
                        { "name": "tags", "in": "query", "style": "pipeDelimited",
                          "schema": { "type": "array", "items": { "type": "string" } } }
                    ],
                    "responses": {
                        "default": { "description": "a problem" },
                        "2XX": { "description": "fine" },
                        "200": { "description": "a list", "content": { "application/json": {
                            "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Person" } }
                        } } }
                    }
                },
                "post": {
                    "operationId": "addPerson",
                    "requestBody": { "required": true, "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Person" },
                        "example": { "name": "Ann Example", "born": "1980-02-30" }
                    } } },
                    "responses": { "201": { "description": "added",
                        "links": { "itself": { "operationId": "getPerson",
                            "parameters": { "id": "$response.body#/id" } } } } },
                    "security": []
                }
            },
            "/people/{id}": {
                "get": {
                    "operationId": "getPerson",
                    "parameters": [{ "name": "id", "in": "path", "required": true,
                        "schema": { "type": "integer", "format": "int32" } }],
                    "responses": { "200": { "description": "one", "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Person" } } } } }
                }
            },
            "/people/me": { "get": { "responses": { "204": { "description": "none" } } } }
        },
        "components": {
            "securitySchemes": { "login": { "type": "oauth2", "flows": { "clientCredentials": {
                "tokenUrl": "https://login.example.test/token", "scopes": { "read": "read" } } } } },
            "schemas": {
                "Person": {
                    "type": "object",
                    "required": ["id", "name", "secret"],
                    "properties": {
                        "id": { "type": "integer", "readOnly": true },
                        "name": { "type": "string", "minLength": 1, "nullable": true },
                        "born": { "type": "string", "format": "date" },
                        "secret": { "type": "string", "writeOnly": true },
                        "score": { "type": "number", "minimum": 0, "exclusiveMinimum": true }
                    }
                },
                "Bad": { "type": "strnig" },
                "Lost": { "$ref": "#/components/schemas/Nobody" },
                "Anything": { "description": "whatever" }
            }
        }
    }))
    .unwrap()
}

fn component(contract: &Contract, name: &str) -> Schema {
    contract.schemas.component(name).unwrap().clone()
}

#[test]
fn operations_carry_what_the_document_says() {
    let contract = people();
    let keys: Vec<_> = contract
        .operations
        .iter()
        .map(|operation| operation.key.to_string())
        .collect();
    assert_eq!(
        keys,
        [
            "GET /people",
            "POST /people",
            "GET /people/{id}",
            "GET /people/me"
        ]
    );
    let list = contract.operation_by_id("listPeople").unwrap();
    let names: Vec<_> = list
        .parameters
        .iter()
        .map(|parameter| (&*parameter.name, parameter.style, parameter.explode))
        .collect();
    assert_eq!(
        names,
        [
            ("X-Trace", Style::Simple, false),
            ("limit", Style::Form, true),
            ("tags", Style::PipeDelimited, false)
        ]
    );
    let statuses: Vec<_> = list.responses.iter().map(|spec| spec.status).collect();
    assert_eq!(
        statuses,
        [
            StatusPattern::Exact(200),
            StatusPattern::Range(2),
            StatusPattern::Default
        ]
    );
    assert!(list.security.is_required());
    let add = contract.operation_by_id("addPerson").unwrap();
    assert!(!add.security.is_required());
    assert_eq!(
        add.responses[0].links[0]
            .operation
            .as_ref()
            .unwrap()
            .to_string(),
        "GET /people/{id}"
    );
    assert_eq!(contract.servers[0].url, "https://rms.example.test/v2");
    let again = contract.operation(&list.key).unwrap();
    assert_eq!(again.id.as_deref(), Some("listPeople"));
}

#[test]
fn the_concrete_path_wins() {
    let contract = people();
    let found = |path| {
        contract
            .find_operation(&Method::Get, path)
            .map(|operation| operation.key.to_string())
    };
    assert_eq!(found("/people/me").unwrap(), "GET /people/me");
    assert_eq!(found("/people/7?x=1").unwrap(), "GET /people/{id}");
    assert_eq!(found("/people/"), None);
    assert_eq!(found("/people/7/x"), None);
    assert_eq!(contract.methods_of("/people").count(), 2);
}

#[test]
fn values_are_judged() {
    let contract = people();
    let person = component(&contract, "Person");
    let judge = |value| contract.schemas.validate(&person, &value);
    assert!(
        judge(json!({ "id": 1, "name": null, "secret": "x", "born": "1980-02-29" })).is_valid()
    );
    let Validity::Invalid(violations) =
        judge(json!({ "id": 1, "name": "", "secret": "x", "born": "1980-02-30", "score": 0 }))
    else {
        panic!("must be invalid")
    };
    let mut keywords: Vec<_> = violations
        .iter()
        .map(|violation| (&*violation.instance, &*violation.keyword))
        .collect();
    keywords.sort_unstable();
    assert_eq!(
        keywords,
        [
            ("/born", "format"),
            ("/name", "minLength"),
            ("/score", "exclusiveMinimum")
        ]
    );
    assert!(
        violations.iter().any(
            |violation| violation.schema == "/components/schemas/Person/properties/born/format"
        )
    );
}

#[test]
fn each_side_may_leave_out_what_is_not_its_own() {
    let contract = people();
    let person = component(&contract, "Person");
    let sent = json!({ "name": "Ann Example", "secret": "x" });
    let came = json!({ "name": "Ann Example", "id": 1 });
    assert!(contract.schemas.validate_request(&person, &sent).is_valid());
    assert!(
        !contract
            .schemas
            .validate_response(&person, &sent)
            .is_valid()
    );
    assert!(
        contract
            .schemas
            .validate_response(&person, &came)
            .is_valid()
    );
    assert!(!contract.schemas.validate_request(&person, &came).is_valid());
    assert!(!contract.schemas.validate(&person, &came).is_valid());
}

#[test]
fn a_bad_schema_degrades_itself_only() {
    let contract = people();
    let bad = component(&contract, "Bad");
    let lost = component(&contract, "Lost");
    assert!(matches!(
        contract.schemas.validate(&bad, &json!(1)),
        Validity::Unjudgeable(_)
    ));
    match contract.schemas.validate(&lost, &json!(1)) {
        Validity::Unjudgeable(why) => assert!(why.contains("leads nowhere"), "{why}"),
        other => panic!("{other:?}"),
    }
    let mut faults: Vec<_> = contract
        .faults
        .iter()
        .map(|fault| (fault.kind, &*fault.pointer))
        .collect();
    faults.sort_by_key(|(_, pointer)| *pointer);
    assert_eq!(
        faults,
        [
            (FaultKind::Schema, "#/components/schemas/Bad/type"),
            (FaultKind::Reference, "#/components/schemas/Lost")
        ]
    );
    assert!(
        contract
            .schemas
            .is_unconstrained(&component(&contract, "Anything"))
    );
}
