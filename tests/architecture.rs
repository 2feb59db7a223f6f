//! Imports point one way. The table says which top-level module may import which; anything else fails.

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

/// Module → what it may import from the crate. The core first, then the edges.
const ALLOWED: &[(&str, &[&str])] = &[
    ("jose", &[]),
    ("model", &["jose"]),
    ("verdict", &["model", "exchange"]),
    ("exchange", &["model"]),
    ("observation", &["model", "exchange"]),
    ("contract", &["model"]),
    ("drift", &["model", "contract"]),
    ("generate", &[]),
    ("known", &["model"]),
    (
        "script",
        &[
            "model", "verdict", "exchange", "contract", "known", "arrange",
        ],
    ),
    (
        "arrange",
        &[
            "model", "verdict", "exchange", "contract", "generate", "known", "script",
        ],
    ),
    (
        "checks",
        &[
            "model", "verdict", "exchange", "contract", "drift", "generate", "known", "script",
            "arrange",
        ],
    ),
    ("coverage", &["model", "exchange", "contract"]),
    (
        "suite",
        &[
            "model", "verdict", "exchange", "contract", "generate", "known", "script", "arrange",
            "checks",
        ],
    ),
    ("profile", &["model", "suite"]),
    ("waiver", &["model"]),
    (
        "plan",
        &[
            "model", "verdict", "exchange", "contract", "arrange", "checks", "suite", "profile",
        ],
    ),
    (
        "event",
        &[
            "coverage",
            "model",
            "verdict",
            "exchange",
            "observation",
            "plan",
            "profile",
            "waiver",
        ],
    ),
    (
        "summary",
        &[
            "coverage",
            "model",
            "verdict",
            "exchange",
            "observation",
            "plan",
            "profile",
            "waiver",
            "event",
            "checks",
        ],
    ),
    (
        "load",
        &[
            "jose", "model", "contract", "checks", "suite", "profile", "waiver",
        ],
    ),
    ("http", &["model", "exchange", "contract"]),
    (
        "auth",
        &[
            "jose",
            "model",
            "exchange",
            "observation",
            "contract",
            "http",
        ],
    ),
    (
        "runner",
        &[
            "coverage",
            "model",
            "verdict",
            "exchange",
            "observation",
            "contract",
            "known",
            "script",
            "arrange",
            "checks",
            "suite",
            "plan",
            "event",
            "http",
            "auth",
        ],
    ),
    ("journal", &["event", "summary", "model", "verdict"]),
    (
        "report",
        &[
            "coverage",
            "model",
            "verdict",
            "exchange",
            "observation",
            "plan",
            "profile",
            "waiver",
            "event",
            "summary",
            "checks",
        ],
    ),
    ("issuer", &["jose"]),
    ("supplier", &["jose"]),
    ("cli", &["*"]),
];

#[test]
fn imports_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut files = 0;
    for (file, module) in sources(Path::new("src")) {
        let is_test = file.ends_with("/tests.rs") || file.contains("/tests/");
        if module == "lib" || module == "main" || is_test {
            continue;
        }
        files += 1;
        let Some(may) = allowed.get(module.as_str()) else {
            wrong.push(format!("{file}: module `{module}` is not in the table"));
            continue;
        };
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            if import != module && !may.contains(&"*") && !may.contains(&import.as_str()) {
                wrong.push(format!("{file}: `{module}` may not import `{import}`"));
            }
        }
    }
    assert!(files > 20, "only {files} files were looked at");
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_them() {
    let text = "use crate::{\n    http::Transport,\n    model::{A, B},\n};\nfn f() { crate::auth::x() }\n#[cfg(test)]\nmod tests { use crate::runner; }";
    assert_eq!(imports(text), ["auth", "http", "model"]);
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

/// The top-level modules that a file imports by `crate::`, tests left out.
fn imports(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = code
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
