//! `muster issuer`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use serde_json::{Map, Value};

use super::{Exit, Failure, wiring};
use muster_jose::{Algorithm, SigningKey};
use muster_supplier::issuer;

const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);

/// Flags of `muster issuer`.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Let a test system trust this issuer, and name it under `issuer` in the target file: Muster can then\n",
    "show tokens that are expired, for another API, of another issuer or signed with an unknown key.\n",
    "Never let anything trust it that guards real data: whoever reaches it can ask for any token.\n",
    "\n",
    "Examples:\n",
    "  muster issuer --audience https://rms.example.test/api --scope 'records:read records:write'\n",
    "  muster issuer --audience rms --claim force=ZZ01 --secret-env ISSUER_SECRET --listen 127.0.0.1:0\n",
    "  muster issuer --audience rms --client-keys client.jwks.json --key issuer.pem",
))]
pub(super) struct Arguments {
    /// The address to listen on; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS", default_value_t = LISTEN)]
    listen: SocketAddr,
    /// What it calls itself, where others reach it by another address.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Whom its tokens are for: the `aud` that the test system expects.
    #[arg(long, value_name = "TEXT")]
    audience: String,
    /// The scope of tokens that are asked for without one.
    #[arg(long, value_name = "SCOPES", default_value = "")]
    scope: String,
    /// A further claim of every token; may be given again.
    #[arg(long, value_name = "NAME=VALUE")]
    claim: Vec<String>,
    /// The name of the client.
    #[arg(long, value_name = "ID", default_value = "muster")]
    client: String,
    /// The environment variable that holds the client's secret; without it one is made and told.
    #[arg(long, value_name = "NAME")]
    secret_env: Option<String>,
    /// A file with the client's public keys (JWK set), to let it log in by private_key_jwt.
    #[arg(long, value_name = "FILE")]
    client_keys: Option<String>,
    /// A file with the private key to sign with, PEM or JWK; without it one is made.
    #[arg(long, value_name = "FILE")]
    key: Option<String>,
    /// How tokens are signed: RS256, PS256, ES256 or EdDSA [default: ES256, or as the key tells].
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    algorithm: Option<Algorithm>,
}

fn algorithm(name: &str) -> Result<Algorithm, String> {
    Algorithm::named(name).ok_or_else(|| {
        format!(
            "give one of {}",
            Algorithm::ALL.map(|(_, name)| name).join(", ")
        )
    })
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let mut claims = Map::new();
    for claim in &arguments.claim {
        let (name, value) = claim
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| Failure::usage("`--claim` is written NAME=VALUE"))?;
        claims.insert(name.to_owned(), value.into());
    }
    let key = match &arguments.key {
        None => None,
        Some(file) => Some(
            SigningKey::read(&text(file)?, arguments.algorithm)
                .map_err(|reason| Failure::usage(format!("`{file}` {reason}")))?,
        ),
    };
    let keys = match &arguments.client_keys {
        None => None,
        Some(file) => {
            let set: Value = serde_json::from_str(&text(file)?)
                .map_err(|error| Failure::usage(format!("`{file}` is not JSON: {error}")))?;
            let set = match set.get("keys") {
                Some(_) => set,
                None => serde_json::json!({ "keys": [set] }),
            };
            Some(set)
        }
    };
    let told = arguments.secret_env.is_none();
    let secret = match &arguments.secret_env {
        Some(name) => std::env::var(name)
            .ok()
            .filter(|secret| !secret.is_empty())
            .ok_or_else(|| {
                Failure::usage(format!(
                    "`--secret-env`: the environment variable `{name}` is not set or empty"
                ))
            })?,
        None => format!("zztest-{:032x}", rand::random::<u128>()),
    };
    let options = issuer::Options {
        listen: arguments.listen,
        url: arguments.url.clone(),
        audience: arguments.audience.clone(),
        scope: arguments.scope.clone(),
        client: issuer::Client {
            id: arguments.client.clone(),
            secret: Some(secret.clone().into()),
            keys,
        },
        claims,
        key,
        algorithm: arguments.algorithm.unwrap_or(Algorithm::Es256),
    };
    wiring::issue(options, &arguments.client, told.then_some(secret.as_str()))
}

fn text(file: &str) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("`{file}` cannot be read: {error}")))
}
