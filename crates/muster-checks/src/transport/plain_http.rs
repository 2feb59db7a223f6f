//! `transport.plain-http`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::probe::is_loopback,
};
use muster_core::{
    arrange::hazard,
    contract::{Contract, Operation, ParameterPlace},
    exchange::{Address, Auth, BreakageKind, Exchange, Intent, Outcome, Request},
    model::{Method, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "transport.plain-http",
    purpose: "Plain HTTP gives no data of the API, and does not redirect clients to HTTPS \
        unnoticed.",
    verifies: "A path of the API is asked for at the same host over plain HTTP, at port 80 or the one of the parameter \
    `plain_http_port`, and without credentials: those are never sent unencrypted. A refused or closed \
    connection, or an error, is right. A success with data is a failure, and so is a redirect: a client follows \
    it without a word, having sent its token in the clear. A page in HTML is not data. 401 is inconclusive, \
    since only credentials would show what comes next. A target on this machine is left out unless the parameter \
    is given.",
    matters: "One wrong letter in a configured URL, and tokens and personal data cross the network in the \
        clear, for years, with everything working.",
    fix: "Close the port, or return an error such as 403 or 426 over plain HTTP on every path of the API; keep \
    redirects for pages that people open in a browser.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Nothing listens",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::broken(
                ASKED,
                BreakageKind::ConnectionRefused,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Refused",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty(ASKED, 426)],
            says: Expect::Pass,
        },
        Example {
            title: "A redirect to HTTPS",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                ASKED,
                301,
                &[("location", "https://api.example.test/people")],
                "",
            )],
            says: Expect::Fail("redirects"),
        },
        Example {
            title: "The data itself",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json(ASKED, 200, r#"{"items":[]}"#)],
            says: Expect::Fail("gives data"),
        },
        Example {
            title: "A request for credentials",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty(ASKED, 401)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A target without encryption",
            contract: "
servers: [{url: http://rms.example.test}]
/people: {get: {responses: {'200': {description: People}}}}
",
            dialogue: &[],
            says: Expect::Fail("plain HTTP"),
        },
        Example {
            title: "A target on this machine",
            contract: "
servers: [{url: 'http://127.0.0.1:8080'}]
/people: {get: {responses: {'200': {description: People}}}}
",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const ASKED: &str = "GET http://api.example.test/people";
const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    let port = world.parameters.integer("plain_http_port");
    let url = url::Url::parse(world.base_url).map_err(|_| {
        Halt::unmet(
            Responsible::Configuration,
            "The base URL of the target cannot be read.",
        )
    })?;
    let loopback = is_loopback(world.base_url);
    if url.scheme() != "https" {
        return if loopback {
            Err(Halt::NotApplicable(
                "The target is on this machine and has no HTTPS to keep to.".into(),
            ))
        } else {
            Ok(vec![Judgement::Fail(Finding::new(
                "target without TLS",
                "The target itself is served over plain HTTP.",
                "a base URL with https",
                world.base_url,
            ))])
        };
    }
    if loopback && port.is_none() {
        return Err(Halt::NotApplicable(
            "The target is on this machine, where port 80 is not its own. Give the parameter `plain_http_port` to try another.".into(),
        ));
    }
    let host = url.host_str().unwrap_or_default();
    let port = port
        .filter(|port| *port != 80)
        .map_or_else(String::new, |port| format!(":{port}"));
    let base = url.path().trim_end_matches('/');
    let path = readable(world.contract).unwrap_or("/");
    let mut request = Request::new(
        Method::Get,
        Address::Absolute(format!("http://{host}{port}{base}{path}")),
        "asks the API over plain HTTP, without credentials",
    )
    .meant(Intent::Wrong("plain HTTP".into()));
    request.auth = Auth::Nothing;
    Ok(vec![judge(script.send(request)?)])
}

/// A path that can be read without any value.
fn readable(contract: &Contract) -> Option<&str> {
    contract
        .operations
        .iter()
        .find(|operation| {
            operation.key.method == Method::Get
                && operation.path_variables().next().is_none()
                && hazard(operation).is_none()
                && !operation
                    .parameters
                    .iter()
                    .any(|parameter| parameter.required && parameter.place == ParameterPlace::Query)
        })
        .map(|operation| &*operation.key.path)
}

fn judge(exchange: &Exchange) -> Judgement {
    let response = match &exchange.outcome {
        Outcome::Answered(response) => response,
        Outcome::Broken(breakage) => {
            return match breakage.kind {
                BreakageKind::ConnectionRefused
                | BreakageKind::ConnectionLost
                | BreakageKind::TimedOut
                | BreakageKind::Tls
                | BreakageKind::NotHttp => Judgement::Pass,
                kind => Judgement::inconclusive(
                    kind.responsible(),
                    format!("Plain HTTP could not be tried: {}", breakage.detail),
                ),
            };
        }
    };
    let page = response
        .media_type()
        .is_some_and(|media| media == "text/html");
    let (cause, title) = match response.status {
        200..=299 if page || response.body.is_empty() => return Judgement::Pass,
        200..=299 => ("data", "Plain HTTP gives data of the API."),
        300..=399 if response.headers.get("location").is_some() => {
            ("redirect", "Plain HTTP redirects clients of the API.")
        }
        401 => {
            return Judgement::inconclusive(
                Responsible::Muster,
                "The API asks for credentials over plain HTTP. Muster does not send them there, so what would come next is not known. Close the port, and the question with it.",
            );
        }
        _ => return Judgement::Pass,
    };
    let location = response
        .headers
        .get("location")
        .map_or_else(String::new, |location| format!(" to {location}"));
    Finding::new(
        cause,
        title,
        "a closed port, or an error such as 403 or 426",
        format!("{}{location}", exchange.received()),
    )
    .into()
}
