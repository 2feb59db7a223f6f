//! `contract.licence`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.licence",
    purpose: "The contract names the open licence for its use.",
    verifies: "`info.license` names, by SPDX identifier, by its usual name or by its address, a licence that the Open \
               Source Initiative approves.",
    matters: "Another supplier may build against the interface only if it knows that it may.",
    fix: "Set `info.license.name` and `identifier`, such as `MIT` or `Apache-2.0`.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "MIT",
            contract: "info: { title: People, version: 1.0.0, license: { name: MIT License, identifier: MIT } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "none",
            contract: "info: { title: People, version: 1.0.0 }",
            dialogue: &[],
            says: Expect::Fail("licence"),
        },
    ],
};

/// Licences approved by the Open Source Initiative, by SPDX identifier, in lower case.
const APPROVED: &[&str] = &[
    "0bsd",
    "afl-3.0",
    "agpl-3.0",
    "agpl-3.0-only",
    "agpl-3.0-or-later",
    "apache-2.0",
    "artistic-2.0",
    "bsd-1-clause",
    "bsd-2-clause",
    "bsd-3-clause",
    "bsl-1.0",
    "cddl-1.0",
    "cecill-2.1",
    "ecl-2.0",
    "epl-1.0",
    "epl-2.0",
    "eupl-1.1",
    "eupl-1.2",
    "gpl-2.0",
    "gpl-2.0-only",
    "gpl-2.0-or-later",
    "gpl-3.0",
    "gpl-3.0-only",
    "gpl-3.0-or-later",
    "isc",
    "lgpl-2.1",
    "lgpl-2.1-only",
    "lgpl-2.1-or-later",
    "lgpl-3.0",
    "lgpl-3.0-only",
    "lgpl-3.0-or-later",
    "mit",
    "mit-0",
    "mpl-2.0",
    "ms-pl",
    "ms-rl",
    "ncsa",
    "ofl-1.1",
    "osl-3.0",
    "postgresql",
    "python-2.0",
    "unlicense",
    "upl-1.0",
    "w3c",
    "zlib",
];

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let member = |name: &str| {
        text_at(contract, &format!("/info/license/{name}")).map(str::to_ascii_lowercase)
    };
    let (identifier, name, url) = (member("identifier"), member("name"), member("url"));
    let approved = [&identifier, &name]
        .into_iter()
        .flatten()
        .any(|text| names_approved(text))
        || url.as_deref().is_some_and(names_approved_address);
    if approved {
        return vec![Judged::document(Judgement::Pass)];
    }
    let received = identifier
        .or(name)
        .map_or_else(|| "none".to_owned(), |text| format!("`{text}`"));
    vec![Judged::document(
        Finding::new(
            "licence",
            "The contract names no open licence.",
            "an OSI-approved licence by its SPDX identifier",
            received,
        )
        .at("#/info"),
    )]
}

fn names_approved(text: &str) -> bool {
    let dashed = text.replace([' ', '_'], "-");
    let plain = dashed
        .trim_start_matches("the-")
        .trim_end_matches("-license")
        .trim_end_matches("-licence");
    APPROVED.contains(&plain)
        || matches!(
            plain,
            "apache"
                | "apache-license-2.0"
                | "apache-license,-version-2.0"
                | "apache-2"
                | "bsd"
                | "eclipse-public-license-2.0"
                | "mozilla-public-license-2.0"
        )
}

fn names_approved_address(url: &str) -> bool {
    url.contains("opensource.org/license")
        || url.contains("apache.org/licenses/license-2.0")
        || url.contains("spdx.org/licenses/mit")
}
