"""Frictionless: its `validate` alone, on the same file with the same rules; nothing is converted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import frictionless

from bench.answers import Answer, Work
from bench.contract import FIELDS

_TYPES = {"decimal(12,2)": "number", "decimal(6,3)": "number", "instant": "datetime", "enum": "string"}
_CONSTRAINTS = {"min": "minimum", "max": "maximum", "max_length": "maxLength", "pattern": "pattern",
                "values": "enum", "required": "required"}  # fmt: skip
_EVERY = 1_000_000_000  # errors: it would stop after a thousand


@contextmanager
def opened(folder: Path) -> Iterator[Work]:
    """Validates a CSV."""
    fields = [_field(name, field) for name, field in FIELDS.items()]
    yield partial(_validated, {"fields": fields, "primaryKey": ["id"]})


def _field(name: str, field: dict[str, Any]) -> dict[str, Any]:
    constraints = {_CONSTRAINTS[key]: value for key, value in field.items() if key in _CONSTRAINTS}
    written = {"decimalChar": field["decimal_mark"]} if "decimal_mark" in field else {}
    kind = field.get("type", "string")
    if kind == "instant":
        written = {"format": field["format"]}
    return {"name": name, "type": _TYPES.get(kind, kind), "constraints": constraints, **written}


def _validated(schema: dict[str, Any], source: Path) -> Answer:
    dialect = frictionless.Dialect.from_descriptor({"csv": {"delimiter": ";"}})
    report = frictionless.validate(
        source.name, basepath=str(source.parent), schema=frictionless.Schema.from_descriptor(schema),
        dialect=dialect, encoding="utf-8", limit_errors=_EVERY,
    )  # fmt: skip
    (task,) = report.tasks
    kinds = Counter(error.type for error in task.errors)
    return Answer({"rows": task.stats["rows"], **kinds})
