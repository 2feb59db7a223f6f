//! A badge as SVG, for a README or a dashboard: nothing is fetched and nothing runs.

use super::{Format, text};
use crate::summary::Summary;
use muster_core::verdict::Conformance;

/// `badge.svg`.
pub(super) const FORMAT: Format = Format {
    name: "badge",
    file: "badge.svg",
    about: "a badge as SVG, for a README or a dashboard",
    in_folder: false,
    render: |summary, _| render(summary),
};

/// The width of a character of the badge's font at most, in pixels; the text is fitted to it.
const CHARACTER: usize = 7;
/// What stands left and right of a text.
const MARGIN: usize = 8;

fn render(summary: &Summary) -> String {
    let left = summary.started.profile.id.as_str();
    let right = text::word(summary);
    // White on each of them has a contrast of at least 4.5 to 1.
    let colour = match summary.conformance {
        Conformance::Conformant => "#1a7f37",
        Conformance::NonConformant => "#b42318",
        Conformance::Undetermined => "#8a5a00",
    };
    let left_text = left.chars().count() * CHARACTER;
    let right_text = right.chars().count() * CHARACTER;
    let left_width = left_text + 2 * MARGIN;
    let width = left_width + right_text + 2 * MARGIN;
    let (left_middle, right_middle) = (left_width / 2, left_width + (width - left_width) / 2);
    let right_width = width - left_width;
    let label = escaped(&format!("{left}: {right}"));
    let (left, right) = (escaped(left), escaped(right));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" viewBox="0 0 {width} 20" role="img" aria-label="{label}">
  <title>{label}</title>
  <rect width="{left_width}" height="20" fill="#444"/>
  <rect x="{left_width}" width="{right_width}" height="20" fill="{colour}"/>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="{left_middle}" y="14" textLength="{left_text}" lengthAdjust="spacingAndGlyphs">{left}</text>
    <text x="{right_middle}" y="14" textLength="{right_text}" lengthAdjust="spacingAndGlyphs">{right}</text>
  </g>
</svg>
"##
    )
}

fn escaped(text: &str) -> String {
    super::sanitise::line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
