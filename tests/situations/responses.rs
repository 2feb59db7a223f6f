//! Responses in all their forms: streams, headers, forms, large bodies.

mod headers;
mod streams;
mod write_only;
