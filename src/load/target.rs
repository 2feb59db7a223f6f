//! `target.yaml` to a [`Target`]: typed, checked, its secrets resolved.

mod agreement;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::PathBuf,
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    diagnostic::{Diagnostic, Diagnostics},
    identities::{self, RawIdentity},
    issuer::{self, RawIssuer},
    profile,
    roles::{self, RawRole, SaidRole},
    schemas,
    secrets::{Lookup, SecretReference},
    source::{Source, is_url},
    tls::{self, TlsFiles},
    violations::violations,
    yaml::{Confidential, Document, member},
};
use muster_core::model::{
    Attestation, Budget, Claims, Environment, Identity, IdentityName, Parameters, Writes,
};

/// How long a request may go unanswered, where the target file does not say.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// How much of a body is read, where the target file does not say.
pub const BODY_LIMIT: u64 = 10 * 1024 * 1024;

/// The API under test, and what a run may do to it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// The target file as it was named; none where flags alone say what the target is.
    pub file: Option<String>,
    /// Who supplies it.
    pub supplier: String,
    /// Which environment it is.
    pub environment: Environment,
    /// What the paths of the contract are appended to.
    pub base_url: Url,
    /// The profiles that are required of it; none where a flag or the default says which.
    pub profiles: Vec<String>,
    /// The file of accepted failures: a URL, or a path relative to the working folder.
    pub waivers: Option<String>,
    /// The contract: a URL, or a path that is relative to nothing but the working folder any more.
    pub contract: Option<String>,
    /// The folder that references of the contract may lead to, in place of the contract's own.
    pub contract_root: Option<PathBuf>,
    /// Where the target serves its own contract: a path from the root of its host, or a URL there.
    pub published_contract: Option<String>,
    /// What the supplier claims.
    pub claims: Claims,
    /// Who calls, in the order of the file.
    pub identities: Vec<(IdentityName, Identity)>,
    /// Certificates.
    pub tls: TlsFiles,
    /// What exists already, by role: read, never written to.
    pub data: BTreeMap<String, Value>,
    /// What a run may change although it did not make it, written as `data` is.
    pub writable: BTreeMap<String, Value>,
    /// Whether a run may change anything; never in production, unless asked for by a flag.
    pub writes: Writes,
    /// Why writes are refused although the file allows them.
    pub writes_refused_because: Option<String>,
    /// How much a run may send.
    pub budget: Budget,
    /// Whether the file says how many requests that are, so that the effort of a run does not.
    pub budget_is_given: bool,
    /// Values over those of the profile.
    pub parameters: Parameters,
    /// What persons state.
    pub attestations: Vec<Attestation>,
    /// How long a request may go unanswered.
    pub timeout: Duration,
    /// How much of a body is read, in bytes.
    pub body_limit: u64,
    /// Operations to call although they may end the run's own access.
    pub include_hazards: BTreeSet<String>,
    /// What is a hazard here, and what is none.
    pub hazards: HazardRules,
    /// Properties whose values are masked in everything that is kept.
    pub personal: Vec<String>,
    /// What operations and their parameters are for, where the contract does not show it.
    pub roles: Vec<SaidRole>,
    /// Each claim with where it is made.
    pub claims_at: Vec<(String, Diagnostic)>,
    /// Where keys of Muster's own are served, for the target to leave alone.
    pub callback: Option<Callback>,
    /// The environment variables that secrets were read from.
    pub from_environment: Vec<String>,
    /// The command that starts the target, where it is the reference supplier.
    pub started_by: Option<String>,
}

/// What the target file says of hazards, over the words that Muster knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HazardRules {
    /// Words that make an operation a hazard here.
    #[serde(default)]
    pub words: Vec<String>,
    /// Words that mean no harm here.
    #[serde(default)]
    pub harmless_words: Vec<String>,
    /// Operations that are no hazards, written as for `--only`.
    #[serde(default)]
    pub harmless: Vec<String>,
}

/// Where Muster listens for those who follow addresses in tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The address it listens on.
    pub listen: SocketAddr,
    /// How the target reaches it.
    pub url: Option<String>,
}

