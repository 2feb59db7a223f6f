//! An observation as a `curl` line that a supplier can run.

use super::Observation;
use crate::{
    exchange::{ConnectionUse, Shown},
    model::Method,
};

impl Observation {
    /// Whether the request was kept whole, so that a line can send it again.
    #[must_use]
    pub fn can_be_sent_again(&self) -> bool {
        self.request_body
            .as_ref()
            .is_none_or(|body| !body.abridged && !body.text.contains('\u{fffd}'))
    }

    /// A line for a POSIX shell that sends the same request. Secrets are variables, which the reader
    /// sets; what redaction took out or cut off is missing here too, and a comment says so.
    #[must_use]
    pub fn curl(&self) -> String {
        let (line, lacking) = self.line();
        match lacking {
            Some(lacking) => format!("{line} # {lacking}"),
            None => line,
        }
    }

    /// The line, and what is to be said of it.
    fn line(&self) -> (String, Option<&'static str>) {
        if let Some(handshake) = &self.handshake {
            return (handshake.command.clone(), None);
        }
        let mut line = String::from("curl -i --path-as-is -g");
        if !self.over.is_any() {
            line.push_str(" --http1.1");
        }
        if let ConnectionUse::HangUpAfter(time) = self.over {
            line.push_str(&format!(" -m {:.3}", time.as_secs_f64().max(0.001)));
        }
        if self.url.starts_with("https:") {
            if self.tls.authority {
                line.push_str(" --cacert \"$MUSTER_CA\"");
            }
            if self.tls.certificate == Some(Shown::Own) {
                line.push_str(" --cert \"$MUSTER_CLIENT_CERT\" --key \"$MUSTER_CLIENT_KEY\"");
            }
        }
        let body = self.request_body.as_ref();
        match (&self.method, body) {
            (Method::Get, None) | (Method::Post, Some(_)) => {}
            (Method::Head, None) => line.push_str(" --head"),
            (method, _) => {
                line.push_str(" -X ");
                line.push_str(&quote(method.as_str()));
            }
        }
        for (name, value) in &self.request_headers {
            line.push_str(" -H ");
            // An empty value needs a semicolon, or curl takes the header out.
            let header = if value.is_empty() {
                format!("{name};")
            } else {
                format!("{name}: {value}")
            };
            line.push_str(&quote(&header));
        }
        let has = |wanted: &str| {
            self.request_headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
        };
        let mut lacking = None;
        if let Some(body) = body {
            if !has("content-type") {
                line.push_str(" -H 'Content-Type:'");
            }
            // `--data-binary` would read a file whose name follows an @.
            line.push_str(if body.text.starts_with('@') {
                " --data-raw "
            } else {
                " --data-binary "
            });
            line.push_str(&quote(&body.text.replace('\0', "\u{fffd}")));
            lacking = if body.abridged {
                Some("the body is not whole")
            } else if body.text.contains(['\u{fffd}', '\0']) {
                Some("the body has bytes that are not text")
            } else if body.text.contains("[personal]") || body.text.contains("[secret]") {
                Some("put values of your own where the body is masked")
            } else {
                None
            };
        }
        if let Some(shown @ (Shown::SelfSigned | Shown::OtherAuthority | Shown::OwnWithoutItsKey)) =
            self.tls.certificate
        {
            lacking.get_or_insert(match shown {
                Shown::SelfSigned => "add --cert and --key of a certificate that signs itself",
                Shown::OtherAuthority => {
                    "add --cert and --key of a certificate of an authority of your own making"
                }
                _ => "curl refuses a certificate with another key, so this line shows none",
            });
        }
        line.push(' ');
        line.push_str(&quote(&self.url));
        (line, lacking)
    }

    /// A line that sends another request first and this one after it, over one connection; none where they went over two.
    #[must_use]
    pub fn curl_after(&self, before: &Self) -> Option<String> {
        if !matches!(self.over, ConnectionUse::Kept(_)) || self.over != before.over {
            return None;
        }
        let this = self.curl();
        let this = this.strip_prefix("curl ")?;
        Some(format!("{} --next {this}", before.line().0))
    }
}

/// One word for the shell: single quotes, but double ones around each variable.
fn quote(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    let mut rest = text;
    while let Some((before, name, after)) = split_at_variable(rest) {
        literal(before, &mut word);
        word.push_str(&format!("\"{name}\""));
        rest = after;
    }
    literal(rest, &mut word);
    if word.is_empty() {
        word.push_str("''");
    }
    word
}

/// What stands before the first variable, the variable, and what stands after it.
fn split_at_variable(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find('$')?;
        let dollar = text.get(start..)?;
        let braced = dollar.starts_with("${MUSTER_");
        if braced || dollar.starts_with("$MUSTER_") {
            let name = dollar.trim_start_matches(['$', '{']);
            let length = name
                .find(|character: char| {
                    !(character.is_ascii_uppercase()
                        || character.is_ascii_digit()
                        || character == '_')
                })
                .unwrap_or(name.len());
            let end = start + (dollar.len() - name.len()) + length;
            if !braced {
                return Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?));
            }
            if text.get(end..)?.starts_with('}') {
                return Some((
                    text.get(..start)?,
                    text.get(start..=end)?,
                    text.get(end + 1..)?,
                ));
            }
        }
        from = start + 1;
    }
}

fn literal(text: &str, word: &mut String) {
    if !text.is_empty() {
        word.push('\'');
        word.push_str(&text.replace('\'', r"'\''"));
        word.push('\'');
    }
}
