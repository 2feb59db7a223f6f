//! Values for everything that a request needs, each from the best source there is.

mod bodies;
mod producers;

pub(crate) use bodies::typed_references;
pub(crate) use producers::{last_name, picks};

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Filled, Origin, Values, body, names,
    relations::{Role, Slot, named_by},
    render, serialise, shape, values,
};
use crate::{
    contract::{Contract, Media, Operation, Parameter, ParameterPlace, Schema},
    exchange::Intent,
    generate,
    model::{Method, OperationKey, Responsible},
    script::{Halt, Script, Scripted},
};

/// How far a record may stand behind another that it needs.
const DEPTH: usize = 4;

/// What is to be different about one more try.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variation {
    /// The number of the try, for the label.
    pub(crate) number: usize,
    /// Whether all optional members and query parameters are filled in.
    pub(crate) full: bool,
    /// Whether all optional members of the body alone are filled in.
    pub(crate) full_body: bool,
    /// The example of the contract that the body is taken from.
    pub(crate) example: Option<usize>,
    /// Whether the body is generated although there are examples.
    pub(crate) generated: bool,
    /// Values that were tried and name nothing.
    pub(crate) avoid: Vec<Value>,
}

/// Which sources will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    /// Any.
    Any,
    /// Only what the run may change: what it created itself, and what the target file names as writable.
    Own,
    /// Only values of records that exist.
    Real,
}

/// Builds one request and those it needs before it.
pub(crate) struct Builder<'s, 'a> {
    script: &'s mut Script<'a>,
    variation: Variation,
    /// Ids by the path of what they name, such as `/people/{}`.
    bound: BTreeMap<String, (Value, Origin)>,
    /// The operations under way, outermost first.
    stack: Vec<OperationKey>,
    /// Producers that were tried in vain, and why.
    failed: BTreeMap<OperationKey, String>,
    /// Whether the body under way could not be judged, or names things that may not exist.
    doubtful: bool,
    /// How many producers were asked again because of a conflict.
    conflicts: usize,
}

impl<'s, 'a> Builder<'s, 'a> {
    pub(crate) fn new(script: &'s mut Script<'a>, variation: Variation) -> Self {
        Self {
            script,
            variation,
            bound: BTreeMap::new(),
            stack: Vec::new(),
            failed: BTreeMap::new(),
            doubtful: false,
            conflicts: 0,
        }
    }

    /// The values of a request to an operation.
    pub(crate) fn values(&mut self, operation: &'a Operation) -> Scripted<Values> {
        if let Some(reason) = &operation.broken {
            return Err(Halt::unmet(
                Responsible::Supplier,
                format!(
                    "The contract does not say how {} is called: {reason}",
                    operation.key
                ),
            ));
        }
        self.stack.push(operation.key.clone());
        let outcome = self.values_of(operation);
        self.stack.pop();
        let mut filled = outcome?;
        let order = |one: &Filled| {
            operation
                .parameters
                .iter()
                .position(|parameter| parameter.place == one.place && parameter.name == one.name)
        };
        filled.parameters.sort_by_key(order);
        Ok(filled)
    }

