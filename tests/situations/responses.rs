//! Responses in all their forms: streams, headers, forms, large bodies.

mod bounds;
mod errors;
mod forms;
mod headers;
mod streams;
mod write_only;
