//! Names as words: what `personId`, `person_id` and `people` have in common.

/// The words of a name, in lower case: `personId`, `person_id`, `Person-ID` are `person`, `id`.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.chars().collect();
    for (at, &char) in chars.iter().enumerate() {
        if !char.is_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        // `personId` breaks before I, `URNCode` before C, `IDs` nowhere.
        let breaks = char.is_uppercase()
            && (before.is_some_and(|c| c.is_lowercase() || c.is_numeric())
                || (before.is_some_and(|c| c.is_uppercase())
                    && after.is_some_and(|c| c.is_lowercase())
                    && !(after == Some(&'s') && chars.len() == at + 2)));
        if breaks && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(char.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A name without case and separators, for comparing.
pub fn folded(name: &str) -> String {
    words(name).concat()
}

/// The singular of an English word, as far as API paths need it.
pub fn singular(word: &str) -> String {
    const IRREGULAR: [(&str, &str); 12] = [
        ("people", "person"),
        ("persons", "person"),
        ("children", "child"),
        ("men", "man"),
        ("women", "woman"),
        ("indices", "index"),
        ("vertices", "vertex"),
        ("criteria", "criterion"),
        ("series", "series"),
        ("news", "news"),
        ("aliases", "alias"),
        ("buses", "bus"),
    ];
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    for (end, replacement) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("uses", "us"),
        ("xes", "x"),
        ("ches", "ch"),
        ("shes", "sh"),
    ] {
        if let Some(stem) = word.strip_suffix(end)
            && stem.len() > 1
            // `houses` and `causes` are a house and a cause; `statuses` is a status.
            && (end != "uses" || stem.ends_with("at") || stem.ends_with("ir"))
        {
            return format!("{stem}{replacement}");
        }
    }
    if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") || word.len() < 3 {
        return word.to_owned();
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// What a collection holds, by the last segment of its path: `court-cases` is `courtcase`.
pub fn thing(segment: &str) -> String {
    let mut words = words(segment);
    if let Some(last) = words.last_mut() {
        *last = singular(last);
    }
    words.concat()
}

const IDENTIFIERS: [&str; 13] = [
    "id",
    "uuid",
    "guid",
    "urn",
    "uri",
    "reference",
    "ref",
    "identifier",
    "key",
    "number",
    "no",
    "code",
    "slug",
];

/// What a name identifies, and by what: `personId` is (`person`, `id`), `id` is (``, `id`), `colour` is nothing.
pub fn identifier(name: &str) -> Option<(String, String)> {
    let mut words = words(name);
    let last = words.pop()?;
    let one = if last == "ids" || last == "uuids" {
        singular_identifier(&last)
    } else {
        last
    };
    if IDENTIFIERS.contains(&one.as_str()) {
        if let Some(owner) = words.last_mut() {
            *owner = singular(owner);
        }
        return Some((words.concat(), one));
    }
    // `personid`, written in one.
    let ending = ["uuid", "guid", "id"]
        .into_iter()
        .find(|end| one.len() > end.len() + 2 && one.ends_with(end))?;
    let stem = one.strip_suffix(ending)?;
    let valid = [
        "val", "pa", "vo", "gr", "ac", "flu", "rap", "hybr", "soli", "inval", "ra", "ava",
    ];
    (words.is_empty() && !valid.contains(&stem)).then(|| (stem.to_owned(), ending.to_owned()))
}

fn singular_identifier(word: &str) -> String {
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

/// The members of a record that may hold what a path variable names, folded, best first.
pub fn members_for(variable: &str, thing: &str) -> Vec<String> {
    let mut names = vec![folded(variable)];
    let by = identifier(variable);
    if let Some((_, by)) = &by
        && !matches!(by.as_str(), "no" | "number" | "code" | "key")
    {
        names.push(by.clone());
        names.push(format!("{thing}{by}"));
    }
    if let Some((owner, by)) = &by
        && owner == thing
    {
        names.push(by.clone());
    }
    for name in ["id", "uuid", "guid"] {
        names.push(name.to_owned());
        names.push(format!("{thing}{name}"));
    }
    for name in [
        "identifier",
        "reference",
        "urn",
        "key",
        "code",
        "slug",
        "name",
        "number",
    ] {
        names.push(name.to_owned());
    }
    let mut seen = Vec::new();
    names.retain(|name| {
        let new = !seen.contains(name);
        if new {
            seen.push(name.clone());
        }
        new
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("personId", "person id"),
            ("person_id", "person id"),
            ("Person-ID", "person id"),
            ("personID", "person id"),
            ("caseURN", "case urn"),
            ("URNCode", "urn code"),
            ("personIDs", "person ids"),
            ("X-Correlation-Id", "x correlation id"),
            ("address2Line", "address2 line"),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn collections_hold_things() {
        for (segment, expected) in [
            ("people", "person"),
            ("addresses", "address"),
            ("cases", "case"),
            ("court-cases", "courtcase"),
            ("categories", "category"),
            ("statuses", "status"),
            ("houses", "house"),
            ("pet", "pet"),
            ("boxes", "box"),
            ("searches", "search"),
            ("aliases", "alias"),
            ("offences", "offence"),
            ("status", "status"),
        ] {
            assert_eq!(thing(segment), expected, "{segment}");
        }
    }

    #[test]
    fn names_identify_or_do_not() {
        let some = |owner: &str, by: &str| Some((owner.to_owned(), by.to_owned()));
        assert_eq!(identifier("personId"), some("person", "id"));
        assert_eq!(identifier("person_uuid"), some("person", "uuid"));
        assert_eq!(identifier("personIds"), some("person", "id"));
        assert_eq!(identifier("peopleIds"), some("person", "id"));
        assert_eq!(identifier("caseURN"), some("case", "urn"));
        assert_eq!(identifier("id"), some("", "id"));
        assert_eq!(identifier("petid"), some("pet", "id"));
        assert_eq!(identifier("valid"), None);
        assert_eq!(identifier("colour"), None);
    }

    #[test]
    fn the_variable_itself_is_looked_for_first() {
        let names = members_for("caseUrn", "case");
        assert_eq!(names.first().map(String::as_str), Some("caseurn"));
        assert_eq!(names.get(1).map(String::as_str), Some("urn"));
        assert!(names.contains(&"id".to_owned()));
    }
}
