//! `response.allow-complete`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse, support::probe::methods_at};
use muster_core::{
    exchange::Address,
    model::Method,
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "response.allow-complete",
    purpose: "The Allow header of a 405 response names every method that the contract declares on \
        the path.",
    verifies: "Each 405 response with Allow to a path of the contract: every method that the \
        contract declares for the path's template stands in it. That Allow is there at all, and \
        names nothing that nobody declared, is for `http.undeclared-method`. Where a path fits two \
        templates, naming the methods of either will do.",
    matters: "Allow tells a client in one response what would have been right. Several frameworks return the methods \
    of the first route that fits, so that a client that believes it never tries the others.",
    fix: "Build Allow from every route of the path; where the framework does not, one handler for 405 can.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "All of them",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "PATCH /people",
                405,
                &[("allow", "GET, HEAD, POST")],
                "",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Those of the first route",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "PATCH /people",
                405,
                &[("allow", "GET")],
                "",
            )],
            says: Expect::Fail("leaves out"),
        },
        Example {
            title: "Without Allow",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::empty("PATCH /people", 405)],
            says: Expect::Nothing,
        },
    ],
};

const PEOPLE: &str = "
/people:
  get: {responses: {'200': {description: People}}}
  post: {responses: {'201': {description: Created}}}
";

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.response().filter(|response| response.status == 405) else {
        return Vec::new();
    };
    let Address::Base(path) = &answer.exchange.request.address else {
        return Vec::new();
    };
    let path = path.split('?').next().unwrap_or_default();
    let sent: Vec<&str> = response.headers.all("allow").collect();
    let allowed: Vec<Method> = sent
        .iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|token| !token.is_empty())
        .map(Method::parse)
        .collect();
    let mut templates: Vec<Vec<Method>> = Vec::new();
    for operation in answer.contract.operations_for(path) {
        let own: Vec<Method> = answer
            .contract
            .methods_of(&operation.key.path)
            .cloned()
            .collect();
        if !templates.contains(&own) {
            templates.push(own);
        }
    }
    let whole = |own: &Vec<Method>| own.iter().all(|method| allowed.contains(method));
    if allowed.is_empty() || templates.is_empty() {
        return Vec::new();
    }
    if templates.iter().any(whole) {
        return vec![Judgement::Pass];
    }
    let declared = methods_at(answer.contract, path);
    let missing: Vec<&str> = declared
        .iter()
        .filter(|method| !allowed.contains(method))
        .map(Method::as_str)
        .collect();
    vec![
        Finding::new(
            "allow leaves out",
            "Allow leaves out methods that the contract declares.",
            format!("405 with {} in Allow too", missing.join(", ")),
            format!("405 with Allow: {}", sent.join(", ")),
        )
        .into(),
    ]
}
