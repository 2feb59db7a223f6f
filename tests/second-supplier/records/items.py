"""Items of found property: list, create, read, merge-patch, delete."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import HTMLResponse

from records import store
from records.fields import Date, Uuid
from records.models import Item, ItemInput, ItemPatch
from records.store import Record
from records.switch import on
from records.web import LOCATION, NOT_FOUND, UNAUTHORISED, UNREADABLE, reply, require_key

router = APIRouter(prefix="/items", tags=["items"], dependencies=[Depends(require_key)], responses=UNAUTHORISED)


def _find(item_id: Uuid) -> Record:
    item = store.items.get(str(item_id))
    if item is None:
        raise RuntimeError("no row") if on("items-unknown-id-500") else HTTPException(404, "Item not found")
    return item


def _shown(item: Record) -> Record:
    shown = dict(item)
    if on("items-labels-twice"):
        shown["labels"] = [*(shown["labels"] or ["none"])] * 2
    if on("items-kind-unknown"):
        shown["details"] = {**shown["details"], "kind": "unknown"}
    if on("items-id-not-uuid"):
        shown["id"] = "item-" + shown["id"][:8]
    return shown


@router.get("", response_model=list[Item])
def list_items(
    found_from: Date | None = None,
    label: Annotated[str | None, Query(pattern="^[a-z0-9-]+$", max_length=20)] = None,
) -> Response:
    found = [
        i
        for i in store.items.values()
        if (found_from is None or date.fromisoformat(i["found_on"]) >= found_from)
        and (label is None or label in i["labels"])
    ]
    shown = [_shown(i) for i in found]
    if on("items-list-differs"):
        shown = [{**i, "quantity": 1, "value": None} for i in shown]
    return reply(shown)


@router.post("", status_code=201, response_model=Item, responses={**UNREADABLE, 201: {"headers": LOCATION}})
def create_item(body: ItemInput) -> Response:
    data = body.model_dump(mode="json")
    if on("items-zero-value-500") and data["value"] == 0:
        raise RuntimeError("division by zero")
    if on("items-value-rounded") and data["value"] is not None:
        data["value"] = float(round(data["value"]))
    if on("items-zero-null"):
        data["value"] = data["value"] or None
    if on("items-date-shifted") and data["found_on"] > "0001-01-01":
        data["found_on"] = (date.fromisoformat(data["found_on"]) - timedelta(days=1)).isoformat()
    item = {"id": store.new_id(), **data}
    store.items[item["id"]] = item
    answer = {**item, "description": "Item"} if on("items-answer-differs") else item
    return reply(_shown(answer), 201, {"Location": f"/items/{item['id']}"})


@router.get("/{item_id}", response_model=Item, responses=NOT_FOUND)
def read_item(item_id: Uuid) -> Response:
    if on("items-error-html") and str(item_id) not in store.items:
        return HTMLResponse("<h1>Not found</h1>", 404)
    answer = reply(_shown(_find(item_id)))
    if on("items-truncated-json"):
        return Response(answer.body[:-10], media_type="application/json")
    return answer


@router.patch("/{item_id}", response_model=Item, responses={**UNREADABLE, **NOT_FOUND})
def patch_item(item_id: Uuid, body: ItemPatch) -> Response:
    item = _find(item_id)
    if not on("items-patch-nothing"):
        item.update(body.model_dump(mode="json", exclude_unset=True))
    return reply(_shown(item))


@router.delete("/{item_id}", status_code=204, responses=NOT_FOUND)
def delete_item(item_id: Uuid) -> Response:
    item = _find(item_id)
    keys = list(store.items)
    following = keys[keys.index(item["id"]) + 1 :]
    del store.items[item["id"]]
    if on("items-delete-all") and following:
        del store.items[following[0]]
    return Response(status_code=204)
