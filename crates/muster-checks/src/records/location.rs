//! `records.location`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::resource::{
        PEOPLE, ResourceOperations, answered, get, make_simple, on_create, read_exchange, subject,
    },
};
use muster_core::{
    arrange::{answers, names, serialise},
    contract::{Contract, Operation},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "records.location",
    purpose: "The Location header of a new record leads to that record.",
    verifies: "A valid record is created. Where the response has Location, or the contract \
        documents it for 201, it is there and names an item of the contract at this target, \
        reading it succeeds, and the record has the id of the response. A Location on another host \
        is not followed, and inconclusive.",
    matters: "Clients that hold no rules about paths find what they made by Location alone.",
    fix: "Send Location with the path of the record that was just stored (RFC 9110, 10.2.2).",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Leads there",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new(
                    "POST /people",
                    201,
                    &[("location", "/people/7")],
                    r#"{"id":"7"}"#,
                ),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Leads nowhere",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new(
                    "POST /people",
                    201,
                    &[("location", "/people/8")],
                    r#"{"id":"7"}"#,
                ),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::empty("GET /people/8", 404),
            ],
            says: Expect::Fail("leads nowhere"),
        },
        Example {
            title: "Leads to another",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::new(
                    "POST /people",
                    201,
                    &[("location", "/people/8")],
                    r#"{"id":"7"}"#,
                ),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/8", 200, r#"{"id":"8"}"#),
            ],
            says: Expect::Fail("another record"),
        },
        Example {
            title: "Documented, not sent",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json("GET /people/7", 200, r#"{"id":"7"}"#),
            ],
            says: Expect::Fail("has no Location"),
        },
    ],
};

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_create(contract, operation)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation = subject(operation)?;
    let world = script.world;
    let home = ResourceOperations::of(world, operation)?;
    let held = make_simple(script, &home)?;
    read_exchange(script, &home, &held)?;
    let answer = answered(&held.created.exchange)?;
    let documented = operation.response(answer.status).is_some_and(|spec| {
        spec.headers
            .iter()
            .any(|header| header.name.eq_ignore_ascii_case("location"))
    });
    let finding = |cause: &str, title: &str, received: String| {
        Judgement::from(
            Finding::new(
                cause,
                title,
                format!("{}: Location of {}", operation.key, held.id),
                received,
            )
            .at(operation.pointer.clone()),
        )
    };
    let Some(location) = answer.headers.get("location") else {
        return if documented {
            Ok(vec![finding(
                "none",
                "A new record has no Location, although the contract documents it.",
                "no Location".into(),
            )])
        } else {
            Err(Halt::NotApplicable(
                "There is no Location, and none is documented.".into(),
            ))
        };
    };
    let host = url::Url::parse(world.base_url).ok();
    // Relative to the request, not to the base URL (RFC 9110 §10.2.2, RFC 3986 §5.2).
    let target = url::Url::parse(&held.created.exchange.url)
        .ok()
        .and_then(|request| request.join(location).ok());
    if let (Some(base), Some(target)) = (&host, &target)
        && base.host() != target.host()
    {
        return Ok(vec![Judgement::inconclusive(
            muster_core::model::Responsible::Configuration,
            format!("Location {location} is on another host, which is not called."),
        )]);
    }
    let path = target.as_ref().map_or(location, |target| target.path());
    let Some(item) = answers::at_end(&home.read.key.path, path) else {
        return Ok(vec![finding(
            "no item",
            "Location of a new record is not an item of the contract.",
            location.to_owned(),
        )]);
    };
    let path = serialise::fill(&home.read.key.path, |name| {
        item.iter()
            .find(|(held, _)| held == name)
            .map(|(_, text)| serialise::encode(text))
    })
    .map_err(|why| Halt::unmet(muster_core::model::Responsible::Muster, why.to_string()))?;
    let exchange = get(script, &home, &path, "follows Location")?;
    let response = answered(exchange)?;
    if !response.is_success() {
        return Ok(vec![finding(
            "nowhere",
            "Location of a new record leads nowhere.",
            format!("{location}: {}", exchange.received()),
        )]);
    }
    let variable = home.collection.item.as_ref().map_or("id", |(_, name)| name);
    let thing = &home.collection.thing;
    let id = response
        .json()
        .ok()
        .and_then(|body| answers::record(body, thing))
        .and_then(|record| answers::member(record, &names::members_for(variable, thing)))
        .map(|id| serialise::scalar(&id));
    Ok(vec![match id {
        Some(id)
            if !id.eq_ignore_ascii_case(&held.id)
                && !answers::is_named_otherwise(response, thing, &held.id) =>
        {
            finding(
                "another",
                "Location of a new record leads to another record.",
                format!("{location}: {id}"),
            )
        }
        _ => Judgement::Pass,
    }])
}
