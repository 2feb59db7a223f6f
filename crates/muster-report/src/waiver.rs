//! Dated, owned, reasoned acceptances of known failures (owner of [`Waiver`]).

use serde::{Deserialize, Serialize};

use muster_core::model::{OperationKey, RequirementId, Verifier};

/// A waiver, as `waivers.yaml` holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The requirement whose failure is accepted.
    pub requirement: RequirementId,
    /// Only on this operation, as `METHOD /path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Only this suite case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Why.
    pub reason: String,
    /// Who mends it.
    pub owner: String,
    /// Who accepted it.
    pub approved_by: String,
    /// The last day it holds, `YYYY-MM-DD`.
    pub expires: String,
    /// The line of the file it stands on, from 1; 0 where it is not from a file.
    #[serde(default)]
    pub line: usize,
}

impl Waiver {
    /// Whether it holds on this day (`YYYY-MM-DD`). A day that cannot be read never holds.
    #[must_use]
    pub fn in_date(&self, today: &str) -> bool {
        is_date(&self.expires) && is_date(today) && today <= self.expires.as_str()
    }

    /// Whether it accepts failures of this requirement, verified by this, on this operation.
    #[must_use]
    pub fn covers(
        &self,
        requirement: &RequirementId,
        by: &Verifier,
        operation: Option<&OperationKey>,
    ) -> bool {
        self.requirement == *requirement
            && self.operation.as_ref().is_none_or(|wanted| {
                operation.is_some_and(|operation| operation.to_string() == *wanted)
            })
            && self
                .case
                .as_ref()
                .is_none_or(|wanted| matches!(by, Verifier::Case(id) if id.as_str() == wanted))
    }

    /// What it accepts, for a reader: `GOV-21 on GET /people`.
    #[must_use]
    pub fn scope(&self) -> String {
        let mut scope = self.requirement.to_string();
        if let Some(operation) = &self.operation {
            scope.push_str(" on ");
            scope.push_str(operation);
        }
        if let Some(case) = &self.case {
            scope.push_str(" in ");
            scope.push_str(case);
        }
        scope
    }

    /// Where it stands, for a reader who is to delete it.
    #[must_use]
    pub fn place(&self) -> String {
        if self.line == 0 {
            format!("the waiver of {}", self.scope())
        } else {
            format!(
                "the waiver of {} on line {} of the waivers file",
                self.scope(),
                self.line
            )
        }
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_core::model::{CaseId, CheckId, Method};

    fn waiver() -> Waiver {
        Waiver {
            requirement: "GOV-21".into(),
            operation: None,
            case: None,
            reason: "The gateway cannot do it yet.".into(),
            owner: "Gateway team".into(),
            approved_by: "A. Lead".into(),
            expires: "2026-12-31".into(),
            line: 7,
        }
    }

    #[test]
    fn it_holds_through_its_last_day() {
        assert!(waiver().in_date("2026-12-31"));
        assert!(!waiver().in_date("2027-01-01"));
    }

    #[test]
    fn a_day_that_cannot_be_read_never_holds() {
        let mut odd = waiver();
        odd.expires = "never".into();
        assert!(!odd.in_date("2026-12-31"));
        odd.expires = "31-12-2026".into();
        assert!(!odd.in_date("2026-12-31"));
    }

    #[test]
    fn it_covers_only_its_operation_and_case() {
        let check = Verifier::Check(CheckId::new("http.undeclared-method"));
        let people = OperationKey::new(Method::Get, "/people");
        let mut narrow = waiver();
        assert!(narrow.covers(&"GOV-21".into(), &check, None));
        assert!(!narrow.covers(&"GOV-22".into(), &check, None));
        narrow.operation = Some("GET /people".into());
        assert!(narrow.covers(&"GOV-21".into(), &check, Some(&people)));
        assert!(!narrow.covers(&"GOV-21".into(), &check, None));
        narrow.operation = None;
        narrow.case = Some("delivery/persisted".into());
        assert!(!narrow.covers(&"GOV-21".into(), &check, Some(&people)));
        let case = Verifier::Case(CaseId::new("delivery/persisted"));
        assert!(narrow.covers(&"GOV-21".into(), &case, Some(&people)));
    }
}
