//! `http.test-server-reachable`

use crate::{Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse};
use muster_core::{
    contract::{Contract, Operation, Server},
    exchange::{Address, Auth, BreakageKind, Exchange, Intent, Outcome, Request},
    model::{Method, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.test-server-reachable",
    purpose: "The contract declares a test server, and the server responds.",
    verifies: "A server of the contract is one to test against: its URL or description says so (test, \
        sandbox, development, staging and the like), or it is the tested server and the target file \
        gives another environment than production. If it is the one under test, its base URL is asked \
        without credentials, and any response shows that it is reachable. A test server on another host is \
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
            dialogue: &[ScriptedResponse::empty("GET /", 404)],
            says: Expect::Pass,
        },
        Example {
            title: "A sandbox that is elsewhere",
            contract: "
servers:
  - {url: https://api.example.test, description: Live}
  - {url: https://sandbox.example.test, description: Sandbox}
",
            dialogue: &[],
            says: Expect::Inconclusive,
        },
        Example {
            title: "Nothing to test against",
            contract: "servers: [{url: https://api.example.test, description: Live}]",
            dialogue: &[],
            says: Expect::Nothing,
        },
        Example {
            title: "A sandbox beside the tested server that nobody serves",
            contract: "
servers:
  - {url: https://api.example.test, description: Live}
  - {url: https://api.example.test:8443, description: Sandbox}
",
            dialogue: &[ScriptedResponse::broken(
                "GET *",
                BreakageKind::ConnectionRefused,
            )],
            says: Expect::Fail("cannot be reached"),
        },
        Example {
            title: "A sandbox that is not up",
            contract: SANDBOX,
            dialogue: &[ScriptedResponse::empty("GET /", 503)],
            says: Expect::Inconclusive,
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
    let declared: Vec<&Server> = servers
        .iter()
        .filter(|server| is_for_tests(server))
        .collect();
    let near = declared
        .iter()
        .find_map(|server| address(&server.url, world.base_url));
    // The runner passes the environment of the target file on as a parameter.
    let in_test = world
        .parameters
        .text("environment")
        .is_some_and(|environment| environment != "production");
    let tested = servers
        .iter()
        .any(|server| address(&server.url, world.base_url) == Some(Address::Base("/".into())));
    match (near, declared.first()) {
        (Some(address), _) => ask(script, address),
        (None, Some(server)) => Ok(vec![Judgement::inconclusive(
            Responsible::Configuration,
            format!(
                "The contract declares the test server {}, which is not the target of this run, so it was not called. Run against it.",
                server.url
            ),
        )]),
        (None, None) if in_test && tested => ask(script, Address::Base("/".into())),
        (None, None) => Err(Halt::NotApplicable(
            "The contract declares no test server; `contract.test-server` says so.".into(),
        )),
    }
}

fn ask(script: &mut Script<'_>, address: Address) -> Scripted {
    let mut request = Request::new(
        Method::Get,
        address,
        "asks whether the test server is reachable",
    )
    .meant(Intent::Housekeeping);
    request.auth = Auth::Nothing;
    Ok(vec![reachable(script.send(request)?)])
}

fn reachable(exchange: &Exchange) -> Judgement {
    match &exchange.outcome {
        Outcome::Answered(response) if (502..=504).contains(&response.status) => {
            Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "The test server returned {}: run again when it is up.",
                    response.status
                ),
            )
        }
        Outcome::Answered(_) => Judgement::Pass,
        Outcome::Broken(breakage) if breakage.kind == BreakageKind::ConnectionRefused => {
            Finding::new(
                "not reachable",
                "The test server that the contract declares cannot be reached.",
                "a response, whatever it says",
                breakage.detail.clone(),
            )
            .into()
        }
        Outcome::Broken(breakage) => Judgement::inconclusive(
            breakage.kind.responsible(),
            format!("The test server did not respond: {}", breakage.detail),
        ),
    }
}

/// Where to ask a declared server from the tested one; nothing where it is another host, which is never called.
fn address(declared: &str, base_url: &str) -> Option<Address> {
    let (declared, base) = (
        url::Url::parse(declared).ok()?,
        url::Url::parse(base_url).ok()?,
    );
    if declared.host_str()? != base.host_str()? {
        return None;
    }
    if declared.port_or_known_default() == base.port_or_known_default()
        && declared.scheme() == base.scheme()
    {
        return Some(Address::Base("/".into()));
    }
    Some(Address::Absolute(declared.into()))
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
