//! `response.write-only`

use std::{collections::HashMap, rc::Rc};

use crate::{
    Answer, Check, Example, Expect, Kind, ScriptedResponse,
    support::masked_values,
    support::schema_view::{self, Place, escape},
};
use muster_core::verdict::{Finding, Judgement};

/// The findings about one body.
const MOST_FINDINGS: usize = 20;

/// The check.
pub static CHECK: Check = Check {
    id: "response.write-only",
    purpose: "No response has a property that the contract marks `writeOnly`.",
    verifies: "Each JSON body whose schema is documented is searched for properties that the schema marks \
        `writeOnly`, at any depth and behind `$ref` and `allOf`. A property counts where every schema that \
        names it there marks it so. Null, an empty value and a masked one, such as `*****`, are no finding: \
        they show nothing. Findings name the property and never its value.",
    matters: "What is only ever written is a password, a PIN or a key in most contracts. A response that has \
        it puts it into logs, caches and browsers of everybody who may read the record.",
    fix: "Leave the property out where the response is written, best by a type of its own for responses. If \
        clients are meant to read it, take `writeOnly` out of the contract.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "The property is left out",
            contract: ACCOUNT,
            dialogue: &[ScriptedResponse::json(
                "GET /accounts/7",
                200,
                r#"{"id":7}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "The property is returned",
            contract: ACCOUNT,
            dialogue: &[ScriptedResponse::json(
                "GET /accounts/7",
                200,
                r#"{"id":7,"pin":"1234"}"#,
            )],
            says: Expect::Fail("`pin`"),
        },
        Example {
            title: "A mask in its place",
            contract: ACCOUNT,
            dialogue: &[ScriptedResponse::json(
                "GET /accounts/7",
                200,
                r#"{"id":7,"pin":"****"}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Another schema names the property as well",
            contract: "
/accounts/{id}:
  get:
    responses:
      '200':
        description: An account
        content:
          application/json:
            schema:
              anyOf:
                - {properties: {pin: {type: string, writeOnly: true}}}
                - {properties: {pin: {type: string}}}
",
            dialogue: &[ScriptedResponse::json(
                "GET /accounts/7",
                200,
                r#"{"pin":"1234"}"#,
            )],
            says: Expect::Nothing,
        },
        Example {
            title: "Nothing is marked",
            contract: "
/accounts/{id}:
  get:
    responses:
      '200':
        description: An account
        content: {application/json: {schema: {properties: {pin: {type: string}}}}}
",
            dialogue: &[ScriptedResponse::json(
                "GET /accounts/7",
                200,
                r#"{"pin":"1234"}"#,
            )],
            says: Expect::Nothing,
        },
    ],
};

const ACCOUNT: &str = "
/accounts/{id}:
  get:
    responses:
      '200':
        description: An account
        content:
          application/json:
            schema: {properties: {id: {type: integer}, pin: {type: string, writeOnly: true}}}
";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let (Some((operation, response, _)), Some(body)) = (answer.documented(), answer.json()) else {
        return Vec::new();
    };
    let mut marked: HashMap<String, Rc<[String]>> = HashMap::new();
    let mut found: Vec<(String, String)> = Vec::new();
    let mut judged = false;
    schema_view::walk(&answer.place(), body, &mut |spot| {
        let Some(members) = spot.value.as_object() else {
            return;
        };
        let names = Rc::clone(
            marked
                .entry(spot.shape.to_owned())
                .or_insert_with(|| write_only(spot.place)),
        );
        judged |= !names.is_empty();
        for name in names.iter() {
            if members
                .get(name)
                .is_some_and(|value| !masked_values::shows_nothing(value))
                && !found.iter().any(|(_, held)| held == name)
                && found.len() < MOST_FINDINGS
            {
                let pointer = format!("{}/{}", spot.pointer, escape(name));
                found.push((pointer, name.clone()));
            }
        }
    });
    if found.is_empty() {
        return judged.then_some(Judgement::Pass).into_iter().collect();
    }
    found
        .into_iter()
        .map(|(pointer, name)| {
            Finding::new(
                format!("write-only {name}"),
                format!(
                    "A response has the property `{name}`, which the contract marks `writeOnly`."
                ),
                format!("{}: a response without `{name}`", operation.key),
                format!(
                    "{} with `{name}` (its value is not shown here)",
                    response.status
                ),
            )
            .at(pointer)
            .into()
        })
        .collect()
}

fn write_only(place: &Place<'_>) -> Rc<[String]> {
    place
        .named()
        .into_iter()
        .filter(|name| place.is_write_only(name))
        .map(str::to_owned)
        .collect()
}
