use serde_json::{Value, json};

use super::{Caller, start, vehicle};
use crate::Options;

#[tokio::test]
async fn tokens_open_what_their_scopes_say() {
    let (supplier, caller) = start(Options::default()).await;
    let bare = caller.call("GET", "/people").send_without_token().await;
    assert_eq!(
        (bare.status, bare.header("www-authenticate")),
        (401, "Bearer realm=\"records\"")
    );
    let wrong = caller
        .call("GET", "/people")
        .header("authorization", "Bearer nonsense")
        .send_without_token()
        .await;
    assert!(wrong.header("www-authenticate").contains("invalid_token"));

    let reader = Caller::of(&supplier, &supplier.credentials().read_only).await;
    assert_eq!(reader.get("/people").await.status, 200);
    for answer in [
        reader.post("/vehicles", vehicle()).await,
        reader.get("/audit-events").await,
    ] {
        assert_eq!(answer.status, 403);
        assert!(
            answer
                .header("www-authenticate")
                .contains("insufficient_scope")
        );
    }
    assert_eq!(
        caller
            .call("GET", "/health")
            .send_without_token()
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_token_endpoint_speaks_oauth() {
    let (supplier, _) = start(Options::default()).await;
    let credentials = supplier.credentials();
    let (id, secret) = (
        credentials.north.id.as_str(),
        credentials.north.secret.as_str(),
    );
    let http = super::http(None);
    let ask = |form: Vec<(&'static str, String)>| {
        let call = http.post(&credentials.token_url).form(&form);
        async move {
            let answer = call.send().await.unwrap();
            let status = answer.status().as_u16();
            assert_eq!(answer.headers()["cache-control"], "no-store");
            (
                status,
                serde_json::from_slice::<Value>(&answer.bytes().await.unwrap()).unwrap(),
            )
        }
    };
    let form = |grant: &str, secret: &str, scope: &str| {
        vec![
            ("grant_type", grant.to_owned()),
            ("client_id", id.to_owned()),
            ("client_secret", secret.to_owned()),
            ("scope", scope.to_owned()),
        ]
    };
    let (status, token) = ask(form("client_credentials", secret, "records:read")).await;
    assert_eq!(
        (
            status,
            &token["token_type"],
            &token["scope"],
            &token["expires_in"]
        ),
        (200, &json!("Bearer"), &json!("records:read"), &json!(600))
    );
    for (form, status, error) in [
        (
            form("client_credentials", "wrong", ""),
            401,
            "invalid_client",
        ),
        (form("password", secret, ""), 400, "unsupported_grant_type"),
        (
            form("client_credentials", secret, "records:all"),
            400,
            "invalid_scope",
        ),
        (vec![], 401, "invalid_client"),
    ] {
        let (got, body) = ask(form).await;
        assert_eq!((got, &body["error"]), (status, &json!(error)));
    }
    assert_eq!(
        http.get(&credentials.token_url)
            .send()
            .await
            .unwrap()
            .status(),
        405
    );
}

#[tokio::test]
async fn a_restricted_record_does_not_exist_for_the_other_force() {
    let (supplier, north) = start(Options::default()).await;
    let south = Caller::of(&supplier, &supplier.credentials().south).await;
    let mut body = vehicle();
    body["restricted"] = json!(true);
    let hidden = north.create("/vehicles", body).await;
    let open = north.create("/vehicles", vehicle()).await;
    for method in ["GET", "DELETE"] {
        assert_eq!(
            south
                .call(method, &format!("/vehicles/{hidden}"))
                .send()
                .await
                .status,
            404
        );
    }
    assert_eq!(south.get(&format!("/vehicles/{open}")).await.status, 200);
    let taken = south
        .call("PATCH", &format!("/vehicles/{open}"))
        .merge(&json!({ "restricted": true }))
        .send()
        .await;
    assert_eq!(taken.status, 403);
    let listed = south.get("/vehicles?limit=100").await.json();
    assert!(
        listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|item| item["id"] != hidden.as_str())
    );
    let incident = south.get("/incidents?limit=1").await.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let link = json!({ "recordType": "vehicle", "recordId": hidden, "role": "property" });
    let path = format!("/incidents/{incident}/links");
    assert_eq!(south.post(&path, link.clone()).await.status, 422);
    let id = north.create(&path, link.clone()).await;
    assert_eq!(south.get(&format!("{path}/{id}")).await.status, 404);
    assert_eq!(north.post(&path, link).await.status, 409);
}

#[tokio::test]
async fn every_read_and_write_is_in_the_audit_log_of_the_own_force() {
    let (supplier, north) = start(Options::default()).await;
    let id = north.create("/vehicles", vehicle()).await;
    let path = format!("/vehicles/{id}");
    north
        .call("GET", &path)
        .header("x-correlation-id", "zztest-7")
        .send()
        .await;
    north
        .call("PATCH", &path)
        .merge(&json!({ "colour": "red" }))
        .send()
        .await;
    north.call("DELETE", &path).send().await;
    let events = north
        .get(&format!("/audit-events?subject={id}"))
        .await
        .json();
    let acts: Vec<&str> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["processing"].as_str().unwrap())
        .collect();
    assert_eq!(
        acts,
        ["collection", "consultation", "alteration", "erasure"]
    );
    let read = &events["items"][1];
    assert_eq!(
        (&read["client"], &read["correlationId"]),
        (&json!("zztest-north"), &json!("zztest-7"))
    );
    north.get("/people").await;
    let listed = north
        .get("/audit-events?sort=-createdAt&limit=1")
        .await
        .json();
    assert_eq!(
        listed["items"][0]["recordIds"].as_array().unwrap().len(),
        11
    );
    let south = Caller::of(&supplier, &supplier.credentials().south).await;
    assert_eq!(
        south
            .get(&format!("/audit-events?subject={id}"))
            .await
            .json()["total"],
        0
    );
}

#[tokio::test]
async fn the_rate_limit_is_kept() {
    let (_supplier, caller) = start(Options {
        requests_per_second: 3,
        ..Options::default()
    })
    .await;
    let mut refused = None;
    for _ in 0..20 {
        let answer = caller.get("/health").await;
        assert_eq!(answer.status, 200);
        let answer = caller.get("/vehicles?limit=1").await;
        assert!(answer.header("ratelimit-policy").contains("q=3;w=1"));
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    assert_eq!(refused.unwrap().header("retry-after"), "1");
}
