//! The way of one request through the supplier: [`answer`].
//!
//! Route, method, token, scope, rate, Accept, content type, parameters, body: the first that does not hold answers.
//! Then the operation itself, then the headers that every answer has, then the faults.

use axum::http::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::fault::Misbehaviour;
use super::message::{Body, Incoming, Outgoing, PROBLEM, Received, Refusal};
use super::negotiate::{accepts, media_of};
use super::proofs::Unproved;
use super::rules::{Operation, Parameter, Place};
use super::tokens::{self, Grant};
use super::{
    LARGEST_BODY, SupplierState,
    records::{self, Act},
};

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A path of the contract.
    Contract(&'static str),
    /// The token endpoint.
    Tokens,
    /// The contract itself.
    Document,
    /// `/.well-known/security.txt`.
    SecurityText,
    /// The keys that tokens are verified with.
    PublicKeys,
    /// Nowhere.
    Nowhere,
}

/// Answers a request, good or bad.
pub(crate) fn answer(house: &SupplierState, target: &Target, mut incoming: Incoming) -> Outgoing {
    let method = match incoming.method {
        Method::HEAD => Method::GET,
        ref other => other.clone(),
    };
    if let Target::Contract(template) = target {
        incoming.operation = house.rules.operation(template, &method);
    }
    let short = house
        .faults
        .iter()
        .find_map(|fault| fault.before.and_then(|before| before(&incoming)));
    let outgoing = short
        .unwrap_or_else(|| good(house, target, &mut incoming).unwrap_or_else(|refusal| *refusal));
    finish(house, &incoming, outgoing)
}

fn good(
    house: &SupplierState,
    target: &Target,
    incoming: &mut Incoming,
) -> Result<Outgoing, Refusal> {
    match target {
        Target::Contract(template) => match incoming.operation {
            Some(operation) => call(house, operation, incoming),
            None => Err(Box::new(other_method(house, template, incoming))),
        },
        Target::Tokens => Ok(house.tokens.answer(&house.credentials, incoming)),
        Target::Document => document(incoming, "application/json", house.document.clone()),
        Target::SecurityText => {
            document(incoming, "text/plain; charset=utf-8", house.security_text())
        }
        Target::PublicKeys => match house.tokens.public_keys() {
            Some(keys) => document(incoming, "application/json", keys.to_string()),
            None => Err(Box::new(Outgoing::not_found())),
        },
        Target::Nowhere => Err(Box::new(Outgoing::not_found())),
    }
}

/// Something that can only be read, by anyone.
fn document(
    incoming: &Incoming,
    media: &'static str,
    bytes: impl Into<bytes::Bytes>,
) -> Result<Outgoing, Refusal> {
    match incoming.method {
        Method::GET | Method::HEAD => Ok(Outgoing::raw(StatusCode::OK, media, bytes)),
        Method::OPTIONS => {
            Ok(Outgoing::empty(StatusCode::NO_CONTENT).with("allow", "GET, HEAD, OPTIONS"))
        }
        _ => Err(Box::new(not_offered("GET, HEAD, OPTIONS"))),
    }
}

fn not_offered(allow: &str) -> Outgoing {
    Outgoing::problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "The method is not offered here",
        "Use one of the methods in Allow.",
    )
    .with("allow", allow)
}

/// OPTIONS, or a method that the path does not have.
fn other_method(house: &SupplierState, template: &str, incoming: &Incoming) -> Outgoing {
    let mut methods = Vec::new();
    let mut patch = None;
    for operation in house.rules.of(template) {
        methods.push(operation.method.as_str());
        if operation.method == Method::GET {
            methods.push("HEAD");
        }
        if operation.method == Method::PATCH {
            patch = operation.bodies.first().map(|(media, _)| media.as_str());
        }
    }
    methods.push("OPTIONS");
    let allow = methods.join(", ");
    if incoming.method != Method::OPTIONS {
        return not_offered(&allow);
    }
    let answer = Outgoing::empty(StatusCode::NO_CONTENT).with("allow", &allow);
    match patch {
        Some(patch) => answer.with("accept-patch", patch),
        None => answer,
    }
}

