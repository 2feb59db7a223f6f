//! What changed between two contracts, and whether it breaks callers (owner of [`compare`]).
//!
//! `docs/drift-rules.md` is the list of rules for readers; a test holds the two together. Schemas are compared
//! member by member; what their compositions mean together is not worked out, and said.

mod rules;
mod schemas;

pub use rules::{RULES, Rule, rule};

use serde::Serialize;

use crate::{
    contract::{Contract, Media, Operation, Parameter},
    model::OperationKey,
};
use schemas::{Side, compare_schemas};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The rule it falls under.
    pub rule: &'static str,
    /// Whether callers who keep to the old contract can fail.
    pub breaking: bool,
    /// The operation it is about.
    pub operation: String,
    /// What changed, in one sentence.
    pub message: String,
}

/// Every difference, in the order of the old document's operations.
#[must_use]
pub fn compare(old: &Contract, new: &Contract) -> Vec<Difference> {
    let mut drift = Drift {
        old,
        new,
        found: Vec::new(),
        about: String::new(),
    };
    for operation in &old.operations {
        drift.about = operation.key.to_string();
        match twin(new, &operation.key) {
            None => drift.tell("operation-removed", "The operation is gone.".to_owned()),
            Some(other) => drift.operation(operation, other),
        }
    }
    for operation in &new.operations {
        if twin(old, &operation.key).is_none() {
            drift.about = operation.key.to_string();
            drift.tell("operation-added", "The operation is new.".to_owned());
        }
    }
    drift.found
}

/// The operation of the same method and path, whatever the variables of the path are called.
fn twin<'a>(contract: &'a Contract, key: &OperationKey) -> Option<&'a Operation> {
    let shape = shape(&key.path);
    contract.operation(key).or_else(|| {
        contract
            .operations
            .iter()
            .find(|other| other.key.method == key.method && self::shape(&other.key.path) == shape)
    })
}

fn shape(path: &str) -> Vec<&str> {
    path.split('/')
        .map(|segment| {
            if segment.starts_with('{') {
                "{}"
            } else {
                segment
            }
        })
        .collect()
}

struct Drift<'a> {
    old: &'a Contract,
    new: &'a Contract,
    found: Vec<Difference>,
    about: String,
}

