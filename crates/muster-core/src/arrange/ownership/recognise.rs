//! Whether a record that is read shows that the run made it.

use serde_json::{Map, Value};

use super::Naming;

/// What is known of a record that a response named as made by the run.
#[derive(Debug, Clone)]
pub struct Claim {
    /// How it was named.
    pub by: Naming,
    /// Whether the response says that the record is new. A 200 may return one that was there before.
    pub is_new: bool,
    /// The body that made it.
    pub sent: Option<bytes::Bytes>,
    /// What the response showed of it.
    pub shown: Option<Value>,
}

/// Whether what is read shows that the run made it: the run's tag, or with a claim what was sent.
///
/// Where nothing that was sent can be compared, a claim by `Location`, by a link or by a property that leaves no doubt
/// stands; a guess does not. What differs in every comparable property is another record, whoever named it.
#[must_use]
pub fn recognises(read: &[u8], run_tag: &str, claim: Option<&Claim>) -> bool {
    let text = String::from_utf8_lossy(read);
    if !run_tag.is_empty() && contains_ignoring_case(&text, run_tag) {
        return true;
    }
    let Some(claim) = claim else { return false };
    // The client chose its address, which a read had shown to be free.
    if claim.by == Naming::Path {
        return true;
    }
    let stands = claim.by != Naming::Guess;
    let Ok(read_value) = serde_json::from_slice::<Value>(read) else {
        return match &claim.sent {
            Some(sent) if !read.is_empty() => {
                stands && (serde_json::from_slice::<Value>(sent).is_ok() || holds(sent, read))
            }
            _ => stands,
        };
    };
    let sent = claim
        .sent
        .as_ref()
        .and_then(|sent| serde_json::from_slice::<Value>(sent).ok());
    let mut tally = Tally::default();
    if let Some(sent) = &sent {
        tally.compare(sent, &read_value);
    }
    if tally.alike + tally.different == 0
        && let Some(shown) = &claim.shown
    {
        tally.compare(shown, &read_value);
    }
    if !claim.is_new {
        tally.telling > 0 && tally.different == 0
    } else if tally.alike == 0 && tally.different == 0 {
        stands
    } else {
        tally.alike > 0 && (stands || tally.alike >= tally.different)
    }
}

fn holds(whole: &[u8], part: &[u8]) -> bool {
    whole.len() >= part.len() && whole.windows(part.len()).any(|window| window == part)
}

fn contains_ignoring_case(text: &str, tag: &str) -> bool {
    text.contains(tag) || text.to_lowercase().contains(&tag.to_lowercase())
}

#[derive(Debug, Default)]
struct Tally {
    alike: usize,
    /// Those of them that are texts of some length.
    telling: usize,
    different: usize,
}

impl Tally {
    /// Compares properties of the same name, wherever the read value has them.
    fn compare(&mut self, sent: &Value, read: &Value) {
        let mut pairs = Vec::new();
        leaves(sent, "", &mut pairs);
        let Value::Object(read) = best(read, &pairs) else {
            return;
        };
        for (name, value) in pairs {
            let Some(held) = read.get(name) else { continue };
            if is_alike(value, held) {
                self.alike += 1;
                let is_long = |text: &str| text.chars().count() >= 6;
                self.telling += usize::from(value.as_str().is_some_and(is_long));
            } else if is_masked(held) || is_date(value) && is_date(held) {
                // A secret that is not shown again says nothing, nor does a time in another form.
            } else if held.is_string() || held.is_number() {
                self.different += 1;
            }
        }
    }
}

/// The named strings and numbers of a body, through its objects. What a server may say of any record is left out.
fn leaves<'v>(value: &'v Value, name: &'v str, found: &mut Vec<(&'v str, &'v Value)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                leaves(value, name, found);
            }
        }
        Value::Array(items) => {
            for item in items.iter().take(1) {
                leaves(item, name, found);
            }
        }
        Value::String(_) if name != "id" && name != "type" => found.push((name, value)),
        Value::Number(_) if name != "id" => found.push((name, value)),
        _ => {}
    }
}

