//! Where secrets are read: the environment, files and programs, never the authored file itself.

use std::{path::Path, process::Stdio, time::Duration};

use secrecy::SecretString;
use serde::Deserialize;

use super::source::{Source, read_file, wait};

/// What stands in for a secret where nothing is sent.
const STAND_IN: &str = "bm90IGEgc2VjcmV0";

/// How long a program may take to print a secret; a person may have to unlock something meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a secret is read, as it is written: `{ env: NAME }`, `{ file: path }` or `{ command: [..] }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretReference {
    /// An environment variable.
    Env(String),
    /// A file, relative to the one that names it.
    File(String),
    /// A program with its arguments, run in the folder of the file that names it.
    Command(Vec<String>),
}

/// The environment, as a function, so that tests bring their own.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl SecretReference {
    /// Reads the secret. One line break at its end is not part of it.
    ///
    /// # Errors
    /// Why it cannot be read, without any of it.
    pub fn resolve(
        &self,
        source: &Source,
        environment: Lookup<'_>,
    ) -> Result<SecretString, String> {
        if source.without_secrets {
            return Ok(SecretString::from(STAND_IN));
        }
        let text = match self {
            Self::Env(name) => environment(name)
                .ok_or_else(|| format!("the environment variable `{name}` is not set"))?,
            Self::File(path) => {
                let bytes = read_file(&source.beside(path))
                    .map_err(|reason| format!("cannot read the file `{path}`: {reason}"))?;
                String::from_utf8(bytes).map_err(|_| format!("the file `{path}` is not UTF-8"))?
            }
            Self::Command(words) => run(words, &source.folder)?,
        };
        let text = text.strip_suffix('\n').map_or(text.as_str(), |text| {
            text.strip_suffix('\r').unwrap_or(text)
        });
        if text.trim().is_empty() {
            return Err(format!("{} is empty", self.place()));
        }
        Ok(SecretString::from(text.to_owned()))
    }

    /// Where it is read, for a message.
    fn place(&self) -> String {
        match self {
            Self::Env(name) => format!("the environment variable `{name}`"),
            Self::File(path) => format!("the file `{path}`"),
            Self::Command(words) => format!("what `{}` prints", program(words)),
        }
    }
}

/// The program alone: its arguments may hold what nobody should read.
fn program(words: &[String]) -> &str {
    words.first().map_or("", String::as_str)
}

fn run(words: &[String], folder: &Path) -> Result<String, String> {
    let name = program(words).to_owned();
    let arguments = words.get(1..).unwrap_or_default();
    let mut command = tokio::process::Command::new(&name);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    wait(async move {
        let output = tokio::time::timeout(PATIENCE, async {
            command.spawn()?.wait_with_output().await
        })
        .await
        .map_err(|_| {
            format!(
                "`{name}` printed nothing within {} seconds",
                PATIENCE.as_secs()
            )
        })?
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("there is no program `{name}`"),
            _ => format!("`{name}` cannot be run: {error}"),
        })?;
        if !output.status.success() {
            return Err(format!("`{name}` failed ({})", output.status));
        }
        String::from_utf8(output.stdout).map_err(|_| format!("what `{name}` prints is not UTF-8"))
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn resolve(reference: &SecretReference) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("good"), "hunter2\r\n").unwrap();
        std::fs::write(folder.path().join("blank"), "\n").unwrap();
        let source = Source {
            folder: folder.path().to_path_buf(),
            ..Source::new("target.yaml", "")
        };
        let environment = |name: &str| (name == "SET").then(|| "from env".to_owned());
        reference
            .resolve(&source, &environment)
            .map(|secret| secret.expose_secret().to_owned())
    }

    fn command(words: &[&str]) -> SecretReference {
        SecretReference::Command(words.iter().map(|&word| word.into()).collect())
    }

    #[test]
    fn reads_from_environment_file_and_program() {
        assert_eq!(
            resolve(&SecretReference::Env("SET".into())).unwrap(),
            "from env"
        );
        assert_eq!(
            resolve(&SecretReference::File("good".into())).unwrap(),
            "hunter2"
        );
        assert_eq!(resolve(&command(&["cat", "good"])).unwrap(), "hunter2");
    }

    #[test]
    fn says_why_it_cannot_be_read() {
        for (reference, reason) in [
            (
                SecretReference::Env("UNSET".into()),
                "the environment variable `UNSET` is not set",
            ),
            (
                SecretReference::File("none".into()),
                "cannot read the file `none`: there is no such file",
            ),
            (
                SecretReference::File("blank".into()),
                "the file `blank` is empty",
            ),
            (command(&["false"]), "`false` failed (exit status: 1)"),
            (
                command(&["no-such-program-here"]),
                "there is no program `no-such-program-here`",
            ),
        ] {
            assert_eq!(resolve(&reference).unwrap_err(), reason);
        }
    }
}
