//! Can the target be reached and logged in to, is it where the contract says, and does its clock agree?
//! (owner of [`Preflight`])
//!
//! Asked before a run, so that a wrong address or a refused login is never taken for non-conformance. Preflight sends
//! nothing that the plan does not permit.

mod proof;

use std::time::Duration;

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::wire::Wire;
use muster_core::{
    contract::{Contract, Operation, ParameterPlace},
    exchange::{Address, BreakageKind, Intent, Outcome, Request, Response},
    model::{IdentityName, Method, Responsible},
    observation::Redactor,
    verdict::Unverified,
};

/// What was asked and what came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Preflight {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Whether it was TLS that stood in the way: checks of TLS can still tell why.
    #[serde(skip)]
    pub tls_failed: bool,
}

/// One question.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// What was asked, such as `reach`.
    pub name: String,
    /// What came of it.
    pub outcome: StepOutcome,
}

/// The answer to one question.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepOutcome {
    /// It is as it should be.
    Good(String),
    /// A run makes sense, but a reader should know.
    Doubtful(Unverified),
    /// No run makes sense.
    Bad(Unverified),
}

impl Preflight {
    /// The first reason why no run makes sense.
    #[must_use]
    pub fn obstacle(&self) -> Option<&Unverified> {
        self.steps.iter().find_map(|step| match &step.outcome {
            StepOutcome::Bad(gap) => Some(gap),
            StepOutcome::Good(_) | StepOutcome::Doubtful(_) => None,
        })
    }

    /// The same without secrets: a key in the query stands in the address, and errors quote what was sent.
    #[must_use]
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        for step in &mut self.steps {
            match &mut step.outcome {
                StepOutcome::Good(detail) => *detail = redactor.text(detail),
                StepOutcome::Doubtful(gap) | StepOutcome::Bad(gap) => {
                    gap.reason = redactor.text(&gap.reason);
                }
            }
        }
        self
    }

    fn note(&mut self, name: impl Into<String>, outcome: StepOutcome) {
        self.steps.push(Step {
            name: name.into(),
            outcome,
        });
    }
}

/// A clock that differs by more than this makes tokens and dates fail for no fault of the API.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);
/// Where nothing lies, for a target whose root must not be read.
const MADE_UP: &str = "/muster-is-not-here";
/// How many operations are asked before a base path counts as wrong.
const MOST_TRIED: usize = 5;

/// Asks.
pub async fn preflight<W: Wire>(
    wire: &W,
    contract: &Contract,
    identities: &[IdentityName],
    now: OffsetDateTime,
) -> Preflight {
    let mut asked = Preflight::default();
    let ask_at = |path: &str| {
        Request::new(
            Method::Get,
            Address::Base(path.to_owned()),
            "asks whether the target can be reached",
        )
        .meant(Intent::Housekeeping)
    };
    let mut root = ask_at("");
    if wire.may_send(&root).is_err() {
        root = ask_at(MADE_UP);
    }
    let Some(response) = reach(&mut asked, wire, &root).await else {
        return asked;
    };
    clock(&mut asked, &response, now);
    for identity in identities {
        let outcome = match wire.log_in(identity).await {
            Ok(()) => StepOutcome::Good("credentials are at hand".to_owned()),
            Err(gap) => StepOutcome::Bad(gap),
        };
        asked.note(format!("log in as {identity}"), outcome);
    }
    if asked.obstacle().is_none() {
        paths(&mut asked, wire, contract).await;
    }
    if asked.obstacle().is_none() {
        let permitted = |operation: &Operation| wire.may_send(&plain_read(operation)).is_ok();
        proof::prove(&mut asked, wire, contract, identities, &permitted).await;
    }
    asked
}

async fn reach<W: Wire>(asked: &mut Preflight, wire: &W, root: &Request) -> Option<Response> {
    let sent = wire.send(root, None).await;
    match sent.outcome {
        Outcome::Answered(response) => {
            if wants_tls(&sent.url, &response) {
                let detail = format!(
                    "{} answered a plain request with {} and asks for TLS: write `https://` in `base_url`.",
                    sent.url, response.status
                );
                asked.note(
                    "reach",
                    StepOutcome::Bad(Unverified::new(Responsible::Configuration, detail)),
                );
                return None;
            }
            asked.note(
                "reach",
                StepOutcome::Good(format!("{} answered {}", sent.url, response.status)),
            );
            Some(response)
        }
        Outcome::Broken(mut breakage) => {
            if breakage.kind == BreakageKind::ConnectionLost && sent.url.starts_with("http:") {
                breakage.detail.push_str(
                    " The port may speak TLS: try `https://` in `base_url` of the target file.",
                );
            }
            asked.tls_failed = breakage.kind == BreakageKind::Tls;
            asked.note(
                "reach",
                StepOutcome::Bad(Unverified::new(
                    breakage.kind.responsible(),
                    breakage.detail,
                )),
            );
            None
        }
    }
}

/// Whether a server tells a plain request that it came to a port for TLS, as nginx and Apache do.
fn wants_tls(url: &str, response: &Response) -> bool {
    let text = String::from_utf8_lossy(response.body.get(..2000).unwrap_or(&response.body));
    let text = text.to_ascii_lowercase();
    url.starts_with("http:")
        && response.status == 400
        && (text.contains("https port") || text.contains("ssl-enabled server port"))
}

