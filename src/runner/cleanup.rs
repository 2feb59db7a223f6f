//! What a run created is taken away at the end: looked for where no response named it, removed, and looked for again.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures::StreamExt;
use serde_json::Value;

use super::{
    exchanger::{CLEANUP, Exchanger},
    ledger::{Entry, Made, Named},
    ownership::{Leave, Look, claim_of, reading, subject_of},
    wire::Wire,
};
use crate::{
    arrange::{
        self,
        ownership::{self, Claim, Likeness, Naming},
        serialise,
    },
    contract::Operation,
    event::{Creation, Event},
    exchange::{Address, Breakage, BreakageKind, Exchange, Intent, Outcome, Request},
    model::{IdentityName, Method},
    plan::CaseName,
};

/// How long jobs are waited for that have not made their record yet, in all.
const JOBS: Duration = Duration::from_secs(5);
/// How many pages of a list are read.
const PAGES: usize = 20;
/// How long a removal may take to show.
const SETTLES: [u64; 3] = [0, 300, 1_000];

/// A record that was named, and how its removal went.
#[derive(Debug)]
struct Removal {
    creation: Creation,
    identity: IdentityName,
    named: Named,
    status: Option<u16>,
}

/// The records of one list, as it shows them.
#[derive(Debug, Default)]
struct Listing {
    records: Vec<(Value, String)>,
    /// Whether all of them were read.
    whole: bool,
}

