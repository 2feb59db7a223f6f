//! A run made by hand in which everything happens once (owner of [`events`]).

use std::collections::BTreeMap;

use super::{Fold, Summary};
use crate::{
    checks::{Applies, Check, Kind, Scope},
    event::{
        Confirmation, ContractFacts, Creation, End, Entry, Event, Exchanged, Finished, Judged,
        Planned, Started,
    },
    exchange::{ExchangeId, HttpVersion, Timing},
    model::{
        Attestation, Budget, CheckId, Claims, Class, ClassKind, Environment, IdentityName,
        Interoperability, Level, Method, OperationKey, Parameters, Requirement, Source,
        Verification, Verifier, Whose,
    },
    observation::{Content, Observation},
    plan::{CaseName, Exclusion, PlannedCase, Stage, Work},
    profile::Profile,
    verdict::{Finding, Gap, Judgement},
    waiver::Waiver,
};

const fn check(id: &'static str, purpose: &'static str, fix: &'static str, kind: Kind) -> Check {
    Check {
        id,
        purpose,
        verifies: "",
        matters: "It matters to those who use the API.",
        fix,
        kind,
        examples: &[],
    }
}

const RESPONSE: Kind = Kind::Response(|_| Vec::new());
const PROBE: Kind = Kind::Probe {
    scope: Scope::Operation(|_, _| Applies::Yes),
    run: |_, _| Ok(Vec::new()),
    writes: false,
};

static CHECKS: [Check; 4] = [
    check(
        "response.body-schema",
        "Every body is valid against the schema that the contract gives for it.",
        "Correct the body, or the schema if the body is what was meant.",
        RESPONSE,
    ),
    check(
        "response.status-documented",
        "Every status that comes is in the contract.",
        "Document the status under `responses` of the operation.",
        RESPONSE,
    ),
    check(
        "http.undeclared-method",
        "A method that the contract does not declare is answered 405.",
        "Answer 405 with an Allow header that lists the methods the path supports.",
        PROBE,
    ),
    check(
        "error.problem-json",
        "Errors are told as problem details.",
        "Answer errors with application/problem+json and the members type, title and status.",
        RESPONSE,
    ),
];

/// The checks of the fixture.
pub(crate) fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

/// A verifier by a check.
pub(crate) fn by_check(id: &str) -> Verifier {
    Verifier::Check(id.into())
}

/// A verifier by a case.
pub(crate) fn by_case(id: &str) -> Verifier {
    Verifier::Case(id.into())
}

/// An operation from `GET /people`.
pub(crate) fn op(text: &str) -> OperationKey {
    let (method, path) = text.split_once(' ').unwrap();
    OperationKey::new(Method::parse(method), path)
}

/// A MUST of the class `core`, verified by these checks.
pub(crate) fn requirement(id: &str, level: Level, verified_by: &[&str]) -> Requirement {
    Requirement {
        id: id.into(),
        class: "http".into(),
        level,
        statement: format!("What {id} says is so."),
        source: Source {
            document: "RFC 9110".into(),
            clause: "§15.5.6".into(),
        },
        interoperability: Interoperability::Structural,
        verification: Verification::VerifiedBy(
            verified_by
                .iter()
                .map(|id| {
                    if id.contains('/') {
                        by_case(id)
                    } else {
                        by_check(id)
                    }
                })
                .collect(),
        ),
    }
}

/// The start of a run of these requirements against these operations, all in the core class `http`.
pub(crate) fn started(requirements: Vec<Requirement>, operations: &[&str]) -> Started {
    Started {
        run_id: "20261123-101500-7f3a9c".into(),
        muster: "0.1.0".into(),
        at: "2026-11-23T10:15:00Z".into(),
        seed: 42,
        profile: Profile {
            id: "police-records".into(),
            version: "1.2.0".into(),
            title: "Police records API".into(),
            description: "What a records system promises to those who build on it.".into(),
            contract: None,
            classes: vec![Class {
                id: "http".into(),
                title: "Speaking HTTP".into(),
                kind: ClassKind::Core,
            }],
            requirements,
            parameters: Parameters::default(),
            personal: Vec::new(),
        },
        target: "Example RMS 4.2".into(),
        supplier: "Example Ltd".into(),
        environment: Environment::Test,
        base_url: "https://rms.example.test/api".into(),
        claims: Claims::default(),
        budget: Budget::default(),
        writes: true,
        contract: ContractFacts {
            title: "Example RMS".into(),
            version: "4.2.0".into(),
            openapi: "3.0.3".into(),
            location: "openapi.yaml".into(),
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            operations: operations.iter().map(|text| op(text)).collect(),
        },
        waivers: Vec::new(),
        attestations: Vec::new(),
        today: "2026-11-23".into(),
        fail_on_should: false,
    }
}

