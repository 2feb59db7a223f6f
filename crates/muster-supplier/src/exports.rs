//! Long-running work: exports, which are taken on, go on by the clock, and end: [`Export`].

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::fault::Misbehaviour;
use super::making::{new_id, now, written};
use super::message::Outgoing;
use super::records::{Call, Outcome};
use super::store::{Kind, Store};

/// How long an export waits for its turn, and when it is done.
const WAITS: Duration = Duration::from_millis(40);
pub(crate) const TAKES: Duration = Duration::from_millis(240);

/// One export.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    force: String,
    kind: String,
    keep_for: u64,
    created: Instant,
    created_at: String,
    expires_at: String,
    reads: u32,
}

impl Export {
    /// How long until it is done, where it takes this long.
    pub(super) fn remains(&self, takes: Duration) -> Duration {
        takes.saturating_sub(self.created.elapsed())
    }

    fn is_over(&self) -> bool {
        self.created.elapsed() >= Duration::from_secs(self.keep_for)
    }
}

impl Call<'_> {
    pub(super) fn create_export(&self, store: &mut Store, body: &Value) -> Outcome {
        let keep_for = body
            .get("keepForSeconds")
            .and_then(Value::as_u64)
            .unwrap_or(600);
        let export = Export {
            force: self.grant.force.clone(),
            kind: body
                .get("recordType")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            keep_for,
            created: Instant::now(),
            created_at: now(),
            expires_at: written(OffsetDateTime::now_utc() + Duration::from_secs(keep_for)),
            reads: 0,
        };
        let id = new_id();
        let shown = self.told(&id, &export);
        store.exports.insert(id.clone(), export);
        let path = format!("{}/exports/{id}", self.house.prefix);
        Ok(Outgoing::json(StatusCode::ACCEPTED, Value::Object(shown)).with("location", &path))
    }

    pub(super) fn get_export(&self, store: &mut Store) -> Outcome {
        let id = self.export(store)?;
        if self.house.is(Misbehaviour::ExportsNowhere) {
            return Err(Box::new(Outgoing::not_found()));
        }
        let Some(export) = store.exports.get_mut(&id) else {
            return Err(Box::new(Outgoing::not_found()));
        };
        export.reads += 1;
        let shown = self.told(&id, export);
        Ok(Outgoing::json(StatusCode::OK, Value::Object(shown)))
    }

    pub(super) fn get_export_result(&self, store: &Store) -> Outcome {
        let id = self.export(store)?;
        let Some(export) = store.exports.get(&id) else {
            return Err(Box::new(Outgoing::not_found()));
        };
        if self.status(export) != "succeeded" {
            return Err(Box::new(Outgoing::problem(
                StatusCode::CONFLICT,
                "not-done",
                "The export is not done",
                "Follow its status, and read the result once it has succeeded.",
            )));
        }
        if self.house.is(Misbehaviour::ExportResultsLost) {
            return Err(Box::new(Outgoing::not_found()));
        }
        let leaves_out = self.house.is(Misbehaviour::ExportsLeaveOut);
        let ids: Vec<&str> = Kind::named(&export.kind)
            .map(|kind| store.of(kind))
            .into_iter()
            .flat_map(|records| records.iter())
            .filter(|record| record.is_visible_to(&self.grant.force))
            .filter(|record| !leaves_out || record.sequence <= store.seeded)
            .map(|record| record.text("id"))
            .collect();
        Ok(Outgoing::json(
            StatusCode::OK,
            json!({ "recordType": export.kind, "total": ids.len(), "ids": ids }),
        ))
    }

    pub(super) fn delete_export(&self, store: &mut Store) -> Outcome {
        let id = self.export(store)?;
        if !self.house.is(Misbehaviour::ExportsGoOn) {
            store.exports.remove(&id);
        }
        Ok(Outgoing::empty(StatusCode::NO_CONTENT))
    }

    /// The id of the export that is asked for, if the caller may see it and it is not over.
    fn export(&self, store: &Store) -> Result<String, super::message::Refusal> {
        let id = self.incoming.path_value("exportId").to_ascii_lowercase();
        let export = store
            .exports
            .get(&id)
            .filter(|export| export.force == self.grant.force)
            .ok_or_else(Outgoing::not_found)?;
        if export.is_over() && !self.house.is(Misbehaviour::ExportsStay) {
            return Err(Box::new(Outgoing::problem(
                StatusCode::GONE,
                "gone",
                "Gone",
                "The export has expired.",
            )));
        }
        Ok(id)
    }

    fn status(&self, export: &Export) -> &'static str {
        let since = export.created.elapsed();
        let takes = self.house.export_takes();
        if self.house.is(Misbehaviour::ExportsGoBack) && since < takes * 10 {
            return match export.reads % 2 {
                0 => "queued",
                _ => "running",
            };
        }
        match since {
            since if since < WAITS => "queued",
            since if since < takes || self.house.is(Misbehaviour::ExportsNeverEnd) => "running",
            _ => "succeeded",
        }
    }

    fn told(&self, id: &str, export: &Export) -> Map<String, Value> {
        let status = self.status(export);
        let progress = match status {
            "queued" => 0,
            "running" => 50,
            _ => 100,
        };
        let mut shown = Map::new();
        for (name, value) in [
            ("id", json!(id)),
            ("recordType", json!(export.kind)),
            ("keepForSeconds", json!(export.keep_for)),
            ("status", json!(status)),
            ("progressPercent", json!(progress)),
            ("createdAt", json!(export.created_at)),
            ("expiresAt", json!(export.expires_at)),
        ] {
            shown.insert(name.to_owned(), value);
        }
        if status == "succeeded" {
            let result = format!("{}/exports/{id}/result", self.house.prefix);
            shown.insert("result".to_owned(), json!(result));
        }
        shown
    }
}
