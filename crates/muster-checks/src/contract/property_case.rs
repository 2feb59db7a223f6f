//! `contract.property-case`

use std::collections::BTreeMap;

use crate::support::document::prelude::*;

/// See [`Check::purpose`].
pub static CHECK: Check = Check {
    id: "contract.property-case",
    purpose: "Property names use one style throughout.",
    verifies: "The names of all properties in all schemas are camelCase or all are snake_case. Single words fit \
               either. Names that other standards fix (OAuth, HAL, JSON-LD) are left out.",
    matters: "Two styles in one API are a steady source of mapping mistakes that no compiler finds.",
    fix: "Choose the style that most names have and rename the others in the next major version.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "one style",
            contract: "components: { schemas: { Person: { type: object, properties: { givenName: {}, dateOfBirth: {}, surname: {} } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "two styles",
            contract: "components: { schemas: { Person: { type: object, properties: { givenName: {}, dateOfBirth: {}, post_code: {} } } } }",
            dialogue: &[],
            says: Expect::Fail("more than one style"),
        },
        Example {
            title: "no properties",
            contract: "components: { schemas: { Person: { type: object } } }",
            dialogue: &[],
            says: Expect::Nothing,
        },
    ],
};

/// Names that other standards fix.
const FIXED: &[&str] = &[
    "access_token",
    "token_type",
    "expires_in",
    "refresh_token",
    "error_description",
    "error_uri",
    "client_id",
    "client_secret",
    "grant_type",
    "id_token",
    "token_endpoint",
    "jwks_uri",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Style {
    Camel,
    Snake,
    Pascal,
    Kebab,
}

impl Style {
    const fn label(self) -> &'static str {
        match self {
            Self::Camel => "camelCase",
            Self::Snake => "snake_case",
            Self::Pascal => "PascalCase",
            Self::Kebab => "kebab-case",
        }
    }
}

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    let mut names: BTreeMap<Style, Vec<String>> = BTreeMap::new();
    let mut any = false;
    each_property(&contract.root, &mut |name| {
        any = true;
        if let Some(style) = style(name) {
            let held = names.entry(style).or_default();
            if !held.iter().any(|known| known == name) {
                held.push(name.to_owned());
            }
        }
    });
    if !any {
        return vec![Judged::document(Judgement::not_applicable(
            "The contract's schemas name no properties.",
        ))];
    }
    if names.len() < 2 {
        return vec![Judged::document(Judgement::Pass)];
    }
    let most = names
        .iter()
        .max_by_key(|(_, held)| held.len())
        .map(|(style, _)| *style);
    let others: Vec<String> = names
        .iter()
        .filter(|(style, _)| Some(**style) != most)
        .flat_map(|(style, held)| {
            held.iter()
                .map(move |name| format!("`{name}` ({})", style.label()))
        })
        .collect();
    let shown = others
        .iter()
        .take(8)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let rest = others.len().saturating_sub(8);
    let rest = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    vec![Judged::document(Finding::new(
        "mixed",
        "Property names are written in more than one style.",
        format!(
            "{} throughout, as most names have it",
            most.map_or("one style", Style::label)
        ),
        format!("{shown}{rest}"),
    ))]
}

/// The style of a name; none for a single word, which fits every style, and for names fixed elsewhere.
fn style(name: &str) -> Option<Style> {
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !plain || FIXED.contains(&name) || name.starts_with('_') {
        return None;
    }
    let starts_upper = name.starts_with(|c: char| c.is_ascii_uppercase());
    let has_upper = name.chars().skip(1).any(|c| c.is_ascii_uppercase());
    let all_upper = !name.chars().any(|c| c.is_ascii_lowercase());
    if name.contains('_') {
        Some(Style::Snake)
    } else if name.contains('-') {
        Some(Style::Kebab)
    } else if starts_upper && !all_upper {
        Some(Style::Pascal)
    } else if has_upper && !all_upper {
        Some(Style::Camel)
    } else {
        None
    }
}
