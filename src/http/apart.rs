//! Sends on a task of its own, so that nothing that its caller does meanwhile holds the network up.

use std::sync::Arc;

use tokio::task::JoinHandle;

use super::{Credentials, Sent, Transport, breakage::not_sent};
use muster_core::exchange::{Outcome, Request};

impl Transport {
    /// As [`send`](Self::send), on a task of its own: the response is read, and its time taken, also while the caller
    /// judges another one. Dropping the future ends the exchange.
    ///
    /// Needs a runtime with threads besides the caller's.
    pub async fn send_apart(
        self: &Arc<Self>,
        request: &Request,
        credentials: &Credentials,
    ) -> Sent {
        let transport = Arc::clone(self);
        let (of_task, shown) = (request.clone(), credentials.clone());
        let mut task = Apart(tokio::spawn(async move {
            transport.send(&of_task, &shown).await
        }));
        match (&mut task.0).await {
            Ok(sent) => sent,
            // The task was ended with the runtime, or panicked.
            Err(error) => Sent {
                url: self.origin.shown(&self.address(request)),
                credentials: credentials.headers.clone(),
                body: None,
                followed: None,
                outcome: Outcome::Broken(not_sent(format!(
                    "Muster could not finish the exchange: {error}."
                ))),
            },
        }
    }
}

/// Ends the task when it is dropped.
struct Apart(JoinHandle<Sent>);

impl Drop for Apart {
    fn drop(&mut self) {
        self.0.abort();
    }
}
