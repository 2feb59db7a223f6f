//! How far a run is, on standard error (owner of [`Progress`]): a bar on a terminal, a line every 15 seconds elsewhere.

use std::{
    collections::HashSet,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use muster_core::{model::Verifier, verdict::Judgement};
use muster_report::{event::Event, report::duration};

/// How often a line is written where there is no terminal.
const EVERY: Duration = Duration::from_secs(15);

/// A bar that counts cases, and says what was sent and found so far. Silent where nobody watches.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    quiet: bool,
    shared: Arc<Shared>,
    teller: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was seen so far.
#[derive(Debug)]
struct State {
    began: Instant,
    /// Cases, or removals once cleaning up began.
    done: u64,
    all: u64,
    requests: u64,
    failures: HashSet<(Verifier, String)>,
    cleaning: bool,
    ended: bool,
}

impl State {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            done: 0,
            all: 0,
            requests: 0,
            failures: HashSet::new(),
            cleaning: false,
            ended: false,
        }
    }

    /// Takes note of an event. True where the bar has to move.
    fn take(&mut self, event: &Event) -> bool {
        match event {
            Event::Planned(planned) => self.all = planned.cases.len() as u64,
            Event::CaseFinished(_) if !self.cleaning => self.done += 1,
            Event::Exchanged(_) => self.requests += 1,
            Event::Judged(judged) => match &judged.judgement {
                Judgement::Fail(finding) => {
                    self.failures
                        .insert((judged.by.clone(), finding.cause.clone()));
                }
                _ => return false,
            },
            Event::CleanupStarted(cleanup) => {
                self.cleaning = true;
                self.done = 0;
                self.all = cleanup.records;
            }
            Event::Removed(_) | Event::Absent(_) | Event::LeftBehind(..) if self.cleaning => {
                self.done += 1;
            }
            _ => return false,
        }
        true
    }

    /// `34 of 120 cases, 512 requests (43 a second), 2 failures, 12 s, about 30 s left`.
    fn line(&self, elapsed: Duration) -> String {
        let count = |number: usize, one: &str| match number {
            1 => format!("1 {one}"),
            number => format!("{number} {one}s"),
        };
        let what = if self.cleaning { "removals" } else { "cases" };
        let rate = u128::from(self.requests) * 1_000 / elapsed.as_millis().max(1);
        let mut line = format!(
            "{} of {} {what}, {} ({rate} a second), {}, {}",
            self.done,
            self.all,
            count(
                usize::try_from(self.requests).unwrap_or(usize::MAX),
                "request"
            ),
            count(self.failures.len(), "failure"),
            seconds(elapsed),
        );
        // Cases differ in length, so that a few of them say nothing of the rest.
        const ENOUGH: u64 = 5;
        if !self.cleaning && self.done >= ENOUGH && self.done < self.all {
            let left = elapsed.as_secs_f64() / self.done as f64 * (self.all - self.done) as f64;
            line.push_str(&format!(
                ", about {} left",
                seconds(Duration::from_secs_f64(left.ceil()))
            ));
        }
        line
    }
}

/// Whole seconds, for a reader.
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        short @ 0..60 => format!("{short} s"),
        long => duration(long.saturating_mul(1_000_000)),
    }
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
        // What does not fit the width of the terminal is cut.
        if let Ok(style) = ProgressStyle::with_template("{bar:20} {wide_msg}") {
            bar.set_style(style);
        }
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new()),
            ended: Condvar::new(),
        });
        let teller = (!quiet && bar.is_hidden())
            .then(|| {
                let shared = Arc::clone(&shared);
                std::thread::Builder::new()
                    .name("progress".to_owned())
                    .spawn(move || tell_every(&shared, EVERY, &|line| output::err(line)))
                    .ok()
            })
            .flatten();
        Self {
            bar,
            quiet,
            shared,
            teller,
        }
    }

    /// Takes note of an event.
    pub(super) fn saw(&self, event: &Event) {
        let mut state = self.shared.state();
        let moved = state.take(event);
        if let Event::CleanupStarted(cleanup) = event
            && !self.quiet
            && self.bar.is_hidden()
            && cleanup.records > 0
        {
            output::err(&format!(
                "Removing {} records that the run created, for at most {} s.\n",
                cleanup.records,
                cleanup.limit_ms.div_ceil(1000)
            ));
        }
        if moved && !self.bar.is_hidden() {
            self.bar.set_length(state.all);
            self.bar.set_position(state.done);
            self.bar.set_message(state.line(state.began.elapsed()));
        }
    }

    /// Takes the bar away, and ends the lines.
    pub(super) fn end(mut self) {
        self.stop();
        self.bar.finish_and_clear();
    }

    fn stop(&mut self) {
        self.shared.state().ended = true;
        self.shared.ended.notify_all();
        if let Some(teller) = self.teller.take() {
            let _ = teller.join();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Tells a line at each interval until the run has ended.
fn tell_every(shared: &Shared, every: Duration, tell: &dyn Fn(&str)) {
    let mut state = shared.state();
    loop {
        let (held, waited) = shared
            .ended
            .wait_timeout_while(state, every, |state| !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        state = held;
        if !waited.timed_out() {
            return;
        }
        tell(&format!("{}\n", state.line(state.began.elapsed())));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

    use std::sync::mpsc;

    use super::*;
    use muster_report::summary::fixture;

    #[test]
    fn a_line_says_how_far_a_run_is() {
        let mut state = State::new();
        for event in fixture::events() {
            if matches!(event, Event::Finished(_)) {
                break;
            }
            state.take(&event);
        }
        assert_eq!(state.requests, 14);
        let line = state.line(Duration::from_secs(7));
        assert!(line.contains("14 requests (2 a second)"), "{line}");
        assert!(line.contains("failures, 7 s"), "{line}");
        assert!(!line.contains("left"), "nothing is known yet: {line}");
        state.all = 120;
        state.done = 30;
        state.failures.clear();
        let line = state.line(Duration::from_secs(70));
        assert_eq!(
            line,
            "30 of 120 cases, 14 requests (0 a second), 0 failures, 1 min 10 s, about 3 min 30 s left"
        );
    }

    #[test]
    fn lines_come_until_the_run_has_ended() {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new()),
            ended: Condvar::new(),
        });
        let (sender, told) = mpsc::channel();
        let teller = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                tell_every(&shared, Duration::from_millis(1), &|line| {
                    let _ = sender.send(line.to_owned());
                });
            })
        };
        for _ in 0..2 {
            assert!(told.recv().unwrap().starts_with("0 of 0 cases"));
        }
        shared.state().ended = true;
        shared.ended.notify_all();
        teller.join().unwrap();
    }
}