/// An exchange.
pub(crate) fn observation(id: u64, operation: &str, status: u16, body: &str) -> Observation {
    let key = op(operation);
    Observation {
        id: ExchangeId(id),
        purpose: format!("calls {operation}"),
        identity: IdentityName::default(),
        method: key.method.clone(),
        url: format!("https://rms.example.test/api{}", key.path),
        operation: Some(key),
        request_headers: vec![
            ("accept".into(), "application/json".into()),
            (
                "authorization".into(),
                "Bearer $MUSTER_DEFAULT_TOKEN".into(),
            ),
        ],
        request_body: None,
        status: Some(status),
        version: Some(HttpVersion::Http11),
        response_headers: vec![
            ("content-type".into(), "application/json".into()),
            ("date".into(), "Mon, 23 Nov 2026 10:15:01 GMT".into()),
        ],
        response_body: Some(Content {
            bytes: body.len() as u64,
            text: body.into(),
            abridged: false,
        }),
        cut: false,
        broken: None,
        timing: Timing {
            first_byte_us: 10_000 + id * 900,
            total_us: 12_000 + id * 1_000,
        },
    }
}

/// An exchange that passed these response checks.
pub(crate) fn exchanged(observation: Observation, passed: &[&str]) -> Event {
    Event::Exchanged(Box::new(Exchanged {
        case: CaseName("exercise".into()),
        observation,
        passed: passed.iter().map(|id| CheckId::new(*id)).collect(),
    }))
}

/// A judgement, cited exchanges last.
pub(crate) fn judged(
    by: Verifier,
    operation: Option<&str>,
    judgement: Judgement,
    evidence: &[u64],
) -> Event {
    Event::Judged(Box::new(Judged {
        by,
        operation: operation.map(op),
        confirmation: if matches!(judgement, Judgement::Fail(_)) {
            Confirmation::Repeated
        } else {
            Confirmation::None
        },
        judgement,
        evidence: evidence.iter().map(|id| ExchangeId(*id)).collect(),
    }))
}

/// A failure of this cause.
pub(crate) fn failure(cause: &str) -> Judgement {
    Judgement::Fail(Finding::new(
        cause,
        format!("It is not as it must be: {cause}."),
        "what the contract says",
        "something else",
    ))
}

/// A planned case.
pub(crate) fn planned(name: &str, work: Work) -> PlannedCase {
    PlannedCase {
        name: CaseName(name.into()),
        work,
        stage: Stage::Collections,
        writes: false,
    }
}

/// The end of a run.
pub(crate) fn finished(end: End) -> Event {
    Event::Finished(Finished {
        end,
        requests: 18,
        took_us: 4_210_000,
    })
}

/// Folds events, with the checks of the fixture.
pub(crate) fn folded(events: Vec<Event>) -> Summary {
    let mut fold = Fold::with(find);
    let mut all = BTreeMap::new();
    for (at, event) in events.into_iter().enumerate() {
        if let Event::Exchanged(exchanged) = &event {
            all.insert(exchanged.observation.id, exchanged.observation.clone());
        }
        fold.take(Entry {
            at_us: at as u64 * 1_000,
            event,
        });
    }
    let wanted = fold.wanted();
    all.retain(|id, _| wanted.contains(id));
    fold.finish(&all).unwrap()
}

/// The rich run, folded.
pub(crate) fn summary() -> Summary {
    folded(events())
}

