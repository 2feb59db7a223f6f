//! `transport.hsts`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{over_tls, reached, readable},
};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{Address, Auth, Intent, Request},
    model::{Method, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.hsts",
    purpose: "Responses over HTTPS say that the host is to be used over HTTPS alone.",
    verifies: "A path that needs no values is read. Its response has `Strict-Transport-Security` \
        with a `max-age` of a year or more (RFC 6797); the parameter `hsts_seconds` sets another \
        length.",
    matters: "Browsers and some clients then never try plain HTTP again, so that a mistyped address or a planted \
        link sends no token in the clear.",
    fix: "Send `Strict-Transport-Security: max-age=31536000` with every response over HTTPS, \
        errors included, wherever TLS ends.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "For two years",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[(
                    "strict-transport-security",
                    "max-age=63072000; includeSubDomains",
                )],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Not said",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 200)],
            says: Expect::Fail("do not say"),
        },
        Example {
            title: "Switched off",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("strict-transport-security", "max-age=0")],
                "",
            )],
            says: Expect::Fail("too short"),
        },
        Example {
            title: "An hour",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("strict-transport-security", "max-age=\"3600\"")],
                "",
            )],
            says: Expect::Fail("too short"),
        },
        Example {
            title: "Nonsense",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("strict-transport-security", "yes")],
                "",
            )],
            says: Expect::Fail("cannot be read"),
        },
        Example {
            title: "Not up",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /people", 503)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A target without TLS",
            contract: "
servers: [{url: 'http://127.0.0.1:8080'}]
/people: {get: {responses: {'200': {description: People}}}}
",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";
const YEAR: i64 = 31_536_000;

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    over_tls(&world)?;
    let wanted = world.parameters.integer("hsts_seconds").unwrap_or(YEAR);
    let purpose = "looks for Strict-Transport-Security";
    let request = match readable(world.contract) {
        Some(operation) => Request::new(
            Method::Get,
            Address::Base(operation.key.path.to_string()),
            purpose,
        )
        .calling(&operation.key),
        None => {
            let mut request = Request::new(Method::Get, Address::Base("/".into()), purpose)
                .meant(Intent::Housekeeping);
            request.auth = Auth::Nothing;
            request
        }
    };
    let exchange = script.send(request)?;
    // Any answer is to carry the header; only where none came from the API itself is there nothing to say.
    let response = match (exchange.response(), reached(exchange)) {
        (Some(response), _) if response.headers.get(HEADER).is_some() => response,
        (_, Ok(response)) => response,
        (_, Err(Judgement::Inconclusive(gap))) => return Err(Halt::Unmet(gap)),
        (_, Err(_)) => {
            return Err(Halt::unmet(
                Responsible::Network,
                "No response came to judge.",
            ));
        }
    };
    let expected = format!("Strict-Transport-Security: max-age={wanted} or more");
    let Some(value) = response.headers.get(HEADER) else {
        return Ok(vec![
            Finding::new(
                "missing",
                "Responses do not say that the host is for HTTPS alone.",
                expected,
                "no Strict-Transport-Security",
            )
            .into(),
        ]);
    };
    let received = format!("Strict-Transport-Security: {value}");
    Ok(vec![match max_age(value) {
        None => Finding::new(
            "unreadable",
            "Strict-Transport-Security cannot be read.",
            expected,
            received,
        )
        .into(),
        Some(age) if age < wanted => Finding::new(
            "too short",
            "Strict-Transport-Security holds for too short a time.",
            expected,
            received,
        )
        .into(),
        Some(_) => Judgement::Pass,
    }])
}

const HEADER: &str = "strict-transport-security";

fn max_age(value: &str) -> Option<i64> {
    value.split(';').find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("max-age")
            .then(|| value.trim().trim_matches('"').parse().ok())
            .flatten()
    })
}
