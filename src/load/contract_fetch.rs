//! Getting the bytes of one document, within limits.

use std::{io::Read, path::PathBuf, time::Duration};

use futures::StreamExt;
use tokio::io::AsyncReadExt;
use url::Url;

use super::contract::{LoadError, RemotePolicy};

/// Bytes that all documents of a contract may have together.
pub(super) const MOST_BYTES: u64 = 64 << 20;
/// How long one document may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Redirects that are followed for one document.
const MOST_REDIRECTS: usize = 5;

/// A client that follows redirects to allowed hosts only.
pub(super) fn client(
    policy: &RemotePolicy,
    own: Option<&Url>,
) -> Result<reqwest::Client, LoadError> {
    let (policy, own) = (policy.clone(), own.cloned());
    reqwest::Client::builder()
        .user_agent(concat!("muster/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(LONGEST)
        .timeout(LONGEST)
        .redirect(reqwest::redirect::Policy::custom(move |attempt| {
            if attempt.previous().len() > MOST_REDIRECTS {
                attempt.error("too many redirects")
            } else if policy.allows(attempt.url(), own.as_ref()).is_ok() {
                attempt.follow()
            } else {
                attempt.error("a redirect leads to another host")
            }
        }))
        .build()
        .map_err(|error| LoadError::Client {
            message: chain(&error),
        })
}

/// Reads a file; only a regular one, and no more than `most` bytes.
pub(super) async fn file(path: &PathBuf, most: u64) -> Result<Vec<u8>, LoadError> {
    let shown = path.display().to_string();
    let unreadable = |error: std::io::Error| LoadError::File {
        path: shown.clone(),
        message: match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "it may not be read".to_owned(),
            _ => error.to_string(),
        },
    };
    let about = tokio::fs::metadata(path).await.map_err(unreadable)?;
    if !about.is_file() {
        return Err(LoadError::File {
            path: shown,
            message: "it is not a regular file".to_owned(),
        });
    }
    let mut bytes = Vec::new();
    tokio::fs::File::open(path)
        .await
        .map_err(unreadable)?
        .take(most + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(unreadable)?;
    within(bytes, most, &shown)
}

/// Reads standard input.
pub(super) async fn stdin(most: u64) -> Result<Vec<u8>, LoadError> {
    let failed = |message: String| LoadError::File {
        path: "standard input".to_owned(),
        message,
    };
    let bytes = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        std::io::stdin()
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map(|_| bytes)
    })
    .await
    .map_err(|error| failed(error.to_string()))?
    .map_err(|error| failed(error.to_string()))?;
    within(bytes, most, "standard input")
}

fn within(bytes: Vec<u8>, most: u64, shown: &str) -> Result<Vec<u8>, LoadError> {
    if bytes.len() as u64 > most {
        return Err(LoadError::TooLarge {
            location: shown.to_owned(),
        });
    }
    Ok(bytes)
}

/// Fetches a URL: where it was found in the end, and what stands there.
pub(super) async fn url(
    client: &reqwest::Client,
    url: &Url,
    most: u64,
) -> Result<(Url, Vec<u8>), LoadError> {
    let failed = |error: reqwest::Error| LoadError::Fetch {
        url: url.to_string(),
        message: if error.is_timeout() {
            format!("no full response within {} seconds", LONGEST.as_secs())
        } else {
            chain(&error.without_url())
        },
    };
    let work = async {
        let answer = client
            .get(url.clone())
            .header(
                "accept",
                "application/yaml, application/json, application/vnd.oai.openapi, */*;q=0.5",
            )
            .send()
            .await
            .map_err(failed)?;
        let status = answer.status();
        if !status.is_success() {
            return Err(LoadError::Status {
                url: url.to_string(),
                status: status.as_u16(),
            });
        }
        let end = answer.url().clone();
        let mut bytes = Vec::new();
        let mut body = answer.bytes_stream();
        while let Some(chunk) = body.next().await {
            bytes.extend_from_slice(&chunk.map_err(failed)?);
            if bytes.len() as u64 > most {
                return Err(LoadError::TooLarge {
                    location: url.to_string(),
                });
            }
        }
        Ok((end, bytes))
    };
    tokio::time::timeout(LONGEST, work)
        .await
        .unwrap_or_else(|_| {
            Err(LoadError::Fetch {
                url: url.to_string(),
                message: format!("no full response within {} seconds", LONGEST.as_secs()),
            })
        })
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