/// The object that has the most of these names.
fn best<'v>(read: &'v Value, names: &[(&str, &Value)]) -> &'v Value {
    let mut best = (0, read);
    let mut open = vec![(read, 0_usize)];
    while let Some((value, depth)) = open.pop() {
        let children: Vec<&Value> = match value {
            Value::Object(members) => {
                let score = score(members, names);
                if score > best.0 {
                    best = (score, value);
                }
                members.values().collect()
            }
            Value::Array(items) => items.iter().take(3).collect(),
            _ => Vec::new(),
        };
        if depth < 4 {
            open.extend(children.into_iter().map(|child| (child, depth + 1)));
        }
    }
    best.1
}

fn score(members: &Map<String, Value>, names: &[(&str, &Value)]) -> usize {
    names
        .iter()
        .filter(|(name, _)| members.contains_key(*name))
        .count()
}

fn is_date(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        let mut bytes = text.bytes();
        text.len() >= 10
            && bytes.by_ref().take(4).all(|byte| byte.is_ascii_digit())
            && bytes.next() == Some(b'-')
    })
}

/// Whether a server shows something in place of a value: `*****`, `[redacted]`.
fn is_masked(held: &Value) -> bool {
    held.as_str().is_some_and(|text| {
        let bare = text
            .trim_matches(['[', ']', '<', '>', '(', ')'])
            .to_lowercase();
        matches!(
            bare.as_str(),
            "redacted" | "masked" | "hidden" | "secret" | "filtered" | "removed"
        ) || !bare.is_empty()
            && bare
                .chars()
                .all(|char| matches!(char, '*' | '•' | 'x' | '#'))
    })
}

/// Whether two values are the same but for what servers usually do: trim, fold case, cut, write numbers as strings.
fn is_alike(sent: &Value, held: &Value) -> bool {
    let held = match held {
        Value::Array(items) => items.first().unwrap_or(held),
        other => other,
    };
    match (sent, held) {
        (Value::String(sent), Value::String(held)) => {
            let (sent, held) = (sent.trim().to_lowercase(), held.trim().to_lowercase());
            let bare = |text: &str| -> String {
                text.chars().filter(|char| char.is_alphanumeric()).collect()
            };
            sent == held
                || !bare(&sent).is_empty() && bare(&sent) == bare(&held)
                || held.chars().count() >= 3 && sent.starts_with(&held)
                || sent.chars().count() >= 6 && held.starts_with(&sent)
        }
        (Value::Number(sent), Value::Number(held)) => sent.as_f64() == held.as_f64(),
        (Value::Number(sent), Value::String(held)) => sent.to_string() == held.trim(),
        (Value::String(sent), Value::Number(held)) => sent.trim() == held.to_string(),
        _ => false,
    }
}

/// How much a record of a list looks like what a request was to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// It differs, or nothing can be compared.
    Other,
    /// Everything that can be compared is the same, and others may have written it too.
    Possible,
    /// It shows a text that only the run writes.
    Own,
}

/// How much a record that no response named looks like what was sent. A text counts as the run's own where it bears the
/// tag of the run, or is long and does not stand in the contract.
#[must_use]
pub fn likeness(
    record: &Value,
    sent: &[u8],
    run_tag: &str,
    in_contract: &dyn Fn(&str) -> bool,
) -> Likeness {
    let Ok(sent) = serde_json::from_slice::<Value>(sent) else {
        return Likeness::Other;
    };
    let mut tally = Tally::default();
    tally.compare(&sent, record);
    if tally.alike == 0 || tally.different > 0 {
        return Likeness::Other;
    }
    let mut pairs = Vec::new();
    leaves(&sent, "", &mut pairs);
    let text = record.to_string();
    let is_own = pairs.iter().any(|(_, value)| {
        value.as_str().is_some_and(|value| {
            let tagged = !run_tag.is_empty() && contains_ignoring_case(value, run_tag);
            let rare = value.chars().count() >= TELLING && !in_contract(value);
            (tagged || rare) && text.contains(&Value::from(value).to_string())
        })
    });
    if is_own {
        Likeness::Own
    } else {
        Likeness::Possible
    }
}

/// From how many characters on a text is taken for one that nobody else wrote.
const TELLING: usize = 8;
