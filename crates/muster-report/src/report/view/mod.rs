//! The summary as the page shows it: every text ready, nothing left to decide (owner of [`Page`]).

pub(super) mod coverage;
mod findings;
mod operations;
mod requirements;
pub(super) mod rights;

use serde::Serialize;

pub(super) use self::requirements::reasons;
use self::{
    coverage::{CoverageRow, TotalRow},
    findings::{FindingRow, ROOM, finding},
    operations::{LatencyRow, OperationRow, latencies, operations},
    requirements::{Group, Open, Row, groups, not_tested, open},
    rights::Grid,
};
use super::text;
use crate::summary::{ClassResult, Standing, Summary, WaiverState};
use muster_core::{
    model::{ClassKind, Environment},
    verdict::Conformance,
};

/// Everything on the page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    verdict: String,
    tone: &'static str,
    word: &'static str,
    gate: Vec<String>,
    exit_code: u8,
    target: String,
    profile: String,
    description: String,
    date: String,
    at: String,
    tiles: Vec<Tile>,
    others: Vec<Tile>,
    facts: Vec<Fact>,
    open: Vec<Open>,
    not_tested: Vec<Row>,
    unclaimed: Vec<String>,
    levels: Vec<LevelRow>,
    tier: String,
    tiers: Vec<TierRow>,
    classes: Vec<ClassRow>,
    findings_in_short: String,
    findings: Vec<FindingRow>,
    groups: Vec<Group>,
    operations: Vec<OperationRow>,
    latencies: Vec<LatencyRow>,
    objectives: String,
    grid: Grid,
    totals: Vec<TotalRow>,
    aspects: Vec<&'static str>,
    coverage: Vec<CoverageRow>,
    excluded: Vec<Excluded>,
    waivers: Vec<WaiverRow>,
    attestations: Vec<Attested>,
    notices: Vec<Notice>,
    left_behind: Vec<String>,
    muster: String,
    run_id: String,
}

#[derive(Debug, Serialize)]
struct Tile {
    number: u32,
    word: &'static str,
    tone: &'static str,
    mark: &'static str,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    code: bool,
}

#[derive(Debug, Serialize)]
struct TierRow {
    name: &'static str,
    asks: &'static str,
    word: &'static str,
    reason: String,
}

#[derive(Debug, Serialize)]
struct LevelRow {
    name: &'static str,
    about: &'static str,
    musts: u32,
    met: u32,
    percent: u32,
    not_shown: String,
}

#[derive(Debug, Serialize)]
struct ClassRow {
    id: String,
    title: String,
    kind: String,
    word: &'static str,
    tone: &'static str,
    mark: &'static str,
    counts: String,
}

#[derive(Debug, Serialize)]
struct Excluded {
    what: String,
    operation: String,
    reason: String,
    unverified: bool,
    /// Whether a flag or safety left it out of the verdict.
    left_out: bool,
}

#[derive(Debug, Serialize)]
struct WaiverRow {
    scope: String,
    state: &'static str,
    tone: &'static str,
    mark: &'static str,
    reason: String,
    owner: String,
    approved_by: String,
    expires: String,
}

#[derive(Debug, Serialize)]
struct Attested {
    requirement: String,
    by: String,
    on: String,
    statement: String,
}

#[derive(Debug, Serialize)]
struct Notice {
    reason: String,
    responsible: &'static str,
}

const fn tone(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Passed | Standing::Attested => ("pass", "✓"),
        Standing::Failed => ("fail", "✕"),
        Standing::Warned => ("warn", "!"),
        Standing::Inconclusive => ("open", "?"),
        Standing::Error => ("open", "‼"),
        Standing::Waived => ("warn", "◇"),
        Standing::NotApplicable | Standing::NotTested | Standing::NotSelected => ("rest", "–"),
    }
}

const fn conformance(conformance: Conformance) -> (&'static str, &'static str) {
    match conformance {
        Conformance::Conformant => ("pass", "✓"),
        Conformance::NonConformant => ("fail", "✕"),
        Conformance::Undetermined => ("open", "?"),
    }
}

