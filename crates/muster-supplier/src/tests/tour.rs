//! One walk through all of a supplier, as text: two suppliers that behave alike give the same.

use std::collections::BTreeMap;

use regex::{Captures, Regex};
use serde_json::{Value, json};

use super::{Answer, Call, Caller, http, person, vehicle};
use crate::Supplier;

/// One exchange of the walk.
pub(super) struct Stop {
    /// The operation that was called, if the contract has it.
    pub(super) operation: Option<&'static str>,
    pub(super) name: String,
    pub(super) answer: Answer,
}

/// Walks. The paths of the contract are taken from the contract that is served.
pub(super) async fn walk(supplier: &Supplier) -> Vec<Stop> {
    let caller = Caller::of(supplier, &supplier.credentials().north).await;
    let contract = supplier.contract();
    let audit = contract["paths"]
        .as_object()
        .unwrap()
        .keys()
        .find(|path| {
            path.to_lowercase()
                .replace(['-', '_'], "")
                .ends_with("/auditevents")
        })
        .unwrap()
        .clone();
    let mut walk = Walk { stops: Vec::new() };

    let location = json!({ "name": "Zztest Caffè", "addressLine": "1 Zztest Way", "position": { "type": "Point", "coordinates": [-1.5, 53.8] } });
    let incident = json!({ "category": "theft", "status": "open", "summary": "Zztest: naïve", "priority": 2, "reportedOn": "2026-01-05", "occurredFrom": "2026-01-05T10:00:00+00:00" });
    let kinds = [
        (
            [
                "listPeople",
                "createPerson",
                "getPerson",
                "replacePerson",
                "updatePerson",
                "deletePerson",
            ],
            "/people",
            person(),
            json!({ "surname": "Zztest Ésme" }),
        ),
        (
            [
                "listLocations",
                "createLocation",
                "getLocation",
                "replaceLocation",
                "updateLocation",
                "deleteLocation",
            ],
            "/locations",
            location,
            json!({ "postcode": "ZZ99 3VZ" }),
        ),
        (
            [
                "listVehicles",
                "createVehicle",
                "getVehicle",
                "replaceVehicle",
                "updateVehicle",
                "deleteVehicle",
            ],
            "/vehicles",
            vehicle(),
            json!({ "colour": "other" }),
        ),
        (
            [
                "listIncidents",
                "createIncident",
                "getIncident",
                "replaceIncident",
                "updateIncident",
                "deleteIncident",
            ],
            "/incidents",
            incident,
            json!({ "priority": 5 }),
        ),
    ];
    for ([list, create, get, replace, update, delete], path, body, patch) in kinds {
        walk.stop(list, caller.call("GET", &format!("{path}?limit=3")))
            .await;
        walk.stop(
            list,
            caller.call("GET", &format!("{path}?limit=100&sort=-createdAt")),
        )
        .await;
        walk.stop(list, caller.call("GET", &format!("{path}?unknown=1")))
            .await;
        walk.stop(
            list,
            caller.call("GET", path).header("accept", "application/xml"),
        )
        .await;
        walk.bare(list, caller.call("GET", path)).await;
        walk.stop(
            create,
            caller.call("POST", path).body("text/csv", body.to_string()),
        )
        .await;
        walk.stop(create, caller.call("POST", path).json(&json!({})))
            .await;
        walk.stop(create, caller.call("POST", path).json(&body))
            .await;
        // What was made is found by the tail of the list, whatever the answer to the creation was.
        let good = Caller::of(supplier, &supplier.credentials().north).await;
        let page = good
            .call("GET", &format!("{path}?limit=1&sort=-createdAt"))
            .send()
            .await;
        let text = String::from_utf8_lossy(&page.bytes).into_owned();
        let at = text.find("\"id\":\"").expect("a created record is listed");
        let one = format!("{path}/{}", &text[at + 6..at + 42]);
        walk.stop(get, caller.call("GET", &one)).await;
        walk.stop(get, caller.call("GET", &one).header("accept", "image/png"))
            .await;
        walk.stop(get, caller.call("GET", &one).header("if-none-match", "*"))
            .await;
        walk.stop(
            get,
            caller.call(
                "GET",
                &format!("{path}/00000000-0000-4000-8000-000000000000"),
            ),
        )
        .await;
        walk.stop(get, caller.call("GET", &format!("{path}/nonsense")))
            .await;
        walk.stop(replace, caller.call("PUT", &one).json(&body))
            .await;
        walk.stop(update, caller.call("PATCH", &one).merge(&patch))
            .await;
        walk.stop(
            update,
            caller
                .call("PATCH", &one)
                .merge(&patch)
                .header("if-match", "\"stale\""),
        )
        .await;
        walk.other(caller.call("POST", &one)).await;
        walk.other(caller.call("OPTIONS", &one)).await;
        walk.other(caller.call("HEAD", &one)).await;
        if path == "/incidents" {
            links(&mut walk, &caller, &one).await;
        }
        walk.stop(delete, caller.call("DELETE", &one)).await;
    }
    walk.stop(
        "listPeople",
        caller.call("GET", "/people?surname=Zztest%20Birch"),
    )
    .await;
    inputs(&mut walk, &caller).await;
    let taken = caller
        .call("POST", "/exports")
        .json(&json!({ "recordType": "location" }));
    let taken = taken.send().await;
    let export: Value = serde_json::from_slice(&taken.bytes).unwrap_or_default();
    let one = format!("/exports/{}", export["id"].as_str().unwrap_or_default());
    let vehicles = json!({ "recordType": "vehicle" });
    walk.stop(
        "createExport",
        caller.call("POST", "/exports").json(&vehicles),
    )
    .await;
    // The result waits for the work, so that the status is that of work that is done.
    walk.stop(
        "getExportResult",
        caller.call("GET", &format!("{one}/result")),
    )
    .await;
    walk.stop("getExport", caller.call("GET", &one)).await;
    walk.stop("deleteExport", caller.call("DELETE", &one)).await;

    walk.stop(
        "listAuditEvents",
        caller.call("GET", &format!("{audit}?limit=2")),
    )
    .await;
    walk.stop(
        "listIncidentSummaries",
        caller.call("GET", "/incident-summaries?limit=2"),
    )
    .await;
    walk.bare("getHealth", caller.call("GET", "/health")).await;
    walk.other(caller.call("GET", "~/.well-known/security.txt"))
        .await;
    walk.other(caller.call("GET", "/nowhere")).await;
    if let Some(port) = supplier.plain_http_port() {
        let answer = http(None)
            .get(format!("http://127.0.0.1:{port}/v1/health"))
            .send()
            .await
            .unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await.unwrap().to_vec();
        walk.stops.push(Stop {
            operation: None,
            name: "plain HTTP".to_owned(),
            answer: Answer {
                status,
                headers,
                bytes,
            },
        });
    }
    walk.stops
}

