//! Which credentials a request carries (owner of [`Keyring`]).

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    LoginError, alter,
    credential::{self, basic, fits},
    oauth::{Log, Login},
};
use crate::{
    contract::{Alternative, Contract, Operation, SchemeKind, Security},
    exchange::{Auth, BreakageKind, Exchange},
    http::{Credentials, Options, TransportError},
    model::{Credential, Identity, IdentityName, KeyPlace, Whose},
    observation::{Redactor, variable},
};

/// The identities of a target and what they can show.
#[derive(Debug)]
pub struct Keyring {
    holders: HashMap<IdentityName, Holder>,
    schemes: BTreeMap<String, SchemeKind>,
    /// Whether any operation of the contract declares what it asks of the caller.
    declares: bool,
    log: Log,
    redactor: Redactor,
    /// The host of the target.
    host: Option<String>,
    failed_logins: u32,
    /// How many broken credentials were shown.
    failed: Mutex<HashMap<IdentityName, u32>>,
}

/// How many broken credentials of one identity are shown where nobody says otherwise: fewer than lock an
/// account at most services.
const FAILED_LOGINS: u32 = 20;

#[derive(Debug)]
struct Holder {
    identity: Identity,
    /// Whether its connections show a client certificate, its own or the target's.
    certificate: bool,
    /// For each held credential its login, where it needs one.
    logins: Vec<Option<Login>>,
    /// Which held credentials no scheme of the contract speaks of, such as the key of a gateway.
    undeclared: Vec<bool>,
}

impl Keyring {
    /// A keyring for these identities under this contract. The redactor learns every secret at once,
    /// and every token when it comes. Token endpoints are reached by the same `connection` settings,
    /// but for the address.
    ///
    /// # Errors
    /// Where a token URL or a certificate cannot be used.
    pub fn new(
        identities: Vec<(IdentityName, Identity)>,
        contract: &Contract,
        connection: &Options,
        redactor: &Redactor,
    ) -> Result<Self, TransportError> {
        let schemes: BTreeMap<_, _> = contract
            .security_schemes
            .iter()
            .map(|(name, scheme)| (name.clone(), scheme.kind.clone()))
            .collect();
        let declares = contract
            .operations
            .iter()
            .any(|operation| operation.security != Security::NotDeclared);
        Self::under(identities, schemes, declares, connection, redactor)
    }

    pub(super) fn under(
        identities: Vec<(IdentityName, Identity)>,
        schemes: BTreeMap<String, SchemeKind>,
        declares: bool,
        connection: &Options,
        redactor: &Redactor,
    ) -> Result<Self, TransportError> {
        let log = Log::default();
        let mut holders = HashMap::new();
        for (name, identity) in identities {
            for (variable, secret) in credential::secrets(&name, &identity) {
                redactor.learn(&variable, secret.expose_secret());
            }
            let logins = identity
                .credentials
                .iter()
                .map(|(_, credential)| match credential {
                    Credential::OAuth2(oauth) => Login::new(
                        name.clone(),
                        oauth.clone(),
                        connection,
                        redactor.clone(),
                        Arc::clone(&log),
                    )
                    .map(Some),
                    _ => Ok(None),
                })
                .collect::<Result<_, _>>()?;
            let undeclared = identity
                .credentials
                .iter()
                .map(|held| {
                    !schemes
                        .iter()
                        .any(|(name, kind)| fits(held, name, Some(kind)))
                })
                .collect();
            let certificate =
                identity.client_certificate.is_some() || connection.client_certificate.is_some();
            let holder = Holder {
                identity,
                certificate,
                logins,
                undeclared,
            };
            holders.insert(name, holder);
        }
        Ok(Self {
            holders,
            schemes,
            declares,
            log,
            redactor: redactor.clone(),
            host: connection.base_url.host_str().map(str::to_owned),
            failed_logins: FAILED_LOGINS,
            failed: Mutex::default(),
        })
    }

