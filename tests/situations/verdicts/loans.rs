//! Loans of equipment, as a serialiser of a framework keeps them, in a service that is sound.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use crate::service::{Reply, Request};

/// Stations are reference data: listed, never made. A loan has a unique tag of which neither name nor schema tells, a
/// decimal number as text whose pattern takes the empty text too, a nullable choice, a span, and a computed property.
const TEMPLATE: &str = r##"
openapi: 3.0.3
info: { title: Loans, version: 1.0.0, description: Loans of equipment, contact: { email: a@example.test } }
servers: [{ url: "{origin}" }]
paths:
  /stations:
    get: { operationId: listStations, responses: { '200': { description: All, content: { application/json: { schema: { type: object, required: [results], properties: { results: { type: array, items: { $ref: '#/components/schemas/Station' } } } } } } } } }
  /stations/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { operationId: getStation, responses: { '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Station' } } } }, '404': { $ref: '#/components/responses/Problem' } } }
  /loans:
    get:
      operationId: listLoans
      parameters: [{ name: cover, in: query, schema: { type: string } }]
      responses: { '200': { description: All, content: { application/json: { schema: { type: object, required: [results], properties: { results: { type: array, items: { $ref: '#/components/schemas/Loan' } } } } } } } }
    post:
      operationId: createLoan
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/LoanRequest' } } } }
      responses:
        '201': { description: Made, content: { application/json: { schema: { $ref: '#/components/schemas/Loan' } } } }
        '400': { $ref: '#/components/responses/Problem' }
        '415': { $ref: '#/components/responses/Problem' }
  /loans/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get: { operationId: getLoan, responses: { '200': { description: One, content: { application/json: { schema: { $ref: '#/components/schemas/Loan' } } } }, '404': { $ref: '#/components/responses/Problem' } } }
    patch:
      operationId: changeLoan
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/PatchedLoanRequest' } } } }
      responses:
        '200': { description: Changed, content: { application/json: { schema: { $ref: '#/components/schemas/Loan' } } } }
        '400': { $ref: '#/components/responses/Problem' }
        '404': { $ref: '#/components/responses/Problem' }
        '415': { $ref: '#/components/responses/Problem' }
    delete: { operationId: deleteLoan, responses: { '204': { description: Gone }, '404': { $ref: '#/components/responses/Problem' } } }
components:
  responses:
    Problem: { description: Refused, content: { application/problem+json: { schema: { type: object, required: [title, status], properties: { title: { type: string }, status: { type: integer } } } } } }
  schemas:
    Station: { type: object, required: [id, name], properties: { id: { type: integer }, name: { type: string } } }
    CoverEnum: { type: string, enum: [full, basic] }
    NullEnum: { enum: [null] }
    LoanRequest: { type: object, required: [holder, station, fee, lent_at], properties: { {fields} } }
    PatchedLoanRequest: { type: object, properties: { {fields} } }
    Loan:
      type: object
      required: [id, holder, station, fee, lent_at, label]
      properties: { {fields}, id: { type: integer, readOnly: true }, label: { type: string, readOnly: true } }
"##;

const PROPERTIES: &str = r"holder: { type: string, minLength: 1, maxLength: 12 }, station: { type: integer }, fee: { type: string, format: decimal, pattern: '^-?\d{0,6}(?:\.\d{0,2})?$' }, cover: { nullable: true, oneOf: [{ $ref: '#/components/schemas/CoverEnum' }, { $ref: '#/components/schemas/NullEnum' }] }, remark: { type: string, maxLength: 200 }, lent_at: { type: string, format: date-time }, returned_at: { type: string, format: date-time, nullable: true }";

pub fn contract() -> String {
    TEMPLATE.replace("{fields}", PROPERTIES)
}

const FIELDS: [&str; 7] = [
    "holder",
    "station",
    "fee",
    "cover",
    "remark",
    "lent_at",
    "returned_at",
];

/// The loans by id, and the id given last.
#[derive(Default)]
pub struct Desk(Mutex<(u64, BTreeMap<u64, Value>)>);

