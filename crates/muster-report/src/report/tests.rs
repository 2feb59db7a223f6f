//! Reports of the run made by hand, kept as snapshots, and what holds for every report.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

use std::{collections::BTreeSet, time::Instant};

use proptest::prelude::*;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;

use super::*;
use crate::{
    event::{End, Event},
    summary::fixture::{
        self, HOSTILE, by_check, events, exchanged, failure, finished, folded, judged, observation,
        requirement, started,
    },
};
use muster_core::{
    model::Level,
    verdict::{Finding, Judgement},
};

fn rich() -> Report {
    Report::deserialize_from_str(&junit(&fixture::summary())).unwrap()
}

fn names(report: &Report) -> Vec<(String, String, &'static str)> {
    let mut names = Vec::new();
    for suite in &report.test_suites {
        for case in &suite.test_cases {
            let word = match &case.status {
                TestCaseStatus::Success { .. } => "success",
                TestCaseStatus::NonSuccess {
                    kind: NonSuccessKind::Failure,
                    ..
                } => "failure",
                TestCaseStatus::NonSuccess { .. } => "error",
                TestCaseStatus::Skipped { .. } => "skipped",
            };
            names.push((suite.name.to_string(), case.name.to_string(), word));
        }
    }
    names
}

/// Without a width, so that a log keeps its lines.
const fn style(colour: Colour) -> Style {
    Style {
        colour,
        width: None,
        verbose: true,
    }
}

#[test]
fn junit_snapshot() {
    insta::assert_snapshot!(junit(&fixture::summary()));
}

#[test]
fn junit_classic_snapshot() {
    insta::assert_snapshot!(junit_classic(&fixture::summary()));
}

#[test]
fn markdown_snapshot() {
    insta::assert_snapshot!(markdown(&fixture::summary()));
}

#[test]
fn terminal_snapshot() {
    let places = [PathBuf::from("reports/20261123-101500-7f3a9c/report.html")];
    insta::assert_snapshot!(terminal(&fixture::summary(), style(Colour::Off), &places));
}

#[test]
fn json_snapshot() {
    insta::assert_snapshot!(json(&fixture::summary()));
}

