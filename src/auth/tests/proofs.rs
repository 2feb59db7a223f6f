//! Proofs of possession, signatures of bodies, and everything of them that can be wrong.

use std::time::SystemTime;

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{DecodingKey, crypto, jwk::Jwk};
use serde_json::{Map, Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header_exists, method},
};

use super::{super::key_callback::KeyCallbackServer, methods::ask, *};
use crate::http::{Presents, Sent, Transport};
use muster_core::{
    exchange::{
        Address, Alteration, Body, Headers, HttpVersion, KeyFlaw, Outcome, ProofFlaw, Request,
        Response, Timing,
    },
    model::{Hmac, Responsible},
};
use muster_jose::{self as jose, Algorithm, SigningKey};

/// A target that keeps what it is sent.
async fn target() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    Mock::given(method("PUT"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    server
}

async fn sent(
    server: &MockServer,
    credentials: &Credentials,
    request: &Request,
) -> Map<String, Value> {
    let transport = Transport::new(Options::new(server.uri().parse().unwrap())).unwrap();
    let _ = transport.send(request, credentials).await;
    let requests = server.received_requests().await.unwrap();
    let last = requests.last().unwrap();
    last.headers
        .iter()
        .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
        .collect()
}

fn read() -> Request {
    Request::new(
        Method::Get,
        Address::Base("/people?limit=1".into()),
        "reads",
    )
}

async fn issuer(kind: &str) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(header_exists("dpop"))
        .respond_with(
            ResponseTemplate::new(400)
                .insert_header("DPoP-Nonce", "as-nonce")
                .set_body_json(json!({ "error": "use_dpop_nonce" })),
        )
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(
            json!({ "access_token": "bound-token", "token_type": kind, "expires_in": 300 }),
        ))
        .mount(&server)
        .await;
    server
}

fn bound(server: &MockServer, key: Option<SigningKey>) -> Keyring {
    let oauth = OAuth2 {
        dpop: key,
        ..OAuth2::with_secret(server.uri().parse().unwrap(), "c".into(), "s3cret".into())
    };
    keyring(vec![(None, Credential::OAuth2(Box::new(oauth)))], false)
}

fn claims(proof: &Value) -> (Map<String, Value>, Map<String, Value>) {
    let proof = proof.as_str().unwrap();
    let (header, claims) = jose::peek(proof).unwrap();
    let jwk: Jwk = serde_json::from_value(header["jwk"].clone()).unwrap();
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let key = DecodingKey::from_jwk(&jwk).unwrap();
    assert!(
        crypto::verify(
            signature,
            signed.as_bytes(),
            &key,
            jsonwebtoken::Algorithm::ES256
        )
        .unwrap()
    );
    (header, claims)
}

#[tokio::test]
async fn a_proof_is_of_this_request_this_token_and_the_nonce_asked_for() {
    let (issuer, target) = (issuer("DPoP").await, target().await);
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let keyring = bound(&issuer, Some(key.clone()));
    let credentials = ask(&keyring).await.unwrap();
    let asked = issuer.received_requests().await.unwrap();
    assert_eq!(asked.len(), 2, "once more with the nonce");
    let (header, of_login) = claims(&json!(asked[1].headers["dpop"].to_str().unwrap()));
    assert_eq!(header["typ"], "dpop+jwt");
    assert_eq!(of_login["nonce"], "as-nonce");
    assert_eq!(of_login["htm"], "POST");
    assert_eq!(of_login["htu"], format!("{}/", issuer.uri()));
    assert!(!of_login.contains_key("ath"));

    let answer = Response::new(
        401,
        HttpVersion::Http11,
        [("dpop-nonce", "rs-nonce")].into_iter().collect(),
        Vec::new().into(),
        false,
        Timing::default(),
    );
    let refused = Sent {
        url: format!("{}/people?limit=1", target.uri()),
        credentials: Headers::new(),
        body: None,
        followed: None,
        outcome: Outcome::Answered(answer),
    };
    keyring.hear(&read(), &refused);
    let first = sent(&target, &credentials, &read()).await;
    assert_eq!(first["authorization"], "DPoP bound-token");
    let (header, of_call) = claims(&first["dpop"]);
    assert_eq!(jose::thumbprint(&header["jwk"]).unwrap(), key.thumbprint());
    assert!(header["jwk"].get("d").is_none());
    assert_eq!(of_call["htm"], "GET");
    assert_eq!(of_call["htu"], format!("{}/people", target.uri()));
    assert_eq!(of_call["nonce"], "rs-nonce");
    assert_eq!(of_call["ath"], jose::sha256(b"bound-token"));
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!(now - of_call["iat"].as_u64().unwrap() < 60);
    let second = sent(&target, &credentials, &read()).await;
    assert_ne!(claims(&second["dpop"]).1["jti"], of_call["jti"]);
}

