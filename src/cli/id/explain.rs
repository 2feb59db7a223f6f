//! `muster id explain` and `muster id list`.

use clap::Args;
use muster_id::{Identifier, KINDS, Kind, Options, forces};
use serde_json::{Value, json};

use super::{Exit, Failure, OutputFormat, kind_parser};
use crate::cli::output;

const WIDTH: usize = 100;

/// Flags of `muster id explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The kind of identifier.
    #[arg(value_parser = kind_parser(), ignore_case = true)]
    kind: &'static Kind,
    /// How the explanation is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

/// Flags of `muster id list`.
#[derive(Debug, Args)]
pub(super) struct ListArguments {
    /// List the codes of forces instead.
    #[arg(long)]
    forces: bool,
    /// How the list is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    match arguments.format {
        OutputFormat::Json => output::json(&described(arguments.kind))?,
        OutputFormat::Human => output::out(&explain(arguments.kind))?,
    }
    Ok(Exit::Conformant)
}

pub(super) fn list(arguments: &ListArguments) -> Result<Exit, Failure> {
    match (arguments.forces, arguments.format) {
        (false, OutputFormat::Json) => output::json(
            &KINDS
                .iter()
                .map(|kind| described(kind))
                .collect::<Vec<Value>>(),
        )?,
        (false, OutputFormat::Human) => {
            let rows: Vec<Vec<String>> = KINDS
                .iter()
                .map(|kind| {
                    vec![
                        kind.id.to_owned(),
                        shapes(kind).unwrap_or_default(),
                        kind.title.to_owned(),
                    ]
                })
                .collect();
            output::out(&output::columns(&rows))?;
        }
        (true, OutputFormat::Json) => {
            let listed: Vec<Value> = forces()
                .iter()
                .map(|force| {
                    json!({
                        "code": force.code,
                        "name": force.name,
                        "status": force.status.name(),
                        "note": force.note,
                    })
                })
                .collect();
            output::json(&listed)?;
        }
        (true, OutputFormat::Human) => {
            let rows: Vec<Vec<String>> = forces()
                .iter()
                .map(|force| {
                    let name = match force.note {
                        "" => force.name.to_owned(),
                        note => format!("{} ({note})", force.name),
                    };
                    vec![force.code.to_owned(), force.status.name().to_owned(), name]
                })
                .collect();
            output::out(&output::columns(&rows))?;
        }
    }
    Ok(Exit::Conformant)
}

/// The shape of the canonical form.
fn shapes(kind: &Kind) -> Option<String> {
    kind.forms.first().map(|form| form.shape.to_owned())
}

/// A synthetic value that shows the forms of a kind, and where it cannot show one, a value that does.
fn shown(kind: &'static Kind) -> Vec<Identifier> {
    kind.make(1)
        .take(1)
        .chain(kind.valid.iter().filter_map(|value| kind.parse(value).ok()))
        .collect()
}

/// A value written in the form of this name.
fn example(kind: &'static Kind, name: &str) -> String {
    let options = Options::default();
    shown(kind)
        .iter()
        .find_map(|id| {
            id.forms(&options)
                .find(|(form, _)| form.name == name)
                .map(|(_, text)| text.to_string())
        })
        .unwrap_or_default()
}

fn described(kind: &'static Kind) -> Value {
    json!({
        "id": kind.id,
        "aliases": kind.aliases,
        "title": kind.title,
        "purpose": kind.purpose,
        "forms": kind.forms.iter().map(|form| json!({
            "name": form.name,
            "shape": form.shape,
            "example": example(kind, form.name),
            "about": form.about,
        })).collect::<Vec<Value>>(),
        "rules": kind.rules,
        "check": kind.check,
        "limits": kind.limits,
        "synthetic": kind.synthetic,
        "capacity": kind.capacity,
        "accepted": kind.valid,
        "refused": kind.invalid.iter().map(|(value, message)| json!({
            "value": value,
            "message": message,
        })).collect::<Vec<Value>>(),
        "sources": kind.sources.iter().map(|source| json!({
            "name": source.name,
            "standing": source.standing.name(),
        })).collect::<Vec<Value>>(),
    })
}

