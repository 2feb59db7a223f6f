//! How far a run is, on standard error (owner of [`Progress`]).

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    event::Event,
    verdict::{Judgement, Verdict},
};

/// A bar that counts cases, and says what was found so far. Silent where nobody watches.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    failed: std::sync::atomic::AtomicU64,
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
            failed: std::sync::atomic::AtomicU64::new(0),
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
                let failed = self
                    .failed
                    .fetch_add(1, std::sync::atomic::Ordering::Relaxed)
                    + 1;
                self.bar.set_prefix(format!("{failed} {}", Verdict::Fail));
            }
            _ => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
