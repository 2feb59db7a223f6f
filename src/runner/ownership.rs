//! Before a record is changed or removed: whose it is (owner of [`Records`]).
//!
//! Every request passes here, whoever asks for it: probes, suites, repeats and cleaning up. What decides is in
//! [`arrange::ownership`]; this is what was seen so far, and the reading.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use super::{
    exchanger::{Exchanger, Held},
    wire::Wire,
};
use muster_checks::plan::CaseName;
use muster_core::{
    arrange::{
        self,
        ownership::{self, Claim, Naming, Subject, path_key},
    },
    exchange::{Address, Exchange, Intent, Outcome, Request},
    model::{IdentityName, Method, Responsible},
    verdict::Unverified,
};

/// What is known of records, by their path.
#[derive(Debug, Default)]
pub(super) struct Records {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: HashMap<String, Record>,
    /// UUIDs that the target has shown, where the contract has records that cannot be read.
    shown_ids: HashSet<String>,
}

#[derive(Debug, Clone, Default)]
struct Record {
    claim: Option<Claim>,
    maker: Option<IdentityName>,
    standing: Standing,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Standing {
    /// It was not looked at yet.
    #[default]
    Unseen,
    /// It was seen, and shows that the run made it.
    Own,
    /// It was seen, and shows that somebody else made it.
    Foreign,
}

/// Why a request may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// It changes no record that is there.
    NoRecord,
    /// The record is the run's own, or the target file says that it may be changed.
    Own,
    /// Nothing is there, as a read has shown.
    Absent,
}

/// What a look at a record shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    /// The run made it.
    Own,
    /// Nothing is there.
    Absent,
    /// Something was there, and is gone for good (410).
    Gone,
    /// Somebody else made it.
    Foreign(String),
    /// It cannot be seen; the reason.
    Unclear(String),
}

/// How many ids are remembered at most.
const MOST_IDS: usize = 200_000;

impl Records {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, key: &str) -> Record {
        self.lock().held.get(key).cloned().unwrap_or_default()
    }

    fn set(&self, key: &str, standing: Standing) {
        self.lock().held.entry(key.to_owned()).or_default().standing = standing;
    }

    /// What was seen so far counts no longer; what responses named does.
    pub(super) fn unsee(&self) {
        for record in self.lock().held.values_mut() {
            record.standing = Standing::Unseen;
        }
    }

    fn forget(&self, key: &str) {
        self.lock().held.remove(key);
    }

    /// A response names a record as made by the run.
    pub(super) fn claim(&self, path: &str, claim: Claim, maker: IdentityName) {
        let mut state = self.lock();
        let record = state.held.entry(path_key(path)).or_default();
        if record.standing == Standing::Unseen {
            record.claim = Some(claim);
            record.maker = Some(maker);
        }
    }

    /// Whether a record is known as the run's own, or named as such.
    pub(super) fn knows(&self, path: &str) -> bool {
        self.lock().held.contains_key(&path_key(path))
    }

    fn remember_ids(&self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        let mut state = self.lock();
        for word in text.split(|char: char| !char.is_ascii_hexdigit() && char != '-') {
            if word.len() == 36 && state.shown_ids.len() < MOST_IDS {
                state.shown_ids.insert(word.to_ascii_lowercase());
            }
        }
    }
}

/// A path with a slash at its end where the template has one: many frameworks answer the other one with a redirection.
fn ended_as(path: &str, template: &str) -> String {
    let path = path.trim_end_matches('/');
    let end = if template.ends_with('/') { "/" } else { "" };
    format!("{path}{end}")
}

