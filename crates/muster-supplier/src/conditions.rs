//! What a request is answered on condition of: tags, moments and keys.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::StatusCode;
use serde_json::Value;

use super::fault::Misbehaviour;
use super::message::{Outgoing, Refusal};
use super::preconditions;
use super::records::Call;
use super::store::{Key, Kind, Record, Store};

impl Call<'_> {
    /// The key that a creation is sent with.
    pub(super) fn key(&self) -> Option<Key> {
        let key = self.incoming.header("idempotency-key")?;
        let house = self.house;
        (!house.is(Misbehaviour::IgnoresKeys)).then(|| Key {
            client: match house.is(Misbehaviour::KeysOfAll) {
                true => String::new(),
                false => self.grant.client.clone(),
            },
            path: self.incoming.path.clone(),
            key: key.to_owned(),
        })
    }

    /// What a key was used for.
    pub(super) fn earlier<'s>(&self, store: &'s Store, key: &Key) -> Option<&'s (Value, Outgoing)> {
        let arrived = self.incoming.arrived;
        if self.house.is(Misbehaviour::RacyKeys) && store.races.is_newer(key, arrived) {
            return None;
        }
        let shared = store
            .races
            .neighbour(key, arrived)
            .filter(|_| self.house.is(Misbehaviour::SharedKeys));
        store.used(shared.unwrap_or(key))
    }

    /// The record with its ETag, or 304.
    pub(super) fn read(&self, record: &Record) -> Outgoing {
        let etag = record.etag();
        let held = self
            .incoming
            .header("if-none-match")
            .filter(|_| !self.house.is(Misbehaviour::IgnoresIfNoneMatch))
            .is_some_and(|tags| preconditions::none_match_holds(tags, &etag));
        let mut answer = if held {
            Outgoing::empty(StatusCode::NOT_MODIFIED)
        } else {
            Outgoing::json(StatusCode::OK, Value::Object(self.shown(record)))
        };
        answer.set("etag", &etag);
        if let Some(changed) = preconditions::last_modified(record.text("updatedAt")) {
            answer.set("last-modified", &changed);
        }
        answer
    }

    /// A list with its tag, or 304. The tag is made from all that the page holds.
    pub(super) fn tagged(&self, mut list: Outgoing, kind: Kind) -> Outgoing {
        let mut hasher = DefaultHasher::new();
        if !(kind == Kind::Vehicle && self.house.is(Misbehaviour::ListTagsStay)) {
            list.bytes().hash(&mut hasher);
        }
        let etag = format!("\"{}-{:x}\"", kind.segment(), hasher.finish());
        let held = self
            .incoming
            .header("if-none-match")
            .is_some_and(|tags| preconditions::none_match_holds(tags, &etag));
        if held {
            list = Outgoing::empty(StatusCode::NOT_MODIFIED);
        }
        list.with("etag", &etag)
    }

    pub(super) fn unchanged(&self, store: &Store, record: &Record) -> Result<(), Refusal> {
        let house = self.house;
        let before = store
            .races
            .before(record.text("id"), self.incoming.arrived)
            .filter(|_| house.is(Misbehaviour::RacyIfMatch));
        let stale = match self.incoming.header("if-match") {
            Some(_) if house.is(Misbehaviour::IgnoresIfMatch) => false,
            Some(tags) if house.is(Misbehaviour::WeakIfMatch) => {
                !preconditions::none_match_holds(tags, &record.etag())
            }
            Some(tags) => ![Some(record), before]
                .into_iter()
                .flatten()
                .any(|record| preconditions::match_holds(tags, &record.etag())),
            None if house.is(Misbehaviour::IgnoresIfUnmodifiedSince) => false,
            None => self
                .incoming
                .header("if-unmodified-since")
                .is_some_and(|since| preconditions::is_newer(record.text("updatedAt"), since)),
        };
        if stale {
            return Err(Box::new(Outgoing::problem(
                StatusCode::PRECONDITION_FAILED,
                "precondition-failed",
                "The record has changed",
                "Read the record again and repeat the change.",
            )));
        }
        Ok(())
    }
}
