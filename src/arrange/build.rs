//! Values for everything that a request needs, each from the best source there is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Filled, Origin, Values, answers, body, hazard, names,
    relations::{Evidence, Pick, Role, Slot, Source, prefix_through, skeleton},
    render, serialise, shape, values,
};
use crate::{
    contract::{Media, Operation, Parameter, ParameterPlace, Schema, Validity},
    exchange::{Exchange, Intent},
    generate,
    model::{IdentityName, Method, OperationKey, Whose},
    script::{Halt, Script, Scripted},
    verdict::Gap,
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
    /// Only what the run may change: what it created itself, and what the target file names.
    Own,
    /// Only what the run created itself, and what the target file names for this very operation.
    OwnOrNamed,
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
    /// Whether something could not be judged.
    pub(crate) unjudged: bool,
}

impl<'s, 'a> Builder<'s, 'a> {
    pub(crate) fn new(script: &'s mut Script<'a>, variation: Variation) -> Self {
        Self {
            script,
            variation,
            bound: BTreeMap::new(),
            stack: Vec::new(),
            failed: BTreeMap::new(),
            unjudged: false,
        }
    }

    /// The values of a request to an operation.
    pub(crate) fn values(&mut self, operation: &'a Operation) -> Scripted<Values> {
        if let Some(reason) = &operation.broken {
            return Err(Halt::unmet(
                Whose::Supplier,
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
                    Whose::Supplier,
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
                filled
                    .parameters
                    .push(Filled::new(parameter, value, origin));
            }
        }
        if let Some(media) = self.wants_body(operation) {
            filled.body = Some(self.body(operation, media, &filled)?);
            filled.media = Some(media.clone());
        }
        if variables.is_empty() {
            self.hold_shared(operation, &mut filled)?;
        }
        Ok(filled)
    }

    /// What may be put into the last variable of the path: what a request changes has to be the run's own.
    fn target_policy(&self, operation: &Operation) -> Policy {
        let role = self.script.world.relations.role(&operation.key);
        match (&operation.key.method, role) {
            (method, _) if method.is_safe() => Policy::Any,
            (_, Role::Create | Role::List) => Policy::Any,
            (Method::Delete, _) => Policy::OwnOrNamed,
            _ => Policy::Own,
        }
    }

    /// A PUT or PATCH whose path names no record changes what everybody shares, unless its body names a
    /// record of the run's own, or the target file gives the body.
    fn hold_shared(&mut self, operation: &'a Operation, filled: &mut Values) -> Scripted<()> {
        let world = self.script.world;
        if !matches!(operation.key.method, Method::Put | Method::Patch)
            || world.known.given_exactly(&operation.key, "body").is_some()
        {
            return Ok(());
        }
        if let (Some(collection), Some((body, _))) =
            (world.relations.collection(&operation.key), &mut filled.body)
            && let Some(create) = &collection.create
        {
            let things = world.relations.things_of(&operation.key);
            let own = body
                .as_object()
                .into_iter()
                .flat_map(serde_json::Map::keys)
                .find(|name| {
                    names::identifier(name)
                        .is_some_and(|(owner, _)| owner.is_empty() || things.contains(&owner))
                })
                .cloned();
            if let Some(name) = own {
                let source = Source {
                    producer: create.clone(),
                    makes: true,
                    pick: Pick::Record {
                        members: names::members_for(&name, &collection.thing),
                        thing: collection.thing.clone(),
                    },
                    evidence: Evidence::Path,
                    reason: String::new(),
                };
                let made = match self.earlier(&source, None) {
                    Some(made) => Some(made),
                    None => self.produce(&source, None)?,
                };
                if let (Some(made), Some(members)) = (made, body.as_object_mut()) {
                    members.insert(name, made);
                    return Ok(());
                }
            }
        }
        Err(Halt::unmet(
            Whose::TestData,
            format!(
                "{} changes something that the run did not create. Give a body that may be sent under `data` in the target file: `{} body`.",
                operation.key, operation.key
            ),
        ))
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
            .then(|| prefix_through(&operation.key.path, &parameter.name))
            .flatten()
            .map(skeleton);
        let found = self.seek(operation, &slot, schema, own.as_deref(), policy)?;
        if let Some(found) = found {
            return Ok(found);
        }
        let strict = matches!(policy, Policy::Own | Policy::OwnOrNamed);
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
            let value = values::unknown_id(&world, operation, parameter)
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
        for attempt in 0..3 {
            let style = if attempt == 0 {
                generate::Style::Simple
            } else {
                generate::Style::Plain
            };
            let label = format!("{label} {attempt}");
            match values::generated(&world, schema, values::place(parameter), style, &label) {
                Ok(value) if self.will_do(parameter, &value) => return Ok(value),
                Ok(_) => {}
                Err(why) => reason = why,
            }
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
        let (whose, why) = match &fault {
            Some(fault) => (Whose::Supplier, fault.as_str()),
            None => (Whose::Muster, why),
        };
        Halt::unmet(
            whose,
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
            Whose::TestData,
            format!(
                "{} changes a record, and the run has none of its own to change{tried}. Name one that may be changed under `data` in the target file: `{key}`.",
                operation.key
            ),
        )
    }

    /// A value from the target file, from this conversation, from a producer, or from earlier answers.
    fn seek(
        &mut self,
        operation: &'a Operation,
        slot: &Slot,
        schema: Option<&Schema>,
        own: Option<&str>,
        policy: Policy,
    ) -> Scripted<Option<(Value, Origin)>> {
        let world = self.script.world;
        let name = match slot {
            Slot::Parameter(_, name) => name.as_str(),
            Slot::Body(pointer) => last_name(pointer),
        };
        if let Some((value, origin)) = own.and_then(|own| self.bound.get(own))
            && (matches!(policy, Policy::Any | Policy::Real) || *origin <= Origin::Created)
        {
            return Ok(Some((value.clone(), *origin)));
        }
        let given = match policy {
            Policy::OwnOrNamed => world.known.given_exactly(&operation.key, name),
            _ => world.known.given(&operation.key, name),
        };
        if let Some(value) = given {
            let value = values::coerced(world.contract, schema, value.clone());
            if !values::fits(world.contract, schema, &value) {
                return Err(Halt::unmet(
                    Whose::Configuration,
                    format!(
                        "`{name}` under `data` in the target file is not valid for {}: the contract's schema refuses it.",
                        operation.key
                    ),
                ));
            }
            if !self.variation.avoid.contains(&value) {
                self.bind(own, &value, Origin::Given);
                return Ok(Some((value, Origin::Given)));
            }
        }
        let relations = world.relations;
        let sources = relations.sources(&operation.key, slot);
        for source in sources.iter().filter(|source| source.makes) {
            if let Some(value) = self.bound_by(source)
                && self.acceptable(schema, &value)
            {
                return Ok(Some((value, Origin::Created)));
            }
            let found = self.earlier(source, schema);
            if let Some(value) = found {
                return Ok(Some(self.take(own, source, value, Origin::Created)));
            }
        }
        if world.writes {
            for source in sources.iter().filter(|source| source.makes) {
                if let Some(value) = self.produce(source, schema)? {
                    return Ok(Some(self.take(own, source, value, Origin::Created)));
                }
            }
        }
        if matches!(policy, Policy::Own | Policy::OwnOrNamed) {
            return Ok(None);
        }
        // What was learned of a child belongs to the parent it was learned with, which only a list knows.
        let has_parent = own.is_some_and(|own| own.matches("{}").count() > 1);
        if !has_parent {
            for value in world.known.learned(&operation.key, name) {
                let value = values::coerced(world.contract, schema, value.clone());
                if self.acceptable(schema, &value) {
                    self.bind(own, &value, Origin::Found);
                    return Ok(Some((value, Origin::Found)));
                }
            }
        }
        for source in sources.iter().filter(|source| !source.makes) {
            if let Some(value) = self.earlier(source, schema) {
                return Ok(Some(self.take(own, source, value, Origin::Found)));
            }
            if let Some(value) = self.produce(source, schema)? {
                return Ok(Some(self.take(own, source, value, Origin::Found)));
            }
        }
        if has_parent {
            for value in world.known.learned(&operation.key, name) {
                let value = values::coerced(world.contract, schema, value.clone());
                if self.acceptable(schema, &value) {
                    self.bind(own, &value, Origin::Found);
                    return Ok(Some((value, Origin::Found)));
                }
            }
        }
        Ok(None)
    }

    fn acceptable(&self, schema: Option<&Schema>, value: &Value) -> bool {
        !self.variation.avoid.contains(value)
            && values::fits(self.script.world.contract, schema, value)
    }

    fn bind(&mut self, own: Option<&str>, value: &Value, origin: Origin) {
        if let Some(own) = own {
            self.bound
                .entry(own.to_owned())
                .or_insert_with(|| (value.clone(), origin));
        }
    }

    /// Takes a value, and remembers it as the one of its collection, so that parents and references agree.
    fn take(
        &mut self,
        own: Option<&str>,
        source: &Source,
        value: Value,
        origin: Origin,
    ) -> (Value, Origin) {
        self.bind(own, &value, origin);
        if let Some(item) = self.item_of(source) {
            self.bind(Some(&item), &value, origin);
        }
        (value, origin)
    }

    /// The path of one record of the source's collection.
    fn item_of(&self, source: &Source) -> Option<String> {
        self.script
            .world
            .relations
            .collection(&source.producer)
            .map(|collection| format!("{}/{{}}", skeleton(&collection.path)))
    }

    fn bound_by(&self, source: &Source) -> Option<Value> {
        let (value, origin) = self.bound.get(&self.item_of(source)?)?;
        (*origin <= Origin::Created).then(|| value.clone())
    }

    /// A record that this conversation made or found before.
    fn earlier(&self, source: &Source, schema: Option<&Schema>) -> Option<Value> {
        let exchanges: Vec<&Exchange> = self.script.exchanges().collect();
        let parents = |exchange: &Exchange| {
            serialise::unfill(&source.producer.path, answers::request_path(exchange)).is_none_or(
                |variables| {
                    variables.iter().all(|(name, text)| {
                        prefix_through(&source.producer.path, name)
                            .and_then(|prefix| self.bound.get(&skeleton(prefix)))
                            .is_none_or(|(bound, _)| serialise::scalar(bound) == *text)
                    })
                },
            )
        };
        exchanges
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, exchange)| {
                exchange.request.operation.as_ref() == Some(&source.producer)
                    && exchange.request.identity == IdentityName::default()
                    && exchange
                        .response()
                        .is_some_and(|response| response.is_success())
                    && parents(exchange)
            })
            .flat_map(|(at, exchange)| {
                picks(exchange, source, self.item_template(source).as_deref())
                    .into_iter()
                    .map(move |value| (at, value))
            })
            .map(|(at, value)| {
                (
                    at,
                    values::coerced(self.script.world.contract, schema, value),
                )
            })
            .find(|(at, value)| {
                let removed = exchanges.iter().skip(at + 1).any(|exchange| {
                    exchange.request.method == Method::Delete
                        && answers::request_path(exchange)
                            .rsplit('/')
                            .next()
                            .is_some_and(|last| serialise::decode(last) == serialise::scalar(value))
                });
                !removed && self.acceptable(schema, value)
            })
            .map(|(_, value)| value)
    }

