//! `transport.tls-versions`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{broken, over_tls, speaks_tls},
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{
        BreakageKind,
        handshake::{End, Handshake, TlsVersion},
    },
    model::Parameters,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.tls-versions",
    purpose: "SSL 3.0, TLS 1.0 and TLS 1.1 are refused.",
    verifies: "Each of the three is offered alone, with every suite that it can have, in a first \
        message made for the purpose: the connection ends before anything else is said. An alert \
        or a closed connection is right. The response that takes the offer is a failure. If \
        everything is hung up on, the versions of today too, it is inconclusive.",
    matters: "These versions can be read or changed by somebody on the way. As long as a server takes them, a \
        client can be led to use them.",
    fix: "Set the lowest version to TLS 1.2 wherever TLS ends: load balancer, gateway, ingress and server \
        (`ssl_protocols TLSv1.2 TLSv1.3` in nginx, a current security policy at cloud providers).",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "All refused",
            contract: "{}",
            dialogue: &[
                ScriptedResponse::handshake("HANDSHAKE SSL 3.0,*", &[("refused", "closed")]),
                ScriptedResponse::handshake(
                    "HANDSHAKE TLS 1.0,*",
                    &[("refused", "protocol_version")],
                ),
                ScriptedResponse::handshake(
                    "HANDSHAKE TLS 1.1,*",
                    &[("refused", "protocol_version")],
                ),
                ScriptedResponse::handshake("HANDSHAKE TLS 1.2 and*", &[]),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "TLS 1.0 is taken",
            contract: "{}",
            dialogue: &[
                ScriptedResponse::handshake("HANDSHAKE TLS 1.0,*", &[("suite", "002F")]),
                ScriptedResponse::handshake("HANDSHAKE *", &[("refused", "protocol_version")]),
            ],
            says: Expect::Fail("TLS 1.0"),
        },
        Example {
            title: "SSL 3.0 is taken",
            contract: "{}",
            dialogue: &[
                ScriptedResponse::handshake("HANDSHAKE SSL 3.0,*", &[("suite", "000A")]),
                ScriptedResponse::handshake("HANDSHAKE *", &[("refused", "handshake_failure")]),
            ],
            says: Expect::Fail("SSL 3.0"),
        },
        Example {
            title: "Everything is hung up on",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("refused", "closed")],
            )],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Nobody there",
            contract: "{}",
            dialogue: &[ScriptedResponse::broken(
                "HANDSHAKE *",
                BreakageKind::ConnectionRefused,
            )],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A target without TLS",
            contract: "servers: [{url: 'http://127.0.0.1:8080'}]",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    over_tls(&script.world)?;
    let mut judgements = Vec::new();
    for version in [TlsVersion::Ssl3, TlsVersion::Tls10, TlsVersion::Tls11] {
        let asked = Handshake::offering([version], format!("offers {version} alone"));
        let handshaken = script.handshake(asked)?;
        match &handshaken.result.end {
            End::Refused(_) => {}
            End::Completed(agreed) => judgements.push(
                Finding::new(
                    agreed.version.label(),
                    format!("The target accepts {}.", agreed.version),
                    "an alert, or a closed connection",
                    handshaken.result.outcome(),
                )
                .into(),
            ),
            End::Broken(breakage) => match broken(breakage) {
                Halt::Unmet(gap) => judgements.push(Judgement::Inconclusive(gap)),
                other => return Err(other),
            },
        }
    }
    if judgements.is_empty() {
        speaks_tls(script)?;
        judgements.push(Judgement::Pass);
    }
    Ok(judgements)
}