impl Target {
    /// A target that is no more than its URL.
    #[must_use]
    pub fn at(base_url: Url) -> Self {
        Self {
            name: base_url.host_str().unwrap_or_default().to_owned(),
            file: None,
            supplier: String::new(),
            environment: Environment::Test,
            profiles: Vec::new(),
            waivers: None,
            contract: None,
            contract_root: None,
            published_contract: None,
            claims: Claims::default(),
            identities: Vec::new(),
            tls: TlsFiles::default(),
            data: BTreeMap::new(),
            writable: BTreeMap::new(),
            writes: Writes::Refused,
            writes_refused_because: None,
            budget: usual_budget(&base_url),
            budget_is_given: false,
            parameters: Parameters::default(),
            attestations: Vec::new(),
            timeout: TIMEOUT,
            body_limit: BODY_LIMIT,
            include_hazards: BTreeSet::new(),
            hazards: HazardRules::default(),
            personal: Vec::new(),
            roles: Vec::new(),
            claims_at: Vec::new(),
            callback: None,
            from_environment: Vec::new(),
            started_by: None,
            base_url,
        }
    }

    /// The identity of this name.
    #[must_use]
    pub fn identity(&self, name: &IdentityName) -> Option<&Identity> {
        self.identities
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, identity)| identity)
    }
}

