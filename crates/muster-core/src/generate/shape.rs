//! What a combination of schemas asks of a value, merged: the [`Shape`].

use std::sync::{Arc, OnceLock};

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Number, Value};

use super::format::Format;
use super::graph::NodeId;
use super::number::Limits;
use super::pattern::Pattern;

/// A schema and the URI of the document it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sub<'a> {
    pub(super) schema: &'a Value,
    pub(super) base: &'a str,
}

pub(super) static NEVER: Value = Value::Bool(false);
pub(super) static ALWAYS: Value = Value::Bool(true);

impl<'a> Sub<'a> {
    pub(super) const fn new(schema: &'a Value, base: &'a str) -> Self {
        Self { schema, base }
    }

    /// A schema is known by where it stands in memory: it outlives the generator.
    pub(super) fn address(&self) -> usize {
        // Booleans are alike wherever they stand.
        match self.schema {
            Value::Bool(true) => std::ptr::from_ref(&ALWAYS).addr(),
            Value::Bool(false) => std::ptr::from_ref(&NEVER).addr(),
            other => std::ptr::from_ref(other).addr(),
        }
    }
}

/// A set of JSON types. Integers and other numbers are apart, so that `number` is both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Types(pub(super) u8);

impl Types {
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const INTEGER: Self = Self(4);
    pub(super) const FRACTION: Self = Self(8);
    pub(super) const NUMBER: Self = Self(12);
    pub(super) const STRING: Self = Self(16);
    pub(super) const ARRAY: Self = Self(32);
    pub(super) const OBJECT: Self = Self(64);
    pub(super) const ALL: Self = Self(127);
    pub(super) const NONE: Self = Self(0);
    /// The order in which a type is preferred where a schema leaves the choice.
    pub(super) const ORDER: [Self; 7] = [
        Self::OBJECT,
        Self::ARRAY,
        Self::STRING,
        Self::INTEGER,
        Self::FRACTION,
        Self::BOOLEAN,
        Self::NULL,
    ];

    pub(super) fn named(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => Self::NONE,
        }
    }

    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(n) if super::number::is_integer(n) => Self::INTEGER,
            Value::Number(_) => Self::FRACTION,
            Value::String(_) => Self::STRING,
            Value::Array(_) => Self::ARRAY,
            Value::Object(_) => Self::OBJECT,
        }
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// How the branches of a choice are held against a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ChoiceKind {
    /// `oneOf`: exactly one.
    One,
    /// `anyOf`: one at least.
    Any,
    /// `if`: the first branch where it holds, the second where not.
    If,
    /// `dependentSchemas`: the first branch where the property is absent, the second where present.
    Dependent,
    /// A `discriminator` without `oneOf`: one of the schemas its mapping names.
    Mapping,
}

/// A choice still open.
#[derive(Clone, Debug)]
pub(super) struct Choice<'a> {
    /// The address of the schema that asks, the kind and a number tell choices apart.
    pub(super) key: (usize, ChoiceKind, usize),
    pub(super) branches: Vec<Branch<'a>>,
    /// The condition of an `if`.
    pub(super) condition: Option<NodeId>,
}

/// One way of a choice.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch<'a> {
    pub(super) add: Vec<Sub<'a>>,
    pub(super) require: Option<String>,
    pub(super) forbid: Option<String>,
    /// The discriminator property and the values that name this branch.
    pub(super) tag: Option<(String, Vec<String>)>,
    /// How a person would call it.
    pub(super) label: String,
}

/// One schema's word on properties.
#[derive(Clone, Debug)]
pub(super) struct ObjectPart<'a> {
    pub(super) base: &'a str,
    pub(super) properties: Option<&'a Map<String, Value>>,
    pub(super) patterns: Vec<(Arc<Pattern>, Sub<'a>)>,
    pub(super) additional: Option<Sub<'a>>,
}

