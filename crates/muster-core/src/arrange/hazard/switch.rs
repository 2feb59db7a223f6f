//! Query parameters that make a read act (owner of [`acting`]).
//!
//! `GET /jobs?restart_all=1` is safe by its method alone: a client that sends every optional parameter would start the
//! jobs of everybody. The name says little (`paused` filters lists as often as it pauses), so the description decides.

use super::facts::plain_words;
use crate::{
    contract::{Operation, Parameter, ParameterPlace},
    model::Method,
};

/// What a parameter does that changes something, as the first word of its description or after `to`, `then`, `and`.
const ACTS: [&str; 52] = [
    "acknowledge",
    "activate",
    "approve",
    "archive",
    "block",
    "cancel",
    "clear",
    "close",
    "deactivate",
    "delete",
    "disable",
    "discard",
    "dismiss",
    "empty",
    "enable",
    "erase",
    "execute",
    "expire",
    "flush",
    "kill",
    "lock",
    "mark",
    "mute",
    "notify",
    "pause",
    "prune",
    "purge",
    "reboot",
    "recheck",
    "recompute",
    "recrawl",
    "reindex",
    "reload",
    "remove",
    "renew",
    "rescan",
    "reset",
    "restart",
    "resume",
    "resync",
    "retry",
    "revoke",
    "rotate",
    "shutdown",
    "start",
    "stop",
    "terminate",
    "toggle",
    "trigger",
    "unlock",
    "unmute",
    "unpause",
];

/// What is set where a description says `Set the pause state`: a state, and not how the response looks.
const STATES: [&str; 6] = ["state", "status", "flag", "mode", "paused", "muted"];

/// Objects of such a verb that belong to the response alone: `Remove HTML from the text`.
const OF_RESPONSES: [&str; 15] = [
    "response",
    "responses",
    "result",
    "results",
    "output",
    "html",
    "whitespace",
    "duplicates",
    "sort",
    "order",
    "limit",
    "filter",
    "filters",
    "fields",
    "nulls",
];

/// Verbs that are nouns or adjectives as often, so that an article has to follow: `Start of the period`.
const AMBIGUOUS: [&str; 8] = [
    "block", "clear", "close", "empty", "lock", "mark", "start", "stop",
];
const ARTICLES: [&str; 9] = [
    "all", "the", "this", "these", "a", "an", "each", "every", "any",
];

/// Why a parameter of a read is not sent unless the target file asks for the operation; nothing where it only reads.
pub(super) fn acting(operation: &Operation, parameter: &Parameter) -> Option<String> {
    let is_read = matches!(operation.key.method, Method::Get | Method::Head);
    if !is_read || parameter.place != ParameterPlace::Query || parameter.required {
        return None;
    }
    let words = plain_words(&parameter.description);
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let sets = word(0) == "set"
        && words
            .iter()
            .skip(1)
            .take(4)
            .any(|word| STATES.contains(&word.as_str()))
        && words.iter().take(5).all(|word| word != "to");
    let acts = |at: &usize| {
        let verb = word(*at);
        let before = at.checked_sub(1).map(word);
        let further = at.checked_sub(2).map(word);
        let is_said = match before {
            None | Some("to" | "then" | "also" | "will" | "immediately") => true,
            Some("force") => matches!(further, None | Some("to")),
            _ => false,
        };
        let of_response = words
            .iter()
            .skip(at + 1)
            .take(3)
            .any(|word| OF_RESPONSES.contains(&word.as_str()));
        ACTS.contains(&verb)
            && is_said
            && !of_response
            && (!AMBIGUOUS.contains(&verb) || ARTICLES.contains(&word(at + 1)))
    };
    let verb = (0..words.len()).find(acts);
    if sets {
        return Some(format!("`{}` sets a state by a read", parameter.name));
    }
    verb.map(|at| {
        format!(
            "`{}` does something by a read: {}",
            parameter.name,
            word(at)
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        contract::Contract,
        model::{Method, OperationKey},
    };

    /// The names of the parameters that are left, and of those that are withheld.
    fn sorted(parameters: &[(&str, &str)], is_harmless: bool) -> (Vec<String>, Vec<String>) {
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, description)| {
                json!({ "name": name, "in": "query", "description": description,
                    "schema": { "type": "string" } })
            })
            .collect();
        let mut contract = Contract::from_value(json!({
            "openapi": "3.1.0", "info": { "title": "T", "version": "1" },
            "paths": { "/jobs": { "get": { "parameters": parameters,
                "responses": { "200": { "description": "" } } } } },
        }))
        .unwrap();
        super::super::withhold(&mut contract, |_| is_harmless);
        let key = OperationKey::new(Method::Get, "/jobs");
        let operation = contract.operation(&key).unwrap();
        (
            operation
                .parameters
                .iter()
                .map(|one| one.name.clone())
                .collect(),
            operation
                .surroundings
                .withheld
                .iter()
                .map(|one| one.parameter.name.clone())
                .collect(),
        )
    }

    const ACTING: [(&str, &str); 10] = [
        (
            "recheck_all",
            "Set to 1 to force recheck of all jobs matching the other filters (`tag`)",
        ),
        ("again", "Recheck this job"),
        ("paused", "Set pause state"),
        ("muted", "Set the muted flag"),
        ("seen", "Mark the messages as read"),
        ("run", "If true, then trigger a run of each job"),
        ("drop", "When given, will delete the job afterwards"),
        ("fresh", "Reload the catalogue from its source"),
        ("stop", "Stop all running jobs"),
        ("reset", "true to reset the counters"),
    ];

    #[test]
    fn parameters_that_act_by_a_read_are_withheld() {
        let (left, withheld) = sorted(&ACTING, false);
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(withheld.len(), ACTING.len());
        assert_eq!(sorted(&ACTING, true).1, Vec::<String>::new());
    }

    #[test]
    fn parameters_that_shape_or_narrow_a_response_are_sent() {
        let (left, withheld) = sorted(
            &[
                ("paused", "Only jobs that are paused"),
                ("deleted", "Set to true to include deleted jobs"),
                ("status", "Filter by status"),
                ("clear", "Remove HTML from the text"),
                ("limit", "Set the number of jobs on a page"),
                ("order", "Set the sort order"),
                ("start", "Start of the period"),
                ("stop", ""),
                ("q", "What to look for"),
                ("cancelled", "Whether cancelled jobs are shown"),
                ("mode", "Set to `full` to return everything"),
                ("end", "End of the period, to the minute"),
            ],
            false,
        );
        assert_eq!(withheld, Vec::<String>::new());
        assert_eq!(left.len(), 12);
    }
}
