//! `results.json`: the summary whole, for programs. Its schema is `docs/schemas/results.schema.json`.

use serde::Serialize;

use super::{Format, text};
use crate::summary::Summary;

/// The results with the verdict in a sentence.
#[derive(Serialize)]
struct Results<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    headline: String,
}

/// `results.json`.
pub(super) const FORMAT: Format = Format {
    name: "json",
    file: "results.json",
    about: "the results whole, for programs",
    in_folder: true,
    render: |summary, _| render(summary),
};

/// Writes the summary as JSON, members in a fixed order.
#[must_use]
pub fn render(summary: &Summary) -> String {
    let mut text = serde_json::to_string_pretty(&Results {
        summary,
        headline: text::verdict(summary),
    })
    .unwrap_or_else(|error| {
        // Every key of the summary is text, so this cannot happen; if it did, a reader is told.
        serde_json::json!({ "error": error.to_string() }).to_string()
    });
    text.push('\n');
    text
}
