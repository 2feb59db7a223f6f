//! Responses in all their forms: streams, headers, forms, large bodies.
