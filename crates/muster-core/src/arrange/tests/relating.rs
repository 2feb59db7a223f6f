//! Relations of small contracts, and the bodies they lead to.

use serde_json::{Value, json};

use super::super::{
    relations::{Evidence, Relations, Role, Slot},
    testing::*,
};
use crate::{
    contract::ParameterPlace,
    exchange::{Intent, Request},
    model::Method,
};

/// `producer (evidence)` of everything that can fill a parameter.
fn sources(
    relations: &Relations,
    operation: &str,
    place: ParameterPlace,
    name: &str,
) -> Vec<String> {
    relations
        .sources(&key(operation), &Slot::Parameter(place, name.to_owned()))
        .iter()
        .map(|source| format!("{} ({:?})", source.producer, source.evidence))
        .collect()
}

fn in_path(relations: &Relations, operation: &str, name: &str) -> Vec<String> {
    sources(relations, operation, ParameterPlace::Path, name)
}

#[test]
fn roles_go_by_method_and_path() {
    let setting = Setting::new(PEOPLE);
    for (operation, role) in [
        ("GET /people", Role::List),
        ("POST /people", Role::Create),
        ("GET /people/{personId}", Role::Read),
        ("PUT /people/{personId}", Role::Replace),
        ("DELETE /people/{personId}", Role::Delete),
        ("GET /people/{personId}/notes", Role::List),
        ("POST /people/{personId}/archive", Role::Action),
        ("POST /incidents", Role::Create),
        ("PUT /settings", Role::Replace),
    ] {
        assert_eq!(setting.relations.role(&key(operation)), role, "{operation}");
    }
    let people = setting
        .relations
        .collection(&key("GET /people/{personId}"))
        .unwrap();
    assert_eq!(
        (people.path.as_str(), people.thing.as_str()),
        ("/people", "person")
    );
    assert_eq!(people.create, Some(key("POST /people")));
    assert_eq!(people.delete, Some(key("DELETE /people/{personId}")));
}

#[test]
fn nested_paths_relate_parents_and_children() {
    let relations = Setting::new(PEOPLE).relations;
    let note = "GET /people/{personId}/notes/{noteId}";
    assert_eq!(
        in_path(&relations, note, "noteId"),
        [
            "POST /people/{personId}/notes (Path)",
            "GET /people/{personId}/notes (Path)"
        ]
    );
    assert_eq!(
        in_path(&relations, note, "personId"),
        ["POST /people (Path)", "GET /people (Path)"]
    );
    let query = sources(
        &relations,
        "GET /incidents",
        ParameterPlace::Query,
        "personId",
    );
    assert_eq!(query, ["POST /people (Name)", "GET /people (Name)"]);
    let bodies: Vec<&str> = relations
        .body_references(&key("POST /incidents"))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(bodies, ["/personId", "/witnesses/0/personId"]);
    assert!(
        relations.reasons().any(|reason| reason
            == "POST /people creates what `personId` of GET /people/{personId} names, by its path"),
        "{:#?}",
        relations.reasons().collect::<Vec<_>>()
    );
}

