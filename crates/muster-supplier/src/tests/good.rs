use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{person, start, vehicle};
use crate::Options;

#[tokio::test]
async fn a_record_is_created_read_changed_and_deleted() {
    let (_supplier, caller) = start(Options::default()).await;
    let created = caller.post("/people", person()).await;
    assert_eq!(created.status, 201);
    let stored = created.json();
    let path = format!("/people/{}", stored["id"].as_str().unwrap());
    assert_eq!(created.header("location"), format!("/v1{path}"));
    assert_eq!(stored["surname"], "Zztest Éclair");
    assert_eq!(stored["restricted"], false);

    let read = caller.get(&path).await;
    assert_eq!((read.status, read.json()), (200, stored));
    assert_eq!(read.header("etag"), created.header("etag"));

    let changed = caller
        .call("PATCH", &path)
        .merge(&json!({ "heightCentimetres": 170 }))
        .header("if-match", created.header("etag"))
        .send()
        .await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.json()["heightCentimetres"], 170);
    assert_ne!(changed.header("etag"), created.header("etag"));

    let removed = caller
        .call("PATCH", &path)
        .merge(&json!({ "heightCentimetres": null }))
        .send()
        .await;
    assert_eq!(removed.json().get("heightCentimetres"), None);

    let replaced = caller
        .call("PUT", &path)
        .json(&json!({ "surname": "Zztest Ash", "givenNames": ["Test"], "sex": "male" }))
        .send()
        .await;
    assert_eq!(
        (replaced.status, &replaced.json()["surname"]),
        (200, &json!("Zztest Ash"))
    );

    let deleted = caller.call("DELETE", &path).send().await;
    assert_eq!((deleted.status, deleted.bytes.len()), (204, 0));
    let gone = caller.get(&path).await;
    assert_eq!(
        (gone.status, gone.header("content-type")),
        (404, "application/problem+json")
    );
    assert_eq!(gone.json()["status"], 404);
}

#[tokio::test]
async fn preconditions_are_kept() {
    let (_supplier, caller) = start(Options::default()).await;
    let created = caller.post("/vehicles", vehicle()).await;
    let path = format!("/vehicles/{}", created.json()["id"].as_str().unwrap());
    let etag = created.header("etag");

    let same = caller
        .call("GET", &path)
        .header("if-none-match", etag)
        .send()
        .await;
    assert_eq!(
        (same.status, same.bytes.len(), same.header("etag")),
        (304, 0, etag)
    );
    let patch = json!({ "colour": "green" });
    let first = caller
        .call("PATCH", &path)
        .merge(&patch)
        .header("if-match", etag)
        .send()
        .await;
    assert_eq!(first.status, 200);
    for method in ["PUT", "PATCH", "DELETE"] {
        let call = caller.call(method, &path).header("if-match", etag);
        let call = match method {
            "PUT" => call.json(&vehicle()),
            "PATCH" => call.merge(&patch),
            _ => call,
        };
        assert_eq!(call.send().await.status, 412, "{method}");
    }
    assert_eq!(caller.get(&path).await.json()["colour"], "green");
}

#[tokio::test]
async fn a_key_makes_one_record() {
    let (_supplier, caller) = start(Options::default()).await;
    let with_key = |body: Value| {
        caller
            .call("POST", "/vehicles")
            .json(&body)
            .header("idempotency-key", "zztest-key-1")
            .send()
    };
    let (first, second) = (with_key(vehicle()).await, with_key(vehicle()).await);
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.json(), second.json());
    assert_eq!(first.header("location"), second.header("location"));
    let mut other = vehicle();
    other["colour"] = json!("blue");
    assert_eq!(with_key(other).await.status, 422);
}