#[test]
fn json_is_what_its_schema_says() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../../docs/schemas/results.schema.json")).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut stopped = events();
    stopped.pop();
    stopped.push(finished(End::Stopped {
        reason: "every answer turned 401".into(),
        responsible: muster_core::model::Responsible::Credentials,
    }));
    for summary in [fixture::summary(), folded(stopped), hostile()] {
        let value: Value = serde_json::from_str(&json(&summary)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let mut odd = value.clone();
        odd["requirements"][0]["standing"] = "fine".into();
        assert!(!validator.is_valid(&odd));
        let back: Summary = serde_json::from_value(value).unwrap();
        assert_eq!(back, summary);
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let summary = fixture::summary();
    let plain = terminal(&summary, style(Colour::Off), &[]);
    let coloured = terminal(&summary, style(Colour::On), &[]);
    assert_ne!(plain, coloured);
    assert_eq!(sanitise::text(&coloured), plain);
    assert!(!plain.contains('\u{1b}'));
}

#[test]
fn junit_names_are_unique_and_both_flavours_agree() {
    let report = rich();
    let got = names(&report);
    let unique: BTreeSet<&(String, String, &str)> = got.iter().collect();
    assert_eq!(unique.len(), got.len());
    let classic = Report::deserialize_from_str(&junit_classic(&fixture::summary())).unwrap();
    assert_eq!(names(&classic), got);
    for word in ["success", "failure", "error", "skipped"] {
        assert!(got.iter().any(|(.., told)| *told == word), "{word}");
    }
    assert_eq!(report.tests, got.len());
    for (rich, classic) in report.test_suites.iter().zip(&classic.test_suites) {
        assert_eq!(
            (rich.tests, rich.failures, rich.errors),
            (classic.tests, classic.failures, classic.errors)
        );
    }
}

#[test]
fn junit_says_what_a_reader_needs() {
    let report = rich();
    let suite = &report.test_suites[0];
    assert_eq!(suite.name.as_str(), "police-records.http");
    let case = suite
        .test_cases
        .iter()
        .find(|case| case.name.as_str() == "HTTP-02 GET /people [http.undeclared-method]")
        .unwrap();
    assert_eq!(case.classname.as_deref(), Some("police-records.http"));
    assert_eq!(
        case.extra.get("file").map(|file| file.as_str()),
        Some("openapi.yaml")
    );
    assert_eq!(case.extra.get("line").map(|line| line.as_str()), Some("12"));
    // The schema of Jenkins knows no properties of a test case.
    assert!(case.properties.is_empty());
    let out = case.system_out.as_ref().unwrap();
    for name in [
        "requirement",
        "level",
        "source",
        "seed",
        "operation",
        "verifier",
        "judged",
        "finding",
        "pointer",
        "source-line",
    ] {
        assert!(
            out.contains(&format!("{name}: ")),
            "{name}: {}",
            out.as_str()
        );
    }
    let TestCaseStatus::NonSuccess { message, ty, .. } = &case.status else {
        panic!("it fails");
    };
    assert_eq!(ty.as_deref(), Some("http.undeclared-method"));
    let message = message.as_deref().unwrap();
    for part in [
        "HTTP-02 MUST (RFC 9110, §15.5.6)",
        "GET /people",
        "405",
        "200",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

/// A run in which every text that a supplier or an author controls is hostile.
pub(super) fn hostile() -> Summary {
    hostile_with(HOSTILE)
}

pub(super) fn hostile_with(text: &str) -> Summary {
    let mut must = requirement("R-1", Level::Must, &["x.one"]);
    must.statement = text.into();
    let mut start = started(vec![must], &["GET /a"]);
    start.target = text.into();
    start.supplier = text.into();
    start.contract.title = text.into();
    start.contract.location = text.into();
    start.profile.title = text.into();
    let mut answer = observation(1, "GET /a", 500, text);
    answer.url = format!("https://x/{text}");
    answer.response_headers.push((text.into(), text.into()));
    folded(vec![
        Event::Started(Box::new(start)),
        exchanged(answer, &[]),
        judged(
            by_check("x.one"),
            Some("GET /a"),
            Judgement::Fail(Finding::new(text, text, text, text).at(format!("#/{text}"))),
            &[1],
        ),
        finished(End::Complete),
    ])
}

fn expect_two_cases(summary: &Summary) {
    let expected = [
        ("police-records.http", "R-1 GET /a [x.one]", "failure"),
        ("police-records.run", "the run reached its end", "success"),
    ];
    for text in [junit(summary), junit_classic(summary)] {
        let report =
            Report::deserialize_from_str(&text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let got = names(&report);
        let got: Vec<(&str, &str, &str)> = got
            .iter()
            .map(|(suite, name, word)| (suite.as_str(), name.as_str(), *word))
            .collect();
        assert_eq!(got, expected, "{text}");
        assert!(!text.contains("[[ATTACHMENT"));
    }
}

#[test]
fn nobody_can_write_a_report_from_within() {
    let summary = hostile();
    expect_two_cases(&summary);
    let page = html(&summary);
    assert!(!page.contains("<script>"));
    assert!(!page.contains("<b>@everyone"));
    let md = markdown(&summary);
    assert!(!md.contains("<script>alert"), "{md}");
    assert!(!md.contains("<b>@"), "{md}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_forges_a_test_case(parts in prop::collection::vec(prop_oneof![
        Just("]]>".to_owned()), Just("]]".to_owned()), Just(">".to_owned()), Just("<![CDATA[".to_owned()),
        Just("</system-out>".to_owned()), Just("</failure></testcase>".to_owned()), Just("\"/>".to_owned()),
        Just("<testcase name=\"FORGED\"/>".to_owned()), Just("&#0;".to_owned()), Just("\u{1b}[1m".to_owned()),
        Just("\u{1b}]".to_owned()), Just("\u{b}\u{ffff}".to_owned()), any::<String>(),
    ], 1..12)) {
        expect_two_cases(&hostile_with(&parts.concat()));
    }

    #[test]
    fn junit_is_red_exactly_if_the_exit_code_is_not_0(
        said in prop::collection::vec((0..2usize, 0..5usize), 0..6),
        strict in any::<bool>(), waived in any::<bool>(), end in 0..3usize,
    ) {
        let mut start = started(
            vec![
                requirement("R-1", Level::Must, &["x.one"]),
                requirement("R-2", Level::Should, &["x.two"]),
            ],
            &["GET /a"],
        );
        start.fail_on_should = strict;
        if waived {
            start.waivers = fixture::folded(events()).waivers.iter().take(1).map(|result| {
                let mut waiver = result.waiver.clone();
                waiver.requirement = "R-1".into();
                waiver.operation = None;
                waiver
            }).collect();
        }
        let mut all = vec![Event::Started(Box::new(start))];
        for (check, what) in said {
            let judgement = match what {
                0 | 1 => Judgement::Pass,
                2 => failure("c"),
                3 => Judgement::inconclusive(muster_core::model::Responsible::TestData, "None."),
                _ => Judgement::not_applicable("Beside."),
            };
            all.push(judged(by_check(["x.one", "x.two"][check]), Some("GET /a"), judgement, &[]));
        }
        all.push(finished(match end {
            0 => End::Interrupted,
            1 => End::Stopped { reason: "it was lost".into(), responsible: muster_core::model::Responsible::Network },
            _ => End::Complete,
        }));
        let summary = folded(all);
        let report = Report::deserialize_from_str(&junit(&summary)).unwrap();
        prop_assert_eq!(report.failures + report.errors > 0, summary.exit_code != 0, "{:?}", summary.gate);
    }
}

#[test]
fn the_page_is_whole_and_closed() {
    let page = html(&fixture::summary());
    let plain = page.replace("&#x2f;", "/").replace("&#x27;", "'");
    for part in [
        "<html lang=\"en-GB\">",
        "default-src 'none'",
        "does not conform",
        "What was not verified, and why",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "Answer 405 with an Allow header",
        "$MUSTER_DEFAULT_TOKEN",
        "DELETE /people/9002",
        "R. Tester",
    ] {
        assert!(plain.contains(part), "{part}");
    }
    for absent in [
        "<script",
        "src=",
        "url(",
        "@import",
        "http-equiv=\"refresh\"",
    ] {
        assert!(!page.contains(absent), "{absent}");
    }
    // Every link leads somewhere on the page, and no id stands twice.
    let ids: Vec<&str> = attributes(&page, " id=\"").collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len());
    for link in attributes(&page, " href=\"") {
        let target = link.strip_prefix('#').expect("only links on the page");
        assert!(unique.contains(target), "{link}");
    }
    let levels: Vec<u32> = page
        .match_indices("<h")
        .filter_map(|(at, _)| page[at + 2..].chars().next()?.to_digit(10))
        .collect();
    assert_eq!(levels[0], 1);
    assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1));
    if let Some(place) = std::env::var_os("MUSTER_FIXTURE_OUT") {
        std::fs::create_dir_all(&place).unwrap();
        write_all(
            Path::new(&place),
            &fixture::summary(),
            &Options::default(),
            &[],
        )
        .unwrap();
        let conformant = folded(good());
        std::fs::write(Path::new(&place).join("conformant.html"), html(&conformant)).unwrap();
        std::fs::write(Path::new(&place).join("hostile.html"), html(&hostile())).unwrap();
    }
}

