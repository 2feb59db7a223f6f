"""The application: routers, errors, health, and the contract it was published with."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from records import incidents, items, notes, people, store, vehicles
from records.models import Health
from records.switch import ACTIVE
from records.wire import FaultyWire

MODULES = (people, incidents, notes, vehicles, items)
CONTRACT = Path(__file__).parent.parent / "openapi.json"


async def refuse(_request: Request, failure: Exception) -> Response:
    """422 in the shape FastAPI documents, without echoing what was sent."""
    assert isinstance(failure, RequestValidationError)
    detail = [{"loc": list(e["loc"]), "msg": e["msg"], "type": e["type"]} for e in failure.errors()]
    return Response(json.dumps({"detail": detail}), 422, media_type="application/json")


async def refuse_method(request: Request, failure: Exception) -> Response:
    """405 with the methods of the whole path, where the router would name those of its first route."""
    answer = await http_exception_handler(request, failure)  # type: ignore[arg-type]
    if answer.status_code == 405:
        methods: set[str] = set()
        for route in (*request.app.routes, *(route for module in MODULES for route in module.router.routes)):
            if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
                methods |= route.methods or set()
        answer.headers["Allow"] = ", ".join(sorted(methods))
    return answer


def build() -> FastAPI:
    app = FastAPI(title="Records", version="1.0.0", docs_url=None, redoc_url=None)
    app.add_exception_handler(RequestValidationError, refuse)
    app.add_exception_handler(HTTPException, refuse_method)

    @app.get("/health", response_model=Health, tags=["service"])
    def health() -> Response:
        return JSONResponse({"status": "ok"})

    for module in MODULES:
        app.include_router(module.router)
    if ACTIVE:
        published: dict[str, Any] = json.loads(CONTRACT.read_text())
        app.openapi = lambda: published  # type: ignore[method-assign]
    app.add_middleware(FaultyWire)
    store.seed()
    return app
