//! How far the generator goes. Each limit exists so that a schema, however odd, costs bounded time and memory.

/// Tries for a whole value before the schema is called unsatisfiable. Local repairs come first, so a whole value that
/// the judge refuses is rare, and more tries would seldom help.
pub const ROOT_TRIES: usize = 24;

/// Tries for one scalar or array item (a pattern with a length, a unique item) before giving up on it.
pub const LOCAL_TRIES: usize = 60;

/// Tries for one branch of a `oneOf`, `anyOf` or `if` before the next branch is taken.
pub const BRANCH_TRIES: usize = 6;

/// Schema nodes visited for one value. A body of a thousand fields takes a few thousand; beyond this a schema is
/// fighting itself.
pub const STEPS: u32 = 60_000;

/// Fields after which optional parts are left out, so that broad recursive schemas stay the size of a real body.
pub const SOFT_FIELDS: u32 = 1_500;

/// Nesting after which optional parts are left out and the shallowest branch is taken.
pub const SOFT_DEPTH: usize = 10;

/// Nesting at which a value is given up: well inside what JSON readers accept (128), and the stack bears it.
pub const HARD_DEPTH: usize = 60;

/// The longest text ever built. Servers refuse far shorter bodies, and `maxLength: 10000000` must not allocate it.
pub const LONGEST_TEXT: usize = 100_000;

/// The longest array ever built.
pub const LONGEST_ARRAY: usize = 2_000;

/// Distinct combinations of schemas prepared for one generator. Real documents need hundreds.
pub const NODES: usize = 50_000;

/// The furthest number built where a bound lies further out than any register.
pub const FURTHEST_DIGITS: u32 = 30;

/// Questions asked by [`shrink`](super::shrink) of its caller: each may be a request to the target.
pub const SHRINK_TRIES: usize = 1_000;

/// Combinations of optional properties, flags and enum members of one object that are tried in full; beyond it, every
/// pair is covered instead.
pub const FULL_PRODUCT: usize = 16;

/// Candidates weighed for each boundary or invalid value that is asked for.
pub const CANDIDATES_PER_VALUE: usize = 8;

/// The keyword of a schema whose null no value is made with: what wrote the schema may or may not mean it.
pub const UNDECIDED_NULL: &str = "x-muster-null";
/// The keyword of a pattern of another dialect: its translation, by which texts are made, or `true` where it has none.
pub const FOREIGN_PATTERN: &str = "x-muster-pattern";
/// The pattern that stands for one that cannot be read.
pub(super) const UNREAD: &str = "(of another dialect than ECMA-262";
