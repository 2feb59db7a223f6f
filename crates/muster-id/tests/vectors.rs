//! Every known value is judged as it is known to be (`vectors.tsv`).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test reads its own table"
)]

use muster_id::{Kind, Problem, kind};

struct Vector {
    kind: &'static Kind,
    value: &'static str,
    verdict: &'static str,
    detail: &'static str,
}

fn vectors() -> Vec<Vector> {
    include_str!("vectors.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [id, value, verdict, detail, source, standing] = cells[..] else {
                panic!("not six cells: {line}");
            };
            assert!(!source.is_empty(), "no source: {line}");
            assert!(
                ["official", "code", "derived", "general"].contains(&standing),
                "{line}"
            );
            Vector {
                kind: kind(id).unwrap_or_else(|| panic!("no kind {id}")),
                value,
                verdict,
                detail,
            }
        })
        .collect()
}

#[test]
fn every_vector_is_judged_as_it_is_known_to_be() {
    let mut wrong = Vec::new();
    for vector in vectors() {
        let parsed = vector.kind.parse(vector.value);
        let is_right = match (vector.verdict, &parsed) {
            ("valid", Ok(id)) => id.as_str() == vector.detail && id.warnings().is_empty(),
            ("warning", Ok(id)) => id
                .warnings()
                .iter()
                .any(|warning| warning.code() == vector.detail),
            ("invalid", Err(problem)) => problem.to_string().contains(vector.detail),
            _ => false,
        };
        if !is_right {
            let told = parsed.map_or_else(
                |problem| problem.to_string(),
                |id| format!("{id} {:?}", id.warnings()),
            );
            wrong.push(format!(
                "{} {}: expected {} {}, found {told}",
                vector.kind.id, vector.value, vector.verdict, vector.detail
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_kind_with_a_check_character_has_a_vector_that_it_catches() {
    let caught: Vec<&str> = vectors()
        .iter()
        .filter(|vector| {
            matches!(
                vector.kind.parse(vector.value),
                Err(Problem::CheckCharacter { .. })
            )
        })
        .map(|vector| vector.kind.id)
        .collect();
    for id in ["pnc", "cro", "sf-cro", "asn", "imei"] {
        assert!(caught.contains(&id), "{id}");
    }
}

#[test]
fn a_swap_of_two_neighbours_is_a_different_letter() {
    let pnc = kind("pnc").unwrap();
    assert!(pnc.parse("2099/1234567B").is_ok());
    assert!(pnc.parse("2099/1234576B").is_err());
}
