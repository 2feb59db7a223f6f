//! What is wrong with a suite, told without sending anything (owner of [`Mistake`]).

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use super::{
    Case, Suite, Target,
    body::from_hex,
    expect,
    expression::Expression,
    functions,
    interpreter::file_of,
    matcher::TYPES,
    scope::RESERVED,
    step::{Body, Capture, Credentials, ExpectBody, Matcher, Raw, Step},
    template::{Part, parts},
};
use crate::contract::Contract;

/// Requests of one step, of one case, and how often one case asks.
const MOST_OF_STEP: u64 = 500;
const MOST_OF_CASE: u64 = 2_000;
const MOST_TURNS: u64 = 1_800;
/// The bounds of `until` and `pause_ms`.
const LONGEST_WAIT_S: u64 = 120;
const SHORTEST_INTERVAL_MS: u64 = 50;
const LONGEST_PAUSE_MS: u64 = 60_000;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, as a JSON pointer into the file.
    pub pointer: String,
    /// What, in one sentence.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// A name that is not known, where that is what is wrong, and what could be meant.
    pub meant: Option<(String, Vec<String>)>,
}

/// A JSON pointer to a member.
#[must_use]
pub(super) fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Everything that is wrong with a suite itself.
#[must_use]
pub fn lint(suite: &Suite) -> Vec<Mistake> {
    let mut lint = Lint {
        suite,
        mistakes: Vec::new(),
        used: BTreeSet::new(),
        later: BTreeMap::new(),
    };
    lint.suite();
    lint.mistakes
}

/// Everything in a suite that a contract does not have.
#[must_use]
pub fn against(suite: &Suite, contract: &Contract) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let ids: Vec<String> = contract
        .operations
        .iter()
        .flat_map(|operation| operation.id.iter().cloned().chain([operation.key.to_string()]))
        .collect();
    for (index, case) in suite.definition.cases.iter().enumerate() {
        for (pointer, step) in steps(index, case) {
            step_against(step, &pointer, contract, &ids, &mut mistakes);
        }
    }
    mistakes
}

/// The steps of a case and of its cleanup, each with its pointer.
fn steps(index: usize, case: &Case) -> impl Iterator<Item = (String, &Step)> {
    let at = move |kind: &'static str| {
        move |(number, step)| (format!("/cases/{index}/{kind}/{number}"), step)
    };
    case.steps
        .iter()
        .enumerate()
        .map(at("steps"))
        .chain(case.cleanup.iter().enumerate().map(at("cleanup")))
}

fn step_against(
    step: &Step,
    pointer: &str,
    contract: &Contract,
    ids: &[String],
    mistakes: &mut Vec<Mistake>,
) {
    let mut say = |at: &str, message: String, help: Option<&str>| {
        mistakes.push(Mistake {
            pointer: format!("{pointer}{at}"),
            message,
            help: help.map(str::to_owned),
            meant: None,
        });
    };
    let (key, declared) = match step.target(contract) {
        Target::Declared(key) => (key, true),
        Target::Undeclared(key) if step.undeclared => (key, false),
        Target::Undeclared(_) | Target::Unknown => {
            mistakes.push(Mistake {
                pointer: format!("{pointer}/call"),
                message: format!("the contract has no operation `{}`", step.call),
                help: Some(
                    "an operationId, or `METHOD /path` as the contract writes it; `undeclared: true` calls what it does not declare"
                        .to_owned(),
                ),
                meant: Some((step.call.clone(), ids.to_vec())),
            });
            return;
        }
    };
    if declared && step.undeclared {
        say("/undeclared", format!("the contract declares `{}`", step.call), Some("leave `undeclared` out"));
    }
    for name in step.with.path.keys() {
        if !key.path.contains(&format!("{{{name}}}")) {
            say(&member("/with/path", name), format!("`{}` has no variable `{name}`", key.path), None);
        }
    }
    let operation = step.operation(contract);
    if !declared {
        for name in key.path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name) {
            if !step.with.path.contains_key(name) {
                say("/call", format!("the path variable `{name}` has no value"), Some("give it in `with.path`"));
            }
        }
    }
    if step.with.body.as_ref().is_some_and(generates)
        && operation.is_none_or(|operation| operation.body.is_none())
    {
        say("/with/body", format!("the contract gives `{}` no body to generate", step.call), None);
    }
    if let Some(Value::String(name)) = step
        .expect
        .as_ref()
        .and_then(|expect| expect.body.as_ref())
        .and_then(|body| body.schema.as_ref())
    {
        if name == "contract" {
            if !declared {
                say("/expect/body/schema", "the contract says nothing of an undeclared operation".to_owned(), None);
            }
        } else if expect::component(contract, name).is_none() {
            say(
                "/expect/body/schema",
                format!("the contract has no schema `{name}`"),
                Some("`contract`, `#/components/schemas/NAME`, or a JSON Schema"),
            );
        }
    }
}

