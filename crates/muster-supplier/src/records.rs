//! What each operation does once a request has been found valid: [`Act`].

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::SupplierState;
use super::fault::Misbehaviour;
use super::making::{moment, new_id, new_record, now, take_out_write_only};
use super::message::{Incoming, Outgoing, Refusal, Touched};
use super::neighbours;
use super::page::Listing;
use super::store::{Kind, Record, Store};
use super::text;
use super::tokens::Grant;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Says that the service works.
    Health,
    /// Lists records.
    List(Kind),
    /// Creates a record.
    Create(Kind),
    /// Reads a record.
    Get(Kind),
    /// Replaces a record.
    Replace(Kind),
    /// Changes parts of a record.
    Update(Kind),
    /// Deletes a record.
    Delete(Kind),
    /// Lists the links of an incident.
    ListLinks,
    /// Links a record to an incident.
    CreateLink,
    /// Reads a link.
    GetLink,
    /// Deletes a link.
    DeleteLink,
    /// Starts an export.
    CreateExport,
    /// Reads the status of an export.
    GetExport,
    /// Reads the result of an export.
    GetExportResult,
    /// Cancels an export.
    DeleteExport,
    /// Lists audit events.
    ListAudit,
    /// Lists incidents in brief.
    ListSummaries,
}

impl Act {
    /// What the operation with this id does.
    pub(crate) fn of(operation: &str) -> Option<Self> {
        Some(match operation {
            "getHealth" => Self::Health,
            "listIncidentLinks" => Self::ListLinks,
            "createIncidentLink" => Self::CreateLink,
            "getIncidentLink" => Self::GetLink,
            "deleteIncidentLink" => Self::DeleteLink,
            "createExport" => Self::CreateExport,
            "getExport" => Self::GetExport,
            "getExportResult" => Self::GetExportResult,
            "deleteExport" => Self::DeleteExport,
            "listAuditEvents" => Self::ListAudit,
            "listIncidentSummaries" => Self::ListSummaries,
            "listPeople" => Self::List(Kind::Person),
            "listLocations" => Self::List(Kind::Location),
            "listVehicles" => Self::List(Kind::Vehicle),
            "listIncidents" => Self::List(Kind::Incident),
            other => {
                let at = other.find(char::is_uppercase)?;
                let (verb, noun) = other.split_at_checked(at)?;
                let kind = Kind::named(&noun.to_lowercase())?;
                match verb {
                    "create" => Self::Create(kind),
                    "get" => Self::Get(kind),
                    "replace" => Self::Replace(kind),
                    "update" => Self::Update(kind),
                    "delete" => Self::Delete(kind),
                    _ => return None,
                }
            }
        })
    }
}

