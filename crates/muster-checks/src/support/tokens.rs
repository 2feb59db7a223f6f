//! What the checks of access tokens share: an operation that a good token opens, and what must not open
//! it (owner of [`refused`]).

use muster_core::{
    arrange::{hazard, valid_request},
    contract::{Contract, Operation, ParameterPlace, SchemeKind, Security},
    exchange::{Alteration, Auth, BreakageKind, Exchange, Intent, Outcome, Request, Response},
    model::{Method, Parameters, Responsible},
    script::{Halt, Script, Scripted},
    verdict::{Finding, Judgement},
};

use crate::Applies;

/// How many operations are tried before none counts as open to the identity.
const MOST_TRIED: usize = 6;

/// Applies where the contract protects an operation that only reads.
pub fn where_reads_are_protected(contract: &Contract, _: &Parameters) -> Applies {
    if protected_reads(contract).next().is_some() {
        Applies::Yes
    } else {
        Applies::No("The contract protects no operation that only reads.".into())
    }
}

/// Applies where the contract protects such an operation by a token: a key or a password is none.
pub fn where_tokens_protect_reads(contract: &Contract, parameters: &Parameters) -> Applies {
    match where_reads_are_protected(contract, parameters) {
        Applies::Yes if !protected_reads(contract).any(|read| takes_tokens(contract, read)) => {
            Applies::No("The contract protects what can be read by keys, not by tokens.".into())
        }
        applies => applies,
    }
}

/// Applies where it protects such an operation by something that is no token.
pub fn where_keys_protect_reads(contract: &Contract, parameters: &Parameters) -> Applies {
    match where_reads_are_protected(contract, parameters) {
        Applies::Yes if protected_reads(contract).all(|read| takes_tokens(contract, read)) => {
            Applies::No("The contract protects what can be read by tokens, not by keys.".into())
        }
        applies => applies,
    }
}

/// Whether any way to call an operation asks for a token, as far as the contract tells.
fn takes_tokens(contract: &Contract, operation: &Operation) -> bool {
    let Security::AnyOf(ways) = &operation.security else {
        return true;
    };
    ways.iter()
        .flat_map(|way| &way.0)
        .any(|(name, _)| match contract.security_schemes.get(name) {
            None => true,
            Some(scheme) => match &scheme.kind {
                SchemeKind::Http { scheme } => scheme != "basic",
                SchemeKind::ApiKey { place, name } => {
                    *place == ParameterPlace::Header && name.eq_ignore_ascii_case("authorization")
                }
                SchemeKind::MutualTls => false,
                _ => true,
            },
        })
}

fn protected_reads(contract: &Contract) -> impl Iterator<Item = &Operation> {
    contract.operations.iter().filter(|operation| {
        operation.key.method == Method::Get
            && operation.security.is_required()
            && operation.broken.is_none()
            && hazard(operation).is_none()
    })
}

/// A request to a protected operation that the default identity was just answered with success.
///
/// # Errors
/// Halts while answers are pending, and where no such operation is found.
pub fn open_request(script: &mut Script<'_>) -> Scripted<Request> {
    let mut reads: Vec<&Operation> = protected_reads(script.world.contract).collect();
    // Those that need no record come first.
    reads.sort_by_key(|operation| operation.path_variables().count());
    let mut last = "none was tried".to_owned();
    for operation in reads.into_iter().take(MOST_TRIED) {
        let arranged = match valid_request(script, operation) {
            Ok(arranged) => arranged,
            Err(Halt::Pending) => return Err(Halt::Pending),
            Err(_) => continue,
        };
        let mut request = arranged.request;
        request.purpose = "shows that the good token is accepted".into();
        let exchange = script.send(request.clone())?;
        if exchange.response().is_some_and(Response::is_success) {
            return Ok(request);
        }
        last = format!("{} returned {}", operation.key, exchange.received());
    }
    Err(Halt::unmet(
        Responsible::Credentials,
        format!(
            "No protected operation that only reads returns success to the default identity ({last}), so a refusal \
            would prove nothing. Give the identity the right to read."
        ),
    ))
}

