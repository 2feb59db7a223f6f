//! How fast requests may go out (owner of [`Pace`]).

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use muster_core::model::Budget;

/// A token bucket for the rate, and places for what is under way at once.
#[derive(Debug)]
pub(super) struct Pace {
    bucket: Option<DefaultDirectRateLimiter>,
    places: Semaphore,
}

impl Pace {
    /// A rate of nought means that no rate is set.
    pub(super) fn new(budget: &Budget) -> Self {
        let bucket = NonZeroU32::new(budget.per_second)
            .map(|rate| RateLimiter::direct(Quota::per_second(rate)));
        Self {
            bucket,
            places: Semaphore::new(budget.concurrency.max(1)),
        }
    }

    /// Waits for a place and a token. The place is free again when what is returned is dropped.
    pub(super) async fn ready(&self) -> Option<SemaphorePermit<'_>> {
        let place = self.places.acquire().await.ok();
        if let Some(bucket) = &self.bucket {
            bucket.until_ready().await;
        }
        place
    }
}