    fn values_of(&mut self, operation: &'a Operation) -> Scripted<Values> {
        let contract = self.script.world.contract;
        let outer = std::mem::take(&mut self.doubtful);
        let mut filled = Values::default();
        let variables: Vec<String> = operation.path_variables().map(str::to_owned).collect();
        let policy = self.target_policy(operation);
        // The last variable that names a record is what the request is done to: `status` of `{status}` is not.
        let target = variables.iter().rposition(|name| {
            operation
                .parameter(ParameterPlace::Path, name)
                .and_then(|parameter| parameter.schema.as_ref())
                .is_none_or(|schema| shape::keyword(&contract.schemas, schema, "enum").is_none())
        });
        for (index, name) in variables.iter().enumerate() {
            let Some(parameter) = operation.parameter(ParameterPlace::Path, name) else {
                return Err(Halt::unmet(
                    Responsible::Supplier,
                    format!(
                        "The contract declares no parameter for `{{{name}}}` in the path of {}. Declare it.",
                        operation.key
                    ),
                ));
            };
            let policy = if Some(index) == target {
                policy
            } else {
                Policy::Any
            };
            let (value, origin) = self.parameter(operation, parameter, policy)?;
            filled
                .parameters
                .push(Filled::new(parameter, value, origin));
        }
        for parameter in &operation.parameters {
            if parameter.place == ParameterPlace::Path || self.is_elsewhere(operation, parameter) {
                continue;
            }
            if let Some((value, origin)) = self.optional(operation, parameter)? {
                let value = flat(contract, parameter, value);
                filled
                    .parameters
                    .push(Filled::new(parameter, value, origin));
            }
        }
        if let Some(media) = self.wants_body(operation) {
            filled.body = Some(self.body(operation, media, &filled)?);
            filled.media = Some(media.clone());
            if let Some(name) = item_variable(operation) {
                agree(contract, media, name, &mut filled);
            }
        }
        if variables.is_empty() {
            self.hold_shared(operation, &mut filled)?;
        }
        filled.doubtful = std::mem::replace(&mut self.doubtful, outer);
        Ok(filled)
    }

    /// What may be put into the last variable of the path: what a request changes has to be the run's own.
    fn target_policy(&self, operation: &Operation) -> Policy {
        let role = self.script.world.relations.role(&operation.key);
        match (&operation.key.method, role) {
            (method, _) if method.is_safe() => Policy::Any,
            (_, Role::Create | Role::List) => Policy::Any,
            _ => Policy::Own,
        }
    }

    /// Credentials are the edge's; three header names are HTTP's own and never parameters (OpenAPI 3.1 §4.8.12.1).
    fn is_elsewhere(&self, operation: &Operation, parameter: &Parameter) -> bool {
        super::is_credential(self.script.world.contract, operation, parameter)
            || parameter.place == ParameterPlace::Header
                && ["accept", "content-type", "authorization"]
                    .iter()
                    .any(|name| parameter.name.eq_ignore_ascii_case(name))
    }