#[tokio::test]
async fn pages_hold_everything_once_while_records_are_added() {
    let (_supplier, caller) = start(Options::default()).await;
    for sort in ["createdAt", "-createdAt", "registrationMark", "-make"] {
        let mut seen = Vec::new();
        let mut path = format!("/vehicles?limit=5&sort={sort}");
        loop {
            let page = caller.get(&path).await;
            let body = page.json();
            let items = body["items"].as_array().unwrap();
            assert!(items.len() <= 5);
            seen.extend(
                items
                    .iter()
                    .map(|item| item["id"].as_str().unwrap().to_owned()),
            );
            caller.create("/vehicles", vehicle()).await;
            let Some(cursor) = body["next"].as_str() else {
                assert!(!page.header("link").contains("rel=\"next\""));
                break;
            };
            assert!(page.header("link").contains("rel=\"next\""));
            path = format!("/vehicles?limit=5&sort={sort}&cursor={cursor}");
            if seen.len() > 60 {
                break;
            }
        }
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), seen.len(), "{sort}");
        assert!(seen.len() >= 11, "{sort}");
    }
    let foreign = caller.get("/people?limit=1").await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        caller
            .get(&format!("/vehicles?cursor={foreign}"))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn lists_filter_and_sort() {
    let (_supplier, caller) = start(Options::default()).await;
    let found = caller
        .get("/people?surname=zztest%20%C3%A0lmond")
        .await
        .json();
    assert_eq!(
        (&found["total"], &found["items"][0]["surname"]),
        (&json!(1), &json!("Zztest Àlmond"))
    );
    let red = caller.get("/vehicles?colour=red").await.json();
    assert!(
        red["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["colour"] == "red")
    );
    let sorted = caller.get("/incidents?sort=-priority").await.json();
    let priorities: Vec<i64> = sorted["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["priority"].as_i64().unwrap())
        .collect();
    assert!(priorities.windows(2).all(|pair| pair[0] >= pair[1]));
}

#[tokio::test]
async fn requests_outside_the_contract_are_refused() {
    let (_supplier, caller) = start(Options::default()).await;
    for path in [
        "/people?unknown=1",
        "/people?limit=0",
        "/people?limit=x",
        "/people?limit=01",
        "/people?limit=1&limit=1",
        "/people?surname=%ff",
        "/people/not-a-uuid",
        "/people?dateOfBirth=01/02/1990",
    ] {
        let answer = caller.get(path).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (400, "application/problem+json"),
            "{path}"
        );
        assert!(!answer.json()["errors"].as_array().unwrap().is_empty());
    }
    let bodies = [
        json!([]),
        json!({}),
        json!({ "surname": "", "givenNames": ["Test"], "sex": "male" }),
        json!({ "surname": "Zztest\u{0}", "givenNames": ["Test"], "sex": "male" }),
        json!({ "surname": "Zztest", "givenNames": ["Test"], "sex": "male", "unknown": 1 }),
        json!({ "surname": "Zztest", "givenNames": ["Test"], "sex": "male", "dateOfBirth": "2026-02-30" }),
        json!({ "surname": "Zztest", "givenNames": ["Test"], "sex": "male", "contacts": [{ "kind": "email", "address": "nobody" }] }),
    ];
    for body in bodies {
        assert_eq!(
            caller.post("/people", body.clone()).await.status,
            400,
            "{body}"
        );
    }
    let pointed = caller
        .post(
            "/people",
            json!({ "surname": 1, "givenNames": ["Test"], "sex": "male" }),
        )
        .await
        .json();
    assert_eq!(pointed["errors"][0]["pointer"], "/surname");
    for text in ["{", "{\"surname\":\"a\",\"surname\":\"b\"}", ""] {
        let answer = caller
            .call("POST", "/people")
            .body("application/json", text)
            .send()
            .await;
        assert_eq!(answer.status, 400, "{text}");
    }
    let large = "x".repeat(200_000);
    assert_eq!(
        caller
            .call("POST", "/people")
            .body("application/json", large)
            .send()
            .await
            .status,
        413
    );
    assert_eq!(
        caller
            .call("POST", "/people")
            .body("text/plain", "{}")
            .send()
            .await
            .status,
        415
    );
    let latin = caller
        .call("POST", "/people")
        .body("application/json; charset=iso-8859-1", "{}")
        .send()
        .await;
    assert_eq!(latin.status, 415);
    let xml = caller
        .call("GET", "/people")
        .header("accept", "application/xml")
        .send()
        .await;
    assert_eq!(xml.status, 406);
    assert_eq!(caller.get("/nowhere").await.status, 404);
}

#[tokio::test]
async fn methods_are_answered_as_the_standard_has_it() {
    let (_supplier, caller) = start(Options::default()).await;
    let id = caller.create("/vehicles", vehicle()).await;
    let path = format!("/vehicles/{id}");
    let allow = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS";
    for (method, status) in [
        ("OPTIONS", 204),
        ("POST", 405),
        ("TRACE", 405),
        ("BREW", 405),
    ] {
        let answer = caller.call(method, &path).send().await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (status, allow),
            "{method}"
        );
    }
    let (get, head) = (
        caller.get(&path).await,
        caller.call("HEAD", &path).send().await,
    );
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    for name in ["etag", "content-type", "content-length", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
        assert_ne!(get.header(name), "", "{name}");
    }
}

