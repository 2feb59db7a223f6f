//! `data.unicode-round-trip`

use regex::Regex;
use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::probe::{last_variable, reached},
    support::resource::joins,
    support::round_trip::BEYOND_ASCII,
    support::schema_view::{Place, escape},
};
use muster_core::{
    arrange::{Arranged, item_address, valid_request},
    contract::{Contract, Operation, Validity},
    exchange::{Address, Exchange, Intent, Request, Response},
    model::{Method, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "data.unicode-round-trip",
    purpose: "The API returns strings beyond ASCII as they were sent.",
    verifies: "For each operation that creates a record from JSON with a text that the contract \
        leaves free (no format, pattern, list of values, or limit that is too short), a record is \
        created with Welsh letters, a combining accent and an apostrophe in that text, and with an \
        emoji where the property is for notes. The text in the response, and in the record when it \
        is read back, is the same character by character; the composed form of the accent counts \
        as the same. A text that is refused fails only where the plain record is taken; an emoji \
        may be refused. Properties whose names mean an id, a code, an address of the network or a \
        secret are not used.",
    matters: "A name that changes on its way cannot be found again: Siân is not SiÃ¢n, nor Si?n.",
    fix: "Keep text in Unicode all the way: the column, the driver, the queue and the response.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Read back as it was sent",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    "{\"id\":\"7\",\"name\":\"Siân O'Neill-Ŵyn Zoe\u{301}\"}",
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "The composed form",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"Siân O'Neill-Ŵyn Zoé"}"#,
                ),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Read back as Latin-1",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
                ScriptedResponse::json(
                    "GET /people/7",
                    200,
                    r#"{"id":"7","name":"SiÃ¢n O'Neill-Å´yn"}"#,
                ),
            ],
            says: Expect::Fail("returned changed"),
        },
        Example {
            title: "Refused, though the contract allows it",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::empty("POST /people", 400),
                ScriptedResponse::json("POST /people", 201, r#"{"id":"7"}"#),
            ],
            says: Expect::Fail("refused"),
        },
        Example {
            title: "Refused like any other record",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 409)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "No text that is free",
            contract: "
/codes:
  post:
    requestBody:
      content: {application/json: {schema: {type: object, properties: {code: {type: string, pattern: '^[A-Z]+$'}}}}}
    responses: {'201': {description: Created}}
",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  post:
    requestBody:
      required: true
      content:
        application/json:
          schema: {type: object, required: [name], properties: {name: {type: string}}}
    responses: {'201': {description: Created}, '400': {description: Refused}}
/people/{id}:
  get:
    parameters: [{name: id, in: path, required: true, schema: {type: string}, example: '1'}]
    responses: {'200': {description: A person}}
";

/// The accent stands apart here and is composed there; Unicode calls the two the same.
const APART: &str = "e\u{301}";
const COMPOSED: &str = "é";
const NAME: &str = "Siân O'Neill-Ŵyn Zoe\u{301}";
const NOTE: &str = "Siân O’Neill-Ŵyn, ŷ, Zoe\u{301} 👮🏽";

/// Words of names whose text is not free, whatever the schema leaves open.
const NOT_FREE: [&str; 34] = [
    "id",
    "uuid",
    "guid",
    "code",
    "type",
    "kind",
    "status",
    "state",
    "email",
    "mail",
    "phone",
    "telephone",
    "mobile",
    "url",
    "uri",
    "href",
    "link",
    "callback",
    "key",
    "token",
    "secret",
    "password",
    "hash",
    "user",
    "username",
    "login",
    "date",
    "time",
    "at",
    "number",
    "reference",
    "postcode",
    "version",
    "language",
];
/// Words of names whose text is for notes.
const NOTES: [&str; 10] = [
    "description",
    "note",
    "notes",
    "comment",
    "comments",
    "text",
    "summary",
    "details",
    "message",
    "narrative",
];

