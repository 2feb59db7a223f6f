//! Operations that a run leaves out, and that nothing it sends reaches.
