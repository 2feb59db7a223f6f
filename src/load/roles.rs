//! What a target file says of operations and claims, held against contract and profiles (owner of
//! [`SaidRole`]).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    diagnostic::{Diagnostic, Diagnostics},
    nearest::nearest,
    yaml::{Document, member},
};
use muster_core::{
    contract::{Contract, Operation, ParameterPlace},
    model::{Does, ParameterRole, RoleOverride, RoleOverrides},
};

/// The word for a parameter that the operation does not have.
const NONE: &str = "none";

/// The claims that checks look at.
pub const CLAIMS: [&str; 4] = ["etag", "idempotency-key", "if-match-required", "pagination"];

/// What the file says of one operation, with where it says so.
#[derive(Debug, Clone)]
pub struct SaidRole {
    operation: String,
    said: RoleOverride,
    at: Diagnostic,
    parameters_at: BTreeMap<ParameterRole, Diagnostic>,
    filters_at: BTreeMap<String, Diagnostic>,
}

/// The entry as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRole {
    does: Option<Does>,
    limit: Option<String>,
    cursor: Option<String>,
    offset: Option<String>,
    page: Option<String>,
    sort: Option<String>,
    select: Option<String>,
    idempotency_key: Option<String>,
    correlation: Option<String>,
    filters: Option<BTreeMap<String, String>>,
}

impl SaidRole {
    pub(super) fn new(document: &Document, operation: &str, raw: &RawRole) -> Self {
        let pointer = member("/roles", operation);
        let at = |name: &str| document.error(&member(&pointer, name), "");
        let written = |role| match role {
            ParameterRole::Limit => &raw.limit,
            ParameterRole::Cursor => &raw.cursor,
            ParameterRole::Offset => &raw.offset,
            ParameterRole::Page => &raw.page,
            ParameterRole::Sort => &raw.sort,
            ParameterRole::Select => &raw.select,
            ParameterRole::IdempotencyKey => &raw.idempotency_key,
            ParameterRole::Correlation => &raw.correlation,
        };
        let given: Vec<(ParameterRole, &String)> = ParameterRole::ALL
            .into_iter()
            .filter_map(|role| Some((role, written(role).as_ref()?)))
            .collect();
        Self {
            operation: operation.to_owned(),
            said: RoleOverride {
                does: raw.does,
                parameters: given
                    .iter()
                    .map(|(role, name)| (*role, (*name != NONE).then(|| (*name).clone())))
                    .collect(),
                filters: raw.filters.clone(),
            },
            at: document.key_error(&pointer, ""),
            parameters_at: given
                .iter()
                .map(|(role, _)| (*role, at(role.label())))
                .collect(),
            filters_at: raw
                .filters
                .iter()
                .flatten()
                .map(|(name, _)| {
                    let pointer = member(&member(&pointer, "filters"), name);
                    (name.clone(), document.key_error(&pointer, ""))
                })
                .collect(),
        }
    }
}

/// Finds the operations and parameters that are meant.
///
/// # Errors
/// Those that the contract does not have.
pub fn resolve(said: &[SaidRole], contract: &Contract) -> Result<RoleOverrides, Diagnostics> {
    let mut wrong = Diagnostics::new();
    let mut found = RoleOverrides::new();
    for one in said {
        let Some(operation) = operation(contract, &one.operation) else {
            wrong.push(no_operation(one, contract));
            continue;
        };
        for (role, name) in &one.said.parameters {
            let (Some(name), Some(at)) = (name, one.parameters_at.get(role)) else {
                continue;
            };
            // A header that only a claim brings in is not in the contract.
            if !role.is_header() && operation.parameter(ParameterPlace::Query, name).is_none() {
                wrong.push(no_parameter(at, operation, name));
            }
        }
        for (name, at) in &one.filters_at {
            if operation.parameter(ParameterPlace::Query, name).is_none() {
                wrong.push(no_parameter(at, operation, name));
            }
        }
        found.insert(operation.key.clone(), one.said.clone());
    }
    wrong.or(found)
}

fn operation<'c>(contract: &'c Contract, name: &str) -> Option<&'c Operation> {
    contract.operation_by_id(name).or_else(|| {
        contract
            .operations
            .iter()
            .find(|operation| operation.key.to_string() == name)
    })
}

fn says(at: &Diagnostic, message: String, help: String) -> Diagnostic {
    Diagnostic {
        message,
        ..at.clone()
    }
    .help(help)
}

fn no_operation(one: &SaidRole, contract: &Contract) -> Diagnostic {
    let keys: Vec<String> = contract
        .operations
        .iter()
        .map(|operation| operation.key.to_string())
        .collect();
    let ids = contract
        .operations
        .iter()
        .filter_map(|operation| operation.id.as_deref());
    let all = keys.iter().map(String::as_str).chain(ids);
    let allowed = nearest(&one.operation, all).map_or_else(
        || format!("there are: {}", keys.join(", ")),
        |meant| format!("did you mean `{meant}`?"),
    );
    says(
        &one.at,
        format!("the contract has no operation `{}`", one.operation),
        format!("{allowed} An operation is written as METHOD /path or by its operationId."),
    )
}

