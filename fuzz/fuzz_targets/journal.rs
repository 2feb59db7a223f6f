//! See `readers::journal`: the journal, and through it every report, JUnit parsed back.
#![no_main]

#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let folder = std::env::temp_dir().join(format!("muster-fuzz-{}", std::process::id()));
    if std::fs::create_dir_all(&folder).is_ok() {
        readers::journal(bytes, &folder);
    }
});
