"""National table schemas (schema.data.gouv.fr): what `conforms_to:` promises of the published CSV."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import Field as Setting

from contracts.model import Frozen

# Frictionless Table Schema's own words, where a field names none (specs.frictionlessdata.io/table-schema).
_TRUE, _FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")


class NationalColumn(Frozen):
    """One column of a schema: how its cells are written, and what they must keep."""

    name: str
    type: str = "string"
    format: str = "default"
    required: bool = False
    unique: bool = False
    pattern: str | None = None
    enum: tuple[str, ...] | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    true_word: str = "true"
    false_word: str = "false"
    decimal_mark: str = "."


class NationalSchema(Frozen):
    """A schema as contracts name it, `<producer>/<name>@<version>`: its columns in their order."""

    id: str
    delimiter: str = ","
    key: tuple[str, ...] = ()
    columns: tuple[NationalColumn, ...]
    sha256: str = Setting(description="Of its file.")


def schema_of(schema_id: str, content: bytes, delimiter: str = ",") -> NationalSchema | None:
    """The table schema that a file holds; None where it is another kind of schema (JSON Schema of DECP).

    Raises:
        ValueError: the file is no JSON, or its fields are not those of a table schema.
    """
    document = json.loads(content)
    fields = document.get("fields") if isinstance(document, dict) else None
    if not isinstance(fields, list):
        return None
    key = document.get("primaryKey") or ()
    return NationalSchema(
        id=schema_id, delimiter=delimiter, key=(key,) if isinstance(key, str) else tuple(key),
        columns=tuple(_column(field) for field in fields), sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def _column(field: dict[str, Any]) -> NationalColumn:
    rules = field.get("constraints") or {}
    enum = rules.get("enum")
    return NationalColumn(
        name=field["name"], type=field.get("type") or "string", format=field.get("format") or "default",
        required=bool(rules.get("required")), unique=bool(rules.get("unique")), pattern=rules.get("pattern"),
        enum=None if enum is None else tuple(map(str, enum)),
        minimum=_number(rules.get("minimum")), maximum=_number(rules.get("maximum")),
        min_length=rules.get("minLength"), max_length=rules.get("maxLength"),
        true_word=_word(field.get("trueValues"), _TRUE), false_word=_word(field.get("falseValues"), _FALSE),
        decimal_mark=field.get("decimalChar") or ".",
    )  # fmt: skip


def _word(declared: list[str] | None, usual: tuple[str, ...]) -> str:
    """The word for a truth value: ours where the schema has it, else its first."""
    words = declared or list(usual)
    return usual[0] if usual[0] in words else str(words[0])


def _number(bound: Any) -> float | None:
    """A bound of a number; one of a date is left to the schema's own validators."""
    return float(bound) if isinstance(bound, (int, float)) else None
