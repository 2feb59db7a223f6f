//! `transport.client-certificate-required`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{broken, over_tls, readable},
};
use muster_core::{
    contract::{Contract, Operation, SchemeKind},
    exchange::handshake::{End, Handshake, HandshakeResult, Negotiated, Refusal, Shown},
    model::{Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.client-certificate-required",
    purpose: "The API refuses clients without a right client certificate, where it promises mutual \
        TLS.",
    verifies: "Applies where the contract declares `mutualTLS` or the target file gives a client certificate. A \
        path is asked for, without credentials, over handshakes with no certificate, with one that signs \
        itself, with one of an authority made for the purpose, and with the configured one but another key. \
        A refusal within the handshake or after it (TLS 1.3 refuses late) is right, and so is an error that \
        the configured certificate does not get (a gateway may return 400 or 403). A success is a failure. \
        The same error for all, such as 401 for want of a token, is inconclusive.",
    matters: "A server that asks for a certificate and lets clients in without one gives a \
        protection that is believed in and not there.",
    fix: "Require and verify the client certificate wherever TLS ends (`ssl_verify_client on` with your own \
        authority in nginx), not `optional`, and do not accept certificates of any authority.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "All refused",
            contract: MUTUAL,
            dialogue: &[ScriptedResponse::handshake(
                "HANDSHAKE *",
                &[("refused", "certificate_required"), ("late", "yes")],
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Turned away by a gateway",
            contract: MUTUAL,
            dialogue: &[ScriptedResponse::new(
                "HANDSHAKE *",
                400,
                &[("asks", "yes")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "No certificate is fine too",
            contract: MUTUAL,
            dialogue: &[
                ScriptedResponse::new(
                    "HANDSHAKE TLS 1.2 and TLS 1.3, no certificate",
                    200,
                    &[("asks", "yes")],
                    "",
                ),
                ScriptedResponse::handshake(
                    "HANDSHAKE *",
                    &[("refused", "unknown_ca"), ("late", "yes")],
                ),
            ],
            says: Expect::Fail("no certificate"),
        },
        Example {
            title: "Any certificate is fine",
            contract: MUTUAL,
            dialogue: &[
                ScriptedResponse::handshake(
                    "HANDSHAKE TLS 1.2 and TLS 1.3, no certificate",
                    &[("refused", "certificate_required"), ("late", "yes")],
                ),
                ScriptedResponse::new("HANDSHAKE *", 200, &[("asks", "yes")], ""),
            ],
            says: Expect::Fail("signed by itself"),
        },
        Example {
            title: "No certificate is ever requested",
            contract: MUTUAL,
            dialogue: &[ScriptedResponse::new("HANDSHAKE *", 200, &[], "")],
            says: Expect::Fail("never asks"),
        },
        Example {
            title: "A token is missing, too",
            contract: MUTUAL,
            dialogue: &[ScriptedResponse::new(
                "HANDSHAKE *",
                401,
                &[("asks", "yes")],
                "",
            )],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A target without mutual TLS",
            contract: "{}",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const MUTUAL: &str = "
components: {securitySchemes: {tls: {type: mutualTLS}}}
/health: {get: {security: [], responses: {'200': {description: Well}}}}
";

fn applies(contract: &Contract, parameters: &Parameters) -> Applies {
    let declared = contract
        .security_schemes
        .values()
        .any(|scheme| scheme.kind == SchemeKind::MutualTls);
    if declared || is_configured(parameters) {
        Applies::Yes
    } else {
        Applies::No(
            "The contract declares no mutual TLS and the target file gives no client certificate."
                .into(),
        )
    }
}

/// The runner says so where the target file gives a client certificate.
fn is_configured(parameters: &Parameters) -> bool {
    parameters
        .0
        .get("client_certificate")
        .is_some_and(|given| given == true)
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    over_tls(&world)?;
    let path = readable(world.contract).map_or("/", |operation| &*operation.key.path);
    let ask = |shown: Shown| {
        Handshake::usual(format!("shows {}", shown.label()))
            .showing(shown)
            .knocking(path)
    };
    let mut shown = vec![Shown::Nothing, Shown::SelfSigned, Shown::OtherAuthority];
    let mut usual = None;
    if is_configured(world.parameters) {
        let own = script.handshake(ask(Shown::Own))?;
        match &own.result.end {
            End::Completed(agreed) => usual = agreed.status,
            End::Broken(breakage) => return Err(broken(breakage)),
            End::Refused(_) => {
                return Err(Halt::unmet(
                    Responsible::Credentials,
                    format!(
                        "The configured client certificate is itself turned away ({}), so that nothing can be told of others.",
                        own.result.outcome()
                    ),
                ));
            }
        }
        shown.push(Shown::OwnWithoutItsKey);
    }
    let mut judgements = Vec::new();
    for shown in shown {
        let handshaken = script.handshake(ask(shown))?;
        let result = &handshaken.result;
        if shown == Shown::Nothing
            && let End::Completed(agreed) = &result.end
            && !agreed.asks_for_certificate
            && is_welcome(agreed.status)
        {
            return Ok(vec![finding(
                "never asked",
                "The target never asks for a client certificate.".into(),
                result,
            )]);
        }
        judgements.extend(judge(shown, result, usual)?);
    }
    if judgements.is_empty() {
        judgements.push(Judgement::Pass);
    }
    Ok(judgements)
}

fn judge(
    shown: Shown,
    result: &HandshakeResult,
    usual: Option<u16>,
) -> Result<Option<Judgement>, Halt> {
    match &result.end {
        End::Refused(refusal) => Ok((usual.is_none() && is_beside(refusal)).then(|| {
            Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "The handshake ended for a reason other than the client certificate ({}).",
                    result.outcome()
                ),
            )
        })),
        End::Broken(breakage) => Err(broken(breakage)),
        End::Completed(Negotiated { status, .. }) if is_welcome(*status) => Ok(Some(finding(
            shown.label(),
            format!("A client with {} is accepted.", shown.label()),
            result,
        ))),
        // The right certificate gets another answer, or the answer is one of gateways that look for one.
        End::Completed(Negotiated { status, .. })
            if usual.is_some_and(|usual| Some(usual) != *status)
                || (usual.is_none() && matches!(status, Some(400 | 495 | 496))) =>
        {
            Ok(None)
        }
        End::Completed(_) => Ok(Some(Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "A client with {} passes TLS and receives an error that does not mention \
                    certificates ({}). Refuse such clients within TLS, or offer a path that needs \
                    no other credentials.",
                shown.label(),
                result.outcome()
            ),
        ))),
    }
}

const fn is_welcome(status: Option<u16>) -> bool {
    matches!(status, Some(200..=399))
}

/// Alerts that have nothing to do with certificates of clients.
fn is_beside(refusal: &Refusal) -> bool {
    refusal.alert.as_deref().is_some_and(|alert| {
        [
            "no_application_protocol",
            "protocol_version",
            "unrecognized_name",
            "internal_error",
        ]
        .contains(&alert)
    })
}

fn finding(cause: &str, title: String, result: &HandshakeResult) -> Judgement {
    Finding::new(
        cause,
        title,
        "a refusal by TLS, or an error",
        result.outcome(),
    )
    .into()
}