    fn item_template(&self, source: &Source) -> Option<String> {
        let collection = self.script.world.relations.collection(&source.producer)?;
        collection.item.as_ref().map(|(path, _)| path.clone())
    }

    /// Asks a producer, where it can be asked; what it answers is used, whatever else it says.
    fn produce(&mut self, source: &Source, schema: Option<&Schema>) -> Scripted<Option<Value>> {
        let world = self.script.world;
        let key = &source.producer;
        if self.stack.len() >= DEPTH || self.stack.contains(key) || self.failed.contains_key(key) {
            return Ok(None);
        }
        let Some(operation) = world.contract.operation(key) else {
            return Ok(None);
        };
        if hazard::hazard(operation).is_some() || (!key.method.is_safe() && !world.writes) {
            return Ok(None);
        }
        let outermost = self.stack.first().cloned();
        let made = match self.values(operation) {
            Ok(made) => made,
            Err(Halt::Pending) => return Err(Halt::Pending),
            Err(Halt::Unmet(gap)) => {
                self.failed.insert(key.clone(), gap.reason);
                return Ok(None);
            }
            Err(Halt::NotApplicable(reason)) => {
                self.failed.insert(key.clone(), reason);
                return Ok(None);
            }
        };
        let mut request = match render::request(world.contract, operation, &made) {
            Ok(request) => request,
            Err(why) => {
                self.failed.insert(key.clone(), why.0);
                return Ok(None);
            }
        };
        let verb = if source.makes { "creates" } else { "looks for" };
        let thing = match &source.pick {
            Pick::Record { thing, .. } | Pick::Element { thing, .. } if !thing.is_empty() => thing,
            _ => "record",
        };
        let article = if thing.starts_with(['a', 'e', 'i', 'o']) {
            "an"
        } else {
            "a"
        };
        let what = match outermost {
            Some(outermost) => format!("{verb} {article} {thing} for {outermost}"),
            None => format!("{verb} {article} {thing}"),
        };
        request.purpose = what;
        request.intent = intent(&made);
        let exchange = self.script.send(request)?;
        let answered = exchange
            .response()
            .is_some_and(|response| response.is_success());
        let template = self.item_template(source);
        let picked = if answered {
            picks(exchange, source, template.as_deref())
        } else {
            Vec::new()
        };
        let value = picked
            .into_iter()
            .map(|value| values::coerced(world.contract, schema, value))
            .find(|value| self.acceptable(schema, value));
        if value.is_none() {
            let why = match exchange.response() {
                Some(_) if answered => format!("{key} answered with no id that can be used"),
                Some(response) => {
                    let reason = answers::reason(response);
                    let colon = if reason.is_empty() { "" } else { ": " };
                    format!("{key} answered {}{colon}{reason}", response.status)
                }
                None => format!("{key}: {}", exchange.received()),
            };
            self.failed.insert(key.clone(), why);
        }
        Ok(value)
    }

