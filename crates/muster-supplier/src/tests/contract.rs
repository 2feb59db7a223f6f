use std::collections::BTreeSet;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use super::{http, start, tour};
use crate::Options;

const BASE: &str = "https://records.example/contract";

/// A document with its schemas at hand.
struct Reader {
    document: Value,
}

impl Reader {
    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(reference) => self
                .document
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or_else(|| panic!("{reference} leads nowhere")),
            None => value,
        }
    }

    fn validator(&self, schema: &Value) -> Validator {
        let text = schema.to_string().replace("\"#/", &format!("\"{BASE}#/"));
        let registry = Registry::new()
            .add(BASE, self.document.clone())
            .unwrap()
            .prepare()
            .unwrap();
        jsonschema::draft202012::options()
            .with_registry(&registry)
            .should_validate_formats(true)
            .build(&serde_json::from_str(&text).unwrap())
            .unwrap()
    }

    fn assert_valid(&self, schema: &Value, value: &Value, place: &str) {
        if let Err(error) = self.validator(schema).validate(value) {
            panic!("{place}: {error}");
        }
    }

    fn operations(&self) -> impl Iterator<Item = (&String, &String, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .iter()
                .filter(|(method, _)| *method != "parameters")
                .map(move |(method, operation)| (path, method, operation))
        })
    }
}

async fn reader() -> Reader {
    let (supplier, _) = start(Options::default()).await;
    Reader {
        document: supplier.contract(),
    }
}

fn each(value: &Value, place: &str, visit: &mut dyn FnMut(&str, &Value)) {
    visit(place, value);
    match value {
        Value::Object(members) => members
            .iter()
            .for_each(|(name, member)| each(member, &format!("{place}/{name}"), visit)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, item)| each(item, &format!("{place}/{at}"), visit)),
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_resolves_and_everything_is_used() {
    let reader = reader().await;
    let mut used = BTreeSet::new();
    each(&reader.document, "", &mut |place, value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            assert!(
                reader
                    .document
                    .pointer(reference.trim_start_matches('#'))
                    .is_some(),
                "{place}: {reference}"
            );
            used.insert(reference.to_owned());
        }
        for target in value
            .pointer("/discriminator/mapping")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            assert!(
                used.contains(target.1.as_str().unwrap())
                    || reader
                        .document
                        .pointer(&target.1.as_str().unwrap()[1..])
                        .is_some()
            );
        }
    });
    for kind in ["schemas", "responses", "headers", "parameters", "examples"] {
        for name in reader.document["components"][kind]
            .as_object()
            .unwrap()
            .keys()
        {
            assert!(
                used.contains(&format!("#/components/{kind}/{name}")),
                "{kind} {name} is not used"
            );
        }
    }
}

#[tokio::test]
async fn every_example_is_valid() {
    let reader = reader().await;
    let mut seen = 0;
    each(&reader.document, "", &mut |place, value| {
        let Some(schema) = value.get("schema") else {
            return;
        };
        if let Some(example) = value.get("example") {
            seen += 1;
            reader.assert_valid(schema, example, place);
        }
        for (name, example) in value
            .get("examples")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            seen += 1;
            reader.assert_valid(
                schema,
                &reader.resolve(example)["value"],
                &format!("{place} {name}"),
            );
        }
    });
    assert!(seen > 60, "{seen}");
}

#[tokio::test]
async fn every_operation_is_documented_to_the_end() {
    let reader = reader().await;
    let mut ids = BTreeSet::new();
    for (path, method, operation) in reader.operations() {
        let place = format!("{method} {path}");
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{place}"
        );
        for member in ["summary", "description", "tags", "security"] {
            assert!(operation.get(member).is_some(), "{place} {member}");
        }
        let statuses: BTreeSet<&str> = operation["responses"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut wanted = vec!["400", "405", "406", "429", "500"];
        if operation["security"] != json!([]) {
            wanted.extend(["401", "403"]);
        }
        if path.contains('{') {
            wanted.push("404");
        }
        if operation.get("requestBody").is_some() {
            wanted.extend(["413", "415"]);
        }
        for status in wanted {
            assert!(statuses.contains(status), "{place} {status}");
        }
        assert!(!statuses.contains("default"), "{place}");
    }
    for link in reader
        .operations()
        .flat_map(|(_, _, operation)| operation["responses"].as_object().unwrap().values())
    {
        for (_, link) in link
            .get("links")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            assert!(ids.contains(link["operationId"].as_str().unwrap()));
        }
    }
}

#[tokio::test]
async fn the_good_supplier_keeps_its_contract_on_every_stop() {
    let (supplier, _) = start(Options::default()).await;
    let reader = Reader {
        document: supplier.contract(),
    };
    let stops = tour::walk(&supplier).await;
    let mut called = BTreeSet::new();
    for stop in stops.iter().filter(|stop| stop.operation.is_some()) {
        let id = stop.operation.unwrap();
        called.insert(id);
        let (_, _, operation) = reader
            .operations()
            .find(|(_, _, operation)| operation["operationId"] == id)
            .unwrap();
        let answer = &stop.answer;
        let documented = operation["responses"].get(answer.status.to_string());
        let documented =
            reader.resolve(documented.unwrap_or_else(|| panic!("{} {}", stop.name, answer.status)));
        for (name, header) in documented["headers"].as_object().unwrap() {
            let header = reader.resolve(header);
            let schema = &header["schema"];
            match answer.header(name) {
                "" => assert_ne!(header["required"], true, "{} {name}", stop.name),
                text if schema["type"] == "integer" => {
                    reader.assert_valid(schema, &json!(text.parse::<i64>().unwrap()), name)
                }
                text => reader.assert_valid(schema, &json!(text), &format!("{} {name}", stop.name)),
            }
        }
        match documented.get("content") {
            None => assert!(answer.bytes.is_empty(), "{}", stop.name),
            Some(content) => {
                let media = &content[answer.header("content-type")];
                reader.assert_valid(&media["schema"], &answer.json(), &stop.name);
            }
        }
    }
    assert_eq!(
        called.len(),
        reader.operations().count(),
        "the walk leaves an operation out"
    );
}

#[tokio::test]
async fn the_document_that_is_served_is_the_one_that_is_told() {
    let (supplier, _) = start(Options::default()).await;
    let url = format!("{}/openapi.json", supplier.origin());
    let bytes = http(None)
        .get(url)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&bytes).unwrap(),
        supplier.contract()
    );
    let server = &supplier.contract()["servers"][0];
    assert_eq!(server["url"], supplier.base_url());
    assert!(server["description"].as_str().unwrap().contains("sandbox"));
}
