//! A claim reaches as far as the contract declares it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::bikes::{CONTRACT, Shed};
use crate::service::{Reply, Service};

/// The bikes, and scooters of which nothing has a tag or a key.
fn two_kinds() -> String {
    let scooters = CONTRACT
        .split_once("  /bikes:")
        .and_then(|(_, rest)| rest.split_once("components:"))
        .map(|(paths, _)| format!("  /bikes:{paths}"))
        .unwrap()
        .replace("/bikes", "/scooters")
        .replace("bikeId", "scooterId")
        .replace("Bike\n", "Scooter\n")
        .replace("operationId: listBikes", "operationId: listScooters")
        .replace("operationId: createBike", "operationId: createScooter")
        .replace("operationId: getBike", "operationId: getScooter")
        .replace("operationId: replaceBike", "operationId: replaceScooter")
        .replace("operationId: deleteBike", "operationId: deleteScooter");
    CONTRACT.replace("components:", &format!("{scooters}components:"))
}

#[test]
fn an_idempotency_key_of_one_creation_is_not_asked_of_another() {
    let contract = two_kinds().replace(
        "      operationId: createBike\n",
        "      operationId: createBike\n      parameters: [{ name: Idempotency-Key, in: header, schema: { type: string } }]\n",
    );
    let (bikes, scooters) = (Shed::default(), Shed::default());
    let keyed = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&keyed);
    let replayed: std::sync::Mutex<std::collections::HashMap<String, (Vec<u8>, Reply)>> =
        std::sync::Mutex::default();
    let service = Service::start(move |request| {
        let mut request = request.clone();
        if request.path.starts_with("/scooters") {
            if request.header("idempotency-key").is_some() {
                seen.fetch_add(1, Ordering::SeqCst);
            }
            request.path = request.path.replace("/scooters", "/bikes");
            let reply = scooters.answer(&request);
            let location = reply
                .headers
                .iter()
                .find(|(name, _)| name == "location")
                .cloned();
            return match location {
                Some((_, path)) => {
                    let mut reply = reply;
                    reply.headers.retain(|(name, _)| name != "location");
                    reply.with("location", &path.replace("/bikes", "/scooters"))
                }
                None => reply,
            };
        }
        let key = request.header("idempotency-key").map(str::to_owned);
        if let (Some(key), "POST") = (key, request.method.as_str()) {
            let mut replayed = replayed.lock().unwrap();
            if let Some((body, reply)) = replayed.get(&key) {
                return if *body == request.body {
                    reply.clone()
                } else {
                    Reply::problem(400, "The key was used for another body")
                };
            }
            let reply = bikes.answer(&request);
            if reply.status == 201 {
                replayed.insert(key, (request.body, reply.clone()));
            }
            return reply;
        }
        bikes.answer(&request)
    });
    let ran = service.run(
        &contract,
        "writes: allowed\nclaims: [idempotency-key]\n",
        &["--profile", "http-operability", "--only", "OPS-07,OPS-09"],
    );
    assert_eq!(ran.exit, 0, "{}", ran.told());
    assert_eq!(keyed.load(Ordering::SeqCst), 0, "{}", ran.told());
    assert_eq!(ran.verdict("OPS-07"), "pass", "{}", ran.told());
}

#[test]
fn a_condition_of_one_change_is_not_asked_of_another() {
    let contract = two_kinds().replace(
        "      operationId: replaceScooter\n",
        "      operationId: replaceScooter\n      parameters: [{ name: If-Match, in: header, schema: { type: string } }]\n",
    );
    let (bikes, scooters) = (Shed::default(), Shed::default());
    let service = Service::start(move |request| {
        let mut request = request.clone();
        let is_scooter = request.path.starts_with("/scooters");
        let shed = if is_scooter {
            request.path = request.path.replace("/scooters", "/bikes");
            &scooters
        } else {
            &bikes
        };
        // Tags everywhere, as a framework adds them; no change heeds one.
        let mut reply = shed.answer(&request);
        for (name, path) in &mut reply.headers {
            if name == "location" && is_scooter {
                *path = path.replace("/bikes", "/scooters");
            }
        }
        if request.method == "GET" && reply.status == 200 {
            let length = reply.body.len();
            let sum: u64 = reply.body.iter().map(|byte| u64::from(*byte)).sum();
            return reply.with("etag", &format!("\"{length}-{sum}\""));
        }
        reply
    });
    let ran = service.run(
        &contract,
        "writes: allowed\nclaims: [etag]\n",
        &["--profile", "http-operability", "--only", "OPS-03"],
    );
    let findings = ran.results["findings"].as_array().unwrap();
    assert_eq!(ran.verdict("OPS-03"), "fail", "{}", ran.told());
    for finding in findings {
        let operations = finding["operations"].to_string();
        assert!(!operations.contains("/bikes"), "{}", ran.told());
    }
}
