"""Field types that accept exactly what their JSON Schema says, without silent conversion."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII | re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError("must be a date such as 2024-02-29")
    return date.fromisoformat(value)


def _timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise ValueError("must be a time with its offset, such as 2024-02-29T12:00:00Z")
    return datetime.fromisoformat(value.upper())


def _uuid(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise ValueError("must be a UUID")
    return UUID(value)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise ValueError("must be an e-mail address")
    return value


def _unique(value: list[str]) -> list[str]:
    if len(set(value)) != len(value):
        raise ValueError("items must be unique")
    return value


Date = Annotated[date, BeforeValidator(_date)]
Timestamp = Annotated[datetime, BeforeValidator(_timestamp)]
WHOLE = BeforeValidator(_whole)
Uuid = Annotated[UUID, BeforeValidator(_uuid)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email), Field(json_schema_extra={"format": "email"})]
Tag = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[a-z0-9-]+$")]
Tags = Annotated[
    list[Tag],
    Field(max_length=8, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_unique),
]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Aliases = Annotated[
    list[Name],
    Field(max_length=10, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_unique),
]
