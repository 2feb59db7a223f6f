//! Whose a record is: what a run changes and deletes, and what it leaves alone.
