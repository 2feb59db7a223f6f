//! Broken credentials: what is needed to break them, and how many may be shown.

use std::sync::{Arc, PoisonError};

use super::{Holder, Keyring, LENT};
use crate::{
    auth::{
        LoginError, alter,
        credential::fits,
        key_callback::{Callback, KeyCallback, KeyCallbackServer},
        proof::Possession,
    },
    http::Credentials,
};
use muster_core::{
    contract::{Operation, Security},
    exchange::{Alteration, BreakageKind},
    model::{Credential, IdentityName, Responsible},
    observation::{MADE_UP, variable},
};

impl Keyring {
    /// What is shown in place of good credentials.
    pub(super) async fn broken(
        &self,
        identity: &IdentityName,
        alteration: Alteration,
        (holder, choices): (&Holder, &[usize]),
        shown: Credentials,
        possession: Option<Arc<Possession>>,
    ) -> Result<(Credentials, Option<KeyCallback>), LoginError> {
        let unfit = |kind, responsible, detail: String| LoginError {
            identity: identity.clone(),
            kind,
            responsible,
            detail,
        };
        let logins = choices
            .iter()
            .filter_map(|index| holder.logins.get(*index)?.as_ref());
        let key_callback = match alteration {
            Alteration::KeyByAddress(_) => self.key_callback().await,
            _ => Err("nothing listens.".to_owned()),
        };
        let material = alter::Material {
            login: logins.into_iter().next(),
            possession,
            target: self.host.as_deref(),
            key_callback,
            certificate: holder.certificate,
            other_certificate: self.other_certificate(identity),
            held: holder.chosen(choices).collect(),
            others: self.others(identity),
        };
        let altered = alter::altered(alteration, shown, material)
            .await
            .map_err(|why| {
                let detail = format!("Identity {identity}: {why}");
                unfit(BreakageKind::Unalterable, Responsible::Credentials, detail)
            })?;
        // Every operation may be tried with a text of no meaning. The checks of one credential need a part of the limit too.
        let most = match alteration {
            Alteration::Garbage => self.failed_logins.div_ceil(2),
            _ => self.failed_logins,
        };
        if alteration.may_lock() && !self.may_fail(identity, most) {
            return Err(unfit(
                BreakageKind::NotSent,
                Responsible::Configuration,
                format!(
                    "{most} broken credentials of identity {identity} were refused, and `budget.failed_logins` of the target file allows no more."
                ),
            ));
        }
        // What holds nothing of the token is no secret: `null` would be masked everywhere.
        if alteration.names_the_caller() && altered.secret().len() >= SHORTEST_LEARNED {
            self.redactor.learn(
                &variable(identity, &format!("TOKEN_{}", alteration.name())),
                altered.secret(),
            );
        }
        Ok((altered.credentials, altered.bait))
    }

    /// What is shown where the contract asks for several credentials together: all but one, or all with a wrong value
    /// for one.
    pub(super) async fn one_amiss(
        &self,
        identity: &IdentityName,
        operation: Option<&Operation>,
        number: u8,
        wrong: bool,
    ) -> Result<(Credentials, Option<KeyCallback>), LoginError> {
        let unfit = |kind, responsible, why: &str| LoginError {
            identity: identity.clone(),
            kind,
            responsible,
            detail: format!("Identity {identity}: {why}"),
        };
        let none = |why| unfit(BreakageKind::Unalterable, Responsible::Credentials, why);
        let holder = self
            .holders
            .get(identity)
            .ok_or_else(|| none("it has no credentials."))?;
        let Some(Security::AnyOf(alternatives)) = operation.map(|operation| &operation.security)
        else {
            return Err(none("the contract asks for no credentials here."));
        };
        let met = alternatives
            .iter()
            .filter(|alternative| !alternative.0.is_empty())
            .find_map(|alternative| Some((alternative, self.meet(holder, alternative)?)));
        let Some((alternative, choices)) = met.filter(|(_, choices)| choices.len() > 1) else {
            return Err(none("no two of its credentials belong together here."));
        };
        let Some(amiss) = usize::from(number)
            .checked_sub(1)
            .and_then(|at| choices.get(at).copied())
        else {
            return Err(none(
                "not that many of its credentials belong together here.",
            ));
        };
        let held = holder.identity.credentials.get(amiss);
        let is_for = |name: &str| held.is_some_and(|held| fits(held, name, self.schemes.get(name)));
        let left = |name: &str| alternative.0.iter().any(|(held, _)| held == name) && !is_for(name);
        if alternatives
            .iter()
            .any(|other| other.0.iter().all(|(name, _)| left(name)))
        {
            return Err(none("the contract is content with the other credentials."));
        }
        let beyond = holder.beyond();
        if !wrong {
            let rest: Vec<usize> = choices
                .iter()
                .copied()
                .filter(|choice| *choice != amiss)
                .chain(beyond)
                .collect();
            let (shown, _) = holder.show(&rest, None).await?;
            return Ok((shown, None));
        }
        let Some(other) = held.map(|(_, credential)| wrong_of(credential)) else {
            return Err(none("there is nothing to replace."));
        };
        if !self.may_fail(identity, self.failed_logins.div_ceil(2)) {
            return Err(unfit(
                BreakageKind::NotSent,
                Responsible::Configuration,
                "`budget.failed_logins` of the target file allows no more broken credentials.",
            ));
        }
        let all: Vec<usize> = choices.iter().copied().chain(beyond).collect();
        let (shown, _) = holder.show(&all, Some((amiss, &other))).await?;
        Ok((shown, None))
    }

