//! The rules: what kinds of difference there are, and which break callers (owner of [`RULES`]).

/// One kind of difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: &'static str,
    /// Whether callers who keep to the old contract can fail.
    pub breaking: bool,
    /// What it is.
    pub meaning: &'static str,
}

const fn breaks(id: &'static str, meaning: &'static str) -> Rule {
    Rule {
        id,
        breaking: true,
        meaning,
    }
}

const fn keeps(id: &'static str, meaning: &'static str) -> Rule {
    Rule {
        id,
        breaking: false,
        meaning,
    }
}

/// Every rule.
pub static RULES: &[Rule] = &[
    breaks("operation-removed", "An operation is gone."),
    keeps("operation-added", "An operation is new."),
    keeps("operation-deprecated", "An operation is deprecated."),
    breaks(
        "security-required",
        "An operation needs credentials that it did not need.",
    ),
    breaks(
        "parameter-removed",
        "A parameter is gone: who sends it gets something else than before.",
    ),
    breaks(
        "parameter-required",
        "A parameter that could be left out is needed.",
    ),
    breaks(
        "parameter-added-required",
        "A parameter is new, and needed.",
    ),
    keeps(
        "parameter-optional",
        "A parameter that was needed may be left out.",
    ),
    keeps(
        "parameter-added",
        "A parameter is new, and may be left out.",
    ),
    breaks("body-required", "A body is needed that could be left out."),
    breaks("body-removed", "A body is not taken any more."),
    breaks(
        "media-type-removed",
        "A media type is not taken or sent any more.",
    ),
    keeps("media-type-added", "A media type is new."),
    breaks("success-removed", "A success is not documented any more."),
    keeps("error-removed", "An error is not documented any more."),
    keeps("status-added", "A status is new."),
    breaks("response-header-removed", "A header of an answer is gone."),
    breaks(
        "response-header-optional",
        "A header that was always there may be missing.",
    ),
    breaks("request-type-narrowed", "A type is not taken any more."),
    keeps("request-type-widened", "A further type is taken."),
    breaks(
        "request-enum-narrowed",
        "A value of a list is not taken any more.",
    ),
    keeps("request-enum-widened", "A further value is taken."),
    breaks(
        "request-property-required",
        "A property of a request is needed now.",
    ),
    keeps(
        "request-property-optional",
        "A property of a request may be left out now.",
    ),
    breaks(
        "request-property-removed",
        "A property of a request is gone.",
    ),
    keeps("request-property-added", "A property of a request is new."),
    breaks(
        "request-bound-narrowed",
        "A bound of a request's value became narrower.",
    ),
    keeps(
        "request-bound-widened",
        "A bound of a request's value became wider.",
    ),
    breaks(
        "request-format-changed",
        "The format or pattern of a request's value is another.",
    ),
    breaks(
        "response-type-widened",
        "An answer may hold a type that callers do not expect.",
    ),
    keeps("response-type-narrowed", "An answer holds fewer types."),
    breaks(
        "response-enum-widened",
        "An answer may hold a value that callers do not expect.",
    ),
    keeps("response-enum-narrowed", "An answer holds fewer values."),
    breaks(
        "response-property-removed",
        "A property of an answer is gone.",
    ),
    breaks(
        "response-property-optional",
        "A property that was always there may be missing.",
    ),
    keeps(
        "response-property-required",
        "A property of an answer is always there now.",
    ),
    keeps("response-property-added", "A property of an answer is new."),
    breaks(
        "response-bound-widened",
        "An answer may hold values beyond the old bounds.",
    ),
    keeps(
        "response-bound-narrowed",
        "An answer's values stay within narrower bounds.",
    ),
    breaks(
        "response-format-changed",
        "The format or pattern of an answer's value is another.",
    ),
    keeps(
        "composition-changed",
        "A composition (oneOf, anyOf, allOf, not) is another: a person has to look.",
    ),
];

/// The rule of this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}
