"""Notes below an incident: list, create, read, delete."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Response

from records import store
from records.incidents import find
from records.models import Note, NoteInput
from records.store import Record
from records.switch import on
from records.web import LOCATION, NOT_FOUND, UNAUTHORISED, UNREADABLE, reply, require_key

router = APIRouter(
    prefix="/incidents/{incident_id}/notes",
    tags=["notes"],
    dependencies=[Depends(require_key)],
    responses={**UNAUTHORISED, **NOT_FOUND},
)
Number = Annotated[int, Path(ge=1)]
_deleted: set[int] = set()


def _note(incident_id: int, note_id: int) -> Record:
    if not on("incidents-notes-left"):
        find(incident_id)
    note = store.notes.get(note_id)
    if note is None or (note["incident_id"] != incident_id and not on("notes-any-parent")):
        raise HTTPException(404, "Note not found")
    return note


def _shown(note: Record) -> Record:
    return {**note, "author": note["author"].lower()} if on("notes-author-pattern") else note


@router.get("", response_model=list[Note])
def list_notes(incident_id: Number) -> Response:
    if not (on("notes-unknown-incident-empty") or on("incidents-notes-left")):
        find(incident_id)
    found = [n for n in store.notes.values() if n["incident_id"] == incident_id or on("notes-all-listed")]
    return reply([_shown(n) for n in found])


@router.post("", status_code=201, response_model=Note, responses={**UNREADABLE, 201: {"headers": LOCATION}})
def create_note(incident_id: Number, body: NoteInput) -> Response:
    if on("notes-unknown-incident-500") and incident_id not in store.incidents:
        raise RuntimeError("foreign key")
    find(incident_id)
    data = body.model_dump(mode="json")
    if on("notes-trimmed"):
        data["text"] = data["text"].strip() or data["text"]
    if on("notes-one-line"):
        data["text"] = data["text"].replace("\n", " ")
    number = store.next_number("note")
    note = {"id": number, "incident_id": incident_id, **data, "written_at": store.now()}
    store.notes[number] = note
    location = {"Location": f"/incidents/{incident_id}/notes/{number}"}
    return reply(_shown(note), 202 if on("notes-create-202") else 201, location)


@router.get("/{note_id}", response_model=Note)
def read_note(incident_id: Number, note_id: Number) -> Response:
    return reply(_shown(_note(incident_id, note_id)))


@router.delete("/{note_id}", status_code=204)
def delete_note(incident_id: Number, note_id: Number) -> Response:
    if on("notes-delete-twice-204") and note_id in _deleted:
        return Response(status_code=204)
    del store.notes[_note(incident_id, note_id)["id"]]
    _deleted.add(note_id)
    return Response(status_code=204)
