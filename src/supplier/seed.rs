//! The records that are there from the start: a dozen of each kind, visibly synthetic.

use serde_json::{Value, json};

use super::House;
use super::making::{new_link, new_record};
use super::store::{Kind, Store};

const SURNAMES: [&str; 12] = [
    "Zztest Àlmond",
    "Zztest Birch",
    "Zztest Çedar",
    "Zztest Döcken",
    "Zztest Elm",
    "Zztest Fîr",
    "Zztest Gorse",
    "Zztest Hôlly",
    "Zztest O’Ivy",
    "Zztest Juniper-Test",
    "Zztest Łarch",
    "Zztest Ŵillow",
];
const COLOURS: [&str; 4] = ["blue", "red", "silver", "black"];
const CATEGORIES: [&str; 4] = ["burglary", "theft", "collision", "missingPerson"];
const STATUSES: [&str; 3] = ["open", "underInvestigation", "closed"];
const SEXES: [&str; 3] = ["female", "male", "notKnown"];

/// Fills a new store. Of each dozen the last four belong to the second force; of these and of the first eight one is restricted.
pub(crate) fn fill(house: &House, store: &mut Store) {
    let [north, south] = [
        &house.credentials.north.force,
        &house.credentials.south.force,
    ];
    for at in 0..12_u32 {
        let force = if at < 8 { north } else { south };
        for kind in Kind::ALL {
            let mut said = describe(kind, at);
            if matches!(at, 7 | 11)
                && let Some(members) = said.as_object_mut()
            {
                members.insert("restricted".to_owned(), Value::Bool(true));
            }
            let record = new_record(house, store, kind, force, said);
            store.add(kind, record);
        }
    }
    link(store);
}

fn pick<'a>(from: &[&'a str], at: u32) -> &'a str {
    let at = usize::try_from(at).unwrap_or(0) % from.len().max(1);
    from.get(at).copied().unwrap_or_default()
}

fn describe(kind: Kind, at: u32) -> Value {
    match kind {
        Kind::Person => json!({
            "surname": pick(&SURNAMES, at),
            "givenNames": ["Test", format!("Zz{}", pick(&["éa", "bee", "cŷ"], at))],
            "dateOfBirth": format!("19{}-02-{}", 60 + at, 10 + at),
            "sex": pick(&SEXES, at),
            "nationality": "GBR",
            "heightCentimetres": 150 + at * 3,
            "pncId": pnc_id(1_234_567 + at),
            "contacts": [{ "kind": "email", "address": format!("zztest{at}@records.example") }],
        }),
        Kind::Location => json!({
            "name": format!("Zztest Depot {at}"),
            "addressLine": format!("{} Zztest Way, Tréfawr Test", at + 1),
            "postcode": "ZZ99 3VZ",
            "position": { "type": "Point", "coordinates": [-1.5 - f64::from(at) / 100.0, 53.5 + f64::from(at) / 100.0] },
        }),
        Kind::Vehicle => json!({
            "registrationMark": format!("ZZ{}TST", 10 + at),
            "make": "Zztest",
            "model": pick(&["Perambulator", "Vélo"], at),
            "colour": pick(&COLOURS, at),
            "yearOfManufacture": 2010 + at,
            "massKilograms": 1000.5 + f64::from(at),
            "insuredUntil": "2099-03-31",
        }),
        Kind::Incident => json!({
            "category": pick(&CATEGORIES, at),
            "status": pick(&STATUSES, at),
            "summary": format!("Zztest: a synthetic incident, number {at}, at the Tŷ Test."),
            "priority": at % 5 + 1,
            "reportedOn": format!("2026-01-{}", 10 + at),
            "occurredFrom": format!("2026-01-{}T09:30:00Z", 10 + at),
            "tags": ["synthetic"],
        }),
    }
}

/// An identifier of the year 2099 with its right check letter.
fn pnc_id(serial: u32) -> String {
    let letter = muster_id::check_letter(99 * 10_000_000 + u64::from(serial));
    format!("2099/{serial:07}{letter}")
}

fn link(store: &mut Store) {
    let pairs: Vec<(String, String, String)> = store
        .of(Kind::Incident)
        .iter()
        .zip(store.of(Kind::Person).iter())
        .map(|(incident, person)| {
            (
                incident.force.clone(),
                incident.text("id").to_owned(),
                person.text("id").to_owned(),
            )
        })
        .collect();
    for (force, incident, person) in pairs {
        let record = new_link(store, &force, &incident, "person", &person, "witness");
        store.add_link(record);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_letter_is_right() {
        assert_eq!(super::pnc_id(1_234_567), "2099/1234567B");
        for at in 0..12 {
            let id = super::pnc_id(1_234_567 + at);
            assert!(muster_id::kinds::pnc::KIND.parse_canonical(&id).is_ok());
        }
    }
}
