//! `contract.described`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.described",
    purpose: "The contract says what the API is for and whom to contact.",
    verifies: "`info.description` is not empty, and `info.contact` gives a name, an address or a link.",
    matters: "A force that takes over an interface must know what it does and who answers for it.",
    fix: "Fill in `info.description` and `info.contact`; a team's mailbox is better than a person's.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "both are there",
            contract: "info: { title: People, version: 1.0.0, description: Records of people., contact: { email: api@example.test } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "nobody to ask",
            contract: "info: { title: People, version: 1.0.0, description: Records of people. }",
            dialogue: &[],
            says: Expect::Fail("a contact"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut judged = Vec::new();
    if text_at(contract, "/info/description").is_none() {
        judged.push(Judged::document(
            Finding::new(
                "description",
                "The contract does not say what the API is for.",
                "a text in `info.description`",
                "none",
            )
            .at("#/info"),
        ));
    }
    let reachable = ["name", "url", "email"]
        .iter()
        .any(|member| text_at(contract, &format!("/info/contact/{member}")).is_some());
    if !reachable {
        judged.push(Judged::document(
            Finding::new(
                "contact",
                "The contract does not name a contact.",
                "a name, link or address in `info.contact`",
                "none",
            )
            .at("#/info"),
        ));
    }
    or_pass(judged)
}