/// One schema's word on items.
#[derive(Clone, Debug)]
pub(super) struct ArrayPart<'a> {
    pub(super) prefix: Vec<Sub<'a>>,
    pub(super) items: Option<Sub<'a>>,
}

/// `contains` with its counts.
#[derive(Clone, Debug)]
pub(super) struct Contains<'a> {
    pub(super) sub: Sub<'a>,
    pub(super) node: NodeId,
    pub(super) min: usize,
    pub(super) max: usize,
}

/// What a combination of schemas asks.
#[derive(Debug)]
pub(super) struct Shape<'a> {
    /// Why nothing can be valid, where that is plain to see.
    pub(super) never: Option<String>,
    pub(super) types: Types,
    /// The types that its keywords speak of, for schemas that name none.
    pub(super) hint: Types,
    pub(super) listed: Option<Vec<&'a Value>>,
    /// `listed`, less what the other keywords refuse.
    pub(super) members: OnceLock<Vec<&'a Value>>,
    pub(super) examples: Vec<&'a Value>,
    pub(super) read_only: bool,
    pub(super) write_only: bool,

    pub(super) number: Limits,

    pub(super) min_length: usize,
    pub(super) max_length: Option<usize>,
    pub(super) patterns: Vec<Arc<Pattern>>,
    pub(super) formats: Vec<Format>,

    pub(super) arrays: Vec<ArrayPart<'a>>,
    pub(super) contains: Vec<Contains<'a>>,
    pub(super) min_items: usize,
    pub(super) max_items: Option<usize>,
    pub(super) unique: bool,
    pub(super) unevaluated_items: Vec<Sub<'a>>,

    pub(super) objects: Vec<ObjectPart<'a>>,
    /// Every property that is spoken of, with the node for its value.
    pub(super) properties: IndexMap<String, NodeId>,
    pub(super) required: IndexSet<String>,
    pub(super) forbidden: IndexSet<String>,
    pub(super) tags: Vec<(String, Vec<String>)>,
    pub(super) names: Vec<Sub<'a>>,
    pub(super) names_node: Option<NodeId>,
    pub(super) min_properties: usize,
    pub(super) max_properties: Option<usize>,
    pub(super) dependent: Vec<(String, Vec<String>)>,
    pub(super) unevaluated: Vec<Sub<'a>>,

    pub(super) choices: Vec<Choice<'a>>,
    pub(super) nots: Vec<NodeId>,
}

impl Shape<'_> {
    pub(super) fn empty() -> Self {
        Self {
            never: None,
            types: Types::ALL,
            hint: Types::NONE,
            listed: None,
            members: OnceLock::new(),
            examples: Vec::new(),
            read_only: false,
            write_only: false,
            number: Limits::default(),
            min_length: 0,
            max_length: None,
            patterns: Vec::new(),
            formats: Vec::new(),
            arrays: Vec::new(),
            contains: Vec::new(),
            min_items: 0,
            max_items: None,
            unique: false,
            unevaluated_items: Vec::new(),
            objects: Vec::new(),
            properties: IndexMap::new(),
            required: IndexSet::new(),
            forbidden: IndexSet::new(),
            tags: Vec::new(),
            names: Vec::new(),
            names_node: None,
            min_properties: 0,
            max_properties: None,
            dependent: Vec::new(),
            unevaluated: Vec::new(),
            choices: Vec::new(),
            nots: Vec::new(),
        }
    }

    /// The types worth making: those it names, or those its keywords speak of.
    pub(super) fn wanted_types(&self) -> Types {
        let hinted = self.types.and(self.hint);
        if self.types == Types::ALL && !hinted.is_empty() {
            hinted
        } else {
            self.types
        }
    }
}

/// Equality as JSON Schema has it: 1 and 1.0 are one number.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || same_number(a, b),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    // Two integers of different value may share a float beyond 2^53, so only mixed pairs compare as floats.
    (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
}
