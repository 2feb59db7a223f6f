//! `junit.xml`, the rich flavour: with properties, totals and skip counts.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    Format, JunitFlavour,
    cases::{Case, Outcome, Suite, Told, property_lines, suites},
    junit_classic, sanitise,
};
use crate::summary::Summary;

/// `junit.xml` in the flavour that was chosen.
pub(super) const FORMAT: Format = Format {
    name: "junit",
    file: "junit.xml",
    about: "JUnit XML, for GitLab, Jenkins, Azure DevOps and most other systems",
    in_folder: true,
    render: |summary, options| match options.junit {
        JunitFlavour::Rich => render(summary),
        JunitFlavour::Classic => junit_classic::render(summary),
    },
};

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
    without_total(report.to_string().unwrap_or_default())
}

/// The schema of Jenkins knows no count of skipped cases over all suites, but of each.
fn without_total(text: String) -> String {
    let end = text
        .find("<testsuites")
        .and_then(|start| text.get(start..)?.find('>').map(|end| start + end));
    let Some((head, rest)) = end.and_then(|end| text.split_at_checked(end)) else {
        return text;
    };
    // A quotation mark in the name of the report is escaped, so that this is the attribute.
    let Some((before, after)) = head.split_once(" skipped=\"") else {
        return text;
    };
    let after = after.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}{rest}")
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
    // The schema of Jenkins knows no properties of a test case: they stand in its output.
    let mut out = property_lines(&one);
    if !one.out.is_empty() {
        out.push_str("\n\n");
        out.push_str(&one.out);
    }
    let mut case = TestCase::new(one.name, status(one.outcome));
    case.set_classname(one.classname);
    if let Some((file, line)) = one.place {
        case.extra.insert("file".into(), file.into());
        case.extra.insert("line".into(), line.to_string().into());
    }
    case.set_system_out(out);
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
