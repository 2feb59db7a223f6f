use serde_json::json;

use super::*;
use crate::{
    exchange::{
        Address, Body, ExchangeId, Headers, HttpVersion, Intent, Outcome, Request, Response, Timing,
    },
    model::Method,
};

fn contract() -> Contract {
    Contract::from_value(json!({
        "openapi": "3.1.0", "info": {"title": "T", "version": "1"},
        "paths": {"/people/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}],
            "get": {
                "parameters": [{"name": "limit", "in": "query", "required": true, "schema": {"type": "integer", "maximum": 9}}],
                "responses": {"200": {"description": "", "content": {"application/json": {}}}, "4XX": {"description": ""}},
            },
            "put": {
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/P"}}}},
                "responses": {"204": {"description": ""}},
            },
        }},
        "components": {"schemas": {"P": {
            "type": "object", "required": ["surname"], "additionalProperties": false,
            "properties": {
                "id": {"type": "integer", "readOnly": true},
                "surname": {"type": "string", "maxLength": 4},
                "aliases": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "parent": {"$ref": "#/components/schemas/P"},
            },
        }}},
    }))
    .unwrap()
}

fn names(points: &[Point], aspect: Aspect) -> Vec<&str> {
    let of = points.iter().filter(|point| point.aspect == aspect);
    of.map(|point| point.name.as_str()).collect()
}

fn call(
    method: Method,
    path: &str,
    body: Option<&serde_json::Value>,
    intent: Intent,
    status: u16,
) -> Exchange {
    let key = OperationKey::new(method.clone(), "/people/{id}");
    let mut request = Request::new(method, Address::Base(path.into()), "tries")
        .calling(&key)
        .meant(intent);
    request.body = body.map(|body| Body::json("application/json", body));
    let headers: Headers = [("content-type", "application/json; charset=utf-8")]
        .into_iter()
        .collect();
    Exchange {
        id: ExchangeId(1),
        request,
        url: String::new(),
        credentials: Headers::new(),
        followed: None,
        outcome: Outcome::Answered(Response::new(
            status,
            HttpVersion::Http11,
            headers,
            Vec::new().into(),
            false,
            Timing::default(),
        )),
    }
}

#[test]
fn a_surface_names_what_the_contract_says() {
    let surfaces = surfaces(&contract());
    let [get, put] = surfaces.as_slice() else {
        panic!("{surfaces:?}")
    };
    assert_eq!(
        names(&get.points, Aspect::Parameter),
        ["path.id", "query.limit"]
    );
    assert_eq!(
        names(&get.points, Aspect::Keyword),
        ["path.id type", "query.limit type", "query.limit maximum"]
    );
    assert_eq!(
        names(&get.points, Aspect::Mistake),
        [
            "query.limit required",
            "path.id type",
            "query.limit type",
            "query.limit maximum"
        ]
    );
    assert_eq!(names(&get.points, Aspect::Status), ["200", "4XX"]);
    assert_eq!(
        names(&get.points, Aspect::MediaType),
        ["200 application/json"]
    );
    let keywords = names(&put.points, Aspect::Keyword);
    for keyword in [
        "body required",
        "body additionalProperties",
        "body.surname maxLength",
        "body.aliases[] minLength",
    ] {
        assert!(keywords.contains(&keyword), "{keyword}: {keywords:?}");
    }
    // A property that callers must not send is none of theirs to keep, and recursion ends.
    assert!(
        !keywords
            .iter()
            .any(|keyword| keyword.starts_with("body.id"))
    );
    assert!(
        !keywords
            .iter()
            .any(|keyword| keyword.starts_with("body.parent."))
    );
}

#[test]
fn each_point_is_seen_once() {
    let contract = contract();
    let mut atlas = Atlas::new(&surfaces(&contract));
    let good = call(Method::Get, "/people/7?limit=3", None, Intent::Valid, 200);
    let fresh = atlas.saw(&contract, &good);
    assert_eq!(names(&fresh, Aspect::Parameter), ["path.id", "query.limit"]);
    assert_eq!(names(&fresh, Aspect::Status), ["200"]);
    assert_eq!(names(&fresh, Aspect::MediaType), ["200 application/json"]);
    assert_eq!(names(&fresh, Aspect::Keyword).len(), 3);
    assert!(names(&fresh, Aspect::Mistake).is_empty());
    assert!(atlas.saw(&contract, &good).is_empty());
}

#[test]
fn a_mistake_is_known_by_the_keyword_that_it_breaks() {
    let contract = contract();
    let mut atlas = Atlas::new(&surfaces(&contract));
    let wrong = || Intent::Wrong("too much".into());
    let fresh = atlas.saw(
        &contract,
        &call(Method::Get, "/people/7?limit=30", None, wrong(), 400),
    );
    assert_eq!(names(&fresh, Aspect::Mistake), ["query.limit maximum"]);
    assert_eq!(names(&fresh, Aspect::Status), ["4XX"]);
    let fresh = atlas.saw(
        &contract,
        &call(Method::Get, "/people/x", None, wrong(), 400),
    );
    assert_eq!(
        names(&fresh, Aspect::Mistake),
        ["path.id type", "query.limit required"]
    );
    let body = json!({"surname": "O'Neill", "aliases": ["ok", ""], "more": 1});
    let fresh = atlas.saw(
        &contract,
        &call(Method::Put, "/people/7", Some(&body), wrong(), 400),
    );
    assert_eq!(
        names(&fresh, Aspect::Mistake),
        [
            "body additionalProperties",
            "body.aliases[] minLength",
            "body.surname maxLength"
        ]
    );
    let fresh = atlas.saw(
        &contract,
        &call(Method::Put, "/people/7", None, wrong(), 400),
    );
    assert_eq!(names(&fresh, Aspect::Mistake), ["body required"]);
    // Valid requests break nothing, whatever they hold.
    let body = json!({"surname": 5});
    let fresh = atlas.saw(
        &contract,
        &call(Method::Put, "/people/7", Some(&body), Intent::Valid, 204),
    );
    assert!(names(&fresh, Aspect::Mistake).is_empty());
}
