//! Compiled validators and what they say (owner of [`Book`] and [`Judge`]).

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, RwLock},
};

use jsonschema::{
    Draft, PatternOptions, Registry, Retrieve, Uri, ValidationError, Validator,
    error::ValidationErrorKind,
};
use serde_json::{Value, json};

use super::{
    documents::{Library, Target},
    modernise::range,
    normalise::UNRESOLVED,
    sample,
    schema::{Schema, Validity, Violation},
};

/// Kinds of violation that are told of one value: by keyword and place in the schema.
const MOST_VIOLATIONS: usize = 20;
/// Steps back a pattern with look-around may take, about three milliseconds.
const BACKTRACKS: usize = 200_000;
/// Bytes a compiled pattern may take.
const PATTERN_SIZE: usize = 10 << 20;
/// Judges of places inside schemas that are kept; the rest are compiled on each call.
const MOST_INNER: usize = 512;
/// Characters of a value that a message may show.
const EXCERPT: usize = 60;

/// Normalised documents with the validators compiled from them.
pub(super) struct Book {
    pub(super) documents: HashMap<Arc<str>, Arc<Value>>,
    registry: Result<Registry<'static>, String>,
    pub(super) cells: Vec<OnceLock<Arc<Judge>>>,
    /// Judges of places inside schemas, which only callers of ours asked for.
    inner: RwLock<HashMap<Schema, Arc<Judge>>>,
    /// The judge of a place that does not exist.
    pub(super) nobody: Arc<Judge>,
}

impl Default for Book {
    fn default() -> Self {
        Self::new(HashMap::new(), 0)
    }
}

/// A retriever that fetches nothing: whatever is not in the registry compiles for nobody.
struct Nothing;

impl Retrieve for Nothing {
    fn retrieve(
        &self,
        _uri: &Uri<String>,
    ) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Ok(nowhere())
    }
}

fn nowhere() -> Value {
    json!({ "type": "unresolved" })
}

impl Book {
    pub(super) fn new(documents: HashMap<Arc<str>, Arc<Value>>, places: usize) -> Self {
        let registry = registry(&documents).map_err(|error| error.to_string());
        Self {
            documents,
            registry,
            cells: std::iter::repeat_with(OnceLock::new).take(places).collect(),
            inner: RwLock::default(),
            nobody: Arc::new(Judge(Err("there is no schema at this place".to_owned()))),
        }
    }

    pub(super) fn at(&self, document: &str, pointer: &str) -> Option<&Value> {
        self.documents.get(document)?.pointer(pointer)
    }

    /// The judge of a place inside a schema, compiled when first asked for: a run asks for the members of one body
    /// some hundred times.
    pub(super) fn inner(&self, schema: &Schema) -> Arc<Judge> {
        if let Ok(held) = self.inner.read()
            && let Some(judge) = held.get(schema)
        {
            return Arc::clone(judge);
        }
        let judge = Arc::new(self.compile(&schema.document, &schema.pointer));
        if let Ok(mut held) = self.inner.write()
            && held.len() < MOST_INNER
        {
            held.insert(schema.clone(), Arc::clone(&judge));
        }
        judge
    }

    /// Compiles the schema of a place.
    pub(super) fn compile(&self, document: &str, pointer: &str) -> Judge {
        if self.at(document, pointer).is_none() {
            return Judge(Err("there is no schema at this place".to_owned()));
        }
        let registry = match &self.registry {
            Ok(registry) => registry,
            Err(why) => return Judge(Err(why.clone())),
        };
        let target = Target {
            document: document.into(),
            pointer: pointer.to_owned(),
        };
        let wrapper = json!({ "$ref": Library::address(&target) });
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_base_uri("muster:///compiled")
            .with_registry(registry)
            .with_retriever(Nothing)
            .should_validate_formats(true)
            .with_format("byte", is_base64)
            .with_pattern_options(patterns())
            .build(&wrapper);
        Judge(built.map_err(|error| reason(&error)))
    }
}

fn patterns() -> PatternOptions<jsonschema::FancyRegex> {
    PatternOptions::fancy_regex()
        .backtrack_limit(BACKTRACKS)
        .size_limit(PATTERN_SIZE)
}

/// Whether a pattern can be compiled.
pub(super) fn is_pattern(pattern: &str) -> bool {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(patterns())
        .build(&json!({ "pattern": pattern }))
        .is_ok()
}

fn registry(
    documents: &HashMap<Arc<str>, Arc<Value>>,
) -> Result<Registry<'static>, jsonschema::ReferencingError> {
    let mut builder = Registry::new()
        .draft(Draft::Draft202012)
        .retriever(Nothing)
        .add(UNRESOLVED.split('#').next().unwrap_or_default(), json!({}))?;
    for (uri, document) in documents {
        builder = builder.add(&**uri, Arc::clone(document))?;
    }
    builder.prepare()
}

fn reason(error: &ValidationError<'_>) -> String {
    let text = error.to_string();
    if text.contains("not/fetched") {
        "a `$ref` in it, or in a schema it refers to, leads to a document that was not fetched"
            .to_owned()
    } else if text.contains("leads/nowhere") {
        "a `$ref` in it, or in a schema it refers to, leads nowhere".to_owned()
    } else {
        let place = error.schema_path().as_str();
        let text = excerpt(&text, 300);
        if place.is_empty() || place == "/$ref" {
            text
        } else {
            format!("{text} (at `{place}`)")
        }
    }
}

fn is_base64(text: &str) -> bool {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text).is_ok()
}

/// A compiled validator, or why there is none.
pub(super) struct Judge(Result<Validator, String>);

