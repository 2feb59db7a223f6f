//! Bodies: which media type of several, and a value as its bytes.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{
    serialise::{self, Unserialisable},
    shape,
};
use crate::{
    contract::{Contract, Media, Parameter, ParameterPlace, Style},
    exchange::Body,
};

/// The kinds of body that Muster can write, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Json,
    JsonLike,
    Anything,
    Form,
    Multipart,
    Text,
    Binary,
    /// XML and the like: only from an example that is a text.
    Other,
}

fn kind(media: &Media) -> Kind {
    let essence = essence(&media.media_type);
    match essence {
        "application/json" | "text/json" => Kind::Json,
        "*/*" | "application/*" => Kind::Anything,
        "application/x-www-form-urlencoded" => Kind::Form,
        "multipart/form-data" | "multipart/mixed" | "multipart/*" => Kind::Multipart,
        _ if essence.ends_with("json") => Kind::JsonLike,
        "text/plain" | "text/csv" | "text/*" | "text/markdown" | "text/html" => Kind::Text,
        _ if essence.ends_with("xml") || essence.ends_with("yaml") => Kind::Other,
        _ => Kind::Binary,
    }
}

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// The media type of several that a valid request is written in: JSON first.
#[must_use]
pub fn choose(content: &[Media]) -> Option<&Media> {
    content.iter().min_by_key(|media| kind(media))
}

/// A value as the bytes of a media type.
///
/// # Errors
/// When the media type cannot carry the value, or Muster cannot write it.
pub fn write(contract: &Contract, media: &Media, value: &Value) -> Result<Body, Unserialisable> {
    let concrete = concrete(&media.media_type);
    let body = |bytes: Bytes| Body {
        media_type: Some(concrete.to_owned()),
        bytes,
    };
    match kind(media) {
        Kind::Json | Kind::JsonLike | Kind::Anything => Ok(Body::json(concrete, value)),
        Kind::Form => Ok(body(
            form(contract, media, value)?.join("&").into_bytes().into(),
        )),
        Kind::Multipart => multipart(contract, media, value),
        Kind::Text | Kind::Binary => Ok(body(serialise::scalar(value).into_bytes().into())),
        Kind::Other => match value {
            Value::String(text) => Ok(body(text.clone().into_bytes().into())),
            _ => Err(Unserialisable(format!(
                "Muster writes no `{concrete}` of its own; an example of it in the contract would be sent as it stands"
            ))),
        },
    }
}

/// A media type that can be sent: ranges become their commonest member.
fn concrete(media_type: &str) -> &str {
    match essence(media_type) {
        "*/*" | "application/*" => "application/json",
        "text/*" => "text/plain",
        "image/*" => "image/png",
        "multipart/*" => "multipart/form-data",
        range if range.ends_with("/*") => "application/octet-stream",
        _ => media_type,
    }
}

/// A media type that no contract names.
pub const UNNAMED_TYPE: &str = "text/x-muster";

/// The parts of a multipart body whose media types the contract lists one by one: name, and the list as written.
#[must_use]
pub fn typed_parts(contract: &Contract, media: &Media) -> Vec<(String, String)> {
    let parts = encodings(contract, media).into_iter().flatten();
    parts
        .filter_map(|(name, encoding)| {
            let types = encoding.get("contentType")?.as_str()?;
            let open = types.contains('*') || types.contains("octet-stream");
            (!open).then(|| (name.clone(), types.to_owned()))
        })
        .collect()
}

/// A multipart body that says of one part that it is of [another media type](UNNAMED_TYPE); none where the part says
/// nothing of its own.
#[must_use]
pub fn with_part_type(body: &Body, name: &str) -> Option<Body> {
    let text = std::str::from_utf8(&body.bytes).ok()?;
    let begins = text.find(&format!("name=\"{}\"", quoted(name)))?;
    let (before, part) = text.split_at_checked(begins)?;
    let (head, content) = part.split_once("\r\n\r\n")?;
    let (disposition, media_type) = head.split_once("\r\nContent-Type: ")?;
    let after = media_type.split_once("\r\n").map_or("", |(_, after)| after);
    let bytes =
        format!("{before}{disposition}\r\nContent-Type: {UNNAMED_TYPE}{after}\r\n\r\n{content}");
    Some(Body {
        media_type: body.media_type.clone(),
        bytes: bytes.into_bytes().into(),
    })
}

/// The `encoding` object of a media type, as the document writes it.
fn encodings<'c>(contract: &'c Contract, media: &Media) -> Option<&'c Map<String, Value>> {
    let pointer = media.pointer.strip_prefix('#').unwrap_or(&media.pointer);
    contract.at(pointer)?.get("encoding")?.as_object()
}