impl<W: Wire> Exchanger<'_, W> {
    /// The path of a request below the base URL.
    pub(super) fn path_below_base(&self, request: &Request) -> String {
        let base = url::Url::parse(&self.setup.started.base_url).ok();
        let base = base
            .as_ref()
            .map_or("", url::Url::path)
            .trim_end_matches('/');
        let full = match &request.address {
            Address::Base(path) => return path.clone(),
            Address::Root(path) => path.clone(),
            Address::Absolute(address) => url::Url::parse(address).map_or_else(
                |_| address.clone(),
                |url| {
                    let query = url
                        .query()
                        .map_or_else(String::new, |query| format!("?{query}"));
                    format!("{}{query}", url.path())
                },
            ),
        };
        full.strip_prefix(base)
            .filter(|rest| rest.starts_with('/'))
            .unwrap_or(&full)
            .to_owned()
    }

    /// Whether a request may be sent: it changes no record, or one that the run has seen to be its own, or nothing is
    /// there.
    pub(super) async fn may_change(
        &self,
        case: &CaseName,
        request: &Request,
    ) -> Result<Leave, Held> {
        self.may_grant(request)?;
        let path = self.path_below_base(request);
        let subject =
            ownership::changed_record(self.setup.contract, self.setup.relations, request, &path);
        let Some(subject) = subject else {
            return Ok(Leave::NoRecord);
        };
        if self.is_writable(request, &subject) {
            return Ok(Leave::Own);
        }
        let key = subject.key();
        let record = self.records.of(&key);
        if record.standing == Standing::Own {
            return Ok(Leave::Own);
        }
        let look = self
            .look(
                case,
                &subject,
                record.claim.as_ref(),
                record.maker.as_ref().unwrap_or(&request.identity),
            )
            .await?;
        match look {
            Look::Own => Ok(Leave::Own),
            Look::Absent | Look::Gone => Ok(Leave::Absent),
            Look::Foreign(how) => Err(Held(Unverified::new(
                if record.claim.is_some() {
                    Responsible::Supplier
                } else {
                    Responsible::TestData
                },
                format!(
                    "{} {} was not sent: {how}. Only records that the run made are changed. Name one that may be changed under `writable` in the target file.",
                    request.method, subject.path
                ),
            ))),
            Look::Unclear(why) => Err(Held(Unverified::new(
                Responsible::TestData,
                format!(
                    "{} {} was not sent: {why}, so that nothing shows that the run made the record. Name one that may be changed under `writable` in the target file.",
                    request.method, subject.path
                ),
            ))),
        }
    }

    /// Whether a request may give access: not where an earlier one made a credential or an account that the run cannot
    /// remove, since each of them would stay.
    fn may_grant(&self, request: &Request) -> Result<(), Held> {
        let operation = request.operation.as_ref().and_then(|key| {
            let operation = self.setup.contract.operation(key)?;
            (key.method == request.method).then_some(operation)
        });
        let Some(operation) = operation else {
            return Ok(());
        };
        let gives = matches!(
            arrange::grant(operation),
            Some(arrange::Grant::Credential | arrange::Grant::User)
        );
        if !gives || !self.ledger.leaves_behind(&operation.key) {
            return Ok(());
        }
        Err(Held(Unverified::new(
            Responsible::Supplier,
            format!(
                "{} gives access and is not sent again: no response named the first record in a way that lets the run remove it. Name it by Location, and offer a DELETE of it.",
                operation.key
            ),
        )))
    }

    fn is_writable(&self, request: &Request, subject: &Subject) -> bool {
        let (Some(operation), Some((name, value))) = (&request.operation, &subject.variable) else {
            return false;
        };
        self.setup
            .known
            .writable(operation, name)
            .is_some_and(|given| arrange::serialise::scalar(given) == *value)
    }

    /// Looks whose a record is: by reading it, else by the list that it is in, else by what named it.
    pub(super) async fn look(
        &self,
        case: &CaseName,
        subject: &Subject,
        claim: Option<&Claim>,
        identity: &IdentityName,
    ) -> Result<Look, Held> {
        let key = subject.key();
        let look = self.look_at(case, subject, claim, identity).await?;
        match &look {
            Look::Own => {
                self.records.set(&key, Standing::Own);
                self.ledger.saw(&key);
            }
            Look::Foreign(_) => self.records.set(&key, Standing::Foreign),
            Look::Absent | Look::Gone | Look::Unclear(_) => {}
        }
        Ok(look)
    }

    async fn look_at(
        &self,
        case: &CaseName,
        subject: &Subject,
        claim: Option<&Claim>,
        identity: &IdentityName,
    ) -> Result<Look, Held> {
        let contract = self.setup.contract;
        let template = subject.template.as_deref();
        let reader = template.and_then(|template| ownership::reader(contract, template));
        let mut why = "the contract has no operation that reads it".to_owned();
        if reader.is_some() || template.is_none() {
            let path = reader.map_or_else(
                || subject.path.clone(),
                |reader| ended_as(&subject.path, &reader.key.path),
            );
            let mut request = reading(&path, identity);
            if let Some(reader) = reader {
                request = request.calling(&reader.key);
                let media = arrange::accept(reader);
                if !media.is_empty() {
                    request.headers.set("accept", media);
                }
            }
            let exchange = self.glance(case, request).await?;
            match &exchange.outcome {
                Outcome::Answered(response) => match response.status {
                    404 => return Ok(Look::Absent),
                    410 => return Ok(Look::Gone),
                    // An id that is not even read as one.
                    400 | 422 if reader.is_some() && claim.is_none() => return Ok(Look::Absent),
                    405 | 501 if template.is_none() && claim.is_none() => return Ok(Look::Absent),
                    200..=299 => {
                        let tag = self.setup.run_tag;
                        return Ok(if ownership::recognises(&response.body, tag, claim) {
                            Look::Own
                        } else {
                            Look::Foreign(format!(
                                "GET {} shows a record that the run did not make",
                                subject.path
                            ))
                        });
                    }
                    status => why = format!("GET {} returned {status}", subject.path),
                },
                Outcome::Broken(_) => why = format!("GET {} was not answered", subject.path),
            }
        }
        let Some(template) = template else {
            return Ok(Look::Unclear(why));
        };
        if let Some(look) = self
            .look_in_list(case, template, subject, claim, identity)
            .await?
        {
            return Ok(look);
        }
        let stands = claim.is_some_and(|claim| claim.by != Naming::Guess);
        if reader.is_none() && (stands || self.is_made_up(subject)) {
            return Ok(if stands { Look::Own } else { Look::Absent });
        }
        Ok(Look::Unclear(why))
    }

    /// What the list of a record's collection shows of it; nothing where it does not decide.
    pub(super) async fn look_in_list(
        &self,
        case: &CaseName,
        template: &str,
        subject: &Subject,
        claim: Option<&Claim>,
        identity: &IdentityName,
    ) -> Result<Option<Look>, Held> {
        let (contract, relations) = (self.setup.contract, self.setup.relations);
        let Some(lister) = ownership::lister(contract, relations, template) else {
            return Ok(None);
        };
        let count = ownership::collection_of(relations, template).map_or(1, |(_, count)| count);
        let segments: Vec<&str> = subject.path.trim_end_matches('/').split('/').collect();
        let Some((parent, own)) = segments
            .len()
            .checked_sub(count)
            .and_then(|at| segments.split_at_checked(at))
        else {
            return Ok(None);
        };
        let parent = ended_as(&parent.join("/"), &lister.key.path);
        if contract
            .find_operation(&Method::Get, &parent)
            .is_none_or(|found| found.key != lister.key)
        {
            return Ok(None);
        }
        let mut request = reading(&parent, identity).calling(&lister.key);
        let media = arrange::accept(lister);
        if !media.is_empty() {
            request.headers.set("accept", media);
        }
        let exchange = self.glance(case, request).await?;
        let Some(list) = exchange
            .response()
            .filter(|response| response.is_success())
            .and_then(|response| response.json().ok())
        else {
            return Ok(None);
        };
        let keys: Vec<String> = match (&subject.variable, count) {
            (Some((_, value)), 1) => vec![value.clone()],
            _ => own
                .iter()
                .map(|text| arrange::serialise::decode(text))
                .collect(),
        };
        let Some(record) = ownership::listed(relations, template, list, &keys) else {
            let all = ownership::records_with_keys(relations, template, list).len();
            let is_whole = all > 0 && all < SHORT_LIST && self.is_last_page(&exchange);
            let reads = ownership::reader(contract, template).is_some();
            return Ok((is_whole && !reads && claim.is_none()).then_some(Look::Absent));
        };
        let shown = record.to_string();
        let is_own = ownership::recognises(shown.as_bytes(), self.setup.run_tag, claim);
        Ok(Some(if is_own {
            Look::Own
        } else {
            Look::Foreign(format!(
                "the collection shows {} as a record that the run did not make",
                subject.path
            ))
        }))
    }

    /// Whether nothing says that a list goes on.
    pub(super) fn is_last_page(&self, exchange: &Exchange) -> bool {
        use arrange::paging::{Next, next};
        matches!(
            next(exchange, &self.setup.started.base_url),
            Next::None | Next::Unsaid
        )
    }

    /// Whether an id cannot be anybody's: it bears the run's tag, or is a UUID that the target has never shown.
    fn is_made_up(&self, subject: &Subject) -> bool {
        let Some((_, value)) = &subject.variable else {
            return false;
        };
        if value.contains(self.setup.run_tag) {
            return true;
        }
        let given = self.setup.known.data().values();
        uuid::Uuid::try_parse(value).is_ok()
            && !given
                .map(arrange::serialise::scalar)
                .any(|given| given.eq_ignore_ascii_case(value))
            && !self
                .records
                .lock()
                .shown_ids
                .contains(&value.to_ascii_lowercase())
    }

    /// Reads something for the run's own sake: told, not judged, and not part of any conversation.
    async fn glance(&self, case: &CaseName, request: Request) -> Result<Exchange, Held> {
        let (exchange, _) = self.send_aside(case, request).await?;
        self.tell_unjudged(case, &exchange);
        Ok(exchange)
    }

    /// Learns from an exchange whose records are.
    pub(super) fn observe(&self, exchange: &Exchange, leave: Leave) {
        let Some(response) = exchange.response() else {
            return;
        };
        if self.keeps_ids {
            self.records.remember_ids(&response.body);
        }
        let request = &exchange.request;
        let path = self.path_below_base(request);
        let key = path_key(&path);
        match request.method {
            Method::Get if matches!(response.status, 404 | 410) => {
                self.is_gone(&key);
            }
            Method::Get if response.is_success() && !path.contains(self.setup.run_tag) => {
                let record = self.records.of(&key);
                if record.standing == Standing::Unseen
                    && record.claim.is_some()
                    && ownership::recognises(
                        &response.body,
                        self.setup.run_tag,
                        record.claim.as_ref(),
                    )
                {
                    self.records.set(&key, Standing::Own);
                    self.ledger.saw(&key);
                }
            }
            Method::Get if response.is_success() && self.records.knows(&path) => {
                let record = self.records.of(&key);
                if record
                    .claim
                    .as_ref()
                    .is_some_and(|claim| claim.by == Naming::Path)
                {
                    self.records.set(&key, Standing::Own);
                    self.ledger.saw(&key);
                }
            }
            Method::Delete if response.is_success() && leave == Leave::Own => {
                self.ledger.deleted(&key);
                self.records.forget(&key);
            }
            Method::Delete if matches!(response.status, 404 | 410) => self.records.forget(&key),
            _ => {}
        }
    }
}

