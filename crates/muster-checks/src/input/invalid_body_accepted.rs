//! `input.invalid-body-accepted`

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse,
    support::accepted_request::{self, MOST_FINDINGS, Taken},
    support::encoded_body::{self, Encoding},
    support::schema_view::escape,
};
use muster_core::{
    arrange::{body, vary},
    contract::{Contract, Operation},
    exchange::{Exchange, Request},
    generate::{Invalid, Mutation, Place},
    model::Method,
    script::{ProbeContext, Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "input.invalid-body-accepted",
    purpose: "The API refuses a body that its schema does not allow.",
    verifies: "For each operation with a body in JSON, a form, multipart or text, a valid body is \
        sent first; it has to be taken. Then bodies go out that differ from it in one place and \
        are wrong there beyond doubt: a required property missing, null, another type or \
        structure, a value outside its list, its bounds, lengths, pattern or format, a list with \
        too few, too many or repeated items, an unknown property of a closed object. A success is \
        a failure of the API; any refusal passes. Where the fair reading of the contract is open, \
        nothing is sent: texts for numbers, properties of open objects, formats that servers need \
        not assert, null in a PATCH, and null for an optional property, which many parsers read as \
        its absence; and outside JSON, whatever one fair reading of the text makes valid: digits \
        for a string, an empty optional field, a missing list or box, the content of a file, an \
        unknown field. A file is also sent as a media type that `encoding` does not name. A body \
        refused with 409 is sent again with other values. What is taken is shown with the shortest \
        body that shows it.",
    matters: "What gets in once stays: it breaks the next reader, and in a record of a person it may break \
        a case. Each rule that nobody enforces is a promise that other systems build upon in vain.",
    fix: "Validate every body against the schema of the contract before anything is done with it, best by the schema \
    itself, and return 400 or 422 with the place and the reason.",
    kind: Kind::Probe {
        scope: Scope::Operation(applies),
        run,
        writes: true,
    },
    examples: &[
        Example {
            title: "Every wrong body refused",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{}"),
                ScriptedResponse::empty("POST /people", 422),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "A surname that is too long is taken",
            contract: PEOPLE,
            dialogue: &[
                ScriptedResponse::json("POST /people", 201, "{}"),
                ScriptedResponse::json("POST /people", 201, "{}"),
            ],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "Not even the valid body is taken",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("POST /people", 422)],
            says: Expect::Inconclusive,
        },
        Example {
            title: "A form with a number that is none is taken",
            contract: FORM,
            dialogue: &[
                ScriptedResponse::json("POST /orders", 201, "{}"),
                ScriptedResponse::json("POST /orders", 201, "{}"),
            ],
            says: Expect::Fail("is accepted"),
        },
        Example {
            title: "Every wrong form refused",
            contract: FORM,
            dialogue: &[
                ScriptedResponse::json("POST /orders", 201, "{}"),
                ScriptedResponse::empty("POST /orders", 400),
            ],
            says: Expect::Pass,
        },
        Example {
            title: "Nothing could be wrong",
            contract: "
/notes:
  post:
    requestBody: {content: {application/json: {schema: {}}}}
    responses: {'201': {description: Created}}
",
            dialogue: &[ScriptedResponse::json("POST /notes", 201, "{}")],
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
          schema: {type: object, required: [surname], properties: {surname: {type: string, minLength: 1, maxLength: 35}}}
    responses: {'201': {description: Created}, '422': {description: Refused}}
";

const FORM: &str = "
/orders:
  post:
    requestBody:
      required: true
      content:
        application/x-www-form-urlencoded:
          schema: {type: object, required: [amount], properties: {amount: {type: integer, minimum: 1, maximum: 9}}}
    responses: {'201': {description: Created}, '400': {description: Refused}}
";

/// One wrong body.
struct Mutant {
    invalid: Invalid,
    body: Value,
    cause: String,
}

fn applies(_: &Contract, operation: &Operation) -> Applies {
    if encoded_body::written(operation).is_some() && accepted_request::is_harmless(operation) {
        Applies::Yes
    } else {
        Applies::No("It takes no body with a schema, in JSON, a form, multipart or text.".into())
    }
}

fn run<'a>(script: &mut Script<'a>, operation: Option<&'a Operation>) -> Scripted {
    let Some(operation) = operation else {
        return Ok(Vec::new());
    };
    let taken = accepted_request::taken(script, operation)?;
    let world = script.world;
    let mutants = mutants(&world, operation, &taken);
    let request = |mutant: &Mutant, body: &Value, label: &str| -> Scripted<Request> {
        let request = accepted_request::with_body(&world, operation, &taken.arranged, body, label)?;
        Ok(accepted_request::wrong(
            request,
            &format!("sends a body with one mistake: {}", mutant.invalid.kind),
            &mutant.invalid.reason,
        ))
    };
    let mut requests = Vec::new();
    for (number, mutant) in mutants.iter().enumerate() {
        requests.push(request(mutant, &mutant.body, &format!("wrong {number}"))?);
    }
    let unnamed = of_unnamed_types(&world, operation, &taken)?;
    requests.extend(unnamed.iter().map(|(_, _, request)| request.clone()));
    let all = script.send_all(requests)?;
    let (answers, uploads) = all.split_at_checked(mutants.len()).unwrap_or((all, &[]));
    let mut uploaded: Vec<Judgement> = unnamed
        .iter()
        .zip(uploads)
        .filter(|(_, answer)| accepted_request::is_taken(answer))
        .map(|((name, types, _), answer)| upload_finding(operation, name, types, answer))
        .collect();
    let mut shown: Vec<(&Mutant, &Exchange)> = mutants.iter().zip(answers).collect();

    // A conflict says nothing of the mistake: the same again for another record.
    let mut others = Vec::new();
    let mut again = Vec::new();
    for (number, (mutant, _)) in shown
        .iter()
        .enumerate()
        .filter(|(_, (_, answer))| accepted_request::is_conflict(answer))
    {
        let label = format!("wrong again {number}");
        let base = vary::renewed(&world, operation, taken.schema, &taken.body, true, &label);
        let body = vary::transplanted(&base, &mutant.body, &mutant.invalid.pointer);
        if let Some(body) = body.filter(|body| is_wrong(&world, &taken, body)) {
            others.push(request(mutant, &body, &label)?);
            again.push(*mutant);
        }
    }
    shown.extend(again.into_iter().zip(script.send_all(others)?));

    let mut seen = HashSet::new();
    let accepted: Vec<(&Mutant, &Exchange)> = shown
        .into_iter()
        .filter(|(mutant, answer)| accepted_request::is_taken(answer) && seen.insert(&mutant.cause))
        .take(MOST_FINDINGS)
        .collect();
    if accepted.is_empty() {
        if uploaded.is_empty() {
            uploaded.push(accepted_request::passed(all));
        }
        return Ok(uploaded);
    }
    // The same mistake in the shortest body: where that is taken, too, it is the one to show.
    let mut shorter = Vec::new();
    let mut short: Vec<Option<usize>> = Vec::new();
    for (number, (mutant, _)) in accepted.iter().enumerate() {
        let label = format!("short {number}");
        let least = vary::least(&world, taken.schema, &taken.body);
        let least = vary::renewed(&world, operation, taken.schema, &least, true, &label);
        let body = vary::transplanted(&least, &mutant.body, &mutant.invalid.pointer)
            .filter(|body| *body != mutant.body && is_wrong(&world, &taken, body));
        short.push(body.is_some().then_some(shorter.len()));
        if let Some(body) = body {
            shorter.push(request(mutant, &body, &label)?);
        }
    }
    let shorter = script.send_all(shorter)?;
    Ok(accepted
        .into_iter()
        .zip(short)
        .map(|((mutant, answer), short)| {
            let shortest = short
                .and_then(|at| shorter.get(at))
                .filter(|answer| accepted_request::is_taken(answer))
                .unwrap_or(answer);
            finding(operation, mutant, shortest)
        })
        .chain(uploaded)
        .collect())
}

/// The valid body with a part of a media type that the contract does not name: name of the part, what it may be, request.
fn of_unnamed_types(
    world: &ProbeContext<'_>,
    operation: &Operation,
    taken: &Taken<'_>,
) -> Scripted<Vec<(String, String, Request)>> {
    if taken.encoding != Encoding::Multipart {
        return Ok(Vec::new());
    }
    let mut requests = Vec::new();
    for (name, types) in body::typed_parts(world.contract, taken.media) {
        let pointer = format!("/{}", escape(&name));
        if !encoded_body::is_file(world.contract, taken.schema, &pointer) {
            continue;
        }
        let label = format!("media type of {name}");
        let fresh = vary::renewed(world, operation, taken.schema, &taken.body, false, &label);
        let mut request =
            accepted_request::with_body(world, operation, &taken.arranged, &fresh, &label)?;
        let Some(body) = request
            .body
            .as_ref()
            .and_then(|body| body::with_part_type(body, &name))
        else {
            continue;
        };
        request.body = Some(body);
        let reason = format!(
            "{name} is {}, which is not one of {types}",
            body::UNNAMED_TYPE
        );
        let purpose = "uploads a part of a media type that the contract does not name";
        requests.push((
            name,
            types,
            accepted_request::wrong(request, purpose, &reason),
        ));
    }
    Ok(requests)
}

fn upload_finding(operation: &Operation, name: &str, types: &str, answer: &Exchange) -> Judgement {
    Finding::new(
        format!("media type of {name}"),
        format!("An upload of a media type that the contract does not name is accepted: `{name}`."),
        format!("{}: a refusal of anything but {types}", operation.key),
        answer.received(),
    )
    .at(format!("/{}", escape(name)))
    .shown_by(answer.id)
    .into()
}

fn is_wrong(world: &ProbeContext<'_>, taken: &Taken<'_>, body: &Value) -> bool {
    encoded_body::is_wrong(world.contract, taken.encoding, taken.schema, body)
        && (taken.encoding == Encoding::Json
            || body::write(world.contract, taken.media, body).is_ok())
}

fn mutants(world: &ProbeContext<'_>, operation: &Operation, taken: &Taken<'_>) -> Vec<Mutant> {
    let limit = accepted_request::room(world, 12, 120, 240);
    let invalids = vary::invalids(world, taken.schema, Place::Body, limit, "wrong bodies");
    let mut mutants = Vec::new();
    for (number, invalid) in invalids.into_iter().enumerate() {
        // RFC 7396 has null remove a member, whatever the schema of the member says.
        // Many parsers read null of an optional property as its absence, which the schema allows.
        let clears = invalid.kind == Mutation::Null
            && (operation.key.method == Method::Patch || may_be_absent(world, taken, &invalid));
        // That the whole body is something else is `input.required-body-missing`.
        let is_whole = invalid.pointer.is_empty()
            && taken.encoding != Encoding::Text
            && !matches!(invalid.kind, Mutation::ExtraProperty | Mutation::TooFew);
        if clears
            || is_whole
            || !encoded_body::can_tell(world.contract, taken.encoding, taken.schema, &invalid)
        {
            continue;
        }
        let label = format!("wrong {number}");
        let base = vary::renewed(world, operation, taken.schema, &taken.body, false, &label);
        let body = vary::transplanted(&base, &invalid.value, &invalid.pointer)
            .filter(|body| is_wrong(world, taken, body))
            .unwrap_or_else(|| invalid.value.clone());
        if taken.encoding != Encoding::Json && !is_wrong(world, taken, &body) {
            continue;
        }
        let violations = vary::violations(world, taken.schema, &body);
        let Some(first) = violations
            .iter()
            .find(|violation| {
                !violation.instance.is_empty() && invalid.pointer.starts_with(&violation.instance)
            })
            .or_else(|| violations.first())
        else {
            continue;
        };
        let member = match invalid.kind {
            Mutation::MissingRequired => invalid.pointer.rsplit('/').next().unwrap_or_default(),
            _ => "",
        };
        let cause = format!("{} {} {member}", invalid.kind, first.schema);
        mutants.push(Mutant {
            cause: cause.trim_end().to_owned(),
            invalid,
            body,
        });
    }
    mutants
}

/// Whether a body is valid without the property that a mistake is about.
fn may_be_absent(world: &ProbeContext<'_>, taken: &Taken<'_>, invalid: &Invalid) -> bool {
    let Some((parent, name)) = invalid.pointer.rsplit_once('/') else {
        return false;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let mut without = invalid.value.clone();
    let Some(Value::Object(members)) = without.pointer_mut(parent) else {
        return false;
    };
    members.shift_remove(&name).is_some()
        && vary::violations(world, taken.schema, &without).is_empty()
}

fn finding(operation: &Operation, mutant: &Mutant, answer: &Exchange) -> Judgement {
    Finding::new(
        mutant.cause.clone(),
        format!("An invalid body is accepted: {}.", mutant.invalid.reason),
        format!("{}: a refusal with 400 or 422", operation.key),
        answer.received(),
    )
    .at(mutant.invalid.pointer.clone())
    .of_kind(format!(
        "Request bodies with {} are accepted.",
        accepted_request::mistakes(mutant.invalid.kind)
    ))
    .shown_by(answer.id)
    .into()
}
