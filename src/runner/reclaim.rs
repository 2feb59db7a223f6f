//! Removes, from the journal alone, what an earlier run left (owner of [`Reclaimer`]).
//!
//! Each record is read before it is removed and has to show that it is the run's own; it counts as removed when it was
//! seen before and is gone after.

use std::{collections::HashSet, time::Duration};

use serde_json::Value;

use super::{Cancel, Listener, Setup, exchanger::Exchanger, wire::Wire};
use muster_core::{
    arrange::{self, Paging, ownership, paging},
    contract::{Operation, ParameterPlace},
    exchange::{
        Address, Exchange, ExchangeId, Headers, HttpVersion, Intent, Outcome, Request, Response,
        Timing,
    },
    model::Method,
    observation::Redactor,
};
use muster_report::event::{
    Event,
    leftovers::{Leftover, path_of},
};

/// How many pages of a collection are read for a record whose address is not known.
const MOST_PAGES: usize = 100;
/// How often a record is read again after its removal, where the target removes it later than it says.
const LATE_READS: u32 = 4;
/// How long between these reads.
const LATE_PAUSE: Duration = Duration::from_millis(250);

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reclaimed {
    /// It was seen, removed, and is gone.
    Removed(String),
    /// It was seen and would be removed.
    WouldRemove(String),
    /// It is not there.
    NotFound(String),
    /// It is or may be there still, for this reason.
    Left(String),
}

/// Removes what an earlier run left.
#[derive(Debug)]
pub struct Reclaimer<'a, W> {
    exchanger: Exchanger<'a, W>,
    /// Only looks.
    dry: bool,
    run_tag: &'a str,
    /// What the contract says: a value of its examples may be anybody's.
    contract_text: String,
}

/// What reading an address showed.
enum Found {
    /// The record, and it is the run's own.
    Own,
    /// Something else.
    Another,
    /// Nothing.
    Nothing,
    /// It cannot be said, for this reason.
    Unknown(String),
}

impl<'a, W: Wire> Reclaimer<'a, W> {
    /// One that sends over `wire` and tells `listener`.
    pub fn new(
        setup: &'a Setup<'a>,
        wire: &'a W,
        redactor: &'a Redactor,
        listener: Listener<'a>,
        cancel: &'a Cancel,
        dry: bool,
    ) -> Self {
        Self {
            exchanger: Exchanger::new(setup, wire, redactor, listener, cancel),
            dry,
            run_tag: setup.run_tag,
            contract_text: ["/paths", "/components"]
                .into_iter()
                .filter_map(|part| setup.contract.at(part))
                .map(Value::to_string)
                .collect(),
        }
    }

    /// How many requests were sent.
    pub fn sent(&self) -> u64 {
        self.exchanger.sent()
    }

    /// Deals with each record in turn, and tells what became of it.
    pub async fn reclaim(
        &self,
        leftovers: &[Leftover],
        mut told: impl FnMut(&Leftover, &Reclaimed),
    ) {
        let known: HashSet<&str> = leftovers
            .iter()
            .filter_map(|leftover| leftover.creation.removal.as_deref())
            .collect();
        for leftover in leftovers {
            let reclaimed = match self.may_send() {
                Ok(()) => self.one(leftover, &known).await,
                Err(reason) => Reclaimed::Left(reason),
            };
            let creation = leftover.creation.clone();
            match &reclaimed {
                Reclaimed::Removed(_) => self.exchanger.tell(Event::Removed(creation)),
                Reclaimed::NotFound(_) => self.exchanger.tell(Event::Absent(creation)),
                Reclaimed::Left(reason) => {
                    self.exchanger
                        .tell(Event::LeftBehind(creation, reason.clone()));
                }
                Reclaimed::WouldRemove(_) => {}
            }
            told(leftover, &reclaimed);
        }
    }

    fn may_send(&self) -> Result<(), String> {
        if self.exchanger.cancel.is_asked() {
            return Err("Cleaning up was interrupted before it.".to_owned());
        }
        let most = self.exchanger.setup.started.budget.requests;
        if self.sent() >= most {
            return Err(format!(
                "The budget of {most} requests is used up. Clean up again."
            ));
        }
        Ok(())
    }

