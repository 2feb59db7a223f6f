//! How much speaks for a hazard (owner of [`score`]).
//!
//! Every place in which a word stands has a weight: the end of the path and the first word of an `operationId` say
//! more than a word in a summary. What speaks against it takes away: an action on a record that the run makes, a read, the
//! creation of a record. From [`ENOUGH`] on an operation is left out.

use super::{
    facts::{Facts, Part},
    words::{
        ACCESS, ALERTS, BY_KEY, CALLER, CHANGES, CREATES, GOES_ON, Group, MACHINERY, PASSWORDS,
        READS, REMOVES, SETTINGS, SILENCES, WAYS_IN, WORDS, When,
    },
};
use crate::{
    arrange::names,
    contract::{Hazard, HazardKind as Kind, Reads, Sign},
    model::Method,
};

/// From this score on an operation is a hazard.
pub(super) const ENOUGH: i32 = 10;

/// Words of the target file.
#[derive(Debug, Clone, Default)]
pub struct OwnWords {
    /// Words that make an operation a hazard here.
    pub added: Vec<String>,
    /// Words that mean no harm here.
    pub harmless: Vec<String>,
}

/// The kind for which most speaks.
pub(super) fn score(facts: &Facts, own: &OwnWords) -> Option<Hazard> {
    let mut scores: Vec<Hazard> = Kind::ALL
        .into_iter()
        .map(|kind| of_kind(facts, own, kind))
        .filter(|hazard| hazard.score >= ENOUGH)
        .collect();
    // That no variable names what is acted on says less than a word that says what is done.
    scores.sort_by_key(|hazard| (hazard.kind == Kind::ChangesSettings, -hazard.score));
    scores.into_iter().next()
}

fn of_kind(facts: &Facts, own: &OwnWords, kind: Kind) -> Hazard {
    let mut tally = Tally { signs: Vec::new() };
    let heavy = words_of(facts, own, kind, &mut tally);
    let words = tally.signs.len();
    match kind {
        Kind::EndsAccess => ways_in(facts, &mut tally),
        Kind::ChangesMany => many(facts, &mut tally),
        Kind::ChangesSettings => settings(facts, &mut tally),
        Kind::ReachesPeople => reaches(facts, &mut tally),
        Kind::ActsOnService => silences(facts, &mut tally),
        Kind::Named => {}
    }
    if tally.total() > 0 {
        let by_words_alone = tally.signs.len() == words;
        against(facts, kind, heavy, by_words_alone, &mut tally);
    }
    Hazard {
        kind,
        score: tally.total(),
        signs: tally.signs,
    }
}

struct Tally {
    signs: Vec<Sign>,
}

impl Tally {
    fn add(&mut self, weight: i32, reason: impl Into<String>) {
        if weight != 0 {
            self.signs.push(Sign {
                weight,
                reason: reason.into(),
            });
        }
    }

    fn total(&self) -> i32 {
        self.signs.iter().map(|sign| sign.weight).sum()
    }
}

/// A word where it stands.
struct Hit {
    word: String,
    when: When,
    weight: i32,
    place: &'static str,
}

