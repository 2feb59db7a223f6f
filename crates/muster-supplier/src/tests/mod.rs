//! The supplier over real HTTP: what it does well, and how it fails on demand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that panics is a test that fails"
)]

mod access;
mod contract;
mod faulty;
mod good;
mod tour;
mod transport;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Client, Options, Supplier};

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) bytes: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap_or("?"))
    }
}

/// One caller of one supplier.
pub(super) struct Caller {
    http: reqwest::Client,
    base: String,
    pub(super) token: String,
}

/// One request in the making.
pub(super) struct Call<'a> {
    caller: &'a Caller,
    builder: reqwest::RequestBuilder,
}

pub(super) fn http(ca: Option<&str>) -> reqwest::Client {
    let roots = ca.map(|pem| reqwest::Certificate::from_pem(pem.as_bytes()).unwrap());
    reqwest::Client::builder()
        .tls_certs_only(roots)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}

pub(super) async fn token(http: &reqwest::Client, url: &str, client: &Client) -> String {
    let answer = http
        .post(url)
        .basic_auth(&client.id, Some(&client.secret))
        .form(&[("grant_type", "client_credentials")])
        .send()
        .await
        .unwrap();
    let bytes = answer.bytes().await.unwrap();
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

impl Caller {
    pub(super) async fn of(supplier: &Supplier, client: &Client) -> Self {
        let http = http(supplier.ca_pem());
        let token = token(&http, &supplier.credentials().token_url, client).await;
        Self {
            http,
            base: supplier.base_url(),
            token,
        }
    }

    pub(super) fn call(&self, method: &str, path: &str) -> Call<'_> {
        let url = match path.strip_prefix('~') {
            // From the root of the origin.
            Some(path) => format!("{}{path}", self.base.trim_end_matches("/v1")),
            None => format!("{}{path}", self.base),
        };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Call {
            caller: self,
            builder: self.http.request(method, url),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path).json(&body).send().await
    }

    /// Creates a record and says its id.
    pub(super) async fn create(&self, path: &str, body: Value) -> String {
        let answer = self.post(path, body).await;
        assert_eq!(
            answer.status,
            201,
            "{}",
            String::from_utf8_lossy(&answer.bytes)
        );
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}

impl Call<'_> {
    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(super) fn body(self, media: &str, body: impl Into<reqwest::Body>) -> Self {
        let mut call = self.header("content-type", media);
        call.builder = call.builder.body(body);
        call
    }

    pub(super) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(super) fn merge(self, body: &Value) -> Self {
        self.body("application/merge-patch+json", body.to_string())
    }

    pub(super) async fn send(self) -> Answer {
        let token = self.caller.token.clone();
        self.header("authorization", &format!("Bearer {token}"))
            .send_without_token()
            .await
    }

    pub(super) async fn send_without_token(self) -> Answer {
        let answer = self.builder.send().await.unwrap();
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            bytes: answer.bytes().await.unwrap().to_vec(),
        }
    }
}

pub(super) async fn start(options: Options) -> (Supplier, Caller) {
    let supplier = Supplier::start(options).await.unwrap();
    let caller = Caller::of(&supplier, &supplier.credentials().north).await;
    (supplier, caller)
}

pub(super) fn vehicle() -> Value {
    json!({ "registrationMark": "ZZ99TST", "make": "Zztest", "model": "Vélo", "colour": "red" })
}

pub(super) fn person() -> Value {
    json!({ "surname": "Zztest Éclair", "givenNames": ["Siân"], "sex": "female" })
}
