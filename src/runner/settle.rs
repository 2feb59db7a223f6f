//! Waiting until a write shows, by looking again and again (owner of [`ReadLag`]).
//!
//! Where a target declares that its reads lag behind its writes (`settle_ms`), or where the run saw that they
//! do, every conversation is given the answer to a write only once the write can be read, or once the time is over.
//! So conversations are written as if reads were prompt, and lag that is known of is told once and not by every check.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{exchanger::Exchanger, wire::Wire};
use muster_checks::plan::CaseName;
use muster_core::{
    arrange,
    contract::Contract,
    exchange::{Address, Auth, Exchange, Intent, Request, Response},
    model::{Method, Parameters},
};

/// How long writes may take to show.
#[derive(Debug)]
pub(super) struct ReadLag {
    most_ms: AtomicU64,
    /// What was seen, and is not counted with yet.
    seen_ms: AtomicU64,
}

impl ReadLag {
    /// As declared, or not at all.
    pub(super) fn of(parameters: &Parameters) -> Self {
        let declared = parameters
            .integer("settle_ms")
            .unwrap_or(0)
            .clamp(0, 60_000);
        Self {
            most_ms: AtomicU64::new(declared.unsigned_abs()),
            seen_ms: AtomicU64::new(0),
        }
    }

    /// Remembers that a write took this long to show; [`take_up`](Self::take_up) counts with it.
    pub(super) fn learn(&self, lag: Duration) {
        // What was seen once may be more the next time.
        let generous = lag.as_millis() * 3 + 500;
        let generous = u64::try_from(generous).unwrap_or(u64::MAX).min(60_000);
        self.seen_ms.fetch_max(generous, Ordering::Relaxed);
    }

    /// Counts with what was seen from now on.
    pub(super) fn take_up(&self) {
        let seen = self.seen_ms.load(Ordering::Relaxed);
        self.most_ms.fetch_max(seen, Ordering::Relaxed);
    }

    fn most(&self) -> Duration {
        Duration::from_millis(self.most_ms.load(Ordering::Relaxed))
    }
}

/// What shows that a write has settled.
#[derive(Debug)]
enum Sign {
    /// The record can be read.
    There,
    /// It cannot be read any more.
    Gone,
    /// It reads like this: the tag, the record and what was sent of it, as far as they are known.
    Like {
        etag: Option<String>,
        record: Option<Value>,
        sent: Option<Value>,
    },
}

impl Sign {
    fn shows(&self, read: &Response) -> bool {
        match self {
            Self::There => read.status < 400,
            Self::Gone => (400..500).contains(&read.status),
            Self::Like { .. } if !read.is_success() => false,
            Self::Like { etag, record, sent } => {
                if let (Some(tag), Some(came)) = (etag, read.headers.get("etag")) {
                    return tag == came;
                }
                let Ok(came) = read.json() else { return true };
                match (record, sent) {
                    (Some(record), _) if record == came => true,
                    (_, Some(sent)) => holds(came, sent),
                    (Some(_), None) => false,
                    (None, None) => true,
                }
            }
        }
    }
}

/// Whether a record has every member that was sent of it; null was sent to take one out.
fn holds(record: &Value, sent: &Value) -> bool {
    match (record, sent) {
        (Value::Object(record), Value::Object(sent)) => {
            sent.iter().all(|(name, value)| match record.get(name) {
                Some(held) => holds(held, value),
                None => value.is_null(),
            })
        }
        _ => record == sent,
    }
}

impl<W: Wire> Exchanger<'_, W> {
    /// After a write that was taken: reads until it shows, or the time is over.
    pub(super) async fn settle(&self, case: &CaseName, written: &Exchange) {
        const FIRST: Duration = Duration::from_millis(20);
        const LONGEST: Duration = Duration::from_millis(250);
        let most = self.settling.most();
        if most.is_zero() {
            return;
        }
        let Some((request, sign)) = self.awaited(written) else {
            return;
        };
        let deadline = Instant::now() + most;
        let mut pause = FIRST;
        loop {
            let Ok((read, _)) = self.send_once(case, request.clone()).await else {
                return;
            };
            self.tell_unjudged(case, &read);
            let shows = read.response().is_some_and(|read| sign.shows(read));
            if shows || Instant::now() >= deadline {
                return;
            }
            self.cancel.unless_asked(tokio::time::sleep(pause)).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// What to read after a write, and what it should show; nothing where the contract has no way to read it.
    fn awaited(&self, written: &Exchange) -> Option<(Request, Sign)> {
        let contract: &Contract = self.setup.contract;
        let response = written
            .response()
            .filter(|response| response.is_success())?;
        if written.request.auth != Auth::Declared {
            return None;
        }
        let own = || Some(super::exchanger::path_of(&written.request).to_owned());
        let (path, sign) = match written.request.method {
            Method::Post => {
                let path = arrange::item_address(contract, self.setup.relations, written)?;
                (path, Sign::There)
            }
            Method::Put | Method::Patch => {
                let json =
                    |bytes: &[u8]| serde_json::from_slice(bytes).ok().filter(Value::is_object);
                let sign = Sign::Like {
                    etag: response.headers.get("etag").map(str::to_owned),
                    record: response
                        .json()
                        .ok()
                        .filter(|body| body.is_object())
                        .cloned(),
                    sent: written
                        .request
                        .body
                        .as_ref()
                        .and_then(|body| json(&body.bytes)),
                };
                (own()?, sign)
            }
            Method::Delete => (own()?, Sign::Gone),
            _ => return None,
        };
        let read = contract.find_operation(&Method::Get, &path)?;
        let plain = read.parameters.iter().all(|parameter| {
            !parameter.required || parameter.place == muster_core::contract::ParameterPlace::Path
        });
        if !plain {
            return None;
        }
        let mut request = Request::new(
            Method::Get,
            Address::Base(path),
            "looks whether the write shows, within the time to settle",
        )
        .calling(&read.key)
        .meant(Intent::Housekeeping);
        let media = arrange::accept(read);
        if !media.is_empty() {
            request.headers.set("accept", media);
        }
        request.identity = written.request.identity.clone();
        Some((request, sign))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_holds_what_was_sent_of_it() {
        let record = json!({"id": "1", "name": "Zz", "at": {"town": "A", "street": "B"}});
        assert!(holds(&record, &json!({"name": "Zz", "at": {"town": "A"}})));
        assert!(holds(&record, &json!({"name": "Zz", "nick": null})));
        assert!(!holds(&record, &json!({"name": "Yy"})));
        assert!(!holds(&record, &json!({"at": null})));
    }

    #[test]
    fn what_was_seen_counts_from_when_it_is_taken_up() {
        let settling = ReadLag::of(&Parameters::default());
        settling.learn(Duration::from_millis(100));
        assert!(settling.most().is_zero());
        settling.take_up();
        assert_eq!(settling.most(), Duration::from_millis(800));
    }
}
