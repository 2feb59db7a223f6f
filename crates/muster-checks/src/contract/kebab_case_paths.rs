//! `contract.kebab-case-paths`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.kebab-case-paths",
    purpose: "Paths are written in lower case, words joined by hyphens.",
    verifies: "Each literal segment of each path holds only lower-case letters, digits, hyphens and dots. Whether the \
               words are nouns is left to people.",
    matters: "Paths that follow one form are guessed right, and survive systems that fold case.",
    fix: "Rename the segment, such as `/custodyRecords` to `/custody-records`, in the next major version.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "hyphens",
            contract: "paths: { '/custody-records/{recordId}': { get: { responses: { '200': { description: One. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "camel case",
            contract: "paths: { /custodyRecords: { get: { responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Fail("kebab case"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    by_operation(contract, |operation| {
        let wrong =
            literal_segments(&operation.key.path).find(|segment| !segment.chars().all(is_kebab));
        match wrong {
            None => Judgement::Pass,
            Some(segment) => Finding::new(
                "case",
                "Paths are not written in kebab case.",
                "lower-case letters, digits and hyphens",
                format!("the segment `{segment}` of `{}`", operation.key.path),
            )
            .at(&operation.pointer)
            .into(),
        }
    })
}

const fn is_kebab(character: char) -> bool {
    matches!(character, 'a'..='z' | '0'..='9' | '-' | '.')
}