    fn wants_body(&self, operation: &'a Operation) -> Option<&'a Media> {
        let body = operation.body.as_ref()?;
        let bare = matches!(
            operation.key.method,
            Method::Get | Method::Head | Method::Delete | Method::Options | Method::Trace
        );
        if bare && !body.required {
            return None;
        }
        self::body::choose(&body.content)
    }

    /// A parameter that is sent where it must be, where the target file gives it, or where all are.
    fn optional(
        &mut self,
        operation: &'a Operation,
        parameter: &'a Parameter,
    ) -> Scripted<Option<(Value, Origin)>> {
        let given = self
            .script
            .world
            .known
            .given(&operation.key, &parameter.name)
            .is_some();
        let outermost = self.stack.len() == 1;
        let full = outermost
            && self.variation.full
            && parameter.place == ParameterPlace::Query
            && !parameter.deprecated;
        if parameter.required || given {
            self.parameter(operation, parameter, Policy::Any).map(Some)
        } else if full {
            match self.parameter(operation, parameter, Policy::Any) {
                Err(Halt::Pending) => Err(Halt::Pending),
                other => Ok(other.ok()),
            }
        } else {
            Ok(None)
        }
    }

    /// The value of a parameter.
    fn parameter(
        &mut self,
        operation: &'a Operation,
        parameter: &'a Parameter,
        policy: Policy,
    ) -> Scripted<(Value, Origin)> {
        let slot = Slot::Parameter(parameter.place, parameter.name.clone());
        let schema = parameter.schema.as_ref();
        let own = (parameter.place == ParameterPlace::Path)
            .then(|| named_by(&operation.key.path, &parameter.name))
            .flatten();
        let relations = self.script.world.relations;
        let found = self.seek(
            operation,
            &parameter.name,
            relations.sources(&operation.key, &slot),
            schema,
            own.as_deref(),
            policy,
        )?;
        if let Some(found) = found {
            return Ok(found);
        }
        // The one condition that every state of a record meets (RFC 9110 §13.1.1).
        let any_state = Value::from("*");
        if parameter.place == ParameterPlace::Header
            && parameter.name.eq_ignore_ascii_case("if-match")
            && self.will_do(parameter, &any_state)
        {
            return Ok((any_state, Origin::Generated));
        }
        let strict = policy == Policy::Own;
        // A PUT to an id of the run's own making is a way to create.
        let upserts = operation.key.method == Method::Put
            && operation
                .key
                .path
                .trim_end_matches('/')
                .ends_with(&format!("{{{}}}", parameter.name));
        if strict && !upserts {
            return Err(self.nothing_of_its_own(operation, parameter));
        }
        if !strict && !unrepeatable(parameter) {
            for example in &parameter.examples {
                let value =
                    values::coerced(self.script.world.contract, schema, example.value.clone());
                if self.will_do(parameter, &value) {
                    self.bind(own.as_deref(), &value, Origin::Example);
                    return Ok((value, Origin::Example));
                }
            }
        }
        let value = self.generated(operation, parameter, strict)?;
        self.bind(own.as_deref(), &value, Origin::Generated);
        Ok((value, Origin::Generated))
    }

    fn generated(
        &mut self,
        operation: &Operation,
        parameter: &Parameter,
        fresh: bool,
    ) -> Scripted<Value> {
        let world = self.script.world;
        let label = self.label(operation, &parameter.name);
        if fresh || unrepeatable(parameter) {
            let value = values::unused_id(&world, operation, parameter, &label)
                .filter(|_| fresh)
                .unwrap_or_else(|| Value::from(values::uuid(&world, &label)));
            if self.will_do(parameter, &value) {
                return Ok(value);
            }
        }
        let Some(schema) = &parameter.schema else {
            return Ok(Value::from(values::token(&world, &label)));
        };
        let mut reason = "every value tried was refused".to_owned();
        // A value that holds the text after it in its segment can be read in two ways: another is better.
        let follows = literal_after(&operation.key.path, &parameter.name)
            .filter(|_| parameter.place == ParameterPlace::Path);
        let mut ambiguous = None;
        for attempt in 0..3 {
            let style = if attempt == 0 {
                generate::Style::Simple
            } else {
                generate::Style::Plain
            };
            let label = format!("{label} {attempt}");
            match values::generated(&world, schema, values::place(parameter), style, &label) {
                Ok(value) if self.will_do(parameter, &value) => {
                    let text = serialise::scalar(&value);
                    if follows.is_none_or(|literal| !text.contains(literal)) {
                        return Ok(value);
                    }
                    ambiguous.get_or_insert(value);
                }
                Ok(_) => {}
                Err(why) => reason = why,
            }
        }
        if let Some(value) = ambiguous {
            return Ok(value);
        }
        Err(self.no_value(
            schema,
            &format!(
                "valid value for the parameter `{}` of {}",
                parameter.name, operation.key
            ),
            &reason,
            &parameter.name,
        ))
    }

    /// Why there is no value: a schema that cannot be used is the contract's, all else is Muster's.
    fn no_value(&self, schema: &Schema, what: &str, why: &str, key: &str) -> Halt {
        let fault = self.script.world.contract.schemas.compile_fault(schema);
        let (responsible, why) = match &fault {
            Some(fault) => (Responsible::Supplier, fault.as_str()),
            None => (Responsible::Muster, why),
        };
        Halt::unmet(
            responsible,
            format!(
                "No {what} could be made: {why}. Give one under `data` in the target file: `{key}`."
            ),
        )
    }

    /// Whether a value is valid, can be sent, and was not tried before.
    fn will_do(&self, parameter: &Parameter, value: &Value) -> bool {
        !self.variation.avoid.contains(value)
            && values::fits(self.script.world.contract, parameter.schema.as_ref(), value)
            && render::can_carry(parameter, value)
    }

    fn nothing_of_its_own(&self, operation: &Operation, parameter: &Parameter) -> Halt {
        let tried: Vec<&str> = self.failed.values().map(String::as_str).collect();
        let tried = if tried.is_empty() {
            String::new()
        } else {
            format!(" ({})", tried.join("; "))
        };
        let key = if operation.key.method == Method::Delete {
            format!("{} {}", operation.key, parameter.name)
        } else {
            parameter.name.clone()
        };
        Halt::unmet(
            Responsible::TestData,
            format!(
                "{} changes a record, and the run has none of its own to change{tried}. Name one that may be changed under `writable` in the target file: `{key}`.",
                operation.key
            ),
        )
    }

    fn label(&self, operation: &Operation, what: &str) -> String {
        format!(
            "{} {what} step {} try {}",
            operation.key,
            self.script.answered(),
            self.variation.number
        )
    }
}

/// What a request with these values is meant to be.
pub(crate) fn intent(made: &Values) -> Intent {
    let promised = made
        .parameters
        .iter()
        .filter(|filled| filled.place == ParameterPlace::Path)
        .all(|filled| filled.origin <= Origin::Found);
    if promised && !made.doubtful {
        Intent::Valid
    } else {
        Intent::Plausible
    }
}

/// Whether a header is for telling requests apart, so that the same value twice means the same request.
fn unrepeatable(parameter: &Parameter) -> bool {
    parameter.place == ParameterPlace::Header
        && matches!(
            names::folded(&parameter.name).trim_start_matches('x'),
            "idempotencykey"
                | "requestid"
                | "correlationid"
                | "transactionid"
                | "messageid"
                | "idempotencyid"
        )
}

/// The value of a query parameter without the lists and objects in its members, as far as it may do without: how
/// these become text is undefined (OpenAPI 3.1.1, Style Values), and servers differ.
fn flat(contract: &Contract, parameter: &Parameter, value: Value) -> Value {
    let (Value::Object(members), Some(schema)) = (&value, &parameter.schema) else {
        return value;
    };
    if parameter.place != ParameterPlace::Query || parameter.content.is_some() {
        return value;
    }
    let mut flat = members.clone();
    flat.retain(|_, member| !member.is_array() && !member.is_object());
    let flat = Value::Object(flat);
    if contract.schemas.validate_request(schema, &flat).is_valid() {
        flat
    } else {
        value
    }
}

/// The text between a variable and the next one of its segment, where there is one.
fn literal_after<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let (_, rest) = path.split_once(&format!("{{{name}}}"))?;
    let segment = rest.split('/').next()?;
    let (literal, _) = segment.split_once('{')?;
    (!literal.is_empty()).then_some(literal)
}