fn generates(body: &Body) -> bool {
    match body {
        Body::Generated(_) => true,
        Body::Overlay(overlay) => overlay.on.as_ref().is_none_or(generates),
        Body::Literal(_) | Body::File(_) | Body::Raw(_) => false,
    }
}

struct Lint<'s> {
    suite: &'s Suite,
    mistakes: Vec<Mistake>,
    /// Captures that something uses, of the case at hand.
    used: BTreeSet<String>,
    /// Captures of the case at hand, with the step that makes them.
    later: BTreeMap<String, usize>,
}

/// The names that an expression may use at some place.
type Names = BTreeSet<String>;

impl Lint<'_> {
    fn say(&mut self, pointer: &str, message: impl Into<String>, help: Option<&str>) {
        self.mistakes.push(Mistake {
            pointer: pointer.to_owned(),
            message: message.into(),
            help: help.map(str::to_owned),
            meant: None,
        });
    }

    fn suite(&mut self) {
        let definition = &self.suite.definition;
        let mut names: Names = ["params", "data", "run", "case", "index"]
            .into_iter()
            .map(str::to_owned)
            .collect();
        // A table's cells may use what the run gives, not yet what a case makes.
        let given = names.clone();
        self.variables("/variables", &definition.variables, &mut names);
        let mut seen = BTreeMap::new();
        for (index, case) in definition.cases.iter().enumerate() {
            let pointer = format!("/cases/{index}");
            self.once(&format!("{pointer}/id"), "case", &case.id, &mut seen);
            self.case(&pointer, index, case, &names, &given);
        }
    }

    fn once(&mut self, pointer: &str, what: &str, id: &str, seen: &mut BTreeMap<String, usize>) {
        if let Some(line) = seen.get(id) {
            let help = format!("the first one is on line {line}");
            self.say(pointer, format!("{what} `{id}` stands here twice"), Some(&help));
        } else {
            seen.insert(id.to_owned(), self.suite.spots.at(pointer).line);
        }
    }

    fn variables(&mut self, pointer: &str, variables: &Map<String, Value>, names: &mut Names) {
        for (name, value) in variables {
            let at = member(pointer, name);
            self.own_name(&at, name);
            match file_of(value) {
                Some(path) => self.file(&member(&at, "file"), path, names),
                None => self.value(&at, value, names),
            }
            names.insert(name.clone());
        }
    }

    fn own_name(&mut self, pointer: &str, name: &str) {
        let sound = super::expression::plain_path(name).is_some_and(|path| path.len() == 1);
        if !sound {
            self.say(
                pointer,
                format!("`{name}` cannot be used in expressions"),
                Some("letters, digits and `_`, not first a digit"),
            );
        } else if RESERVED.contains(&name) || functions::is_known(name) {
            self.say(pointer, format!("`{name}` means something else in expressions"), Some("take another name"));
        }
    }

    fn case(&mut self, pointer: &str, index: usize, case: &Case, outer: &Names, given: &Names) {
        self.used.clear();
        self.later.clear();
        for (number, step) in case.steps.iter().chain(&case.cleanup).enumerate() {
            for name in step.capture.keys() {
                self.later.entry(name.clone()).or_insert(number + 1);
            }
        }
        let mut names = outer.clone();
        self.rows(pointer, case, given);
        if !case.rows.is_empty() {
            names.insert("row".to_owned());
        }
        self.variables(&format!("{pointer}/variables"), &case.variables, &mut names);
        let (mut requests, mut turns) = (0_u64, 0_u64);
        let mut captured: Vec<(String, String)> = Vec::new();
        for (at, step) in steps(index, case) {
            self.step(&at, step, &names);
            requests = requests.saturating_add(step.most_requests());
            turns = turns.saturating_add(if step.until.is_some() {
                step.most_requests().saturating_mul(2)
            } else {
                step.rounds().saturating_mul(2)
            });
            for name in step.capture.keys() {
                let own = member(&format!("{at}/capture"), name);
                self.own_name(&own, name);
                if !names.insert(name.clone()) {
                    self.say(&own, format!("`{name}` has a value already"), Some("take another name"));
                }
                captured.push((name.clone(), own));
            }
        }
        if requests > MOST_OF_CASE || turns > MOST_TURNS {
            self.say(
                &format!("{pointer}/id"),
                format!("case `{}` may send {requests} requests, {turns} turns one after the other", case.id),
                Some("at most 2,000 requests and 1,800 turns; send several `concurrently`, poll more seldom, or make two cases"),
            );
        }
        for (name, own) in captured {
            if !self.used.contains(&name) {
                self.say(&own, format!("nothing uses the capture `{name}`"), Some("use it in a later step, or leave it out"));
            }
        }
    }

    fn rows(&mut self, pointer: &str, case: &Case, given: &Names) {
        let mut seen = BTreeMap::new();
        let mut cells: Option<BTreeSet<&String>> = None;
        for (index, row) in case.rows.iter().enumerate() {
            let at = format!("{pointer}/rows/{index}");
            match row.get("id").and_then(Value::as_str) {
                Some(id) => self.once(&format!("{at}/id"), "row", id, &mut seen),
                None => self.say(&at, "a row needs an `id`", Some("it names the case in results, so it stays the same when rows are added")),
            }
            for (name, cell) in row {
                self.value(&member(&at, name), cell, given);
            }
            let own: BTreeSet<&String> = row.keys().collect();
            match &cells {
                Some(first) if *first != own => {
                    let missing: Vec<&str> = first.symmetric_difference(&own).map(|name| name.as_str()).collect();
                    let message = format!("this row differs from the first one in its cells: {}", missing.join(", "));
                    self.say(&at, message, Some("every row of a table has the same cells; write `null` for none"));
                }
                Some(_) => {}
                None => cells = Some(own),
            }
        }
    }

    fn step(&mut self, pointer: &str, step: &Step, names: &Names) {
        self.bounds(pointer, step);
        if step.call.contains("${{") {
            self.say(
                &format!("{pointer}/call"),
                "what is called is fixed",
                Some("write `{name}` in the path and give it in `with.path`"),
            );
        }
        for (kind, values) in [
            ("path", &step.with.path),
            ("query", &step.with.query),
            ("headers", &step.with.headers),
        ] {
            for (name, value) in values {
                self.value(&member(&format!("{pointer}/with/{kind}"), name), value, names);
            }
        }
        if let Some(media_type) = &step.with.media_type {
            self.text(&format!("{pointer}/with/media_type"), media_type, names);
        }
        if let Some(body) = &step.with.body {
            self.body(&format!("{pointer}/with/body"), body, names);
        }
        if let Credentials::Instead(headers) = &step.credentials {
            for (name, value) in headers {
                self.value(&member(&format!("{pointer}/credentials/instead"), name), value, names);
            }
        }
        if let Some(expect) = &step.expect {
            for (name, value) in &expect.headers {
                let at = member(&format!("{pointer}/expect/headers"), name);
                match serde_json::from_value::<Matcher>(value.clone()) {
                    Ok(matcher) if value.is_object() => self.matcher(&at, &matcher, names),
                    _ => self.value(&at, value, names),
                }
            }
            if let Some(body) = &expect.body {
                self.expected_body(&format!("{pointer}/expect/body"), body, names);
            }
            let mut answered = names.clone();
            answered.extend(["answer", "answers", "request"].map(str::to_owned));
            for (index, expression) in expect.that.iter().enumerate() {
                self.expression(&format!("{pointer}/expect/that/{index}"), expression, &answered);
            }
        }
        for (name, capture) in &step.capture {
            self.capture(&member(&format!("{pointer}/capture"), name), capture);
        }
    }

    fn bounds(&mut self, pointer: &str, step: &Step) {
        if step.rounds().saturating_mul(step.at_once()) > MOST_OF_STEP {
            let key = if step.times.is_some() { "times" } else { "concurrently" };
            self.say(
                &format!("{pointer}/{key}"),
                format!("{} × {} requests are too many for one step", step.rounds(), step.at_once()),
                Some("`times` × `concurrently` is at most 500"),
            );
        }
        if step.pause_ms.is_some_and(|ms| ms > LONGEST_PAUSE_MS) {
            self.say(&format!("{pointer}/pause_ms"), "the pause is too long", Some("at most 60,000 ms"));
        }
        let Some(until) = &step.until else { return };
        if until.within_s > LONGEST_WAIT_S || until.within_s == 0 {
            self.say(&format!("{pointer}/until/within_s"), "the time is out of bounds", Some("1 to 120 seconds"));
        }
        if until.every_ms < SHORTEST_INTERVAL_MS {
            self.say(&format!("{pointer}/until/every_ms"), "it asks too often", Some("at most every 50 ms"));
        }
        if step.times.is_some() || step.concurrently.is_some() {
            self.say(&format!("{pointer}/until"), "`until` goes with neither `times` nor `concurrently`", None);
        }
    }

    fn body(&mut self, pointer: &str, body: &Body, names: &Names) {
        match body {
            Body::Literal(value) => self.value(&format!("{pointer}/literal"), value, names),
            Body::File(path) => self.file(&format!("{pointer}/file"), path, names),
            Body::Generated(_) => {}
            Body::Overlay(overlay) => {
                let at = format!("{pointer}/overlay");
                if let Some(on) = &overlay.on {
                    if on.is_raw() {
                        self.say(&format!("{at}/on"), "raw bytes cannot be changed by an overlay", None);
                    }
                    self.body(&format!("{at}/on"), on, names);
                }
                if let Some(merge) = &overlay.merge {
                    self.value(&format!("{at}/merge"), merge, names);
                }
                if let Some(patch) = &overlay.patch {
                    self.value(&format!("{at}/patch"), patch, names);
                }
            }
            Body::Raw(Raw::Text(text)) => self.text(&format!("{pointer}/raw/text"), text, names),
            Body::Raw(Raw::Base64(text)) => {
                use base64::Engine as _;
                if base64::engine::general_purpose::STANDARD.decode(text.trim()).is_err() {
                    self.say(&format!("{pointer}/raw/base64"), "this is not base64", None);
                }
            }
            Body::Raw(Raw::Hex(text)) => {
                if from_hex(text).is_none() {
                    self.say(&format!("{pointer}/raw/hex"), "this is not hexadecimal", Some("pairs of 0–9 and a–f"));
                }
            }
        }
    }

    /// The expressions of a file; its own places are told in the message.
    fn file(&mut self, pointer: &str, path: &str, names: &Names) {
        let Some(value) = self.suite.files.get(path) else {
            return;
        };
        let before = self.mistakes.len();
        self.value("", value, names);
        for mistake in self.mistakes.iter_mut().skip(before) {
            mistake.message = format!("{path}, at `{}`: {}", mistake.pointer, mistake.message);
            mistake.pointer = pointer.to_owned();
        }
    }

    fn expected_body(&mut self, pointer: &str, body: &ExpectBody, names: &Names) {
        if let Some(schema @ (Value::Object(_) | Value::Bool(_))) = &body.schema
            && let Err(reason) = expect::inline_schema(schema)
        {
            self.say(&format!("{pointer}/schema"), reason, None);
        }
        for (index, matcher) in body.at.iter().enumerate() {
            let at = format!("{pointer}/at/{index}");
            let path = format!("{at}/path");
            if matcher.path.contains("${{") {
                self.text(&path, &matcher.path, names);
            } else {
                self.json_path(&path, &matcher.path);
            }
            self.matcher(&at, matcher, names);
        }
        for (index, text) in body.not_containing.iter().enumerate() {
            self.text(&format!("{pointer}/not_containing/{index}"), text, names);
        }
    }

    fn json_path(&mut self, pointer: &str, path: &str) {
        if let Err(error) = JsonPath::parse(path) {
            let message = format!("this is no JSONPath: at character {}, {}", error.position(), error.message());
            self.say(pointer, message, Some("as RFC 9535 writes it, such as `$.data[0]['@id']`"));
        }
    }

    fn regex(&mut self, pointer: &str, pattern: &str) {
        if let Err(error) = Regex::new(pattern) {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.say(pointer, format!("this is no regular expression: {reason}"), None);
        }
    }

    fn matcher(&mut self, pointer: &str, matcher: &Matcher, names: &Names) {
        for (key, value) in [
            ("count", &matcher.count),
            ("is", &matcher.is),
            ("is_not", &matcher.is_not),
            ("one_of", &matcher.one_of),
            ("contains", &matcher.contains),
            ("length", &matcher.length),
            ("at_least", &matcher.at_least),
            ("at_most", &matcher.at_most),
        ] {
            if let Some(value) = value {
                self.value(&format!("{pointer}/{key}"), value, names);
            }
        }
        if let Some(pattern) = &matcher.matches {
            let at = format!("{pointer}/matches");
            if pattern.contains("${{") {
                self.text(&at, pattern, names);
            } else {
                self.regex(&at, pattern);
            }
        }
        if let Some(name) = &matcher.r#type
            && !TYPES.contains(&name.as_str())
        {
            self.mistakes.push(Mistake {
                pointer: format!("{pointer}/type"),
                message: format!("there is no type `{name}`"),
                help: Some(TYPES.join(", ")),
                meant: Some((name.clone(), TYPES.iter().map(|&name| name.to_owned()).collect())),
            });
        }
    }

    fn capture(&mut self, pointer: &str, capture: &Capture) {
        match (&capture.json, &capture.header, &capture.regex) {
            (Some(path), None, None) => self.json_path(&format!("{pointer}/json"), path),
            (None, _, Some(pattern)) => self.regex(&format!("{pointer}/regex"), pattern),
            (None, Some(_), None) => {}
            _ => self.say(
                pointer,
                "a capture is taken by `json`, or by `header` or `regex` or both",
                Some("such as `{ json: $.data.id, type: string }`"),
            ),
        }
    }

    /// Every expression in a value.
    fn value(&mut self, pointer: &str, value: &Value, names: &Names) {
        match value {
            Value::String(text) => self.text(pointer, text, names),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.value(&format!("{pointer}/{index}"), item, names);
                }
            }
            Value::Object(members) => {
                for (name, value) in members {
                    self.value(&member(pointer, name), value, names);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, pointer: &str, text: &str, names: &Names) {
        match parts(text) {
            Ok(parts) => {
                for part in parts {
                    if let Part::Expression(expression, _) = part {
                        self.expression(pointer, expression, names);
                    }
                }
            }
            Err(reason) => self.say(pointer, reason, None),
        }
    }

    fn expression(&mut self, pointer: &str, text: &str, names: &Names) {
        let parsed = match Expression::parse(text) {
            Ok(parsed) => parsed,
            Err(reason) => {
                self.say(pointer, format!("`{text}` is no CEL: {reason}"), None);
                return;
            }
        };
        for function in parsed.unknown_functions() {
            self.mistakes.push(Mistake {
                pointer: pointer.to_owned(),
                message: format!("there is no function `{function}`"),
                help: Some("docs/suites.md lists the functions".to_owned()),
                meant: Some((function, functions::names().map(str::to_owned).collect())),
            });
        }
        for name in &parsed.names {
            self.used.insert(name.clone());
            if names.contains(name) {
                continue;
            }
            match self.later.get(name).copied() {
                Some(step) => self.say(
                    pointer,
                    format!("`{name}` is used before it is there: step {step} captures it"),
                    None,
                ),
                None => self.mistakes.push(Mistake {
                    pointer: pointer.to_owned(),
                    message: format!("there is no variable or capture `{name}`"),
                    help: None,
                    meant: Some((name.clone(), names.iter().cloned().collect())),
                }),
            }
        }
    }
}
