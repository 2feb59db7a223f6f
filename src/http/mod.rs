//! Sends one request to the target and observes its answer (owner of [`Transport`]).
//!
//! Ordinary requests go through `reqwest`. A request whose path or method a URL library would rewrite
//! goes over a connection of its own, byte for byte as asked. Every way in which an exchange can break
//! becomes a [`Breakage`] with one sentence; nothing a target sends can make this module hang or panic.
#![allow(clippy::disallowed_methods, reason = "sending is this edge")]

mod address;
mod apart;
mod body;
mod breakage;
mod client;
mod clock;
mod credentials;
mod handshake;
mod kept;
mod names;
mod options;
mod sent;
mod stream;
mod tls;
mod trust;
mod verbatim;

#[cfg(test)]
pub(crate) mod tests;

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use bytes::Bytes;
use http_body_util::BodyExt;

use self::{
    address::{Origin, Place},
    breakage::{Stage, not_sent},
    client::Client,
    clock::{Clock, Lost, Rang},
    kept::Kept,
};
pub use self::{
    credentials::{Credentials, Outgoing, Presents, Signer},
    options::{ClientCertificate, Options, TransportError, Trust},
    sent::Sent,
};
use muster_core::{
    exchange::{
        Address, Auth, Body, Breakage, BreakageKind, ConnectionUse, Headers, HttpVersion, Outcome,
        Patience, Request, Response, Shown, Timing,
    },
    model::IdentityName,
};

/// The way to one host, with its connections. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Transport {
    origin: Origin,
    options: Options,
    client: Client,
    of_identity: HashMap<IdentityName, Client>,
    /// Without any certificate, where the others show one.
    bare: Option<Client>,
    /// Connections that conversations keep.
    kept: Kept,
    /// Whether any answer came yet; until then a lost connection may be TLS that was refused late.
    answered: AtomicBool,
    /// Whether a kept connection closed under a request that must not be repeated.
    raced: AtomicBool,
}

impl Transport {
    /// Opens no connection yet.
    ///
    /// # Errors
    /// Where the base URL, the certificates or a key cannot be used.
    pub fn new(options: Options) -> Result<Self, TransportError> {
        let origin = Origin::new(&options.base_url)?;
        let client = Client::new(&options, &origin, options.client_certificate.as_ref())?;
        let of_identity = options
            .identity_certificates
            .iter()
            .map(|(identity, certificate)| {
                let client = Client::new(&options, &origin, Some(certificate))?;
                Ok((identity.clone(), client))
            })
            .collect::<Result<HashMap<_, _>, TransportError>>()?;
        let shows = options.client_certificate.is_some() || !of_identity.is_empty();
        let bare = shows
            .then(|| Client::new(&options, &origin, None))
            .transpose()?;
        Ok(Self {
            origin,
            options,
            client,
            of_identity,
            bare,
            kept: Kept::default(),
            answered: AtomicBool::new(false),
            raced: AtomicBool::new(false),
        })
    }

    /// Sends the request with these credentials and waits for the whole answer, at most for the time
    /// limit.
    pub async fn send(&self, request: &Request, credentials: &Credentials) -> Sent {
        let address = self.address(request);
        let place = match self.origin.place(&address, &credentials.query) {
            Ok(place) => place,
            Err(detail) => {
                return Sent {
                    url: self.origin.shown(&address),
                    credentials: credentials.headers.clone(),
                    body: None,
                    followed: None,
                    outcome: Outcome::Broken(not_sent(detail)),
                };
            }
        };
        let mut added = credentials.headers.clone();
        let outcome = match self.head(request, credentials, &place, &mut added) {
            Ok(headers) => {
                let client = self.client(request, &credentials.certificate);
                let body = credentials.body.as_ref().or(request.body.as_ref());
                self.exchange(client, request, body, &place, headers).await
            }
            Err(breakage) => Err(breakage),
        };
        Sent {
            url: place.full,
            credentials: added,
            body: credentials.body.clone(),
            followed: None,
            outcome: match outcome {
                Ok(response) => Outcome::Answered(response),
                Err(breakage) => Outcome::Broken(breakage),
            },
        }
    }

