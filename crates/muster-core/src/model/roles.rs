//! What a target file says of operations that their contract does not show: [`RoleOverride`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::OperationKey;

/// What an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Lists a collection.
    List,
    /// Lists what matches.
    Search,
    /// Gives out many records at once, in another form than the list has.
    Export,
    /// Adds to a collection.
    Create,
    /// Reads one record.
    Read,
    /// Replaces one record.
    Replace,
    /// Changes a part of one record.
    Patch,
    /// Removes one record.
    Delete,
    /// Does something else.
    Action,
}

impl Does {
    /// The word of the target file and of the plan.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Search => "search",
            Self::Export => "export",
            Self::Create => "create",
            Self::Read => "read",
            Self::Replace => "replace",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Action => "action",
        }
    }
}

/// What a parameter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ParameterRole {
    /// How much a page may hold.
    Limit,
    /// Where a page begins: a text of the page before.
    Cursor,
    /// Where a page begins: how many items come before it.
    Offset,
    /// Where a page begins: the number of the page.
    Page,
    /// The order of a list.
    Sort,
    /// Which members of the records are shown.
    Select,
    /// The header that makes a repeated creation safe.
    IdempotencyKey,
    /// The header that names an exchange in the logs of both sides.
    Correlation,
}

impl ParameterRole {
    /// All of them, in the order of the plan.
    pub const ALL: [Self; 8] = [
        Self::Limit,
        Self::Cursor,
        Self::Offset,
        Self::Page,
        Self::Sort,
        Self::Select,
        Self::IdempotencyKey,
        Self::Correlation,
    ];

    /// The word of the target file and of the plan.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Limit => "limit",
            Self::Cursor => "cursor",
            Self::Offset => "offset",
            Self::Page => "page",
            Self::Sort => "sort",
            Self::Select => "select",
            Self::IdempotencyKey => "idempotency_key",
            Self::Correlation => "correlation",
        }
    }

    /// Whether it is a header, rather than a part of the query.
    #[must_use]
    pub const fn is_header(self) -> bool {
        matches!(self, Self::IdempotencyKey | Self::Correlation)
    }
}

/// What the target file says of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleOverride {
    /// What it is for.
    pub does: Option<Does>,
    /// Its parameters by what they are for; nothing where the operation has no such one.
    pub parameters: BTreeMap<ParameterRole, Option<String>>,
    /// Its filters, each with the property of the records that it looks at.
    pub filters: Option<BTreeMap<String, String>>,
}

/// What the target file says, by operation.
pub type RoleOverrides = BTreeMap<OperationKey, RoleOverride>;
