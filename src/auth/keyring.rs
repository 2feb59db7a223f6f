//! Which credentials a request carries (owner of [`Keyring`]).

mod breaking;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use secrecy::{ExposeSecret, SecretString};

use super::{
    LoginError,
    credential::{self, basic, fits},
    key_callback::{Callback, KeyCallback, KeyCallbackServer},
    login_request::Session,
    oauth::{Log, Login},
    proof::{For, Possession, Seals, now},
};
use crate::http::{Credentials, Options, Sent, TransportError};
use muster_core::{
    contract::{Alternative, Contract, Operation, SchemeKind, Security},
    exchange::{Auth, BreakageKind, Exchange, Request},
    model::{Credential, Identity, IdentityName, KeyPlace, OperationKey, Responsible, Shown},
    observation::Redactor,
};
use muster_jose as jose;

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
    callback: Option<Callback>,
    /// Operations that ask for credentials although the contract says that they do not.
    undeclared: RwLock<HashSet<OperationKey>>,
    key_callback: tokio::sync::OnceCell<Result<KeyCallbackServer, String>>,
}

/// Identities whose tokens are lent to be refused, so that nobody minds that they have ended.
const LENT: [&str; 8] = [
    "expired",
    "not-yet-valid",
    "other-audience",
    "other-issuer",
    "revoked",
    "unknown-key",
    "without-expiry",
    "id-token",
];

/// How many broken credentials of one identity are shown where nobody says otherwise: fewer than lock an
/// account at most services.
const FAILED_LOGINS: u32 = 20;