#[test]
fn links_go_before_all_else_and_say_so() {
    let setting = Setting::new("
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /register:
    post:
      operationId: register
      responses:
        '201':
          description: made
          links:
            getPerson: {operationId: readPerson, parameters: {ref: '$response.body#/made/reference'}}
            remove: {operationId: removePerson, parameters: {path.ref: '$response.header.X-Reference'}}
  /lookup/{ref}:
    get:
      operationId: readPerson
      parameters: [{name: ref, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
    delete:
      operationId: removePerson
      parameters: [{name: ref, in: path, required: true, schema: {type: string}}]
      responses: {'204': {description: gone}}
");
    let found = setting.relations.sources(
        &key("GET /lookup/{ref}"),
        &Slot::Parameter(ParameterPlace::Path, "ref".to_owned()),
    );
    assert_eq!(found[0].evidence, Evidence::Link);
    assert_eq!(
        found[0].reason,
        "POST /register creates what `ref` of GET /lookup/{ref} names: link `getPerson`"
    );
    let register = |_: &Request| {
        answer(
            201,
            &[("x-reference", "h7")],
            &json!({"made": {"reference": "r7"}}),
        )
    };
    let (read, sent) = setting.arrange("GET /lookup/{ref}", register);
    assert_eq!(line(&read.unwrap().request), "GET /lookup/r7");
    let (remove, _) = setting.arrange("DELETE /lookup/{ref}", register);
    assert_eq!(line(&remove.unwrap().request), "DELETE /lookup/h7");
    assert_eq!(
        super::super::removal(&setting.contract, &setting.relations, &sent[0]),
        Some((Method::Delete, "/lookup/h7".to_owned()))
    );
}

#[test]
fn snake_case_and_numbers_relate() {
    let setting = Setting::new("
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /court_cases/:
    get: {responses: {'200': {description: ok, content: {application/json: {schema: {type: array, items: {type: object, properties: {court_case_id: {type: integer}}}}}}}}}
  /court_cases/{court_case_id}/:
    get:
      parameters: [{name: court_case_id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
  /hearings:
    get:
      parameters: [{name: court_case_ids, in: query, required: true, schema: {type: array, items: {type: integer}}}]
      responses: {'200': {description: ok}}
");
    let list = |_: &Request| answer(200, &[], &json!([{"court_case_id": 17, "title": "x"}]));
    let (read, _) = setting.arrange("GET /court_cases/{court_case_id}/", list);
    assert_eq!(line(&read.unwrap().request), "GET /court_cases/17/");
    let (hearings, _) = setting.arrange("GET /hearings", list);
    assert_eq!(
        line(&hearings.unwrap().request),
        "GET /hearings?court_case_ids=17"
    );
}

#[test]
fn json_api_relates() {
    let setting = Setting::new("
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /articles:
    get: {responses: {'200': {description: ok, content: {application/vnd.api+json: {schema: {$ref: '#/components/schemas/Many'}}}}}}
    post:
      requestBody: {required: true, content: {application/vnd.api+json: {schema: {$ref: '#/components/schemas/One'}}}}
      responses: {'201': {description: made, content: {application/vnd.api+json: {schema: {$ref: '#/components/schemas/One'}}}}}
  /articles/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
components:
  schemas:
    One: {type: object, required: [data], properties: {data: {$ref: '#/components/schemas/Article'}}}
    Many: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/Article'}}}}
    Article:
      type: object
      required: [type, attributes]
      properties:
        type: {const: articles}
        id: {type: string, readOnly: true}
        attributes: {type: object, required: [title], properties: {title: {type: string, example: A title}}}
");
    let made = |request: &Request| match request.method {
        Method::Post => answer(
            201,
            &[],
            &json!({"data": {"type": "articles", "id": "a1", "attributes": {"title": "x"}}}),
        ),
        _ => answer(
            200,
            &[],
            &json!({"data": [{"type": "articles", "id": "a2"}]}),
        ),
    };
    let (read, sent) = setting.arrange("GET /articles/{id}", made);
    assert_eq!(line(&read.unwrap().request), "GET /articles/a1");
    let body = sent[0].request.body.as_ref().unwrap();
    assert_eq!(body.media_type.as_deref(), Some("application/vnd.api+json"));
    let body: Value = serde_json::from_slice(&body.bytes).unwrap();
    assert!(
        body["data"]["attributes"]["title"]
            .as_str()
            .unwrap()
            .starts_with("muster-7f3a9c-"),
        "{body}"
    );
    let (read, _) = setting.reading().arrange("GET /articles/{id}", made);
    assert_eq!(line(&read.unwrap().request), "GET /articles/a2");
}

#[test]
fn a_kind_beside_an_id_says_whose_id_it_is() {
    let setting = Setting::new(
        "
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /people: {post: {responses: {'201': {description: made}}}}
  /people/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {'200': {description: ok}}}}
  /vehicles: {post: {responses: {'201': {description: made}}}}
  /vehicles/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {'200': {description: ok}}}}
  /links:
    post:
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [recordType, recordId], properties: {recordType: {type: string, enum: [vehicle]}, recordId: {type: string}}}}}}
      responses: {'201': {description: made}}
",
    );
    let (link, sent) = setting.arrange("POST /links", |request| {
        answer(
            201,
            &[("location", &format!("{}/x7", request.path_and_query()))],
            &Value::Null,
        )
    });
    assert_eq!(lines(&sent), ["POST /vehicles"]);
    assert_eq!(
        link.unwrap().body(),
        Some(&json!({"recordType": "vehicle", "recordId": "x7"}))
    );
    // Where none can be made, nothing promises that what is named exists.
    let (link, _) = setting.arrange("POST /links", |_| answer(500, &[], &Value::Null));
    assert_eq!(link.unwrap().request.intent, Intent::Plausible);
}

