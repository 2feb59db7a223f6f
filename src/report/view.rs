//! The summary as the page shows it: every text ready, nothing left to decide (owner of [`Page`]).

use indexmap::IndexMap;
use serde::Serialize;

use super::text;
use crate::{
    model::{ClassKind, Environment, Whose},
    observation::{Content, Observation},
    summary::{
        CaseResult, ClassResult, FindingResult, OperationResult, RequirementResult, Standing,
        Summary, WaiverState,
    },
    verdict::Conformance,
};

/// What exchanges may take of the page in all, so that it stays easy to open and to send.
const ROOM: usize = 2_000_000;
/// What is shown of one body.
const BODY: usize = 4_000;
/// Case results that are shown of one requirement.
const RESULTS: usize = 200;

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
    tiles: Vec<Tile>,
    facts: Vec<Fact>,
    open: Vec<Open>,
    not_tested: Vec<Row>,
    unclaimed: Vec<String>,
    levels: Vec<LevelRow>,
    classes: Vec<ClassRow>,
    findings: Vec<FindingRow>,
    groups: Vec<Group>,
    operations: Vec<OperationRow>,
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
struct Open {
    reason: String,
    whose: &'static str,
    requirements: Vec<(String, &'static str)>,
    operations: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    level: &'static str,
    statement: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct LevelRow {
    name: &'static str,
    about: &'static str,
    musts: u32,
    met: u32,
    percent: u32,
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
struct Cited {
    id: String,
    level: &'static str,
    statement: String,
    source: String,
}

#[derive(Debug, Serialize)]
struct FindingRow {
    number: String,
    title: String,
    level: &'static str,
    tone: &'static str,
    waived: bool,
    by: String,
    purpose: String,
    cited: Vec<Cited>,
    expected: String,
    received: String,
    pointer: String,
    seen: String,
    confirmation: &'static str,
    operations: Vec<String>,
    curl: String,
    fix: String,
    evidence: Vec<ExchangeRow>,
    left_out: usize,
}

#[derive(Debug, Serialize)]
struct ExchangeRow {
    id: u64,
    purpose: String,
    identity: String,
    line: String,
    request_headers: Vec<(String, String)>,
    request_body: String,
    answer: String,
    response_headers: Vec<(String, String)>,
    response_body: String,
    took: String,
}

#[derive(Debug, Serialize)]
struct Group {
    id: String,
    title: String,
    requirements: Vec<RequirementRow>,
}

#[derive(Debug, Serialize)]
struct RequirementRow {
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
struct ResultRow {
    operation: String,
    by: String,
    word: &'static str,
    tone: &'static str,
    mark: &'static str,
    note: String,
    findings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Segment {
    x: String,
    width: String,
    family: char,
}

#[derive(Debug, Serialize)]
struct OperationRow {
    operation: String,
    requests: String,
    reached: bool,
    gap: String,
    whose: &'static str,
    statuses: Vec<(u16, String)>,
    segments: Vec<Segment>,
    timed: bool,
    p50: String,
    p95: String,
    p50_x: String,
    p95_x: String,
}

#[derive(Debug, Serialize)]
struct Excluded {
    what: String,
    operation: String,
    reason: String,
    unverified: bool,
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
    whose: &'static str,
}

const fn tone(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Passed | Standing::Attested => ("pass", "✓"),
        Standing::Failed => ("fail", "✕"),
        Standing::Warned => ("warn", "!"),
        Standing::Inconclusive => ("open", "?"),
        Standing::Error => ("open", "‼"),
        Standing::Waived => ("warn", "◇"),
        Standing::NotApplicable | Standing::NotTested => ("rest", "–"),
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
            word: summary.conformance.label(),
            gate: summary.gate.clone(),
            exit_code: summary.exit_code,
            target: start.target.clone(),
            profile: format!("{} {}", start.profile.title, start.profile.version),
            description: start.profile.description.clone(),
            date: start.at.clone(),
            tiles: tiles(summary),
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
            classes: summary.classes.iter().map(class).collect(),
            findings: summary
                .findings
                .iter()
                .map(|one| finding(summary, one, &mut room))
                .collect(),
            groups: groups(summary),
            operations: operations(&summary.operations),
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
                .map(|gap| Notice {
                    reason: gap.reason.clone(),
                    whose: gap.whose.label(),
                })
                .collect(),
            left_behind: summary.left_behind.clone(),
            muster: start.muster.clone(),
            run_id: start.run_id.clone(),
        }
    }
}

fn tiles(summary: &Summary) -> Vec<Tile> {
    let counts = &summary.counts;
    [
        (counts.passed, Standing::Passed, true),
        (counts.failed, Standing::Failed, true),
        (counts.warnings, Standing::Warned, true),
        (counts.inconclusive, Standing::Inconclusive, true),
        (counts.errors, Standing::Error, false),
        (counts.waived, Standing::Waived, false),
        (counts.attested, Standing::Attested, false),
        (counts.not_applicable, Standing::NotApplicable, false),
        (counts.not_tested, Standing::NotTested, false),
    ]
    .into_iter()
    .filter(|(number, _, always)| *always || *number > 0)
    .map(|(number, standing, _)| Tile {
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
        fact("Supplier", start.supplier.clone(), false),
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
        fact("Date", start.at.clone(), false),
        fact(
            "Run",
            format!(
                "{} in {}; {}",
                text::count(summary.requests, "request"),
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
                "{}, {} a second, {} at once; writes {}",
                text::count(start.budget.requests, "request"),
                start.budget.per_second,
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

/// What stayed open, one line for each reason.
pub(super) fn reasons(
    summary: &Summary,
) -> IndexMap<(String, Whose), (Vec<&RequirementResult>, Vec<String>)> {
    let mut open: IndexMap<(String, Whose), (Vec<&RequirementResult>, Vec<String>)> =
        IndexMap::new();
    for result in &summary.requirements {
        if !matches!(result.standing, Standing::Inconclusive | Standing::Error) {
            continue;
        }
        if result.results.is_empty() {
            let key = (result.reason.clone(), Whose::Configuration);
            open.entry(key).or_default().0.push(result);
        }
        for one in &result.results {
            for gap in &one.gaps {
                let entry = open.entry((gap.reason.clone(), gap.whose)).or_default();
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

fn open(summary: &Summary) -> Vec<Open> {
    reasons(summary)
        .into_iter()
        .map(|((reason, whose), (requirements, operations))| Open {
            reason,
            whose: whose.label(),
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

fn not_tested(summary: &Summary) -> Vec<Row> {
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

fn levels(summary: &Summary) -> Vec<LevelRow> {
    use crate::model::Interoperability as Level;
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
            percent: (roll.met * 100).checked_div(roll.musts).unwrap_or_default(),
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

fn finding(summary: &Summary, result: &FindingResult, room: &mut usize) -> FindingRow {
    let mut evidence = Vec::new();
    let mut left_out = 0;
    // The decisive exchange is last in the list and first on the page.
    for observation in result.evidence.iter().rev() {
        let row = exchange(observation);
        let size = row.request_body.len() + row.response_body.len() + row.line.len() + 500;
        if size > *room {
            left_out += 1;
        } else {
            *room -= size;
            evidence.push(row);
        }
    }
    FindingRow {
        number: result.number.clone(),
        title: result.finding.title.clone(),
        level: result.level.as_str(),
        tone: if result.waived || result.level != crate::model::Level::Must {
            "warn"
        } else {
            "fail"
        },
        waived: result.waived,
        by: result.by.to_string(),
        purpose: text::purpose(&result.by).unwrap_or_default().to_owned(),
        cited: result
            .requirements
            .iter()
            .filter_map(|id| summary.requirement(id))
            .map(|result| Cited {
                id: result.requirement.id.to_string(),
                level: result.requirement.level.as_str(),
                statement: result.requirement.statement.clone(),
                source: result.requirement.source.to_string(),
            })
            .collect(),
        expected: result.finding.expected.clone(),
        received: result.finding.received.clone(),
        pointer: result.finding.pointer.clone().unwrap_or_default(),
        seen: text::count(result.seen, "time"),
        confirmation: text::confirmation(result.confirmation),
        operations: result.operations.iter().map(ToString::to_string).collect(),
        curl: result.curl.clone().unwrap_or_default(),
        fix: result.fix.clone(),
        evidence,
        left_out,
    }
}

fn exchange(observation: &Observation) -> ExchangeRow {
    ExchangeRow {
        id: observation.id.0,
        purpose: observation.purpose.clone(),
        identity: observation.identity.to_string(),
        line: format!("{} {}", observation.method, observation.url),
        request_headers: observation.request_headers.clone(),
        request_body: body(observation.request_body.as_ref()),
        answer: match (&observation.broken, observation.status) {
            (Some(broken), _) => format!("no answer: {}", broken.detail),
            (None, Some(status)) => status.to_string(),
            (None, None) => "no answer".to_owned(),
        },
        response_headers: observation.response_headers.clone(),
        response_body: body(observation.response_body.as_ref()),
        took: text::duration(observation.timing.total_us),
    }
}

fn body(content: Option<&Content>) -> String {
    let Some(content) = content else {
        return String::new();
    };
    let text = match serde_json::from_str::<serde_json::Value>(&content.text) {
        Ok(value) if !content.abridged => {
            serde_json::to_string_pretty(&value).unwrap_or_else(|_| content.text.clone())
        }
        _ => content.text.clone(),
    };
    let mut text = super::sanitise::cap(&text, BODY);
    if content.abridged {
        text.push_str(&format!(
            "\n… ({} bytes in all)",
            text::grouped(content.bytes)
        ));
    }
    text
}

fn groups(summary: &Summary) -> Vec<Group> {
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

/// The width of the little charts, in units of their own.
const WIDTH: f64 = 120.0;

fn operations(results: &[OperationResult]) -> Vec<OperationRow> {
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
        whose: one.gap.as_ref().map_or("", |gap| gap.whose.label()),
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
