//! The words of `--only` and `--skip` (owner of [`names_operation`]).
//!
//! `op:getPerson` or `op:GET /people`, `tag:people`, `path:/people/*`, `method:GET` choose operations; a word
//! without one of these beginnings is the id of a requirement, class, check or case, or what an operation
//! bears itself. Operations that any word names are chosen.

use muster_core::{
    contract::Operation,
    model::{Requirement, Verification, Verifier},
};

/// What the beginning of a word says it is about.
pub const KINDS: [&str; 4] = ["op", "tag", "path", "method"];

/// The kind and the rest of a word that begins with a kind.
#[must_use]
pub fn parts(word: &str) -> Option<(&'static str, &str)> {
    KINDS
        .into_iter()
        .find_map(|kind| Some((kind, word.strip_prefix(kind)?.strip_prefix(':')?)))
}

/// Whether a word names an operation.
#[must_use]
pub fn names_operation(word: &str, operation: &Operation) -> bool {
    let is_called =
        |name: &str| name == operation.key.to_string() || Some(name) == operation.id.as_deref();
    let is_tagged = |name: &str| operation.tags.iter().any(|tag| tag == name);
    match parts(word) {
        Some(("op", name)) => is_called(name),
        Some(("tag", name)) => is_tagged(name),
        Some(("path", pattern)) => fits(pattern, &operation.key.path),
        Some((_, name)) => name.eq_ignore_ascii_case(operation.key.method.as_str()),
        None => {
            is_called(word)
                || is_tagged(word)
                || word == &*operation.key.path
                || word == operation.key.method.as_str()
        }
    }
}

/// Whether a word names a requirement itself, or its class.
pub(super) fn names_whole_requirement(word: &str, requirement: &Requirement) -> bool {
    word == requirement.id.as_str() || word == requirement.class.as_str()
}

/// Whether a word names a requirement, or what verifies it.
pub(super) fn names_requirement(word: &str, requirement: &Requirement) -> bool {
    names_whole_requirement(word, requirement)
        || match &requirement.verification {
            Verification::VerifiedBy(verifiers) => {
                verifiers.iter().any(|verifier| match verifier {
                    Verifier::Check(id) => id.as_str() == word,
                    Verifier::Case(id) => id.as_str() == word,
                })
            }
            Verification::Attested | Verification::NotTested(_) => false,
        }
}

/// Whether a pattern fits a path; `*` stands for any text, slashes too.
fn fits(pattern: &str, path: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_core::contract::Contract;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, path, expected) in [
            ("/people", "/people", true),
            ("/people", "/people/{id}", false),
            ("/people/*", "/people/{id}/notes", true),
            ("/people/*", "/people", false),
            ("/people*", "/people", true),
            ("*/notes", "/people/{id}/notes", true),
            ("*/notes*", "/people/{id}/notes/{note}", true),
            ("/a*a", "/a", false),
            ("*", "/", true),
            ("/p*e/*/n*", "/people/{id}/notes", true),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn words_name_operations() {
        let contract = Contract::from_value(serde_json::json!({
            "openapi": "3.1.0", "info": {"title": "T", "version": "1"},
            "paths": {"/people/{id}": {"get": {
                "operationId": "getPerson", "tags": ["people"], "responses": {"200": {"description": ""}},
            }}},
        }))
        .unwrap();
        let operation = contract.operations.first().unwrap();
        for word in [
            "op:getPerson",
            "op:GET /people/{id}",
            "tag:people",
            "path:/people/*",
            "method:get",
            "method:GET",
            "getPerson",
            "GET /people/{id}",
            "people",
            "/people/{id}",
            "GET",
        ] {
            assert!(names_operation(word, operation), "{word}");
        }
        for word in [
            "op:people",
            "tag:getPerson",
            "path:/people",
            "method:POST",
            "tag:",
            "persons",
        ] {
            assert!(!names_operation(word, operation), "{word}");
        }
    }
}
