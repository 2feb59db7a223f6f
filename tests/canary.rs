//! No secret that a run is lent leaves it: every byte that Muster writes is searched for each of them, in every
//! encoding, against a server that says back whatever it is sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests stop at what is wrong, and read files"
)]

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use snapbox::cmd::Command;

const CLIENT_SECRET: &str = "zzCanary client/secret+\"quoted\"&<7>";
const ACCESS_TOKEN: &str = "zzCanary.access-token/issued+at~home=";
const BEARER: &str = "zzCanary.bearer-token/lent+by~target=";
const OTHER_BEARER: &str = "zzCanary.other-force/token+of~south==";
const PASSWORD: &str = "zzCanary pass:word/of \"somebody\" \\ else";
const API_KEY: &str = "zzCanary/api+key~in;a header";
const QUERY_KEY: &str = "zzCanary/query key&with=signs?";
const COOKIE: &str = "zzCanary-cookie/value+of~session";
/// A working key of another client, which nobody lent: the server returns it.
const RETURNED: &str = "zzReturned-4f7Kq9Lm/2Xv0Tb+e1";

/// A server that answers with everything it was asked, in several encodings, and remembers it.
struct Parrot {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Parrot {
    /// Starts one; a `deaf` one refuses every login, saying back what it refused.
    fn start(deaf: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let ears = Arc::clone(&ears);
                thread::spawn(move || converse(stream, &ears, deaf));
            }
        });
        Self { address, heard }
    }

    fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

fn converse(stream: TcpStream, ears: &Mutex<Vec<u8>>, deaf: bool) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut stream = stream;
    loop {
        let mut head = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            head.push_str(&line);
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut asked = head.clone().into_bytes();
        asked.extend_from_slice(&body);
        ears.lock().ok()?.extend_from_slice(&asked);
        stream.write_all(&answer(&head, &asked, deaf)).ok()?;
    }
}

fn answer(head: &str, asked: &[u8], deaf: bool) -> Vec<u8> {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let authorization = head
        .lines()
        .find_map(|line| line.strip_prefix("authorization: "))
        .unwrap_or_default();
    let text = String::from_utf8_lossy(asked);
    let shown = [
        BEARER,
        OTHER_BEARER,
        ACCESS_TOKEN,
        "Basic ",
        "zzCanary",
        "%7A",
    ]
    .iter()
    .any(|word| head.contains(word))
        || head.contains("zzCanary");
    let (status, body) = if path.starts_with("/token") {
        if deaf {
            let echo = serde_json::json!({ "error": "invalid_client", "error_description": text });
            ("401 Unauthorized", echo)
        } else {
            let token = serde_json::json!({
                "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 600,
            });
            ("200 OK", token)
        }
    } else if !shown {
        ("401 Unauthorized", serde_json::json!({ "asked": text }))
    } else {
        let echo = serde_json::json!({
            "items": [{ "name": "another client", "apiKey": RETURNED }],
            "log": format!("key {RETURNED} was used"),
            "packed": STANDARD_NO_PAD.encode(format!("other:{RETURNED}")),
            "asked": text,
            "hex": hex(authorization.as_bytes(), false),
            "HEX": hex(asked, true),
            "base64": STANDARD_NO_PAD.encode(asked),
            "base64url": URL_SAFE_NO_PAD.encode(format!("x{authorization}")),
            "percent": percent(authorization, true, false),
            "everyByte": percent(authorization, false, true),
            "key": { "header": API_KEY, "query": QUERY_KEY, "cookie": COOKIE, "password": PASSWORD },
        });
        // The list breaks its contract, so that it is a finding with evidence.
        ("200 OK", echo)
    };
    let body = body.to_string();
    let reflected = authorization.replace(['\r', '\n'], " ");
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nwww-authenticate: Bearer realm=\"{}\"\r\nx-echo: {reflected}\r\nx-api-key: {RETURNED}\r\nlocation: /people?token={}\r\ncontent-length: {}\r\n\r\n{body}",
        reflected.replace('"', ""),
        percent(authorization, true, true),
        body.len(),
    )
    .into_bytes()
}

fn hex(bytes: &[u8], upper: bool) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = if upper {
            write!(text, "{byte:02X}")
        } else {
            write!(text, "{byte:02x}")
        };
        text
    })
}

/// Percent-encoded: what is reserved, or every byte.
fn percent(text: &str, reserved_only: bool, upper: bool) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if reserved_only && (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex(&[byte], upper));
        }
        out
    })
}

/// Every form in which a secret could be written; OAuth 2.0 writes client secrets as forms do before it packs them
/// (RFC 6749 §2.3.1).
fn forms(secret: &str) -> Vec<(String, String)> {
    let written = percent(secret, true, true).replace("%20", "+");
    let mut forms = forms_of(secret);
    if written != secret {
        let within = forms_of(&written).into_iter();
        forms.extend(within.map(|(name, form)| (format!("{name} of the form"), form)));
    }
    forms
}

