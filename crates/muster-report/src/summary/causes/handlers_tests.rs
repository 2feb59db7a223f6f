//! Which server errors are told as one finding, and which are not.

#![allow(clippy::indexing_slicing, reason = "a test may stop where it stands")]

use super::super::tests::{fails, finding, musts, numbers, run};
use crate::{
    event::{Confirmation, Event, Judged},
    summary::{
        Summary,
        fixture::{exchanged, observation},
    },
};
use muster_checks::support::server_failure::{self, RESPONSES};
use muster_core::{
    exchange::{Strain, Trial},
    verdict::Finding,
};

const CHECK: &str = "response.server-error";
/// What a framework says of every error.
const ANY: &str = r#"{"status":500,"error":"Internal Server Error"}"#;

struct Case {
    operation: &'static str,
    value: &'static str,
    place: &'static str,
    strain: Option<Strain>,
    text: &'static str,
}

const fn case(
    operation: &'static str,
    (value, place): (&'static str, &'static str),
    strain: Option<Strain>,
    text: &'static str,
) -> Case {
    Case {
        operation,
        value,
        place,
        strain,
        text,
    }
}

/// As the check says it.
fn told(case: &Case) -> Finding {
    let trial = Trial {
        value: case.value,
        place: case.place.to_owned(),
        strain: case.strain,
    };
    let came = "a server error 500";
    finding(
        &format!("status 500 {} {}", case.value, case.place),
        &server_failure::title(came, case.value, case.place),
    )
    .of_kind(server_failure::kind(came, Some(&trial), RESPONSES))
}

fn folded(cases: &[Case], is_flaky: bool) -> Summary {
    let mut events = Vec::new();
    for (id, case) in (1_u64..).zip(cases) {
        events.push(exchanged(
            observation(id, case.operation, 500, case.text),
            &[],
        ));
        events.push(match fails(CHECK, case.operation, told(case), id) {
            Event::Judged(judged) if is_flaky => Event::Judged(Box::new(Judged {
                confirmation: Confirmation::Flaky,
                ..*judged
            })),
            other => other,
        });
    }
    run(&musts(&[CHECK]), events)
}

const NUL: (&str, &str) = ("a text with NUL", "/name");

#[test]
fn a_value_that_the_store_cannot_hold_is_one_finding_with_its_places() {
    let cases = [
        case("POST /people", NUL, Some(Strain::Nul), ANY),
        case(
            "POST /people",
            ("a text with NUL", "/note"),
            Some(Strain::Nul),
            ANY,
        ),
        case(
            "GET /people",
            ("NUL", "the parameter `name`"),
            Some(Strain::Nul),
            ANY,
        ),
        case(
            "GET /cases",
            ("NUL", "the parameter `q`"),
            Some(Strain::Nul),
            ANY,
        ),
    ];
    let summary = folded(&cases, false);
    assert_eq!(numbers(&summary.findings), ["F1"]);
    let one = &summary.findings[0];
    assert_eq!(one.places.len(), 4);
    assert_eq!(
        one.finding.title,
        "There is a server error 500 to NUL in a string: 4 places of 3 operations."
    );
    assert!(one.places[1].title.contains("`/note`"), "{:?}", one.places);
}

#[test]
fn other_values_of_the_same_handler_stay_apart() {
    let cases = [
        case("POST /people", NUL, Some(Strain::Nul), ANY),
        case("GET /cases", NUL, Some(Strain::Nul), ANY),
        case("POST /people", ("an apostrophe", "/name"), None, ANY),
        case(
            "POST /people",
            ("a number beyond 32 bits", "/age"),
            Some(Strain::Beyond32Bits),
            ANY,
        ),
        case(
            "GET /cases",
            ("a number beyond 63 bits", "/age"),
            Some(Strain::Beyond63Bits),
            ANY,
        ),
    ];
    let summary = folded(&cases, false);
    let operations: Vec<usize> = summary
        .findings
        .iter()
        .map(|one| one.operations.len())
        .collect();
    assert_eq!(operations, [2, 1, 1, 1]);
}

