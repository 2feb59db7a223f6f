use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use super::{facts::plain_words, *};
use crate::{
    arrange::testing::operation_of,
    contract::Reads,
    model::{Method, OperationKey},
};

/// `METHOD /path|operationId|summary`.
fn parts(line: &str) -> (String, String, String, String) {
    let mut parts = line.split('|').map(str::trim);
    let (method, path) = parts.next().unwrap().split_once(' ').unwrap();
    let mut next = || parts.next().unwrap_or_default().to_owned();
    (method.to_lowercase(), path.to_owned(), next(), next())
}

/// A contract of these operations.
fn contract_of(lines: &[&str]) -> Contract {
    let mut paths: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for line in lines {
        let (method, path, id, summary) = parts(line);
        let mut operation = json!({ "responses": { "200": { "description": "" } } });
        if !id.is_empty() {
            operation["operationId"] = id.into();
        }
        if !summary.is_empty() {
            operation["summary"] = summary.into();
        }
        paths.entry(path).or_default().insert(method, operation);
    }
    Contract::from_value(json!({
        "openapi": "3.1.0", "info": { "title": "T", "version": "1" }, "paths": paths,
    }))
    .unwrap()
}

/// The reason for the first line, in a contract that has a POST for each record that its path names.
fn among_its_makers(line: &str) -> Option<String> {
    let (method, path, _, _) = parts(line);
    let makers: Vec<String> = path
        .match_indices("/{")
        .map(|(at, _)| format!("POST {}", &path[..at]))
        .collect();
    let mut lines = vec![line];
    lines.extend(makers.iter().map(String::as_str));
    let contract = contract_of(&lines);
    let key = OperationKey::new(Method::parse(&method.to_uppercase()), path.as_str());
    hazard(contract.operation(&key).unwrap())
}

#[test]
fn what_would_end_access_or_reach_people_is_recognised() {
    for line in [
        "GET /auth/logout",
        "POST /session|signOut",
        "POST /users/sign-out",
        "POST /oauth2/revoke-token",
        "POST /clients/{clientId}/secret/rotate",
        "POST /subscriptions/{id}/secrets/rotation",
        "POST /api-keys/{id}/regenerate",
        "POST /keys|resetApiKey",
        "POST /keys/{id}:revoke",
        "DELETE /tokens/{tokenId}",
        "DELETE /sessions/{id}",
        "POST /users/{id}/password",
        "POST /users/{id}/suspend",
        "POST /accounts/{id}/lock",
        "POST /users/{id}/impersonate",
        "PUT /me/mfa|disableMfa",
        "POST /auth|forgotPassword",
        "DELETE /users/me",
        "DELETE /account",
        "POST /account/close",
        "POST /messages|sendSms",
        "POST /notifications/send-email",
        "POST /cases/{id}/contact||Send an email to the victim",
        "POST /cases/{id}/submit|submitCase",
        "POST /warrants/{id}/publish|publishWarrant",
        "POST /incidents/{id}/dispatch|dispatchUnits",
        "POST /invoices/{id}/pay",
        "POST /payments/{id}/refund",
        "POST /users/invite",
        "POST /subscribers/{id}/notify",
    ] {
        assert!(among_its_makers(line).is_some(), "{line}");
    }
}

#[test]
fn what_acts_on_the_service_or_on_many_is_recognised() {
    for line in [
        "POST /admin/shutdown",
        "POST /system/restart",
        "POST /cache/purge",
        "GET /cache/flush",
        "GET /people/{id}/delete",
        "GET /unsubscribe",
        "POST /people/{id}/delete",
        "POST /people/delete",
        "PUT /queue-admin/purge-queue/{queueName}",
        "POST /admin/reset-database",
        "POST /reset",
        "POST /maintenance",
        "POST /index/rebuild",
        "POST /backup/restore",
        "POST /import",
        "POST /events/replay",
        "POST /schema/migrate",
        "POST /people|deleteAllPeople",
        "DELETE /people",
        "POST /people/clear||Removes all people",
        "POST /people/bulk-archive",
        "POST /records/prune",
        "PATCH /todos|TodoController.updateAll",
        "PUT /people",
        "PATCH /case-notes",
        "PATCH /register|bulkUpdateAll",
        "POST /tables/{name}/drop",
        "POST /tables/{name}:truncate",
    ] {
        assert!(among_its_makers(line).is_some(), "{line}");
    }
}

