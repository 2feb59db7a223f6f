//! The documents a contract is built from, and the addressing of places in them (owner of [`Documents`]).

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use indexmap::IndexMap;
use serde_json::Value;
use url::Url;

use super::{model::FaultKind, pointer};

/// Line and column of every place of one document, in 16 bytes each.
///
/// A place is found by the hash of its JSON pointer: a document of ten megabytes has half a million
/// pointers, which would weigh more than the document itself.
#[derive(Debug, Clone, Default)]
pub struct Positions {
    sorted: Vec<(u64, u32, u32)>,
}

impl Positions {
    /// The line and column, both from 1, of a JSON pointer such as `/paths/~1people`.
    #[must_use]
    pub fn get(&self, pointer: &str) -> Option<(usize, usize)> {
        let key = hash(pointer);
        let at = self
            .sorted
            .binary_search_by_key(&key, |entry| entry.0)
            .ok()?;
        self.sorted
            .get(at)
            .map(|&(_, line, column)| (line as usize, column as usize))
    }

    /// How many places are known.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether none is known.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

/// Gathers [`Positions`], one place at a time.
#[derive(Debug, Default)]
pub struct PositionsBuilder {
    places: Vec<(u64, u32, u32)>,
}

impl PositionsBuilder {
    /// Notes line and column, both from 1, of a JSON pointer. Of two notes of one pointer the last
    /// counts, as it does of two equal keys.
    pub fn add(&mut self, pointer: &str, line: usize, column: usize) {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.places
            .push((hash(pointer), narrow(line), narrow(column)));
    }

    /// What was gathered.
    #[must_use]
    pub fn build(mut self) -> Positions {
        // The sort is stable: after reversing, the last note of a pointer comes first and stays.
        self.places.reverse();
        self.places.sort_by_key(|place| place.0);
        self.places.dedup_by_key(|place| place.0);
        self.places.shrink_to_fit();
        Positions {
            sorted: self.places,
        }
    }
}

fn hash(pointer: &str) -> u64 {
    // `DefaultHasher::new` has fixed keys: the same pointer has the same hash everywhere.
    let mut hasher = DefaultHasher::new();
    pointer.hash(&mut hasher);
    hasher.finish()
}

/// A key that stands twice in one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The object, as a JSON pointer.
    pub object: String,
    /// The key.
    pub key: String,
    /// The line of the second one.
    pub line: usize,
}

/// One document as it was read.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// Its value; of keys that stand twice, the last one counts.
    pub value: Value,
    /// Where its places stand in the source, if that is known.
    pub positions: Option<Positions>,
    /// Keys that stand twice.
    pub duplicates: Vec<DuplicateKey>,
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }
}

/// Every document of a contract by its URI, and why a referenced one is not among them.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    pub(super) loaded: IndexMap<String, Document>,
    pub(super) missing: HashMap<String, String>,
    pub(super) unfetched: HashSet<String>,
}

impl Documents {
    /// No documents yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One document alone.
    #[must_use]
    pub fn single(uri: &str, document: impl Into<Document>) -> Self {
        let mut documents = Self::new();
        documents.insert(uri, document);
        documents
    }

    /// Adds a document.
    pub fn insert(&mut self, uri: &str, document: impl Into<Document>) {
        self.loaded.insert(normal(uri), document.into());
    }

    /// Notes why a referenced document cannot be had, in half a sentence.
    pub fn missing(&mut self, uri: &str, why: impl Into<String>) {
        self.missing.insert(normal(uri), why.into());
    }

    /// Notes why a referenced document was not asked for, or could not be reached, in half a sentence: nobody knows
    /// whether it is there.
    pub fn unfetched(&mut self, uri: &str, why: impl Into<String>) {
        self.missing(uri, why);
        self.unfetched.insert(normal(uri));
    }

    /// Whether the document is loaded or known to be missing.
    #[must_use]
    pub fn knows(&self, uri: &str) -> bool {
        let uri = normal(uri);
        self.loaded.contains_key(&uri) || self.missing.contains_key(&uri)
    }

    /// How many documents are loaded.
    #[must_use]
    pub fn len(&self) -> usize {
        self.loaded.len()
    }

    /// Whether none is loaded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.loaded.is_empty()
    }

    /// The loaded documents with their URIs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Document)> {
        self.loaded
            .iter()
            .map(|(uri, document)| (uri.as_str(), document))
    }
}

