//! `contract.https-servers`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.https-servers",
    purpose: "The contract names HTTPS for every server.",
    verifies: "Each server URL of the document, its paths and its operations starts with `https`. Servers on the own \
               machine and relative URLs are left out.",
    matters: "Who copies a plain address sends credentials and people's data in the open.",
    fix: "Write the server's address with `https://`.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "a server by HTTPS",
            contract: "servers: [ { url: 'https://rms.example.test/v1' } ]",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "the own machine",
            contract: "servers: [ { url: 'http://127.0.0.1:8080/v1' } ]",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a server in the open",
            contract: "servers: [ { url: 'http://rms.example.test/v1' } ]",
            dialogue: &[],
            says: Expect::Fail("without HTTPS"),
        },
        Example {
            title: "no server",
            contract: "servers: []",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let own = contract
        .operations
        .iter()
        .flat_map(|operation| &operation.servers);
    let mut judged = Vec::new();
    for server in contract.servers.iter().chain(own) {
        let url = server.url.to_ascii_lowercase();
        if url.starts_with("https://") || !url.contains("://") || is_own_machine(&url) {
            judged.push(Judged::document(Judgement::Pass));
        } else {
            judged.push(Judged::document(
                Finding::new(
                    url,
                    "The contract names a server without HTTPS.",
                    "an address that starts with `https://`",
                    format!("`{}`", server.url),
                )
                .at(&server.pointer),
            ));
        }
    }
    if judged.is_empty() {
        judged.push(Judged::document(Judgement::not_applicable(
            "The contract names no server.",
        )));
    }
    judged
}
