//! Sound services: no MUST fails, and none stays undetermined for what the service does not have.

use serde_json::json;

use super::service::{Reply, Service};

#[test]
fn one_read_only_operation_is_conformant() {
    let service = Service::start(|request| {
        if request.path != "/forces" {
            return Reply::problem(404, "Not found");
        }
        if request.method != "GET" {
            return Reply::not_allowed("GET, HEAD");
        }
        Reply::json(200, &json!({ "forces": ["Northshire"] }))
    });
    let ran = service.run(
        r##"
openapi: 3.1.0
info: { title: Forces, version: 1.0.0 }
servers: [{ url: "{origin}" }]
paths:
  /forces:
    get:
      operationId: listForces
      summary: Lists the forces
      responses:
        '200':
          description: Forces
          content:
            application/json:
              schema:
                type: object
                required: [forces]
                properties: { forces: { type: array, items: { type: string } } }
"##,
        "writes: allowed\n",
        &[],
    );
    ran.is_conformant();
    assert!(
        service
            .lines("POST")
            .iter()
            .all(|line| line == "POST /forces")
    );
}
