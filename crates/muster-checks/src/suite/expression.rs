//! CEL, bounded: what an expression refers to, and its value within a deadline (owner of [`Expression`]).

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock, mpsc},
    time::Duration,
};

use cel::{
    Context, Env, IdedExpr, Program,
    common::ast::{EntryExpr, Expr},
    objects::{Key, Map as CelMap},
};
use serde_json::{Map, Value};

use super::{functions, scope::Scope};

/// How deep comprehensions may nest: each level multiplies the work.
pub(super) const DEEPEST: usize = 2;
/// How long one expression may take.
const DEADLINE: Duration = Duration::from_secs(2);
/// How long the text of an expression may be.
const LONGEST: usize = 4_000;

static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    // The names of the extension are all new ones, so that it can only be added.
    let _ = env.add_extension(cel::extensions::strings);
    Arc::new(env)
});

/// One expression, parsed.
#[derive(Debug)]
pub(super) struct Expression {
    text: String,
    program: Program,
    /// The names it refers to, those it binds itself left out.
    pub(super) names: BTreeSet<String>,
    nesting: usize,
}

impl Expression {
    /// Parses it.
    ///
    /// # Errors
    /// It is not CEL, is too long, or nests too deep.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!(
                "an expression has at most {LONGEST} characters; this one has {}",
                text.len()
            ));
        }
        let program = ENVIRONMENT
            .compile(text)
            .map_err(|errors| syntax(text, &errors))?;
        let mut walk = Walk::default();
        walk.visit(program.expression(), 0);
        if walk.nesting > DEEPEST {
            return Err(format!(
                "comprehensions (`all`, `exists`, `filter`, `map`) nest at most {DEEPEST} deep; here they nest {}",
                walk.nesting
            ));
        }
        Ok(Self {
            text: text.to_owned(),
            program,
            names: walk.names,
            nesting: walk.nesting,
        })
    }

    /// The functions that are called and are not there.
    pub(super) fn unknown_functions(&self) -> Vec<String> {
        let mut unknown: Vec<String> = self
            .program
            .references()
            .functions()
            .into_iter()
            .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
            .filter(|name| !functions::is_known(name))
            .map(str::to_owned)
            .collect();
        unknown.sort();
        unknown
    }

    /// Its value.
    ///
    /// # Errors
    /// The reason, where it has none.
    pub(super) fn evaluate(&self, scope: &Scope) -> Result<Value, String> {
        let variables: Vec<(String, Value)> = self
            .names
            .iter()
            .filter_map(|name| Some((name.clone(), scope.get(name)?.clone())))
            .collect();
        if self.nesting == 0 {
            return run(&self.program, variables, scope);
        }
        // Only comprehensions can take long. What runs past the deadline ends by itself: nesting is capped.
        let (sender, receiver) = mpsc::channel();
        let (text, scope) = (self.text.clone(), scope.bare());
        std::thread::spawn(move || {
            let value = ENVIRONMENT
                .compile(&text)
                .map_err(|errors| syntax(&text, &errors))
                .and_then(|program| run(&program, variables, &scope));
            let _ = sender.send(value);
        });
        receiver.recv_timeout(DEADLINE).unwrap_or_else(|_| {
            Err(format!(
                "it took longer than {} seconds",
                DEADLINE.as_secs()
            ))
        })
    }
}

/// A name, or members of it, that needs no engine: `report`, `row.patch`.
pub(super) fn plain_path(text: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = text.split('.').collect();
    let is_name = |name: &&str| {
        let mut characters = name.chars();
        characters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let literal = matches!(text, "true" | "false" | "null");
    (!literal && names.iter().all(is_name)).then_some(names)
}

fn run(program: &Program, variables: Vec<(String, Value)>, scope: &Scope) -> Result<Value, String> {
    let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
    functions::add(&mut context, scope).map_err(|error| error.to_string())?;
    for (name, value) in variables {
        context.add_variable_from_value(name, to_cel(&value));
    }
    let value = program
        .execute(&context)
        .map_err(|error| error.to_string())?;
    let json = value
        .json()
        .map_err(|_| "its value has no JSON".to_owned())?;
    Ok(sorted(json))
}

/// The engine's maps have no order; sorted members make the same bytes every time.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members.into_iter().collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name, sorted(value)))
                    .collect::<Map<_, _>>(),
            )
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// A JSON value in the engine; whole numbers are signed, so that they add up with literals.
pub(super) fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(truth) => cel::Value::Bool(*truth),
        Value::Number(number) => number.as_i64().map_or_else(
            || {
                number.as_u64().map_or_else(
                    || cel::Value::Float(number.as_f64().unwrap_or(f64::NAN)),
                    cel::Value::UInt,
                )
            },
            cel::Value::Int,
        ),
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Array(items) => cel::Value::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(members) => {
            let map: HashMap<Key, cel::Value> = members
                .iter()
                .map(|(name, value)| (Key::String(Arc::new(name.clone())), to_cel(value)))
                .collect();
            cel::Value::Map(CelMap { map: Arc::new(map) })
        }
    }
}

/// The first reason, with the column it was seen at.
fn syntax(text: &str, errors: &cel::ParseErrors) -> String {
    let Some(first) = errors.errors.first() else {
        return "it does not parse".to_owned();
    };
    let message = first.msg.lines().next().unwrap_or_default();
    if text.len() > 20 && first.pos.1 > 0 {
        format!("{message} (at character {})", first.pos.1)
    } else {
        message.to_owned()
    }
}

/// What an expression refers to, and how deep it nests.
#[derive(Default)]
struct Walk {
    names: BTreeSet<String>,
    bound: Vec<String>,
    nesting: usize,
}

impl Walk {
    fn visit(&mut self, node: &IdedExpr, depth: usize) {
        self.nesting = self.nesting.max(depth);
        match &node.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => {
                if !name.starts_with('@') && !self.bound.contains(name) {
                    self.names.insert(name.clone());
                }
            }
            Expr::Call(call) => {
                if let Some(target) = &call.target {
                    self.visit(target, depth);
                }
                for argument in &call.args {
                    self.visit(argument, depth);
                }
            }
            Expr::Comprehension(comprehension) => {
                self.visit(&comprehension.iter_range, depth);
                self.visit(&comprehension.accu_init, depth);
                let before = self.bound.len();
                self.bound.push(comprehension.iter_var.clone());
                self.bound.push(comprehension.accu_var.clone());
                self.bound.extend(comprehension.iter_var2.clone());
                self.visit(&comprehension.loop_cond, depth + 1);
                self.visit(&comprehension.loop_step, depth + 1);
                self.visit(&comprehension.result, depth);
                self.bound.truncate(before);
            }
            Expr::List(list) => {
                for element in &list.elements {
                    self.visit(element, depth);
                }
            }
            Expr::Select(select) => self.visit(&select.operand, depth),
            Expr::Map(map) => self.entries(&map.entries, depth),
            Expr::Struct(structure) => self.entries(&structure.entries, depth),
        }
    }

    fn entries(&mut self, entries: &[cel::common::ast::IdedEntryExpr], depth: usize) {
        for entry in entries {
            match &entry.expr {
                EntryExpr::StructField(field) => self.visit(&field.value, depth),
                EntryExpr::MapEntry(entry) => {
                    self.visit(&entry.key, depth);
                    self.visit(&entry.value, depth);
                }
            }
        }
    }
}
