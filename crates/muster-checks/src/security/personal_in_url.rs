//! `security.personal-in-url`

use crate::support::document::prelude::*;

/// The check.
pub static CHECK: Check = Check {
    id: "security.personal-in-url",
    purpose: "No URL holds an identifier of a person.",
    verifies: "The names of path and query parameters are looked at: PNC, CRO, NHS, National Insurance, \
        passport and driver numbers, e-mail addresses and telephone numbers do not stand there. Ids of the \
        API's own are fine, and names and dates of birth are not looked at.",
    matters: "Addresses are kept in the logs of servers and proxies, in histories and in bookmarks, for \
        years, by people who may not know whom they name.",
    fix: "Search by POST with the identifier in the body, and address records by an id that means nothing.",
    kind: Kind::Contract(judge),
    examples: &[
        Example {
            title: "an id of the API's own",
            contract: "paths: { '/people/{personId}': { get: { parameters: [ { name: personId, in: path, required: true, schema: { type: string } } ], responses: { '200': { description: One. } } } } }",
            dialogue: &[],
            says: Expect::Pass,
        },
        Example {
            title: "a PNC number in the path",
            contract: "paths: { '/people/{pncNumber}': { get: { parameters: [ { name: pncNumber, in: path, required: true, schema: { type: string } } ], responses: { '200': { description: One. } } } } }",
            dialogue: &[],
            says: Expect::Fail("pncNumber"),
        },
        Example {
            title: "an e-mail address in the query",
            contract: "paths: { /people: { get: { parameters: [ { name: email, in: query, schema: { type: string } } ], responses: { '200': { description: All. } } } } }",
            dialogue: &[],
            says: Expect::Fail("email"),
        },
    ],
};

/// Words of a name that say that it identifies a person.
const WORDS: &[&str] = &[
    "pnc",
    "pncid",
    "cro",
    "nhs",
    "nino",
    "passport",
    "email",
    "phone",
    "telephone",
    "mobile",
    "msisdn",
];
/// Pairs of words that do.
const PAIRS: &[&str] = &[
    "national insurance",
    "driving licence",
    "driver number",
    "driver licence",
    "arrest summons",
];

fn judge(contract: &Contract, _: &Parameters) -> Vec<Judged> {
    by_operation(contract, |operation| {
        for parameter in &operation.parameters {
            if !matches!(
                parameter.place,
                ParameterPlace::Path | ParameterPlace::Query
            ) {
                continue;
            }
            let words = words(&parameter.name);
            let spaced = words.join(" ");
            let names = words.iter().any(|word| WORDS.contains(&word.as_str()))
                || PAIRS.iter().any(|pair| spaced.contains(pair));
            if names {
                return Finding::new(
                    spaced,
                    format!(
                        "`{}` puts an identifier of a person into the URL.",
                        parameter.name
                    ),
                    "identifiers of people in the body",
                    format!("`{}` in the address", parameter.name),
                )
                .at(parameter.pointer.clone())
                .into();
            }
        }
        Judgement::Pass
    })
}

/// The words of a name in whatever case style, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut lower = false;
    for character in name.chars() {
        let starts = !character.is_alphanumeric() || (character.is_uppercase() && lower);
        if starts {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        lower = character.is_lowercase() || character.is_ascii_digit();
    }
    words.retain(|word| !word.is_empty());
    words
}