#[test]
fn a_larger_number_fails_where_a_smaller_one_does_and_elsewhere_for_itself() {
    let of_32 = ("a number beyond 32 bits", "/age");
    let of_64 = ("a number beyond 64 bits", "/age");
    let other = ("a number beyond 64 bits", "/height");
    let cases = [
        case("POST /people", of_32, Some(Strain::Beyond32Bits), ANY),
        case("POST /people", of_64, Some(Strain::Beyond63Bits), ANY),
        case("POST /people", other, Some(Strain::Beyond63Bits), ANY),
    ];
    let summary = folded(&cases, false);
    assert_eq!(numbers(&summary.findings), ["F1", "F2"]);
    assert_eq!(
        summary.findings[0].finding.title,
        "There is a server error 500 to a number beyond 32 bits: 2 places of one operation."
    );
}

#[test]
fn a_handler_that_fails_at_everything_is_one_finding() {
    let cases = [
        case(
            "POST /people",
            NUL,
            Some(Strain::Nul),
            "cannot parse the query line",
        ),
        case(
            "POST /people",
            ("emoji", "/name"),
            Some(Strain::Supplementary),
            "cannot parse the query line",
        ),
        case(
            "POST /people",
            ("an apostrophe", "/name"),
            None,
            "cannot parse the query line",
        ),
        case("GET /cases", NUL, Some(Strain::Nul), ANY),
    ];
    let summary = folded(&cases, false);
    assert_eq!(numbers(&summary.findings), ["F1", "F2"]);
    assert_eq!(summary.findings[0].places.len(), 3);
    assert_eq!(
        summary.findings[0].finding.title,
        "The API returns server errors: 3 places of one operation."
    );
}

#[test]
fn what_a_framework_says_of_every_error_joins_nothing() {
    let cases = [
        case("POST /people", ("an apostrophe", "/name"), None, ANY),
        case(
            "GET /cases",
            ("a negative number", "the parameter `page`"),
            None,
            ANY,
        ),
    ];
    assert_eq!(numbers(&folded(&cases, false).findings), ["F1", "F2"]);
    let of_one_text = cases.map(|case| Case {
        text: "relation person_view does not exist",
        ..case
    });
    assert_eq!(numbers(&folded(&of_one_text, false).findings), ["F1"]);
}

#[test]
fn a_parameter_of_one_name_fails_for_one_reason_unless_the_error_says_another() {
    let page = ("a negative number", "the parameter `page`");
    let cases = [
        case("GET /people", page, None, ANY),
        case("GET /cases", page, None, ANY),
        case(
            "GET /cases",
            ("an apostrophe", "the parameter `q`"),
            None,
            ANY,
        ),
    ];
    let summary = folded(&cases, false);
    assert_eq!(numbers(&summary.findings), ["F1", "F2"]);
    assert_eq!(summary.findings[0].operations.len(), 2);
    let cases = [
        case(
            "GET /people",
            page,
            None,
            "limit of rows must not be negative",
        ),
        case("GET /cases", page, None, "slice index starts before zero"),
    ];
    assert_eq!(numbers(&folded(&cases, false).findings), ["F1", "F2"]);
}

#[test]
fn exceptions_of_two_names_are_two_causes() {
    let cases = [
        case("POST /people", NUL, Some(Strain::Nul), "DataError: bad"),
        case("GET /cases", NUL, Some(Strain::Nul), "KeyError: name"),
        case("GET /people", NUL, Some(Strain::Nul), "DataError: worse"),
    ];
    let summary = folded(&cases, false);
    assert_eq!(numbers(&summary.findings), ["F1", "F2"]);
    assert_eq!(summary.findings[0].operations.len(), 2);
}

#[test]
fn errors_that_come_and_go_with_one_message_are_one_cause() {
    let at = |operation, text| case(operation, ("a text", "/name"), None, text);
    let busy = r#"{"detail": {"reason": "Database error", "statement": "INSERT INTO people"}}"#;
    let other = r#"{"detail": {"reason": "Database error", "statement": "UPDATE cases"}}"#;
    let cases = [at("POST /people", busy), at("GET /cases", other)];
    assert_eq!(numbers(&folded(&cases, true).findings), ["F1"]);
    let apart = [
        at("POST /people", busy),
        at("GET /cases", "Broken pipe to the index"),
    ];
    assert_eq!(numbers(&folded(&apart, true).findings), ["F1", "F2"]);
}
