//! The laws of the fold: examples first, then properties over runs made at random.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop where it stands"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    Standing, Summary, WaiverState,
    fixture::{
        by_case, by_check, events, exchanged, failure, finished, folded, judged, observation, op,
        planned, requirement, started, summary,
    },
};
use crate::{
    event::{End, Event, Planned, Started},
    waiver::Waiver,
};
use muster_checks::plan::{Exclusion, Work};
use muster_core::{
    model::{Level, Method, Responsible, Verification},
    verdict::{Conformance, Judgement, Unverified, Verdict},
};

const OPS: [&str; 3] = ["GET /a", "GET /b", "POST /c"];

fn start() -> Started {
    started(
        vec![
            requirement("R-1", Level::Must, &["x.one"]),
            requirement("R-2", Level::Must, &["x.one", "x.two"]),
            requirement("R-3", Level::Should, &["x.three"]),
        ],
        &OPS,
    )
}

fn waiver(requirement: &str, operation: Option<&str>) -> Waiver {
    Waiver {
        requirement: requirement.into(),
        operation: operation.map(Into::into),
        case: None,
        reason: "Known.".into(),
        owner: "O".into(),
        approved_by: "A".into(),
        expires: "2027-01-01".into(),
        line: 4,
    }
}

fn run(start: Started, said: Vec<Event>) -> Summary {
    let mut events = vec![Event::Started(Box::new(start))];
    events.extend(said);
    events.push(finished(End::Complete));
    folded(events)
}

fn standing(summary: &Summary, id: &str) -> Standing {
    summary.requirement(&id.into()).unwrap().standing
}

#[test]
fn the_fixture_stands_as_it_was_made_to() {
    let summary = summary();
    let got: Vec<(&str, Standing)> = summary
        .requirements
        .iter()
        .map(|result| (result.requirement.id.as_str(), result.standing))
        .collect();
    assert_eq!(
        got,
        [
            ("HTTP-01", Standing::Inconclusive),
            ("HTTP-02", Standing::Failed),
            ("HTTP-03", Standing::Passed),
            ("HTTP-04", Standing::Warned),
            ("HTTP-05", Standing::Attested),
            ("HTTP-06", Standing::Inconclusive),
            ("HTTP-07", Standing::NotTested),
            ("ERR-01", Standing::Failed),
            ("ERR-02", Standing::Inconclusive),
            ("ERR-03", Standing::Passed),
            ("ERR-04", Standing::Inconclusive),
            ("ERR-05", Standing::Error),
            ("PAGE-01", Standing::Passed),
            ("PAGE-02", Standing::NotApplicable),
            ("BULK-01", Standing::NotApplicable),
        ]
    );
    assert_eq!(summary.exit_code, 1);
    assert_eq!(summary.conformance, Conformance::NonConformant);
    let states: Vec<WaiverState> = summary.waivers.iter().map(|result| result.state).collect();
    assert_eq!(
        states,
        [
            WaiverState::Used,
            WaiverState::Stale,
            WaiverState::Expired,
            WaiverState::Idle
        ]
    );
    assert_eq!(summary.left_behind.len(), 1, "{:?}", summary.left_behind);
    assert_eq!(summary.operations[0].statuses[&400], 3);
    // Exchanges 1 to 6 and 10 to 12, each 12 ms and a millisecond for its number; told to 1 %.
    let near = |got: u64, want: u64| got.abs_diff(want) <= want / 100;
    assert!(near(summary.operations[0].p50_us, 17_000));
    assert!(near(summary.operations[0].p95_us, 24_000));
    assert!(summary.operations[5].gap.is_some());
}

#[test]
fn one_cause_is_one_finding_with_its_operations() {
    let summary = summary();
    let schema = summary
        .findings
        .iter()
        .find(|finding| finding.finding.cause == "person.gender")
        .unwrap();
    assert_eq!(schema.seen, 2);
    assert_eq!(
        schema.operations,
        [op("GET /people/{personId}"), op("POST /people")]
    );
    assert_eq!(schema.evidence.len(), 1);
    let numbers: Vec<&str> = summary
        .findings
        .iter()
        .map(|finding| finding.number.as_str())
        .collect();
    assert_eq!(numbers, ["F1", "F2", "F3", "F4"]);
    let levels: Vec<Level> = summary
        .findings
        .iter()
        .map(|finding| finding.level)
        .collect();
    assert_eq!(
        levels,
        [Level::Must, Level::Must, Level::Must, Level::Should]
    );
}

