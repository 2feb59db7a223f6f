//! A step as a request (owner of [`Setting`]).

use serde_json::Value;

use super::{
    Suite,
    body::{self, Built, below},
    scope::Scope,
    step::{Credentials, Step},
    template::{self, Trouble},
};
use muster_core::{
    arrange::{self, Arranged, serialise},
    contract::{Media, Operation, ParameterPlace},
    exchange::{Address, Auth, Body, Headers, Intent, Request, Shown},
    model::{Method, OperationKey},
    script::ProbeContext,
};

/// What a request is made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) suite: &'a Suite,
    pub(super) world: &'a ProbeContext<'a>,
    /// What is called.
    pub(super) key: &'a OperationKey,
    /// The operation, where the contract declares it.
    pub(super) operation: Option<&'a Operation>,
    /// A valid request to it, where the step leaves anything to be arranged.
    pub(super) arranged: Option<&'a Arranged>,
    /// What the case is for.
    pub(super) purpose: &'a str,
}

/// Whether a step leaves anything for Muster to arrange.
pub(super) fn needs_arranging(step: &Step, operation: &Operation) -> bool {
    let given = |place: ParameterPlace, name: &str| match place {
        ParameterPlace::Path => step.with.path.contains_key(name),
        ParameterPlace::Query | ParameterPlace::Querystring => step.with.query.contains_key(name),
        ParameterPlace::Header | ParameterPlace::Cookie => step
            .with
            .headers
            .keys()
            .any(|held| held.eq_ignore_ascii_case(name)),
    };
    step.with
        .body
        .as_ref()
        .is_some_and(crate::suite::Body::needs_arranging)
        || operation
            .path_variables()
            .any(|name| !given(ParameterPlace::Path, name))
        || operation.parameters.iter().any(|parameter| {
            parameter.required
                && matches!(
                    parameter.place,
                    ParameterPlace::Query | ParameterPlace::Header
                )
                && !given(parameter.place, &parameter.name)
        })
}

/// The request of a step.
///
/// # Errors
/// Something in it has no value or cannot be written; the pointer is below the step.
pub(super) fn build(step: &Step, setting: &Setting<'_>, scope: &Scope) -> Result<Request, Trouble> {
    let path = path(step, setting, scope)?;
    let query = query(step, setting, scope)?;
    let address = if query.is_empty() {
        path
    } else {
        format!("{path}?{}", query.join("&"))
    };
    let purpose = step
        .name
        .clone()
        .unwrap_or_else(|| format!("{}: {}", step.call, setting.purpose));
    let mut request = Request::new(setting.key.method.clone(), Address::Base(address), purpose);
    request.operation = setting.operation.map(|operation| operation.key.clone());
    request.identity = step.identity.clone().unwrap_or_default();
    request.certificate = step.certificate.into();
    if request.certificate != Shown::Own {
        request.purpose = format!(
            "{}, showing {}",
            request.purpose,
            request.certificate.label()
        );
    }
    request.intent = if step.statuses().all_refuse() {
        Intent::Wrong(setting.purpose.to_owned())
    } else {
        Intent::Plausible
    };
    if let Some(body) = &step.with.body {
        request.body = Some(written(body, step, setting, scope)?);
    }
    headers(step, setting, scope, &mut request.headers)?;
    request.auth = match &step.credentials {
        Credentials::Declared => Auth::Declared,
        Credentials::None => Auth::Nothing,
        Credentials::Part(number) => Auth::Part(*number),
        Credentials::Instead(given) => {
            let mut instead = Headers::new();
            for (name, value) in given {
                let value = template::fill(value, scope)
                    .map_err(|t| below(&format!("/credentials/instead/{name}"), t))?;
                instead.append(name, serialise::scalar(&value));
            }
            Auth::Instead(instead)
        }
    };
    Ok(request)
}

fn path(step: &Step, setting: &Setting<'_>, scope: &Scope) -> Result<String, Trouble> {
    let mut given = Vec::new();
    for (name, value) in &step.with.path {
        let value =
            template::fill(value, scope).map_err(|t| below(&format!("/with/path/{name}"), t))?;
        given.push((name.as_str(), value));
    }
    serialise::fill(&setting.key.path, |name| {
        let value = given
            .iter()
            .find(|(held, _)| *held == name)
            .map(|(_, value)| value)
            .or_else(|| {
                setting
                    .arranged
                    .and_then(|arranged| arranged.values.get(ParameterPlace::Path, name))
            })?;
        setting
            .operation
            .and_then(|operation| operation.parameter(ParameterPlace::Path, name))
            .and_then(|parameter| serialise::path(parameter, value).ok())
            .or_else(|| Some(serialise::encode(&serialise::scalar(value))))
    })
    .map_err(|why| Trouble {
        pointer: "/call".to_owned(),
        reason: format!("the path cannot be written: {why}"),
        missing: None,
    })
}

