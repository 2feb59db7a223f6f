//! Faults in long-running work.

use crate::fault::{Fault, Misbehaviour};

pub(super) const EXPORTS_NOWHERE: Fault = Fault {
    switch: Some(Misbehaviour::ExportsNowhere),
    ..Fault::new(
        "export-status-nowhere",
        "The Location of an export leads to nothing.",
        &[
            "work.status-followed",
            "change.shows-in-time",
            "records.created-is-found",
        ],
    )
};

pub(super) const EXPORTS_GO_BACK: Fault = Fault {
    switch: Some(Misbehaviour::ExportsGoBack),
    ..Fault::new(
        "export-goes-back",
        "An export that runs is queued again.",
        &["work.moves-forward", "wire.compression"],
    )
};

pub(super) const EXPORTS_NEVER_END: Fault = Fault {
    switch: Some(Misbehaviour::ExportsNeverEnd),
    ..Fault::new(
        "export-never-ends",
        "An export never ends.",
        &["work.moves-forward"],
    )
};

pub(super) const EXPORT_RESULTS_LOST: Fault = Fault {
    switch: Some(Misbehaviour::ExportResultsLost),
    ..Fault::new(
        "export-result-lost",
        "An export succeeds, and its result is not there.",
        &["work.result"],
    )
};

pub(super) const EXPORTS_LEAVE_OUT: Fault = Fault {
    switch: Some(Misbehaviour::ExportsLeaveOut),
    ..Fault::new(
        "export-leaves-out",
        "An export is made from last night's copy: what was created since is not in it.",
        &["work.result-complete"],
    )
};

pub(super) const EXPORTS_GO_ON: Fault = Fault {
    switch: Some(Misbehaviour::ExportsGoOn),
    ..Fault::new(
        "export-goes-on",
        "An export that was cancelled goes on to its end.",
        &["work.cancelled", "records.removed"],
    )
};

pub(super) const EXPORTS_STAY: Fault = Fault {
    switch: Some(Misbehaviour::ExportsStay),
    ..Fault::new(
        "export-stays",
        "An export can still be read when it has expired.",
        &["work.expires"],
    )
};
