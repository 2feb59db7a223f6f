//! The case that tries to get a success from an operation (owner of [`exercise`]).

use super::{Arranged, Origin, answers, arranged, build::Variation};
use crate::{
    contract::{Operation, ParameterPlace},
    exchange::{BreakageKind, Intent, Outcome, Response},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Judgement, Unverified},
};

/// How often a record that does not exist, and a request that is refused, are tried again.
const TRIES: usize = 3;

/// Calls an operation validly until it succeeds, at most a few times. A success passes; everything else is
/// inconclusive with the reason and whose it is: what is wrong with an answer, response checks say.
///
/// # Errors
/// Halts while answers are pending, and when no valid request can be built.
pub fn exercise<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted {
    let mut variation = Variation::default();
    let mut sent = Vec::new();
    let mut last: Option<Unverified> = None;
    let (mut missing, mut refused) = (0, 0);
    loop {
        let arranged = match arranged(script, operation, variation.clone()) {
            Ok(arranged) => arranged,
            // What the first try was answered says more than why there is no other.
            Err(Halt::Unmet(gap)) => return Err(Halt::Unmet(last.unwrap_or(gap))),
            Err(halt) => return Err(halt),
        };
        let request = arranged.request.clone();
        let essence = (request.address.clone(), request.body.clone());
        if sent.contains(&essence) {
            if refused > 0 && vary(&mut variation, operation, &mut refused) {
                continue;
            }
            return Ok(vec![Judgement::Inconclusive(
                last.unwrap_or_else(|| nothing(operation)),
            )]);
        }
        sent.push(essence);
        let exchange = script.send(request)?;
        let response = match &exchange.outcome {
            Outcome::Answered(response) => response,
            Outcome::Broken(breakage) if breakage.kind == BreakageKind::NothingYet => {
                return Err(Halt::NotApplicable(breakage.detail.clone()));
            }
            Outcome::Broken(breakage) => {
                return Ok(vec![Judgement::inconclusive(
                    breakage.kind.responsible(),
                    format!("{} got no response: {}", operation.key, breakage.detail),
                )]);
            }
        };
        if succeeds(operation, response) {
            return Ok(vec![Judgement::Pass]);
        }
        let (responsible, reason) = refusal(&arranged, operation, response);
        last = Some(Unverified::new(responsible, reason));
        variation.number += 1;
        let again = match response.status {
            404 | 410 => {
                missing += 1;
                missing < TRIES && avoid(&mut variation, &arranged)
            }
            400 | 409 | 412 | 422 => vary(&mut variation, operation, &mut refused),
            _ => false,
        };
        if !again {
            return Ok(vec![Judgement::Inconclusive(
                last.unwrap_or_else(|| nothing(operation)),
            )]);
        }
    }
}

fn nothing(operation: &Operation) -> Unverified {
    Unverified::new(
        Responsible::Muster,
        format!("{} was not called.", operation.key),
    )
}

/// 2xx, or a redirection that the contract documents; 304 answers a condition that nobody set.
pub fn succeeds(operation: &Operation, response: &Response) -> bool {
    response.is_success()
        || matches!(response.status, 300..=303 | 305..=399) && operation.documents(response.status)
}

/// Leaves out the ids that name nothing. False where there are none to leave out.
fn avoid(variation: &mut Variation, arranged: &Arranged) -> bool {
    let before = variation.avoid.len();
    // The innermost id that the run did not make itself is the likeliest to be wrong.
    let doubtful =
        arranged.values.parameters.iter().filter(|filled| {
            filled.place == ParameterPlace::Path && filled.origin > Origin::Created
        });
    for filled in doubtful {
        if !variation.avoid.contains(&filled.value) {
            variation.avoid.push(filled.value.clone());
        }
    }
    variation.avoid.len() > before
}

/// The next way to say the same: generated in place of an example, with everything optional, further
/// examples. False when there is none left.
fn vary(variation: &mut Variation, operation: &Operation, refused: &mut usize) -> bool {
    *refused += 1;
    let examples = operation.body.as_ref().map_or(0, |body| {
        body.content
            .iter()
            .map(|media| media.examples.len())
            .max()
            .unwrap_or(0)
    });
    let has_options = operation.body.is_some()
        || operation
            .parameters
            .iter()
            .any(|parameter| parameter.place == ParameterPlace::Query && !parameter.required);
    variation.generated = false;
    variation.full = false;
    variation.example = None;
    match *refused {
        1 if has_options => variation.full = true,
        2 if examples > 1 => variation.example = Some(1),
        2 if examples > 0 => variation.generated = true,
        // Other values of the same kind, so that three refusals say whether the values mattered.
        2 if has_options => variation.generated = true,
        3 if examples > 1 => variation.generated = true,
        _ => return false,
    }
    true
}