#[test]
fn nothing_observed_is_inconclusive_with_a_reason() {
    let summary = run(start(), Vec::new());
    for result in &summary.requirements {
        assert_eq!(result.standing, Standing::Inconclusive);
        assert!(!result.reason.is_empty());
    }
    assert_eq!(summary.exit_code, 3);
}

#[test]
fn what_was_planned_and_not_judged_is_never_a_pass() {
    let mut events = vec![
        Event::Started(Box::new(start())),
        Event::Planned(Planned {
            cases: OPS
                .iter()
                .map(|text| {
                    planned(
                        text,
                        Work::Probe {
                            check: "x.one".into(),
                            operation: Some(op(text)),
                        },
                    )
                })
                .collect(),
            excluded: Vec::new(),
            not_selected: Vec::new(),
        }),
        judged(by_check("x.one"), Some("GET /a"), Judgement::Pass, &[]),
        judged(by_check("x.two"), Some("GET /a"), Judgement::Pass, &[]),
    ];
    assert_eq!(
        standing(&folded(events.clone()), "R-1"),
        Standing::Inconclusive
    );
    assert_eq!(folded(events.clone()).exit_code, 130, "no end was told");
    events.push(finished(End::Stopped {
        reason: "every answer turned 401".into(),
        responsible: Responsible::Credentials,
    }));
    let summary = folded(events.clone());
    assert_eq!(summary.exit_code, 3);
    assert!(
        summary.requirements[0].reason.contains("401"),
        "{}",
        summary.requirements[0].reason
    );
    events.insert(
        3,
        judged(by_check("x.one"), Some("GET /b"), failure("c"), &[]),
    );
    assert_eq!(
        folded(events).exit_code,
        1,
        "a failure that was seen counts"
    );
}

#[test]
fn an_operation_that_was_never_reached_leaves_its_response_checks_open() {
    let mut start = started(
        vec![requirement("R-1", Level::Must, &["response.body-schema"])],
        &OPS,
    );
    start.claims.0.clear();
    let plan = Event::Planned(Planned {
        cases: OPS
            .iter()
            .map(|text| planned(text, Work::Exercise(op(text))))
            .collect(),
        excluded: Vec::new(),
        not_selected: Vec::new(),
    });
    let all = [
        plan.clone(),
        exchanged(
            observation(1, "GET /a", 200, "{}"),
            &["response.body-schema"],
        ),
        exchanged(observation(2, "GET /b", 404, "{}"), &[]),
        exchanged(
            observation(3, "POST /c", 201, "{}"),
            &["response.body-schema"],
        ),
    ];
    let open = run(start.clone(), all.to_vec());
    assert_eq!(standing(&open, "R-1"), Standing::Inconclusive);
    assert!(
        open.requirements[0]
            .reason
            .contains("GET /b never returned success")
    );
    let mut reached = all.to_vec();
    reached.push(exchanged(
        observation(4, "GET /b", 200, "{}"),
        &["response.body-schema"],
    ));
    assert_eq!(standing(&run(start, reached), "R-1"), Standing::Passed);
}

#[test]
fn exclusions_tell_unverified_from_not_applicable() {
    let exclude = |unverified| {
        Event::Planned(Planned {
            cases: Vec::new(),
            not_selected: Vec::new(),
            excluded: vec![Exclusion {
                by: Some(by_check("x.one")),
                operation: None,
                reason: "Writes are refused.".into(),
                unverified,
                deselected: false,
                withheld: false,
            }],
        })
    };
    let open = run(start(), vec![exclude(true)]);
    assert_eq!(standing(&open, "R-1"), Standing::Inconclusive);
    let beside = run(start(), vec![exclude(false)]);
    assert_eq!(standing(&beside, "R-1"), Standing::NotApplicable);
    assert_eq!(beside.requirements[0].reason, "Writes are refused.");
}

#[test]
fn a_run_in_which_no_must_applied_shows_nothing() {
    let mut start = start();
    start
        .profile
        .requirements
        .retain(|requirement| requirement.level == Level::Should);
    let summary = run(
        start,
        vec![judged(by_check("x.three"), None, Judgement::Pass, &[])],
    );
    assert_eq!(summary.conformance, Conformance::Undetermined);
    assert_eq!(summary.exit_code, 3);
    assert_eq!(summary.classes[0].conformance, None);
}