const OPERATIONS: [&str; 6] = [
    "GET /people",
    "POST /people",
    "GET /people/{personId}",
    "DELETE /people/{personId}",
    "GET /incidents",
    "GET /custody-records/{custodyRecordId}/a-path-that-is-long-enough-to-wrap-on-any-screen",
];

/// Every kind of standing, waiver, gap and finding; hostile text where a supplier can put it.
pub(crate) fn events() -> Vec<Event> {
    let mut start = started(requirements(), &OPERATIONS);
    start.profile.classes.extend([
        Class {
            id: "errors".into(),
            title: "Telling what went wrong".into(),
            kind: ClassKind::Core,
        },
        Class {
            id: "paging".into(),
            title: "Paging through lists".into(),
            kind: ClassKind::Optional {
                capability: "pagination".into(),
            },
        },
        Class {
            id: "bulk".into(),
            title: "Bulk delivery".into(),
            kind: ClassKind::Optional {
                capability: "bulk".into(),
            },
        },
    ]);
    start.claims.0.insert("pagination".into());
    start.waivers = vec![
        waiver("ERR-02", Some("GET /people"), "2027-03-31", 3),
        waiver("PAGE-01", None, "2027-03-31", 10),
        waiver("ERR-03", None, "2026-10-31", 17),
        waiver("BULK-01", None, "2027-03-31", 24),
    ];
    start.attestations = vec![Attestation {
        requirement: "HTTP-05".into(),
        by: "R. Tester".into(),
        on: "2026-11-02".into(),
        statement: "The signed data processing agreement was seen.".into(),
    }];
    let mut events = vec![Event::Started(Box::new(start)), Event::Planned(plan())];
    events.extend(exchanges());
    events.extend(judgements());
    let creation = |number: u64, removal: Option<&str>| Creation {
        number,
        operation: op("POST /people"),
        removal: removal.map(Into::into),
    };
    events.extend([
        Event::CreationIntended(creation(1, None)),
        Event::Created(creation(1, Some("DELETE /people/9001"))),
        Event::Removed(creation(1, Some("DELETE /people/9001"))),
        Event::CreationIntended(creation(2, None)),
        Event::Created(creation(2, Some("DELETE /people/9002"))),
        Event::LeftBehind(
            creation(2, Some("DELETE /people/9002")),
            "it was answered 403 twice.".into(),
        ),
        Event::Noticed(Gap::new(
            Whose::Supplier,
            "The target's clock is 41 seconds slow.",
        )),
        finished(End::Complete),
    ]);
    events
}