#[test]
fn other_languages_are_recognised() {
    for line in [
        "GET /abmelden",
        "POST /benutzer/{id}/sperren",
        "POST /personen/{id}/löschen",
        "POST /faelle/{id}/einreichen",
        "POST /deconnexion",
        "POST /utilisateurs/{id}/suspendre",
        "POST /dossiers/{id}/supprimer",
        "POST /factures/{id}/payer",
        "POST /cerrar-sesion",
        "POST /usuarios/{id}/bloquear",
        "POST /casos/{id}/enviar",
        "POST /casos/{id}/excluir",
        "POST /utenti/{id}/sospendere",
        "POST /pratiche/{id}/pubblica",
        "POST /uitloggen",
        "POST /zaken/{id}/indienen",
        "POST /wyloguj",
        "POST /sprawy/{id}/usuń",
        "POST /achosion/{id}/cyhoeddi",
        "POST /allgofnodi",
    ] {
        assert!(among_its_makers(line).is_some(), "{line}");
    }
}

#[test]
fn what_only_looks_alike_is_none() {
    for line in [
        "POST /incidents/{id}/reset-status|resetStatus",
        "GET /tokens",
        "GET /me",
        "GET /orders",
        "GET /backups/{id}",
        "PUT /people/{id}",
        "PATCH /people/{id}/notes",
        "DELETE /people/{id}",
        "DELETE /people/{id}/notes/{noteId}",
        "GET /notifications/{id}/email",
        "POST /people|createPerson|Create a person",
        "POST /key-dates|createKeyDate",
        "POST /cases/{id}/stop-clock|stopClock",
        "POST /keys/{id}/assignments",
        "POST /emails/{id}/read|markEmailRead",
        "POST /vehicles/{id}/log-entries|logVehicle",
        "POST /cases/{id}/close|closeCase|Close a case",
        "POST /cases/{id}/reopen",
        "POST /detentions/{id}/release|releaseDetainee|Release a detained person",
        "POST /custody-records/{id}/charges|chargeSuspect|Charge a suspect",
        "POST /documents/{id}/restore",
        "GET /password-policy",
        "POST /stops|createStop|Record a stop and search",
        "POST /lock-ups|createLockUp",
        "POST /persons/{id}/email-addresses|addEmailAddress",
        "PATCH /cases/{id}/current-status",
        "POST /people/search|searchPeople",
        "POST /permissions/batch/check|batchCheckPermissions",
        "POST /auth/login|login",
        "POST /oauth2/token",
        "POST /submissions|createSubmission|Submit an incident summary",
    ] {
        assert_eq!(among_its_makers(line), None, "{line}");
    }
}

#[test]
fn a_collection_with_such_a_name_holds_records() {
    for name in [
        "notifications",
        "orders",
        "payments",
        "messages",
        "dispatches",
        "backups",
        "imports",
    ] {
        let post = format!("POST /{name}|create");
        let contract = contract_of(&[
            &post,
            &format!("GET /{name}"),
            &format!("GET /{name}/{{id}}"),
        ]);
        let key = OperationKey::new(Method::Post, format!("/{name}").as_str());
        assert_eq!(hazard(contract.operation(&key).unwrap()), None, "{name}");
    }
}

#[test]
fn alerts_that_nothing_takes_back_and_silences_are_left_out() {
    for line in [
        "POST /alerts|post|Create new alerts",
        "POST /silences|post",
        "POST /downtimes|create",
    ] {
        assert!(among_its_makers(line).is_some(), "{line}");
    }
    for line in [
        "GET /silences|list",
        "GET /alerts|list",
        "DELETE /silence/{id}|delete",
        "POST /prisoners/{id}/alerts|create",
    ] {
        assert_eq!(among_its_makers(line), None, "{line}");
    }
}

