//! Requests in, answers out: [`router`].

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body as HttpBody,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{
    Flaw, IhubState, judge,
    problem::{JSON_API, Problem, refusal},
    store::Received,
};
use crate::{making, message::Outgoing, strict_json};

/// The largest body that is taken, in bytes.
const LARGEST_BODY: usize = 16 << 20;
/// What the fault of small bodies takes.
const SMALL_BODY: usize = 1 << 20;
/// How long two deliveries at once may overtake each other, where they can.
const GAP: Duration = Duration::from_millis(60);

/// One request, read to its end.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    headers: HeaderMap,
    body: Option<Bytes>,
    /// The body as JSON, where it is.
    pub(super) document: Option<Value>,
    /// What names this exchange.
    correlation: String,
}

impl Call {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The submission that it is about, where that can be read.
    pub(super) fn submission(&self) -> Option<&str> {
        judge::said(self.document.as_ref()?, "submissionId")
    }
}

/// The router of one receiver.
pub(super) fn router(house: &Arc<IhubState>) -> Router {
    Router::new().fallback(serve).with_state(Arc::clone(house))
}

async fn serve(State(house): State<Arc<IhubState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = receive(body).await;
    let correlation = parts
        .headers
        .get("correlation-id")
        .and_then(|value| value.to_str().ok())
        .filter(|value| (1..=64).contains(&value.len()))
        .map_or_else(making::new_id, str::to_owned);
    let mut call = Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        document: None,
        body,
        correlation,
    };
    let mut outgoing = answer(&house, &mut call).await;
    outgoing.set("cache-control", "no-store");
    outgoing.set("correlation-id", &call.correlation);
    for fault in &house.faults {
        if let Some(corruptions) = fault.answer {
            corruptions(&call, &mut outgoing);
        }
    }
    let mut response = Response::new(HttpBody::from(outgoing.bytes()));
    *response.status_mut() = outgoing.status;
    *response.headers_mut() = outgoing.headers;
    response
}

/// The whole body; nothing where it is too large or breaks off.
async fn receive(mut body: HttpBody) -> Option<Bytes> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame.ok()?.data_ref() {
            if bytes.len() + data.len() > LARGEST_BODY {
                return None;
            }
            bytes.extend_from_slice(data);
        }
    }
    Some(bytes.into())
}

async fn answer(house: &IhubState, call: &mut Call) -> Outgoing {
    if !may_call(house, call) {
        return refusal(
            &[Problem::new(
                StatusCode::UNAUTHORIZED,
                "BUSINESS_API_KEY",
                "The API key is missing or wrong",
                "Send the client id and the client secret that were agreed.",
            )],
            None,
        );
    }
    let path = call.path.clone();
    match (path.as_str(), &call.method) {
        ("/incidents", &Method::POST) => deliver(house, call).await,
        ("/incidents", &Method::OPTIONS) => {
            Outgoing::empty(StatusCode::NO_CONTENT).with("allow", "POST, OPTIONS")
        }
        ("/incidents", _) => other_method("POST, OPTIONS"),
        (path, method) => match (path.strip_prefix("/incidents/"), method) {
            (Some(id), &Method::GET) => read_back(house, id),
            (Some(_), _) => other_method("GET"),
            (None, _) => nothing_here(),
        },
    }
}

fn may_call(house: &IhubState, call: &Call) -> bool {
    let (id, secret) = (call.header("client-id"), call.header("client-secret"));
    if house.is(Flaw::AsksNoKey) && id.is_empty() && secret.is_empty() {
        return true;
    }
    if house.is(Flaw::TakesHalfKey) && id.is_empty() != secret.is_empty() {
        return id == house.key.id || secret == house.key.secret;
    }
    let id = !id.is_empty() && house.is(Flaw::TakesAnyId) || id == house.key.id;
    let secret = !secret.is_empty() && house.is(Flaw::TakesAnySecret) || secret == house.key.secret;
    id && secret
}

