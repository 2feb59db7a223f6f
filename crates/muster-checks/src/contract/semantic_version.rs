//! `contract.semantic-version`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.semantic-version",
    purpose: "The contract's own version is a semantic version.",
    verifies: "`info.version` has the form major.minor.patch, three numbers. What the numbers mean is not judged.",
    matters: "Who consumes the API sees from the number whether a change can break them.",
    fix: "Write `info.version` as three numbers, such as `1.4.0`, and raise the first when a \
        change breaks clients.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "three numbers",
            contract: "info: { title: People, version: 1.4.0 }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a letter and a number",
            contract: "info: { title: People, version: v1 }",
            dialogue: &[],
            says: Expect::Fail("not a semantic version"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let version = text_at(contract, "/info/version").unwrap_or_default();
    let parts: Vec<&str> = version.split('.').collect();
    let is_number =
        |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() == 3 && parts.iter().all(is_number) {
        return vec![Judged::document(Judgement::Pass)];
    }
    let received = if version.is_empty() {
        "none".to_owned()
    } else {
        format!("`{version}`")
    };
    vec![Judged::document(
        Finding::new(
            "form",
            "The contract's version is not a semantic version.",
            "three numbers, such as `1.4.0`",
            received,
        )
        .at("#/info/version"),
    )]
}