#[tokio::test]
async fn links_live_and_die_with_what_they_link() {
    let (_supplier, caller) = start(Options::default()).await;
    let incident = caller.get("/incidents?limit=1").await.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let target = caller.create("/vehicles", vehicle()).await;
    let links = format!("/incidents/{incident}/links");
    let link = json!({ "recordType": "vehicle", "recordId": target, "role": "involved" });
    let created = caller.post(&links, link.clone()).await;
    let path = created
        .header("location")
        .trim_start_matches("/v1")
        .to_owned();
    assert_eq!(caller.get(&path).await.json(), created.json());
    assert_eq!(
        caller.get(&format!("{links}?role=involved")).await.json()["total"],
        1
    );
    assert_eq!(caller.call("DELETE", &path).send().await.status, 204);
    assert_eq!(caller.get(&path).await.status, 404);
    let again = caller.create(&links, link).await;
    caller
        .call("DELETE", &format!("/vehicles/{target}"))
        .send()
        .await;
    assert_eq!(caller.get(&format!("{links}/{again}")).await.status, 404);
}

#[tokio::test]
async fn every_answer_carries_the_usual_headers() {
    let (_supplier, caller) = start(Options::default()).await;
    for path in [
        "/people",
        "/nowhere",
        "/people?x=1",
        "/health",
        "~/openapi.json",
    ] {
        let answer = caller
            .call("GET", path)
            .header("x-correlation-id", "zztest-1")
            .send()
            .await;
        assert_eq!(answer.header("x-correlation-id"), "zztest-1", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    let brief = caller.get("/incident-summaries").await;
    assert_eq!(
        (brief.status, brief.header("deprecation")),
        (200, "@1788220800")
    );
    assert_eq!(brief.header("sunset"), "Fri, 01 Sep 2028 00:00:00 GMT");
    assert!(brief.header("link").contains("successor-version"));
    let text = caller
        .call("GET", "~/.well-known/security.txt")
        .send_without_token()
        .await;
    assert!(
        String::from_utf8(text.bytes)
            .unwrap()
            .starts_with("Contact: ")
    );
}

#[tokio::test]
async fn suppliers_of_one_process_are_independent() {
    let fault = &crate::faults()[0];
    let (one, first) = start(Options::default()).await;
    let (two, second) = start(Options {
        faults: vec![fault],
        data: false,
        ..Options::default()
    })
    .await;
    assert_ne!(one.base_url(), two.base_url());
    assert_ne!(one.contract(), two.contract());
    first.create("/vehicles", vehicle()).await;
    assert_eq!(second.get("/vehicles").await.json()["total"], 0);
    let stranger = second
        .call("GET", "/vehicles")
        .header("authorization", &format!("Bearer {}", first.token))
        .send_without_token()
        .await;
    assert_eq!(stranger.status, 401);
    let address = two.base_url();
    two.stop().await;
    assert!(super::http(None).get(address).send().await.is_err());
    assert_eq!(first.get("/health").await.status, 200);
}

#[tokio::test]
async fn no_answer_comes_before_its_latency() {
    let (_supplier, caller) = start(Options {
        latency: Duration::from_millis(30),
        ..Options::default()
    })
    .await;
    let begun = Instant::now();
    caller.get("/health").await;
    assert!(begun.elapsed() >= Duration::from_millis(30));
}
