"""Incidents: list, create, read (GET and HEAD), replace and merge-patch with If-Match, delete."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Response

from records import store
from records.fields import Timestamp
from records.models import Incident, IncidentInput, IncidentPage, IncidentPatch, Status
from records.store import Record
from records.switch import on
from records.web import (
    LOCATION,
    NOT_FOUND,
    UNAUTHORISED,
    UNREADABLE,
    Limit,
    Offset,
    error,
    etag,
    header,
    reply,
    request_id,
    require_key,
)

router = APIRouter(prefix="/incidents", tags=["incidents"], dependencies=[Depends(require_key)], responses=UNAUTHORISED)
Order = Literal["occurred_at", "-occurred_at", "severity", "-severity"]
AskedOrder = str if on("incidents-any-sort") else Order
AskedStatus = str if on("incidents-any-status-filter") else Status
IncidentId = Annotated[int, Path(ge=1)] if not on("incidents-text-id-500") else str
IfMatch = Annotated[str | None, Header(description="The ETag that the caller has seen")]
TAGGED = {
    "ETag": header("The state of the incident", type="string", pattern='^"[0-9a-f]{16}"$'),
    "X-Request-ID": header("Identifies this exchange", type="string", format="uuid"),
}
CHANGES: dict[int | str, Any] = {
    **UNREADABLE,
    **NOT_FOUND,
    200: {"headers": TAGGED},
    412: error("The incident has changed since"),
}


def find(incident_id: int) -> Record:
    if on("incidents-huge-id-500") and int(incident_id) > 2**31:
        raise RuntimeError("integer out of range")
    incident = store.incidents.get(int(incident_id))
    if incident is None:
        raise HTTPException(410 if on("incidents-unknown-410") else 404, "Incident not found")
    return incident


def _shown(incident: Record) -> Record:
    shown = dict(incident)
    if on("incidents-null-title"):
        shown["title"] = None
    if on("incidents-null-tags"):
        shown["tags"] = shown["tags"] or None
    if on("incidents-status-capitals"):
        shown["status"] = shown["status"].upper()
    if on("incidents-updated-naive"):
        shown["updated_at"] = shown["updated_at"].removesuffix("Z")
    if on("incidents-latitude-out") and shown["location"]:
        shown["location"] = {**shown["location"], "latitude": shown["location"]["latitude"] + 90.5}
    return shown


def _answer(incident: Record, status: int = 200, more: dict[str, str] | None = None) -> Response:
    headers = {"ETag": etag(incident), "X-Request-ID": request_id(), **(more or {})}
    if on("incidents-no-etag"):
        del headers["ETag"]
    answer = reply(_shown(incident), status, headers)
    if on("incidents-no-content-type") and status == 200:
        del answer.headers["Content-Type"]
    return answer


def _kept(data: Record) -> Record:
    if on("incidents-zone-lost"):
        data["occurred_at"] = data["occurred_at"][:19] + "Z"
    if on("incidents-seconds-lost"):
        data["occurred_at"] = data["occurred_at"][:17] + "00" + data["occurred_at"][19:]
    if on("incidents-description-cut"):
        data["description"] = data["description"][:255]
    if on("incidents-defaults-win"):
        data["status"] = "open"
    return data


def _reporter(data: Record) -> None:
    reporter = data["reported_by"]
    if reporter is not None and reporter not in store.people and not on("incidents-unknown-reporter"):
        raise HTTPException(409, "reported_by names no person")


def _match(incident: Record, if_match: str | None) -> None:
    if if_match not in (None, "*", etag(incident)) and not on("incidents-if-match-ignored"):
        raise HTTPException(412, "The incident has changed since")


@router.get("", response_model=IncidentPage)
def list_incidents(
    limit: Limit = 20,
    offset: Offset = 0,
    status: AskedStatus | None = None,  # type: ignore[valid-type]
    occurred_from: Timestamp | None = None,
    sort: AskedOrder = "occurred_at",  # type: ignore[valid-type]
) -> Response:
    found = list(store.incidents.values())
    if status is not None:
        wide = {status, "under_review"} if on("incidents-filter-wide") else {status}
        found = [i for i in found if i["status"] in wide]
    if occurred_from is not None:
        later = [i for i in found if store.moment(i["occurred_at"]) >= occurred_from]
        found = later[:1] if on("incidents-from-exclusive") else later
    backwards = str(sort).startswith("-")
    name = str(sort).removeprefix("-")
    if name == "severity":
        found.sort(key=lambda i: int(i["severity"]), reverse=backwards)
    else:
        found.sort(key=lambda i: store.moment(i["occurred_at"]), reverse=backwards)
    start = offset - 1 if on("incidents-page-overlap") and offset else offset
    return reply({"items": [_shown(i) for i in found[start : start + limit]], "total": len(found)})


@router.post(
    "",
    status_code=201,
    response_model=Incident,
    responses={**UNREADABLE, 201: {"headers": {**LOCATION, **TAGGED}}, 409: error("reported_by names no person")},
)
def create_incident(body: IncidentInput) -> Response:
    if on("incidents-long-description-500") and len(body.description) > 2000:
        raise RuntimeError("value too long")
    if on("incidents-west-500") and body.location and body.location.longitude < 0:
        raise RuntimeError("unsigned")
    if on("incidents-null-reporter-500") and "reported_by" in body.model_fields_set and body.reported_by is None:
        raise RuntimeError("None has no person")
    data = _kept(body.model_dump(mode="json"))
    _reporter(data)
    number = store.next_number("incident")
    if on("incidents-id-reused"):
        number = max(store.incidents, default=0) + 1
    incident = {"id": number, "reference": f"INC-{number:08}", **data, "updated_at": store.now()}
    store.incidents[number] = incident
    return _answer(incident, 201, {"Location": f"/incidents/{number}"})


@router.get("/{incident_id}", response_model=Incident, responses={**NOT_FOUND, 200: {"headers": TAGGED}})
def read_incident(incident_id: IncidentId) -> Response:  # type: ignore[valid-type]
    incident = find(incident_id)
    if on("incidents-get-changes"):
        incident["severity"] = incident["severity"] % 5 + 1
    return _answer(incident)


@router.head(
    "/{incident_id}",
    responses={200: {"headers": TAGGED, "content": {}}, 404: {"description": "There is no such record"}},
)
def probe_incident(incident_id: IncidentId) -> Response:  # type: ignore[valid-type]
    incident = find(incident_id)
    if on("incidents-head-404"):
        raise HTTPException(404, "Incident not found")
    return _answer({**incident, "title": ""} if on("incidents-head-other-etag") else incident)


@router.put("/{incident_id}", response_model=Incident, responses={**CHANGES, 409: error("reported_by names no person")})
def replace_incident(incident_id: IncidentId, body: IncidentInput, if_match: IfMatch = None) -> Response:  # type: ignore[valid-type]
    if on("incidents-put-creates") and incident_id not in store.incidents:
        number = int(incident_id)
        store.incidents[number] = {"id": number, "reference": f"INC-{number % 10**8:08}"}
        if_match = None
    incident = find(incident_id)
    data = body.model_dump(mode="json")
    _reporter(data)
    changed = {**incident, **data, "updated_at": store.now()}
    if on("incidents-refused-put-kept"):
        store.incidents[incident["id"]] = changed
    _match(incident, if_match)
    store.incidents[incident["id"]] = changed
    return _answer(incident if on("incidents-put-stale") else changed)


@router.patch("/{incident_id}", response_model=Incident, responses=CHANGES)
def patch_incident(incident_id: IncidentId, body: IncidentPatch, if_match: IfMatch = None) -> Response:  # type: ignore[valid-type]
    incident = find(incident_id)
    _match(incident, if_match)
    given = body.model_dump(mode="json", exclude_unset=True)
    if on("incidents-patch-some"):
        given.pop("severity", None)
    changed = {**incident, **given, "updated_at": store.now()}
    store.incidents[incident["id"]] = changed
    return _answer(changed)


@router.delete("/{incident_id}", status_code=204, responses=NOT_FOUND)
def delete_incident(incident_id: IncidentId) -> Response:  # type: ignore[valid-type]
    incident = find(incident_id)
    del store.incidents[incident["id"]]
    if not on("incidents-notes-left"):
        for number in [n for n, note in store.notes.items() if note["incident_id"] == incident["id"]]:
            del store.notes[number]
    return reply({"deleted": True}) if on("incidents-delete-200") else Response(status_code=204)
