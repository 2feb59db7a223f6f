use super::*;
use muster_checks::language;
use muster_core::model::{ClassKind, Level, Verification, Verifier};

const HEAD: &str = "profile: mine\nversion: 1.0.0\ntitle: Mine\n";

fn load_text(text: &str) -> Result<LoadedProfile, Diagnostics> {
    let catalogue = Catalogue {
        checks: [
            "http.undeclared-method".to_owned(),
            "contract.versioned".to_owned(),
        ]
        .into(),
        cases: ["delivery/first".to_owned()].into(),
    };
    load_source(Source::new("mine/profile.yaml", text), &catalogue)
}

fn told(text: &str) -> String {
    load_text(&format!("{HEAD}{text}")).unwrap_err().to_string()
}

fn requirement(id: &str, rest: &str) -> String {
    format!(
        "  - {{ id: {id}, class: a, level: MUST, statement: S., source: {{ document: D }}, {rest} }}\n"
    )
}

const CLASS: &str = "classes: [{ id: a, title: A }]\nrequirements:\n";

#[test]
fn everything_a_profile_can_say() {
    let text = format!(
        "{HEAD}description: For tests.
contract: openapi.yaml
classes:
  - {{ id: a, title: A }}
  - {{ id: b, title: B, kind: optional, capability: paging }}
requirements:
  - id: R-1
    class: b
    level: SHOULD
    statement: It pages.
    source: {{ document: RFC 8288, clause: §3 }}
    interoperability: semantic
    verified_by: [check: contract.versioned, case: delivery/first]
{}{}parameters: {{ p95_ms: 1000 }}
personal: [surname]
",
        requirement("R-2", "attested: true"),
        requirement("R-3", "not_tested: 'No.'")
    );
    let LoadedProfile { profile, contract } = load_text(&text).unwrap();
    assert_eq!(
        contract,
        Some(ProfileContract::Location("./openapi.yaml".into()))
    );
    assert_eq!(profile.classes[0].kind, ClassKind::Core);
    assert_eq!(
        profile.classes[1].kind,
        ClassKind::Optional {
            capability: "paging".into()
        }
    );
    assert_eq!(profile.requirements[0].level, Level::Should);
    assert_eq!(
        profile.requirements[0].verification,
        Verification::VerifiedBy(vec![
            Verifier::Check("contract.versioned".into()),
            Verifier::Case("delivery/first".into())
        ])
    );
    assert_eq!(profile.requirements[1].verification, Verification::Attested);
    assert_eq!(
        profile.requirements[2].verification,
        Verification::NotTested("No.".into())
    );
    assert_eq!(profile.parameters.integer("p95_ms"), Some(1000));
    assert_eq!(profile.personal, ["surname"]);
}

