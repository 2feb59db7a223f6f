"""The faults of input validation: one field of one model, with other rules than the contract's.

The served contract stays that of the clean API, so each entry is a promise that the code no longer keeps.
"""

from typing import Annotated, Any, Literal, TypeVar, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from records.fields import WHOLE, Date, Name, Timestamp, Uuid
from records.switch import ACTIVE

Model = TypeVar("Model", bound=type[BaseModel])
Rule = tuple[str, Any, Any]
REQUIRED: Any = ...


def _ascii(value: str) -> str:
    if not value.isascii():
        raise ValueError("must be plain letters")
    return value


def _no_apostrophe(value: str) -> str:
    if "'" in value:
        raise ValueError("must not hold an apostrophe")
    return value


def _only_z(value: Any) -> Any:
    if isinstance(value, str) and not value.upper().endswith("Z"):
        raise ValueError("must be UTC")
    return value


def _assume_utc(value: Any) -> Any:
    naive = isinstance(value, str) and len(value) == len("2024-01-01T00:00:00") and "T" in value
    return f"{value}Z" if naive else value


def _as_int(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _as_bool(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _null_as_unknown(value: Any) -> Any:
    return "Unknown" if value is None else value


HEIGHT = Annotated[int, Field(ge=30, le=260), WHOLE] | None

RULES: dict[str, tuple[str, Rule]] = {
    # accepted, though the contract forbids it
    "people-missing-surname-accepted": ("PersonInput", ("surname", Name, "Unknown")),
    "people-null-surname-accepted": (
        "PersonInput",
        ("surname", Annotated[Name, BeforeValidator(_null_as_unknown)], REQUIRED),
    ),
    "people-long-surname-accepted": ("PersonInput", ("surname", Annotated[str, Field(min_length=1)], REQUIRED)),
    "people-empty-surname-accepted": ("PersonInput", ("surname", Annotated[str, Field(max_length=60)], REQUIRED)),
    "people-height-above-accepted": (
        "PersonInput",
        ("height_cm", Annotated[int, Field(ge=30, le=261), WHOLE] | None, None),
    ),
    "people-height-string-accepted": ("PersonInput", ("height_cm", Annotated[HEIGHT, BeforeValidator(_as_int)], None)),
    "people-any-sex-accepted": ("PersonInput", ("sex", str, REQUIRED)),
    "people-any-postcode-accepted": ("Address", ("postcode", str, REQUIRED)),
    "people-five-names-accepted": (
        "PersonInput",
        ("given_names", Annotated[list[Name], Field(min_length=1)], REQUIRED),
    ),
    "people-no-names-accepted": ("PersonInput", ("given_names", Annotated[list[Name], Field(max_length=4)], REQUIRED)),
    "people-name-for-list-accepted": (
        "PersonInput",
        ("given_names", Annotated[list[Name], Field(min_length=1, max_length=4), BeforeValidator(_as_list)], REQUIRED),
    ),
    "people-same-alias-accepted": ("PersonInput", ("aliases", Annotated[list[Name], Field(max_length=10)], [])),
    "people-any-email-accepted": ("PersonInput", ("email", str | None, None)),
    "people-any-date-accepted": ("PersonInput", ("born", str | None, None)),
    "people-patch-long-surname-accepted": ("PersonPatch", ("surname", str, "")),
    "people-id-taken": ("PersonInput", ("id", Uuid | None, None)),
    "incidents-severity-zero-accepted": (
        "IncidentInput",
        ("severity", Annotated[int, Field(ge=0, le=5), WHOLE], REQUIRED),
    ),
    "incidents-short-title-accepted": (
        "IncidentInput",
        ("title", Annotated[str, Field(min_length=2, max_length=120)], REQUIRED),
    ),
    "incidents-no-offset-accepted": (
        "IncidentInput",
        ("occurred_at", Annotated[Timestamp, BeforeValidator(_assume_utc)], REQUIRED),
    ),
    "notes-boolean-text-accepted": ("NoteInput", ("confidential", Annotated[bool, BeforeValidator(_as_bool)], False)),
    "vehicles-lower-case-accepted": (
        "VehicleInput",
        ("registration", Annotated[str, Field(pattern=r"^[A-Za-z]{2}[0-9]{2}[A-Za-z]{3}$")], REQUIRED),
    ),
    "vehicles-unanchored-accepted": (
        "VehicleInput",
        ("registration", Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z]{3}")], REQUIRED),
    ),
    "items-odd-weight-accepted": ("ItemInput", ("weight_kg", Annotated[float, Field(ge=0, le=500)] | None, None)),
    "items-none-accepted": ("ItemInput", ("quantity", Annotated[int, Field(ge=0, lt=1000), WHOLE], REQUIRED)),
    "items-any-details-accepted": ("ItemInput", ("details", dict[str, Any], REQUIRED)),
    "items-any-imei-accepted": ("Phone", ("imei", str, REQUIRED)),
    # refused, though the contract allows it
    "people-tallest-rejected": ("PersonInput", ("height_cm", Annotated[int, Field(ge=30, lt=260), WHOLE] | None, None)),
    "people-height-needed": ("PersonInput", ("height_cm", HEIGHT, REQUIRED)),
    "people-accent-rejected": ("PersonInput", ("surname", Annotated[Name, AfterValidator(_ascii)], REQUIRED)),
    "people-apostrophe-rejected": (
        "PersonInput",
        ("surname", Annotated[Name, AfterValidator(_no_apostrophe)], REQUIRED),
    ),
    "people-null-born-rejected": ("PersonInput", ("born", Date, None)),
    "incidents-least-severe-rejected": (
        "IncidentInput",
        ("severity", Annotated[int, Field(gt=1, le=5), WHOLE], REQUIRED),
    ),
    "incidents-longest-title-rejected": (
        "IncidentInput",
        ("title", Annotated[str, Field(min_length=3, max_length=119)], REQUIRED),
    ),
    "incidents-one-category-rejected": (
        "IncidentInput",
        ("category", Literal["burglary", "theft", "criminal_damage", "public_order"], REQUIRED),
    ),
    "incidents-offset-rejected": (
        "IncidentInput",
        ("occurred_at", Annotated[Timestamp, BeforeValidator(_only_z)], REQUIRED),
    ),
    "notes-longest-rejected": ("NoteInput", ("text", Annotated[str, Field(min_length=1, max_length=255)], REQUIRED)),
}

OPEN: dict[str, str] = {
    "people-extra-accepted": "PersonInput",
    "incidents-nested-extra-accepted": "Location",
}


def relaxed(model: Model) -> Model:
    """The model as written, or with the one rule that the active fault changes."""
    target, rule = RULES.get(ACTIVE, ("", None))
    if rule is not None and target == model.__name__:
        name, annotation, default = rule
        fields: Any = {name: (annotation, default)}
        return cast(Model, create_model(model.__name__, __base__=model, **fields))
    if OPEN.get(ACTIVE) == model.__name__:

        class Opened(model):  # type: ignore[valid-type,misc]
            model_config = ConfigDict(extra="ignore")

        return cast(Model, Opened)
    return model