fn applies(contract: &Contract, operation: &Operation) -> Applies {
    if operation.key.method != Method::Post || operation.body.is_none() {
        return Applies::Irrelevant;
    }
    if last_variable(&operation.key.path).is_some() {
        return Applies::Irrelevant;
    }
    match free_text(contract, operation) {
        Some(_) => Applies::Yes,
        None => Applies::No("The body has no text that the contract leaves free.".into()),
    }
}

/// A member at the top of the body whose text is free, with the texts that its schema lets in.
fn free_text<'a>(
    contract: &'a Contract,
    operation: &'a Operation,
) -> Option<(&'a str, Vec<&'static str>)> {
    let media = operation
        .body
        .as_ref()?
        .content
        .iter()
        .find(|media| media.is_json())?;
    let place = Place::of(contract, media.schema.as_ref()?);
    let mut free: Vec<(&str, Vec<&'static str>)> = place
        .named()
        .into_iter()
        .filter(|name| !has_word(name, &NOT_FREE))
        .filter_map(|name| {
            let texts: &[&'static str] = if has_word(name, &NOTES) {
                &[NOTE, NAME]
            } else {
                &[NAME]
            };
            let member = place.member(name);
            let texts: Vec<_> = texts
                .iter()
                .copied()
                .filter(|text| lets_in(&member, text))
                .collect();
            (!texts.is_empty()).then_some((name, texts))
        })
        .collect();
    free.sort_by_key(|(name, texts)| {
        (texts.len() < 2, !name.to_ascii_lowercase().contains("name"))
    });
    free.into_iter().next()
}

fn lets_in(place: &Place<'_>, text: &str) -> bool {
    let closed = [
        "format",
        "enum",
        "const",
        "readOnly",
        "contentEncoding",
        "not",
        "oneOf",
    ];
    place.types().contains("string")
        && closed.iter().all(|keyword| !place.has(keyword))
        && place
            .keyword("maxLength")
            .filter_map(Value::as_u64)
            .all(|most| most >= text.chars().count() as u64)
        && place.keyword("pattern").all(|pattern| {
            let pattern = pattern.as_str().map(Regex::new);
            pattern.is_some_and(|pattern| pattern.is_ok_and(|pattern| pattern.is_match(text)))
        })
}

fn has_word(name: &str, words: &[&str]) -> bool {
    let mut spaced = String::new();
    for c in name.chars() {
        if c.is_uppercase() {
            spaced.push(' ');
        }
        spaced.extend(c.to_lowercase());
    }
    spaced
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| words.contains(&word))
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let contract = script.world.contract;
    let Some((operation, (member, texts))) =
        operation.and_then(|operation| Some((operation, free_text(contract, operation)?)))
    else {
        return Err(Halt::NotApplicable("The body has no free text.".into()));
    };
    let valid = valid_request(script, operation)?;
    for text in texts {
        let request = with_text(contract, operation, &valid, member, text)?;
        let exchange = script.send(request)?;
        let response = match reached(exchange) {
            Ok(response) => response,
            Err(judgement) => return Ok(vec![judgement]),
        };
        if response.is_success() && joins(script, operation, &valid, exchange) {
            return Err(Halt::NotApplicable(format!(
                "{} returns 200 with a record that existed already, and stores no new string.",
                operation.key
            )));
        }
        if response.is_success() {
            return compare(script, operation, member, text, exchange, response);
        }
        if !matches!(response.status, 400 | 422) {
            return Ok(vec![Judgement::inconclusive(
                Responsible::TestData,
                format!(
                    "{} returned {}, so no record could be compared. Give what it needs under \
                        `data` in the target file.",
                    operation.key,
                    exchange.received()
                ),
            )]);
        }
    }
    let plain = script.send(valid.request)?;
    Ok(vec![
        if plain.response().is_some_and(Response::is_success) {
            Finding::new(
                "refused",
                "A string beyond ASCII is refused where an ASCII string is accepted.",
                format!(
                    "{}: `{member}` takes any text, as the contract says",
                    operation.key
                ),
                "a refusal".to_owned(),
            )
            .of_kind(BEYOND_ASCII)
            .at(operation.pointer.clone())
            .into()
        } else {
            Judgement::inconclusive(
                Responsible::TestData,
                format!(
                    "A valid record was not taken by {} either: {}. Give what it needs under `data` in the target file.",
                    operation.key,
                    plain.received()
                ),
            )
        },
    ])
}