#[test]
fn what_is_wrong_with_a_profile_is_told_all_at_once() {
    let told = told(&format!(
        "classes:\n  - {{ id: a, title: A }}\n  - {{ id: a, title: B, kind: optional }}\nrequirements:\n{}{}{}{}",
        requirement("R-1", "attested: true, not_tested: 'No.'"),
        requirement("R-1", "verified_by: [check: contract.version]"),
        requirement("R-2", "verified_by: [case: delivery/frist]"),
        requirement("R-3", "levle: MUST"),
    ));
    for part in [
        "class `a` stands here twice",
        "an optional class needs a `capability`",
        "`R-1` has both attested and not_tested",
        "requirement `R-1` stands here twice",
        "there is no check `contract.version`",
        "did you mean `contract.versioned`?",
        "there is no case `delivery/frist`",
        "did you mean `delivery/first`?",
        "nothing says how `R-3` is verified",
        "unknown key `levle`",
        "8 errors",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn attested_is_true_or_left_out() {
    let told = told(&format!("{CLASS}{}", requirement("R-1", "attested: false")));
    assert!(
        told.contains("`requirements[0].attested` can only be true"),
        "{told}"
    );
}

#[test]
fn an_unknown_class_is_told_with_the_nearest() {
    let told = told(
        "classes: [{ id: transport, title: A }]\nrequirements:\n  - { id: R, class: trasnport, level: MUST, statement: S., source: { document: D }, attested: true }\n",
    );
    assert!(told.contains("there is no class `trasnport`"), "{told}");
    assert!(told.contains("did you mean `transport`?"), "{told}");
}

#[test]
fn a_profile_takes_over_others_whole_or_by_class() {
    let base = load("uk-gov-api", &Catalogue::default()).unwrap().profile;
    let whole = load_text(&format!("{HEAD}extends: [uk-gov-api]\n")).err();
    assert!(
        whole.is_some(),
        "the catalogue of these tests lacks what uk-gov-api cites"
    );
    let open = Catalogue::default();
    let load_open = |text: &str| {
        load_source(Source::new("mine/profile.yaml", text), &open)
            .unwrap()
            .profile
    };
    let whole = load_open(&format!("{HEAD}extends: [uk-gov-api]\n"));
    assert_eq!(whole.requirements, base.requirements);
    assert_eq!(whole.id.as_str(), "mine");
    let part = load_open(&format!(
        "{HEAD}extends: [{{ profile: uk-gov-api, classes: [errors] }}]\nparameters: {{ x: 1 }}\n"
    ));
    let classes: Vec<&str> = part.classes.iter().map(|class| class.id.as_str()).collect();
    assert_eq!(classes, ["errors"]);
    assert!(!part.requirements.is_empty());
    assert!(
        part.requirements
            .iter()
            .all(|requirement| requirement.class.as_str() == "errors")
    );
    assert_eq!(part.parameters.integer("x"), Some(1));
    assert!(
        part.parameters.0.len() > 1,
        "those of the base are there too"
    );
}

#[test]
fn what_is_extended_must_be_there() {
    let told = told("extends: [uk-gov-ipa, { profile: uk-gov-api, classes: [erors] }]\n");
    assert!(told.contains("there is no profile `uk-gov-ipa`"), "{told}");
    assert!(told.contains("did you mean `uk-gov-api`?"), "{told}");
}

#[test]
fn an_unknown_class_of_a_base_is_told() {
    let text = format!("{HEAD}extends: [{{ profile: uk-gov-api, classes: [erors] }}]\n");
    let told = load_source(Source::new("p.yaml", text), &Catalogue::default())
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("profile `uk-gov-api` has no class `erors`"),
        "{told}"
    );
    assert!(told.contains("did you mean `errors`?"), "{told}");
}

/// Writes profiles as `<id>/profile.yaml` and loads the first.
fn load_files(files: &[(&str, &str)]) -> Result<LoadedProfile, Diagnostics> {
    let folder = tempfile::tempdir().unwrap();
    for (id, rest) in files {
        std::fs::create_dir(folder.path().join(id)).unwrap();
        let text = format!("profile: {id}\nversion: 1.0.0\ntitle: {id}\n{rest}");
        std::fs::write(folder.path().join(id).join("profile.yaml"), text).unwrap();
    }
    let first = folder.path().join(files[0].0);
    load(first.to_str().unwrap(), &Catalogue::default())
}

#[test]
fn cycles_are_errors() {
    for files in [
        vec![
            ("a", "extends: [b]\n"),
            ("b", "extends: [../a/profile.yaml]\n"),
        ],
        vec![("a", "extends: [a]\n")],
        vec![
            ("a", "extends: [b]\n"),
            ("b", "extends: [c]\n"),
            ("c", "extends: [b]\n"),
        ],
    ] {
        let told = load_files(&files).unwrap_err().to_string();
        assert!(told.contains("extends this profile in turn"), "{told}");
    }
}

#[test]
fn the_same_part_by_two_ways_is_one_part() {
    let base = format!("{CLASS}{}", requirement("R-1", "attested: true"));
    let loaded = load_files(&[
        ("top", "extends: [left, right]\n"),
        ("left", "extends: [base]\n"),
        ("right", "extends: [base]\n"),
        ("base", &base),
    ])
    .unwrap();
    assert_eq!(loaded.profile.requirements.len(), 1);
    assert_eq!(loaded.profile.classes.len(), 1);
}

#[test]
fn two_parts_of_one_id_are_an_error() {
    let part = format!("{CLASS}{}", requirement("R-1", "attested: true"));
    let own = format!("extends: [left]\n{part}");
    let told = load_files(&[("top", &own), ("left", &part)])
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("requirement `R-1` stands in `left` already"),
        "{told}"
    );
    let told = load_files(&[
        ("top", "extends: [left, right]\n"),
        ("left", &part),
        ("right", &part),
    ])
    .unwrap_err()
    .to_string();
    assert!(
        told.contains("requirement `R-1` comes from both `left` and `right`"),
        "{told}"
    );
}

#[test]
fn a_contract_is_that_of_the_nearest_profile() {
    let loaded = load_files(&[
        ("top", "extends: [base]\n"),
        ("base", "contract: api.yaml\n"),
    ])
    .unwrap();
    let Some(ProfileContract::Location(location)) = loaded.contract else {
        panic!("no contract");
    };
    assert!(
        location.ends_with("base/profile.yaml/../api.yaml") || location.ends_with("base/api.yaml"),
        "{location}"
    );
}

#[test]
fn every_bundled_profile_is_sound() {
    let catalogue = Catalogue::with_cases([]);
    let mut ids = BTreeSet::new();
    for bundled in BUNDLED {
        let loaded = load(bundled.id, &catalogue).unwrap_or_else(|errors| panic!("{errors}"));
        let profile = loaded.profile;
        assert_eq!(
            profile.id.as_str(),
            bundled.id,
            "a profile is named after its folder"
        );
        assert!(ids.insert(bundled.id));
        assert!(!profile.requirements.is_empty(), "{}", bundled.id);
        assert!(!profile.description.is_empty(), "{}", bundled.id);
        for requirement in &profile.requirements {
            let id = &requirement.id;
            assert!(requirement.statement.ends_with('.'), "{id}");
            let broken = language::breaks(&requirement.statement);
            assert!(broken.is_empty(), "{id}: {}", broken.join(", "));
            assert!(!requirement.source.document.is_empty(), "{id}");
            if let Verification::VerifiedBy(verifiers) = &requirement.verification {
                assert!(!verifiers.is_empty(), "{id}");
            }
        }
        for class in &profile.classes {
            assert!(
                profile
                    .requirements
                    .iter()
                    .any(|requirement| requirement.class == class.id),
                "class `{}` of `{}` is empty",
                class.id,
                bundled.id
            );
        }
    }
}

#[test]
fn every_profile_folder_is_bundled() {
    let mut folders: Vec<String> =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
    folders.sort();
    let mut ids: Vec<&str> = BUNDLED.iter().map(|bundled| bundled.id).collect();
    ids.sort_unstable();
    assert_eq!(folders, ids);
}

#[test]
fn a_law_over_verification_can_fail() {
    assert!(
        told(&format!(
            "{CLASS}{}",
            requirement("R-1", "interoperability: semantic")
        ))
        .contains("nothing says how")
    );
}
