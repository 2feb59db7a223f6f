"""An API of 50 operations that answers each request after 20 ms: what --effort is measured on.

python3 benches/effort/server.py PORT [MILLISECONDS]; its contract is at /openapi.json. Standard library only.
"""

import asyncio
import datetime
import json
import sys
import uuid
from urllib.parse import parse_qs, unquote, urlsplit

THINGS = "people incidents vehicles exhibits officers warrants statements custodies intelligence addresses".split()
PORT, WAIT = int(sys.argv[1]), float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.02
STORE = {thing: {} for thing in THINGS}


def contract():
    problem = {"description": "A problem", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    one = {"description": "One", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Record"}}}}
    page = {"description": "Some", "content": {"application/json": {"schema": {
        "type": "object", "required": ["items", "total"], "additionalProperties": False,
        "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Record"}}, "total": {"type": "integer"}}}}}}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewRecord"}}}}
    paths = {}
    for thing in THINGS:
        identified = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}]
        paging = [{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
                  {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 100000}},
                  {"name": "status", "in": "query", "schema": {"enum": ["open", "closed"]}}]
        what = {"tags": [thing]}
        paths[f"/{thing}"] = {
            "get": what | {"operationId": f"list-{thing}", "parameters": paging, "responses": {"200": page, "400": problem}},
            "post": what | {"operationId": f"create-{thing}", "requestBody": body, "responses": {"201": one, "400": problem, "415": problem}}}
        paths[f"/{thing}/{{id}}"] = {
            "parameters": identified,
            "get": what | {"operationId": f"get-{thing}", "responses": {"200": one, "400": problem, "404": problem}},
            "put": what | {"operationId": f"put-{thing}", "requestBody": body, "responses": {"200": one, "400": problem, "404": problem, "415": problem}},
            "delete": what | {"operationId": f"delete-{thing}", "responses": {"204": {"description": "Gone"}, "400": problem, "404": problem}}}
    fields = {"title": {"type": "string", "minLength": 1, "maxLength": 80}, "status": {"enum": ["open", "closed"]},
              "severity": {"type": "integer", "minimum": 1, "maximum": 5}, "happened_on": {"type": "string", "format": "date"},
              "notes": {"type": "string", "maxLength": 500}, "tags": {"type": "array", "maxItems": 5, "items": {"type": "string", "minLength": 1, "maxLength": 20}}}
    record = {"type": "object", "additionalProperties": False, "required": ["id", "title", "status"], "properties": {"id": {"type": "string", "format": "uuid"}} | fields}
    new = {"type": "object", "additionalProperties": False, "required": ["title", "status"], "properties": fields}
    problem_schema = {"type": "object", "required": ["title", "status"], "properties": {"title": {"type": "string"}, "status": {"type": "integer"}}}
    return {"openapi": "3.1.0", "info": {"title": "Effort", "version": "1.0.0", "description": "Ten kinds of records.", "contact": {"name": "Nobody"}},
            "servers": [{"url": f"http://127.0.0.1:{PORT}"}], "paths": paths,
            "components": {"schemas": {"Record": record, "NewRecord": new, "Problem": problem_schema}}}


def wrong(body):
    if not isinstance(body, dict) or not {"title", "status"} <= body.keys():
        return True
    text = lambda value, least, most: isinstance(value, str) and least <= len(value) <= most
    rules = {"title": lambda v: text(v, 1, 80), "status": lambda v: v in ("open", "closed"), "notes": lambda v: text(v, 0, 500),
             "severity": lambda v: not isinstance(v, bool) and isinstance(v, (int, float)) and v == int(v) and 1 <= v <= 5,
             "happened_on": is_date, "tags": lambda v: isinstance(v, list) and len(v) <= 5 and all(text(t, 1, 20) for t in v)}
    return any(name not in rules or not rules[name](value) for name, value in body.items())


def is_date(value):
    try:
        return isinstance(value, str) and len(value) == 10 and bool(datetime.date.fromisoformat(value))
    except ValueError:
        return False


def is_uuid(text):
    try:
        return len(text) == 36 and bool(uuid.UUID(text))
    except ValueError:
        return False


def answer(method, target, headers, body):
    url = urlsplit(target)
    if url.path == "/openapi.json":
        return 200, contract(), {}
    parts = [unquote(part) for part in url.path.strip("/").split("/")]
    if parts[0] not in STORE or len(parts) > 2:
        return 404, None, {}
    records, query = STORE[parts[0]], parse_qs(url.query, keep_blank_values=True)
    allowed = ("GET", "POST") if len(parts) == 1 else ("GET", "PUT", "DELETE")
    if method not in allowed:
        return 405, None, {"Allow": ", ".join(allowed)}
    if method in ("POST", "PUT"):
        if headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return 415, None, {}
        try:
            body = json.loads(body)
        except (ValueError, RecursionError):
            return 400, None, {}
        if wrong(body):
            return 400, None, {}
    if len(parts) == 1 and method == "POST":
        key = str(uuid.uuid4())
        records[key] = {"id": key} | body
        return 201, records[key], {"Location": f"/{parts[0]}/{key}"}
    if len(parts) == 1:
        try:
            limit, offset = int(query.get("limit", ["20"])[0]), int(query.get("offset", ["0"])[0])
        except ValueError:
            return 400, None, {}
        status = query.get("status", [None])[0]
        if not 1 <= limit <= 100 or not 0 <= offset <= 100000 or status not in (None, "open", "closed"):
            return 400, None, {}
        found = [record for record in records.values() if status in (None, record["status"])]
        return 200, {"items": found[offset:offset + limit], "total": len(found)}, {}
    key = parts[1].lower()
    if not is_uuid(key):
        return 400, None, {}
    if key not in records:
        return 404, None, {}
    if method == "DELETE":
        del records[key]
        return 204, None, {}
    if method == "PUT":
        records[key] = {"id": key} | body
    return 200, records[key], {}


async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ", 2)
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            await asyncio.sleep(WAIT)
            status, value, more = answer(method, target, headers, body)
            media = "application/json"
            if status >= 400 and value is None:
                value, media = {"title": "Refused", "status": status}, "application/problem+json"
            content = b"" if status == 204 else json.dumps(value).encode()
            lines = [f"HTTP/1.1 {status} -"] + [f"{name}: {text}" for name, text in more.items()]
            if content:
                lines.append(f"Content-Type: {media}")
            if status != 204:
                lines.append(f"Content-Length: {len(content)}")
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if method == "HEAD" else content))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, ValueError, asyncio.LimitOverrunError):
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    async with server:
        await server.serve_forever()


asyncio.run(main())
