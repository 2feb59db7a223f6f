//! What holds for every format of the list, and what each says of the run made by hand. Real consumers read the same files
//! in `tests/consumers`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    tests::{good, hostile, hostile_with},
    *,
};
use crate::{
    event::{End, Event},
    summary::fixture::{
        self, HOSTILE, by_check, events, failure, finished, folded, judged, requirement, started,
    },
    waiver::Waiver,
};
use muster_core::model::{Attestation, Level, Verification};

fn rendered(name: &str, summary: &Summary) -> String {
    (find(name).unwrap().render)(summary, &Options::default())
}

fn parsed(name: &str, summary: &Summary) -> Value {
    serde_json::from_str(&rendered(name, summary)).unwrap()
}

fn stopped() -> Summary {
    let mut events = events();
    events.pop();
    events.push(finished(End::Stopped {
        reason: "every answer turned 401".into(),
        responsible: muster_core::model::Responsible::Credentials,
    }));
    folded(events)
}

/// A run that conforms, and would not without a waiver and an attestation.
fn resting() -> Summary {
    let mut agreed = requirement("R-2", Level::Must, &[]);
    agreed.verification = Verification::Attested;
    let mut start = started(
        vec![requirement("R-1", Level::Must, &["x.one"]), agreed],
        &["GET /a"],
    );
    start.waivers = vec![Waiver {
        requirement: "R-1".into(),
        operation: None,
        case: None,
        reason: "The gateway cannot do it yet.".into(),
        owner: "Gateway team".into(),
        approved_by: "A. Lead".into(),
        expires: "2027-03-31".into(),
        line: 3,
    }];
    start.attestations = vec![Attestation {
        requirement: "R-2".into(),
        by: "R. Tester".into(),
        on: "2026-11-02".into(),
        statement: "The agreement was seen.".into(),
    }];
    start.contract.reconstruction = true;
    folded(vec![
        Event::Started(Box::new(start)),
        judged(by_check("x.one"), Some("GET /a"), failure("c"), &[]),
        finished(End::Complete),
    ])
}

