//! Bodies: examples or generated, with real ids, and told apart from every other run's.

use serde_json::Value;

use super::{Builder, Policy, last_name};
use crate::{
    arrange::{
        Origin, Values, names,
        relations::{Evidence, Pick, Relations, Role, Source},
        shape, values,
    },
    contract::{Contract, Media, Operation, ParameterPlace, Schema, Validity},
    generate,
    model::{Method, Responsible},
    script::{Halt, Scripted},
    verdict::Unverified,
};

impl<'a> Builder<'_, 'a> {
    /// A PUT or PATCH whose path names no record changes what everybody shares, unless its body names a
    /// record of the run's own, or the target file gives the body.
    pub(super) fn hold_shared(
        &mut self,
        operation: &'a Operation,
        filled: &mut Values,
    ) -> Scripted<()> {
        let world = self.script.world;
        if !matches!(operation.key.method, Method::Put | Method::Patch)
            || world
                .known
                .writable_exactly(&operation.key, "body")
                .is_some()
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
                let made = match self.earlier(&source, None, true) {
                    Some(made) => Some(made),
                    None => self.produce(&source, None, true)?,
                };
                if let (Some(made), Some(members)) = (made, body.as_object_mut()) {
                    members.insert(name, made);
                    return Ok(());
                }
            }
        }
        Err(Halt::unmet(
            Responsible::TestData,
            format!(
                "{} changes something that the run did not create. Give a body that may be sent under `writable` in the target file: `{} body`.",
                operation.key, operation.key
            ),
        ))
    }

    /// The body: the target file's, an example of the contract, or a generated one, with real ids in it.
    pub(super) fn body(
        &mut self,
        operation: &'a Operation,
        media: &'a Media,
        filled: &Values,
    ) -> Scripted<(Value, Origin)> {
        let world = self.script.world;
        let outermost = self.stack.len() == 1;
        let given = world.known.writable_exactly(&operation.key, "body");
        if let Some(given) = given.or_else(|| world.known.given_exactly(&operation.key, "body")) {
            return Ok((given.clone(), Origin::Given));
        }
        let Some(schema) = &media.schema else {
            // No schema: any value is valid.
            return Ok(media.examples.first().map_or_else(
                || (Value::Object(serde_json::Map::new()), Origin::Generated),
                |example| {
                    let mut value = example.value.clone();
                    generate::reserved::reserve(&mut value);
                    (value, Origin::Example)
                },
            ));
        };
        let whole = schema;
        let one = shape::one_of_many(&world.contract.schemas, schema);
        let schema = one.as_ref().unwrap_or(schema);
        let label = self.label(operation, "body");
        let wanted = if outermost {
            self.variation.example.unwrap_or(0)
        } else {
            0
        };
        let full = self.variation.full || self.variation.full_body;
        let generated_only = outermost && (full || self.variation.generated);
        let example = media
            .examples
            .iter()
            .filter(|_| !generated_only)
            .map(|example| without_read_only(world.contract, schema, &example.value))
            .filter(|value| values::fits(world.contract, Some(schema), value))
            .filter(|value| values::fits(world.contract, Some(whole), value))
            .nth(wanted);
        let (mut value, origin) = match example {
            Some(value) => (value, Origin::Example),
            None => {
                let style = if outermost && full {
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
        // A server may call a host, or write to an address, that an example of the contract names.
        let mut reserved = value.clone();
        if generate::reserved::reserve(&mut reserved)
            && values::fits(world.contract, Some(schema), &reserved)
        {
            value = reserved;
        }
        // A rule between two properties is seldom in the schema: what starts does so before it ends.
        let mut ordered = value.clone();
        values::spans::order(&mut ordered);
        if values::fits(world.contract, Some(schema), &ordered) {
            value = ordered;
        }
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
        match world.contract.schemas.validate_request(whole, &value) {
            Validity::Valid => {}
            Validity::Unjudgeable(_) => self.doubtful = true,
            Validity::Invalid(violations) => {
                let why = violations.first().map_or_else(String::new, |violation| {
                    format!("{} at `{}`", violation.message, violation.instance)
                });
                return Err(Halt::Unmet(Unverified::new(
                    Responsible::Muster,
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
    pub(super) fn refer(
        &mut self,
        operation: &'a Operation,
        schema: &Schema,
        body: &mut Value,
    ) -> Scripted<Vec<String>> {
        let world = self.script.world;
        let mut held = Vec::new();
        let mut slots = typed_references(world.relations, operation, body);
        for (pointer, sources) in world.relations.body_references(&operation.key) {
            if !slots.iter().any(|(held, _)| held == pointer) {
                slots.push((pointer.to_owned(), sources.to_vec()));
            }
        }
        for (pointer, sources) in slots {
            let Some(current) = body.pointer(&pointer).cloned() else {
                continue;
            };
            let name = last_name(&pointer);
            let found = match self.seek(operation, name, &sources, None, None, Policy::Real) {
                Err(Halt::Pending) => return Err(Halt::Pending),
                other => other.ok().flatten(),
            };
            if found.is_none() {
                self.doubtful = true;
            }
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
    pub(super) fn fill_given(&self, operation: &Operation, schema: &Schema, body: &mut Value) {
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
    pub(super) fn agree(
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

/// Members that name a thing whose kind stands beside them: `recordType: person, recordId`, and the
/// `type: people, id` of JSON:API.
pub(crate) fn typed_references(
    relations: &Relations,
    operation: &Operation,
    body: &Value,
) -> Vec<(String, Vec<Source>)> {
    let own = relations.collection(&operation.key).map(|own| &own.path);
    let mut found = Vec::new();
    let mut open = vec![(String::new(), body)];
    while let Some((pointer, value)) = open.pop() {
        if pointer.matches('/').count() > 6 || found.len() > 20 {
            continue;
        }
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate().take(10) {
                    open.push((format!("{pointer}/{index}"), item));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                    let owner = names::identifier(name)
                        .filter(|(_, by)| matches!(by.as_str(), "id" | "uuid" | "guid"));
                    let kind = owner.and_then(|(owner, _)| {
                        let wanted = format!("{owner}type");
                        members
                            .iter()
                            .find(|(name, _)| names::folded(name) == wanted)
                            .and_then(|(_, kind)| kind.as_str())
                    });
                    if let Some(kind) = kind {
                        let sources =
                            relations.sources_of(&operation.key, &names::thing(kind), name);
                        let others = sources.into_iter().filter(|source| {
                            relations
                                .collection(&source.producer)
                                .map(|other| &other.path)
                                != own
                        });
                        let others: Vec<Source> = others.collect();
                        if !others.is_empty() {
                            found.push((at, others));
                            continue;
                        }
                    }
                    open.push((at, member));
                }
            }
            _ => {}
        }
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// A value without the members that only answers have.
pub(crate) fn without_read_only(contract: &Contract, schema: &Schema, value: &Value) -> Value {
    fn strip(contract: &Contract, schema: &Schema, value: &mut Value, depth: usize) {
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
