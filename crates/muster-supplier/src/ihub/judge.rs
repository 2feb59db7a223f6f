//! Whether a payload keeps to the model: [`judge`].

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use jsonschema::{Registry, ValidationError, Validator};
use serde_json::{Map, Value, json};

use super::{CONTRACT, Flaw, IhubState, problem::Problem};

const BASE: &str = "https://ihub.example/contract";

/// The schema of each entity type, from the contract.
#[derive(Debug)]
pub(super) struct Rules(BTreeMap<String, Entity>);

#[derive(Debug)]
struct Entity {
    validator: Validator,
    attributes: BTreeSet<String>,
}

static RULES: LazyLock<Result<Rules, String>> = LazyLock::new(Rules::read);

impl Rules {
    /// The rules, or why the contract cannot be read.
    pub(super) fn get() -> Result<&'static Self, String> {
        RULES.as_ref().map_err(Clone::clone)
    }

    fn read() -> Result<Self, String> {
        let options = serde_saphyr::options! { strict_booleans: true };
        let document: Value = serde_saphyr::from_str_with_options(CONTRACT, options)
            .map_err(|error| error.to_string())?;
        let registry = Registry::new()
            .add(BASE, document.clone())
            .and_then(|builder| builder.prepare())
            .map_err(|error| error.to_string())?;
        let mapping = document
            .pointer("/components/schemas/Entity/discriminator/mapping")
            .and_then(Value::as_object)
            .ok_or("the contract does not say which entities there are")?;
        let root = json!("#/components/schemas/Incident");
        let mut rules = BTreeMap::new();
        for (name, schema) in mapping.iter().chain([(&"incident".to_owned(), &root)]) {
            let at = schema.as_str().unwrap_or_default();
            let validator = jsonschema::draft202012::options()
                .with_registry(&registry)
                .should_validate_formats(true)
                .build(&json!({ "$ref": format!("{BASE}{at}") }))
                .map_err(|error| error.to_string())?;
            let attributes = document
                .pointer(&format!(
                    "{}Attributes/properties",
                    at.trim_start_matches('#')
                ))
                .and_then(Value::as_object)
                .map(|members| members.keys().cloned().collect())
                .unwrap_or_default();
            rules.insert(
                name.clone(),
                Entity {
                    validator,
                    attributes,
                },
            );
        }
        Ok(Self(rules))
    }
}

/// The submission of a payload, as far as it can be found: its pointer and its attributes.
pub(super) fn submission(document: &Value) -> Option<(String, &Map<String, Value>)> {
    let (at, entity) = document
        .get("included")?
        .as_array()?
        .iter()
        .enumerate()
        .find(|(_, entity)| entity.get("type").and_then(Value::as_str) == Some("submission"))?;
    let attributes = entity.get("attributes")?.as_object()?;
    Some((format!("/included/{at}"), attributes))
}

/// An attribute of the submission, if it is a text.
pub(super) fn said<'a>(document: &'a Value, attribute: &str) -> Option<&'a str> {
    submission(document)?.1.get(attribute)?.as_str()
}

/// Everything that is wrong with a payload.
pub(super) fn judge(house: &IhubState, document: &Value) -> Vec<Problem> {
    let Some(members) = document.as_object() else {
        return vec![Problem::rule(
            "BUSINESS_DOCUMENT",
            "The body is not a JSON:API document: an object with `data` is expected.",
            "",
        )];
    };
    let mut problems = Vec::new();
    match members.get("data") {
        Some(Value::Object(root)) => judge_root(house, root, &mut problems),
        Some(_) => problems.push(Problem::rule(
            "BUSINESS_DOCUMENT",
            "`data` is not the one incident.",
            "/data",
        )),
        None if house.is(Flaw::TakesNoData) => {}
        None => problems.push(Problem::rule(
            "BUSINESS_DATA_MISSING",
            "The document has no `data`.",
            "",
        )),
    }
    let included: &[Value] = members
        .get("included")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice);
    let entities: Vec<(String, &Value)> = members
        .get("data")
        .map(|root| ("/data".to_owned(), root))
        .into_iter()
        .chain(
            included
                .iter()
                .enumerate()
                .map(|(at, entity)| (format!("/included/{at}"), entity)),
        )
        .collect();
    for (at, entity) in &entities {
        judge_entity(house, at, entity, &mut problems);
    }
    judge_links(house, &entities, &mut problems);
    judge_tastes(house, document, included, &mut problems);
    problems
}

