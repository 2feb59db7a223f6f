//! `transport.certificate-strength`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{broken, over_tls},
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{
        BreakageKind,
        handshake::{CertificateFacts, End, Handshake, KeyKind},
    },
    model::{Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.certificate-strength",
    purpose: "The keys and signatures of the target's certificates are strong enough.",
    verifies: "Every certificate that the target shows has an RSA key of 2048 bits or more, a key on an elliptic \
        curve of 256 bits or more, or an Edwards key, and is not signed with MD2, MD5 or SHA-1. The signature \
        of a certificate that signs itself protects nothing and is not judged. A kind of key that Muster does \
        not know is inconclusive.",
    matters: "A weak key can be computed, and a weak signature forged; either lets another server pose as the target.",
    fix: "Have the certificate issued again for a new key: ECDSA with P-256, or RSA with 2048 bits or more, signed \
        with SHA-256 or better.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "P-256",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake("HANDSHAKE *", &[])],
            says: Expect::Pass,
        },
        Example {
            title: "RSA with 2048 bits",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[
                    ("key", "RSA 2048"),
                    ("signature", "sha256WithRSAEncryption"),
                ],
            )],
            says: Expect::Pass,
        },
        Example {
            title: "RSA with 1024 bits",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("key", "RSA 1024")],
            )],
            says: Expect::Fail("1024 bits"),
        },
        Example {
            title: "Signed with SHA-1",
            contract: "{}",
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("signature", "sha1WithRSAEncryption")],
            )],
            says: Expect::Fail("sha1WithRSAEncryption"),
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
    let handshaken = script.handshake(Handshake::usual("looks at keys and signatures"))?;
    let result = &handshaken.result;
    let certificates = result
        .chain
        .as_ref()
        .map(|chain| chain.certificates.as_slice())
        .unwrap_or_default();
    if certificates.is_empty() {
        return Err(match &result.end {
            End::Broken(breakage) => broken(breakage),
            _ => Halt::unmet(
                Responsible::Supplier,
                format!("The target showed no certificate ({}).", result.outcome()),
            ),
        });
    }
    let mut judgements: Vec<Judgement> = certificates.iter().flat_map(judge).collect();
    if judgements.is_empty() {
        judgements.push(Judgement::Pass);
    }
    Ok(judgements)
}

fn judge(certificate: &CertificateFacts) -> Vec<Judgement> {
    let mut judgements = Vec::new();
    let key = format!(
        "{} key of {} bits",
        certificate.key.label(),
        certificate.bits
    );
    let weak = match certificate.key {
        KeyKind::Rsa => certificate.bits < 2048,
        KeyKind::EllipticCurve => certificate.bits < 256,
        KeyKind::Edwards => false,
        KeyKind::Dsa => true,
        KeyKind::Unknown => {
            judgements.push(Judgement::inconclusive(
                Responsible::Muster,
                format!(
                    "The key of {} is of a kind that Muster does not know.",
                    certificate.subject
                ),
            ));
            false
        }
    };
    if weak {
        judgements.push(
            Finding::new(
                format!("weak key: {key}"),
                format!("A certificate has a weak key: {key}."),
                "RSA with 2048 bits or more, or an elliptic curve of 256 bits or more",
                format!("{key} in the certificate of {}", certificate.subject),
            )
            .into(),
        );
    }
    let broken = ["md2", "md5", "sha1", "sha-1"];
    let signature = certificate.signature.to_ascii_lowercase();
    if !certificate.self_issued && broken.iter().any(|hash| signature.contains(hash)) {
        judgements.push(
            Finding::new(
                format!("weak signature: {}", certificate.signature),
                format!("A certificate is signed with {}.", certificate.signature),
                "a signature with SHA-256 or better",
                format!("{} on {}", certificate.signature, certificate.subject),
            )
            .into(),
        );
    }
    judgements
}
