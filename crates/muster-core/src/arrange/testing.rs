//! Small contracts and targets for tests.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "it is for the tests of this crate and of those above it"
)]

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::{Arranged, Relations, valid_request};
use crate::{
    contract::{Contract, Documents, Operation, Security},
    exchange::{Exchange, Headers, HttpVersion, Outcome, Request, Response, Timing},
    model::{Claims, IdentityName, Method, OperationKey, Parameters},
    script::{ProbeContext, Scripted, dry_run},
    value_pool::ValuePool,
};

/// The contract that a YAML text writes down.
pub fn contract(yaml: &str) -> Contract {
    let document: Value = serde_saphyr::from_str(yaml).unwrap();
    Contract::build(
        "https://contract.test/openapi.yaml",
        Documents::single("https://contract.test/openapi.yaml", document),
    )
    .unwrap()
}

pub fn key(text: &str) -> OperationKey {
    let (method, path) = text.split_once(' ').unwrap();
    OperationKey::new(Method::parse(method), path)
}

/// A bare operation of this key.
pub fn operation_of(key: OperationKey) -> Operation {
    Operation {
        key,
        id: None,
        summary: String::new(),
        tags: Vec::new(),
        deprecated: false,
        parameters: Vec::new(),
        body: None,
        responses: Vec::new(),
        security: Security::NotDeclared,
        servers: Vec::new(),
        broken: None,
        pointer: String::new(),
        surroundings: crate::contract::Surroundings::default(),
    }
}

/// All that a world borrows.
pub struct Setting {
    pub contract: Contract,
    pub relations: Relations,
    pub known: ValuePool,
    claims: Claims,
    parameters: Parameters,
    identities: Vec<IdentityName>,
    pub writes: bool,
    pub seed: u64,
}

impl Setting {
    pub fn new(yaml: &str) -> Self {
        let contract = contract(yaml);
        Self {
            relations: Relations::of(&contract),
            contract,
            known: ValuePool::default(),
            claims: Claims::default(),
            parameters: Parameters::default(),
            identities: vec![IdentityName::default()],
            writes: true,
            seed: 7,
        }
    }

    pub fn reading(mut self) -> Self {
        self.writes = false;
        self
    }

    pub fn data(mut self, pairs: &[(&str, Value)]) -> Self {
        let data: BTreeMap<String, Value> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        self.known = ValuePool::from_data(data);
        self
    }

    pub fn writable(mut self, pairs: &[(&str, Value)]) -> Self {
        let writable: BTreeMap<String, Value> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        self.known = self.known.with_writable(writable);
        self
    }

    pub fn world(&self) -> ProbeContext<'_> {
        ProbeContext {
            contract: &self.contract,
            relations: &self.relations,
            known: &self.known,
            claims: &self.claims,
            parameters: &self.parameters,
            identities: &self.identities,
            base_url: "https://target.test/v1",
            writes: self.writes,
            seed: self.seed,
            run_tag: "muster-7f3a9c",
        }
    }

    /// A valid request, and what was sent to arrange it.
    pub fn arrange(
        &self,
        operation: &str,
        answer: impl FnMut(&Request) -> Outcome,
    ) -> (Scripted<Arranged>, Vec<Exchange>) {
        let key = key(operation);
        dry_run(
            self.world(),
            |script| {
                let contract = script.world.contract;
                valid_request(script, contract.operation(&key).unwrap())
            },
            answer,
        )
    }
}

/// An answer with a JSON body; null has none.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> Outcome {
    let mut all: Headers = headers
        .iter()
        .map(|(name, value)| (*name, *value))
        .collect();
    let body = if body.is_null() {
        Bytes::new()
    } else {
        all.set("content-type", "application/json");
        Bytes::from(body.to_string())
    };
    Outcome::Answered(Response::new(
        status,
        HttpVersion::Http11,
        all,
        body,
        false,
        Timing::default(),
    ))
}

/// `METHOD /path?query` of everything that was sent.
pub fn lines(exchanges: &[Exchange]) -> Vec<String> {
    exchanges
        .iter()
        .map(|exchange| line(&exchange.request))
        .collect()
}

pub fn line(request: &Request) -> String {
    format!("{} {}", request.method, request.path_and_query())
}

/// Nobody must ask.
pub fn nobody(request: &Request) -> Outcome {
    panic!("nothing was to be sent, but {} was", line(request))
}

