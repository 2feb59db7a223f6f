//! `wire.compression`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{success, with},
};
use muster_core::{
    arrange::{hazard, valid_request},
    contract::{Contract, Operation},
    exchange::{BreakageKind, Exchange, Outcome, Response},
    model::Method,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "wire.compression",
    purpose: "A compressed response has the content of the uncompressed one, and its Vary header \
        names Accept-Encoding.",
    verifies: "Each GET is sent for a plain response (`Accept-Encoding: identity`), then for gzip, \
        then for br. A plain response has no Content-Encoding; a compressed one has a coding that \
        was asked for, decodes to the bytes of the plain one, names Accept-Encoding in `Vary`, and \
        does not have the strong ETag of the plain one. Bytes are compared where the plain \
        response is the same before and after; of a response that differs each time, such as a \
        log, only the rest is judged. A target that compresses nothing is not judged.",
    matters: "A cache on the way that is not told of the difference serves compressed bytes to a \
        client that cannot read them. A gateway that compresses badly spoils records that the API \
        made well.",
    fix: "Let one layer compress, and let it send `Vary: Accept-Encoding` on every response that \
        it would compress for another client (nginx: `gzip_vary on`), with another or a weak ETag.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "The same bytes, and Vary",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new("GET /people", 200, &[("etag", "\"1\"")], "[]"),
                ScriptedResponse::new(
                    "GET /people",
                    200,
                    &[
                        ("content-encoding", "gzip"),
                        ("vary", "Accept, accept-encoding"),
                        ("etag", "W/\"1\""),
                    ],
                    "[]",
                ),
                ScriptedResponse::new("GET /people", 200, &[("vary", "Accept-Encoding")], "[]"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Without Vary",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new("GET /people", 200, &[], "[]"),
                ScriptedResponse::new("GET /people", 200, &[("content-encoding", "gzip")], "[]"),
                ScriptedResponse::new("GET /people", 200, &[], "[]"),
            ],
            says: Expect::Fail("Vary"),
        },
        Example {
            title: "Other bytes",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new("GET /people", 200, &[], "[1]"),
                ScriptedResponse::new(
                    "GET /people",
                    200,
                    &[("content-encoding", "gzip"), ("vary", "Accept-Encoding")],
                    "[2]",
                ),
                ScriptedResponse::new("GET /people", 200, &[], "[1]"),
                ScriptedResponse::new(
                    "GET /people",
                    200,
                    &[("content-encoding", "gzip"), ("vary", "Accept-Encoding")],
                    "[2]",
                ),
                ScriptedResponse::new("GET /people", 200, &[], "[1]"),
            ],
            says: Expect::Fail("other content"),
        },
        Example {
            title: "A record of another client was there for one response",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new("GET /people", 200, &[], "[1]"),
                ScriptedResponse::new(
                    "GET /people",
                    200,
                    &[("content-encoding", "gzip"), ("vary", "Accept-Encoding")],
                    "[1,2]",
                ),
                ScriptedResponse::new("GET /people", 200, &[], "[1]"),
                ScriptedResponse::new(
                    "GET /people",
                    200,
                    &[("content-encoding", "gzip"), ("vary", "Accept-Encoding")],
                    "[1]",
                ),
                ScriptedResponse::new("GET /people", 200, &[], "[1]"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A coding that nobody asked for",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("content-encoding", "gzip")],
                "[]",
            )],
            says: Expect::Fail("uncompressed response"),
        },
        Example {
            title: "Nothing is compressed",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new("GET /people", 200, &[], "[]")],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if operation.key.method == Method::Get && hazard(operation).is_none() {
        Applies::Yes
    } else {
        Applies::Irrelevant
    }
}

