//! Credentials in all the ways in which suppliers ask for them, and secrets that come back.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use super::service::{Reply, Request, Service};

const TOKEN: &str = "good-token-of-the-run";

const BEARER: &str = "writes: allowed\nidentities: { default: { bearer: { token: { command: [printf, good-token-of-the-run] } } } }\n";

fn is_known(request: &Request) -> bool {
    request.header("authorization") == Some(&format!("Bearer {TOKEN}"))
}

fn refused() -> Reply {
    Reply::problem(401, "Log in").with("www-authenticate", "Bearer")
}

fn refused_unless_known(request: &Request) -> Option<Reply> {
    (!is_known(request)).then(refused)
}

// Secrets that come back

/// Working keys of somebody else's, which a service has no other way to show.
const OTHERS: [&str; 3] = [
    "Zk81qXv7TmL02bRwYc93",
    "whk_5Vd0pQz83LmNs71Ab",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm90aGVyLWNsaWVudCJ9.c2lnbmF0dXJlLW9mLWFub3RoZXI",
];

const TOKENS: &str = r##"
openapi: 3.1.0
info: { title: Tokens, version: 1.0.0 }
servers: [{ url: "{origin}" }]
security: [{ bearer: [] }]
paths:
  /hooks:
    get:
      operationId: listHooks
      responses:
        '200':
          description: Hooks
          content: { application/json: { schema: { type: object, required: [hooks, total], properties: { hooks: { type: array, items: { $ref: '#/components/schemas/Hook' } }, total: { type: integer } } } } }
        '401': { description: No }
    post:
      operationId: createHook
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [name], additionalProperties: false, properties: { name: { type: string, minLength: 1, maxLength: 40 } } } } } }
      responses:
        '201': { description: Made, headers: { Location: { schema: { type: string } } }, content: { application/json: { schema: { $ref: '#/components/schemas/Hook' } } } }
        '400': { description: Wrong }
        '401': { description: No }
  /hooks/{secret}:
    parameters: [{ name: secret, in: path, required: true, schema: { type: string } }]
    get:
      operationId: getHook
      responses:
        '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Hook' } } } }
        '401': { description: No }
        '404': { description: None }
components:
  securitySchemes: { bearer: { type: http, scheme: bearer } }
  schemas:
    Hook: { type: object, required: [secret, name], properties: { secret: { type: string }, name: { type: string, maxLength: 8 }, apiKey: { type: string } } }
"##;

/// A service that answers with working secrets; records are named by them, and cannot be removed.
struct Hooks {
    made: Mutex<Vec<Value>>,
    next: AtomicUsize,
}

impl Hooks {
    fn new() -> Self {
        Self {
            made: Mutex::default(),
            next: AtomicUsize::new(1),
        }
    }

    fn secret(number: usize) -> String {
        format!("sQ7{number:04}Kx9Lm2Vb5Tn8Hd4")
    }

    fn reply(&self, request: &Request) -> Reply {
        if let Some(refused) = refused_unless_known(request) {
            return refused;
        }
        let mut made = self.made.lock().unwrap();
        match (request.method.as_str(), request.segments().as_slice()) {
            ("GET", ["hooks"]) => {
                let mut all = vec![
                    json!({ "secret": OTHERS[0], "name": "theirs", "apiKey": OTHERS[1], "note": OTHERS[2] }),
                ];
                all.extend(made.iter().cloned());
                // Without `total`: a finding, so that there is evidence to show.
                Reply::json(200, &json!({ "hooks": all })).with("x-api-key", OTHERS[1])
            }
            ("POST", ["hooks"]) => {
                let Some(name) = request
                    .json()
                    .and_then(|body| body["name"].as_str().map(str::to_owned))
                else {
                    return Reply::problem(400, "Wrong");
                };
                let secret = Self::secret(self.next.fetch_add(1, Ordering::Relaxed));
                let hook = json!({ "secret": secret, "name": name });
                made.push(hook.clone());
                Reply::json(201, &hook).with("location", &format!("/hooks/{secret}"))
            }
            ("GET", ["hooks", secret]) => made
                .iter()
                .find(|hook| hook["secret"] == *secret)
                .map_or_else(
                    || Reply::problem(404, "None"),
                    |hook| Reply::json(200, hook),
                ),
            (_, ["hooks"]) => Reply::not_allowed("GET, HEAD, POST"),
            (_, ["hooks", _]) => Reply::not_allowed("GET, HEAD"),
            _ => Reply::problem(404, "None"),
        }
    }
}

