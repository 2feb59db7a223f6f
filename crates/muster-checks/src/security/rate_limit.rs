//! `security.rate-limit`

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::tokens::{open_request, where_reads_are_protected},
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{Exchange, Intent, Response},
    model::{IdentityName, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.rate-limit",
    purpose: "The API returns 429 with Retry-After when a client exceeds the documented rate.",
    verifies: "Only where it is asked for, by the parameter `rate_limit: {requests: …, seconds: …}`, which says how \
    many requests in how many seconds are one more than the supplier documents. So many reads are sent, as the \
    identity `throttled` where the target file lends one with a small quota, else as the default identity. One \
    receives 429, and that response has `Retry-After` with seconds or a date. It stops at the first 429. Where \
    the budget or the API itself is too slow to get there, it is inconclusive.",
    matters: "Without a limit one faulty client takes the service away from every force. Without \
        `Retry-After` clients come back at once, and make it worse.",
    fix: "Count requests by client at the edge, return 429 above the documented rate, and say in `Retry-After` when to \
    come back.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Limited",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::new("GET /people", 429, &[("retry-after", "1")], ""),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "No end",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Fail("No request"),
        },
        Example {
            title: "Nothing says when to come back",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("GET /people", 200, "{}"),
                ScriptedResponse::empty("GET /people", 429),
            ],
            says: Expect::Fail("Retry-After"),
        },
        Example {
            title: "Not asked for",
            contract: "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
x-muster-parameters: {rate_limit: {requests: 30, seconds: 1}}
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

/// The parameter that asks for it.
const PARAMETER: &str = "rate_limit";
/// The name of an identity with a small quota.
const THROTTLED: &str = "throttled";
/// How many are sent at once.
const AT_ONCE: u64 = 10;
/// More than is ever sent.
const MOST: u64 = 2_000;

fn applies(contract: &Contract, parameters: &Parameters) -> Applies {
    if parameters.0.contains_key(PARAMETER) {
        where_reads_are_protected(contract, parameters)
    } else {
        Applies::No(format!(
            "It sends many requests at once, so it runs only on request. Set the parameter `{PARAMETER}` to the \
            requests and seconds that the supplier documents, and one request more."
        ))
    }
}

fn limit(parameters: &Parameters) -> Option<(u64, u64)> {
    let limit = parameters.0.get(PARAMETER)?;
    let member = |name| limit.get(name).and_then(Value::as_u64);
    Some((member("requests")?, member("seconds")?)).filter(|(requests, seconds)| {
        (1..=MOST).contains(requests) && (1..=3_600).contains(seconds)
    })
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    let (requests, seconds) = limit(world.parameters).ok_or_else(|| {
        Halt::unmet(
            Responsible::Configuration,
            format!(
                "`{PARAMETER}` needs `requests`, at most {MOST}, and `seconds`, both whole numbers."
            ),
        )
    })?;
    let pace = world
        .parameters
        .integer("budget_per_second")
        .and_then(|pace| u64::try_from(pace).ok())
        .filter(|pace| *pace > 0);
    if pace.is_some_and(|pace| pace.saturating_mul(seconds) < requests) {
        return Err(Halt::unmet(
            Responsible::Configuration,
            format!(
                "The budget sends too few requests a second to get to {requests} in {seconds} s. Raise `budget.per_second` in the target file."
            ),
        ));
    }
    let mut request = open_request(script)?;
    let throttled = IdentityName::from(THROTTLED);
    if world.identities.contains(&throttled) {
        request.identity = throttled;
    }
    request.intent = Intent::Wrong("more requests than are documented".into());
    request.purpose = "asks again and again".into();
    let mut left = requests;
    let mut took_us: u64 = 0;
    while left > 0 {
        let many = left.min(AT_ONCE);
        left -= many;
        let burst: Vec<_> = (0..many).map(|_| request.clone()).collect();
        let answers = script.send_all(burst)?;
        let slowest = answers
            .iter()
            .filter_map(Exchange::response)
            .map(|response| response.timing.total_us)
            .max();
        took_us = took_us.saturating_add(slowest.unwrap_or_default());
        if let Some(limited) = answers
            .iter()
            .find(|exchange| exchange.status() == Some(429))
        {
            return Ok(vec![judge(limited)]);
        }
        if let Some(other) = answers
            .iter()
            .find(|exchange| !exchange.response().is_some_and(Response::is_success))
        {
            return Err(Halt::unmet(
                Responsible::Supplier,
                format!(
                    "Before any limit, a request received {}, so that the limit is not known.",
                    other.received()
                ),
            ));
        }
    }
    if took_us > seconds.saturating_mul(1_000_000) {
        return Err(Halt::unmet(
            Responsible::Supplier,
            format!("The API responds too slowly to receive {requests} requests in {seconds} s."),
        ));
    }
    Ok(vec![
        Finding::new(
            "no limit",
            format!("No request of {requests} receives 429."),
            format!("429 with `Retry-After` before {requests} requests in {seconds} s"),
            "success each time",
        )
        .into(),
    ])
}

fn judge(limited: &Exchange) -> Judgement {
    let after = limited
        .response()
        .and_then(|response| response.headers.get("retry-after"))
        .map(str::trim)
        .unwrap_or_default();
    let is_number = !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit());
    // RFC 9110 §5.6.7: each form of a date ends in GMT, or in the year.
    let is_date = after.ends_with("GMT") || (after.len() == 24 && after.contains(':'));
    if is_number || is_date {
        return Judgement::Pass;
    }
    Finding::new(
        "no Retry-After",
        "A 429 does not say by `Retry-After` when to retry.",
        "429 with `Retry-After`, in seconds or as a date",
        if after.is_empty() {
            "429 without it".to_owned()
        } else {
            format!("`Retry-After: {after}`")
        },
    )
    .shown_by(limited.id)
    .into()
}