#[test]
fn who_plays_a_part_is_one_of_the_people() {
    let setting = Setting::new(
        "
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /people: {post: {responses: {'201': {description: made}}}}
  /people/{pid}: {get: {parameters: [{name: pid, in: path, required: true, schema: {type: integer}}], responses: {'200': {description: ok}}}}
  /places: {post: {responses: {'201': {description: made}}}}
  /places/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}], responses: {'200': {description: ok}}}}
  /items:
    post:
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [owner_id, colour], properties: {owner_id: {type: integer}, store_id: {type: string, format: uuid}, colour: {type: string}}}}}}
      responses: {'201': {description: made}}
",
    );
    let (item, sent) = setting.arrange("POST /items", |request| {
        answer(
            201,
            &[("location", &format!("{}/7", request.path_and_query()))],
            &Value::Null,
        )
    });
    assert_eq!(lines(&sent), ["POST /people"]);
    assert_eq!(item.unwrap().body().unwrap()["owner_id"], json!(7));
}

#[test]
fn an_id_segment_before_the_variable_is_no_collection() {
    let relations = Setting::new("
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /courts: {get: {responses: {'200': {description: ok}}}}
  /courts/id/{courtId}:
    get:
      parameters: [{name: courtId, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
  /court-maintenance:
    post:
      requestBody: {content: {application/json: {schema: {type: object, properties: {courtId: {type: string}}}}}}
      responses: {'201': {description: made}}
  /court-maintenance/id/{courtId}:
    put:
      parameters: [{name: courtId, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
").relations;
    assert_eq!(
        in_path(&relations, "GET /courts/id/{courtId}", "courtId"),
        ["POST /court-maintenance (Name)", "GET /courts (Path)"]
    );
    assert_eq!(
        relations
            .body_references(&key("POST /court-maintenance"))
            .count(),
        0,
        "its own id is its own"
    );
}

#[test]
fn nothing_is_made_up_where_names_do_not_meet() {
    let relations = Setting::new(
        "
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /vehicles: {get: {responses: {'200': {description: ok}}}}
  /weather/{day}:
    get:
      parameters:
        - {name: day, in: path, required: true, schema: {type: string}}
        - {name: X-Correlation-Id, in: header, required: true, schema: {type: string}}
      responses: {'200': {description: ok}}
",
    )
    .relations;
    assert_eq!(
        relations.reasons().count(),
        0,
        "{:?}",
        relations.reasons().collect::<Vec<_>>()
    );
}

#[test]
fn a_producer_that_needs_its_own_product_is_cut() {
    let setting = Setting::new("
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /a:
    post:
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [bId], properties: {bId: {type: string}}}}}}
      responses: {'201': {description: made}}
  /b:
    post:
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [aId], properties: {aId: {type: string}}}}}}
      responses: {'201': {description: made}}
  /a/{aId}: {get: {parameters: [{name: aId, in: path, required: true, schema: {type: string}}], responses: {'200': {description: ok}}}}
  /b/{bId}: {get: {parameters: [{name: bId, in: path, required: true, schema: {type: string}}], responses: {'200': {description: ok}}}}
");
    let (read, sent) =
        setting.arrange("GET /a/{aId}", |_| answer(201, &[], &json!({"id": "made"})));
    assert_eq!(line(&read.unwrap().request), "GET /a/made");
    assert_eq!(lines(&sent), ["POST /b", "POST /a"]);
}

#[test]
fn a_thousand_operations_relate_at_once() {
    let mut paths = String::new();
    for number in 0..250 {
        paths.push_str(&format!("
  /things{number}x: {{get: {{responses: {{'200': {{description: ok}}}}}}, post: {{responses: {{'201': {{description: ok}}}}}}}}
  /things{number}x/{{id}}: {{parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}], get: {{responses: {{'200': {{description: ok}}}}}}, delete: {{responses: {{'204': {{description: ok}}}}}}}}"));
    }
    let contract = contract(&format!(
        "openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:{paths}\n"
    ));
    let relations = Relations::of(&contract);
    assert_eq!(contract.operations.len(), 1000);
    assert_eq!(relations.reasons().count(), 1000);
}

