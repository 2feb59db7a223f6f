//! A list, cut into pages: [`Listing`], with cursors that stay true while records come and go.

use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::message::{Incoming, Outgoing, Refusal};
use super::store::Record;

const DEFAULT_LIMIT: usize = 20;

/// What is asked of a list: its order, how much of it, and from where.
#[derive(Debug)]
pub(crate) struct Listing {
    property: String,
    descending: bool,
    pub(crate) limit: usize,
    after: Option<(Rank, u64)>,
    fingerprint: String,
    /// For faults: each page begins with the last item of the one before.
    pub(crate) overlaps: bool,
    /// For faults: a cursor counts items.
    pub(crate) counts: bool,
    /// For faults: a cursor forgets which of several equal items it stood at.
    pub(crate) forgets_ties: bool,
}

/// One page.
pub(crate) struct Page<'a> {
    pub(crate) items: Vec<&'a Record>,
    pub(crate) next: Option<String>,
    pub(crate) total: usize,
}

/// Where a value stands in an order: nothing first, then numbers, then texts in any letter case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Nothing,
    Number(i64),
    Text(String),
}

impl Rank {
    fn of(value: Option<&Value>) -> Self {
        match value {
            Some(Value::String(text)) => Self::Text(text.to_lowercase()),
            Some(Value::Number(number)) => number.as_i64().map_or(Self::Nothing, Self::Number),
            _ => Self::Nothing,
        }
    }

    fn to_value(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
        }
    }
}

impl Listing {
    /// Reads the query. A cursor that does not belong to this list is refused.
    pub(crate) fn read(incoming: &Incoming) -> Result<Self, Refusal> {
        let sort = incoming.query_text("sort").unwrap_or("createdAt");
        let mut hasher = DefaultHasher::new();
        incoming.path.hash(&mut hasher);
        for (name, value) in &incoming.query_values {
            if name != "cursor" && name != "limit" {
                (name, value.to_string()).hash(&mut hasher);
            }
        }
        let mut listing = Self {
            property: sort.trim_start_matches('-').to_owned(),
            descending: sort.starts_with('-'),
            limit: incoming
                .query_values
                .get("limit")
                .and_then(Value::as_u64)
                .and_then(|limit| usize::try_from(limit).ok())
                .unwrap_or(DEFAULT_LIMIT),
            after: None,
            fingerprint: format!("{:x}", hasher.finish()),
            overlaps: false,
            counts: false,
            forgets_ties: false,
        };
        if let Some(cursor) = incoming.query_text("cursor") {
            let after = listing.decode(cursor).ok_or_else(|| {
                Outgoing::invalid(
                    "The cursor does not belong to this list.",
                    vec![json!({ "parameter": "cursor", "detail": "Send the value of next, with the same filters and order." })],
                )
            })?;
            listing.after = Some(after);
        }
        Ok(listing)
    }

    /// Forgets the limit.
    pub(crate) fn without_limit(&mut self) {
        self.limit = usize::MAX / 2;
    }

    /// Turns the order round.
    pub(crate) fn turn_round(&mut self) {
        self.descending = !self.descending;
    }

    /// Cuts the page out of the records, which come oldest first.
    pub(crate) fn cut<'a>(&self, records: impl Iterator<Item = &'a Record>) -> Page<'a> {
        let mut ranked: Vec<((Rank, u64), &Record)> = records
            .map(|record| ((self.rank(record), record.sequence), record))
            .collect();
        let total = ranked.len();
        // Oldest first is the order they come in.
        if self.property != "createdAt" {
            ranked.sort_by(|one, other| one.0.cmp(&other.0));
        }
        if self.descending {
            ranked.reverse();
        }
        let begins = match &self.after {
            None => 0,
            Some((_, count)) if self.counts => usize::try_from(*count).unwrap_or(usize::MAX),
            Some((rank, _)) if self.forgets_ties && *rank != Rank::Nothing => ranked
                .iter()
                .take_while(|((other, _), _)| match self.descending {
                    true => other >= rank,
                    false => other <= rank,
                })
                .count(),
            Some(after) => ranked
                .iter()
                .take_while(|(place, _)| match (self.descending, self.overlaps) {
                    (true, false) => place >= after,
                    (true, true) => place > after,
                    (false, false) => place <= after,
                    (false, true) => place < after,
                })
                .count(),
        };
        let left = ranked.into_iter().skip(begins);
        let mut kept: Vec<_> = left.take(self.limit + 1).collect();
        let more = kept.len() > self.limit;
        kept.truncate(self.limit);
        let next = kept
            .last()
            .filter(|_| more)
            .map(|(place, _)| match self.counts {
                true => self.encode(&(Rank::Nothing, (begins + self.limit) as u64)),
                false => self.encode(place),
            });
        Page {
            items: kept.into_iter().map(|(_, record)| record).collect(),
            next,
            total,
        }
    }

    fn rank(&self, record: &Record) -> Rank {
        match self.property.as_str() {
            "createdAt" => Rank::Nothing,
            property => Rank::of(record.body.get(property)),
        }
    }

    fn encode(&self, (rank, sequence): &(Rank, u64)) -> String {
        URL_SAFE_NO_PAD.encode(json!([self.fingerprint, rank.to_value(), sequence]).to_string())
    }

    fn decode(&self, cursor: &str) -> Option<(Rank, u64)> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (fingerprint, rank, sequence): (String, Value, u64) =
            serde_json::from_slice(&bytes).ok()?;
        (fingerprint == self.fingerprint).then(|| (Rank::of(Some(&rank)), sequence))
    }
}
