//! `contract.schema-dialect`

use crate::support::document::prelude::*;
use muster_core::contract::FaultKind;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.schema-dialect",
    purpose: "Schemas conform to their own dialect, and patterns to ECMA-262.",
    verifies: "Every `pattern`, and every name in `patternProperties`, is a regular expression of ECMA-262: it has no \
               `\\A`, `(?P<name>…)`, `[[:alpha:]]`, inline flag or possessive quantifier of another dialect. No schema \
               of OpenAPI 3.1 or later has `nullable`. Values are judged by neither.",
    matters: "A validator in another language reads such a pattern differently or not at all, so that clients and \
              servers disagree about which values are valid.",
    fix: "Write `^…$` for `\\A…\\Z`, `(?<name>…)` for `(?P<name>…)`, and `[A-Za-z]` for `[[:alpha:]]`. Replace \
          `nullable: true` by `null` in `type`.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "a pattern of ECMA-262",
            contract: "components: { schemas: { Code: { type: string, pattern: '^[A-Z]{2}[0-9]+$' } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "anchors of Python",
            contract: "components: { schemas: { Code: { type: string, pattern: '\\A[0-9]{2}\\Z' } } }",
            dialogue: &[],
            says: Expect::Fail("\\A"),
        },
        Example {
            title: "a named group of Python",
            contract: "components: { schemas: { Code: { type: string, pattern: '^(?P<year>[0-9]{4})$' } } }",
            dialogue: &[],
            says: Expect::Fail("(?P<"),
        },
        Example {
            title: "nullable in OpenAPI 3.1",
            contract: "components: { schemas: { Code: { type: string, nullable: true } } }",
            dialogue: &[],
            says: Expect::Fail("nullable"),
        },
    ],
};

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    faults(
        contract,
        |kind| kind == FaultKind::Dialect,
        |fault| {
            Finding::new(
                format!("dialect {}", fault.message),
                format!(
                    "A schema uses another dialect than its own: {}",
                    fault.message
                ),
                "keywords of the document's version, and patterns of ECMA-262",
                format!("{} at {}", fault.message, place(fault)),
            )
        },
    )
}