fn coding(response: &Response) -> Option<String> {
    let coding = response
        .headers
        .get("content-encoding")?
        .trim()
        .to_ascii_lowercase();
    (!coding.is_empty() && coding != "identity").then_some(coding)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation =
        operation.ok_or_else(|| Halt::NotApplicable("There is no operation to call.".into()))?;
    let request = valid_request(script, operation)?.request;
    let asking = |coding: &str| {
        let purpose = format!("asks for the response in the coding {coding}");
        with(request.clone(), "accept-encoding", coding, &purpose)
    };
    let wrong = |cause: &str, title: &str, expected: &str, received: String| -> Judgement {
        Finding::new(
            cause,
            title,
            format!("{}: {expected}", operation.key),
            received,
        )
        .at(operation.pointer.clone())
        .into()
    };
    let first = success(script.send(asking("identity"))?)?;
    if let Some(coding) = coding(first) {
        return Ok(vec![wrong(
            "coding of a plain response",
            "An uncompressed response was requested, and a compressed one was received.",
            "no Content-Encoding, as Accept-Encoding: identity asks",
            format!("Content-Encoding: {coding}"),
        )]);
    }
    let mut judgements = Vec::new();
    let mut compressed = false;
    let mut base = first;
    for asked in ["gzip", "br"] {
        let exchange = script.send(asking(asked))?;
        if let Some(broken) = undecodable(exchange) {
            compressed = true;
            judgements.push(wrong(
                "not decodable",
                "A compressed response cannot be decompressed.",
                &format!("a body in {asked}"),
                broken,
            ));
            continue;
        }
        let response = success(exchange)?;
        let Some(came) = coding(response) else {
            continue;
        };
        compressed = true;
        if came != asked && !(asked == "gzip" && came == "x-gzip") {
            judgements.push(wrong(
                "another coding",
                "A response has a coding that was not requested.",
                &format!("Content-Encoding: {asked}, or none"),
                format!("Content-Encoding: {came}"),
            ));
            continue;
        }
        // Others write meanwhile: only what is the same before and after can be compared.
        let mut differs = response.body != base.body;
        if differs {
            let after = success(script.send(asking("identity"))?)?;
            // Also what is the same again may have been another meanwhile, once.
            let again = success(script.send(asking(asked))?)?;
            let last = success(script.send(asking("identity"))?)?;
            differs = again.body != after.body && last.body == after.body;
            base = last;
        }
        if differs {
            judgements.push(wrong(
                "other bytes",
                "A compressed response has other content than the uncompressed one.",
                &format!("the same body in {asked}"),
                format!(
                    "{} bytes in place of {}",
                    response.body.len(),
                    first.body.len()
                ),
            ));
        }
        if !names(response, "vary", "accept-encoding") {
            judgements.push(wrong(
                "no Vary",
                "The Vary header of a compressed response does not name Accept-Encoding.",
                "Vary: Accept-Encoding",
                response.headers.get("vary").unwrap_or("no Vary").to_owned(),
            ));
        }
        let strong = |response: &Response| {
            let tag = response.headers.get("etag")?;
            (!tag.starts_with("W/")).then(|| tag.to_owned())
        };
        if response.body == first.body
            && strong(response).is_some()
            && strong(response) == strong(first)
        {
            judgements.push(wrong(
                "one strong ETag",
                "A compressed response has the strong ETag of the uncompressed one.",
                "another ETag, or a weak one",
                strong(response).unwrap_or_default(),
            ));
        }
    }
    if !compressed {
        return Ok(vec![Judgement::not_applicable(format!(
            "{} is not compressed, whatever is asked for.",
            operation.key
        ))]);
    }
    if judgements.is_empty() {
        judgements.push(Judgement::Pass);
    }
    Ok(judgements)
}

/// Why the body of an answer could not be decoded.
fn undecodable(exchange: &Exchange) -> Option<String> {
    match &exchange.outcome {
        Outcome::Broken(breakage)
            if breakage.kind == BreakageKind::NotHttp
                && breakage.detail.contains("Content-Encoding") =>
        {
            Some(breakage.detail.clone())
        }
        _ => None,
    }
}

/// Whether a header that is a list has this member, or `*`.
fn names(response: &Response, header: &str, member: &str) -> bool {
    response
        .headers
        .all(header)
        .flat_map(|value| value.split(','))
        .any(|name| name.trim() == "*" || name.trim().eq_ignore_ascii_case(member))
}
