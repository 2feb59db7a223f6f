//! Faults in what is kept.

use crate::fault::{Fault, Misbehaviour};

pub(super) const STORES_ASCII: Fault = Fault {
    switch: Some(Misbehaviour::StoresAscii),
    ..Fault::new(
        "stores-ascii",
        "Letters outside ASCII come back as question marks.",
        &[
            "data.unicode-round-trip",
            "records.created-is-kept",
            "records.list-filter",
            "records.patched",
            "records.replaced",
        ],
    )
};

pub(super) const STORES_MOJIBAKE: Fault = Fault {
    switch: Some(Misbehaviour::StoresMojibake),
    ..Fault::new(
        "stores-mojibake",
        "UTF-8 is stored as if it were Latin-1.",
        &[
            "data.unicode-round-trip",
            "records.created-is-kept",
            "records.list-filter",
            "records.patched",
            "records.replaced",
        ],
    )
};

pub(super) const STORES_WITHOUT_ACCENTS: Fault = Fault {
    switch: Some(Misbehaviour::StoresWithoutAccents),
    ..Fault::new(
        "stores-without-accents",
        "Letters lose their accents.",
        &[
            "data.unicode-round-trip",
            "records.created-is-kept",
            "records.list-filter",
            "records.patched",
            "records.replaced",
        ],
    )
};

pub(super) const STORES_DECOMPOSED: Fault = Fault {
    switch: Some(Misbehaviour::StoresDecomposed),
    ..Fault::new(
        "stores-decomposed",
        "Letters with accents come back as letter and combining accent, which no exact search finds.",
        &[
            "data.unicode-round-trip",
            "records.created-is-kept",
            "records.list-filter",
            "records.patched",
            "records.replaced",
        ],
    )
};
