//! What a profile's schema cannot say: ids that stand once, one way of verification, citations that lead
//! somewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    super::{
        diagnostic::Diagnostics,
        nearest::nearest,
        yaml::{Document, member},
    },
    Catalogue,
};

/// Ids of classes stand once, and optional classes name their capability.
pub(super) fn classes_are_sound(document: &Document, wrong: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for (pointer, class) in document.items("/classes") {
        stands_once(document, &pointer, "class", &mut seen, wrong);
        let optional = class.get("kind").and_then(Value::as_str) == Some("optional");
        if optional && class.get("capability").is_none() {
            wrong.push(
                document
                    .error(
                        &member(&pointer, "kind"),
                        "an optional class needs a `capability`",
                    )
                    .help("the capability that a target claims to be tested for this class"),
            );
        } else if !optional && class.get("capability").is_some() {
            wrong.push(
                document
                    .key_error(
                        &member(&pointer, "capability"),
                        "a core class has no `capability`",
                    )
                    .help("it counts for everyone; write `kind: optional` if it does not"),
            );
        }
    }
}

/// Ids of requirements stand once; each has one way of verification, and what it cites is there.
pub(super) fn requirements_are_sound(
    document: &Document,
    catalogue: &Catalogue,
    cases: &BTreeSet<String>,
    wrong: &mut Diagnostics,
) {
    let mut seen = BTreeMap::new();
    for (pointer, requirement) in document.items("/requirements") {
        stands_once(document, &pointer, "requirement", &mut seen, wrong);
        let Some(parts) = requirement.as_object() else {
            continue;
        };
        let ways: Vec<&str> = ["verified_by", "attested", "not_tested"]
            .into_iter()
            .filter(|way| parts.contains_key(*way))
            .collect();
        let id = parts
            .get("id")
            .and_then(Value::as_str)
            .unwrap_or("this requirement");
        match *ways {
            [] => wrong.push(
                document
                    .error(&member(&pointer, "id"), format!("nothing says how `{id}` is verified"))
                    .help("give it one of `verified_by: [check: ID]`, `attested: true` and `not_tested: REASON`"),
            ),
            [_] => {}
            [_, second, ..] => wrong.push(
                document
                    .key_error(&member(&pointer, second), format!("`{id}` has both {}", ways.join(" and ")))
                    .help("exactly one of `verified_by`, `attested` and `not_tested`"),
            ),
        }
        let verifiers = member(&pointer, "verified_by");
        for (at, verifier) in document.items(&verifiers) {
            for (kind, known) in [("check", &catalogue.checks), ("case", cases)] {
                let Some(cited) = verifier.get(kind).and_then(Value::as_str) else {
                    continue;
                };
                let looked_up = !known.is_empty() || !catalogue.checks.is_empty();
                if looked_up && !known.contains(cited) {
                    let help = nearest(cited, known.iter().map(String::as_str)).map_or_else(
                        || match (kind, known.is_empty()) {
                            ("check", _) => "`muster checks list` shows what there is".to_owned(),
                            (_, true) => {
                                "the profile has no suites; name their files under `suites`".to_owned()
                            }
                            _ => "it is written `suite/case`, and its file stands under `suites`"
                                .to_owned(),
                        },
                        |meant| format!("did you mean `{meant}`?"),
                    );
                    wrong.push(
                        document
                            .error(&member(&at, kind), format!("there is no {kind} `{cited}`"))
                            .help(help),
                    );
                }
            }
        }
    }
}

fn stands_once(
    document: &Document,
    pointer: &str,
    what: &str,
    seen: &mut BTreeMap<String, usize>,
    wrong: &mut Diagnostics,
) {
    let at = member(pointer, "id");
    let Some(id) = document.text(&at) else { return };
    if let Some(first) = seen.get(id) {
        wrong.push(
            document
                .error(&at, format!("{what} `{id}` stands here twice"))
                .help(format!("the first one is on line {first}")),
        );
    } else {
        seen.insert(id.to_owned(), document.line(&at));
    }
}
