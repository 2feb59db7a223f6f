"""What every resource shares: the key, the answers, the documented errors."""

import hashlib
import json
from secrets import compare_digest
from typing import Annotated, Any
from uuid import uuid4

from fastapi import HTTPException, Query, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader

from records import store
from records.models import Error
from records.switch import KEY, on

_header = APIKeyHeader(name="X-API-Key", auto_error=False)


def require_key(request: Request, key: Annotated[str | None, Security(_header)]) -> None:
    """Refuse with 401 whoever does not send the key."""
    route = request.scope["route"]
    operation = f"{request.method} {route.path}"
    free = {
        "auth-none": True,
        "auth-people-delete-open": operation == "DELETE /people/{person_id}",
        "auth-incidents-list-open": operation == "GET /incidents",
        "auth-any-key": bool(key),
        "auth-items-any-key": bool(key) and operation == "GET /items/{item_id}",
        "auth-prefix": bool(key) and KEY.startswith(str(key)),
    }
    if any(on(fault) and free[fault] for fault in free):
        return
    if key is not None and compare_digest(key.encode(), KEY.encode()):
        return
    if key is None and on("auth-missing-500"):
        raise RuntimeError("no key")
    if key is None and on("auth-missing-403"):
        raise HTTPException(403, "Forbidden")
    if on("auth-acts-first") and operation == "DELETE /vehicles/{vehicle_id}":
        store.vehicles.pop(request.path_params["vehicle_id"], None)
    headers = None if on("auth-no-challenge") else {"WWW-Authenticate": "APIKey"}
    raise HTTPException(401, "Not authenticated", headers=headers)


def reply(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status, headers)


def etag(record: dict[str, Any]) -> str:
    state = {"id": record["id"]} if on("incidents-etag-same") else record
    digest = hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
    return digest if on("incidents-bare-etag") else f'"{digest}"'


def request_id() -> str:
    return "42" if on("incidents-request-id-number") else str(uuid4())


def error(description: str) -> dict[str, Any]:
    return {"model": Error, "description": description}


def header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": schema}


UNAUTHORISED: dict[int | str, Any] = {401: error("The key is missing or wrong")}
UNREADABLE: dict[int | str, Any] = {400: error("The body cannot be read")}
NOT_FOUND: dict[int | str, Any] = {404: error("There is no such record")}
LOCATION = {"Location": header("Where the new record is", type="string", format="uri-reference")}

MOST = 10**9 if on("people-limit-any") else 99 if on("people-limit-max-rejected") else 100
Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=-(10**9) if on("people-offset-negative") else 0)]
