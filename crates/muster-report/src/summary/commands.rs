//! Commands that send the request of a finding again (owner of [`Commands`]).

use crate::event::Reproduction;
use muster_core::{exchange, observation::Observation};

/// The commands of one finding, in the order in which a reader runs them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Commands {
    /// What is to be done first: start the target, set variables, how to fill in an id.
    pub(super) prepare: Vec<String>,
    /// The write that is to be sent first, where the finding shows only in what is read then.
    pub(super) before: Option<String>,
    /// The request that shows the finding.
    pub(super) shown: Option<String>,
}

/// The commands for the exchanges that show a finding, the decisive one last.
pub(super) fn commands(evidence: &[Observation], reproduction: &Reproduction) -> Commands {
    let shown = evidence.last().filter(|shown| shown.can_be_sent_again());
    let write = evidence.iter().rev().nth(1).filter(|write| {
        shown.is_some_and(|shown| {
            shown.method.is_safe()
                && !write.method.is_safe()
                && write.can_be_sent_again()
                && exchange::is_below(&shown.url, &write.url)
        })
    });
    let mut commands = Commands {
        prepare: Vec::new(),
        before: write.map(Observation::curl),
        shown: shown.map(|shown| {
            let before = evidence.iter().rev().nth(1);
            before
                .and_then(|before| shown.curl_after(before))
                .unwrap_or_else(|| shown.curl())
        }),
    };
    if commands.shown.is_none() {
        return commands;
    }
    prepare(&mut commands, reproduction);
    if let (Some(write), Some(shown)) = (write, shown)
        && let Some(id) = new_id(write, shown)
    {
        commands.prepare.push(format!(
            "# The first request makes another record: put the id of it in place of {id} in the second."
        ));
    }
    commands
}

/// The id in the second URL that is the collection's new record, where the first made one.
fn new_id<'o>(write: &Observation, shown: &'o Observation) -> Option<&'o str> {
    let below = shown
        .url
        .strip_prefix(write.url.split('?').next()?.trim_end_matches('/'))?
        .strip_prefix('/')?;
    below.split(['/', '?']).next().filter(|id| !id.is_empty())
}

/// Puts in what variables stand for, and says what is left to set.
fn prepare(commands: &mut Commands, reproduction: &Reproduction) {
    commands.prepare.extend(
        reproduction
            .start
            .as_ref()
            .map(|start| format!("{start}  # in another terminal")),
    );
    let value = |name: &str| {
        let known = reproduction.variables.iter().find(|one| one.name == name);
        known.map(|one| one.value.clone())
    };
    let mut exports: Vec<String> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for command in [&mut commands.before, &mut commands.shown]
        .into_iter()
        .flatten()
    {
        *command = put_in(command, &value, &mut open);
    }
    // A value may itself stand on others, which are to be set before it.
    let mut done: Vec<String> = Vec::new();
    while let Some(name) = open.pop() {
        if done.contains(&name) {
            continue;
        }
        let line = match value(&name) {
            Some(expression) => {
                format!(
                    "export {name}=\"{}\"",
                    put_in(&expression, &value, &mut open)
                )
            }
            None => format!("export {name}=…  # {}", meaning(&name)),
        };
        exports.insert(0, line);
        done.push(name);
    }
    commands.prepare.extend(exports);
}

/// What a variable is that nothing is known of.
fn meaning(name: &str) -> &'static str {
    match name {
        "MUSTER_CA" => "the file of `tls.ca` in the target file",
        "MUSTER_CLIENT_CERT" => "the file of `tls.client_cert` in the target file",
        "MUSTER_CLIENT_KEY" => "the file of `tls.client_key` in the target file",
        name if name.ends_with("_TOKEN") => "an access token of this identity",
        name if name.ends_with("_SECRET") => {
            "the secret of this client, from the target file or as `muster demo` prints it"
        }
        _ => "a secret of the target file, or made of one",
    }
}

/// A command in which a variable whose value is another variable is that one; the names of the others.
fn put_in(command: &str, value: &dyn Fn(&str) -> Option<String>, left: &mut Vec<String>) -> String {
    const PREFIX: &str = "MUSTER_";
    let mut out = String::with_capacity(command.len());
    let mut rest = command;
    while let Some(at) = rest.find(PREFIX) {
        let (before, from) = rest.split_at(at);
        let length = from
            .find(|sign: char| !(sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '_'))
            .unwrap_or(from.len());
        let (name, after) = from.split_at(length);
        out.push_str(before);
        rest = after;
        if !before.ends_with('$') && !before.ends_with("${") {
            out.push_str(name);
            continue;
        }
        let other = value(name)
            .and_then(|value| Some(value.strip_prefix('$')?.to_owned()))
            .filter(|other| {
                other
                    .chars()
                    .all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
            });
        match other {
            Some(other) => out.push_str(&other),
            None => {
                if !left.iter().any(|held| held == name) {
                    left.push(name.to_owned());
                }
                out.push_str(name);
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::ShellVariable, summary::fixture::observation};

    fn variable(name: &str, value: &str) -> ShellVariable {
        ShellVariable {
            name: name.to_owned(),
            value: value.to_owned(),
        }
    }

    fn of(variables: Vec<ShellVariable>, start: Option<&str>) -> Commands {
        let reproduction = Reproduction {
            start: start.map(str::to_owned),
            variables,
        };
        commands(&[observation(1, "GET /people", 500, "{}")], &reproduction)
    }

    #[test]
    fn a_secret_of_the_environment_is_the_users_own_variable() {
        let told = of(vec![variable("MUSTER_DEFAULT_TOKEN", "$RMS_TOKEN")], None);
        let shown = told.shown.unwrap_or_default();
        assert!(
            shown.contains("'authorization: Bearer '\"$RMS_TOKEN\""),
            "{shown}"
        );
        assert!(told.prepare.is_empty(), "{:?}", told.prepare);
    }

    #[test]
    fn what_is_left_to_set_is_told_first_what_others_rest_on() {
        let told = of(
            vec![variable(
                "MUSTER_DEFAULT_TOKEN",
                "$(curl -u 'me':\"$MUSTER_DEFAULT_SECRET\" 'https://h/token')",
            )],
            Some("muster demo"),
        );
        let [start, secret, token] = told.prepare.as_slice() else {
            unreachable!("{:?}", told.prepare)
        };
        assert!(start.starts_with("muster demo"));
        assert!(
            secret.starts_with("export MUSTER_DEFAULT_SECRET=…  # "),
            "{secret}"
        );
        assert!(
            token.starts_with("export MUSTER_DEFAULT_TOKEN=\"$(curl"),
            "{token}"
        );
    }

    #[test]
    fn a_name_that_is_no_variable_stays() {
        let mut left = Vec::new();
        let text = put_in("a MUSTER_X \"$MUSTER_Y\"", &|_| None, &mut left);
        assert_eq!(text, "a MUSTER_X \"$MUSTER_Y\"");
        assert_eq!(left, ["MUSTER_Y"]);
    }
}
