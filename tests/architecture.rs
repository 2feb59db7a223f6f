//! Imports point one way. Between crates the compiler holds it; within a crate the table below does, and every file is
//! read whole, its tests too.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reads the sources"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Crate, module → what it may import from its own crate.
const ALLOWED: &[(&str, &str, &[&str])] = &[
    (CORE, "model", &[]),
    (CORE, "verdict", &["model", "exchange"]),
    (CORE, "exchange", &["model"]),
    (CORE, "observation", &["model", "exchange"]),
    (CORE, "contract", &["model"]),
    (CORE, "drift", &["model", "contract"]),
    (CORE, "generate", &[]),
    (CORE, "value_pool", &["model"]),
    (
        CORE,
        "script",
        &[
            "model",
            "verdict",
            "exchange",
            "contract",
            "value_pool",
            "arrange",
        ],
    ),
    (
        CORE,
        "arrange",
        &[
            "model",
            "verdict",
            "exchange",
            "contract",
            "generate",
            "value_pool",
            "script",
        ],
    ),
    (CORE, "coverage", &["model", "exchange", "contract"]),
    (CHECKS, "profile", &["suite"]),
    (REPORT, "waiver", &[]),
    (REPORT, "event", &["waiver"]),
    (REPORT, "summary", &["event", "waiver"]),
    (REPORT, "report", &["event", "summary", "waiver"]),
    (SUPPLIER, "issuer", &[]),
    (HARNESS, "load", &[]),
    (HARNESS, "http", &[]),
    (HARNESS, "auth", &["http"]),
    (HARNESS, "runner", &["http", "auth"]),
    (HARNESS, "journal", &[]),
];
const CORE: &str = "crates/muster-core/src";
const CHECKS: &str = "crates/muster-checks/src";
const REPORT: &str = "crates/muster-report/src";
const SUPPLIER: &str = "crates/muster-supplier/src";
const HARNESS: &str = "src";

/// What no check may import: suites, profiles and plans cite checks, not the other way round.
const ABOVE_CHECKS: [&str; 3] = ["suite", "profile", "plan"];

/// Crates with a clock, a network or tasks in them: not for what is pure.
const IMPURE: [&str; 9] = [
    "tokio",
    "reqwest",
    "hyper",
    "axum",
    "h2",
    "rustls",
    "tokio-rustls",
    "futures",
    "governor",
];

#[test]
fn imports_point_one_way() {
    let allowed: BTreeMap<(&str, &str), &[&str]> = ALLOWED
        .iter()
        .map(|(krate, module, may)| ((*krate, *module), *may))
        .collect();
    let mut wrong = Vec::new();
    let mut files = 0;
    for krate in [CORE, CHECKS, REPORT, SUPPLIER, HARNESS] {
        for (file, module) in sources(Path::new(krate)) {
            files += 1;
            let imports = imports(&fs::read_to_string(&file).unwrap());
            let wrong_here = |import: &String| match allowed.get(&(krate, module.as_str())) {
                Some(may) => *import != module && !may.contains(&import.as_str()),
                None if krate == CHECKS && !ABOVE_CHECKS.contains(&module.as_str()) => {
                    module != "lib" && ABOVE_CHECKS.contains(&import.as_str())
                }
                None => false,
            };
            for import in imports.iter().filter(|import| wrong_here(import)) {
                wrong.push(format!("{file}: `{module}` may not import `{import}`"));
            }
        }
    }
    assert!(files > 400, "only {files} files were looked at");
    for (krate, module, _) in ALLOWED {
        let folder = Path::new(krate);
        assert!(
            folder.join(module).is_dir() || folder.join(format!("{module}.rs")).is_file(),
            "{krate}/{module} is in the table and not in the tree"
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_pure_has_no_network_and_no_tasks() {
    for krate in ["muster-core", "muster-checks", "muster-report"] {
        let dependencies = dependencies(krate);
        for impure in IMPURE {
            assert!(
                !dependencies.contains(impure),
                "{krate} depends on {impure}"
            );
        }
    }
    let own: Vec<String> = dependencies("muster-supplier")
        .into_iter()
        .filter(|name| name.starts_with("muster"))
        .collect();
    assert_eq!(
        own,
        ["muster-id", "muster-jose"],
        "the suppliers know nothing of the harness"
    );
}

#[test]
fn the_reader_of_imports_sees_them() {
    let text = "use crate::{\n    http::Transport,\n    model::{A, B},\n};\nfn f() { crate::auth::x() }\n#[cfg(test)]\nmod tests { use crate::runner; }";
    assert_eq!(imports(text), ["auth", "http", "model", "runner"]);
}

/// What a crate of the workspace needs when it is built.
fn dependencies(krate: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(format!("crates/{krate}/Cargo.toml")).unwrap();
    manifest
        .split("[dependencies]")
        .nth(1)
        .unwrap()
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ']).next())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Every source file with its top-level module.
fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let first = path
                    .strip_prefix(folder)
                    .unwrap()
                    .components()
                    .next()
                    .unwrap();
                let module = Path::new(first.as_os_str())
                    .file_stem()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((path.display().to_string(), module));
            }
        }
    }
    found
}

/// The top-level modules that a file imports by `crate::`, its tests too.
fn imports(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(members(group)),
            None => found.extend(word(rest)),
        }
    }
    found.into_iter().collect()
}

/// The first words of the members of a `{…}` group, up to its closing brace.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut member = String::new();
    let mut found = Vec::new();
    for character in group.chars() {
        match character {
            '}' if depth == 0 => break,
            ',' if depth == 0 => found.extend(word(&std::mem::take(&mut member))),
            '{' => depth += 1,
            '}' => depth -= 1,
            other => member.push(other),
        }
    }
    found.extend(word(&member));
    found
}

/// The name that a text starts with, where it is that of a module.
fn word(text: &str) -> Option<String> {
    let name: String = text
        .trim_start()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    name.starts_with(char::is_lowercase).then_some(name)
}
