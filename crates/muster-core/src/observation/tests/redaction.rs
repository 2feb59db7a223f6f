//! What is kept holds no secret.

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

use super::{
    super::{
        forms::{self, forms},
        views::Escape,
    },
    *,
};

const TOKEN: &str = "s3cr3t/t0ken+1";

fn redactor() -> Redactor {
    Redactor::new(
        [
            ("MUSTER_DEFAULT_TOKEN", TOKEN),
            ("MUSTER_DEFAULT_PIN", "42"),
        ],
        ["familyName", "dob"],
    )
}

fn kept(text: impl Into<Bytes>) -> String {
    let observation = redactor().observe(&exchange(
        request("GET"),
        answered(Headers::new(), text.into()),
    ));
    observation.response_body.unwrap().text
}

/// Every way to write a secret, each written independently of the code under test.
fn written(secret: &str) -> Vec<(&'static str, String)> {
    let percent = |upper: bool, every: bool| {
        secret
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() && !every {
                    char::from(byte).to_string()
                } else if upper {
                    format!("%{byte:02X}")
                } else {
                    format!("%{byte:02x}")
                }
            })
            .collect::<String>()
    };
    let ascii_json = secret
        .encode_utf16()
        .map(|unit| format!("\\u{unit:04X}"))
        .collect::<String>();
    let json = serde_json::to_string(secret).unwrap();
    let json = &json[1..json.len() - 1];
    let html = secret
        .chars()
        .map(|character| format!("&#x{:x};", u32::from(character)))
        .collect::<String>();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut written = vec![
        ("plain", secret.to_owned()),
        ("percent upper", percent(true, false)),
        ("percent lower", percent(false, false)),
        ("percent every", percent(true, true)),
        ("percent twice", percent(true, false).replace('%', "%25")),
        (
            "form",
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        ),
        ("json", json.to_owned()),
        ("json slash", json.replace('/', "\\/")),
        ("json ascii", ascii_json),
        ("html", html),
        ("hex lower", hex.clone()),
        ("hex upper", hex.to_uppercase()),
    ];
    let utf16 = |big: bool| {
        let bytes = |unit: u16| {
            if big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        secret.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    let each = |one: &dyn Fn(u8) -> String, separator: &str| {
        let parts: Vec<String> = secret.bytes().map(one).collect();
        parts.join(separator)
    };
    written.extend([
        ("reversed", secret.chars().rev().collect()),
        ("hex with spaces", each(&|byte| format!("{byte:02X}"), " ")),
        ("hex with colons", each(&|byte| format!("{byte:02x}"), ":")),
        (
            "hex with prefixes",
            each(&|byte| format!("0x{byte:02x}"), ", "),
        ),
        ("decimal bytes", each(&|byte| byte.to_string(), ",")),
        ("octal escapes", each(&|byte| format!("\\{byte:03o}"), "")),
        ("hex escapes", each(&|byte| format!("\\x{byte:02x}"), "")),
        (
            "braced escapes",
            secret
                .chars()
                .map(|c| format!("\\u{{{:x}}}", u32::from(c)))
                .collect(),
        ),
        (
            "UTF-16",
            String::from_utf8_lossy(&utf16(false)).into_owned(),
        ),
        ("base64 of UTF-16", BASE64_STANDARD.encode(utf16(false))),
        ("base64 of big UTF-16", BASE64_STANDARD.encode(utf16(true))),
        (
            "named entities",
            secret
                .replace('&', "&amp;")
                .replace('+', "&plus;")
                .replace('/', "&sol;")
                .replace('é', "&eacute;"),
        ),
    ]);
    if secret.len() >= 8 {
        written.push(("upper case", secret.to_uppercase()));
        written.push(("lower case", secret.to_lowercase()));
    }
    if secret.len() >= 12 {
        let base64 = BASE64_STANDARD.encode(format!("ab{secret}"));
        for width in [5, 16] {
            let lines: Vec<String> = base64
                .as_bytes()
                .chunks(width)
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect();
            written.push(("base64 in lines", lines.join("\r\n")));
            written.push(("base64 in indented lines", lines.join("\n    ")));
            written.push(("base64 in escaped lines", lines.join("\\n")));
        }
    }
    for before in ["", "a", "ab", "abc:"] {
        let twice = BASE64_STANDARD.encode(format!("{before}{secret}"));
        written.push(("double base64", BASE64_STANDARD.encode(&twice)));
        written.push((
            "double base64 within",
            BASE64_STANDARD.encode(format!("x{twice}")),
        ));
        let joined = format!("{before}{secret}:z");
        written.push(("base64", BASE64_STANDARD.encode(&joined)));
        written.push(("base64url", BASE64_URL_SAFE_NO_PAD.encode(&joined)));
        written.push((
            "base64 at the end",
            BASE64_STANDARD.encode(format!("{before}{secret}")),
        ));
    }
    written
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_survives_in_any_encoding_or_field(
        secret in r#"[a-z0-9 "\\/%+&<é€😀-]{5,40}"#,
        before in r#"[A-Z{}":,]{0,9}"#,
        after in r#"[A-Z{}":,]{0,9}"#,
    ) {
        let redactor = Redactor::new([("MUSTER_X", secret.as_str())], ["note"]);
        // What is no UTF-8 by itself cannot stand in a text.
        let texts = written(&secret).into_iter().filter(|(_, form)| !form.contains('\u{fffd}'));
        for (encoding, form) in texts {
            // Letters beside a base64 text would make it another one.
            let text = format!("{before}.{form}.{after}");
            prop_assert!(contains_secret(text.as_bytes(), &secret).is_some(), "{encoding} {form}");
            let mut planted = request("POST").header("x-echo", text.clone());
            planted.purpose = text.clone();
            planted.body = body("text/plain", &text);
            let headers: Headers = [("x-echo", text.clone()), ("set-cookie", text.clone())]
                .into_iter()
                .collect();
            let mut exchange = exchange(planted, answered(headers, text.clone()));
            exchange.url = format!("https://a.test/{text}?q={text}");
            exchange.credentials.append("authorization", text.clone());
            exchange.credentials.append("cookie", format!("sid={text}"));
            let observation = redactor.observe(&exchange);
            let everything = format!(
                "{}\n{}",
                serde_json::to_string(&observation).unwrap(),
                observation.curl()
            );
            prop_assert_eq!(
                contains_secret(everything.as_bytes(), &secret), None,
                "{} {}", encoding, everything
            );
            exchange.outcome = Outcome::Broken(Breakage {
                kind: crate::exchange::BreakageKind::NotHttp,
                detail: text.clone(),
            });
            let broken = serde_json::to_string(&redactor.observe(&exchange).broken).unwrap();
            prop_assert_eq!(contains_secret(broken.as_bytes(), &secret), None, "{}", broken);
            let mut value = json!({ "a": [{ (text.clone()): text.clone() }] });
            redactor.json(&mut value);
            prop_assert_eq!(contains_secret(value.to_string().as_bytes(), &secret), None);
            let text = redactor.text(&text);
            prop_assert_eq!(contains_secret(text.as_bytes(), &secret), None, "{}", text);
        }
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_is(text in r#"[A-Z{}":,%+&\\\[\] é]{0,200}"#) {
        prop_assert_eq!(redactor().text(&text), text);
    }
}

#[test]
fn a_secret_is_shown_as_its_variable() {
    assert_eq!(
        kept(format!("a {TOKEN} b {TOKEN}x")),
        "a $MUSTER_DEFAULT_TOKEN b ${MUSTER_DEFAULT_TOKEN}x"
    );
    assert_eq!(kept("s3cr3t%2Ft0ken%2b1."), "$MUSTER_DEFAULT_TOKEN.");
    assert_eq!(kept(r#""s3cr3t\/t0ken+1""#), "\"$MUSTER_DEFAULT_TOKEN\"");
}

#[test]
fn a_token_of_the_same_beginning_is_another_one() {
    let long = "eyJhbGciOiJSUzI1NiJ9.one.signature";
    let redactor = Redactor::new([("MUSTER_A", long), ("MUSTER_B", "eyJhbGci")], []);
    assert_eq!(redactor.text(long), "$MUSTER_A");
    assert_eq!(
        redactor.text("eyJhbGciOiJSUzI1NiJ9.two"),
        "${MUSTER_B}OiJSUzI1NiJ9.two"
    );
}

#[test]
fn a_secret_that_is_not_ascii_is_found_in_latin1() {
    let redactor = Redactor::new([("MUSTER_A", "caf\u{e9} noir")], []);
    let observation = redactor.observe(&exchange(
        request("GET"),
        answered(Headers::new(), b"x caf\xe9 noir y".as_slice()),
    ));
    assert_eq!(observation.response_body.unwrap().text, "x $MUSTER_A y");
}

#[test]
fn clones_learn_together() {
    let redactor = redactor();
    let clone = redactor.clone();
    clone.learn("MUSTER_DEFAULT_TOKEN", "fresh-token");
    clone.learn("MUSTER_OTHER", "fresh-token");
    assert_eq!(redactor.text("fresh-token!"), "$MUSTER_DEFAULT_TOKEN!");
}

#[test]
fn short_secrets_are_only_whole_header_values() {
    let redactor = redactor();
    assert_eq!(redactor.too_short(), ["MUSTER_DEFAULT_PIN"]);
    assert_eq!(redactor.text("42"), "42");
    let headers = [("x-pin", "42"), ("x-age", "421")].into_iter().collect();
    let observation = redactor.observe(&exchange(request("GET"), answered(headers, "")));
    assert_eq!(
        observation.response_headers,
        [
            ("x-pin".to_owned(), "$MUSTER_DEFAULT_PIN".to_owned()),
            ("x-age".to_owned(), "421".to_owned())
        ]
    );
}

#[test]
fn credential_headers_are_variables_even_when_altered() {
    let mut exchange = exchange(
        request("GET").header("Cookie", format!("sid={TOKEN}; theme=dark")),
        answered(Headers::new(), ""),
    );
    exchange.credentials = [
        ("authorization", format!("Bearer {TOKEN}")),
        ("proxy-authorization", format!("Bearer x{TOKEN}")),
        ("authorization", "Bearer altered".to_owned()),
        ("authorization", "Bearer".to_owned()),
        ("x-api-key", "altered".to_owned()),
    ]
    .into_iter()
    .collect();
    exchange.request.identity = "other-force".into();
    let shown: Vec<_> = redactor()
        .observe(&exchange)
        .request_headers
        .into_iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    assert_eq!(
        shown,
        [
            "cookie: sid=$MUSTER_DEFAULT_TOKEN; theme=$MUSTER_OTHER_FORCE_THEME",
            "authorization: Bearer $MUSTER_DEFAULT_TOKEN",
            "proxy-authorization: Bearer $MUSTER_OTHER_FORCE_PROXY_AUTHORIZATION",
            "authorization: Bearer $MUSTER_OTHER_FORCE_AUTHORIZATION",
            "authorization: Bearer",
            "x-api-key: $MUSTER_OTHER_FORCE_X_API_KEY",
        ]
    );
}

#[test]
fn set_cookie_keeps_its_attributes_alone() {
    let headers = [
        ("set-cookie", "sid=abc; Path=/; Secure"),
        ("set-cookie", "x"),
    ]
    .into_iter()
    .collect();
    let observation = redactor().observe(&exchange(request("GET"), answered(headers, "")));
    let values: Vec<_> = observation
        .response_headers
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(values, ["sid=[secret]; Path=/; Secure", "[secret]"]);
}

#[test]
fn personal_members_are_masked_and_the_rest_looks_as_it_came() {
    for (came, shown) in [
        (
            r#"{ "familyName" : "Mill\"er", "n": 1.50 }"#,
            r#"{ "familyName" : "[personal]", "n": 1.50 }"#,
        ),
        (
            r#"[{"dob":{"y":[1,"]"]},"b":"dob"},{"dob":12},{"dob":null}]"#,
            r#"[{"dob":"[personal]","b":"dob"},{"dob":"[personal]"},{"dob":null}]"#,
        ),
        (r#"{"\u0064ob":"x"}"#, r#"{"\u0064ob":"[personal]"}"#),
        (r#"{"DOB":true}"#, r#"{"DOB":"[personal]"}"#),
        (r#"{"dob":"cut of"#, r#"{"dob":"[personal]""#),
        (r#"{"dob":"#, r#"{"dob":"#),
        (
            r#"{"access_token":"abc"}"#,
            r#"{"access_token":"[secret]"}"#,
        ),
        ("dob: not JSON", "dob: not JSON"),
    ] {
        assert_eq!(kept(came), shown);
    }
}

#[test]
fn personal_pairs_are_masked_in_links_and_forms() {
    let mut request = request("POST");
    request.body = body(
        "application/x-www-form-urlencoded",
        "a=1&family%4eame=Miller&dob=",
    );
    let headers = [("location", "/people?dob=2000-01-01&page=2#dob=1")]
        .into_iter()
        .collect();
    let mut exchange = exchange(request, answered(headers, ""));
    exchange.url.push_str("?familyName=Miller&x=dob");
    let observation = redactor().observe(&exchange);
    assert_eq!(
        observation.url,
        "https://rms.example.test/people?familyName=[personal]&x=dob"
    );
    assert_eq!(
        observation.request_body.unwrap().text,
        "a=1&family%4eame=[personal]&dob="
    );
    assert_eq!(
        observation.response_headers[0].1,
        "/people?dob=[personal]&page=2#dob=[personal]"
    );
}

#[test]
fn json_values_are_masked_in_place() {
    let mut value = json!({"dob": 1, "a": [TOKEN], "familyName": null});
    redactor().json(&mut value);
    assert_eq!(
        value,
        json!({"dob": "[personal]", "a": ["$MUSTER_DEFAULT_TOKEN"], "familyName": null})
    );
}

#[test]
fn long_bodies_are_abridged_and_no_half_secret_is_left() {
    for lead in KEPT - TOKEN.len()..=KEPT {
        let text = format!("{}{TOKEN}{}", "x".repeat(lead), "y".repeat(40_000));
        let observation = redactor().observe(&exchange(
            request("GET"),
            answered(Headers::new(), text.clone()),
        ));
        let content = observation.response_body.unwrap();
        assert!(content.abridged);
        assert_eq!(content.bytes, text.len() as u64);
        assert!(content.text.len() <= KEPT);
        assert!(!content.text.contains("s3"), "{lead}");
    }
    let content = kept("é".repeat(KEPT));
    assert!(content.chars().all(|character| character == 'é'));
    let short = redactor().observe(&exchange(request("GET"), answered(Headers::new(), "x")));
    assert!(!short.response_body.unwrap().abridged);
}

#[test]
fn what_is_not_text_is_marked() {
    assert_eq!(kept(b"a\xffb".as_slice()), "a\u{fffd}b");
}

#[test]
fn the_names_of_variables_fit_a_shell() {
    assert_eq!(
        variable(&"other-force".into(), "x-api key"),
        "MUSTER_OTHER_FORCE_X_API_KEY"
    );
}

#[test]
fn the_canary_knows_what_is_not_there() {
    assert_eq!(contains_secret(b"nothing to see", TOKEN), None);
    assert_eq!(contains_secret(TOKEN.as_bytes(), TOKEN), Some("plain"));
}

#[test]
fn base32_is_found_at_every_alignment() {
    // By `base32` of coreutils, of "" to "abcd" before the secret.
    for text in [
        "OMZWG4RTOQXXIMDLMVXCWMI=",
        "MFZTGY3SGN2C65BQNNSW4KZR",
        "MFRHGM3DOIZXIL3UGBVWK3RLGE======",
        "MFRGG4ZTMNZDG5BPOQYGWZLOFMYQ====",
        "MFRGGZDTGNRXEM3UF52DA23FNYVTC===",
    ] {
        let shown = redactor().text(text);
        assert!(shown.contains("$MUSTER_DEFAULT_TOKEN"), "{text} {shown}");
    }
}

#[test]
fn a_secret_that_an_excerpt_cuts_is_taken_out() {
    assert_eq!(
        redactor().text("got \"s3cr3t/t0k\u{2026}"),
        "got \"$MUSTER_DEFAULT_TOKEN\u{2026}"
    );
    assert_eq!(
        redactor().text("got s3cr3t/t0ke"),
        "got $MUSTER_DEFAULT_TOKEN"
    );
    assert_eq!(redactor().text("got s3cr3t/tea"), "got s3cr3t/tea");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_secret_survives_where_a_body_is_cut(
        secret in r#"[a-zA-Z0-9/+_-]{16,60}"#,
        lead in 0_usize..200,
        cut in 0_usize..400,
    ) {
        let redactor = Redactor::new([("MUSTER_X", secret.as_str())], []);
        for (_, form) in written(&secret) {
            let mut text = format!("{}{form}{}", "~".repeat(KEPT - lead), "~".repeat(300));
            let mut at = (KEPT - 100 + cut).min(text.len());
            while !text.is_char_boundary(at) {
                at += 1;
            }
            text.truncate(at);
            let observation = redactor.observe(&exchange(
                request("GET"),
                answered(Headers::new(), text),
            ));
            let kept = observation.response_body.unwrap().text;
            let end = kept.len() - kept.len().min(700);
            let end = (end..).find(|at| kept.is_char_boundary(*at)).unwrap();
            prop_assert_eq!(contains_secret(&kept.as_bytes()[end..], &secret), None, "{}", &kept[end..]);
        }
    }
}

#[test]
fn the_documentation_lists_every_encoding() {
    let page = include_str!("../../../../../docs/credentials.md");
    for encoding in ENCODINGS
        .iter()
        .copied()
        .chain(Escape::ALL.map(Escape::name))
    {
        assert!(page.contains(&format!("| {encoding} |")), "{encoding}");
    }
    let known = forms("caf\u{e9} s\u{e9}same 1234", forms::Breadth::Every);
    assert!(known.iter().all(|form| ENCODINGS.contains(&form.encoding)));
}

#[test]
fn a_made_up_credential_is_shown_so_that_the_line_runs() {
    let mut exchange = exchange(request("GET"), answered(Headers::new(), ""));
    exchange.credentials = [
        // clerk:muster-wrong-password
        (
            "authorization",
            "Basic Y2xlcms6bXVzdGVyLXdyb25nLXBhc3N3b3Jk".to_owned(),
        ),
        ("x-key", "muster-wrong-key".to_owned()),
        ("cookie", format!("sid={TOKEN}")),
    ]
    .into_iter()
    .collect();
    let line = redactor().observe(&exchange).curl();
    assert!(
        line.contains("Basic Y2xlcms6bXVzdGVyLXdyb25nLXBhc3N3b3Jk"),
        "{line}"
    );
    assert!(line.contains("x-key: muster-wrong-key"), "{line}");
    assert!(!line.contains(TOKEN), "{line}");
}