#[test]
fn settings_are_left_out() {
    let one = json!({ "responses": { "200": { "description": "", "content": { "application/json": {
        "schema": { "type": "object", "properties": { "enabled": { "type": "boolean" } } } } } } } });
    for (method, path) in [
        ("post", "/maintenance"),
        ("put", "/cors"),
        ("patch", "/settings"),
        ("put", "/user"),
        ("put", "/strategies/default"),
        ("post", "/configuration"),
        ("patch", "/users/me"),
    ] {
        let contract = Contract::from_value(json!({
            "openapi": "3.1.0", "info": { "title": "T", "version": "1" },
            "paths": { path: { "get": one, method: one } },
        }))
        .unwrap();
        let key = OperationKey::new(Method::parse(&method.to_uppercase()), path);
        let found = recognise(contract.operation(&key).unwrap());
        assert!(found.is_some(), "{method} {path}");
        let read = contract.operation(&OperationKey::new(Method::Get, path));
        assert_eq!(hazard(read.unwrap()), None, "{path}");
    }
}

#[test]
fn making_what_comes_by_default_is_left_out() {
    for line in [
        "POST /connections/defaults|createDefaultConnections|Create default connections",
        "POST /teams/{team}/labels/defaults|addDefaults",
    ] {
        assert!(among_its_makers(line).is_some(), "{line}");
    }
    assert_eq!(among_its_makers("POST /defaults|createDefault"), None);
}

#[test]
fn a_post_to_what_is_replaced_whole_changes_settings() {
    let one = json!({ "responses": { "200": { "description": "", "content": { "application/json": {
        "schema": { "type": "object", "properties": {
            "addresses": { "type": "array", "items": { "type": "string" } } } } } } } } });
    let mut add = one.clone();
    add["operationId"] = "addAddresses".into();
    let found = |path: Value| {
        let contract = Contract::from_value(json!({
            "openapi": "3.1.0", "info": { "title": "T", "version": "1" },
            "paths": { "/addresses": path },
        }))
        .unwrap();
        let key = OperationKey::new(Method::Post, "/addresses");
        recognise(contract.operation(&key).unwrap()).map(|found| found.kind)
    };
    let settings = Some(crate::contract::HazardKind::ChangesSettings);
    assert_eq!(
        found(json!({ "get": one, "post": add, "put": one })),
        settings
    );
    assert_eq!(
        found(json!({ "get": one, "post": add, "delete": one })),
        settings
    );
    assert_eq!(found(json!({ "get": one, "post": add })), None);
}

#[test]
fn ids_in_a_body_name_records_that_the_run_did_not_make() {
    let body = |names: &[&str]| {
        let properties: serde_json::Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "type": "array" })))
            .collect();
        json!({
            "requestBody": { "content": { "application/json": { "schema": { "type": "object", "properties": properties } } } },
            "responses": { "200": { "description": "" } },
        })
    };
    let contract = Contract::from_value(json!({
        "openapi": "3.1.0", "info": { "title": "T", "version": "1" },
        "paths": {
            "/people/actions": { "post": body(&["ids", "action"]) },
            "/cases": { "post": body(&["title", "personIds"]) },
            "/accounts": { "post": body(&["email", "keys"]) },
            "/accounts/{accountId}": { "put": body(&["email", "keys"]), "patch": body(&["keys"]) },
            "/vaults/{vaultId}": { "put": body(&["keys"]), "patch": body(&["ids"]) },
            "/accounts/{accountId}/merge": { "put": body(&["ids"]) },
        },
    }))
    .unwrap();
    let found = |method, path: &str| {
        let key = OperationKey::new(method, path);
        hazard(contract.operation(&key).unwrap())
    };
    assert!(found(Method::Post, "/people/actions").is_some());
    assert_eq!(found(Method::Post, "/cases"), None);
    // The keys of a record that the run can make are the record's own.
    assert_eq!(found(Method::Put, "/accounts/{accountId}"), None);
    assert_eq!(found(Method::Patch, "/accounts/{accountId}"), None);
    // A PUT makes the record of its own path, so that the keys are that record's too.
    assert_eq!(found(Method::Put, "/vaults/{vaultId}"), None);
    assert!(found(Method::Patch, "/vaults/{vaultId}").is_some());
    assert!(found(Method::Put, "/accounts/{accountId}/merge").is_some());
}

