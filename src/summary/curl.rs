//! A `curl` line that sends an observed request again (owner of [`line()`]).

use crate::{model::Method, observation::Observation};

/// Headers that curl works out by itself.
const OWN: [&str; 5] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "expect",
];

/// The line, secrets as shell variables; none where the body was not kept whole, for then no line would run.
pub(super) fn line(observation: &Observation) -> Option<String> {
    if let Some(handshake) = &observation.handshake {
        return Some(handshake.command.clone());
    }
    let body = observation.request_body.as_ref();
    if body.is_some_and(|body| body.abridged || body.text.contains('\u{fffd}')) {
        return None;
    }
    let mut line = String::from("curl -isS --globoff --path-as-is");
    match &observation.method {
        Method::Head => line.push_str(" --head"),
        Method::Get if body.is_none() => {}
        method => {
            line.push_str(" -X ");
            line.push_str(&quoted(method.as_str()));
        }
    }
    line.push(' ');
    line.push_str(&quoted(&observation.url));
    let mut typed = false;
    for (name, value) in &observation.request_headers {
        if OWN.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        typed |= name.eq_ignore_ascii_case("content-type");
        line.push_str(" -H ");
        if value.is_empty() {
            line.push_str(&quoted(&format!("{name};")));
        } else {
            line.push_str(&quoted(&format!("{name}: {value}")));
        }
        if name.eq_ignore_ascii_case("accept-encoding") {
            line.push_str(" --compressed");
        }
    }
    if let Some(body) = body {
        if !typed {
            line.push_str(" -H 'content-type:'");
        }
        line.push_str(" --data-raw ");
        line.push_str(&quoted(&body.text));
    }
    Some(line)
}

/// A word for a POSIX shell in which only Muster's own variables are expanded.
fn quoted(text: &str) -> String {
    const PREFIX: &str = "$MUSTER_";
    let mut word = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        let (before, from) = rest.split_at(at);
        let end = from
            .char_indices()
            .skip(1)
            .find(|(_, c)| !(c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '_'))
            .map_or(from.len(), |(end, _)| end);
        let (variable, after) = from.split_at(end);
        single(&mut word, before);
        word.push('"');
        word.push_str(variable);
        word.push('"');
        rest = after;
    }
    if !rest.is_empty() || word.is_empty() {
        single(&mut word, rest);
    }
    word
}

fn single(word: &mut String, text: &str) {
    if text.is_empty() && !word.is_empty() {
        return;
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        word.push_str(text);
    } else {
        word.push('\'');
        word.push_str(&text.replace('\'', r"'\''"));
        word.push('\'');
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a test may stop where it stands"
    )]

    use std::process::Command;

    use super::*;
    use crate::{exchange::ExchangeId, exchange::Timing, observation::Content};

    fn observation(method: Method, headers: &[(&str, &str)], body: Option<&str>) -> Observation {
        Observation {
            id: ExchangeId(1),
            operation: None,
            purpose: String::new(),
            identity: crate::model::IdentityName::default(),
            method,
            url: "https://rms.example.test/api/people?a=[1]&b='x'".into(),
            request_headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            request_body: body.map(|text| Content {
                bytes: text.len() as u64,
                text: text.to_owned(),
                abridged: false,
            }),
            status: None,
            version: None,
            response_headers: Vec::new(),
            response_body: None,
            cut: false,
            broken: None,
            timing: Timing::default(),
            handshake: None,
        }
    }

    #[test]
    fn secrets_are_variables_and_the_rest_is_literal() {
        let got = line(&observation(
            Method::Post,
            &[
                ("host", "rms.example.test"),
                ("authorization", "Bearer $MUSTER_DEFAULT_TOKEN"),
                ("content-type", "application/json"),
            ],
            Some(r#"{"name":"O'Test"}"#),
        ));
        assert_eq!(
            got.as_deref(),
            Some(
                r#"curl -isS --globoff --path-as-is -X POST 'https://rms.example.test/api/people?a=[1]&b='\''x'\''' -H 'authorization: Bearer '"$MUSTER_DEFAULT_TOKEN" -H 'content-type: application/json' --data-raw '{"name":"O'\''Test"}'"#
            )
        );
    }

    #[test]
    fn a_shell_reads_back_what_was_sent() {
        for text in [
            "plain",
            "",
            "it's",
            "$(touch /tmp/x) `id` $HOME \\ \"q\" !x",
            "a\nb",
            "Bearer $MUSTER_T;$MUSTER_T",
        ] {
            let script = format!("MUSTER_T=secret; printf '%s' {}", quoted(text));
            let out = Command::new("sh").arg("-c").arg(script).output().unwrap();
            assert_eq!(
                String::from_utf8_lossy(&out.stdout),
                text.replace("$MUSTER_T", "secret")
            );
        }
    }

    #[test]
    fn a_body_that_was_not_kept_whole_gives_no_line() {
        let mut cut = observation(Method::Post, &[], Some("{"));
        if let Some(body) = &mut cut.request_body {
            body.abridged = true;
        }
        assert_eq!(line(&cut), None);
    }

    #[test]
    fn nothing_is_sent_that_was_not() {
        let head = line(&observation(Method::Head, &[("x-empty", "")], None)).unwrap();
        assert!(head.contains(" --head ") && !head.contains("-X"));
        assert!(head.ends_with("-H 'x-empty;'"));
        let bare = line(&observation(Method::Put, &[], Some("x"))).unwrap();
        assert!(bare.contains("-H 'content-type:' --data-raw x"));
    }
}
