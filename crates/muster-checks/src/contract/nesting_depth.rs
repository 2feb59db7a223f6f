//! `contract.nesting-depth`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.nesting-depth",
    purpose: "Resources nest at most three deep below the first.",
    verifies: "On each path, the segments that name something below a variable are counted.",
    matters: "A client must know every parent to reach a deep child; most have only the child's \
        id.",
    fix: "Give the deep resource a collection of its own, such as `/visits/{visitId}`, and refer to its parents.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "two levels",
            contract: "paths: { '/people/{personId}/addresses': { get: { responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "five levels",
            contract: "paths: { '/forces/{f}/stations/{s}/blocks/{b}/cells/{c}/visits': { get: { responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Fail("nest"),
        },
    ],
};

/// How many levels below the first resource are still fine.
const DEEPEST: usize = 3;

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    by_operation(contract, |operation| {
        let depth = depth(&operation.key.path);
        if depth <= DEEPEST {
            return Judgement::Pass;
        }
        Finding::new(
            "depth",
            "Resources nest more than three deep.",
            "at most three levels below the first resource",
            format!("{depth} in `{}`", operation.key.path),
        )
        .at(&operation.pointer)
        .into()
    })
}

/// How many literal segments follow a variable.
fn depth(path: &str) -> usize {
    let segments: Vec<&str> = path.split('/').collect();
    segments
        .iter()
        .zip(segments.iter().skip(1))
        .filter(|(before, segment)| {
            before.starts_with('{') && !segment.is_empty() && !segment.starts_with('{')
        })
        .count()
}
