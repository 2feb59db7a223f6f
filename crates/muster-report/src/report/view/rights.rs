//! The grid of who may do what (owner of [`Grid`]).

use serde::Serialize;

use crate::summary::{Right, Summary};
use muster_core::{model::NOBODY, verdict::Verdict};

/// Callers across, operations down.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Grid {
    /// Each caller with whose records it is about.
    pub(in crate::report) columns: Vec<Column>,
    /// Each operation with a cell for each column, empty where nothing was promised.
    pub(in crate::report) rows: Vec<GridRow>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::report) struct Column {
    pub(in crate::report) caller: String,
    pub(in crate::report) records: String,
}

/// One row.
#[derive(Debug, Serialize)]
pub(in crate::report) struct GridRow {
    pub(in crate::report) operation: String,
    pub(in crate::report) cells: Vec<Option<Cell>>,
}

/// One cell.
#[derive(Debug, Clone, Serialize)]
pub(in crate::report) struct Cell {
    pub(in crate::report) tone: &'static str,
    pub(in crate::report) mark: &'static str,
    /// What came: a status, or that none did.
    pub(in crate::report) received: String,
    pub(in crate::report) expected: String,
}

impl Grid {
    /// The grid; without rows where nobody's rights were tried.
    pub(in crate::report) fn of(summary: &Summary) -> Self {
        let mut columns: Vec<Column> = Vec::new();
        for right in &summary.rights {
            let column = column(right);
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        // Those who show nothing come first, then by name.
        columns.sort_by_key(|column| {
            (
                column.caller != NOBODY,
                column.caller != "default",
                column.caller.clone(),
                column.records.clone(),
            )
        });
        let mut rows: Vec<GridRow> = Vec::new();
        for right in &summary.rights {
            let operation = right.operation.to_string();
            if rows.last().is_none_or(|row| row.operation != operation) {
                rows.push(GridRow {
                    operation,
                    cells: vec![None; columns.len()],
                });
            }
            let at = columns.iter().position(|held| *held == column(right));
            let slot = rows
                .last_mut()
                .zip(at)
                .and_then(|(row, at)| row.cells.get_mut(at));
            if let Some(slot) = slot {
                merge(slot, right);
            }
        }
        Self { columns, rows }
    }
}

fn column(right: &Right) -> Column {
    Column {
        caller: right.caller.clone(),
        records: right.records.clone(),
    }
}

/// Two promises of one cell are shown by the one that is kept worse.
fn merge(slot: &mut Option<Cell>, right: &Right) {
    let rank = |tone: &str| match tone {
        "fail" => 2,
        "open" => 1,
        _ => 0,
    };
    let new = cell(right);
    if slot
        .as_ref()
        .is_none_or(|held| rank(new.tone) > rank(held.tone))
    {
        *slot = Some(new);
    }
}

fn cell(right: &Right) -> Cell {
    let (tone, mark) = match right.verdict {
        Verdict::Pass => ("pass", "✓"),
        Verdict::Fail => ("fail", "✕"),
        Verdict::Inconclusive | Verdict::Error => ("open", "?"),
    };
    let received: Vec<String> = right.received.iter().map(u16::to_string).collect();
    Cell {
        tone,
        mark,
        received: if received.is_empty() {
            "no answer".to_owned()
        } else {
            received.join(", ")
        },
        expected: right.expected.clone(),
    }
}
