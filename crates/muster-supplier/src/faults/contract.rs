//! Faults of the document. What is served stays as it was promised, unless the promise itself is the fault.

use serde_json::{Map, Value, json};

use crate::fault::{Fault, Misbehaviour};
use crate::message::Body;

/// The object at a pointer. A pointer that leads nowhere edits nothing, and the tests notice.
fn edit(document: &mut Value, pointer: &str, change: impl FnOnce(&mut Map<String, Value>)) {
    if let Some(object) = document.pointer_mut(pointer).and_then(Value::as_object_mut) {
        change(object);
    }
}

fn remove(document: &mut Value, pointer: &str, name: &str) {
    edit(document, pointer, |object| {
        object.shift_remove(name);
    });
}

fn set(document: &mut Value, pointer: &str, name: &str, value: Value) {
    edit(document, pointer, |object| {
        object.insert(name.to_owned(), value);
    });
}

pub(super) fn push(document: &mut Value, pointer: &str, value: Value) {
    if let Some(array) = document.pointer_mut(pointer).and_then(Value::as_array_mut) {
        array.push(value);
    }
}

/// Gives a path another name and further parameters, and keeps its place in the order.
fn rename(document: &mut Value, from: &str, to: &str) {
    edit(document, "/paths", |paths| {
        *paths = std::mem::take(paths)
            .into_iter()
            .map(|(path, item)| (if path == from { to.to_owned() } else { path }, item))
            .collect();
    });
}

pub(super) const TITLE_MISSING: Fault = Fault {
    contract: Some(|document| remove(document, "/info", "title")),
    ..Fault::new(
        "title-missing",
        "The contract has no title, so it is not a valid OpenAPI document.",
        &["contract.valid-document"],
    )
};

pub(super) const PARAMETER_NOWHERE: Fault = Fault {
    contract: Some(|document| {
        let parameter = json!({ "name": "trace", "in": "session", "schema": { "type": "string" } });
        push(document, "/paths/~1vehicles/get/parameters", parameter);
    }),
    ..Fault::new(
        "parameter-nowhere",
        "A parameter of listVehicles stands in a place that OpenAPI does not know.",
        &["contract.valid-document"],
    )
};

pub(super) const REFERENCE_BROKEN: Fault = Fault {
    contract: Some(|document| {
        let schema = json!({
            "description": "A force that was merged into another.",
            "type": "object",
            "properties": { "successor": { "$ref": "#/components/schemas/Force" } },
        });
        set(document, "/components/schemas", "FormerForce", schema);
    }),
    ..Fault::new(
        "reference-broken",
        "A schema refers to one that does not exist.",
        &["contract.references-resolve"],
    )
};

pub(super) const SCHEMA_IMPOSSIBLE: Fault = Fault {
    contract: Some(|document| {
        let schema = json!({
            "description": "A force that is no more.",
            "type": "integer", "minimum": 100, "maximum": 10,
        });
        set(document, "/components/schemas", "FormerForce", schema);
    }),
    ..Fault::new(
        "schema-impossible",
        "A schema has a least above its most.",
        &["contract.satisfiable-schemas"],
    )
};

pub(super) const RESPONSE_REFERENCE_BROKEN: Fault = Fault {
    contract: Some(|document| {
        let reference = json!({ "$ref": "#/components/responses/ServiceUnavailable" });
        set(
            document,
            "/paths/~1vehicles/get/responses",
            "503",
            reference,
        );
    }),
    ..Fault::new(
        "response-reference-broken",
        "The 503 of listVehicles refers to a response that does not exist.",
        &["contract.references-resolve"],
    )
};

pub(super) const OPERATION_ID_MISSING: Fault = Fault {
    contract: Some(|document| remove(document, "/paths/~1health/get", "operationId")),
    ..Fault::new(
        "operation-id-missing",
        "The health operation has no operationId.",
        &["contract.operation-ids"],
    )
};

pub(super) const OPERATION_ID_TWICE: Fault = Fault {
    contract: Some(|document| {
        set(
            document,
            "/paths/~1health/get",
            "operationId",
            json!("listAuditEvents"),
        );
    }),
    ..Fault::new(
        "operation-id-twice",
        "Two operations share one operationId.",
        &["contract.operation-ids"],
    )
};

pub(super) const CONTACT_MISSING: Fault = Fault {
    contract: Some(|document| remove(document, "/info", "contact")),
    ..Fault::new(
        "contact-missing",
        "The contract names nobody to ask.",
        &["contract.described"],
    )
};

