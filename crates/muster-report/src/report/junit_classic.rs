//! `junit.xml`, the classic flavour: nothing but the elements and attributes that every reader knows.
//!
//! Its writer puts texts into CDATA sections without looking inside, so they are split before. What the
//! rich flavour tells as `file` and `line` stands in `system-out`.

use junit_report::{
    Duration, OffsetDateTime, ReportBuilder, TestCase, TestCaseBuilder, TestSuite, TestSuiteBuilder,
};

use super::{
    cases::{Case, Outcome, Suite, Told, property_lines, suites},
    sanitise,
};
use crate::summary::Summary;

/// The texts were cut to size before.
const ALL: usize = usize::MAX;

/// Writes the oldest common form of JUnit.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let at = OffsetDateTime::parse(
        &summary.started.at,
        &time::format_description::well_known::Rfc3339,
    )
    .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut report = ReportBuilder::new();
    for one in suites(summary) {
        report.add_testsuite(suite(one, at));
    }
    let mut bytes = Vec::new();
    match report.build().write_xml(&mut bytes) {
        Ok(()) => {
            let mut text = String::from_utf8_lossy(&bytes).into_owned();
            text.push('\n');
            text
        }
        Err(_) => String::new(),
    }
}

fn suite(one: Suite, at: OffsetDateTime) -> TestSuite {
    let mut suite = TestSuiteBuilder::new(&one.name);
    suite.set_timestamp(at);
    for one in &one.cases {
        suite.add_testcase(case(one));
    }
    suite.build()
}

fn case(one: &Case) -> TestCase {
    let took = Duration::ZERO;
    let told = |told: &Told| (told.kind.clone(), told.message.clone());
    let mut case = match &one.outcome {
        Outcome::Success => TestCaseBuilder::success(&one.name, took),
        Outcome::Failure(what) => {
            let (kind, message) = told(what);
            TestCaseBuilder::failure(&one.name, took, &kind, &message)
        }
        Outcome::Error(what) => {
            let (kind, message) = told(what);
            TestCaseBuilder::error(&one.name, took, &kind, &message)
        }
        Outcome::Skipped(what) => {
            let (kind, message) = told(what);
            TestCaseBuilder::skipped_with_cause(&one.name, &kind, &message)
        }
    };
    case.set_classname(&one.classname);
    if let Outcome::Failure(what) | Outcome::Error(what) = &one.outcome
        && !what.detail.is_empty()
    {
        case.set_trace(&sanitise::cdata(&what.detail, ALL));
    }
    let mut out = property_lines(one);
    if !one.out.is_empty() {
        out.push_str("\n\n");
        out.push_str(&one.out);
    }
    case.set_system_out(&sanitise::cdata(&out, ALL));
    case.build()
}
