//! `muster id check`.

use std::io::{BufRead, Read};

use clap::Args;
use muster_id::{Identifier, Kind, Options, Problem};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Exit, Failure, OutputFormat, kind_parser};
use crate::cli::output;

/// The longest line of a column that is read whole, in bytes; no identifier comes near it.
const LINE_LIMIT: u64 = 4_096;

/// How much is gathered before it is written, in bytes.
const CHUNK: usize = 64 * 1024;

/// How much of a value is shown, in characters.
const SHOWN: usize = 60;

/// Flags of `muster id check`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n",
    "  muster id check pnc 2099/1234567B 81/34U\n",
    "  cut -f3 people.tsv | muster id check pnc --stdin\n",
    "  muster id check nino --canonical --format json 'NC 99 12 34 A'\n",
    "\n",
    "Exit codes:\n",
    "  0  every value is valid (warnings included)    1  a value is invalid    2  wrong usage",
))]
pub(super) struct Arguments {
    /// The kind of identifier.
    #[arg(value_parser = kind_parser(), ignore_case = true)]
    kind: &'static Kind,
    /// The values.
    #[arg(
        value_name = "VALUE",
        required_unless_present = "stdin",
        allow_hyphen_values = true
    )]
    values: Vec<String>,
    /// Read a column from standard input, a value a line; tell what is invalid by line number, without the values.
    #[arg(long, conflicts_with = "values")]
    stdin: bool,
    /// Accept the canonical form alone, letter case included.
    #[arg(long)]
    canonical: bool,
    /// Show the values of `--stdin`, which may be personal data.
    #[arg(long, requires = "stdin")]
    show_values: bool,
    /// Tell of every value of `--stdin`, valid ones too.
    #[arg(long, requires = "stdin")]
    all: bool,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut report = Report::new(arguments);
    if arguments.stdin {
        let stdin = std::io::stdin().lock();
        column(stdin, |number, line| {
            if line.trim().is_empty() {
                report.tally.blank += 1;
                return Ok(());
            }
            report.judge(Some(number), line)
        })?;
        if report.tally.judged() == 0 {
            return Err(Failure::usage(
                "standard input holds no value: expected a value a line",
            ));
        }
    } else {
        for value in &arguments.values {
            report.judge(None, value)?;
        }
    }
    report.finish()
}

/// Gives the lines of a column to a function, with their numbers from 1. Of a line that is too long, the start is
/// given, which is longer than any value.
fn column(
    mut from: impl BufRead,
    mut each: impl FnMut(u64, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed =
        |error: std::io::Error| Failure::usage(format!("cannot read standard input: {error}"));
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let length = from
            .by_ref()
            .take(LINE_LIMIT)
            .read_until(b'\n', &mut line)
            .map_err(failed)?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        if line.last() != Some(&b'\n') {
            from.skip_until(b'\n').map_err(failed)?;
        }
        let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        // Spreadsheets put a byte order mark before the first line.
        let text = match number {
            1 => text.strip_prefix('\u{feff}').unwrap_or(&text),
            _ => &text,
        };
        each(number, text)?;
    }
}

/// What JSON says of a value.
#[derive(Debug, Default, Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    valid: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<Noted>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Noted>,
}

/// What JSON says of a problem or warning.
#[derive(Debug, Serialize)]
struct Noted {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
}

/// How many values there were of each verdict.
#[derive(Debug, Default)]
struct Tally {
    valid: u64,
    warned: u64,
    invalid: u64,
    blank: u64,
}

impl Tally {
    const fn judged(&self) -> u64 {
        self.valid + self.invalid
    }