/// What else decides on a target.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    /// The environment that secrets are read from.
    pub environment: Lookup<'a>,
    /// Whether `--allow-writes-in-production` was given.
    pub allow_writes_in_production: bool,
    /// Whether secrets are left unread, since nothing is sent.
    pub without_secrets: bool,
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTarget {
    target: String,
    #[serde(default)]
    supplier: String,
    environment: Option<Environment>,
    base_url: String,
    profile: Option<OneOrMore>,
    waivers: Option<String>,
    contract: Option<String>,
    contract_root: Option<String>,
    published_contract: Option<String>,
    #[serde(default)]
    claims: BTreeSet<String>,
    #[serde(default)]
    identities: indexmap::IndexMap<String, RawIdentity>,
    issuer: Option<RawIssuer>,
    callback: Option<RawCallback>,
    #[serde(default)]
    tls: RawTls,
    #[serde(default)]
    data: BTreeMap<String, Value>,
    #[serde(default)]
    writable: BTreeMap<String, Value>,
    writes: Option<Writes>,
    #[serde(default)]
    budget: RawBudget,
    #[serde(default)]
    parameters: Parameters,
    timeout_s: Option<f64>,
    body_limit_bytes: Option<u64>,
    #[serde(default)]
    include_hazards: BTreeSet<String>,
    #[serde(default)]
    hazards: HazardRules,
    #[serde(default)]
    personal: Vec<String>,
    #[serde(default)]
    attestations: Vec<Attestation>,
    #[serde(default)]
    roles: indexmap::IndexMap<String, RawRole>,
    /// Read as milliseconds from the document.
    #[serde(default, rename = "objectives")]
    _objectives: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTls {
    ca: Option<String>,
    client_cert: Option<String>,
    client_key: Option<SecretReference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCallback {
    listen: Option<String>,
    url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBudget {
    failed_logins: Option<u32>,
    requests: Option<u64>,
    per_second: Option<u32>,
    concurrency: Option<usize>,
    minutes: Option<u32>,
}

/// Reads a target file, its certificates and its secrets.
///
/// # Errors
/// Everything that is wrong with it. Secrets are only read from a file that is otherwise sound.
pub fn load(mut source: Source, settings: &Settings<'_>) -> Result<Target, Diagnostics> {
    source.without_secrets = settings.without_secrets;
    let file = (!source.name.starts_with('<')).then(|| source.name.to_string());
    let document = Document::parse(source, CONFIDENTIAL)?;
    let mut wrong = violations(&document, &schemas::TARGET);
    base_url(&document, &mut wrong);
    agreement::days(&document, &mut wrong);
    agreement::published(&document, &mut wrong);
    agreement::lone_none(&document, &mut wrong);
    agreement::scheme_kinds(&document, &mut wrong);
    let objectives = roles::objectives(&document, &mut wrong);
    agreement::logins(&document, &mut wrong);
    for pointer in issuer::twice(&document) {
        wrong.push(
            document
                .key_error(&pointer, "this identity stands under `identities` too")
                .help("give it in one of the two places"),
        );
    }
    wrong.or(())?;
    let raw: RawTarget = document.typed()?;
    let base_url =
        parse_base_url(&raw.base_url).map_err(|reason| document.error("/base_url", reason))?;

    let mut wrong = Diagnostics::new();
    agreement::rights(&document, &raw, &mut wrong);
    let mut found = Vec::new();
    for (name, identity) in &raw.identities {
        let pointer = member("/identities", name);
        let identity = identities::resolve(
            &document,
            &pointer,
            identity,
            settings.environment,
            &mut wrong,
        );
        found.push((IdentityName::new(name.as_str()), identity));
    }
    if let Some(raw) = &raw.issuer {
        let mut reader = identities::Reader {
            document: &document,
            environment: settings.environment,
            wrong: &mut wrong,
        };
        // What is written under `identities` comes first.
        let made = issuer::resolve(raw, &mut reader);
        let known: Vec<IdentityName> = found.iter().map(|(name, _)| name.clone()).collect();
        found.extend(made.into_iter().filter(|(name, _)| !known.contains(name)));
    }
    let callback = raw
        .callback
        .as_ref()
        .and_then(|raw| callback(&document, raw, &mut wrong));
    let files = tls_files(&document, &raw.tls, settings.environment, &mut wrong);
    wrong.or(())?;

    let environment = raw.environment.unwrap_or(Environment::Test);
    let asked = raw.writes.unwrap_or(Writes::Refused);
    let held_back = asked == Writes::Allowed
        && environment == Environment::Production
        && !settings.allow_writes_in_production;
    let default = usual_budget(&base_url);
    let mut parameters = raw.parameters;
    for (name, time) in objectives {
        parameters.0.insert(name, time.into());
    }
    if let Some(most) = raw.budget.failed_logins {
        parameters.0.insert("failed_logins".to_owned(), most.into());
    }
    Ok(Target {
        roles: raw
            .roles
            .iter()
            .map(|(operation, raw)| SaidRole::new(&document, operation, raw))
            .collect(),
        claims_at: document
            .items("/claims")
            .filter_map(|(pointer, claim)| {
                Some((claim.as_str()?.to_owned(), document.error(&pointer, "")))
            })
            .collect(),
        name: raw.target,
        file,
        supplier: raw.supplier,
        environment,
        base_url,
        profiles: match raw.profile {
            None => Vec::new(),
            Some(OneOrMore::One(one)) => vec![profile::beside(&document.source, &one)],
            Some(OneOrMore::More(more)) => more
                .iter()
                .map(|one| profile::beside(&document.source, one))
                .collect(),
        },
        waivers: raw.waivers.map(|place| beside(&document.source, place)),
        contract: raw.contract.map(|place| beside(&document.source, place)),
        contract_root: raw.contract_root.map(|root| document.source.beside(&root)),
        published_contract: raw.published_contract,
        claims: Claims(raw.claims),
        identities: found,
        tls: files,
        data: raw.data,
        writable: raw.writable,
        writes: if held_back { Writes::Refused } else { asked },
        writes_refused_because: held_back.then(|| {
            "the target is production: writes are refused there whatever the target file says (--allow-writes-in-production allows them)".to_owned()
        }),
        budget: Budget {
            requests: raw.budget.requests.unwrap_or(default.requests),
            per_second: raw.budget.per_second.unwrap_or(default.per_second),
            concurrency: raw.budget.concurrency.unwrap_or(default.concurrency),
            minutes: raw.budget.minutes,
        },
        parameters,
        callback,
        from_environment: Vec::new(),
        started_by: None,
        budget_is_given: raw.budget.requests.is_some(),
        attestations: raw.attestations,
        timeout: raw.timeout_s.map_or(TIMEOUT, Duration::from_secs_f64),
        body_limit: raw.body_limit_bytes.unwrap_or(BODY_LIMIT),
        include_hazards: raw.include_hazards,
        hazards: raw.hazards,
        personal: raw.personal,
    })
}

/// A URL as it is; a path from the folder of the file that names it.
fn beside(source: &Source, place: String) -> String {
    if is_url(&place) {
        place
    } else {
        source.beside(&place).to_string_lossy().into_owned()
    }
}

/// How much a run may send where the target file does not say. A service on this machine has no neighbours
/// that a run could disturb, so that nothing but its own speed holds the run up.
fn usual_budget(base_url: &Url) -> Budget {
    let is_here = match base_url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if is_here {
        Budget {
            requests: 20_000,
            per_second: 1_000,
            ..Budget::default()
        }
    } else {
        Budget::default()
    }
}

/// Reads a base URL, from a file or a flag.
///
/// # Errors
/// Why it cannot be one, in the second half of a sentence.
pub fn parse_base_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            "is not a URL: begin it with `https://` or `http://`".to_owned()
        }
        error => format!("is not a URL: {error}"),
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err("is not an http or https URL: begin it with `https://` or `http://`".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds credentials; they belong to an identity".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("ends in a query or fragment; paths are appended to it".into());
    }
    Ok(url)
}

fn base_url(document: &Document, wrong: &mut Diagnostics) {
    // What is no URL at all is told by the schema.
    let text = document.text("/base_url").filter(|text| is_url(text));
    if let Some(Err(reason)) = text.map(parse_base_url) {
        wrong.push(document.error("/base_url", format!("`base_url` {reason}")));
    }
}

fn callback(document: &Document, raw: &RawCallback, wrong: &mut Diagnostics) -> Option<Callback> {
    let listen = raw.listen.as_deref().unwrap_or("127.0.0.1:0");
    match listen.parse() {
        Ok(listen) => Some(Callback {
            listen,
            url: raw
                .url
                .as_deref()
                .map(|url| url.trim_end_matches('/').to_owned()),
        }),
        Err(_) => {
            wrong.push(
                document
                    .error("/callback/listen", "`listen` is not an address with a port")
                    .help("write it as 127.0.0.1:9099, or 0.0.0.0:9099 for every network of this machine"),
            );
            None
        }
    }
}

fn tls_files(
    document: &Document,
    raw: &RawTls,
    environment: Lookup<'_>,
    wrong: &mut Diagnostics,
) -> TlsFiles {
    let ca_pem = raw.ca.as_deref().and_then(|path| {
        tls::certificates(&document.source, path)
            .map_err(|reason| wrong.push(document.error("/tls/ca", reason)))
            .ok()
    });
    let client = match (&raw.client_cert, &raw.client_key) {
        (Some(certificate), Some(key)) => {
            identities::client_certificate(document, "/tls", certificate, key, environment, wrong)
        }
        _ => None,
    };
    TlsFiles { ca_pem, client }
}

/// Keys below identities and certificates whose values are no secrets; everything else there may be one,
/// in the wrong place or under a misspelt key.
const OPEN: [&str; 21] = [
    "env",
    "file",
    "in",
    "name",
    "username",
    "token_url",
    "client_id",
    "scope",
    "auth",
    "audience",
    "ca",
    "client_cert",
    "issuer",
    "url",
    "key_id",
    "algorithm",
    "certificate",
    "assertion_audience",
    "signature_header",
    "key_id_header",
    "secret_is",
];

/// What no error may show.
const CONFIDENTIAL: Confidential = Confidential {
    scalar: |pointer, text| {
        if text.contains("://") && text.contains('@') {
            return true;
        }
        let mut tokens = pointer.split('/').skip(1);
        match tokens.next() {
            // The name of the identity tells nothing.
            Some("identities") => tokens.next(),
            Some("tls" | "issuer") => None,
            _ => return false,
        };
        let within: Vec<&str> = tokens.collect();
        !within.iter().any(|token| {
            matches!(
                *token,
                "command" | "schemes" | "claims" | "callers" | "lends"
            )
        }) && !within.last().is_some_and(|token| OPEN.contains(token))
    },
    line: |line| {
        // The file does not parse: all but a key may be a secret.
        let key = line.find(':').map_or(0, |at| at + 1);
        line.char_indices()
            .map(|(at, character)| {
                if at < key || character.is_whitespace() {
                    character
                } else {
                    '*'
                }
            })
            .collect()
    },
};

#[cfg(test)]
mod tests;
