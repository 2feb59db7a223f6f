//! The reference supplier: a police-records API, good by default and faulty on demand.