fn form(contract: &Contract, media: &Media, value: &Value) -> Result<Vec<String>, Unserialisable> {
    let Value::Object(members) = value else {
        return Err(Unserialisable("a form body has to be an object".to_owned()));
    };
    let encodings = encodings(contract, media);
    let mut pairs = Vec::new();
    for (name, value) in members {
        let encoding = encodings
            .and_then(|encodings| encodings.get(name))
            .and_then(Value::as_object);
        let styled = encoding.filter(|encoding| {
            ["style", "explode", "allowReserved"]
                .iter()
                .any(|keyword| encoding.contains_key(*keyword))
        });
        match styled {
            Some(encoding) if !value.is_null() => {
                let style = match encoding.get("style").and_then(Value::as_str) {
                    Some("spaceDelimited") => Style::SpaceDelimited,
                    Some("pipeDelimited") => Style::PipeDelimited,
                    Some("deepObject") => Style::DeepObject,
                    _ => Style::Form,
                };
                let explode = encoding
                    .get("explode")
                    .and_then(Value::as_bool)
                    .unwrap_or(style == Style::Form);
                pairs.extend(serialise::query(
                    &Parameter {
                        name: name.clone(),
                        description: String::new(),
                        place: ParameterPlace::Query,
                        required: false,
                        deprecated: false,
                        style,
                        explode,
                        // A form reads `&`, `=` and `+` as its own: nothing reserved is left as it is.
                        allow_reserved: false,
                        schema: None,
                        content: None,
                        examples: Vec::new(),
                        pointer: String::new(),
                    },
                    value,
                )?);
            }
            _ => pairs.extend(serialise::form_pairs(name, value)),
        }
    }
    Ok(pairs)
}

fn multipart(contract: &Contract, media: &Media, value: &Value) -> Result<Body, Unserialisable> {
    let Value::Object(members) = value else {
        return Err(Unserialisable(
            "a multipart body has to be an object".to_owned(),
        ));
    };
    let encodings = encodings(contract, media);
    let described = media
        .schema
        .as_ref()
        .map(|schema| shape::members(&contract.schemas, schema))
        .unwrap_or_default();
    let mut parts = Vec::new();
    for (name, value) in members {
        let declared = encodings
            .and_then(|encodings| encodings.get(name))
            .and_then(|encoding| encoding.get("contentType"))
            .and_then(Value::as_str)
            .and_then(|types| types.split(',').next())
            .map(|media_type| concrete(media_type.trim()).to_owned());
        let schema = described
            .iter()
            .find(|member| member.name == *name)
            .map(|member| {
                shape::items(&contract.schemas, &member.schema)
                    .unwrap_or_else(|| member.schema.clone())
            });
        let keyword = |keyword: &str| {
            schema
                .as_ref()
                .and_then(|schema| shape::keyword(&contract.schemas, schema, keyword))
                .and_then(|value| value.as_str().map(str::to_owned))
        };
        let file = keyword("format").is_some_and(|format| format == "binary")
            || keyword("contentMediaType").is_some()
            || schema.as_ref().is_some_and(|schema| {
                shape::types(&contract.schemas, schema).is_empty()
                    && shape::members(&contract.schemas, schema).is_empty()
            });
        let items = match value {
            Value::Array(items) => items.as_slice(),
            Value::Null => &[],
            one => std::slice::from_ref(one),
        };
        for item in items {
            let kind = declared.clone().or_else(|| match item {
                Value::Object(_) | Value::Array(_) => Some("application/json".to_owned()),
                _ if file => keyword("contentMediaType")
                    .or_else(|| Some("application/octet-stream".to_owned())),
                _ => None,
            });
            let text = match item {
                Value::Object(_) | Value::Array(_) => item.to_string(),
                one => serialise::scalar(one),
            };
            let name = quoted(name);
            let mut part = format!("Content-Disposition: form-data; name=\"{name}\"");
            if file {
                part.push_str("; filename=\"muster.bin\"");
            }
            part.push_str("\r\n");
            if let Some(kind) = kind {
                part.push_str(&format!("Content-Type: {kind}\r\n"));
            }
            part.push_str("\r\n");
            part.push_str(&text);
            part.push_str("\r\n");
            parts.push(part);
        }
    }
    let boundary = boundary(&parts);
    let mut bytes = String::new();
    for part in parts {
        bytes.push_str(&format!("--{boundary}\r\n{part}"));
    }
    bytes.push_str(&format!("--{boundary}--\r\n"));
    let media_type = concrete(&media.media_type);
    Ok(Body {
        media_type: Some(format!("{}; boundary={boundary}", essence(media_type))),
        bytes: bytes.into_bytes().into(),
    })
}

/// A name inside the quotes of `Content-Disposition`, as browsers write it.
fn quoted(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A boundary that no part holds; the same parts always have the same.
fn boundary(parts: &[String]) -> String {
    let mut number = parts.iter().fold(0_u64, |number, part| {
        number ^ super::values::hash(part).rotate_left(7)
    });
    loop {
        let boundary = format!("muster-{number:016x}");
        if !parts.iter().any(|part| part.contains(&boundary)) {
            return boundary;
        }
        number = number.wrapping_add(1);
    }
}