fn other_method(allow: &str) -> Outgoing {
    let problem = Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "BUSINESS_METHOD",
        "The method is not offered here",
        "Submissions are delivered by POST to /incidents.",
    );
    refusal(&[problem], None).with("allow", allow)
}

fn nothing_here() -> Outgoing {
    let problem = Problem::new(
        StatusCode::NOT_FOUND,
        "BUSINESS_NOT_FOUND",
        "Not found",
        "There is nothing here.",
    );
    refusal(&[problem], None)
}

async fn deliver(house: &IhubState, call: &mut Call) -> Outgoing {
    let document = match read(house, call) {
        Ok(document) => document,
        Err(problem) => return refusal(&[*problem], None),
    };
    call.document = Some(document.clone());
    let submission = call.submission().map(str::to_owned);
    let mut problems = judge::judge(house, &document);
    problems.extend(
        submission
            .as_deref()
            .and_then(|id| unwelcome(house, id, &document)),
    );
    if house.is(Flaw::TellsFirstMistake) {
        problems.truncate(1);
    }
    if !problems.is_empty() {
        if let Some(id) = &submission {
            house.store().refused.insert(id.clone());
        }
        return refusal(&problems, submission.as_deref());
    }
    // A lenient receiver takes what names no submission, too, and then has nothing to know it by.
    let id = submission.unwrap_or_else(making::new_id);
    if house.is(Flaw::MergesWords)
        && let Some(words) = judge::said(&document, "submissionContent").map(str::to_owned)
    {
        let known = house
            .store()
            .words
            .entry(words)
            .or_insert_with(|| id.clone())
            .clone();
        if known != id
            && let Some(received) = house.store().received.get(&known)
        {
            return receipt(&id, received);
        }
    }
    persist(house, &id, document).await
}

/// The body as JSON, or what is wrong with it.
fn read(house: &IhubState, call: &Call) -> Result<Value, Box<Problem>> {
    let wrong =
        |status, code, title, detail: &str| Box::new(Problem::new(status, code, title, detail));
    let too_large = || {
        wrong(
            StatusCode::PAYLOAD_TOO_LARGE,
            "BUSINESS_TOO_LARGE",
            "The submission is too large",
            "At most 16 MB are taken.",
        )
    };
    let body = call.body.as_ref().ok_or_else(too_large)?;
    if house.is(Flaw::TakesSmallBodies) && body.len() > SMALL_BODY {
        return Err(too_large());
    }
    if body.is_empty() {
        if house.is(Flaw::TakesEmptyBody) {
            return Ok(sample());
        }
        return Err(wrong(
            StatusCode::BAD_REQUEST,
            "BUSINESS_EMPTY",
            "The body is empty",
            "A submission is a JSON:API document.",
        ));
    }
    let media = call
        .header("content-type")
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if !matches!(media, JSON_API | "application/json") {
        if house.is(Flaw::TakesAnyMedia) {
            return Ok(strict_json::parse(body).unwrap_or_else(|_| sample()));
        }
        return Err(wrong(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "BUSINESS_MEDIA_TYPE",
            "The content type is not taken",
            "Send application/vnd.api+json or application/json.",
        ));
    }
    match strict_json::parse(body) {
        Ok(Value::Null) if house.is(Flaw::TakesNull) => Ok(sample()),
        Ok(document) => Ok(document),
        Err(_) if house.is(Flaw::TakesBrokenJson) => Ok(sample()),
        Err(_) => Err(wrong(
            StatusCode::BAD_REQUEST,
            "BUSINESS_JSON",
            "The body is not JSON",
            "The body does not keep to RFC 8259.",
        )),
    }
}

/// What a receiver makes of a body that it should have refused.
fn sample() -> Value {
    let submission = making::new_id();
    json!({
        "data": {
            "type": "incident", "id": "1", "attributes": { "incidentDescription": "-" },
            "relationships": { "submission": { "data": [ { "type": "submission", "id": "1" } ] } },
        },
        "included": [ { "type": "submission", "id": "1", "attributes": {
            "submissionId": submission, "forceIdentifier": 42,
            "submitTime": "2026-06-12T15:09:33.880+01:00", "submissionContent": "-",
        } } ],
    })
}

