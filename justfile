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

# Licences, bans and sources of the dependencies.
deny:
    cargo deny check bans licenses sources
