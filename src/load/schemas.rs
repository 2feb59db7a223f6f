//! The JSON Schemas of our own formats, which editors complete from and every file is judged by
//! (owner of [`Format`]).

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

/// A format that people write.
#[derive(Debug)]
pub struct Format {
    /// Its name, such as `target`.
    pub name: &'static str,
    /// What it is, in a few words.
    pub purpose: &'static str,
    /// Its schema as it is published.
    pub text: &'static str,
    parsed: OnceLock<Option<(Value, Validator)>>,
}

impl Format {
    const fn new(name: &'static str, purpose: &'static str, text: &'static str) -> Self {
        Self {
            name,
            purpose,
            text,
            parsed: OnceLock::new(),
        }
    }

    /// The name of its file in `docs/schemas`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.schema.json", self.name)
    }

    /// The schema and its validator; nothing only if the schema itself is broken, which a test rules out.
    pub(super) fn compiled(&self) -> Option<(&Value, &Validator)> {
        self.parsed
            .get_or_init(|| {
                let schema: Value = serde_json::from_str(self.text).ok()?;
                let validator = jsonschema::draft202012::options()
                    .should_validate_formats(false)
                    .build(&schema)
                    .ok()?;
                Some((schema, validator))
            })
            .as_ref()
            .map(|(schema, validator)| (schema, validator))
    }
}

/// `target.yaml`.
pub static TARGET: Format = Format::new(
    "target",
    "the API under test: where it is, which identities call it, what may be sent",
    include_str!("../../docs/schemas/target.schema.json"),
);

/// `profile.yaml`.
pub static PROFILE: Format = Format::new(
    "profile",
    "requirements, and what verifies each",
    include_str!("../../docs/schemas/profile.schema.json"),
);

/// Suites.
pub static SUITE: Format = Format::new(
    "suite",
    "test cases: requests, and what is expected of each response",
    include_str!("../../docs/schemas/suite.schema.json"),
);

/// `waivers.yaml`.
pub static WAIVERS: Format = Format::new(
    "waivers",
    "known failures that somebody accepted, with a date",
    include_str!("../../docs/schemas/waivers.schema.json"),
);

/// Every format.
pub static ALL: [&Format; 4] = [&TARGET, &PROFILE, &SUITE, &WAIVERS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles_and_describes_every_key() {
        for format in ALL {
            let (schema, _) = format.compiled().expect(format.name);
            assert!(
                jsonschema::draft202012::meta::is_valid(schema),
                "{}",
                format.name
            );
            let mut missing = Vec::new();
            undescribed(schema, "", &mut missing);
            assert!(missing.is_empty(), "{}: {missing:?}", format.name);
        }
    }

    /// Properties without a description, and objects that take any key without saying so.
    fn undescribed(schema: &Value, pointer: &str, missing: &mut Vec<String>) {
        match schema {
            Value::Object(members) => {
                if let Some(Value::Object(properties)) = members.get("properties") {
                    for (name, property) in properties {
                        let refers = property.get("$ref").is_some();
                        if !refers && property.get("description").is_none() {
                            missing.push(format!("{pointer}/properties/{name}"));
                        }
                    }
                    if members.get("additionalProperties").is_none()
                        && !pointer.contains("/if")
                        && !pointer.contains("/then")
                    {
                        missing.push(format!("{pointer}/additionalProperties"));
                    }
                }
                for (name, member) in members {
                    undescribed(member, &format!("{pointer}/{name}"), missing);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    undescribed(item, &format!("{pointer}/{index}"), missing);
                }
            }
            _ => {}
        }
    }
}