    async fn one(&self, leftover: &Leftover, known: &HashSet<&str>) -> Reclaimed {
        let Some(removal) = leftover.creation.removal.as_deref() else {
            return self.unknown_address(leftover, known).await;
        };
        let Some(path) = path_of(removal) else {
            return Reclaimed::Left(format!("The journal does not say where it is: {removal}."));
        };
        let method = Method::parse(removal.split(' ').next().unwrap_or("DELETE"));
        if !self.reads(path) {
            return self.unreadable(leftover, method, path, known).await;
        }
        match self.look(leftover, path).await {
            Found::Own => self.remove(leftover, method, path).await,
            Found::Another => Reclaimed::Left(
                "What is there now does not show what the run sent, so that it is not touched."
                    .to_owned(),
            ),
            Found::Nothing if leftover.was_seen => {
                Reclaimed::NotFound(format!("{path} was there and is gone"))
            }
            // Where it was never seen, its collection tells whether it is elsewhere.
            Found::Nothing => match self.search(leftover, known).await {
                Ok(paths) if paths.is_empty() => Reclaimed::NotFound(format!(
                    "{path} is not there, and its collection does not show it"
                )),
                Ok(paths) => self.remove_all(leftover, paths).await,
                Err(reason) => Reclaimed::Left(format!(
                    "{path} was not found and was never seen there. {reason}"
                )),
            },
            Found::Unknown(reason) => Reclaimed::Left(reason),
        }
    }

    /// A record whose creation was not answered, or whose response named no address.
    async fn unknown_address(&self, leftover: &Leftover, known: &HashSet<&str>) -> Reclaimed {
        let creation = &leftover.creation;
        // A PUT names the record by its own address.
        if creation.operation.method == Method::Put
            && let Some(path) = creation.path.as_deref()
            && self.reads(path)
        {
            return match self.look(leftover, path).await {
                Found::Own if self.removes(path) => {
                    self.remove(leftover, Method::Delete, path).await
                }
                Found::Own => Reclaimed::Left(format!(
                    "{path} is there, and the contract does not say how it is removed."
                )),
                Found::Another | Found::Nothing => {
                    Reclaimed::NotFound(format!("{path} does not show what the run sent"))
                }
                Found::Unknown(reason) => Reclaimed::Left(reason),
            };
        }
        match self.search(leftover, known).await {
            Ok(paths) if !paths.is_empty() => self.remove_all(leftover, paths).await,
            Ok(_) if leftover.is_created => Reclaimed::Left(
                "The response named no address, and the collection does not show it.".to_owned(),
            ),
            Ok(_) => Reclaimed::NotFound("the collection does not show it".to_owned()),
            Err(reason) => Reclaimed::Left(reason),
        }
    }

    /// A record that the contract has no read for: its collection tells whose it is, and where there is none, the response
    /// that named its address.
    async fn unreadable(
        &self,
        leftover: &Leftover,
        method: Method,
        path: &str,
        known: &HashSet<&str>,
    ) -> Reclaimed {
        match self.search(leftover, known).await {
            Ok(paths) if paths.iter().any(|found| found == path) => {
                self.remove(leftover, method, path).await
            }
            Ok(_) => Reclaimed::NotFound(format!("the collection does not show {path}")),
            Err(_) if self.dry => Reclaimed::WouldRemove(format!("{method} {path}")),
            Err(_) => {
                let request = self.request(leftover, method.clone(), path);
                match self.send(request).await {
                    Outcome::Answered(response) if response.is_success() => {
                        Reclaimed::Removed(format!("{method} {path}"))
                    }
                    Outcome::Answered(response) => Reclaimed::Left(format!(
                        "Its removal returned {}, and the contract has no way to read it.",
                        response.status
                    )),
                    Outcome::Broken(breakage) => Reclaimed::Left(breakage.detail),
                }
            }
        }
    }

    async fn remove_all(&self, leftover: &Leftover, paths: Vec<String>) -> Reclaimed {
        let mut last = Reclaimed::NotFound("the collection does not show it".to_owned());
        for path in paths {
            last = match self.look(leftover, &path).await {
                Found::Nothing => continue,
                Found::Another => Reclaimed::Left(format!("{path} shows something else.")),
                Found::Own => self.remove(leftover, Method::Delete, &path).await,
                // The collection showed it a moment ago, and the contract may have no read.
                Found::Unknown(_) if !self.reads(&path) => {
                    self.remove(leftover, Method::Delete, &path).await
                }
                Found::Unknown(reason) => Reclaimed::Left(reason),
            };
            if matches!(last, Reclaimed::Left(_)) {
                break;
            }
        }
        last
    }

