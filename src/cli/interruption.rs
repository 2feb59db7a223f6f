//! Signals that end a run in good order, and those that only make a write fail.

use std::sync::Arc;

use crate::runner::Cancel;

/// Listens for signals until the process ends.
///
/// The first SIGINT, SIGTERM or SIGHUP stops the run: what is under way ends, and what was created is removed. A later
/// one ends cleaning up, and the reports are still written; one after that ends the process.
pub(super) fn listen(cancel: &Arc<Cancel>) {
    let cancel = Arc::clone(cancel);
    tokio::spawn(signals::heed(cancel));
}

#[cfg(unix)]
mod signals {
    use std::{
        sync::Arc,
        time::{Duration, Instant},
    };

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use crate::{cli::output, runner::Cancel};
    use muster_core::model::StopSignal;

    /// Signals that come together count once: `timeout`, CI runners and terminals signal a process and its group.
    const TOGETHER: Duration = Duration::from_secs(1);

    /// SIGXFSZ, which has no name in the runtime: a file reached the limit of the process. Once it is listened for, the
    /// write fails with an error in place of ending the process.
    #[cfg(not(any(target_arch = "mips", target_arch = "mips64")))]
    const FILE_TOO_LARGE: i32 = 25;
    #[cfg(any(target_arch = "mips", target_arch = "mips64"))]
    const FILE_TOO_LARGE: i32 = 31;

    pub(super) async fn heed(cancel: Arc<Cancel>) {
        let _file_too_large = signal(SignalKind::from_raw(FILE_TOO_LARGE));
        let mut interrupt = signal(SignalKind::interrupt()).ok();
        let mut terminate = signal(SignalKind::terminate()).ok();
        // Whoever started the run with `nohup` wants it to outlive the terminal.
        let mut hang_up = if ignores_hang_up() {
            None
        } else {
            signal(SignalKind::hangup()).ok()
        };
        let mut counted: Vec<Instant> = Vec::new();
        loop {
            let came = tokio::select! {
                () = next(&mut interrupt) => StopSignal::Interrupt,
                () = next(&mut terminate) => StopSignal::Terminate,
                () = next(&mut hang_up) => StopSignal::HangUp,
            };
            if counted.last().is_some_and(|last| last.elapsed() < TOGETHER) {
                continue;
            }
            counted.push(Instant::now());
            match counted.len() {
                1 => {
                    cancel.ask_by(came);
                    output::err(&format!(
                        "\n{}: stopping. Requests under way end, and what was created is removed. A second signal ends the removals.\n",
                        came.name()
                    ));
                }
                2 => {
                    cancel.end_cleanup();
                    output::err(&format!(
                        "\n{}: removals end here; the reports are written.\n",
                        came.name()
                    ));
                }
                _ => {
                    let first = cancel.signal().unwrap_or(came);
                    std::process::exit(i32::from(first.exit_code()));
                }
            }
        }
    }

    async fn next(signal: &mut Option<Signal>) {
        if let Some(signal) = signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }

    /// Whether SIGHUP was ignored when the process began, where the system says so.
    fn ignores_hang_up() -> bool {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        ignored.is_some_and(|mask| mask & 1 == 1)
    }
}

#[cfg(not(unix))]
mod signals {
    use std::sync::Arc;

    use crate::runner::Cancel;
    use muster_core::model::StopSignal;

    pub(super) async fn heed(cancel: Arc<Cancel>) {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.ask_by(StopSignal::Interrupt);
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.end_cleanup();
        }
    }
}
