//! Findings and the exchanges that show them, within bounds (owner of [`FindingRow`]).

use serde::Serialize;

use crate::{
    report::{sanitise, text},
    summary::{FindingResult, Place, Summary},
};
use muster_core::{
    model::Level,
    observation::{Content, Observation},
};

/// What exchanges may take of the page in all, so that it stays easy to open and to send.
pub(super) const ROOM: usize = 1_000_000;
/// What is shown of one body.
const BODY: usize = 4_000;

#[derive(Debug, Serialize)]
pub(super) struct Cited {
    id: String,
    level: &'static str,
    statement: String,
    source: String,
}

#[derive(Debug, Serialize)]
pub(super) struct FindingRow {
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
    authored: String,
    seen: String,
    confirmation: &'static str,
    operations: Vec<String>,
    prepare: Vec<String>,
    curl: String,
    curl_before: String,
    fix: String,
    evidence: Vec<ExchangeRow>,
    left_out: usize,
    places: Vec<PlaceRow>,
    more_places: usize,
    because: String,
    effects: Vec<FindingRow>,
}

/// One place of a finding that was seen in several.
#[derive(Debug, Serialize)]
pub(super) struct PlaceRow {
    operation: String,
    title: String,
    pointer: String,
    received: String,
}

/// What is shown of the places of one finding.
const PLACES: usize = 100;

#[derive(Debug, Serialize)]
pub(super) struct ExchangeRow {
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

/// A finding; its exchanges take of the room that is left.
pub(super) fn finding(summary: &Summary, result: &FindingResult, room: &mut usize) -> FindingRow {
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
        tone: if result.waived || result.level != Level::Must {
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
        authored: result.finding.authored.clone().unwrap_or_default(),
        seen: text::count(result.seen, "time"),
        confirmation: text::confirmation(result.confirmation),
        operations: result.operations.iter().map(ToString::to_string).collect(),
        prepare: result.prepare.clone(),
        curl: result
            .curl
            .as_deref()
            .map(text::command)
            .unwrap_or_default(),
        curl_before: result
            .curl_before
            .as_deref()
            .map(text::command)
            .unwrap_or_default(),
        fix: result.fix.clone(),
        evidence,
        left_out,
        places: result.places.iter().take(PLACES).map(place).collect(),
        more_places: result.places.len().saturating_sub(PLACES),
        because: result.because.clone().unwrap_or_default(),
        effects: result
            .effects
            .iter()
            .map(|effect| finding(summary, effect, room))
            .collect(),
    }
}

fn place(place: &Place) -> PlaceRow {
    PlaceRow {
        operation: place
            .operation
            .as_ref()
            .map_or_else(|| "the target as a whole".to_owned(), ToString::to_string),
        title: place.title.clone(),
        pointer: place.pointer.clone().unwrap_or_default(),
        received: sanitise::cap(&place.received, 200),
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
        answer: match (
            &observation.handshake,
            &observation.broken,
            observation.status,
        ) {
            (Some(handshake), ..) => handshake.outcome.clone(),
            (None, Some(broken), _) => format!("no response: {}", broken.detail),
            (None, None, Some(status)) => status.to_string(),
            (None, None, None) => "no answer".to_owned(),
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
    let mut text = sanitise::cap(&text, BODY);
    if content.abridged {
        text.push_str(&format!(
            "\n… ({} bytes in all)",
            text::grouped(content.bytes)
        ));
    }
    text
}
