//! What is wrong with a step.

use serde_json::Value;

use super::{Lint, Mistake, Names, member};
use crate::suite::{
    body::from_hex,
    expect,
    matcher::TYPES,
    step::{Body, Capture, Credentials, ExpectBody, Matcher, Raw, Step},
};

/// Requests of one step.
const MOST_OF_STEP: u64 = 500;
/// The bounds of `until` and `pause_ms`.
const LONGEST_WAIT_S: u64 = 120;
const SHORTEST_INTERVAL_MS: u64 = 50;
const LONGEST_PAUSE_MS: u64 = 60_000;

impl Lint<'_> {
    pub(super) fn step(&mut self, pointer: &str, step: &Step, names: &Names) {
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
                self.value(
                    &member(&format!("{pointer}/with/{kind}"), name),
                    value,
                    names,
                );
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
                self.value(
                    &member(&format!("{pointer}/credentials/instead"), name),
                    value,
                    names,
                );
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
                self.expression(
                    &format!("{pointer}/expect/that/{index}"),
                    expression,
                    &answered,
                );
            }
        }
        for (name, capture) in &step.capture {
            self.capture(&member(&format!("{pointer}/capture"), name), capture);
        }
    }

    fn bounds(&mut self, pointer: &str, step: &Step) {
        if step.rounds().saturating_mul(step.at_once()) > MOST_OF_STEP {
            let key = if step.times.is_some() {
                "times"
            } else {
                "concurrently"
            };
            self.say(
                &format!("{pointer}/{key}"),
                format!(
                    "{} × {} requests are too many for one step",
                    step.rounds(),
                    step.at_once()
                ),
                Some("`times` × `concurrently` is at most 500"),
            );
        }
        if step.pause_ms.is_some_and(|ms| ms > LONGEST_PAUSE_MS) {
            self.say(
                &format!("{pointer}/pause_ms"),
                "the pause is too long",
                Some("at most 60,000 ms"),
            );
        }
        let Some(until) = &step.until else { return };
        if until.within_s > LONGEST_WAIT_S || until.within_s == 0 {
            self.say(
                &format!("{pointer}/until/within_s"),
                "the time is out of bounds",
                Some("1 to 120 seconds"),
            );
        }
        if until.every_ms < SHORTEST_INTERVAL_MS {
            self.say(
                &format!("{pointer}/until/every_ms"),
                "it asks too often",
                Some("at most every 50 ms"),
            );
        }
        if step.times.is_some() || step.concurrently.is_some() {
            self.say(
                &format!("{pointer}/until"),
                "`until` goes with neither `times` nor `concurrently`",
                None,
            );
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
                        self.say(
                            &format!("{at}/on"),
                            "raw bytes cannot be changed by an overlay",
                            None,
                        );
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
                if base64::engine::general_purpose::STANDARD
                    .decode(text.trim())
                    .is_err()
                {
                    self.say(&format!("{pointer}/raw/base64"), "this is not base64", None);
                }
            }
            Body::Raw(Raw::Hex(text)) => {
                if from_hex(text).is_none() {
                    self.say(
                        &format!("{pointer}/raw/hex"),
                        "this is not hexadecimal",
                        Some("pairs of 0–9 and a–f"),
                    );
                }
            }
        }
    }

    /// The expressions of a file; its own places are told in the message.
    pub(super) fn file(&mut self, pointer: &str, path: &str, names: &Names) {
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
                meant: Some((
                    name.clone(),
                    TYPES.iter().map(|&name| name.to_owned()).collect(),
                )),
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
}
