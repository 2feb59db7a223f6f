//! What the parameters of an operation are for (owner of [`Meanings`]): told from their names and types, or by
//! the target file. Every recognition carries its reason, so that a reader can follow and correct it.

use std::collections::BTreeMap;

use super::{Relations, Role, names, relations::is_search, shape};
use crate::{
    contract::{Contract, Operation, Parameter, ParameterPlace},
    model::{Does, ParameterRole},
};

/// The words of a role, folded.
const fn words(role: ParameterRole) -> &'static [&'static str] {
    match role {
        ParameterRole::Limit => &[
            "limit",
            "pagesize",
            "perpage",
            "size",
            "count",
            "top",
            "maxresults",
            "pagelimit",
            "take",
            "itemsperpage",
            "rows",
            "max",
            "maxitems",
            "resultsperpage",
        ],
        ParameterRole::Cursor => &[
            "cursor",
            "token",
            "pagetoken",
            "nexttoken",
            "continuationtoken",
            "after",
            "startingafter",
            "startafter",
            "marker",
            "continuation",
            "pagecursor",
            "nextcursor",
            "nextpagetoken",
            "next",
        ],
        ParameterRole::Offset => &["offset", "skip", "start", "startindex", "from", "startat"],
        ParameterRole::Page => &["page", "pagenumber", "pageno", "pageindex"],
        ParameterRole::Sort => &[
            "sort",
            "order",
            "sortby",
            "orderby",
            "ordering",
            "sortorder",
            "sorting",
        ],
        ParameterRole::Select => &["fields", "select", "include", "properties", "columns"],
        ParameterRole::IdempotencyKey => &[
            "idempotencykey",
            "xidempotencykey",
            "idempotenttoken",
            "idempotencytoken",
        ],
        ParameterRole::Correlation => &[
            "xcorrelationid",
            "correlationid",
            "xrequestid",
            "requestid",
            "xtraceid",
        ],
    }
}

/// A parameter whose use is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// Its name.
    pub name: String,
    /// How it was recognised.
    pub reason: String,
}

/// What the parameters of an operation are for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meanings(BTreeMap<ParameterRole, Meant>);

impl Meanings {
    /// What contract and target file show.
    #[must_use]
    pub fn of(contract: &Contract, operation: &Operation) -> Self {
        Self(
            ParameterRole::ALL
                .into_iter()
                .filter_map(|role| Some((role, meant(contract, operation, role)?)))
                .collect(),
        )
    }

    /// The name of the parameter with this role.
    #[must_use]
    pub fn name(&self, role: ParameterRole) -> Option<&str> {
        self.0.get(&role).map(|meant| meant.name.as_str())
    }

    /// They, one by one.
    pub fn iter(&self) -> impl Iterator<Item = (ParameterRole, &Meant)> {
        self.0.iter().map(|(role, meant)| (*role, meant))
    }
}

/// The declared parameter of an operation with this role.
#[must_use]
pub fn parameter<'o>(
    contract: &Contract,
    operation: &'o Operation,
    role: ParameterRole,
) -> Option<&'o Parameter> {
    let name = meant(contract, operation, role)?.name;
    operation.parameters.iter().find(|parameter| {
        parameter.place == place(role)
            && if role.is_header() {
                parameter.name.eq_ignore_ascii_case(&name)
            } else {
                parameter.name == name
            }
    })
}

const fn place(role: ParameterRole) -> ParameterPlace {
    if role.is_header() {
        ParameterPlace::Header
    } else {
        ParameterPlace::Query
    }
}

fn meant(contract: &Contract, operation: &Operation, role: ParameterRole) -> Option<Meant> {
    let said = contract
        .roles
        .get(&operation.key)
        .and_then(|said| said.parameters.get(&role));
    if let Some(said) = said {
        return said.as_ref().map(|name| Meant {
            name: name.clone(),
            reason: "the target file says so".to_owned(),
        });
    }
    // The order of the words is that of trust: `limit` goes before `max` where there are both.
    words(role).iter().find_map(|word| {
        operation
            .parameters
            .iter()
            .filter(|parameter| parameter.place == place(role) && fits(contract, parameter, role))
            .find(|parameter| names::folded(parameter.name.trim_start_matches('$')) == *word)
            .map(|parameter| Meant {
                name: parameter.name.clone(),
                reason: "its name and type".to_owned(),
            })
    })
}