fn requirements() -> Vec<Requirement> {
    let of = |mut one: Requirement, class: &str, statement: &str, source: (&str, &str)| {
        one.class = class.into();
        one.statement = statement.into();
        one.source = Source {
            document: source.0.into(),
            clause: source.1.into(),
        };
        one
    };
    let mut encrypted = of(
        requirement("HTTP-03", Level::Must, &["tls.https-only"]),
        "http",
        "The API is served over HTTPS alone.",
        ("NCSC TLS guidance", ""),
    );
    encrypted.interoperability = Interoperability::Foundational;
    let mut agreed = of(
        requirement("HTTP-05", Level::Must, &[]),
        "http",
        "A data processing agreement is signed.",
        ("Police data standards", "§4"),
    );
    agreed.verification = Verification::Attested;
    agreed.interoperability = Interoperability::Organisational;
    let mut unattested = agreed.clone();
    unattested.id = "HTTP-06".into();
    unattested.level = Level::Should;
    unattested.statement = "A named person answers for the service at night.".into();
    let mut untested = of(
        requirement("HTTP-07", Level::Must, &[]),
        "http",
        "The service is reachable from the production network.",
        ("Police data standards", "§7"),
    );
    untested.verification = Verification::NotTested("It needs the production network.".into());
    untested.interoperability = Interoperability::Foundational;
    let mut vocabulary = of(
        requirement("ERR-04", Level::Must, &["codes/gender"]),
        "errors",
        "Gender is told in the codes of the national list.",
        ("POLE data standards", "Person, gender"),
    );
    vocabulary.interoperability = Interoperability::Semantic;
    vec![
        of(
            requirement("HTTP-01", Level::Must, &["response.status-documented"]),
            "http",
            "Every status that the API answers with is in its contract.",
            ("OpenAPI 3.0.3", "Responses Object"),
        ),
        of(
            requirement("HTTP-02", Level::Must, &["http.undeclared-method"]),
            "http",
            "A method that a path does not support is answered 405 with Allow.",
            ("RFC 9110", "§15.5.6"),
        ),
        encrypted,
        of(
            requirement("HTTP-04", Level::Should, &["cache.etag"]),
            "http",
            "Answers that can be cached carry a validator.",
            ("RFC 9110", "§8.8"),
        ),
        agreed,
        unattested,
        untested,
        of(
            requirement(
                "ERR-01",
                Level::Must,
                &["response.body-schema", "delivery/persisted-before-201"],
            ),
            "errors",
            "Every body is valid against the contract.",
            ("OpenAPI 3.0.3", "Media Type Object"),
        ),
        of(
            requirement("ERR-02", Level::Must, &["error.problem-json"]),
            "errors",
            "Errors are told as problem details.",
            ("RFC 9457", "§3"),
        ),
        of(
            requirement("ERR-03", Level::Should, &["error.no-stack-trace"]),
            "errors",
            "An error does not tell how the software is built.",
            ("OWASP ASVS", "7.4.1"),
        ),
        vocabulary,
        of(
            requirement("ERR-05", Level::May, &["error.trace-id"]),
            "errors",
            "An error carries an id that support can search for.",
            ("RFC 9457", "§3.1.5"),
        ),
        of(
            requirement("PAGE-01", Level::Must, &["paging.complete"]),
            "paging",
            "Paging through a list gives every item once.",
            ("API guidance", "Pagination"),
        ),
        of(
            requirement("PAGE-02", Level::Must, &["paging.limit"]),
            "paging",
            "A page holds no more items than were asked for.",
            ("API guidance", "Pagination"),
        ),
        of(
            requirement("BULK-01", Level::Must, &["delivery/bulk"]),
            "bulk",
            "A bulk file is accepted.",
            ("API guidance", "Bulk"),
        ),
    ]
}

fn waiver(requirement: &str, operation: Option<&str>, expires: &str, line: usize) -> Waiver {
    Waiver {
        requirement: requirement.into(),
        operation: operation.map(Into::into),
        case: None,
        reason: "The gateway cannot do it before its next release.".into(),
        owner: "Gateway team, Example Ltd".into(),
        approved_by: "A. Lead, Example Police".into(),
        expires: expires.into(),
        line,
    }
}

fn plan() -> Planned {
    let mut cases: Vec<PlannedCase> = OPERATIONS
        .iter()
        .filter(|text| !text.starts_with("DELETE"))
        .map(|text| planned(&format!("exercise {text}"), Work::Exercise(op(text))))
        .collect();
    for text in ["GET /people", "GET /incidents"] {
        cases.push(planned(
            &format!("http.undeclared-method {text}"),
            Work::Probe {
                check: "http.undeclared-method".into(),
                operation: Some(op(text)),
            },
        ));
    }
    let exclusion = |by, operation: Option<&str>, reason: &str, unverified| Exclusion {
        by,
        operation: operation.map(op),
        reason: reason.into(),
        unverified,
    };
    Planned {
        cases,
        excluded: vec![
            exclusion(
                None,
                Some("DELETE /people/{personId}"),
                "It takes away the record that other cases need.",
                false,
            ),
            exclusion(
                Some(by_check("paging.limit")),
                None,
                "No list of the contract takes a limit.",
                false,
            ),
            exclusion(
                Some(by_case("codes/gender")),
                None,
                "It needs a second identity: give one under `identities` in the target file.",
                true,
            ),
        ],
    }
}

/// What a supplier could send to forge or break a report.
pub(crate) const HOSTILE: &str = "{\"detail\":\"]]></system-out></testcase><testcase name=\\\"FORGED\\\"/><script>alert(1)</script>\u{1b}[31m\u{0}\u{fffe} [[ATTACHMENT|/etc/passwd]] ``` | <b>@everyone</b>\"}";

