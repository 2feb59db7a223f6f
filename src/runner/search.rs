//! At the end of a run: what was made and not named, or may have been made, is looked for by its job and in the list.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    cleanup::Removal,
    exchanger::Exchanger,
    ledger::{Entry, Made, Named},
    ownership::reading,
    wire::Wire,
};
use muster_core::{
    arrange::{
        self,
        ownership::{self, Claim, Likeness, Naming},
        serialise,
    },
    contract::Operation,
    exchange::{Address, Request},
    model::{IdentityName, Method},
};
use muster_report::event::Event;

/// How long jobs are waited for that have not made their record yet, in all.
const JOBS: Duration = Duration::from_secs(5);
/// How many pages of a list are read.
const PAGES: usize = 20;

/// The records of one list, as it shows them.
#[derive(Debug, Default)]
struct Listing {
    records: Vec<(Value, Vec<String>)>,
    /// Whether all of them were read.
    whole: bool,
}

impl<W: Wire> Exchanger<'_, W> {
    /// Follows the resources that tell how far a creation is to their end. Gives what stays unsure.
    pub(super) async fn follow_jobs(
        &self,
        unsure: Vec<Entry>,
        named: &mut Vec<Removal>,
    ) -> Vec<Entry> {
        let began = Instant::now();
        let (mut open, mut rest): (Vec<Entry>, Vec<Entry>) = unsure
            .into_iter()
            .partition(|entry| matches!(&entry.state, Made::Unnamed { job: Some(_), .. }));
        loop {
            let mut waiting = Vec::new();
            for entry in open {
                let Made::Unnamed {
                    job: Some(path), ..
                } = &entry.state
                else {
                    rest.push(entry);
                    continue;
                };
                let request = Request {
                    purpose: "looks which record a job has made".to_owned(),
                    ..reading(path, &entry.sent.identity)
                };
                let exchange = self.housekeep(request).await;
                let found = ownership::named_by_job(
                    self.setup.contract,
                    self.setup.relations,
                    &entry.creation.operation,
                    &exchange,
                );
                match found {
                    Some(record) => {
                        named.push(self.found(entry, record.path, record.template, None))
                    }
                    None if exchange
                        .response()
                        .is_some_and(|response| response.status < 400) =>
                    {
                        waiting.push(entry);
                    }
                    None => rest.push(entry),
                }
            }
            if waiting.is_empty() || began.elapsed() >= JOBS {
                rest.extend(waiting);
                rest.sort_by_key(|entry| entry.creation.number);
                return rest;
            }
            open = waiting;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// A record that was found after its creation; it is looked at before it is removed.
    fn found(
        &self,
        entry: Entry,
        path: String,
        template: String,
        shown: Option<&Value>,
    ) -> Removal {
        let contract = self.setup.contract;
        let removed_at =
            shown.and_then(|shown| ownership::removal_path(contract, &path, &template, shown));
        let at = removed_at.as_ref().unwrap_or(&path);
        let mut creation = entry.creation;
        creation.removal =
            arrange::is_removable(contract, at).then(|| format!("{} {at}", Method::Delete));
        self.tell(Event::Created(creation.clone()));
        Removal {
            creation,
            identity: entry.sent.identity.clone(),
            named: Named {
                path,
                template,
                removed_at,
                claim: Claim {
                    by: Naming::Guess,
                    is_new: true,
                    sent: entry.sent.body.map(|body| body.bytes),
                    shown: None,
                },
                seen: false,
                deleted: false,
            },
            status: None,
        }
    }

    /// Looks in the lists for what was made and not named, or may have been made, and tells what is not found for sure.
    pub(super) async fn find_in_lists(&self, unsure: Vec<Entry>, named: &mut Vec<Removal>) {
        let mut lists: BTreeMap<String, Listing> = BTreeMap::new();
        for entry in unsure {
            let place = self.list_of(&entry);
            let Some((lister, path, template)) = place else {
                self.tell_unsure(entry, "nothing lists such records");
                continue;
            };
            if !lists.contains_key(&path) {
                let listing = self
                    .list(lister, &path, &template, &entry.sent.identity)
                    .await;
                lists.insert(path.clone(), listing);
            }
            let Some(listing) = lists.get_mut(&path) else {
                continue;
            };
            let item = |keys: &[String]| {
                let keys: Vec<String> = keys.iter().map(|key| serialise::encode(key)).collect();
                format!("{}/{}", path.trim_end_matches('/'), keys.join("/"))
            };
            listing.records.retain(|(_, keys)| {
                !self.records.knows(&item(keys))
                    && !named.iter().any(|removal| removal.named.path == item(keys))
            });
            let mut owns = Vec::new();
            let mut possible = false;
            for sent in bodies(&entry.sent) {
                let best = listing
                    .records
                    .iter()
                    .enumerate()
                    .map(|(at, (record, _))| (self.likeness(record, &sent), at))
                    .max_by_key(|(likeness, at)| (*likeness, *at));
                match best {
                    Some((Likeness::Own, at)) => {
                        let (record, keys) = listing.records.remove(at);
                        owns.push((item(&keys), record));
                    }
                    Some((Likeness::Possible, _)) => possible = true,
                    _ => {}
                }
            }
            let mut owns = owns.into_iter();
            if let Some((first, shown)) = owns.next() {
                for (path, shown) in owns {
                    // One request made several.
                    let creation = self.ledger.intends(&entry.creation.operation, &entry.sent);
                    self.tell(Event::CreationIntended(creation.clone()));
                    let other = Entry {
                        creation,
                        ..entry.clone()
                    };
                    named.push(self.found(other, path, template.clone(), Some(&shown)));
                }
                named.push(self.found(entry, first, template, Some(&shown)));
            } else if possible {
                self.tell_unsure(
                    entry,
                    "the collection shows a record like it, and nothing in it that only this run writes",
                );
            } else if !listing.whole {
                self.tell_unsure(
                    entry,
                    "the collection does not show it, and could not be read whole",
                );
            } else if let Some(why) = claimed(&entry) {
                self.tell_unsure(entry, why);
            } else {
                self.tell(Event::Absent(entry.creation));
            }
        }
        // What was noted here is told here.
        drop(self.ledger.take());
    }

    fn likeness(&self, record: &Value, sent: &[u8]) -> Likeness {
        ownership::likeness(record, sent, self.setup.run_tag, &|text| {
            self.setup.contract.mentions(text)
        })
    }

    fn tell_unsure(&self, entry: Entry, why: &str) {
        let reason = match &entry.state {
            Made::Sent => format!("It may exist, for no response came, and {why}."),
            Made::Doubtful(reason) => {
                let reason = reason.trim_end_matches('.');
                format!("It may exist. {reason}, and {why}.")
            }
            Made::Unnamed { job: Some(job), .. } => {
                format!("No response named the record ({job} tells how far it is), and {why}.")
            }
            Made::Unnamed { job: None, .. } | Made::Named(_) => {
                format!("No response named the record, and {why}.")
            }
        };
        self.tell(Event::LeftBehind(entry.creation, reason));
    }

    /// What lists the records that a creation makes: the operation, the path, and the template of one of them.
    fn list_of(&self, entry: &Entry) -> Option<(&Operation, String, String)> {
        let (contract, relations) = (self.setup.contract, self.setup.relations);
        let collection = relations.collection(&entry.creation.operation)?;
        let template = match (&collection.item, &collection.compound) {
            (Some((template, _)), _) | (None, Some((template, _))) => template,
            (None, None) => return None,
        };
        let lister = ownership::lister(contract, relations, template)?;
        let sent = self.path_below_base(&entry.sent);
        let keys = serialise::unfill(&entry.creation.operation.path, sent.split('?').next()?)?;
        let path = serialise::fill(&lister.key.path, |name| {
            keys.iter()
                .find(|(held, _)| held == name)
                .map(|(_, text)| serialise::encode(text))
        })
        .ok()?;
        Some((lister, path, template.clone()))
    }

    async fn list(
        &self,
        lister: &Operation,
        path: &str,
        template: &str,
        identity: &IdentityName,
    ) -> Listing {
        use arrange::paging::{Next, next};
        let mut listing = Listing::default();
        let mut address = Address::Base(path.to_owned());
        let relations = self.setup.relations;
        for _ in 0..PAGES {
            let mut request = Request {
                address: address.clone(),
                purpose: "looks for what this run created".to_owned(),
                ..reading(path, identity).calling(&lister.key)
            };
            let media = arrange::accept(lister);
            if !media.is_empty() {
                request.headers.set("accept", media);
            }
            let exchange = self.housekeep(request).await;
            let Some(body) = exchange
                .response()
                .filter(|response| response.is_success() && !response.cut)
                .and_then(|response| response.json().ok())
            else {
                return listing;
            };
            let found = ownership::records_with_keys(relations, template, body);
            let all = arrange::answers::records(body, "").len();
            let shown = found.len();
            listing.records.extend(
                found
                    .into_iter()
                    .map(|(record, keys)| (record.clone(), keys)),
            );
            let paging = arrange::Paging::of(self.setup.contract, lister);
            match next(&exchange, &self.setup.started.base_url) {
                Next::At(next) if next != address => address = next,
                Next::Cursor(cursor) => {
                    let Some(name) = paging.and_then(|paging| paging.cursor) else {
                        return listing;
                    };
                    let query = format!(
                        "{}={}",
                        serialise::encode(&name),
                        serialise::encode(&cursor)
                    );
                    address = Address::Base(format!("{path}?{query}"));
                }
                Next::None => {
                    listing.whole = shown >= all;
                    return listing;
                }
                // Where the list can be cut, an answer that says nothing of a next page may be the first of many.
                Next::Unsaid => {
                    listing.whole = shown >= all && (paging.is_none() || shown < SHORT);
                    return listing;
                }
                Next::At(_) | Next::Elsewhere(_) => return listing,
            }
        }
        listing
    }
}

/// Pages shorter than this are not cut.
const SHORT: usize = 10;

/// What a request sends of each record that it makes.
fn bodies(request: &Request) -> Vec<Vec<u8>> {
    let Some(body) = &request.body else {
        return Vec::new();
    };
    match serde_json::from_slice::<Value>(&body.bytes) {
        Ok(Value::Array(items)) => items
            .iter()
            .map(|item| item.to_string().into_bytes())
            .collect(),
        _ => vec![body.bytes.to_vec()],
    }
}

/// Why a record may exist that a whole list does not show: the response said so.
const fn claimed(entry: &Entry) -> Option<&'static str> {
    match &entry.state {
        Made::Unnamed { job: Some(_), .. } => Some("the collection does not show it yet"),
        Made::Unnamed {
            is_created: true, ..
        } => {
            Some("the response says that it was created (201), but the collection does not show it")
        }
        _ => None,
    }
}
