//! Other valid bodies for an operation, for changes that can be told apart.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::schema_view::Place;
use muster_core::{
    arrange::Arranged,
    contract::{Operation, Validity},
    script::{Halt, Script, Scripted},
};

/// The `n`th other body for an operation: the valid one with another text or number in one member that is
/// free. `not` names a member that is to stay.
///
/// # Errors
/// Not applicable, where no member is free.
pub(crate) fn variant(
    script: &Script<'_>,
    operation: &Operation,
    arranged: &Arranged,
    n: usize,
    not: Option<&str>,
) -> Scripted<Value> {
    let (member, value) = match free_member(script, operation, arranged, n, not) {
        Err(Halt::NotApplicable(reason)) => {
            return opened(script, arranged, n).ok_or(Halt::NotApplicable(reason));
        }
        found => found?,
    };
    let mut body = arranged.body().cloned().unwrap_or_else(|| json!({}));
    if let Some(members) = body.as_object_mut() {
        members.insert(member, value);
    }
    Ok(body)
}

/// The valid body with a member of our own where the schema leaves an object open, in the body or one level
/// below: what is stored without a schema is changed so.
fn opened(script: &Script<'_>, arranged: &Arranged, n: usize) -> Option<Value> {
    let world = script.world;
    let media = arranged.values.media.as_ref()?;
    let schema = media.schema.as_ref()?;
    let place = Place::of(world.contract, schema);
    let body = arranged.body().cloned().unwrap_or_else(|| json!({}));
    let is_open = |place: &Place<'_>| place.types().contains("object") && place.named().is_empty();
    let wrapped = place
        .named()
        .into_iter()
        .filter(|name| is_open(&place.member(name)))
        .map(|name| (Some(name), body.get(name)));
    let whole = is_open(&place).then_some((None, Some(&body)));
    wrapped.chain(whole).find_map(|(name, inner)| {
        let mut inner = inner.cloned().unwrap_or_else(|| json!({}));
        inner
            .as_object_mut()?
            .insert("zztest".to_owned(), json!(format!("Zztest {n}")));
        let changed = match name {
            None => inner,
            Some(name) => {
                let mut body = body.clone();
                body.as_object_mut()?.insert(name.to_owned(), inner);
                body
            }
        };
        let valid = world.contract.schemas.validate_request(schema, &changed);
        matches!(valid, Validity::Valid).then_some(changed)
    })
}

/// A member of the body that may have another value, and its `n`th other value.
pub(crate) fn free_member(
    script: &Script<'_>,
    operation: &Operation,
    arranged: &Arranged,
    n: usize,
    not: Option<&str>,
) -> Scripted<(String, Value)> {
    let world = script.world;
    let none = || {
        Halt::NotApplicable(format!(
            "The body of {} has no property that is free to be changed.",
            operation.key
        ))
    };
    let media = arranged.values.media.as_ref().ok_or_else(none)?;
    let schema = media.schema.as_ref().ok_or_else(none)?;
    let body = arranged.body().cloned().unwrap_or_else(|| json!({}));
    let members = body.as_object().ok_or_else(none)?;
    if media.media_type.contains("json-patch") {
        return Err(none());
    }
    let taken: BTreeSet<String> = world
        .relations
        .body_references(&operation.key)
        .filter_map(|(pointer, _)| Some(pointer.trim_start_matches('/').split('/').next()?.into()))
        .collect();
    let place = Place::of(world.contract, schema);
    let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
    names.extend(
        place
            .named()
            .into_iter()
            .filter(|name| !members.contains_key(*name)),
    );
    // A number may name a record, whatever it is called: texts come first.
    names.sort_by_key(|name| !place.member(name).types().contains("string"));
    let texts = |name: &str| {
        let member = place.member(name);
        let types = member.types();
        let closed = ["enum", "const", "readOnly", "format"];
        if closed.iter().any(|keyword| member.has(keyword)) {
            return Vec::new();
        }
        if types.contains("string") {
            let letter = char::from(b'A' + u8::try_from(n % 26).unwrap_or(0));
            vec![
                json!(format!("Zztest {letter}{n}")),
                json!(format!("ZZ{n:02}TST")),
                json!(format!("zztest{n}")),
            ]
        } else if types.contains("integer") || types.contains("number") {
            let now = members.get(name).and_then(Value::as_i64).unwrap_or(0);
            let step = i64::try_from(n).unwrap_or(0) + 1;
            vec![json!(now + step), json!(now - step), json!(100 + step)]
        } else {
            Vec::new()
        }
    };
    for name in names {
        let folded = name.to_ascii_lowercase();
        let fixed = folded == "id"
            || folded.ends_with("id")
            || ["status", "state", "version", "etag", "type", "kind"].contains(&folded.as_str());
        if fixed || taken.contains(name) || not == Some(name) {
            continue;
        }
        for value in texts(name) {
            if members.get(name) == Some(&value) {
                continue;
            }
            let mut body = members.clone();
            body.insert(name.to_owned(), value.clone());
            let valid = world
                .contract
                .schemas
                .validate_request(schema, &Value::Object(body));
            if matches!(valid, Validity::Valid) {
                return Ok((name.to_owned(), value));
            }
        }
    }
    Err(none())
}
