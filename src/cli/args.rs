//! Flags that several commands share, and what they come to.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};
use secrecy::SecretString;
use url::Url;

use super::{
    Failure,
    job::{Job, LoadedContract, Subject},
    reference::Delay,
    wiring,
};
use crate::load::{
    Diagnostic, Diagnostics, LoadedProfile, ProfileContract, Source, Target,
    profile::{self, Catalogue},
    target, waivers,
};
use muster_core::model::{Budget, Credential, Identity, IdentityName, KeyPlace};

/// The profile of a run that names none.
const DEFAULT_PROFILE: &str = "uk-gov-api";

/// What is tested, and against what.
#[derive(Debug, Clone, Default, Args)]
#[group(id = "subject")]
pub(super) struct SubjectArguments {
    /// The target file; `-` and URLs work too.
    #[arg(long, short, value_name = "FILE")]
    pub(super) target: Option<String>,
    /// The URL of the API, over that of the target file, or without one.
    #[arg(long, value_name = "URL")]
    pub(super) base_url: Option<String>,
    /// Test the built-in reference supplier.
    #[arg(long, conflicts_with_all = ["target", "base_url", "contract"])]
    pub(super) demo: bool,
    /// Switch a fault of the reference supplier on; may be given again.
    #[arg(long, value_name = "ID", requires = "demo")]
    pub(super) fault: Vec<String>,
    #[command(flatten)]
    pub(super) delay: DelayArguments,
    /// The profile: an id, or a path to a profile.yaml; over that of the target file [default: uk-gov-api].
    #[arg(long, short, value_name = "ID|FILE")]
    pub(super) profile: Option<String>,
    /// The OpenAPI document, over that of the target file and the profile; `-` and URLs work too.
    #[arg(long, short, value_name = "FILE")]
    pub(super) contract: Option<String>,
    /// The folder that references of the contract may lead to, in place of the contract's own.
    #[arg(long, value_name = "DIR")]
    pub(super) contract_root: Option<PathBuf>,
    /// Call with the bearer token in this environment variable.
    #[arg(long, value_name = "NAME")]
    pub(super) bearer_env: Option<String>,
    /// Call with the `user:password` in this environment variable.
    #[arg(long, value_name = "NAME")]
    pub(super) basic_env: Option<String>,
    /// Call with a header whose value is in an environment variable; may be given again.
    #[arg(long, value_name = "HEADER=NAME")]
    pub(super) header_env: Vec<String>,
    /// Seconds until a request counts as unanswered.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) timeout: Option<f64>,
    /// How much of an answer's body is read, in bytes.
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1024..=1_073_741_824))]
    pub(super) body_limit: Option<u64>,
    /// Write to a target that is production, where its file allows writes.
    #[arg(long)]
    pub(super) allow_writes_in_production: bool,
    #[arg(skip)]
    pub(super) secrets: Secrets,
}

/// Whether a command needs the secrets of a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Secrets {
    /// They are read, and have to be there.
    #[default]
    Read,
    /// Nothing is sent: they are left alone.
    Unread,
}

/// How slow the reference supplier is, and how late its reads.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct DelayArguments {
    /// How long the reference supplier waits before each answer, such as 50ms.
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    latency: Option<Duration>,
    /// How much longer it may wait, drawn from the seed, such as 40ms.
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    jitter: Option<Duration>,
    /// How far its reads lag behind its writes, such as 300ms.
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    eventual: Option<Duration>,
}

impl DelayArguments {
    /// What they come to.
    pub(super) fn with_seed(&self, seed: u64) -> Delay {
        Delay {
            latency: self.latency.unwrap_or_default(),
            jitter: self.jitter.unwrap_or_default(),
            eventual: self.eventual.unwrap_or_default(),
            seed,
        }
    }
}

/// A time such as `50ms` or `2s`.
fn milliseconds(text: &str) -> Result<Duration, String> {
    const MOST: u64 = 60_000;
    let number = |end: &str| {
        text.strip_suffix(end)
            .and_then(|number| number.parse().ok())
    };
    number("ms")
        .or_else(|| number("s").and_then(|seconds: u64| seconds.checked_mul(1_000)))
        .filter(|time| *time <= MOST)
        .map(Duration::from_millis)
        .ok_or_else(|| "a time with its unit, such as 50ms or 2s, at most 60s".to_owned())
}

