//! Finds a name that stands twice in one JSON object, without building the value.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};

/// The first name that stands twice in one object of a JSON text; nothing where none does, or the text is
/// not JSON.
pub(crate) fn twice(json: &[u8]) -> Option<String> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(json);
    // An error is how the walk ends early; the name says whether there was one.
    let _ = Unique(&mut found).deserialize(&mut reader);
    found
}

struct Unique<'f>(&'f mut Option<String>);

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Unique(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        // Objects are small as a rule: a look along the names beats a set.
        let mut seen: Vec<Cow<'de, str>> = Vec::new();
        while let Some(Name(name)) = members.next_key::<Name<'de>>()? {
            let doubled = if seen.len() < 64 {
                seen.contains(&name)
            } else {
                false
            };
            if doubled {
                *self.0 = Some(name.into_owned());
                return Err(A::Error::custom("a name stands twice"));
            }
            seen.push(name);
            members.next_value_seed(Unique(self.0))?;
        }
        if seen.len() > 64 {
            seen.sort_unstable();
            if let Some(pair) = seen
                .windows(2)
                .find(|pair| matches!(pair, [a, b] if a == b))
            {
                *self.0 = pair.first().map(|name| name.to_string());
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(())
    }
}

/// A name, borrowed where it holds no escape.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_name_that_stands_twice_at_any_depth() {
        assert_eq!(
            twice(br#"{"a":[{"b":1,"c":{},"b":2}]}"#).as_deref(),
            Some("b")
        );
        assert_eq!(twice(br#"{"a":1,"\u0061":2}"#).as_deref(), Some("a"));
    }

    #[test]
    fn names_of_different_objects_are_different() {
        assert_eq!(twice(br#"[{"a":1},{"a":1,"b":{"a":2}}]"#), None);
        assert_eq!(twice(b"no json"), None);
    }

    #[test]
    fn many_names() {
        let many: Vec<String> = (0..200).map(|n| format!("\"k{n}\":1")).collect();
        assert_eq!(twice(format!("{{{}}}", many.join(",")).as_bytes()), None);
        assert_eq!(
            twice(format!("{{{},\"k3\":1}}", many.join(",")).as_bytes()).as_deref(),
            Some("k3")
        );
    }
}
