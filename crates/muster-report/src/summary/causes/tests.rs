//! What is one finding, and what stands below it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

use crate::{
    event::{Creation, End, Event, Exchanged},
    summary::{
        FindingResult, Standing, Summary,
        fixture::{
            by_check, exchanged, finished, folded, judged, observation, requirement, started,
        },
    },
};
use muster_core::{
    model::{IdentityName, Level, Method, OperationKey},
    observation::Content,
    verdict::{Finding, Judgement},
};

const OPS: [&str; 4] = [
    "GET /people",
    "POST /people",
    "GET /people/{id}",
    "GET /cases",
];

pub(super) fn run(checks: &[(&str, Level)], said: Vec<Event>) -> Summary {
    let requirements = checks
        .iter()
        .map(|(check, level)| requirement(&format!("R {check}"), *level, &[check]))
        .collect();
    let mut events = vec![Event::Started(Box::new(started(requirements, &OPS)))];
    events.extend(said);
    events.push(finished(End::Complete));
    folded(events)
}

pub(super) fn musts<'a>(checks: &[&'a str]) -> Vec<(&'a str, Level)> {
    checks.iter().map(|check| (*check, Level::Must)).collect()
}

pub(super) fn fails(check: &str, operation: &str, finding: Finding, exchange: u64) -> Event {
    judged(
        by_check(check),
        Some(operation),
        Judgement::Fail(finding),
        &[exchange],
    )
}

pub(super) fn finding(cause: &str, title: &str) -> Finding {
    Finding::new(cause, title, "what the contract says", "something else")
}

pub(super) fn numbers(findings: &[FindingResult]) -> Vec<&str> {
    findings.iter().map(|one| one.number.as_str()).collect()
}

#[test]
fn one_kind_of_mistake_is_one_finding_with_its_places() {
    let kind = |property: &str| {
        finding(
            &format!("wrong {property}"),
            &format!("An invalid `{property}` is accepted."),
        )
        .of_kind("Bodies with values of a wrong type are accepted.")
        .at(format!("/{property}"))
    };
    let check = "input.invalid-body-accepted";
    let summary = run(
        &musts(&[check]),
        vec![
            exchanged(observation(1, "POST /people", 201, "{}"), &[]),
            fails(check, "POST /people", kind("age"), 1),
            fails(check, "POST /people", kind("name"), 1),
            fails(check, "GET /cases", kind("age"), 1),
        ],
    );
    assert_eq!(numbers(&summary.findings), ["F1"]);
    let one = &summary.findings[0];
    assert_eq!(
        one.finding.title,
        "Bodies with values of a wrong type are accepted: 3 places of 2 operations."
    );
    assert_eq!((one.places.len(), one.seen), (3, 3));
    assert_eq!(one.operations.len(), 2);
}

#[test]
fn other_kinds_are_other_findings() {
    let check = "x.one";
    let summary = run(
        &musts(&[check]),
        vec![
            exchanged(observation(1, "GET /people", 200, "{}"), &[]),
            fails(check, "GET /people", finding("a", "`a` is too long."), 1),
            fails(check, "GET /people", finding("b", "`b` is too long."), 1),
            fails(check, "GET /people", finding("c", "`c` is too short."), 1),
        ],
    );
    assert_eq!(numbers(&summary.findings), ["F1", "F2"]);
    assert_eq!(
        summary.findings[0].finding.title,
        "… is too long: 2 places of one operation."
    );
    assert_eq!(summary.findings[1].finding.title, "`c` is too short.");
}

#[test]
fn a_server_error_stands_above_what_it_breaks_and_tells_handlers_apart() {
    let crash = |check: &str, operation: &str, at: u64| {
        fails(
            check,
            operation,
            finding("status 500", "The API returns server error 500."),
            at,
        )
    };
    let checks = [
        "response.problem-json",
        "response.server-error",
        "security.leaky-errors",
    ];
    let text = |id: u64| format!("Error {id}: no column person_{id}");
    let summary = run(
        &musts(&checks),
        vec![
            exchanged(observation(1, "GET /people", 500, &text(1)), &[]),
            exchanged(observation(2, "GET /people/{id}", 500, &text(22)), &[]),
            exchanged(observation(3, "GET /cases", 500, "another"), &[]),
            fails(
                checks[0],
                "GET /people",
                finding("media", "Not problem JSON."),
                1,
            ),
            crash(checks[1], "GET /people", 1),
            crash(checks[1], "GET /people/{id}", 2),
            crash(checks[1], "GET /cases", 3),
            fails(
                checks[2],
                "GET /people",
                finding("SQL", "An error shows SQL."),
                1,
            ),
        ],
    );
    assert_eq!(numbers(&summary.findings), ["F1", "F2", "F3"]);
    assert_eq!(
        summary.findings[0].operations.len(),
        2,
        "one text, one cause"
    );
    assert_eq!(numbers(&summary.findings[0].effects), ["F1.1"]);
    assert_eq!(summary.findings[1].operations.len(), 1);
    assert_eq!(
        summary.findings[2].by,
        by_check(checks[2]),
        "a leak is its own defect"
    );
    // Every requirement fails as before, and cites what is told of it.
    for result in &summary.requirements {
        assert_eq!(result.standing, Standing::Failed);
    }
    assert_eq!(summary.requirements[0].results[0].findings, ["F1.1"]);
    assert_eq!(
        summary.finding("F1.1").unwrap().finding.title,
        "Not problem JSON."
    );
}

