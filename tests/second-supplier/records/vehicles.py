"""Vehicles, whose registration is unique: list, create, read, replace, delete."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response

from records import store
from records.models import Colour, Vehicle, VehicleInput
from records.store import Record
from records.switch import on
from records.web import LOCATION, NOT_FOUND, UNAUTHORISED, UNREADABLE, Offset, error, header, reply, require_key

router = APIRouter(prefix="/vehicles", tags=["vehicles"], dependencies=[Depends(require_key)], responses=UNAUTHORISED)
VehicleId = Annotated[str, Path(pattern="^V[0-9]{6}$")]
Size = str if on("vehicles-limit-words") else Annotated[int, Query(ge=1, le=50)]
TAKEN: dict[int | str, Any] = {409: error("The registration is taken")}
TOTAL = {"X-Total-Count": header("How many vehicles match", type="integer", minimum=0)}
_deleted: dict[str, Record] = {}


def _find(vehicle_id: str) -> Record:
    vehicle = store.vehicles.get(vehicle_id)
    if vehicle is None:
        raise HTTPException(404, "Vehicle not found")
    return vehicle


def _shown(vehicle: Record) -> Record:
    return {**vehicle, "id": int(vehicle["id"][1:])} if on("vehicles-id-number") else vehicle


def _refuse_taken(data: Record, own: str | None) -> None:
    other = next((v for v in store.vehicles.values() if v["registration"] == data["registration"]), None)
    if other is None or other["id"] == own or on("vehicles-duplicate-accepted"):
        return
    if on("vehicles-duplicate-500"):
        raise RuntimeError("unique constraint")
    if on("vehicles-refused-duplicate-kept"):
        other.update(data)
    raise HTTPException(409, "The registration is taken")


@router.get("", response_model=list[Vehicle], responses={200: {"headers": TOTAL}})
def list_vehicles(
    limit: Size = 20,  # type: ignore[valid-type]
    offset: Offset = 0,
    colour: Colour | None = None,
    stolen: bool | None = None,
) -> Response:
    size = int(limit) if str(limit).isdecimal() else 20
    if on("vehicles-one-colour-filter-rejected") and colour == "green":
        raise HTTPException(422, [{"loc": ["query", "colour"], "msg": "unknown colour", "type": "value_error"}])
    found = [v for v in store.vehicles.values() if colour in (None, v["colour"]) and stolen in (None, v["stolen"])]
    if on("vehicles-last-missing"):
        found = found[:-1]
    page = found[offset : offset + size]
    if on("vehicles-far-offset-500") and offset > len(found):
        raise RuntimeError("index out of range")
    total = str(len(page) if on("vehicles-total-page") else len(found))
    headers = {"X-Total-Count": "many" if on("vehicles-total-words") else total}
    return reply(
        [_shown(v) for v in page],
        206 if on("vehicles-list-206") else 200,
        None if on("vehicles-no-total") else headers,
    )


@router.post("", status_code=201, response_model=Vehicle, responses={**UNREADABLE, **TAKEN, 201: {"headers": LOCATION}})
def create_vehicle(body: VehicleInput) -> Response:
    data = body.model_dump(mode="json")
    _refuse_taken(data, None)
    name = f"V{store.next_number('vehicle'):06}"
    store.vehicles[name] = {"id": name, **data}
    target = next(iter(store.vehicles)) if on("vehicles-location-other") else name
    return reply(_shown(store.vehicles[name]), 201, {"Location": f"/vehicles/{target}"})


@router.get("/{vehicle_id}", response_model=Vehicle, responses=NOT_FOUND)
def read_vehicle(vehicle_id: VehicleId) -> Response:
    if on("vehicles-deleted-read") and vehicle_id in _deleted:
        return reply(_deleted[vehicle_id])
    vehicle = _find(vehicle_id)
    if on("vehicles-empty-body"):
        return Response(media_type="application/json")
    return reply(_shown(vehicle), 201 if on("vehicles-get-201") else 200)


@router.put("/{vehicle_id}", response_model=Vehicle, responses={**UNREADABLE, **NOT_FOUND, **TAKEN})
def replace_vehicle(vehicle_id: VehicleId, body: VehicleInput) -> Response:
    if on("vehicles-put-501"):
        raise HTTPException(501, "Not implemented")
    vehicle = _find(vehicle_id)
    data = body.model_dump(mode="json")
    _refuse_taken(data, vehicle_id)
    vehicle.update(data)
    others = [v for v in store.vehicles.values() if v is not vehicle]
    if on("vehicles-put-other") and others:
        others[-1]["make"] = data["make"]
    return reply(_shown(vehicle))


@router.delete("/{vehicle_id}", status_code=204, responses=NOT_FOUND)
def delete_vehicle(vehicle_id: VehicleId) -> Response:
    if on("vehicles-delete-unknown-204") and vehicle_id not in store.vehicles:
        return Response(status_code=204)
    _deleted[vehicle_id] = _find(vehicle_id)
    del store.vehicles[vehicle_id]
    return Response(status_code=204)
