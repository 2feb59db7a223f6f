//! Errors of the HTTP library as sentences that a supplier understands.

use std::{error::Error, io, time::Duration};

use ::http::{HeaderMap, StatusCode, header};

use super::{address::Place, tls, verbatim::NameUnknown};
use muster_core::exchange::{Breakage, BreakageKind};

/// How far an exchange had come.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// No head of an answer yet.
    Head,
    /// Within the body.
    Body {
        /// How many bytes of it came.
        received: usize,
        /// How many the head declares.
        declared: Option<u64>,
    },
}

/// Held back before anything was sent.
pub(super) fn not_sent(detail: String) -> Breakage {
    Breakage {
        kind: BreakageKind::NotSent,
        detail,
    }
}

/// Sorts an error by what is found in its chain of causes.
pub(super) fn sort(error: &(dyn Error + 'static), place: &Place, stage: Stage) -> Breakage {
    let (kind, detail) = find(error, place, stage).unwrap_or_else(|| {
        (
            BreakageKind::ConnectionLost,
            format!("{} ({}).", lost(stage), innermost(error)),
        )
    });
    Breakage { kind, detail }
}

/// Whether the head of an answer counts although its connection was reset: a refusal that closes the connection, whose
/// body is all that comes until then, and of which nothing came. A server that refuses a request while it is still on its
/// way closes with what it has not read, and the reset that this causes may take the body along (RFC 9112 §9.6).
pub(super) fn is_refusal_alone(
    status: StatusCode,
    headers: &HeaderMap,
    received: usize,
    lost: &Breakage,
) -> bool {
    let closes = headers
        .get(header::CONNECTION)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.eq_ignore_ascii_case("close"));
    lost.kind == BreakageKind::ConnectionLost
        && status.is_client_error()
        && closes
        && received == 0
        && !headers.contains_key(header::CONTENT_LENGTH)
        && !headers.contains_key(header::TRANSFER_ENCODING)
}

fn find(
    error: &(dyn Error + 'static),
    place: &Place,
    stage: Stage,
) -> Option<(BreakageKind, String)> {
    if let Some(error) = error.downcast_ref::<reqwest::Error>()
        && error.is_timeout()
        && error.is_connect()
    {
        return Some((
            BreakageKind::ConnectionRefused,
            format!(
                "No connection to {} could be opened within the time limit.",
                place.authority()
            ),
        ));
    }
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(error) = current.downcast_ref::<rustls::Error>() {
            return Some((BreakageKind::Tls, tls::reason(error, place)));
        }
        if current.is::<NameUnknown>() {
            return Some((
                BreakageKind::NameNotFound,
                format!("The name {} does not resolve.", place.host()),
            ));
        }
        if let Some(error) = current.downcast_ref::<hyper::Error>()
            && let Some(found) = by_http(error, stage)
        {
            return Some(found);
        }
        if let Some(error) = current.downcast_ref::<h2::Error>() {
            match error.get_io() {
                Some(error) => return by_socket(error, place, stage),
                None => return by_http2(error, stage),
            }
        }
        if let Some(error) = current.downcast_ref::<io::Error>() {
            if let Some(found) = by_socket(error, place, stage) {
                return Some(found);
            }
            // `source` of an I/O error skips the error it wraps.
            if let Some(wrapped) = error.get_ref() {
                next = Some(wrapped);
                continue;
            }
        }
        next = current.source();
    }
    None
}

fn by_http(error: &hyper::Error, stage: Stage) -> Option<(BreakageKind, String)> {
    if error.is_parse_too_large() {
        return Some((
            BreakageKind::TooLarge,
            "The head of the response is too large: it has more than 100 headers, or too many bytes."
                .to_owned(),
        ));
    }
    if error.is_parse() {
        let what = match stage {
            Stage::Head => "What was received is not an HTTP response",
            Stage::Body { .. } => "The body of the response breaks the rules of HTTP",
        };
        return Some((BreakageKind::NotHttp, format!("{what}: {error}.")));
    }
    if error.is_incomplete_message() {
        return Some((BreakageKind::ConnectionLost, format!("{}.", lost(stage))));
    }
    None
}

fn by_http2(error: &h2::Error, stage: Stage) -> Option<(BreakageKind, String)> {
    use h2::Reason;
    let reason = error.reason()?;
    let before = match stage {
        Stage::Head => "before a response came".to_owned(),
        Stage::Body { received, .. } => {
            format!("in the middle of the body, after {received} bytes")
        }
    };
    let code = code(reason);
    if !error.is_remote() && reason == Reason::ENHANCE_YOUR_CALM {
        return Some((
            BreakageKind::TooLarge,
            "The response is beyond every sensible limit, so Muster ended it: too many headers, or too many frames that hold nothing."
                .to_owned(),
        ));
    }
    if !error.is_remote() {
        // What the target sent breaks a rule, which the HTTP library answers with a reset.
        return Some((
            BreakageKind::NotHttp,
            format!("What came breaks the rules of HTTP/2 ({code})."),
        ));
    }
    Some(if reason == Reason::ENHANCE_YOUR_CALM {
        (
            BreakageKind::HeldOff,
            format!(
                "The target holds the client off {before} (HTTP/2 {code}): lower `budget.per_second` in the target file."
            ),
        )
    } else if error.is_go_away() {
        (
            BreakageKind::GoneAway,
            format!("The target ended the HTTP/2 connection {before} (GOAWAY, {code})."),
        )
    } else if reason == Reason::REFUSED_STREAM {
        (
            BreakageKind::StreamRefused,
            format!(
                "The target refused the stream (HTTP/2 RST_STREAM, {code}), also when the request was sent again."
            ),
        )
    } else {
        (
            BreakageKind::StreamReset,
            format!("The target reset the stream {before} (HTTP/2 RST_STREAM, {code})."),
        )
    })
}

