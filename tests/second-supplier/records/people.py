"""People: list, create, read, replace, merge-patch, delete."""

import unicodedata
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, HTTPException, Query, Response
from fastapi.responses import PlainTextResponse

from records import store
from records.fields import Uuid
from records.models import Person, PersonInput, PersonPage, PersonPatch, Sex
from records.store import Record
from records.switch import on
from records.web import LOCATION, NOT_FOUND, UNAUTHORISED, UNREADABLE, Limit, Offset, error, reply, require_key

router = APIRouter(prefix="/people", tags=["people"], dependencies=[Depends(require_key)], responses=UNAUTHORISED)
Order = Literal["surname", "-surname", "created_at", "-created_at"]
_deleted: list[Record] = []


def _find(person_id: Uuid) -> Record:
    person = store.people.get(str(person_id))
    if person is None:
        raise HTTPException(404, "Person not found")
    return person


def _unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _kept(data: Record) -> Record:
    """What is stored of a valid input."""
    surname = data["surname"]
    if on("people-emoji-500") and any(ord(c) > 0xFFFF for c in surname):
        raise RuntimeError("cannot encode")
    if on("people-leap-day-500") and str(data["born"]).endswith("-02-29"):
        raise RuntimeError("day is out of range for month")
    if on("people-upper-case"):
        data["surname"] = surname.upper()
    if on("people-no-accents"):
        data["surname"] = _unaccented(surname) or surname
    if on("people-normalised"):
        data["surname"] = unicodedata.normalize("NFC", surname)
    if on("people-drops-email"):
        data["email"] = None
    if on("people-names-sorted"):
        data["given_names"] = sorted(data["given_names"])
    if on("people-custody-zeros") and data["custody_number"]:
        data["custody_number"] = data["custody_number"].lstrip("0")
    return data


def _shown(person: Record) -> Record:
    """A person as sent."""
    shown = dict(person)
    if on("people-surname-missing"):
        del shown["surname"]
    if on("people-height-string") and shown["height_cm"] is not None:
        shown["height_cm"] = str(shown["height_cm"])
    if on("people-internal-property"):
        shown["row_version"] = 1
    if on("people-born-uk-format") and shown["born"]:
        shown["born"] = "/".join(reversed(shown["born"].split("-")))
    return shown


@router.get("", response_model=PersonPage)
def list_people(
    limit: Limit = 20,
    offset: Offset = 0,
    sex: Sex | None = None,
    surname: Annotated[str | None, Query(min_length=1, max_length=60)] = None,
    sort: Order = "created_at",
) -> Response:
    if on("people-apostrophe-filter-500") and "'" in (surname or ""):
        raise RuntimeError("unterminated string")
    found = list(store.people.values()) + (_deleted if on("people-deleted-listed") else [])
    if sex is not None and not on("people-filter-ignored"):
        found = [p for p in found if p["sex"] == sex]
    if surname is not None:
        found = [p for p in found if p["surname"] == surname and not on("people-filter-nothing")]
    name = sort.removeprefix("-")
    found.sort(key=lambda p: str(p[name]), reverse=sort.startswith("-") != on("people-sort-reversed"))
    total = len(found) + (1 if on("people-total-wrong") else 0)
    page = found if on("people-offset-ignored") else found[max(offset, 0) :]
    page = page if on("people-limit-ignored") else page[:limit]
    shown = [_shown(p) for p in page]
    if on("people-third-without-id") and len(shown) > 2:
        del shown[2]["id"]
    if on("people-page-bare-list"):
        return reply(shown)
    return reply({"items": shown, "total": total, "limit": limit, "offset": offset})


@router.post("", status_code=201, response_model=Person, responses={**UNREADABLE, 201: {"headers": LOCATION}})
def create_person(body: PersonInput) -> Response:
    if on("people-empty-aliases-500") and "aliases" in body.model_fields_set and not body.aliases:
        raise RuntimeError("no first alias")
    data = _kept(body.model_dump(mode="json"))
    person = {**data, "id": data.get("id") or store.new_id(), "created_at": store.now()}
    if not on("people-create-lost"):
        store.people[person["id"]] = person
    if on("people-create-twice"):
        twin = {**person, "id": store.new_id()}
        store.people[twin["id"]] = twin
    headers = {"Location": f"/people/{store.new_id() if on('people-location-elsewhere') else person['id']}"}
    return reply(_shown(person), 200 if on("people-create-200") else 201, None if on("people-no-location") else headers)


@router.get("/{person_id}", response_model=Person, responses=NOT_FOUND)
def read_person(person_id: Uuid) -> Response:
    if on("people-unknown-200") and str(person_id) not in store.people:
        return reply(None)
    person = _find(person_id)
    if on("people-text-plain"):
        return PlainTextResponse(reply(_shown(person)).body)
    return reply(_shown(person))


@router.put("/{person_id}", response_model=Person, responses={**UNREADABLE, **NOT_FOUND})
def replace_person(person_id: Uuid, body: PersonInput) -> Response:
    person = _find(person_id)
    given = body.model_dump(mode="json", exclude_unset=on("people-put-merges"))
    if on("people-put-not-idempotent"):
        given["aliases"] = [*person["aliases"], *given["aliases"]]
    changed = {**person, **given, "id": person["id"]}
    if not on("people-put-nothing"):
        store.people[person["id"]] = changed
    return reply(_shown(changed))


@router.patch("/{person_id}", response_model=Person, responses={**UNREADABLE, **NOT_FOUND})
def patch_person(person_id: Uuid, body: Annotated[PersonPatch, Body(media_type="application/json")]) -> Response:
    person = _find(person_id)
    given: dict[str, Any] = body.model_dump(mode="json", exclude_unset=True)
    if on("people-patch-empty-500") and not given:
        raise RuntimeError("nothing to set")
    if on("people-patch-null-kept"):
        given = {name: value for name, value in given.items() if value is not None}
    if on("people-patch-nested-lost") and given.get("address"):
        given["address"] = None
    if on("people-patch-clears"):
        optional = ("born", "height_cm", "email", "custody_number", "address")
        given = {**{name: None for name in optional}, **given}
    store.people[person["id"]] = {**person, **given}
    return reply(_shown(store.people[person["id"]]))


@router.delete(
    "/{person_id}", status_code=204, responses={**NOT_FOUND, 409: error("An incident was reported by this person")}
)
def delete_person(person_id: Uuid) -> Response:
    person = _find(person_id)
    if any(i["reported_by"] == person["id"] for i in store.incidents.values()):
        raise HTTPException(409, "An incident was reported by this person")
    if not on("people-delete-nothing"):
        _deleted.append(store.people.pop(person["id"]))
    return Response(status_code=204)