impl Desk {
    pub fn answer(&self, request: &Request) -> Reply {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, loans) = &mut *state;
        let segments = request.segments();
        match (segments.as_slice(), request.method.as_str()) {
            (["stations"], "GET") => {
                Reply::json(200, &json!({ "results": [station(41), station(42)] }))
                    .with("cache-control", "public, max-age=600")
            }
            (["stations", id], "GET") if ["41", "42"].contains(id) => {
                Reply::json(200, &station(id.parse().unwrap()))
                    .with("cache-control", "public, max-age=600")
            }
            (["stations"] | ["stations", "41" | "42"], _) => Reply::not_allowed("GET, HEAD"),
            (["loans"], "GET") => {
                // No value after `=` is no filter, as forms send it.
                let cover = request.parameter("cover").filter(|cover| !cover.is_empty());
                let shown: Vec<&Value> = loans
                    .values()
                    .filter(|loan| {
                        cover
                            .as_ref()
                            .is_none_or(|cover| loan["cover"] == cover.as_str())
                    })
                    .collect();
                Reply::json(200, &json!({ "results": shown }))
            }
            (["loans"], "POST") => match read(request, None, loans) {
                Err(refusal) => refusal,
                Ok(mut loan) => {
                    *last += 1;
                    loan["id"] = json!(*last);
                    loans.insert(*last, loan.clone());
                    Reply::json(201, &loan)
                }
            },
            (["loans"], _) => Reply::not_allowed("GET, HEAD, POST"),
            (["loans", id], method) => {
                let Some(id) = id.parse().ok().filter(|id| loans.contains_key(id)) else {
                    return Reply::problem(404, "No such loan");
                };
                match method {
                    "GET" => Reply::json(200, &loans[&id]),
                    "DELETE" => {
                        loans.remove(&id);
                        Reply::empty(204)
                    }
                    "PATCH" => match read(request, Some(id), loans) {
                        Err(refusal) => refusal,
                        Ok(loan) => {
                            loans.insert(id, loan.clone());
                            Reply::json(200, &loan)
                        }
                    },
                    _ => Reply::not_allowed("GET, HEAD, PATCH, DELETE"),
                }
            }
            _ => Reply::problem(404, "Not found"),
        }
    }

    /// The loan with these values, where there is one.
    pub fn find(&self, sent: &Value) -> Option<Value> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let alike = |loan: &&Value| {
            sent.as_object().is_some_and(|sent| {
                sent.iter()
                    .all(|(name, value)| loan.get(name) == Some(value))
            })
        };
        state.1.values().find(alike).cloned()
    }

    pub fn count(&self) -> usize {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.len()
    }
}

fn station(id: u64) -> Value {
    json!({ "id": id, "name": format!("Station {id}") })
}

/// The whole loan that a request makes or leaves; unknown properties are ignored, and strings lose the spaces around them.
fn read(request: &Request, own: Option<u64>, loans: &BTreeMap<u64, Value>) -> Result<Value, Reply> {
    let refused = |why: &str| Err(Reply::problem(400, why));
    if !request
        .header("content-type")
        .is_some_and(|media| media.contains("json"))
    {
        return Err(Reply::problem(415, "Send JSON"));
    }
    let Some(Value::Object(sent)) = request.json() else {
        return refused("Send an object");
    };
    let mut loan = own.map_or_else(
        || json!({ "cover": null, "remark": "", "returned_at": null }),
        |id| loans[&id].clone(),
    );
    for name in FIELDS {
        if let Some(value) = sent.get(name) {
            let trimmed = value.as_str().map(|text| json!(text.trim()));
            loan[name] = trimmed.unwrap_or_else(|| value.clone());
        }
    }
    let holder = loan["holder"].as_str().unwrap_or_default().to_owned();
    if !(1..=12).contains(&holder.chars().count())
        || sent
            .get("holder")
            .is_some_and(|sent| sent.as_str().is_none_or(|text| text.chars().count() > 12))
    {
        return refused("A holder has 1 to 12 characters");
    }
    let clash =
        |(id, other): (&u64, &Value)| Some(*id) != own && other["holder"] == holder.as_str();
    if loans.iter().any(clash) {
        return refused("A loan with this holder already exists.");
    }
    let number = loan["station"].as_f64();
    if ![Some(41.0), Some(42.0)].contains(&number) {
        return refused("That station does not exist");
    }
    loan["station"] = json!(number.unwrap() as u64);
    let Some(fee) = loan["fee"].as_str().and_then(fee) else {
        return refused("A valid number is required");
    };
    loan["fee"] = json!(fee);
    if !(loan["cover"].is_null() || loan["cover"] == "full" || loan["cover"] == "basic") {
        return refused("Not a cover");
    }
    if loan["remark"]
        .as_str()
        .is_none_or(|text| text.chars().count() > 200)
    {
        return refused("Not a remark");
    }
    let moment = |value: &Value| {
        let text = value.as_str()?;
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
    };
    let (lent, returned) = (moment(&loan["lent_at"]), moment(&loan["returned_at"]));
    match (lent, returned) {
        (None, _) => return refused("Not a time"),
        (_, None) if !loan["returned_at"].is_null() => return refused("Not a time"),
        (Some(lent), Some(returned)) if returned < lent => {
            return refused("A loan is returned after it is lent");
        }
        _ => {}
    }
    loan["label"] = json!(format!("{holder} at {}", loan["station"]));
    Ok(loan)
}

/// A number with two decimal places, where a text is a number of at most six and two.
fn fee(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |text: &str, most: usize| {
        text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_number = all(whole, 6) && all(fraction, 2) && whole.len() + fraction.len() > 0;
    is_number.then(|| format!("{sign}{:0>1}.{fraction:0<2}", whole))
}
