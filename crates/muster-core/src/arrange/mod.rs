//! Valid requests, with everything they need arranged (owner of [`Arranged`]).
//!
//! A probe that wants to judge an operation asks for a valid request to it and changes one thing. What
//! the request needs is taken, in this order, from the target's `data`, from records the conversation
//! makes or finds through the contract's links and lists, from the contract's examples, and from simple
//! schema-valid values.
//!
//! What a request would change is the run's own or named as writable in the target file: never a record it merely
//! found, nor one of `data`.

pub mod answers;
pub mod body;
mod build;
pub mod create;
pub mod exercise;
pub mod grant;
pub mod hazard;
pub mod learn;
mod login;
pub mod meaning;
pub mod names;
pub mod ownership;
pub mod paging;
pub mod relations;
pub(crate) mod render;
pub mod serialise;
pub mod shape;
pub mod stream;
pub mod values;
pub mod vary;

#[doc(hidden)]
pub mod testing;
#[cfg(test)]
mod tests;

pub use create::{Created, create, item_address};
pub use exercise::exercise;
pub use grant::{Grant, creates_credential, grant};
pub use hazard::hazard;
pub use learn::{creation_of, is_removable, learn, removal};
pub use login::is_login_path;
pub use meaning::Meanings;
pub use paging::Paging;
pub use relations::{Relations, Role};
pub use render::accept;
pub use values::{generated_body, unknown_id};

use serde_json::Value;

use crate::{
    contract::{Contract, Media, Operation, Parameter, ParameterPlace, SchemeKind, Security},
    exchange::{Intent, Request},
    model::Responsible,
    script::{Halt, Script, Scripted},
};
use build::{Builder, Variation};

/// A request that is valid by the contract, and where its values come from.
#[derive(Debug, Clone)]
pub struct Arranged {
    /// The request.
    pub request: Request,
    /// For each parameter, where its value comes from; for the report. The body's is called `body`.
    pub origins: Vec<(String, Origin)>,
    /// The values themselves, for a request that differs in one of them.
    pub values: Values,
}

/// Where a value comes from, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The target file's `data` or `writable`.
    Given,
    /// A record that this conversation created.
    Created,
    /// An answer of the target.
    Found,
    /// An example of the contract.
    Example,
    /// A generated value.
    Generated,
}

/// A parameter with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// The place.
    pub place: ParameterPlace,
    /// The name.
    pub name: String,
    /// The value, before it becomes text.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

impl Filled {
    fn new(parameter: &Parameter, value: Value, origin: Origin) -> Self {
        Self {
            place: parameter.place,
            name: parameter.name.clone(),
            value,
            origin,
        }
    }
}

/// The values of a request, before they become text.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// The parameters that are sent.
    pub parameters: Vec<Filled>,
    /// The body, and where it comes from.
    pub body: Option<(Value, Origin)>,
    /// What the body is written as.
    pub media: Option<Media>,
    /// Encoded texts that stand in the path in place of values.
    path_texts: Vec<(String, String)>,
    /// Query pairs beside the declared ones.
    query_texts: Vec<(String, String)>,
    /// Whether the body could not be judged, or names things that may not exist.
    doubtful: bool,
}

impl Values {
    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, place: ParameterPlace, name: &str) -> Option<&Value> {
        self.parameters
            .iter()
            .find(|filled| filled.place == place && filled.name == name)
            .map(|filled| &filled.value)
    }

    /// Gives a parameter another value.
    pub fn put(&mut self, place: ParameterPlace, name: &str, value: Value) {
        self.set(place, name, value);
    }

    /// Leaves a parameter out.
    pub fn drop(&mut self, place: ParameterPlace, name: &str) {
        self.remove(place, name);
    }

    fn set(&mut self, place: ParameterPlace, name: &str, value: Value) {
        self.remove(place, name);
        self.parameters.push(Filled {
            place,
            name: name.to_owned(),
            value,
            origin: Origin::Generated,
        });
    }

    fn remove(&mut self, place: ParameterPlace, name: &str) {
        self.parameters
            .retain(|filled| filled.place != place || filled.name != name);
    }
}

impl Arranged {
    /// The JSON value of the body, before it becomes bytes.
    #[must_use]
    pub fn body(&self) -> Option<&Value> {
        self.values.body.as_ref().map(|(value, _)| value)
    }

    /// The same request with another body, written as the same media type. Its intent is for the caller to say.
    ///
    /// # Errors
    /// A gap of Muster's when the body cannot be written so.
    pub fn with_body(
        &self,
        contract: &Contract,
        operation: &Operation,
        body: Value,
    ) -> Scripted<Request> {
        let mut values = self.values.clone();
        values.body = Some((body, Origin::Generated));
        if values.media.is_none() {
            values.media = operation
                .body
                .as_ref()
                .and_then(|body| self::body::choose(&body.content))
                .cloned();
        }
        self.again(contract, operation, &values)
    }

    /// The same request with this query parameter: declared ones by their style, others as plain text.
    ///
    /// # Errors
    /// A gap of Muster's when the query cannot carry the value.
    pub fn with_query(
        &self,
        contract: &Contract,
        operation: &Operation,
        name: &str,
        value: Value,
    ) -> Scripted<Request> {
        let mut values = self.values.clone();
        if operation.parameter(ParameterPlace::Query, name).is_some() {
            values.set(ParameterPlace::Query, name, value);
        } else {
            values
                .query_texts
                .push((name.to_owned(), serialise::scalar(&value)));
        }
        self.again(contract, operation, &values)
    }