/// What the words of a kind say. Answers whether any of them is one that an own record does not excuse.
fn words_of(facts: &Facts, own: &OwnWords, kind: Kind, tally: &mut Tally) -> bool {
    let object = object_of_access(facts);
    let mut heavy = false;
    let mut seen: Vec<(String, &'static str)> = Vec::new();
    let mut hits: Vec<Hit> = Vec::new();
    let groups = WORDS.iter().filter(|group| group.kind == kind);
    for group in groups {
        for word in group.words {
            let is_harmless = own.harmless.iter().any(|harmless| harmless == word);
            // That a DELETE deletes is no news.
            let is_plain = facts.method == Method::Delete
                && kind == Kind::ChangesMany
                && REMOVES.contains(word);
            if is_harmless || is_plain {
                continue;
            }
            hits.extend(places(facts, word, group));
        }
    }
    if kind == Kind::Named {
        for word in &own.added {
            let group = Group {
                kind,
                when: When::Always,
                by_get: true,
                words: &[],
            };
            hits.extend(places(facts, word, &group));
        }
    }
    hits.sort_by_key(|hit| -hit.weight);
    let mut any_access = false;
    for hit in hits {
        // One word says one thing at each place.
        if seen.iter().any(|(_, place)| *place == hit.place) {
            continue;
        }
        seen.push((hit.word.clone(), hit.place));
        let is_heavy = match hit.when {
            When::Always => true,
            When::ToAccess => object.is_some(),
            When::Wide => false,
            When::Unnamed if facts.has_variable() => continue,
            When::Unnamed => false,
        };
        // The variable is what the action is done to, and not a record that the action is a part of.
        heavy |= is_heavy || hit.place.contains("before the variable");
        any_access |= hit.when == When::ToAccess;
        let weight = if hit.when == When::Always && hit.place.contains("begins") {
            hit.weight * 3 / 2
        } else {
            hit.weight
        };
        tally.add(weight, format!("`{}` {}", hit.word, hit.place));
    }
    if kind == Kind::ActsOnService
        && !tally.signs.is_empty()
        && let Some(object) = one_of(
            &facts
                .literals()
                .rev()
                .take(2)
                .flatten()
                .cloned()
                .collect::<Vec<_>>(),
            MACHINERY,
        )
    {
        heavy = true;
        tally.add(4, format!("it is done to `{object}`"));
    }
    if any_access && let Some(object) = object {
        tally.add(6, format!("it is done to `{object}`"));
    }
    heavy
}

/// Where a word stands, with the weight of each place.
fn places(facts: &Facts, word: &str, group: &Group) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut hit = |weight: i32, place: &'static str| {
        hits.push(Hit {
            word: word.to_owned(),
            when: group.when,
            weight,
            place,
        });
    };
    let reads = facts.method.is_safe();
    // A collection whose name is such a word holds records: `POST /orders` beside `/orders/{id}`.
    let is_collection = facts.is_collection()
        // `/email-addresses` holds addresses.
        || facts.method == Method::Post
            && facts.last_literal().len() > 1
            && facts.is_plural()
            && creates(facts);
    match facts.path.last() {
        Some(Part::Verb(words)) => match position(words, word) {
            Some(0) => hit(12, "is the method after `:`"),
            Some(_) => hit(10, "is part of the method after `:`"),
            None => {}
        },
        Some(Part::Literal(words)) if !is_collection && (!reads || group.by_get) => {
            match position(words, word) {
                Some(0) => hit(10, "ends the path"),
                Some(at) if at + 1 == words.len() || group.when == When::Always => {
                    hit(8, "is part of the end of the path")
                }
                Some(_) => hit(4, "is part of the end of the path"),
                None => {}
            }
        }
        Some(Part::Literal(_)) if is_collection => {}
        Some(Part::Variable) if !reads => {
            let words = facts.last_literal();
            match position(words, word) {
                Some(0) if words.len() > 1 || facts.method == Method::Post => {
                    hit(8, "stands before the variable that ends the path");
                }
                Some(_) if facts.method == Method::Post => {
                    hit(6, "stands before the variable that ends the path");
                }
                _ => {}
            }
        }
        _ => {}
    }
    if !reads || group.by_get {
        // `/backup/create` makes a backup, `/logout/accept` logs out.
        let goes_on = matches!(facts.last_literal(), [word] if GOES_ON.contains(&word.as_str()));
        if goes_on
            && !facts.ends_in_variable()
            && facts
                .literals()
                .rev()
                .nth(1)
                .is_some_and(|words| position(words, word) == Some(0))
        {
            hit(10, "is what the end of the path goes on with");
        }
        let mut earlier = facts.literals().rev().skip(1);
        if facts.method == Method::Post
            && group.when == When::Always
            && earlier.any(|words| position(words, word) == Some(0) && words.len() <= 2)
            && !is_collection
        {
            hit(4, "stands in the path");
        }
        match position(&facts.id, word) {
            Some(0) => hit(8, "begins the operationId"),
            Some(at)
                if at < 4
                    && group.kind == Kind::ChangesMany
                    && group.when == When::Always
                    && !REMOVES.contains(&word) =>
            {
                hit(10, "is in the operationId");
            }
            Some(at) if at < 4 => hit(
                if group.when == When::Always { 4 } else { 3 },
                "is in the operationId",
            ),
            _ => {}
        }
        match position_of_verb(&facts.summary, word) {
            Some(0) => hit(6, "begins the summary"),
            Some(at) if at < 6 && group.kind == Kind::ChangesMany && !REMOVES.contains(&word) => {
                hit(10, "is in the summary");
            }
            Some(at) if at < 6 => hit(2, "is in the summary"),
            _ => {}
        }
        if facts.tags.iter().any(|tag| tag == word) {
            hit(1, "is a tag");
        }
    }
    hits
}

