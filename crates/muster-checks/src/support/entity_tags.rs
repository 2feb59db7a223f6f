//! Entity tags (owner of [`Tag`]).

use muster_core::{
    contract::{Operation, ParameterPlace},
    exchange::Response,
    model::Responsible,
    script::{Halt, Script, Scripted},
};

/// An entity tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(pub(crate) String);

impl Tag {
    /// The tag of an answer, where it has one in the right form.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let text = response.headers.get("etag")?;
        is_tag(text).then(|| Self(text.to_owned()))
    }

    /// The tag of an answer.
    ///
    /// # Errors
    /// Not applicable where there is none, inconclusive where it is none by its form.
    pub(crate) fn needed(response: &Response, operation: &Operation) -> Scripted<Self> {
        match response.headers.get("etag") {
            None => Err(Halt::NotApplicable(format!(
                "{} sends no ETag.",
                operation.key
            ))),
            Some(text) if is_tag(text) => Ok(Self(text.to_owned())),
            Some(text) => Err(Halt::unmet(
                Responsible::Supplier,
                format!(
                    "The ETag of {} is none by its form: {text}. Put it in quotation marks.",
                    operation.key
                ),
            )),
        }
    }

    /// Whether it is weak.
    pub(crate) fn is_weak(&self) -> bool {
        self.0.starts_with("W/")
    }
}

/// The end of a conversation about the tag of a record. Where no record could be read to show one, and neither
/// contract nor claims promise one, there is nothing to wait for.
pub(crate) fn unless_never_promised(
    script: &Script<'_>,
    read: &Operation,
    change: Option<&Operation>,
    ended: Scripted,
) -> Scripted {
    match ended {
        Err(Halt::Unmet(_)) if !is_promised(script, read, change) => {
            Err(Halt::NotApplicable(format!(
                "The contract declares no ETag for {}, and no response showed one.",
                read.key
            )))
        }
        ended => ended,
    }
}

/// Whether contract, claims or a response so far say that a record has a tag.
fn is_promised(script: &Script<'_>, read: &Operation, change: Option<&Operation>) -> bool {
    let declares = |operation: &Operation| {
        operation.responses.iter().any(|response| {
            response
                .headers
                .iter()
                .any(|header| header.name.eq_ignore_ascii_case("etag"))
        })
    };
    let conditional = |operation: &Operation, header: &str, status: u16| {
        operation
            .parameter(ParameterPlace::Header, header)
            .is_some()
            || operation.documents(status)
    };
    script.world.claims.has("etag")
        || declares(read)
        || conditional(read, "If-None-Match", 304)
        || change.is_some_and(|change| declares(change) || conditional(change, "If-Match", 412))
        || script.exchanges().any(|exchange| {
            exchange
                .response()
                .is_some_and(|response| response.headers.get("etag").is_some())
        })
}

/// Whether a text has the form of an entity tag (RFC 9110 §8.8.3).
pub(crate) fn is_tag(text: &str) -> bool {
    text.strip_prefix("W/")
        .unwrap_or(text)
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .is_some_and(|inner| !inner.contains('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_quotation_marks_and_may_be_weak() {
        for tag in ["\"12-1\"", "W/\"a\"", "\"\""] {
            assert!(is_tag(tag), "{tag}");
        }
        for text in ["12-1", "w/\"a\"", "\"a", "\"a\"b\"", ""] {
            assert!(!is_tag(text), "{text}");
        }
        assert!(Tag("W/\"a\"".into()).is_weak());
    }
}
