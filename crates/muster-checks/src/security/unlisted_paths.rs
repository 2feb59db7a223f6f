//! `security.unlisted-paths`

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse, support::tokens::judge,
};
use muster_core::{
    contract::Operation,
    exchange::{Address, Auth, Intent, Request, Response},
    model::Method,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.unlisted-paths",
    purpose: "The API serves nothing below its root but what the contract lists.",
    verifies: "Without credentials, a path that nobody can have built and the usual places of consoles, metrics and \
    configuration are asked for below the base URL. None receives a success, unless the contract lists it. Where \
    a made-up path receives a web page, as single-page applications do, that page is not a finding.",
    matters: "Consoles and metrics that were left on are where intruders look first: they tell versions, \
        memory and passwords, and some run commands.",
    fix: "Deny every route that is not listed; serve consoles on another port, inside.",
    kind: Kind::Probe {
        scope: Scope::Target(|_, _| Applies::Yes),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Denied",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("GET /*", 404)],
            says: Expect::Pass,
        },
        Example {
            title: "A console",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::empty("GET /muster-is-not-here", 404),
                ScriptedResponse::json("GET /actuator/env", 200, "{}"),
                ScriptedResponse::empty("GET /*", 404),
            ],
            says: Expect::Fail("/actuator/env"),
        },
        Example {
            title: "Anything goes",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::json("GET /*", 200, "{}")],
            says: Expect::Fail("invented path"),
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";

const MADE_UP: &str = "/muster-is-not-here";

/// Where consoles, metrics and configuration lie when nobody took them away.
const USUAL: &[&str] = &[
    "/actuator",
    "/actuator/env",
    "/actuator/heapdump",
    "/admin",
    "/console",
    "/debug",
    "/debug/pprof/",
    "/h2-console",
    "/metrics",
    "/server-status",
    "/.env",
    "/.git/config",
];

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let contract = script.world.contract;
    let ask = |path: &str| {
        let mut request = Request::new(
            Method::Get,
            Address::Base(path.to_owned()),
            "asks for what the contract does not list",
        )
        .meant(Intent::Wrong(
            "a path that the contract does not list".into(),
        ));
        request.auth = Auth::Nothing;
        request
    };
    let made_up = script.send(ask(MADE_UP))?;
    // A single-page application sends its page for every path, and routes in the browser.
    let page = made_up.response().filter(|response| is_page(response));
    if page.is_none() && made_up.response().is_some_and(Response::is_success) {
        return Ok(vec![
            Finding::new(
                "a made-up path",
                "A request for an invented path receives a success.",
                format!("GET {MADE_UP}: 404"),
                made_up.received(),
            )
            .into(),
        ]);
    }
    let mut judgements = match page {
        Some(_) => vec![Judgement::not_applicable(
            "A request for an invented path receives a web page: the API is served below the \
                address of a web application, whose page says nothing of unlisted operations.",
        )],
        None => vec![judge(made_up, "no credentials")],
    };
    let unlisted: Vec<&str> = USUAL
        .iter()
        .copied()
        .filter(|path| contract.find_path(path).is_none())
        .collect();
    let requests = unlisted.iter().map(|path| ask(path)).collect();
    for (path, exchange) in unlisted.iter().zip(script.send_all(requests)?) {
        let success = exchange.response().is_some_and(|response| {
            response.is_success() && !page.is_some_and(|page| is_same_page(page, response))
        });
        judgements.push(if success {
            Finding::new(
                (*path).to_owned(),
                format!("`{path}` is served to anyone, and the contract does not list it."),
                format!("GET {path}: 404"),
                exchange.received(),
            )
            .into()
        } else {
            Judgement::Pass
        });
    }
    Ok(judgements)
}

/// Whether a response is a web page that was found.
fn is_page(response: &Response) -> bool {
    response.is_success()
        && matches!(
            response.media_type().as_deref(),
            Some("text/html" | "application/xhtml+xml")
        )
}

/// Whether a response is the page that every path has, but for a nonce in it.
fn is_same_page(page: &Response, response: &Response) -> bool {
    is_page(response) && page.body.len() == response.body.len()
}
