//! Sockets, and the requests that come out of them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body as HttpBody;
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::any;
use axum::{Extension, Router};
use http_body_util::BodyExt;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use serde_json::Map;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::certificates::TlsFault;
use super::fault::Misbehaviour;
use super::follow::follow;
use super::message::{Incoming, Outgoing, Received};
use super::one_answer::OneAnswer;
use super::pipeline::{self, Target};
use super::races::{GAP, Races};
use super::{LARGEST_BODY, SupplierState, making, old_tls};
use muster_jose as jose;

/// How long a slow answer takes.
const SLOW: Duration = Duration::from_millis(1_600);

/// How long a supplier that forgets keys is about them.
const ABOUT_KEYS: Duration = Duration::from_millis(60);

/// How much of a body that is too large is still read, so that the caller gets to see the answer.
const LARGEST_DRAINED: usize = 16 * 1024 * 1024;

/// The router of one supplier: every path of the contract, and what stands beside it.
pub(crate) fn router(house: &Arc<SupplierState>) -> Router {
    let mut router = Router::new();
    for path in house.targets.keys() {
        router = router.route(path, any(serve));
    }
    router.fallback(serve).with_state(house.clone())
}

/// The thumbprint of the certificate that a client showed.
#[derive(Clone)]
struct Peer(String);

/// When a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// Some time after the last request.
    WhenIdle,
    /// With the first answer, which does not say so.
    AfterAnswer,
}

/// How TLS is served.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) faults: Arc<[TlsFault]>,
}

/// Takes connections until the task is dropped.
pub(crate) async fn accept(listener: TcpListener, tls: Option<Tls>, router: Router, end: Ends) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                // Answers are small: waiting to fill a packet only delays them.
                let _ = stream.set_nodelay(true);
                let router = router.clone();
                match tls.clone() {
                    None => match end {
                        Ends::WhenIdle => connections.spawn(connection(stream, router, end)),
                        Ends::AfterAnswer => connections.spawn(connection(OneAnswer::of(stream), router, end)),
                    },
                    Some(tls) => connections.spawn(async move {
                        let Some(stream) = old_tls::takes(&tls.faults, stream).await else {
                            return;
                        };
                        let handshake = tokio::time::timeout(Duration::from_secs(10), tls.acceptor.accept(stream));
                        if let Ok(Ok(stream)) = handshake.await {
                            let shown = stream.get_ref().1.peer_certificates();
                            let thumbprint = shown
                                .and_then(|chain| chain.first())
                                .map(|certificate| jose::sha256(certificate));
                            let router = match thumbprint {
                                Some(thumbprint) => router.layer(Extension(Peer(thumbprint))),
                                None => router,
                            };
                            connection(stream, router, Ends::WhenIdle).await;
                        }
                    }),
                };
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    end: Ends,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    // What is being answered is not dropped because nothing more will be asked.
    builder.http1().half_close(end == Ends::AfterAnswer);
    // A connection that breaks is the caller's affair.
    let _ = builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
}

async fn serve(State(house): State<Arc<SupplierState>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let matched = parts.extensions.get::<MatchedPath>().cloned();
    let target = matched
        .and_then(|path| house.targets.get(path.as_str()).cloned())
        .unwrap_or(Target::Nowhere);
    let path_values = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .map(|values| {
            values
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect()
        })
        // A path that is not UTF-8 has values that no schema takes.
        .unwrap_or_default();
    let body = receive(body).await;
    let correlation = parts
        .headers
        .get("x-correlation-id")
        .and_then(|value| value.to_str().ok())
        .filter(|value| is_correlation_id(value))
        .map_or_else(making::new_id, str::to_owned);
    let incoming = Incoming {
        in_old_http: parts.version < axum::http::Version::HTTP_2,
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: parts.headers,
        body,
        path_values,
        operation: None,
        grant: None,
        json: None,
        query_values: Map::new(),
        correlation,
        arrived: std::time::Instant::now(),
        certificate: parts.extensions.get::<Peer>().map(|peer| peer.0.clone()),
    };
    let reads_slowly = house.is(Misbehaviour::TornReads) && incoming.method.is_safe();
    if reads_slowly || Races::is_slow(&house) && !incoming.method.is_safe() {
        tokio::time::sleep(GAP).await;
    }
    if house.is(Misbehaviour::SlowSummaries) && incoming.path.ends_with("/incident-summaries") {
        tokio::time::sleep(SLOW).await;
    }
    if let Some(wait) = house.until_export(&incoming.path) {
        // A result that is about to be there is waited for.
        tokio::time::sleep(wait).await;
    }
    if house.is(Misbehaviour::FollowsAddresses) {
        follow(&incoming).await;
    }
    if let Some(delay) = house.latency.next() {
        tokio::time::sleep(delay).await;
    }
    let waited_for = WaitedFor::of(&house, &incoming);
    let outgoing = pipeline::answer(&house, &target, incoming);
    if let Some(waited_for) = waited_for {
        tokio::time::sleep(ABOUT_KEYS).await;
        waited_for.it_was();
    }
    if let Some(delay) = outgoing.delay {
        tokio::time::sleep(delay).await;
    }
    write(outgoing)
}

/// A creation with a key that is forgotten unless the caller waits for the answer: then nobody polls the request to its end.
struct WaitedFor {
    house: Arc<SupplierState>,
    key: Option<String>,
}

impl WaitedFor {
    fn of(house: &Arc<SupplierState>, incoming: &Incoming) -> Option<Self> {
        let key = incoming.header("idempotency-key")?.to_owned();
        house.is(Misbehaviour::ForgetsAbandoned).then(|| Self {
            house: house.clone(),
            key: Some(key),
        })
    }

    fn it_was(mut self) {
        self.key = None;
    }
}

impl Drop for WaitedFor {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.house.store().forget(key);
        }
    }
}

/// What the contract takes for a correlation id.
fn is_correlation_id(value: &str) -> bool {
    (1..=64).contains(&value.len())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

async fn receive(mut body: HttpBody) -> Received {
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Received::Broken;
        };
        let Some(data) = frame.data_ref() else {
            continue;
        };
        length += data.len();
        if length <= LARGEST_BODY {
            bytes.extend_from_slice(data);
        } else if length > LARGEST_DRAINED {
            break;
        }
    }
    if length > LARGEST_BODY {
        Received::TooLarge
    } else {
        Received::Whole(bytes.into())
    }
}

fn write(outgoing: Outgoing) -> Response {
    let mut response = Response::new(HttpBody::from(outgoing.bytes()));
    *response.status_mut() = outgoing.status;
    *response.headers_mut() = outgoing.headers;
    response
}

/// What the plain-HTTP port of a TLS supplier answers: 403 without data, whatever is asked.
pub(crate) fn plain_router(house: &Arc<SupplierState>, tls_port: u16) -> Router {
    if house.is(Misbehaviour::PlainHttpServes) {
        return router(house);
    }
    let redirects = house.is(Misbehaviour::PlainHttpRedirects);
    let refuse = move |request: Request| async move {
        let mut answer = Outgoing::empty(axum::http::StatusCode::FORBIDDEN);
        if redirects {
            answer.status = axum::http::StatusCode::PERMANENT_REDIRECT;
            answer.set(
                "location",
                &format!("https://127.0.0.1:{tls_port}{}", request.uri()),
            );
        }
        answer.set("connection", "close");
        write(answer)
    };
    Router::new().fallback(refuse)
}
