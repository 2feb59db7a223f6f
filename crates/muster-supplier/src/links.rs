//! What the operations on the links of an incident do.

use axum::http::StatusCode;
use serde_json::Value;

use super::fault::Misbehaviour;
use super::making::new_link;
use super::message::{Outgoing, Refusal};
use super::records::{Call, Outcome};
use super::store::{Kind, Record, Store};

impl Call<'_> {
    pub(super) fn list_links(&self, store: &Store) -> Outcome {
        let listing = self.listing()?;
        let incident = self.record(store, Kind::Incident)?.text("id");
        let wanted = |link: &&Record| {
            link.text("incidentId") == incident
                && store.shows_link(link, &self.grant.force)
                && self
                    .incoming
                    .query_text("role")
                    .is_none_or(|role| link.text("role") == role)
        };
        let page = listing.cut(store.links.iter().filter(wanted));
        Ok(self.page(page, "link", |link| link.body.clone()))
    }

    pub(super) fn get_link(&self, store: &Store) -> Outcome {
        let link = self.link(store)?;
        Ok(self
            .read(link)
            .about("consultation", "link", link.text("id")))
    }

    pub(super) fn delete_link(&self, store: &mut Store) -> Outcome {
        let link = self.link(store)?;
        self.unchanged(store, link)?;
        let id = link.text("id").to_owned();
        store.remove_link(&id);
        Ok(Outgoing::empty(StatusCode::NO_CONTENT).about("erasure", "link", &id))
    }

    pub(super) fn store_link(&self, store: &mut Store, body: &Value) -> Outcome {
        let incident = self.record(store, Kind::Incident)?.text("id").to_owned();
        let text = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .unwrap_or("")
                .to_owned()
        };
        let (record_type, target) = (text("recordType"), text("recordId").to_ascii_lowercase());
        Kind::named(&record_type)
            .and_then(|kind| store.of(kind).get(&target))
            .filter(|record| record.is_visible_to(&self.grant.force))
            .ok_or_else(|| {
                Outgoing::problem(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "unknown-record",
                    "The record does not exist",
                    "recordType and recordId name no record that you may see.",
                )
            })?;
        let role = text("role");
        let taken = store.links.iter().any(|link| {
            link.text("incidentId") == incident
                && link.text("recordId") == target
                && link.text("role") == role
        });
        if taken {
            return Err(Box::new(Outgoing::problem(
                StatusCode::CONFLICT,
                "conflict",
                "Conflict",
                "The record is already linked to the incident in this role.",
            )));
        }
        let link = new_link(
            store,
            &self.grant.force,
            &incident,
            &record_type,
            &target,
            &role,
        );
        let id = link.text("id").to_owned();
        let path = format!("{}/incidents/{incident}/links/{id}", self.house.prefix);
        let answer = Outgoing::json(StatusCode::CREATED, Value::Object(link.body.clone()))
            .with("location", &path)
            .with("etag", &link.etag())
            .about("combination", "link", &id);
        store.add_link(link);
        Ok(answer)
    }

    pub(super) fn link<'s>(&self, store: &'s Store) -> Result<&'s Record, Refusal> {
        let incident = self.record(store, Kind::Incident)?.text("id");
        let id = self.incoming.path_value("linkId");
        store
            .links
            .get(&id.to_ascii_lowercase())
            .filter(|link| {
                link.text("incidentId") == incident || self.house.is(Misbehaviour::LinksAnywhere)
            })
            .filter(|link| store.shows_link(link, &self.grant.force))
            .ok_or_else(|| Box::new(Outgoing::not_found()))
    }
}
