//! Everything that can be wrong with the reference supplier: [`faults`].
//!
//! To add one: write it in the file of its area, and name it in the list here. The tests then hold that its id is
//! unique and in kebab case, that it can be seen from outside, and that one for the contract changes nothing else.

mod answers;
mod contract;
mod data;
mod errors;
mod headers;
mod http;
mod ops;
mod transport;

use super::fault::Fault;

/// Every fault there is, by area.
static FAULTS: &[Fault] = &[
    contract::TITLE_MISSING,
    contract::PARAMETER_NOWHERE,
    contract::REFERENCE_BROKEN,
    contract::RESPONSE_REFERENCE_BROKEN,
    contract::OPERATION_ID_MISSING,
    contract::OPERATION_ID_TWICE,
    contract::CONTACT_MISSING,
    contract::DESCRIPTION_MISSING,
    contract::VERSION_NOT_SEMANTIC,
    contract::SERVER_PLAIN_HTTP,
    contract::PATH_IN_CAMEL_CASE,
    contract::PATH_WITH_UNDERSCORE,
    contract::PATH_TOO_DEEP,
    contract::ARRAY_DOCUMENTED,
    contract::ARRAY_BY_DESIGN,
    contract::PROPERTY_IN_SNAKE_CASE,
    contract::UNVERSIONED,
    contract::EXAMPLE_INVALID,
    contract::EXAMPLE_NULL,
    contract::PARAMETER_EXAMPLE_INVALID,
    contract::STATUS_406_UNDOCUMENTED,
    contract::STATUS_415_UNDOCUMENTED,
    contract::QUERY_IDENTIFIES,
    contract::QUERY_ACTS,
    contract::STATUS_429_UNDOCUMENTED,
    contract::RATE_LIMITS_UNDESCRIBED,
    contract::X_HEADER_IN_REQUEST,
    contract::X_HEADER_IN_RESPONSE,
    contract::DEPRECATION_UNFLAGGED,
    contract::NO_TEST_SERVER,
    contract::LICENCE_MISSING,
    contract::LICENCE_PROPRIETARY,
    contract::SECURITY_UNDECLARED,
    contract::SECURITY_SCHEME_UNKNOWN,
    transport::PLAIN_HTTP_SERVES,
    transport::PLAIN_HTTP_REDIRECTS,
    transport::TEST_SERVER_DOWN,
    answers::LIST_IS_ARRAY,
    answers::ITEMS_KEYED_BY_ID,
    answers::DATE_BRITISH,
    answers::DATE_TIME_WITHOUT_OFFSET,
    answers::DATE_TIME_AS_NUMBER,
    answers::BYTE_ORDER_MARK,
    answers::LATIN_1,
    answers::LATITUDE_FIRST,
    answers::COORDINATES_AS_TEXT,
    answers::STATUS_UNDOCUMENTED,
    answers::STATUS_UNDOCUMENTED_ON_CREATE,
    answers::PROPERTY_MISSING,
    answers::NUMBER_AS_TEXT,
    answers::VALUE_OUTSIDE_ENUM,
    answers::NULL_WHERE_NONE_MAY_BE,
    answers::PROPERTY_UNDECLARED,
    answers::ENVELOPE_UNDECLARED,
    answers::SERVER_ERROR_ON_DELETE,
    answers::SERVER_ERROR_ON_FILTER,
    answers::BODY_TRUNCATED,
    answers::NAME_REPEATED,
    headers::CONTENT_TYPE_HTML,
    headers::CONTENT_TYPE_TEXT,
    headers::CONTENT_TYPE_MISSING,
    headers::ETAG_UNQUOTED,
    headers::CORRELATION_ID_MISSING,
    headers::LOCATION_MISSING,
    headers::DEPRECATION_UNSENT,
    headers::SUNSET_UNSENT,
    errors::PROBLEM_STATUS_DIFFERS,
    errors::PROBLEM_AS_JSON,
    errors::PROBLEM_AS_HTML,
    errors::UNKNOWN_RESOURCE_EMPTY,
    errors::UNKNOWN_RESOURCE_BAD_REQUEST,
    errors::UNKNOWN_RESOURCE_SERVER_ERROR,
    http::METHOD_WITHOUT_ALLOW,
    http::METHOD_NOT_FOUND,
    http::METHOD_TAKEN_FOR_GET,
    http::ACCEPT_IGNORED,
    http::ACCEPT_BAD_REQUEST,
    http::CONTENT_TYPE_IGNORED,
    http::CONTENT_TYPE_BAD_REQUEST,
    http::SECURITY_TXT_MISSING,
    http::SECURITY_TXT_EXPIRED,
    http::SECURITY_TXT_WITHOUT_CONTACT,
    data::STORES_ASCII,
    data::STORES_MOJIBAKE,
    data::STORES_WITHOUT_ACCENTS,
    data::STORES_DECOMPOSED,
    ops::ETAG_FROZEN,
    ops::ETAG_EACH_TIME,
    ops::IF_NONE_MATCH_IGNORED,
    ops::NOT_MODIFIED_WITHOUT_ETAG,
    ops::IF_MATCH_IGNORED,
    ops::IF_MATCH_NOT_NEEDED,
    ops::IF_MATCH_RACES,
    ops::IF_UNMODIFIED_SINCE_IGNORED,
    ops::KEY_IGNORED,
    ops::KEY_WITH_ANY_BODY,
    ops::KEY_RACES,
    ops::KEY_OF_ALL,
    ops::CREATIONS_SHARE,
    ops::PATCH_RACES,
    ops::UNCHANGED_IS_MISSING,
    ops::PAGES_OVERLAP,
    ops::CURSORS_COUNT,
    ops::LIMIT_IGNORED,
    ops::EMPTY_LIST_NOT_FOUND,
    ops::CORRELATION_ID_OF_ITS_OWN,
    ops::ALLOW_INCOMPLETE,
    ops::HEAD_NOT_FOUND,
    ops::HEAD_WITHOUT_ETAG,
];

/// Every fault there is.
pub fn faults() -> &'static [Fault] {
    FAULTS
}

/// The fault with this id.
pub fn fault(id: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.id == id)
}
