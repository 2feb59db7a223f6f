# The habits of the house. `just` lists them.

default:
    @just --list

# Everything that must be green before a commit lands.
check:
    cargo fmt --all --check
    cargo clippy --all-targets -- -D warnings
    cargo test

test *ARGS:
    cargo test {{ARGS}}

# Speed and memory, printed.
bench *ARGS:
    cargo bench {{ARGS}}

# The main job, against the reference supplier.
demo *ARGS:
    cargo run --release -- run --demo {{ARGS}}

# Every check passes the good supplier and catches its fault.
selftest:
    cargo run --release -- selftest

# Licences, bans, sources and known weaknesses of the dependencies (`cargo install cargo-deny`).
deny:
    .ci/deny

# The skeleton of a response check and of the fault that it catches: just new-check response.etag-quoted etag-unquoted
new-check CHECK FAULT:
    tools/new-check {{CHECK}} {{FAULT}}

# Writes the generated pages of docs/reference again.
reference:
    SNAPSHOTS=overwrite cargo test --test docs

# The software bill of materials, CycloneDX 1.5.
sbom:
    python3 .ci/sbom.py > target/muster.cdx.json

# Real OpenAPI documents of npm and PyPI (some 200 MB), each planned. Nothing of them is kept in the repository.
corpus:
    test -d target/corpus || python3 tests/corpus/collect.py target/corpus
    cargo test --release --test corpus -- --ignored --nocapture

# Random bytes at everything that reads outside input: so many seconds each, and which (all).
fuzz SECONDS="1800" *TARGETS:
    fuzz/run {{SECONDS}} {{TARGETS}}