#[test]
fn secrets_that_the_service_returns_stand_in_no_output() {
    let hooks = Hooks::new();
    let service = Service::start(move |request| hooks.reply(request));
    let ran = service.run(TOKENS, BEARER, &["--effort", "quick"]);
    let said = ran.everything();
    for secret in OTHERS {
        assert!(!said.contains(secret), "{secret}");
    }
    let made = service.lines("POST").len();
    assert!(made > 0, "{}", ran.told());
    for number in 1..=made {
        assert!(!said.contains(&Hooks::secret(number)), "{number}");
    }
    assert!(said.contains("$MUSTER_RETURNED_SECRET"), "{}", ran.told());
    // What is masked in the report is still sent: the record was read back by its secret.
    let read = service
        .requests()
        .into_iter()
        .filter(|(request, status)| request.path.starts_with("/hooks/sQ7") && *status == 200);
    assert!(read.count() > 0, "{}", ran.told());
}

// Credentials that are needed together

const TOGETHER: &str = r##"
openapi: 3.1.0
info: { title: Both, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /cases:
    get:
      operationId: listCases
      security: [SECURITY]
      responses:
        '200': { description: Cases, content: { application/json: { schema: { type: array, items: { type: string } } } } }
        '401': { description: No }
components:
  securitySchemes:
    client: { type: apiKey, in: header, name: X-Client }
    person: { type: http, scheme: basic }
    session: { type: apiKey, in: cookie, name: sid }
"##;

const ALL_THREE: &str = "identities:\n  default:\n    basic: { username: clerk, password: { command: [printf, right-password] } }\n    api_keys:\n      - { in: header, name: X-Client, value: { command: [printf, right-client-key] } }\n      - { in: cookie, name: sid, value: { command: [printf, right-session] } }\n";

/// Which of the three credentials are right: client, person, session.
fn rights(request: &Request) -> [bool; 3] {
    [
        request.header("x-client") == Some("right-client-key"),
        // clerk:right-password
        request.header("authorization") == Some("Basic Y2xlcms6cmlnaHQtcGFzc3dvcmQ="),
        request
            .header("cookie")
            .is_some_and(|cookie| cookie.split("; ").any(|pair| pair == "sid=right-session")),
    ]
}

fn serve_cases(
    is_content: impl Fn([bool; 3], &Request) -> bool + Send + Sync + 'static,
) -> Service {
    Service::start(move |request| {
        if request.path != "/cases" {
            return Reply::problem(404, "None");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        if is_content(rights(request), request) {
            Reply::json(200, &json!(["a"]))
        } else {
            Reply::problem(401, "Log in").with("www-authenticate", "Basic realm=\"cases\"")
        }
    })
}

fn gov_62(service: &Service, security: &str) -> String {
    let contract = TOGETHER.replace("SECURITY", security);
    let ran = service.run(&contract, ALL_THREE, &["--only", "GOV-62"]);
    let verdict = ran.verdict("GOV-62");
    if verdict == "fail" {
        ran.findings("GOV-62").join("; ")
    } else {
        verdict
    }
}

#[test]
fn credentials_that_are_needed_together_are_left_out_one_by_one() {
    let service = serve_cases(|[client, person, _], _| client && person);
    assert_eq!(gov_62(&service, "{ client: [], person: [] }"), "pass");
    let service = serve_cases(|[client, person, _], _| client || person);
    assert!(gov_62(&service, "{ client: [], person: [] }").contains("every credential but"));
    let service = serve_cases(|[_, person, session], _| person || session);
    assert!(gov_62(&service, "{ person: [], session: [] }").contains("every credential but"));
}

#[test]
fn a_wrong_credential_beside_a_right_one_is_tried() {
    // The key of the client is looked for, and not at.
    let service =
        serve_cases(|[_, person, _], request| person && request.header("x-client").is_some());
    let said = gov_62(&service, "{ client: [], person: [] }");
    assert!(said.contains("a wrong value for `client`"), "{said}");
    // Of three, the session is not looked at.
    let service = serve_cases(|[client, person, _], request| {
        client && person && request.header("cookie").is_some()
    });
    let said = gov_62(&service, "{ client: [], person: [], session: [] }");
    assert!(said.contains("a wrong value for `session`"), "{said}");
}

#[test]
fn either_of_two_credentials_stays_enough_where_the_contract_says_so() {
    let service = serve_cases(|[client, person, _], _| client || person);
    assert_eq!(gov_62(&service, "{ client: [] }, { person: [] }"), "pass");
    // Both together, or the person alone.
    let service = serve_cases(|[_, person, _], _| person);
    assert_eq!(
        gov_62(&service, "{ client: [], person: [] }, { person: [] }"),
        "pass"
    );
}

// Operations that declare no security and ask for it

const UNDECLARED: &str = r##"
openapi: 3.1.0
info: { title: Undeclared, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /open:
    get:
      operationId: open
      security: [{ bearer: [] }]
      responses: { '200': { description: Fine, content: { application/json: { schema: { type: object } } } }, '401': { description: No } }
  /notices:
    get:
      operationId: listNotices
      responses: { '200': { description: Notices, content: { application/json: { schema: { type: array, items: { type: string } } } } } }
  /vehicles:
    get:
      operationId: listVehicles
      responses: { '200': { description: Vehicles, content: { application/json: { schema: { type: array, items: { type: string } } } } } }
components: { securitySchemes: { bearer: { type: http, scheme: bearer } } }
"##;

fn serve_undeclared(refusal: u16) -> Service {
    Service::start(move |request| {
        let known = is_known(request);
        match (request.method.as_str(), &*request.path) {
            ("GET", "/open") if known => Reply::json(200, &json!({})),
            ("GET", "/open") => refused(),
            ("GET", "/notices" | "/vehicles") if known => Reply::json(200, &json!(["a"])),
            ("GET", "/notices" | "/vehicles") => {
                Reply::problem(refusal, "No").with("www-authenticate", "Bearer")
            }
            (_, "/open" | "/notices" | "/vehicles") => Reply::not_allowed("GET, HEAD"),
            _ => Reply::problem(404, "None"),
        }
    })
}

#[test]
fn an_operation_that_asks_for_undeclared_credentials_receives_them_and_is_told_once() {
    for refusal in [401, 403] {
        let service = serve_undeclared(refusal);
        let ran = service.run(UNDECLARED, BEARER, &["--effort", "quick"]);
        let served = service
            .requests()
            .into_iter()
            .filter(|(request, status)| request.path == "/notices" && *status == 200);
        assert!(served.count() > 0, "{}", ran.told());
        let told = ran.results.to_string();
        let sentence = "The contract declares no security for GET /notices, GET /vehicles";
        assert_eq!(told.matches(sentence).count(), 1, "{told}");
        let failed = ran.with("MUST", "fail");
        assert!(failed.is_empty(), "{failed:?} {}", ran.told());
    }
}

#[test]
fn an_operation_that_refuses_everybody_is_not_sent_credentials_again_and_again() {
    let service = Service::start(|request| match (request.method.as_str(), &*request.path) {
        ("GET", "/open") if is_known(request) => Reply::json(200, &json!({})),
        ("GET", "/notices") => Reply::problem(403, "Never"),
        ("GET", "/vehicles") => Reply::json(200, &json!([])),
        ("GET", "/open") => refused(),
        (_, "/open" | "/notices" | "/vehicles") => Reply::not_allowed("GET, HEAD"),
        _ => Reply::problem(404, "None"),
    });
    let ran = service.run(UNDECLARED, BEARER, &["--effort", "quick"]);
    let with = service.requests().into_iter().filter(|(request, _)| {
        request.path == "/notices" && request.header("authorization").is_some()
    });
    assert!(with.count() <= 3, "{}", ran.told());
    assert!(
        !ran.results
            .to_string()
            .contains("declares no security for GET /notices")
    );
}

// Token checks, where nothing refuses

#[test]
fn a_token_check_on_an_open_operation_is_inconclusive() {
    let contract = UNDECLARED.replace("listNotices", "listNoticesToo");
    // {"alg":"HS256"}.{"sub":"muster"} and a signature.
    let target = "identities: { default: { bearer: { token: { command: [printf, eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtdXN0ZXIifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ] } } } }\n";
    let service = Service::start(|request| match (request.method.as_str(), &*request.path) {
        ("GET", "/open") => Reply::json(200, &json!({})),
        ("GET", _) => Reply::json(200, &json!([])),
        _ => Reply::not_allowed("GET, HEAD"),
    });
    let ran = service.run(
        &contract,
        target,
        &[
            "--profile",
            "policing-api-security",
            "--only",
            "security.alg-none",
        ],
    );
    let told = ran.results.to_string();
    assert!(
        told.contains("accepts a request without credentials"),
        "{}",
        ran.told()
    );
    assert!(ran.with("MUST", "fail").is_empty(), "{}", ran.told());
}

// Ways to log in of the suppliers' own

const RECORDS: &str = r##"
openapi: 3.1.0
info: { title: Records, version: 1.0.0 }
servers: [{ url: "{origin}" }]
security: [{ own: [] }]
paths:
  /records:
    get:
      operationId: listRecords
      responses: { '200': { description: Records, content: { application/json: { schema: { type: array, items: { type: string } } } } }, '401': { description: No } }
  /auth/login:
    post:
      operationId: logIn
      security: []
      requestBody: { required: true, content: { application/json: { schema: { type: object, required: [username, password], properties: { username: { type: string }, password: { type: string } } } } } }
      responses: { '200': { description: A token, content: { application/json: { schema: { type: object, properties: { token: { type: string } } } } } }, '400': { description: Wrong }, '401': { description: No } }
components: { securitySchemes: { own: SCHEME } }
"##;

fn records(scheme: &str) -> String {
    RECORDS.replace("SCHEME", scheme)
}

fn serve_records(
    is_known: impl Fn(&Request) -> bool + Send + Sync + 'static,
    log_in: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> Service {
    Service::start(
        move |request| match (request.method.as_str(), &*request.path) {
            ("GET", "/records") if is_known(request) => Reply::json(200, &json!(["a"])),
            ("GET", "/records") => refused(),
            ("POST", "/auth/login") => log_in(request),
            (_, "/records") => Reply::not_allowed("GET, HEAD"),
            (_, "/auth/login") => Reply::not_allowed("POST"),
            _ => Reply::problem(404, "None"),
        },
    )
}

#[test]
fn a_word_of_the_suppliers_own_goes_before_the_token() {
    for (scheme, authorization, sent) in [
        (
            "{ type: apiKey, in: header, name: Authorization }",
            "scheme: Token",
            "Token fixed-value-of-the-run",
        ),
        (
            "{ type: http, scheme: bearer }",
            "scheme: JWT",
            "JWT fixed-value-of-the-run",
        ),
        (
            "{ type: http, scheme: apikey }",
            "prefix: 'ApiKey token='",
            "ApiKey token=fixed-value-of-the-run",
        ),
    ] {
        let service = serve_records(
            move |request| request.header("authorization") == Some(sent),
            |_| Reply::problem(401, "No"),
        );
        let target = format!(
            "identities: {{ default: {{ authorization: {{ {authorization}, value: {{ command: [printf, fixed-value-of-the-run] }} }} }} }}\n"
        );
        let ran = service.run(&records(scheme), &target, &["--only", "GOV-62"]);
        assert_eq!(ran.verdict("GOV-62"), "pass", "{}", ran.told());
        assert!(!ran.everything().contains("fixed-value-of-the-run"));
    }
}

const LOGIN: &str = "writes: allowed\nidentities:\n  default:\n    login:\n      request: POST /auth/login\n      json: { username: clerk, password: { command: [printf, pass-of-the-clerk] } }\n      token: /token\n";

/// A service whose tokens end after a number of requests.
fn serve_login(lasts: usize) -> Service {
    let given = std::sync::Arc::new(AtomicUsize::new(0));
    let left = std::sync::Arc::new(AtomicUsize::new(0));
    let (known, remaining) = (given.clone(), left.clone());
    serve_records(
        move |request| {
            let token = format!("Bearer session-token-{:08}", known.load(Ordering::SeqCst));
            request.header("authorization") == Some(&token)
                && remaining
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok()
        },
        move |request| {
            let Some(body) = request.json() else {
                return Reply::problem(400, "Wrong");
            };
            if !body["username"].is_string() || !body["password"].is_string() {
                return Reply::problem(400, "Wrong");
            }
            if body["username"] != "clerk" || body["password"] != "pass-of-the-clerk" {
                return Reply::problem(401, "No").with("www-authenticate", "Login");
            }
            left.store(lasts, Ordering::SeqCst);
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            Reply::json(
                200,
                &json!({ "token": format!("session-token-{number:08}") }),
            )
        },
    )
}

#[test]
fn a_login_request_yields_the_token_and_is_repeated_when_it_ends() {
    let service = serve_login(5);
    let ran = service.run(
        &records("{ type: http, scheme: bearer }"),
        LOGIN,
        &["--effort", "quick"],
    );
    let failed = ran.with("MUST", "fail");
    assert!(failed.is_empty(), "{failed:?} {}", ran.told());
    let logins = service
        .requests()
        .into_iter()
        .filter(|(request, status)| request.path == "/auth/login" && *status == 200);
    assert!(logins.count() > 1, "{}", ran.told());
    let said = ran.everything();
    assert!(!said.contains("pass-of-the-clerk"));
    assert!(!said.contains("session-token-00000001"));
}

#[test]
fn a_login_by_a_form_can_yield_a_cookie() {
    let service = serve_records(
        |request| request.header("cookie") == Some("sid=cookie-of-the-clerk"),
        |request| {
            let form = String::from_utf8_lossy(&request.body).into_owned();
            if form == "user=clerk&pass=pass-of-the-clerk" {
                Reply::empty(204).with("set-cookie", "sid=cookie-of-the-clerk; HttpOnly; Path=/")
            } else {
                Reply::problem(401, "No")
            }
        },
    );
    let target = "identities:\n  default:\n    login:\n      request: POST /auth/login\n      form: { user: clerk, pass: { command: [printf, pass-of-the-clerk] } }\n      token_cookie: sid\n";
    let contract = records("{ type: apiKey, in: cookie, name: sid }");
    let ran = service.run(&contract, target, &["--only", "GOV-62"]);
    assert_eq!(ran.verdict("GOV-62"), "pass", "{}", ran.told());
    assert!(!ran.everything().contains("cookie-of-the-clerk"));
}

#[test]
fn a_login_that_is_refused_ends_the_run_in_words() {
    let service = serve_login(5);
    let target = LOGIN.replace("pass-of-the-clerk", "another-password");
    let ran = service.run(&records("{ type: http, scheme: bearer }"), &target, &[]);
    assert_eq!(ran.exit, 3, "{}", ran.told());
    assert!(
        ran.everything()
            .contains("the name or the password under `login` is wrong")
    );
}

// Preflight

#[test]
fn preflight_tells_a_wrong_token_from_a_good_one_and_from_no_right() {
    let contract = records("{ type: http, scheme: bearer }");
    let service = serve_records(is_known, |_| Reply::problem(401, "No"));
    let (exit, said) = service.preflight(&contract, BEARER);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = service.preflight(&contract, &BEARER.replace(TOKEN, "old-token-of-the-run"));
    assert_eq!(exit, 3, "{said}");
    assert!(
        said.contains("401: the token of `default` is wrong or has expired"),
        "{said}"
    );
    let service = Service::start(|request| match &*request.path {
        "/records" => Reply::problem(403, "Not you"),
        _ => Reply::problem(404, "None"),
    });
    let (_, said) = service.preflight(&contract, BEARER);
    assert!(said.contains("has no right to read here"), "{said}");
}

#[test]
fn preflight_does_not_call_a_service_that_fails_everywhere_good() {
    let contract = records("{ type: http, scheme: bearer }");
    let service = Service::start(|_| Reply::problem(503, "Down"));
    let (exit, said) = service.preflight(&contract, BEARER);
    assert_eq!(exit, 3, "{said}");
    assert!(said.contains("503"), "{said}");
}

#[test]
fn preflight_names_the_part_of_the_base_url_that_is_wrong() {
    let contract = records("{ type: http, scheme: bearer }").replace("{origin}\"", "{origin}/v1\"");
    let service = Service::start(|request| match &*request.path {
        "/v1/records" if is_known(request) => Reply::json(200, &json!([])),
        "/v1/records" => refused(),
        _ => Reply::problem(404, "None"),
    });
    let (exit, said) = service.preflight(&contract, BEARER);
    assert_eq!(exit, 3, "{said}");
    assert!(said.contains("lacks `/v1`"), "{said}");
    let target = format!("{BEARER}base_url: {{origin}}/records\n");
    let (exit, said) = service.preflight(&contract, &target);
    assert_eq!(exit, 3, "{said}");
    assert!(said.contains("part too many, `/records`"), "{said}");
}

// The contract behind a login

#[test]
fn a_contract_that_asks_for_credentials_is_fetched_with_them_from_the_same_host_alone() {
    let contract = records("{ type: http, scheme: bearer }");
    let served = contract.clone();
    let service = Service::start(move |request| match &*request.path {
        "/openapi.yaml" if is_known(request) => Reply {
            headers: vec![("content-type".into(), "application/yaml".into())],
            body: served.clone().into_bytes(),
            ..Reply::empty(200)
        },
        "/records" if is_known(request) => Reply::json(200, &json!([])),
        "/openapi.yaml" | "/records" => refused(),
        _ => Reply::problem(404, "None"),
    });
    let target = format!("{BEARER}contract: \"{{origin}}/openapi.yaml\"\n");
    let (exit, said) = service.preflight(&contract, &target);
    assert_eq!(exit, 0, "{said}");
    let elsewhere = Service::start(|_| refused());
    let target = format!("{BEARER}contract: \"{}/openapi.yaml\"\n", elsewhere.origin);
    let (exit, said) = service.preflight(&contract, &target);
    assert_ne!(exit, 0, "{said}");
    let sent = elsewhere.requests();
    assert!(
        sent.iter()
            .all(|(request, _)| request.header("authorization").is_none())
    );
}
