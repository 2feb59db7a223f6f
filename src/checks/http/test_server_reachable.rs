//! `http.test-server-reachable`

use crate::{
    checks::{Applies, Check, Example, Kind, Line, Says, Scope},
    contract::{Contract, Operation, Server},
    exchange::{Address, Auth, Exchange, Intent, Outcome, Request},
    model::{Method, Parameters, Whose},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.test-server-reachable",
    purpose: "The contract declares a server to test against, and it answers.",
    verifies: "A server of the contract is one to test against: its URL or description says so (test, \
        sandbox, development, staging and the like), or it is the tested server and the target file \
        gives another environment than production. If it is the one under test, its base URL is asked \
        without credentials, and any answer shows that it is reachable. A test server on another host is \
        never called: that it is reachable is inconclusive until a run is made against it.",
    matters: "Whoever builds against an API and has nowhere to try it tries it in production.",
    fix: "List the test server under `servers` of the contract, with a description that says what it is \
        for, and keep it up.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "The tested server is declared as a sandbox",
            contract: SANDBOX,
            dialogue: &[Line::empty("GET /", 404)],
            says: Says::Pass,
        },
        Example {
            title: "A sandbox that is elsewhere",
            contract: "
servers:
  - {url: https://api.example.test, description: Live}
  - {url: https://sandbox.example.test, description: Sandbox}
",
            dialogue: &[],
            says: Says::Inconclusive,
        },
        Example {
            title: "Nothing to test against",
            contract: "servers: [{url: https://api.example.test, description: Live}]",
            dialogue: &[],
            says: Says::Fail("no server to test against"),
        },
        Example {
            title: "A sandbox that is not up",
            contract: SANDBOX,
            dialogue: &[Line::empty("GET /", 503)],
            says: Says::Inconclusive,
        },
    ],
};

const SANDBOX: &str = "servers: [{url: https://api.example.test, description: Sandbox}]";

/// Words by which a server says that it is there to be tested against.
const WORDS: [&str; 18] = [
    "test",
    "testing",
    "sandbox",
    "dev",
    "development",
    "staging",
    "stage",
    "stg",
    "uat",
    "sit",
    "preprod",
    "preproduction",
    "demo",
    "mock",
    "trial",
    "integration",
    "localhost",
    "training",
];

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let world = script.world;
    let servers = &world.contract.servers;
    let tested = servers
        .iter()
        .find(|server| same_host(&server.url, world.base_url));
    // The runner passes the environment of the target file on as a parameter.
    let in_test = world
        .parameters
        .text("environment")
        .is_some_and(|environment| environment != "production");
    if tested.is_some_and(|server| in_test || is_for_tests(server)) {
        let mut request = Request::new(
            Method::Get,
            Address::Base("/".into()),
            "asks whether the test server is reachable",
        )
        .meant(Intent::Housekeeping);
        request.auth = Auth::Nothing;
        return Ok(vec![reachable(script.send(request)?)]);
    }
    Ok(vec![servers.iter().find(|server| is_for_tests(server)).map_or_else(
        || {
            Finding::new(
                "not declared",
                "The contract declares no server to test against.",
                "a test server under `servers`, named as one",
                servers
                    .iter()
                    .map(|server| server.url.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            )
            .at("#/servers")
            .into()
        },
        |server| {
            Judgement::inconclusive(
                Whose::Configuration,
                format!(
                    "The contract declares the test server {}, which is not the target of this run, so it was not called. Run against it.",
                    server.url
                ),
            )
        },
    )])
}

fn reachable(exchange: &Exchange) -> Judgement {
    match &exchange.outcome {
        Outcome::Answered(response) if (502..=504).contains(&response.status) => {
            Judgement::inconclusive(
                Whose::Supplier,
                format!(
                    "The test server was answered for with {}: run again when it is up.",
                    response.status
                ),
            )
        }
        Outcome::Answered(_) => Judgement::Pass,
        Outcome::Broken(breakage) => Judgement::inconclusive(
            breakage.kind.whose(),
            format!("The test server did not answer: {}", breakage.detail),
        ),
    }
}

fn same_host(declared: &str, base_url: &str) -> bool {
    let host = |url: &str| {
        let url = url::Url::parse(url).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()))
    };
    host(base_url).is_some_and(|base| host(declared) == Some(base))
}

fn is_for_tests(server: &Server) -> bool {
    // The top-level domain `.test` says nothing of what a server is for.
    let url = server.url.to_ascii_lowercase().replace(".test", "");
    let text = format!("{url} {}", server.description.to_ascii_lowercase());
    text.contains("pre-prod")
        || text
            .split(|c: char| !c.is_ascii_alphabetic())
            .any(|word| WORDS.contains(&word))
}