fn no_parameter(at: &Diagnostic, operation: &Operation, name: &str) -> Diagnostic {
    let there: Vec<&str> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == ParameterPlace::Query)
        .map(|parameter| parameter.name.as_str())
        .collect();
    let help = if there.is_empty() {
        format!("it has none at all; write `{NONE}`")
    } else {
        format!("it has: {}; `{NONE}` where none is meant", there.join(", "))
    };
    says(
        at,
        format!("{} has no query parameter `{name}`", operation.key),
        help,
    )
}

/// Refuses claims that no check and no profile looks at.
///
/// # Errors
/// Those claims.
pub fn known_claims(
    claims: &[(String, Diagnostic)],
    known: &BTreeSet<String>,
) -> Result<(), Diagnostics> {
    let mut wrong = Diagnostics::new();
    for (claim, at) in claims {
        if known.contains(claim) {
            continue;
        }
        let all: Vec<&str> = known.iter().map(String::as_str).collect();
        let meant = nearest(claim, all.iter().copied())
            .map(|meant| format!("did you mean `{meant}`? "))
            .unwrap_or_default();
        wrong.push(says(
            at,
            format!("nothing is tested by the claim `{claim}`"),
            format!("{meant}allowed are: {}", all.join(", ")),
        ));
    }
    wrong.or(())
}

/// The objectives of the file in milliseconds, by the name of the parameter they are: `p95_ms`.
pub(super) fn objectives(document: &Document, wrong: &mut Diagnostics) -> Vec<(String, u64)> {
    let given = document
        .value
        .get("objectives")
        .and_then(serde_json::Value::as_object);
    let mut found = Vec::new();
    for (name, value) in given.into_iter().flatten() {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        match milliseconds(&text) {
            Some(time) => found.push((format!("{name}_ms"), time)),
            None => wrong.push(
                document
                    .error(
                        &member("/objectives", name),
                        format!("`{text}` is not a time with a unit"),
                    )
                    .help("write 800ms or 0.8s: the units are ms and s"),
            ),
        }
    }
    found
}

/// A time such as `800ms` or `0.8s`.
fn milliseconds(text: &str) -> Option<u64> {
    if let Some(number) = text.strip_suffix("ms") {
        return number.trim().parse().ok();
    }
    let seconds: f64 = text.strip_suffix('s')?.trim().parse().ok()?;
    let time = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    u64::try_from(time.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::load::{
        source::Source,
        target::{Settings, Target, load},
    };

    fn target(more: &str) -> Result<Target, Diagnostics> {
        let text = format!("target: Example\nbase_url: https://rms.example.test/api\n{more}");
        load(
            Source::new("target.yaml", text.as_str()),
            &Settings {
                environment: &|_| None,
                allow_writes_in_production: false,
                without_secrets: false,
            },
        )
    }

    fn people() -> Contract {
        Contract::from_value(json!({
            "openapi": "3.1.0",
            "info": { "title": "People", "version": "1.0.0" },
            "paths": { "/people": { "get": {
                "operationId": "listPeople",
                "parameters": [{ "name": "take", "in": "query", "schema": { "type": "integer" } }],
                "responses": { "200": { "description": "People" } },
            } } },
        }))
        .unwrap()
    }

    #[test]
    fn a_role_is_found_by_key_or_id() {
        for name in ["GET /people", "listPeople"] {
            let said = target(&format!(
                "roles: {{ {name}: {{ does: search, limit: take, cursor: none, filters: {{ take: surname }} }} }}\n"
            ))
            .unwrap();
            let found = resolve(&said.roles, &people()).unwrap();
            let role = found.values().next().unwrap();
            assert_eq!(role.does, Some(Does::Search));
            assert_eq!(
                role.parameters[&ParameterRole::Limit].as_deref(),
                Some("take")
            );
            assert_eq!(role.parameters[&ParameterRole::Cursor], None);
        }
    }

    #[test]
    fn what_names_nothing_is_told_with_its_line_and_what_there_is() {
        let said = target("roles:\n  GET /person: { does: list }\n  listPeople: { limit: max }\n")
            .unwrap();
        let wrong = resolve(&said.roles, &people()).unwrap_err().to_string();
        assert!(wrong.contains("target.yaml:4:3"), "{wrong}");
        assert!(wrong.contains("no operation `GET /person`"), "{wrong}");
        assert!(wrong.contains("GET /people"), "{wrong}");
        assert!(wrong.contains("no query parameter `max`"), "{wrong}");
        assert!(wrong.contains("it has: take"), "{wrong}");
        let wrong = target("roles: { listPeople: { does: lists } }\n")
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("search"), "{wrong}");
    }

    #[test]
    fn a_claim_that_nothing_looks_at_is_told() {
        let said = target("claims: [etag, etags]\n").unwrap();
        let known = CLAIMS.map(str::to_owned).into();
        let wrong = known_claims(&said.claims_at, &known)
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("`etags`"), "{wrong}");
        assert!(wrong.contains("did you mean `etag`?"), "{wrong}");
        assert!(wrong.contains("idempotency-key"), "{wrong}");
    }

    #[test]
    fn an_objective_has_a_unit() {
        let said = target("objectives: { p50: 250ms, p95: 1.5s }\n").unwrap();
        assert_eq!(said.parameters.integer("p50_ms"), Some(250));
        assert_eq!(said.parameters.integer("p95_ms"), Some(1500));
        let wrong = target("objectives: { p95: 800 }\n")
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("`800` is not a time with a unit"), "{wrong}");
        assert!(wrong.contains("target.yaml:3"), "{wrong}");
        assert!(wrong.contains("800ms"), "{wrong}");
    }
}