impl Page {
    pub(super) fn of(summary: &Summary) -> Self {
        let start = &summary.started;
        let mut room = ROOM;
        Self {
            verdict: text::verdict(summary),
            tone: conformance(summary.conformance).0,
            word: text::word(summary),
            gate: summary.gate.clone(),
            exit_code: summary.exit_code,
            target: start.target.clone(),
            profile: format!("{} {}", start.profile.title, start.profile.version),
            description: start.profile.description.clone(),
            date: text::moment(&start.at),
            at: start.at.clone(),
            tiles: tiles(summary, true),
            others: tiles(summary, false),
            facts: facts(summary),
            open: open(summary),
            not_tested: not_tested(summary),
            unclaimed: summary
                .classes
                .iter()
                .filter(|class| !class.selected)
                .map(|class| class.class.title.clone())
                .collect(),
            levels: levels(summary),
            tier: text::tier(summary),
            tiers: tiers(summary),
            classes: summary.classes.iter().map(class).collect(),
            findings_in_short: text::causes(summary),
            findings: summary
                .findings
                .iter()
                .map(|one| finding(summary, one, &mut room))
                .collect(),
            groups: groups(summary),
            operations: operations(&summary.operations),
            latencies: latencies(&summary.latency),
            objectives: summary
                .latency
                .first()
                .map(|one| one.objectives.join(", "))
                .unwrap_or_default(),
            grid: Grid::of(summary),
            totals: coverage::totals(summary),
            aspects: coverage::ASPECTS.iter().map(|(.., short)| *short).collect(),
            coverage: coverage::rows(summary),
            excluded: excluded(summary),
            waivers: waivers(summary),
            attestations: start
                .attestations
                .iter()
                .map(|attestation| Attested {
                    requirement: attestation.requirement.to_string(),
                    by: attestation.by.clone(),
                    on: attestation.on.clone(),
                    statement: attestation.statement.clone(),
                })
                .collect(),
            notices: summary
                .notices
                .iter()
                .filter(|gap| !summary.gate.contains(&gap.reason))
                .map(|gap| Notice {
                    reason: gap.reason.clone(),
                    responsible: gap.responsible.label(),
                })
                .collect(),
            left_behind: summary.left_in_short.iter().map(text::left).collect(),
            muster: start.muster.clone(),
            run_id: start.run_id.clone(),
        }
    }
}

/// The counts that decide, or the others that are not 0.
fn tiles(summary: &Summary, deciding: bool) -> Vec<Tile> {
    let counts = &summary.counts;
    let tiles = if deciding {
        vec![
            (counts.passed, Standing::Passed),
            (counts.failed, Standing::Failed),
            (counts.warnings, Standing::Warned),
            (counts.inconclusive, Standing::Inconclusive),
        ]
    } else {
        vec![
            (counts.errors, Standing::Error),
            (counts.waived, Standing::Waived),
            (counts.attested, Standing::Attested),
            (counts.not_applicable, Standing::NotApplicable),
            (counts.not_tested, Standing::NotTested),
            (counts.not_selected, Standing::NotSelected),
        ]
    };
    tiles
        .into_iter()
        .filter(|(number, _)| deciding || *number > 0)
        .map(|(number, standing)| Tile {
            number,
            word: match standing {
                Standing::Warned if number != 1 => "warnings",
                Standing::Error if number != 1 => "errors",
                standing => standing.label(),
            },
            tone: tone(standing).0,
            mark: tone(standing).1,
        })
        .collect()
}

const fn environment(environment: Environment) -> &'static str {
    match environment {
        Environment::Development => "development",
        Environment::Test => "test",
        Environment::Preproduction => "pre-production",
        Environment::Production => "production",
    }
}

fn facts(summary: &Summary) -> Vec<Fact> {
    let start = &summary.started;
    let contract = &start.contract;
    let claims: Vec<&str> = start.claims.0.iter().map(String::as_str).collect();
    let fact = |name, value: String, code| Fact { name, value, code };
    vec![
        fact(
            "Target",
            format!(
                "{}, {} environment",
                start.target,
                environment(start.environment)
            ),
            false,
        ),
        fact("Supplier", text::given(&start.supplier).to_owned(), false),
        fact("Address", start.base_url.clone(), true),
        fact(
            "Profile",
            format!(
                "{} {} ({})",
                start.profile.title, start.profile.version, start.profile.id
            ),
            false,
        ),
        fact(
            "Claims",
            if claims.is_empty() {
                "none".to_owned()
            } else {
                claims.join(", ")
            },
            false,
        ),
        fact(
            "Contract",
            format!(
                "{} {}, OpenAPI {}, {}, from {}",
                contract.title,
                contract.version,
                contract.openapi,
                text::count(contract.operations.len() as u64, "operation"),
                contract.location
            ),
            false,
        ),
        fact("SHA-256 of the contract", contract.sha256.clone(), true),
        fact("Date", text::moment(&start.at), false),
        fact(
            "Run",
            format!(
                "{} in {}; {}",
                text::requests(summary),
                text::duration(summary.took_us),
                match &summary.end {
                    crate::event::End::Complete => "complete".to_owned(),
                    crate::event::End::Interrupted => "interrupted".to_owned(),
                    crate::event::End::Stopped { reason, .. } => format!("stopped: {reason}"),
                }
            ),
            false,
        ),
        fact(
            "Budget",
            format!(
                "{}, removals not counted; {}{} at once; writes {}",
                text::count(start.budget.requests, "request"),
                // A rate of nought means that none is set.
                match start.budget.per_second {
                    0 => String::new(),
                    rate => format!("{rate} a second, "),
                },
                start.budget.concurrency,
                if start.writes { "allowed" } else { "refused" }
            ),
            false,
        ),
        fact("Seed", start.seed.to_string(), true),
        fact(
            "Run folder",
            format!("{}, written by Muster {}", start.run_id, start.muster),
            false,
        ),
    ]
}