pub(super) const DESCRIPTION_MISSING: Fault = Fault {
    contract: Some(|document| remove(document, "/info", "description")),
    ..Fault::new(
        "description-missing",
        "The contract does not say what the API is, nor, with that, how much may be asked of it.",
        &["contract.described", "contract.rate-limits"],
    )
};

pub(super) const VERSION_NOT_SEMANTIC: Fault = Fault {
    contract: Some(|document| set(document, "/info", "version", json!("v1"))),
    ..Fault::new(
        "version-not-semantic",
        "The version of the contract is v1, which is not a semantic version.",
        &["contract.semantic-version"],
    )
};

pub(super) const SERVER_PLAIN_HTTP: Fault = Fault {
    contract: Some(|document| {
        set(
            document,
            "/servers/1",
            "url",
            json!("http://records.example/v1"),
        );
    }),
    ..Fault::new(
        "server-plain-http",
        "The production server is declared with http.",
        &["contract.https-servers"],
    )
};

pub(super) const PATH_IN_CAMEL_CASE: Fault = Fault {
    contract: Some(|document| rename(document, "/audit-events", "/auditEvents")),
    routes: &[("/auditEvents", "/audit-events")],
    ..Fault::new(
        "path-in-camel-case",
        "One path is written in camel case.",
        &["contract.kebab-case-paths"],
    )
};

pub(super) const PATH_WITH_UNDERSCORE: Fault = Fault {
    contract: Some(|document| rename(document, "/audit-events", "/audit_events")),
    routes: &[("/audit_events", "/audit-events")],
    ..Fault::new(
        "path-with-underscore",
        "One path is written with an underscore.",
        &["contract.kebab-case-paths"],
    )
};

const DEEP: &str = "/regions/{regionCode}/forces/{forceCode}/divisions/{divisionCode}/incidents/{incidentId}/links/{linkId}";

pub(super) const PATH_TOO_DEEP: Fault = Fault {
    contract: Some(|document| {
        rename(document, "/incidents/{incidentId}/links/{linkId}", DEEP);
        let pointer = format!("/paths/{}/parameters", DEEP.replace('/', "~1"));
        for name in ["regionCode", "forceCode", "divisionCode"] {
            let parameter = json!({
                "name": name, "in": "path", "required": true, "description": "Where the incident is held.",
                "schema": { "type": "string" }, "example": "ZZ01",
            });
            push(document, &pointer, parameter);
        }
    }),
    routes: &[(DEEP, "/incidents/{incidentId}/links/{linkId}")],
    ..Fault::new(
        "path-too-deep",
        "The links of an incident are five collections deep.",
        &["contract.nesting-depth"],
    )
};

fn array_of_vehicles() -> Value {
    json!({ "type": "array", "maxItems": 100, "items": { "$ref": "#/components/schemas/Vehicle" } })
}

pub(super) const ARRAY_DOCUMENTED: Fault = Fault {
    contract: Some(|document| {
        let partial = json!({
            "description": "The part of the list that could be read.",
            "content": { "application/json": { "schema": array_of_vehicles() } },
        });
        set(document, "/paths/~1vehicles/get/responses", "206", partial);
    }),
    ..Fault::new(
        "array-documented",
        "A partial list of vehicles is documented as an array at the top. It is never sent.",
        &["contract.object-bodies"],
    )
};

pub(super) const ARRAY_BY_DESIGN: Fault = Fault {
    contract: Some(|document| {
        let content = "/paths/~1vehicles/get/responses/200/content/application~1json";
        set(document, content, "schema", array_of_vehicles());
        remove(document, content, "examples");
        remove(document, "/paths/~1vehicles/get/responses/200", "links");
    }),
    answer: Some(|incoming, outgoing| {
        if incoming.is("listVehicles")
            && let Some(items) = outgoing.value_mut().and_then(|body| body.get_mut("items"))
        {
            outgoing.body = Body::Json(items.take());
        }
    }),
    ..Fault::new(
        "array-by-design",
        "The collection of vehicles is documented and served as an array at the top.",
        &["contract.object-bodies", "response.object-body"],
    )
};

pub(super) const PROPERTY_IN_SNAKE_CASE: Fault = Fault {
    contract: Some(|document| {
        let property = json!({ "description": "The number in custody.", "type": "string" });
        set(
            document,
            "/components/schemas/Person/properties",
            "custody_number",
            property,
        );
    }),
    ..Fault::new(
        "property-in-snake-case",
        "One property is in snake case among others in camel case.",
        &["contract.property-case"],
    )
};