/// Lists shorter than this, without a next page, are whole.
const SHORT_LIST: usize = 10;

pub(super) fn reading(path: &str, identity: &IdentityName) -> Request {
    let mut request = Request::new(
        Method::Get,
        Address::Base(path.to_owned()),
        "looks whose the record is before it is changed",
    )
    .meant(Intent::Housekeeping);
    request.identity = identity.clone();
    request
}

/// What is claimed of a record that a request made.
pub(super) fn claim_of(exchange: &Exchange, by: Naming) -> Claim {
    Claim {
        by,
        // A 200 may return a record that was there before.
        is_new: by == Naming::Path
            || exchange.status() == Some(201)
            || by < Naming::Property && exchange.status() != Some(200),
        sent: exchange
            .request
            .body
            .as_ref()
            .map(|body| body.bytes.clone()),
        shown: exchange
            .response()
            .and_then(|response| response.json().ok())
            .cloned(),
    }
}

/// The subject of a record's own path.
pub(super) fn subject_of(path: &str, template: &str) -> Subject {
    let variable =
        arrange::serialise::unfill(template, path).and_then(|keys| keys.into_iter().next_back());
    Subject {
        template: Some(template.to_owned()),
        path: path.to_owned(),
        variable,
        is_whole: true,
    }
}

/// Whether ids have to be remembered: something can be changed that can be neither read nor listed.
pub(super) fn keeps_ids(
    contract: &muster_core::contract::Contract,
    relations: &arrange::Relations,
) -> bool {
    contract.operations.iter().any(|operation| {
        !operation.key.method.is_safe()
            && operation.key.path.trim_end_matches('/').ends_with('}')
            && ownership::reader(contract, &operation.key.path).is_none()
            && ownership::lister(contract, relations, &operation.key.path).is_none()
    })
}
