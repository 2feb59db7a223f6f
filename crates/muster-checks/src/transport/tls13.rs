//! `transport.tls13`

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
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.tls13",
    purpose: "TLS 1.3 is offered and preferred to TLS 1.2.",
    verifies: "TLS 1.3 is offered alone, then together with TLS 1.2. The target takes it both times.",
    matters: "TLS 1.3 has no weak suites to choose wrongly, hides the certificates, and is quicker by one round \
        trip. It is what the NCSC recommends to offer first.",
    fix: "Switch TLS 1.3 on beside TLS 1.2 wherever TLS ends; it may need a newer library or security policy.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Taken both times",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("version", "TLS 1.3")],
            )],
            says: Expect::Pass,
        },
        Example {
            title: "TLS 1.2 is the newest",
            contract: "{}",
            dialogue: &[
                ScriptedResponse::handshake(
                    "HANDSHAKE TLS 1.3,*",
                    &[("refused", "protocol_version")],
                ),
                ScriptedResponse::handshake("HANDSHAKE TLS 1.2 and*", &[("version", "TLS 1.2")]),
            ],
            says: Expect::Fail("does not offer"),
        },
        Example {
            title: "TLS 1.2 is preferred",
            contract: "{}",
            dialogue: &[
                ScriptedResponse::handshake("HANDSHAKE TLS 1.3,*", &[]),
                ScriptedResponse::handshake("HANDSHAKE TLS 1.2 and*", &[("version", "TLS 1.2")]),
            ],
            says: Expect::Fail("prefers"),
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

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    over_tls(&script.world)?;
    let alone = script.handshake(Handshake::offering(
        [TlsVersion::Tls13],
        "offers TLS 1.3 alone",
    ))?;
    match &alone.result.end {
        End::Completed(_) => {}
        End::Broken(breakage) => return Err(broken(breakage)),
        End::Refused(_) => {
            speaks_tls(script)?;
            return Ok(vec![
                Finding::new(
                    "not offered",
                    "The target does not offer TLS 1.3.",
                    "TLS 1.3",
                    alone.result.outcome(),
                )
                .into(),
            ]);
        }
    }
    let both = script.handshake(Handshake::usual("offers TLS 1.2 and 1.3"))?;
    Ok(vec![match &both.result.end {
        End::Completed(agreed) if agreed.version != TlsVersion::Tls13 => Finding::new(
            "not preferred",
            "The target prefers an older version to TLS 1.3.",
            "TLS 1.3",
            both.result.outcome(),
        )
        .into(),
        End::Completed(_) | End::Refused(_) => Judgement::Pass,
        End::Broken(breakage) => return Err(broken(breakage)),
    }])
}