/// Sends a request with broken credentials.
///
/// # Errors
/// Halts while the answer is pending.
pub fn broken<'a>(
    script: &mut Script<'a>,
    request: &Request,
    alteration: Alteration,
) -> Scripted<&'a Exchange> {
    let described = alteration.described();
    let mut request = request.clone();
    request.auth = Auth::Altered(alteration);
    request.intent = Intent::Wrong(described.clone());
    request.purpose = format!("shows {described}");
    script.send(request)
}

/// Judges that each of these broken credentials is refused.
///
/// # Errors
/// Halts while answers are pending, and where there is nothing to break.
pub fn refused(script: &mut Script<'_>, alterations: &[Alteration]) -> Scripted {
    let request = open_request(script)?;
    let mut openness = Openness::default();
    let mut judgements = Vec::new();
    for alteration in alterations {
        let exchange = broken(script, &request, *alteration)?;
        let judgement = judge(exchange, &alteration.described());
        judgements.push(openness.weigh(script, &request, judgement)?);
    }
    Ok(judgements)
}

/// Whether the operation refuses a request without credentials, once that was asked. One that refuses nobody says nothing
/// of tokens: that it is open is for `http.credentials-needed` to tell.
#[derive(Debug, Default)]
struct Openness(Option<String>, bool);

impl Openness {
    /// The judgement, inconclusive where wrong credentials are accepted as none are.
    fn weigh(
        &mut self,
        script: &mut Script<'_>,
        request: &Request,
        judgement: Judgement,
    ) -> Scripted<Judgement> {
        let is_acceptance = matches!(
            &judgement,
            Judgement::Fail(finding) if finding.cause.starts_with(ACCEPTED)
        );
        if !is_acceptance {
            return Ok(judgement);
        }
        if !self.1 {
            let mut bare = request.clone();
            bare.auth = Auth::Nothing;
            bare.intent = Intent::Wrong("no credentials".into());
            bare.purpose = "shows whether a request without credentials is refused".into();
            let exchange = script.send(bare)?;
            self.1 = true;
            self.0 = exchange
                .response()
                .is_some_and(Response::is_success)
                .then(|| asked(exchange));
        }
        Ok(match &self.0 {
            None => judgement,
            Some(asked) => Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{asked} accepts a request without credentials, so what else it accepts says nothing about tokens."
                ),
            ),
        })
    }
}

/// How the cause of a finding begins that says that wrong credentials were accepted.
const ACCEPTED: &str = "accepted: ";

/// Judges that what was shown opened nothing.
#[must_use]
pub fn judge(exchange: &Exchange, shown: &str) -> Judgement {
    let asked = asked(exchange);
    if let Some(followed) = &exchange.followed {
        return Finding::new(
            "the address of a key was followed",
            "A key is fetched from a URL that the client's own token gives.",
            format!("{asked}: 401, and no request for the key"),
            format!(
                "{followed} at Muster's own listener, and {}",
                exchange.received()
            ),
        )
        .into();
    }
    match &exchange.outcome {
        Outcome::Broken(breakage) if breakage.kind == BreakageKind::Unalterable => {
            Judgement::not_applicable(breakage.detail.clone())
        }
        Outcome::Broken(breakage) => Judgement::inconclusive(
            breakage.kind.responsible(),
            format!(
                "{asked} with {shown}: no response came to judge. {}",
                breakage.detail
            ),
        ),
        Outcome::Answered(response) => match response.status {
            200..300 => Finding::new(
                format!("{ACCEPTED}{shown}"),
                format!("A request with {shown} is accepted."),
                format!("{asked}: 401"),
                exchange.received(),
            )
            .shown_by(exchange.id)
            .into(),
            300..400 => Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{asked} with {shown} returned {}: a redirect neither refuses nor accepts.",
                    response.status
                ),
            ),
            429 => Judgement::inconclusive(
                Responsible::Configuration,
                format!("{asked} returned 429. Lower `budget.per_second` in the target file."),
            ),
            500.. => Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{asked} with {shown} returned {}: it failed, and whether it would have \
                        refused is not known.",
                    response.status
                ),
            ),
            _ => Judgement::Pass,
        },
    }
}

