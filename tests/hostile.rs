//! What reads outside input ends and never panics, whatever comes: good input with random damage. The fuzz targets
//! call the same functions with random bytes.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "tests read and write files"
)]

#[path = "../fuzz/readers.rs"]
mod readers;

use std::{fs, path::Path, process::Command, sync::OnceLock};

use proptest::prelude::*;

/// One piece of damage.
#[derive(Debug, Clone)]
enum Damage {
    Cut(usize, usize),
    Double(usize, usize),
    Set(usize, u8),
    Put(usize, String),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let odd = prop::sample::select(vec![
        "]]>",
        "\0",
        "{",
        "}",
        "[",
        "]",
        "\"",
        ": ",
        "- ",
        "&a ",
        "*a",
        "!!binary ",
        "<<: ",
        "null",
        "1e999",
        "-0",
        "99999999999999999999",
        "\u{202e}",
        "\u{feff}",
        "é",
        "$ref",
        "#/components/schemas/P",
        "(a+)+$",
        "\t",
        "\r\n",
        "\\u0000",
        "\\ud800",
        "---\n",
        "%YAML 1.2\n",
        "? ",
        "| ",
        "true",
        "~1",
        "'",
    ])
    .prop_map(str::to_owned);
    let at = || 0_usize..200_000;
    prop::collection::vec(
        prop_oneof![
            (at(), 0_usize..300).prop_map(|(at, long)| Damage::Cut(at, long)),
            (at(), 0_usize..300).prop_map(|(at, long)| Damage::Double(at, long)),
            (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
            (at(), odd).prop_map(|(at, text)| Damage::Put(at, text)),
        ],
        0..6,
    )
}

fn damaged(good: &[u8], damage: &[Damage]) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for one in damage {
        let place = |at: usize| at % (bytes.len() + 1);
        match one {
            Damage::Cut(at, long) => {
                let from = place(*at);
                let to = (from + long).min(bytes.len());
                bytes.drain(from..to);
            }
            Damage::Double(at, long) => {
                let from = place(*at);
                let to = (from + long).min(bytes.len());
                let part = bytes[from..to].to_vec();
                bytes.splice(from..from, part);
            }
            Damage::Set(at, byte) => {
                let at = place(*at);
                if let Some(slot) = bytes.get_mut(at) {
                    *slot = *byte;
                }
            }
            Damage::Put(at, text) => {
                let at = place(*at);
                bytes.splice(at..at, text.bytes());
            }
        }
    }
    bytes
}

fn text(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The journal of a short run, made once.
fn journal() -> &'static [u8] {
    static JOURNAL: OnceLock<Vec<u8>> = OnceLock::new();
    JOURNAL.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("run");
        let ran = Command::new(env!("CARGO_BIN_EXE_muster"))
            .args([
                "run", "--demo", "--quiet", "--only", "GOV-20", "--seed", "1", "--out",
            ])
            .arg(&out)
            .output()
            .unwrap();
        assert!(ran.status.code().is_some());
        fs::read(out.join("journal.jsonl")).unwrap()
    })
}

const CONTRACT: &str = r##"
openapi: 3.1.0
info: { title: T, version: 1.0.0 }
paths:
  /people/{id}:
    parameters: [ { name: id, in: path, required: true, schema: { type: integer, minimum: 1 } } ]
    put:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/P' } } } }
      responses: { '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/P' }, example: { surname: A } } } } }
components:
  schemas:
    P: { type: object, required: [surname], properties: { surname: { type: string, pattern: '^[A-Z]+$' }, kin: { type: array, items: { $ref: '#/components/schemas/P' } } } }
"##;

const TARGET: &str = "
target: T
supplier: S
environment: test
base_url: https://rms.example.test/api
contract: ./openapi.yaml
claims: [pagination, etag]
identities:
  default: { oauth2: { token_url: https://rms.example.test/token, client_id: a, client_secret: { env: X } } }
  other: { basic: { username: u, password: { env: X } } }
data: { existing_person_id: '1' }
writes: allowed
budget: { requests: 5000, per_second: 50, concurrency: 8 }
parameters: { p95_ms: 800 }
attestations:
  - { requirement: ORG-01, by: A. Person, on: 2026-02-03, statement: Seen. }
";

const WAIVERS: &str = "
waivers:
  - { requirement: GOV-21, operation: GET /people, reason: Known., owner: A. Person, approved_by: B. Person, expires: 2027-01-01 }
";

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contracts(damage in damage()) {
        readers::contract(&damaged(CONTRACT.as_bytes(), &damage));
    }

    #[test]
    fn targets(damage in damage()) {
        readers::target(&damaged(TARGET.as_bytes(), &damage));
    }

    #[test]
    fn profiles(damage in damage()) {
        readers::profile(&damaged(&text("profiles/uk-gov-api/profile.yaml"), &damage));
    }

    #[test]
    fn suites(damage in damage()) {
        readers::suite(&damaged(&text("tests/suites/faulty.yaml"), &damage));
    }

    #[test]
    fn waivers(damage in damage()) {
        readers::waivers(&damaged(WAIVERS.as_bytes(), &damage));
    }

    #[test]
    fn answers(damage in damage()) {
        let good = b"\x32content-type:application/json\rx-total:3\n{\"id\":\"1\",\"born\":\"2000-02-29\",\"kin\":[{\"id\":\"2\"}]}";
        readers::answer(&damaged(good, &damage));
    }

    #[test]
    fn links_and_sequences(damage in damage()) {
        readers::links(&damaged(&text("fuzz/corpus/links/header"), &damage));
        readers::links(&damaged(&text("fuzz/corpus/links/events"), &damage));
    }

    #[test]
    fn tokens_and_keys(damage in damage()) {
        readers::tokens(&damaged(&text("fuzz/corpus/tokens/ec"), &damage));
        readers::tokens(&damaged(&text("fuzz/corpus/tokens/private"), &damage));
    }

    #[test]
    fn texts_around_a_secret(damage in damage()) {
        readers::redaction(&damaged(&text("fuzz/corpus/redaction/json"), &damage));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn journals_and_reports(damage in damage()) {
        let folder = tempfile::tempdir().unwrap();
        readers::journal(&damaged(journal(), &damage), folder.path());
    }
}
