//! `change.shows-in-time`

use std::time::Duration;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::own_record::{PEOPLE, success},
    support::resource::on_create,
};
use muster_core::{
    arrange::{accept, create},
    contract::{Contract, Operation},
    exchange::{Address, Request},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "change.shows-in-time",
    purpose: "A write can be read at once, or within the time that the target declares.",
    verifies: "Before everything else, each operation that creates a record makes one, and it is read straight \
        away. Where it cannot be read, it is read again with growing pauses, for five seconds at most. A record \
        that shows late is a finding unless the target file declares `settle_ms` (under `parameters`) and it \
        shows within that. Whatever else the run does then waits for writes to show, by reading until they \
        do, so that lag is told here, once, and not by every other check. A record that never shows is what \
        `records.created-is-found` judges.",
    matters: "An officer who saves a record and is told that it does not exist saves it again. \
        Clients can live with lag that they know of: they show what they sent, and look again.",
    fix: "Let reads that follow a write of the same client see it, for example by reading from the primary for \
        a moment or until the copy has reached the write's position. Where lag is meant, say how long it may \
        be in the contract, and in the target file as `settle_ms`.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "At once",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{\"id\": \"7\"}"),
                ScriptedResponse::json("GET /people/7", 200, "{\"id\": \"7\"}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Late, and nobody said so",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{\"id\": \"7\"}"),
                ScriptedResponse::empty("GET /people/7", 404),
                ScriptedResponse::json("GET /people/7", 200, "{\"id\": \"7\"}"),
            ],
            says: Expect::Fail("no time to settle is declared"),
        },
        Example {
            title: "Late, within the declared time",
            contract: DECLARED,
            dialogue: &[
                ScriptedResponse::json("POST /notes", 201, "{\"id\": \"7\"}"),
                ScriptedResponse::empty("GET /notes/7", 404),
                ScriptedResponse::json("GET /notes/7", 200, "{\"id\": \"7\"}"),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Never",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{\"id\": \"7\"}"),
                ScriptedResponse::empty("GET /people/7", 404),
            ],
            says: Expect::Inconclusive,
        },
    ],
};

const DECLARED: &str = "
x-muster-parameters: {settle_ms: 400}
/notes:
  post:
    requestBody: {content: {application/json: {schema: {type: object, properties: {text: {type: string}}}}}}
    responses: {'201': {description: Created}}
/notes/{id}:
  get:
    responses: {'200': {description: A note}}
";

/// How long is looked, in milliseconds.
const MOST_MS: u64 = 5_000;

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    on_create(contract, operation)
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let operation =
        operation.ok_or_else(|| Halt::NotApplicable("There is no operation to call.".into()))?;
    let declared = script
        .world
        .parameters
        .integer("settle_ms")
        .map(i64::unsigned_abs);
    let created = create(script, operation)?;
    success(&created.exchange)?;
    let Some(path) = created.item else {
        return Err(Halt::NotApplicable(
            "The response does not say where the new record is.".into(),
        ));
    };
    let Some(read) = script.world.contract.find_operation(&Method::Get, &path) else {
        return Err(Halt::NotApplicable(
            "The contract has no operation that reads the new record.".into(),
        ));
    };
    let mut reading = Request::new(
        Method::Get,
        Address::Base(path),
        "reads what was just created",
    )
    .calling(&read.key);
    reading.identity = created.arranged.request.identity.clone();
    let media = accept(read);
    if !media.is_empty() {
        reading.headers.set("accept", media);
    }
    let (mut waited, mut pause) = (0, 25);
    loop {
        let exchange = script.send(reading.clone())?;
        let status = exchange.status();
        if exchange
            .response()
            .is_some_and(|response| response.status < 400)
        {
            break;
        }
        if !matches!(status, Some(404 | 410)) || waited >= MOST_MS {
            return Ok(vec![Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "A new record of {} could not be read within {MOST_MS} ms ({}), so how long writes take to show is not known.",
                    operation.key,
                    exchange.received()
                ),
            )]);
        }
        script.pause(Duration::from_millis(pause))?;
        waited += pause;
        pause = (pause * 2).min(500);
    }
    let title = match declared {
        _ if waited == 0 => return Ok(vec![Judgement::Pass]),
        // The last pause is more than it took.
        Some(declared) if waited / 2 <= declared => return Ok(vec![Judgement::Pass]),
        Some(declared) => {
            format!(
                "A new record can be read only later than the declared {declared} ms (settle_ms)."
            )
        }
        None => {
            "A new record cannot be read at once, and no time to settle is declared.".to_owned()
        }
    };
    Ok(vec![
        Finding::new(
            "shows late",
            title,
            format!(
                "{}: the record can be read {}",
                operation.key,
                declared.map_or_else(
                    || "at once".to_owned(),
                    |declared| format!("within {declared} ms")
                )
            ),
            format!("readable after about {waited} ms"),
        )
        .at(operation.pointer.clone())
        .into(),
    ])
}