/// What of it is tested.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SelectionArguments {
    /// Only these requirements, classes, checks or cases, findings of the last run (`F3`), or operations: `op:getPerson`,
    /// `tag:people`, `path:/people/*`, `method:GET`; with commas or blanks between them, and may be given again.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub(super) only: Vec<String>,
    /// Not these, written in the same way; may be given again.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub(super) skip: Vec<String>,
    /// The seed: the same seed sends the same requests.
    #[arg(long, value_name = "NUMBER")]
    pub(super) seed: Option<u64>,
    /// How much is tried: about 30 seconds, 2 minutes or 10 minutes for 50 operations.
    #[arg(long, value_enum)]
    pub(super) effort: Option<Effort>,
}

/// How much probes try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Effort {
    /// The most telling requests alone.
    Quick,
    /// Each kind of mistake and edge of each operation, which is the default.
    Standard,
    /// Everything that can be thought of.
    Thorough,
}

impl Effort {
    /// What it may send where the target file does not say: more than fifty operations need, so that it ends a run
    /// on what is far larger and nothing else.
    fn requests(self, target: &Target) -> u64 {
        let is_here = target.budget.per_second > Budget::default().per_second;
        match (self, is_here) {
            (Self::Quick, false) => 5_000,
            (Self::Standard, false) => 10_000,
            (Self::Thorough, false) => 30_000,
            (Self::Quick, true) => 10_000,
            (Self::Standard, true) => 20_000,
            (Self::Thorough, true) => 60_000,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Standard => "standard",
            Self::Thorough => "thorough",
        }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 600.0 => Ok(seconds),
        _ => Err("a number of seconds over 0, at most 600".into()),
    }
}

impl Job {
    /// Loads everything that the flags name.
    pub(super) fn load(
        subject: &SubjectArguments,
        selection: &SelectionArguments,
        waiver_file: Option<&str>,
    ) -> Result<Self, Failure> {
        one_reader_of_stdin(subject, waiver_file)?;
        let target = (!subject.demo).then(|| load_target(subject)).transpose();
        let of_target = match &target {
            Ok(Some(target)) => target.profiles.clone(),
            _ => Vec::new(),
        };
        let given = match &subject.profile {
            Some(given) => vec![given.clone()],
            None if of_target.is_empty() => vec![DEFAULT_PROFILE.to_owned()],
            None => of_target,
        };
        let loaded = profile::load_all(&given, &wiring::catalogue());
        let is_flag = waiver_file.is_some();
        let waiver_file = waiver_file.map(str::to_owned).or_else(|| match &target {
            Ok(Some(target)) => target.waivers.clone(),
            _ => None,
        });
        let mut inputs: Vec<PathBuf> = given.iter().map(PathBuf::from).collect();
        inputs.extend(subject.target.as_deref().map(PathBuf::from));
        inputs.extend(waiver_file.as_deref().map(PathBuf::from));
        let waivers = match (&loaded, waiver_file) {
            (Ok(loaded), Some(file)) => waivers::read(&file, !is_flag)
                .and_then(|source| waivers::load(source, &loaded.profile)),
            _ => Ok(Vec::new()),
        };
        // A person mends all files at once, where several are wrong.
        let ((target, loaded), waivers) = both(both(target, loaded), waivers)?;
        let LoadedProfile {
            mut profile,
            contract,
        } = loaded;
        if let Some(effort) = selection.effort {
            profile
                .parameters
                .0
                .insert("effort".to_owned(), effort.name().into());
        }
        let Some(mut target) = target else {
            return Ok(Self {
                subject: Subject::Demo(
                    subject.fault.clone(),
                    subject.delay.with_seed(selection.seed.unwrap_or(1)),
                ),
                profile,
                contract: None,
                only: selection.only.clone(),
                skip: selection.skip.clone(),
                seed: selection.seed,
                waivers,
                inputs,
            });
        };
        if !subject.delay.with_seed(0).is_none() {
            return Err(Failure::usage(
                "--latency, --jitter and --eventual are of the reference supplier: give them with --demo",
            ));
        }
        if let Some(effort) = selection.effort {
            target.parameters.0.remove("effort");
            if !target.budget_is_given {
                target.budget.requests = effort.requests(&target);
            }
        }
        let location = subject.contract.as_ref().or(target.contract.as_ref());
        inputs.extend(location.map(PathBuf::from));
        let contract = load_contract(subject, &target, contract)?;
        Ok(Self {
            subject: Subject::Target(Box::new(target)),
            profile,
            contract: Some(contract),
            only: selection.only.clone(),
            skip: selection.skip.clone(),
            seed: selection.seed,
            waivers,
            inputs,
        })
    }
}

