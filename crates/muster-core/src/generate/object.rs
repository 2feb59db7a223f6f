//! Builds objects: which properties, and a value for each.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Style;
use super::coordinates::is_doubtful;
use super::fill::{Fail, Fill, expressible};
use super::graph::NodeId;
use super::limits::{LOCAL_TRIES, LONGEST_ARRAY};
use super::random::{below, chance, pick};
use super::shape::Shape;

impl<'a> Fill<'_, 'a> {
    pub(super) fn object(&mut self, id: NodeId, shape: &Shape<'a>) -> Result<Value, Fail> {
        let most = shape.max_properties.unwrap_or(usize::MAX);
        if shape.min_properties > most {
            return Err(Fail::hopeless("minProperties is more than maxProperties"));
        }
        if shape.min_properties > LONGEST_ARRAY {
            return Err(Fail::hopeless(format!(
                "minProperties {} is more than the {LONGEST_ARRAY} that Muster builds",
                shape.min_properties
            )));
        }
        let mut chosen = self.selection(id, shape, most)?;
        let mut map = Map::with_capacity(chosen.len());
        // Properties stand in the order the schema tells them in, as a person would write them.
        let names: Vec<String> = shape
            .properties
            .keys()
            .filter(|n| chosen.contains_key(*n))
            .cloned()
            .collect();
        for name in names {
            let Some((node, required)) = chosen.swap_remove(&name) else {
                continue;
            };
            let mut value = self.property(shape, &name, node);
            for _ in 0..LOCAL_TRIES {
                match &value {
                    Ok(drawn) if is_doubtful(&name, false, drawn) => {
                        value = self.property(shape, &name, node);
                    }
                    _ => break,
                }
            }
            match value {
                Ok(value) => {
                    map.insert(name, value);
                }
                Err(fail) if required || fail.exhausted => return Err(fail.under(name)),
                // An optional property that cannot be built is left out; whoever depends on it is checked below.
                Err(_) => {}
            }
        }
        self.extras(shape, most, &mut map)?;
        if map.len() < shape.min_properties {
            self.top_up(shape, &mut map)?;
        }
        let broken = shape.dependent.iter().find(|(name, needs)| {
            map.contains_key(name) && needs.iter().any(|need| !map.contains_key(need))
        });
        if let Some((name, needs)) = broken {
            return Err(Fail::new(format!(
                "{name} needs {}, which cannot all be built",
                needs.join(", ")
            )));
        }
        if map.len() > most {
            return Err(Fail::new(format!(
                "more properties are required than maxProperties {most} allows"
            )));
        }
        Ok(Value::Object(map))
    }

    /// The properties to build, and whether each is required.
    fn selection(
        &mut self,
        id: NodeId,
        shape: &Shape<'a>,
        most: usize,
    ) -> Result<IndexMap<String, (NodeId, bool)>, Fail> {
        let mut chosen = IndexMap::with_capacity(shape.properties.len());
        for name in &shape.required {
            let Some(node) = shape.properties.get(name) else {
                continue;
            };
            if self.send_all || !self.graph.omitted(*node) {
                self.need(shape, name, &mut chosen);
            } else {
                self.omitted = true;
            }
        }
        // Depth is spent on what is required; a schema met again on the way down has shown its optional parts above.
        let again = self.path.iter().rev().skip(1).any(|p| *p == id);
        let percent = match self.style {
            _ if self.frugal() => 0,
            Style::Simple => 0,
            Style::Plain if again => 0,
            Style::Plain => 100,
            Style::Varied if again => 20,
            Style::Varied => 50,
        };
        if percent > 0 {
            for (name, node) in &shape.properties {
                let wanted = percent == 100 || chance(self.rng, percent);
                if wanted && !chosen.contains_key(name) && self.may_stand(shape, name, *node) {
                    let mut more = chosen.clone_if_dependent(shape);
                    match &mut more {
                        Some(more) => {
                            self.need(shape, name, more);
                            if more.len() <= most
                                && more
                                    .iter()
                                    .all(|(n, (node, _))| self.may_stand(shape, n, *node))
                            {
                                for (name, (node, required)) in more.drain(..) {
                                    chosen
                                        .entry(name)
                                        .or_insert((node, required && shape.required.is_empty()));
                                }
                            }
                        }
                        None if chosen.len() < most => {
                            chosen.insert(name.clone(), (*node, false));
                        }
                        None => {}
                    }
                }
            }
        }
        if let Some((name, _)) = chosen
            .iter()
            .find(|(name, _)| shape.forbidden.contains(*name))
        {
            return Err(Fail::hopeless(format!(
                "{name} is both required and excluded"
            )));
        }
        Ok(chosen)
    }

    /// Whether a property may stand: possible, not left out by the direction, and its name allowed.
    fn may_stand(&self, shape: &Shape<'a>, name: &str, node: NodeId) -> bool {
        self.graph.shape(node).never.is_none()
            && !shape.forbidden.contains(name)
            && (!self.graph.omitted(node) || (self.send_all && shape.required.contains(name)))
            && self.name_fits(shape, name)
    }

    fn name_fits(&self, shape: &Shape<'a>, name: &str) -> bool {
        shape.names_node.is_none_or(|node| {
            super::accept::accepts(self.graph, node, &Value::String(name.to_owned()), true)
        })
    }

    /// Adds a property and all that `dependentRequired` asks with it.
    fn need(&self, shape: &Shape<'a>, name: &str, chosen: &mut IndexMap<String, (NodeId, bool)>) {
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if chosen.contains_key(&name) {
                continue;
            }
            for (on, needs) in &shape.dependent {
                if *on == name {
                    open.extend(needs.iter().cloned());
                }
            }
            let node = self.graph.property(shape, &name);
            chosen.insert(name, (node, true));
        }
    }

    fn property(&mut self, shape: &Shape<'a>, name: &str, node: NodeId) -> Result<Value, Fail> {
        let tag = shape.tags.iter().find(|(property, _)| property == name);
        if let Some((_, values)) = tag {
            let fitting: Vec<&String> = values
                .iter()
                .filter(|v| {
                    super::accept::accepts(self.graph, node, &Value::String((*v).clone()), true)
                })
                .collect();
            let value = if self.style == Style::Simple {
                fitting.first()
            } else {
                pick(self.rng, &fitting)
            };
            if let Some(value) = value {
                return Ok(Value::String((*value).clone()));
            }
        }
        self.named(node, Some(name))
    }

    /// Properties the schema does not name, where it speaks of them.
    fn extras(
        &mut self,
        shape: &Shape<'a>,
        most: usize,
        map: &mut Map<String, Value>,
    ) -> Result<(), Fail> {
        // Where a schema is silent on other properties they are legal, but no server is held to take them.
        let spoken = shape.objects.iter().any(|p| {
            !p.patterns.is_empty()
                || p.additional
                    .is_some_and(|s| s.schema.is_object() || s.schema == &Value::Bool(true))
        });
        if !spoken || self.frugal() {
            return Ok(());
        }
        let wanted = match self.style {
            Style::Simple => 0,
            // A map is shown with an entry, or it would show nothing.
            Style::Plain => usize::from(shape.properties.is_empty()),
            Style::Varied => below(self.rng, 3) as usize,
        };
        for _ in 0..wanted {
            if map.len() < most
                && let Err(fail) = self.extra(shape, map)
                && fail.exhausted
            {
                return Err(fail);
            }
        }
        Ok(())
    }

    fn top_up(&mut self, shape: &Shape<'a>, map: &mut Map<String, Value>) -> Result<(), Fail> {
        for (name, node) in &shape.properties {
            if map.len() >= shape.min_properties {
                return Ok(());
            }
            if !map.contains_key(name) && self.may_stand(shape, name, *node) {
                let mut chosen = IndexMap::new();
                self.need(shape, name, &mut chosen);
                for (name, (node, _)) in chosen {
                    if !map.contains_key(&name)
                        && let Ok(value) = self.property(shape, &name, node)
                    {
                        map.insert(name, value);
                    }
                }
            }
        }
        while map.len() < shape.min_properties {
            self.extra(shape, map)?;
        }
        Ok(())
    }

    /// One more property, of a name the schema does not list.
    fn extra(&mut self, shape: &Shape<'a>, map: &mut Map<String, Value>) -> Result<(), Fail> {
        let patterns: Vec<_> = shape
            .objects
            .iter()
            .flat_map(|p| p.patterns.iter().map(|(p, _)| p))
            .collect();
        let mut last = Fail::new("no further property may stand, and minProperties asks for more");
        for attempt in 0..LOCAL_TRIES {
            let style = if attempt > 2 {
                Style::Varied
            } else {
                Style::Plain
            };
            let name = if attempt % 2 == 0 && !patterns.is_empty() {
                let pattern = pick(self.rng, &patterns).copied();
                // A pattern open at its end gives one name only, unless a longer one is asked for.
                let least = 1 + attempt / 2;
                pattern.and_then(|p| {
                    p.draw(self.rng, style, least, 40)
                        .filter(|n| p.matches(n) == Some(true))
                })
            } else if let Some(node) = shape.names_node {
                let names = self.graph.shape(node);
                if names.listed.is_some() {
                    let members = super::accept::members(self.graph, &names);
                    pick(self.rng, members).and_then(|v| v.as_str().map(str::to_owned))
                } else {
                    let (min, max) = (names.min_length, names.max_length.unwrap_or(usize::MAX));
                    self.text_between(&names, min, max, None).ok()
                }
            } else {
                let stem = ["extra", "further", "other", "spare"]
                    .get(attempt % 4)
                    .copied()
                    .unwrap_or("extra");
                Some(if attempt < 4 {
                    stem.to_owned()
                } else {
                    format!("{stem}{}", below(self.rng, 10_000))
                })
            };
            let Some(name) =
                name.filter(|n| !map.contains_key(n) && !shape.properties.contains_key(n))
            else {
                continue;
            };
            let node = self.graph.property(shape, &name);
            if !self.may_stand(shape, &name, node) || !expressible(super::Place::Body, &name) {
                continue;
            }
            match self.named(node, Some(&name)) {
                Ok(value) => {
                    map.insert(name, value);
                    return Ok(());
                }
                Err(fail) if fail.exhausted => return Err(fail),
                Err(fail) => last = fail.under(name),
            }
        }
        Err(last)
    }
}

/// Trying a property together with its dependants needs a copy of the selection; most objects have no dependants.
trait CloneIfDependent: Sized {
    fn clone_if_dependent(&self, shape: &Shape<'_>) -> Option<Self>;
}

impl CloneIfDependent for IndexMap<String, (NodeId, bool)> {
    fn clone_if_dependent(&self, shape: &Shape<'_>) -> Option<Self> {
        (!shape.dependent.is_empty()).then(|| self.clone())
    }
}
