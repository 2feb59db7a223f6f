//! `results.json`: the summary whole, for programs. Its schema is `docs/schemas/results.schema.json`.

use crate::summary::Summary;

/// Writes the summary as JSON, members in a fixed order.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(summary).unwrap_or_else(|error| {
        // Every key of the summary is text, so this cannot happen; if it did, a reader is told.
        serde_json::json!({ "error": error.to_string() }).to_string()
    });
    text.push('\n');
    text
}
