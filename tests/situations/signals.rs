//! Runs that are ended from outside, and what they leave.
