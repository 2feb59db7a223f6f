//! The documents are true: links lead somewhere, paths exist, the book lists every page, and the reference pages are those of
//! this version. `SNAPSHOTS=overwrite cargo test --test docs` writes the reference pages again.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reads files and starts the program"
)]

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use muster_checks::{ALL, Kind};
use snapbox::{Data, assert_data_eq, data::DataFormat};

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut broken = Vec::new();
    let pages = pages();
    assert!(
        pages.len() > 20,
        "only {} pages were looked at",
        pages.len()
    );
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for link in links(&text) {
            let file = link.split('#').next().unwrap();
            let remote = link.contains("://") || link.starts_with("mailto:");
            if !remote && !file.is_empty() && !page.parent().unwrap().join(file).exists() {
                broken.push(format!("{}: `{link}` leads nowhere", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn paths_in_the_maps_exist() {
    let mut missing = Vec::new();
    for page in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(page).unwrap();
        let paths = text.split('`').skip(1).step_by(2).filter(|code| {
            ["src/", "crates/", "profiles/", "docs/", "tests/"]
                .iter()
                .any(|root| code.starts_with(root))
                && !code.contains(['<', '*', ' '])
        });
        for path in paths {
            if !Path::new(path).exists() {
                missing.push(format!("{page}: `{path}` does not exist"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_book_lists_every_page() {
    let summary = fs::read_to_string("docs/SUMMARY.md").unwrap();
    let listed: Vec<PathBuf> = links(&summary)
        .into_iter()
        .map(|link| Path::new("docs").join(link))
        .collect();
    let missing: Vec<String> = pages()
        .into_iter()
        .filter(|page| page.starts_with("docs") && !page.ends_with("SUMMARY.md"))
        .filter(|page| !listed.contains(page))
        .map(|page| page.display().to_string())
        .collect();
    assert!(missing.is_empty(), "docs/SUMMARY.md lacks {missing:?}");
}

#[test]
fn the_page_of_checks_is_current() {
    let mut page = String::from(
        "# Checks\n\nWhat each check verifies, why it matters, and how to fix what it finds. `muster checks explain ID` shows the same.\n",
    );
    let mut area = "";
    for check in ALL {
        let (of, _) = check.id.split_once('.').unwrap();
        if of != area {
            area = of;
            write!(page, "\n## {area}\n").unwrap();
        }
        let kind = match check.kind {
            Kind::Contract(_) => "reads the contract",
            Kind::Response(_) => "judges responses of the whole run",
            Kind::Probe { writes: false, .. } => "sends requests of its own",
            Kind::Probe { writes: true, .. } => "sends requests of its own, some of which write",
        };
        write!(
            page,
            "\n### `{}`\n\n{} It {kind}.\n\n**Verifies.** {}\n\n**Matters because.** {}\n\n**To fix.** {}\n",
            check.id, check.purpose, check.verifies, check.matters, check.fix
        )
        .unwrap();
    }
    current("docs/reference/checks.md", page);
}

#[test]
fn the_page_of_profiles_is_current() {
    let mut page = String::from(
        "# Profiles\n\nWhat each profile requires, at which level, and what verifies it. `muster profiles show ID` shows the same.\n",
    );
    for id in ids() {
        let shown = muster(&["profiles", "show", &id]);
        write!(page, "\n## `{id}`\n\n```text\n{}\n```\n", shown.trim_end()).unwrap();
    }
    current("docs/reference/profiles.md", page);
}

#[test]
fn the_page_of_the_command_line_is_current() {
    let mut page = String::from(
        "# Command line\n\nThe help of each subcommand, as `muster help COMMAND` prints it.\n",
    );
    let overview = muster(&["--help"]);
    write!(
        page,
        "\n## `muster`\n\n```text\n{}\n```\n",
        overview.trim_end()
    )
    .unwrap();
    let commands = overview
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help");
    for name in commands {
        let help = muster(&["help", name]);
        write!(
            page,
            "\n## `muster {name}`\n\n```text\n{}\n```\n",
            help.trim_end()
        )
        .unwrap();
    }
    current("docs/reference/command-line.md", page);
}

/// The ids of the built-in profiles, in the order of their folders.
fn ids() -> Vec<String> {
    let mut ids: Vec<String> = fs::read_dir("profiles")
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("profile.yaml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    ids.sort();
    ids
}

/// Holds a generated page against the committed one, or writes it where `SNAPSHOTS=overwrite` is set.
fn current(path: &str, page: String) {
    let page = page
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
        + "\n";
    assert_data_eq!(
        Data::from(page).raw(),
        Data::read_from(Path::new(path), Some(DataFormat::Text)).raw()
    );
}

fn muster(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_muster"))
        .args(arguments)
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every page that a reader is led to.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") {
                found.push(path);
            }
        }
    }
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ] {
        found.push(PathBuf::from(name));
    }
    found.sort();
    found
}

/// The destinations of Markdown links, code left out.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("_");
        for part in prose.split("](").skip(1) {
            if let Some((link, _)) = part.split_once(')') {
                found.push(link.to_owned());
            }
        }
    }
    found
}
