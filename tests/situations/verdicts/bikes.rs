//! A small store of records, which the situations change in one respect each.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use crate::service::{Reply, Request};

pub const CONTRACT: &str = r##"
openapi: 3.0.3
info: { title: Bikes, version: 1.0.0, description: Bikes in a shed, contact: { email: a@example.test } }
servers: [{ url: "{origin}" }]
paths:
  /bikes:
    get: { operationId: listBikes, responses: { '200': { description: All, content: { application/json: { schema: { type: object, required: [items], properties: { items: { type: array, items: { $ref: '#/components/schemas/Bike' } } } } } } } } }
    post:
      operationId: createBike
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewBike' } } } }
      responses:
        '201': { description: Made, headers: { Location: { schema: { type: string } } }, content: { application/json: { schema: { $ref: '#/components/schemas/Bike' } } } }
        '400': { $ref: '#/components/responses/Problem' }
        '415': { $ref: '#/components/responses/Problem' }
  /bikes/{bikeId}:
    parameters: [{ name: bikeId, in: path, required: true, schema: { type: integer, minimum: 1 } }]
    get:
      operationId: getBike
      responses:
        '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Bike' } } } }
        '404': { $ref: '#/components/responses/Problem' }
    put:
      operationId: replaceBike
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/NewBike' } } } }
      responses:
        '200': { description: Replaced, content: { application/json: { schema: { $ref: '#/components/schemas/Bike' } } } }
        '400': { $ref: '#/components/responses/Problem' }
        '404': { $ref: '#/components/responses/Problem' }
        '415': { $ref: '#/components/responses/Problem' }
    delete: { operationId: deleteBike, responses: { '204': { description: Gone }, '404': { $ref: '#/components/responses/Problem' } } }
components:
  responses:
    Problem: { description: Refused, content: { application/problem+json: { schema: { type: object, required: [title, status], properties: { title: { type: string }, status: { type: integer } } } } } }
  schemas:
    NewBike: { type: object, required: [colour], additionalProperties: false, properties: { colour: { type: string, enum: [red, blue] }, gears: { type: integer, minimum: 1, maximum: 30 } } }
    Bike: { type: object, required: [id, colour], properties: { id: { type: integer }, colour: { type: string, enum: [red, blue] }, gears: { type: integer } } }
"##;

/// The records, by id, and the id given last.
#[derive(Default)]
pub struct Shed(Mutex<(u64, BTreeMap<u64, Value>)>);

impl Shed {
    pub fn answer(&self, request: &Request) -> Reply {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, bikes) = &mut *state;
        let segments = request.segments();
        let id = match segments.as_slice() {
            ["bikes"] => None,
            ["bikes", id] => Some(*id),
            _ => return Reply::problem(404, "Not found"),
        };
        let Some(id) = id else {
            return match request.method.as_str() {
                "GET" => Reply::json(200, &json!({ "items": bikes.values().collect::<Vec<_>>() })),
                "POST" => match read(request) {
                    Err(refusal) => refusal,
                    Ok(mut bike) => {
                        *last += 1;
                        bike["id"] = json!(*last);
                        bikes.insert(*last, bike.clone());
                        Reply::json(201, &bike).with("location", &format!("/bikes/{last}"))
                    }
                },
                _ => Reply::not_allowed("GET, HEAD, POST"),
            };
        };
        if !matches!(request.method.as_str(), "GET" | "PUT" | "DELETE") {
            return Reply::not_allowed("GET, HEAD, PUT, DELETE");
        }
        let found = id.parse().ok().filter(|id| bikes.contains_key(id));
        let Some(id) = found else {
            return Reply::problem(404, "No such bike");
        };
        match request.method.as_str() {
            "GET" => Reply::json(200, &bikes[&id]),
            "DELETE" => {
                bikes.remove(&id);
                Reply::empty(204)
            }
            _ => match read(request) {
                Err(refusal) => refusal,
                Ok(mut bike) => {
                    bike["id"] = json!(id);
                    bikes.insert(id, bike.clone());
                    Reply::json(200, &bike)
                }
            },
        }
    }

    pub fn count(&self) -> usize {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.len()
    }
}

/// The bike that a request sends, where it is one.
fn read(request: &Request) -> Result<Value, Reply> {
    let refused = || Reply::problem(400, "Not a bike");
    if !request
        .header("content-type")
        .is_some_and(|media| media.contains("json"))
    {
        return Err(Reply::problem(415, "Send JSON"));
    }
    let body = request.json().ok_or_else(refused)?;
    let members = body.as_object().ok_or_else(refused)?;
    let colour = members.get("colour").and_then(Value::as_str);
    let gears = members.get("gears");
    let whole = gears.is_none_or(|gears| {
        gears
            .as_f64()
            .is_some_and(|number| number.fract() == 0.0 && (1.0..=30.0).contains(&number))
    });
    if !colour.is_some_and(|colour| ["red", "blue"].contains(&colour))
        || !whole
        || members
            .keys()
            .any(|name| !["colour", "gears"].contains(&name.as_str()))
    {
        return Err(refused());
    }
    let mut bike = body.clone();
    if let Some(gears) = gears.and_then(Value::as_f64) {
        bike["gears"] = json!(gears as u64);
    }
    Ok(bike)
}
