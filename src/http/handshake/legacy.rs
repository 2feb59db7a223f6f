//! Offers that no good library makes any more: one message of our own, and the answer to it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    alerted, connect,
    hello::{Reader, Said, client_hello},
    hung_up, is_gone,
};
use crate::http::{
    Options,
    address::Place,
    breakage::{Stage, sort},
};
use muster_core::exchange::{
    Breakage, BreakageKind,
    handshake::{End, Handshake, Negotiated, TlsVersion, alert_name, weak_suites},
};

/// Makes the offer and reads whether the target takes it. The connection then ends: nothing that these
/// versions and suites would protect is ever sent.
pub(super) async fn shake(asked: &Handshake, place: &Place, options: &Options) -> End {
    let Some(version) = asked.versions.iter().copied().max() else {
        return not_sent("A handshake that offers no version cannot be tried.");
    };
    if version > TlsVersion::Tls12 {
        return not_sent("TLS 1.3 has no suites to choose from here.");
    }
    let suites = asked
        .suites
        .clone()
        .unwrap_or_else(|| weak_suites().collect());
    let host = place.host();
    let name =
        (asked.names_host && host.parse::<std::net::IpAddr>().is_err()).then_some(host.as_str());
    let hello = client_hello(version, &suites, name, rand::random());
    let mut stream = match connect(place, options.connect_timeout).await {
        Ok(stream) => stream,
        Err(end) => return end,
    };
    if let Err(error) = stream.write_all(&hello).await {
        return lost(&error, place);
    }
    let mut reader = Reader::default();
    let mut buffer = [0; 4096];
    loop {
        let read = match stream.read(&mut buffer).await {
            Ok(0) => return hung_up(false),
            Ok(read) => read,
            Err(error) => return lost(&error, place),
        };
        if let Some(said) = reader.take(buffer.get(..read).unwrap_or_default()) {
            return judge(&said, version, place);
        }
    }
}

fn judge(said: &Said, offered: TlsVersion, place: &Place) -> End {
    match said {
        Said::Alert(number) => alerted(alert_name(*number), false),
        Said::Hello { version, suite } => match TlsVersion::of_wire(*version) {
            Some(version) if version <= offered => End::Completed(Negotiated {
                version,
                suite: *suite,
                alpn: None,
                asks_for_certificate: false,
                status: None,
            }),
            _ => no_tls(place),
        },
        Said::NotTls => no_tls(place),
    }
}

fn no_tls(place: &Place) -> End {
    End::Broken(Breakage {
        kind: BreakageKind::Tls,
        detail: format!("What {} returns is not TLS.", place.authority()),
    })
}

fn lost(error: &std::io::Error, place: &Place) -> End {
    if is_gone(error) {
        hung_up(false)
    } else {
        End::Broken(sort(error, place, Stage::Head))
    }
}

fn not_sent(detail: &str) -> End {
    End::Broken(Breakage {
        kind: BreakageKind::NotSent,
        detail: detail.to_owned(),
    })
}
