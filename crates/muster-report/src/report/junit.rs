//! `junit.xml`, the rich flavour: with properties, totals and skip counts.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    junit_model::{Case, Outcome, Suite, Told, suites},
    sanitise,
};
use crate::summary::Summary;

/// Writes JUnit as GitLab, Jenkins and the readers for GitHub show it best.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let start = &summary.started;
    let mut report = Report::new(sanitise::xml_line(
        &format!("{} {}", start.profile.title, start.profile.version),
        400,
    ));
    report.set_time(Duration::from_micros(summary.took_us));
    for one in suites(summary) {
        report.add_test_suite(suite(summary, one));
    }
    report.to_string().unwrap_or_default()
}

fn suite(summary: &Summary, one: Suite) -> TestSuite {
    let mut suite = TestSuite::new(one.name);
    if let Some(at) = moment(&summary.started.at) {
        suite.extra.insert("timestamp".into(), at.into());
    }
    for property in one.properties {
        suite.add_property(property);
    }
    for one in one.cases {
        suite.add_test_case(case(one));
    }
    suite
}

/// The time as the run tells it, where it is one.
fn moment(at: &str) -> Option<String> {
    time::OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339)
        .is_ok()
        .then(|| at.to_owned())
}

fn case(one: Case) -> TestCase {
    let mut case = TestCase::new(one.name, status(one.outcome));
    case.set_classname(one.classname);
    if let Some(file) = one.file {
        case.extra.insert("file".into(), file.into());
    }
    for property in one.properties {
        case.add_property(property);
    }
    if !one.out.is_empty() {
        case.set_system_out(one.out);
    }
    case
}

fn status(outcome: Outcome) -> TestCaseStatus {
    let (mut status, told) = match outcome {
        Outcome::Success => return TestCaseStatus::success(),
        Outcome::Failure(told) => (TestCaseStatus::non_success(NonSuccessKind::Failure), told),
        Outcome::Error(told) => (TestCaseStatus::non_success(NonSuccessKind::Error), told),
        Outcome::Skipped(told) => (
            TestCaseStatus::skipped(),
            Told {
                detail: String::new(),
                ..told
            },
        ),
    };
    status.set_type(told.kind).set_message(told.message);
    if !told.detail.is_empty() {
        status.set_description(told.detail);
    }
    status
}