fn query(step: &Step, setting: &Setting<'_>, scope: &Scope) -> Result<Vec<String>, Trouble> {
    let mut query = Vec::new();
    if let (Some(operation), Some(arranged)) = (setting.operation, setting.arranged) {
        for parameter in operation.parameters.iter().filter(|parameter| {
            parameter.place == ParameterPlace::Query
                && parameter.required
                && !step.with.query.contains_key(&parameter.name)
        }) {
            if let Some(value) = arranged.values.get(ParameterPlace::Query, &parameter.name) {
                query.extend(serialise::query(parameter, value).unwrap_or_default());
            }
        }
    }
    for (name, value) in &step.with.query {
        let pointer = format!("/with/query/{name}");
        let value = template::fill(value, scope).map_err(|t| below(&pointer, t))?;
        let declared = setting
            .operation
            .and_then(|operation| operation.parameter(ParameterPlace::Query, name))
            .and_then(|parameter| serialise::query(parameter, &value).ok());
        match (declared, value) {
            (_, Value::Null) => {}
            (Some(pairs), _) => query.extend(pairs),
            (None, Value::Array(items)) => {
                query.extend(items.iter().map(|item| pair(name, item)));
            }
            (None, value) => query.push(pair(name, &value)),
        }
    }
    Ok(query)
}

fn pair(name: &str, value: &Value) -> String {
    format!(
        "{}={}",
        serialise::encode(name),
        serialise::encode(&serialise::scalar(value))
    )
}

fn headers(
    step: &Step,
    setting: &Setting<'_>,
    scope: &Scope,
    headers: &mut Headers,
) -> Result<(), Trouble> {
    if setting.key.method != Method::Options {
        headers.set(
            "accept",
            setting
                .operation
                .map_or_else(|| "*/*".to_owned(), arrange::accept),
        );
    }
    if let (Some(operation), Some(arranged)) = (setting.operation, setting.arranged) {
        for parameter in operation
            .parameters
            .iter()
            .filter(|parameter| parameter.place == ParameterPlace::Header && parameter.required)
        {
            if let Some(text) = arranged
                .values
                .get(ParameterPlace::Header, &parameter.name)
                .and_then(|value| serialise::header(parameter, value).ok())
            {
                headers.set(&parameter.name, text);
            }
        }
    }
    for (name, value) in &step.with.headers {
        match template::fill(value, scope)
            .map_err(|t| below(&format!("/with/headers/{name}"), t))?
        {
            Value::Null => headers.remove(name),
            value => headers.set(name, serialise::scalar(&value)),
        }
    }
    Ok(())
}

fn written(
    authored: &crate::suite::Body,
    step: &Step,
    setting: &Setting<'_>,
    scope: &Scope,
) -> Result<Body, Trouble> {
    let built = body::build(authored, setting, scope).map_err(|t| below("/with/body", t))?;
    let given = match &step.with.media_type {
        Some(authored) => Some(
            template::fill_as_text(authored, scope).map_err(|t| below("/with/media_type", t))?,
        ),
        None => None,
    };
    let declared: Option<&Media> = setting
        .operation
        .and_then(|operation| operation.body.as_ref())
        .and_then(|body| arrange::body::choose(&body.content));
    let media_type = match given.as_deref() {
        Some("none") => None,
        Some(given) => Some(given.to_owned()),
        None => Some(declared.map_or_else(
            || "application/json".to_owned(),
            |media| media.media_type.clone(),
        )),
    };
    match built {
        Built::Bytes(bytes) => Ok(Body {
            media_type,
            bytes: bytes.into(),
        }),
        Built::Value(value) => match (given, declared) {
            (None, Some(media)) => arrange::body::write(setting.world.contract, media, &value)
                .map_err(|why| Trouble {
                    pointer: "/with/body".to_owned(),
                    reason: format!("it cannot be written as {}: {why}", media.media_type),
                    missing: None,
                }),
            _ => Ok(Body {
                media_type,
                bytes: value.to_string().into(),
            }),
        },
    }
}
