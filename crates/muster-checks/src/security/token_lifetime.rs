//! `security.token-lifetime`

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::{
    model::Responsible,
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "security.token-lifetime",
    purpose: "Access tokens are valid for at most one hour.",
    verifies: "The responses of token endpoints are read: `expires_in`, or else the time between `iat` and `exp` of a \
    JWT. It is at most `token_lifetime_s` seconds, 3,600 where nobody says otherwise. Tokens that the target \
    file lends are not looked at.",
    matters: "A stolen token works until it ends. An hour bounds what a leaked log, a lost laptop or a \
        dismissed officer can do.",
    fix: "Issue tokens for minutes; clients obtain the next by themselves.",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "Ten minutes",
            contract: "{}",
            dialogue: &[ScriptedResponse::json(
                "POST /token",
                200,
                r#"{"access_token":"x","token_type":"Bearer","expires_in":600}"#,
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A day",
            contract: "{}",
            dialogue: &[ScriptedResponse::json(
                "POST /token",
                200,
                r#"{"access_token":"x","token_type":"Bearer","expires_in":86400}"#,
            )],
            says: Expect::Fail("86400 seconds"),
        },
        Example {
            title: "A response of the API",
            contract: "{}",
            dialogue: &[ScriptedResponse::json("GET /people", 200, "{}")],
            says: Expect::Nothing,
        },
    ],
};

/// The longest life where no parameter says otherwise, in seconds.
const LONGEST: i64 = 3_600;

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(body) = answer.json().filter(|_| {
        answer.operation.is_none() && answer.response().is_some_and(|it| it.is_success())
    }) else {
        return Vec::new();
    };
    let (Some(token), true) = (
        body.get("access_token").and_then(Value::as_str),
        body.get("token_type").is_some(),
    ) else {
        return Vec::new();
    };
    let longest = answer
        .parameters
        .integer("token_lifetime_s")
        .unwrap_or(LONGEST);
    vec![match told(body).or_else(|| read(token)) {
        None => Judgement::inconclusive(
            Responsible::Supplier,
            "The token endpoint does not say how long its tokens live. Return `expires_in`.",
        ),
        Some(life) if life <= longest => Judgement::Pass,
        Some(life) => Finding::new(
            "token lifetime",
            format!("An access token is valid for {life} seconds."),
            format!("at most {longest} seconds"),
            format!("{life} seconds"),
        )
        .into(),
    }]
}

fn told(body: &Value) -> Option<i64> {
    let life = body.get("expires_in")?;
    life.as_i64().or_else(|| life.as_str()?.trim().parse().ok())
}

/// The life of a JWT, by its own claims.
fn read(token: &str) -> Option<i64> {
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1)?)
        .ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Some(claims.get("exp")?.as_i64()? - claims.get("iat")?.as_i64()?)
}