fn all_pass() -> Vec<Event> {
    ["x.one", "x.two", "x.three"]
        .iter()
        .map(|id| judged(by_check(id), Some("GET /a"), Judgement::Pass, &[]))
        .collect()
}

#[test]
fn exit_codes() {
    assert_eq!(run(start(), all_pass()).exit_code, 0);

    let mut warned = all_pass();
    warned.push(judged(by_check("x.three"), None, failure("c"), &[]));
    let summary = run(start(), warned.clone());
    assert_eq!((summary.exit_code, summary.counts.warnings), (0, 1));
    let mut strict = start();
    strict.fail_on_should = true;
    assert_eq!(run(strict, warned).exit_code, 1);

    let mut stale = start();
    stale.waivers = vec![waiver("R-1", None)];
    let summary = run(stale.clone(), all_pass());
    assert_eq!(summary.exit_code, 1);
    assert!(summary.notices[0].reason.contains("line 4"));

    let mut failed = all_pass();
    failed.push(judged(by_check("x.one"), None, failure("c"), &[]));
    stale.waivers.push(waiver("R-2", None));
    let summary = run(stale.clone(), failed.clone());
    assert_eq!(summary.exit_code, 0, "{:?}", summary.gate);
    assert_eq!(standing(&summary, "R-1"), Standing::Waived);
    assert!(summary.findings[0].waived);

    stale.today = "2027-01-02".into();
    assert_eq!(run(stale, failed).exit_code, 1);
}

#[test]
fn an_attested_requirement_needs_a_person() {
    let mut start = start();
    start.profile.requirements[0].verification = Verification::Attested;
    let summary = run(start, all_pass());
    assert_eq!(standing(&summary, "R-1"), Standing::Inconclusive);
    assert!(
        summary.requirements[0]
            .reason
            .starts_with("Nobody attested")
    );
    assert_eq!(summary.exit_code, 3);
}

#[test]
fn a_check_with_endless_causes_is_held_to_a_bound() {
    let said = (0..2_000)
        .map(|n| {
            judged(
                by_check("x.one"),
                Some("GET /a"),
                failure(&format!("c{n}")),
                &[],
            )
        })
        .collect();
    let summary = run(start(), said);
    assert_eq!(summary.findings.len(), 501);
    let seen: u64 = summary.findings.iter().map(|finding| finding.seen).sum();
    assert_eq!(seen, 2_000);
}

#[test]
fn at_most_five_exchanges_show_a_finding_the_decisive_one_last() {
    let mut said: Vec<Event> = (1..=9)
        .map(|id| exchanged(observation(id, "GET /a", 500, "{}"), &[]))
        .collect();
    said.push(judged(
        by_check("x.one"),
        Some("GET /a"),
        failure("c"),
        &[1, 2, 3, 4, 5, 6, 7, 8, 9],
    ));
    let summary = run(start(), said);
    let ids: Vec<u64> = summary.findings[0]
        .evidence
        .iter()
        .map(|observation| observation.id.0)
        .collect();
    assert_eq!(ids, [5, 6, 7, 8, 9]);
    assert!(
        summary.findings[0]
            .curl
            .as_deref()
            .unwrap()
            .starts_with("curl ")
    );
    assert_eq!(summary.findings[0].curl_before, None);
}

#[test]
fn a_read_that_shows_what_a_write_did_is_told_with_the_write_and_no_other() {
    let before = |write: &str, read: &str| {
        let mut said = vec![
            exchanged(observation(1, write, 201, "{}"), &[]),
            exchanged(observation(2, read, 200, "{}"), &[]),
        ];
        said.push(judged(by_check("x.one"), Some(read), failure("c"), &[1, 2]));
        run(start(), said).findings[0].curl_before.clone()
    };
    let told = before("PUT /a", "GET /a").unwrap();
    assert!(told.contains("'PUT'"), "{told}");
    assert_eq!(before("GET /a", "GET /a"), None);
    assert_eq!(before("PUT /b", "GET /a"), None);
}