    /// The credentials of a request as this identity.
    ///
    /// By the contract: the first alternative that the identity can meet as a whole, and none where
    /// the operation is public. Where the contract declares nothing at all, or nothing that the
    /// identity can meet, everything the identity has.
    ///
    /// # Errors
    /// Where a login fails, or the identity has nothing to show where the contract asks for something.
    pub async fn credentials(
        &self,
        identity: &IdentityName,
        operation: Option<&Operation>,
        auth: &Auth,
    ) -> Result<Credentials, LoginError> {
        match auth {
            Auth::Nothing => return Ok(Credentials::default()),
            Auth::Instead(headers) => return Ok(Credentials::of(headers.clone())),
            Auth::Declared | Auth::Altered(_) | Auth::Part(_) => {}
        }
        let Some(holder) = self.holders.get(identity) else {
            return if identity.as_str() == IdentityName::default().as_str() {
                self.without(identity, operation)
            } else {
                Err(LoginError {
                    identity: identity.clone(),
                    kind: BreakageKind::LoginFailed,
                    whose: Whose::Configuration,
                    detail: format!("The target file has no identity {identity}."),
                })
            };
        };
        let choices = match self.choose(holder, operation) {
            Some(choices) => choices,
            None if holder.is_empty() => return self.without(identity, operation),
            None => holder.all(),
        };
        let shown = holder.show(&choices).await?;
        let Auth::Altered(alteration) = auth else {
            return Ok(shown);
        };
        let unfit = |kind, whose, detail: String| LoginError {
            identity: identity.clone(),
            kind,
            whose,
            detail,
        };
        if alteration.names_the_caller() && !self.may_fail(identity) {
            let most = self.failed_logins;
            return Err(unfit(
                BreakageKind::NotSent,
                Whose::Configuration,
                format!(
                    "{most} broken credentials of identity {identity} were sent, and `failed_logins` allows no more."
                ),
            ));
        }
        let logins = choices
            .iter()
            .filter_map(|index| holder.logins.get(*index)?.as_ref());
        let material = alter::Material {
            login: logins.into_iter().next(),
            target: self.host.as_deref(),
        };
        let altered = alter::altered(*alteration, shown, material)
            .await
            .map_err(|why| {
                let detail = format!("Identity {identity}: {why}");
                unfit(BreakageKind::Unalterable, Whose::Credentials, detail)
            })?;
        // What holds nothing of the token is no secret: `null` would be masked everywhere.
        if alteration.names_the_caller() {
            self.redactor.learn(
                &variable(identity, &format!("TOKEN_{}", alteration.name())),
                altered.secret(),
            );
        }
        Ok(altered.credentials)
    }

    /// Sets how many broken credentials of one identity may be shown to the target.
    #[must_use]
    pub const fn with_failed_logins(mut self, most: u32) -> Self {
        self.failed_logins = most;
        self
    }

