//! What checks of several areas share: the requests that they send, the records that they make, the values that they try,
//! and how two values are compared.
//!
//! - Requests that an operation accepts, and what is changed in them: [`accepted_request`], [`bodies`],
//!   [`alternative_bodies`], [`encoded_body`], [`minimise`].
//! - Values to try: [`boundary_values`], [`robustness_values`], [`fidelity_values`].
//! - Records of the run's own: [`resource`], [`own_record`], [`owned_record`], [`created_by_put`], [`requests`].
//! - Collections: [`list_operation`], [`filters`], [`pagination`], [`exports`].
//! - Comparisons: [`round_trip`], [`record_diff`], [`masked_values`], [`schema_view`], [`entity_tags`].
//! - Responses: [`probe`], [`sequence_items`], [`server_failure`], [`duplicate_names`], [`async_job`], [`tokens`].
//! - The document: [`document`].

pub mod accepted_request;
pub mod alternative_bodies;
pub mod async_job;
pub mod bodies;
pub mod boundary_values;
pub mod created_by_put;
pub mod document;
pub mod duplicate_names;
pub mod encoded_body;
pub mod entity_tags;
pub mod exports;
pub mod fidelity_values;
pub mod filters;
pub mod list_operation;
pub mod masked_values;
pub mod minimise;
pub mod own_record;
pub mod owned_record;
pub mod pagination;
pub mod probe;
pub mod record_diff;
pub mod requests;
pub mod resource;
pub mod robustness_values;
pub mod round_trip;
pub mod schema_view;
pub mod sequence_items;
pub mod server_failure;
pub mod tokens;