/// Judges that a protected operation answers 401 with a challenge (RFC 9110, section 11.6.1).
#[must_use]
pub fn challenged(exchange: &Exchange, shown: &str) -> Judgement {
    let asked = asked(exchange);
    let Some(response) = exchange.response() else {
        return judge(exchange, shown);
    };
    let finding = match response.status {
        401 if response.headers.get("www-authenticate").is_some() => return Judgement::Pass,
        401 => Finding::new(
            "401 without a challenge",
            "A 401 does not say by `WWW-Authenticate` how to authenticate.",
            format!("{asked}: 401 with `WWW-Authenticate`"),
            exchange.received(),
        ),
        200..300 | 429 | 500.. => return judge(exchange, shown),
        404 | 405 => {
            return Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "{asked} returned {}, which does not show whether credentials are required.",
                    response.status
                ),
            );
        }
        status => Finding::new(
            format!("{status} in place of 401"),
            format!("A request with {shown} receives {status}."),
            format!("{asked}: 401 with `WWW-Authenticate`"),
            exchange.received(),
        )
        .of_kind("Requests without valid credentials receive another status than 401."),
    };
    finding.shown_by(exchange.id).into()
}

/// Judges that a token which another identity of the target file lends is refused.
///
/// # Errors
/// Halts while answers are pending, and where no such identity is given.
pub fn lent(script: &mut Script<'_>, identities: &[(&str, &str)]) -> Scripted {
    let good = open_request(script)?;
    let mut openness = Openness::default();
    let mut judgements = Vec::new();
    let mut missing = Vec::new();
    for (name, shown) in identities {
        let Some(identity) = script
            .world
            .identities
            .iter()
            .find(|identity| identity.as_str() == *name)
        else {
            missing.push((format!("`{name}`"), *shown));
            continue;
        };
        let mut request = good.clone();
        request.identity = identity.clone();
        request.intent = Intent::Wrong((*shown).into());
        request.purpose = format!("shows {shown}");
        let judgement = judge(script.send(request)?, shown);
        judgements.push(openness.weigh(script, &good, judgement)?);
    }
    if judgements.is_empty() {
        return Err(Halt::unmet(
            Responsible::Credentials,
            format!(
                "No such token was lent. Give one in the target file, as `bearer` of an identity {}, or let `muster issuer` make it (`issuer` in the target file).",
                missing
                    .iter()
                    .map(|(name, _)| name.as_str())
                    .collect::<Vec<_>>()
                    .join(" or ")
            ),
        ));
    }
    // What was not tried is said, so that nobody takes a part for the whole.
    judgements.extend(missing.into_iter().map(|(name, shown)| {
        Judgement::not_applicable(format!(
            "Nobody lent {shown}: no identity of the target file is called {name}."
        ))
    }));
    Ok(judgements)
}

/// As [`lent`], of what only tokens of an authorisation server have: an issuer, an audience, a key. An opaque token
/// under a contract that names no such server has none of them, and there is nothing to lend.
///
/// # Errors
/// As [`lent`].
pub fn lent_by_issuer(script: &mut Script<'_>, identities: &[(&str, &str)]) -> Scripted {
    let world = script.world;
    let is_lent = |name: &str| world.identities.iter().any(|held| held.as_str() == name);
    if !identities.iter().any(|(name, _)| is_lent(name)) && !names_issuer(world.contract) {
        let good = open_request(script)?;
        let exchange = broken(script, &good, Alteration::AlgNone("none"))?;
        if let Outcome::Broken(breakage) = &exchange.outcome
            && breakage.kind == BreakageKind::Unalterable
        {
            return Err(Halt::NotApplicable(format!(
                "{} The contract names no authorisation server either, so that a token has no issuer, audience or key of its own.",
                breakage.detail
            )));
        }
    }
    lent(script, identities)
}

/// Whether the contract says that tokens come from an authorisation server.
fn names_issuer(contract: &Contract) -> bool {
    contract.security_schemes.values().any(|scheme| {
        matches!(
            scheme.kind,
            SchemeKind::OAuth2 { .. } | SchemeKind::OpenIdConnect { .. }
        )
    })
}

fn asked(exchange: &Exchange) -> String {
    exchange.request.operation.as_ref().map_or_else(
        || {
            format!(
                "{} {}",
                exchange.request.method,
                exchange.request.path_and_query()
            )
        },
        ToString::to_string,
    )
}

/// What examples of token checks are told about.
pub(crate) const PEOPLE: &str = "
/people:
  get: {security: [{token: []}], responses: {'200': {description: People}, '401': {description: No}}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
";
