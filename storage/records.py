"""Records as canonical JSON: equal values are equal bytes."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import StorageRefused
from storage.store import Store

JSON = "application/json"
Record = TypeVar("Record", bound=BaseModel)


def bytes_of(record: BaseModel) -> bytes:
    """The record as UTF-8 JSON: two spaces, a newline at the end; keys in the model's order, for a view's
    columns have one.
    """
    text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=2, allow_nan=False)
    return (text + "\n").encode()


def put_record(store: Store, key: str, record: BaseModel) -> None:
    """Keep a record."""
    store.put_bytes(key, bytes_of(record), JSON)


def record_at(store: Store, key: str, kind: type[Record]) -> Record | None:
    """The record kept under a key, or None.

    Raises:
        StorageRefused: what is there is not such a record.
    """
    content = store.read_or_none(key)
    return None if content is None else record_of(content, kind, f"{store.name}, {key}")


def record_of(content: bytes, kind: type[Record], place: str) -> Record:
    """The record in these bytes.

    Raises:
        StorageRefused: they are not such a record.
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        remedy = "It was written by another version or changed by hand: restore it from a backup."
        raise StorageRefused(place, f"is not a {kind.__name__}", remedy=remedy) from error