    fn label(&self, operation: &Operation, what: &str) -> String {
        format!(
            "{} {what} step {} try {}",
            operation.key,
            self.script.answered(),
            self.variation.number
        )
    }

    /// The body: the target file's, an example of the contract, or a generated one, with real ids in it.
    fn body(
        &mut self,
        operation: &'a Operation,
        media: &'a Media,
        filled: &Values,
    ) -> Scripted<(Value, Origin)> {
        let world = self.script.world;
        let outermost = self.stack.len() == 1;
        if let Some(given) = world.known.given_exactly(&operation.key, "body") {
            return Ok((given.clone(), Origin::Given));
        }
        let Some(schema) = &media.schema else {
            // No schema: any value is valid.
            return Ok(media.examples.first().map_or_else(
                || (Value::Object(serde_json::Map::new()), Origin::Generated),
                |example| (example.value.clone(), Origin::Example),
            ));
        };
        let label = self.label(operation, "body");
        let wanted = if outermost {
            self.variation.example.unwrap_or(0)
        } else {
            0
        };
        let generated_only = outermost && (self.variation.full || self.variation.generated);
        let example = media
            .examples
            .iter()
            .filter(|_| !generated_only)
            .map(|example| without_read_only(world.contract, schema, &example.value))
            .filter(|value| values::fits(world.contract, Some(schema), value))
            .nth(wanted);
        let (mut value, origin) = match example {
            Some(value) => (value, Origin::Example),
            None => {
                let style = if outermost && self.variation.full {
                    generate::Style::Plain
                } else {
                    generate::Style::Simple
                };
                let value = values::generated(&world, schema, generate::Place::Body, style, &label)
                    .map_err(|why| {
                        let what = format!("valid body for {}", operation.key);
                        self.no_value(schema, &what, &why, &format!("{} body", operation.key))
                    })?;
                (value, Origin::Generated)
            }
        };
        let held = self.refer(operation, schema, &mut value)?;
        self.fill_given(operation, schema, &mut value);
        if world.relations.role(&operation.key) == Role::Create
            || operation.key.method == Method::Put
        {
            let mut held = held;
            held.extend(self.agree(operation, schema, filled, &mut value));
            let things = world.relations.things_of(&operation.key);
            values::make_unique(&world, schema, &things, &held, &label, &mut value);
        }
        match world.contract.schemas.validate_request(schema, &value) {
            Validity::Valid => {}
            Validity::Unjudgeable(_) => self.unjudged = true,
            Validity::Invalid(violations) => {
                let why = violations.first().map_or_else(String::new, |violation| {
                    format!("{} at `{}`", violation.message, violation.instance)
                });
                return Err(Halt::Unmet(Gap::new(
                    Whose::Muster,
                    format!(
                        "Muster's own body for {} is not valid: {why}.",
                        operation.key
                    ),
                )));
            }
        }
        Ok((value, origin))
    }

