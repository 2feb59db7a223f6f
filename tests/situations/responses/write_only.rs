//! Properties that are only ever written.

use serde_json::{Value, json};

use crate::service::{Ran, Reply, Service};

fn contract(operator: &str) -> String {
    format!(
        r##"
openapi: 3.1.0
info: {{ title: Operators, version: 1.0.0 }}
servers: [{{ url: "{{origin}}" }}]
paths:
  /operators:
    get:
      operationId: listOperators
      responses:
        '200':
          description: Operators
          content:
            application/json:
              schema: {{ type: object, required: [items], properties: {{ items: {{ type: array, items: {{ $ref: "#/components/schemas/Operator" }} }} }} }}
components:
  schemas:
    Secret: {{ type: string, writeOnly: true }}
    Operator: {operator}
"##
    )
}

fn run(operator: &str, item: Value, profile: &str) -> Ran {
    let service = Service::start(move |request| {
        if request.path != "/operators" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        Reply::json(200, &json!({ "items": [item] }))
    });
    service.run(
        &contract(operator),
        "writes: allowed\n",
        &["--profile", profile],
    )
}

const INLINE: &str = "{ type: object, properties: { name: { type: string }, passphrase: { type: string, writeOnly: true } } }";
const REFERENCE: &str = r##"{ allOf: [ { type: object, properties: { name: { type: string } } }, { type: object, required: [passphrase], properties: { passphrase: { $ref: "#/components/schemas/Secret" } } } ] }"##;

#[test]
fn a_property_that_is_only_written_and_comes_back_is_a_warning_in_both_profiles() {
    for operator in [INLINE, REFERENCE] {
        for (profile, id) in [
            ("uk-gov-api", "GOV-77"),
            ("policing-api-security", "SEC-60"),
        ] {
            let item = json!({ "name": "Zztest", "passphrase": "open sesame" });
            let ran = run(operator, item, profile);
            assert_eq!(ran.verdict(id), "fail", "{}", ran.told());
            assert!(ran.findings(id)[0].contains("passphrase"));
            assert!(!ran.findings(id)[0].contains("sesame"));
        }
    }
}

#[test]
fn a_mask_or_nothing_in_its_place_is_no_finding() {
    let contract = INLINE.replace(
        "passphrase: { type: string",
        "passphrase: { type: [string, 'null']",
    );
    for item in [
        json!({ "name": "Zztest" }),
        json!({ "name": "Zztest", "passphrase": "********" }),
        json!({ "name": "Zztest", "passphrase": null }),
    ] {
        let ran = run(&contract, item, "uk-gov-api");
        assert_eq!(ran.verdict("GOV-77"), "pass", "{}", ran.told());
        ran.is_conformant();
    }
}
