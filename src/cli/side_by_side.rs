//! Many runs of a self-test at once, with how far they are on standard error (owner of [`all`]).

use std::future::Future;

use futures::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::runtime::Handle;

use super::Failure;

/// How many are under way at a time: each waits for its supplier most of the time.
const AT_ONCE: usize = 8;

/// What each run comes to, in the order given. Each has a thread of its own, so that every core has work.
///
/// # Errors
/// The first failure is told; runs that are not under way by then are not begun.
pub(super) async fn all<I, T, F>(
    what: &str,
    given: Vec<I>,
    run: impl Fn(I) -> F + Clone + Send + 'static,
) -> Result<Vec<T>, Failure>
where
    I: Send + 'static,
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>>,
{
    let bar = ProgressBar::with_draw_target(
        Some(given.len() as u64),
        ProgressDrawTarget::stderr_with_hz(5),
    );
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}  {elapsed}, {eta} to go")
    {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    let mut results = Vec::with_capacity(given.len());
    let runtime = Handle::current();
    let mut under_way = futures::stream::iter(given)
        .map(|one| {
            let (runtime, run) = (runtime.clone(), run.clone());
            tokio::task::spawn_blocking(move || runtime.block_on(run(one)))
        })
        .buffered(AT_ONCE);
    while let Some(ended) = under_way.next().await {
        bar.inc(1);
        results.push(ended.map_err(|error| Failure::Internal(error.to_string()))??);
    }
    bar.finish_and_clear();
    Ok(results)
}
