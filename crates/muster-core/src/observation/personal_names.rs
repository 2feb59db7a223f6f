//! Names of properties that usually say something of a person, and what is shown in place of their values.

/// How such names end, without separators and in lower case.
const NAMES: [&str; 44] = [
    "surname",
    "lastname",
    "familyname",
    "firstname",
    "givenname",
    "givennames",
    "forename",
    "forenames",
    "middlename",
    "middlenames",
    "maidenname",
    "fullname",
    "nickname",
    "dateofbirth",
    "birthdate",
    "birthday",
    "dateofdeath",
    "placeofbirth",
    "nationalinsurancenumber",
    "nino",
    "socialsecuritynumber",
    "passportnumber",
    "drivinglicencenumber",
    "drivinglicensenumber",
    "nhsnumber",
    "pncid",
    "cronumber",
    "addressline",
    "addressline1",
    "addressline2",
    "addressline3",
    "homeaddress",
    "postaladdress",
    "streetaddress",
    "postcode",
    "postalcode",
    "telephone",
    "telephonenumber",
    "phone",
    "phonenumber",
    "mobilenumber",
    "email",
    "emailaddress",
    "freetext",
];

/// Names that are personal as a whole, but not as an end of others.
const WHOLE: [&str; 6] = ["dob", "ssn", "mobile", "notes", "narrative", "street"];

/// Whether a property of this name usually says something of a person.
pub(super) fn is_usual(name: &str) -> bool {
    if name.len() < 3 || name.len() > 60 {
        return false;
    }
    let joined: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    WHOLE.contains(&joined.as_str()) || NAMES.iter().any(|end| joined.ends_with(end))
}

/// What takes the place of a text: enough to understand a failure by, and nothing of the value.
pub(super) fn class_of(text: &str) -> String {
    let digits = |part: Option<&str>| {
        part.is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_date = text.len() >= 10
        && digits(text.get(..4))
        && text.get(4..5) == Some("-")
        && digits(text.get(5..7))
        && text.get(7..8) == Some("-");
    if is_date {
        return "[personal: a date]".to_owned();
    }
    match text.chars().count() {
        1 => "[personal: a string of 1 character]".to_owned(),
        length => format!("[personal: a string of {length} characters]"),
    }
}
