//! Faults of TLS. The contract and the answers stay right.
//!
//! What `rustls` cannot serve is simulated, and says so: an old version or a weak suite is a `ServerHello` that
//! takes the offer and nothing after it; a certificate with a weak key or signature is shown by a server that
//! does not have its key or whose signature is not one.

use crate::certificates::{Clients, Leaf, TlsFault};
use crate::fault::Fault;

const CERTIFICATE: &str = "transport.certificate";
const EXPIRY: &str = "transport.certificate-expiry";
const STRENGTH: &str = "transport.certificate-strength";
const VERSIONS: &str = "transport.tls-versions";
const SUITES: &str = "transport.cipher-suites";
const CLIENTS: &str = "transport.client-certificate-required";
const HSTS: &str = "transport.hsts";

const fn of_tls(
    id: &'static str,
    summary: &'static str,
    caught_by: &'static [&'static str],
    tls: TlsFault,
) -> Fault {
    Fault {
        needs_tls: true,
        mutual_tls: matches!(tls, TlsFault::Clients(_)),
        tls: Some(tls),
        ..Fault::new(id, summary, caught_by)
    }
}

pub(super) const CERTIFICATE_EXPIRED: Fault = of_tls(
    "certificate-expired",
    "The certificate ran out three days ago.",
    &[CERTIFICATE],
    TlsFault::Leaf(Leaf::Expired),
);

pub(super) const CERTIFICATE_NOT_YET_VALID: Fault = of_tls(
    "certificate-not-yet-valid",
    "The certificate is valid from tomorrow on.",
    &[CERTIFICATE],
    TlsFault::Leaf(Leaf::NotYetValid),
);

pub(super) const CERTIFICATE_OTHER_HOST: Fault = of_tls(
    "certificate-other-host",
    "The certificate is for another host.",
    &[CERTIFICATE],
    TlsFault::Leaf(Leaf::OtherHost),
);

pub(super) const CERTIFICATE_SELF_SIGNED: Fault = of_tls(
    "certificate-self-signed",
    "The certificate is signed by itself.",
    &[CERTIFICATE],
    TlsFault::Leaf(Leaf::SelfSigned),
);

pub(super) const CERTIFICATE_RUNS_OUT: Fault = of_tls(
    "certificate-runs-out",
    "The certificate runs out in a week.",
    &[EXPIRY],
    TlsFault::Leaf(Leaf::RunsOut),
);

pub(super) const CERTIFICATE_WEAK_KEY: Fault = of_tls(
    "certificate-weak-key",
    "The certificate has an RSA key of 1024 bits.",
    &[STRENGTH],
    TlsFault::Leaf(Leaf::WeakKey),
);

pub(super) const CERTIFICATE_SHA1: Fault = of_tls(
    "certificate-sha1",
    "The certificate is signed with SHA-1.",
    &[STRENGTH, CERTIFICATE],
    TlsFault::Leaf(Leaf::Sha1),
);

pub(super) const SSL_3_0: Fault = of_tls(
    "ssl-3-0-accepted",
    "SSL 3.0 is taken.",
    &[VERSIONS],
    TlsFault::Version(0x0300),
);

pub(super) const TLS_1_0: Fault = of_tls(
    "tls-1-0-accepted",
    "TLS 1.0 is taken.",
    &[VERSIONS],
    TlsFault::Version(0x0301),
);

pub(super) const TLS_1_1: Fault = of_tls(
    "tls-1-1-accepted",
    "TLS 1.1 is taken.",
    &[VERSIONS],
    TlsFault::Version(0x0302),
);

pub(super) const TLS_1_3_MISSING: Fault = of_tls(
    "tls-1-3-missing",
    "TLS 1.2 is the newest version.",
    &["transport.tls13"],
    TlsFault::OnlyTls12,
);

pub(super) const SUITE_CBC: Fault = of_tls(
    "cipher-suite-cbc",
    "A suite of TLS 1.2 without authenticated encryption is taken.",
    &[SUITES],
    TlsFault::Suite(0xC013),
);

pub(super) const SUITE_WITHOUT_FORWARD_SECRECY: Fault = of_tls(
    "cipher-suite-without-forward-secrecy",
    "A suite of TLS 1.2 without forward secrecy is taken.",
    &[SUITES],
    TlsFault::Suite(0x009C),
);

pub(super) const CLIENT_CERTIFICATE_OPTIONAL: Fault = of_tls(
    "client-certificate-optional",
    "Clients without a client certificate are let in.",
    &[CLIENTS, "security.certificate-bound"],
    TlsFault::Clients(Clients::Optional),
);

pub(super) const CLIENT_CERTIFICATE_ANY: Fault = of_tls(
    "client-certificate-any",
    "Any client certificate will do, whoever issued it.",
    &[CLIENTS],
    TlsFault::Clients(Clients::Any),
);

pub(super) const CLIENT_CERTIFICATE_UNPROVED: Fault = of_tls(
    "client-certificate-unproved",
    "A client need not prove that it has the key of its certificate.",
    &[CLIENTS],
    TlsFault::Clients(Clients::Unproved),
);

pub(super) const CLIENT_CERTIFICATE_NEVER_ASKED: Fault = of_tls(
    "client-certificate-never-asked",
    "Mutual TLS is declared, and no client certificate is ever requested.",
    &[CLIENTS, "security.certificate-bound"],
    TlsFault::Clients(Clients::NeverAsked),
);

pub(super) const HSTS_MISSING: Fault = Fault {
    needs_tls: true,
    answer: Some(|_, outgoing| {
        outgoing.headers.remove("strict-transport-security");
    }),
    ..Fault::new(
        "hsts-missing",
        "No response has Strict-Transport-Security.",
        &[HSTS],
    )
};

pub(super) const HSTS_OFF: Fault = Fault {
    needs_tls: true,
    answer: Some(|_, outgoing| outgoing.set("strict-transport-security", "max-age=0")),
    ..Fault::new(
        "hsts-off",
        "Every response has Strict-Transport-Security with `max-age=0`.",
        &[HSTS],
    )
};
