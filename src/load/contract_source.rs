//! The text of a JSON or YAML document, read with the place of everything in it (owner of [`read`]).

use crate::contract::Document;

use super::{contract_json, contract_yaml};

/// Values nest this deep at most.
pub(super) const DEEPEST: usize = 200;

/// Text that is neither JSON nor YAML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

/// Reads a document: JSON where it begins like JSON and is, YAML otherwise.
///
/// # Errors
/// Where the bytes are no UTF-8 text, or the text is neither JSON nor YAML.
pub fn read(bytes: &[u8]) -> Result<Document, SyntaxError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        SyntaxError {
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            column: before
                .iter()
                .rev()
                .take_while(|byte| **byte != b'\n')
                .count()
                + 1,
            message: "the text is not UTF-8; save it as UTF-8".to_owned(),
        }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with(['{', '[']) {
        match contract_json::read(text) {
            Ok(document) => Ok(document),
            // Flow YAML begins like JSON too; if it is not that either, JSON is what was meant.
            Err(json) => contract_yaml::read(text).map_err(|_| json),
        }
    } else {
        contract_yaml::read(text)
    }
}
