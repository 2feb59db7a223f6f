//! What later steps need of an answer (owner of [`taken`]).

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::{
    matcher,
    step::{Capture, CaptureType},
};
use muster_core::exchange::Exchange;

/// What a capture takes from an answer, or why it finds nothing.
pub(super) fn taken(capture: &Capture, answer: &Exchange) -> Result<Value, String> {
    let response = answer
        .response()
        .ok_or_else(|| "no response came".to_owned())?;
    if let Some(path) = &capture.json {
        let json = response
            .json()
            .map_err(|reason| format!("the body is not JSON ({reason})"))?;
        let parsed = JsonPath::parse(path).map_err(|error| error.to_string())?;
        let found = parsed.query(json).all();
        let [value] = found.as_slice() else {
            return Err(format!(
                "`{path}` selects {} values of {}",
                found.len(),
                matcher::shown(json)
            ));
        };
        return typed_json(value, capture.r#type.unwrap_or(CaptureType::Any));
    }
    let text = match &capture.header {
        Some(name) => response
            .headers
            .get(name)
            .ok_or_else(|| format!("the response has no header `{name}`"))?
            .to_owned(),
        None => String::from_utf8_lossy(&response.body).into_owned(),
    };
    let text = match &capture.regex {
        Some(pattern) => {
            let regex = Regex::new(pattern).map_err(|error| error.to_string())?;
            let found = regex
                .captures(&text)
                .ok_or_else(|| format!("`{pattern}` does not match `{}`", matcher::short(&text)))?;
            found
                .get(1)
                .or_else(|| found.get(0))
                .map(|found| found.as_str().to_owned())
                .unwrap_or_default()
        }
        None => text,
    };
    typed_text(text, capture.r#type.unwrap_or(CaptureType::String))
}

fn typed_json(value: &Value, wanted: CaptureType) -> Result<Value, String> {
    let name = match wanted {
        CaptureType::Any => return Ok(value.clone()),
        CaptureType::String => "string",
        CaptureType::Integer => "integer",
        CaptureType::Number => "number",
        CaptureType::Boolean => "boolean",
        CaptureType::Object => "object",
        CaptureType::Array => "array",
    };
    if matcher::is_of_type(value, name) {
        Ok(value.clone())
    } else {
        Err(format!(
            "expected {name}, found {} of type {}",
            matcher::shown(value),
            matcher::type_of(value)
        ))
    }
}

fn typed_text(text: String, wanted: CaptureType) -> Result<Value, String> {
    let failed = |what: &str| format!("`{}` is not {what}", matcher::short(&text));
    match wanted {
        CaptureType::Integer => text
            .trim()
            .parse::<i64>()
            .map(Value::from)
            .map_err(|_| failed("an integer")),
        CaptureType::Number => text
            .trim()
            .parse::<f64>()
            .map(Value::from)
            .map_err(|_| failed("a number")),
        CaptureType::Boolean => text
            .trim()
            .parse::<bool>()
            .map(Value::from)
            .map_err(|_| failed("a boolean")),
        CaptureType::Object | CaptureType::Array => Err(failed("an object or array")),
        CaptureType::String | CaptureType::Any => Ok(Value::String(text)),
    }
}