fn clock(asked: &mut Preflight, response: &Response, now: OffsetDateTime) {
    let date = response
        .headers
        .get("date")
        .map(|date| date.replace("GMT", "+0000"));
    let Some(date) = date.and_then(|date| OffsetDateTime::parse(&date, &Rfc2822).ok()) else {
        asked.note(
            "clock",
            StepOutcome::Doubtful(Unverified::new(
                Responsible::Supplier,
                "The target sends no `Date`, so its clock cannot be compared.",
            )),
        );
        return;
    };
    let apart = (date - now).abs();
    let outcome = if apart > CLOCK_TOLERANCE {
        StepOutcome::Doubtful(Unverified::new(
            Responsible::Configuration,
            format!(
                "The clocks of the target and of this machine are {} minutes apart. Set the one that is wrong: tokens and dates may fail for that alone.",
                apart.whole_minutes()
            ),
        ))
    } else {
        StepOutcome::Good(format!("{} seconds apart", apart.whole_seconds()))
    };
    asked.note("clock", outcome);
}

/// A contract whose base path is not that of the target makes every operation answer 404.
async fn paths<W: Wire>(asked: &mut Preflight, wire: &W, contract: &Contract) {
    let mut unfound = Vec::new();
    let mut failing = Vec::new();
    let mut forbidden = Vec::new();
    let mut hint = None;
    for (operation, request) in contract
        .operations
        .iter()
        .filter(|operation| needs_nothing(operation))
        .map(|operation| (operation, plain_read(operation)))
        .filter(|(_, request)| wire.may_send(request).is_ok())
        .take(MOST_TRIED)
    {
        let sent = wire.send(&request, Some(operation)).await;
        match sent.outcome {
            Outcome::Answered(response) if response.status == 404 => {
                hint = hint.or_else(|| base_hint(&sent.url, operation, contract));
                unfound.push(operation.key.to_string());
            }
            Outcome::Answered(response) if response.status == 403 => {
                forbidden.push(operation.key.to_string());
            }
            Outcome::Answered(response) if response.status >= 500 => {
                failing.push(format!("{} answered {}", operation.key, response.status));
            }
            Outcome::Answered(response) => {
                asked.note(
                    "paths",
                    StepOutcome::Good(format!("{} answered {}", operation.key, response.status)),
                );
                return;
            }
            Outcome::Broken(_) => {}
        }
    }
    let outcome = if unfound.len() >= 2 || (unfound.len() == 1 && hint.is_some()) {
        let hint = hint.unwrap_or_else(|| {
            "`base_url` probably lacks a part of the path, such as `/api` or `/v1`".to_owned()
        });
        StepOutcome::Bad(Unverified::new(
            Responsible::Configuration,
            format!("{} received 404: {hint}.", unfound.join(", ")),
        ))
    } else if !failing.is_empty() {
        StepOutcome::Bad(Unverified::new(
            Responsible::Supplier,
            format!(
                "Every operation that was tried failed ({}): the service, or what is behind it, is not up.",
                failing.join(", ")
            ),
        ))
    } else if !forbidden.is_empty() {
        StepOutcome::Doubtful(Unverified::new(
            Responsible::Credentials,
            format!(
                "{} received 403, which does not tell whether the base URL fits the contract.",
                forbidden.join(", ")
            ),
        ))
    } else {
        return;
    };
    asked.note("paths", outcome);
}

/// What is wrong with the base URL, as far as it shows: a part that the paths of the contract have too, or one that its
/// servers have and the base URL lacks.
fn base_hint(url: &str, operation: &Operation, contract: &Contract) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.find('/').and_then(|at| rest.get(at..))?;
    let base = path.strip_suffix(&*operation.key.path)?;
    let last = base.trim_end_matches('/').rsplit('/').next()?;
    let first = operation.key.path.split('/').nth(1)?;
    if !last.is_empty() && last == first {
        return Some(format!(
            "`base_url` has a part too many, `/{last}`, with which the paths of the contract begin"
        ));
    }
    contract.servers.iter().find_map(|server| {
        let after = match server.url.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or(""),
            None => &server.url,
        };
        let declared = after.trim_end_matches('/');
        let lacks = declared
            .strip_prefix(base.trim_end_matches('/'))
            .filter(|lacks| lacks.starts_with('/') && !lacks.contains('{'))?;
        Some(format!(
            "`base_url` lacks `{lacks}`, which `servers` of the contract has"
        ))
    })
}

fn plain_read(operation: &Operation) -> Request {
    Request::new(
        Method::Get,
        Address::Base(operation.key.path.to_string()),
        "asks whether the base URL fits the contract",
    )
    .calling(&operation.key)
    .meant(Intent::Housekeeping)
}

fn needs_nothing(operation: &Operation) -> bool {
    operation.key.method == Method::Get
        && operation.path_variables().next().is_none()
        && !operation
            .parameters
            .iter()
            .any(|parameter| parameter.required && parameter.place != ParameterPlace::Cookie)
}
