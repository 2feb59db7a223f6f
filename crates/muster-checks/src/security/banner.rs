//! `security.banner`

use crate::{Answer, Check, Example, Expect, Kind, ScriptedResponse};
use muster_core::verdict::{Finding, Judgement};

/// The check.
pub static CHECK: Check = Check {
    id: "security.banner",
    purpose: "No header names the version of the software that responds.",
    verifies: "Of every response: `Server` and `Via` name no version (a number after the name), \
        and there is no `X-Powered-By`, `X-AspNet-Version`, `X-AspNetMvc-Version`, `X-Generator` \
        or `X-Runtime-Version`. The name of a server alone is not blamed.",
    matters: "Lists of known weaknesses are searched by product and version. The header saves the search.",
    fix: "Turn the banner off: `server_tokens off` (nginx), `ServerTokens Prod` (Apache), \
        `app.disable('x-powered-by')` (Express), `AddServerHeader = false` (Kestrel).",
    kind: Kind::Response(judge),
    examples: &[
        Example {
            title: "A name alone",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("server", "nginx")],
                "{}",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "A version",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                200,
                &[("server", "Apache/2.4.41 (Ubuntu)")],
                "{}",
            )],
            says: Expect::Fail("`server`"),
        },
        Example {
            title: "A framework",
            contract: PEOPLE,
            dialogue: &[ScriptedResponse::new(
                "GET /people",
                404,
                &[("x-powered-by", "Express")],
                "{}",
            )],
            says: Expect::Fail("`x-powered-by`"),
        },
    ],
};

const PEOPLE: &str = "/people: {get: {responses: {'200': {description: People}}}}";

/// Headers that are there for nothing else.
const BANNERS: [&str; 5] = [
    "x-powered-by",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-generator",
    "x-runtime-version",
];

fn judge(answer: &Answer<'_>) -> Vec<Judgement> {
    let Some(response) = answer.response() else {
        return Vec::new();
    };
    let versioned = ["server", "via"].into_iter().find_map(|name| {
        let value = response.headers.get(name)?;
        names_a_version(name, value).then_some((name, value))
    });
    let banner = BANNERS
        .into_iter()
        .find_map(|name| Some((name, response.headers.get(name)?)));
    let Some((name, value)) = versioned.or(banner) else {
        return vec![Judgement::Pass];
    };
    let value: String = value.chars().take(80).collect();
    vec![
        Finding::new(
            format!("{name}: {value}"),
            format!("The header `{name}` names the software that responds."),
            "no header that tells software and version",
            format!("`{name}: {value}`"),
        )
        .into(),
    ]
}

/// Whether a number follows a name; `Via` begins with the version of the protocol (RFC 9110 §7.6.3).
fn names_a_version(name: &str, value: &str) -> bool {
    let products = if name == "via" {
        value.split_once(' ').map_or("", |(_, rest)| rest)
    } else {
        value
    };
    products.split('/').skip(1).any(|rest| {
        rest.trim_start_matches('v')
            .starts_with(|letter: char| letter.is_ascii_digit())
    })
}
