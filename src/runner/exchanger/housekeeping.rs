//! Requests of the run's own housekeeping: outside budget and cancellation, told but not judged.

use std::sync::atomic::Ordering;

use super::{Exchanger, wants_nonce};
use crate::runner::{
    creation,
    wire::{Sent, Wire, unsent},
};
use muster_checks::plan::CaseName;
use muster_core::{
    contract::Operation,
    exchange::{Breakage, BreakageKind, Exchange, ExchangeId, Request},
};
use muster_report::event::CLEANUP;

impl<W: Wire> Exchanger<'_, W> {
    /// Sends a request of the run's own housekeeping: outside budget and cancellation, told but not judged.
    pub(in crate::runner) async fn housekeep(&self, request: Request) -> Exchange {
        let exchange = self.housekeep_unsaid(request).await;
        self.tell_unjudged(&CaseName(CLEANUP.into()), &exchange);
        exchange
    }

    pub(super) async fn housekeep_unsaid(&self, request: Request) -> Exchange {
        let operation = self
            .setup
            .contract
            .find_operation(&request.method, request.path_and_query());
        let request = match operation {
            Some(operation) => request.calling(&operation.key),
            None => request,
        };
        let id = ExchangeId(self.sent.fetch_add(1, Ordering::Relaxed) + 1);
        self.removals.fetch_add(1, Ordering::Relaxed);
        let mut sent = self.send_in_time(&request, operation).await;
        if wants_nonce(&sent.outcome) {
            sent = self.send_in_time(&request, operation).await;
        }
        let exchange = sent.into_exchange(id, request);
        self.redactor.learn_returned(&exchange);
        exchange
    }

    /// Sends a request, unless the time for cleaning up is over or ends before the response.
    pub(super) async fn send_in_time(
        &self,
        request: &Request,
        operation: Option<&Operation>,
    ) -> Sent {
        let Some(began) = self.cleaning.get() else {
            return self.wire.send(request, operation).await;
        };
        tokio::select! {
            biased;
            () = self.cancel.cleanup_ends(*began) => unsent(
                request,
                Breakage {
                    kind: BreakageKind::NotSent,
                    detail: creation::OUT_OF_TIME.to_owned(),
                },
            ),
            sent = self.wire.send(request, operation) => sent,
        }
    }
}
