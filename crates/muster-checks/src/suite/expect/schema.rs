//! Bodies by schema.

use serde_json::Value;

use super::{Bench, Failing, Kind, authored, fail, received};
use crate::suite::matcher::short;
use muster_core::{
    contract::{Contract, ResponseSpec, Validity, Violation},
    exchange::Response,
    model::Responsible,
};

impl Bench<'_> {
    pub(super) fn schema(
        &self,
        schema: &Value,
        json: &Value,
        response: &Response,
        failing: &mut Vec<Failing>,
    ) {
        const AT: &str = "/expect/body/schema";
        let validity = match schema {
            Value::String(name) if name == "contract" => {
                let media = self
                    .operation
                    .and_then(|operation| operation.response(response.status))
                    .and_then(|documented| media_of(documented, response));
                match media {
                    None => {
                        failing.push(fail(
                            AT,
                            "a response that the contract documents",
                            received(response),
                        ));
                        return;
                    }
                    Some(None) => return,
                    Some(Some(schema)) => self.contract.schemas.validate_response(schema, json),
                }
            }
            Value::String(name) => match component(self.contract, name) {
                Some(schema) => self.contract.schemas.validate_response(schema, json),
                None => {
                    failing.push(authored(AT, format!("the contract has no schema `{name}`")));
                    return;
                }
            },
            inline => match inline_schema(inline) {
                Ok(validator) => {
                    let violations: Vec<Violation> = validator
                        .iter_errors(json)
                        .take(5)
                        .map(|error| Violation {
                            instance: error.instance_path().to_string(),
                            schema: error.schema_path().to_string(),
                            keyword: String::new(),
                            message: short(&error.to_string()),
                            count: 1,
                        })
                        .collect();
                    if violations.is_empty() {
                        Validity::Valid
                    } else {
                        Validity::Invalid(violations)
                    }
                }
                Err(reason) => {
                    failing.push(authored(AT, reason));
                    return;
                }
            },
        };
        match validity {
            Validity::Valid => {}
            Validity::Invalid(violations) => {
                let told: Vec<String> = violations
                    .iter()
                    .take(3)
                    .map(|one| {
                        let place = if one.instance.is_empty() {
                            "the body"
                        } else {
                            &one.instance
                        };
                        format!("{place}: {}", one.message)
                    })
                    .collect();
                failing.push(fail(
                    AT,
                    format!("a body that meets {}", named(schema)),
                    told.join("; "),
                ));
            }
            Validity::Unjudgeable(reason) => failing.push(Failing {
                kind: Kind::Unverified(Responsible::Supplier),
                ..fail(AT, "a schema that can be judged by", reason)
            }),
        }
    }
}

fn named(schema: &Value) -> String {
    match schema.as_str() {
        Some("contract") => "the contract".to_owned(),
        Some(name) => format!("`{name}`"),
        None => "the schema that the case gives".to_owned(),
    }
}

/// The schema of the contract that `#/components/schemas/NAME` names.
pub(in crate::suite) fn component<'c>(
    contract: &'c Contract,
    name: &str,
) -> Option<&'c muster_core::contract::Schema> {
    contract
        .schemas
        .component(name.strip_prefix("#/components/schemas/")?)
}

/// The validator of a schema that a case gives.
///
/// # Errors
/// It is no schema.
pub(in crate::suite) fn inline_schema(schema: &Value) -> Result<jsonschema::Validator, String> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| format!("this is not a JSON Schema: {error}"))
}

/// The schema documented for the media type of an answer: none where nothing is documented, none inside
/// where no schema is.
fn media_of<'c>(
    documented: &'c ResponseSpec,
    response: &Response,
) -> Option<Option<&'c muster_core::contract::Schema>> {
    let own = response.media_type();
    let essence = |written: &str| {
        written
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    documented
        .content
        .iter()
        .find(|media| Some(essence(&media.media_type)) == own)
        .or_else(|| {
            documented
                .content
                .iter()
                .find(|media| matches!(media.media_type.as_str(), "*/*" | "application/*"))
        })
        .map(|media| media.schema.as_ref())
}
