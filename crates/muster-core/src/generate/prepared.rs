//! Patterns that were prepared before (owner of [`prepared`]).

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, RwLock};

use super::pattern::Pattern;

/// Patterns that are kept; the rest are prepared for each schema anew.
const MOST_KEPT: usize = 1_024;

/// Patterns prepared before. What a pattern is depends on its text alone, so that nobody can tell whether it was here;
/// preparing one costs a hundred times what drawing from it does, and a contract repeats a few.
static KEPT: LazyLock<RwLock<HashMap<String, Arc<Pattern>>>> = LazyLock::new(RwLock::default);

/// The pattern of this text, prepared once.
pub(super) fn prepared(source: &str) -> Arc<Pattern> {
    if let Ok(kept) = KEPT.read()
        && let Some(pattern) = kept.get(source)
    {
        return Arc::clone(pattern);
    }
    let pattern = Arc::new(Pattern::new(source));
    if let Ok(mut kept) = KEPT.write()
        && kept.len() < MOST_KEPT
    {
        kept.insert(source.to_owned(), Arc::clone(&pattern));
    }
    pattern
}