#[tokio::test]
async fn every_flaw_of_a_proof_is_that_flaw_alone() {
    let (issuer, target) = (issuer("DPoP").await, target().await);
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let keyring = bound(&issuer, Some(key.clone()));
    let good = sent(&target, &ask(&keyring).await.unwrap(), &read()).await;
    let again = Auth::Altered(Alteration::Proof(ProofFlaw::Again));
    let never = keyring
        .credentials(&"default".into(), None, &again)
        .await
        .unwrap();
    let before = target.received_requests().await.unwrap().len();
    sent(&target, &never, &read()).await;
    assert_eq!(
        target.received_requests().await.unwrap().len(),
        before,
        "a proof that nobody accepted yet would be a new one"
    );
    let accepted = Sent {
        url: format!("{}/people?limit=1", target.uri()),
        credentials: [("dpop", good["dpop"].as_str().unwrap())]
            .into_iter()
            .collect(),
        body: None,
        followed: None,
        outcome: Outcome::Answered(Response::new(
            200,
            HttpVersion::Http11,
            Headers::new(),
            Vec::new().into(),
            false,
            Timing::default(),
        )),
    };
    keyring.hear(&read(), &accepted);
    for flaw in [
        ProofFlaw::Missing,
        ProofFlaw::AsBearer,
        ProofFlaw::Again,
        ProofFlaw::OtherAddress,
        ProofFlaw::OtherMethod,
        ProofFlaw::OtherKey,
        ProofFlaw::OtherToken,
        ProofFlaw::Old,
    ] {
        let auth = Auth::Altered(Alteration::Proof(flaw));
        let credentials = keyring
            .credentials(&"default".into(), None, &auth)
            .await
            .unwrap();
        let broken = sent(&target, &credentials, &read()).await;
        if matches!(flaw, ProofFlaw::Missing | ProofFlaw::AsBearer) {
            assert!(!broken.contains_key("dpop"));
            let scheme = if flaw == ProofFlaw::Missing {
                "DPoP"
            } else {
                "Bearer"
            };
            assert_eq!(broken["authorization"], format!("{scheme} bound-token"));
            continue;
        }
        if flaw == ProofFlaw::Again {
            assert_eq!(broken["dpop"], good["dpop"]);
            continue;
        }
        let (header, claims_of) = claims(&broken["dpop"]);
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let wrong = [
            (flaw == ProofFlaw::OtherMethod, claims_of["htm"] != "GET"),
            (
                flaw == ProofFlaw::OtherAddress,
                claims_of["htu"] != format!("{}/people", target.uri()),
            ),
            (
                flaw == ProofFlaw::OtherToken,
                claims_of["ath"] != jose::sha256(b"bound-token"),
            ),
            (
                flaw == ProofFlaw::Old,
                now - claims_of["iat"].as_u64().unwrap() > 3_600,
            ),
            (
                flaw == ProofFlaw::OtherKey,
                jose::thumbprint(&header["jwk"]).unwrap() != key.thumbprint(),
            ),
        ];
        for (meant, is) in wrong {
            assert_eq!(meant, is, "{flaw:?}: {claims_of:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_is_bound_to_nothing_has_no_proof_to_break() {
    let issuer = issuer("Bearer").await;
    let keyring = bound(
        &issuer,
        Some(SigningKey::generate(Algorithm::Es256).unwrap()),
    );
    assert_eq!(
        shown(&ask(&keyring).await.unwrap()),
        "authorization: Bearer bound-token"
    );
    for alteration in [
        Alteration::Proof(ProofFlaw::Old),
        Alteration::OtherCertificate,
    ] {
        let error = keyring
            .credentials(&"default".into(), None, &Auth::Altered(alteration))
            .await
            .unwrap_err();
        assert_eq!(error.kind, muster_core::exchange::BreakageKind::Unalterable);
    }
}

#[tokio::test]
async fn a_bound_token_without_a_key_says_what_to_write() {
    let issuer = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(
            ResponseTemplate::new(200)
                .set_body_json(json!({ "access_token": "t", "token_type": "DPoP" })),
        )
        .mount(&issuer)
        .await;
    let error = ask(&bound(&issuer, None)).await.unwrap_err();
    assert_eq!(error.responsible, Responsible::Configuration);
    assert!(error.detail.contains("Add `dpop: {}`"), "{}", error.detail);
}

fn hmac_of(secret: &[u8]) -> Credential {
    Credential::Hmac(Hmac {
        key_id: "key-7".into(),
        secret: BASE64_STANDARD.encode(secret).into(),
        key_id_header: "X-Key-Id".into(),
        signature_header: "X-Signature".into(),
    })
}

#[tokio::test]
async fn the_signature_is_over_the_bytes_of_the_body() {
    let target = target().await;
    let keyring = keyring(vec![(None, hmac_of(b"shared-secret"))], false);
    let mut request = Request::new(Method::Put, Address::Base("/people/1".into()), "writes");
    request.body = Some(Body::json("application/json", &json!({ "name": "Zzoë" })));
    let body = request.body.clone().unwrap().bytes;
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"shared-secret");
    let right = BASE64_STANDARD.encode(hmac::sign(&key, &body).as_ref());
    let headers = sent(&target, &ask(&keyring).await.unwrap(), &request).await;
    assert_eq!(headers["x-key-id"], "key-7");
    assert_eq!(headers["x-signature"], right);
    for flaw in [KeyFlaw::OtherBody, KeyFlaw::Altered, KeyFlaw::Unsigned] {
        let auth = Auth::Altered(Alteration::Key(flaw));
        let broken = keyring
            .credentials(&"default".into(), None, &auth)
            .await
            .unwrap();
        let headers = sent(&target, &broken, &request).await;
        assert_eq!(headers["x-key-id"], "key-7");
        match headers.get("x-signature") {
            None => assert_eq!(flaw, KeyFlaw::Unsigned),
            Some(signature) => assert_ne!(*signature, right),
        }
    }
}

#[tokio::test]
async fn keys_are_broken_where_they_stand() {
    let mut held = vec![key(KeyPlace::Header, "X-Key"), key(KeyPlace::Cookie, "sid")];
    let auth = |flaw| Auth::Altered(Alteration::Key(flaw));
    let ring = keyring(held.clone(), false);
    let default = "default".into();
    for (flaw, expected) in [
        (KeyFlaw::Truncated, "x-key: X-Key-value, cookie: sid=sid-va"),
        (
            KeyFlaw::Altered,
            "x-key: X-Key-value, cookie: sid=sid-vAlue",
        ),
        (KeyFlaw::Empty, "x-key: X-Key-value, cookie: sid="),
    ] {
        let broken = ring.credentials(&default, None, &auth(flaw)).await.unwrap();
        let told = shown(&broken);
        if flaw == KeyFlaw::Altered {
            assert!(told.starts_with("x-key: X-Key-value, cookie: sid=sid-"));
            assert_ne!(told, shown(&ask(&ring).await.unwrap()));
        } else {
            assert_eq!(told, expected);
        }
    }
    assert!(
        ring.credentials(&default, None, &auth(KeyFlaw::OfAnother))
            .await
            .is_err()
    );
    held.truncate(1);
    let alone = keyring(held, false);
    assert!(
        alone
            .credentials(&default, None, &auth(KeyFlaw::OfAnother))
            .await
            .is_err()
    );
    let none = keyring(vec![bearer()], false);
    assert!(
        none.credentials(&default, None, &auth(KeyFlaw::Empty))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn whoever_follows_an_address_is_heard_and_nobody_else() {
    let key_callback = KeyCallbackServer::set(&Callback::default()).await.unwrap();
    let (jku, first) = key_callback.address("jku");
    let (x5u, second) = key_callback.address("x5u");
    assert!(jku.starts_with("http://127.0.0.1:"), "{jku}");
    let get = |url: String| async move {
        let at: url::Url = url.parse().unwrap();
        let mut options = Options::new(at.clone());
        options.base_url.set_path("/");
        let request = Request::new(Method::Get, Address::Root(at.path().into()), "fetches");
        let transport = Transport::new(options).unwrap();
        let sent = transport.send(&request, &Credentials::default()).await;
        match sent.outcome {
            muster_core::exchange::Outcome::Answered(response) => response,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(first.taken().await, None);
    let keys = get(jku).await;
    assert_eq!(keys.json().unwrap()["keys"][0]["kid"], "muster");
    assert_eq!(
        first.taken().await.unwrap(),
        "GET /…/jwks.json from 127.0.0.1"
    );
    assert_eq!(second.taken().await, None);
    assert!(
        get(x5u)
            .await
            .body
            .starts_with(b"-----BEGIN CERTIFICATE-----")
    );
    assert!(second.taken().await.is_some());
}

#[tokio::test]
async fn a_target_elsewhere_is_not_shown_an_address_that_it_cannot_reach() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let bearer = Credential::Bearer {
        token: key.sign(Map::new(), &Map::new()).into(),
    };
    let identity = Identity {
        credentials: vec![(None, bearer)],
        client_certificate: None,
    };
    let options = Options::new("https://rms.example.test".parse().unwrap());
    let ring = || {
        Keyring::under(
            vec![("default".into(), identity.clone())],
            schemes(),
            false,
            &options,
            &Redactor::default(),
        )
        .unwrap()
    };
    let auth = Auth::Altered(Alteration::KeyByAddress("jku"));
    let error = ring()
        .show(&"default".into(), None, &auth)
        .await
        .unwrap_err();
    assert!(error.detail.contains("Give `callback`"), "{}", error.detail);
    let callback = Callback {
        url: Some("https://muster.example.test".into()),
        ..Callback::default()
    };
    let (credentials, bait) = ring()
        .with_callback(callback)
        .show(&"default".into(), None, &auth)
        .await
        .unwrap();
    let token = credentials
        .headers
        .get("authorization")
        .unwrap()
        .strip_prefix("Bearer ")
        .unwrap();
    let (header, _) = jose::peek(token).unwrap();
    assert!(
        header["jku"]
            .as_str()
            .unwrap()
            .starts_with("https://muster.example.test/")
    );
    assert_eq!(header["kid"], "muster");
    assert_eq!(bait.unwrap().taken().await, None);
    assert_eq!(credentials.certificate, Presents::Own);
}