/// A URI in the one form it is looked up by: as [`Url`] writes it, without a fragment.
///
/// What is no absolute URI, such as a bare file name, is put below `muster:///`.
pub(super) fn normal(uri: &str) -> String {
    let parsed =
        Url::parse(uri).or_else(|_| Url::parse("muster:///").and_then(|base| base.join(uri)));
    match parsed {
        Ok(mut url) => {
            url.set_fragment(None);
            url.into()
        }
        Err(_) => "muster:///contract".to_owned(),
    }
}

/// The documents while a contract is built and after: values shared, references resolved.
#[derive(Debug, Clone, Default)]
pub(super) struct Library {
    pub(super) root: Arc<str>,
    pub(super) values: HashMap<Arc<str>, (Arc<str>, Arc<Value>)>,
    pub(super) missing: HashMap<String, String>,
    pub(super) unfetched: HashSet<String>,
    /// Other URIs of a document: `$self` of the root, `$id` of schemas, as URI → (document, pointer).
    pub(super) aliases: HashMap<String, (Arc<str>, String)>,
    /// Plain-name anchors: (document, base pointer of the resource's anchor name) → pointer.
    pub(super) anchors: HashMap<(Arc<str>, String), String>,
}

/// A place that a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) document: Arc<str>,
    pub(super) pointer: String,
}

impl Library {
    pub(super) fn value(&self, document: &str) -> Option<&Value> {
        self.values.get(document).map(|(_, value)| &**value)
    }

    pub(super) fn at(&self, document: &str, pointer: &str) -> Option<&Value> {
        self.value(document)?.pointer(pointer)
    }

    /// Where a reference written at `base` leads, or why it leads nowhere.
    ///
    /// `base` is a document's URI, or the base that `$id` puts in its place.
    pub(super) fn resolve(&self, base: &str, reference: &str) -> Result<Target, String> {
        let (uri, fragment) = match reference.split_once('#') {
            Some((uri, fragment)) => (uri, fragment),
            None => (reference, ""),
        };
        let absolute = if uri.is_empty() {
            base.to_owned()
        } else {
            match Url::parse(base).and_then(|base| base.join(uri)) {
                Ok(mut url) => {
                    url.set_fragment(None);
                    url.into()
                }
                Err(error) => return Err(format!("`{reference}` is not a reference: {error}")),
            }
        };
        let (document, prefix) = if let Some((document, _)) = self.values.get(absolute.as_str()) {
            (Arc::clone(document), "")
        } else if let Some((document, pointer)) = self.aliases.get(&absolute) {
            (Arc::clone(document), pointer.as_str())
        } else {
            let why = self
                .missing
                .get(&absolute)
                .map_or("it was not loaded", String::as_str);
            return Err(format!(
                "`{reference}` names a document that is not here: {why}"
            ));
        };
        let fragment = percent_encoding::percent_decode_str(fragment)
            .decode_utf8()
            .map_err(|_| format!("`{reference}` has a fragment that is not UTF-8"))?;
        let pointer = if fragment.is_empty() || fragment.starts_with('/') {
            format!("{prefix}{fragment}")
        } else {
            self.anchors
                .get(&(Arc::clone(&document), fragment.to_string()))
                .cloned()
                .ok_or_else(|| format!("`{reference}` names an anchor that does not exist"))?
        };
        if self.at(&document, &pointer).is_none() {
            return Err(format!("`{reference}` leads nowhere"));
        }
        Ok(Target { document, pointer })
    }

    /// What kind of fault a reference is that does not resolve.
    pub(super) fn fault_kind(&self, base: &str, reference: &str) -> FaultKind {
        let uri = reference.split('#').next().unwrap_or_default();
        let absolute = Url::parse(base).and_then(|base| base.join(uri));
        match absolute {
            Ok(url) if !uri.is_empty() && self.unfetched.contains(&normal(url.as_str())) => {
                FaultKind::Unfetched
            }
            _ => FaultKind::Reference,
        }
    }

    /// A reference that a JSON Schema library reads the same way as we do.
    pub(super) fn address(target: &Target) -> String {
        format!("{}#{}", target.document, pointer::fragment(&target.pointer))
    }
}