/// The name of an error code (RFC 9113 §7).
fn code(reason: h2::Reason) -> String {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    let number = u32::from(reason);
    usize::try_from(number)
        .ok()
        .and_then(|number| NAMES.get(number))
        .map_or_else(|| format!("code {number}"), |name| (*name).to_owned())
}

/// Whether the target did nothing with the request, so that even one that is not safe may be sent again (RFC 9113 §8.7).
pub(super) fn was_not_processed(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(current) = next {
        if let Some(error) = current.downcast_ref::<h2::Error>() {
            let is = |reason| error.is_remote() && error.reason() == Some(reason);
            return error.is_reset() && is(h2::Reason::REFUSED_STREAM)
                || error.is_go_away() && is(h2::Reason::NO_ERROR);
        }
        next = current.source();
    }
    false
}

/// The caller's own patience was over.
pub(super) fn hung_up(after: Duration) -> Breakage {
    Breakage {
        kind: BreakageKind::HungUp,
        detail: format!(
            "Muster closed the connection on purpose after {} ms, before a response came.",
            after.as_millis()
        ),
    }
}

/// A kept connection that closed as a request went out on it, which may or may not have arrived.
pub(super) fn raced() -> Breakage {
    Breakage {
        kind: BreakageKind::ConnectionRaced,
        detail: "A kept connection closed as it was used again. The request must not be repeated, so it was not; those after it get fresh connections."
            .to_owned(),
    }
}

fn by_socket(error: &io::Error, place: &Place, stage: Stage) -> Option<(BreakageKind, String)> {
    use io::ErrorKind as Kind;
    Some(match error.kind() {
        Kind::ConnectionRefused => (
            BreakageKind::ConnectionRefused,
            format!("Nothing listens on {}.", place.authority()),
        ),
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => (
            BreakageKind::ConnectionRefused,
            format!("{} cannot be reached: {error}.", place.authority()),
        ),
        // Within the body the HTTP library reports broken chunks as invalid input or data.
        Kind::InvalidInput | Kind::InvalidData
            if matches!(stage, Stage::Body { .. })
                && error
                    .get_ref()
                    .is_none_or(|inner| !inner.is::<rustls::Error>()) =>
        {
            (
                BreakageKind::NotHttp,
                format!("The body of the response breaks the rules of HTTP: {error}."),
            )
        }
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::UnexpectedEof
        | Kind::NotConnected
            if error
                .get_ref()
                .is_none_or(|inner| !inner.is::<rustls::Error>()) =>
        {
            (BreakageKind::ConnectionLost, format!("{}.", lost(stage)))
        }
        _ => return None,
    })
}

fn lost(stage: Stage) -> String {
    match stage {
        Stage::Head => "The connection closed before a response came".to_owned(),
        Stage::Body {
            received,
            declared: Some(declared),
        } => format!(
            "The connection closed in the middle of the body: {received} of the {declared} bytes that Content-Length declares came"
        ),
        Stage::Body {
            received,
            declared: None,
        } => format!(
            "The connection closed in the middle of the body, after {received} bytes and before its end"
        ),
    }
}

/// The last cause in the chain: what the libraries around it only wrap.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    loop {
        let wrapped = last
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|wrapped| wrapped as &(dyn Error + 'static));
        match wrapped.or_else(|| last.source()) {
            Some(next) => last = next,
            None => return last.to_string(),
        }
    }
}

/// A time for a reader, such as `30 s` or `250 ms`.
pub(super) fn span(time: Duration) -> String {
    if time.subsec_millis() == 0 && time.as_secs() > 0 {
        format!("{} s", time.as_secs())
    } else {
        format!("{} ms", time.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_that_closes_the_connection_counts_without_its_body() {
        let lost = |kind| Breakage {
            kind,
            detail: String::new(),
        };
        let head = |pairs: &[(header::HeaderName, &str)]| -> HeaderMap {
            pairs
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().unwrap()))
                .collect()
        };
        let reset = lost(BreakageKind::ConnectionLost);
        let closing = head(&[(header::CONNECTION, "close")]);
        let longer = head(&[(header::CONNECTION, "close"), (header::CONTENT_LENGTH, "9")]);
        let is = |status, headers: &HeaderMap, received, lost: &Breakage| {
            is_refusal_alone(
                StatusCode::from_u16(status).unwrap(),
                headers,
                received,
                lost,
            )
        };
        assert!(is(431, &closing, 0, &reset));
        assert!(!is(200, &closing, 0, &reset));
        assert!(!is(431, &closing, 3, &reset));
        assert!(!is(431, &longer, 0, &reset));
        assert!(!is(431, &HeaderMap::new(), 0, &reset));
        assert!(!is(431, &closing, 0, &lost(BreakageKind::NotHttp)));
    }
}
