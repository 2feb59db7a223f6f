//! What is wrong with a suite, told without sending anything (owner of [`Mistake`]).

mod against;
mod step;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

pub use self::against::against;
use super::{Case, Suite, functions, interpreter::file_of, scope::RESERVED, step::Step};

/// Requests of one case, and how often one case asks.
const MOST_OF_CASE: u64 = 2_000;
const MOST_TURNS: u64 = 1_800;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where, as a JSON pointer into the file.
    pub pointer: String,
    /// What, in one sentence.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// A name that is not known, where that is what is wrong, and what could be meant.
    pub meant: Option<(String, Vec<String>)>,
}

/// A JSON pointer to a member.
#[must_use]
pub(super) fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Everything that is wrong with a suite itself.
#[must_use]
pub fn lint(suite: &Suite) -> Vec<Mistake> {
    let mut lint = Lint {
        suite,
        mistakes: Vec::new(),
        used: BTreeSet::new(),
        later: BTreeMap::new(),
    };
    lint.suite();
    lint.mistakes
}

/// The steps of a case and of its cleanup, each with its pointer.
fn steps(index: usize, case: &Case) -> impl Iterator<Item = (String, &Step)> {
    let at = move |kind: &'static str| {
        move |(number, step)| (format!("/cases/{index}/{kind}/{number}"), step)
    };
    case.steps
        .iter()
        .enumerate()
        .map(at("steps"))
        .chain(case.cleanup.iter().enumerate().map(at("cleanup")))
}

struct Lint<'s> {
    suite: &'s Suite,
    mistakes: Vec<Mistake>,
    /// Captures that something uses, of the case at hand.
    used: BTreeSet<String>,
    /// Captures of the case at hand, with the step that makes them.
    later: BTreeMap<String, usize>,
}

/// The names that an expression may use at some place.
type Names = BTreeSet<String>;

impl Lint<'_> {
    fn say(&mut self, pointer: &str, message: impl Into<String>, help: Option<&str>) {
        self.mistakes.push(Mistake {
            pointer: pointer.to_owned(),
            message: message.into(),
            help: help.map(str::to_owned),
            meant: None,
        });
    }

    fn suite(&mut self) {
        let definition = &self.suite.definition;
        let mut names: Names = ["params", "data", "run", "case", "index"]
            .into_iter()
            .map(str::to_owned)
            .collect();
        // A table's cells may use what the run gives, not yet what a case makes.
        let given = names.clone();
        self.variables("/variables", &definition.variables, &mut names);
        let mut seen = BTreeMap::new();
        for (index, case) in definition.cases.iter().enumerate() {
            let pointer = format!("/cases/{index}");
            self.once(&format!("{pointer}/id"), "case", &case.id, &mut seen);
            self.case(&pointer, index, case, &names, &given);
        }
    }

    fn once(&mut self, pointer: &str, what: &str, id: &str, seen: &mut BTreeMap<String, usize>) {
        if let Some(line) = seen.get(id) {
            let help = format!("the first one is on line {line}");
            self.say(
                pointer,
                format!("{what} `{id}` stands here twice"),
                Some(&help),
            );
        } else {
            seen.insert(id.to_owned(), self.suite.spots.at(pointer).line);
        }
    }

    fn variables(&mut self, pointer: &str, variables: &Map<String, Value>, names: &mut Names) {
        for (name, value) in variables {
            let at = member(pointer, name);
            self.own_name(&at, name);
            match file_of(value) {
                Some(path) => self.file(&member(&at, "file"), path, names),
                None => self.value(&at, value, names),
            }
            names.insert(name.clone());
        }
    }

    fn own_name(&mut self, pointer: &str, name: &str) {
        let sound = super::expression::plain_path(name).is_some_and(|path| path.len() == 1);
        if !sound {
            self.say(
                pointer,
                format!("`{name}` cannot be used in expressions"),
                Some("letters, digits and `_`, not first a digit"),
            );
        } else if RESERVED.contains(&name) || functions::is_known(name) {
            self.say(
                pointer,
                format!("`{name}` means something else in expressions"),
                Some("take another name"),
            );
        }
    }

    fn case(&mut self, pointer: &str, index: usize, case: &Case, outer: &Names, given: &Names) {
        self.used.clear();
        self.later.clear();
        for (number, step) in case.steps.iter().chain(&case.cleanup).enumerate() {
            for name in step.capture.keys() {
                self.later.entry(name.clone()).or_insert(number + 1);
            }
        }
        let mut names = outer.clone();
        self.rows(pointer, case, given);
        if !case.rows.is_empty() {
            names.insert("row".to_owned());
        }
        self.variables(&format!("{pointer}/variables"), &case.variables, &mut names);
        let (mut requests, mut turns) = (0_u64, 0_u64);
        let mut captured: Vec<(String, String)> = Vec::new();
        for (at, step) in steps(index, case) {
            self.step(&at, step, &names);
            requests = requests.saturating_add(step.most_requests());
            turns = turns.saturating_add(if step.until.is_some() {
                step.most_requests().saturating_mul(2)
            } else {
                step.rounds().saturating_mul(2)
            });
            for name in step.capture.keys() {
                let own = member(&format!("{at}/capture"), name);
                self.own_name(&own, name);
                if !names.insert(name.clone()) {
                    self.say(
                        &own,
                        format!("`{name}` has a value already"),
                        Some("take another name"),
                    );
                }
                captured.push((name.clone(), own));
            }
        }
        if requests > MOST_OF_CASE || turns > MOST_TURNS {
            self.say(
                &format!("{pointer}/id"),
                format!("case `{}` may send {requests} requests, {turns} turns one after the other", case.id),
                Some("at most 2,000 requests and 1,800 turns; send several `concurrently`, poll more seldom, or make two cases"),
            );
        }
        for (name, own) in captured {
            if !self.used.contains(&name) {
                self.say(
                    &own,
                    format!("nothing uses the capture `{name}`"),
                    Some("use it in a later step, or leave it out"),
                );
            }
        }
    }

    fn rows(&mut self, pointer: &str, case: &Case, given: &Names) {
        let mut seen = BTreeMap::new();
        let mut cells: Option<BTreeSet<&String>> = None;
        for (index, row) in case.rows.iter().enumerate() {
            let at = format!("{pointer}/rows/{index}");
            match row.get("id").and_then(Value::as_str) {
                Some(id) => self.once(&format!("{at}/id"), "row", id, &mut seen),
                None => self.say(
                    &at,
                    "a row needs an `id`",
                    Some("it names the case in results, so it stays the same when rows are added"),
                ),
            }
            for (name, cell) in row {
                self.value(&member(&at, name), cell, given);
            }
            let own: BTreeSet<&String> = row.keys().collect();
            match &cells {
                Some(first) if *first != own => {
                    let missing: Vec<&str> = first
                        .symmetric_difference(&own)
                        .map(|name| name.as_str())
                        .collect();
                    let message = format!(
                        "this row differs from the first one in its cells: {}",
                        missing.join(", ")
                    );
                    self.say(
                        &at,
                        message,
                        Some("every row of a table has the same cells; write `null` for none"),
                    );
                }
                Some(_) => {}
                None => cells = Some(own),
            }
        }
    }
}