/// The variable that a path ends in: the id of the record that the operation is about.
fn item_variable(operation: &Operation) -> Option<&str> {
    let variable = operation.path_variables().last()?;
    let end = operation.key.path.rsplit('/').next()?;
    (end == format!("{{{variable}}}")).then_some(variable)
}

/// Whether a member of a body repeats the id of the path: the same name, or plain `id`.
pub(super) fn repeats_id(operation: &Operation, member: &str) -> bool {
    item_variable(operation).is_some_and(|variable| member == variable || member == "id")
}

/// A body that names the record it is about names that of the path: another one is a contradiction, and may
/// be refused whatever the schema allows.
fn agree(contract: &Contract, media: &Media, variable: &str, filled: &mut Values) {
    let Some(id) = filled.get(ParameterPlace::Path, variable).cloned() else {
        return;
    };
    let (Some(schema), Some((body, _))) = (&media.schema, &mut filled.body) else {
        return;
    };
    let Value::Object(members) = &*body else {
        return;
    };
    let name = [variable, "id"]
        .into_iter()
        .find(|name| members.contains_key(*name));
    if let Some(name) = name {
        let mut agreeing = body.clone();
        if let Some(slot) = agreeing.get_mut(name) {
            *slot = id;
        }
        if contract
            .schemas
            .validate_request(schema, &agreeing)
            .is_valid()
        {
            *body = agreeing;
        }
    }
}
