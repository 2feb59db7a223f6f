//! Breaks what is no token: API keys, cookies, passwords, signatures of bodies.

use std::sync::Arc;

use secrecy::ExposeSecret;

use super::{alter::Altered, credential::basic, proof::Seals};
use crate::http::Credentials;
use muster_core::{
    exchange::KeyFlaw,
    model::{Credential, Hmac, KeyPlace},
};

/// Breaks the last secret of those that are shown: where two keys belong together, the second is the
/// secret and the first its name.
///
/// # Errors
/// Where there is none that can be broken so: a sentence without the identity.
pub(super) fn broken(
    flaw: KeyFlaw,
    shown: Credentials,
    held: &[&Credential],
    others: &[&Credential],
) -> Result<Altered, String> {
    let last = held
        .iter()
        .rev()
        .find(|held| {
            matches!(
                held,
                Credential::ApiKey { .. } | Credential::Basic { .. } | Credential::Hmac(_)
            )
        })
        .ok_or("it shows no key, cookie, password or signature, so there is none to break.")?;
    if let Credential::Hmac(hmac) = last {
        return sealed(flaw, shown, hmac);
    }
    if matches!(flaw, KeyFlaw::Unsigned | KeyFlaw::OtherBody) {
        return Err("it does not sign the bodies of its requests.".into());
    }
    let value = match flaw {
        KeyFlaw::OfAnother => of_another(last, held, others)?,
        flaw => spoilt(flaw, secret_of(last)?)?,
    };
    Ok(Altered::of(replaced(shown, last, &value), value))
}

fn secret_of(credential: &Credential) -> Result<&str, String> {
    match credential {
        Credential::ApiKey { value, .. } => Ok(value.expose_secret()),
        Credential::Basic { password, .. } => Ok(password.expose_secret()),
        _ => Err("it shows no key.".into()),
    }
}

fn spoilt(flaw: KeyFlaw, secret: &str) -> Result<String, String> {
    let letters = secret.chars().count();
    match flaw {
        KeyFlaw::Empty => Ok(String::new()),
        _ if letters < 8 => Err("its key has less than 8 letters, too few to spoil.".into()),
        KeyFlaw::Truncated => Ok(secret.chars().take(letters * 2 / 3).collect()),
        // In the middle, where no encoding leaves spare bits.
        _ => Ok(secret
            .chars()
            .enumerate()
            .map(|(at, letter)| match (at == letters / 2, letter) {
                (true, 'A') => 'B',
                (true, _) => 'A',
                (false, letter) => letter,
            })
            .collect()),
    }
}

/// The secret that another identity has in the same place.
fn of_another(
    last: &Credential,
    held: &[&Credential],
    others: &[&Credential],
) -> Result<String, String> {
    let alone = !matches!(last, Credential::Basic { .. })
        && held
            .iter()
            .filter(|held| matches!(held, Credential::ApiKey { .. }))
            .count()
            < 2;
    if alone {
        return Err(
            "it shows one key alone, so the key of another client would be another client.".into(),
        );
    }
    let own = secret_of(last)?;
    others
        .iter()
        .find_map(|other| match (last, other) {
            (Credential::Basic { .. }, Credential::Basic { password, .. }) => {
                Some(password.expose_secret())
            }
            (
                Credential::ApiKey { name, place, .. },
                Credential::ApiKey {
                    name: named,
                    place: at,
                    value,
                },
            ) if name.eq_ignore_ascii_case(named) && place == at => Some(value.expose_secret()),
            _ => None,
        })
        .filter(|other| *other != own)
        .map(str::to_owned)
        .ok_or_else(|| "no other identity has a key in the same place.".into())
}

fn replaced(mut shown: Credentials, which: &Credential, value: &str) -> Credentials {
    match which {
        Credential::Basic { username, .. } => {
            let pair = basic(username, value);
            shown.headers.set("authorization", format!("Basic {pair}"));
        }
        Credential::ApiKey {
            place: KeyPlace::Header,
            name,
            ..
        } => shown.headers.set(name, value),
        Credential::ApiKey {
            place: KeyPlace::Query,
            name,
            ..
        } => {
            for (held, secret) in &mut shown.query {
                if held == name {
                    value.clone_into(secret);
                }
            }
        }
        Credential::ApiKey {
            place: KeyPlace::Cookie,
            name,
            value: good,
        } => {
            let good = format!("{name}={}", good.expose_secret());
            let cookies: Vec<String> = shown
                .headers
                .get("cookie")
                .unwrap_or_default()
                .split("; ")
                .map(|pair| match pair == good {
                    true => format!("{name}={value}"),
                    false => pair.to_owned(),
                })
                .collect();
            shown.headers.set("cookie", cookies.join("; "));
        }
        _ => {}
    }
    shown
}

fn sealed(flaw: KeyFlaw, mut shown: Credentials, hmac: &Hmac) -> Result<Altered, String> {
    shown.signers.clear();
    let mut by = hmac.clone();
    let mut instead = None;
    match flaw {
        KeyFlaw::Unsigned => return Ok(Altered::of(shown, String::new())),
        KeyFlaw::OtherBody => instead = Some(b"another body".as_slice()),
        KeyFlaw::Altered => {
            by.secret = spoilt(flaw, hmac.secret.expose_secret())?.into();
        }
        _ => return Err("its secret is not sent, so it cannot be cut short.".into()),
    }
    shown.signers.push(Arc::new(Seals { by, instead }));
    Ok(Altered::of(shown, String::new()))
}
