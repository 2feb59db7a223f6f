//! Differences for people (owners of [`text`] and [`markdown`]).

use super::{Difference, Impact};

/// One difference with every operation it was seen on: a shared part that changes is one change.
struct Told<'a> {
    first: &'a Difference,
    operations: Vec<&'a str>,
}

fn told(found: &[Difference]) -> Vec<Told<'_>> {
    let mut told: Vec<Told<'_>> = Vec::new();
    for difference in found {
        let known = told.iter_mut().find(|told| {
            told.first.rule == difference.rule && told.first.message == difference.message
        });
        match known {
            Some(told)
                if difference.rule != "operation-removed"
                    && difference.rule != "operation-added" =>
            {
                told.operations.push(&difference.operation);
            }
            _ => told.push(Told {
                first: difference,
                operations: vec![&difference.operation],
            }),
        }
    }
    // What breaks comes first; otherwise the order of the document stays.
    told.sort_by_key(|told| told.first.impact);
    told
}

/// How many differences there are of each kind, in one line.
fn totals(found: &[Difference]) -> String {
    let of = |impact| found.iter().filter(|found| found.impact == impact).count();
    match found.len() {
        0 => "No differences.".to_owned(),
        all => format!(
            "{all} {}: {} breaking, {} unclear, {} compatible.",
            if all == 1 {
                "difference"
            } else {
                "differences"
            },
            of(Impact::Breaking),
            of(Impact::Unclear),
            of(Impact::Compatible)
        ),
    }
}

fn operations(told: &Told<'_>, most: usize) -> String {
    let mut shown: Vec<String> = told
        .operations
        .iter()
        .take(most)
        .map(|operation| (*operation).to_owned())
        .collect();
    if told.operations.len() > most {
        shown.push(format!("{} more", told.operations.len() - most));
    }
    shown.join(", ")
}

/// As lines for a terminal.
#[must_use]
pub fn text(found: &[Difference]) -> String {
    let mut text = String::new();
    for told in told(found) {
        text.push_str(&format!(
            "{:<10}  {}\n            {} ({})\n",
            told.first.impact.label(),
            told.first.message,
            operations(&told, 3),
            told.first.rule,
        ));
    }
    text.push_str(&totals(found));
    text.push('\n');
    text
}

/// As a Markdown table.
#[must_use]
pub fn markdown(found: &[Difference]) -> String {
    let mut text = format!("{}\n", totals(found));
    if found.is_empty() {
        return text;
    }
    text.push_str("\n| class | what changed | where | rule |\n|---|---|---|---|\n");
    for told in told(found) {
        text.push_str(&format!(
            "| {} | {} | {} | `{}` |\n",
            told.first.impact.label(),
            cell(&told.first.message),
            cell(&operations(&told, 5)),
            told.first.rule,
        ));
    }
    text
}

/// A text that ends no cell and starts no markup.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '<' | '[' | ']' | '*' | '\\' => {
                cell.push('\\');
                cell.push(character);
            }
            '\n' | '\r' => cell.push(' '),
            other => cell.push(other),
        }
    }
    cell
}
