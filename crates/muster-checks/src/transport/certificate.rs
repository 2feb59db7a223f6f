//! `transport.certificate`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{broken, over_tls},
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{
        BreakageKind,
        handshake::{DistrustKind, End, Handshake},
    },
    model::{Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.certificate",
    purpose: "The certificate of the target is in date, for its host, and issued by a trusted authority.",
    verifies: "In a handshake that sends nothing after it, the chain that the target shows is judged as a strict \
        client does: from a trusted authority (those of this machine, and `tls.ca` of the target file) down \
        to a certificate for the host of the base URL, all in date, and the target proves that it has the \
        key. Revocation is not looked up, since that would tell a third party.",
    matters: "A client that meets a wrong certificate either stops working or, worse, learns to ignore it, and \
        then trusts anybody on the way.",
    fix: "Renew or replace the certificate, with every name that clients use among its alternative names and with \
        its intermediate certificates sent along. Of a private authority, give the certificate as `tls.ca`.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "As it should be",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake("HANDSHAKE *", &[])],
            says: Expect::Pass,
        },
        Example {
            title: "Expired",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("trust", "expired"), ("days-left", "-3")],
            )],
            says: Expect::Fail("expired"),
        },
        Example {
            title: "For another host",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("trust", "other-host")],
            )],
            says: Expect::Fail("another host"),
        },
        Example {
            title: "Issued by nobody known",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("trust", "unknown-issuer")],
            )],
            says: Expect::Fail("no trusted authority"),
        },
        Example {
            title: "A machine that trusts nobody",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("trust", "nothing-trusted")],
            )],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Refused before it was shown",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("refused", "handshake_failure")],
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
    ],
};

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    over_tls(&script.world)?;
    let handshaken = script.handshake(Handshake::usual("looks at the certificate"))?;
    let result = &handshaken.result;
    let Some(chain) = &result.chain else {
        return Err(match &result.end {
            End::Broken(breakage) => broken(breakage),
            _ => Halt::unmet(
                Responsible::Supplier,
                format!("The target showed no certificate ({}).", result.outcome()),
            ),
        });
    };
    let Err(distrust) = &chain.trust else {
        return Ok(vec![Judgement::Pass]);
    };
    let (cause, title) = match distrust.kind {
        DistrustKind::Expired => ("expired", "The certificate has expired."),
        DistrustKind::NotYetValid => ("not yet valid", "The certificate is not valid yet."),
        DistrustKind::OtherHost => ("other host", "The certificate is for another host."),
        DistrustKind::UnknownIssuer => (
            "unknown issuer",
            "The certificate is issued by no trusted authority.",
        ),
        DistrustKind::Other => ("not valid", "The certificate is not valid."),
        DistrustKind::NothingTrusted => {
            return Err(Halt::unmet(
                Responsible::Configuration,
                distrust.detail.clone(),
            ));
        }
    };
    Ok(vec![
        Finding::new(
            cause,
            title,
            format!(
                "a certificate for {} that is trusted and in date",
                result.host
            ),
            distrust.detail.clone(),
        )
        .into(),
    ])
}
