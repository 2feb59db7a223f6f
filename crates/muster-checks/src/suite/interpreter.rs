//! A case as a conversation (owner of [`converse`]).

use std::time::Duration;

use serde_json::Value;

use super::{
    Chosen, Target,
    body::file,
    capture::taken,
    expect::{self, Bench, Failing, Kind},
    request::{self, Setting, needs_arranging},
    scope::Scope,
    step::{Refusal, Step, Until},
    template::{self, Trouble},
};
use crate::support::probe;
use muster_core::{
    arrange,
    contract::Operation,
    exchange::{BreakageKind, Exchange, Outcome},
    model::{OperationKey, Responsible},
    script::{Halt, ProbeContext, Script, Scripted},
    verdict::{Finding, Judgement, Unverified},
};

/// Why a case does not go on.
enum Stop {
    /// As a conversation stops.
    Halt(Halt),
    /// The authored case went wrong.
    Wrong(Wrong),
    /// What it needs was not given, and why has been judged already.
    Judged,
}

struct Wrong {
    pointer: String,
    reason: String,
    missing: bool,
}

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

/// A step that was answered.
struct Done<'a> {
    step: &'a Step,
    number: usize,
    pointer: String,
    operation: Option<&'a Operation>,
    answers: Vec<&'a Exchange>,
}

struct Course<'a> {
    chosen: Chosen<'a>,
    scope: Scope,
    done: Vec<Done<'a>>,
}

/// Runs a case to its end: one judgement for each expectation that does not hold, or one pass.
///
/// # Errors
/// [`Halt::Pending`] until every answer is there.
pub fn converse<'a>(script: &mut Script<'a>, chosen: Chosen<'a>) -> Scripted {
    let mut course = Course {
        scope: Scope::new(&script.world, &chosen),
        chosen,
        done: Vec::new(),
    };
    let mut judgements = Vec::new();
    match course.steps(script) {
        Ok(()) | Err(Stop::Judged) => {}
        Err(Stop::Halt(Halt::Pending)) => return Err(Halt::Pending),
        Err(Stop::Halt(Halt::Unmet(gap))) => judgements.push(Judgement::Inconclusive(gap)),
        Err(Stop::Halt(Halt::NotApplicable(reason))) => {
            judgements.push(Judgement::NotApplicable(reason));
        }
        Err(Stop::Wrong(wrong)) => judgements.push(course.error(&wrong)),
    }
    judgements.extend(course.clean_up(script)?);
    let failing: Vec<Judgement> = course
        .done
        .iter()
        .flat_map(|done| course.judge(script.world, done))
        .collect();
    // What was seen to fail goes before what could not be seen.
    let mut all = failing;
    all.append(&mut judgements);
    if all.is_empty() {
        all.push(Judgement::Pass);
    }
    Ok(all)
}

impl<'a> Course<'a> {
    fn case_pointer(&self) -> String {
        format!("/cases/{}", self.chosen.index)
    }

    fn steps(&mut self, script: &mut Script<'a>) -> Result<(), Stop> {
        self.variables()?;
        let case = self.chosen.case;
        for (index, step) in case.steps.iter().enumerate() {
            let pointer = format!("{}/steps/{index}", self.case_pointer());
            self.step(script, step, index + 1, pointer)?;
        }
        Ok(())
    }

    /// Does what always is to be done. A step whose captures were not made has nothing to clean up.
    fn clean_up(&mut self, script: &mut Script<'a>) -> Result<Vec<Judgement>, Halt> {
        let mut judgements = Vec::new();
        let case = self.chosen.case;
        for (index, step) in case.cleanup.iter().enumerate() {
            let pointer = format!("{}/cleanup/{index}", self.case_pointer());
            let number = case.steps.len() + index + 1;
            match self.step(script, step, number, pointer) {
                Err(Stop::Halt(Halt::Pending)) => return Err(Halt::Pending),
                Err(Stop::Wrong(wrong)) if !wrong.missing => judgements.push(self.error(&wrong)),
                _ => {}
            }
        }
        Ok(judgements)
    }

    fn variables(&mut self) -> Result<(), Stop> {
        if let Some((index, row)) = self.chosen.row {
            let pointer = format!("{}/rows/{index}", self.case_pointer());
            let filled = template::fill(&Value::Object(row.clone()), &self.scope)
                .map_err(|trouble| wrong(&pointer, trouble))?;
            self.scope.set("row", filled);
        }
        let suite = self.chosen.suite;
        let own = format!("{}/variables", self.case_pointer());
        for (pointer, variables) in [
            ("/variables", &suite.definition.variables),
            (own.as_str(), &self.chosen.case.variables),
        ] {
            for (name, authored) in variables {
                let at = super::lint::member(pointer, name);
                let authored = match file_of(authored) {
                    Some(path) => file(suite, path).map_err(|reason| {
                        Stop::Wrong(Wrong {
                            pointer: at.clone(),
                            reason,
                            missing: false,
                        })
                    })?,
                    None => authored,
                };
                let value =
                    template::fill(authored, &self.scope).map_err(|trouble| wrong(&at, trouble))?;
                self.scope.set(name, value);
            }
        }
        Ok(())
    }

