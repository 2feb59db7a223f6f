//! Everything that can be wrong with the reference supplier: [`faults`].

use super::fault::Fault;

/// Every fault there is, by area.
static FAULTS: &[Fault] = &[];

/// Every fault there is.
pub fn faults() -> &'static [Fault] {
    FAULTS
}

/// The fault with this id.
pub fn fault(id: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.id == id)
}
