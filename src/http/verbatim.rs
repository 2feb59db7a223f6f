//! A request on a connection of its own, its first line byte for byte as asked (owner of [`Direct`]).
//!
//! URL libraries tidy paths: `/a/../b` becomes `/b`. What a target does with the untidy path is what is
//! to be seen, so the HTTP library is given a plain first line, and the right one takes its place on the
//! way to the socket.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use ::http::{HeaderMap, HeaderValue, header};
use bytes::{Buf, Bytes};
use http_body_util::Full;
use hyper::{body::Incoming, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
    task::JoinHandle,
};
use tokio_rustls::TlsConnector;

use super::{
    Clock, Lost,
    address::Place,
    breakage::{Stage, hung_up, sort},
    tls::Roots,
};
use muster_core::{
    exchange::{Breakage, BreakageKind, ConnectionUse, Request},
    model::Method,
};

/// How long a handshake that only looks for a reason waits for a refusal.
const LATE_REFUSAL: Duration = Duration::from_secs(1);

/// Marks a failed name lookup in a chain of causes.
#[derive(Debug, thiserror::Error)]
#[error("the name does not resolve")]
pub(super) struct NameUnknown;

/// The machine's own name lookup, its failure marked.
#[derive(Debug)]
pub(super) struct Resolver;

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => {
                    Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as reqwest::dns::Addrs)
                }
                Err(_) => Err(Box::new(NameUnknown).into()),
            }
        })
    }
}

/// Opens connections of its own.
#[derive(Debug)]
pub(super) struct Direct {
    tls: Arc<ClientConfig>,
    /// As it is for requests of the pool, which speak HTTP/2 too: for a handshake that only looks for a reason.
    any_version: Arc<ClientConfig>,
    roots: Roots,
    connect_timeout: Duration,
}

/// A running connection; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Direct {
    pub(super) fn new(mut tls: ClientConfig, roots: Roots, connect_timeout: Duration) -> Self {
        let mut any_version = tls.clone();
        any_version.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self {
            any_version: Arc::new(any_version),
            tls: Arc::new(tls),
            roots,
            connect_timeout,
        }
    }

    /// Sends one request and waits for the head of its answer: as long as the clock allows, or until the caller hangs up.
    pub(super) async fn send(
        &self,
        request: &Request,
        place: &Place,
        headers: HeaderMap,
        body: Option<Bytes>,
        clock: &mut Clock,
    ) -> Result<(::http::Response<Incoming>, Connection), Lost> {
        let method = &request.method;
        let first_line = format!("{} {} HTTP/1.1\r\n", method.as_str(), place.target());
        if method
            .as_str()
            .bytes()
            .any(|byte| byte < 0x20 || byte == 0x7f)
        {
            return Err(super::not_sent(
                "The method has a control character, which HTTP cannot carry.".to_owned(),
            )
            .into());
        }
        let stream = self.connect(place, &self.tls).await?;
        clock.connected();
        let written = Arc::new(Notify::new());
        let io = TokioIo::new(FirstLine {
            inner: stream,
            skip: true,
            pending: first_line.into(),
            written: Arc::clone(&written),
        });
        let fail = |error: hyper::Error| Lost::from(sort(&error, place, Stage::Head));
        let (mut sender, connection) = open(io).await.map_err(fail)?;
        let headers = with_defaults(headers, place);
        // Whether an answer has a body hangs on the method: these two the HTTP library has to know.
        let plain = match (method, &body) {
            (Method::Head, _) => ::http::Method::HEAD,
            (Method::Get | Method::Options | Method::Trace, None) => ::http::Method::GET,
            _ => ::http::Method::POST,
        };
        let mut outgoing = ::http::Request::new(Full::new(body.unwrap_or_default()));
        *outgoing.method_mut() = plain;
        *outgoing.headers_mut() = headers;
        let answering = sender.send_request(outgoing);
        let response = match request.over {
            ConnectionUse::HangUpAfter(time) => {
                let patience = async {
                    written.notified().await;
                    if !time.is_zero() {
                        tokio::time::sleep(time).await;
                    }
                };
                tokio::select! {
                    biased;
                    // An answer that has come by then is lost as well, however fast the target is.
                    () = patience => return Err(hung_up(time).into()),
                    response = answering => response,
                }
            }
            ConnectionUse::Any | ConnectionUse::Own | ConnectionUse::Kept(_) => answering.await,
        };
        Ok((response.map_err(fail)?, connection))
    }

    /// Opens a connection in HTTP/1.1 for one request after the other.
    pub(super) async fn begin(
        &self,
        place: &Place,
    ) -> Result<(SendRequest<Full<Bytes>>, Connection), Breakage> {
        let stream = self.connect(place, &self.tls).await?;
        open(TokioIo::new(stream))
            .await
            .map_err(|error| sort(&error, place, Stage::Head))
    }

    /// Tries TLS alone, to learn why a connection was lost; none where TLS is not the reason.
    pub(super) async fn handshake(&self, place: &Place) -> Option<Breakage> {
        let mut stream = match self.connect(place, &self.any_version).await {
            Ok(stream) => stream,
            Err(breakage) => return (breakage.kind == BreakageKind::Tls).then_some(breakage),
        };
        // TLS 1.3 refuses a client certificate only after the client thinks that all is well.
        let read = tokio::time::timeout(LATE_REFUSAL, stream.read_u8()).await;
        let breakage = sort(&read.ok()?.err()?, place, Stage::Head);
        (breakage.kind == BreakageKind::Tls).then_some(breakage)
    }

    async fn connect(
        &self,
        place: &Place,
        tls: &Arc<ClientConfig>,
    ) -> Result<Box<dyn Stream>, Breakage> {
        let opening = tokio::time::timeout(self.connect_timeout, self.open(place, tls));
        let Ok(opened) = opening.await else {
            return Err(Breakage {
                kind: BreakageKind::ConnectionRefused,
                detail: format!(
                    "No connection to {} could be opened within the time limit.",
                    place.authority()
                ),
            });
        };
        opened.map_err(|error| sort(&error, place, Stage::Head))
    }

    /// Says so where TLS could not work on this machine at all.
    pub(super) fn note(&self, breakage: &mut Breakage) {
        if breakage.kind == BreakageKind::Tls && self.roots == Roots::Missing {
            breakage.detail.push_str(
                " This machine has no store of certificate authorities: give them as tls.ca in the target file.",
            );
        }
    }

    async fn open(&self, place: &Place, tls: &Arc<ClientConfig>) -> io::Result<Box<dyn Stream>> {
        let host = place.host();
        let addresses: Vec<_> = tokio::net::lookup_host((host.as_str(), place.port()))
            .await
            .map_err(|_| io::Error::other(NameUnknown))?
            .collect();
        let stream = TcpStream::connect(addresses.as_slice()).await?;
        stream.set_nodelay(true)?;
        if !place.is_https() {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(host).map_err(io::Error::other)?;
        let stream = TlsConnector::from(Arc::clone(tls))
            .connect(name, stream)
            .await?;
        Ok(Box::new(stream))
    }
}

