//! What is found out about a target that stopped answering: which requests were under way, and whether one of them ends it
//! again when it is sent alone.

use std::time::{Duration, Instant};

use super::{Runner, drive::PendingJudgement, wire::Wire};
use muster_checks::plan::CaseName;
use muster_core::{
    exchange::{Address, Exchange, ExchangeId, Intent, Outcome, Request},
    model::{Method, Responsible, Verifier},
    verdict::{Finding, Judgement, Unverified},
};
use muster_report::event::{Confirmation, Event};

/// How long a target that is gone may take to come back.
const RETURN_LIMIT: Duration = Duration::from_secs(10);
/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(400);
/// How many requests that were under way are sent again.
const MOST_AGAIN: usize = 8;
/// The case that these requests are told under.
const CASE: &str = "outage";
/// What judges whether a request brings the API down; the first of them that the run has is cited.
const CHECKS: [&str; 2] = ["input.server-error", "response.well-formed"];

/// A request that was lost as the target went.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    pub(super) id: ExchangeId,
    pub(super) request: Request,
    pub(super) detail: String,
}

impl Lost {
    /// `request 61 (POST /people)`.
    pub(super) fn named(&self) -> String {
        let Request {
            method, operation, ..
        } = &self.request;
        let path = self.request.path_and_query();
        let path = path.split('?').next().unwrap_or_default();
        match operation {
            Some(key) => format!("request {} ({key})", self.id.0),
            None => format!("request {} ({method} {path})", self.id.0),
        }
    }
}

/// What is told of a target that came back, where nothing that was sent again ended it.
fn back_again(sent: &[String], held: &[String]) -> String {
    let mut told = "The target was away and came back.".to_owned();
    if !sent.is_empty() {
        told += &format!(
            " What was under way was sent again, alone, and did not end it: {}.",
            sent.join(", ")
        );
    }
    if held.is_empty() {
        told += " So this was a restart or a fault on the way.";
    } else {
        told += &format!(
            " Not sent again: {}. Whether one of these ended it is not known.",
            held.join(", ")
        );
    }
    told
}

impl<W: Wire> Runner<'_, W> {
    /// After the target stopped answering: waits for it, sends each request that was under way again, alone, and tells the
    /// one that ends it once more.
    pub(super) async fn look_into_outage(&self) {
        let lost = self.exchanger.lost_requests();
        if lost.is_empty() {
            return;
        }
        if !self.comes_back().await {
            return;
        }
        let (mut sent, mut held) = (Vec::new(), Vec::new());
        for one in lost.iter().take(MOST_AGAIN) {
            if self.cancel.is_asked() {
                return;
            }
            // A change of a record that can no longer be told to be the run's own is not sent again.
            let Some(again) = self.send_alone(&one.request).await else {
                held.push(one.named());
                continue;
            };
            sent.push(one.named());
            if matches!(again.outcome, Outcome::Answered(_)) || self.is_there().await {
                continue;
            }
            self.tell_ended(one, &again);
            // What was created can only be removed from a target that is there.
            self.comes_back().await;
            return;
        }
        self.tell(Event::Noticed(Unverified::new(
            Responsible::Network,
            back_again(&sent, &held),
        )));
        if held.is_empty() {
            self.exchanger.came_back();
        }
    }

    async fn comes_back(&self) -> bool {
        let began = Instant::now();
        while began.elapsed() < RETURN_LIMIT && !self.cancel.is_asked() {
            if self.is_there().await {
                return true;
            }
            self.cancel.unless_asked(tokio::time::sleep(PAUSE)).await;
        }
        false
    }

    /// Whether anything answers.
    async fn is_there(&self) -> bool {
        let root = Request::new(
            Method::Get,
            Address::Base(String::new()),
            "asks whether the target is there",
        )
        .meant(Intent::Housekeeping);
        matches!(
            self.exchanger.housekeep(root).await.outcome,
            Outcome::Answered(_)
        )
    }

    /// Sends a request again while nothing else is under way; what it creates is noted as ever.
    async fn send_alone(&self, request: &Request) -> Option<Exchange> {
        let case = CaseName(CASE.into());
        // After a restart an address may be that of another record.
        self.exchanger.records.unsee();
        let leave = self.exchanger.may_change(&case, request).await.ok()?;
        let creation = self.exchanger.intends(request, leave);
        let sent = self.exchanger.send_now(&case, request.clone()).await;
        let (exchange, _) = sent.ok()?;
        self.exchanger.tell_unjudged(&case, &exchange);
        self.exchanger.settles(creation, leave, &exchange);
        Some(exchange)
    }

    fn tell_ended(&self, first: &Lost, again: &Exchange) {
        let operation = first.request.operation.clone();
        let named = operation
            .as_ref()
            .map_or_else(|| first.request.method.to_string(), ToString::to_string);
        let by = CHECKS
            .into_iter()
            .find(|check| self.setup.plan.has_check(check))
            .unwrap_or("input.server-error");
        let finding = Finding::new(
            format!("the target stopped: {named}"),
            format!("The target stops answering after {named}."),
            "a response, and a target that goes on answering",
            format!(
                "{} The same request, sent again alone once the target was back, ended it again: {}",
                first.detail,
                again.received()
            ),
        )
        .shown_by(again.id);
        self.tell_note(
            PendingJudgement {
                by: Verifier::Check(by.into()),
                operation,
                judgement: Judgement::Fail(finding),
                evidence: vec![first.id, again.id],
            },
            Confirmation::Repeated,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_is_only_told_where_all_was_sent_again() {
        let (one, two) = (
            ["request 1 (POST /a)".to_owned()],
            ["request 2 (PUT /a)".to_owned()],
        );
        assert!(back_again(&one, &[]).ends_with("So this was a restart or a fault on the way."));
        let told = back_again(&one, &two);
        assert!(
            told.starts_with("The target was away and came back."),
            "{told}"
        );
        assert!(
            told.contains("did not end it: request 1 (POST /a)."),
            "{told}"
        );
        assert!(
            told.ends_with(
                "Not sent again: request 2 (PUT /a). Whether one of these ended it is not known."
            ),
            "{told}"
        );
    }
}