/// What an operation does, and how that was recognised.
#[must_use]
pub fn does(
    contract: &Contract,
    relations: &Relations,
    operation: &Operation,
) -> (Option<Does>, String) {
    let reason = relations.role_reason(&operation.key).to_owned();
    let said = contract
        .roles
        .get(&operation.key)
        .and_then(|said| said.does);
    if said.is_some() {
        return (said, reason);
    }
    let last = operation.key.path.rsplit('/').next().unwrap_or_default();
    let found = match relations.role(&operation.key) {
        Role::List if is_search(last) => Does::Search,
        Role::List | Role::Read if says_export(last) => {
            return (Some(Does::Export), "the last word of its path".to_owned());
        }
        Role::List => Does::List,
        Role::Create => Does::Create,
        Role::Read => Does::Read,
        Role::Replace => Does::Replace,
        Role::Patch => Does::Patch,
        Role::Delete => Does::Delete,
        Role::Action => Does::Action,
        Role::Bulk | Role::Other => return (None, reason),
    };
    (Some(found), reason)
}

/// Words of operations that write out many records at once.
const EXPORTS: [&str; 6] = ["export", "extract", "dump", "download", "backup", "csv"];

fn says_export(name: &str) -> bool {
    names::words(name)
        .iter()
        .any(|word| EXPORTS.contains(&names::singular(word).as_str()))
}

/// Whether an operation writes records out, by the target file, the end of its path or its operationId.
pub fn writes_out(contract: &Contract, operation: &Operation) -> bool {
    let said = contract
        .roles
        .get(&operation.key)
        .and_then(|said| said.does);
    let last = operation.key.path.rsplit('/').next().unwrap_or_default();
    said.map_or_else(
        || says_export(last) || operation.id.as_deref().is_some_and(says_export),
        |said| said == Does::Export,
    )
}

/// Whether a parameter is of a type that the role has.
fn fits(contract: &Contract, parameter: &Parameter, role: ParameterRole) -> bool {
    let Some(schema) = &parameter.schema else {
        return true;
    };
    let types = shape::types(&contract.schemas, schema);
    let has = |wanted: &str| types.iter().any(|one| one == wanted);
    match role {
        ParameterRole::Limit | ParameterRole::Offset | ParameterRole::Page => {
            has("integer") || has("number")
        }
        ParameterRole::Cursor => {
            let dated = shape::keyword(&contract.schemas, schema, "format")
                .is_some_and(|format| matches!(format.as_str(), Some("date" | "date-time")));
            (types.is_empty() || has("string")) && !dated
        }
        ParameterRole::Sort
        | ParameterRole::Select
        | ParameterRole::IdempotencyKey
        | ParameterRole::Correlation => !has("boolean"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        arrange::testing::{contract, key},
        model::RoleOverride,
    };

    const PEOPLE: &str = "
openapi: 3.1.0
info: {title: People, version: 1.0.0}
paths:
  /people:
    get:
      parameters:
        - {name: max, in: query, schema: {type: integer}}
        - {name: page-Size, in: query, schema: {type: integer}}
        - {name: from, in: query, schema: {type: string, format: date}}
        - {name: after, in: query, schema: {type: string, format: date-time}}
        - {name: X-Request-ID, in: header, schema: {type: string}}
      responses: {'200': {description: People}}
";

    #[test]
    fn names_and_types_tell_what_parameters_are_for() {
        let contract = contract(PEOPLE);
        let meanings = Meanings::of(&contract, &contract.operations[0]);
        assert_eq!(meanings.name(ParameterRole::Limit), Some("page-Size"));
        assert_eq!(meanings.name(ParameterRole::Offset), None);
        assert_eq!(meanings.name(ParameterRole::Cursor), None);
        assert_eq!(
            meanings.name(ParameterRole::Correlation),
            Some("X-Request-ID")
        );
    }

    #[test]
    fn the_target_file_speaks_last() {
        let mut contract = contract(PEOPLE);
        let parameters = [
            (ParameterRole::Limit, Some("max".to_owned())),
            (ParameterRole::Correlation, None),
        ];
        contract.roles.insert(
            key("GET /people"),
            RoleOverride {
                parameters: parameters.into(),
                ..RoleOverride::default()
            },
        );
        let meanings = Meanings::of(&contract, &contract.operations[0]);
        assert_eq!(meanings.name(ParameterRole::Limit), Some("max"));
        assert_eq!(meanings.name(ParameterRole::Correlation), None);
    }
}
