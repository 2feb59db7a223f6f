//! How much each client may ask: [`Rate`], a fixed window of one second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// The quota, and what each client has used of it.
#[derive(Debug)]
pub(crate) struct Rate {
    quota: u32,
    /// A client with a quota of its own.
    throttled: Option<(String, u32)>,
    used: Mutex<HashMap<String, (Instant, u32)>>,
}

impl Rate {
    /// So many requests a second for each client.
    pub(crate) fn new(quota: u32) -> Self {
        Self {
            quota,
            throttled: None,
            used: Mutex::default(),
        }
    }

    /// The same, with another quota for one client.
    pub(crate) fn but(mut self, client: &str, quota: u32) -> Self {
        self.throttled = Some((client.to_owned(), quota));
        self
    }

    fn quota(&self, client: &str) -> u32 {
        match &self.throttled {
            Some((throttled, quota)) if throttled == client => *quota,
            _ => self.quota,
        }
    }

    /// Counts a request. May it be answered?
    pub(crate) fn admits(&self, client: &str) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let Some((since, count)) = used.get_mut(client) else {
            used.insert(client.to_owned(), (now, 1));
            return self.quota(client) > 0;
        };
        if now.duration_since(*since) >= WINDOW {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= self.quota(client)
    }

    /// RateLimit and RateLimit-Policy.
    pub(crate) fn headers(&self, client: &str) -> (String, String) {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let count = used.get(client).map_or(0, |(_, count)| *count);
        (
            format!(
                "\"client\";r={};t=1",
                self.quota(client).saturating_sub(count)
            ),
            format!("\"client\";q={};w=1", self.quota(client)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn a_client_is_refused_above_its_quota_and_others_are_not() {
        let rate = Rate::new(2);
        assert!(rate.admits("a") && rate.admits("a"));
        assert!(!rate.admits("a"));
        assert!(rate.admits("b"));
        assert_eq!(rate.headers("a").0, "\"client\";r=0;t=1");
    }
}