/// Why a faulty receiver refuses a submission that is sound.
fn unwelcome(house: &IhubState, id: &str, document: &Value) -> Option<Problem> {
    let mut store = house.store();
    let (pointer, _) = judge::submission(document)?;
    let mind = |detail: &str| Some(Problem::rule("BUSINESS_RULE", detail, pointer.clone()));
    if house.is(Flaw::RemembersRefusals) && store.refused.contains(id) {
        return mind("The submission was refused before.");
    }
    if house.is(Flaw::LimitsAddresses)
        && let Some(address) = judge::said(document, "ipAddress")
    {
        let count = store.addresses.entry(address.to_owned()).or_default();
        *count += 1;
        if *count > 40 {
            return mind("The reporter has submitted too often.");
        }
    }
    if house.is(Flaw::WantsOrder)
        && let Some(reference) = judge::said(document, "customerReferenceNumber")
        && let Some(time) = judge::said(document, "submitTime")
    {
        let latest = store.latest.entry(reference.to_owned()).or_default();
        if time < latest.as_str() {
            return mind("The submission is older than one already received.");
        }
        time.clone_into(latest);
    }
    None
}

/// Keeps a submission, once however often it comes, and says so.
async fn persist(house: &IhubState, id: &str, document: Value) -> Outgoing {
    if house.is(Flaw::Races) && !house.store().received.contains_key(id) {
        tokio::time::sleep(GAP).await;
        return keep(house, id, document, true);
    }
    keep(house, id, document, house.is(Flaw::MakesAnotherEachTime))
}

fn keep(house: &IhubState, id: &str, document: Value, anew: bool) -> Outgoing {
    let mut store = house.store();
    let deliveries = store.received.get(id).map_or(0, |known| known.deliveries);
    let anew = anew || house.is(Flaw::ForgetsAfterThree) && deliveries >= 3;
    if let Some(known) = store.received.get_mut(id) {
        known.deliveries += 1;
        if known.document != document && !house.is(Flaw::Overwrites) && !anew {
            return conflict(id);
        }
        if !anew {
            known.document = document;
            return receipt(id, known);
        }
    }
    let received = Received {
        incident: making::new_id(),
        document,
        at: making::now(),
        deliveries: deliveries + 1,
    };
    let answer = receipt(id, &received);
    store.received.insert(id.to_owned(), received);
    answer
}

fn conflict(id: &str) -> Outgoing {
    let problem = Problem::new(
        StatusCode::CONFLICT,
        "BUSINESS_CONFLICT",
        "The submission was received before, with other content",
        "A submission that was received does not change; a correction is a new submission.",
    );
    refusal(&[problem], Some(id))
}

fn receipt(id: &str, received: &Received) -> Outgoing {
    let mut attributes = json!({ "submissionId": id, "receivedTime": received.at });
    if let Some(reference) = judge::said(&received.document, "customerReferenceNumber")
        && let Some(members) = attributes.as_object_mut()
    {
        members.insert("customerReferenceNumber".to_owned(), json!(reference));
    }
    let document = json!({
        "data": { "type": "incident", "id": received.incident, "attributes": attributes },
        "meta": { "submissionId": id },
    });
    Outgoing::json(StatusCode::CREATED, document).with("content-type", JSON_API)
}

fn read_back(house: &IhubState, id: &str) -> Outgoing {
    let store = house.store();
    let found = store
        .received
        .get(id)
        .filter(|_| !house.is(Flaw::PersistsLater));
    let Some(received) = found else {
        return nothing_here();
    };
    let mut document = received.document.clone();
    super::corruptions::forget(house, &mut document);
    Outgoing::json(StatusCode::OK, document).with("content-type", JSON_API)
}