impl Judge {
    pub(super) fn fault(&self) -> Option<&str> {
        self.0.as_ref().err().map(String::as_str)
    }

    pub(super) fn validate(&self, value: &Value) -> Validity {
        let validator = match &self.0 {
            Ok(validator) => validator,
            Err(why) => return Validity::Unjudgeable(why.clone()),
        };
        if validator.is_valid(value) {
            return Validity::Valid;
        }
        // The library gathers every error before it shows the first: of a huge value only the beginning is explained.
        let sample = sample::of(value);
        let mut violations: Vec<Violation> = Vec::new();
        for error in validator.iter_errors(sample.value()) {
            if gave_up(&error) {
                return Validity::Unjudgeable(GAVE_UP.to_owned());
            }
            if sample.made(error.instance_path().as_str(), error.kind().keyword()) {
                continue;
            }
            for leaf in leaves(&error) {
                let (keyword, schema) = (leaf.kind().keyword(), leaf.schema_path().as_str());
                let is_full = violations.len() >= MOST_VIOLATIONS;
                let same = violations
                    .iter_mut()
                    .find(|held| held.keyword == keyword && held.schema == schema);
                match same {
                    Some(held) => held.count += 1,
                    None if is_full => {}
                    None => violations.push(violation(leaf)),
                }
            }
        }
        if violations.is_empty() {
            // What is wrong lies beyond the sample, or in the number of items.
            match validator.validate(value) {
                Err(error) if gave_up(&error) => {
                    return Validity::Unjudgeable(GAVE_UP.to_owned());
                }
                Err(error) => violations.extend(leaves(&error).into_iter().map(violation)),
                Ok(()) => return Validity::Valid,
            }
        }
        Validity::Invalid(violations)
    }
}

const GAVE_UP: &str = "a pattern took too long to match the value";

/// Whether the error says that matching was given up, here or in an alternative.
fn gave_up(error: &ValidationError<'_>) -> bool {
    match error.kind() {
        ValidationErrorKind::BacktrackLimitExceeded { .. }
        | ValidationErrorKind::RegexEngineFailure { .. } => true,
        ValidationErrorKind::AnyOf { context }
        | ValidationErrorKind::OneOfNotValid { context }
        | ValidationErrorKind::OneOfMultipleValid { context } => {
            context.iter().flatten().any(gave_up)
        }
        ValidationErrorKind::PropertyNames { error } => gave_up(error),
        _ => false,
    }
}

/// What an error is about: where all alternatives but one are for values of another type, such as null beside an
/// object, the errors of that one.
fn leaves<'e>(error: &'e ValidationError<'e>) -> Vec<&'e ValidationError<'e>> {
    let context = match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context
        }
        _ => return vec![error],
    };
    let is_for_others = |alternative: &[ValidationError<'_>]| {
        alternative.iter().any(|inner| {
            inner.instance_path().as_str() == error.instance_path().as_str() && is_of_type(inner)
        })
    };
    let mut meant = context
        .iter()
        .filter(|alternative| !is_for_others(alternative));
    match (meant.next(), meant.next()) {
        (Some(one), None) if context.len() > 1 && !one.is_empty() => {
            one.iter().flat_map(leaves).collect()
        }
        _ => vec![error],
    }
}

/// Whether the error is about the type of the value, written as `type`, or as a constant null.
fn is_of_type(error: &ValidationError<'_>) -> bool {
    match error.kind() {
        ValidationErrorKind::Type { .. } => true,
        ValidationErrorKind::Constant { expected_value } => {
            expected_value.is_null() && !error.instance().is_null()
        }
        ValidationErrorKind::Enum { options } => {
            !error.instance().is_null()
                && options
                    .as_array()
                    .is_some_and(|options| options.iter().all(serde_json::Value::is_null))
        }
        _ => false,
    }
}

fn violation(error: &ValidationError<'_>) -> Violation {
    let mut violation = Violation {
        instance: error.instance_path().as_str().to_owned(),
        schema: error.schema_path().as_str().to_owned(),
        keyword: error.kind().keyword().to_owned(),
        message: message(error),
        count: 1,
    };
    // The ranges of number formats are bounds that we put in; the document says `format`.
    let limit = match error.kind() {
        ValidationErrorKind::Minimum { limit } | ValidationErrorKind::Maximum { limit } => limit,
        _ => return violation,
    };
    if let Some(format) = FORMATS.iter().find(|format| {
        range(format).is_some_and(|(low, high)| low == *limit || high == *limit)
            && !matches!(limit.as_u64(), Some(0))
    }) {
        violation.message = format!("{} (a limit of `{format}`)", violation.message);
    }
    violation
}

const FORMATS: &[&str] = &["int32", "int64", "float", "uint32", "uint64"];

fn message(error: &ValidationError<'_>) -> String {
    let shown = excerpt(&error.instance().to_string(), EXCERPT);
    let mut text = excerpt(&error.masked_with(shown).to_string(), 400);
    if let ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } =
        error.kind()
        && let Some((number, nearest)) = context
            .iter()
            .enumerate()
            .filter_map(|(at, errors)| Some((at + 1, errors.len(), errors.first()?)))
            .min_by_key(|(_, count, _)| *count)
            .map(|(number, _, first)| (number, first))
    {
        let shown = excerpt(&nearest.instance().to_string(), EXCERPT);
        let inner = excerpt(&nearest.masked_with(shown).to_string(), 200);
        let place = nearest.instance_path().as_str();
        let place = if place.is_empty() {
            String::new()
        } else {
            format!(" at `{place}`")
        };
        text.push_str(&format!(
            "; the nearest alternative, number {number}, fails{place}: {inner}"
        ));
    }
    text
}

fn excerpt(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