    fn step(
        &mut self,
        script: &mut Script<'a>,
        step: &'a Step,
        number: usize,
        pointer: String,
    ) -> Result<(), Stop> {
        let world = script.world;
        let contract = world.contract;
        let (key, operation) = match step.target(contract) {
            Target::Declared(key) => {
                let operation = contract.operation(&key);
                (key, operation)
            }
            Target::Undeclared(key) => (key, None),
            Target::Unknown => {
                return Err(Stop::Wrong(Wrong {
                    pointer: format!("{pointer}/call"),
                    reason: format!("the contract has no operation `{}`", step.call),
                    missing: false,
                }));
            }
        };
        allowed(&world, step, &key)?;
        let arranged = match operation {
            Some(operation) if needs_arranging(step, operation) => {
                Some(arrange::valid_request(script, operation)?)
            }
            _ => None,
        };
        let setting = Setting {
            suite: self.chosen.suite,
            world: &world,
            key: &key,
            operation,
            arranged: arranged.as_ref(),
            purpose: &self.chosen.case.purpose,
        };
        let answers = match &step.until {
            Some(until) => self.poll(script, step, &pointer, &setting, until)?,
            None => self.rounds(script, step, &pointer, &setting)?,
        };
        if let Some(reason) = answers.iter().find_map(|answer| impossible(answer)) {
            return Err(Stop::Halt(Halt::NotApplicable(reason)));
        }
        if step.refusal == Refusal::Inconclusive {
            for answer in &answers {
                if let Some(gap) = unavailable(step, answer) {
                    return Err(Stop::Halt(Halt::Unmet(gap)));
                }
            }
        }
        let last = answers.last().copied();
        self.done.push(Done {
            step,
            number,
            pointer,
            operation,
            answers,
        });
        if step.precondition
            && self
                .done
                .last()
                .is_some_and(|done| !self.failing(world, done).is_empty())
        {
            return Err(Stop::Judged);
        }
        match last {
            Some(last) => self.captures(world, step, last),
            None => Ok(()),
        }
    }

