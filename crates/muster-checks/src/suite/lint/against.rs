//! What a suite asks for that the contract does not have.

use serde_json::Value;

use super::{Mistake, member, steps};
use crate::suite::{
    Suite, Target, expect,
    step::{Body, Step},
};
use muster_core::contract::Contract;

/// Everything in a suite that a contract does not have.
#[must_use]
pub fn against(suite: &Suite, contract: &Contract) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let ids: Vec<String> = contract
        .operations
        .iter()
        .flat_map(|operation| {
            operation
                .id
                .iter()
                .cloned()
                .chain([operation.key.to_string()])
        })
        .collect();
    for (index, case) in suite.definition.cases.iter().enumerate() {
        for (pointer, step) in steps(index, case) {
            step_against(step, &pointer, contract, &ids, &mut mistakes);
        }
    }
    mistakes
}

fn step_against(
    step: &Step,
    pointer: &str,
    contract: &Contract,
    ids: &[String],
    mistakes: &mut Vec<Mistake>,
) {
    let mut say = |at: &str, message: String, help: Option<&str>| {
        mistakes.push(Mistake {
            pointer: format!("{pointer}{at}"),
            message,
            help: help.map(str::to_owned),
            meant: None,
        });
    };
    let (key, declared) = match step.target(contract) {
        Target::Declared(key) => (key, true),
        Target::Undeclared(key) if step.undeclared => (key, false),
        Target::Undeclared(_) | Target::Unknown => {
            mistakes.push(Mistake {
                pointer: format!("{pointer}/call"),
                message: format!("the contract has no operation `{}`", step.call),
                help: Some(
                    "an operationId, or `METHOD /path` as the contract writes it; `undeclared: true` calls what it does not declare"
                        .to_owned(),
                ),
                meant: Some((step.call.clone(), ids.to_vec())),
            });
            return;
        }
    };
    if declared && step.undeclared {
        say(
            "/undeclared",
            format!("the contract declares `{}`", step.call),
            Some("leave `undeclared` out"),
        );
    }
    for name in step.with.path.keys() {
        if !key.path.contains(&format!("{{{name}}}")) {
            say(
                &member("/with/path", name),
                format!("`{}` has no variable `{name}`", key.path),
                None,
            );
        }
    }
    let operation = step.operation(contract);
    if !declared {
        for name in key
            .path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
        {
            if !step.with.path.contains_key(name) {
                say(
                    "/call",
                    format!("the path variable `{name}` has no value"),
                    Some("give it in `with.path`"),
                );
            }
        }
    }
    if step.with.body.as_ref().is_some_and(generates)
        && operation.is_none_or(|operation| operation.body.is_none())
    {
        say(
            "/with/body",
            format!("the contract gives `{}` no body to generate", step.call),
            None,
        );
    }
    if let Some(Value::String(name)) = step
        .expect
        .as_ref()
        .and_then(|expect| expect.body.as_ref())
        .and_then(|body| body.schema.as_ref())
    {
        if name == "contract" {
            if !declared {
                say(
                    "/expect/body/schema",
                    "the contract says nothing of an undeclared operation".to_owned(),
                    None,
                );
            }
        } else if expect::component(contract, name).is_none() {
            say(
                "/expect/body/schema",
                format!("the contract has no schema `{name}`"),
                Some("`contract`, `#/components/schemas/NAME`, or a JSON Schema"),
            );
        }
    }
}

fn generates(body: &Body) -> bool {
    match body {
        Body::Generated(_) => true,
        Body::Overlay(overlay) => overlay.on.as_ref().is_none_or(generates),
        Body::Literal(_) | Body::File(_) | Body::Raw(_) => false,
    }
}
