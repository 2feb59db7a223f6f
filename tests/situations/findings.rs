//! What a run tells of defects: one cause, one finding, and a reproduction that reproduces.
