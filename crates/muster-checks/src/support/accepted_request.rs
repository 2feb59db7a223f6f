//! What input probes share: a request that is taken, how much to try, and who is to blame (owner of [`Taken`]).

use serde_json::Value;

use crate::support::encoded_body::Encoding;
use muster_core::{
    arrange::{
        self, Arranged, Origin,
        exercise::{refusal, succeeds},
        vary,
    },
    contract::{Media, Operation, ParameterPlace, Schema},
    exchange::{BreakageKind, Exchange, Intent, Outcome, Request, Response},
    generate::Mutation,
    model::{Method, Responsible},
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::Judgement,
};

/// More findings than anyone reads of one operation at once.
pub const MOST_FINDINGS: usize = 8;

/// How many requests a probe may spend on an operation: by the effort of the run, and no more than its
/// share of the budget.
#[must_use]
pub fn room(world: &ProbeContext<'_>, quick: usize, standard: usize, thorough: usize) -> usize {
    let wanted = match world.parameters.text("effort") {
        Some("quick") => quick,
        Some("thorough") => thorough,
        _ => standard,
    };
    let share = world
        .parameters
        .integer("requests_per_operation")
        .and_then(|share| usize::try_from(share).ok())
        .unwrap_or(usize::MAX);
    wanted.min((share / 4).max(4))
}

/// The JSON body that an operation takes.
#[must_use]
pub fn json_body(operation: &Operation) -> Option<(&Media, &Schema)> {
    let body = operation.body.as_ref()?;
    let media = body.content.iter().find(|media| media.is_json())?;
    Some((media, media.schema.as_ref()?))
}

/// What invalid values of a kind are, for the title of the findings that gather them.
#[must_use]
pub const fn mistakes(kind: Mutation) -> &'static str {
    match kind {
        Mutation::WrongType | Mutation::WrongStructure | Mutation::Null => "values of a wrong type",
        Mutation::MissingRequired => "a required property missing",
        Mutation::ExtraProperty => "unknown properties",
        Mutation::NotInEnum | Mutation::UnknownDiscriminator => "values outside their list",
        Mutation::PatternMismatch | Mutation::BadFormat => "strings of a wrong pattern or format",
        Mutation::TooShort
        | Mutation::TooLong
        | Mutation::BelowMinimum
        | Mutation::AboveMaximum
        | Mutation::NotMultiple
        | Mutation::TooFew
        | Mutation::TooMany
        | Mutation::NotUnique => "values outside their limits",
    }
}

/// Whether nothing that a probe sends to an operation can take away more than the run made.
#[must_use]
pub fn is_harmless(operation: &Operation) -> bool {
    operation.key.method != Method::Delete
}

/// A request with a body that the API has taken.
#[derive(Debug, Clone)]
pub struct Taken<'a> {
    /// How it was arranged.
    pub arranged: Arranged,
    /// The media type of its body.
    pub media: &'a Media,
    /// The schema of its body.
    pub schema: &'a Schema,
    /// How its body is written.
    pub encoding: Encoding,
    /// Its body.
    pub body: Value,
    /// Whether the body holds everything that it may, and not just the least.
    pub full: bool,
}

/// Sends a valid body with everything that it may hold; where that is refused, with no more than it must.
///
/// # Errors
/// Halts while answers are pending, and where neither is taken: then nothing can be said of other bodies.
pub fn taken<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted<Taken<'a>> {
    let arranged = arrange::full_body_request(script, operation)?;
    let world = script.world;
    let media = arranged
        .values
        .media
        .as_ref()
        .map(|media| &media.media_type);
    let described = operation
        .body
        .iter()
        .flat_map(|body| &body.content)
        .find(|held| Some(&held.media_type) == media)
        .and_then(|held| Some((held, held.schema.as_ref()?, Encoding::of(held)?)));
    let (Some((media, schema, encoding)), Some(body)) = (described, arranged.body().cloned())
    else {
        return Err(Halt::NotApplicable(
            "The valid request has no body with a schema whose values could be told from wrong ones.".into(),
        ));
    };
    let exchange = script.send(arranged.request.clone())?;
    if is_taken(exchange) {
        return Ok(Taken {
            arranged,
            media,
            schema,
            encoding,
            body,
            full: true,
        });
    }
    if matches!(exchange.status(), Some(400 | 404 | 409 | 422)) {
        // A record that the body names may have to exist: without such names, then with no more than must be.
        let unnamed = vary::unnamed(&world, schema, &body);
        let least = vary::least(&world, schema, &body);
        let mut tried = vec![body.clone()];
        let mut others = vec![(unnamed, true), (least, false)];
        // Perhaps the state of the record allows only some of the values that an action takes.
        others.extend(
            other_members(&world, schema, &body)
                .into_iter()
                .map(|body| (body, true)),
        );
        for (body, full) in others {
            if tried.contains(&body) {
                continue;
            }
            let label = format!("try {}", tried.len());
            let fresh = vary::renewed(&world, operation, schema, &body, false, &label);
            tried.push(body);
            let mut request = with_body(&world, operation, &arranged, &fresh, &label)?;
            request.purpose = format!("calls {} with a shorter body", operation.key);
            if is_taken(script.send(request)?) {
                return Ok(Taken {
                    arranged,
                    media,
                    schema,
                    encoding,
                    body: fresh,
                    full,
                });
            }
        }
    }
    Err(not_taken(&arranged, operation, exchange))
}