    /// Puts the ids of real records where the body names other things. Answers the places it filled.
    fn refer(
        &mut self,
        operation: &'a Operation,
        schema: &Schema,
        body: &mut Value,
    ) -> Scripted<Vec<String>> {
        let world = self.script.world;
        let mut held = Vec::new();
        let slots: Vec<String> = world
            .relations
            .body_references(&operation.key)
            .map(|(pointer, _)| pointer.to_owned())
            .collect();
        for pointer in slots {
            let Some(current) = body.pointer(&pointer).cloned() else {
                continue;
            };
            let slot = Slot::Body(pointer.clone());
            let found = match self.seek(operation, &slot, None, None, Policy::Real) {
                Err(Halt::Pending) => return Err(Halt::Pending),
                other => other.ok().flatten(),
            };
            let Some((value, _)) = found else {
                continue;
            };
            let like_current = match (&current, &value) {
                (Value::String(_), Value::Number(number)) => Value::from(number.to_string()),
                (Value::Number(_), Value::String(text)) => {
                    text.parse::<i64>().map_or(value.clone(), Value::from)
                }
                _ => value,
            };
            if let Some(place) = body.pointer_mut(&pointer) {
                *place = like_current;
            }
            if values::fits(world.contract, Some(schema), body) {
                held.push(pointer);
            } else if let Some(place) = body.pointer_mut(&pointer) {
                *place = current;
            }
        }
        Ok(held)
    }

