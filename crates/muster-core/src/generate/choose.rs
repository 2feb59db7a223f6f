//! The choices a schema leaves open (`oneOf`, `anyOf`, `if`, `dependentSchemas`, discriminators) and what it excludes
//! (`not`), as part of [`Merge`].

use serde_json::{Map, Value};

use super::limits::UNDECIDED_NULL;
use super::merge::{Merge, last_segment, texts};
use super::shape::{Branch, Choice, ChoiceKind, Sub, Types};

/// Whether an alternative is only there for a null that the document may not mean.
fn is_undecided_null(schema: &Value) -> bool {
    schema.get(UNDECIDED_NULL).is_some() && schema.get("type") == Some(&Value::from("null"))
}

impl<'a> Merge<'_, 'a> {
    pub(super) fn choices(&mut self, map: &'a Map<String, Value>, base: &'a str, address: usize) {
        let discriminator = map.get("discriminator").and_then(Value::as_object);
        let property = discriminator
            .and_then(|d| d.get("propertyName"))
            .and_then(Value::as_str);
        let mapping = discriminator
            .and_then(|d| d.get("mapping"))
            .and_then(Value::as_object);
        let mut tagged = false;
        for (keyword, kind) in [("oneOf", ChoiceKind::One), ("anyOf", ChoiceKind::Any)] {
            let Some(Value::Array(schemas)) = map.get(keyword) else {
                continue;
            };
            tagged = true;
            let branches = schemas
                .iter()
                .enumerate()
                .filter(|(_, schema)| !is_undecided_null(schema))
                .map(|(at, schema)| {
                    let sub = Sub::new(schema, base);
                    let reference = schema.get("$ref").and_then(Value::as_str);
                    let name = reference.map(last_segment);
                    let tag = property.zip(name.clone()).map(|(property, name)| {
                        (
                            property.to_owned(),
                            self.tag_values(mapping, reference, &name, base),
                        )
                    });
                    let label = name
                        .or_else(|| {
                            schema
                                .get("title")
                                .and_then(Value::as_str)
                                .map(str::to_owned)
                        })
                        .unwrap_or_else(|| format!("branch {} of {keyword}", at + 1));
                    Branch {
                        add: vec![sub],
                        tag,
                        label,
                        ..Branch::default()
                    }
                })
                .collect();
            self.offer(Choice {
                key: (address, kind, 0),
                branches,
                condition: None,
            });
        }
        if !tagged && let (Some(property), Some(mapping)) = (property, mapping) {
            self.mappings
                .push((property.to_owned(), mapping, base, address));
        }
        if let Some(condition) = map.get("if")
            && (map.contains_key("then") || map.contains_key("else"))
        {
            let condition = Sub::new(condition, base);
            let then = map.get("then").map(|s| Sub::new(s, base));
            let otherwise = map.get("else").map(|s| Sub::new(s, base));
            let holds = std::iter::once(condition).chain(then).collect();
            let branches = vec![
                Branch {
                    add: holds,
                    label: "then".to_owned(),
                    ..Branch::default()
                },
                Branch {
                    add: otherwise.into_iter().collect(),
                    label: "else".to_owned(),
                    ..Branch::default()
                },
            ];
            let node = self.graph.node_of(condition);
            self.offer(Choice {
                key: (address, ChoiceKind::If, 0),
                branches,
                condition: Some(node),
            });
        }
        let dependents = map.get("dependentSchemas").and_then(Value::as_object);
        for (at, (name, schema)) in dependents.into_iter().flatten().enumerate() {
            self.shape.hint = self.shape.hint.or(Types::OBJECT);
            let branches = vec![
                Branch {
                    forbid: Some(name.clone()),
                    label: format!("without {name}"),
                    ..Branch::default()
                },
                Branch {
                    add: vec![Sub::new(schema, base)],
                    require: Some(name.clone()),
                    label: format!("with {name}"),
                    ..Branch::default()
                },
            ];
            self.offer(Choice {
                key: (address, ChoiceKind::Dependent, at),
                branches,
                condition: None,
            });
        }
    }

    fn offer(&mut self, choice: Choice<'a>) {
        if !self.decided.contains(&choice.key) {
            self.shape.choices.push(choice);
        }
    }

    /// The discriminator values that name a branch: the mapping's keys for it, or else the schema's own name.
    fn tag_values(
        &self,
        mapping: Option<&Map<String, Value>>,
        reference: Option<&str>,
        name: &str,
        base: &str,
    ) -> Vec<String> {
        let target = reference
            .and_then(|r| self.graph.resolve(base, r))
            .map(|s| s.address());
        let keys: Vec<String> = mapping
            .into_iter()
            .flatten()
            .filter(|(_, to)| {
                let to = to.as_str().unwrap_or_default();
                Some(to) == reference
                    || to == name
                    || (target.is_some() && self.mapped(base, to).map(|s| s.address()) == target)
            })
            .map(|(key, _)| key.clone())
            .collect();
        if keys.is_empty() {
            vec![name.to_owned()]
        } else {
            keys
        }
    }

    fn mapped(&self, base: &str, to: &str) -> Option<Sub<'a>> {
        if to.contains(['#', '/', '.']) {
            return self.graph.resolve(base, to);
        }
        self.graph
            .resolve(base, &format!("#/components/schemas/{to}"))
    }

    /// `not`: turned into plain words where it is one, and kept as a filter otherwise.
    pub(super) fn exclude(&mut self, sub: Sub<'a>) {
        match sub.schema {
            Value::Bool(true) => return self.never("not: true allows nothing"),
            Value::Bool(false) => return,
            Value::Object(map) if map.is_empty() => return self.never("not: {} allows nothing"),
            Value::Object(map) if map.len() == 1 => {
                if let Some(Value::String(name)) = map.get("type") {
                    self.shape.types = self.shape.types.without(Types::named(name));
                    return;
                }
                if let Some(inner) = map.get("not") {
                    return self.absorb(Sub::new(inner, sub.base));
                }
                if let Some(Value::Array(parts)) = map.get("anyOf") {
                    for part in parts {
                        self.exclude(Sub::new(part, sub.base));
                    }
                    return;
                }
                if let [name] = texts(map.get("required")).as_slice() {
                    self.shape.forbidden.insert(name.clone());
                }
            }
            _ => {}
        }
        self.shape.nots.push(self.graph.node_of(sub));
    }

    /// A discriminator beside no `oneOf`: a child's own name where a child is being made, a choice of children otherwise.
    pub(super) fn settle_mappings(&mut self) {
        for (property, mapping, base, address) in std::mem::take(&mut self.mappings) {
            let own: Vec<String> = mapping
                .iter()
                .filter(|(_, to)| {
                    to.as_str()
                        .and_then(|to| self.mapped(base, to))
                        .is_some_and(|sub| {
                            sub.address() != address && self.seen.contains(&sub.address())
                        })
                })
                .map(|(key, _)| key.clone())
                .collect();
            if !own.is_empty() {
                self.shape.tags.push((property, own));
                continue;
            }
            let mut branches: Vec<Branch<'a>> = Vec::new();
            for (key, to) in mapping {
                let Some(sub) = to.as_str().and_then(|to| self.mapped(base, to)) else {
                    continue;
                };
                let tag = Some((property.clone(), vec![key.clone()]));
                branches.push(Branch {
                    add: vec![sub],
                    tag,
                    label: key.clone(),
                    ..Branch::default()
                });
            }
            if !branches.is_empty() {
                self.offer(Choice {
                    key: (address, ChoiceKind::Mapping, 0),
                    branches,
                    condition: None,
                });
            }
        }
        // Without a mapping the value is the schema's own name, which only a reference tells; the property's own
        // enum or const says the same where there is one.
    }
}