    fn may_fail(&self, identity: &IdentityName) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failed.entry(identity.clone()).or_default();
        *count += 1;
        *count <= self.failed_logins
    }

    /// Forgets the token that these credentials carried, because the target answered 401. Whether
    /// asking again with fresh credentials is worth a try.
    pub fn invalidate(&self, identity: &IdentityName, used: &Credentials) -> bool {
        let Some(token) = used
            .headers
            .get("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
        else {
            return false;
        };
        self.holders.get(identity).is_some_and(|holder| {
            holder
                .logins
                .iter()
                .flatten()
                .any(|login| login.refuse(token))
        })
    }

    /// Every secret of the target file, with the variable that stands for it. The redactor knows them
    /// already, and the tokens obtained since.
    #[must_use]
    pub fn secrets(&self) -> Vec<(String, SecretString)> {
        self.holders
            .iter()
            .flat_map(|(name, holder)| credential::secrets(name, &holder.identity))
            .collect()
    }

    /// The exchanges with token endpoints since the last call, as evidence. Their numbers are 0: the
    /// run gives them theirs.
    #[must_use]
    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What to show; none where the contract names nothing that the identity has.
    fn choose(&self, holder: &Holder, operation: Option<&Operation>) -> Option<Vec<usize>> {
        let Some(operation) = operation else {
            return Some(holder.all());
        };
        let Security::AnyOf(alternatives) = &operation.security else {
            return Some(if self.declares {
                Vec::new()
            } else {
                holder.all()
            });
        };
        let met = alternatives
            .iter()
            .filter(|alternative| !alternative.0.is_empty())
            .find_map(|alternative| self.meet(holder, alternative));
        if let Some(mut choices) = met {
            choices.extend(holder.beyond());
            return Some(choices);
        }
        let open = alternatives.is_empty()
            || alternatives
                .iter()
                .any(|alternative| alternative.0.is_empty());
        open.then(Vec::new)
    }

    fn meet(&self, holder: &Holder, alternative: &Alternative) -> Option<Vec<usize>> {
        let mut choices = Vec::new();
        for (name, _) in &alternative.0 {
            let kind = self.schemes.get(name);
            if kind == Some(&SchemeKind::MutualTls) && holder.certificate {
                continue;
            }
            let held = &holder.identity.credentials;
            choices.push(held.iter().position(|held| fits(held, name, kind))?);
        }
        Some(choices)
    }

    /// For an identity without credentials: fine where none are asked for.
    fn without(
        &self,
        identity: &IdentityName,
        operation: Option<&Operation>,
    ) -> Result<Credentials, LoginError> {
        match operation.filter(|operation| operation.security.is_required()) {
            None => Ok(Credentials::default()),
            Some(operation) => Err(LoginError {
                identity: identity.clone(),
                kind: BreakageKind::LoginFailed,
                whose: Whose::Configuration,
                detail: format!(
                    "The contract asks for credentials on {} {}, and identity {identity} has none: give them under identities in the target file.",
                    operation.key.method.as_str(),
                    operation.key.path
                ),
            }),
        }
    }
}

impl Holder {
    fn is_empty(&self) -> bool {
        !self.certificate && self.identity.credentials.is_empty()
    }

    fn all(&self) -> Vec<usize> {
        (0..self.identity.credentials.len()).collect()
    }

    /// What the contract does not speak of goes along with what it asks for.
    fn beyond(&self) -> impl Iterator<Item = usize> {
        self.undeclared
            .iter()
            .enumerate()
            .filter(|(_, undeclared)| **undeclared)
            .map(|(index, _)| index)
    }

    async fn show(&self, choices: &[usize]) -> Result<Credentials, LoginError> {
        let mut shown = Credentials::default();
        let mut cookies: Vec<String> = Vec::new();
        for index in choices {
            let Some((_, credential)) = self.identity.credentials.get(*index) else {
                continue;
            };
            match credential {
                Credential::Basic { username, password } => {
                    let value = basic(username, password.expose_secret());
                    shown.headers.set("authorization", format!("Basic {value}"));
                }
                Credential::Bearer { token } => {
                    let value = format!("Bearer {}", token.expose_secret());
                    shown.headers.set("authorization", value);
                }
                Credential::ApiKey { place, name, value } => {
                    show_key((*place, name, value), &mut shown, &mut cookies);
                }
                Credential::OAuth2(_) => {
                    if let Some(Some(login)) = self.logins.get(*index) {
                        let token = login.token().await?;
                        shown
                            .headers
                            .set("authorization", format!("Bearer {token}"));
                    }
                }
            }
        }
        if !cookies.is_empty() {
            shown.headers.set("cookie", cookies.join("; "));
        }
        Ok(shown)
    }
}

fn show_key(
    (place, name, value): (KeyPlace, &str, &SecretString),
    shown: &mut Credentials,
    cookies: &mut Vec<String>,
) {
    let value = value.expose_secret();
    match place {
        KeyPlace::Query => {
            if !shown.query.iter().any(|(held, _)| held == name) {
                shown.query.push((name.to_owned(), value.to_owned()));
            }
        }
        KeyPlace::Cookie => {
            let pair = format!("{name}={value}");
            if !cookies.contains(&pair) {
                cookies.push(pair);
            }
        }
        KeyPlace::Header => shown.headers.set(name, value),
    }
}
