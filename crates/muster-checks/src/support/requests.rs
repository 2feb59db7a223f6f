//! Requests about a record that a check has made: to read it, to change it, and to wait until a change shows.

use std::time::Duration;

use serde_json::Value;

use crate::{
    support::probe::reached,
    support::resource::{CreatedRecord, ResourceOperations, SETTLE_MS},
};
use muster_core::{
    arrange::{
        accept, answers, body, serialise,
        values::{self, generated},
    },
    contract::{Operation, ParameterPlace},
    exchange::{Address, Exchange, Intent, Request, Response},
    generate,
    model::Responsible,
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::Judgement,
};

/// A read of one record.
pub(crate) fn get<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    path: &str,
    purpose: &str,
) -> Scripted<&'a Exchange> {
    let request = to_item(script.world, home.read, path, None, None)?;
    script.send(Request {
        purpose: purpose.into(),
        ..request
    })
}

/// The record as it is read, once it can be.
pub(crate) fn read<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    held: &CreatedRecord,
) -> Scripted<&'a Value> {
    let exchange = read_exchange(script, home, held)?;
    let json = answered(exchange)?.json().map_err(|reason| {
        Halt::unmet(
            Responsible::Supplier,
            format!("The record cannot be read: {reason}."),
        )
    })?;
    Ok(answers::record(json, &home.collection.thing).unwrap_or(json))
}

/// The read of a record, once it succeeds.
pub(crate) fn read_exchange<'a>(
    script: &mut Script<'a>,
    home: &ResourceOperations<'a>,
    held: &CreatedRecord,
) -> Scripted<&'a Exchange> {
    let exchange = until(script, |script| {
        let exchange = get(script, home, &held.path, "reads the record back")?;
        let gone = matches!(exchange.status(), Some(404 | 410));
        Ok((exchange, !gone))
    })?;
    if answered(exchange)?.is_success() {
        Ok(exchange)
    } else {
        Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "A record that was created cannot be read: {} returned {}.",
                home.read.key,
                exchange.received()
            ),
        ))
    }
}

/// The answer, where the API itself gave one.
pub(crate) fn answered(exchange: &Exchange) -> Scripted<&Response> {
    reached(exchange).map_err(|judgement| match judgement {
        Judgement::Inconclusive(gap) => Halt::Unmet(gap),
        _ => Halt::unmet(Responsible::Supplier, "No response came to judge."),
    })
}

/// How long a poll waits between two looks, in milliseconds.
pub(crate) const STEP_MS: u64 = 100;

/// By how much reads lag behind writes as the target declares (`settle_ms`), in milliseconds; 0 where it does not.
pub(crate) fn declared_lag_ms(world: ProbeContext<'_>) -> u64 {
    world
        .parameters
        .integer("settle_ms")
        .and_then(|ms| u64::try_from(ms).ok())
        .unwrap_or(0)
}

/// Looks again, with growing pauses, until what is looked for is there or `settle_ms` is over.
pub(crate) fn until<'a, T>(
    script: &mut Script<'a>,
    mut look: impl FnMut(&mut Script<'a>) -> Scripted<(T, bool)>,
) -> Scripted<T> {
    let settle = script
        .world
        .parameters
        .integer("settle_ms")
        .unwrap_or(SETTLE_MS)
        .clamp(0, 60_000)
        .unsigned_abs();
    let (mut seen, mut there) = look(script)?;
    let (mut spent, mut pause) = (0, 100);
    while !there && spent < settle {
        script.pause(Duration::from_millis(pause.min(settle - spent)))?;
        spent += pause;
        pause *= 3;
        (seen, there) = look(script)?;
    }
    Ok(seen)
}

/// A request to one record, with what the operation cannot be called without.
pub(crate) fn to_item(
    world: ProbeContext<'_>,
    operation: &Operation,
    path: &str,
    body: Option<&Value>,
    etag: Option<&str>,
) -> Scripted<Request> {
    let mut request = Request::new(
        operation.key.method.clone(),
        Address::Base(path.to_owned()),
        "calls the operation on a record of the run's own",
    )
    .calling(&operation.key)
    .meant(Intent::Plausible);
    let media = accept(operation);
    if !media.is_empty() {
        request.headers.set("accept", media);
    }
    let mut query = Vec::new();
    for parameter in operation
        .parameters
        .iter()
        .filter(|parameter| parameter.required && parameter.place != ParameterPlace::Path)
    {
        let unmet = |why: String| {
            Halt::unmet(
                Responsible::Muster,
                format!(
                    "`{}` of {} cannot be filled: {why}.",
                    parameter.name, operation.key
                ),
            )
        };
        if parameter.place == ParameterPlace::Header
            && parameter.name.eq_ignore_ascii_case("if-match")
        {
            request.headers.set("if-match", etag.unwrap_or("*"));
            continue;
        }
        let label = format!("{} {}", operation.key, parameter.name);
        let given = world.known.given(&operation.key, &parameter.name).cloned();
        let value = match (given, &parameter.schema) {
            (Some(value), _) => value,
            (None, Some(schema)) => generated(
                &world,
                schema,
                values::place(parameter),
                generate::Style::Simple,
                &label,
            )
            .map_err(&unmet)?,
            (None, None) => Value::from("zz"),
        };
        match parameter.place {
            ParameterPlace::Query => query
                .extend(serialise::query(parameter, &value).map_err(|why| unmet(why.to_string()))?),
            ParameterPlace::Header => {
                let text =
                    serialise::header(parameter, &value).map_err(|why| unmet(why.to_string()))?;
                request.headers.set(&parameter.name, text);
            }
            _ => {}
        }
    }
    if !query.is_empty() {
        request.address = Address::Base(format!("{path}?{}", query.join("&")));
    }
    if let (Some(body), Some(spec)) = (body, &operation.body)
        && let Some(media) = body::choose(&spec.content)
    {
        request.body = Some(body::write(world.contract, media, body).map_err(|why| {
            Halt::unmet(
                Responsible::Muster,
                format!("No body can be written for {}: {why}.", operation.key),
            )
        })?);
    }
    Ok(request)
}

/// A change of a record of the run's own: its exchange.
pub(crate) fn change<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
    held: &CreatedRecord,
    body: Option<&Value>,
    purpose: &str,
) -> Scripted<&'a Exchange> {
    let needs_tag = operation.parameters.iter().any(|parameter| {
        parameter.required
            && parameter.place == ParameterPlace::Header
            && parameter.name.eq_ignore_ascii_case("if-match")
    });
    let mut etag = None;
    if needs_tag {
        let home = ResourceOperations::of(script.world, operation)?;
        let read = read_exchange(script, &home, held)?;
        etag = read
            .response()
            .and_then(|response| response.headers.get("etag"))
            .map(str::to_owned);
    }
    let request = to_item(script.world, operation, &held.path, body, etag.as_deref())?;
    script.send(Request {
        purpose: purpose.into(),
        ..request
    })
}

/// The answer to a change that succeeds; later ones (202) cannot be judged.
pub(crate) fn changed<'a>(operation: &Operation, exchange: &'a Exchange) -> Scripted<&'a Response> {
    let response = answered(exchange)?;
    match response.status {
        202 => Err(Halt::NotApplicable(format!(
            "{} acts later than its response (202), and nothing says when.",
            operation.key
        ))),
        status if (200..300).contains(&status) => Ok(response),
        _ => Err(Halt::unmet(
            Responsible::Supplier,
            format!(
                "{} of a record of the run's own returned {}, so that nothing could be judged.",
                operation.key,
                exchange.received()
            ),
        )),
    }
}