    /// Members that the target file gives for this very operation, as `POST /people surname`.
    fn fill_given(&self, operation: &Operation, schema: &Schema, body: &mut Value) {
        let world = self.script.world;
        if !body.is_object() {
            return;
        }
        for member in shape::members(&world.contract.schemas, schema) {
            let Some(given) = world.known.given_exactly(&operation.key, &member.name) else {
                continue;
            };
            let before = body.clone();
            if let Some(members) = body.as_object_mut() {
                members.insert(member.name.clone(), given.clone());
            }
            if !values::fits(world.contract, Some(schema), body) {
                *body = before;
            }
        }
    }

    /// The body's own id is the path's, where the path has one: a PUT must not disagree with itself.
    fn agree(
        &self,
        operation: &Operation,
        schema: &Schema,
        filled: &Values,
        body: &mut Value,
    ) -> Vec<String> {
        let world = self.script.world;
        let Some(id) = operation
            .path_variables()
            .last()
            .filter(|_| operation.key.path.ends_with('}'))
            .and_then(|last| Some((last, filled.get(ParameterPlace::Path, last)?)))
        else {
            return Vec::new();
        };
        let things = world.relations.things_of(&operation.key);
        let names: Vec<String> = body
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys)
            .filter(|name| {
                names::folded(name) == names::folded(id.0)
                    || names::identifier(name).is_some_and(|(owner, by)| {
                        matches!(by.as_str(), "id" | "uuid" | "guid")
                            && (owner.is_empty() || things.contains(&owner))
                    })
            })
            .cloned()
            .collect();
        for name in &names {
            let before = body.clone();
            if let Some(members) = body.as_object_mut() {
                members.insert(name.clone(), id.1.clone());
            }
            if !values::fits(world.contract, Some(schema), body) {
                *body = before;
            }
        }
        names.iter().map(|name| format!("/{name}")).collect()
    }
}