const BODIES: &str = "
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /form:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: {type: object, required: [name, tags, spread, deep], properties: {name: {type: string}, tags: {type: array, items: {type: string}}, spread: {type: array, items: {type: string}}, deep: {type: object}}}
            example: {name: 'a b&c', tags: [p, q], spread: [p, q], deep: {k: 1}}
            encoding: {tags: {style: pipeDelimited, explode: false}, deep: {style: deepObject, explode: true}}
      responses: {'200': {description: ok}}
  /upload:
    post:
      requestBody:
        content:
          multipart/form-data:
            schema: {type: object, required: [file, meta, note], properties: {file: {type: string, format: binary}, meta: {type: object, example: {a: 1}}, note: {type: string, example: hello}}}
            encoding: {file: {contentType: 'image/png, image/jpeg'}}
      responses: {'200': {description: ok}}
  /text:
    post:
      requestBody: {content: {text/plain: {schema: {type: string, example: hello}}}}
      responses: {'200': {description: ok}}
  /choice:
    post:
      requestBody: {content: {application/xml: {schema: {type: object}}, multipart/form-data: {schema: {type: object}}, application/merge-patch+json: {schema: {type: object}}, application/json: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
  /any:
    post:
      requestBody: {content: {'*/*': {schema: {type: object}}}}
      responses: {'200': {description: ok}}
  /xml:
    post:
      requestBody: {content: {application/xml: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
";

#[test]
fn bodies_are_written_as_their_media_type() {
    let setting = Setting::new(BODIES);
    let body = |operation: &str| {
        let body = setting
            .arrange(operation, nobody)
            .0
            .unwrap()
            .request
            .body
            .unwrap();
        (
            body.media_type.unwrap(),
            String::from_utf8(body.bytes.to_vec()).unwrap(),
        )
    };
    let (media, text) = body("POST /form");
    assert_eq!(media, "application/x-www-form-urlencoded");
    assert_eq!(
        text,
        "name=a%20b%26c&tags=p%7Cq&spread=p&spread=q&deep%5Bk%5D=1"
    );
    let (media, text) = body("POST /upload");
    let boundary = media
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 5, "{text}");
    assert!(
        parts[1].contains("name=\"file\"; filename=")
            && parts[1].contains("Content-Type: image/png\r\n\r\n")
    );
    assert!(parts[2].contains("Content-Type: application/json\r\n\r\n{\"a\":1}\r\n"));
    assert!(parts[3].contains("name=\"note\"\r\n\r\nhello\r\n"));
    assert_eq!(parts[4], "--\r\n");
    assert_eq!(
        body("POST /text"),
        ("text/plain".to_owned(), "hello".to_owned())
    );
    assert_eq!(body("POST /choice").0, "application/json");
    assert_eq!(body("POST /any").0, "application/json");
    assert!(setting.arrange("POST /xml", nobody).0.is_err());
}

#[test]
fn what_the_run_can_make_comes_before_what_others_have() {
    let list = "get: {responses: {'200': {description: All, content: {application/json: {schema: {type: array, items: {type: object}}}}}}}";
    let one = "parameters: [{name: flagName, in: path, required: true, schema: {type: string}}]\n    get: {responses: {'200': {description: One}}}";
    let text = format!(
        "openapi: 3.1.0
info: {{title: Flags, version: '1'}}
paths:
  /client/flags:
    {list}
  /client/flags/{{flagName}}:
    {one}
  /found/flags:
    {list}
  /found/flags/{{flagName}}:
    {one}
  /counted/flags:
    {list}
  /counted/flags/{{flagName}}:
    {one}
  /teams/{{team}}/all/flags:
    parameters: [{{name: team, in: path, required: true, schema: {{type: string}}}}]
    post: {{responses: {{'201': {{description: Made}}}}}}
  /flags/{{flagName}}/marks:
    parameters: [{{name: flagName, in: path, required: true, schema: {{type: string}}}}]
    post: {{responses: {{'201': {{description: Made}}}}}}
"
    );
    let setting = Setting::new(&text);
    let found = in_path(
        &setting.relations,
        "POST /flags/{flagName}/marks",
        "flagName",
    );
    assert_eq!(
        found.first().map(String::as_str),
        Some("POST /teams/{team}/all/flags (Name)"),
        "{found:?}"
    );
}
