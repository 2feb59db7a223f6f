//! Faults that reach records which a write is not about.

use serde_json::json;

use super::{
    SupplierState,
    fault::Misbehaviour,
    making::new_id,
    message::Outgoing,
    records::Act,
    store::{Kind, Store},
};

/// Does to others what a faulty supplier does beside a write that succeeds.
pub(super) fn reach(house: &SupplierState, store: &mut Store, act: Act, answer: &Outgoing) {
    if !answer.status.is_success() {
        return;
    }
    match act {
        Act::Update(Kind::Vehicle) if house.is(Misbehaviour::TouchesOldest) => {
            let oldest = oldest(store, Kind::Vehicle);
            let sequence = store.next_sequence();
            if let Some(record) = oldest.and_then(|id| store.of_mut(Kind::Vehicle).get_mut(&id)) {
                record
                    .body
                    .insert("make".to_owned(), json!(format!("Zz{sequence}")));
            }
        }
        Act::Delete(Kind::Location) if house.is(Misbehaviour::DeletesOldest) => {
            if let Some(id) = oldest(store, Kind::Location) {
                store.remove(Kind::Location, &id);
            }
        }
        Act::Create(Kind::Location) if house.is(Misbehaviour::StoresTwice) => {
            let sequence = store.next_sequence();
            let newest = store.of(Kind::Location).iter().last().cloned();
            if let Some(mut twin) = newest {
                twin.sequence = sequence;
                twin.body.insert("id".to_owned(), json!(new_id()));
                store.add(Kind::Location, twin);
            }
        }
        _ => {}
    }
}

fn oldest(store: &Store, kind: Kind) -> Option<String> {
    store
        .of(kind)
        .iter()
        .next()
        .map(|record| record.text("id").to_owned())
}