    /// Sets where a key of our own is served for those that follow addresses in tokens.
    #[must_use]
    pub fn with_callback(mut self, callback: Callback) -> Self {
        self.callback = Some(callback);
        self
    }

    /// Where a key of our own is served. A target elsewhere reaches it only as somebody says.
    async fn key_callback(&self) -> Result<&KeyCallbackServer, String> {
        let near = self.host.as_deref().is_some_and(is_here);
        if !near && self.callback.is_none() {
            let host = self.host.as_deref().unwrap_or("the target");
            return Err(format!(
                "{host} could not reach the key that its token would point at, so nothing was shown. Give `callback` in the target file."
            ));
        }
        self.key_callback
            .get_or_init(|| async {
                KeyCallbackServer::set(&self.callback.clone().unwrap_or_default()).await
            })
            .await
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The first other identity that has a client certificate of its own.
    fn other_certificate(&self, than: &IdentityName) -> Option<&IdentityName> {
        self.holders
            .iter()
            .filter(|(name, holder)| *name != than && holder.identity.client_certificate.is_some())
            .map(|(name, _)| name)
            .min_by_key(|name| name.as_str())
    }

    fn others(&self, than: &IdentityName) -> Vec<&Credential> {
        let mut others: Vec<_> = self
            .holders
            .iter()
            .filter(|(name, _)| *name != than && !LENT.contains(&name.as_str()))
            .collect();
        others.sort_by_key(|(name, _)| name.as_str());
        others
            .into_iter()
            .flat_map(|(_, holder)| &holder.identity.credentials)
            .map(|(_, credential)| credential)
            .collect()
    }

    /// Sets how many broken credentials of one identity may be shown to the target.
    #[must_use]
    pub const fn with_failed_logins(mut self, most: u32) -> Self {
        self.failed_logins = most;
        self
    }

    /// Counts one broken credential more of an identity, unless that many were shown already.
    fn may_fail(&self, identity: &IdentityName, most: u32) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failed.entry(identity.clone()).or_default();
        let may = *count < most;
        *count += u32::from(may);
        may
    }

    /// Takes back that broken credentials of this identity were shown, because they were accepted: that is
    /// no failed login.
    pub fn accepted(&self, identity: &IdentityName) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = failed.get_mut(identity) {
            *count = count.saturating_sub(1);
        }
    }
}

/// What is shown as a wrong value of each kind of credential. It holds nothing of the right one.
fn wrong_of(credential: &Credential) -> Credential {
    let [password, token, key] = MADE_UP;
    match credential {
        Credential::Basic { username, .. } => Credential::Basic {
            username: username.clone(),
            password: password.into(),
        },
        Credential::Bearer { .. } | Credential::OAuth2(_) => Credential::Bearer {
            token: token.into(),
        },
        Credential::ApiKey { place, name, .. } => Credential::ApiKey {
            place: *place,
            name: name.clone(),
            value: key.into(),
        },
        Credential::Fixed { shown, .. } => Credential::Fixed {
            shown: shown.clone(),
            value: token.into(),
        },
        Credential::Login(login) => Credential::Fixed {
            shown: login.shown.clone(),
            value: token.into(),
        },
        Credential::Hmac(hmac) => {
            let mut hmac = hmac.clone();
            // In base64, as secrets of signatures are kept.
            hmac.secret = "bXVzdGVyLXdyb25nLXNlY3JldA==".into();
            Credential::Hmac(hmac)
        }
    }
}

/// Shorter texts would be found everywhere.
const SHORTEST_LEARNED: usize = 4;

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare.ends_with(".localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