/// What is wrong with two files is told at once.
fn both<A, B>(
    first: Result<A, Failure>,
    second: Result<B, Diagnostics>,
) -> Result<(A, B), Failure> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(Failure::Usage(mut wrong)), Err(more)) => {
            wrong.extend(more);
            Err(Failure::Usage(wrong))
        }
        (Err(failure), _) => Err(failure),
        (_, Err(wrong)) => Err(wrong.into()),
    }
}

/// Standard input can be read once.
fn one_reader_of_stdin(
    subject: &SubjectArguments,
    waiver_file: Option<&str>,
) -> Result<(), Failure> {
    let readers = [
        ("--target", subject.target.as_deref()),
        ("--profile", subject.profile.as_deref()),
        ("--contract", subject.contract.as_deref()),
        ("--waivers", waiver_file),
    ];
    let readers: Vec<&str> = readers
        .iter()
        .filter(|(_, given)| *given == Some("-"))
        .map(|(flag, _)| *flag)
        .collect();
    if readers.len() > 1 {
        return Err(Failure::usage(format!(
            "only one of {} can read standard input",
            readers.join(" and ")
        )));
    }
    Ok(())
}

fn load_contract(
    subject: &SubjectArguments,
    target: &Target,
    of_profile: Option<ProfileContract>,
) -> Result<LoadedContract, Failure> {
    let location = subject.contract.clone().or_else(|| target.contract.clone());
    match location.map(ProfileContract::Location).or(of_profile) {
        Some(place) => {
            let root = contract_root(subject, target);
            // What stands in for a secret is shown to nobody.
            match subject.secrets {
                Secrets::Read => wiring::contract_of(&place, target, root.as_deref()),
                Secrets::Unread => wiring::contract_within(&place, root.as_deref()),
            }
        }
        None => Err(Failure::Usage(
            Diagnostic::plain("there is no contract to test against")
                .help("give `--contract openapi.yaml`, or `contract:` in the target file")
                .into(),
        )),
    }
}

/// The folder that references of the contract may lead to, where the flag or the target file names one.
pub(super) fn contract_root(subject: &SubjectArguments, target: &Target) -> Option<PathBuf> {
    let given = subject.contract_root.clone();
    given.or_else(|| target.contract_root.clone())
}

/// Loads the target file, or makes a target of flags, and lays flags over it.
pub(super) fn load_target(arguments: &SubjectArguments) -> Result<Target, Failure> {
    let names = std::cell::RefCell::new(Vec::new());
    let environment = |name: &str| {
        names.borrow_mut().push(name.to_owned());
        match arguments.secrets {
            Secrets::Read => std::env::var(name).ok(),
            Secrets::Unread => Some("stands-in:for-a-secret".to_owned()),
        }
    };
    let base_url = arguments.base_url.as_deref().map(base_url).transpose()?;
    let settings = target::Settings {
        environment: &environment,
        allow_writes_in_production: arguments.allow_writes_in_production,
        without_secrets: arguments.secrets == Secrets::Unread,
    };
    let mut target = match (&arguments.target, base_url) {
        (Some(file), base_url) => {
            let mut target = target::load(Source::read(file, "target file")?, &settings)?;
            target.base_url = base_url.unwrap_or(target.base_url);
            target
        }
        (None, Some(base_url)) => Target::at(base_url),
        (None, None) => return Err(nothing_to_test()),
    };
    if let Some(identity) = identity_of_flags(arguments, &environment)? {
        target
            .identities
            .retain(|(name, _)| *name != IdentityName::default());
        target
            .identities
            .insert(0, (IdentityName::default(), identity));
    }
    if let Some(seconds) = arguments.timeout {
        target.timeout = std::time::Duration::from_secs_f64(seconds);
    }
    target.body_limit = arguments.body_limit.unwrap_or(target.body_limit);
    target.from_environment = names.take();
    Ok(target)
}

