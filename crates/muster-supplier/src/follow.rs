//! Fetches a key from the address that a token gives, as no API should: [`follow`].

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use super::message::Incoming;
use muster_jose as jose;

const PATIENCE: Duration = Duration::from_secs(2);

/// Follows `jku` or `x5u`, on this machine alone, and makes nothing of what it gets.
pub(crate) async fn follow(incoming: &Incoming) {
    let address = incoming
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .and_then(|(_, token)| jose::peek(token))
        .and_then(|(header, _)| {
            let address = header.get("jku").or_else(|| header.get("x5u"))?;
            Url::parse(address.as_str()?).ok()
        })
        .filter(|url| url.scheme() == "http" && url.host_str() == Some("127.0.0.1"));
    if let Some(address) = address {
        // Whether anything comes of it is of no interest.
        let _ = tokio::time::timeout(PATIENCE, fetch(&address)).await;
    }
}

async fn fetch(address: &Url) -> std::io::Result<()> {
    let port = address.port_or_known_default().unwrap_or(80);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n",
        address.path()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(65_536).read_to_end(&mut answer).await?;
    Ok(())
}
