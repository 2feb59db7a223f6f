"""Prove that every fault shows: one fixed conversation, whose transcript must differ from the clean supplier's.

It also holds that the clean supplier answers the same twice, and never 5xx.
"""

import argparse
import http.client
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from measure import CLEAN, free_port, start, stop
from records.catalogue import FAULTS
from records.switch import KEY

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ETAG = re.compile(r"(?<![0-9a-f-])[0-9a-f]{16}(?![0-9a-f-])")
CLOCK = re.compile(r'("(?:created|updated|written)_at":")([^"]*)"')
HEADERS = ("content-type", "location", "etag", "x-total-count", "x-request-id", "allow", "www-authenticate")
JSON = {"Content-Type": "application/json"}
MISSING = "00000000-0000-4000-8000-000000000000"

PERSON: dict[str, Any] = {
    "given_names": ["Rhys", "Anna"],
    "surname": "O'Neil Ünal e\u0301",
    "sex": "male",
    "born": "1980-12-25",
    "height_cm": 180,
    "email": "rhys@example.com",
    "custody_number": "000123",
    "address": {"lines": ["1 Test Street"], "town": "Exampleton", "postcode": "EX1 1EX"},
    "aliases": ["Ry"],
}
INCIDENT: dict[str, Any] = {
    "title": "Van taken",
    "category": "road_traffic",
    "occurred_at": "2024-03-01T10:20:30+01:00",
    "severity": 3,
    "status": "closed",
    "description": "d" * 300,
    "location": {"latitude": 51.5, "longitude": 0.25},
    "tags": ["van"],
}
NOTE: dict[str, Any] = {"text": " first\nsecond ", "author": "CD2345"}
VEHICLE: dict[str, Any] = {"registration": "DD22DDD", "make": "Exemplar", "colour": "green", "year": 2022}
ITEM: dict[str, Any] = {
    "description": "Watch",
    "quantity": 2,
    "value": 10.55,
    "weight_kg": 1.5,
    "seal_number": "00000042",
    "found_on": "2024-02-29",
    "details": {"kind": "phone", "imei": "123456789012345"},
    "labels": ["lost"],
}
ODD_PEOPLE: list[dict[str, Any]] = [
    {"surname": "\U0001f600"},
    {"born": "2000-02-29"},
    {"aliases": []},
    {"height_cm": 260},
    {"height_cm": 261},
    {"height_cm": "180"},
    {"surname": None},
    {"surname": ""},
    {"surname": "x" * 61},
    {"sex": "robot"},
    {"address": {**PERSON["address"], "postcode": "nowhere"}},
    {"given_names": []},
    {"given_names": ["a"] * 5},
    {"given_names": "Rhys"},
    {"aliases": ["a", "a"]},
    {"email": "nobody"},
    {"born": "yesterday"},
    {"born": None},
    {"colour": "green"},
    {"id": MISSING},
    {"surname": "Kowal"},
]
ODD_INCIDENTS: list[dict[str, Any]] = [
    {"description": "x" * 3000},
    {"location": {"latitude": 1, "longitude": -1}},
    {"reported_by": None},
    {"reported_by": MISSING},
    {"severity": 0},
    {"severity": 1},
    {"title": "ab"},
    {"title": "x" * 120},
    {"occurred_at": "2024-03-01T10:20:30"},
    {"location": {"latitude": 1, "longitude": 1, "floor": 2}},
]
ODD_VEHICLES: list[dict[str, Any]] = [
    {"registration": "ee23eee"},
    {"registration": "EE23EEE-and-more"},
    {"registration": "DD22DDD", "make": "Other"},
]
ODD_ITEMS: list[dict[str, Any]] = [
    {"value": 0},
    {"weight_kg": 0.3},
    {"quantity": 0},
    {"details": {"kind": "boat"}},
    {"details": {"kind": "phone", "imei": "12"}},
    {"description": ""},
]


