//! Who may do what: the rules of an authorisation table, and what each promises (owner of [`AccessRule`]).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{OperationKey, Parameters};

/// The caller who shows no credentials, in an authorisation table.
pub const NOBODY: &str = "nobody";

/// The parameter of profile or target that holds the table.
pub const TABLE: &str = "authorisation";

/// What one caller may expect of one operation on somebody's records.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Access {
    /// The identity that calls, or [`NOBODY`].
    pub caller: String,
    /// Whose records, in a few words; empty where the operation is on none, or it makes no difference.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub records: String,
    /// What is promised.
    pub expected: Expected,
}

/// What an authorisation table promises.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// A success.
    Allowed,
    /// One of these statuses.
    Refused(Vec<u16>),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("allowed"),
            Self::Refused(statuses) => {
                let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
                f.write_str(&statuses.join(" or "))
            }
        }
    }
}

/// One row of an authorisation table, as it is written in the parameter `authorisation`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRule {
    /// The identity of the target file that calls, or `nobody`.
    pub identity: String,
    /// `operationId`s, or `METHOD /path` as the contract has them.
    pub operations: Vec<String>,
    /// The identity whose records it is about; left out, the default identity's.
    pub records_of: Option<String>,
    /// Whether it is about records that their owner has restricted.
    #[serde(default)]
    pub restricted: bool,
    /// `allowed`, a status, or a list of statuses.
    answer: Value,
    /// Members that the caller must not see in what it reads.
    #[serde(default)]
    pub hides: Vec<String>,
}

impl AccessRule {
    /// The rules of a table; none where there is no table.
    ///
    /// # Errors
    /// What is wrong with the first row that is, in a sentence.
    pub fn table(parameters: &Parameters) -> Result<Vec<Self>, String> {
        let Some(table) = parameters.0.get(TABLE) else {
            return Ok(Vec::new());
        };
        let rows = table
            .as_array()
            .ok_or_else(|| format!("`{TABLE}` is not a list of rules"))?;
        rows.iter()
            .enumerate()
            .map(|(at, row)| {
                let wrong = |reason: String| format!("rule {} of `{TABLE}`: {reason}", at + 1);
                let rule: Self = serde_json::from_value(row.clone())
                    .map_err(|error| wrong(error.to_string()))?;
                rule.parse_answer().map_err(wrong)?;
                Ok(rule)
            })
            .collect()
    }

    /// What it promises.
    #[must_use]
    pub fn expected(&self) -> Expected {
        // Rules come from `table`, which has parsed it once.
        self.parse_answer().unwrap_or(Expected::Allowed)
    }

    fn parse_answer(&self) -> Result<Expected, String> {
        let wrong = || {
            format!(
                "`answer` is {}: give `allowed`, or one or several of 401, 403 and 404",
                self.answer
            )
        };
        let status = |value: &Value| match value.as_u64() {
            Some(status @ (401 | 403 | 404)) => u16::try_from(status).ok(),
            _ => None,
        };
        match &self.answer {
            Value::String(word) if word == "allowed" => Ok(Expected::Allowed),
            Value::Array(several) if !several.is_empty() => several
                .iter()
                .map(status)
                .collect::<Option<Vec<u16>>>()
                .map(Expected::Refused)
                .ok_or_else(wrong),
            one => status(one)
                .map(|status| Expected::Refused(vec![status]))
                .ok_or_else(wrong),
        }
    }

    /// Whether it is about an operation of this key and id.
    #[must_use]
    pub fn names(&self, key: &OperationKey, id: Option<&str>) -> bool {
        self.operations
            .iter()
            .any(|named| Some(named.as_str()) == id || *named == key.to_string())
    }

    /// Whose records it is about, in a few words.
    #[must_use]
    pub fn records(&self) -> String {
        let owner = match &self.records_of {
            Some(owner) if *owner == self.identity => "own".to_owned(),
            Some(owner) => format!("of {owner}"),
            None if self.restricted => "of default".to_owned(),
            None => return String::new(),
        };
        if self.restricted {
            format!("restricted, {owner}")
        } else {
            owner
        }
    }

    /// What it promises, as a request carries it.
    #[must_use]
    pub fn access(&self) -> Access {
        Access {
            caller: self.identity.clone(),
            records: self.records(),
            expected: self.expected(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests stop at what is wrong")]

    use serde_json::json;

    use super::*;

    fn table(rows: Value) -> Result<Vec<AccessRule>, String> {
        AccessRule::table(&Parameters([(TABLE.to_owned(), rows)].into()))
    }

    #[test]
    fn a_rule_says_who_may_do_what_with_whose_records() {
        let rules = table(json!([
            { "identity": "other-force", "operations": ["getPerson"], "records_of": "default",
              "restricted": true, "answer": [403, 404] },
            { "identity": "nobody", "operations": ["GET /people"], "answer": 401 },
        ]))
        .unwrap();
        let access = rules[0].access();
        assert_eq!(access.records, "restricted, of default");
        assert_eq!(access.expected.to_string(), "403 or 404");
        let key = OperationKey::new(super::super::Method::Get, "/people");
        assert!(rules[1].names(&key, None));
        assert!(!rules[1].names(
            &OperationKey::new(super::super::Method::Get, "/people/{id}"),
            None
        ));
    }

    #[test]
    fn what_is_no_answer_is_told_with_its_row() {
        for answer in [json!("yes"), json!(200), json!([]), json!([403, 500])] {
            let wrong = table(json!([
                { "identity": "nobody", "operations": ["a"], "answer": 401 },
                { "identity": "nobody", "operations": ["a"], "answer": answer },
            ]))
            .unwrap_err();
            assert!(wrong.starts_with("rule 2 of `authorisation`"), "{wrong}");
        }
        assert!(table(json!([{ "identity": "a", "operatoins": [], "answer": 401 }])).is_err());
        assert!(table(json!({})).is_err());
    }
}
