//! The skeleton of a check is written where the lists expect it.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test copies files and starts a program"
)]

use std::{fs, process::Command};

const LISTS: [&str; 4] = [
    "crates/muster-checks/src/lib.rs",
    "crates/muster-supplier/src/faults/mod.rs",
    "crates/muster-supplier/src/faults/answers.rs",
    "tools/new-check",
];

#[test]
fn the_skeleton_of_a_check_is_written_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for path in LISTS {
        fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        fs::copy(path, at(path)).unwrap();
    }
    fs::create_dir_all(at("crates/muster-checks/src/response")).unwrap();
    let run = |arguments: &[&str]| {
        Command::new("python3")
            .arg(at("tools/new-check"))
            .args(arguments)
            .output()
            .unwrap()
    };
    let made = run(&["response.made-up-here", "made-up-fault"]);
    assert!(made.status.success(), "{made:?}");
    let file = at("crates/muster-checks/src/response/made_up_here.rs");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(r#"id: "response.made-up-here""#), "{text}");
    for (path, line) in [
        (LISTS[0], "        made_up_here,\n"),
        (LISTS[1], "    answers::MADE_UP_FAULT,\n"),
        (LISTS[2], "pub(super) const MADE_UP_FAULT: Fault"),
    ] {
        let text = fs::read_to_string(at(path)).unwrap();
        assert!(text.contains(line), "{path} lacks `{line}`");
        let before = fs::read_to_string(path).unwrap();
        assert!(
            before.lines().all(|line| text.contains(line)),
            "{path} lost a line"
        );
    }
    for wrong in [
        &["response.made-up-here", "another"][..],
        &["nowhere.name", "another"],
        &["response.Upper", "another"],
        &["response.other"],
    ] {
        let refused = run(wrong);
        assert_eq!(refused.status.code(), Some(1), "{wrong:?}");
        assert!(refused.stderr.starts_with(b"new-check: "), "{refused:?}");
    }
}
