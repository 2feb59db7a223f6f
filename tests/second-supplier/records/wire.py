"""The faults below the handlers: raw bodies, media types, undeclared methods, Allow."""

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from records import store
from records.switch import ACTIVE, on

_SPARE = {"make": "Unknown", "colour": "black", "year": 2020, "registration": "ZZ99ZZZ"}


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _changed(method: str, path: str, body: bytes) -> tuple[bytes, bool]:
    """The body the handlers see instead, and whether it is then called JSON."""
    parsed: Any = json.loads(body) if _is_json(body) else None
    if method == "POST" and path == "/vehicles":
        if on("vehicles-malformed-json-500") and not _is_json(body):
            raise RuntimeError("cannot parse")
        if on("vehicles-malformed-accepted") and body and not _is_json(body):
            spare = {**_SPARE, "registration": f"ZZ{len(store.vehicles) % 90 + 10}ZZZ"}
            return json.dumps(spare).encode(), True
        return body, on("vehicles-any-content-type")
    if on("vehicles-put-partial-accepted") and method == "PUT" and isinstance(parsed, dict):
        vehicle = store.vehicles.get(path.removeprefix("/vehicles/"))
        if vehicle is not None:
            return json.dumps({**{k: v for k, v in vehicle.items() if k != "id"}, **parsed}).encode(), True
    if on("items-empty-body-accepted") and method == "PATCH" and path.startswith("/items/") and not body:
        return b"{}", True
    return body, False


class FaultyWire:
    """Stands before the application and passes everything on, but for what the active fault changes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not ACTIVE:
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        if on("vehicles-trace-echo") and method == "TRACE" and path.startswith("/vehicles"):
            await _answer(send, 200, b"TRACE " + path.encode())
            return
        body = await _body(receive)
        given, as_json = _changed(method, path, body)
        if as_json:
            headers = [h for h in scope["headers"] if h[0] not in (b"content-type", b"content-length")]
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(given)).encode())]
            scope = {**scope, "headers": headers}
        state: dict[str, Any] = {"status": 0, "headers": [], "body": b""}

        async def replay() -> Message:
            return {"type": "http.request", "body": given, "more_body": False}

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"], state["headers"] = message["status"], list(message["headers"])
            elif message["type"] == "http.response.body":
                state["body"] += message.get("body", b"")

        await self.app(scope, replay, collect)
        _spoil(method, path, body, state)
        await _answer(send, state["status"], state["body"], state["headers"])


def _spoil(method: str, path: str, body: bytes, state: dict[str, Any]) -> None:
    people = path.startswith("/people")
    if state["status"] == 405 and people:
        if on("people-no-allow") or on("people-wrong-allow"):
            state["headers"] = [h for h in state["headers"] if h[0] != b"allow"]
        if on("people-wrong-allow"):
            state["headers"].append((b"allow", b"GET, POST, PUT, PATCH, DELETE, TRACE"))
        if on("people-undeclared-404"):
            state["status"] = 404
        if on("people-undeclared-500"):
            state["status"] = 500
    if state["status"] == 422:
        if on("people-invalid-200") and people:
            _become(state, 200, {"error": "invalid"})
        elif on("people-invalid-detail-text") and people:
            _become(state, 422, {"detail": "invalid"})
        elif on("items-invalid-418") and path.startswith("/items"):
            state["status"] = 418
        elif on("people-refused-create-kept") and method == "POST" and path == "/people":
            _keep_refused(body)


def _keep_refused(body: bytes) -> None:
    person = {**next(iter(store.people.values())), "id": store.new_id(), "created_at": store.now()}
    parsed = json.loads(body) if _is_json(body) else None
    given = parsed.get("surname") if isinstance(parsed, dict) else None
    person["surname"] = given if isinstance(given, str) and 1 <= len(given) <= 60 else "Refused"
    store.people[person["id"]] = person


def _become(state: dict[str, Any], status: int, body: Any) -> None:
    state["status"], state["body"] = status, json.dumps(body).encode()
    state["headers"] = [h for h in state["headers"] if h[0] != b"content-length"]
    state["headers"].append((b"content-length", str(len(state["body"])).encode()))


async def _answer(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    plain = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": plain if headers is None else headers})
    await send({"type": "http.response.body", "body": body})
