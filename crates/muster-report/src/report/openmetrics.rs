//! OpenMetrics text 1.0, for Prometheus: by a push gateway, a text-file collector, or GitLab's metrics reports.

use std::fmt::Write as _;

use super::{Format, evidence, sanitise};
use crate::summary::{Counts, Summary, WaiverState};
use muster_core::model::Level;

/// `metrics.txt`.
pub(super) const FORMAT: Format = Format {
    name: "openmetrics",
    file: "metrics.txt",
    about: "OpenMetrics text, for Prometheus and GitLab's metrics reports",
    in_folder: false,
    render: |summary, _| render(summary),
};

/// The longest value of a label.
const LABEL: usize = 200;

fn render(summary: &Summary) -> String {
    let start = &summary.started;
    let mut page = Page::default();
    page.family("muster_run", "info", "", "What was tested.");
    page.sample(
        "muster_run_info",
        &[
            ("profile", start.profile.id.as_str()),
            ("profile_version", &start.profile.version),
            ("target", &start.target),
            ("contract_sha256", &start.contract.sha256),
            ("muster", &start.muster),
            ("conformance", summary.conformance.label()),
        ],
        1.0,
    );
    page.gauge("muster_exit_code", "", "The exit code of the run.");
    page.sample("muster_exit_code", &[], f64::from(summary.exit_code));
    page.gauge(
        "muster_start_time_seconds",
        "seconds",
        "When the run started, since 1970.",
    );
    page.sample(
        "muster_start_time_seconds",
        &[],
        evidence::millis(summary, 0) as f64 / 1_000.0,
    );
    page.gauge(
        "muster_duration_seconds",
        "seconds",
        "How long the run took.",
    );
    page.sample("muster_duration_seconds", &[], seconds(summary.took_us));
    page.gauge("muster_requests", "", "Requests that were sent.");
    page.sample("muster_requests", &[], summary.requests as f64);
    page.gauge(
        "muster_requirements",
        "",
        "Requirements by what became of them.",
    );
    for (standing, number) in standings(&summary.counts) {
        page.sample(
            "muster_requirements",
            &[("standing", standing)],
            f64::from(number),
        );
    }
    page.gauge(
        "muster_findings",
        "",
        "Findings by level, effects not counted.",
    );
    for level in [Level::Must, Level::Should, Level::May] {
        for waived in [false, true] {
            let of = summary
                .findings
                .iter()
                .filter(|one| one.level == level && one.waived == waived);
            page.sample(
                "muster_findings",
                &[
                    ("level", &level.to_string()),
                    ("waived", if waived { "true" } else { "false" }),
                ],
                of.count() as f64,
            );
        }
    }
    page.gauge("muster_waivers", "", "Waivers by state.");
    for state in [
        WaiverState::Used,
        WaiverState::Expired,
        WaiverState::Stale,
        WaiverState::Idle,
    ] {
        let of = summary.waivers.iter().filter(|one| one.state == state);
        page.sample(
            "muster_waivers",
            &[("state", state.label())],
            of.count() as f64,
        );
    }
    page.gauge(
        "muster_left_behind",
        "",
        "Records that the run made and could not remove.",
    );
    page.sample("muster_left_behind", &[], summary.left_behind.len() as f64);
    page.gauge(
        "muster_requirement_failed",
        "",
        "Whether a requirement that was verified failed (1) or passed (0).",
    );
    for result in &summary.requirements {
        use crate::summary::Standing as S;
        let failed = match result.standing {
            S::Passed => 0.0,
            S::Failed | S::Warned | S::Waived => 1.0,
            _ => continue,
        };
        page.sample(
            "muster_requirement_failed",
            &[
                ("requirement", result.requirement.id.as_str()),
                ("level", &result.requirement.level.to_string()),
                ("class", result.requirement.class.as_str()),
            ],
            failed,
        );
    }
    page.family(
        "muster_response_seconds",
        "summary",
        "seconds",
        "Time to the last byte, by operation.",
    );
    for one in summary.operations.iter().filter(|one| one.requests > 0) {
        let operation = one.operation.to_string();
        for (quantile, us) in [("0.5", one.p50_us), ("0.95", one.p95_us)] {
            page.sample(
                "muster_response_seconds",
                &[("operation", &operation), ("quantile", quantile)],
                seconds(us),
            );
        }
    }
    page.text.push_str("# EOF\n");
    page.text
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1_000_000.0
}

const fn standings(counts: &Counts) -> [(&'static str, u32); 10] {
    [
        ("passed", counts.passed),
        ("failed", counts.failed),
        ("warning", counts.warnings),
        ("inconclusive", counts.inconclusive),
        ("waived", counts.waived),
        ("not applicable", counts.not_applicable),
        ("not tested", counts.not_tested),
        ("attested", counts.attested),
        ("error", counts.errors),
        ("not selected", counts.not_selected),
    ]
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn gauge(&mut self, name: &str, unit: &str, help: &str) {
        self.family(name, "gauge", unit, help);
    }

    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.text, "# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", label(value)))
            .collect();
        let labels = match labels.as_slice() {
            [] => String::new(),
            labels => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }
}

fn label(text: &str) -> String {
    sanitise::cap(&sanitise::line(text), LABEL)
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
}
