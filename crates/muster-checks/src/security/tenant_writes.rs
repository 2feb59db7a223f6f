//! `security.tenant-writes`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::owned_record::{OTHER, PEOPLE, as_other, lent, protected, record, restrictable},
    support::resource::{body_for, brief, changes, get, read, subject, to_item},
    support::tokens::judge,
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::Exchange,
    model::{IdentityName, Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.tenant-writes",
    purpose: "The API lets no force change or delete a restricted record of another force.",
    verifies: "Where the target file gives an identity `other-force`, the default identity creates \
        a restricted record (by the property that the parameter `restricted_by` names, else \
        `restricted`), and the other force sends a valid PUT, PATCH or DELETE for it. The response \
        is 403 or 404, and its owner still reads the record as it was.",
    matters: "Whoever can change a record that they may not even see can alter evidence, or make it vanish. \
        Services that guard the read often forget the write.",
    fix: "Fetch the record by its id and the client's force in the same query that changes it, and return 404 where \
    that finds none.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","name":"Zz"}"#),
                ScriptedResponse::empty("PUT /people/1", 404),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Changed",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","name":"Zz"}"#),
                ScriptedResponse::empty("PUT /people/1", 200),
            ],
            says: Expect::Fail("by another force"),
        },
        Example {
            title: "Refused and changed",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"1"}"#),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","name":"Zz"}"#),
                ScriptedResponse::empty("PUT /people/1", 403),
                ScriptedResponse::json("GET /people/1", 200, r#"{"id":"1","name":"other"}"#),
            ],
            says: Expect::Fail("but takes effect"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    match operation.key.method {
        Method::Put | Method::Patch | Method::Delete
            if operation.path_variables().next().is_some() =>
        {
            protected(contract, operation)
        }
        _ => Applies::Irrelevant,
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let world = script.world;
    let (home, member) = restrictable(world, operation)?;
    let other = lent(&world, OTHER, "of a second force")?;
    let held = record(script, &home, &IdentityName::default(), Some(member))?;
    let before = read(script, &home, &held)?;
    let body = match operation.key.method {
        Method::Delete => None,
        _ => Some(body_for(world, operation, &held.sent, "other force")?),
    };
    let etag = held
        .created
        .exchange
        .response()
        .and_then(|response| response.headers.get("etag"));
    let needs_tag = operation
        .parameters
        .iter()
        .any(|parameter| parameter.required && parameter.name.eq_ignore_ascii_case("if-match"));
    let request = to_item(
        world,
        operation,
        &held.path,
        body.as_ref(),
        etag.filter(|_| needs_tag),
    )?;
    let request = as_other(
        request,
        &other,
        "restricted, of default",
        "changes the restricted record of another force",
    );
    let exchange = script.send(request)?;
    let after = get(script, &home, &held.path, "reads its own record again")?;
    if let Some(finding) = carried_out(operation, exchange, after, &home.owned(world), before) {
        return Ok(vec![finding.at(operation.pointer.clone()).into()]);
    }
    Ok(vec![match exchange.status() {
        Some(403 | 404 | 410) => Judgement::Pass,
        Some(401) => {
            return Err(Halt::unmet(
                Responsible::Credentials,
                format!("The identity `{OTHER}` received 401: its credentials are not accepted."),
            ));
        }
        Some(status @ (400 | 405 | 409 | 412 | 415 | 422 | 428)) => Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "{} returned {status} to another force: the record stayed as it was, and \
                    whether it is the force that is refused is not known.",
                operation.key
            ),
        ),
        _ => judge(exchange, "another force's restricted record"),
    }])
}

/// What a write by another force did.
fn carried_out(
    operation: &Operation,
    exchange: &Exchange,
    after: &Exchange,
    owned: &[String],
    before: &serde_json::Value,
) -> Option<Finding> {
    let expected = format!("{}: 403 or 404, and the record as it was", operation.key);
    if matches!(exchange.status(), Some(200..300)) {
        return Some(
            Finding::new(
                "written",
                "A restricted record is written by another force.",
                expected,
                exchange.received(),
            )
            .shown_by(exchange.id),
        );
    }
    let gone = matches!(after.status(), Some(404 | 410));
    let changed = after
        .response()
        .filter(|response| response.is_success())
        .and_then(|response| response.json().ok())
        .map(|after| changes(owned, before, after))
        .unwrap_or_default();
    if !gone && changed.is_empty() {
        return None;
    }
    Some(
        Finding::new(
            "refused and written",
            "A write by another force is refused, but takes effect.",
            expected,
            if gone {
                "no such record".to_owned()
            } else {
                format!("other values of {}", brief(Some(&changed.into())))
            },
        )
        .shown_by(after.id),
    )
}
