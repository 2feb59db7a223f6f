//! Requirements, and what stayed open of them (owner of [`RequirementRow`]).

use indexmap::IndexMap;
use serde::Serialize;

use super::tone;
use crate::{
    report::text,
    summary::{CaseResult, RequirementResult, Standing, Summary},
};
use muster_core::model::Responsible;

/// Case results that are shown of one requirement.
const RESULTS: usize = 200;

/// By reason and whose it is: the requirements it leaves open, and the operations it was met on.
pub(in crate::report) type Reasons<'a> =
    IndexMap<(String, Responsible), (Vec<&'a RequirementResult>, Vec<String>)>;

#[derive(Debug, Serialize)]
pub(super) struct Open {
    reason: String,
    responsible: &'static str,
    requirements: Vec<(String, &'static str)>,
    operations: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Row {
    id: String,
    level: &'static str,
    statement: String,
    reason: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Group {
    id: String,
    title: String,
    requirements: Vec<RequirementRow>,
}

#[derive(Debug, Serialize)]
pub(super) struct RequirementRow {
    id: String,
    level: &'static str,
    statement: String,
    source: String,
    interoperability: &'static str,
    word: &'static str,
    tone: &'static str,
    mark: &'static str,
    reason: String,
    findings: Vec<String>,
    results: Vec<ResultRow>,
    left_out: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct ResultRow {
    operation: String,
    by: String,
    word: &'static str,
    tone: &'static str,
    mark: &'static str,
    note: String,
    findings: Vec<String>,
}

/// What stayed open, one line for each reason.
pub(in crate::report) fn reasons(summary: &Summary) -> Reasons<'_> {
    let mut open = Reasons::new();
    for result in &summary.requirements {
        if !matches!(result.standing, Standing::Inconclusive | Standing::Error) {
            continue;
        }
        if result.results.is_empty() {
            let key = (result.reason.clone(), Responsible::Configuration);
            open.entry(key).or_default().0.push(result);
        }
        for one in &result.results {
            for gap in &one.gaps {
                let entry = open
                    .entry((gap.reason.clone(), gap.responsible))
                    .or_default();
                if entry.0.last().map(|last| &last.requirement.id) != Some(&result.requirement.id) {
                    entry.0.push(result);
                }
                if let Some(operation) = &one.operation {
                    let operation = operation.to_string();
                    if !entry.1.contains(&operation) {
                        entry.1.push(operation);
                    }
                }
            }
        }
    }
    open.sort_by(|_, a, _, b| {
        let level = |results: &[&RequirementResult]| {
            results.iter().map(|result| result.requirement.level).max()
        };
        level(&b.0).cmp(&level(&a.0))
    });
    open
}

/// The same for the page.
pub(super) fn open(summary: &Summary) -> Vec<Open> {
    reasons(summary)
        .into_iter()
        .map(|((reason, responsible), (requirements, operations))| Open {
            reason,
            responsible: responsible.label(),
            requirements: requirements
                .iter()
                .map(|result| {
                    (
                        result.requirement.id.to_string(),
                        result.requirement.level.as_str(),
                    )
                })
                .collect(),
            operations,
        })
        .collect()
}

/// What the profile says nobody tests.
pub(super) fn not_tested(summary: &Summary) -> Vec<Row> {
    summary
        .requirements
        .iter()
        .filter(|result| result.standing == Standing::NotTested)
        .map(|result| Row {
            id: result.requirement.id.to_string(),
            level: result.requirement.level.as_str(),
            statement: result.requirement.statement.clone(),
            reason: result.reason.clone(),
        })
        .collect()
}

/// Every requirement, class by class.
pub(super) fn groups(summary: &Summary) -> Vec<Group> {
    summary
        .classes
        .iter()
        .map(|class| Group {
            id: class.class.id.to_string(),
            title: class.class.title.clone(),
            requirements: summary
                .requirements
                .iter()
                .filter(|result| result.requirement.class == class.class.id)
                .map(requirement)
                .collect(),
        })
        .filter(|group| !group.requirements.is_empty())
        .collect()
}

fn requirement(result: &RequirementResult) -> RequirementRow {
    let requirement = &result.requirement;
    let (tone, mark) = tone(result.standing);
    let mut findings: Vec<String> = Vec::new();
    for number in result.results.iter().flat_map(|one| &one.findings) {
        if !findings.contains(number) {
            findings.push(number.clone());
        }
    }
    RequirementRow {
        id: requirement.id.to_string(),
        level: requirement.level.as_str(),
        statement: requirement.statement.clone(),
        source: requirement.source.to_string(),
        interoperability: requirement.interoperability.label(),
        word: result.standing.label(),
        tone,
        mark,
        reason: result.reason.clone(),
        findings,
        results: result
            .results
            .iter()
            .take(RESULTS)
            .map(|one| case(result, one))
            .collect(),
        left_out: result.results.len().saturating_sub(RESULTS),
    }
}

fn case(result: &RequirementResult, one: &CaseResult) -> ResultRow {
    let standing = text::standing(result, one);
    let (tone, mark) = tone(standing);
    ResultRow {
        operation: one
            .operation
            .as_ref()
            .map_or_else(|| "the target as a whole".to_owned(), ToString::to_string),
        by: one.by.to_string(),
        word: standing.label(),
        tone,
        mark,
        note: match (&one.not_applicable, one.gaps.is_empty()) {
            (Some(reason), _) => reason.clone(),
            (None, false) => text::gaps(one),
            (None, true) => format!("judged {}", text::count(one.judged, "time")),
        },
        findings: one.findings.clone(),
    }
}
