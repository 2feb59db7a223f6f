//! `ops.etag-strong`

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::entity_tags::is_tag,
    support::own_record::{
        Own, PEOPLE, Tag, changes_item, of_role, readable, settled, success, unless_never_promised,
    },
};
use muster_core::{
    arrange::Role,
    contract::Operation,
    exchange::Response,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.etag-strong",
    purpose: "The ETag of a record changes when the record changes, and only then.",
    verifies: "For each operation that changes a record, one of the run's own is read twice, \
        changed, and read again. The ETag is well formed; two responses that are the same byte by \
        byte have the same ETag; after a change that can be seen in the record, the ETag is \
        different. Two responses that differ without a change may share a weak ETag, but no strong \
        one. An API without ETags is not judged.",
    matters: "Caches and editors trust the ETag alone. One that stays the same lets an officer \
        overwrite what a colleague has just written; one that always changes makes every edit \
        fail.",
    fix: "Make the ETag of a version number or a hash of what is sent, in quotation marks.",
    kind: Kind::Probe {
        scope: Scope::Operation(changes_item),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "A new ETag for a new version",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                OLD,
                OLD,
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7","name":"B"}"#),
                ScriptedResponse::new(
                    "GET /people/7",
                    200,
                    &[("etag", "\"2\""), JSON],
                    r#"{"id":"7","name":"B"}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The ETag stays the same",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                OLD,
                OLD,
                ScriptedResponse::json("PUT /people/7", 200, r#"{"id":"7","name":"B"}"#),
                ScriptedResponse::new(
                    "GET /people/7",
                    200,
                    &[("etag", "\"1\""), JSON],
                    r#"{"id":"7","name":"B"}"#,
                ),
            ],
            says: Expect::Fail("stays the same"),
        },
        Example {
            title: "A new ETag at every read",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                OLD,
                ScriptedResponse::new(
                    "GET /people/7",
                    200,
                    &[("etag", "\"2\""), JSON],
                    r#"{"id":"7","name":"A"}"#,
                ),
            ],
            says: Expect::Fail("changes without"),
        },
        Example {
            title: "No tags",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Nothing,
        },
    ],
};

const JSON: (&str, &str) = ("content-type", "application/json");
const OLD: ScriptedResponse = ScriptedResponse::new(
    "GET /people/7",
    200,
    &[("etag", "\"1\""), JSON],
    r#"{"id":"7","name":"A"}"#,
);

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Replace, Role::Patch])?;
    let read = readable(script, change)?;
    let ended = judge(script, change);
    unless_never_promised(script, read, Some(change), ended)
}

fn judge<'a>(script: &mut Script<'a>, change: &'a Operation) -> Scripted {
    let own = Own::of(script, change)?;
    let first = own.read(script, "reads the ETag of a record")?;
    if let Some(text) = first.headers.get("etag")
        && !is_tag(text)
    {
        return Ok(vec![
            Finding::new(
                "form",
                "The ETag is not well formed.",
                format!("{}: a text in quotation marks", own.read.key),
                text,
            )
            .at(own.read.pointer.clone())
            .into(),
        ]);
    }
    let tag = Tag::needed(first, own.read)?;
    let second = own.read(script, "reads the ETag again")?;
    if let Some(finding) = unchanged(first, &tag, second) {
        return Ok(vec![finding.at(own.read.pointer.clone()).into()]);
    }
    let request = own.changing(
        script,
        1,
        Tag::of(second).as_ref().map(|tag| tag.0.as_str()),
    )?;
    success(script.send(request)?)?;
    let reading = own.reading("reads the ETag after a change");
    let third = success(settled(script, &reading, |response| {
        response.body != second.body
    })?)?;
    let judgement = if third.body == second.body {
        Judgement::not_applicable(format!(
            "The change through {} cannot be seen in what {} shows.",
            change.key, own.read.key
        ))
    } else if third.headers.get("etag") == second.headers.get("etag") {
        Finding::new(
            "stays",
            "The ETag stays the same although the record has changed.",
            format!("{}: another ETag than {}", own.read.key, tag.0),
            tag.0,
        )
        .at(own.read.pointer.clone())
        .into()
    } else {
        Judgement::Pass
    };
    Ok(vec![judgement])
}

/// What is wrong with two answers between which nothing was changed.
fn unchanged(first: &Response, tag: &Tag, second: &Response) -> Option<Finding> {
    let other = second.headers.get("etag").unwrap_or("no ETag");
    let same_body = first.body == second.body;
    if same_body && other != tag.0 {
        return Some(Finding::new(
            "unstable",
            "The ETag changes without a change of the record.",
            tag.0.clone(),
            other,
        ));
    }
    (!same_body && !tag.is_weak() && other == tag.0).then(|| {
        Finding::new(
            "shared",
            "Two different responses have the same strong ETag.",
            "the same bytes, or a weak ETag (W/)",
            other,
        )
    })
}
