//! Conversations with a target as pure functions (owner of [`Script`] and [`ProbeContext`]).
//!
//! A probe or a case is written as straight-line code: send, look at the answer, send again, judge.
//! It does no I/O. [`Script::send`] gives the answer if it is already there, and otherwise stops the
//! function with [`Halt::Pending`]; the runner sends what was asked for and calls the function again
//! from the start, now with one more answer. So a conversation is a function from the answers so far to
//! the next question: it can be planned, replayed and tested without a network, and the same seed and
//! the same answers always make the same requests.

use std::time::Duration;

use crate::{
    arrange::Relations,
    contract::Contract,
    exchange::{
        Exchange, ExchangeId, Headers, Outcome, Request,
        handshake::{Handshake, HandshakeResult, Handshaken},
    },
    model::{Claims, IdentityName, Parameters, Responsible},
    value_pool::ValuePool,
    verdict::{Judgement, Unverified},
};

/// Everything a conversation may look at.
#[derive(Debug, Clone, Copy)]
pub struct ProbeContext<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// What its operations have to do with each other.
    pub relations: &'a Relations,
    /// What is known to exist.
    pub known: &'a ValuePool,
    /// What the supplier claims.
    pub claims: &'a Claims,
    /// Parameters of profile and target.
    pub parameters: &'a Parameters,
    /// The identities that the target file gives, `default` first.
    pub identities: &'a [IdentityName],
    /// The target's base URL, without a slash at its end.
    pub base_url: &'a str,
    /// Whether requests may change anything.
    pub writes: bool,
    /// The seed of the run.
    pub seed: u64,
    /// A short text that is unique to the run and visibly synthetic, such as `muster-7f3a9c`.
    pub run_tag: &'a str,
}

/// What a conversation asks of the runner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send these, all at once where there are several.
    Send(Vec<Request>),
    /// Send these one after the other, each at its moment whether or not those before it were answered.
    SendPaced(Vec<Request>, Duration),
    /// Let this time pass.
    Pause(Duration),
    /// Try this TLS handshake.
    Handshake(Handshake),
}

/// What the runner answers.
#[derive(Debug, Clone)]
pub enum EffectResult {
    /// The exchanges, in the order asked.
    Exchanges(Vec<Exchange>),
    /// The time has passed.
    Paused,
    /// How the handshake ended.
    Handshake(Box<Handshaken>),
}

/// Why a conversation stops before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// It waits for an answer.
    Pending,
    /// Something it needs is not there; what it was to judge is inconclusive.
    Unmet(Unverified),
    /// It does not apply, for this reason.
    NotApplicable(String),
}

impl Halt {
    /// A missing precondition, in short.
    pub fn unmet(responsible: Responsible, reason: impl Into<String>) -> Self {
        Self::Unmet(Unverified::new(responsible, reason))
    }
}

/// The end of a conversation: its judgements, or why there are none.
pub type Scripted<T = Vec<Judgement>> = Result<T, Halt>;

/// One conversation: the world, the answers so far, and the next question.
#[derive(Debug)]
pub struct Script<'a> {
    /// What the conversation may look at.
    pub world: ProbeContext<'a>,
    history: &'a [EffectResult],
    next: usize,
    ask: Option<Effect>,
    asked_otherwise: bool,
}

impl<'a> Script<'a> {
    /// A conversation with the answers so far.
    #[must_use]
    pub const fn new(world: ProbeContext<'a>, history: &'a [EffectResult]) -> Self {
        Self {
            world,
            history,
            next: 0,
            ask: None,
            asked_otherwise: false,
        }
    }