fn call(
    house: &SupplierState,
    operation: &Operation,
    incoming: &mut Incoming,
) -> Result<Outgoing, Refusal> {
    authorise(house, operation, incoming)?;
    if house.is(Misbehaviour::PutsOff)
        && operation.id == "listIncidentSummaries"
        && house.is_young()
    {
        return Err(Box::new(
            Outgoing::problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not available",
                "Come again in a second.",
            )
            .with("retry-after", "1"),
        ));
    }
    negotiate(house, operation, incoming)?;
    check_parameters(house, operation, incoming)?;
    check_body(house, operation, incoming)?;
    let act = match operation.act {
        Act::Get(kind)
            if house.is(Misbehaviour::ObeysOverride)
                && incoming.header("x-http-method-override") == Some("DELETE") =>
        {
            Act::Delete(kind)
        }
        act => act,
    };
    Ok(records::perform(house, act, incoming))
}

fn authorise(
    house: &SupplierState,
    operation: &Operation,
    incoming: &mut Incoming,
) -> Result<(), Refusal> {
    let Some(scopes) = &operation.scopes else {
        return Ok(());
    };
    let scheme = if house.keys {
        "ApiKey"
    } else {
        house.tokens.scheme()
    };
    let refused = |detail: &str, challenge: &str| {
        Outgoing::problem(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Authentication is needed",
            detail,
        )
        .with(
            "www-authenticate",
            &format!("{scheme} realm=\"records\"{challenge}"),
        )
    };
    let is = |switch| house.is(switch);
    let mut grant = match believed(house, operation, incoming) {
        Some(grant) => grant,
        None if house.keys => by_key(house, incoming)
            .ok_or_else(|| refused("Send client-id and client-secret.", ""))?,
        None => {
            let mut shown = incoming.headers.get_all("authorization").iter();
            if shown.nth(1).is_some() && !house.is(Misbehaviour::TakesTwoAuthorizations) {
                return Err(Box::new(refused("Send one Authorization header.", "")));
            }
            let bearer = incoming
                .header("authorization")
                .and_then(|value| value.split_once(' '))
                .filter(|(scheme, _)| match house.is(Misbehaviour::KnowsOneCase) {
                    true => *scheme == house.tokens.scheme(),
                    false => ["bearer", "dpop"].contains(&scheme.to_ascii_lowercase().as_str()),
                })
                .map(|(scheme, token)| (scheme, token.trim()));
            let Some((scheme, token)) = bearer else {
                return Err(Box::new(refused("Send an access token.", "")));
            };
            let grant = house.tokens.grant(token, &is).ok_or_else(|| {
                refused(
                    "The access token is not valid, or no longer.",
                    ", error=\"invalid_token\"",
                )
            })?;
            match house.tokens.proves(&grant, scheme, token, incoming, &is) {
                Ok(()) => grant,
                Err(Unproved::NoNonce) => {
                    return Err(Box::new(
                        refused("Use the nonce in the proof.", ", error=\"use_dpop_nonce\"")
                            .with("dpop-nonce", house.tokens.proofs.nonce()),
                    ));
                }
                Err(Unproved::Wrong(why)) => {
                    return Err(Box::new(refused(why, ", error=\"invalid_dpop_proof\"")));
                }
            }
        }
    };
    if house.is(Misbehaviour::BelievesRoles) && incoming.header("x-user-roles") == Some("admin") {
        grant.scopes.clone_from(&house.credentials.north.scopes);
    }
    let missing = scopes
        .iter()
        .filter(|_| !(house.is(Misbehaviour::ForgetsScope) && operation.id == "createVehicle"))
        .filter(|_| !(house.is(Misbehaviour::OpensAudit) && operation.id == "listAuditEvents"))
        .find(|scope| !grant.scopes.contains(scope))
        .cloned();
    let client = grant.client.clone();
    incoming.grant = Some(grant);
    if !house.rate.admits(&client) {
        return Err(Box::new(
            Outgoing::problem(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many requests",
                "Wait for a second.",
            )
            .with("retry-after", "1"),
        ));
    }
    match missing {
        None => Ok(()),
        Some(scope) => Err(Box::new(
            Outgoing::problem(
                StatusCode::FORBIDDEN,
                "insufficient-scope",
                "The token does not allow this",
                &format!("The scope {scope} is needed."),
            )
            .with(
                "www-authenticate",
                &format!(
                    "{scheme} realm=\"records\", error=\"insufficient_scope\", scope=\"{scope}\""
                ),
            ),
        )),
    }
}

