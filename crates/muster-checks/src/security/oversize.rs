//! `security.oversize`

use std::sync::LazyLock;

use bytes::Bytes;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::accepted_request,
    support::tokens::open_request,
};
use muster_core::{
    arrange::valid_request,
    contract::{Contract, Operation},
    exchange::{Body, BreakageKind, Exchange, Intent, Outcome, Request},
    model::{Method, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.oversize",
    purpose: "The API refuses headers that are too long, JSON that is too deep and bodies that \
        decompress to megabytes.",
    verifies: "A protected read gets a header of 64 KiB. Where writes are allowed, the first operation that \
        takes JSON gets a body nested 50,000 deep, and one of sixteen megabytes of blanks packed by gzip into \
        sixteen kilobytes. Each receives a response in time and without a server error: a refusal passes, and so does \
        a connection that is closed on the header, and a success for the header. A packed body that is taken \
        is a failure where `body_limit_bytes` says that it is too large, and inconclusive where no limit is \
        known.",
    matters: "Each is a request of a few kilobytes that can take a service away: by filling its memory, or by \
        ending the process that serves every client.",
    fix: "Limit the length of headers, the depth of JSON and the length of a body after it is unpacked, and return \
    431, 400 or 413. Return 415 to a `Content-Encoding` that is not offered.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 431),
                ScriptedResponse::empty("POST /people", 400),
                ScriptedResponse::empty("POST /people", 415),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Depth ends the process",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 431),
                ScriptedResponse::empty("POST /people", 502),
                ScriptedResponse::empty("POST /people", 415),
            ],
            says: Expect::Fail("nested"),
        },
        Example {
            title: "It is unpacked, and nobody knows the limit",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 431),
                ScriptedResponse::empty("POST /people", 400),
                ScriptedResponse::empty("POST /people", 201),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}}}
  post:
    security: [{token: []}]
    requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
    responses: {'201': {description: A person}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

const HEADER: usize = 64 << 10;
const DEPTH: usize = 50_000;
const UNPACKED: usize = 16 << 20;

/// Blanks by the megabyte, packed.
static PACKED: LazyLock<Option<Bytes>> = LazyLock::new(|| {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let blanks = vec![b' '; 1 << 16];
    for _ in 0..UNPACKED / blanks.len() {
        packer.write_all(&blanks).ok()?;
    }
    packer.write_all(b"{}").ok()?;
    packer.finish().ok().map(Bytes::from)
});

fn applies(contract: &Contract, parameters: &Parameters) -> Applies {
    crate::support::tokens::where_reads_are_protected(contract, parameters)
}

fn takes_json(contract: &Contract) -> Option<&Operation> {
    contract.operations.iter().find(|operation| {
        operation.key.method == Method::Post
            && accepted_request::json_body(operation).is_some()
            && muster_core::arrange::hazard(operation).is_none()
    })
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    let mut judgements = Vec::new();
    let read = open_request(script)?.header("x-muster-filling", "a".repeat(HEADER));
    let exchange = send(script, read, "a header of 64 KiB")?;
    judgements.push(judge(exchange, "a header of 64 KiB", true));
    let Some(operation) = takes_json(world.contract).filter(|_| world.writes) else {
        return Ok(judgements);
    };
    let request = match valid_request(script, operation) {
        Ok(arranged) => arranged.request,
        Err(Halt::Pending) => return Err(Halt::Pending),
        Err(_) => return Ok(judgements),
    };
    let media = request
        .body
        .as_ref()
        .and_then(|body| body.media_type.clone());
    let deep = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let nested = Request {
        body: Some(Body {
            media_type: media.clone(),
            bytes: deep.into(),
        }),
        ..request.clone()
    };
    let what = "JSON nested 50,000 deep";
    let exchange = send(script, nested, what)?;
    judgements.push(judge(exchange, what, false));
    let Some(packed) = PACKED.clone() else {
        return Ok(judgements);
    };
    let mut bomb = Request {
        body: Some(Body {
            media_type: media,
            bytes: packed,
        }),
        ..request
    };
    bomb.headers.set("content-encoding", "gzip");
    let what = "a body that unpacks to 16 MiB";
    let exchange = send(script, bomb, what)?;
    let limit = world.parameters.integer("body_limit_bytes");
    judgements.push(match exchange.status() {
        Some(200..300) if limit.is_none() => Judgement::inconclusive(
            Responsible::Configuration,
            format!("{} took {what}. Tell its limit in the target file, as parameter `body_limit_bytes`.", operation.key),
        ),
        Some(200..300) => Finding::new(
            "taken: packed",
            format!("{what} is taken, far over the limit."),
            format!("{}: 413, 400 or 415", operation.key),
            exchange.received(),
        )
        .shown_by(exchange.id)
        .into(),
        _ => judge(exchange, what, false),
    });
    Ok(judgements)
}

fn send<'a>(script: &mut Script<'a>, mut request: Request, what: &str) -> Scripted<&'a Exchange> {
    request.intent = Intent::Wrong(what.to_owned());
    request.purpose = format!("sends {what}");
    script.send(request)
}

fn judge(exchange: &Exchange, what: &str, may_be_taken: bool) -> Judgement {
    let finding = |cause: &str, title: String| {
        Finding::new(
            format!("{cause}: {what}"),
            title,
            "a refusal (4xx) in time",
            exchange.received(),
        )
        .shown_by(exchange.id)
        .into()
    };
    match &exchange.outcome {
        Outcome::Broken(breakage) if breakage.kind == BreakageKind::TimedOut => {
            finding("no answer", format!("No response comes in time to {what}."))
        }
        // A server may hang up on what it cannot read (RFC 9112 §9.6, RFC 6585 §5).
        Outcome::Broken(breakage)
            if breakage.kind.is_cut_off() || breakage.kind == BreakageKind::HeldOff =>
        {
            Judgement::Pass
        }
        Outcome::Broken(breakage) => Judgement::inconclusive(
            breakage.kind.responsible(),
            format!("With {what}: {}", breakage.detail),
        ),
        Outcome::Answered(response) => match response.status {
            // Not built for it, and said so.
            501 => Judgement::Pass,
            500.. => finding("a server error", format!("A server error comes to {what}.")),
            400..500 => Judgement::Pass,
            _ if may_be_taken => Judgement::Pass,
            status => Judgement::inconclusive(
                Responsible::Supplier,
                format!("{what} received {status}, which is not a refusal."),
            ),
        },
    }
}
