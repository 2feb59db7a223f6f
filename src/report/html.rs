//! `report.html`: one file that opens anywhere, for the person who decides and the person who repairs.

use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde_json::Value;

use super::{sanitise, view::Page};
use crate::summary::Summary;

const TEMPLATE: &str = include_str!("templates/report.html.j2");
const STYLE: &str = include_str!("templates/report.css");

/// Writes the page. Everything is in it; nothing is fetched and nothing runs.
#[must_use]
pub fn render(summary: &Summary) -> String {
    try_render(summary).unwrap_or_else(|error| {
        // The template is part of the program and tested with it; should it fail all the same, say so.
        format!(
            "<!doctype html><title>Muster</title><p>The report could not be made: {error}.</p>\n"
        )
    })
}

fn try_render(summary: &Summary) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    // The ending of the name turns escaping on.
    environment.add_template("report.html", TEMPLATE)?;
    environment.add_global(
        "style",
        minijinja::Value::from_safe_string(STYLE.to_owned()),
    );
    let mut page = serde_json::to_value(Page::of(summary)).unwrap_or_default();
    clean(&mut page);
    environment.get_template("report.html")?.render(Serde(page))
}

/// Takes out of every text what has no business on a page.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => *text = sanitise::text(text),
        Value::Array(items) => items.iter_mut().for_each(clean),
        Value::Object(members) => members.values_mut().for_each(clean),
        _ => {}
    }
}