#[test]
fn the_bodies_of_many_findings_are_held_to_a_bound() {
    let mut said = Vec::new();
    let body = "x".repeat(16 * 1024);
    for id in 0..1_000 {
        said.push(exchanged(observation(id, "GET /a", 500, &body), &[]));
        let check = CHECKS[id as usize % 3];
        said.push(judged(
            by_check(check),
            Some("GET /a"),
            failure(&id.to_string()),
            &[id],
        ));
    }
    let summary = run(start(), said);
    assert_eq!(summary.findings.len(), 1_000);
    let whole = |at: usize| {
        summary.findings[at].evidence[0]
            .response_body
            .clone()
            .unwrap()
    };
    assert!(!whole(0).abridged);
    assert!(whole(999).abridged && whole(999).text.len() < 1_000);
    assert_eq!(whole(999).bytes, 16 * 1024);
    assert!(serde_json::to_string(&summary).unwrap().len() < 14_000_000);
}

#[test]
fn a_journal_without_a_start_is_no_run() {
    assert_eq!(
        super::fold(Vec::<crate::event::Entry>::new),
        Err(super::NoRun)
    );
    let started = Event::Started(Box::new(start()));
    let summary = super::fold(|| {
        vec![crate::event::Entry {
            at_us: 7,
            event: started.clone(),
        }]
    })
    .unwrap();
    assert_eq!((summary.end, summary.took_us), (End::Interrupted, 7));
}

#[test]
fn the_same_events_fold_to_the_same_bytes() {
    let once = serde_json::to_string(&summary()).unwrap();
    assert_eq!(once, serde_json::to_string(&folded(events())).unwrap());
}

#[test]
fn a_planned_suite_case_that_judged_nothing_is_open() {
    let start = started(vec![requirement("R-1", Level::Must, &["s/one"])], &OPS);
    let plan = Event::Planned(Planned {
        cases: vec![planned("s/one", Work::Suite("s/one".into()))],
        excluded: Vec::new(),
        not_selected: Vec::new(),
    });
    let silent = run(start.clone(), vec![plan.clone()]);
    assert_eq!(standing(&silent, "R-1"), Standing::Inconclusive);
    let said = vec![
        plan,
        judged(by_case("s/one"), Some("GET /a"), Judgement::Pass, &[]),
    ];
    assert_eq!(standing(&run(start, said), "R-1"), Standing::Passed);
}

fn judgement() -> impl Strategy<Value = Judgement> {
    prop_oneof![
        4 => Just(Judgement::Pass),
        1 => Just(Judgement::NotApplicable("Beside the point.".into())),
        1 => Just(Judgement::Inconclusive(Unverified::new(Responsible::TestData, "No record."))),
        2 => (0..3u8).prop_map(|n| failure(&format!("c{n}"))),
        1 => Just(Judgement::Error(Unverified::new(Responsible::Muster, "Broken."))),
    ]
}

fn said() -> impl Strategy<Value = Vec<(usize, Option<usize>, Judgement)>> {
    prop::collection::vec((0..3usize, prop::option::of(0..3usize), judgement()), 0..14)
}

const CHECKS: [&str; 3] = ["x.one", "x.two", "x.three"];