fn exchanges() -> Vec<Event> {
    let all = ["response.status-documented", "response.body-schema"];
    let mut events = Vec::new();
    for id in 1..=6 {
        events.push(exchanged(
            observation(id, "GET /people", 200, r#"{"items":[]}"#),
            &all,
        ));
    }
    let mut created = observation(7, "POST /people", 201, r#"{"id":9001}"#);
    created
        .request_headers
        .push(("content-type".into(), "application/json".into()));
    created.request_body = Some(Content {
        bytes: 61,
        text: r#"{"familyName":"Synthetic-O'Test","dateOfBirth":"1990-02-30"}"#.into(),
        abridged: false,
    });
    events.push(exchanged(created, &["response.status-documented"]));
    events.push(exchanged(
        observation(
            8,
            "GET /people/{personId}",
            200,
            r#"{"id":9001,"gender":"X"}"#,
        ),
        &["response.status-documented"],
    ));
    events.push(exchanged(
        observation(9, "GET /incidents", 200, r#"{"items":[{"id":1}]}"#),
        &all,
    ));
    for id in 10..=12 {
        events.push(exchanged(
            observation(id, "GET /people", 400, HOSTILE),
            &["response.status-documented"],
        ));
    }
    events.push(exchanged(
        observation(13, OPERATIONS[5], 404, r#"{"detail":"no such record"}"#),
        &[],
    ));
    let mut patched = observation(14, "GET /people", 200, r#"{"items":[]}"#);
    patched.method = Method::Patch;
    patched.operation = None;
    events.push(exchanged(patched, &[]));
    events
}

fn judgements() -> Vec<Event> {
    let method = |status: &str| {
        Judgement::Fail(
            Finding::new(
                "not-405",
                "A method that the contract does not declare is carried out.",
                "405 with an Allow header",
                status,
            )
            .at("#/paths/~1people"),
        )
    };
    let problem = Judgement::Fail(Finding::new(
        "media-type",
        "An error is not told as problem details.",
        "application/problem+json",
        format!("400 with application/json: {HOSTILE}"),
    ));
    let schema = |pointer: &str| {
        Judgement::Fail(
            Finding::new(
                "person.gender",
                "A body is not valid against its schema: `gender` is not one of the listed codes.",
                r#"one of "0", "1", "2", "9""#,
                r#""X""#,
            )
            .at(pointer),
        )
    };
    vec![
        judged(
            by_check("operation.reached"),
            Some(OPERATIONS[5]),
            Judgement::inconclusive(
                Whose::TestData,
                "Every id that was tried was answered 404: name one under `data` in the target file.",
            ),
            &[13],
        ),
        judged(by_check("tls.https-only"), None, Judgement::Pass, &[]),
        judged(
            by_check("http.undeclared-method"),
            Some("GET /people"),
            method("200 with application/json"),
            &[14],
        ),
        judged(
            by_check("http.undeclared-method"),
            Some("GET /incidents"),
            Judgement::Pass,
            &[],
        ),
        judged(
            by_check("response.body-schema"),
            Some("GET /people/{personId}"),
            schema("/gender"),
            &[8],
        ),
        judged(
            by_check("response.body-schema"),
            Some("POST /people"),
            schema("/gender"),
            &[7],
        ),
        judged(
            by_case("delivery/persisted-before-201"),
            None,
            Judgement::Pass,
            &[],
        ),
        judged(
            by_check("error.problem-json"),
            Some("GET /people"),
            problem,
            &[10, 11, 12],
        ),
        judged(
            by_check("cache.etag"),
            Some("GET /people"),
            Judgement::Fail(Finding::new(
                "no-validator",
                "An answer that can be cached carries neither ETag nor Last-Modified.",
                "ETag or Last-Modified",
                "neither",
            )),
            &[6],
        ),
        judged(by_check("error.no-stack-trace"), None, Judgement::Pass, &[]),
        judged(
            by_check("error.trace-id"),
            None,
            Judgement::Error(Gap::new(
                Whose::Muster,
                "The check could not read the answer.",
            )),
            &[],
        ),
        judged(
            by_check("paging.complete"),
            Some("GET /people"),
            Judgement::Pass,
            &[],
        ),
    ]
}
