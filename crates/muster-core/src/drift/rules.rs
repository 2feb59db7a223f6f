//! The rules: what kinds of difference there are, and which break callers (owner of [`RULES`]).

use serde::Serialize;

/// What a difference means for callers who keep to the old contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// They can fail.
    Breaking,
    /// The rules cannot tell: a person has to look.
    Unclear,
    /// They go on as before.
    Compatible,
}

impl Impact {
    /// As the list of rules and the reports have it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Unclear => "unclear",
            Self::Compatible => "compatible",
        }
    }
}

/// One kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// What it means for callers.
    pub impact: Impact,
    /// What it is.
    pub meaning: &'static str,
}

const fn breaks(id: &'static str, meaning: &'static str) -> Rule {
    Rule {
        id,
        impact: Impact::Breaking,
        meaning,
    }
}

const fn keeps(id: &'static str, meaning: &'static str) -> Rule {
    Rule {
        id,
        impact: Impact::Compatible,
        meaning,
    }
}

const fn unclear(id: &'static str, meaning: &'static str) -> Rule {
    Rule {
        id,
        impact: Impact::Unclear,
        meaning,
    }
}

/// Every rule.
#[rustfmt::skip]
pub static RULES: &[Rule] = &[
    breaks("operation-removed", "An operation is gone."),
    keeps("operation-added", "An operation is new."),
    keeps("operation-deprecated", "An operation is deprecated: plan for its end."),
    keeps("operation-undeprecated", "An operation is not deprecated any more."),
    unclear("operation-unreadable", "A part of an operation cannot be read, such as a reference that leads nowhere."),
    breaks("security-required", "An operation needs credentials that it did not need."),
    breaks("security-removed", "A way to authenticate, which was enough before, is removed."),
    breaks("security-narrowed", "A way to authenticate needs a further scope or a further scheme."),
    keeps("security-widened", "A further way to authenticate, or none at all, is enough."),
    breaks("parameter-removed", "A parameter is gone: who sends it gets something else than before."),
    breaks("parameter-required", "A parameter that could be left out is needed."),
    breaks("parameter-added-required", "A parameter is new, and needed."),
    breaks("parameter-style-changed", "A parameter is written in another way (style, explode or media type)."),
    keeps("parameter-optional", "A parameter that was needed may be left out."),
    keeps("parameter-added", "A parameter is new, and may be left out."),
    breaks("body-required", "A body is needed that could be left out, or was not taken."),
    breaks("body-removed", "A body is not taken any more."),
    keeps("body-optional", "A body that was needed may be left out."),
    keeps("body-added", "A body may be sent that was not taken."),
    breaks("request-media-type-removed", "A media type of a request is not taken any more."),
    keeps("request-media-type-added", "A further media type of a request is taken."),
    breaks("response-media-type-removed", "A media type of a response is no longer sent."),
    keeps("response-media-type-added", "A further media type of a response is available."),
    breaks("success-removed", "A success is not documented any more."),
    keeps("success-added", "A further success is documented."),
    keeps("error-removed", "An error is not documented any more."),
    keeps("error-added", "A further error is documented."),
    breaks("response-body-removed", "A response that had a body has none."),
    breaks("response-header-removed", "A header of a response is gone."),
    breaks("response-header-optional", "A header that was always there may be missing."),
    keeps("response-header-required", "A header is always there now."),
    keeps("response-header-added", "A header of a response is new."),
    breaks("request-type-narrowed", "A type is not taken any more."),
    keeps("request-type-widened", "A further type is taken."),
    breaks("request-enum-narrowed", "A value of a list is not taken any more."),
    keeps("request-enum-widened", "A further value is taken."),
    breaks("request-property-required", "A property of a request that could be left out is needed."),
    breaks("request-property-added-required", "A property of a request is new, and needed."),
    keeps("request-property-optional", "A property of a request may be left out."),
    breaks("request-property-removed", "A property of a request is removed, or became read-only: what clients send is \
    lost or refused."),
    keeps("request-property-added", "A property of a request is new, and may be left out."),
    breaks("request-bound-narrowed", "A bound of a request's value became narrower."),
    keeps("request-bound-widened", "A bound of a request's value became wider."),
    breaks("request-format-changed", "The format or pattern of a request's value is new or another."),
    keeps("request-format-removed", "The format or pattern of a request's value is gone: more is taken."),
    breaks("request-closed", "Properties that the contract does not name are refused."),
    keeps("request-opened", "Properties that the contract does not name are accepted."),
    breaks("request-default-changed", "What is taken for a value that is left out is another."),
    breaks("request-variant-removed", "One of several forms of a request's value is gone."),
    keeps("request-variant-added", "A request's value may have a further form."),
    breaks("response-type-widened", "A response may hold a type that clients do not expect, such as null."),
    keeps("response-type-narrowed", "A response holds fewer types."),
    breaks("response-enum-widened", "A response may hold a value that clients do not expect."),
    keeps("response-enum-narrowed", "A response holds fewer values."),
    breaks("response-property-removed", "A property of a response is gone, or became write-only."),
    breaks("response-property-optional", "A property that was always there may be missing."),
    keeps("response-property-required", "A property of a response is always there now."),
    keeps("response-property-added", "A property of a response is new: clients ignore what they do not know."),
    breaks("response-bound-widened", "A response may hold values beyond the old bounds."),
    keeps("response-bound-narrowed", "A response's values stay within narrower bounds."),
    breaks("response-format-changed", "The format or pattern of a response's value is gone or another."),
    keeps("response-format-added", "The format or pattern of a response's value is declared now."),
    keeps("response-closed", "A response holds no properties but those that the contract names."),
    keeps("response-opened", "A response may hold properties that the contract does not name: clients ignore what they \
    do not know."),
    breaks("response-variant-added", "A response's value may have a form that clients do not expect."),
    keeps("response-variant-removed", "One of several forms of a response's value is gone."),
    unclear("composition-changed", "A condition whose meaning is not worked out (a `oneOf` or `anyOf` that comes or goes, `not`, `if`, `patternProperties` and their like) is another."),
];

/// The rule of this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// `docs/drift-rules.md`, which a test holds to the list.
#[must_use]
pub fn page() -> String {
    let mut page = include_str!("rules.md").to_owned();
    for rule in RULES {
        page.push_str(&format!(
            "| `{}` | {} | {} |\n",
            rule.id,
            rule.impact.label(),
            rule.meaning.replace('|', "\\|")
        ));
    }
    page
}
