//! `contract.object-bodies`

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.object-bodies",
    purpose: "The documented JSON responses are objects, not bare arrays.",
    verifies: "The schema of each successful JSON response says an object at its top. Schemas that leave the type open \
    are not judged.",
    matters: "A bare list can never carry a count, a next page or a warning without breaking every \
        client.",
    fix: "Wrap the collection, such as `{ \"items\": […] }`, in the next major version.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "an object",
            contract: "paths: { /people: { get: { responses: { '200': { description: All., content: { application/json: { schema: { type: object } } } } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a list",
            contract: "paths: { /people: { get: { responses: { '200': { description: All., content: { application/json: { schema: { type: array, items: {} } } } } } } } }",
            dialogue: &[],
            says: Expect::Fail("bare array"),
        },
        Example {
            title: "no body",
            contract: "paths: { /people: { get: { responses: { '204': { description: Nothing. } } } } }",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut judged = Vec::new();
    for operation in &contract.operations {
        for response in operation
            .responses
            .iter()
            .filter(|response| is_success(response.status))
        {
            for media in response.content.iter().filter(|media| media.is_json()) {
                let Some(schema) = &media.schema else {
                    continue;
                };
                let judgement = match is_list(contract, schema) {
                    Some(true) => Finding::new(
                        "list",
                        "A documented response is a bare array.",
                        "a JSON object",
                        "a list at the top",
                    )
                    .at(&media.pointer)
                    .into(),
                    Some(false) => Judgement::Pass,
                    None => continue,
                };
                judged.push(Judged::operation(&operation.key, judgement));
            }
        }
    }
    if judged.is_empty() {
        judged.push(Judged::document(Judgement::not_applicable(
            "No successful JSON response has a schema that says its type.",
        )));
    }
    judged
}

/// Whether a schema says that its value is a list; nothing where it does not say.
fn is_list(contract: &Contract, schema: &Schema) -> Option<bool> {
    let mut base = schema.document.to_string();
    let mut current = contract.schemas.normalised(schema)?;
    for _ in 0..16 {
        if let Some(kind) = current.get("type") {
            let says = |name: &str| {
                kind == name
                    || kind
                        .as_array()
                        .is_some_and(|kinds| kinds.iter().any(|kind| kind == name))
            };
            return Some(says("array") && !says("object"));
        }
        let reference = current.get("$ref")?.as_str()?.to_owned();
        let (found, next) = contract.schemas.resolve(&base, &reference)?;
        base = found.to_owned();
        current = next;
    }
    None
}
