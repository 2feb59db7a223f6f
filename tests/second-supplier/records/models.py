"""What clients send (closed, strict) and what they get back."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from records.fields import WHOLE, Aliases, Date, Email, Name, Tags, Timestamp, Uuid
from records.relax import relaxed

Sex = Literal["male", "female", "other", "not_known"]
Category = Literal["burglary", "theft", "criminal_damage", "public_order", "road_traffic"]
Status = Literal["open", "under_review", "closed"]
Colour = Literal["black", "white", "silver", "blue", "red", "green"]


def _no_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


class Input(BaseModel):
    """A request body: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Patch(BaseModel):
    """A merge patch: every property may be left out, and only nullable ones may be null."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, json_schema_extra=_no_defaults)


class Error(BaseModel):
    """The error body of HTTPException."""

    detail: str


class Health(BaseModel):
    status: Literal["ok"]


# --- people ---


@relaxed
class Address(Input):
    lines: Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(min_length=1, max_length=4)]
    town: Annotated[str, Field(min_length=1, max_length=50)]
    postcode: Annotated[str, Field(pattern=r"^[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$")]


@relaxed
class PersonInput(Input):
    given_names: Annotated[list[Name], Field(min_length=1, max_length=4)]
    surname: Name
    sex: Sex
    born: Date | None = None
    height_cm: Annotated[int, Field(ge=30, le=260), WHOLE] | None = None
    email: Email | None = None
    custody_number: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    address: Address | None = None
    aliases: Aliases = []


@relaxed
class PersonPatch(Patch):
    given_names: Annotated[list[Name], Field(min_length=1, max_length=4)] = []
    surname: Name = ""
    sex: Sex = "not_known"
    born: Date | None = None
    height_cm: Annotated[int, Field(ge=30, le=260), WHOLE] | None = None
    email: Email | None = None
    custody_number: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    address: Address | None = None
    aliases: Aliases = []


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Uuid
    given_names: Annotated[list[Name], Field(min_length=1, max_length=4)]
    surname: Name
    sex: Sex
    born: Date | None
    height_cm: Annotated[int, Field(ge=30, le=260), WHOLE] | None
    email: Email | None
    custody_number: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None
    address: Address | None
    aliases: Aliases
    created_at: Timestamp


class PersonPage(BaseModel):
    items: list[Person]
    total: Annotated[int, Field(ge=0), WHOLE]
    limit: Annotated[int, Field(ge=1, le=100), WHOLE]
    offset: Annotated[int, Field(ge=0), WHOLE]


# --- incidents and their notes ---


@relaxed
class Location(Input):
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    premises: Annotated[str, Field(max_length=100)] | None = None


@relaxed
class IncidentInput(Input):
    title: Annotated[str, Field(min_length=3, max_length=120)]
    category: Category
    occurred_at: Timestamp
    severity: Annotated[int, Field(ge=1, le=5), WHOLE]
    status: Status = "open"
    description: Annotated[str, Field(max_length=4000)] = ""
    location: Location | None = None
    reported_by: Uuid | None = None
    tags: Tags = []


@relaxed
class IncidentPatch(Patch):
    title: Annotated[str, Field(min_length=3, max_length=120)] = ""
    category: Category = "theft"
    severity: Annotated[int, Field(ge=1, le=5), WHOLE] = 1
    status: Status = "open"
    description: Annotated[str, Field(max_length=4000)] = ""
    location: Location | None = None
    tags: Tags = []


class Incident(BaseModel):
    id: Annotated[int, Field(ge=1), WHOLE]
    reference: Annotated[str, Field(pattern=r"^INC-[0-9]{8}$")]
    title: Annotated[str, Field(min_length=3, max_length=120)]
    category: Category
    occurred_at: Timestamp
    severity: Annotated[int, Field(ge=1, le=5), WHOLE]
    status: Status
    description: Annotated[str, Field(max_length=4000)]
    location: Location | None
    reported_by: Uuid | None
    tags: Tags
    updated_at: Timestamp


class IncidentPage(BaseModel):
    items: list[Incident]
    total: Annotated[int, Field(ge=0), WHOLE]


@relaxed
class NoteInput(Input):
    text: Annotated[str, Field(min_length=1, max_length=1000)]
    author: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{4}$")]
    confidential: bool = False


class Note(BaseModel):
    id: Annotated[int, Field(ge=1), WHOLE]
    incident_id: Annotated[int, Field(ge=1), WHOLE]
    text: Annotated[str, Field(min_length=1, max_length=1000)]
    author: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{4}$")]
    confidential: bool
    written_at: Timestamp


# --- vehicles ---


@relaxed
class VehicleInput(Input):
    registration: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z]{3}$")]
    make: Annotated[str, Field(min_length=2, max_length=30)]
    colour: Colour
    year: Annotated[int, Field(ge=1900, le=2035), WHOLE]
    stolen: bool = False
    keeper_id: Uuid | None = None


class Vehicle(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(pattern=r"^V[0-9]{6}$")]
    registration: Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z]{3}$")]
    make: Annotated[str, Field(min_length=2, max_length=30)]
    colour: Colour
    year: Annotated[int, Field(ge=1900, le=2035), WHOLE]
    stolen: bool
    keeper_id: Uuid | None


# --- property items ---


@relaxed
class Phone(Input):
    kind: Literal["phone"]
    imei: Annotated[str, Field(pattern=r"^[0-9]{15}$")]


class Cash(Input):
    kind: Literal["cash"]
    amount: Annotated[float, Field(gt=0, le=1000000)]
    currency: Literal["GBP", "EUR", "USD"]


class Other(Input):
    kind: Literal["other"]
    remark: Annotated[str, Field(max_length=200)] | None = None


Details = Annotated[Phone | Cash | Other, Field(discriminator="kind")]


@relaxed
class ItemInput(Input):
    description: Annotated[str, Field(min_length=1, max_length=200)]
    quantity: Annotated[int, Field(gt=0, lt=1000), WHOLE]
    value: Annotated[float, Field(ge=0, le=1000000)] | None = None
    weight_kg: Annotated[float, Field(ge=0, le=500, multiple_of=0.5)] | None = None
    seal_number: Annotated[str, Field(pattern=r"^[0-9]{8}$")]
    found_on: Date
    details: Details
    labels: Tags = []


@relaxed
class ItemPatch(Patch):
    description: Annotated[str, Field(min_length=1, max_length=200)] = ""
    quantity: Annotated[int, Field(gt=0, lt=1000), WHOLE] = 1
    value: Annotated[float, Field(ge=0, le=1000000)] | None = None
    weight_kg: Annotated[float, Field(ge=0, le=500, multiple_of=0.5)] | None = None
    labels: Tags = []


class Item(BaseModel):
    id: Uuid
    description: Annotated[str, Field(min_length=1, max_length=200)]
    quantity: Annotated[int, Field(gt=0, lt=1000), WHOLE]
    value: Annotated[float, Field(ge=0, le=1000000)] | None
    weight_kg: Annotated[float, Field(ge=0, le=500, multiple_of=0.5)] | None
    seal_number: Annotated[str, Field(pattern=r"^[0-9]{8}$")]
    found_on: Date
    details: Details
    labels: Tags
