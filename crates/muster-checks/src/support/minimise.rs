//! Makes a request that shows a failure smaller, as long as it still shows it (owner of [`smallest`]).

use serde_json::Value;

use muster_core::{
    exchange::{Exchange, Request},
    generate::shrink,
    script::{Halt, Script, Scripted},
};

/// How many requests go into making one failure smaller.
const MOST_TRIES: usize = 24;

/// How much text is looked at for what `matters`, in bytes of JSON: each look may validate the whole body, and a
/// conversation is told again from its start after each answer.
const MOST_LOOKED_AT: usize = 128 * 1024;

/// How many failures of an operation are made smaller; the others are shown as they were found.
pub(crate) const MOST_SHRUNK: usize = 3;

/// The answer to the smallest body found that still `shows` the failure; nothing where none is smaller.
///
/// Bodies that do not keep what `matters` are not tried. `make` writes the request for one, with a number for what has to
/// differ from one request to the next.
///
/// # Errors
/// Halts while an answer is pending, and where no request can be made.
pub(crate) fn smallest<'a>(
    script: &mut Script<'a>,
    whole: &Value,
    matters: impl Fn(&Value) -> bool,
    make: impl Fn(&Value, usize) -> Scripted<Request>,
    shows: impl Fn(&Exchange) -> bool,
) -> Scripted<Option<&'a Exchange>> {
    let mut tries = 0;
    let mut looked_at = 0;
    let mut shown = None;
    let mut halt = None;
    shrink(whole, &mut |body| {
        if body == whole {
            return Some(true);
        }
        if halt.is_some() || tries >= MOST_TRIES || looked_at >= MOST_LOOKED_AT {
            return None;
        }
        looked_at += body.to_string().len();
        if !matters(body) {
            return Some(false);
        }
        tries += 1;
        match make(body, tries).and_then(|request| script.send(request)) {
            Ok(answer) if shows(answer) => {
                shown = Some(answer);
                Some(true)
            }
            Ok(_) => Some(false),
            Err(stopped) => {
                halt = Some(stopped);
                None
            }
        }
    });
    match halt {
        Some(Halt::Pending) => Err(Halt::Pending),
        // What hinders a smaller request is no reason to say nothing of the failure.
        Some(_) | None => Ok(shown),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test stops at what is wrong")]

    use serde_json::json;

    use super::*;
    use crate::{ScriptedResponse, examples, laws::contract};
    use muster_core::{
        arrange::Relations,
        exchange::Address,
        model::{Claims, Method, Parameters},
        script::{Effect, EffectResult, ProbeContext, Turn, turn},
        value_pool::ValuePool,
        verdict::Judgement,
    };

    /// What is asked of a server that fails at each apostrophe, and the body that is left.
    fn shrunk(whole: &Value) -> (usize, Option<String>) {
        let contract = contract("/people: {post: {responses: {'201': {description: Made}}}}");
        let relations = Relations::of(&contract);
        let world = ProbeContext {
            contract: &contract,
            relations: &relations,
            known: &ValuePool::default(),
            claims: &Claims::default(),
            parameters: &Parameters::default(),
            identities: &[],
            base_url: "http://127.0.0.1:1",
            writes: true,
            seed: 1,
            run_tag: "muster-example",
        };
        let mut history = Vec::new();
        let left = std::cell::RefCell::new(None);
        for asked in 0.. {
            let ended = turn(world, &history, |script| {
                let found = smallest(
                    script,
                    whole,
                    |body| body.get("surname").is_some(),
                    |body, _| {
                        Ok(Request::new(
                            Method::Post,
                            Address::Base("/people".into()),
                            body.to_string(),
                        ))
                    },
                    |answer| answer.status() == Some(500),
                )?;
                *left.borrow_mut() = found.map(|answer| answer.request.purpose.clone());
                Ok(vec![Judgement::Pass])
            });
            match ended {
                Turn::Done(_) => return (asked, left.into_inner()),
                Turn::Effect(Effect::Send(requests)) => history.push(EffectResult::Exchanges(
                    requests
                        .into_iter()
                        .map(|request| {
                            let fails = request.purpose.contains('\'');
                            let status = if fails { 500 } else { 201 };
                            examples::answer(
                                &ScriptedResponse::empty("", status),
                                request,
                                &contract,
                                1,
                            )
                        })
                        .collect(),
                )),
                Turn::Effect(other) => panic!("{other:?} is not asked for"),
            }
        }
        (0, None)
    }

    #[test]
    fn it_is_smaller_and_still_shows_it() {
        let whole = json!({"surname": "O'Neill", "height": 170, "aliases": ["One", "Two"]});
        let (asked, left) = shrunk(&whole);
        assert_eq!(left, Some(json!({"surname": "'"}).to_string()));
        assert!(asked <= MOST_TRIES, "{asked}");
    }

    #[test]
    fn a_large_body_is_looked_at_a_few_times_alone() {
        let looks = std::cell::Cell::new(0);
        let text = "x".repeat(16 * 1024);
        let whole = json!({"surname": "O'Neill", "remarks": vec![text; 4]});
        let contract = contract("/people: {post: {responses: {'201': {description: Made}}}}");
        let relations = Relations::of(&contract);
        let world = ProbeContext {
            contract: &contract,
            relations: &relations,
            known: &ValuePool::default(),
            claims: &Claims::default(),
            parameters: &Parameters::default(),
            identities: &[],
            base_url: "http://127.0.0.1:1",
            writes: true,
            seed: 1,
            run_tag: "muster-example",
        };
        let ended = turn(world, &[], |script| {
            let found = smallest(
                script,
                &whole,
                |_| {
                    looks.set(looks.get() + 1);
                    false
                },
                |_, _| Err(Halt::Pending),
                |_| true,
            )?;
            assert!(found.is_none());
            Ok(vec![Judgement::Pass])
        });
        assert!(matches!(ended, Turn::Done(_)));
        assert!((1..=16).contains(&looks.get()), "{}", looks.get());
    }

    #[test]
    fn what_cannot_be_smaller_stays() {
        assert_eq!(shrunk(&json!({"surname": "'"})).1, None);
    }
}