async fn open<T>(io: T) -> Result<(SendRequest<Full<Bytes>>, Connection), hyper::Error>
where
    T: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::handshake(io).await?;
    let connection = Connection(tokio::spawn(async move {
        // Its error reaches the request, too.
        let _ = connection.await;
    }));
    Ok((sender, connection))
}

/// What every request carries.
pub(super) fn with_defaults(mut headers: HeaderMap, place: &Place) -> HeaderMap {
    if !headers.contains_key(header::HOST)
        && let Ok(host) = HeaderValue::from_str(place.host_header())
    {
        headers.insert(header::HOST, host);
    }
    if !headers.contains_key(header::ACCEPT) {
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    }
    headers
}

/// A stream whose first line is replaced on the way out.
struct FirstLine<S> {
    inner: S,
    /// Whether the line that the HTTP library writes is still to be dropped.
    skip: bool,
    /// What takes its place and is not yet written.
    pending: Bytes,
    /// Told when the request is on its way.
    written: Arc<Notify>,
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstLine<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.skip {
            // The head is written from one buffer, so that the line is whole in the first write.
            let Some(end) = buffer.windows(2).position(|pair| pair == b"\r\n") else {
                return Poll::Ready(Err(io::ErrorKind::InvalidInput.into()));
            };
            this.skip = false;
            return Poll::Ready(Ok(end + 2));
        }
        ready!(Pin::new(&mut *this).write_pending(context))?;
        Pin::new(&mut this.inner).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.skip {
            return Pin::new(&mut self.inner).poll_flush(context);
        }
        ready!(self.as_mut().write_pending(context))?;
        ready!(Pin::new(&mut self.inner).poll_flush(context))?;
        self.written.notify_one();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: AsyncWrite + Unpin> FirstLine<S> {
    fn write_pending(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let this = &mut *self;
            let written = ready!(Pin::new(&mut this.inner).poll_write(context, &this.pending))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.pending.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstLine<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}