/// The people of a force, their notes, and incidents that name them.
pub const PEOPLE: &str = "
openapi: 3.1.0
info: {title: People, version: '1'}
paths:
  /people:
    get:
      parameters:
        - {name: surname, in: query, schema: {type: string}, example: Zztest}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
      responses: {'200': {description: ok, content: {application/json: {schema: {type: object, properties: {items: {type: array, items: {$ref: '#/components/schemas/Person'}}, next: {type: string}}}}}}}
    post:
      parameters: [{name: Idempotency-Key, in: header, required: true, schema: {type: string, minLength: 8, maxLength: 64}, example: always-the-same}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}, application/problem+json: {}}}, '400': {description: bad}}
  /people/{personId}:
    parameters: [{name: personId, in: path, required: true, schema: {type: string, format: uuid}}]
    get: {responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}, text/csv: {}}}}}
    put:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Person'}}}}
      responses: {'200': {description: ok}}
    delete: {responses: {'204': {description: gone}}}
  /people/{personId}/notes:
    parameters: [{name: personId, in: path, required: true, schema: {type: string, format: uuid}}]
    get: {responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Note'}}}}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}}
  /people/{personId}/notes/{noteId}:
    parameters:
      - {name: personId, in: path, required: true, schema: {type: string, format: uuid}}
      - {name: noteId, in: path, required: true, schema: {type: integer}}
    get: {responses: {'200': {description: ok}}}
    delete: {responses: {'204': {description: gone}}}
  /people/{personId}/archive:
    parameters: [{name: personId, in: path, required: true, schema: {type: string, format: uuid}}]
    post: {responses: {'200': {description: done}}}
  /incidents:
    get:
      parameters: [{name: personId, in: query, required: true, schema: {type: string, format: uuid}}]
      responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {type: object}}}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Incident'}}}}
      responses: {'201': {description: made}}
  /settings:
    put:
      requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {theme: {type: string}}}}}}
      responses: {'200': {description: ok}}
components:
  schemas:
    Person:
      type: object
      required: [id, reference, surname, email, status]
      properties:
        id: {type: string, format: uuid, readOnly: true}
        reference: {type: string, minLength: 3, maxLength: 40, example: REF-1}
        surname: {type: string, example: Zztest}
        email: {type: string, format: email}
        status: {type: string, enum: [active, closed]}
        nickname: {type: string}
    Note:
      type: object
      required: [text]
      properties: {id: {type: integer, readOnly: true}, text: {type: string}}
    Incident:
      type: object
      required: [personId, summary, witnesses]
      properties:
        personId: {type: string, format: uuid}
        summary: {type: string}
        witnesses: {type: array, minItems: 1, items: {type: object, required: [personId], properties: {personId: {type: string, format: uuid}}}}
";

/// A person's id as [`people`] gives it.
pub const PERSON: &str = "3f2b8a1e-5c4d-4e6f-8a9b-0c1d2e3f4a5b";
/// Another's.
pub const OTHER: &str = "9d8c7b6a-5f4e-4d3c-8b2a-1f0e9d8c7b6a";

/// A target that keeps the promises of [`PEOPLE`], with one person in it.
pub fn people() -> impl FnMut(&Request) -> Outcome {
    let mut made = 0;
    move |request| {
        let path = request.path_and_query().split('?').next().unwrap();
        let last = path.rsplit('/').next().unwrap();
        match (&request.method, last) {
            (Method::Get, "people") => answer(
                200,
                &[],
                &serde_json::json!({"items": [{"id": OTHER, "surname": "Zztest"}]}),
            ),
            (Method::Post, "people") => {
                made += 1;
                let id = format!("{}{made:02}", PERSON.get(..34).unwrap());
                answer(
                    201,
                    &[("location", &format!("/v1/people/{id}"))],
                    &serde_json::json!({"id": id}),
                )
            }
            (Method::Get, "notes") => {
                answer(200, &[], &serde_json::json!([{"id": 5, "text": "x"}]))
            }
            (Method::Post, "notes") => {
                answer(201, &[], &serde_json::json!({"id": 41, "text": "x"}))
            }
            (Method::Post, "incidents") => answer(201, &[], &Value::Null),
            (Method::Delete, _) => answer(204, &[], &Value::Null),
            _ => answer(200, &[], &serde_json::json!({})),
        }
    }
}