    /// Removes what was seen to be the run's own, and looks again.
    async fn remove(&self, leftover: &Leftover, method: Method, path: &str) -> Reclaimed {
        let line = format!("{method} {path}");
        if self.dry {
            return Reclaimed::WouldRemove(line);
        }
        let request = self.request(leftover, method, path);
        if let Err(reason) = self.exchanger.remove(request).await {
            return Reclaimed::Left(reason);
        }
        if !self.reads(path) {
            return Reclaimed::Removed(line);
        }
        for _ in 0..LATE_READS {
            match self.look(leftover, path).await {
                Found::Nothing | Found::Another => return Reclaimed::Removed(line),
                Found::Unknown(reason) => {
                    return Reclaimed::Left(format!("Whether it is gone is not known: {reason}"));
                }
                Found::Own => tokio::time::sleep(LATE_PAUSE).await,
            }
        }
        Reclaimed::Left("Its removal returned success, and it is still there.".to_owned())
    }

    /// Reads an address, and compares what is there with what the run sent and saw.
    async fn look(&self, leftover: &Leftover, path: &str) -> Found {
        let request = self.request(leftover, Method::Get, path);
        match self.send(request).await {
            Outcome::Answered(response) if matches!(response.status, 404 | 410) => Found::Nothing,
            Outcome::Answered(response) if response.is_success() => match response.json() {
                Ok(record) if self.is_own(leftover, record) => Found::Own,
                Ok(_) => Found::Another,
                Err(_) => Found::Unknown(format!(
                    "{path} is there, and its representation is not JSON, so that it cannot be recognised."
                )),
            },
            Outcome::Answered(response) => {
                Found::Unknown(format!("Reading {path} returned {}.", response.status))
            }
            Outcome::Broken(breakage) => Found::Unknown(breakage.detail),
        }
    }

    fn is_own(&self, leftover: &Leftover, record: &Value) -> bool {
        let mut redacted = record.clone();
        self.exchanger.redactor.json(&mut redacted);
        record.to_string().contains(self.run_tag) || leftover.is_shown_by(&redacted, self.run_tag)
    }

    /// The removal paths of the records of the collection that show what the run sent and that no other creation is known
    /// to have made.
    async fn search(
        &self,
        leftover: &Leftover,
        known: &HashSet<&str>,
    ) -> Result<Vec<String>, String> {
        let setup = self.exchanger.setup;
        let creation = &leftover.creation;
        let list = setup
            .relations
            .collection(&creation.operation)
            .and_then(|collection| collection.list.as_ref())
            .filter(|list| list.path == creation.operation.path)
            .and_then(|list| setup.contract.operation(list))
            .filter(|list| !needs_parameters(list));
        let (Some(list), Some(path)) = (list, creation.path.as_deref()) else {
            return Err("The contract has no collection to look for it in.".to_owned());
        };
        let cut = Paging::of(setup.contract, list);
        let mut found: Vec<String> = Vec::new();
        let mut alike = 0_usize;
        let mut seen = HashSet::new();
        let mut address = Address::Base(path.to_owned());
        for page in 1..=MOST_PAGES {
            let mut request = self.request(leftover, Method::Get, path);
            request.address = address.clone();
            let exchange = self.exchanger.housekeep(request.calling(&list.key)).await;
            let body = match &exchange.outcome {
                Outcome::Answered(response) if response.is_success() => response.json().ok(),
                Outcome::Answered(response) => {
                    return Err(format!(
                        "Reading the collection {path} returned {}.",
                        response.status
                    ));
                }
                Outcome::Broken(breakage) => return Err(breakage.detail.clone()),
            };
            let Some(body) = body else {
                return Err(format!("The collection {path} is not JSON."));
            };
            let mut is_new = false;
            let items = paging::items(setup.relations, &creation.operation, body);
            for item in items {
                is_new |= seen.insert(item.to_string());
                let mut redacted = (*item).clone();
                self.exchanger.redactor.json(&mut redacted);
                let removal = self.removal_of(leftover, item);
                let line = removal.as_ref().map(|path| format!("DELETE {path}"));
                let is_at_address = line.is_some() && line == creation.removal;
                let is_of_another = line
                    .as_deref()
                    .is_some_and(|line| !is_at_address && known.contains(line));
                if is_of_another {
                    continue;
                }
                let is_own = if is_at_address {
                    self.is_own(leftover, item)
                } else {
                    leftover.is_marked_in(item, &redacted, self.run_tag, &|text| {
                        self.contract_text.contains(text)
                    })
                };
                match removal {
                    Some(removal) if is_own => {
                        if !found.contains(&removal) {
                            found.push(removal);
                        }
                    }
                    _ => alike += usize::from(is_own || leftover.may_be(&redacted)),
                }
            }
            let next = match (paging::next(&exchange, &setup.started.base_url), &cut) {
                (paging::Next::At(next), _) => next,
                (
                    paging::Next::Cursor(cursor),
                    Some(Paging {
                        cursor: Some(name), ..
                    }),
                ) => with_query(path, name, &cursor),
                (
                    paging::Next::Unsaid,
                    Some(Paging {
                        page: Some(name), ..
                    }),
                ) => with_query(path, name, &(page + 1).to_string()),
                (
                    paging::Next::Unsaid,
                    Some(Paging {
                        offset: Some(name), ..
                    }),
                ) => with_query(path, name, &seen.len().to_string()),
                _ => return concluded(found, alike, path),
            };
            if !is_new {
                return concluded(found, alike, path);
            }
            address = next;
        }
        Err(format!(
            "The collection {path} has more than {MOST_PAGES} pages."
        ))
    }