    /// In one sentence.
    fn told(&self) -> String {
        let mut text = format!("{}: {} valid", counted(self.judged(), "value"), self.valid);
        if self.warned > 0 {
            text.push_str(&format!(" ({} with a warning)", self.warned));
        }
        text.push_str(&format!(", {} invalid", self.invalid));
        if self.blank > 0 {
            text.push_str(&format!(
                "; {} not judged",
                counted(self.blank, "blank line")
            ));
        }
        text
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Judges values and writes what there is to say of each, in pieces, so that a column of any length takes little memory.
struct Report<'a> {
    arguments: &'a Arguments,
    options: Options,
    /// Whether values are shown.
    shows: bool,
    tally: Tally,
    text: String,
    /// How many values were told of.
    told: u64,
}

impl<'a> Report<'a> {
    fn new(arguments: &'a Arguments) -> Self {
        let year = time::OffsetDateTime::now_utc().year();
        let kind = arguments.kind;
        let mut text = String::new();
        if arguments.format == OutputFormat::Json {
            text = format!("{{\n\"kind\": {},\n\"values\": [", json!(kind.id));
        }
        Self {
            arguments,
            options: u16::try_from(year)
                .map_or_else(|_| Options::default(), |this_year| Options { this_year }),
            shows: !arguments.stdin || arguments.show_values,
            tally: Tally::default(),
            text,
            told: 0,
        }
    }

