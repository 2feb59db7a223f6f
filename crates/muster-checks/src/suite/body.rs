//! Bodies as suites write them (owner of [`Built`]).

use base64::Engine as _;
use serde_json::Value;

use super::{
    Suite, overlay,
    request::Setting,
    scope::Scope,
    step::{Body, GeneratedStyle, Overlay, Raw},
    template::{self, Trouble},
};
use muster_core::arrange;

/// A body before it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Built {
    /// A value that is written as JSON, or as what the contract's media type asks.
    Value(Value),
    /// Bytes as they stand.
    Bytes(Vec<u8>),
}

impl Body {
    /// Whether it needs a valid body that the contract's own records are arranged for.
    pub(super) fn needs_arranging(&self) -> bool {
        match self {
            Self::Generated(style) => *style == GeneratedStyle::Simple,
            Self::Overlay(overlay) => overlay.on.as_ref().is_none_or(Self::needs_arranging),
            Self::Literal(_) | Self::File(_) | Self::Raw(_) => false,
        }
    }

    /// Whether it is sent as it stands, however wrong.
    pub(super) const fn is_raw(&self) -> bool {
        matches!(self, Self::Raw(_))
    }
}

/// Makes a body.
///
/// # Errors
/// Something in it has no value, or cannot be done.
pub(super) fn build(body: &Body, setting: &Setting<'_>, scope: &Scope) -> Result<Built, Trouble> {
    match body {
        Body::Raw(raw) => bytes(raw, scope).map(Built::Bytes),
        other => value(other, setting, scope).map(Built::Value),
    }
}

fn value(body: &Body, setting: &Setting<'_>, scope: &Scope) -> Result<Value, Trouble> {
    match body {
        Body::Literal(literal) => template::fill(literal, scope).map_err(|t| below("/literal", t)),
        Body::File(path) => {
            let file = file(setting.suite, path).map_err(|reason| trouble("/file", reason))?;
            template::fill(file, scope).map_err(|mut inside| {
                inside.reason = format!("{path}: {}: {}", inside.pointer, inside.reason);
                inside.pointer = "/file".to_owned();
                inside
            })
        }
        Body::Generated(style) => generated(*style, setting).map_err(|r| trouble("/generated", r)),
        Body::Overlay(overlay) => {
            overlaid(overlay, setting, scope).map_err(|t| below("/overlay", t))
        }
        Body::Raw(_) => Err(trouble(
            "/raw",
            "raw bytes are no value that can be changed",
        )),
    }
}

/// A file that the suite names.
pub(super) fn file<'s>(suite: &'s Suite, path: &str) -> Result<&'s Value, String> {
    suite
        .files
        .get(path)
        .ok_or_else(|| format!("`{path}` was not read"))
}

fn overlaid(overlay: &Overlay, setting: &Setting<'_>, scope: &Scope) -> Result<Value, Trouble> {
    let mut target = match &overlay.on {
        Some(on) => value(on, setting, scope).map_err(|t| below("/on", t))?,
        None => generated(GeneratedStyle::Simple, setting).map_err(|reason| trouble("", reason))?,
    };
    if let Some(merge) = &overlay.merge {
        let merge = template::fill(merge, scope).map_err(|t| below("/merge", t))?;
        overlay::merge(&mut target, &merge);
    }
    if let Some(patch) = &overlay.patch {
        let patch = template::fill(patch, scope).map_err(|t| below("/patch", t))?;
        overlay::patch(&mut target, &patch).map_err(|reason| trouble("/patch", reason))?;
    }
    Ok(target)
}

fn generated(style: GeneratedStyle, setting: &Setting<'_>) -> Result<Value, String> {
    if style == GeneratedStyle::Simple {
        return setting
            .arranged
            .and_then(arrange::Arranged::body)
            .cloned()
            .ok_or_else(|| "the contract gives this operation no body to generate".to_owned());
    }
    let operation = setting
        .operation
        .ok_or("only a body of an operation of the contract can be generated")?;
    arrange::generated_body(setting.world, operation, style.into())
}

fn bytes(raw: &Raw, scope: &Scope) -> Result<Vec<u8>, Trouble> {
    match raw {
        Raw::Text(text) => template::fill_as_text(text, scope)
            .map(String::into_bytes)
            .map_err(|t| below("/raw/text", t)),
        Raw::Base64(text) => base64::engine::general_purpose::STANDARD
            .decode(text.trim())
            .map_err(|error| trouble("/raw/base64", format!("this is not base64: {error}"))),
        Raw::Hex(text) => from_hex(text).ok_or_else(|| {
            trouble(
                "/raw/hex",
                "this is not hexadecimal: it needs pairs of 0–9 and a–f",
            )
        }),
    }
}

/// The bytes of hexadecimal text; spaces divide.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    if digits.len() % 2 != 0 {
        return None;
    }
    Some(
        digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect(),
    )
}

fn trouble(pointer: &str, reason: impl Into<String>) -> Trouble {
    Trouble {
        pointer: pointer.to_owned(),
        reason: reason.into(),
        missing: None,
    }
}

/// The same trouble, told from further out.
pub(super) fn below(pointer: &str, mut trouble: Trouble) -> Trouble {
    trouble.pointer = format!("{pointer}{}", trouble.pointer);
    trouble
}