fn to_events(said: &[(usize, Option<usize>, Judgement)]) -> Vec<Event> {
    said.iter()
        .map(|(check, operation, judgement)| {
            judged(
                by_check(CHECKS[*check]),
                operation.map(|at| OPS[at]),
                judgement.clone(),
                &[],
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_worst_counts(said in said()) {
        let summary = run(start(), to_events(&said));
        for result in &summary.requirements {
            let Verification::VerifiedBy(by) = &result.requirement.verification else { unreachable!() };
            let own: Vec<&(usize, Option<usize>, Judgement)> = said
                .iter()
                .filter(|(check, ..)| by.contains(&by_check(CHECKS[*check])))
                .collect();
            let silent = by.iter().any(|by| !own.iter().any(|(check, ..)| *by == by_check(CHECKS[*check])));
            let verdicts: Vec<Verdict> = own
                .iter()
                .filter_map(|(.., judgement)| judgement.verdict())
                .chain(silent.then_some(Verdict::Inconclusive))
                .collect();
            prop_assert_eq!(result.verdict, verdicts.iter().copied().max());
            let all_pass = !verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == Verdict::Pass);
            prop_assert_eq!(result.standing == Standing::Passed, all_pass);
            let failed = verdicts.contains(&Verdict::Fail);
            prop_assert_eq!(matches!(result.standing, Standing::Failed | Standing::Warned), failed);
        }
    }

    #[test]
    fn nothing_but_a_full_set_of_passes_exits_with_0(said in said()) {
        let summary = run(start(), to_events(&said));
        let musts_ok = summary.requirements.iter()
            .filter(|result| result.requirement.level == Level::Must)
            .all(|result| matches!(result.standing, Standing::Passed | Standing::NotApplicable));
        let any = summary.requirements.iter()
            .any(|result| result.requirement.level == Level::Must && result.standing == Standing::Passed);
        prop_assert_eq!(summary.exit_code == 0, musts_ok && any);
        prop_assert_eq!(summary.gate.is_empty(), summary.exit_code == 0);
        prop_assert_eq!(summary.exit_code == 0, summary.conformance == Conformance::Conformant);
    }

    #[test]
    fn one_more_pass_never_mends_and_never_breaks(said in said(), check in 0..3usize, at in prop::option::of(0..3usize)) {
        let before = run(start(), to_events(&said));
        let mut more = said.clone();
        more.push((check, at, Judgement::Pass));
        let after = run(start(), to_events(&more));
        for (old, new) in before.requirements.iter().zip(&after.requirements) {
            match old.standing {
                Standing::Failed | Standing::Warned | Standing::Error | Standing::Passed => {
                    prop_assert_eq!(old.standing, new.standing);
                }
                // What was silent, or did not apply, may now pass.
                _ => prop_assert!(matches!(
                    new.standing,
                    Standing::Inconclusive | Standing::NotApplicable | Standing::Passed
                )),
            }
        }
    }

    #[test]
    fn a_waiver_never_hides_another_operation_or_requirement(said in said(), at in 0..3usize) {
        let plain = run(start(), to_events(&said));
        let mut start = start();
        start.waivers = vec![waiver("R-1", Some(OPS[at]))];
        let waived = run(start, to_events(&said));
        let elsewhere = said.iter().any(|(check, operation, judgement)| {
            *check == 0 && *operation != Some(at) && judgement.verdict() == Some(Verdict::Fail)
        });
        if elsewhere {
            prop_assert_eq!(standing(&waived, "R-1"), Standing::Failed);
        }
        prop_assert_eq!(standing(&waived, "R-2"), standing(&plain, "R-2"));
        prop_assert_eq!(standing(&waived, "R-3"), standing(&plain, "R-3"));
        if standing(&plain, "R-1") != Standing::Failed {
            prop_assert_eq!(standing(&waived, "R-1"), standing(&plain, "R-1"));
        }
    }

    #[test]
    fn every_failure_is_in_a_finding_and_every_finding_in_a_failure(said in said()) {
        let summary = run(start(), to_events(&said));
        let cited: BTreeSet<&str> = summary.requirements.iter()
            .flat_map(|result| &result.results)
            .flat_map(|one| one.findings.iter().map(String::as_str))
            .collect();
        let told: BTreeSet<&str> = summary.findings_with_effects().map(|finding| finding.number.as_str()).collect();
        prop_assert_eq!(cited, told);
        let failures = said.iter().filter(|(.., judgement)| judgement.verdict() == Some(Verdict::Fail)).count() as u64;
        prop_assert_eq!(summary.findings_with_effects().map(|finding| finding.seen).sum::<u64>(), failures);
    }

    #[test]
    fn the_order_of_judgements_changes_no_standing(said in said().prop_shuffle()) {
        let mut back = said.clone();
        back.reverse();
        let one = run(start(), to_events(&said));
        let two = run(start(), to_events(&back));
        for (a, b) in one.requirements.iter().zip(&two.requirements) {
            prop_assert_eq!((a.standing, a.verdict), (b.standing, b.verdict));
        }
        prop_assert_eq!(one.exit_code, two.exit_code);
    }
}

#[test]
fn methods_of_unknown_operations_do_not_disturb() {
    let mut odd = observation(1, "GET /a", 200, "{}");
    odd.operation = Some(muster_core::model::OperationKey::new(
        Method::parse("BREW"),
        "/tea",
    ));
    let summary = run(start(), vec![exchanged(odd, &["x.one"])]);
    assert_eq!(summary.operations.len(), OPS.len());
    assert_eq!(standing(&summary, "R-1"), Standing::Passed);
}
