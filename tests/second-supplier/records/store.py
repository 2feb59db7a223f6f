"""The records, in memory: plain JSON-ready dictionaries in order of creation."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

Record = dict[str, Any]

people: dict[str, Record] = {}
incidents: dict[int, Record] = {}
notes: dict[int, Record] = {}
vehicles: dict[str, Record] = {}
items: dict[str, Record] = {}
counters: dict[str, int] = {"incident": 0, "note": 0, "vehicle": 0}


def now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def new_id() -> str:
    return str(uuid4())


def next_number(kind: str) -> int:
    counters[kind] += 1
    return counters[kind]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def seed() -> None:
    """A few invented records, so that lists are not empty."""
    for given, surname, sex, born in (
        (["Asha"], "Demo", "female", "1990-04-12"),
        (["Rhys", "Owain"], "Sample", "male", "1984-11-30"),
        (["Zoë"], "Example", "female", None),
        (["Tomasz"], "Test", "male", "2001-01-05"),
        (["Kit"], "Placeholder", "not_known", None),
    ):
        person: Record = {
            "id": new_id(),
            "given_names": given,
            "surname": surname,
            "sex": sex,
            "born": born,
            "height_cm": 172,
            "email": f"{surname.lower()}@example.com",
            "custody_number": None,
            "address": None,
            "aliases": [],
            "created_at": now(),
        }
        people[person["id"]] = person
    for title, category, severity, status in (
        ("Shed broken into", "burglary", 2, "open"),
        ("Bicycle taken", "theft", 1, "closed"),
        ("Window broken", "criminal_damage", 2, "under_review"),
        ("Lorry on its side", "road_traffic", 4, "open"),
    ):
        number = next_number("incident")
        incidents[number] = {
            "id": number,
            "reference": f"INC-{number:08}",
            "title": title,
            "category": category,
            "occurred_at": f"2024-0{number}-10T09:30:15Z",
            "severity": severity,
            "status": status,
            "description": "",
            "location": {"latitude": 51.5, "longitude": -0.1, "premises": None},
            "reported_by": None,
            "tags": [],
            "updated_at": now(),
        }
        note = next_number("note")
        notes[note] = {
            "id": note,
            "incident_id": number,
            "text": "First account taken.",
            "author": "AB1234",
            "confidential": False,
            "written_at": now(),
        }
    for registration, make, colour in (
        ("AA19AAA", "Exemplar", "blue"),
        ("BB20BBB", "Specimen", "red"),
        ("CC21CCC", "Exemplar", "white"),
    ):
        name = f"V{next_number('vehicle'):06}"
        vehicles[name] = {
            "id": name,
            "registration": registration,
            "make": make,
            "colour": colour,
            "year": 2020,
            "stolen": False,
            "keeper_id": None,
        }
    for description in ("Black phone", "Cash in an envelope"):
        item: Record = {
            "id": new_id(),
            "description": description,
            "quantity": 1,
            "value": 120.5,
            "weight_kg": 0.5,
            "seal_number": "00012345",
            "found_on": "2024-02-29",
            "details": {"kind": "other", "remark": None},
            "labels": ["found"],
        }
        items[item["id"]] = item
