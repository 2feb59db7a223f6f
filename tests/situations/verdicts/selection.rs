//! Runs of a part: what was left out is outside the verdict, and the verdict says so.

use super::bikes::{CONTRACT, Shed};
use crate::service::{Ran, Reply, Service};

fn run(arguments: &[&str]) -> Ran {
    let shed = Shed::default();
    let service = Service::start(move |request| shed.answer(request));
    service.run(CONTRACT, "writes: allowed\n", arguments)
}

fn partial(ran: &Ran) -> (u64, u64) {
    let partial = &ran.results["partial"];
    (
        partial["selected"].as_u64().unwrap_or_default(),
        partial["of"].as_u64().unwrap_or_default(),
    )
}

#[test]
fn requirements_with_commas_are_a_part_that_passes() {
    let ran = run(&["--only", "GOV-21,GOV-20", "GOV-45"]);
    assert_eq!(ran.exit, 0, "{}", ran.told());
    let (selected, of) = partial(&ran);
    assert_eq!(selected, 3, "{}", ran.told());
    assert!(of > 30, "{}", ran.told());
    assert_eq!(ran.verdict("GOV-32"), "\"not-selected\"");
    assert!(ran.stdout.contains("PARTIAL"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains(&format!("3 of {of} requirements")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("all passed"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("was not selected"), "{}", ran.stdout);
}

#[test]
fn a_check_that_only_a_should_cites_is_a_part_that_passes() {
    let ran = run(&["--only", "contract.operation-ids"]);
    assert_eq!(ran.exit, 0, "{}", ran.told());
    assert_eq!(partial(&ran).0, 1, "{}", ran.told());
}

#[test]
fn a_part_that_fails_fails() {
    let shed = Shed::default();
    let service = Service::start(move |request| {
        if request.method == "DELETE" {
            return Reply::empty(204);
        }
        shed.answer(request)
    });
    let ran = service.run(CONTRACT, "writes: allowed\n", &["--only", "GOV-45"]);
    assert_eq!(ran.exit, 1, "{}", ran.told());
    assert!(ran.stdout.contains("1 of "), "{}", ran.stdout);
}

#[test]
fn what_is_skipped_is_outside_the_verdict() {
    let ran = run(&["--skip", "GOV-01", "records.removed", "--effort", "quick"]);
    assert_eq!(ran.exit, 0, "{}", ran.told());
    assert_eq!(ran.verdict("GOV-01"), "\"not-selected\"");
    assert_eq!(ran.verdict("GOV-45"), "pass", "{}", ran.told());
}

#[test]
fn operations_that_are_left_out_leave_nothing_open() {
    let ran = run(&["--only", "op:listBikes", "--effort", "quick"]);
    assert_eq!(ran.exit, 0, "{}", ran.told());
    assert_eq!(
        ran.results["partial"]["operations_left_out"],
        true,
        "{}",
        ran.told()
    );
}
