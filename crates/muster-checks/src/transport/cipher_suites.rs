//! `transport.cipher-suites`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{broken, over_tls, speaks_tls},
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{
        BreakageKind,
        handshake::{End, Handshake, TlsVersion, suite_name, weak_suites},
    },
    model::Parameters,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.cipher-suites",
    purpose: "TLS 1.2 is used only with cipher suites of ECDHE and authenticated encryption.",
    verifies: "Every other suite that a server may be found to speak is offered with TLS 1.2, in a first message \
        made for the purpose; what the target chooses is taken out and the rest offered again, up to eight \
        times. An alert or a closed connection is right. Suites that need a key shared beforehand are not \
        tried. A target that has only TLS 1.3 passes.",
    matters: "Without ECDHE, whoever gets hold of the key of the server can read everything that was ever \
        recorded. Without authenticated encryption, what is sent can be guessed or changed in transit.",
    fix: "Keep only ECDHE suites with AES-GCM, AES-CCM or ChaCha20-Poly1305 for TLS 1.2, wherever TLS ends; \
        take out CBC, plain RSA, DHE, 3DES and RC4.",
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
                ScriptedResponse::handshake(
                    "HANDSHAKE TLS 1.2 with*",
                    &[("refused", "handshake_failure")],
                ),
                ScriptedResponse::handshake("HANDSHAKE TLS 1.2 and*", &[]),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "CBC is taken",
            contract: "{}",
            dialogue: &[
                ScriptedResponse::handshake("HANDSHAKE TLS 1.2 with*", &[("suite", "C013")]),
                ScriptedResponse::handshake("HANDSHAKE TLS 1.2 with*", &[("suite", "002F")]),
                ScriptedResponse::handshake(
                    "HANDSHAKE TLS 1.2 with*",
                    &[("refused", "handshake_failure")],
                ),
            ],
            says: Expect::Fail("2 weak"),
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
            title: "No response in time",
            contract: "{}",
            dialogue: &[ScriptedResponse::broken(
                "HANDSHAKE *",
                BreakageKind::TimedOut,
            )],
            says: Expect::Inconclusive,
        },
    ],
};

/// How many weak suites are found before the rest is left alone.
const MOST: usize = 8;

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    over_tls(&script.world)?;
    let mut offered: Vec<u16> = weak_suites().collect();
    let mut taken = Vec::new();
    while taken.len() < MOST {
        let handshaken = script.handshake(
            Handshake::offering([TlsVersion::Tls12], "offers TLS 1.2 with weak suites alone")
                .with_suites(offered.clone()),
        )?;
        match &handshaken.result.end {
            End::Refused(_) => break,
            End::Broken(_) if !taken.is_empty() => break,
            End::Broken(breakage) => return Err(broken(breakage)),
            End::Completed(agreed) => {
                let before = offered.len();
                offered.retain(|suite| *suite != agreed.suite);
                if offered.len() == before {
                    break;
                }
                taken.push(suite_name(agreed.suite));
            }
        }
    }
    if taken.is_empty() {
        speaks_tls(script)?;
        return Ok(vec![Judgement::Pass]);
    }
    let more = if taken.len() == MOST { " or more" } else { "" };
    Ok(vec![
        Finding::new(
            "weak suites",
            format!(
                "The target accepts {}{more} weak suites of TLS 1.2.",
                taken.len()
            ),
            "ECDHE with AES-GCM, AES-CCM or ChaCha20-Poly1305 alone",
            taken.join(", "),
        )
        .into(),
    ])
}
