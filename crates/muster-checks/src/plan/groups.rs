//! What each operation of the contract does to the target, for a reader who decides whether to run (owner of
//! [`PlannedOperation`]).

use serde::{Deserialize, Serialize};

use super::{Basis, Standing, WRITES_REFUSED, permits::Permits};
use muster_core::{
    arrange::{self, Grant, hazard},
    contract::{HazardKind, Operation},
    model::OperationKey,
};

/// What sending an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It reads.
    Reads,
    /// It creates, changes or removes records of the run's own.
    OwnRecords,
    /// It changes settings of the service, the tenant or the caller.
    Settings,
    /// It acts on records of others, on people, on access or on the service.
    OthersRecords,
    /// It is not sent.
    LeftOut,
}

impl Effect {
    /// Every effect, in the order in which they are shown.
    pub const ALL: [Self; 5] = [
        Self::Reads,
        Self::OwnRecords,
        Self::Settings,
        Self::OthersRecords,
        Self::LeftOut,
    ];

    /// The heading of the group.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reads => "Reads",
            Self::OwnRecords => "Creates, changes and removes the run's own records",
            Self::Settings => "Changes settings, as asked for",
            Self::OthersRecords => "Acts on others' records or on the service, as asked for",
            Self::LeftOut => "Left out",
        }
    }
}

/// An operation with what the run does with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedOperation {
    /// The operation.
    pub operation: OperationKey,
    /// What sending it does.
    pub effect: Effect,
    /// What it creates beyond a record: a credential, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
    /// Whether it is sent only to prepare the test of another.
    #[serde(default)]
    pub prepares: bool,
    /// Why it is left out, or what makes it a hazard that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The parameters that are not sent, since they make a read act, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

pub(super) fn operations(basis: Basis<'_>, permits: &Permits) -> Vec<PlannedOperation> {
    let standings = permits.operations();
    basis
        .contract
        .operations
        .iter()
        .zip(standings)
        .map(|(operation, (_, standing))| planned(basis, operation, standing))
        .collect()
}

fn planned(basis: Basis<'_>, operation: &Operation, standing: &Standing) -> PlannedOperation {
    let reads = operation.key.method.is_safe();
    let (effect, reason) = match standing {
        Standing::Refused(reason) => (Effect::LeftOut, Some(reason.clone())),
        Standing::Tested | Standing::Prepares if !basis.writes && !reads => {
            (Effect::LeftOut, Some(WRITES_REFUSED.to_owned()))
        }
        Standing::Tested | Standing::Prepares => match hazard::recognise(operation) {
            Some(found) if found.kind == HazardKind::ChangesSettings => {
                (Effect::Settings, hazard::hazard(operation))
            }
            Some(_) => (Effect::OthersRecords, hazard::hazard(operation)),
            None if reads || hazard::only_reads(operation) => (Effect::Reads, None),
            None => (Effect::OwnRecords, None),
        },
    };
    PlannedOperation {
        operation: operation.key.clone(),
        effect,
        grant: arrange::grant(operation).filter(|_| effect != Effect::LeftOut),
        prepares: *standing == Standing::Prepares && effect != Effect::LeftOut,
        reason,
        withheld: operation
            .surroundings
            .withheld
            .iter()
            .map(|one| one.reason.clone())
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        plan::{Plan, Selection},
        profile::Profile,
    };
    use muster_core::{
        contract::Contract,
        model::{Claims, Parameters},
    };

    #[test]
    fn operations_are_grouped_by_what_they_do() {
        let one = json!({ "responses": { "200": { "description": "", "content": { "application/json": {
            "schema": { "type": "object", "properties": { "on": { "type": "boolean" } } } } } } } });
        let contract = Contract::from_value(json!({
            "openapi": "3.1.0", "info": { "title": "T", "version": "1" },
            "paths": {
                "/people": { "get": one, "post": one },
                "/people/{id}": { "get": one, "delete": one },
                "/people/search": { "post": one },
                "/api-keys": { "get": one, "post": one },
                "/api-keys/{id}": { "get": one },
                "/settings": { "get": one, "put": one },
                "/admin/restart": { "post": one },
                "/logout": { "post": one },
            },
        }))
        .unwrap();
        let profile: Profile = serde_json::from_str(
            r#"{ "id": "test", "version": "1.0.0", "title": "Test", "classes": [], "requirements": [] }"#,
        )
        .unwrap();
        let selection = Selection {
            include_hazards: vec!["PUT /settings".into(), "POST /admin/restart".into()],
            ..Selection::default()
        };
        let plan = Plan::new(Basis {
            profile: &profile,
            contract: &contract,
            claims: &Claims::default(),
            parameters: &Parameters::default(),
            writes: true,
            selection: &selection,
        });
        let of = |key: &str| {
            let found = plan
                .operations
                .iter()
                .find(|one| one.operation.to_string() == key);
            found.map(|one| (one.effect, one.grant)).unwrap()
        };
        assert_eq!(of("GET /people"), (Effect::Reads, None));
        assert_eq!(of("POST /people/search"), (Effect::Reads, None));
        assert_eq!(of("POST /people"), (Effect::OwnRecords, None));
        assert_eq!(of("DELETE /people/{id}"), (Effect::OwnRecords, None));
        assert_eq!(
            of("POST /api-keys"),
            (Effect::OwnRecords, Some(Grant::Credential))
        );
        assert_eq!(of("PUT /settings"), (Effect::Settings, None));
        assert_eq!(of("POST /admin/restart"), (Effect::OthersRecords, None));
        assert_eq!(of("POST /logout"), (Effect::LeftOut, None));
    }
}