/// Inputs at the edges of what is taken, and beyond.
async fn inputs(walk: &mut Walk, caller: &Caller) {
    for query in [
        "/people?surname=O%27Neill",
        "/people?limit=100",
        "/people?limit=101",
    ] {
        walk.stop("listPeople", caller.call("GET", query)).await;
    }
    walk.stop(
        "listIncidents",
        caller.call("GET", "/incidents?status=none"),
    )
    .await;
    let with = |mut body: Value, member: &str, value: Value| {
        body[member] = value;
        body
    };
    for body in [
        with(person(), "surname", json!("Zztest ".repeat(10))),
        with(person(), "notInTheContract", json!(true)),
        with(person(), "heightCentimetres", json!(29)),
        with(person(), "dateOfBirth", json!("2000-02-29")),
    ] {
        walk.stop("createPerson", caller.call("POST", "/people").json(&body))
            .await;
    }
    let place = json!({ "name": "Zztest's", "addressLine": "1 Zztest Way", "position": { "type": "Point", "coordinates": [-1.5, 53.8] } });
    walk.stop(
        "createLocation",
        caller.call("POST", "/locations").json(&place),
    )
    .await;
    let other = with(vehicle(), "colour", json!("other"));
    walk.stop(
        "createVehicle",
        caller.call("POST", "/vehicles").json(&other),
    )
    .await;
    let list = caller.get("/vehicles?limit=1").await.json();
    let id = list["items"][0]["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    walk.stop(
        "updateVehicle",
        caller
            .call("PATCH", &format!("/vehicles/{id}"))
            .body("application/merge-patch+json", String::new()),
    )
    .await;
}