/// Where a word stands among others, also where it is written in two: `sign-out`.
fn position(words: &[String], word: &str) -> Option<usize> {
    words.iter().position(|held| held == word).or_else(|| {
        words.windows(2).position(|pair| {
            matches!(pair, [one, other] if word.strip_prefix(one.as_str()) == Some(other.as_str()))
        })
    })
}

/// The same in a sentence, where a verb may be in the third person: `Revokes a token`.
fn position_of_verb(words: &[String], word: &str) -> Option<usize> {
    position(words, word).or_else(|| {
        words.iter().position(|held| {
            held.strip_suffix('s').is_some_and(|stem| {
                stem == word || stem.strip_suffix('e').is_some_and(|stem| stem == word)
            })
        })
    })
}

fn one_of(words: &[String], list: &[&str]) -> Option<String> {
    let singular = |word: &String| names::singular(word);
    words
        .iter()
        .find(|word| list.contains(&word.as_str()) || list.contains(&singular(word).as_str()))
        .cloned()
        .or_else(|| {
            words
                .windows(2)
                .map(<[String]>::concat)
                .find(|pair| list.contains(&pair.as_str()))
        })
}

/// The account or credential that something is done to: by the resource that the action follows, or by name.
fn object_of_access(facts: &Facts) -> Option<String> {
    let end: Vec<&[String]> = facts.literals().rev().take(2).collect();
    let by_path = end.into_iter().find_map(|words| one_of(words, ACCESS));
    let near =
        |words: &[String]| one_of(words.get(..words.len().min(6)).unwrap_or_default(), ACCESS);
    by_path
        .or_else(|| near(&facts.id))
        .or_else(|| near(&facts.summary))
}

fn begins(words: &[String], list: &[&str]) -> bool {
    let is = |word: &str| list.contains(&word);
    words.first().is_some_and(|first| {
        is(first)
            || first
                .strip_suffix('s')
                .is_some_and(|stem| is(stem) || stem.strip_suffix('e').is_some_and(is))
    })
}

pub(super) fn only_reads(facts: &Facts) -> bool {
    if matches!(facts.method, Method::Put | Method::Patch | Method::Delete) {
        return false;
    }
    let reads = |word: &String| READS.contains(&word.as_str());
    let by_path = match facts.path.last() {
        Some(Part::Verb(words)) => words.iter().any(reads),
        Some(Part::Literal(words)) => words.first().is_some_and(|word| {
            matches!(
                word.as_str(),
                "search" | "query" | "check" | "match" | "lookup"
            )
        }),
        _ => false,
    };
    // `batchCheckPermission` reads as `checkPermission` does, and `NotifyGetList` as `getList` does.
    let by_second = facts.id.get(1).is_some_and(|word| {
        reads(word)
            && (facts.method.is_safe()
                || matches!(
                    facts.id.first().map(String::as_str),
                    Some("batch" | "bulk" | "admin" | "post")
                ))
    });
    by_path || by_second || begins(&facts.id, READS) || begins(&facts.summary, READS)
}

fn creates(facts: &Facts) -> bool {
    begins(&facts.id, CREATES) || begins(&facts.summary, CREATES)
}

fn changes(facts: &Facts) -> bool {
    begins(&facts.id, CHANGES) || begins(&facts.summary, CHANGES)
}