/// Who shows the id and the secret of a client; faults are lenient.
fn by_key(house: &SupplierState, incoming: &Incoming) -> Option<Grant> {
    let id = incoming.header("client-id")?;
    let secret = incoming.header("client-secret")?;
    let clients = house.credentials.all();
    let client = clients.into_iter().find(|client| client.id == id)?;
    let right = client.secret == secret
        || (house.is(Misbehaviour::TakesBeginningsOfKeys)
            && secret.len() > 8
            && client.secret.starts_with(secret))
        || (house.is(Misbehaviour::MixesKeys)
            && clients.into_iter().any(|other| other.secret == secret));
    right.then(|| Grant::of(client))
}

/// Whom a fault lets in without a token in its place.
fn believed(
    house: &SupplierState,
    operation: &Operation,
    incoming: &mut Incoming,
) -> Option<Grant> {
    let north = || Some(Grant::of(&house.credentials.north));
    let shown = incoming.header("authorization");
    if house.is(Misbehaviour::OpensVehicles) && operation.id == "listVehicles" && shown.is_none() {
        return north();
    }
    if house.is(Misbehaviour::BelievesProxies) && incoming.header("x-forwarded-user").is_some() {
        return north();
    }
    if house.is(Misbehaviour::BelievesNull) && shown == Some("Bearer null") {
        return north();
    }
    if house.is(Misbehaviour::BelievesAnyText) && operation.id == "getVehicle" && shown.is_some() {
        return north();
    }
    if house.is(Misbehaviour::TakesBasic) {
        let (id, secret) = tokens::basic(incoming).ok().flatten()?;
        let known = &house.credentials.north;
        return (known.id == id && known.secret == secret).then(|| Grant::of(known));
    }
    if house.is(Misbehaviour::TakesTokenInBody) && shown.is_none() {
        let form = tokens::form(incoming).ok()?;
        let (_, token) = form.into_iter().find(|(name, _)| name == "access_token")?;
        return house.tokens.grant(&token, &|switch| house.is(switch));
    }
    if house.is(Misbehaviour::TakesTokenInQuery) && shown.is_none() {
        let query = incoming.query.take()?;
        let (tokens, rest): (Vec<&str>, Vec<&str>) = query
            .split('&')
            .partition(|pair| pair.starts_with("access_token="));
        incoming.query = Some(rest.join("&"));
        let token = tokens.first()?.strip_prefix("access_token=")?;
        return house.tokens.grant(token, &|switch| house.is(switch));
    }
    None
}

fn negotiate(
    house: &SupplierState,
    operation: &Operation,
    incoming: &Incoming,
) -> Result<(), Refusal> {
    let mut offered: Vec<&str> = operation.produces.iter().map(String::as_str).collect();
    if offered.is_empty() {
        // Nothing but a problem could have a body here.
        offered.extend(["application/json", PROBLEM]);
    }
    if !house.is(Misbehaviour::IgnoresAccept) && !accepts(incoming.header("accept"), &offered) {
        return Err(Box::new(Outgoing::problem(
            StatusCode::NOT_ACCEPTABLE,
            "not-acceptable",
            "Not acceptable",
            &format!("This operation offers {}.", offered.join(", ")),
        )));
    }
    if operation.bodies.is_empty() {
        return Ok(());
    }
    let media = media_of(incoming.header("content-type"));
    let taken = operation
        .bodies
        .iter()
        .any(|(known, _)| Some(known) == media.as_ref());
    if !taken && !house.is(Misbehaviour::IgnoresContentType) {
        let known: Vec<&str> = operation
            .bodies
            .iter()
            .map(|(media, _)| media.as_str())
            .collect();
        let known = known.join(", ");
        let answer = Outgoing::problem(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            "Unsupported media type",
            &format!("This operation takes {known} in UTF-8."),
        );
        return Err(Box::new(match operation.method {
            Method::PATCH => answer.with("accept-patch", &known),
            _ => answer,
        }));
    }
    Ok(())
}

