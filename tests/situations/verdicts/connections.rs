//! Connections that close: no verdict hangs on one of them, or on the seed.

use std::sync::Arc;

use super::bikes::{CONTRACT, Shed};
use crate::service::{Close, Service};

#[track_caller]
fn conforms_with_every_seed(closes: impl Fn(usize) -> Close + Send + Sync + Copy + 'static) {
    for seed in ["1", "2", "3", "5"] {
        let shed = Shed::default();
        let service = Service::over_sockets(closes, move |request| shed.answer(request));
        let ran = service.run(
            CONTRACT,
            "writes: allowed\n",
            &["--seed", seed, "--effort", "quick"],
        );
        assert_eq!(ran.exit, 0, "seed {seed}: {}", ran.told());
    }
}

#[test]
fn every_connection_closes_after_its_response_without_saying_so() {
    conforms_with_every_seed(|_| Close::After);
}

#[test]
fn a_kept_connection_closes_under_its_third_request() {
    conforms_with_every_seed(|number| {
        if number == 3 {
            Close::Before
        } else {
            Close::Never
        }
    });
}

#[test]
fn connections_close_after_four_responses() {
    conforms_with_every_seed(|number| {
        if number == 4 {
            Close::After
        } else {
            Close::Never
        }
    });
}

#[test]
fn what_a_lost_creation_may_have_made_is_removed_too() {
    let shed = Arc::new(Shed::default());
    let kept = Arc::clone(&shed);
    let service = Service::over_sockets(
        |number| {
            if number == 3 {
                Close::Before
            } else {
                Close::Never
            }
        },
        move |request| kept.answer(request),
    );
    let ran = service.run(CONTRACT, "writes: allowed\n", &["--effort", "quick"]);
    ran.is_conformant();
    assert_eq!(shed.count(), 0, "{}", ran.told());
}

#[test]
fn an_operation_that_always_loses_the_connection_is_still_blamed() {
    let shed = Shed::default();
    let service = Service::start(move |request| {
        if request.method == "PUT" {
            // A response that claims more than it sends is cut off by the server.
            return shed.answer(request).with("content-length", "9999");
        }
        shed.answer(request)
    });
    let ran = service.run(CONTRACT, "writes: allowed\n", &["--effort", "quick"]);
    assert_eq!(ran.exit, 1, "{}", ran.told());
    assert_eq!(ran.verdict("GOV-32"), "fail", "{}", ran.told());
}