    fn judge(&mut self, line: Option<u64>, value: &str) -> Result<(), Failure> {
        let mut judged = self.arguments.kind.parse_with(value, &self.options);
        if self.arguments.canonical {
            judged = judged.and_then(|id| id.require_canonical(value));
        }
        let is_plain = match &judged {
            Ok(id) => {
                self.tally.valid += 1;
                self.tally.warned += u64::from(!id.warnings().is_empty());
                id.warnings().is_empty()
            }
            Err(_) => {
                self.tally.invalid += 1;
                false
            }
        };
        if is_plain && self.arguments.stdin && !self.arguments.all {
            return Ok(());
        }
        match self.arguments.format {
            OutputFormat::Json => self.tell_machine(line, value, &judged)?,
            OutputFormat::Human => match line {
                Some(line) => self.tell_line(line, value, &judged),
                None => self.tell_value(value, &judged),
            },
        }
        self.told += 1;
        if self.text.len() >= CHUNK {
            output::out(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }

    /// One line of a column.
    fn tell_line(&mut self, line: u64, value: &str, judged: &Result<Identifier, Problem>) {
        self.text
            .push_str(&format!("line {line}  {}", verdict(judged)));
        if self.shows {
            self.text.push_str(&format!("  {}", shown(value)));
        }
        match judged {
            Ok(id) => {
                if self.shows && id.as_str() != value {
                    self.text.push_str(&format!("  = {id}"));
                }
                for warning in self.warnings(id) {
                    self.text.push_str(&format!("  {}", warning.message));
                }
            }
            Err(problem) => self.text.push_str(&format!("  {}", self.message(*problem))),
        }
        self.text.push('\n');
    }

    /// One value of the command line, with what to do about it.
    fn tell_value(&mut self, value: &str, judged: &Result<Identifier, Problem>) {
        self.text
            .push_str(&format!("{:8} {}\n", verdict(judged), shown(value)));
        let mut told = |text: &str| self.text.push_str(&format!("         {text}\n"));
        match judged {
            Ok(id) => {
                if id.as_str() != value {
                    let form = id.form().map(|form| form.name).unwrap_or_default();
                    told(&format!("canonical: {id} (written in the form: {form})"));
                }
                for warning in id.warnings() {
                    told(&warning.to_string());
                }
            }
            Err(problem) => {
                told(&problem.to_string());
                told(&format!("fix: {}", problem.fix()));
            }
        }
    }

    fn tell_machine(
        &mut self,
        line: Option<u64>,
        value: &str,
        judged: &Result<Identifier, Problem>,
    ) -> Result<(), Failure> {
        let mut entry = Entry {
            line,
            value: self.shows.then_some(value),
            valid: judged.is_ok(),
            ..Entry::default()
        };
        match judged {
            Ok(id) => {
                entry.canonical = self.shows.then_some(id.as_str());
                entry.form = id.form().map(|form| form.name);
                entry.warnings = Some(self.warnings(id));
            }
            Err(problem) => {
                entry.problem = Some(Noted {
                    code: problem.code(),
                    message: self.message(*problem),
                    fix: Some(problem.fix()),
                });
            }
        }
        let entry =
            serde_json::to_string(&entry).map_err(|error| Failure::Internal(error.to_string()))?;
        self.text
            .push_str(if self.told == 0 { "\n" } else { ",\n" });
        self.text.push_str(&entry);
        Ok(())
    }

    fn message(&self, problem: Problem) -> String {
        if self.shows {
            problem.to_string()
        } else {
            problem.masked().to_string()
        }
    }

    fn warnings(&self, id: &Identifier) -> Vec<Noted> {
        id.warnings()
            .iter()
            .map(|warning| Noted {
                code: warning.code(),
                message: if self.shows {
                    warning.to_string()
                } else {
                    warning.masked()
                },
                fix: None,
            })
            .collect()
    }

    fn finish(mut self) -> Result<Exit, Failure> {
        let kind = self.arguments.kind;
        match self.arguments.format {
            OutputFormat::Json => {
                let sources: Vec<Value> = kind
                    .sources
                    .iter()
                    .map(
                        |source| json!({ "name": source.name, "standing": source.standing.name() }),
                    )
                    .collect();
                let Tally {
                    valid,
                    warned,
                    invalid,
                    blank,
                } = self.tally;
                self.text.push_str(&format!(
                    "\n],\n\"sources\": {},\n\"checked\": {}, \"valid\": {valid}, \"warned\": {warned}, \"invalid\": {invalid}, \"blank\": {blank}\n}}\n",
                    Value::from(sources),
                    self.tally.judged(),
                ));
            }
            OutputFormat::Human => {
                if self.arguments.stdin || self.tally.judged() > 1 {
                    self.text.push_str(&format!("{}\n", self.tally.told()));
                }
                if self.tally.invalid > 0 {
                    let sources: Vec<String> = kind
                        .sources
                        .iter()
                        .map(|source| format!("{} ({})", source.name, source.standing.name()))
                        .collect();
                    self.text.push_str(&format!(
                        "rule: {}\nmore: muster id explain {}\n",
                        sources.join("; "),
                        kind.id
                    ));
                }
            }
        }
        output::out(&self.text)?;
        Ok(if self.tally.invalid == 0 {
            Exit::Conformant
        } else {
            Exit::NonConformant
        })
    }
}

fn verdict(judged: &Result<Identifier, Problem>) -> &'static str {
    match judged {
        Ok(id) if id.warnings().is_empty() => "valid",
        Ok(_) => "warning",
        Err(_) => "invalid",
    }
}

/// A value as it can be shown on a terminal: control characters escaped, and not too long.
fn shown(value: &str) -> String {
    if value.is_empty() {
        return "(empty)".to_owned();
    }
    let mut text = String::new();
    for (index, character) in value.chars().enumerate() {
        if index == SHOWN {
            text.push('…');
            break;
        }
        if character.is_control() {
            text.extend(character.escape_debug());
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, usize)> {
        let mut lines = Vec::new();
        column(bytes, |number, line| {
            lines.push((number, line.len()));
            Ok(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn lines_of_any_length_and_end_are_numbered() {
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"abc\r\n\nd"), [(1, 3), (2, 0), (3, 1)]);
        assert_eq!(lines("\u{feff}abc\n".as_bytes()), [(1, 3)]);
        let mut long = vec![b'1'; 10_000];
        long.extend(b"\n2\n");
        assert_eq!(lines(&long), [(1, 4_096), (2, 1)]);
        let mut full = vec![b'1'; 4_095];
        full.extend(b"\n2\n");
        assert_eq!(lines(&full), [(1, 4_095), (2, 1)]);
        let mut over = vec![b'1'; 4_096];
        over.extend(b"\n2\n");
        assert_eq!(lines(&over), [(1, 4_096), (2, 1)]);
    }

    #[test]
    fn what_is_shown_cannot_drive_a_terminal() {
        assert_eq!(shown("a\u{1b}[2J\u{9b}b"), "a\\u{1b}[2J\\u{9b}b");
        assert_eq!(shown(&"1".repeat(100)).chars().count(), SHOWN + 1);
    }

    #[test]
    fn a_tally_is_told_in_one_sentence() {
        let tally = Tally {
            valid: 3,
            warned: 1,
            invalid: 1,
            blank: 1,
        };
        assert_eq!(
            tally.told(),
            "4 values: 3 valid (1 with a warning), 1 invalid; 1 blank line not judged"
        );
    }
}