pub(super) const UNVERSIONED: Fault = Fault {
    contract: Some(|document| {
        for pointer in ["/servers/0/url", "/servers/1/url"] {
            if let Some(Value::String(url)) = document.pointer_mut(pointer) {
                *url = url.trim_end_matches("/v1").to_owned();
            }
        }
        let description = document.pointer_mut("/info/description");
        if let Some(Value::String(text)) = description {
            *text = text.replace("The major version is in the path. ", "");
        }
    }),
    switch: Some(Misbehaviour::Unversioned),
    ..Fault::new(
        "unversioned",
        "No version appears in the paths, headers or media types.",
        &["contract.versioned"],
    )
};

pub(super) const EXAMPLE_INVALID: Fault = Fault {
    contract: Some(|document| {
        set(
            document,
            "/components/examples/Vehicle/value",
            "yearOfManufacture",
            json!("2026"),
        );
    }),
    ..Fault::new(
        "example-invalid",
        "The example of a vehicle has a text where its schema has a number.",
        &["contract.examples-valid"],
    )
};

pub(super) const EXAMPLE_NULL: Fault = Fault {
    contract: Some(|document| {
        set(
            document,
            "/components/examples/Incident/value",
            "updatedAt",
            Value::Null,
        );
    }),
    ..Fault::new(
        "example-null",
        "The example of an incident has null where its schema does not allow it.",
        &["contract.examples-valid"],
    )
};

pub(super) const PARAMETER_EXAMPLE_INVALID: Fault = Fault {
    contract: Some(|document| {
        set(
            document,
            "/components/parameters/Limit",
            "example",
            json!(1000),
        );
    }),
    ..Fault::new(
        "parameter-example-invalid",
        "The example of limit is above its maximum.",
        &["contract.examples-valid"],
    )
};

pub(super) const STATUS_406_UNDOCUMENTED: Fault = Fault {
    contract: Some(|document| {
        remove(
            document,
            "/paths/~1locations~1{locationId}/get/responses",
            "406",
        );
    }),
    ..Fault::new(
        "status-406-undocumented",
        "Reading a location can end in 406, and its documentation does not say so.",
        &[
            "contract.negotiation-documented",
            "response.status-documented",
        ],
    )
};

pub(super) const STATUS_404_UNDOCUMENTED: Fault = Fault {
    contract: Some(|document| {
        remove(
            document,
            "/paths/~1vehicles~1{vehicleId}/get/responses",
            "404",
        );
    }),
    ..Fault::new(
        "status-404-undocumented",
        "Reading a vehicle can end in 404, and its documentation does not say so.",
        &["response.not-found-documented"],
    )
};

pub(super) const STATUS_415_UNDOCUMENTED: Fault = Fault {
    contract: Some(|document| remove(document, "/paths/~1locations/post/responses", "415")),
    ..Fault::new(
        "status-415-undocumented",
        "Creating a location can end in 415, and its documentation does not say so.",
        &[
            "contract.negotiation-documented",
            "response.status-documented",
        ],
    )
};

pub(super) fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}

pub(super) const QUERY_IDENTIFIES: Fault = Fault {
    contract: Some(|document| {
        let schema = json!({ "type": "string" });
        let parameter = query("id", "The vehicle to read.", &schema);
        push(document, "/paths/~1vehicles/get/parameters", parameter);
    }),
    switch: Some(Misbehaviour::ListsVehiclesById),
    ..Fault::new(
        "query-identifies",
        "One vehicle is found by id in the query.",
        &["contract.query-identifies"],
    )
};

pub(super) const QUERY_ACTS: Fault = Fault {
    contract: Some(|document| {
        let schema = json!({ "type": "string" });
        let parameter = query("action", "What to do with the list.", &schema);
        push(document, "/paths/~1incidents/get/parameters", parameter);
    }),
    switch: Some(Misbehaviour::IncidentsTakeAction),
    ..Fault::new(
        "query-acts",
        "The query of the collection of incidents says what is to be done.",
        &["contract.query-identifies"],
    )
};

pub(super) const STATUS_429_UNDOCUMENTED: Fault = Fault {
    contract: Some(|document| {
        for path in document
            .pointer_mut("/paths")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flat_map(|paths| paths.values_mut())
        {
            for operation in path
                .as_object_mut()
                .into_iter()
                .flat_map(|methods| methods.values_mut())
            {
                remove(operation, "/responses", "429");
            }
        }
        remove(document, "/components/responses", "TooManyRequests");
    }),
    ..Fault::new(
        "status-429-undocumented",
        "Calls are limited, and nothing documents 429.",
        &["contract.rate-limits"],
    )
};

