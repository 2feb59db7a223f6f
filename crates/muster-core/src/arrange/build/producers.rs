//! Values that exist: given, made or found.

use serde_json::Value;

use super::{Builder, DEPTH, Policy, intent};
use crate::{
    arrange::{
        Origin, answers, create, hazard, ownership,
        relations::{Pick, Relations, Source, named_by, skeleton},
        render, serialise, values,
    },
    contract::{Contract, Operation, ParameterPlace, Schema},
    exchange::Exchange,
    model::{IdentityName, Method, Responsible},
    script::{Halt, Scripted},
};

/// How often something is made with other values because there is one like it already.
const CONFLICTS: usize = 3;

impl<'a> Builder<'_, 'a> {
    /// A value from the target file, from this conversation, from a producer, or from earlier answers.
    pub(super) fn seek(
        &mut self,
        operation: &'a Operation,
        name: &str,
        sources: &[Source],
        schema: Option<&Schema>,
        own: Option<&str>,
        policy: Policy,
    ) -> Scripted<Option<(Value, Origin)>> {
        let world = self.script.world;
        if let Some((value, origin)) = own.and_then(|own| self.bound.get(own))
            && (matches!(policy, Policy::Any | Policy::Real) || *origin <= Origin::Created)
        {
            return Ok(Some((value.clone(), *origin)));
        }
        // Values under `data` are read, never written to.
        let (given, place) = match policy {
            Policy::Own => (world.known.writable(&operation.key, name), "writable"),
            Policy::Any | Policy::Real => (world.known.given(&operation.key, name), "data"),
        };
        if let Some(value) = given {
            let value = values::coerced(world.contract, schema, value.clone());
            if !values::fits(world.contract, schema, &value) {
                return Err(Halt::unmet(
                    Responsible::Configuration,
                    format!(
                        "`{name}` under `{place}` in the target file is not valid for {}: the contract's schema refuses it.",
                        operation.key
                    ),
                ));
            }
            if !self.variation.avoid.contains(&value) {
                self.bind(own, &value, Origin::Given);
                return Ok(Some((value, Origin::Given)));
            }
        }
        let stands = |value: &Value| Self::can_stand(operation, name, own, value);
        for source in sources.iter().filter(|source| source.makes) {
            if let Some(value) = self.bound_by(source)
                && self.acceptable(schema, &value)
                && stands(&value)
            {
                return Ok(Some((value, Origin::Created)));
            }
            let found = self
                .earlier(source, schema, policy == Policy::Own)
                .filter(&stands);
            if let Some(value) = found {
                return Ok(Some(self.take(own, source, value, Origin::Created)));
            }
        }
        if world.writes {
            for source in sources.iter().filter(|source| source.makes) {
                let made = self.produce(source, schema, policy == Policy::Own)?;
                if let Some(value) = made.filter(&stands) {
                    return Ok(Some(self.take(own, source, value, Origin::Created)));
                }
            }
        }
        if policy == Policy::Own {
            return Ok(None);
        }
        // What was learned of a child belongs to the parent it was learned with, which only a list knows.
        let has_parent = own
            .and_then(|own| own.rsplit_once('/'))
            .is_some_and(|(before, _)| before.contains("{}"));
        if !has_parent {
            for value in world.known.learned(&operation.key, name) {
                let value = values::coerced(world.contract, schema, value.clone());
                if self.acceptable(schema, &value) && stands(&value) {
                    self.bind(own, &value, Origin::Found);
                    return Ok(Some((value, Origin::Found)));
                }
            }
        }
        for source in sources.iter().filter(|source| !source.makes) {
            if let Some(value) = self.earlier(source, schema, false).filter(&stands) {
                return Ok(Some(self.take(own, source, value, Origin::Found)));
            }
            if let Some(value) = self.produce(source, schema, false)?.filter(&stands) {
                return Ok(Some(self.take(own, source, value, Origin::Found)));
            }
        }
        if has_parent {
            for value in world.known.learned(&operation.key, name) {
                let value = values::coerced(world.contract, schema, value.clone());
                if self.acceptable(schema, &value) && stands(&value) {
                    self.bind(own, &value, Origin::Found);
                    return Ok(Some((value, Origin::Found)));
                }
            }
        }
        Ok(None)
    }

    pub(super) fn acceptable(&self, schema: Option<&Schema>, value: &Value) -> bool {
        !self.variation.avoid.contains(value)
            && values::fits(self.script.world.contract, schema, value)
    }

    /// Whether a value can stand where it was asked for: in a segment of the path, one with a slash can only where
    /// the contract shows one.
    fn can_stand(operation: &Operation, name: &str, own: Option<&str>, value: &Value) -> bool {
        own.is_none()
            || operation
                .parameter(ParameterPlace::Path, name)
                .is_none_or(|parameter| render::can_carry(parameter, value))
    }

    pub(super) fn bind(&mut self, own: Option<&str>, value: &Value, origin: Origin) {
        if let Some(own) = own {
            self.bound
                .entry(own.to_owned())
                .or_insert_with(|| (value.clone(), origin));
        }
    }

    /// Takes a value, and remembers it as the one of its collection, so that parents and references agree.
    pub(super) fn take(
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

    /// The path of one record of the source's collection. A link that hands on what was sent, such as the
    /// parent's id, names no record of it.
    pub(super) fn item_of(&self, source: &Source) -> Option<String> {
        let hands_on = matches!(&source.pick, Pick::Expression(Value::String(text)) if text.starts_with("$request"));
        if hands_on {
            return None;
        }
        self.script
            .world
            .relations
            .collection(&source.producer)
            .map(|collection| format!("{}/{{}}", skeleton(&collection.path)))
    }

    pub(super) fn bound_by(&self, source: &Source) -> Option<Value> {
        let (value, origin) = self.bound.get(&self.item_of(source)?)?;
        (*origin <= Origin::Created).then(|| value.clone())
    }

    /// A record that this conversation made or found before.
    pub(super) fn earlier(
        &self,
        source: &Source,
        schema: Option<&Schema>,
        is_changed: bool,
    ) -> Option<Value> {
        let exchanges: Vec<&Exchange> = self.script.exchanges().collect();
        let parents = |exchange: &Exchange| {
            serialise::unfill(&source.producer.path, answers::request_path(exchange)).is_none_or(
                |variables| {
                    variables.iter().all(|(name, text)| {
                        named_by(&source.producer.path, name)
                            .and_then(|own| self.bound.get(&own))
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
                picks(
                    self.script.world.contract,
                    self.script.world.relations,
                    exchange,
                    source,
                    is_changed,
                )
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

    /// Asks a producer, where it can be asked; what it answers is used, whatever else it says.
    pub(super) fn produce(
        &mut self,
        source: &Source,
        schema: Option<&Schema>,
        is_changed: bool,
    ) -> Scripted<Option<Value>> {
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
        if source.makes
            && let Some(gap) = create::always_refused(self.script, operation)
        {
            self.failed.insert(key.clone(), gap.reason);
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
        let collection = world.relations.collection(key);
        let thing = match &source.pick {
            Pick::Record { thing, .. } | Pick::Element { thing, .. } if !thing.is_empty() => thing,
            _ => collection.map_or("record", |collection| collection.thing.as_str()),
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
        // Another record has a value of it already: other values are drawn at the next step of the conversation.
        if exchange.status() == Some(409) && source.makes && self.conflicts < CONFLICTS {
            self.conflicts += 1;
            return self.produce(source, schema, is_changed);
        }
        let answered = exchange
            .response()
            .is_some_and(|response| response.is_success());
        let picked = if answered {
            picks(
                world.contract,
                world.relations,
                exchange,
                source,
                is_changed,
            )
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
}

/// What an exchange with the producer has for the consumer, best first. What is to be changed has to be named as the
/// run's own; what is read may be a job that a 202 tells of.
pub(crate) fn picks(
    contract: &Contract,
    relations: &Relations,
    exchange: &Exchange,
    source: &Source,
    is_changed: bool,
) -> Vec<Value> {
    let body = exchange
        .response()
        .and_then(|response| response.json().ok());
    let is_later = source.makes && exchange.status() == Some(202);
    match &source.pick {
        // What a link finds in a 202 is the record's only where Location says so, too.
        Pick::Expression(expression) if is_later && is_changed => {
            let named = ownership::named_record(contract, relations, exchange);
            answers::expression(exchange, expression)
                .into_iter()
                .filter(|found| {
                    named.as_ref().is_some_and(|named| {
                        serialise::scalar(&named.id) == serialise::scalar(found)
                    })
                })
                .collect()
        }
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
        Pick::Record { .. } if is_changed => ownership::named_record(contract, relations, exchange)
            .map(|named| named.id)
            .into_iter()
            .collect(),
        Pick::Record { .. } => ownership::addressed_resource(contract, relations, exchange)
            .map(|named| named.id)
            .into_iter()
            .collect(),
        Pick::Element { members, thing } => body
            .map(|body| answers::records(body, thing))
            .unwrap_or_default()
            .into_iter()
            .take(20)
            .filter_map(|record| answers::member(record, members))
            .collect(),
    }
}

pub(crate) fn last_name(pointer: &str) -> &str {
    pointer
        .rsplit('/')
        .find(|step| !step.is_empty() && !step.bytes().all(|byte| byte.is_ascii_digit()))
        .unwrap_or_default()
}
