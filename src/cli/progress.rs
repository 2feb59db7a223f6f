//! How far a run is, on standard error (owner of [`Progress`]).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use muster_core::verdict::{Judgement, Verdict};
use muster_report::event::Event;

/// A bar that counts cases, and says what was found so far. Silent where nobody watches.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    failed: AtomicU64,
    cleaning: AtomicBool,
    quiet: bool,
}

impl Progress {
    /// A bar that starts when the plan is known.
    pub(super) fn new(quiet: bool) -> Self {
        let target = if quiet {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} cases  {msg}") {
            bar.set_style(style);
        }
        Self {
            bar,
            failed: AtomicU64::new(0),
            cleaning: AtomicBool::new(false),
            quiet,
        }
    }

    /// Takes note of an event.
    pub(super) fn saw(&self, event: &Event) {
        match event {
            Event::Planned(planned) => self.bar.set_length(planned.cases.len() as u64),
            Event::CaseFinished(case) => {
                self.bar.inc(1);
                self.bar.set_message(case.to_string());
            }
            Event::Judged(judged) if matches!(judged.judgement, Judgement::Fail(_)) => {
                let failed = self.failed.fetch_add(1, Ordering::Relaxed) + 1;
                self.bar.set_prefix(format!("{failed} {}", Verdict::Fail));
            }
            Event::CleanupStarted(cleanup) => {
                let told = format!(
                    "Removing {} records that the run created, for at most {} s.",
                    cleanup.records,
                    cleanup.limit_ms.div_ceil(1000)
                );
                if !self.quiet && self.bar.is_hidden() {
                    output::err(&format!("{told}\n"));
                }
                if let Ok(style) =
                    ProgressStyle::with_template("{bar:30} {pos}/{len} removals  {msg}")
                {
                    self.bar.set_style(style);
                }
                self.bar.set_position(0);
                self.bar.set_length(cleanup.records);
                self.bar.set_message(told);
                self.cleaning.store(true, Ordering::Relaxed);
            }
            Event::Removed(_) | Event::Absent(_) | Event::LeftBehind(..)
                if self.cleaning.load(Ordering::Relaxed) =>
            {
                self.bar.inc(1);
            }
            _ => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
