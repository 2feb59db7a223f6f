use super::{Caller, http, token};
use crate::{Options, Supplier, Tls, fault};

fn options(faults: &[&str], require_client_certificate: bool) -> Options {
    Options {
        faults: faults.iter().map(|id| fault(id).unwrap()).collect(),
        tls: Some(Tls {
            require_client_certificate,
        }),
        ..Options::default()
    }
}

async fn plain(supplier: &Supplier) -> (u16, String, Vec<u8>) {
    let port = supplier.plain_http_port().unwrap();
    let answer = http(None)
        .get(format!("http://127.0.0.1:{port}/v1/health"))
        .send()
        .await
        .unwrap();
    let location = answer
        .headers()
        .get("location")
        .map(|value| value.to_str().unwrap().to_owned());
    (
        answer.status().as_u16(),
        location.unwrap_or_default(),
        answer.bytes().await.unwrap().to_vec(),
    )
}

#[tokio::test]
async fn tls_serves_and_plain_http_does_not() {
    let supplier = Supplier::start(options(&[], false)).await.unwrap();
    assert!(supplier.base_url().starts_with("https://127.0.0.1:"));
    assert_eq!(
        supplier.contract()["servers"][0]["url"],
        supplier.base_url()
    );
    let caller = Caller::of(&supplier, &supplier.credentials().north).await;
    assert_eq!(caller.get("/people").await.status, 200);
    assert_eq!(plain(&supplier).await, (403, String::new(), Vec::new()));
    assert!(
        http(None).get(supplier.base_url()).send().await.is_err(),
        "the authority must be trusted first"
    );
}

#[tokio::test]
async fn the_faults_of_plain_http_serve_or_redirect() {
    let serves = Supplier::start(options(&["plain-http-serves"], false))
        .await
        .unwrap();
    let (status, _, body) = plain(&serves).await;
    assert_eq!(status, 200);
    assert!(!body.is_empty());
    let redirects = Supplier::start(options(&["plain-http-redirects"], false))
        .await
        .unwrap();
    let (status, location, _) = plain(&redirects).await;
    assert_eq!(
        (status, location),
        (308, format!("{}/health", redirects.base_url()))
    );
}

#[tokio::test]
async fn a_client_certificate_can_be_required() {
    let supplier = Supplier::start(options(&[], true)).await.unwrap();
    let url = format!("{}/health", supplier.base_url());
    assert!(http(supplier.ca_pem()).get(&url).send().await.is_err());
    let (certificate, key) = supplier.client_identity_pem().unwrap();
    let identity = reqwest::Identity::from_pem(format!("{certificate}{key}").as_bytes()).unwrap();
    let root = reqwest::Certificate::from_pem(supplier.ca_pem().unwrap().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([root])
        .identity(identity)
        .no_proxy()
        .build()
        .unwrap();
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
    let credentials = supplier.credentials();
    assert!(
        !token(&client, &credentials.token_url, &credentials.south)
            .await
            .is_empty()
    );
}
