//! What a run created is noted as it is made, and taken away at the end: looked at, removed, and looked for again.

use std::time::{Duration, Instant};

use futures::StreamExt;

use super::{
    creation,
    exchanger::Exchanger,
    ledger::{Made, Named},
    ownership::{Leave, Look, claim_of, reading, subject_of},
    wire::Wire,
};
use muster_checks::plan::CaseName;
use muster_core::{
    arrange::{
        self,
        ownership::{self, Claim, Naming},
    },
    exchange::{Address, Breakage, BreakageKind, Exchange, Intent, Outcome, Request},
    model::{IdentityName, Method},
};
use muster_report::event::{CLEANUP, Cleanup, Creation, Event};

/// How long a removal may take to show.
const SETTLES: [u64; 3] = [0, 300, 1_000];

/// A record that was named, and how its removal went.
#[derive(Debug)]
pub(super) struct Removal {
    pub(super) creation: Creation,
    pub(super) identity: IdentityName,
    pub(super) named: Named,
    pub(super) status: Option<u16>,
}

impl Removal {
    fn request(&self) -> Request {
        let mut request = Request::new(
            Method::Delete,
            Address::Base(self.named.removal().to_owned()),
            "removes what this run created",
        )
        .meant(Intent::Housekeeping);
        request.identity = self.identity.clone();
        request
    }
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
        let intended = creation::with_sent_values(creation, request, self.redactor);
        self.tell(Event::CreationIntended(intended));
        Some(number)
    }

    /// Notes that the request was held back, so that nothing is created.
    pub(super) fn withdraws(&self, creation: Option<u64>) {
        if let Some(number) = creation {
            self.not_made(number);
        }
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
                let reason = format!("It returned {status}.");
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
                self.is_named(number, exchange, record, claim);
            }
            None => {
                let job = ownership::status_resource(contract, relations, exchange);
                let made = Made::Unnamed {
                    job: job.map(|job| job.path),
                    is_created: response.status == 201,
                };
                self.ledger.is_unsure(number, made);
            }
        }
    }

    fn is_named(
        &self,
        number: u64,
        exchange: &Exchange,
        record: ownership::NamedRecord,
        claim: Claim,
    ) {
        let maker = exchange.request.identity.clone();
        self.records.claim(&record.path, claim.clone(), maker);
        let contract = self.setup.contract;
        let shown = exchange
            .response()
            .and_then(|response| response.json().ok());
        let removed_at = shown.and_then(|shown| {
            ownership::removal_path(contract, &record.path, &record.template, shown)
        });
        let named = Named {
            path: record.path,
            template: record.template,
            removed_at,
            claim,
            seen: false,
            deleted: false,
        };
        let removal = arrange::is_removable(contract, named.removal())
            .then(|| format!("{} {}", Method::Delete, named.removal()));
        let (created, closed) = self.ledger.is_named(number, exchange.id, named, removal);
        if let Some(created) = created {
            self.tell(Event::Created(created));
        }
        for creation in closed {
            self.tell(Event::Absent(creation));
        }
    }

    fn not_made(&self, number: u64) {
        if let Some(creation) = self.ledger.not_made(number) {
            self.tell(Event::Absent(creation));
        }
    }

    /// A record is not there any more.
    pub(super) fn is_gone(&self, key: &str) {
        for creation in self.ledger.is_gone(key) {
            self.tell(Event::Removed(creation));
        }
    }

    /// Takes away what the run created: what gives access first, then last first. Runs also after an interruption,
    /// outside the budget and within a time of its own, after which nothing more is sent.
    pub(super) async fn clean_up(&self) {
        let entries = self.ledger.take();
        if entries.is_empty() {
            return;
        }
        self.cleaning.get_or_init(Instant::now);
        let limit = self.cancel.cleanup_time();
        self.tell(Event::CleanupStarted(Cleanup {
            records: entries.len() as u64,
            limit_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
        }));
        let mut named = Vec::new();
        let mut unsure = Vec::new();
        for entry in entries {
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
            match self.remove(removal.request()).await {
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
            Look::Gone if named.claim.by != Naming::Guess => Event::Removed(creation.clone()),
            Look::Absent | Look::Gone if named.seen || named.deleted => Event::Removed(creation.clone()),
            Look::Absent | Look::Gone if named.claim.by == Naming::Guess => left(
                "The response does not say for sure which record it is, and none is where it may be."
                    .to_owned(),
            ),
            Look::Absent | Look::Gone => left(
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
            let subject = subject_of(&named.path, &named.template);
            if self.is_still_listed(&named, &subject, &identity).await {
                let reason =
                    format!("Its removal returned {status}, and the collection still shows it.");
                return self.tell(Event::LeftBehind(creation, reason));
            }
            let event = if (200..300).contains(&status) || named.seen {
                Event::Removed(creation)
            } else {
                let reason = format!("Its removal returned {status}, and it was never seen.");
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
                    last = format!("a read of it returns {}", response.status);
                }
                Outcome::Broken(breakage) => last = breakage.detail,
            }
        }
        let reason = format!("Its removal returned {status}, and {last}.");
        self.tell(Event::LeftBehind(creation, reason));
    }

    /// Whether the list of its collection shows a record that was removed.
    async fn is_still_listed(
        &self,
        named: &Named,
        subject: &ownership::Subject,
        identity: &IdentityName,
    ) -> bool {
        let case = CaseName(CLEANUP.into());
        for wait in SETTLES {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let look = self
                .look_in_list(
                    &case,
                    &named.template,
                    subject,
                    Some(&named.claim),
                    identity,
                )
                .await;
            if !matches!(look, Ok(Some(_))) {
                return false;
            }
        }
        true
    }

    /// Sends a removal. Gives the status of a response that means that the record is gone.
    pub(super) async fn remove(&self, request: Request) -> Result<u16, String> {
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
            _ => Err(format!("Its removal returned {status}.")),
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
