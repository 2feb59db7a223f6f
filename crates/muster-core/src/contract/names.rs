//! Other names of schemas: `$id` and `$anchor`.

use std::sync::Arc;

use serde_json::Value;
use url::Url;

use super::{documents::Library, pointer};

/// A name and the place it stands for.
enum Name {
    /// An `$id` made absolute.
    Id { uri: String, pointer: String },
    /// An anchor of the document.
    Anchor { name: String, pointer: String },
}

/// Gathers the names in a document. Objects that are no schemas may be met too: a name that stands in
/// an example is one more that nobody asks for.
fn scan(value: &Value, at: &mut String, base: &str, found: &mut Vec<Name>) {
    let length = at.len();
    match value {
        Value::Object(members) => {
            let mut inner = None;
            if let Some(id) = members
                .get("$id")
                .or_else(|| {
                    members
                        .get("id")
                        .filter(|_| members.contains_key("$schema"))
                })
                .and_then(Value::as_str)
                && let Ok(url) = Url::parse(base).and_then(|base| base.join(id))
            {
                if let Some(anchor) = url.fragment().filter(|fragment| !fragment.is_empty()) {
                    found.push(Name::Anchor {
                        name: anchor.to_owned(),
                        pointer: at.clone(),
                    });
                }
                let uri = super::documents::normal(url.as_str());
                found.push(Name::Id {
                    uri: uri.clone(),
                    pointer: at.clone(),
                });
                inner = Some(uri);
            }
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(name) = members.get(keyword).and_then(Value::as_str) {
                    found.push(Name::Anchor {
                        name: name.to_owned(),
                        pointer: at.clone(),
                    });
                }
            }
            let base = inner.as_deref().unwrap_or(base);
            for (name, member) in members {
                pointer::push(at, name);
                scan(member, at, base, found);
                at.truncate(length);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if item.is_object() || item.is_array() {
                    pointer::push(at, &index.to_string());
                    scan(item, at, base, found);
                    at.truncate(length);
                }
            }
        }
        _ => {}
    }
}

/// Ids and anchors of schemas, so that references may name them.
pub(super) fn gather(library: &mut Library) {
    let documents: Vec<_> = library.values.values().cloned().collect();
    for (uri, value) in documents {
        let mut found = Vec::new();
        scan(&value, &mut String::new(), &uri, &mut found);
        for name in found {
            match name {
                Name::Id { uri: id, pointer } => {
                    if !library.values.contains_key(id.as_str()) {
                        library
                            .aliases
                            .entry(id)
                            .or_insert_with(|| (Arc::clone(&uri), pointer));
                    }
                }
                Name::Anchor { name, pointer } => {
                    library
                        .anchors
                        .entry((Arc::clone(&uri), name))
                        .or_insert(pointer);
                }
            }
        }
    }
}
