//! Connections in HTTP/1.1 that a conversation keeps from one request to the next (owner of [`Kept`]).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use ::http::{HeaderMap, HeaderValue, Uri};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{body::Incoming, client::conn::http1::SendRequest};

use super::{
    Clock, Lost,
    address::Place,
    breakage::{Stage, not_sent, sort},
    verbatim::{Connection, Direct, with_defaults},
};

/// The kept connections, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<HashMap<u64, Line>>);

/// An open connection between two requests.
#[derive(Debug)]
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    /// Ends with the line.
    _connection: Connection,
}

impl Kept {
    /// Sends a request over the connection of this number, which is opened where there is none, and waits for the head of
    /// the answer. Once the answer is read, the line is [kept](Self::keep).
    pub(super) async fn send(
        &self,
        number: u64,
        direct: &Direct,
        place: &Place,
        outgoing: ::http::Request<Full<Bytes>>,
        clock: &mut Clock,
    ) -> Result<(::http::Response<Incoming>, Line), Lost> {
        let held = self.state().remove(&number);
        let mut line = match held {
            Some(line) => line,
            None => {
                let (sender, connection) = direct.begin(place).await?;
                Line {
                    sender,
                    _connection: connection,
                }
            }
        };
        clock.connected();
        // The line takes a request once the answer before it is done with, which its own task has to notice.
        line.sender
            .ready()
            .await
            .map_err(|error| Lost::from(sort(&error, place, Stage::Head)))?;
        let response = line
            .sender
            .send_request(outgoing)
            .await
            .map_err(|error| Lost::from(sort(&error, place, Stage::Head)))?;
        Ok((response, line))
    }

    /// Keeps a line for the next request of its number, unless the answer said that it is closed.
    pub(super) fn keep(&self, number: u64, line: Line, head: &HeaderMap) {
        let closes = |value: &HeaderValue| {
            value.to_str().is_ok_and(|value| {
                value
                    .split(',')
                    .any(|option| option.trim().eq_ignore_ascii_case("close"))
            })
        };
        if !head.get_all("connection").iter().any(closes) {
            self.state().insert(number, line);
        }
    }

    /// The request as it goes out, the path as it stands in the first line.
    pub(super) fn outgoing(
        method: ::http::Method,
        place: &Place,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<::http::Request<Full<Bytes>>, Lost> {
        let target: Uri = place
            .target()
            .parse()
            .map_err(|error| not_sent(format!("The path cannot be sent: {error}.")))?;
        let mut outgoing = ::http::Request::new(Full::new(body.unwrap_or_default()));
        *outgoing.method_mut() = method;
        *outgoing.uri_mut() = target;
        *outgoing.headers_mut() = with_defaults(headers, place);
        Ok(outgoing)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