impl Drift<'_> {
    fn tell(&mut self, id: &'static str, message: String) {
        let difference = Difference {
            rule: id,
            breaking: rule(id).is_some_and(|rule| rule.breaking),
            operation: self.about.clone(),
            message,
        };
        if !self.found.contains(&difference) {
            self.found.push(difference);
        }
    }

    fn operation(&mut self, old: &Operation, new: &Operation) {
        if !old.deprecated && new.deprecated {
            self.tell(
                "operation-deprecated",
                "The operation is deprecated now.".to_owned(),
            );
        }
        if !old.security.is_required() && new.security.is_required() {
            self.tell(
                "security-required",
                "The operation needs credentials that it did not need.".to_owned(),
            );
        }
        self.parameters(old, new);
        self.request_body(old, new);
        self.responses(old, new);
    }

    fn parameters(&mut self, old: &Operation, new: &Operation) {
        let same = |one: &Parameter, other: &Parameter| {
            one.place == other.place && one.name.eq_ignore_ascii_case(&other.name)
        };
        let in_path = crate::contract::ParameterPlace::Path;
        for parameter in old.parameters.iter().filter(|held| held.place != in_path) {
            let name = &parameter.name;
            let Some(other) = new.parameters.iter().find(|other| same(parameter, other)) else {
                self.tell(
                    "parameter-removed",
                    format!("The parameter `{name}` is gone."),
                );
                continue;
            };
            if !parameter.required && other.required {
                self.tell(
                    "parameter-required",
                    format!("The parameter `{name}` is needed now."),
                );
            } else if parameter.required && !other.required {
                self.tell(
                    "parameter-optional",
                    format!("The parameter `{name}` may be left out now."),
                );
            }
            if let (Some(one), Some(two)) = (&parameter.schema, &other.schema) {
                let place = format!("parameter `{name}`");
                let differences =
                    compare_schemas((self.old, one), (self.new, two), Side::Request, &place);
                self.all(differences);
            }
        }
        for parameter in new.parameters.iter().filter(|held| held.place != in_path) {
            if old.parameters.iter().any(|other| same(parameter, other)) {
                continue;
            }
            let name = &parameter.name;
            if parameter.required {
                self.tell(
                    "parameter-added-required",
                    format!("The parameter `{name}` is new, and needed."),
                );
            } else {
                self.tell("parameter-added", format!("The parameter `{name}` is new."));
            }
        }
    }

    fn request_body(&mut self, old: &Operation, new: &Operation) {
        match (&old.body, &new.body) {
            (None, Some(body)) if body.required => {
                self.tell("body-required", "A body is needed now.".to_owned());
            }
            (Some(_), None) => self.tell("body-removed", "No body is taken any more.".to_owned()),
            (Some(one), Some(other)) => {
                if !one.required && other.required {
                    self.tell("body-required", "A body is needed now.".to_owned());
                }
                self.contents(&one.content, &other.content, Side::Request, "body");
            }
            _ => {}
        }
    }

    fn responses(&mut self, old: &Operation, new: &Operation) {
        for response in &old.responses {
            let status = format!("{:?}", response.status);
            let other = new
                .responses
                .iter()
                .find(|other| other.status == response.status);
            let success = (200..300).any(|status| response.status.matches(status))
                && !(400..500).any(|status| response.status.matches(status));
            let told = told(&status);
            match other {
                None if success => {
                    self.tell(
                        "success-removed",
                        format!("The success {told} is not documented any more."),
                    );
                }
                None => {
                    self.tell(
                        "error-removed",
                        format!("The answer {told} is not documented any more."),
                    );
                }
                Some(other) => {
                    let place = format!("answer {told}");
                    self.contents(&response.content, &other.content, Side::Response, &place);
                    for header in &response.headers {
                        let kept = other
                            .headers
                            .iter()
                            .find(|other| other.name.eq_ignore_ascii_case(&header.name));
                        let name = &header.name;
                        match kept {
                            None => self.tell(
                                "response-header-removed",
                                format!("The header `{name}` of the {place} is gone."),
                            ),
                            Some(kept) if header.required && !kept.required => self.tell(
                                "response-header-optional",
                                format!("The header `{name}` of the {place} may be missing now."),
                            ),
                            Some(_) => {}
                        }
                    }
                }
            }
        }
        for response in &new.responses {
            if !old
                .responses
                .iter()
                .any(|other| other.status == response.status)
            {
                let told = told(&format!("{:?}", response.status));
                self.tell("status-added", format!("The answer {told} is new."));
            }
        }
    }

    fn contents(&mut self, old: &[Media], new: &[Media], side: Side, place: &str) {
        let essence = |media: &Media| {
            media
                .media_type
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        };
        for media in old {
            let name = essence(media);
            let Some(other) = new.iter().find(|other| essence(other) == name) else {
                let message = format!("The media type {name} of the {place} is gone.");
                self.tell("media-type-removed", message);
                continue;
            };
            if let (Some(one), Some(two)) = (&media.schema, &other.schema) {
                let differences = compare_schemas((self.old, one), (self.new, two), side, place);
                self.all(differences);
            }
        }
        for media in new {
            let name = essence(media);
            if !old.iter().any(|other| essence(other) == name) {
                let message = format!("The media type {name} of the {place} is new.");
                self.tell("media-type-added", message);
            }
        }
    }

    fn all(&mut self, differences: Vec<(&'static str, String)>) {
        for (id, message) in differences {
            self.tell(id, message);
        }
    }
}

/// `Code(200)` as `200`.
fn told(status: &str) -> String {
    let digits: String = status.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        3 => digits,
        1 => format!("{digits}XX"),
        _ => "default".to_owned(),
    }
}

#[cfg(test)]
mod tests;