fn judge_root(house: &IhubState, root: &Map<String, Value>, problems: &mut Vec<Problem>) {
    let kind = root.get("type").and_then(Value::as_str);
    if kind != Some("incident") && !house.is(Flaw::TakesAnyRoot) {
        problems.push(Problem::rule(
            "BUSINESS_ROOT_TYPE",
            "The root of a submission is an `incident`.",
            if kind.is_some() {
                "/data/type"
            } else {
                "/data"
            },
        ));
    }
    let links = root
        .get("relationships")
        .and_then(|all| all.get("submission"))
        .and_then(|link| link.get("data"));
    let one = match links {
        Some(Value::Array(links)) => match links.as_slice() {
            [link] => Some(link),
            _ => None,
        },
        Some(link @ Value::Object(_)) => Some(link),
        _ => None,
    };
    let other =
        one.is_some_and(|link| link.get("type").and_then(Value::as_str) != Some("submission"));
    if other && !house.is(Flaw::TakesAnySubmission) {
        problems.push(Problem::rule(
            "BUSINESS_SUBMISSION_TYPE",
            "The relationship `submission` leads to an entity of another type.",
            "/data/relationships/submission",
        ));
    }
    let one = one.is_some();
    if !one && !house.is(Flaw::TakesNoSubmission) {
        problems.push(Problem::rule(
            "BUSINESS_SUBMISSION_MISSING",
            "The incident has no relationship `submission` to exactly one submission.",
            if root.contains_key("relationships") {
                "/data/relationships"
            } else {
                "/data"
            },
        ));
    }
}

fn judge_entity(house: &IhubState, at: &str, entity: &Value, problems: &mut Vec<Problem>) {
    let Ok(rules) = Rules::get() else { return };
    let kind = entity.get("type").and_then(Value::as_str);
    if at == "/data" && kind != Some("incident") {
        return;
    }
    let known = kind
        .filter(|kind| !(*kind == "evidence" && house.is(Flaw::KnowsNoEvidence)))
        .and_then(|kind| rules.0.get(kind));
    let Some(known) = known else {
        let pointer = match kind {
            Some(_) => format!("{at}/type"),
            None => at.to_owned(),
        };
        problems.push(Problem::rule(
            "BUSINESS_ENTITY_TYPE",
            "The entity is of no type that the model has.",
            pointer,
        ));
        return;
    };
    for error in known.validator.iter_errors(entity) {
        let keyword = error.kind().keyword();
        let lenient = match keyword {
            "enum" | "pattern" => house.is(Flaw::TakesAnyCode),
            "type" => house.is(Flaw::TakesAnyType),
            "maxLength" => house.is(Flaw::TakesAnyLength),
            "format" => house.is(Flaw::TakesAnyFormat),
            "required" => house.is(Flaw::TakesNoId) && error.to_string().contains("submissionId"),
            _ => false,
        };
        if !lenient {
            problems.push(broken(at, keyword, &error));
        }
    }
    if house.is(Flaw::WantsKnownAttributes)
        && let Some(attributes) = entity.get("attributes").and_then(Value::as_object)
    {
        for name in attributes
            .keys()
            .filter(|name| !known.attributes.is_empty() && !known.attributes.contains(*name))
        {
            problems.push(Problem::rule(
                "BUSINESS_ATTRIBUTE",
                "The attribute is not in the model.",
                format!("{at}/attributes/{name}"),
            ));
        }
    }
}

fn broken(at: &str, keyword: &str, error: &ValidationError<'_>) -> Problem {
    let (code, detail) = match keyword {
        "enum" | "pattern" | "const" => (
            "BUSINESS_CONSTRAINED_VALUE",
            "The value is none of those that the model allows here.",
        ),
        "required" => (
            "BUSINESS_MISSING",
            "A property that is required is missing.",
        ),
        "maxLength" => (
            "BUSINESS_TOO_LONG",
            "The text is longer than the model allows.",
        ),
        "minLength" => (
            "BUSINESS_TOO_SHORT",
            "The text is shorter than the model allows.",
        ),
        "type" | "anyOf" => (
            "BUSINESS_TYPE",
            "The value is not of the type that the model has.",
        ),
        "format" => (
            "BUSINESS_FORMAT",
            "The text is not of the format that the model has.",
        ),
        _ => ("BUSINESS_RULE", "The value does not keep to the model."),
    };
    let mut problem = Problem::rule(code, detail, format!("{at}{}", error.instance_path()));
    problem.value = Some(error.instance().as_ref().clone());
    problem
}