/// The runs that consumers read, by name.
fn runs() -> [(&'static str, Summary); 5] {
    [
        ("rich", fixture::summary()),
        ("conformant", folded(good())),
        ("hostile", hostile()),
        ("stopped", stopped()),
        ("resting", resting()),
    ]
}

#[test]
fn the_list_is_sound() {
    let names: BTreeSet<&str> = FORMATS.iter().map(|format| format.name).collect();
    let files: BTreeSet<&str> = FORMATS.iter().map(|format| format.file).collect();
    assert_eq!((names.len(), files.len()), (FORMATS.len(), FORMATS.len()));
    for format in FORMATS {
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(format.name.chars().all(is_plain), "{}", format.name);
        assert!(
            !format.about.is_empty() && !format.about.ends_with('.'),
            "{}",
            format.name
        );
        assert!(
            Path::new(format.file).extension().is_some(),
            "{}",
            format.file
        );
    }
}

#[test]
fn every_format_is_whole_text_of_any_run() {
    for (name, summary) in runs() {
        for format in FORMATS {
            let text = (format.render)(&summary, &Options::default());
            let again = (format.render)(&summary, &Options::default());
            assert_eq!(text, again, "{name} {}", format.name);
            assert!(!text.trim().is_empty(), "{name} {}", format.name);
            for c in text.chars() {
                assert!(
                    !c.is_control() || matches!(c, '\n' | '\t'),
                    "{name} {}: {c:?}",
                    format.name
                );
            }
        }
    }
    if let Some(place) = std::env::var_os("MUSTER_FIXTURE_OUT") {
        for (name, summary) in runs() {
            let folder = Path::new(&place).join("formats").join(name);
            fs::create_dir_all(&folder).unwrap();
            let run = serde_json::json!({ "exit_code": summary.exit_code });
            fs::write(folder.join("run.json"), run.to_string()).unwrap();
            for format in FORMATS {
                write_one(
                    format,
                    &folder.join(format.file),
                    &summary,
                    &Options::default(),
                )
                .unwrap();
            }
            fs::write(folder.join("junit-classic.xml"), junit_classic(&summary)).unwrap();
        }
    }
}

#[test]
fn every_headline_says_what_a_verdict_rests_on() {
    let summary = resting();
    assert_eq!(summary.exit_code, 0, "{:?}", summary.gate);
    // A badge has room for a word, a list of issues for none.
    let parts = [
        "Gateway team",
        "2027-03-31",
        "R. Tester",
        "2026-11-02",
        "reconstruction",
    ];
    for format in FORMATS {
        let text = (format.render)(&summary, &Options::default());
        match format.name {
            "har" | "gitlab" => {}
            "openmetrics" => assert!(text.contains("muster_waivers{state=\"in use\"} 1")),
            "badge" => assert!(text.contains("conformant with waivers")),
            name => {
                for part in parts {
                    assert!(text.contains(part), "{name}: {part}\n{text}");
                }
            }
        }
    }
    let style = Style {
        colour: Colour::Off,
        width: None,
        verbose: false,
    };
    let text = terminal(&summary, style, &[]);
    let headline = text.lines().find(|line| line.starts_with('✓')).unwrap();
    assert!(
        headline.starts_with("✓ CONFORMANT WITH WAIVERS "),
        "{headline}"
    );
    for part in parts {
        assert!(headline.contains(part), "{part}: {headline}");
    }
    assert!(!text::verdict(&fixture::summary()).contains("rests on"));
    assert!(!text::verdict(&folded(good())).contains("rests on"));
}

#[test]
fn junit_tap_and_ctrf_are_red_exactly_if_the_exit_code_is_not_0() {
    for (name, summary) in runs() {
        let is_red = summary.exit_code != 0;
        let ctrf = parsed("ctrf", &summary);
        let failed = ctrf["results"]["summary"]["failed"].as_u64().unwrap();
        assert_eq!(failed > 0, is_red, "{name}");
        let tap = rendered("tap", &summary);
        let not_ok = tap
            .lines()
            .any(|line| line.starts_with("not ok ") && !line.contains(" # TODO "));
        assert_eq!(not_ok, is_red, "{name}");
    }
}

#[test]
fn sarif_points_into_the_contract_and_keeps_its_fingerprints() {
    let log = parsed("sarif", &fixture::summary());
    let results = log["runs"][0]["results"].as_array().unwrap();
    let method = results
        .iter()
        .find(|one| one["ruleId"] == "http.undeclared-method")
        .unwrap();
    let place = &method["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "openapi.yaml");
    assert_eq!(place["region"]["startLine"], 12);
    assert_eq!(method["level"], "error");
    assert!(method["webResponse"]["statusCode"].is_number());
    let again = parsed("sarif", &fixture::summary());
    assert_eq!(log, again);
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    for one in results {
        let index = usize::try_from(one["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], one["ruleId"]);
    }
    let waived = results.iter().filter(|one| one["suppressions"].is_array());
    assert_eq!(
        waived.count(),
        fixture::summary()
            .findings_with_effects()
            .filter(|one| one.waived)
            .count()
    );
}

#[test]
fn har_has_each_exchange_once_in_order() {
    let har = parsed("har", &fixture::summary());
    let entries = har["log"]["entries"].as_array().unwrap();
    assert!(!entries.is_empty());
    let begun: Vec<&str> = entries
        .iter()
        .map(|entry| entry["startedDateTime"].as_str().unwrap())
        .collect();
    let mut sorted = begun.clone();
    sorted.sort_unstable();
    assert_eq!(begun, sorted);
    assert!(begun[0].starts_with("2026-11-23T10:15:"), "{}", begun[0]);
    let text = rendered("har", &fixture::summary());
    assert!(text.contains("$MUSTER_DEFAULT_TOKEN"));
}

#[test]
fn annotations_are_one_command_a_line() {
    let shown = rendered("github", &fixture::summary());
    assert!(
        shown.contains("::error file=openapi.yaml,line=12,col=3,title="),
        "{shown}"
    );
    for text in [
        HOSTILE,
        "a\n::add-mask::x",
        "\r\n::error::x",
        "##[error]x%0A::warning::y",
    ] {
        let shown = rendered("github", &hostile_with(text));
        for line in shown.lines() {
            let word = line.split([' ', ':']).nth(2).unwrap();
            assert!(line.starts_with("::"), "{line}");
            assert!(["error", "warning", "notice"].contains(&word), "{line}");
        }
        assert_eq!(shown.lines().count(), 2, "{shown}");
    }
    // GitHub shows ten of a kind: the last of them tells how many there are besides.
    let checks: Vec<String> = (0..30).map(|n| format!("x.check-{n}")).collect();
    let requirements = (0..30)
        .map(|n| requirement(&format!("R-{n}"), Level::Must, &[&checks[n]]))
        .collect();
    let mut all = vec![Event::Started(Box::new(started(requirements, &["GET /a"])))];
    all.extend(
        checks
            .iter()
            .map(|check| judged(by_check(check), Some("GET /a"), failure(check), &[])),
    );
    all.push(finished(End::Complete));
    let shown = rendered("github", &folded(all));
    let errors: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with("::error "))
        .collect();
    assert_eq!(errors.len(), 10);
    assert!(errors[9].contains("22 more findings"), "{}", errors[9]);
}

#[test]
fn each_failing_case_shows_its_own_exchange() {
    let mut all = vec![Event::Started(Box::new(started(
        vec![requirement("R-1", Level::Must, &["x.one"])],
        &["GET /a", "GET /b"],
    )))];
    for (id, operation) in [(1, "GET /a"), (2, "GET /b")] {
        let body = format!("{{\"from\":\"{operation}\"}}");
        all.push(fixture::exchanged(
            fixture::observation(id, operation, 500, &body),
            &[],
        ));
        all.push(judged(
            by_check("x.one"),
            Some(operation),
            failure("one cause"),
            &[id],
        ));
    }
    all.push(finished(End::Complete));
    let summary = folded(all);
    assert_eq!(summary.findings.len(), 1, "one cause");
    let report = quick_junit::Report::deserialize_from_str(&junit(&summary)).unwrap();
    for (operation, other) in [("GET /a", "GET /b"), ("GET /b", "GET /a")] {
        let name = format!("R-1 {operation} [x.one]");
        let cases = &report.test_suites[0].test_cases;
        let case = cases
            .iter()
            .find(|case| case.name.as_str() == name)
            .unwrap();
        let quick_junit::TestCaseStatus::NonSuccess { description, .. } = &case.status else {
            panic!("it fails");
        };
        let shown = description.as_deref().unwrap();
        assert!(shown.contains("< 500"), "{shown}");
        assert!(
            shown.contains(&format!("\"from\":\"{operation}\"")),
            "{shown}"
        );
        assert!(!shown.contains(&format!("\"from\":\"{other}\"")), "{shown}");
    }
}

#[test]
fn snapshots() {
    let summary = fixture::summary();
    for name in [
        "sarif",
        "ctrf",
        "tap",
        "har",
        "github",
        "gitlab",
        "openmetrics",
        "badge",
    ] {
        insta::assert_snapshot!(name, rendered(name, &summary));
    }
}

#[test]
fn a_headline_names_the_waivers_of_musts_first() {
    let waiver = |requirement: &str| Waiver {
        requirement: requirement.into(),
        operation: None,
        case: None,
        reason: "R".into(),
        owner: "O".into(),
        approved_by: "A".into(),
        expires: "2027-03-31".into(),
        line: 1,
    };
    let should = ["S-1", "S-2", "S-3", "S-4", "S-5"];
    let mut requirements: Vec<_> = should
        .iter()
        .map(|id| requirement(id, Level::Should, &["x.one"]))
        .collect();
    requirements.push(requirement("M-1", Level::Must, &["x.one"]));
    let mut start = started(requirements, &["GET /a"]);
    start.waivers = should.iter().copied().chain(["M-1"]).map(waiver).collect();
    let summary = folded(vec![
        Event::Started(Box::new(start)),
        judged(by_check("x.one"), Some("GET /a"), failure("c"), &[]),
        finished(End::Complete),
    ]);
    let told = text::verdict(&summary);
    assert!(
        told.contains("6 waivers, 1 of them of a MUST (M-1, owner O"),
        "{told}"
    );
}
