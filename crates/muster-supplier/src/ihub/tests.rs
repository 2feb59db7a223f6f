//! The receiver over real mutual TLS.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that panics is a test that fails"
)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{IhubSupplier, ihub_fault, ihub_faults};

const ID: &str = "7d8f2a52-5f1e-4c0b-9d1c-3f7f5a1c0e01";

fn report() -> Value {
    json!({
        "data": {
            "type": "incident", "id": "i", "attributes": { "incidentDescription": "Synthetic." },
            "relationships": {
                "submission": { "data": [ { "type": "submission", "id": "s" } ] },
                "victim": { "data": [ { "type": "person", "id": "p" } ] },
            },
        },
        "included": [
            { "type": "submission", "id": "s", "attributes": {
                "submissionId": ID, "forceIdentifier": 42, "category": "OCR",
                "submitTime": "2026-06-12T15:09:33.880+01:00", "submissionContent": "Synthetic.",
            } },
            { "type": "person", "id": "p", "attributes": { "surname": "Zztest", "gender": "GNDR_0001" } },
        ],
    })
}

struct Caller {
    http: reqwest::Client,
    url: String,
    id: String,
    secret: String,
}

impl Caller {
    fn of(supplier: &IhubSupplier, shows_certificate: bool) -> Self {
        let mut builder = reqwest::Client::builder()
            .tls_certs_only(reqwest::Certificate::from_pem(supplier.ca_pem().as_bytes()))
            .no_proxy();
        if shows_certificate {
            let client = supplier.client();
            let pem = format!("{}{}", client.certificate, client.key);
            builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap());
        }
        Self {
            http: builder.build().unwrap(),
            url: format!("{}/incidents", supplier.base_url()),
            id: supplier.key().id.clone(),
            secret: supplier.key().secret.clone(),
        }
    }

    async fn post(&self, document: &Value) -> (u16, Value) {
        let answer = self
            .http
            .post(&self.url)
            .header("client-id", &self.id)
            .header("client-secret", &self.secret)
            .header("content-type", "application/vnd.api+json")
            .body(document.to_string())
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap())
    }
}

#[tokio::test]
async fn a_report_is_taken_once_and_read_back() {
    let supplier = IhubSupplier::start(0, Vec::new()).await.unwrap();
    let caller = Caller::of(&supplier, true);
    let (status, first) = caller.post(&report()).await;
    assert_eq!((status, &first["meta"]["submissionId"]), (201, &json!(ID)));
    let (status, again) = caller.post(&report()).await;
    assert_eq!((status, &again["data"]["id"]), (201, &first["data"]["id"]));
    let mut other = report();
    other["data"]["attributes"]["incidentDescription"] = json!("Another.");
    let (status, refused) = caller.post(&other).await;
    assert_eq!(
        (status, &refused["errors"][0]["meta"]["submissionId"]),
        (409, &json!(ID))
    );
}

#[tokio::test]
async fn mistakes_are_told_where_they_are() {
    let supplier = IhubSupplier::start(0, Vec::new()).await.unwrap();
    let caller = Caller::of(&supplier, true);
    let mut wrong = report();
    wrong["included"][1]["attributes"]["gender"] = json!("GNDR_9999");
    wrong["included"][1]["attributes"]["surname"] = json!("z".repeat(36));
    wrong["data"]["relationships"]["victim"]["data"][0]["id"] = json!("nobody");
    let (status, answer) = caller.post(&wrong).await;
    let pointers: BTreeSet<&str> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["source"]["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(status, 422);
    assert_eq!(
        pointers,
        BTreeSet::from([
            "/data/relationships/victim/data/0",
            "/included/1/attributes/gender",
            "/included/1/attributes/surname",
        ])
    );
    assert!(
        pointers
            .iter()
            .all(|pointer| wrong.pointer(pointer).is_some())
    );
}

#[tokio::test]
async fn certificate_and_key_are_both_asked_for() {
    let supplier = IhubSupplier::start(0, Vec::new()).await.unwrap();
    let mut caller = Caller::of(&supplier, true);
    caller.secret = "wrong".to_owned();
    assert_eq!(caller.post(&report()).await.0, 401);
    let nobody = Caller::of(&supplier, false);
    assert!(nobody.http.get(&nobody.url).send().await.is_err());
    let lenient = IhubSupplier::start(0, vec![ihub_fault("no-certificate-asked").unwrap()])
        .await
        .unwrap();
    assert_eq!(Caller::of(&lenient, false).post(&report()).await.0, 201);
}

#[test]
fn faults_have_ids_of_their_own_and_break_something() {
    let ids: BTreeSet<&str> = ihub_faults().iter().map(|fault| fault.id).collect();
    assert_eq!(ids.len(), ihub_faults().len());
    for fault in ihub_faults() {
        assert!(!fault.breaks.is_empty(), "{}", fault.id);
        assert!(
            fault
                .id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{}",
            fault.id
        );
        assert!(fault.summary.ends_with('.'), "{}", fault.id);
    }
}