/// Does what the operation does. Refusals are answers too.
pub(crate) fn perform(house: &SupplierState, act: Act, incoming: &mut Incoming) -> Outgoing {
    let body = incoming.json.take();
    let Some(grant) = incoming.grant.as_ref() else {
        return health();
    };
    let call = Call {
        house,
        incoming,
        grant,
    };
    let mut store = house.store();
    if house.is(Misbehaviour::ReadsChange) && act == Act::Get(Kind::Incident) {
        let id = call.incoming.path_value(Kind::Incident.parameter());
        if let Some(record) = store.of_mut(Kind::Incident).get_mut(id) {
            move_on(&mut record.body);
        }
    }
    let writes = !matches!(call.incoming.method, Method::GET | Method::HEAD);
    let before = (writes && house.replica.lags()).then(|| store.snapshot());
    let past = house.replica.view().filter(|_| !writes);
    let seen = past.as_deref().unwrap_or(&store);
    let outcome = match (act, body) {
        (Act::List(kind), _) => call.list(seen, kind),
        (Act::Get(kind), _) => call.get(seen, kind),
        (Act::Delete(kind), _) => call.delete(&mut store, kind),
        (Act::Create(_) | Act::CreateLink | Act::CreateExport, Some(body)) => {
            call.create(&mut store, act, body)
        }
        (Act::Replace(kind), Some(body)) => call.change(&mut store, kind, body, false),
        (Act::Update(kind), Some(body)) => call.change(&mut store, kind, body, true),
        (Act::ListLinks, _) => call.list_links(seen),
        (Act::GetLink, _) => call.get_link(seen),
        (Act::DeleteLink, _) => call.delete_link(&mut store),
        (Act::GetExport, _) => call.get_export(&mut store),
        (Act::GetExportResult, _) => call.get_export_result(&store),
        (Act::DeleteExport, _) => call.delete_export(&mut store),
        (Act::ListAudit, _) => call.list_audit(&store),
        (Act::ListSummaries, _) => call.list_summaries(seen),
        (Act::Health, _) => Ok(health()),
        // The pipeline lets no request without its body through.
        (
            Act::Create(_) | Act::CreateLink | Act::CreateExport | Act::Replace(_) | Act::Update(_),
            None,
        ) => Err(Box::new(Outgoing::invalid("A body is needed.", Vec::new()))),
    };
    let answer = outcome.unwrap_or_else(|refusal| *refusal);
    if let Some(before) = before.filter(|_| answer.status.is_success()) {
        house.replica.wrote(before);
    }
    neighbours::reach(house, &mut store, act, &answer);
    if let (Some(touched), Some(operation)) = (&answer.touched, incoming.operation) {
        log(
            &mut store,
            incoming,
            grant,
            &operation.id,
            touched,
            answer.status,
        );
    }
    answer
}

fn health() -> Outgoing {
    Outgoing::json(
        StatusCode::OK,
        json!({ "status": "pass", "version": "1.4.0", "checkedAt": now() }),
    )
}

fn log(
    store: &mut Store,
    incoming: &Incoming,
    grant: &Grant,
    operation: &str,
    touched: &Touched,
    status: StatusCode,
) {
    let event = json!({
        "id": new_id(),
        "occurredAt": now(),
        "force": grant.force,
        "client": grant.client,
        "processing": touched.processing,
        "operation": operation,
        "recordType": touched.record_type,
        "recordId": touched.record_id,
        "recordIds": touched.disclosed,
        "status": status.as_u16(),
        "correlationId": incoming.correlation,
    });
    if let Value::Object(body) = event {
        let sequence = store.next_sequence();
        store.add_audit(Record {
            sequence,
            version: 1,
            force: grant.force.clone(),
            restricted: true,
            body,
        });
    }
}

/// One call of one caller.
pub(super) struct Call<'a> {
    pub(super) house: &'a SupplierState,
    pub(super) incoming: &'a Incoming,
    pub(super) grant: &'a Grant,
}

/// An answer, or one that ends the way early.
pub(super) type Outcome = Result<Outgoing, Refusal>;