#[test]
fn what_was_planted_and_comes_back_is_an_effect_of_its_acceptance() {
    let checks = ["response.body-schema", "input.invalid-body-accepted"];
    let sent = r#"{"age": "seven"}"#;
    let mut write = observation(1, "POST /people", 201, r#"{"id": 5}"#);
    write.request_body = Some(Content {
        bytes: sent.len() as u64,
        text: sent.to_owned(),
        abridged: false,
    });
    let Event::Exchanged(accepted) = exchanged(write, &[]) else {
        panic!("the fixture makes exchanges")
    };
    let accepted = Event::Exchanged(Box::new(Exchanged {
        wrong: true,
        ..*accepted
    }));
    let list = |id: u64, age: &str| {
        let body = format!(r#"{{"items": [{{"id": {id}, "age": "{age}"}}]}}"#);
        exchanged(observation(id, "GET /people", 200, &body), &[])
    };
    let broken = || finding("type age", "The body breaks `type`.").at("/items/0/age");
    let taken = || finding("type", "An invalid body is accepted.").at("/age");
    let of_wrong_write = run(
        &[(checks[0], Level::Must), (checks[1], Level::Should)],
        vec![
            accepted.clone(),
            list(2, "seven"),
            fails(checks[0], "GET /people", broken(), 2),
            fails(checks[1], "POST /people", taken(), 1),
        ],
    );
    assert_eq!(numbers(&of_wrong_write.findings), ["F1"]);
    let cause = &of_wrong_write.findings[0];
    assert_eq!(cause.by, by_check(checks[1]));
    assert_eq!(numbers(&cause.effects), ["F1.1"]);
    assert_eq!(cause.level, Level::Must, "its effect fails a MUST");
    assert_eq!(of_wrong_write.exit_code, 1);

    let of_its_own = run(
        &musts(&checks),
        vec![
            accepted,
            list(2, "seven"),
            list(3, "eight"),
            fails(checks[0], "GET /people", broken(), 2),
            fails(checks[0], "GET /people", broken(), 3),
            fails(checks[1], "POST /people", taken(), 1),
        ],
    );
    assert_eq!(
        numbers(&of_its_own.findings),
        ["F1", "F2"],
        "the API also breaks its schema by itself"
    );
}

#[test]
fn two_checks_that_see_one_defect_are_one_finding_on_the_same_operation_only() {
    let checks = ["http.unknown-resource", "records.removed"];
    let said = |operation: &str| {
        vec![
            exchanged(observation(1, "GET /people/{id}", 400, "{}"), &[]),
            exchanged(observation(2, operation, 400, "{}"), &[]),
            fails(
                checks[0],
                "GET /people/{id}",
                finding(
                    "answered 400",
                    "A request for an id that does not exist receives 400.",
                ),
                1,
            ),
            fails(
                checks[1],
                operation,
                finding("still", "A removed record answers 400."),
                2,
            ),
        ]
    };
    let same = run(&musts(&checks), said("GET /people/{id}"));
    assert_eq!(numbers(&same.findings), ["F1"]);
    assert_eq!(numbers(&same.findings[0].effects), ["F1.1"]);
    let other = run(&musts(&checks), said("GET /cases"));
    assert_eq!(numbers(&other.findings), ["F1", "F2"]);
}

#[test]
fn letters_that_are_refused_are_one_finding_that_each_requirement_cites() {
    let checks = ["input.valid-refused", "data.unicode-round-trip"];
    let kind = "Strings beyond ASCII are refused where ASCII strings are accepted.";
    let refused = |place: &str| finding(place, &format!("{place} is refused.")).of_kind(kind);
    let other = || finding("space", "A valid request is refused: a space.");
    let summary = run(
        &musts(&checks),
        vec![
            exchanged(observation(1, "POST /people", 400, "no é"), &[]),
            exchanged(observation(2, "GET /cases", 400, "no ŵ"), &[]),
            fails(checks[0], "POST /people", refused("/name"), 1),
            fails(checks[0], "GET /cases", refused("q"), 2),
            fails(checks[0], "GET /cases", other(), 2),
            fails(checks[1], "POST /people", refused("/name"), 1),
        ],
    );
    assert_eq!(numbers(&summary.findings), ["F1", "F2"]);
    assert_eq!(numbers(&summary.findings[0].effects), ["F1.1"]);
    assert_eq!(summary.findings[0].places.len(), 2);
    for (requirement, number) in summary.requirements.iter().zip(["F1", "F1.1"]) {
        assert_eq!(requirement.results[0].findings, [number]);
    }
}

#[test]
fn a_reproduction_on_a_record_that_was_removed_says_that_another_is_needed() {
    let creation = |path: &str| Creation {
        number: 1,
        operation: OperationKey::new(Method::Post, "/people"),
        removal: Some(format!("DELETE {path}")),
        identity: IdentityName::default(),
        path: None,
        sent: None,
        exchange: None,
    };
    let prepared = |path: &str| {
        let summary = run(
            &musts(&["x.one"]),
            vec![
                Event::Created(creation(path)),
                exchanged(observation(1, "GET /people/7", 200, "{}"), &[]),
                fails("x.one", "GET /people/{id}", finding("a", "A."), 1),
                Event::Removed(creation(path)),
            ],
        );
        summary.findings[0].prepare.join("\n")
    };
    let told = prepared("/people/7");
    assert!(told.contains("make a record by POST /people"), "{told}");
    assert!(!prepared("/people/70").contains("make a record"));
}

#[test]
fn every_check_of_a_family_exists() {
    for rule in super::families::FAMILIES {
        for id in rule.causes.iter().chain(rule.effects) {
            let is_area = id.ends_with('.')
                && muster_checks::ALL
                    .iter()
                    .any(|check| check.id.starts_with(id));
            assert!(is_area || muster_checks::find(id).is_some(), "{id}");
        }
        assert!(rule.because.ends_with('.'), "{}", rule.because);
    }
}

#[test]
fn a_property_that_one_record_spoils_is_one_finding_although_its_effects_point_into_the_contract() {
    let checks = [
        "response.body-schema",
        "records.write-answer",
        "records.listed",
        "ops.paging-complete",
    ];
    let broken = finding(
        "enum #/components/schemas/Person/properties/kind/enum",
        "The body breaks `enum` of its schema.",
    )
    .at("/kind");
    let differs = finding("differs kind", "`kind` of a record differs.").at("/paths/~1people/get");
    let lacking = finding("lost", "A record that exists is on no page.").at("/paths/~1people/get");
    let summary = run(
        &musts(&checks),
        vec![
            exchanged(observation(1, "GET /people/{id}", 200, "{}"), &[]),
            exchanged(observation(2, "GET /people", 200, "[]"), &[]),
            fails(checks[0], "GET /people/{id}", broken, 1),
            fails(checks[1], "POST /people", differs.clone(), 1),
            fails(checks[2], "GET /people", differs, 2),
            fails(checks[3], "GET /people", lacking, 2),
        ],
    );
    assert_eq!(numbers(&summary.findings), ["F1", "F2"]);
    assert_eq!(numbers(&summary.findings[0].effects), ["F1.1", "F1.2"]);
    assert!(
        summary.findings[1].effects.is_empty(),
        "a record that differs is not one that is lacking"
    );
}

#[test]
fn a_filter_that_is_not_at_work_is_a_finding_of_its_own_beside_a_value_that_is_not_kept() {
    let checks = ["records.created-is-kept", "records.list-filter"];
    let run_with = |received: &str| {
        let folded = finding("folded kind", "`kind` comes back in another letter case.");
        let wide = Finding::new(
            "wide kind",
            "The collection filtered by `kind` holds records with other values.",
            "GET /people: \"PHONE\"",
            received,
        );
        let summary = run(
            &musts(&checks),
            vec![
                exchanged(observation(1, "GET /people/{id}", 200, "{}"), &[]),
                exchanged(observation(2, "GET /people", 200, "[]"), &[]),
                fails(checks[0], "POST /people", folded, 1),
                fails(checks[1], "GET /people", wide, 2),
            ],
        );
        summary.findings.len()
    };
    assert_eq!(run_with("\"phone\""), 1, "the same value, folded");
    assert_eq!(run_with("\"clothing\""), 2);
}