/// What an exchange with the producer has for the consumer, best first.
pub(crate) fn picks(exchange: &Exchange, source: &Source, item: Option<&str>) -> Vec<Value> {
    let body = exchange
        .response()
        .and_then(|response| response.json().ok());
    match &source.pick {
        Pick::Expression(expression) => answers::expression(exchange, expression)
            .into_iter()
            .collect(),
        Pick::OwnPath(variable) => {
            serialise::unfill(&source.producer.path, answers::request_path(exchange))
                .into_iter()
                .flatten()
                .filter(|(name, _)| name == variable)
                .map(|(_, text)| Value::from(text))
                .collect()
        }
        Pick::Record { members, thing } => {
            let record = body.and_then(|body| match body {
                Value::Array(items) => items.first(),
                Value::Object(_) => answers::record(body, thing),
                _ => None,
            });
            let in_body = record.and_then(|record| answers::member(record, members));
            let in_address = || {
                let location = exchange.response().and_then(answers::location)?;
                let last = match item.and_then(|item| answers::at_end(item, &location)) {
                    Some(variables) => variables.last().map(|(_, text)| text.clone()),
                    None => location
                        .trim_end_matches('/')
                        .rsplit('/')
                        .next()
                        .map(serialise::decode),
                };
                last.filter(|text| !text.is_empty()).map(Value::from)
            };
            // A bare text or number is the id itself.
            let bare = || {
                body.filter(|body| body.is_string() || body.is_number())
                    .and_then(|body| answers::member(body, members))
            };
            in_body
                .or_else(in_address)
                .or_else(bare)
                .into_iter()
                .collect()
        }
        Pick::Element { members, thing } => body
            .map(|body| answers::records(body, thing))
            .unwrap_or_default()
            .into_iter()
            .take(20)
            .filter_map(|record| answers::member(record, members))
            .collect(),
    }
}

/// What a request with these values is meant to be.
pub(crate) fn intent(made: &Values) -> Intent {
    let promised = made
        .parameters
        .iter()
        .filter(|filled| filled.place == ParameterPlace::Path)
        .all(|filled| filled.origin <= Origin::Found);
    if promised {
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

pub(crate) fn last_name(pointer: &str) -> &str {
    pointer
        .rsplit('/')
        .find(|step| !step.is_empty() && !step.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap_or_default()
}

/// A value without the members that only answers have.
pub(crate) fn without_read_only(
    contract: &crate::contract::Contract,
    schema: &Schema,
    value: &Value,
) -> Value {
    fn strip(
        contract: &crate::contract::Contract,
        schema: &Schema,
        value: &mut Value,
        depth: usize,
    ) {
        if depth > 8 {
            return;
        }
        match value {
            Value::Array(items) => {
                if let Some(inner) = shape::items(&contract.schemas, schema) {
                    for item in items {
                        strip(contract, &inner, item, depth + 1);
                    }
                }
            }
            Value::Object(members) => {
                for member in shape::members(&contract.schemas, schema) {
                    let read_only = member.read_only
                        || shape::keyword(&contract.schemas, &member.schema, "readOnly")
                            == Some(Value::Bool(true));
                    if read_only {
                        members.remove(&member.name);
                    } else if let Some(inner) = members.get_mut(&member.name) {
                        strip(contract, &member.schema, inner, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }
    let mut stripped = value.clone();
    strip(contract, schema, &mut stripped, 0);
    // Where the schema asks for them all the same, the example is right as it stands.
    if values::fits(contract, Some(schema), &stripped) {
        stripped
    } else {
        value.clone()
    }
}