fn with_text(
    contract: &Contract,
    operation: &Operation,
    valid: &Arranged,
    member: &str,
    text: &str,
) -> Scripted<Request> {
    let unmet = |reason: String| Halt::unmet(Responsible::Muster, reason);
    let Some(Value::Object(body)) = valid.body() else {
        return Err(unmet(format!(
            "The valid request to {} has no JSON object as its body.",
            operation.key
        )));
    };
    let mut body = body.clone();
    body.insert(member.to_owned(), Value::from(text));
    let body = Value::Object(body);
    let schema = valid
        .values
        .media
        .as_ref()
        .and_then(|media| media.schema.as_ref());
    if let Some(schema) = schema
        && let Validity::Invalid(_) = contract.schemas.validate_request(schema, &body)
    {
        return Err(unmet(format!(
            "`{member}` of {} does not take the text by its schema.",
            operation.key
        )));
    }
    let mut request = valid.with_body(contract, operation, body)?;
    request.intent = Intent::Plausible;
    request.purpose = "creates a record with text beyond ASCII".into();
    Ok(request)
}

fn compare(
    script: &mut Script<'_>,
    operation: &Operation,
    member: &str,
    text: &str,
    created: &Exchange,
    response: &Response,
) -> Scripted {
    let pointer = format!("/{}", escape(member));
    let in_answer = text_at(response, &pointer);
    if let Some(came) = in_answer
        && !is_same(text, came)
    {
        return Ok(vec![changed(operation, "the answer", text, came, &pointer)]);
    }
    let world = script.world;
    let read_back = item_address(world.contract, world.relations, created).and_then(|path| {
        let reader = world.contract.find_operation(&Method::Get, &path)?;
        Some((reader, Address::Base(path)))
    });
    let Some((reader, address)) = read_back else {
        return Ok(vec![if in_answer.is_some() {
            Judgement::Pass
        } else {
            Judgement::not_applicable(format!(
                "What {} made, if anything, is not in its response, and the contract has no way to read it back.",
                operation.key
            ))
        }]);
    };
    let request = Request::new(Method::Get, address, "reads the record back")
        .calling(&reader.key)
        .meant(Intent::Plausible);
    let exchange = script.send(request)?;
    let read = match reached(exchange) {
        Ok(read) => read,
        Err(judgement) => return Ok(vec![judgement]),
    };
    if !read.is_success() {
        return Ok(vec![Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "What {} made could not be read back: {} returned {}.",
                operation.key,
                reader.key,
                exchange.received()
            ),
        )]);
    }
    Ok(vec![match text_at(read, &pointer) {
        Some(came) if is_same(text, came) => Judgement::Pass,
        Some(came) => changed(operation, "the record", text, came, &pointer),
        None if in_answer.is_some() => Judgement::Pass,
        None => Judgement::inconclusive(
            Responsible::Supplier,
            format!(
                "`{member}` is not in the record that {} gives back: {}.",
                reader.key,
                exchange.received()
            ),
        ),
    }])
}

fn text_at<'r>(response: &'r Response, pointer: &str) -> Option<&'r str> {
    response.json().ok()?.pointer(pointer)?.as_str()
}

fn is_same(sent: &str, came: &str) -> bool {
    came == sent || came == sent.replace(APART, COMPOSED)
}

fn changed(operation: &Operation, place: &str, sent: &str, came: &str, pointer: &str) -> Judgement {
    Finding::new(
        "changed",
        format!("A string beyond ASCII is returned changed in {place}."),
        format!("{}: {sent}", operation.key),
        came.chars().take(80).collect::<String>(),
    )
    .at(pointer)
    .into()
}
