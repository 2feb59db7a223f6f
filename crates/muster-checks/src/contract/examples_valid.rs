//! `contract.examples-valid`

use crate::support::document::prelude::*;
use muster_core::contract::Documented;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.examples-valid",
    purpose: "The examples of the contract are valid against their own schemas.",
    verifies: "Each example of a body, parameter, header or schema is judged by the schema it stands with. Examples \
               kept outside the document are not fetched.",
    matters: "People build against examples first; an example that the schema forbids teaches the wrong interface.",
    fix: "Correct the example, or the schema where the example is what the API really sends.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "an example that fits",
            contract: "components: { schemas: { Person: { type: object, properties: { surname: { type: string, example: Zztest } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a number for a text",
            contract: "paths: { /people: { get: { responses: { '200': { description: All., content: { application/json: { schema: { type: object, properties: { surname: { type: string } } }, example: { surname: 7 } } } } } } } }",
            dialogue: &[],
            says: Expect::Fail("not valid by its own schema"),
        },
        Example {
            title: "an example of a request without what only responses have",
            contract: "paths: { /people: { post: { requestBody: { content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer, readOnly: true }, name: { type: string } } }, example: { name: Zztest } } } }, responses: { '201': { description: Made. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "no examples",
            contract: "components: { schemas: { Person: { type: object } } }",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut judged = Vec::new();
    for example in contract.examples() {
        let schema = &example.schema;
        match validity(contract, example) {
            Validity::Valid => judged.push(Judged::document(Judgement::Pass)),
            // The schema's own fault is told by `contract.valid-document`.
            Validity::Unjudgeable(_) => {}
            Validity::Invalid(violations) => {
                let Some(violation) = violations.first() else {
                    continue;
                };
                let more = violations.len() - 1;
                let more = if more > 0 {
                    format!(" ({more} more)")
                } else {
                    String::new()
                };
                judged.push(Judged::document(
                    Finding::new(
                        format!("{} {}", schema.pointer, violation.schema),
                        "An example is not valid by its own schema.",
                        format!("a value that is valid by {}", schema.pointer),
                        format!("{}{}{more}", at(&violation.instance), violation.message),
                    )
                    .at(&example.pointer),
                ));
            }
        }
    }
    if judged.is_empty() {
        judged.push(Judged::document(Judgement::not_applicable(
            "The contract holds no examples.",
        )));
    }
    judged
}

/// Whether an example is valid from the side that it is an example of: in a request, `readOnly` properties that are
/// required may be absent, in a response those that are `writeOnly`. One of a schema alone may be of either side.
fn validity(contract: &Contract, example: &Documented) -> Validity {
    let (schemas, schema, value) = (&contract.schemas, &example.schema, &example.value);
    let stands = |part: &str| example.pointer.contains(part);
    let in_request = stands("/requestBody/") || stands("/requestBodies/");
    let in_response = !in_request && stands("/responses/");
    let plain = schemas.validate(schema, value);
    let Validity::Invalid(_) = plain else {
        return plain;
    };
    let sides = [
        (!in_response).then(|| schemas.validate_request(schema, value)),
        (!in_request).then(|| schemas.validate_response(schema, value)),
    ];
    sides
        .into_iter()
        .flatten()
        .find(Validity::is_valid)
        .unwrap_or(plain)
}

fn at(instance: &str) -> String {
    if instance.is_empty() {
        String::new()
    } else {
        format!("at {instance}: ")
    }
}
