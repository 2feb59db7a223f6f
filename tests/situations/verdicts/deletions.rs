//! DELETE of what is not there: one cause is one finding.

use super::bikes::{CONTRACT, Shed};
use crate::service::{Reply, Service};

/// A store that answers every DELETE with 204.
fn forgiving() -> Service {
    let shed = Shed::default();
    Service::start(move |request| {
        let reply = shed.answer(request);
        if request.method == "DELETE" && reply.status == 404 {
            Reply::empty(204)
        } else {
            reply
        }
    })
}

#[test]
fn a_documented_404_that_delete_never_sends_is_told_once() {
    let ran = forgiving().run(CONTRACT, "writes: allowed\n", &["--effort", "quick"]);
    assert_eq!(ran.with("MUST", "fail"), ["GOV-46"], "{}", ran.told());
    assert_eq!(ran.findings("GOV-46").len(), 1, "{}", ran.told());
}

#[test]
fn delete_without_a_documented_404_may_always_succeed() {
    let contract = CONTRACT.replace(
        "'204': { description: Gone }, '404': { $ref: '#/components/responses/Problem' }",
        "'204': { description: Gone }",
    );
    forgiving()
        .run(&contract, "writes: allowed\n", &["--effort", "quick"])
        .is_conformant();
}

#[test]
fn a_record_that_stays_after_its_deletion_fails_for_that() {
    let shed = Shed::default();
    let service = Service::start(move |request| {
        if request.method == "DELETE" {
            return Reply::empty(204);
        }
        shed.answer(request)
    });
    let ran = service.run(
        CONTRACT,
        "writes: allowed\n",
        &["--effort", "quick", "--only", "GOV-45"],
    );
    assert_eq!(ran.with("MUST", "fail"), ["GOV-45"], "{}", ran.told());
}