/// Why nothing can be said of an operation whose valid request is not taken. Where an action on a record is
/// documented to be in conflict with the record's state, and is, nothing is missing: it does not apply now.
fn not_taken(arranged: &Arranged, operation: &Operation, exchange: &Exchange) -> Halt {
    let acts = operation.key.method == Method::Post
        && operation.path_variables().next().is_some()
        && !operation.key.path.trim_end_matches('/').ends_with('}');
    if acts && is_conflict(exchange) && operation.documents(409) {
        return Halt::NotApplicable(format!(
            "{} is in conflict with the state that a new record is in (409, as documented).",
            operation.key
        ));
    }
    if let Outcome::Broken(breakage) = &exchange.outcome
        && breakage.kind == BreakageKind::NothingYet
    {
        return Halt::NotApplicable(breakage.detail.clone());
    }
    let (responsible, reason) = exchange.response().map_or_else(
        || {
            (
                Responsible::Supplier,
                "The valid request got no response.".to_owned(),
            )
        },
        |response| refusal(arranged, operation, response),
    );
    Halt::unmet(responsible, reason)
}

/// The body with each other member of a list of values that stands in it, at most six.
fn other_members(world: &ProbeContext<'_>, schema: &Schema, body: &Value) -> Vec<Value> {
    let place = crate::support::schema_view::Place::of(world.contract, schema);
    let mut others = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        let members = place.member(name);
        let members = members
            .keyword("enum")
            .filter_map(Value::as_array)
            .flatten();
        for member in members.filter(|member| *member != value && !member.is_null()) {
            let mut other = body.clone();
            if let Some(slot) = other.get_mut(name) {
                *slot = member.clone();
            }
            if vary::is_valid(world, schema, &other) && others.len() < 6 {
                others.push(other);
            }
        }
    }
    others
}

/// Sends the valid request as it stands.
///
/// # Errors
/// Halts while the answer is pending, and where it is not taken.
pub fn plain<'a>(script: &mut Script<'a>, operation: &'a Operation) -> Scripted<Arranged> {
    match plain_or_unknown(script, operation)? {
        (arranged, None) => Ok(arranged),
        (_, Some(halt)) => Err(halt),
    }
}

/// As [`plain`]. Where no record is known for the path and the API returns 404, returns the request and the reason: the
/// path can still be judged.
///
/// # Errors
/// Halts while the answer is pending, and where it is not taken for another reason.
pub fn plain_or_unknown<'a>(
    script: &mut Script<'a>,
    operation: &'a Operation,
) -> Scripted<(Arranged, Option<Halt>)> {
    let arranged = arrange::valid_request(script, operation)?;
    let exchange = script.send(arranged.request.clone())?;
    // Work that is done answers 303 with the way to its result, where the contract says so.
    let leads_on = exchange
        .response()
        .is_some_and(|response| succeeds(operation, response));
    if is_taken(exchange) || leads_on {
        return Ok((arranged, None));
    }
    let halt = not_taken(&arranged, operation, exchange);
    let is_made_up =
        arranged.values.parameters.iter().any(|filled| {
            filled.place == ParameterPlace::Path && filled.origin == Origin::Generated
        });
    if exchange.status() == Some(404) && is_made_up {
        return Ok((arranged, Some(halt)));
    }
    Err(halt)
}

/// The taken request with another body, and with a key of its own where it carries one.
///
/// # Errors
/// A gap of Muster's when the body cannot be written so.
pub fn with_body(
    world: &ProbeContext<'_>,
    operation: &Operation,
    arranged: &Arranged,
    body: &Value,
    label: &str,
) -> Scripted<Request> {
    let mut request = arranged.with_body(world.contract, operation, body.clone())?;
    renew_keys(world, &mut request, label);
    Ok(request)
}

/// A key that makes two requests one must not be sent twice with different bodies.
pub fn renew_keys(world: &ProbeContext<'_>, request: &mut Request, label: &str) {
    let keys: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, value)| {
            !name.starts_with("if-") && crate::support::schema_view::is_uuid(value)
        })
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in keys {
        request.headers.set(name, vary::uuid(world, label));
    }
}

/// Whether the API has taken a request.
#[must_use]
pub fn is_taken(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(Response::is_success)
}

/// Whether the API says that a request is not as it should be.
#[must_use]
pub fn is_refused(exchange: &Exchange) -> bool {
    matches!(exchange.status(), Some(400 | 422))
}

/// Whether the API says that there is such a record already.
#[must_use]
pub fn is_conflict(exchange: &Exchange) -> bool {
    exchange.status() == Some(409)
}

/// What refusals say of a value that another record bears.
const TAKEN: [&str; 9] = [
    "already exist",
    "already in use",
    "already used",
    "already taken",
    "already been taken",
    "already registered",
    "must be unique",
    "not unique",
    "duplicate",
];

/// Whether a refusal says that another record bears the value: which may be one of the run's own.
#[must_use]
pub fn says_duplicate(exchange: &Exchange) -> bool {
    is_conflict(exchange)
        || is_refused(exchange)
            && exchange.response().is_some_and(|response| {
                let text = String::from_utf8_lossy(&response.body).to_lowercase();
                TAKEN.iter().any(|words| text.contains(words))
            })
}

/// A request that is wrong on purpose.
#[must_use]
pub fn wrong(mut request: Request, purpose: &str, reason: &str) -> Request {
    request.intent = Intent::Wrong(reason.to_owned());
    request.purpose = purpose.to_owned();
    request
}

/// What many answers come to where none of them was a failure: passed, unless none got as far as the API.
#[must_use]
pub fn passed(answers: &[Exchange]) -> Judgement {
    let mut last = None;
    for answer in answers {
        match crate::support::probe::reached(answer) {
            Ok(_) => return Judgement::Pass,
            Err(judgement) => last = Some(judgement),
        }
    }
    last.unwrap_or_else(|| {
        Judgement::not_applicable("The contract leaves nothing that could be tried here.")
    })
}
