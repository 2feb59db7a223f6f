//! `report.html`: one file that opens anywhere, for the person who decides and the person who repairs.

use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde_json::Value;

use super::{Format, sanitise, view::Page};
use crate::summary::Summary;

const TEMPLATE: &str = include_str!("templates/report.html.j2");
const STYLE: &str = include_str!("templates/report.css");

/// `report.html`.
pub(super) const FORMAT: Format = Format {
    name: "html",
    file: "report.html",
    about: "one page with everything, for people",
    in_folder: true,
    render: |summary, _| render(summary),
};

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
    environment.add_filter("prose", prose);
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

/// A sentence in which what stands between backticks is code.
fn prose(text: &str) -> minijinja::Value {
    let mut out = String::with_capacity(text.len() + 16);
    let mut parts = text.split('`').peekable();
    let mut inside = false;
    while let Some(part) = parts.next() {
        // A backtick that nothing closes is only a backtick.
        match (inside, parts.peek().is_some()) {
            (true, true) => {
                out.push_str("<code>");
                escape(&mut out, part);
                out.push_str("</code>");
            }
            (true, false) => {
                out.push('`');
                escape(&mut out, part);
            }
            (false, _) => escape(&mut out, part),
        }
        inside = !inside;
    }
    minijinja::Value::from_safe_string(out)
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#x27;"),
            c => out.push(c),
        }
    }
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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a test may stop where it stands"
    )]

    use super::*;

    #[test]
    fn backticks_are_code_and_nothing_else_is_markup() {
        let got = |text: &str| prose(text).to_string();
        assert_eq!(got("say `a<b` & `c"), "say <code>a&lt;b</code> &amp; `c");
        assert_eq!(got("``"), "<code></code>");
        assert_eq!(got("<b>'\""), "&lt;b&gt;&#x27;&quot;");
    }
}