async fn links(walk: &mut Walk, caller: &Caller, incident: &str) {
    let target = caller.get("/locations?limit=1").await.json()["items"][0]["id"].clone();
    let body = json!({ "recordType": "location", "recordId": target, "role": "scene" });
    let path = format!("{incident}/links");
    walk.stop("createIncidentLink", caller.call("POST", &path).json(&body))
        .await;
    walk.stop("createIncidentLink", caller.call("POST", &path).json(&body))
        .await;
    walk.stop("listIncidentLinks", caller.call("GET", &path))
        .await;
    let id = caller.get(&path).await.json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    walk.stop(
        "getIncidentLink",
        caller.call("GET", &format!("{path}/{id}")),
    )
    .await;
    walk.stop(
        "deleteIncidentLink",
        caller.call("DELETE", &format!("{path}/{id}")),
    )
    .await;
}

struct Walk {
    stops: Vec<Stop>,
}

impl Walk {
    async fn stop(&mut self, operation: &'static str, call: Call<'_>) {
        let answer = call.send().await;
        self.push(Some(operation), answer);
    }

    async fn bare(&mut self, operation: &'static str, call: Call<'_>) {
        let answer = call.send_without_token().await;
        self.push(Some(operation), answer);
    }

    async fn other(&mut self, call: Call<'_>) {
        let answer = call.send().await;
        self.push(None, answer);
    }

    fn push(&mut self, operation: Option<&'static str>, answer: Answer) {
        let name = format!("{} {}", self.stops.len(), operation.unwrap_or("other"));
        self.stops.push(Stop {
            operation,
            name,
            answer,
        });
    }
}

/// The walk as lines, without what differs between any two suppliers.
pub(super) fn told(stops: &[Stop], supplier: &Supplier) -> Vec<String> {
    let mut names = Names::new();
    stops
        .iter()
        .map(|stop| {
            let answer = &stop.answer;
            let mut headers: Vec<String> = answer
                .headers
                .iter()
                .filter(|(name, _)| {
                    !matches!(
                        name.as_str(),
                        "date" | "last-modified" | "ratelimit" | "content-length"
                    )
                })
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?")))
                .collect();
            headers.sort();
            let body = String::from_utf8_lossy(&answer.bytes);
            let text = format!(
                "{} → {} [{}] {body}",
                stop.name,
                answer.status,
                headers.join("; ")
            );
            names.settle(&text.replace(supplier.origin(), "ORIGIN"))
        })
        .collect()
}

/// The contract without what differs between any two suppliers.
pub(super) fn contract(supplier: &Supplier) -> Value {
    let text = supplier
        .contract()
        .to_string()
        .replace(supplier.origin(), "ORIGIN");
    serde_json::from_str(&text).unwrap()
}

/// Ids and moments by the order in which they appear.
struct Names {
    known: BTreeMap<String, usize>,
    uuid: Regex,
    moment: Regex,
    cursor: Regex,
    /// The tag of a list is made from all that it holds, ids and moments among it.
    list: Regex,
}

impl Names {
    fn new() -> Self {
        let hex = "[0-9a-f]";
        Self {
            known: BTreeMap::new(),
            uuid: Regex::new(&format!(
                "{hex}{{8}}-{hex}{{4}}-4{hex}{{3}}-{hex}{{4}}-{hex}{{12}}"
            ))
            .unwrap(),
            moment: Regex::new(
                r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.[0-9]{3}",
            )
            .unwrap(),
            cursor: Regex::new(r#"("next":"|cursor=)[A-Za-z0-9_-]+"#).unwrap(),
            list: Regex::new(r#"("(people|locations|vehicles|incidents)-)[0-9a-f]+""#).unwrap(),
        }
    }

    fn settle(&mut self, text: &str) -> String {
        let text = self.uuid.replace_all(text, |found: &Captures<'_>| {
            let next = self.known.len();
            format!(
                "id-{}",
                self.known.entry(found[0].to_owned()).or_insert(next)
            )
        });
        let text = self.moment.replace_all(&text, "MOMENT");
        let text = self.cursor.replace_all(&text, "${1}CURSOR");
        self.list.replace_all(&text, "${1}TAG\"").into_owned()
    }
}