    /// What would remove an item of a collection, as if its creation had been answered with it.
    fn removal_of(&self, leftover: &Leftover, item: &Value) -> Option<String> {
        let setup = self.exchanger.setup;
        let path = leftover.creation.path.as_deref()?;
        let mut headers = Headers::new();
        headers.append("content-type", "application/json");
        let response = Response::new(
            201,
            HttpVersion::Http11,
            headers,
            item.to_string().into(),
            false,
            Timing::default(),
        );
        let key = &leftover.creation.operation;
        let request = Request::new(
            key.method.clone(),
            Address::Base(path.to_owned()),
            "creates a record",
        )
        .calling(key);
        let exchange = Exchange {
            id: ExchangeId(0),
            request,
            url: format!("{}{path}", setup.started.base_url),
            credentials: Headers::new(),
            followed: None,
            outcome: Outcome::Answered(response),
        };
        ownership::named_record(setup.contract, setup.relations, &exchange)
            .map(|record| record.path)
            .filter(|path| arrange::is_removable(setup.contract, path))
    }

    fn request(&self, leftover: &Leftover, method: Method, path: &str) -> Request {
        let purpose = if method == Method::Get {
            "reads what an earlier run created"
        } else {
            "removes what an earlier run created"
        };
        let mut request = Request::new(method, Address::Base(path.to_owned()), purpose);
        request.identity = leftover.creation.identity.clone();
        request.meant(Intent::Housekeeping)
    }

    async fn send(&self, request: Request) -> Outcome {
        let place = self.exchanger.pace.ready().await;
        let exchange = self.exchanger.housekeep(request).await;
        drop(place);
        exchange.outcome
    }

    fn reads(&self, path: &str) -> bool {
        let contract = self.exchanger.setup.contract;
        contract.find_operation(&Method::Get, path).is_some()
    }

    fn removes(&self, path: &str) -> bool {
        let contract = self.exchanger.setup.contract;
        contract.find_operation(&Method::Delete, path).is_some()
    }
}

/// What a collection showed once it was read to its end.
fn concluded(found: Vec<String>, alike: usize, path: &str) -> Result<Vec<String>, String> {
    if found.is_empty() && alike > 0 {
        return Err(format!(
            "{alike} records of {path} have the same values, and none shows that it is of this run."
        ));
    }
    Ok(found)
}

fn needs_parameters(operation: &Operation) -> bool {
    operation.parameters.iter().any(|parameter| {
        parameter.required
            && matches!(
                parameter.place,
                ParameterPlace::Query | ParameterPlace::Header
            )
    })
}

fn with_query(path: &str, name: &str, value: &str) -> Address {
    let pair: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish();
    Address::Base(format!("{path}?{pair}"))
}
