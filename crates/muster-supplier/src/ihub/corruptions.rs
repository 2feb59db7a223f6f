//! What faults do to answers, and to what was kept.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{IhubState, fault::Flaw, judge, serve::Call};
use crate::message::{Body, Outgoing};

pub(super) fn answers_accepted(_: &Call, outgoing: &mut Outgoing) {
    if outgoing.status == StatusCode::CREATED {
        outgoing.status = StatusCode::ACCEPTED;
    }
}

pub(super) fn receipt_without_id(_: &Call, outgoing: &mut Outgoing) {
    if outgoing.status == StatusCode::CREATED
        && let Some(document) = outgoing.object_mut()
    {
        document.insert("data".to_owned(), json!({ "type": "incident" }));
    }
}

pub(super) fn receipt_of_another(_: &Call, outgoing: &mut Outgoing) {
    const OTHER: &str = "00000000-0000-4000-8000-000000000000";
    if outgoing.status == StatusCode::CREATED
        && let Some(document) = outgoing.value_mut()
    {
        for place in ["/data/attributes/submissionId", "/meta/submissionId"] {
            if let Some(id) = document.pointer_mut(place) {
                *id = json!(OTHER);
            }
        }
    }
}

pub(super) fn problem_json(_: &Call, outgoing: &mut Outgoing) {
    if errors(outgoing).is_some() {
        let status = outgoing.status;
        outgoing.body = Body::Json(json!({
            "type": "about:blank", "status": status.as_u16(), "title": "The request was refused",
        }));
        outgoing.set("content-type", "application/problem+json");
    }
}

pub(super) fn html_errors(_: &Call, outgoing: &mut Outgoing) {
    if errors(outgoing).is_some() {
        outgoing.body = Body::Raw("<html><h1>The request was refused</h1></html>".into());
        outgoing.set("content-type", "text/html");
    }
}

fn errors(outgoing: &mut Outgoing) -> Option<&mut Vec<Value>> {
    outgoing.value_mut()?.get_mut("errors")?.as_array_mut()
}

pub(super) fn each_error(outgoing: &mut Outgoing, change: fn(&mut Map<String, Value>)) {
    for error in errors(outgoing).into_iter().flatten() {
        if let Some(error) = error.as_object_mut() {
            change(error);
        }
    }
}

pub(super) fn status_number(error: &mut Map<String, Value>) {
    let number = error
        .get("status")
        .and_then(Value::as_str)
        .and_then(|status| status.parse::<u16>().ok());
    error.insert("status".to_owned(), json!(number));
}

pub(super) fn status_of_another(error: &mut Map<String, Value>) {
    error.insert("status".to_owned(), json!("400"));
}

pub(super) fn pointer_nowhere(error: &mut Map<String, Value>) {
    if error.contains_key("source") {
        error.insert("source".to_owned(), json!({ "pointer": "/crime/person/0" }));
    }
}

pub(super) fn no_code(error: &mut Map<String, Value>) {
    error.remove("code");
}

pub(super) fn no_submission_id(error: &mut Map<String, Value>) {
    error.remove("meta");
}

pub(super) fn stack_trace(error: &mut Map<String, Value>) {
    error.insert(
        "detail".to_owned(),
        json!("java.lang.IllegalStateException: refused\n\tat uk.example.receiver.Intake.accept(Intake.java:87)"),
    );
}

pub(super) fn mistake_is_500(_: &Call, outgoing: &mut Outgoing) {
    if outgoing.status == StatusCode::UNPROCESSABLE_ENTITY {
        outgoing.status = StatusCode::INTERNAL_SERVER_ERROR;
        each_error(outgoing, |error| {
            error.insert("status".to_owned(), json!("500"));
        });
    }
}

pub(super) fn repeats_names(call: &Call, outgoing: &mut Outgoing) {
    let surname = call.document.as_ref().and_then(person).unwrap_or_default();
    if surname.is_empty() {
        return;
    }
    for error in errors(outgoing).into_iter().flatten() {
        if let Some(detail) = error.get_mut("detail") {
            *detail = json!(format!("The report of {surname} was refused."));
        }
    }
}

pub(super) fn names_in_location(call: &Call, outgoing: &mut Outgoing) {
    if outgoing.status == StatusCode::CREATED
        && let Some(surname) = call.document.as_ref().and_then(person)
    {
        let surname: String = surname
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        outgoing.set("location", &format!("/incidents?surname={surname}"));
    }
}

fn person(document: &Value) -> Option<String> {
    document
        .get("included")?
        .as_array()?
        .iter()
        .find_map(|entity| entity.pointer("/attributes/surname")?.as_str())
        .map(str::to_owned)
}

pub(super) fn no_allow(_: &Call, outgoing: &mut Outgoing) {
    outgoing.headers.remove("allow");
}

pub(super) fn methods_not_found(_: &Call, outgoing: &mut Outgoing) {
    if outgoing.status == StatusCode::METHOD_NOT_ALLOWED {
        outgoing.headers.remove("allow");
        outgoing.status = StatusCode::NOT_FOUND;
        each_error(outgoing, |error| {
            error.insert("status".to_owned(), json!("404"));
        });
    }
}

pub(super) fn any_path_found(call: &Call, outgoing: &mut Outgoing) {
    if outgoing.status == StatusCode::NOT_FOUND && !call.path.starts_with("/incidents") {
        outgoing.status = StatusCode::OK;
        outgoing.body = Body::Json(json!({}));
    }
}

/// What a faulty receiver loses of what it stored.
pub(super) fn forget(house: &IhubState, document: &mut Value) {
    if house.is(Flaw::StoresAscii) {
        each_text(document, &|text| {
            text.chars()
                .map(|c| if c.is_ascii() { c } else { '?' })
                .collect()
        });
    }
    if house.is(Flaw::StoresLineFeeds) {
        each_text(document, &|text| text.replace("\r\n", "\n"));
    }
    if house.is(Flaw::StoresWords) {
        each_text(document, &|text| match text.split_once('_') {
            Some((list, _)) if list.len() == 4 && list.chars().all(|c| c.is_ascii_uppercase()) => {
                "Not known".to_owned()
            }
            _ => text.to_owned(),
        });
    }
    if house.is(Flaw::StoresOneRole)
        && let Some(links) = document
            .pointer_mut("/data/relationships")
            .and_then(Value::as_object_mut)
    {
        let mut seen = Vec::new();
        links.retain(|_, link| {
            let people = link.to_string();
            let again = people.contains("\"person\"") && seen.contains(&people);
            seen.push(people);
            !again
        });
    }
    if house.is(Flaw::StoresLocalTime)
        && let Some((pointer, _)) = judge::submission(document)
        && let Some(time) = document.pointer_mut(&format!("{pointer}/attributes/submitTime"))
        && let Some(text) = time.as_str()
    {
        *time = json!(text.get(..19).map(|local| format!("{local}Z")));
    }
}

fn each_text(value: &mut Value, change: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| each_text(member, change)),
        _ => {}
    }
}