/// Removing what is a way in, and anything about passwords.
fn ways_in(facts: &Facts, tally: &mut Tally) {
    if facts.method.is_safe() {
        return;
    }
    let by_path = facts
        .literals()
        .rev()
        .take(2)
        .find_map(|words| one_of(words, PASSWORDS));
    let by_name = one_of(&facts.id, PASSWORDS).filter(|_| !creates(facts));
    if let Some(word) = by_path {
        tally.add(12, format!("the path names `{word}`"));
    } else if let Some(word) = by_name {
        tally.add(10, format!("the operationId names `{word}`"));
    }
    let mut words = facts
        .literals()
        .flatten()
        .chain(&facts.id)
        .chain(&facts.summary);
    if facts.method != Method::Delete && words.any(|word| word.starts_with("impersonat")) {
        tally.add(12, "it acts as somebody else");
    }
    let is_jwk = facts
        .summary
        .windows(2)
        .any(|pair| pair.concat() == "webkey")
        || one_of(&facts.id, &["jsonwebkey", "webkey"]).is_some();
    let names_way_in = facts
        .last_literal()
        .iter()
        .any(|word| WAYS_IN.contains(&word.as_str()));
    if is_jwk && matches!(facts.method, Method::Put | Method::Patch)
        || facts.method == Method::Post
            && names_way_in
            && !creates(facts)
            && !facts.is_login()
            && !facts.is_collection()
            && (facts.has_variable() || facts.reads != Reads::Nothing)
    {
        tally.add(12, "it changes a way in");
    }
    if facts.method != Method::Delete {
        return;
    }
    let last = facts.last_literal();
    let folded = last.concat();
    let is_way_in = WAYS_IN.contains(&folded.as_str())
        || last.len() > 1
            && last
                .last()
                .is_some_and(|end| WAYS_IN.contains(&end.as_str()));
    let is_api_key = matches!(folded.as_str(), "keys" | "key")
        && facts.literals().any(|words| {
            words
                .iter()
                .any(|word| word == "auth" || word == "api" || word == "jwks")
        })
        || last.iter().any(|word| word == "api")
            && last.last().is_some_and(|word| word.starts_with("key"))
        || one_of(&facts.id, &["apikey", "accesstoken", "jsonwebkey"]).is_some();
    let by_summary = facts.summary.windows(2).any(
        |pair| matches!(pair, [one, other] if other == "key" && (one == "api" || one == "web")),
    );
    if is_way_in || is_api_key || by_summary {
        tally.add(12, "it removes a way in");
    }
}

/// What is done to more than one record, or to records that no variable names.
fn many(facts: &Facts, tally: &mut Tally) {
    let method = &facts.method;
    if method.is_safe() {
        return;
    }
    if *method == Method::Delete && !facts.has_variable() {
        tally.add(12, "it removes what no variable of the path names");
    }
    if matches!(method, Method::Put | Method::Patch)
        && !facts.has_variable()
        && facts.reads != Reads::One
    {
        let is_many = facts
            .last_literal()
            .last()
            .is_some_and(|word| names::singular(word) != *word);
        if is_many && !creates(facts) || facts.reads == Reads::Many {
            tally.add(12, "it changes a whole collection");
        }
    }
    let all = |words: &[String]| {
        let at = words
            .iter()
            .take(5)
            .position(|word| word == "all" || word == "everything");
        at.is_some_and(|at| {
            words.iter().take(at + 1).any(|word| {
                let stem = word.strip_suffix('s').unwrap_or(word);
                matches!(
                    stem,
                    "delete"
                        | "remove"
                        | "clear"
                        | "purge"
                        | "wipe"
                        | "reset"
                        | "erase"
                        | "update"
                        | "patch"
                        | "archive"
                        | "retry"
                        | "disable"
                        | "set"
                        | "cancel"
                        | "close"
                        | "drop"
                )
            })
        })
    };
    let by_path = facts.literals().any(all)
        || matches!(facts.path.last(), Some(Part::Verb(words)) if all(words));
    if by_path || all(&facts.id) {
        tally.add(
            if facts.has_variable() { 6 } else { 12 },
            "it is done to all",
        );
    } else if all(&facts.summary) {
        tally.add(
            if facts.has_variable() { 4 } else { 12 },
            "the summary says that it is done to all",
        );
    }
    let ids = facts.body.iter().find(|name| {
        matches!(
            name.as_str(),
            "ids"
                | "keys"
                | "uuids"
                | "identifiers"
                | "itemids"
                | "recordids"
                | "selectedids"
                | "repositorynames"
        )
    });
    // `PUT /accounts/{id}` with `keys` replaces the keys of the account that the path names.
    // Ids of a body name other records, whatever the path names.
    let is_of_record =
        facts.is_made && facts.ends_in_variable() && matches!(method, Method::Put | Method::Patch);
    if let Some(ids) = ids
        && !facts.has_item
        && !(is_of_record && ids == "keys")
    {
        tally.add(12, format!("the records are named by `{ids}` in the body"));
    } else if facts.many_in_body && matches!(method, Method::Put | Method::Patch) {
        tally.add(6, "the body is an array");
    }
    // `DELETE /items/{collection}` beside `/items/{collection}/{id}`.
    let plural = |words: &[String]| {
        words.len() > 1
            && words.first().is_some_and(|first| {
                matches!(
                    first.as_str(),
                    "delete" | "update" | "remove" | "patch" | "replace"
                )
            })
            && words
                .last()
                .is_some_and(|last| names::singular(last) != *last)
    };
    if matches!(method, Method::Delete | Method::Patch)
        && facts.ends_in_variable()
        && facts.has_item
        && plural(&facts.id)
    {
        tally.add(12, "the variable names a collection");
    }
}