fn explain(kind: &'static Kind) -> String {
    let mut text = format!("{} ({})\n{}\n", kind.title, kind.id, kind.purpose);
    if !kind.aliases.is_empty() {
        text.push_str(&format!("Also: {}\n", kind.aliases.join(", ")));
    }
    text.push_str("\nForms, the canonical one first (letter case and white space around a value do not count)\n");
    let rows: Vec<Vec<String>> = kind
        .forms
        .iter()
        .map(|form| {
            vec![
                format!("  {}", form.shape),
                example(kind, form.name),
                format!("{}: {}", form.name, form.about),
            ]
        })
        .collect();
    text.push_str(&output::columns(&rows));
    for (heading, sentences) in [
        ("Rules", kind.rules),
        ("Check character", &[kind.check]),
        ("What is not judged, and what to beware of", kind.limits),
        ("Values that `muster id make` gives", &[kind.synthetic]),
    ] {
        text.push_str(&format!("\n{heading}\n"));
        for sentence in sentences {
            text.push_str(&output::paragraph(sentence, 2, WIDTH));
        }
    }
    text.push_str(&format!(
        "\nAccepted\n  {}\n\nRefused\n",
        kind.valid.join(", ")
    ));
    let rows: Vec<Vec<String>> = kind
        .invalid
        .iter()
        .map(|(value, message)| vec![format!("  {value}"), (*message).to_owned()])
        .collect();
    text.push_str(&output::columns(&rows));
    text.push_str("\nSources\n");
    for source in kind.sources {
        text.push_str(&format!(
            "  {} ({}: {})\n",
            source.name,
            source.standing.name(),
            source.standing.about()
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTRODUCTION: &str = "\
# Identifiers

`muster id` checks, makes and explains the identifiers of policing and justice. A pattern says that a value looks right; a
check character says that it was typed right. So identifiers are computed here and not only matched. The crate
[`muster-id`](../crates/muster-id/README.md) holds the rules and can be used without the rest.

```sh
muster id list                                    # the kinds
muster id check pnc 2018/0123456X                 # what exactly is wrong; exit code 1
cut -f3 people.tsv | muster id check pnc --stdin  # a column; values are not shown
muster id make asn --count 5 --seed 7             # valid values that are nobody's
muster id explain cro                             # one section of this page
```

- **Forms.** Every accepted form leads to one canonical form, in which values are stored, sent and compared. Letter case and
  white space around a value do not count. `--canonical` refuses every other form.
- **Errors and warnings.** An error makes the value invalid, and the exit code 1. A warning tells a doubt: a sum that no
  authority publishes, a force that is not listed, a check letter that no known rule judges.
- **Columns.** `--stdin` reads a value a line. It shows line numbers and reasons and no values, as values of real systems
  are personal data; `--show-values` shows them. Blank lines are counted and not judged.
- **Made values** are valid and synthetic: in a range that the scheme reserves, or in one that is easy to see.
- A check character proves that a value was typed correctly. It does not prove that the value was issued.

Standing of a source: **official**, the issuing body's own text was read; **code**, read in the source code of a public
system; **derived**, worked out from published values and documented nowhere; **general**, general knowledge, no source
text was read.

`MUSTER_WRITE_DOCS=1 cargo test --lib identifiers_page` writes this page from the list of kinds.
";

    /// `docs/identifiers.md`.
    fn page() -> String {
        let mut page = INTRODUCTION.to_owned();
        let cell = |text: &str| text.replace('|', "\\|");
        for kind in KINDS {
            page.push_str(&format!(
                "\n## `{}`: {}\n\n{}\n\n",
                kind.id, kind.title, kind.purpose
            ));
            page.push_str("| form | shape | example | |\n|---|---|---|---|\n");
            for form in kind.forms {
                page.push_str(&format!(
                    "| {} | `{}` | `{}` | {} |\n",
                    form.name,
                    form.shape,
                    example(kind, form.name),
                    cell(form.about)
                ));
            }
            page.push('\n');
            for rule in kind.rules {
                page.push_str(&format!("- {rule}\n"));
            }
            page.push_str(&format!("- Check character: {}\n", kind.check));
            for limit in kind.limits {
                page.push_str(&format!("- Limit: {limit}\n"));
            }
            page.push_str(&format!("- Made: {}\n\n", kind.synthetic));
            for (value, message) in kind.invalid {
                page.push_str(&format!("- `{value}`: {message}\n"));
            }
            page.push_str("\nSources: ");
            let sources: Vec<String> = kind
                .sources
                .iter()
                .map(|source| format!("{} ({})", source.name, source.standing.name()))
                .collect();
            page.push_str(&format!("{}.\n", sources.join("; ")));
        }
        page
    }

    #[test]
    fn the_identifiers_page_is_as_the_list_of_kinds() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/identifiers.md");
        if std::env::var_os("MUSTER_WRITE_DOCS").is_some() {
            std::fs::write(file, page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), page());
    }

    #[test]
    fn every_form_has_an_example() {
        for kind in KINDS {
            for form in kind.forms {
                assert!(
                    !example(kind, form.name).is_empty(),
                    "{} {}",
                    kind.id,
                    form.name
                );
            }
            let told = explain(kind);
            for source in kind.sources {
                assert!(told.contains(source.name), "{}", kind.id);
            }
        }
    }
}
