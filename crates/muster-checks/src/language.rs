//! The words and sentences that `docs/STYLE.md` rules out, for the tests of texts.

/// What no text says, in lower case. A phrase matches whole words.
const FORBIDDEN: &[&str] = &[
    "is answered with success",
    "are answered with success",
    "is answered 2",
    "is answered 4",
    "are answered 4",
    "is no url",
    "no number",
    "is no json",
    "at one moment",
    "at the same moment",
    "comes again",
    "caller",
    "callers",
    "who asks",
    "who holds",
    "who calls",
    "who changes the same",
    "please",
    "on condition of",
    "an answer",
    "the answer",
    "its answer",
];

/// What a requirement and a purpose do not say either.
const FORBIDDEN_IN_SENTENCES: &[&str] = &[
    "is answered",
    "are answered",
    "responsible",
    "answers",
    "answer",
    "moment",
    "those who",
    "member",
    "members",
    "tag",
    "tags",
    "a list that",
    "the list",
    "is no",
    "long-running work",
    "comes back",
    "told apart",
    "odd",
];

/// What no text of a run, a report or an error says either.
const FORBIDDEN_IN_TEXTS: &[&str] = &[
    "was answered",
    "is answered",
    "are answered",
    "answers",
    "answer",
    "moment",
    "those who",
    "member",
    "members",
    "tag",
    "tags",
    "the list",
    "is no",
    "which is no",
    "long-running work",
    "comes back",
    "told apart",
    "odd",
    "promised",
    "nobody there",
];

/// Where a word above has its common meaning.
const FAIR: &[&str] = &[
    "there is no ",
    "a moment later",
    "for a moment",
    "answers for",
    "the list names",
    "the list at",
    "what to do with the list",
    "the part of the list",
    "is a tag",
    "is no longer",
    "is no more",
    "no number was found",
    "no number lies",
    // A label that only seeds values.
    "odd {pointer} {what}",
];

/// The words with which a purpose has no subject.
const WITHOUT_SUBJECT: &[&str] = &[
    "where", "when", "if", "with", "without", "of", "nobody", "everyone", "nothing", "whether",
    "that", "who", "what", "for",
];

const LONGEST_SENTENCE: usize = 30;

/// The forbidden phrases that a text has.
pub fn forbidden_phrases(text: &str) -> Vec<&'static str> {
    matching(FORBIDDEN, text)
}

/// What breaks the style in one sentence: forbidden phrases, or too many words.
pub fn breaks(sentence: &str) -> Vec<String> {
    let mut broken: Vec<String> = forbidden_phrases(sentence)
        .into_iter()
        .chain(matching(FORBIDDEN_IN_SENTENCES, sentence))
        .map(|phrase| format!("has `{phrase}`"))
        .collect();
    let words = sentence.split_whitespace().count();
    if words > LONGEST_SENTENCE {
        broken.push(format!("has {words} words, more than {LONGEST_SENTENCE}"));
    }
    broken
}

/// What breaks the style in a text of several sentences, which may have `{}` for what it is filled with.
pub fn breaks_in_text(text: &str) -> Vec<&'static str> {
    let mut text = text.to_lowercase();
    for fair in FAIR {
        text = text.replace(fair, " … ");
    }
    let mut broken = forbidden_phrases(&text);
    broken.extend(matching(FORBIDDEN_IN_TEXTS, &text));
    broken
}

/// Why a purpose does not begin with a subject.
pub fn has_no_subject(purpose: &str) -> Option<String> {
    let first = purpose.split_whitespace().next().unwrap_or_default();
    let begins_well = first.chars().next().is_some_and(char::is_uppercase)
        && !WITHOUT_SUBJECT.contains(&first.to_lowercase().as_str());
    (!begins_well)
        .then(|| format!("begins with `{first}`, not with a capital letter and a subject"))
}

fn matching(phrases: &[&'static str], text: &str) -> Vec<&'static str> {
    let lower = text.to_lowercase();
    phrases
        .iter()
        .copied()
        .filter(|phrase| {
            lower.match_indices(phrase).any(|(at, found)| {
                let before = lower.get(..at).and_then(|text| text.chars().next_back());
                let after = lower
                    .get(at + found.len()..)
                    .and_then(|text| text.chars().next());
                !before.is_some_and(is_word)
                    && (!after.is_some_and(is_word)
                        || phrase.ends_with(|last: char| last.is_ascii_digit()))
            })
        })
        .collect()
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '`' | '{' | '}')
}

#[test]
fn a_forbidden_phrase_is_found_as_whole_words() {
    assert_eq!(forbidden_phrases("Callers can choose."), ["callers"]);
    assert_eq!(forbidden_phrases("It is answered 404."), ["is answered 4"]);
    assert!(forbidden_phrases("The `caller` and a recaller.").is_empty());
    assert_eq!(
        breaks_in_text("The answer {answer} is no URL."),
        ["is no url", "the answer", "answer", "is no"]
    );
    assert!(breaks_in_text("There is no `tag` here.").is_empty());
    assert!(!breaks(&"word ".repeat(31)).is_empty());
    assert!(has_no_subject("Where it is so, it is so.").is_some());
    assert!(has_no_subject("The API returns 404.").is_none());
}
