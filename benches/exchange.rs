//! What one exchange costs, beside a bare reqwest loop in the same process.
