"""The single faults this supplier can be given: their class and what each one breaks."""

CLASSES: dict[str, str] = {
    "crash": "answers 500 to an odd but permitted or merely wrong request",
    "status": "answers with the wrong status",
    "header": "a header is missing or wrong",
    "body": "the answer's body breaks its schema or its media type",
    "accepts": "accepts what the contract forbids",
    "rejects": "refuses what the contract allows",
    "method": "methods and their semantics",
    "fidelity": "what is read back is not what was written",
    "update": "updates do too little or too much",
    "life": "creation, deletion and hierarchy",
    "list": "lists, filters, sorting and paging",
    "auth": "authentication",
}

_TABLE = """
crash  | people-emoji-500               | a surname with an emoji breaks creation
crash  | people-leap-day-500            | born on 29 February breaks creation
crash  | people-apostrophe-filter-500   | an apostrophe in the surname filter breaks the list
crash  | people-empty-aliases-500       | an empty list of aliases breaks creation
crash  | people-patch-empty-500         | an empty merge patch breaks
crash  | incidents-long-description-500 | a description over 2,000 characters breaks creation
crash  | incidents-west-500             | a negative longitude breaks creation
crash  | incidents-null-reporter-500    | an explicit null in reported_by breaks creation
crash  | incidents-text-id-500          | an identifier that is no number breaks reading
crash  | incidents-huge-id-500          | an identifier above 2^31 breaks reading
crash  | items-zero-value-500           | a value of 0 breaks creation
crash  | items-unknown-id-500           | reading an unknown item breaks
crash  | notes-unknown-incident-500     | a note below an unknown incident breaks
crash  | vehicles-malformed-json-500    | malformed JSON breaks creation
crash  | vehicles-far-offset-500        | an offset beyond the end breaks the list
crash  | vehicles-duplicate-500         | a registration that exists breaks instead of 409
status | people-create-200              | creation is answered 200
status | people-invalid-200             | invalid input is answered 200 with an error in the body
status | people-unknown-200             | an unknown person is answered 200 with null
status | incidents-delete-200           | deletion is answered 200 with a body
status | incidents-unknown-410          | an unknown incident is answered 410
status | notes-create-202               | creation of a note is answered 202
status | notes-unknown-incident-empty   | the notes of an unknown incident are an empty list
status | notes-delete-twice-204         | deleting a note again is answered 204
status | vehicles-get-201               | reading a vehicle is answered 201
status | vehicles-delete-unknown-204    | deleting an unknown vehicle is answered 204
status | vehicles-put-501               | replacing a vehicle is not implemented
status | vehicles-list-206              | a list is answered 206
status | items-invalid-418              | invalid input is answered with a status nobody documented
header | people-no-location             | creation has no Location
header | people-location-elsewhere      | Location of a new person leads nowhere
header | vehicles-location-other        | Location of a new vehicle names another vehicle
header | incidents-no-etag              | reading an incident has no ETag
header | incidents-bare-etag            | the ETag is not quoted
header | incidents-request-id-number    | X-Request-ID is not a UUID
header | vehicles-no-total              | the list has no X-Total-Count
header | vehicles-total-words           | X-Total-Count is not a number
header | people-no-allow                | 405 has no Allow
header | people-wrong-allow             | Allow names a method that is not there
body   | people-text-plain              | a person is sent as text/plain
body   | incidents-no-content-type      | an incident has no Content-Type
body   | items-error-html               | 404 has an HTML page
body   | people-invalid-detail-text     | the detail of 422 is a text, not a list
body   | people-surname-missing         | a person lacks its surname
body   | people-height-string           | height_cm is a string
body   | people-internal-property       | a person has an undeclared property
body   | people-born-uk-format          | born is 29/02/2000
body   | people-page-bare-list          | the page is a bare list
body   | people-third-without-id        | the third person of a page lacks its id
body   | incidents-null-title           | the title is null
body   | incidents-null-tags            | no tags are null, not an empty list
body   | incidents-status-capitals      | the status is in capitals
body   | incidents-updated-naive        | updated_at has no offset
body   | incidents-latitude-out         | latitude is above 90
body   | notes-author-pattern           | the author of a note breaks its pattern
body   | vehicles-id-number             | the id of a vehicle is a number
body   | vehicles-empty-body            | reading a vehicle has no body
body   | items-truncated-json           | an item is cut short
body   | items-labels-twice             | labels are repeated
body   | items-kind-unknown             | details have a kind outside the contract
body   | items-id-not-uuid              | the id of an item is not a UUID
accepts| people-missing-surname-accepted   | a person without surname
accepts| people-null-surname-accepted      | a null surname
accepts| people-long-surname-accepted      | a surname that is too long
accepts| people-empty-surname-accepted     | an empty surname
accepts| people-height-above-accepted      | a height one above the maximum
accepts| people-height-string-accepted     | a height as a string
accepts| people-any-sex-accepted           | a sex outside the enumeration
accepts| people-any-postcode-accepted      | a postcode that breaks its pattern, in a nested object
accepts| people-five-names-accepted        | more given names than allowed
accepts| people-no-names-accepted          | an empty list of given names
accepts| people-name-for-list-accepted     | a string in place of the list of given names
accepts| people-same-alias-accepted        | aliases that are repeated
accepts| people-any-email-accepted         | an e-mail address without @
accepts| people-any-date-accepted          | a date of birth that is no date
accepts| people-patch-long-surname-accepted| a merge patch with a surname that is too long
accepts| people-extra-accepted             | an undeclared property
accepts| people-id-taken                   | an undeclared id, which is even used
accepts| people-limit-any                  | a limit above the maximum
accepts| people-offset-negative            | a negative offset
accepts| incidents-severity-zero-accepted  | a severity one below the minimum
accepts| incidents-short-title-accepted    | a title one too short
accepts| incidents-no-offset-accepted      | a time without its offset
accepts| incidents-nested-extra-accepted   | an undeclared property of the nested location
accepts| incidents-unknown-reporter        | a reporter who does not exist
accepts| incidents-any-status-filter       | a status filter outside the enumeration
accepts| incidents-any-sort                | a sort order outside the enumeration
accepts| notes-boolean-text-accepted       | "true" for true
accepts| vehicles-lower-case-accepted      | a registration in lower case
accepts| vehicles-unanchored-accepted      | a registration with more behind it
accepts| vehicles-malformed-accepted       | malformed JSON
accepts| vehicles-any-content-type         | a body that is not declared to be JSON
accepts| vehicles-duplicate-accepted       | a registration that exists
accepts| vehicles-limit-words              | a limit that is no number
accepts| vehicles-put-partial-accepted     | a replacement without its required properties
accepts| items-odd-weight-accepted         | a weight that is no multiple of 0.5
accepts| items-none-accepted               | a quantity at its exclusive minimum
accepts| items-any-details-accepted        | details of any kind
accepts| items-any-imei-accepted           | an IMEI that breaks its pattern, in one variant of a union
accepts| items-empty-body-accepted         | a merge patch without a body
rejects| people-tallest-rejected           | a height at the maximum
rejects| people-height-needed              | a person without the optional height
rejects| people-accent-rejected            | a surname outside ASCII
rejects| people-apostrophe-rejected        | a surname with an apostrophe
rejects| people-null-born-rejected         | a null date of birth
rejects| people-limit-max-rejected         | a limit at the maximum
rejects| incidents-least-severe-rejected   | a severity at the minimum
rejects| incidents-longest-title-rejected  | a title at the maximum length
rejects| incidents-one-category-rejected   | one category of the enumeration
rejects| incidents-offset-rejected         | a time with an offset other than Z
rejects| notes-longest-rejected            | a note over 255 characters
rejects| vehicles-one-colour-filter-rejected | one colour of the filter's enumeration
method | people-undeclared-404             | an undeclared method is answered 404
method | people-undeclared-500             | an undeclared method is answered 500
method | vehicles-trace-echo               | TRACE echoes the request
method | incidents-head-404                | HEAD is answered 404 where GET is answered 200
method | incidents-head-other-etag         | HEAD has another ETag than GET
method | people-put-not-idempotent         | each replacement adds the aliases again
method | incidents-get-changes             | reading an incident changes it
method | incidents-put-creates             | replacing an unknown incident is answered 200
fidelity| people-upper-case        | the surname is folded to capitals
fidelity| people-no-accents        | accents are lost
fidelity| people-normalised        | a decomposed name is composed
fidelity| people-drops-email       | the e-mail address is not kept
fidelity| people-names-sorted      | given names change their order
fidelity| people-custody-zeros     | the custody number loses its leading zeros
fidelity| notes-trimmed            | spaces around a note are lost
fidelity| notes-one-line           | line breaks in a note become spaces
fidelity| incidents-zone-lost      | the offset is dropped and the local time called UTC
fidelity| incidents-seconds-lost   | seconds become zero
fidelity| incidents-description-cut| a description is cut at 255 characters
fidelity| incidents-defaults-win   | a given status is replaced by the default
fidelity| items-value-rounded      | pence are rounded away
fidelity| items-zero-null          | zero becomes null
fidelity| items-date-shifted       | a date moves by a day
fidelity| items-answer-differs     | the answer to creation differs from what is stored
update | people-put-nothing        | replacing answers 200 and changes nothing
update | people-put-merges         | replacing keeps what was left out
update | people-patch-clears       | a merge patch clears what it does not name
update | people-patch-null-kept    | null in a merge patch does not clear
update | people-patch-nested-lost  | a merge patch of the address stores no address
update | incidents-patch-some      | a merge patch ignores severity
update | incidents-put-stale       | replacing answers with the old state
update | incidents-refused-put-kept| a replacement refused with 412 is stored
update | incidents-etag-same       | the ETag does not change when the incident does
update | incidents-if-match-ignored| If-Match is ignored
update | vehicles-refused-duplicate-kept | a duplicate refused with 409 overwrites the first
update | vehicles-put-other        | replacing a vehicle also changes the newest other one
update | items-patch-nothing       | a merge patch answers 200 and changes nothing
life   | people-create-lost        | what was created cannot be read
life   | people-create-twice       | creation stores two
life   | people-refused-create-kept| a refused person is listed
life   | people-delete-nothing     | deletion answers 204 and does nothing
life   | people-deleted-listed     | a deleted person stays in the list
life   | vehicles-deleted-read     | a deleted vehicle can be read
life   | incidents-id-reused       | the identifier of a deleted incident is given again
life   | incidents-notes-left      | notes outlive their incident
life   | notes-any-parent          | a note can be read below another incident
life   | notes-all-listed          | the notes of all incidents are listed below each
life   | items-delete-all          | deleting one item deletes its neighbour
list   | people-total-wrong        | the total is one too high
list   | people-limit-ignored      | limit is ignored
list   | people-offset-ignored     | offset is ignored
list   | people-sort-reversed      | the sort order is the reverse of the one asked for
list   | people-filter-ignored     | the filter by sex is ignored
list   | people-filter-nothing     | the filter by surname finds nothing
list   | incidents-page-overlap    | each page repeats the last item of the one before
list   | incidents-filter-wide     | the status filter lets one more status through
list   | incidents-from-exclusive  | the filter from a time leaves out later incidents
list   | vehicles-last-missing     | the newest vehicle is not listed
list   | vehicles-total-page       | X-Total-Count counts the page, not the list
list   | items-list-differs        | an item in the list differs from the item itself
auth   | auth-none                 | no key is needed
auth   | auth-any-key              | any key will do
auth   | auth-prefix               | a prefix of the key will do
auth   | auth-people-delete-open   | deleting a person needs no key
auth   | auth-incidents-list-open  | listing incidents needs no key
auth   | auth-items-any-key        | any key will do to read an item
auth   | auth-missing-500          | a missing key breaks
auth   | auth-missing-403          | a missing key is answered 403, which nobody documented
auth   | auth-no-challenge         | 401 has no WWW-Authenticate
auth   | auth-acts-first           | 401 is sent after the vehicle was deleted
"""


def _read(table: str) -> dict[str, tuple[str, str]]:
    faults: dict[str, tuple[str, str]] = {}
    for line in table.strip().splitlines():
        kind, name, sentence = (cell.strip() for cell in line.split("|"))
        if kind not in CLASSES or name in faults:
            raise ValueError(line)
        faults[name] = (kind, sentence)
    return faults


FAULTS: dict[str, tuple[str, str]] = _read(_TABLE)
