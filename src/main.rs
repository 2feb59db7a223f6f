//! The `muster` program: parse, run, exit.

fn main() -> std::process::ExitCode {
    muster::cli::main()
}