    /// Where the request goes: below the server of its operation, where that has one of its own.
    fn address<'a>(&self, request: &'a Request) -> Cow<'a, Address> {
        let path = match (&request.address, &self.options.server_paths) {
            (Address::Base(below), Some(paths)) => {
                paths.of(request.operation.as_ref(), &request.method, below)
            }
            _ => None,
        };
        match (&request.address, path) {
            (Address::Base(below), Some(path)) => {
                Cow::Owned(Address::Root(format!("{path}{below}")))
            }
            (address, _) => Cow::Borrowed(address),
        }
    }

    /// Connections that show this certificate in place of the configured one. Made for one request, so that none is ever
    /// used again for another.
    fn stranger(&self, shown: Shown) -> Result<Client, Breakage> {
        let key = handshake::certified(shown, self.options.any_certificate()).map_err(not_sent)?;
        Client::with(&self.options, &self.origin, |config| {
            config.client_auth_cert_resolver = Arc::new(tls::Only(key));
        })
        .map_err(|error| not_sent(error.to_string()))
    }

    fn client(&self, request: &Request, shown: &Presents) -> &Client {
        let identity = match shown {
            Presents::Own if request.auth == Auth::Nothing => return &self.client,
            Presents::Own => &request.identity,
            Presents::Nothing => return self.bare.as_ref().unwrap_or(&self.client),
            Presents::Of(identity) => identity,
        };
        self.of_identity.get(identity).unwrap_or(&self.client)
    }

    /// The headers as they go out; `added` gains what signers add.
    fn head(
        &self,
        request: &Request,
        credentials: &Credentials,
        place: &Place,
        added: &mut Headers,
    ) -> Result<HeaderMap, Breakage> {
        let mut headers =
            HeaderMap::with_capacity(request.headers.len() + credentials.headers.len() + 3);
        for (name, value) in request.headers.iter() {
            if name == "content-length" || name == "transfer-encoding" {
                return Err(not_sent(format!(
                    "The request sets {name}, which only the transport may set."
                )));
            }
            append(&mut headers, name, value)?;
        }
        let body = credentials.body.as_ref().or(request.body.as_ref());
        let media_type = body.and_then(|body| body.media_type.as_deref());
        if let Some(media_type) = media_type
            && !headers.contains_key(header::CONTENT_TYPE)
        {
            append(&mut headers, "content-type", media_type)?;
        }
        if !headers.contains_key(header::USER_AGENT) {
            append(&mut headers, "user-agent", &self.options.user_agent)?;
        }
        for (name, _) in credentials.headers.iter() {
            headers.remove(name);
        }
        for (name, value) in credentials.headers.iter() {
            append(&mut headers, name, value)?;
        }
        for signer in &credentials.signers {
            let outgoing = Outgoing {
                method: &request.method,
                url: &place.full,
                headers: &headers,
                body: body.map_or(&[], |body| &body.bytes),
            };
            let signed = signer.sign(&outgoing).map_err(|detail| Breakage {
                kind: BreakageKind::LoginFailed,
                detail,
            })?;
            for (name, value) in signed.iter() {
                append(&mut headers, name, value)?;
                added.append(name, value);
            }
        }
        Ok(headers)
    }

    async fn exchange(
        &self,
        client: &Client,
        request: &Request,
        body: Option<&Body>,
        place: &Place,
        headers: HeaderMap,
    ) -> Result<Response, Breakage> {
        let bytes = body.map(|body| body.bytes.clone());
        if request.certificate != Shown::Own {
            let client = self.stranger(request.certificate)?;
            return match self.direct(&client, request, place, headers, bytes).await {
                Ok(response) => Ok(response),
                Err(lost) => Err(self.turned_away(&client, request, place, lost).await),
            };
        }
        if let ConnectionUse::Kept(number) = request.over {
            let kept = self.kept(client, number, request, place, headers, bytes);
            return match kept.await {
                Ok(response) => Ok(response),
                Err(lost) => Err(self.explain(client, place, lost).await),
            };
        }
        let is_safe = request.method.is_safe();
        // Once a kept connection closed under a request that must not be repeated, such requests get a fresh one.
        let fresh = !is_safe && self.raced.load(Ordering::Relaxed);
        // What is out of all proportion may cost the connection, which others must not pay for.
        let alone =
            fresh || request.over != ConnectionUse::Any || is_huge(place, &headers, bytes.as_ref());
        let ordinary = names::method(&request.method).filter(|_| place.ordinary && !alone);
        let result = match ordinary {
            Some(method) => {
                let spare = is_safe.then(|| headers.clone());
                let sent = self
                    .patiently(
                        client,
                        method,
                        place,
                        headers,
                        bytes.clone(),
                        request.patience,
                    )
                    .await;
                match sent {
                    // A kept connection may close just as it is used again. What is safe to repeat is
                    // repeated on a fresh one, so that the target is blamed for what it does, not for the race.
                    Err(lost) if lost.repeatable => match spare {
                        Some(headers) => {
                            match self.direct(client, request, place, headers, bytes).await {
                                // TLS was agreed on before: only its own version of HTTP stood in the way.
                                Err(again) if again.breakage.kind == BreakageKind::Tls => Err(lost),
                                other => other,
                            }
                        }
                        // Before the first answer no connection is kept, and nothing can race.
                        None if !self.answered.load(Ordering::Relaxed) => Err(lost),
                        None => {
                            self.raced.store(true, Ordering::Relaxed);
                            Err(breakage::raced().into())
                        }
                    },
                    other => other,
                }
            }
            None => self.direct(client, request, place, headers, bytes).await,
        };
        match result {
            Ok(response) => {
                self.answered.store(true, Ordering::Relaxed);
                Ok(response)
            }
            Err(lost) => Err(self.explain(client, place, lost).await),
        }
    }

    /// As [`pooled`](Self::pooled), again on what the target said that it did nothing with: a stream that it refused, or
    /// a connection that it was about to end.
    async fn patiently(
        &self,
        client: &Client,
        method: ::http::Method,
        place: &Place,
        headers: HeaderMap,
        body: Option<Bytes>,
        patience: Patience,
    ) -> Result<Response, Lost> {
        const AGAIN: u32 = 3;
        const PAUSE: Duration = Duration::from_millis(50);
        for again in 1..=AGAIN {
            let sent = self
                .pooled(
                    client,
                    method.clone(),
                    place,
                    headers.clone(),
                    body.clone(),
                    patience,
                )
                .await;
            match sent {
                Err(lost) if lost.unprocessed => tokio::time::sleep(PAUSE * again).await,
                other => return other,
            }
        }
        self.pooled(client, method, place, headers, body, patience)
            .await
    }

    async fn pooled(
        &self,
        client: &Client,
        method: ::http::Method,
        place: &Place,
        headers: HeaderMap,
        body: Option<Bytes>,
        patience: Patience,
    ) -> Result<Response, Lost> {
        let mut outgoing = reqwest::Request::new(method, place.url.clone());
        *outgoing.headers_mut() = headers;
        *outgoing.body_mut() = body.map(Into::into);
        let clock = Clock::start(&self.options, patience);
        tokio::pin! { let limit = tokio::time::sleep_until(clock.deadline()); }
        let response = tokio::select! {
            biased;
            response = client.pooled.execute(outgoing) => response,
            breakage = clock.over(limit.as_mut()) => return Err(breakage.into()),
        };
        let response = match response {
            Ok(response) => response,
            Err(error) => {
                let breakage = breakage::sort(&error, place, Stage::Head);
                let repeatable = breakage.kind == BreakageKind::ConnectionLost;
                return Err(Lost {
                    breakage,
                    repeatable,
                    unprocessed: breakage::was_not_processed(&error),
                });
            }
        };
        let response = ::http::Response::<reqwest::Body>::from(response);
        self.finish(response, place, clock, limit).await
    }

    async fn direct(
        &self,
        client: &Client,
        request: &Request,
        place: &Place,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<Response, Lost> {
        let mut clock = Clock::start(&self.options, request.patience);
        let patience = clock;
        tokio::pin! { let limit = tokio::time::sleep_until(clock.deadline()); }
        let (response, _connection) = tokio::select! {
            biased;
            response = client.direct.send(request, place, headers, body, &mut clock) => response?,
            breakage = patience.over(limit.as_mut()) => return Err(breakage.into()),
        };
        self.finish(response, place, clock, limit).await
    }

    async fn kept(
        &self,
        client: &Client,
        number: u64,
        request: &Request,
        place: &Place,
        headers: HeaderMap,
        body: Option<Bytes>,
    ) -> Result<Response, Lost> {
        let method = names::method(&request.method).ok_or_else(|| {
            not_sent("A kept connection is for the methods of HTTP alone.".to_owned())
        })?;
        let outgoing = Kept::outgoing(method, place, headers, body)?;
        let mut clock = Clock::start(&self.options, request.patience);
        let patience = clock;
        tokio::pin! { let limit = tokio::time::sleep_until(clock.deadline()); }
        let (response, line) = tokio::select! {
            biased;
            response = self.kept.send(number, &client.direct, place, outgoing, &mut clock) => response?,
            breakage = patience.over(limit.as_mut()) => return Err(breakage.into()),
        };
        let head = response.headers().clone();
        let response = self.finish(response, place, clock, limit).await?;
        if !response.cut {
            self.kept.keep(number, line, &head);
        }
        Ok(response)
    }

    /// Reads the rest of an answer whose head is there.
    async fn finish<B>(
        &self,
        response: ::http::Response<B>,
        place: &Place,
        clock: Clock,
        mut limit: std::pin::Pin<&mut tokio::time::Sleep>,
    ) -> Result<Response, Lost>
    where
        B: hyper::body::Body<Data = Bytes> + Unpin,
        B::Error: std::error::Error + 'static,
    {
        let first_byte_us = clock.elapsed();
        let at_ms = clock::now_ms();
        let (head, mut stream) = response.into_parts();
        let mut body = body::Collector::new(self.options.body_limit);
        let mut end_lost = false;
        let mut open = false;
        let mut limits = stream::Limits::of(&head, &clock);
        if let Some(limits) = &limits {
            limit.as_mut().reset(limits.next());
        }
        loop {
            let frame = tokio::select! {
                biased;
                frame = stream.frame() => frame,
                () = &mut limit => match &mut limits {
                    None => match clock.rang(limit.as_mut()) {
                        Rang::Late => continue,
                        Rang::ConnectionUse => return Err(clock.unfinished(body.len()).into()),
                        Rang::TooLate => return Err(clock.delayed().into()),
                    },
                    Some(limits) if limits.is_over(body.so_far()) => {
                        open = true;
                        break;
                    }
                    Some(limits) => {
                        limit.as_mut().reset(limits.last());
                        continue;
                    }
                },
            };
            if let Some(limits) = &mut limits {
                limits.came();
                limit.as_mut().reset(limits.next());
            }
            match frame {
                None => break,
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data()
                        && body.add(bytes).is_break()
                    {
                        break;
                    }
                }
                Some(Err(error)) => {
                    let stage = Stage::Body {
                        received: body.len(),
                        declared: names::declared_length(&head.headers),
                    };
                    let lost = breakage::sort(&error, place, stage);
                    end_lost =
                        breakage::is_refusal_alone(head.status, &head.headers, body.len(), &lost);
                    if end_lost {
                        break;
                    }
                    // A stream without an end of its own ends with its connection.
                    open = limits.is_some_and(|limits| limits.may_break_off(body.so_far()));
                    if open {
                        break;
                    }
                    return Err(lost.into());
                }
            }
        }
        let total_us = clock.elapsed();
        if open {
            body.cut_short();
        }
        let (body, cut) = body.decode(&head.headers)?;
        Ok(Response::new(
            head.status.as_u16(),
            match head.version {
                ::http::Version::HTTP_2 => HttpVersion::Http2,
                ::http::Version::HTTP_10 => HttpVersion::Http10,
                _ => HttpVersion::Http11,
            },
            names::headers(&head.headers),
            body,
            cut || end_lost,
            Timing {
                first_byte_us,
                total_us,
                late_us: None,
            },
        )
        .left_open(open)
        .at(at_ms))
    }

    /// A connection that is lost on a host that never answered may be TLS that was refused after the
    /// handshake, which only a handshake of our own can see.
    async fn explain(&self, client: &Client, place: &Place, mut lost: Lost) -> Breakage {
        let suspect = place.is_https()
            && lost.breakage.kind == BreakageKind::ConnectionLost
            && !self.answered.load(Ordering::Relaxed);
        if suspect && let Some(breakage) = client.direct.handshake(place).await {
            lost.breakage = breakage;
        }
        client.direct.note(&mut lost.breakage);
        lost.breakage
    }

    /// Why a caller with another certificate than the configured one got no answer. TLS 1.3 refuses late: by then the
    /// request is on its way, and the refusal may be lost with the connection.
    async fn turned_away(
        &self,
        client: &Client,
        request: &Request,
        place: &Place,
        lost: Lost,
    ) -> Breakage {
        let mut breakage = lost.breakage;
        if breakage.kind == BreakageKind::ConnectionLost
            && let Some(found) = client.direct.handshake(place).await
        {
            breakage = found;
        }
        if breakage.kind == BreakageKind::Tls {
            breakage.detail = format!(
                "TLS ended, {} being shown: {}",
                request.certificate.label(),
                breakage.detail
            );
        }
        breakage
    }
}

fn append(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Breakage> {
    let header = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| not_sent(format!("HTTP does not allow the header name {name:?}.")))?;
    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
        not_sent(format!(
            "The value of the header {name} has a character that HTTP does not allow."
        ))
    })?;
    headers.append(header, value);
    Ok(())
}

/// Whether a request is so large that servers may close the connection over it: a head beyond what they usually read
/// (16 KiB), or a body of more than a mebibyte.
fn is_huge(place: &Place, headers: &HeaderMap, body: Option<&Bytes>) -> bool {
    let head = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum::<usize>()
        + place.full.len();
    head > 16 * 1024 || body.is_some_and(|body| body.len() > 1024 * 1024)
}
