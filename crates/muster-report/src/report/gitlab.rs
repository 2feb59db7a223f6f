//! GitLab code quality: findings as issues that a merge request shows beside the lines of contract and suites.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{Format, evidence, sanitise, text};
use crate::summary::Summary;
use muster_core::model::Level;

/// `gl-code-quality.json`.
pub(super) const FORMAT: Format = Format {
    name: "gitlab",
    file: "gl-code-quality.json",
    about: "GitLab code quality, for merge requests",
    in_folder: false,
    render: |summary, _| render(summary),
};

/// How much of one description is told.
const DESCRIPTION: usize = 1_000;

fn render(summary: &Summary) -> String {
    let mut seen = HashSet::new();
    let issues: Vec<Value> = summary
        .findings_with_effects()
        .map(|finding| {
            let place = evidence::file_location(summary, finding);
            let mut fingerprint = evidence::fingerprint(finding);
            if !seen.insert(fingerprint.clone()) {
                // GitLab shows one issue for each fingerprint.
                fingerprint = evidence::digest(&[&fingerprint, &finding.number]);
            }
            let ids: Vec<&str> = finding.requirements.iter().map(|id| id.as_str()).collect();
            let waived = if finding.waived { " (waived)" } else { "" };
            json!({
                "description": sanitise::cap(&sanitise::line(&format!(
                    "{}{waived}: {} Received: {}",
                    ids.join(", "),
                    finding.finding.title,
                    finding.finding.received
                )), DESCRIPTION),
                "check_name": finding.by.to_string(),
                "fingerprint": fingerprint,
                "severity": match finding.level {
                    _ if finding.waived => "info",
                    level if text::gating(summary, level) => "critical",
                    Level::Must | Level::Should => "minor",
                    Level::May => "info",
                },
                "location": {
                    "path": sanitise::line(place.file.trim_start_matches("./")),
                    "lines": { "begin": place.line },
                },
            })
        })
        .collect();
    let text = serde_json::to_string_pretty(&issues).unwrap_or_default();
    format!("{text}\n")
}
