//! `security.certificate-bound`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{PEOPLE, broken, judge, open_request, where_tokens_protect_reads},
};
use muster_core::{
    contract::Operation,
    exchange::{Alteration, BreakageKind, Outcome},
    script::{Script, Scripted},
    verdict::Judgement,
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.certificate-bound",
    purpose: "A token that is bound to a client certificate gives no access without it.",
    verifies: "A protected read is called with a token that is bound to a client certificate: on a \
        connection without a certificate, and on one with the certificate of another identity. Each \
        is refused, by the API or already by TLS. It is not applicable where tokens say that they \
        are bound to no certificate (`cnf` with `x5t#S256`), and the second part where no other \
        identity has a certificate.",
    matters: "A bound token that works with any certificate is a bearer token for everyone who has a \
        certificate, which in a shared service is every other force.",
    fix: "Compare the thumbprint of the certificate of the connection with `x5t#S256` of the token \
        (RFC 8705, section 3); behind a proxy, take it from a header that the proxy alone can set.",
    kind: Kind::Probe {
        scope: Scope::Target(where_tokens_protect_reads),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::new("GET /people", 401, &[("www-authenticate", "Bearer")], ""),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Accepted",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("without the certificate"),
        },
        Example {
            title: "Not even the good credentials are accepted",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 401)],
            says: Expect::Inconclusive,
        },
    ],
};

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let request = open_request(script)?;
    let mut judgements = Vec::new();
    for alteration in [Alteration::WithoutCertificate, Alteration::OtherCertificate] {
        let exchange = broken(script, &request, alteration)?;
        judgements.push(match &exchange.outcome {
            // The door was shut before anything could be said: that is a refusal too.
            Outcome::Broken(breakage)
                if matches!(
                    breakage.kind,
                    BreakageKind::Tls | BreakageKind::ConnectionLost
                ) =>
            {
                Judgement::Pass
            }
            _ => judge(exchange, &alteration.described()),
        });
    }
    Ok(judgements)
}
