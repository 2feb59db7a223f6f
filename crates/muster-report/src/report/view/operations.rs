//! Operations with their little charts (owner of [`OperationRow`]).

use serde::Serialize;

use crate::{
    report::text,
    summary::{LatencyResult, OperationResult},
};

#[derive(Debug, Serialize)]
pub(super) struct Segment {
    x: String,
    width: String,
    family: char,
}

#[derive(Debug, Serialize)]
pub(super) struct OperationRow {
    operation: String,
    requests: String,
    reached: bool,
    gap: String,
    responsible: &'static str,
    statuses: Vec<(u16, String)>,
    segments: Vec<Segment>,
    timed: bool,
    p50: String,
    p95: String,
    p50_x: String,
    p95_x: String,
}

/// The width of the little charts, in units of their own.
const WIDTH: f64 = 120.0;

/// Every operation, times to one scale.
pub(super) fn operations(results: &[OperationResult]) -> Vec<OperationRow> {
    let slowest = results
        .iter()
        .map(|one| one.p95_us)
        .max()
        .unwrap_or_default()
        .max(1);
    results.iter().map(|one| operation(one, slowest)).collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lengths of a chart that is 120 units wide"
)]
fn operation(one: &OperationResult, slowest: u64) -> OperationRow {
    let total: u64 = one.statuses.values().sum();
    let mut segments = Vec::new();
    let mut x = 0.0;
    for (status, count) in &one.statuses {
        let width = WIDTH * *count as f64 / total.max(1) as f64;
        segments.push(Segment {
            x: format!("{x:.1}"),
            width: format!("{width:.1}"),
            family: match status {
                200..300 => '2',
                300..400 => '3',
                400..500 => '4',
                _ => '5',
            },
        });
        x += width;
    }
    let at = |us: u64| {
        format!(
            "{:.1}",
            (WIDTH * us as f64 / slowest as f64).clamp(1.0, WIDTH)
        )
    };
    OperationRow {
        operation: one.operation.to_string(),
        requests: text::grouped(one.requests),
        reached: one.reached,
        gap: one
            .gap
            .as_ref()
            .map_or_else(String::new, |gap| gap.reason.clone()),
        responsible: one.gap.as_ref().map_or("", |gap| gap.responsible.label()),
        statuses: one
            .statuses
            .iter()
            .map(|(status, count)| (*status, text::grouped(*count)))
            .collect(),
        segments,
        timed: one.p95_us > 0,
        p50: text::duration(one.p50_us),
        p95: text::duration(one.p95_us),
        p50_x: at(one.p50_us),
        p95_x: at(one.p95_us),
    }
}

/// What was measured of one operation.
#[derive(Debug, Serialize)]
pub(super) struct LatencyRow {
    operation: String,
    samples: String,
    unanswered: u64,
    times: [String; 4],
}

/// Every operation that was measured.
pub(super) fn latencies(results: &[LatencyResult]) -> Vec<LatencyRow> {
    results
        .iter()
        .map(|one| LatencyRow {
            operation: one.operation.to_string(),
            samples: text::grouped(one.samples),
            unanswered: one.unanswered,
            times: [one.p50_us, one.p95_us, one.p99_us, one.max_us].map(text::duration),
        })
        .collect()
}