#[test]
fn the_target_file_has_the_last_word() {
    let mut contract = contract_of(&[
        "POST /cases/{id}/submit",
        "POST /cases",
        "POST /cases/{id}/freigeben",
        "POST /units/{id}/dispatch",
        "POST /units",
    ]);
    let own = OwnWords {
        added: vec!["freigeben".into()],
        harmless: vec!["dispatch".into()],
    };
    apply(&mut contract, &own, |operation| {
        operation.key.to_string() == "POST /cases/{id}/submit"
    });
    let found = |path: &str| {
        let key = OperationKey::new(Method::Post, path);
        hazard(contract.operation(&key).unwrap())
    };
    assert_eq!(found("/cases/{id}/submit"), None);
    assert_eq!(found("/units/{id}/dispatch"), None);
    assert!(
        found("/cases/{id}/freigeben")
            .unwrap()
            .contains("target file")
    );
}

/// Operations of real contracts, sorted by hand before they were first scored. `tuned` ones were looked at while words and
/// weights were chosen; `held-out` ones were not.
const SORTED: &str = include_str!("../../../../../tests/fixtures/hazards/operations.tsv");

struct Tally {
    dangerous: usize,
    sent: Vec<String>,
    harmless: usize,
    left_out: Vec<String>,
}

fn measured(half: &str) -> Tally {
    let mut tally = Tally {
        dangerous: 0,
        sent: Vec::new(),
        harmless: 0,
        left_out: Vec::new(),
    };
    for line in SORTED.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [
            which,
            source,
            label,
            method,
            path,
            id,
            summary,
            tags,
            body,
            reads,
            item,
            made,
        ] = columns[..]
        else {
            panic!("{line}");
        };
        if which != half {
            continue;
        }
        let mut operation = operation_of(OperationKey::new(Method::parse(method), path));
        operation.id = (!id.is_empty()).then(|| id.to_owned());
        summary.clone_into(&mut operation.summary);
        operation.tags = tags.split(',').map(str::to_owned).collect();
        let around = &mut operation.surroundings;
        around.body = body.split(',').map(str::to_owned).collect();
        around.many_in_body = body == "[]";
        around.reads = match reads {
            "one" => Reads::One,
            "list" => Reads::Many,
            "unknown" => Reads::Unknown,
            _ => Reads::Nothing,
        };
        around.has_item = item == "items";
        around.is_made = made == "made";
        let found = hazard(&operation).is_some();
        if label == "dangerous" {
            tally.dangerous += 1;
            if !found {
                tally.sent.push(format!("{source} {method} {path}"));
            }
        } else {
            tally.harmless += 1;
            if found {
                tally.left_out.push(format!("{source} {method} {path}"));
            }
        }
    }
    tally
}

/// At most one in `most` of these.
#[track_caller]
fn few(found: &[String], of: usize, most: usize) {
    let mut text = String::new();
    for line in found {
        let _ = writeln!(text, "  {line}");
    }
    assert!(found.len() * most <= of, "{} of {of}:\n{text}", found.len());
}

#[test]
fn sorted_operations_of_real_contracts_are_told_apart() {
    let tuned = measured("tuned");
    assert!(tuned.dangerous + tuned.harmless >= 500);
    few(&tuned.sent, tuned.dangerous, 20);
    few(&tuned.left_out, tuned.harmless, 20);
    let held_out = measured("held-out");
    few(&held_out.sent, held_out.dangerous, 10);
    few(&held_out.left_out, held_out.harmless, 20);
}

#[test]
fn accents_and_case_do_not_count() {
    assert_eq!(plain_words("Zurück-setzen"), ["zuruck", "setzen"]);
    assert_eq!(plain_words("usuń"), ["usun"]);
}
