//! A key of our own at an address of our own (owner of [`KeyCallbackServer`]): whoever fetches it, because a token
//! pointed there, believes what tokens say of their keys.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
};

use super::proof::fresh_id;
use muster_jose::{Algorithm, SigningKey};

/// How long after an answer a request may still arrive: some fetch keys in the background.
const GRACE: Duration = Duration::from_millis(250);
/// How long a caller may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest head that is read, in bytes.
const LONGEST_HEAD: usize = 16_384;

/// Where keys of our own are served.
#[derive(Debug, Clone)]
pub struct Callback {
    /// The address to listen on; loopback, and any free port, where nobody says otherwise.
    pub listen: SocketAddr,
    /// How the target reaches it, without a slash at its end; none where it is reached as it listens.
    pub url: Option<String>,
}

impl Default for Callback {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            url: None,
        }
    }
}

/// The listener and its key. It stops listening when it is dropped.
#[derive(Debug)]
pub(super) struct KeyCallbackServer {
    key: SigningKey,
    base: String,
    heard: Arc<Heard>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Heard {
    /// By the secret part of the path: who asked for what.
    requests: Mutex<HashMap<String, String>>,
    arrived: Notify,
}

impl Drop for KeyCallbackServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl KeyCallbackServer {
    /// Listens.
    ///
    /// # Errors
    /// Why it cannot, in one sentence.
    pub(super) async fn set(callback: &Callback) -> Result<Self, String> {
        let (certificate, pem) = pair().ok_or("no key could be made.")?;
        let key = SigningKey::read(&pem, Some(Algorithm::Es256))?;
        let listener = TcpListener::bind(callback.listen)
            .await
            .map_err(|error| format!("nothing can listen on {}: {error}.", callback.listen))?;
        let port = listener
            .local_addr()
            .map_err(|error| error.to_string())?
            .port();
        let base = callback
            .url
            .clone()
            .unwrap_or_else(|| format!("http://{}", SocketAddr::new(callback.listen.ip(), port)));
        let heard = Arc::<Heard>::default();
        let keys = json!({ "keys": [key.published("muster")] }).to_string();
        let served = (keys, certificate);
        let task = tokio::spawn(serve(listener, Arc::clone(&heard), served));
        Ok(Self {
            key,
            base,
            heard,
            task,
        })
    }

    pub(super) fn key(&self) -> &SigningKey {
        &self.key
    }

    /// An address that was never given before, for this member of a header.
    pub(super) fn address(&self, member: &str) -> (String, KeyCallback) {
        let id = fresh_id();
        let file = if member == "x5u" {
            "chain.pem"
        } else {
            "jwks.json"
        };
        let address = format!("{}/{id}/{file}", self.base);
        let bait = KeyCallback {
            id,
            heard: Arc::clone(&self.heard),
        };
        (address, bait)
    }
}

/// An address that somebody may follow.
#[derive(Debug, Clone)]
pub struct KeyCallback {
    id: String,
    heard: Arc<Heard>,
}

impl KeyCallback {
    /// Who asked for what at the address; waits a moment for those who ask late.
    pub async fn taken(&self) -> Option<String> {
        let until = tokio::time::Instant::now() + GRACE;
        loop {
            let arrived = self.heard.arrived.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            let known = self
                .heard
                .requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(&self.id)
                .cloned();
            if known.is_some() || tokio::time::timeout_at(until, arrived).await.is_err() {
                return known;
            }
        }
    }
}

async fn serve(listener: TcpListener, heard: Arc<Heard>, served: (String, String)) {
    let served = Arc::new(served);
    loop {
        let Ok((stream, from)) = listener.accept().await else {
            continue;
        };
        let heard = Arc::clone(&heard);
        let served = Arc::clone(&served);
        tokio::spawn(async move {
            // A caller that breaks off is nobody's fault here.
            let _ = tokio::time::timeout(PATIENCE, answer(stream, from, &heard, &served)).await;
        });
    }
}

async fn answer(
    mut stream: TcpStream,
    from: SocketAddr,
    heard: &Heard,
    (keys, certificate): &(String, String),
) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        head.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
    let text = String::from_utf8_lossy(&head);
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    let method = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default();
    let mut parts = path.trim_start_matches('/').split('/');
    let (id, file) = (parts.next().unwrap_or_default(), parts.next());
    // Only what a token pointed at counts: other programs may knock at any port.
    let (status, media, body) = match file {
        Some("jwks.json") => ("200 OK", "application/json", keys.as_str()),
        Some("chain.pem") => (
            "200 OK",
            "application/pem-certificate-chain",
            certificate.as_str(),
        ),
        _ => ("404 Not Found", "text/plain", ""),
    };
    if status.starts_with("200") {
        heard
            .requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(
                id.to_owned(),
                format!(
                    "{method} /…/{} from {}",
                    file.unwrap_or_default(),
                    from.ip()
                ),
            );
        heard.arrived.notify_waiters();
    }
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// A certificate that signs itself, and its key, in PEM.
fn pair() -> Option<(String, String)> {
    let made = rcgen::generate_simple_self_signed(vec!["muster.invalid".to_owned()]).ok()?;
    Some((made.cert.pem(), made.signing_key.serialize_pem()))
}
