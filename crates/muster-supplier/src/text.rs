//! Text on its way into the store: untouched by a good supplier.

use serde_json::Value;

use super::SupplierState;
use super::fault::Misbehaviour;

/// Letters with an accent, without it, and with a combining one.
const ACCENTED: [(char, char, char); 12] = [
    ('À', 'A', '\u{300}'),
    ('Á', 'A', '\u{301}'),
    ('É', 'E', '\u{301}'),
    ('â', 'a', '\u{302}'),
    ('à', 'a', '\u{300}'),
    ('á', 'a', '\u{301}'),
    ('é', 'e', '\u{301}'),
    ('ê', 'e', '\u{302}'),
    ('ö', 'o', '\u{308}'),
    ('ü', 'u', '\u{308}'),
    ('ñ', 'n', '\u{303}'),
    ('ŵ', 'w', '\u{302}'),
];

/// Changes a body as this supplier would before it keeps it.
pub(crate) fn as_stored(house: &SupplierState, body: &mut Value) {
    let spoil: fn(&str) -> String = if house.is(Misbehaviour::StoresAscii) {
        |text| {
            text.chars()
                .map(|c| if c.is_ascii() { c } else { '?' })
                .collect()
        }
    } else if house.is(Misbehaviour::StoresMojibake) {
        |text| {
            text.bytes()
                .map(char::from)
                .map(|c| if c.is_control() { '¿' } else { c })
                .collect()
        }
    } else if house.is(Misbehaviour::StoresWithoutAccents) {
        |text| {
            text.chars()
                .map(|c| split(c).map_or(c, |(base, _)| base))
                .collect()
        }
    } else if house.is(Misbehaviour::StoresDecomposed) {
        |text| {
            text.chars()
                .flat_map(|c| match split(c) {
                    Some((base, accent)) => vec![base, accent],
                    None => vec![c],
                })
                .collect()
        }
    } else {
        return;
    };
    each_text(body, spoil);
}

fn split(letter: char) -> Option<(char, char)> {
    ACCENTED
        .iter()
        .find(|(whole, _, _)| *whole == letter)
        .map(|(_, base, accent)| (*base, *accent))
}

fn each_text(value: &mut Value, change: fn(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| each_text(member, change)),
        _ => {}
    }
}