#[derive(Debug)]
pub(super) struct Holder {
    identity: Identity,
    /// Whether its connections show a client certificate, its own or the target's.
    certificate: bool,
    /// For each held credential its login, where it needs one.
    logins: Vec<Option<Login>>,
    /// For each held credential its login by a request, where it needs one.
    sessions: Vec<Option<Session>>,
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
                        (**oauth).clone(),
                        connection,
                        redactor.clone(),
                        Arc::clone(&log),
                    )
                    .map(Some),
                    _ => Ok(None),
                })
                .collect::<Result<_, _>>()?;
            let sessions = identity
                .credentials
                .iter()
                .map(|(_, credential)| match credential {
                    Credential::Login(login) => Session::new(
                        name.clone(),
                        (**login).clone(),
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
                sessions,
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
            callback: None,
            undeclared: RwLock::default(),
            key_callback: tokio::sync::OnceCell::new(),
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
        self.show(identity, operation, auth)
            .await
            .map(|(credentials, _)| credentials)
    }

    /// The same, with the address of a key of our own where the credentials give one.
    ///
    /// # Errors
    /// As for [`Self::credentials`].
    pub async fn show(
        &self,
        identity: &IdentityName,
        operation: Option<&Operation>,
        auth: &Auth,
    ) -> Result<(Credentials, Option<KeyCallback>), LoginError> {
        match auth {
            Auth::Nothing => return Ok((Credentials::default(), None)),
            Auth::Instead(headers) => return Ok((Credentials::of(headers.clone()), None)),
            Auth::Without(number) | Auth::WithWrong(number) => {
                let wrong = matches!(auth, Auth::WithWrong(_));
                return self.one_amiss(identity, operation, *number, wrong).await;
            }
            Auth::Declared | Auth::Altered(_) | Auth::Part(_) => {}
        }
        let Some(holder) = self.holders.get(identity) else {
            return if identity.as_str() == IdentityName::default().as_str() {
                self.without(identity, operation).map(|shown| (shown, None))
            } else {
                Err(LoginError {
                    identity: identity.clone(),
                    kind: BreakageKind::LoginFailed,
                    responsible: Responsible::Configuration,
                    detail: format!("The target file has no identity {identity}."),
                })
            };
        };
        let choices = match self.choose(holder, operation) {
            Some(choices) => choices,
            None if holder.is_empty() => {
                return self.without(identity, operation).map(|shown| (shown, None));
            }
            None => holder.all(),
        };
        let (shown, possession) = holder.show(&choices, None).await?;
        let Auth::Altered(alteration) = auth else {
            return Ok((shown, None));
        };
        self.broken(identity, *alteration, (holder, &choices), shown, possession)
            .await
    }

    /// Shows credentials on an operation from now on, although the contract asks for none there. Whether the identity
    /// has any.
    pub fn insist(&self, operation: &OperationKey, identity: &IdentityName) -> bool {
        let has_some = self
            .holders
            .get(identity)
            .is_some_and(|holder| !holder.identity.credentials.is_empty());
        if has_some {
            self.undeclared
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(operation.clone());
        }
        has_some
    }

    /// Takes back [`Self::insist`], where credentials changed nothing.
    pub fn relent(&self, operation: &OperationKey) {
        self.undeclared
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(operation);
    }

    /// Keeps what an answer asks of the next proof, and which proofs were good.
    pub fn hear(&self, request: &Request, sent: &Sent) {
        for login in self
            .holders
            .get(&request.identity)
            .into_iter()
            .flat_map(|holder| holder.logins.iter().flatten())
        {
            login.hear(request, sent);
        }
    }

    /// Whether the tokens at hand still last, for those that were pasted and cannot be renewed.
    ///
    /// # Errors
    /// Where one has ended, and when.
    pub fn lasts(&self, identity: &IdentityName) -> Result<(), LoginError> {
        if LENT.contains(&identity.as_str()) {
            return Ok(());
        }
        let ended = self
            .holders
            .get(identity)
            .into_iter()
            .flat_map(|holder| &holder.identity.credentials)
            .filter_map(|(_, credential)| match credential {
                Credential::Bearer { token } => jose::peek(token.expose_secret()),
                _ => None,
            })
            .filter_map(|(_, claims)| claims.get("exp")?.as_u64())
            .find(|end| *end <= now());
        match ended {
            None => Ok(()),
            Some(end) => {
                let ago = now().saturating_sub(end).div_ceil(60);
                Err(LoginError {
                    identity: identity.clone(),
                    kind: BreakageKind::LoginFailed,
                    responsible: Responsible::Credentials,
                    detail: format!(
                        "The bearer token of identity {identity} ended {ago} minutes ago: obtain a fresh one and give it where the target file reads it, or let Muster obtain it by `oauth2`."
                    ),
                })
            }
        }
    }

    /// Forgets the token that these credentials carried, because the target answered 401. Whether
    /// asking again with fresh credentials is worth a try.
    pub fn invalidate(&self, identity: &IdentityName, used: &Credentials) -> bool {
        let sessions = self
            .holders
            .get(identity)
            .into_iter()
            .flat_map(|holder| holder.sessions.iter().flatten());
        for session in sessions {
            if session.refuse(&used.headers) {
                return true;
            }
        }
        let Some(token) = used
            .headers
            .get("authorization")
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| matches!(*scheme, "Bearer" | "DPoP"))
            .map(|(_, token)| token)
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
        let undeclared = self
            .undeclared
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if undeclared.contains(&operation.key) {
            return Some(holder.all());
        }
        drop(undeclared);
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
            let choice = held.iter().position(|held| fits(held, name, kind))?;
            // One credential may be for two schemes: a signature and the name of its key.
            if !choices.contains(&choice) {
                choices.push(choice);
            }
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
                responsible: Responsible::Configuration,
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

    fn chosen(&self, choices: &[usize]) -> impl Iterator<Item = &Credential> {
        choices.iter().filter_map(|index| {
            self.identity
                .credentials
                .get(*index)
                .map(|(_, credential)| credential)
        })
    }

    /// What is shown, and the key that the token is bound to. Another credential can take the place of one.
    async fn show(
        &self,
        choices: &[usize],
        replaced: Option<(usize, &Credential)>,
    ) -> Result<(Credentials, Option<Arc<Possession>>), LoginError> {
        let mut possession = None;
        let mut shown = Credentials::default();
        let mut cookies: Vec<String> = Vec::new();
        for index in choices {
            let Some((_, credential)) = self.identity.credentials.get(*index) else {
                continue;
            };
            let credential = match replaced {
                Some((which, other)) if which == *index => other,
                _ => credential,
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
                        let scheme = match &token.bound_to {
                            Some(key) => {
                                shown.signers.push(key.signer(For::Target, None));
                                "DPoP"
                            }
                            None => "Bearer",
                        };
                        possession = token.bound_to;
                        shown
                            .headers
                            .set("authorization", format!("{scheme} {}", token.value));
                    }
                }
                Credential::Fixed { shown: at, value } => {
                    show_token(at, value.expose_secret(), &mut shown, &mut cookies);
                }
                Credential::Login(login) => {
                    if let Some(Some(session)) = self.sessions.get(*index) {
                        let token = session.token().await?;
                        show_token(&login.shown, &token, &mut shown, &mut cookies);
                    }
                }
                Credential::Hmac(hmac) => {
                    shown.headers.set(&hmac.key_id_header, hmac.key_id.as_str());
                    shown.signers.push(Arc::new(Seals {
                        by: hmac.clone(),
                        instead: None,
                    }));
                }
            }
        }
        if !cookies.is_empty() {
            shown.headers.set("cookie", cookies.join("; "));
        }
        Ok((shown, possession))
    }
}

fn show_token(at: &Shown, token: &str, shown: &mut Credentials, cookies: &mut Vec<String>) {
    let value = format!("{}{token}", at.prefix).into();
    show_key((at.place, &at.name, &value), shown, cookies);
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
