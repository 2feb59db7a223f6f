//! Whether the target accepts the credentials of each identity, shown on an operation that only reads and asks for them.

use super::{Preflight, StepOutcome, needs_nothing};
use crate::runner::wire::{Sent, Wire};
use muster_core::{
    arrange::hazard,
    contract::{Contract, Operation},
    exchange::{Address, Intent, Outcome, Request},
    model::{IdentityName, Method, Responsible},
    verdict::Unverified,
};

/// How many operations are tried before credentials count as wrong.
const MOST_TRIED: usize = 3;

/// Identities whose credentials are lent to be refused.
const LENT: [&str; 8] = [
    "expired",
    "not-yet-valid",
    "other-audience",
    "other-issuer",
    "revoked",
    "unknown-key",
    "without-expiry",
    "id-token",
];

/// Shows the credentials of each identity. `may_send` says whether the plan permits an operation.
pub(super) async fn prove<W: Wire>(
    asked: &mut Preflight,
    wire: &W,
    contract: &Contract,
    identities: &[IdentityName],
    may_send: &dyn Fn(&Operation) -> bool,
) {
    let protected: Vec<&Operation> = contract
        .operations
        .iter()
        .filter(|operation| operation.security.is_required() && needs_nothing(operation))
        .filter(|operation| hazard(operation).is_none() && may_send(operation))
        .take(MOST_TRIED)
        .collect();
    if protected.is_empty() {
        return;
    }
    for identity in identities {
        if !LENT.contains(&identity.as_str()) {
            let outcome = prove_one(wire, &protected, identity).await;
            asked.note(format!("credentials of {identity}"), outcome);
        }
    }
}

async fn prove_one<W: Wire>(
    wire: &W,
    protected: &[&Operation],
    identity: &IdentityName,
) -> StepOutcome {
    let mut refused = Vec::new();
    let mut forbidden = Vec::new();
    let mut silent = Vec::new();
    let mut kind = "credential";
    for operation in protected {
        let sent = send(wire, operation, identity).await;
        let said = |status: u16| format!("{} received {status}", operation.key);
        match &sent.outcome {
            Outcome::Answered(response) => match response.status {
                401 => {
                    kind = kind_of(&sent);
                    refused.push(said(401));
                }
                403 => forbidden.push(said(403)),
                500.. => silent.push(said(response.status)),
                status => return StepOutcome::Good(format!("{} as {identity}", said(status))),
            },
            Outcome::Broken(breakage) => {
                silent.push(format!("{}: {}", operation.key, breakage.detail));
            }
        }
    }
    if !forbidden.is_empty() {
        return StepOutcome::Doubtful(Unverified::new(
            Responsible::Credentials,
            format!(
                "{}: `{identity}` has no right to read here, or its {kind} is not known. Give it the right, or correct it.",
                forbidden.join(", ")
            ),
        ));
    }
    if !refused.is_empty() {
        return StepOutcome::Bad(Unverified::new(
            Responsible::Credentials,
            format!(
                "401: the {kind} of `{identity}` is wrong or has expired ({}). Correct it where the target file reads it.",
                refused.join(", ")
            ),
        ));
    }
    StepOutcome::Doubtful(Unverified::new(
        Responsible::Supplier,
        format!(
            "Whether the {kind} of `{identity}` is accepted is not known: {}.",
            silent.join(", ").trim_end_matches('.')
        ),
    ))
}

async fn send<W: Wire>(wire: &W, operation: &Operation, identity: &IdentityName) -> Sent {
    let mut request = Request::new(
        Method::Get,
        Address::Base(operation.key.path.to_string()),
        format!("asks whether the credentials of {identity} are accepted"),
    )
    .calling(&operation.key)
    .meant(Intent::Housekeeping);
    request.identity = identity.clone();
    let sent = wire.send(&request, Some(operation)).await;
    let is_refused = matches!(&sent.outcome, Outcome::Answered(response) if response.status == 401);
    if is_refused && wire.renew(identity, &sent.credentials) {
        return wire.send(&request, Some(operation)).await;
    }
    sent
}

/// What was shown, in a word.
fn kind_of(sent: &Sent) -> &'static str {
    match sent.credentials.get("authorization") {
        Some(value) if value.starts_with("Basic ") => "user name or password",
        Some(_) => "token",
        None if sent.credentials.get("cookie").is_some() => "cookie",
        None => "key",
    }
}
