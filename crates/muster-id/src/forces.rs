//! The two-digit codes of forces and other bodies on the Police National Computer (owner of [`Force`]).
//!
//! Force reform is under way. The list is data (`data/forces.csv`), so that a merger is a change of one line.

use std::sync::LazyLock;

/// A body with a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Force {
    /// Two digits.
    pub code: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What sort of body it is.
    pub status: ForceStatus,
    /// Anything else worth knowing; mostly nothing.
    pub note: &'static str,
}

/// What sort of body a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForceStatus {
    /// One of the 43 territorial forces of England and Wales (44 codes, as the Metropolitan Police has two).
    Territorial,
    /// A force with a special jurisdiction, or outside England and Wales.
    OtherForce,
    /// A force or body that no longer exists.
    Former,
    /// A body or group of bodies that is not a force.
    Body,
    /// Set aside and not given to a force.
    Reserved,
}

impl ForceStatus {
    const ALL: [Self; 5] = [
        Self::Territorial,
        Self::OtherForce,
        Self::Former,
        Self::Body,
        Self::Reserved,
    ];

    /// Its name in the list.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Territorial => "territorial",
            Self::OtherForce => "other-force",
            Self::Former => "former",
            Self::Body => "body",
            Self::Reserved => "reserved",
        }
    }
}

static FORCES: LazyLock<Vec<Force>> = LazyLock::new(|| {
    include_str!("../data/forces.csv")
        .lines()
        .skip(1)
        .filter_map(entry)
        .collect()
});

/// Which of 00 to 99 are listed.
static LISTED: LazyLock<[bool; 100]> = LazyLock::new(|| {
    std::array::from_fn(|code| FORCES.iter().any(|force| force.code.parse() == Ok(code)))
});

fn entry(line: &'static str) -> Option<Force> {
    let mut cells = line.splitn(4, ',');
    let (code, name, status) = (cells.next()?, cells.next()?, cells.next()?);
    Some(Force {
        code,
        name,
        status: ForceStatus::ALL
            .into_iter()
            .find(|known| known.name() == status)?,
        note: cells.next().unwrap_or_default(),
    })
}

/// Every body with a code, in the order of codes.
#[must_use]
pub fn forces() -> &'static [Force] {
    &FORCES
}

/// The body of a code of two digits.
#[must_use]
pub fn force(code: &str) -> Option<&'static Force> {
    FORCES.iter().find(|force| force.code == code)
}

/// Whether a code of two digits is listed; true of anything that is not two digits, as no list judges that.
pub(crate) fn is_listed_or_letters(code: &str) -> bool {
    !(code.len() == 2 && crate::part::is_digits(code))
        || usize::try_from(crate::part::number(code))
            .ok()
            .and_then(|code| LISTED.get(code))
            .is_some_and(|listed| *listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_read() {
        let lines = include_str!("../data/forces.csv").lines().count() - 1;
        assert_eq!(forces().len(), lines);
        assert_eq!(lines, 83);
        assert!(forces().is_sorted_by(|one, next| one.code < next.code));
        assert!(
            forces()
                .iter()
                .all(|force| force.code.len() == 2 && !force.name.is_empty())
        );
    }

    #[test]
    fn the_43_have_44_codes() {
        let territorial = forces()
            .iter()
            .filter(|force| force.status == ForceStatus::Territorial)
            .count();
        assert_eq!(territorial, 44);
    }

    #[test]
    fn letters_are_not_judged() {
        assert!(is_listed_or_letters("01"));
        assert!(!is_listed_or_letters("09"));
        assert!(is_listed_or_letters("XC"));
        assert_eq!(force("63").map(|force| force.name), Some("Dyfed-Powys"));
    }
}