/// Every `{id, type}` once, and every one that is named is there.
fn judge_links(house: &IhubState, entities: &[(String, &Value)], problems: &mut Vec<Problem>) {
    let mut there = BTreeSet::new();
    for (at, entity) in entities {
        if let Some(identity) = identity(entity)
            && !there.insert(identity)
            && !house.is(Flaw::TakesTwins)
        {
            problems.push(Problem::rule(
                "BUSINESS_DUPLICATE",
                "The document holds this type and id already.",
                at.clone(),
            ));
        }
    }
    for (at, entity) in entities {
        let mut roles: BTreeSet<(&str, &str)> = BTreeSet::new();
        for (name, relationship) in entity
            .get("relationships")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let links = match relationship.get("data") {
                Some(Value::Array(links)) => links.iter().collect(),
                Some(Value::Null) | None => Vec::new(),
                Some(link) => vec![link],
            };
            for (index, link) in links.into_iter().enumerate() {
                let pointer = format!("{at}/relationships/{name}/data/{index}");
                let Some(identity) = identity(link) else {
                    continue;
                };
                if !there.contains(&identity) && !house.is(Flaw::TakesDangling) {
                    problems.push(Problem::rule(
                        "BUSINESS_LINKAGE",
                        "The relationship names an entity that is not in `included`.",
                        pointer,
                    ));
                } else if !roles.insert(identity) && house.is(Flaw::TakesOneRole) {
                    problems.push(Problem::rule(
                        "BUSINESS_ROLE",
                        "The entity has a role already.",
                        pointer,
                    ));
                }
            }
        }
    }
}

fn identity(entity: &Value) -> Option<(&str, &str)> {
    Some((entity.get("type")?.as_str()?, entity.get("id")?.as_str()?))
}

/// What only a faulty receiver minds.
fn judge_tastes(
    house: &IhubState,
    document: &Value,
    included: &[Value],
    problems: &mut Vec<Problem>,
) {
    let mut mind = |flaw, minds: bool, detail: &str| {
        if minds && house.is(flaw) {
            problems.push(Problem::rule("BUSINESS_RULE", detail, ""));
        }
    };
    let attribute = |name| submission(document).and_then(|(_, attributes)| attributes.get(name));
    let of_people = |name: &'static str| {
        included
            .iter()
            .filter(|entity| entity.get("type").and_then(Value::as_str) == Some("person"))
            .filter_map(move |entity| entity.pointer(&format!("/attributes/{name}")))
    };
    mind(
        Flaw::WantsPerson,
        of_people_missing(included),
        "A report has a person.",
    );
    mind(
        Flaw::TakesCrimeOnly,
        attribute("category").is_some_and(|category| category != "OCR"),
        "Only crime is received.",
    );
    mind(
        Flaw::TakesFewEntities,
        included.len() > 50,
        "There are too many entities.",
    );
    mind(
        Flaw::TakesShortTexts,
        any_text(included, &|text| {
            (1001..100_000).contains(&text.chars().count())
        }),
        "A text is too long.",
    );
    mind(
        Flaw::TakesAsciiNames,
        of_people("surname")
            .chain(of_people("givenName"))
            .any(|name| any_value(name, &|text| !text.chars().all(|c| c.is_ascii_alphabetic()))),
        "A name has letters from A to Z.",
    );
    mind(
        Flaw::TakesBasicPlane,
        any_text(included, &|text| text.chars().any(|c| c > '\u{ffff}')),
        "A character is not supported.",
    );
    mind(
        Flaw::TakesNoCarriageReturn,
        any_text(included, &|text| text.contains('\r')),
        "A control character is not supported.",
    );
    mind(
        Flaw::TakesSummerTime,
        attribute("submitTime")
            .and_then(Value::as_str)
            .is_some_and(|time| !time.ends_with("+01:00")),
        "The time is not local.",
    );
    mind(
        Flaw::TakesMomentsOnly,
        document
            .pointer("/data/attributes/incidentStartDateTime")
            .is_some_and(Value::is_object),
        "The start is a date and time.",
    );
    mind(
        Flaw::TakesSpansOnly,
        document
            .pointer("/data/attributes/incidentStartDateTime")
            .is_some_and(Value::is_string),
        "The start is a span.",
    );
    mind(
        Flaw::TakesForceTexts,
        attribute("forceIdentifier").is_some_and(Value::is_number),
        "The force is a text.",
    );
    mind(
        Flaw::WantsSubmissionFirst,
        submission(document).is_some_and(|(pointer, _)| pointer != "/included/0"),
        "The submission comes first.",
    );
    mind(
        Flaw::KnowsThreeGenders,
        of_people("gender").any(|gender| {
            !["GNDR_0001", "GNDR_0002", "GNDR_0003"].contains(&gender.as_str().unwrap_or_default())
        }),
        "The gender is unknown.",
    );
}

fn of_people_missing(included: &[Value]) -> bool {
    !included
        .iter()
        .any(|entity| entity.get("type").and_then(Value::as_str) == Some("person"))
}

fn any_text(values: &[Value], is: &dyn Fn(&str) -> bool) -> bool {
    values.iter().any(|value| any_value(value, is))
}

fn any_value(value: &Value, is: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is(text),
        Value::Array(items) => any_text(items, is),
        Value::Object(members) => members.values().any(|member| any_value(member, is)),
        _ => false,
    }
}