fn check_parameters(
    house: &SupplierState,
    operation: &Operation,
    incoming: &mut Incoming,
) -> Result<(), Refusal> {
    let mut places = Vec::new();
    let mut wrong = |name: &str, detail: &str| {
        places.push(json!({ "parameter": shortened(name), "detail": detail }));
    };
    let mut query = Map::new();
    for (name, value) in split_query(incoming.query.as_deref().unwrap_or("")) {
        let (Some(name), Some(value)) = (name, value) else {
            wrong("query", "is not UTF-8");
            continue;
        };
        let known = operation
            .parameters
            .iter()
            .find(|known| known.place == Place::Query && known.name == name);
        match known {
            Some(_) if query.contains_key(&name) => wrong(&name, "is repeated"),
            Some(parameter) => match parameter.value(&value) {
                Some(value) => {
                    query.insert(name, value);
                }
                None if house.overlooks_parameter(&name) => {}
                None => wrong(&name, "does not keep to its schema"),
            },
            None if house.takes_query(&operation.id, &name) => {
                query.insert(name, Value::String(value));
            }
            None => wrong(&name, "is not known"),
        }
    }
    for parameter in &operation.parameters {
        let value = match parameter.place {
            Place::Query if !query.contains_key(&parameter.name) => None,
            Place::Query => continue,
            Place::Path => Some(incoming.path_value(&parameter.name)),
            Place::Header => incoming
                .headers
                .get(parameter.name.as_str())
                .map(|value| value.to_str().unwrap_or("\u{0}")),
        };
        match value {
            Some(value) if parameter.value(value).is_none() => {
                wrong(&parameter.name, "does not keep to its schema");
            }
            None if parameter.required => wrong(&parameter.name, "is needed"),
            _ => {}
        }
    }
    if places.is_empty() {
        incoming.query_values = query;
        Ok(())
    } else {
        places.truncate(20);
        Err(Box::new(Outgoing::invalid(
            "A parameter is not as the contract has it.",
            places,
        )))
    }
}

/// Names and values of a query; nothing where one is not UTF-8.
fn split_query(query: &str) -> impl Iterator<Item = (Option<String>, Option<String>)> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8()
            .ok()
            .map(|text| text.into_owned())
    };
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(move |pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
}

impl Parameter {
    /// The value that a text stands for, if it keeps to the schema.
    fn value(&self, text: &str) -> Option<Value> {
        let value = if self.integer {
            let number: i64 = text.parse().ok()?;
            (number.to_string() == text).then(|| json!(number))?
        } else {
            json!(text)
        };
        self.validator.is_valid(&value).then_some(value)
    }
}