    /// The same request with another value of a path parameter.
    ///
    /// # Errors
    /// A gap of Muster's when the path cannot carry the value.
    pub fn with_path_value(
        &self,
        contract: &Contract,
        operation: &Operation,
        name: &str,
        value: Value,
    ) -> Scripted<Request> {
        let mut values = self.values.clone();
        values.set(ParameterPlace::Path, name, value);
        self.again(contract, operation, &values)
    }

    /// The same request with this text in the path, sent as it stands: it is for the caller to encode it.
    ///
    /// # Errors
    /// A gap of Muster's when the rest of the request cannot be written.
    pub fn with_path_text(
        &self,
        contract: &Contract,
        operation: &Operation,
        name: &str,
        text: &str,
    ) -> Scripted<Request> {
        let mut values = self.values.clone();
        values.path_texts.push((name.to_owned(), text.to_owned()));
        self.again(contract, operation, &values)
    }

    /// The same request with another value of any parameter.
    ///
    /// # Errors
    /// A gap of Muster's when the place cannot carry the value.
    pub fn with_parameter(
        &self,
        contract: &Contract,
        operation: &Operation,
        place: ParameterPlace,
        name: &str,
        value: Value,
    ) -> Scripted<Request> {
        let mut values = self.values.clone();
        values.set(place, name, value);
        self.again(contract, operation, &values)
    }

    /// The same request without a parameter; a path parameter cannot be left out.
    ///
    /// # Errors
    /// A gap of Muster's when the rest of the request cannot be written.
    pub fn without(
        &self,
        contract: &Contract,
        operation: &Operation,
        place: ParameterPlace,
        name: &str,
    ) -> Scripted<Request> {
        let mut values = self.values.clone();
        values.remove(place, name);
        self.again(contract, operation, &values)
    }

    fn again(
        &self,
        contract: &Contract,
        operation: &Operation,
        values: &Values,
    ) -> Scripted<Request> {
        let mut request = render::request(contract, operation, values).map_err(|why| {
            Halt::unmet(
                Responsible::Muster,
                format!("{} cannot be called so: {why}.", operation.key),
            )
        })?;
        request.intent = Intent::Plausible;
        request.identity = self.request.identity.clone();
        Ok(request)
    }
}

/// A valid request to an operation; creates or finds the records it needs.
///
/// # Errors
/// Halts while answers are pending, and when the request cannot be built, with the reason and whose it is.
pub fn valid_request<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted<Arranged> {
    arranged(script, operation, Variation::default())
}

/// As [`valid_request`], with every optional part filled in and nothing taken from examples: the request
/// that shows most of what the target keeps.
///
/// # Errors
/// As [`valid_request`].
pub fn full_request<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted<Arranged> {
    let variation = Variation {
        full: true,
        generated: true,
        ..Variation::default()
    };
    arranged(script, operation, variation)
}

/// As [`valid_request`], with every optional member in its body.
///
/// # Errors
/// As [`valid_request`].
pub fn full_body_request<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
) -> Scripted<Arranged> {
    let full_body = Variation {
        full_body: true,
        ..Variation::default()
    };
    arranged(script, operation, full_body)
}

/// Whether a member of an operation's body repeats the id of its path.
#[must_use]
pub fn repeats_id(operation: &Operation, member: &str) -> bool {
    build::repeats_id(operation, member)
}

fn arranged<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    variation: Variation,
) -> Scripted<Arranged> {
    let world = script.world;
    if !operation.key.method.is_safe() && !world.writes {
        return Err(Halt::NotApplicable(format!(
            "{} may change data, and writes are not allowed at this target.",
            operation.key
        )));
    }
    let mut builder = Builder::new(script, variation);
    let values = builder.values(operation)?;
    let mut request = render::request(world.contract, operation, &values).map_err(|why| {
        Halt::unmet(
            Responsible::Muster,
            format!(
                "No valid request to {} can be written: {why}.",
                operation.key
            ),
        )
    })?;
    let body = values.body.as_ref().map(|(body, _)| body);
    request.intent = if login::logs_in(operation, body) {
        Intent::Plausible
    } else {
        build::intent(&values)
    };
    let origins = values
        .parameters
        .iter()
        .map(|filled| (filled.name.clone(), filled.origin))
        .chain(
            values
                .body
                .iter()
                .map(|(_, origin)| ("body".to_owned(), *origin)),
        )
        .collect();
    Ok(Arranged {
        request,
        origins,
        values,
    })
}

/// Whether a parameter is a credential of the operation, which the edge adds.
pub fn is_credential(contract: &Contract, operation: &Operation, parameter: &Parameter) -> bool {
    let Security::AnyOf(alternatives) = &operation.security else {
        return false;
    };
    alternatives
        .iter()
        .flat_map(|alternative| &alternative.0)
        .filter_map(|(name, _)| contract.security_schemes.get(name))
        .any(|scheme| match &scheme.kind {
            SchemeKind::ApiKey { place, name } => {
                *place == parameter.place && name.eq_ignore_ascii_case(&parameter.name)
            }
            _ => false,
        })
}