/// Settings of the service, of the tenant or of the caller.
fn settings(facts: &Facts, tally: &mut Tally) {
    let method = &facts.method;
    if method.is_safe() {
        return;
    }
    let setting = facts
        .last_literal()
        .iter()
        .rev()
        .find(|word| SETTINGS.contains(&word.as_str()));
    let of_service = facts.literals().flatten().find(|word| {
        matches!(
            word.as_str(),
            "system"
                | "admin"
                | "server"
                | "global"
                | "manage"
                | "instance"
                | "startup"
                | "site"
                | "management"
        )
    });
    if facts.literals().any(|words| words == ["maintenance"]) && !facts.is_made {
        tally.add(10, "it is about maintenance");
    }
    let is_default = |word: &String| word == "default";
    if facts.last_literal().iter().any(is_default)
        && facts.id.iter().take(3).any(is_default)
        && !creates(facts)
    {
        tally.add(10, "it says what holds by default");
    }
    let ends_in_defaults = || {
        let end = facts.last_literal();
        end.len() == 1
            && end
                .iter()
                .any(|word| word == "default" || word == "defaults")
    };
    if *method == Method::Post
        && facts.literals().count() > 1
        && facts.body.is_empty()
        && !facts.many_in_body
        && ends_in_defaults()
    {
        tally.add(
            10,
            "it makes what comes by default, and no response names it",
        );
    }
    if facts.has_variable() {
        // `/system/configuration/{key}`: the keys are there, none is the run's own.
        if *method != Method::Delete
            && facts.ends_in_variable()
            && facts
                .path
                .iter()
                .filter(|part| **part == Part::Variable)
                .count()
                == 1
            && let (Some(setting), Some(service)) = (setting, of_service)
        {
            tally.add(6, format!("`{setting}` names settings"));
            tally.add(6, format!("they are those of `{service}`"));
        }
        return;
    }
    if facts.has_item {
        return;
    }
    let caller = facts.literals().enumerate().find_map(|(at, words)| {
        let word = words.concat();
        (CALLER.contains(&word.as_str())
            && (at == 0 || !matches!(word.as_str(), "user" | "account")))
        .then_some(word)
    });
    let writes = matches!(method, Method::Put | Method::Patch);
    if let Some(caller) = caller
        && (writes || facts.reads != Reads::Many)
        && !(*method == Method::Post && creates(facts))
        && !(*method == Method::Post && facts.literals().count() == 1)
    {
        tally.add(10, format!("it is done to the client's own `{caller}`"));
    }
    let makes = creates(facts) || facts.is_plural() || facts.is_login();
    match (method, facts.reads) {
        (Method::Post, Reads::Nothing | Reads::Unknown) if !makes => {
            tally.add(
                10,
                "no variable names what it acts on, and it makes no record",
            );
        }
        (Method::Put | Method::Patch, Reads::One) => {
            tally.add(12, "the path has a GET of one object and no variable")
        }
        (Method::Put | Method::Patch, Reads::Unknown) => {
            tally.add(10, "the path has a GET and no variable")
        }
        (Method::Put | Method::Patch, Reads::Nothing) => {
            tally.add(10, "no variable names what it changes")
        }
        (Method::Post, Reads::One) => {
            tally.add(6, "the path has a GET of one object and no variable");
            if facts.is_changed_whole {
                tally.add(6, "the whole of it is replaced or removed at the same path");
            }
        }
        _ => {}
    }
    if let Some(setting) = setting {
        tally.add(6, format!("`{setting}` names settings"));
    }
    if *method == Method::Post && !facts.is_login() {
        if begins(&facts.id, CHANGES) {
            tally.add(10, "it changes what no variable names");
        } else if changes(facts) || begins(facts.last_literal(), CHANGES) {
            tally.add(6, "it changes what no variable names");
        }
        if of_service.is_some() {
            tally.add(2, "it is about the service");
        }
    }
}

/// What keeps alerts of others from reaching anybody: a matcher of the run's can match every one of them.
fn silences(facts: &Facts, tally: &mut Tally) {
    let is_silence = facts
        .last_literal()
        .last()
        .is_some_and(|word| SILENCES.contains(&word.as_str()));
    if facts.method == Method::Post && is_silence && !facts.is_on_record() {
        tally.add(20, "it silences alerts, also those of others");
    }
}

