//! Servers that do exactly what a test says, on loopback.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;

use crate::http::{Credentials, Options, Sent, Transport};
use muster_core::{
    exchange::{Address, Breakage, Outcome, Request, Response},
    model::Method,
};

/// A server on a free port; it ends with the test.
pub(crate) struct Server {
    pub(crate) url: Url,
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Hands each connection to `serve`, once the head of its first request is read.
    pub(crate) async fn raw<F, R>(serve: F) -> Self
    where
        F: Fn(TcpStream, String) -> R + Clone + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (serve, log) = (serve.clone(), Arc::clone(&log));
                tokio::spawn(async move {
                    let head = read_head(&mut stream).await;
                    log.lock().unwrap().push(head.clone());
                    serve(stream, head).await;
                });
            }
        });
        Self {
            url: url.parse().unwrap(),
            seen,
            task,
        }
    }

    /// Answers each connection with these bytes and closes it.
    pub(crate) async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Arc::new(bytes.into());
        Self::raw(move |mut stream, _| {
            let bytes = Arc::clone(&bytes);
            async move {
                // The client may stop listening, which is then the point of the test.
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                drain(&mut stream).await;
            }
        })
        .await
    }

    /// The heads of the requests that came, as text.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// A way to it with short time limits.
    pub(crate) fn transport(&self) -> Transport {
        Transport::new(Options::new(self.url.clone())).unwrap()
    }

    /// A way to it that gives up after a quarter of a second.
    pub(crate) fn impatient(&self) -> Transport {
        let mut options = Options::new(self.url.clone());
        options.timeout = Duration::from_millis(250);
        Transport::new(options).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads up to the blank line.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Reads until the other side closes, so that closing does not reset what is still on its way.
pub(crate) async fn drain(stream: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer).await, Ok(read) if read > 0) {}
}

/// A GET below the base URL.
pub(crate) fn get(path: &str) -> Request {
    Request::new(Method::Get, Address::Base(path.to_owned()), "reads")
}

/// Sends it without credentials.
pub(crate) async fn send(transport: &Transport, request: &Request) -> Sent {
    transport.send(request, &Credentials::default()).await
}

/// The answer to it.
pub(crate) async fn answer(transport: &Transport, request: &Request) -> Response {
    match send(transport, request).await.outcome {
        Outcome::Answered(response) => response,
        Outcome::Broken(breakage) => panic!("no answer: {breakage:?}"),
    }
}

/// Why there is no answer to it.
pub(crate) async fn broken(transport: &Transport, request: &Request) -> Breakage {
    match send(transport, request).await.outcome {
        Outcome::Answered(response) => panic!("an answer: {response:?}"),
        Outcome::Broken(breakage) => breakage,
    }
}
