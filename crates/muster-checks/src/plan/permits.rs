//! Which requests may leave at all (owner of [`Permits`]).
//!
//! The plan decides, and everything that sends asks here: preflight, cases and their repeats, reads that wait for a
//! write, and the removals at the end. A request is judged by what the target would take it for, which is its method
//! and its path, and not by what its sender meant.

use std::{collections::BTreeSet, sync::Arc};

use super::{Basis, Chosen};
use muster_core::{
    contract::{Contract, Router},
    exchange::{Address, Intent, Request},
    model::{Method, OperationKey, Responsible},
    verdict::Unverified,
};

/// What the plan has to say of each operation, and of requests to any other path.
#[derive(Debug, Clone)]
pub struct Permits {
    router: Arc<Router>,
    /// By the position of the operation in the contract.
    operations: Vec<(OperationKey, Standing)>,
    /// Paths of servers, which stand before those of operations.
    bases: BTreeSet<String>,
}

/// Whether an operation may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is tested.
    Tested,
    /// It is not tested, and may be sent to make or to find what a tested one needs.
    Prepares,
    /// It is not sent, for this reason.
    Refused(String),
}

/// Headers that some servers take for the method of a request.
const METHOD_HEADERS: [&str; 3] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

impl Permits {
    /// What a plan permits.
    #[must_use]
    pub fn of(basis: Basis<'_>) -> Self {
        Self::chosen(basis, &Chosen::new(basis))
    }

    pub(super) fn chosen(basis: Basis<'_>, chosen: &Chosen<'_>) -> Self {
        let standing = |operation| match chosen.why_refused(basis, operation) {
            Some(why) => Standing::Refused(why.reason),
            None if chosen.is_narrowed_away(operation) => Standing::Prepares,
            None => Standing::Tested,
        };
        Self {
            router: basis.contract.router(),
            operations: basis
                .contract
                .operations
                .iter()
                .map(|operation| (operation.key.clone(), standing(operation)))
                .collect(),
            bases: bases(basis.contract, basis.parameters.text("base_url")),
        }
    }

    /// Each operation of the contract with its standing, in the contract's order.
    pub fn operations(&self) -> impl Iterator<Item = (&OperationKey, &Standing)> {
        self.operations
            .iter()
            .map(|(key, standing)| (key, standing))
    }

    /// Whether a request may be sent.
    ///
    /// # Errors
    /// The reason why it may not.
    pub fn may_send(&self, request: &Request) -> Result<(), Unverified> {
        let reason = self
            .paths(request)
            .into_iter()
            .find_map(|path| self.why_not(request, &path));
        match reason {
            None => Ok(()),
            Some(reason) => Err(Unverified::new(
                Responsible::Configuration,
                format!(
                    "{} {} was not sent. {reason}",
                    request.method,
                    request.path_and_query()
                ),
            )),
        }
    }

    fn why_not(&self, request: &Request, path: &str) -> Option<&str> {
        let named = request
            .operation
            .as_ref()
            .and_then(|key| self.router.key(key));
        let of = |index: usize| self.operations.get(index).map(|(_, standing)| standing);
        let refused = |index: usize| match of(index) {
            Some(Standing::Refused(reason)) => Some(reason.as_str()),
            _ => None,
        };
        for method in methods(request, path) {
            let as_read = (method == Method::Head).then(|| self.router.find(&Method::Get, path));
            let found = self.router.find(&method, path).or(as_read.flatten());
            let reason = found.into_iter().chain(named).find_map(refused);
            if let Some(reason) = reason {
                if removes_own(request, found.and_then(|index| self.operations.get(index))) {
                    continue;
                }
                return Some(reason);
            }
            // A method that the contract does not declare there may do what a declared one does.
            let is_harmless = matches!(method, Method::Options | Method::Trace);
            if found.is_none()
                && !is_harmless
                && let Some(reason) = self.router.all_at(path).into_iter().find_map(refused)
            {
                return Some(reason);
            }
        }
        None
    }

    /// The path below the base, for every base that the request may be below.
    fn paths(&self, request: &Request) -> Vec<String> {
        match &request.address {
            Address::Base(path) => vec![path.clone()],
            Address::Root(path) => self.below(path),
            Address::Absolute(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                self.below(rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"))
            }
        }
    }

    fn below(&self, path: &str) -> Vec<String> {
        let stripped = self
            .bases
            .iter()
            .filter_map(|base| path.strip_prefix(base.as_str()));
        stripped
            .chain([path])
            .filter(|path| path.is_empty() || path.starts_with(['/', '?']))
            .map(str::to_owned)
            .collect()
    }
}

/// Whether a request removes a record that the run made, from a path that names one record.
fn removes_own(request: &Request, found: Option<&(OperationKey, Standing)>) -> bool {
    request.method == Method::Delete
        && request.intent == Intent::Housekeeping
        && found.is_some_and(|(key, _)| key.path.trim_end_matches('/').ends_with('}'))
}

/// The method of a request, and those that a server may take it for.
fn methods(request: &Request, path: &str) -> Vec<Method> {
    let by_header = METHOD_HEADERS
        .iter()
        .flat_map(|name| request.headers.all(name));
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let by_query = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("_method="));
    let mut methods = vec![request.method.clone()];
    methods.extend(by_header.chain(by_query).map(Method::parse));
    methods
}

/// The paths of the base URL and of every server of the contract, but for the root.
fn bases(contract: &Contract, base_url: Option<&str>) -> BTreeSet<String> {
    let of_operations = contract.operations.iter().flat_map(|one| &one.servers);
    let servers = contract.servers.iter().chain(of_operations);
    servers
        .map(|server| server.url.as_str())
        .chain(base_url)
        .filter_map(|url| {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            let path = rest.find('/').and_then(|at| rest.get(at..))?;
            let path = path.trim_end_matches('/');
            (!path.is_empty()).then(|| path.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests;
