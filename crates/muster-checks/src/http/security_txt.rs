//! `http.security-txt`

use time::{
    OffsetDateTime,
    format_description::well_known::{Rfc2822, Rfc3339},
};

use crate::{Applies, Check, Example, Expect, Kind, Scope, ScriptedResponse};
use muster_core::{
    contract::{Contract, Operation},
    exchange::{Address, Auth, BreakageKind, Exchange, Intent, Outcome, Request, Response},
    model::{Method, Parameters, Responsible},
    script::{Script, Scripted},
    verdict::{Finding, Judgement},
};

/// The check.
pub static CHECK: Check = Check {
    id: "http.security-txt",
    purpose: "The host serves /.well-known/security.txt, so that a weakness can be reported.",
    verifies: "`/.well-known/security.txt` at the root of the target's host receives 200 with text/plain, at least one \
    `Contact` and one `Expires` that is a date of RFC 3339. It is asked for without credentials, since the \
    people who find a weakness have none. A redirect is inconclusive: it may lead to the right file on another \
    host, and Muster calls no other host. Whether the date has passed, and whether a signature is right, is not \
    judged.",
    matters: "Whoever finds a weakness in a police system needs to know whom to tell, before telling \
        anyone else.",
    fix: "Serve the file as RFC 9116 describes it, with a contact that someone reads, and renew its date.",
    kind: Kind::Probe {
        scope: Scope::Target(applies),
        run,
        writes: false,
    },
    examples: &[
        Example {
            title: "Contact and date",
            contract: "paths: {}",
            dialogue: &[ScriptedResponse::new(
                FILE,
                200,
                TEXT,
                "Contact: mailto:security@example.test\nExpires: 2027-11-23T00:00:00Z\n",
            )],
            says: Expect::Pass,
        },
        Example {
            title: "Not there",
            contract: "paths: {}",
            dialogue: &[ScriptedResponse::empty(FILE, 404)],
            says: Expect::Fail("not served"),
        },
        Example {
            title: "No date",
            contract: "paths: {}",
            dialogue: &[ScriptedResponse::new(
                FILE,
                200,
                TEXT,
                "Contact: mailto:security@example.test\n",
            )],
            says: Expect::Fail("Expires"),
        },
        Example {
            title: "The page of an application that serves every path",
            contract: "paths: {}",
            dialogue: &[ScriptedResponse::new(
                FILE,
                200,
                &[("content-type", "text/html")],
                "<html>",
            )],
            says: Expect::Fail("text/plain"),
        },
        Example {
            title: "Kept on another host",
            contract: "paths: {}",
            dialogue: &[ScriptedResponse::new(
                FILE,
                302,
                &[(
                    "location",
                    "https://www.example.test/.well-known/security.txt",
                )],
                "",
            )],
            says: Expect::Inconclusive,
        },
    ],
};

const FILE: &str = "GET /.well-known/security.txt";
const TEXT: &[(&str, &str)] = &[("content-type", "text/plain; charset=utf-8")];

const fn applies(_: &Contract, _: &Parameters) -> Applies {
    Applies::Yes
}

fn run<'a>(script: &mut Script<'a>, _: Option<&'a Operation>) -> Scripted {
    let mut request = Request::new(
        Method::Get,
        Address::Root("/.well-known/security.txt".into()),
        "asks whom to tell of a weakness",
    )
    .meant(Intent::Housekeeping);
    request.auth = Auth::Nothing;
    let exchange = script.send(request)?;
    Ok(vec![judge(exchange)])
}

fn judge(exchange: &Exchange) -> Judgement {
    let response = match &exchange.outcome {
        Outcome::Answered(response) => response,
        Outcome::Broken(breakage) => {
            let responsible = match breakage.kind {
                BreakageKind::TimedOut | BreakageKind::ConnectionLost => Responsible::Network,
                kind => kind.responsible(),
            };
            return Judgement::inconclusive(
                responsible,
                format!(
                    "/.well-known/security.txt was not answered: {}",
                    breakage.detail
                ),
            );
        }
    };
    let (cause, title) = match response.status {
        300..400 => {
            return Judgement::inconclusive(
                Responsible::Supplier,
                "/.well-known/security.txt leads elsewhere, and Muster does not follow it off its path. Look at the file it leads to by hand.",
            );
        }
        429 | 502..=504 => {
            return Judgement::inconclusive(
                Responsible::Supplier,
                format!(
                    "/.well-known/security.txt was answered {}: run again when the host is available.",
                    response.status
                ),
            );
        }
        200 => match defect(response) {
            None => return Judgement::Pass,
            Some(defect) => defect,
        },
        _ => ("not served", "/.well-known/security.txt is not served."),
    };
    Finding::new(
        cause,
        title,
        "200 with text/plain, Contact and Expires",
        exchange.received(),
    )
    .into()
}

fn defect(response: &Response) -> Option<(&'static str, &'static str)> {
    if response.media_type().as_deref() != Some("text/plain") {
        return Some(("media type", "security.txt is not text/plain."));
    }
    let text = String::from_utf8_lossy(&response.body);
    let values = |name: &str| {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(field, _)| field.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .collect::<Vec<_>>()
    };
    if values("contact").iter().all(|value| value.is_empty()) {
        return Some(("no contact", "security.txt has no Contact."));
    }
    let date = |value: &str| OffsetDateTime::parse(value, &Rfc3339).ok();
    // The core has no clock; the answer's own date will do.
    let now = response
        .headers
        .get("date")
        .and_then(|now| OffsetDateTime::parse(&now.replace("GMT", "+0000"), &Rfc2822).ok());
    match values("expires").as_slice() {
        [value] => match (date(value), now) {
            (None, _) => Some((
                "expires",
                "Expires of security.txt is not a date of RFC 3339.",
            )),
            (Some(expires), Some(now)) if expires < now => {
                Some(("expired", "security.txt has expired."))
            }
            _ => None,
        },
        [] => Some(("no expires", "security.txt has no Expires.")),
        _ => Some(("two expires", "security.txt has Expires more than once.")),
    }
}
