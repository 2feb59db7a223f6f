use secrecy::ExposeSecret;
use serde_json::json;

use super::*;
use muster_core::model::{Credential, KeyPlace};

fn environment(name: &str) -> Option<String> {
    name.starts_with("SET").then(|| format!("value of {name}"))
}

fn load_text(text: &str) -> Result<Target, Diagnostics> {
    load(
        Source::new("target.yaml", text),
        &Settings {
            environment: &environment,
            allow_writes_in_production: false,
            without_secrets: false,
        },
    )
}

fn told(text: &str) -> String {
    load_text(text).unwrap_err().to_string()
}

const START: &str = "target: Example RMS 4.2\nbase_url: https://rms.example.test/api\n";

#[test]
fn the_least_that_a_target_needs() {
    let target = load_text(START).unwrap();
    assert_eq!(target.name, "Example RMS 4.2");
    assert_eq!(target.environment, Environment::Test);
    assert_eq!(target.writes, Writes::Refused);
    assert_eq!(target.budget, Budget::default());
    assert_eq!(target.timeout, TIMEOUT);
    assert!(target.identities.is_empty());
}

#[test]
fn everything_a_target_can_say() {
    let text = format!(
        "{START}supplier: Example Ltd
environment: preproduction
contract: ./openapi.yaml
claims: [pagination, etag]
identities:
  default:
    oauth2: {{ token_url: https://id.example.test/token, client_id: muster, client_secret: {{ env: SET_A }}, scope: people.read, auth: post, audience: rms }}
    api_keys:
      - {{ in: header, name: X-Tenant, value: {{ env: SET_B }} }}
      - {{ in: query, name: key, value: {{ env: SET_C }} }}
    schemes: {{ ClientCredentials: oauth2, TenantKey: X-Tenant, OldTenantKey: X-Tenant }}
  clerk: {{ basic: {{ username: {{ env: SET_D }}, password: {{ env: SET_E }} }}, bearer: {{ token: {{ env: SET_F }} }} }}
  nobody: {{ none: {{}} }}
data: {{ personId: 7, 'GET /people/{{id}} id': abc }}
writable: {{ 'PUT /people/{{id}} id': own }}
writes: allowed
budget: {{ requests: 10, concurrency: 2 }}
parameters: {{ p95_ms: 800 }}
timeout_s: 2.5
body_limit_bytes: 4096
include_hazards: [POST /logout]
attestations:
  - {{ requirement: IHUB-30, by: A. Person, on: 2026-11-02, statement: Seen. }}
"
    );
    let target = load_text(&text).unwrap();
    assert_eq!(target.contract.as_deref(), Some("././openapi.yaml"));
    assert!(target.claims.has("etag"));
    assert_eq!(target.writes, Writes::Allowed);
    assert_eq!(target.budget.per_second, Budget::default().per_second);
    assert_eq!(target.budget.requests, 10);
    assert_eq!(target.timeout, Duration::from_millis(2500));
    assert_eq!(target.body_limit, 4096);
    assert_eq!(target.data["GET /people/{id} id"], json!("abc"));
    assert_eq!(target.writable["PUT /people/{id} id"], json!("own"));
    assert_eq!(target.attestations[0].on, "2026-11-02");
    let names: Vec<&str> = target
        .identities
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["default", "clerk", "nobody"]);

    let default = target.identity(&IdentityName::default()).unwrap();
    let schemes: Vec<Option<&str>> = default
        .credentials
        .iter()
        .map(|(scheme, _)| scheme.as_deref())
        .collect();
    assert_eq!(
        schemes,
        [
            Some("TenantKey"),
            Some("OldTenantKey"),
            None,
            Some("ClientCredentials")
        ]
    );
    let (_, Credential::ApiKey { place, name, value }) = &default.credentials[2] else {
        panic!("{default:?}");
    };
    assert_eq!((*place, name.as_str()), (KeyPlace::Query, "key"));
    assert_eq!(value.expose_secret(), "value of SET_C");
    let clerk = target.identity(&"clerk".into()).unwrap();
    let (None, Credential::Basic { username, .. }) = &clerk.credentials[0] else {
        panic!("{clerk:?}");
    };
    assert_eq!(username, "value of SET_D");
    assert!(
        target
            .identity(&"nobody".into())
            .unwrap()
            .credentials
            .is_empty()
    );
    assert!(
        !format!("{target:?}").contains("value of SET_C"),
        "secrets do not print"
    );
}

#[test]
fn a_secret_in_the_file_is_an_error_that_does_not_repeat_it() {
    for identity in [
        "default: { basic: { username: u, password: hunter2 } }",
        "default: { bearer: { token: hunter2 } }",
        "default: { api_key: { in: header, name: X, value: hunter2 } }",
        "default: { oauth2: { token_url: 'https://x.test', client_id: c, client_secret: 'hunter2' } }",
        "default: { basic: { username: u, passwrd: hunter2 } }",
        "default: { bearer: hunter2 }",
        "default: hunter2",
        "default: { tls: { client_cert: c.pem, client_key: hunter2 } }",
        "default: { bearer: { token: { environment: hunter2 } } }",
        "default: { bearer: { token: [hunter2] } }",
        "default: { bearer: { token: hunter2 }",
    ] {
        let told = told(&format!("{START}identities:\n  {identity}\n"));
        assert!(!told.contains("hunter2"), "{told}");
    }
    let told = told(&format!(
        "{START}identities: {{ default: {{ bearer: {{ token: hunter2 }} }} }}\n"
    ));
    assert!(
        told.contains("error: a secret never stands in the file itself\n"),
        "{told}"
    );
    assert!(told.contains("{ env: NAME }"), "{told}");
}

#[test]
fn secrets_that_cannot_be_read_are_told_all_at_once() {
    let told = told(&format!(
        "{START}identities:\n  a: {{ bearer: {{ token: {{ env: MISSING }} }} }}\n  b: {{ bearer: {{ token: {{ file: none.txt }} }} }}\ntls: {{ ca: none.pem }}\n"
    ));
    for part in [
        "`MISSING` is not set",
        "`none.txt`: there is no such file",
        "`none.pem`: there is no such file",
        "3 errors",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn no_program_runs_for_a_file_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("ran");
    let text = format!(
        "{START}claim: []\nidentities: {{ a: {{ bearer: {{ token: {{ command: [touch, '{}'] }} }} }} }}\n",
        mark.display()
    );
    assert!(told(&text).contains("unknown key `claim`"));
    assert!(!mark.exists());
}

#[test]
fn base_urls_that_cannot_be_one() {
    for (url, reason) in [
        ("ftp://x.test", "`base_url` is not an http or https URL"),
        (
            "rms.example.test/api",
            "`base_url` is not an http or https URL",
        ),
        ("https://u:hunter2@x.test", "`base_url` holds credentials"),
        (
            "https://x.test/api?x=1",
            "`base_url` ends in a query or fragment",
        ),
        ("https://", "`base_url` is not a URL: empty host"),
        (
            "https://x.test:99999/",
            "`base_url` is not a URL: invalid port number",
        ),
    ] {
        let told = told(&format!("target: T\nbase_url: {url}\n"));
        assert!(told.contains(reason), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn dates_and_scheme_names_must_be_real() {
    let told = told(&format!(
        "{START}identities:\n  default:\n    bearer: {{ token: {{ env: SET }} }}\n    schemes: {{ A: baerer }}\n  other: {{ none: {{}}, bearer: {{ token: {{ env: SET }} }} }}\nattestations: [{{ requirement: R, by: P, on: 2026-02-30, statement: S }}]\n"
    ));
    for part in [
        "no credential `baerer`",
        "did you mean `bearer`?",
        "`none` stands beside",
        "`2026-02-30` is not a day of the calendar",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn production_is_not_written_to_unless_a_flag_says_so() {
    let text = format!("{START}environment: production\nwrites: allowed\n");
    let target = load_text(&text).unwrap();
    assert_eq!(target.writes, Writes::Refused);
    assert!(target.writes_refused_because.is_some());
    let settings = Settings {
        environment: &environment,
        allow_writes_in_production: true,
        without_secrets: false,
    };
    let target = load(Source::new("target.yaml", text), &settings).unwrap();
    assert_eq!(target.writes, Writes::Allowed);
    assert_eq!(target.writes_refused_because, None);
}

#[test]
fn paths_are_relative_to_the_file() {
    let made = rcgen::generate_simple_self_signed(vec!["client.test".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("client.pem"), made.cert.pem()).unwrap();
    std::fs::write(
        folder.path().join("client.key"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    let file = folder.path().join("target.yaml");
    std::fs::write(
        &file,
        format!("{START}contract: openapi.yaml\ntls: {{ ca: client.pem, client_cert: client.pem, client_key: {{ file: client.key }} }}\n"),
    )
    .unwrap();
    let target = load(
        Source::read(file.to_str().unwrap(), "target file").unwrap(),
        &Settings {
            environment: &environment,
            allow_writes_in_production: false,
            without_secrets: false,
        },
    )
    .unwrap();
    assert_eq!(
        target.contract.unwrap(),
        folder.path().join("openapi.yaml").to_str().unwrap()
    );
    assert_eq!(
        target.tls.ca_pem.unwrap(),
        target.tls.client.unwrap().chain_pem
    );
}

#[test]
fn an_objective_names_its_unit() {
    for name in ["p95", "p95_s", "p90_ms", "settle", "work_timeout_s"] {
        let told = told(&format!("{START}parameters: {{ {name}: 800 }}\n"));
        assert!(told.contains("p50_ms, p95_ms, p99_ms, settle_ms"), "{told}");
        assert!(told.contains("target.yaml:3"), "{told}");
    }
    let target = load_text(&format!(
        "{START}parameters: {{ p99_ms: 800.5, settle_ms: 300, price: 7 }}\n"
    ));
    assert!(target.is_ok(), "{target:?}");
}

#[test]
fn the_published_contract_is_the_targets_own() {
    let told = told(&format!(
        "{START}published_contract: https://elsewhere.example.test/openapi.json\n"
    ));
    assert!(told.contains("another host"), "{told}");
    for own in ["/openapi.json", "https://rms.example.test/v2/openapi.json"] {
        let target = load_text(&format!("{START}published_contract: {own}\n")).unwrap();
        assert_eq!(target.published_contract.as_deref(), Some(own));
    }
}

#[test]
fn the_authorisation_table_names_identities_that_are_there() {
    let text = |rule: &str| {
        format!(
            "{START}identities: {{ default: {{ none: {{}} }}, other-force: {{ none: {{}} }} }}\nparameters:\n  authorisation:\n    - {rule}\n"
        )
    };
    let good = "{ identity: other-force, operations: [getPerson], records_of: default, restricted: true, answer: [403, 404] }";
    assert!(load_text(&text(good)).is_ok());
    let nobody = "{ identity: nobody, operations: [getPerson], answer: 401 }";
    assert!(load_text(&text(nobody)).is_ok());
    let told = told(&text(
        "{ identity: other-forse, operations: [getPerson], answer: 403 }",
    ));
    assert!(told.contains("no identity `other-forse`"), "{told}");
    for wrong in [
        "{ identity: default, operations: [getPerson], answer: 500 }",
        "{ identity: default, operations: [], answer: 403 }",
        "{ identity: default, operations: [getPerson] }",
        "{ identity: default, operation: getPerson, answer: 403 }",
    ] {
        assert!(load_text(&text(wrong)).is_err(), "{wrong}");
    }
}
