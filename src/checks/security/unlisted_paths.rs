//! `security.unlisted-paths`

use crate::{
    checks::{Applies, Check, Example, Kind, Line, Says, Scope, tokens::judge},
    contract::Operation,
    exchange::{Address, Auth, Intent, Request},
    model::Method,
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.unlisted-paths",
    purpose: "Nothing answers below the API's root but what the contract lists.",
    verifies: "Without credentials, a path that nobody can have built and the usual places of consoles, \
        metrics and configuration are asked for below the base URL. None is answered with success, \
        unless the contract lists it.",
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
            dialogue: &[Line::empty("GET /*", 404)],
            says: Says::Pass,
        },
        Example {
            title: "A console",
            contract: PEOPLE,
            dialogue: &[
                Line::empty("GET /muster-is-not-here", 404),
                Line::json("GET /actuator/env", 200, "{}"),
                Line::empty("GET /*", 404),
            ],
            says: Says::Fail("/actuator/env"),
        },
        Example {
            title: "Anything goes",
            contract: PEOPLE,
            dialogue: &[Line::json("GET /*", 200, "{}")],
            says: Says::Fail("made up"),
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
    if made_up
        .status()
        .is_some_and(|status| (200..300).contains(&status))
    {
        return Ok(vec![
            Finding::new(
                "a made-up path",
                "A path that is made up is answered with success.",
                format!("GET {MADE_UP}: 404"),
                made_up.received(),
            )
            .into(),
        ]);
    }
    let mut judgements = vec![judge(made_up, "no credentials")];
    let unlisted: Vec<&str> = USUAL
        .iter()
        .copied()
        .filter(|path| contract.find_path(path).is_none())
        .collect();
    let requests = unlisted.iter().map(|path| ask(path)).collect();
    for (path, exchange) in unlisted.iter().zip(script.send_all(requests)?) {
        let success = exchange
            .status()
            .is_some_and(|status| (200..300).contains(&status));
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