impl<W: Wire> Exchanger<'_, W> {
    /// Notes what a request is going to create, before it is sent.
    pub(super) fn intends(&self, request: &Request, leave: Leave) -> Option<u64> {
        let contract = self.setup.contract;
        let operation = contract.operation(request.operation.as_ref()?)?;
        let replaces = operation.key.method == Method::Put
            && operation.key.path.trim_end_matches('/').ends_with('}')
            && leave != Leave::Absent;
        if replaces
            || request.method != operation.key.method
            || !arrange::creation_of(contract, self.setup.relations, operation)
        {
            return None;
        }
        let creation = self.ledger.intends(&operation.key, request);
        let number = creation.number;
        self.tell(Event::CreationIntended(creation));
        Some(number)
    }

    /// Notes how it went: created here, not created, or in doubt.
    pub(super) fn settles(&self, creation: Option<u64>, leave: Leave, exchange: &Exchange) {
        if let Some(number) = creation {
            self.settle_creation(number, leave, exchange);
        }
        self.observe(exchange, leave);
    }

    fn settle_creation(&self, number: u64, leave: Leave, exchange: &Exchange) {
        let response = match &exchange.outcome {
            Outcome::Broken(breakage) if was_never_sent(breakage) => return self.not_made(number),
            Outcome::Broken(breakage) => {
                let reason = format!("No response came: {}", breakage.detail);
                return self.ledger.is_unsure(number, Made::Doubtful(reason));
            }
            Outcome::Answered(response) => response,
        };
        match response.status {
            200..=299 => {}
            400..=499 | 501 | 505 => return self.not_made(number),
            status => {
                let reason = format!("It was answered {status}.");
                return self.ledger.is_unsure(number, Made::Doubtful(reason));
            }
        }
        // A replacement of what was there already makes nothing (RFC 9110 §9.3.4).
        if exchange.request.method == Method::Put
            && response.status != 201
            && leave != Leave::Absent
        {
            return self.not_made(number);
        }
        let (contract, relations) = (self.setup.contract, self.setup.relations);
        match ownership::named_record(contract, relations, exchange) {
            Some(record) => {
                let claim = claim_of(exchange, record.by);
                self.is_named(number, &exchange.request.identity, record, claim);
            }
            None => {
                let status = ownership::status_resource(contract, relations, exchange);
                let status = status.map(|status| status.path);
                self.ledger.is_unsure(number, Made::Unnamed(status));
            }
        }
    }

    fn is_named(
        &self,
        number: u64,
        maker: &IdentityName,
        record: ownership::NamedRecord,
        claim: Claim,
    ) {
        self.records
            .claim(&record.path, claim.clone(), maker.clone());
        let removal = arrange::is_removable(self.setup.contract, &record.path)
            .then(|| format!("{} {}", Method::Delete, record.path));
        let named = Named {
            path: record.path,
            template: record.template,
            claim,
            seen: false,
            deleted: false,
        };
        let (created, closed) = self.ledger.is_named(number, named, removal);
        if let Some(created) = created {
            self.tell(Event::Created(created));
        }
        for creation in closed {
            self.tell(Event::NotCreated(creation));
        }
    }

    fn not_made(&self, number: u64) {
        if let Some(creation) = self.ledger.not_made(number) {
            self.tell(Event::NotCreated(creation));
        }
    }

    /// A record is not there any more.
    pub(super) fn is_gone(&self, key: &str) {
        for creation in self.ledger.is_gone(key) {
            self.tell(Event::Removed(creation));
        }
    }

    /// Takes away what the run created: what gives access first, then last first. Runs also after an interruption,
    /// outside the budget.
    pub(super) async fn clean_up(&self) {
        let mut named = Vec::new();
        let mut unsure = Vec::new();
        for entry in self.ledger.take() {
            match entry.state {
                Made::Named(named_record) => named.push(Removal {
                    creation: entry.creation,
                    identity: entry.sent.identity,
                    named: named_record,
                    status: None,
                }),
                _ => unsure.push(entry),
            }
        }
        let unsure = self.follow_jobs(unsure, &mut named).await;
        self.find_in_lists(unsure, &mut named).await;
        named.sort_by_key(|removal| {
            let operation = self.setup.contract.operation(&removal.creation.operation);
            let first = operation.is_some_and(ownership::grants_access);
            (!first, std::cmp::Reverse(removal.creation.number))
        });
        let at_once = self.setup.started.budget.concurrency.clamp(1, 8);
        let looked: Vec<Option<Removal>> = futures::stream::iter(named)
            .map(|removal| self.look_before(removal))
            .buffered(at_once)
            .collect()
            .await;
        let mut removed = Vec::new();
        for mut removal in looked.into_iter().flatten() {
            match self.remove(&removal).await {
                Ok(status) => {
                    removal.status = Some(status);
                    removed.push(removal);
                }
                Err(reason) => self.tell(Event::LeftBehind(removal.creation, reason)),
            }
        }
        futures::stream::iter(removed)
            .for_each_concurrent(at_once, |removal| self.look_after(removal))
            .await;
    }

    /// Looks whose a record is before it is removed; tells what is not removed.
    async fn look_before(&self, removal: Removal) -> Option<Removal> {
        let Removal {
            creation, named, ..
        } = &removal;
        let looks = !named.seen || named.deleted || creation.removal.is_none();
        let look = if looks {
            let subject = subject_of(&named.path, &named.template);
            let case = CaseName(CLEANUP.into());
            self.look(&case, &subject, Some(&named.claim), &removal.identity)
                .await
                .unwrap_or_else(|held| Look::Unclear(held.0.reason))
        } else {
            Look::Own
        };
        let left = |reason: String| Event::LeftBehind(creation.clone(), reason);
        let event = match look {
            Look::Absent if named.seen || named.deleted => Event::Removed(creation.clone()),
            Look::Absent if named.claim.by == Naming::Guess => left(
                "The response does not say for sure which record it is, and none is where it may be."
                    .to_owned(),
            ),
            Look::Absent => left(
                "It was not found at the address that the response names, neither before nor now."
                    .to_owned(),
            ),
            Look::Foreign(how) => left(format!("It was left alone: {how}.")),
            Look::Unclear(why) => left(format!("It was left alone: {why}.")),
            Look::Own if creation.removal.is_none() => {
                left("The contract has no operation that removes it.".to_owned())
            }
            Look::Own => return Some(removal),
        };
        self.tell(event);
        None
    }

    /// Looks whether a record is gone, and tells it.
    async fn look_after(&self, removal: Removal) {
        let Removal {
            creation,
            identity,
            named,
            status,
        } = removal;
        let status = status.unwrap_or_default();
        let reader = ownership::reader(self.setup.contract, &named.template);
        let Some(reader) = reader else {
            let event = if (200..300).contains(&status) || named.seen {
                Event::Removed(creation)
            } else {
                let reason = format!("Its removal was answered {status}, and it was never seen.");
                Event::LeftBehind(creation, reason)
            };
            return self.tell(event);
        };
        let mut last = String::new();
        for wait in SETTLES {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let request = Request {
                purpose: "looks whether what this run created is gone".to_owned(),
                ..reading(&named.path, &identity).calling(&reader.key)
            };
            match self.housekeep(request).await.outcome {
                Outcome::Answered(response) if (400..500).contains(&response.status) => {
                    return self.tell(Event::Removed(creation));
                }
                Outcome::Answered(response) => {
                    last = format!("a read of it is answered {}", response.status);
                }
                Outcome::Broken(breakage) => last = breakage.detail,
            }
        }
        let reason = format!("Its removal was answered {status}, and {last}.");
        self.tell(Event::LeftBehind(creation, reason));
    }

    async fn remove(&self, removal: &Removal) -> Result<u16, String> {
        let mut request = Request::new(
            Method::Delete,
            Address::Base(removal.named.path.clone()),
            "removes what this run created",
        )
        .meant(Intent::Housekeeping);
        request.identity = removal.identity.clone();
        let status = match self.housekeep(request.clone()).await.outcome {
            Outcome::Answered(response) => response.status,
            Outcome::Broken(breakage) => return Err(breakage.detail),
        };
        let status = match status {
            412 | 428 => self.remove_conditionally(request).await.unwrap_or(status),
            _ => status,
        };
        match status {
            200..=299 | 404 | 410 => Ok(status),
            _ => Err(format!("Its removal was answered {status}.")),
        }
    }

    /// Where the target wants to see the entity tag first (RFC 9110 §13.1.1).
    async fn remove_conditionally(&self, request: Request) -> Option<u16> {
        let read = Request {
            method: Method::Get,
            ..request.clone()
        };
        let Outcome::Answered(current) = self.housekeep(read).await.outcome else {
            return None;
        };
        let tag = current.headers.get("etag")?.to_owned();
        match self
            .housekeep(request.header("If-Match", tag))
            .await
            .outcome
        {
            Outcome::Answered(response) => Some(response.status),
            Outcome::Broken(_) => None,
        }
    }

    /// Follows the resources that tell how far a creation is to their end. Gives what stays unsure.
    async fn follow_jobs(&self, unsure: Vec<Entry>, named: &mut Vec<Removal>) -> Vec<Entry> {
        let began = Instant::now();
        let (mut open, mut rest): (Vec<Entry>, Vec<Entry>) = unsure
            .into_iter()
            .partition(|entry| matches!(&entry.state, Made::Unnamed(Some(_))));
        loop {
            let mut waiting = Vec::new();
            for entry in open {
                let Made::Unnamed(Some(path)) = &entry.state else {
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
                    Some(record) => named.push(self.found(entry, record.path, record.template)),
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
    fn found(&self, entry: Entry, path: String, template: String) -> Removal {
        let mut creation = entry.creation;
        creation.removal = arrange::is_removable(self.setup.contract, &path)
            .then(|| format!("{} {path}", Method::Delete));
        self.tell(Event::Created(creation.clone()));
        Removal {
            creation,
            identity: entry.sent.identity.clone(),
            named: Named {
                path,
                template,
                claim: Claim {
                    by: Naming::Guess,
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
    async fn find_in_lists(&self, unsure: Vec<Entry>, named: &mut Vec<Removal>) {
        let mut lists: BTreeMap<String, Listing> = BTreeMap::new();
        for entry in unsure {
            let place = self.list_of(&entry);
            let Some((lister, path, template)) = place else {
                self.tell_unsure(entry, "nothing lists such records");
                continue;
            };
            if !lists.contains_key(&path) {
                let listing = self.list(lister, &path, &entry.sent.identity).await;
                lists.insert(path.clone(), listing);
            }
            let Some(listing) = lists.get_mut(&path) else {
                continue;
            };
            let item = |id: &str| {
                let collection = path.trim_end_matches('/');
                format!("{collection}/{}", serialise::encode(id))
            };
            listing.records.retain(|(_, id)| {
                !self.records.knows(&item(id))
                    && !named.iter().any(|removal| removal.named.path == item(id))
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
                    Some((Likeness::Own, at)) => owns.push(item(&listing.records.remove(at).1)),
                    Some((Likeness::Possible, _)) => possible = true,
                    _ => {}
                }
            }
            let mut owns = owns.into_iter();
            if let Some(first) = owns.next() {
                for path in owns {
                    // One request made several.
                    let creation = self.ledger.intends(&entry.creation.operation, &entry.sent);
                    self.tell(Event::CreationIntended(creation.clone()));
                    let other = Entry {
                        creation,
                        ..entry.clone()
                    };
                    named.push(self.found(other, path, template.clone()));
                }
                named.push(self.found(entry, first, template));
            } else if possible {
                self.tell_unsure(
                    entry,
                    "the list shows a record like it, and nothing in it that only this run writes",
                );
            } else if !listing.whole {
                self.tell_unsure(
                    entry,
                    "the list does not show it, and could not be read whole",
                );
            } else if is_accepted(&entry) {
                self.tell_unsure(entry, "the list does not show it yet");
            } else {
                self.tell(Event::NotCreated(entry.creation));
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
            Made::Unnamed(Some(status)) => {
                format!("No response named the record ({status} tells how far it is), and {why}.")
            }
            Made::Unnamed(None) | Made::Named(_) => {
                format!("No response named the record, and {why}.")
            }
        };
        self.tell(Event::LeftBehind(entry.creation, reason));
    }

    /// What lists the records that a creation makes: the operation, the path, and the template of one of them.
    fn list_of(&self, entry: &Entry) -> Option<(&Operation, String, String)> {
        let (contract, relations) = (self.setup.contract, self.setup.relations);
        let collection = relations.collection(&entry.creation.operation)?;
        let (template, _) = collection.item.as_ref()?;
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

    async fn list(&self, lister: &Operation, path: &str, identity: &IdentityName) -> Listing {
        use arrange::paging::{Next, next};
        let mut listing = Listing::default();
        let mut address = Address::Base(path.to_owned());
        let template = format!("{}/{{id}}", lister.key.path.trim_end_matches('/'));
        let relations = self.setup.relations;
        let item = relations
            .collection(&lister.key)
            .and_then(|collection| collection.item.as_ref())
            .map_or(template, |(template, _)| template.clone());
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
            let found = ownership::records_with_ids(relations, &item, body);
            let all = arrange::answers::records(body, "").len();
            let shown = found.len();
            listing
                .records
                .extend(found.into_iter().map(|(record, id)| (record.clone(), id)));
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
                    listing.whole = shown >= all.min(1);
                    return listing;
                }
                // Where the list can be cut, an answer that says nothing of a next page may be the first of many.
                Next::Unsaid => {
                    listing.whole = paging.is_none() || shown < SHORT;
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

fn is_accepted(entry: &Entry) -> bool {
    matches!(entry.state, Made::Unnamed(Some(_)))
}

/// Whether a request cannot have reached the target.
fn was_never_sent(breakage: &Breakage) -> bool {
    matches!(
        breakage.kind,
        BreakageKind::NameNotFound
            | BreakageKind::ConnectionRefused
            | BreakageKind::Tls
            | BreakageKind::LoginFailed
            | BreakageKind::NotSent
            | BreakageKind::Unalterable
    )
}
