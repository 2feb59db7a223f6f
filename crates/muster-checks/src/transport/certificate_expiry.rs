//! `transport.certificate-expiry`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{broken, over_tls},
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{
        BreakageKind,
        handshake::{End, Handshake},
    },
    model::{Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.certificate-expiry",
    purpose: "The certificate of the target stays valid for two more weeks at least.",
    verifies: "The end of validity of every certificate that the target shows is more than 14 days ahead by the \
        clock of this machine; the parameter `certificate_days` sets another number. A certificate that is \
        over already is a matter of `transport.certificate`.",
    matters: "A certificate that runs out stops every client at the same time, often at night. Two \
        weeks are enough to renew it without hurry.",
    fix: "Renew it now, and have it renewed by itself well before its end.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Two months left",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("days-left", "60")],
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A week left",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("days-left", "7")],
            )],
            says: Expect::Fail("expires soon"),
        },
        Example {
            title: "Over already",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("days-left", "-7")],
            )],
            says: Expect::Nothing,
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
    ],
};

const DAY: i64 = 86_400;

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    over_tls(&script.world)?;
    let wanted = script
        .world
        .parameters
        .integer("certificate_days")
        .unwrap_or(14);
    let handshaken = script.handshake(Handshake::usual("looks when the certificate ends"))?;
    let result = &handshaken.result;
    let Some(first) = result.chain.as_ref().and_then(|chain| {
        chain
            .certificates
            .iter()
            .min_by_key(|certificate| certificate.not_after)
    }) else {
        return Err(match &result.end {
            End::Broken(breakage) => broken(breakage),
            _ => Halt::unmet(
                Responsible::Supplier,
                format!("The target showed no certificate ({}).", result.outcome()),
            ),
        });
    };
    let left = first.not_after.saturating_sub(result.at_unix);
    if left < 0 {
        return Err(Halt::NotApplicable(
            "A certificate is over already, which `transport.certificate` judges.".into(),
        ));
    }
    if left >= wanted.saturating_mul(DAY) {
        return Ok(vec![Judgement::Pass]);
    }
    Ok(vec![
        Finding::new(
            "runs out",
            "The certificate expires soon.",
            format!("more than {wanted} days of validity left"),
            format!("{} days left for {}", left / DAY, first.subject),
        )
        .into(),
    ])
}