fn forms_of(secret: &str) -> Vec<(String, String)> {
    let mut forms = vec![
        ("plain".to_owned(), secret.to_owned()),
        ("hex".to_owned(), hex(secret.as_bytes(), false)),
        ("HEX".to_owned(), hex(secret.as_bytes(), true)),
    ];
    for reserved in [true, false] {
        for upper in [true, false] {
            let name = format!("percent, reserved {reserved}, upper {upper}");
            forms.push((name, percent(secret, reserved, upper)));
        }
    }
    forms.push((
        "form".to_owned(),
        percent(secret, true, true).replace("%20", "+"),
    ));
    let json = serde_json::to_string(secret).unwrap();
    let json = json[1..json.len() - 1].to_owned();
    let twice = serde_json::to_string(&json).unwrap();
    forms.push((
        "JSON in JSON".to_owned(),
        twice[1..twice.len() - 1].to_owned(),
    ));
    forms.push((
        "JSON with slashes escaped".to_owned(),
        json.replace('/', "\\/"),
    ));
    forms.push(("JSON".to_owned(), json));
    for alignment in 0..3 {
        let mut bytes = vec![0; alignment];
        bytes.extend_from_slice(secret.as_bytes());
        // Letters that the bytes before and behind have a part in are left out.
        let first = (alignment * 8).div_ceil(6);
        let whole = bytes.len() * 8 / 6;
        forms.push((
            format!("base64 at {alignment}"),
            STANDARD_NO_PAD.encode(&bytes)[first..whole].to_owned(),
        ));
        forms.push((
            format!("base64url at {alignment}"),
            URL_SAFE_NO_PAD.encode(&bytes)[first..whole].to_owned(),
        ));
    }
    forms
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// The forms of a secret that stand in these bytes.
fn found(secret: &str, bytes: &[u8]) -> Vec<String> {
    forms(secret)
        .into_iter()
        .filter(|(_, form)| contains(bytes, form))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn a_secret_is_found_in_every_form() {
    for (name, form) in forms(PASSWORD) {
        let planted = format!("{{\"before\":\"{form}\"}}");
        assert!(
            found(PASSWORD, planted.as_bytes()).contains(&name),
            "{name}"
        );
    }
    assert!(found(PASSWORD, b"nothing of the kind").is_empty());
    let pair = STANDARD_NO_PAD.encode(format!("somebody:{PASSWORD}"));
    assert!(!found(PASSWORD, pair.as_bytes()).is_empty());
}

const CONTRACT: &str = r##"
openapi: 3.1.0
info: {title: Canary, version: 1.0.0}
paths:
  /people:
    get:
      security: [{SCHEME: []}]
      parameters: [{name: name, in: query, schema: {type: string}}]
      responses:
        '200':
          description: People
          content:
            application/json:
              schema: {type: object, required: [items, total], properties: {items: {type: array}, total: {type: integer}}}
        '401': {description: No}
    post:
      security: [{SCHEME: []}]
      requestBody: {content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}}
      responses: {'201': {description: A person}, '401': {description: No}}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: 'http://HOST/token', scopes: {}}}}
    bearer: {type: http, scheme: bearer}
    basic: {type: http, scheme: basic}
    header: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: key}
    cookie: {type: apiKey, in: cookie, name: session}
"##;

/// One way of being lent secrets.
struct Way {
    name: &'static str,
    scheme: &'static str,
    identity: &'static str,
    secrets: &'static [&'static str],
    deaf: bool,
}

const WAYS: &[Way] = &[
    Way {
        name: "client secret in the header",
        scheme: "oauth",
        identity: "{ oauth2: { token_url: 'http://HOST/token', client_id: zz, client_secret: { file: client-secret } } }",
        secrets: &[CLIENT_SECRET, ACCESS_TOKEN],
        deaf: false,
    },
    Way {
        name: "client secret in the body",
        scheme: "oauth",
        identity: "{ oauth2: { token_url: 'http://HOST/token', client_id: zz, client_secret: { file: client-secret }, auth: post } }",
        secrets: &[CLIENT_SECRET, ACCESS_TOKEN],
        deaf: false,
    },
    Way {
        name: "a login that is refused",
        scheme: "oauth",
        identity: "{ oauth2: { token_url: 'http://HOST/token', client_id: zz, client_secret: { file: client-secret } } }",
        secrets: &[CLIENT_SECRET],
        deaf: true,
    },
    Way {
        name: "bearer",
        scheme: "bearer",
        identity: "{ bearer: { token: { env: ZZ_BEARER } } }",
        secrets: &[BEARER, OTHER_BEARER],
        deaf: false,
    },
    Way {
        name: "basic",
        scheme: "basic",
        identity: "{ basic: { username: somebody, password: { file: password } } }",
        secrets: &[PASSWORD],
        deaf: false,
    },
    Way {
        name: "key in a header",
        scheme: "header",
        identity: "{ api_key: { in: header, name: X-Key, value: { file: api-key } } }",
        secrets: &[API_KEY],
        deaf: false,
    },
    Way {
        name: "key in the query",
        scheme: "query",
        identity: "{ api_key: { in: query, name: key, value: { file: query-key } } }",
        secrets: &[QUERY_KEY],
        deaf: false,
    },
    Way {
        name: "cookie",
        scheme: "cookie",
        identity: "{ api_key: { in: cookie, name: session, value: { file: cookie } } }",
        secrets: &[COOKIE],
        deaf: false,
    },
];

