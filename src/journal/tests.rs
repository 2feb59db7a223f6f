//! A run folder and its reports.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use muster_report::{
    event::Entry,
    report::{FORMATS, Options, write_all},
    summary::fixture::{self, events},
};

use super::Writer;

#[test]
fn a_run_folder_is_written_again_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::create(dir.path()).unwrap();
    for (at, event) in events().into_iter().enumerate() {
        let at_us = at as u64;
        writer.write(&Entry { at_us, event }).unwrap();
    }
    writer.finish().unwrap();
    let read = || {
        let summary = super::summary(dir.path()).unwrap();
        write_all(dir.path(), &summary, &Options::default(), &[])
            .unwrap()
            .iter()
            .map(|path| std::fs::read(path).unwrap())
            .collect::<Vec<_>>()
    };
    let once = read();
    let in_folder = FORMATS.iter().filter(|format| format.in_folder).count();
    assert_eq!(once.len(), in_folder);
    assert_eq!(once, read());
    let files: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files.len(), in_folder + 1, "no drafts stay: {files:?}");
    let nowhere = dir.path().join("nowhere");
    let summary = fixture::summary();
    assert!(write_all(&nowhere, &summary, &Options::default(), &[]).is_err());
}