/// Whether an operation is given credentials in its body and asks for none beside it: those that the run makes up
/// are rightly refused.
fn is_login(operation: &Operation, arranged: &Arranged) -> bool {
    /// Properties that hold the credential of a user.
    const CREDENTIALS: [&str; 6] = [
        "password",
        "passwd",
        "passphrase",
        "client_secret",
        "pin",
        "otp",
    ];
    let body = arranged.request.body.as_ref();
    let body = body.map_or("".into(), |body| String::from_utf8_lossy(&body.bytes));
    let body = body.to_ascii_lowercase();
    operation.key.method == Method::Post
        && CREDENTIALS.iter().any(|name| {
            // In JSON or in a form.
            body.contains(&format!("\"{name}\"")) || body.contains(&format!("{name}="))
        })
}

/// Whose it is that a request was not answered with success, and the reason in a sentence or two.
pub fn refusal(
    arranged: &Arranged,
    operation: &Operation,
    response: &Response,
) -> (Responsible, String) {
    let key = &operation.key;
    let status = response.status;
    let said = answers::reason(response);
    let said = if said.is_empty() {
        String::new()
    } else {
        format!(" (“{said}”)")
    };
    let path: Vec<_> = arranged
        .values
        .parameters
        .iter()
        .filter(|filled| filled.place == ParameterPlace::Path)
        .collect();
    let worst = path.iter().max_by_key(|filled| filled.origin);
    match status {
        401 | 403 if is_login(operation, arranged) => (
            Responsible::TestData,
            format!(
                "{key} answered {status}{said} to credentials that the run made up. Give those of a test user under `data` in the target file, or leave the operation out with `--skip`."
            ),
        ),
        401 => (
            Responsible::Credentials,
            format!(
                "{key} answered 401{said}: the identity `default` was not accepted. Check its credentials in the target file."
            ),
        ),
        403 => (
            Responsible::Credentials,
            format!(
                "{key} answered 403{said}: the identity `default` may not call it. Lend it the right or scope, or give `{key}` data that it may use."
            ),
        ),
        404 | 410 => match worst {
            // The record that was not found may be one that the body names.
            None if arranged.request.body.is_some() => (
                Responsible::TestData,
                format!(
                    "{key} answered {status}{said}: a record that its body names may not exist. Give one under `data` in the target file, or correct `base_url` if the path is not served."
                ),
            ),
            None => (
                Responsible::Supplier,
                format!(
                    "{key} answered {status}{said} although its path names no record. Serve the path, or correct `base_url`."
                ),
            ),
            Some(filled) if filled.origin == Origin::Created => (
                Responsible::Supplier,
                format!(
                    "{key} answered {status}{said} for a record that the run had just created."
                ),
            ),
            Some(filled) if filled.origin == Origin::Given => (
                Responsible::TestData,
                format!(
                    "{key} answered {status}{said} for `{}` as the target file gives it. Correct it under `data`.",
                    filled.name
                ),
            ),
            Some(filled) => (
                Responsible::TestData,
                format!(
                    "{key} answered {status}{said}: no record is known that `{}` could name. Give one under `data` in the target file.",
                    filled.name
                ),
            ),
        },
        429 => (
            Responsible::Configuration,
            format!(
                "{key} answered 429{said}: the run is faster than the target allows. Lower `budget.per_second`."
            ),
        ),
        500.. => (
            Responsible::Supplier,
            format!("{key} answered {status}{said} to a valid request."),
        ),
        _ => {
            let guessed = arranged.request.intent == Intent::Plausible
                || arranged.origins.iter().any(|(name, origin)| {
                    *origin == Origin::Generated
                        && (name == "body" || operation.key.method == Method::Get)
                });
            if guessed {
                (
                    Responsible::TestData,
                    format!(
                        "{key} answered {status}{said} to a request that its contract allows. Give values that it accepts under `data` in the target file, or say in the contract what it wants."
                    ),
                )
            } else {
                (
                    Responsible::Supplier,
                    format!(
                        "{key} answered {status}{said} to a request that its contract allows, made of the contract's own examples and of records that exist. Say in the contract what it wants."
                    ),
                )
            }
        }
    }
}
