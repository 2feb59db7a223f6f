//! Carries behaviours out on loopback, one listener and one thread a behaviour (owner of [`Act`]).

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, LazyLock},
    thread,
    time::Duration,
};

use muster::http::{Options, Trust};
use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned, pki_types::PrivateKeyDer};

/// The most that a behaviour sends without an end.
const ENOUGH: usize = 16 << 20;
/// How slowly a behaviour sends that sends slowly.
const SLOWLY: Duration = Duration::from_millis(100);

/// What is sent once the head of a request was read, and how it ends.
#[derive(Debug, Clone)]
pub struct Act {
    pub first: Vec<u8>,
    pub then: Then,
}

/// How a behaviour goes on.
#[derive(Debug, Clone)]
pub enum Then {
    /// It closes the connection.
    Close,
    /// It closes the connection with a reset.
    Reset,
    /// It sends nothing more, and keeps the connection until the client closes it.
    Wait,
    /// It sends this again and again.
    Repeat(Vec<u8>),
    /// It sends these bytes one by one, slowly, again and again.
    Trickle(Vec<u8>),
}

/// Serves a behaviour over HTTP/1.1, without TLS.
pub fn plain(act: Act) -> Options {
    let address = listen(move |stream| {
        let mut reader = stream;
        if read_head(&mut reader).is_some() {
            perform(&mut reader, stream, &act);
        }
    });
    Options::new(format!("http://{address}").parse().unwrap())
}

/// Serves a behaviour over HTTP/2, with TLS: after the settings and the first request of the client.
pub fn http2(act: Act) -> Options {
    let address = listen(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&TLS.1)).unwrap();
        let Ok(socket) = stream.try_clone() else {
            return;
        };
        let mut secured = StreamOwned::new(connection, socket);
        if read_request(&mut secured).is_some() {
            perform(&mut secured, stream, &act);
        }
    });
    let port = address.port();
    let mut options = Options::new(format!("https://localhost:{port}").parse().unwrap());
    options.trust = Trust::Only(TLS.0.clone());
    options
}

/// A certificate for localhost, as PEM, and a server that shows it and speaks HTTP/2 alone.
static TLS: LazyLock<(Vec<u8>, Arc<ServerConfig>)> = LazyLock::new(|| {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    (certificate.pem().into_bytes(), Arc::new(config))
});

fn listen(serve: impl Fn(&TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(&stream));
        }
    });
    address
}

fn perform(stream: &mut (impl Read + Write), socket: &TcpStream, act: &Act) {
    // The client may close at any time, which is then what it should do.
    let _ = stream.write_all(&act.first).and_then(|()| stream.flush());
    match &act.then {
        Then::Close => {
            let _ = socket.shutdown(Shutdown::Write);
            drain(socket);
        }
        Then::Reset => {
            // What was sent and not read makes the system reset the connection as it is closed.
            let _ = socket.shutdown(Shutdown::Both);
        }
        Then::Wait => drain(socket),
        Then::Repeat(bytes) => {
            let block = bytes.repeat((64 << 10) / bytes.len() + 1);
            let mut sent = 0;
            while sent < ENOUGH && stream.write_all(&block).is_ok() {
                sent += block.len();
            }
            drain(socket);
        }
        Then::Trickle(bytes) => {
            for byte in bytes.iter().cycle() {
                if stream
                    .write_all(&[*byte])
                    .and_then(|()| stream.flush())
                    .is_err()
                {
                    break;
                }
                thread::sleep(SLOWLY);
            }
        }
    }
}

/// Reads until the client closes.
fn drain(mut socket: &TcpStream) {
    let mut buffer = [0; 4096];
    while matches!(socket.read(&mut buffer), Ok(read) if read > 0) {}
}

/// Reads up to the blank line.
fn read_head(stream: &mut impl Read) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    Some(())
}

/// Reads the preface and the frames up to the first HEADERS.
fn read_request(stream: &mut impl Read) -> Option<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).ok()?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).ok()?;
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).ok()?;
        if head[3] == super::http2::HEADERS {
            return Some(());
        }
    }
}