/// Calls of a webhook, and messages.
fn reaches(facts: &Facts, tally: &mut Tally) {
    if facts.method != Method::Post {
        return;
    }
    let end = match facts.path.last() {
        Some(Part::Literal(words) | Part::Verb(words)) => words.concat(),
        _ => String::new(),
    };
    let on_hook = facts
        .literals()
        .flatten()
        .any(|word| word.contains("hook") || word == "deliveries");
    if on_hook
        && matches!(
            end.as_str(),
            "test"
                | "tests"
                | "ping"
                | "pings"
                | "attempts"
                | "trigger"
                | "deliver"
                | "replay"
                | "retry"
        )
    {
        tally.add(12, "it has a webhook called");
    }
    let messages = [
        "email",
        "emails",
        "mail",
        "mails",
        "sms",
        "texts",
        "letters",
        "push",
        "whatsapp",
        "notifications",
        "notification",
        "message",
        "messages",
        "fax",
    ];
    if messages.contains(&end.as_str())
        && !facts.has_item
        && facts.reads == Reads::Nothing
        && !facts.is_on_record()
    {
        tally.add(
            12,
            "nothing but a message comes of it: the contract has no path to read it",
        );
    }
    if ALERTS.contains(&end.as_str()) && !facts.has_item && !facts.is_on_record() {
        tally.add(
            20,
            "it raises an alert, which reaches people, and the contract has no path that takes it back",
        );
    }
    if tally.total() > 0 && facts.is_on_record() && !facts.has_item {
        tally.add(2, "it is done to a record");
    }
    let send = facts
        .id
        .iter()
        .chain(&facts.summary)
        .any(|word| matches!(word.as_str(), "send" | "sends" | "sms" | "email" | "emails"));
    let by_send = facts
        .summary
        .first()
        .is_some_and(|word| matches!(word.as_str(), "send" | "sends"));
    if send
        && by_send
        && facts
            .summary
            .iter()
            .any(|word| messages.contains(&word.as_str()))
        && !facts.has_item
    {
        tally.add(4, "it sends messages");
    }
    if matches!(end.as_str(), "command" | "commands")
        || facts
            .last_literal()
            .last()
            .is_some_and(|word| word == "command")
    {
        tally.add(10, "it gives a command to somebody's device");
    }
}

/// What speaks against it.
fn against(facts: &Facts, kind: Kind, heavy: bool, by_words_alone: bool, tally: &mut Tally) {
    if only_reads(facts) {
        tally.add(-30, "it only reads");
    }
    let own = (facts.is_made || facts.method != Method::Post && !facts.ends_in_variable())
        && (facts.is_on_record() || facts.has_variable() && !facts.ends_in_variable());
    match kind {
        Kind::EndsAccess | Kind::ActsOnService | Kind::ReachesPeople | Kind::ChangesMany
            if own && by_words_alone && !heavy =>
        {
            tally.add(-20, "it is done to a record that the run makes");
        }
        _ => {}
    }
    if facts.is_login() && kind != Kind::EndsAccess {
        tally.add(-20, "it logs in");
    }
    let by_key = begins(&facts.id, BY_KEY) || begins(&facts.summary, BY_KEY);
    if matches!(facts.method, Method::Put | Method::Patch)
        && by_key
        && !facts.has_variable()
        && (kind == Kind::ChangesSettings || !heavy)
    {
        tally.add(-12, "it makes records or replaces them by their keys");
    }
    // An item's own PUT, PATCH and DELETE change that item, whatever the summary mentions.
    let plain_item = facts.ends_in_variable() && facts.method != Method::Post;
    let mild = matches!(kind, Kind::ReachesPeople | Kind::ActsOnService)
        || kind == Kind::EndsAccess && by_words_alone && facts.method == Method::Delete;
    if plain_item && mild && !(kind == Kind::ActsOnService && heavy) {
        tally.add(-6, "it changes or removes one record");
    }
    if facts.method == Method::Post
        && creates(facts)
        && (facts.has_item || facts.reads == Reads::Many)
    {
        tally.add(-10, "it makes a record in a collection");
    } else if facts.method == Method::Post
        && kind == Kind::ChangesMany
        && by_words_alone
        && creates(facts)
    {
        tally.add(-10, "it makes a record");
    } else if facts.method == Method::Post && facts.is_collection() && kind != Kind::ChangesMany {
        tally.add(-6, "it is sent to a collection");
    }
}