    /// Sends one request.
    ///
    /// # Errors
    /// [`Halt::Pending`] until the answer is there.
    pub fn send(&mut self, request: Request) -> Scripted<&'a Exchange> {
        let exchanges = self.send_all(vec![request])?;
        exchanges.first().ok_or_else(|| {
            Halt::unmet(
                Responsible::Muster,
                "The runner gave no response to a request.",
            )
        })
    }

    /// Sends several at once.
    ///
    /// # Errors
    /// [`Halt::Pending`] until every answer is there.
    pub fn send_all(&mut self, requests: Vec<Request>) -> Scripted<&'a [Exchange]> {
        if requests.is_empty() {
            return Ok(&[]);
        }
        match self.reply(Effect::Send(requests))? {
            EffectResult::Exchanges(exchanges) => Ok(exchanges),
            EffectResult::Paused | EffectResult::Handshake(_) => Err(asked_otherwise()),
        }
    }

    /// Sends several, one every so often, whether or not those before it were answered: a target that is slow
    /// is not spared the requests that come meanwhile.
    ///
    /// # Errors
    /// [`Halt::Pending`] until every answer is there.
    pub fn send_paced(
        &mut self,
        requests: Vec<Request>,
        every: Duration,
    ) -> Scripted<&'a [Exchange]> {
        if requests.is_empty() {
            return Ok(&[]);
        }
        match self.reply(Effect::SendPaced(requests, every))? {
            EffectResult::Exchanges(exchanges) => Ok(exchanges),
            EffectResult::Paused | EffectResult::Handshake(_) => Err(asked_otherwise()),
        }
    }

    /// Tries a TLS handshake.
    ///
    /// # Errors
    /// [`Halt::Pending`] until it has ended.
    pub fn handshake(&mut self, handshake: Handshake) -> Scripted<&'a Handshaken> {
        match self.reply(Effect::Handshake(handshake))? {
            EffectResult::Handshake(handshaken) => Ok(handshaken),
            EffectResult::Exchanges(_) | EffectResult::Paused => Err(asked_otherwise()),
        }
    }

    /// Sends several at once that are made only if they were not answered yet: a conversation of many
    /// requests is not made anew with every answer.
    ///
    /// # Errors
    /// [`Halt::Pending`] until every answer is there, and whatever hinders the making, by its maker's own type.
    pub fn send_made<E: From<Halt>>(
        &mut self,
        make: impl FnOnce() -> Result<Vec<Request>, E>,
    ) -> Result<&'a [Exchange], E> {
        if let Some(EffectResult::Exchanges(exchanges)) = self.history.get(self.next) {
            self.next += 1;
            return Ok(exchanges);
        }
        Ok(self.send_all(make()?)?)
    }

    /// Lets time pass.
    ///
    /// # Errors
    /// [`Halt::Pending`] until it has.
    pub fn pause(&mut self, time: Duration) -> Scripted<()> {
        self.reply(Effect::Pause(time)).map(|_| ())
    }

    /// Every exchange up to this point of the conversation, for evidence. What is answered later is not
    /// looked at, so that a longer history never changes an earlier question.
    pub fn exchanges(&self) -> impl Iterator<Item = &'a Exchange> + use<'a> {
        self.history
            .iter()
            .take(self.next)
            .flat_map(|reply| match reply {
                EffectResult::Exchanges(exchanges) => exchanges.as_slice(),
                EffectResult::Paused | EffectResult::Handshake(_) => &[],
            })
    }

    /// The exchange that was answered last at this point of the conversation.
    #[must_use]
    pub fn latest(&self) -> Option<ExchangeId> {
        self.exchanges().last().map(|exchange| exchange.id)
    }

    /// How many questions were answered so far.
    #[must_use]
    pub const fn answered(&self) -> usize {
        self.next
    }

    /// The question that the conversation stopped at.
    #[must_use]
    pub fn into_ask(self) -> Option<Effect> {
        self.ask
    }

    fn reply(&mut self, ask: Effect) -> Scripted<&'a EffectResult> {
        let index = self.next;
        self.next += 1;
        match self.history.get(index) {
            Some(result) if answers(result, &ask) => Ok(result),
            Some(_) => {
                self.asked_otherwise = true;
                Err(asked_otherwise())
            }
            None => {
                self.ask = Some(ask);
                Err(Halt::Pending)
            }
        }
    }
}

/// Whether a result is that of this question: the same requests by method and address, or the same handshake.
fn answers(result: &EffectResult, ask: &Effect) -> bool {
    match (result, ask) {
        (
            EffectResult::Exchanges(exchanges),
            Effect::Send(requests) | Effect::SendPaced(requests, _),
        ) => {
            exchanges.len() == requests.len()
                && exchanges.iter().zip(requests).all(|(exchange, request)| {
                    exchange.request.method == request.method
                        && exchange.request.address == request.address
                })
        }
        (EffectResult::Paused, Effect::Pause(_)) => true,
        (EffectResult::Handshake(handshaken), Effect::Handshake(asked)) => {
            handshaken.asked == *asked
        }
        _ => false,
    }
}

fn asked_otherwise() -> Halt {
    Halt::unmet(Responsible::Muster, ASKED_OTHERWISE)
}

/// Why a conversation that is not a function of its responses is not judged.
const ASKED_OTHERWISE: &str = "The conversation asked another question when it was run again: none of its responses is judged.";

/// One turn of a conversation.
#[derive(Debug)]
pub enum Turn {
    /// The next question.
    Effect(Effect),
    /// The end.
    Done(Vec<Judgement>),
}

