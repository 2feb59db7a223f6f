//! `contract.test-server`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.test-server",
    purpose: "The contract names a test server.",
    verifies: "At least one server says, by its description or address, that it is a sandbox, a mock or a test system.",
    matters: "Without one, the first try of every new consumer happens on people's real records.",
    fix: "Add the test server to `servers` and say so in its description.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "a sandbox",
            contract: "servers: [ { url: 'https://rms.example.test/v1', description: Sandbox with synthetic people } ]",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "production alone",
            contract: "servers: [ { url: 'https://rms.example.org/v1', description: Production } ]",
            dialogue: &[],
            says: Expect::Fail("no test server"),
        },
    ],
};

const WORDS: &[&str] = &[
    "sandbox",
    "test",
    "mock",
    "staging",
    "preprod",
    "pre-prod",
    "dev",
    "uat",
    "sit",
    "integration",
    "training",
    "demo",
    "localhost",
    "127.0.0.1",
    "nonlive",
    "non-live",
];

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'))
            .flat_map(|word| std::iter::once(word).chain(word.split(['.', '-'])))
            .any(|word| {
                WORDS.iter().any(|known| {
                    word == *known
                        || (known.len() > 4 && word.starts_with(known))
                        || word.starts_with("test")
                })
            })
    };
    if contract
        .servers
        .iter()
        .any(|server| says(&server.url) || says(&server.description))
    {
        return vec![Judged::document(Judgement::Pass)];
    }
    let named = contract
        .servers
        .iter()
        .map(|server| format!("`{}`", server.url))
        .collect::<Vec<_>>()
        .join(", ");
    vec![Judged::document(
        Finding::new(
            "none",
            "The contract names no test server.",
            "a server that says it is a sandbox or test system",
            if named.is_empty() {
                "no servers".to_owned()
            } else {
                named
            },
        )
        .at("#/servers"),
    )]
}
