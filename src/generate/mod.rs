//! Values from schemas: valid, boundary, invalid, each with its reason.