fn check_body(
    house: &SupplierState,
    operation: &Operation,
    incoming: &mut Incoming,
) -> Result<(), Refusal> {
    let media = media_of(incoming.header("content-type"));
    let schema = operation
        .bodies
        .iter()
        .find(|(known, _)| Some(known) == media.as_ref())
        .or_else(|| {
            operation
                .bodies
                .first()
                .filter(|_| house.is(Misbehaviour::IgnoresContentType))
        });
    let Some((_, schema)) = schema else {
        return Ok(());
    };
    let bytes = match &incoming.body {
        Received::Whole(bytes) => bytes,
        Received::TooLarge => {
            return Err(Box::new(Outgoing::problem(
                StatusCode::PAYLOAD_TOO_LARGE,
                "content-too-large",
                "The body is too large",
                &format!("The limit is {LARGEST_BODY} bytes."),
            )));
        }
        Received::Broken => {
            return Err(Box::new(Outgoing::invalid(
                "The body broke off.",
                Vec::new(),
            )));
        }
    };
    if bytes.is_empty()
        && operation.method == Method::PATCH
        && house.is(Misbehaviour::TakesEmptyBody)
    {
        incoming.json = Some(json!({}));
        return Ok(());
    }
    let body = super::strict_json::parse(bytes).map_err(|error| {
        let place = json!({ "pointer": "", "detail": shortened(&error) });
        Outgoing::invalid("The body is not JSON.", vec![place])
    })?;
    let mut judged = body.clone();
    if house.is(Misbehaviour::AssignsOwner)
        && operation.id == "createVehicle"
        && let Some(members) = judged.as_object_mut()
    {
        members.shift_remove("owningForce");
    }
    let places: Vec<Value> = schema
        .iter_errors(&judged)
        .filter(|error| !house.overlooks(error.schema_path().as_str()))
        .take(20)
        .map(|error| {
            // The value itself may be personal data, and is not said back.
            json!({
                "pointer": shortened(error.instance_path().as_str()),
                "detail": shortened(&error.masked().to_string()),
            })
        })
        .collect();
    if !places.is_empty() {
        return Err(Box::new(Outgoing::invalid(
            "The body does not keep to the contract.",
            places,
        )));
    }
    incoming.json = Some(body);
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}

/// What every answer has; then the faults.
fn finish(house: &SupplierState, incoming: &Incoming, mut outgoing: Outgoing) -> Outgoing {
    outgoing.set("x-correlation-id", &incoming.correlation);
    outgoing.set("cache-control", "no-store");
    outgoing.set("x-content-type-options", "nosniff");
    if house.origin.starts_with("https:") {
        outgoing.set("strict-transport-security", "max-age=63072000");
    }
    if let Some(grant) = &incoming.grant {
        let (limit, policy) = house.rate.headers(&grant.client);
        outgoing.set("ratelimit", &limit);
        outgoing.set("ratelimit-policy", &policy);
    }
    if outgoing.is_problem()
        && let Some(problem) = outgoing.object_mut()
    {
        problem.insert("correlationId".to_owned(), json!(incoming.correlation));
    }
    compress(incoming, &mut outgoing);
    for fault in &house.faults {
        if let Some(spoil) = fault.answer {
            spoil(incoming, &mut outgoing);
        }
    }
    if incoming.method == Method::HEAD {
        let length = outgoing.bytes().len();
        if !matches!(outgoing.body, Body::None) {
            outgoing.set("content-length", &length.to_string());
        }
        outgoing.body = Body::None;
    }
    outgoing
}

/// Compresses JSON for callers who ask for gzip by name.
fn compress(incoming: &Incoming, outgoing: &mut Outgoing) {
    let whole = matches!(outgoing.body, Body::Json(_)) && outgoing.status.is_success();
    if whole || outgoing.status == StatusCode::NOT_MODIFIED {
        outgoing.set("vary", "Accept, Accept-Encoding");
    }
    if !whole {
        return;
    }
    let asked = incoming.header("accept-encoding").is_some_and(|codings| {
        codings
            .split(',')
            .any(|coding| matches!(coding.trim().split(';').next(), Some("gzip")))
            && !codings.contains("q=0")
    });
    if !asked {
        return;
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let written = std::io::Write::write_all(&mut encoder, &outgoing.bytes());
    let Ok(bytes) = written.and_then(|()| encoder.finish()) else {
        return;
    };
    outgoing.body = Body::Raw(bytes.into());
    outgoing.set("content-encoding", "gzip");
    // The same record in other bytes.
    let tag = outgoing
        .headers
        .get("etag")
        .and_then(|tag| tag.to_str().ok());
    if let Some(tag) = tag.map(|tag| format!("W/{tag}")) {
        outgoing.set("etag", &tag);
    }
}
