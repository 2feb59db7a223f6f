//! Credentials in all the ways in which suppliers ask for them, and secrets that come back.