impl Call<'_> {
    fn list(&self, store: &Store, kind: Kind) -> Outcome {
        let mut listing = self.listing()?;
        let is = |switch, of| kind == of && self.house.is(switch);
        if is(Misbehaviour::IgnoresLimits, Kind::Vehicle) {
            listing.without_limit();
        }
        if is(Misbehaviour::ReversesOrder, Kind::Incident) {
            listing.turn_round();
        }
        let unfiltered = is(Misbehaviour::IgnoresFilters, Kind::Vehicle);
        let hides_new = is(Misbehaviour::ListsLate, Kind::Vehicle);
        let listed = |record: &&Record| !hides_new || record.sequence <= store.seeded;
        let wanted = |record: &&Record| {
            (record.is_visible_to(listing.force.as_ref().unwrap_or(&self.grant.force))
                || self.lists_restricted(record, kind))
                && (unfiltered
                    || self
                        .incoming
                        .query_values
                        .iter()
                        .filter(|(name, _)| {
                            !matches!(
                                name.as_str(),
                                "sort" | "limit" | "cursor" | "action" | "offset"
                            )
                        })
                        .all(|(name, value)| {
                            same(record.body.get(name), value) || self.carries_out(kind, value)
                        }))
        };
        let page = listing.cut(store.of(kind).iter().filter(listed).filter(wanted));
        let list = self.page(page, kind.name(), |record| self.shown(record));
        Ok(self.tagged(list, kind))
    }

    pub(super) fn listing(&self) -> Result<Listing, Refusal> {
        let carries = self.house.is(Misbehaviour::CursorsCarryForce);
        let mut listing = Listing::read(self.incoming, carries.then(|| self.grant.force.clone()))?;
        listing.overlaps = self.house.is(Misbehaviour::PagesOverlap);
        listing.counts = self.house.is(Misbehaviour::CursorsCount);
        listing.forgets_ties = self.house.is(Misbehaviour::ForgetsTies);
        Ok(listing)
    }

    fn list_summaries(&self, store: &Store) -> Outcome {
        let listing = self.listing()?;
        let visible = |record: &&Record| record.is_visible_to(&self.grant.force);
        let page = listing.cut(store.of(Kind::Incident).iter().filter(visible));
        let brief = |record: &Record| {
            ["id", "reference", "summary"]
                .into_iter()
                .map(|name| (name.to_owned(), json!(record.text(name))))
                .collect()
        };
        let mut answer = self
            .page(page, Kind::Incident.name(), brief)
            .with("deprecation", "@1788220800")
            .with("sunset", "Fri, 01 Sep 2028 00:00:00 GMT");
        let next = answer
            .headers
            .get("link")
            .and_then(|link| Some(format!(", {}", link.to_str().ok()?)))
            .unwrap_or_default();
        let prefix = self.house.prefix;
        answer.set(
            "link",
            &format!(
                "<{prefix}/incidents>; rel=\"successor-version\", <https://records.example/deprecations>; rel=\"deprecation\"{next}"
            ),
        );
        Ok(answer)
    }

    fn list_audit(&self, store: &Store) -> Outcome {
        let listing = self.listing()?;
        let about = |name: &str, member: &str, event: &Record| {
            self.incoming
                .query_text(name)
                .is_none_or(|wanted| event.text(member).eq_ignore_ascii_case(wanted))
        };
        let since = self.incoming.query_text("since").map(moment);
        let wanted = |event: &&Record| {
            event.is_visible_to(&self.grant.force)
                && about("processing", "processing", event)
                && (about("subject", "recordId", event) || self.discloses(event))
                && since
                    .as_ref()
                    .is_none_or(|since| moment(event.text("occurredAt")) >= *since)
        };
        let page = listing.cut(store.audit.iter().filter(wanted));
        let mut answer = self.page(page, "audit", |event| event.body.clone());
        answer.touched = None;
        Ok(answer)
    }

    fn discloses(&self, event: &Record) -> bool {
        let ids = event.body.get("recordIds").and_then(Value::as_array);
        let subject = self.incoming.query_values.get("subject");
        ids.is_some_and(|ids| subject.is_some_and(|subject| ids.contains(subject)))
    }

    fn get(&self, store: &Store, kind: Kind) -> Outcome {
        let record = self.record(store, kind)?;
        let torn = store
            .races
            .before(record.text("id"), self.incoming.arrived)
            .filter(|_| self.house.is(Misbehaviour::TornReads))
            .map(|before| record.torn(before));
        Ok(self.read(torn.as_ref().unwrap_or(record)).about(
            "consultation",
            kind.name(),
            record.text("id"),
        ))
    }

    fn delete(&self, store: &mut Store, kind: Kind) -> Outcome {
        let record = self.record(store, kind)?;
        self.unchanged(store, record)?;
        let id = record.text("id").to_owned();
        if kind == Kind::Vehicle && self.house.is(Misbehaviour::ReusesIds) {
            store.spare = Some(id.clone());
        }
        if kind != Kind::Location || !self.house.is(Misbehaviour::KeepsDeleted) {
            store.remove(kind, &id);
        }
        if kind == Kind::Location && self.house.is(Misbehaviour::DeniesDeletions) {
            return Err(Box::new(Outgoing::not_found()));
        }
        Ok(Outgoing::empty(StatusCode::NO_CONTENT).about("erasure", kind.name(), &id))
    }

    /// Creates a record, an export or a link.
    fn create(&self, store: &mut Store, act: Act, body: Value) -> Outcome {
        let key = self.key();
        let earlier = key.as_ref().and_then(|key| self.earlier(store, key));
        if let Some((before, answer)) = earlier {
            return if *before == body || self.house.is(Misbehaviour::KeysIgnoreBody) {
                Ok(answer.clone())
            } else {
                Err(Box::new(Outgoing::problem(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "idempotency-key-reused",
                    "The key was used for another request",
                    "Use a new Idempotency-Key for another body.",
                )))
            };
        }
        let answer = match act {
            Act::Create(kind) => self.store_record(store, kind, body.clone()),
            Act::CreateExport => self.create_export(store, &body)?,
            _ => self.store_link(store, &body)?,
        };
        if let Some(key) = key {
            // A replay is no second act: it is not logged as one.
            let mut replay = answer.clone();
            replay.touched = None;
            store.remember(key, body, replay);
        }
        Ok(answer)
    }

    fn store_record(&self, store: &mut Store, kind: Kind, body: Value) -> Outgoing {
        let mut record = new_record(self.house, store, kind, &self.grant.force, body);
        if kind == Kind::Vehicle {
            if let Some(spare) = store.spare.take() {
                record.body.insert("id".to_owned(), json!(spare));
            }
            if self.house.is(Misbehaviour::StoresInCapitals) {
                let capitals = record.text("make").to_uppercase();
                record.body.insert("make".to_owned(), json!(capitals));
            }
            if self.house.is(Misbehaviour::StoresTrimmed) {
                let trimmed = record.text("make").trim().to_owned();
                record.body.insert("make".to_owned(), json!(trimmed));
            }
        }
        let id = record.text("id").to_owned();
        let path = format!("{}/{}/{id}", self.house.prefix, kind.segment());
        let answer = Outgoing::json(StatusCode::CREATED, Value::Object(record.body.clone()))
            .with("location", &path)
            .with("etag", &record.etag())
            .about("collection", kind.name(), &id);
        if kind != Kind::Location || !self.house.is(Misbehaviour::LosesLocations) {
            store.add(kind, record);
        }
        answer
    }

    /// PUT and PATCH.
    fn change(&self, store: &mut Store, kind: Kind, mut body: Value, merge: bool) -> Outcome {
        let record = self.record(store, kind)?;
        let unchanged = self.unchanged(store, record);
        if !self.house.is(Misbehaviour::StoresBeforeMatch) {
            unchanged.as_ref().map_err(Clone::clone)?;
        }
        if merge && kind == Kind::Vehicle && self.house.is(Misbehaviour::IgnoresPatches) {
            body = json!({});
        }
        text::as_stored(self.house, &mut body);
        take_out_write_only(&mut body);
        let id = record.text("id").to_owned();
        let record = store
            .races
            .before(&id, self.incoming.arrived)
            .filter(|_| self.house.is(Misbehaviour::RacyPatch))
            .unwrap_or(record);
        let keeps = merge || self.house.is(Misbehaviour::MergesOnPut);
        let before = record.body.get("priority").cloned();
        let mut changed: Map<String, Value> = record
            .body
            .iter()
            .filter(|(name, _)| keeps || is_kept(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if let Value::Object(members) = body {
            for (name, value) in members {
                if merge && value.is_null() {
                    changed.shift_remove(&name);
                } else {
                    changed.insert(name, value);
                }
            }
        }
        if !merge
            && kind == Kind::Incident
            && self.house.is(Misbehaviour::AddsUpOnPut)
            && let Some(before) = before
        {
            changed.insert("priority".to_owned(), before);
            move_on(&mut changed);
        }
        let restricted = changed.get("restricted") == Some(&Value::Bool(true));
        if restricted != record.restricted && record.force != self.grant.force {
            return Err(Box::new(Outgoing::problem(
                StatusCode::FORBIDDEN,
                "not-the-owner",
                "Only the owning force may do this",
                "Only the owning force may change restricted.",
            )));
        }
        changed.insert("restricted".to_owned(), Value::Bool(restricted));
        if !merge
            && self.house.is(Misbehaviour::UnchangedIsMissing)
            && changed == record.body_but_moment()
        {
            return Err(Box::new(Outgoing::not_found()));
        }
        changed.insert("updatedAt".to_owned(), json!(now()));
        if !merge && kind == Kind::Location && self.house.is(Misbehaviour::MovesCreation) {
            changed.insert("createdAt".to_owned(), json!(now()));
        }
        let record = store
            .of_mut(kind)
            .get_mut(&id)
            .ok_or_else(Outgoing::not_found)?;
        let before = record.clone();
        record.version += 1;
        record.restricted = restricted;
        record.body = changed;
        let answer = Outgoing::json(StatusCode::OK, Value::Object(record.body.clone()))
            .with("etag", &record.etag())
            .about("alteration", kind.name(), &id);
        store.races.changed(before);
        unchanged?;
        Ok(answer)
    }

    /// The members of a record that the caller may see: how a person can be reached is for those who work on
    /// the record.
    pub(super) fn shown(&self, record: &Record) -> Map<String, Value> {
        let mut body = record.body.clone();
        let works = self
            .grant
            .scopes
            .iter()
            .any(|scope| scope == "records:write");
        if !works && !self.house.is(Misbehaviour::ShowsContacts) {
            body.shift_remove("contacts");
        }
        body
    }

    fn lists_restricted(&self, record: &Record, kind: Kind) -> bool {
        kind == Kind::Person
            && self.house.is(Misbehaviour::ListsRestricted)
            && record.force == self.house.credentials.north.force
    }

    fn carries_out(&self, kind: Kind, asked: &Value) -> bool {
        kind == Kind::Person
            && self.house.is(Misbehaviour::CarriesOutFilters)
            && asked
                .as_str()
                .is_some_and(|asked| asked.to_uppercase().contains("' OR '1'='1"))
    }

    /// What is answered for a record that the caller may not know of.
    fn hidden(&self, kind: Kind, record: Option<&Record>) -> Refusal {
        let mut refusal = Outgoing::not_found();
        if record.is_some()
            && kind == Kind::Incident
            && self.house.is(Misbehaviour::ForbidsRestricted)
        {
            refusal = Outgoing::problem(
                StatusCode::FORBIDDEN,
                "forbidden",
                "Not allowed",
                "The record is restricted.",
            );
        }
        if record.is_some()
            && kind == Kind::Location
            && self.house.is(Misbehaviour::SlowsRestricted)
        {
            refusal.delay = Some(std::time::Duration::from_millis(250));
        }
        Box::new(refusal)
    }

    pub(super) fn record<'s>(&self, store: &'s Store, kind: Kind) -> Result<&'s Record, Refusal> {
        let id = self.incoming.path_value(kind.parameter());
        let overlooked = self.house.is(if self.incoming.method.is_safe() {
            Misbehaviour::ShowsRestricted
        } else {
            Misbehaviour::WritesRestricted
        });
        let record = store.of(kind).get(&id.to_ascii_lowercase());
        record
            .filter(|record| record.is_visible_to(&self.grant.force) || overlooked)
            .ok_or_else(|| self.hidden(kind, record))
    }
}

/// Moves the priority of an incident on by one, from five to one.
fn move_on(body: &mut Map<String, Value>) {
    let priority = body.get("priority").and_then(Value::as_i64).unwrap_or(0);
    body.insert("priority".to_owned(), json!(priority % 5 + 1));
}

/// What a PUT cannot change.
fn is_kept(name: &str) -> bool {
    matches!(name, "id" | "reference" | "owningForce" | "createdAt")
}

/// Does the stored value equal the one in the query? Text in any letter case.
fn same(stored: Option<&Value>, asked: &Value) -> bool {
    match (stored, asked) {
        (Some(Value::String(stored)), Value::String(asked)) => {
            stored.to_lowercase() == asked.to_lowercase()
        }
        (Some(stored), asked) => stored == asked,
        (None, _) => false,
    }
}
