//! What an operation shows of itself, in words (owner of [`Facts`]).

use crate::{
    arrange::names,
    contract::{Operation, Reads},
    model::Method,
};

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// A literal segment, as words.
    Literal(Vec<String>),
    /// A segment with a variable.
    Variable,
    /// The name of a custom method, after `:`.
    Verb(Vec<String>),
}

/// An operation as words.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) method: Method,
    pub(super) path: Vec<Part>,
    pub(super) id: Vec<String>,
    pub(super) summary: Vec<String>,
    pub(super) tags: Vec<String>,
    /// The names of the body's properties, folded.
    pub(super) body: Vec<String>,
    /// Whether the body is an array.
    pub(super) many_in_body: bool,
    pub(super) reads: Reads,
    /// Whether a path for one record lies below.
    pub(super) has_item: bool,
    /// Whether the same path has a PUT, a PATCH or a DELETE, and no variable at its end.
    pub(super) is_changed_whole: bool,
    /// Whether the contract has a way to make the record that the last variable of the path names.
    pub(super) is_made: bool,
}

impl Facts {
    pub(super) fn of(operation: &Operation) -> Self {
        let around = &operation.surroundings;
        let says = if operation.summary.trim().is_empty() {
            first_sentence(&around.description)
        } else {
            &operation.summary
        };
        Self {
            method: operation.key.method.clone(),
            path: Self::path(&operation.key.path),
            id: Self::id(operation.id.as_deref().unwrap_or_default()),
            summary: plain_words(says),
            tags: operation
                .tags
                .iter()
                .map(|tag| tag.to_lowercase())
                .collect(),
            body: around
                .body
                .iter()
                .map(|name| plain_words(name).concat())
                .collect(),
            many_in_body: around.many_in_body,
            reads: around.reads,
            has_item: around.has_item,
            is_changed_whole: around.is_changed_whole,
            is_made: around.is_made,
        }
    }

    pub(super) fn path(path: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        for segment in path.split('/').filter(|segment| !segment.is_empty()) {
            // `{id}:close`, `keys:revoke`; `:id` itself is no verb.
            let (name, verb) = match segment.rsplit_once(':') {
                Some((name, verb)) if !name.is_empty() && !verb.contains('}') => (name, Some(verb)),
                _ => (segment, None),
            };
            parts.push(if name.contains('{') {
                Part::Variable
            } else {
                Part::Literal(plain_words(name))
            });
            if let Some(verb) = verb {
                parts.push(Part::Verb(plain_words(verb)));
            }
        }
        parts
    }

    /// The words of an `operationId`: of `admin/users/suspend` the last part.
    pub(super) fn id(id: &str) -> Vec<String> {
        let last = id.rsplit(['/', '.']).next().unwrap_or_default();
        plain_words(last)
    }

    pub(super) fn literals(&self) -> impl DoubleEndedIterator<Item = &[String]> {
        self.path.iter().filter_map(|part| match part {
            Part::Literal(words) => Some(words.as_slice()),
            Part::Variable | Part::Verb(_) => None,
        })
    }

    pub(super) fn has_variable(&self) -> bool {
        self.path.contains(&Part::Variable)
    }

    pub(super) fn ends_in_variable(&self) -> bool {
        self.path.last() == Some(&Part::Variable)
    }

    /// The last literal segment.
    pub(super) fn last_literal(&self) -> &[String] {
        self.literals().next_back().unwrap_or_default()
    }

    /// Whether the path is that of a collection: records lie below, and it can be read or is named in the plural.
    pub(super) fn is_collection(&self) -> bool {
        self.has_item
            && !self.ends_in_variable()
            && (self.reads != Reads::Nothing || self.is_plural())
    }

    /// Whether the last literal segment names things in the plural.
    pub(super) fn is_plural(&self) -> bool {
        self.last_literal()
            .last()
            .is_some_and(|last| names::singular(last) != *last)
    }

    /// Whether it gives a session or a token for credentials.
    pub(super) fn is_login(&self) -> bool {
        let end = self.last_literal().concat();
        self.method == Method::Post
            && (matches!(
                end.as_str(),
                "login"
                    | "signin"
                    | "logon"
                    | "token"
                    | "authenticate"
                    | "authorize"
                    | "authorise"
                    | "auth"
                    | "anmelden"
                    | "connexion"
                    | "iniciarsesion"
                    | "inloggen"
                    | "accedi"
                    | "zaloguj"
            ) || matches!(
                self.id.first().map(String::as_str),
                Some("login" | "signin" | "authenticate")
            ))
    }

    /// Whether what ends the path is done to one record: a variable stands right before it.
    pub(super) fn is_on_record(&self) -> bool {
        self.path.iter().rev().nth(1) == Some(&Part::Variable) || self.ends_in_variable()
    }
}

fn first_sentence(text: &str) -> &str {
    text.trim().split(['\n', '.']).next().unwrap_or_default()
}

/// The words of a text in lower case and without accents; words that are written in two are joined to it as one.
pub(super) fn plain_words(text: &str) -> Vec<String> {
    names::words(&text.chars().map(plain).collect::<String>())
}

/// A letter without its accent.
fn plain(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => 'a',
        'ç' | 'ć' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ę' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' => 'o',
        'ś' => 's',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'ŵ' => 'w',
        'ŷ' | 'ÿ' => 'y',
        'ź' | 'ż' => 'z',
        other => other,
    }
}
