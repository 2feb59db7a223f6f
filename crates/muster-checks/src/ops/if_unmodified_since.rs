//! `ops.if-unmodified-since`

use time::{Duration, OffsetDateTime, PrimitiveDateTime, macros::format_description};

use crate::{
    Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{Own, PEOPLE, changes_item, of_role},
    support::probe::reached,
};
use muster_core::{
    arrange::Role,
    contract::Operation,
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "ops.if-unmodified-since",
    purpose: "The API returns 412 to a change when the record has changed since the time in \
        If-Unmodified-Since.",
    verifies: "For each operation that changes a record whose reading sends Last-Modified: a \
        change of a record of the run's own with If-Unmodified-Since one day before Last-Modified \
        receives 412. Responses without Last-Modified are not judged, and neither are APIs whose \
        contract or claims know no conditions of changes.",
    matters: "Clients that keep no ETags rely on the time; where it is not looked at, they \
        overwrite what others wrote.",
    fix: "Compare If-Unmodified-Since with the time of the last change where there is no If-Match, and return 412 \
    where the record is newer.",
    kind: Kind::Probe {
        scope: Scope::Operation(changes_item),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "412 for what changed since",
            contract: PEOPLE,
            dialogue: &[MADE, READ, ScriptedResponse::empty("PUT /people/7", 412)],
            says: Expect::Pass,
        },
        Example {
            title: "The time is not looked at",
            contract: PEOPLE,
            dialogue: &[
                MADE,
                READ,
                ScriptedResponse::json("PUT /people/7", 200, "{}"),
            ],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "No Last-Modified",
            contract: PEOPLE,
            dialogue: &[MADE, ScriptedResponse::json("GET /people/7", 200, "{}")],
            says: Expect::Nothing,
        },
    ],
};

const MADE: ScriptedResponse = ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#);
const READ: ScriptedResponse = ScriptedResponse::new(
    "GET /people/7",
    200,
    &[("last-modified", "Mon, 23 Nov 2026 10:00:00 GMT")],
    "{}",
);

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let change = of_role(script, operation, &[Role::Replace, Role::Patch])?;
    crate::support::own_record::conditional(script, change)?;
    let own = Own::of(script, change)?;
    let read = own.read(script, "reads when a record was last changed")?;
    let day_before = read
        .headers
        .get("last-modified")
        .and_then(moment)
        .and_then(|moment| text(moment - Duration::DAY))
        .ok_or_else(|| Halt::NotApplicable(format!("{} sends no Last-Modified.", own.read.key)))?;
    let mut request = own.changing(script, 1, None)?;
    request.headers.set("if-unmodified-since", day_before);
    request.purpose = "changes a record with If-Unmodified-Since and a time long past".into();
    let exchange = script.send(request)?;
    let judgement = match reached(exchange) {
        Err(judgement) => judgement,
        Ok(response) if response.status == 412 => Judgement::Pass,
        // The tag is asked for: the time alone is no condition here.
        Ok(response) if response.status == 428 => Judgement::not_applicable(format!(
            "{} takes If-Match alone as a condition.",
            change.key
        )),
        Ok(response) => Finding::new(
            format!("answered {}", response.status),
            if response.is_success() {
                "A change with If-Unmodified-Since before the last change is accepted.".to_owned()
            } else {
                format!(
                    "A change with If-Unmodified-Since before the last change receives {}.",
                    response.status
                )
            },
            format!("{}: 412", change.key),
            exchange.received(),
        )
        .at(change.pointer.clone())
        .into(),
    };
    Ok(vec![judgement])
}

fn moment(text: &str) -> Option<OffsetDateTime> {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    PrimitiveDateTime::parse(text, form)
        .ok()
        .map(PrimitiveDateTime::assume_utc)
}

fn text(moment: OffsetDateTime) -> Option<String> {
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    moment.format(form).ok()
}