class Conversation:
    """Sends requests, and keeps what came with identifiers, clocks and ETags made comparable."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.names: dict[str, str] = {}
        self.lines: list[str] = []

    def _named(self, found: re.Match[str]) -> str:
        return self.names.setdefault(found[0], f"<{len(self.names)}>")

    def send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, key: str | None = KEY
    ) -> tuple[int, dict[str, str], Any]:
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {**(JSON if body is not None else {}), **(headers or {}), **({"X-API-Key": key} if key else {})}
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request(method, path, raw, sent)
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        got = {name.lower(): value for name, value in answer.getheaders() if name.lower() in HEADERS}
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = None
        line = f"{method} {path} -> {answer.status} {sorted(got.items())} {text}"
        line = CLOCK.sub(lambda m: m[1] + re.sub(r"\.\d+|\d", "9", m[2]) + '"', line)
        self.lines.append(ETAG.sub(self._named, UUID.sub(self._named, line)))
        return answer.status, got, parsed

    def id_of(self, body: Any) -> Any:
        return body.get("id", MISSING) if isinstance(body, dict) else MISSING


def people(talk: Conversation) -> None:
    send = talk.send
    send("GET", "/people?sort=created_at")
    mine = talk.id_of(send("POST", "/people", PERSON)[2])
    path = f"/people/{mine}"
    send("GET", path)
    missing = {k: v for k, v in PERSON.items() if k != "surname"}
    send("POST", "/people", missing)
    send("POST", "/people", {k: PERSON[k] for k in ("given_names", "surname", "sex")})
    for odd in ODD_PEOPLE:
        send("POST", "/people", {**PERSON, **odd})
    for query in (
        "limit=100",
        "limit=2",
        "limit=2&offset=2",
        "limit=101",
        "offset=-1",
        "sex=female",
        "sort=-surname",
        "surname=O%27Neil",
        "surname=Kowal",
    ):
        send("GET", f"/people?{query}")
    replaced = {k: PERSON[k] for k in ("given_names", "surname", "sex")}
    send("PUT", path, {**replaced, "aliases": ["Once"]})
    send("PUT", path, {**replaced, "aliases": ["Once"]})
    send("GET", path)
    patches: list[dict[str, Any]] = [
        PERSON,
        {"surname": "Changed"},
        {},
        {"email": None},
        {"surname": "x" * 61},
        {"address": PERSON["address"]},
    ]
    for patch in patches:
        send("PATCH", path, patch)
        send("GET", path)
    send("POST", path)
    for key in (None, "wrong", KEY[:4]):
        send("GET", path, key=key)
        send("DELETE", path, key=key)
    send("DELETE", path)
    send("GET", path)
    send("DELETE", path)
    send("GET", "/people?limit=100")


def incidents(talk: Conversation) -> None:
    send = talk.send
    for query in (
        "",
        "?limit=2",
        "?limit=2&offset=2",
        "?status=open",
        "?status=lost",
        "?sort=-severity",
        "?sort=size",
        "?occurred_from=2024-02-01T00:00:00Z",
    ):
        send("GET", f"/incidents{query}")
    for odd in ODD_INCIDENTS:
        send("POST", "/incidents", {**INCIDENT, **odd})
    number = talk.id_of(send("POST", "/incidents", INCIDENT)[2])
    path = f"/incidents/{number}"
    _, headers, _ = send("GET", path)
    send("HEAD", path)
    send("GET", path)
    stale = {"If-Match": '"0000000000000001"'}
    send("PUT", path, {**INCIDENT, "title": "Refused"}, stale)
    send("GET", path)
    send("PUT", path, {**INCIDENT, "title": "Replaced"}, {"If-Match": headers.get("etag", "*")})
    send("PATCH", path, {"severity": 5, "tags": []})
    send("GET", path)
    notes(talk, path)
    for unknown in ("/incidents/999", "/incidents/words", "/incidents/99999999999"):
        send("GET", unknown)
    send("PUT", "/incidents/999", INCIDENT)
    send("GET", "/incidents", key=None)
    send("DELETE", path)
    send("GET", path)
    send("GET", f"{path}/notes")
    send("POST", "/incidents", INCIDENT)


def notes(talk: Conversation, path: str) -> None:
    send = talk.send
    first = talk.id_of(send("POST", f"{path}/notes", NOTE)[2])
    second = talk.id_of(send("POST", f"{path}/notes", {**NOTE, "text": "x" * 1000})[2])
    send("POST", f"{path}/notes", {**NOTE, "confidential": "true"})
    send("POST", "/incidents/999/notes", NOTE)
    send("GET", "/incidents/999/notes")
    send("GET", f"{path}/notes")
    send("GET", f"{path}/notes/{first}")
    send("GET", f"/incidents/1/notes/{first}")
    send("DELETE", f"{path}/notes/{second}")
    send("DELETE", f"{path}/notes/{second}")


def vehicles(talk: Conversation) -> None:
    send = talk.send
    name = talk.id_of(send("POST", "/vehicles", VEHICLE)[2])
    path = f"/vehicles/{name}"
    for query in ("", "?limit=2", "?limit=many", "?offset=99", "?colour=green"):
        send("GET", f"/vehicles{query}")
    send("GET", path)
    for odd in ODD_VEHICLES:
        send("POST", "/vehicles", {**VEHICLE, **odd})
    send("GET", path)
    send("POST", "/vehicles", b"{oops")
    send("POST", "/vehicles", {**VEHICLE, "registration": "FF24FFF"}, {"Content-Type": "text/plain"})
    send("PUT", path, {**VEHICLE, "make": "Replaced"})
    send("PUT", path, {"make": "Partial"})
    send("GET", "/vehicles")
    send("TRACE", "/vehicles")
    send("DELETE", "/vehicles/V000002", key=None)
    send("GET", "/vehicles/V000002")
    send("DELETE", path)
    send("GET", path)
    send("DELETE", path)


def items(talk: Conversation) -> None:
    send = talk.send
    mine = talk.id_of(send("POST", "/items", ITEM)[2])
    path = f"/items/{mine}"
    send("POST", "/items", {**ITEM, "description": "Neighbour"})
    send("GET", path)
    for odd in ODD_ITEMS:
        send("POST", "/items", {**ITEM, **odd})
    send("GET", "/items")
    send("PATCH", path, {"quantity": 5})
    send("GET", path)
    send("PATCH", path)
    send("GET", path, key="wrong")
    send("GET", f"/items/{MISSING}")
    send("DELETE", path)
    send("GET", "/items")


def transcript(fault: str) -> list[str]:
    port = free_port()
    supplier = start(fault, port)
    try:
        talk = Conversation(port)
        for part in (people, incidents, vehicles, items):
            part(talk)
        return talk.lines
    finally:
        stop(supplier)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=list(FAULTS))
    parser.add_argument("--show", action="store_true", help="print the first difference of each fault")
    args = parser.parse_args()
    clean, again = transcript(CLEAN), transcript(CLEAN)
    wrong = [f"unsteady: {a}\n          {b}" for a, b in zip(clean, again, strict=True) if a != b]
    wrong += [line for line in clean if re.search(r" -> 5\d\d ", line)]
    with ThreadPoolExecutor(2) as pool:
        for fault, lines in zip(args.only, pool.map(transcript, args.only), strict=True):
            changed = [(a, b) for a, b in zip(clean, lines, strict=True) if a != b]
            if not changed:
                wrong.append(f"does not show: {fault}")
            elif args.show:
                print(fault, *changed[0], sep="\n  ")
    print(*wrong, f"{len(args.only)} faults tried over {len(clean)} requests, {len(wrong)} wrong", sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
