//! A list, cut into pages: [`Listing`], with cursors that stay true while records come and go.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::fault::Misbehaviour;
use super::message::{Incoming, Outgoing, Refusal, Touched};
use super::records::Call;
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
    /// For faults: whose records are listed, whoever asks.
    pub(crate) force: Option<String>,
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
    /// The page before, where there is one; the first has no cursor.
    pub(crate) previous: Option<Option<String>>,
    /// The last page; no cursor where it is the first.
    pub(crate) last: Option<String>,
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
    ///
    /// Where there is `force`, a fault has every cursor name the force that it was made for, and believes it.
    pub(crate) fn read(incoming: &Incoming, force: Option<String>) -> Result<Self, Refusal> {
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
            force,
            overlaps: false,
            counts: false,
            forgets_ties: false,
        };
        if let Some(cursor) = incoming.query_text("cursor") {
            let (after, force) = listing.decode(cursor).ok_or_else(|| {
                Outgoing::invalid(
                    "The cursor does not belong to this list.",
                    vec![json!({ "parameter": "cursor", "detail": "Send the value of next, with the same filters and order." })],
                )
            })?;
            listing.after = Some(after);
            if listing.force.is_some() && force.is_some() {
                listing.force = force;
            }
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
        let cursor_at = |begins: usize| {
            let (place, _) = ranked.get(begins.checked_sub(1)?)?;
            Some(match self.counts {
                true => self.encode(&(Rank::Nothing, begins as u64)),
                false => self.encode(place),
            })
        };
        let previous = (begins > 0).then(|| cursor_at(begins.saturating_sub(self.limit)));
        let last = cursor_at(total.saturating_sub(1) / self.limit.max(1) * self.limit);
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
            previous,
            last,
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
        let place = json!([self.fingerprint, rank.to_value(), sequence, self.force]);
        URL_SAFE_NO_PAD.encode(place.to_string())
    }

    /// The place that a cursor names, and the force where it names one.
    fn decode(&self, cursor: &str) -> Option<((Rank, u64), Option<String>)> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (fingerprint, rank, sequence, force): (String, Value, u64, Option<String>) =
            serde_json::from_slice(&bytes).ok()?;
        let place = (Rank::of(Some(&rank)), sequence);
        (fingerprint == self.fingerprint).then_some((place, force))
    }
}

impl Call<'_> {
    pub(super) fn page(
        &self,
        page: Page<'_>,
        record_type: &'static str,
        show: impl Fn(&Record) -> Map<String, Value>,
    ) -> Outgoing {
        let items: Vec<Value> = page
            .items
            .iter()
            .map(|record| Value::Object(show(record)))
            .collect();
        let disclosed = page
            .items
            .iter()
            .map(|record| record.text("id").to_owned())
            .collect();
        let mut answer = Outgoing::json(
            StatusCode::OK,
            json!({ "items": items, "next": page.next, "total": page.total }),
        );
        let mut cursors = [
            ("next", page.next.map(Some)),
            ("prev", page.previous),
            ("first", Some(None)),
            ("last", Some(page.last)),
        ];
        if self.house.is(Misbehaviour::LinksToFirst)
            && let [_, previous, _, last] = &mut cursors
        {
            previous.1 = previous.1.take().map(|_| None);
            last.1 = Some(None);
        }
        let links: Vec<String> = cursors
            .into_iter()
            .filter_map(|(relation, cursor)| Some(self.page_link(relation, cursor?.as_deref())))
            .collect();
        answer.set("link", &links.join(", "));
        answer.touched = Some(Touched {
            processing: "consultation",
            record_type,
            record_id: None,
            disclosed,
        });
        answer
    }

    /// A link to another page of the list that was asked for.
    fn page_link(&self, relation: &str, cursor: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self
            .incoming
            .query_values
            .iter()
            .filter(|(name, _)| *name != "cursor")
        {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            query.append_pair(name, &text);
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("<{}{mark}{query}>; rel=\"{relation}\"", self.incoming.path)
    }
}
