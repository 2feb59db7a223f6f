//! The functions that suites add to CEL.

use std::sync::Arc;

use cel::{Context, ExecutionError, Value};

use super::scope::Scope;

/// The longest text that `repeat` makes.
const LONGEST: usize = 10 * 1024 * 1024;
/// The longest list that `range` makes.
const LONGEST_LIST: i64 = 1_000;

/// CEL's own functions, those of its extension for texts, and ours.
const KNOWN: &[&str] = &[
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "bytes",
    "type",
    "dyn",
    "has",
    "all",
    "exists",
    "exists_one",
    "filter",
    "map",
    "min",
    "max",
    "duration",
    "timestamp",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "charAt",
    "indexOf",
    "lastIndexOf",
    "join",
    "lowerAscii",
    "replace",
    "split",
    "substring",
    "trim",
    "upperAscii",
    "format",
    "quote",
    "reverse",
    "unique",
    "uuid",
    "digits",
    "repeat",
    "range",
    "at",
    "has_at",
    "to_json",
];

/// Whether there is a function of this name.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name)
}

/// The names, for "did you mean".
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().copied()
}

/// Makes them known.
pub(super) fn add(
    context: &mut Context<'_, '_>,
    scope: &Scope,
) -> Result<(), cel::DeclarationError> {
    let made = scope.maker();
    context.add_function("unique", move |name: Arc<String>| made.unique(&name))?;
    let made = scope.maker();
    context.add_function("uuid", move |name: Arc<String>| made.uuid(&name))?;
    let made = scope.maker();
    context.add_function(
        "digits",
        move |name: Arc<String>, count: i64| -> Result<Value, ExecutionError> {
            match usize::try_from(count) {
                Ok(count @ 1..=1_000) => Ok(text(made.digits(&name, count))),
                _ => Err(failed("digits", "it makes 1 to 1,000 digits")),
            }
        },
    )?;
    context.add_function(
        "repeat",
        |text: Arc<String>, times: i64| -> Result<Value, ExecutionError> {
            let times = usize::try_from(times)
                .map_err(|_| failed("repeat", "a text is repeated no times or more"))?;
            if text.len().saturating_mul(times) > LONGEST {
                return Err(failed("repeat", "it makes at most 10 MB"));
            }
            Ok(self::text(text.repeat(times)))
        },
    )?;
    context.add_function("range", |count: i64| -> Result<Value, ExecutionError> {
        if !(0..=LONGEST_LIST).contains(&count) {
            return Err(failed("range", "it makes 0 to 1,000 numbers"));
        }
        Ok(Value::List(Arc::new((0..count).map(Value::Int).collect())))
    })?;
    context.add_function(
        "at",
        |value: Value, pointer: Arc<String>| -> Result<Value, ExecutionError> {
            let json = value
                .json()
                .map_err(|_| failed("at", "it reads JSON only"))?;
            json.pointer(&pointer)
                .map(super::expression::to_cel)
                .ok_or_else(|| failed("at", &format!("nothing is at `{pointer}`")))
        },
    )?;
    context.add_function(
        "has_at",
        |value: Value, pointer: Arc<String>| -> Result<bool, ExecutionError> {
            let json = value
                .json()
                .map_err(|_| failed("has_at", "it reads JSON only"))?;
            Ok(json.pointer(&pointer).is_some())
        },
    )?;
    context.add_function("to_json", |value: Value| -> Result<Value, ExecutionError> {
        value
            .json()
            .map(|json| text(json.to_string()))
            .map_err(|_| failed("to_json", "it writes JSON only"))
    })
}

fn text(text: String) -> Value {
    Value::String(Arc::new(text))
}

fn failed(function: &str, message: &str) -> ExecutionError {
    ExecutionError::function_error(function, message)
}
