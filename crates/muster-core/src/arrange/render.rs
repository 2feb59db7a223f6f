//! Values as a request.

use serde_json::Value;

use super::{Values, body, is_credential, serialise};
use crate::{
    contract::{Contract, Operation, Parameter, ParameterPlace},
    exchange::{Address, Intent, Request},
    model::Method,
};

pub(crate) use super::serialise::Unserialisable;

/// Whether a parameter can carry a value at its place.
pub(crate) fn can_carry(parameter: &Parameter, value: &Value) -> bool {
    match parameter.place {
        ParameterPlace::Path => {
            serialise::path(parameter, value).is_ok_and(|text| !matches!(text.as_str(), "." | ".."))
                && (!has_slash(value) || takes_slashes(parameter))
        }
        ParameterPlace::Query | ParameterPlace::Querystring => serialise::query(parameter, value)
            .is_ok_and(|pairs| !parameter.required || !pairs.is_empty()),
        ParameterPlace::Header => serialise::header(parameter, value)
            .is_ok_and(|text| !parameter.required || !text.is_empty()),
        ParameterPlace::Cookie => serialise::cookie(parameter, value).is_ok(),
    }
}

/// Whether the text of a value has a slash in it.
fn has_slash(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('/'))
}

/// Whether the contract shows by an example that a path parameter takes slashes: routers differ in what they make of
/// an encoded one.
fn takes_slashes(parameter: &Parameter) -> bool {
    parameter
        .examples
        .iter()
        .any(|example| has_slash(&example.value))
}

/// The request that carries the values.
///
/// # Errors
/// When a place cannot carry its value.
pub(crate) fn request(
    contract: &Contract,
    operation: &Operation,
    values: &Values,
) -> Result<Request, Unserialisable> {
    let path = serialise::fill(&operation.key.path, |name| {
        if let Some((_, text)) = values.path_texts.iter().find(|(held, _)| held == name) {
            return Some(text.clone());
        }
        let parameter = operation.parameter(ParameterPlace::Path, name)?;
        serialise::path(parameter, values.get(ParameterPlace::Path, name)?).ok()
    })?;
    let mut query = Vec::new();
    let mut cookies = Vec::new();
    let mut headers = Vec::new();
    for filled in &values.parameters {
        let Some(parameter) = operation.parameter(filled.place, &filled.name) else {
            continue;
        };
        if is_credential(contract, operation, parameter) {
            continue;
        }
        match filled.place {
            ParameterPlace::Path => {}
            ParameterPlace::Query | ParameterPlace::Querystring => {
                query.extend(serialise::query(parameter, &filled.value)?);
            }
            ParameterPlace::Header => {
                headers.push((
                    filled.name.clone(),
                    serialise::header(parameter, &filled.value)?,
                ));
            }
            ParameterPlace::Cookie => cookies.extend(serialise::cookie(parameter, &filled.value)?),
        }
    }
    for (name, text) in &values.query_texts {
        query.push(format!(
            "{}={}",
            serialise::encode(name),
            serialise::encode(text)
        ));
    }
    let address = if query.is_empty() {
        path
    } else {
        format!("{path}?{}", query.join("&"))
    };
    let mut request = Request::new(
        operation.key.method.clone(),
        Address::Base(address),
        format!("calls {} validly", operation.key),
    )
    .calling(&operation.key)
    .meant(Intent::Valid);
    if operation.key.method != Method::Options {
        request.headers.set("accept", accept(operation));
    }
    for (name, text) in headers {
        request.headers.append(name, text);
    }
    if !cookies.is_empty() {
        request.headers.append("cookie", cookies.join("; "));
    }
    if let (Some(media), Some((value, _))) = (&values.media, &values.body) {
        request.body = Some(body::write(contract, media, value)?);
    }
    Ok(request)
}

/// The media types that a success is documented in, in document order.
#[must_use]
pub fn accept(operation: &Operation) -> String {
    let mut accepted: Vec<&str> = Vec::new();
    for response in &operation.responses {
        if !(200..300).any(|status| response.status.matches(status)) {
            continue;
        }
        for media in &response.content {
            if !accepted.contains(&media.media_type.as_str()) {
                accepted.push(&media.media_type);
            }
        }
    }
    if accepted.is_empty() {
        "*/*".to_owned()
    } else {
        accepted.join(", ")
    }
}