fn nothing_to_test() -> Failure {
    Failure::Usage(
        Diagnostic::plain("nothing says what to test")
            .help("give `--target FILE`, `--base-url URL` or `--demo`; `muster init` writes a first target file")
            .into(),
    )
}

fn base_url(text: &str) -> Result<Url, Failure> {
    target::parse_base_url(text).map_err(|reason| Failure::usage(format!("`--base-url` {reason}")))
}

/// The identity that flags make; nothing where none of them was given.
fn identity_of_flags(
    arguments: &SubjectArguments,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Identity>, Failure> {
    let read = |flag: &str, name: &str| -> Result<SecretString, Failure> {
        match environment(name).filter(|value| !value.is_empty()) {
            Some(value) => Ok(value.into()),
            None => Err(Failure::usage(format!(
                "`{flag}`: the environment variable `{name}` is not set or empty"
            ))),
        }
    };
    let mut credentials = Vec::new();
    if let Some(name) = &arguments.bearer_env {
        let token = read("--bearer-env", name)?;
        credentials.push((None, Credential::Bearer { token }));
    }
    if let Some(name) = &arguments.basic_env {
        let pair = environment(name).unwrap_or_default();
        let Some((username, password)) = pair.split_once(':') else {
            let message = format!(
                "`--basic-env`: the environment variable `{name}` does not hold `user:password`"
            );
            return Err(Failure::usage(message));
        };
        credentials.push((
            None,
            Credential::Basic {
                username: username.to_owned(),
                password: password.to_owned().into(),
            },
        ));
    }
    for given in &arguments.header_env {
        let Some((header, name)) = given
            .split_once('=')
            .filter(|(header, name)| !header.is_empty() && !name.is_empty())
        else {
            return Err(Failure::Usage(
                Diagnostic::plain("`--header-env` is written HEADER=NAME, with the name of an environment variable")
                    .help("such as `--header-env X-Api-Key=RMS_KEY`")
                    .into(),
            ));
        };
        credentials.push((
            None,
            Credential::ApiKey {
                place: KeyPlace::Header,
                name: header.to_owned(),
                value: read("--header-env", name)?,
            },
        ));
    }
    Ok((!credentials.is_empty()).then_some(Identity {
        credentials,
        client_certificate: None,
    }))
}

/// The ids that a profile may cite.
pub(super) fn catalogue_of(cases: impl IntoIterator<Item = String>) -> Catalogue {
    Catalogue::with_cases(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        match name {
            "TOKEN" => Some("t".into()),
            "PAIR" => Some("user:pass:word".into()),
            _ => None,
        }
    }

    #[test]
    fn an_identity_of_flags() {
        let arguments = SubjectArguments {
            bearer_env: Some("TOKEN".into()),
            basic_env: Some("PAIR".into()),
            header_env: vec!["X-Api-Key=TOKEN".into()],
            ..SubjectArguments::default()
        };
        let identity = identity_of_flags(&arguments, &environment)
            .unwrap()
            .unwrap();
        assert_eq!(identity.credentials.len(), 3);
        assert!(
            matches!(&identity.credentials[1].1, Credential::Basic { username, .. } if username == "user")
        );
        assert!(
            identity_of_flags(&SubjectArguments::default(), &environment)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn an_identity_of_flags_that_cannot_be() {
        for arguments in [
            SubjectArguments {
                bearer_env: Some("NONE".into()),
                ..SubjectArguments::default()
            },
            SubjectArguments {
                basic_env: Some("TOKEN".into()),
                ..SubjectArguments::default()
            },
            SubjectArguments {
                header_env: vec!["X-Api-Key".into()],
                ..SubjectArguments::default()
            },
            SubjectArguments {
                header_env: vec!["X-Api-Key=NONE".into()],
                ..SubjectArguments::default()
            },
        ] {
            let failure = identity_of_flags(&arguments, &environment).unwrap_err();
            assert_eq!(failure.exit(), super::super::Exit::Usage);
        }
    }
}
