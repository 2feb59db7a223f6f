//! `ops.if-none-match`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{Tag, of_role, reads_item, success, unless_never_promised, with},
    support::probe::reached,
};
use muster_core::{
    arrange::{Role, valid_request},
    contract::Operation,
    exchange::Response,
    model::Responsible,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.if-none-match",
    purpose: "The API returns 304 without a body, and with the same headers, when If-None-Match \
        names the current ETag.",
    verifies: "For each operation that reads a record and sends an ETag, the record is read, and \
        read again with that ETag in If-None-Match: the response is 304, with the same ETag, and \
        with Cache-Control, Content-Location, Expires and Vary where the full response has them. \
        The weak form of the ETag matches as well. An ETag that nobody ever sent gets the full \
        response. Where the ETag changed in between, nothing is judged.",
    matters: "Systems that poll for changes can only do so often and cheaply if what has not changed is not \
        sent again; a 304 with other headers makes caches forget how long they may keep it.",
    fix: "Compare If-None-Match with the current ETag before the body is written, without regard \
        to W/, and send the same headers as with 200.",
    kind: Kind::Probe {
        scope: Scope::Operation(reads_item),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "304 for what is held",
            contract: PERSON,
            dialogue: &[FULL, HELD, HELD, FULL],
            says: Expect::Pass,
        },
        Example {
            title: "If-None-Match is ignored",
            contract: PERSON,
            dialogue: &[FULL],
            says: Expect::Fail("does not receive 304"),
        },
        Example {
            title: "304 without its ETag",
            contract: PERSON,
            dialogue: &[
                FULL,
                ScriptedResponse::new("GET /people/7", 304, &[("cache-control", "no-store")], ""),
            ],
            says: Expect::Fail("lacks"),
        },
        Example {
            title: "304 whatever is held",
            contract: PERSON,
            dialogue: &[FULL, HELD],
            says: Expect::Fail("was never sent"),
        },
        Example {
            title: "No ETag",
            contract: PERSON,
            dialogue: &[ScriptedResponse::json("GET /people/7", 200, "{}")],
            says: Expect::Nothing,
        },
    ],
};

const PERSON: &str = "
/people/{id}:
  get:
    parameters: [{name: id, in: path, required: true, schema: {type: string}, example: '7'}]
    responses: {'200': {description: A person}}
";
const FULL: ScriptedResponse = ScriptedResponse::new(
    "GET /people/7",
    200,
    &[
        ("etag", "\"1\""),
        ("cache-control", "no-store"),
        ("content-type", "application/json"),
    ],
    "{}",
);
const HELD: ScriptedResponse = ScriptedResponse::new(
    "GET /people/7",
    304,
    &[("etag", "\"1\""), ("cache-control", "no-store")],
    "",
);

/// What a 304 must have if the full answer has it (RFC 9110 §15.4.5); `Date` is always another.
const KEPT: [&str; 5] = [
    "etag",
    "cache-control",
    "content-location",
    "expires",
    "vary",
];
/// A tag that no server sends.
const UNKNOWN: &str = "\"zztest-never-sent\"";

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = of_role(script, operation, &[Role::Read])?;
    let ended = judge_read(script, operation);
    unless_never_promised(script, operation, None, ended)
}

fn judge_read<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted {
    let mut request = valid_request(script, operation)?.request;
    request.headers.remove("if-none-match");
    request.purpose = "reads a record with its ETag".into();
    let full = success(script.send(request.clone())?)?;
    let tag = Tag::needed(full, operation)?;
    let strong = tag.0.strip_prefix("W/").unwrap_or(&tag.0);
    let weak = format!("W/{strong}");
    for (held, purpose) in [
        (tag.0.as_str(), "asks again with the ETag that it holds"),
        (weak.as_str(), "asks again with the weak form of the ETag"),
    ] {
        let exchange = script.send(with(request.clone(), "if-none-match", held, purpose))?;
        let response = match reached(exchange) {
            Ok(response) => response,
            Err(judgement) => return Ok(vec![judgement]),
        };
        if let Some(finding) = judge(operation, full, &tag, held, response)? {
            return Ok(vec![finding.at(operation.pointer.clone()).into()]);
        }
    }
    let purpose = "asks again with an ETag that nobody sent";
    let exchange = script.send(with(request, "if-none-match", UNKNOWN, purpose))?;
    let judgement = match reached(exchange) {
        Err(judgement) => judgement,
        Ok(response) if response.status == 304 => Finding::new(
            "always",
            "A request with an ETag that was never sent receives 304.",
            format!("{}: 200 with the record", operation.key),
            "304",
        )
        .at(operation.pointer.clone())
        .into(),
        Ok(_) => Judgement::Pass,
    };
    Ok(vec![judgement])
}

fn judge(
    operation: &Operation,
    full: &Response,
    tag: &Tag,
    held: &str,
    response: &Response,
) -> Scripted<Option<Finding>> {
    if response.status != 304 {
        if Tag::of(response).is_some_and(|now| now != *tag) {
            return Err(Halt::unmet(
                Responsible::TestData,
                format!(
                    "What {} reads changed while it was judged. Name a quiet record under `data` in the target file.",
                    operation.key
                ),
            ));
        }
        return Ok(Some(Finding::new(
            "ignored",
            "A request with the current ETag does not receive 304.",
            format!("{} with If-None-Match: {held}: 304", operation.key),
            response.status.to_string(),
        )));
    }
    // The tag counts also where it differs by W/ alone.
    let lacks = KEPT
        .into_iter()
        .find(|name| full.headers.get(name).is_some() && response.headers.get(name).is_none());
    Ok(lacks.map(|name| {
        Finding::new(
            format!("lacks {name}"),
            format!("A 304 lacks the {name} that the full response has."),
            format!(
                "{}: {name}: {}",
                operation.key,
                full.headers.get(name).unwrap_or_default()
            ),
            "none",
        )
    }))
}
