//! `contract.query-identifies`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.query-identifies",
    purpose: "The path names the resource, the method says what is done, and the query only \
        filters.",
    verifies: "No query parameter is called `id`, and none selects behaviour by a name such as `action` or `command`. \
               Filters by the id of something else, such as `stationId`, are fine.",
    matters: "Caches, logs and access rules look at path and method; what hides in the query escapes them.",
    fix: "Move the id into the path (`/people/{personId}`) and the action into a method or a resource of its own.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "a filter",
            contract: "paths: { /people: { get: { parameters: [ { name: stationId, in: query, schema: { type: string } } ], responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "an id in the query",
            contract: "paths: { /person: { get: { parameters: [ { name: id, in: query, schema: { type: string } } ], responses: { '200': { description: One. } } } } }",
            dialogue: &[],
            says: Expect::Fail("`id`"),
        },
    ],
};

const BEHAVIOUR: &[&str] = &[
    "action",
    "method",
    "cmd",
    "command",
    "operation",
    "verb",
    "do",
];

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    by_operation(contract, |operation| {
        let names = operation
            .parameters
            .iter()
            .filter(|parameter| parameter.place == ParameterPlace::Query);
        for parameter in names {
            let name = parameter.name.to_ascii_lowercase();
            let title = if name == "id" {
                "A query parameter `id` identifies the resource."
            } else if BEHAVIOUR.contains(&name.as_str()) {
                "A query parameter selects what is done."
            } else {
                continue;
            };
            return Finding::new(
                name,
                title,
                "the resource in the path and the action in the method",
                format!("`?{}=` on {}", parameter.name, operation.key),
            )
            .at(&parameter.pointer)
            .into();
        }
        Judgement::Pass
    })
}
