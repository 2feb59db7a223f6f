//! The names that expressions see (owner of [`Scope`]).

use std::{collections::BTreeMap, fmt::Write as _};

use rand_chacha::rand_core::Rng as _;
use serde_json::{Map, Value, json};

use super::Chosen;
use muster_core::{generate, script::ProbeContext};

/// Names that no variable and no capture may take.
pub(super) const RESERVED: &[&str] = &[
    "row",
    "params",
    "data",
    "run",
    "case",
    "index",
    "answer",
    "answers",
    "request",
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
    "int",
    "uint",
    "double",
    "bool",
    "string",
    "bytes",
    "list",
    "map",
    "type",
    "null_type",
    "dyn",
];

/// Makes texts that are the run's own.
#[derive(Debug, Clone)]
pub(super) struct Maker {
    seed: u64,
    tag: String,
}

impl Maker {
    fn random(&self, kind: &str, name: &str) -> generate::Rng {
        generate::rng(self.seed, &format!("suite {kind} {} {name}", self.tag))
    }

    /// A text that is unique to the run, the case and the name, and can be seen to be made up.
    pub(super) fn unique(&self, name: &str) -> String {
        let kept: String = name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .take(20)
            .collect();
        let number = self.random("unique", name).next_u32();
        if kept.is_empty() {
            format!("{}-{number:08x}", self.tag)
        } else {
            format!("{}-{kept}-{number:08x}", self.tag)
        }
    }

    /// The same as a UUID of version 4.
    pub(super) fn uuid(&self, name: &str) -> String {
        let mut bytes = [0_u8; 16];
        self.random("uuid", name).fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    }

    /// The same as digits, the first not 0.
    pub(super) fn digits(&self, name: &str, count: usize) -> String {
        let mut random = self.random("digits", name);
        let mut text = String::with_capacity(count);
        for position in 0..count {
            let digit = if position == 0 {
                1 + random.next_u32() % 9
            } else {
                random.next_u32() % 10
            };
            let _ = write!(text, "{digit}");
        }
        text
    }
}

/// Names and their values.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    values: BTreeMap<String, Value>,
    maker: Maker,
}

impl Scope {
    /// What is there before any variable.
    pub(super) fn new(world: &ProbeContext<'_>, chosen: &Chosen<'_>) -> Self {
        let mut parameters = chosen.suite.definition.parameters.clone();
        for (name, value) in &world.parameters.0 {
            parameters.insert(name.clone(), value.clone());
        }
        let data: Map<String, Value> = world
            .known
            .data()
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let values = [
            ("params", Value::Object(parameters)),
            ("data", Value::Object(data)),
            ("run", json!(world.run_tag)),
            ("case", json!(chosen.case.id)),
            ("index", json!(0)),
        ];
        Self {
            values: values
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            maker: Maker {
                seed: world.seed,
                tag: world.run_tag.to_owned(),
            },
        }
    }

    /// The value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// Gives a name a value.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// Whether a name has a value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The same without any value.
    pub(super) fn bare(&self) -> Self {
        Self {
            values: BTreeMap::new(),
            maker: self.maker.clone(),
        }
    }

    /// What makes texts.
    pub(super) fn maker(&self) -> Maker {
        self.maker.clone()
    }
}
