//! What response checks ask of an exchange (owner of the methods of [`Answer`]).

use serde_json::Value;

use crate::{Answer, support::schema_view::Place};
use muster_core::{
    contract::{Contract, Media, Operation, ResponseSpec},
    exchange::{Address, Exchange, Intent, Response},
    model::{Method, Parameters},
};

impl<'a> Answer<'a> {
    /// An exchange with the operation that its request names.
    #[must_use]
    pub fn of(contract: &'a Contract, exchange: &'a Exchange, parameters: &'a Parameters) -> Self {
        Self {
            contract,
            operation: exchange
                .request
                .operation
                .as_ref()
                .and_then(|key| contract.operation(key)),
            exchange,
            parameters,
        }
    }

    /// The answer, if one came.
    #[must_use]
    pub const fn response(&self) -> Option<&'a Response> {
        self.exchange.response()
    }

    /// The operation, where the request used its own method (and not `HEAD` in place of `GET`, say).
    #[must_use]
    pub fn called(&self) -> Option<&'a Operation> {
        self.operation
            .filter(|operation| operation.key.method == self.exchange.request.method)
    }

    /// The answer with what the contract says of its status.
    #[must_use]
    pub fn documented(&self) -> Option<(&'a Operation, &'a Response, &'a ResponseSpec)> {
        let operation = self.called()?;
        let response = self.response()?;
        Some((operation, response, operation.response(response.status)?))
    }

    /// The documented media type that the body is of.
    #[must_use]
    pub fn media(&self) -> Option<&'a Media> {
        let (_, response, spec) = self.documented()?;
        documented_media(&spec.content, response.headers.get("content-type")?)
    }

    /// Whether the answer can have no body, by its method or status.
    #[must_use]
    pub fn is_bodyless(&self) -> bool {
        self.exchange.request.method == Method::Head
            || self.response().is_none_or(|response| {
                response.status < 200 || matches!(response.status, 204 | 205 | 304)
            })
    }

    /// The whole body as JSON, where it says JSON and is.
    #[must_use]
    pub fn json(&self) -> Option<&'a Value> {
        let response = self.response()?;
        if self.is_bodyless() || response.cut || !response.says_json() {
            return None;
        }
        response.json().ok()
    }

    /// What the contract says of the whole body; of nothing where it says nothing.
    #[must_use]
    pub fn place(&self) -> Place<'a> {
        self.media()
            .and_then(|media| media.schema.as_ref())
            .map_or_else(Place::default, |schema| Place::of(self.contract, schema))
    }

    /// Whether the request went beside the API: to another port, or to the root of the host, and to no
    /// operation of the contract.
    #[must_use]
    pub const fn is_beside_the_api(&self) -> bool {
        self.operation.is_none() && !matches!(self.exchange.request.address, Address::Base(_))
    }

    /// Whether the request was wrong on purpose.
    #[must_use]
    pub const fn was_wrong(&self) -> bool {
        matches!(self.exchange.request.intent, Intent::Wrong(_))
    }

    /// Whether the request carried any of these headers.
    #[must_use]
    pub fn sent_any(&self, names: &[&str]) -> bool {
        names
            .iter()
            .any(|name| self.exchange.request.headers.get(name).is_some())
    }
}

/// The media type of a header value: type and subtype in lower case, without parameters.
#[must_use]
pub(super) fn essence(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// The documented media type that speaks for a `Content-Type`: the same with parameters, then without,
/// then a range.
#[must_use]
pub(super) fn documented_media<'a>(content: &'a [Media], content_type: &str) -> Option<&'a Media> {
    let whole: String = content_type.to_ascii_lowercase().split(' ').collect();
    let received = essence(content_type);
    let by = |test: &dyn Fn(&Media) -> bool| content.iter().find(|media| test(media));
    by(&|media| media.media_type.split(' ').collect::<String>() == whole)
        .or_else(|| by(&|media| essence(&media.media_type) == received))
        .or_else(|| {
            by(&|media| {
                essence(&media.media_type)
                    .strip_suffix("/*")
                    .is_some_and(|kind| {
                        kind == "*"
                            || received
                                .strip_prefix(kind)
                                .is_some_and(|rest| rest.starts_with('/'))
                    })
            })
        })
}
