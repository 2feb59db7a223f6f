//! What is said of an exchange: by the response checks, and to whoever listens.

use std::sync::PoisonError;

use super::Exchanger;
use crate::runner::{drive::PendingJudgement, wire::Wire};
use muster_checks::{self as checks, Answer, plan::CaseName};
use muster_core::{
    exchange::{Auth, Exchange, Intent},
    model::{CheckId, Verifier},
    verdict::Judgement,
};
use muster_report::event::{Event, Exchanged};

impl<W: Wire> Exchanger<'_, W> {
    /// Has the response checks judge an exchange, and tells it.
    pub(super) fn judge(&self, case: &CaseName, exchange: &Exchange) -> Vec<PendingJudgement> {
        let operation = exchange
            .request
            .operation
            .as_ref()
            .and_then(|key| self.setup.contract.operation(key));
        let answer = Answer {
            contract: self.setup.contract,
            operation,
            exchange,
            parameters: self.setup.parameters,
        };
        let mut passed = Vec::with_capacity(self.checks.len());
        let mut noted = Vec::new();
        for (id, judge) in &self.checks {
            for judgement in judge(&answer) {
                match &judgement {
                    Judgement::Pass => {
                        passed.push(id.clone());
                        continue;
                    }
                    Judgement::Fail(_) | Judgement::Error(_) => {}
                    Judgement::Inconclusive(_) | Judgement::NotApplicable(_) => {
                        if !self.first_said(id, exchange, &judgement) {
                            continue;
                        }
                    }
                }
                noted.push(PendingJudgement {
                    by: Verifier::Check(id.clone()),
                    operation: exchange.request.operation.clone(),
                    judgement,
                    evidence: vec![exchange.id],
                });
            }
        }
        let observation = self.redactor.observe(exchange);
        let covered = self
            .atlas
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .saw(self.setup.contract, exchange);
        self.tell(Event::Exchanged(Box::new(Exchanged {
            case: case.clone(),
            observation,
            passed,
            valid: exchange.request.intent == Intent::Valid
                && exchange.request.auth == Auth::Declared,
            wrong: matches!(exchange.request.intent, Intent::Wrong(_)),
            covered,
        })));
        noted
    }

    /// What is to be said of a request that was sent again when it was told to.
    pub(super) fn was_meant(&self, exchange: &Exchange) -> Option<PendingJudgement> {
        let asked = self
            .checks
            .iter()
            .any(|(id, _)| id.as_str() == checks::WAITS);
        let response = exchange.response().filter(|_| asked)?;
        Some(PendingJudgement {
            by: Verifier::Check(checks::WAITS.into()),
            operation: exchange.request.operation.clone(),
            judgement: checks::wire::retry_after::meant(response, exchange.id),
            evidence: vec![exchange.id],
        })
    }

    /// Tells an exchange that is not judged.
    pub(in crate::runner) fn tell_unjudged(&self, case: &CaseName, exchange: &Exchange) {
        self.tell(Event::Exchanged(Box::new(Exchanged {
            case: case.clone(),
            observation: self.redactor.observe(exchange),
            passed: Vec::new(),
            valid: false,
            wrong: false,
            covered: Vec::new(),
        })));
    }

    pub(super) fn first_said(
        &self,
        id: &CheckId,
        exchange: &Exchange,
        judgement: &Judgement,
    ) -> bool {
        let inconclusive = matches!(judgement, Judgement::Inconclusive(_));
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((id.clone(), exchange.request.operation.clone(), inconclusive))
    }
}