    fn rounds(
        &mut self,
        script: &mut Script<'a>,
        step: &Step,
        pointer: &str,
        setting: &Setting<'_>,
    ) -> Result<Vec<&'a Exchange>, Stop> {
        let mut answers = Vec::new();
        let at_once = step.at_once();
        for round in 0..step.rounds() {
            self.pause(script, step)?;
            let scope = &mut self.scope;
            let sent = script.send_made(|| {
                (0..at_once)
                    .map(|one| {
                        scope.set("index", Value::from(round * at_once + one));
                        request::build(step, setting, scope)
                            .map_err(|trouble| wrong(pointer, trouble))
                    })
                    .collect::<Result<Vec<_>, Stop>>()
            })?;
            answers.extend(sent);
        }
        self.scope.set("index", Value::from(0));
        Ok(answers)
    }

    fn poll(
        &self,
        script: &mut Script<'a>,
        step: &'a Step,
        pointer: &str,
        setting: &Setting<'_>,
        until: &Until,
    ) -> Result<Vec<&'a Exchange>, Stop> {
        let every = Duration::from_millis(until.every_ms.max(1));
        let limit = Duration::from_secs(until.within_s);
        let mut spent = Duration::ZERO;
        self.pause(script, step)?;
        loop {
            let sent = script.send_made(|| {
                request::build(step, setting, &self.scope)
                    .map(|request| vec![request])
                    .map_err(|trouble| wrong(pointer, trouble))
            })?;
            if let Some(response) = sent.first().and_then(Exchange::response) {
                spent += Duration::from_micros(response.timing.total_us);
            }
            let bench = self.bench(script.world, step, setting.operation);
            if expect::judge(bench, sent).is_empty() || spent + every > limit {
                return Ok(sent.iter().collect());
            }
            script.pause(every)?;
            spent += every;
        }
    }

    fn pause(&self, script: &mut Script<'a>, step: &Step) -> Result<(), Stop> {
        match step.pause_ms {
            Some(ms) if ms > 0 => Ok(script.pause(Duration::from_millis(ms))?),
            _ => Ok(()),
        }
    }

    fn bench<'b>(
        &'b self,
        world: ProbeContext<'b>,
        step: &'b Step,
        operation: Option<&'b Operation>,
    ) -> Bench<'b> {
        Bench {
            contract: world.contract,
            step,
            operation,
            scope: &self.scope,
        }
    }

    fn captures(
        &mut self,
        world: ProbeContext<'a>,
        step: &'a Step,
        answer: &'a Exchange,
    ) -> Result<(), Stop> {
        for (name, capture) in &step.capture {
            match taken(capture, answer) {
                Ok(value) => self.scope.set(name, value),
                Err(reason) => {
                    let held = self
                        .done
                        .last()
                        .is_none_or(|done| self.failing(world, done).is_empty());
                    if !held {
                        return Err(Stop::Judged);
                    }
                    let pointer = self
                        .done
                        .last()
                        .map(|done| done.pointer.clone())
                        .unwrap_or_default();
                    return Err(Stop::Wrong(Wrong {
                        pointer: format!("{pointer}/capture/{name}"),
                        reason: format!("the capture `{name}` finds nothing: {reason}"),
                        missing: false,
                    }));
                }
            }
        }
        Ok(())
    }

    fn failing(&self, world: ProbeContext<'_>, done: &Done<'_>) -> Vec<Failing> {
        let clean = done.pointer.contains("/cleanup/") && done.step.expect.is_none();
        if clean {
            return Vec::new();
        }
        expect::judge(
            self.bench(world, done.step, done.operation),
            done.answers.iter().copied(),
        )
    }

    fn judge(&self, world: ProbeContext<'_>, done: &Done<'_>) -> Vec<Judgement> {
        let spots = &self.chosen.suite.spots;
        let label = done.step.name.as_deref().unwrap_or(&done.step.call);
        self.failing(world, done)
            .into_iter()
            .map(|failing| {
                let pointer = format!("{}{}", done.pointer, failing.pointer);
                let received = match (failing.answers, done.answers.len()) {
                    (some, all) if all > 1 && !failing.pointer.starts_with("/expect/that") => {
                        format!("{} (so {some} of {all} responses)", failing.received)
                    }
                    _ => failing.received.clone(),
                };
                let shown_by = failing
                    .shown_by
                    .or_else(|| done.answers.last().map(|answer| answer.id));
                match failing.kind {
                    Kind::Fail if done.step.precondition => Judgement::inconclusive(
                        Responsible::Supplier,
                        format!(
                            "The case rests on step {} ({label}), which is not answered as it must be: expected {}, received {received}.",
                            done.number, failing.expected,
                        ),
                    ),
                    Kind::Fail => Judgement::Fail(Finding {
                        shown_by,
                        ..Finding::new(
                            format!("step {}{}", done.number, failing.pointer),
                            format!(
                                "Step {} ({label}) is not answered as the case expects: {}",
                                done.number, self.chosen.case.purpose
                            ),
                            failing.expected,
                            received,
                        )
                        .at(spots.place(&pointer))
                        .authored(spots.excerpt(&pointer))
                        .in_source(spots.location(&pointer))
                    }),
                    Kind::Error => Judgement::Error(Unverified::new(
                        Responsible::Configuration,
                        format!("{}\n{}", failing.received, spots.excerpt(&pointer)),
                    )),
                    Kind::Unverified(responsible) => Judgement::inconclusive(responsible, failing.received),
                }
            })
            .collect()
    }

    fn error(&self, wrong: &Wrong) -> Judgement {
        Judgement::Error(Unverified::new(
            Responsible::Configuration,
            format!(
                "The case went wrong: {}.\n{}",
                wrong.reason,
                self.chosen.suite.spots.excerpt(&wrong.pointer)
            ),
        ))
    }
}

/// The path of `{ file: PATH }`, where a variable is one.
#[must_use]
pub fn file_of(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.get("file")?.as_str()
}

fn wrong(pointer: &str, trouble: Trouble) -> Stop {
    Stop::Wrong(Wrong {
        pointer: format!("{pointer}{}", trouble.pointer),
        missing: trouble.missing.is_some(),
        reason: trouble.reason,
    })
}

/// Whether the target file lets this step be done.
fn allowed(world: &ProbeContext<'_>, step: &Step, key: &OperationKey) -> Result<(), Stop> {
    if let Some(identity) = &step.identity
        && identity.as_str() != "default"
        && !world.identities.contains(identity)
    {
        return Err(Stop::Halt(Halt::unmet(
            Responsible::Configuration,
            format!(
                "The case calls as `{identity}`; give the target file an identity of this name."
            ),
        )));
    }
    if !key.method.is_safe() && !world.writes {
        return Err(Stop::Halt(Halt::NotApplicable(format!(
            "{key} may change data, and writes are not allowed at this target."
        ))));
    }
    Ok(())
}

/// Why a step cannot be done with this target: its credentials have no part to leave out.
fn impossible(answer: &Exchange) -> Option<String> {
    match &answer.outcome {
        Outcome::Broken(breakage) if breakage.kind == BreakageKind::Unalterable => {
            Some(breakage.detail.clone())
        }
        _ => None,
    }
}

/// Why an answer says nothing of what is judged, if so.
fn unavailable(step: &Step, answer: &Exchange) -> Option<Unverified> {
    let expected = match &answer.outcome {
        Outcome::Answered(response) => step.statuses().names(response.status),
        Outcome::Broken(breakage) => step.statuses().has_breakage(answer, breakage),
    };
    if expected {
        return None;
    }
    match probe::reached(answer) {
        Err(Judgement::Inconclusive(gap)) => Some(gap),
        _ => None,
    }
}