/// The secrets that lie beside every target, whether it names them or not.
fn lend(folder: &Path) -> (String, String) {
    for (name, secret) in [
        ("client-secret", CLIENT_SECRET),
        ("password", PASSWORD),
        ("api-key", API_KEY),
        ("query-key", QUERY_KEY),
        ("cookie", COOKIE),
        ("other-bearer", OTHER_BEARER),
    ] {
        fs::write(folder.join(name), secret).unwrap();
    }
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["zz.example.test".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    fs::write(folder.join("client.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("client.key"), key.serialize_pem()).unwrap();
    let line = key.serialize_pem().lines().nth(1).unwrap().to_owned();
    (line, hex(&key.serialize_der()[8..40], false))
}

/// Every byte below a folder.
fn everything(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            bytes.extend(everything(&path));
        } else {
            bytes.extend(path.to_string_lossy().into_owned().into_bytes());
            bytes.extend(fs::read(&path).unwrap());
        }
    }
    bytes
}

/// Runs one way with these arguments and gives every byte that came of it.
fn run(way: &Way, arguments: &[&str]) -> Vec<u8> {
    let parrot = Parrot::start(way.deaf);
    let host = parrot.address.to_string();
    let home = tempfile::tempdir().unwrap();
    let (key_line, key_hex) = lend(home.path());
    let contract = CONTRACT
        .replace("SCHEME", way.scheme)
        .replace("HOST", &host);
    fs::write(home.path().join("openapi.yaml"), contract).unwrap();
    let second = match way.scheme {
        "bearer" => "  other-force: { bearer: { token: { file: other-bearer } } }\n",
        _ => "",
    };
    let target = format!(
        "target: Canary\nbase_url: http://{host}\ncontract: openapi.yaml\nwrites: allowed\nidentities:\n  default: {}\n{second}tls: {{ client_cert: client.pem, client_key: {{ file: client.key }} }}\nbudget: {{ requests: 400, per_second: 1000 }}\n",
        way.identity.replace("HOST", &host)
    );
    fs::write(home.path().join("target.yaml"), target).unwrap();
    let output = Command::new(snapbox::cmd::cargo_bin!("muster"))
        .current_dir(home.path())
        .env("ZZ_BEARER", BEARER)
        .args(arguments)
        .args(["--target", "target.yaml"])
        .output()
        .unwrap();
    let mut bytes = output.stdout;
    bytes.extend(output.stderr);
    assert!(!bytes.is_empty(), "{}: nothing was said", way.name);
    bytes.extend(everything(&home.path().join("out")));
    let told = found(RETURNED, &bytes);
    assert!(
        told.is_empty(),
        "{} {arguments:?}: a returned key is told as {told:?}\n{}",
        way.name,
        excerpt(&bytes, RETURNED)
    );
    let heard = parrot.heard();
    for secret in way.secrets {
        let is_sent = *secret != OTHER_BEARER && arguments[0] != "plan";
        assert!(
            !is_sent || !found(secret, &heard).is_empty(),
            "{}: the server never got {secret}",
            way.name
        );
        let told = found(secret, &bytes);
        assert!(
            told.is_empty(),
            "{} {arguments:?}: {secret} is told as {told:?}\n{}",
            way.name,
            excerpt(&bytes, secret)
        );
    }
    for part in [&key_line, &key_hex] {
        assert!(
            !contains(&bytes, part),
            "{}: the private key is told",
            way.name
        );
    }
    bytes
}

/// The first place where a secret stands, with what is around it.
fn excerpt(bytes: &[u8], secret: &str) -> String {
    let at = forms(secret).into_iter().find_map(|(_, form)| {
        bytes
            .windows(form.len())
            .position(|window| window == form.as_bytes())
    });
    let at = at.unwrap_or_default();
    let around = at.saturating_sub(200)..bytes.len().min(at + 200);
    String::from_utf8_lossy(&bytes[around]).into_owned()
}

#[test]
fn no_run_tells_a_secret() {
    thread::scope(|scope| {
        for way in WAYS {
            scope.spawn(move || {
                let bytes = run(
                    way,
                    &["run", "--profile", "policing-api-security", "--out", "out"],
                );
                if !way.deaf {
                    // Without evidence nothing would be shown by this test.
                    assert!(contains(&bytes, "\"findings\""), "{}: no report", way.name);
                    assert!(contains(&bytes, "x-echo"), "{}: no evidence", way.name);
                }
            });
        }
    });
}

#[test]
fn neither_does_what_is_written_for_machines() {
    thread::scope(|scope| {
        for way in WAYS {
            scope.spawn(move || {
                run(
                    way,
                    &[
                        "run",
                        "--profile",
                        "uk-gov-api",
                        "--out",
                        "out",
                        "--format",
                        "json",
                    ],
                );
                run(way, &["preflight"]);
            });
        }
    });
}
