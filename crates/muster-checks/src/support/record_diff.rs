//! What checks of records say of two states of one, and by which exchange it is shown.

use serde_json::Value;

use crate::support::round_trip::created_anew;
use muster_core::{
    contract::Operation,
    script::Script,
    verdict::{Finding, Judgement},
};

/// The members of two states of a record that differ, of those that callers decide on.
pub(crate) fn changes(owned: &[String], before: &Value, after: &Value) -> Vec<String> {
    owned
        .iter()
        .filter(|name| before.get(name.as_str()) != after.get(name.as_str()))
        .cloned()
        .collect()
}

/// A value in a message: short.
pub(crate) fn brief(value: Option<&Value>) -> String {
    let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    if text.chars().count() > 120 {
        let mut cut: String = text.chars().take(117).collect();
        cut.push_str("...");
        return cut;
    }
    text
}

/// Pass, where nothing was found.
pub(crate) fn judged(mut judgements: Vec<Judgement>) -> Vec<Judgement> {
    if judgements.is_empty() {
        judgements.push(Judgement::Pass);
    }
    judgements
}

/// What is wrong with a record whose creation has another moment, or another maker, after a change.
pub(crate) fn creation_moved(
    operation: &Operation,
    owned: &[String],
    before: &Value,
    after: &Value,
) -> Option<Judgement> {
    let (name, old, new) = created_anew(owned, before, after)?;
    Some(
        Finding::new(
            format!("creation {name}"),
            format!("`{name}` tells of the creation, and a change of the record changes it."),
            format!("{}: {}", operation.key, brief(Some(old))),
            brief(Some(new)),
        )
        .at(operation.pointer.clone())
        .into(),
    )
}

/// What the latest exchange shows, and not those that follow.
pub(crate) fn shown_now(
    script: &Script<'_>,
    judgements: impl IntoIterator<Item = Judgement>,
) -> Vec<Judgement> {
    let latest = script.latest();
    judgements
        .into_iter()
        .map(|mut judgement| {
            if let Judgement::Fail(finding) = &mut judgement {
                finding.shown_by = finding.shown_by.or(latest);
            }
            judgement
        })
        .collect()
}