fn attributes<'a>(page: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    page.match_indices(name)
        .filter_map(move |(at, _)| page[at + name.len()..].split('"').next())
}

pub(super) fn good() -> Vec<Event> {
    vec![
        Event::Started(Box::new(started(
            vec![requirement("R-1", Level::Must, &["x.one"])],
            &["GET /a"],
        ))),
        exchanged(observation(1, "GET /a", 200, "{}"), &["x.one"]),
        finished(End::Complete),
    ]
}

#[test]
fn large_runs_stay_readable() {
    let body = format!("{{\"text\":\"{}\"}}", "x".repeat(12_000));
    let operations: Vec<String> = (0..100).map(|n| format!("GET /things-{n}")).collect();
    let texts: Vec<&str> = operations.iter().map(String::as_str).collect();
    let checks: Vec<String> = (0..50).map(|n| format!("area.check-{n}")).collect();
    let requirements = checks
        .iter()
        .enumerate()
        .map(|(n, check)| requirement(&format!("R-{n}"), Level::Must, &[check]))
        .collect();
    let mut all = vec![Event::Started(Box::new(started(requirements, &texts)))];
    let mut id = 0;
    for check in &checks {
        for operation in &texts {
            id += 1;
            all.push(exchanged(observation(id, operation, 200, &body), &[]));
            all.push(judged(
                by_check(check),
                Some(operation),
                failure(&format!("{check} {operation} {}", id % 40)),
                &[id],
            ));
        }
    }
    let summary = folded(all);
    assert!(
        summary.findings.len() >= 4_000,
        "{}",
        summary.findings.len()
    );
    let begun = Instant::now();
    let page = html(&summary);
    let took = begun.elapsed();
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
    assert!(markdown(&summary).len() <= 60_000);
    assert!(junit(&summary).len() < 30_000_000);
    if !cfg!(debug_assertions) {
        assert!(took.as_millis() < 1_000, "{took:?}");
    }
}