fn tiers(summary: &Summary) -> Vec<TierRow> {
    summary
        .tiers
        .iter()
        .map(|result| TierRow {
            name: result.tier.label(),
            asks: result.tier.asks(),
            word: if result.shown { "shown" } else { "not shown" },
            reason: result.reason.clone(),
        })
        .collect()
}

fn levels(summary: &Summary) -> Vec<LevelRow> {
    use muster_core::model::Interoperability as Level;
    summary
        .levels
        .iter()
        .map(|roll| LevelRow {
            name: roll.level.label(),
            about: match roll.level {
                Level::Foundational => "secure connection",
                Level::Structural => "data standards and APIs",
                Level::Semantic => "shared vocabularies",
                Level::Organisational => "agreements and policies",
            },
            musts: roll.musts,
            met: roll.met,
            percent: match roll.not_shown {
                Some(_) => 0,
                None => (roll.met * 100).checked_div(roll.musts).unwrap_or_default(),
            },
            not_shown: roll.not_shown.clone().unwrap_or_default(),
        })
        .collect()
}

fn class(result: &ClassResult) -> ClassRow {
    let (word, (tone, mark)) = match (result.selected, result.conformance) {
        (false, _) => ("not claimed", ("rest", "–")),
        (true, None) => ("no MUST applied", ("rest", "–")),
        (true, Some(rolled)) => (rolled.label(), conformance(rolled)),
    };
    let counts = &result.counts;
    let parts: Vec<String> = [
        (counts.passed, "passed"),
        (counts.failed, "failed"),
        (counts.warnings, "warned"),
        (counts.inconclusive, "inconclusive"),
        (counts.errors, "in error"),
        (counts.waived, "waived"),
        (counts.attested, "attested"),
        (counts.not_applicable, "not applicable"),
        (counts.not_tested, "not tested"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    ClassRow {
        id: result.class.id.to_string(),
        title: result.class.title.clone(),
        kind: match &result.class.kind {
            ClassKind::Core => "core".to_owned(),
            ClassKind::Optional { capability } => format!("optional, with {capability}"),
        },
        word,
        tone,
        mark,
        counts: parts.join(", "),
    }
}

fn excluded(summary: &Summary) -> Vec<Excluded> {
    summary
        .planned
        .excluded
        .iter()
        .map(|exclusion| Excluded {
            what: exclusion
                .by
                .as_ref()
                .map_or_else(|| "calls".to_owned(), ToString::to_string),
            operation: exclusion
                .operation
                .as_ref()
                .map_or_else(|| "the target as a whole".to_owned(), ToString::to_string),
            reason: exclusion.reason.clone(),
            unverified: exclusion.unverified,
            left_out: exclusion.deselected || exclusion.withheld,
        })
        .collect()
}

fn waivers(summary: &Summary) -> Vec<WaiverRow> {
    summary
        .waivers
        .iter()
        .map(|result| {
            let (tone, mark) = match result.state {
                WaiverState::Used => ("warn", "◇"),
                WaiverState::Expired | WaiverState::Stale => ("fail", "✕"),
                WaiverState::Idle => ("rest", "–"),
            };
            WaiverRow {
                scope: result.waiver.scope(),
                state: result.state.label(),
                tone,
                mark,
                reason: result.waiver.reason.clone(),
                owner: result.waiver.owner.clone(),
                approved_by: result.waiver.approved_by.clone(),
                expires: result.waiver.expires.clone(),
            }
        })
        .collect()
}