/// Runs a conversation as far as the answers reach.
pub fn turn<'a>(
    world: ProbeContext<'a>,
    history: &'a [EffectResult],
    conversation: impl FnOnce(&mut Script<'a>) -> Scripted,
) -> Turn {
    let mut script = Script::new(world, history);
    let ended = conversation(&mut script);
    if script.asked_otherwise {
        return Turn::Done(vec![Judgement::Error(Unverified::new(
            Responsible::Muster,
            ASKED_OTHERWISE,
        ))]);
    }
    match ended {
        Ok(judgements) => Turn::Done(judgements),
        Err(Halt::Unmet(gap)) => Turn::Done(vec![Judgement::Inconclusive(gap)]),
        Err(Halt::NotApplicable(reason)) => Turn::Done(vec![Judgement::NotApplicable(reason)]),
        Err(Halt::Pending) => match script.into_ask() {
            Some(ask) => Turn::Effect(ask),
            None => Turn::Done(vec![Judgement::Error(Unverified::new(
                Responsible::Muster,
                "A conversation waits for nothing.",
            ))]),
        },
    }
}

/// Runs a conversation to its end, with a function in place of the network. Pauses take no time.
///
/// # Errors
/// As the conversation itself: never [`Halt::Pending`].
pub fn dry_run<T>(
    world: ProbeContext<'_>,
    conversation: impl for<'h> Fn(&mut Script<'h>) -> Scripted<T>,
    mut answer: impl FnMut(&Request) -> Outcome,
) -> (Scripted<T>, Vec<Exchange>) {
    let mut history: Vec<EffectResult> = Vec::new();
    let mut sent: Vec<Exchange> = Vec::new();
    loop {
        let ask = {
            let mut script = Script::new(world, &history);
            match conversation(&mut script) {
                Err(Halt::Pending) => script.into_ask(),
                ended => return (ended, sent),
            }
        };
        let reply = match ask {
            Some(Effect::Send(requests) | Effect::SendPaced(requests, _)) => {
                let mut exchanges = Vec::new();
                for request in requests {
                    let outcome = answer(&request);
                    let exchange = Exchange {
                        id: ExchangeId(sent.len() as u64 + 1),
                        url: format!("{}{}", world.base_url, request.path_and_query()),
                        request,
                        credentials: Headers::new(),
                        followed: None,
                        outcome,
                    };
                    sent.push(exchange.clone());
                    exchanges.push(exchange);
                }
                EffectResult::Exchanges(exchanges)
            }
            Some(Effect::Pause(_)) => EffectResult::Paused,
            Some(Effect::Handshake(asked)) => EffectResult::Handshake(Box::new(Handshaken {
                id: ExchangeId(0),
                asked,
                result: HandshakeResult::not_tried("A dry run has no network."),
            })),
            None => {
                return (
                    Err(Halt::unmet(
                        Responsible::Muster,
                        "A conversation waits for nothing.",
                    )),
                    sent,
                );
            }
        };
        history.push(reply);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::{
        arrange::testing::{Setting, answer},
        exchange::Address,
        model::Method,
    };

    const CONTRACT: &str = "{openapi: 3.1.0, info: {title: T, version: '1'}, paths: {}}";

    fn get(path: &str) -> Request {
        Request::new(Method::Get, Address::Base(path.to_owned()), "asks")
    }

    /// The exchange that answers a question.
    fn answered(request: Request) -> EffectResult {
        EffectResult::Exchanges(vec![Exchange {
            id: ExchangeId(1),
            url: String::new(),
            request,
            credentials: Headers::new(),
            followed: None,
            outcome: answer(200, &[], &serde_json::json!({})),
        }])
    }

    #[test]
    fn another_question_on_replay_is_an_error_of_muster_whatever_the_conversation_makes_of_it() {
        let setting = Setting::new(CONTRACT);
        let asked = Cell::new(0);
        let conversation = |script: &mut Script<'_>| {
            asked.set(asked.get() + 1);
            let _ = script.send(get(&format!("/{}", asked.get())));
            Ok(vec![Judgement::Pass])
        };
        let history = [answered(get("/0"))];
        let Turn::Done(judgements) = turn(setting.world(), &history, conversation) else {
            panic!("it goes on");
        };
        assert_eq!(
            judgements,
            [Judgement::Error(Unverified::new(
                Responsible::Muster,
                ASKED_OTHERWISE
            ))]
        );
    }

    #[test]
    fn the_same_question_is_answered_from_the_history() {
        let setting = Setting::new(CONTRACT);
        let history = [answered(get("/0"))];
        let ended = turn(setting.world(), &history, |script| {
            script.send(get("/0"))?;
            Ok(vec![Judgement::Pass])
        });
        assert!(matches!(ended, Turn::Done(judgements) if judgements == [Judgement::Pass]));
    }
}