pub(super) const RATE_LIMITS_UNDESCRIBED: Fault = Fault {
    contract: Some(|document| {
        if let Some(Value::String(text)) = document.pointer_mut("/info/description") {
            *text = text
                .split("\n\n")
                .filter(|paragraph| !paragraph.starts_with("**Rate limits"))
                .collect::<Vec<_>>()
                .join("\n\n");
        }
        remove(document, "/components/responses/TooManyRequests", "headers");
        set(
            document,
            "/components/responses/TooManyRequests",
            "description",
            json!("Refused."),
        );
    }),
    ..Fault::new(
        "rate-limits-undescribed",
        "The description does not say how much may be asked.",
        &["contract.rate-limits"],
    )
};

pub(super) const X_HEADER_IN_REQUEST: Fault = Fault {
    contract: Some(|document| {
        let parameter = json!({
            "name": "X-Request-Source", "in": "header", "description": "The system that asks.",
            "schema": { "type": "string" },
        });
        push(document, "/paths/~1vehicles/get/parameters", parameter);
    }),
    ..Fault::new(
        "x-header-in-request",
        "A new X- header is declared for requests.",
        &["contract.x-headers"],
    )
};

pub(super) const X_HEADER_IN_RESPONSE: Fault = Fault {
    contract: Some(|document| {
        set(
            document,
            "/paths/~1vehicles/get/responses/200/headers",
            "X-Total-Count",
            json!({ "description": "How many there are.", "schema": { "type": "integer" } }),
        );
    }),
    answer: Some(|incoming, outgoing| {
        let total = outgoing
            .value_mut()
            .and_then(|body| body.get("total"))
            .map(Value::to_string);
        if let Some(total) = total.filter(|_| incoming.is("listVehicles")) {
            outgoing.set("x-total-count", &total);
        }
    }),
    ..Fault::new(
        "x-header-in-response",
        "A new X- header is declared and sent in responses.",
        &["contract.x-headers"],
    )
};

pub(super) const DEPRECATION_UNFLAGGED: Fault = Fault {
    contract: Some(|document| {
        remove(document, "/paths/~1incident-summaries/get", "deprecated");
    }),
    ..Fault::new(
        "deprecation-unflagged",
        "An operation that is deprecated in words and headers is not flagged as deprecated.",
        &["contract.deprecation-flagged"],
    )
};

pub(super) const NO_TEST_SERVER: Fault = Fault {
    contract: Some(|document| {
        if let Some(servers) = document.get_mut("servers").and_then(Value::as_array_mut) {
            servers
                .retain(|server| server.get("description") == Some(&json!("Production service")));
        }
    }),
    ..Fault::new(
        "no-test-server",
        "The contract declares a production server only.",
        &["contract.test-server"],
    )
};

pub(super) const PATTERN_OF_PYTHON: Fault = Fault {
    contract: Some(|document| {
        let schema = json!({ "type": "string", "pattern": "\\A[A-Z]{2}\\Z" });
        set(document, "/components/schemas", "AreaCode", schema);
    }),
    ..Fault::new(
        "pattern-of-python",
        "A pattern of the contract is written in the dialect of Python.",
        &["contract.schema-dialect"],
    )
};

pub(super) const LICENCE_MISSING: Fault = Fault {
    contract: Some(|document| remove(document, "/info", "license")),
    ..Fault::new(
        "licence-missing",
        "The contract has no licence.",
        &["contract.licence"],
    )
};

pub(super) const LICENCE_PROPRIETARY: Fault = Fault {
    contract: Some(|document| {
        let licence = json!({ "name": "Proprietary", "url": "https://records.example/terms" });
        set(document, "/info", "license", licence);
    }),
    ..Fault::new(
        "licence-proprietary",
        "The licence of the contract is not an open one.",
        &["contract.licence"],
    )
};

pub(super) const SECURITY_UNDECLARED: Fault = Fault {
    contract: Some(|document| remove(document, "/paths/~1vehicles/get", "security")),
    ..Fault::new(
        "security-undeclared",
        "Listing vehicles needs a token, and its documentation does not say so.",
        &["contract.security-declared"],
    )
};

pub(super) const SECURITY_SCHEME_UNKNOWN: Fault = Fault {
    contract: Some(|document| {
        let requirement = json!([{ "apiKey": [] }]);
        set(document, "/paths/~1vehicles/get", "security", requirement);
    }),
    ..Fault::new(
        "security-scheme-unknown",
        "Listing vehicles names a security scheme that is not declared.",
        &["contract.security-declared"],
    )
};
