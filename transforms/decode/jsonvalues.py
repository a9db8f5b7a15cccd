"""JSON by the standard library: every value as it is written, no key twice."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from transforms.decode.source import Source


class Number(str):
    """A number as the source writes it; also NaN and Infinity, which JSON forbids and Python writes."""

    __slots__ = ()


class TwiceNamed(ValueError):
    """An object gives one key two values."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise TwiceNamed(f"names {twice!r} twice in one object")
    return unique


DECODER = json.JSONDecoder(
    parse_float=Number, parse_int=Number, parse_constant=Number, object_pairs_hook=_unique, strict=False
)  # fmt: skip


def decoded_line(source: Source, line: str, number: int) -> Any:
    """The one value of a line."""
    try:
        return DECODER.decode(line)
    except json.JSONDecodeError as error:
        met = f"has on line {number} what is not JSON ({error.msg} at character {error.pos + 1})"
        raise source.changed(met, promised="one JSON object a line") from error
    except TwiceNamed as error:
        raise source.changed(f"{error}, on line {number}", promised="each value once") from error


def compact_text(text: str) -> str:
    """A sound value as compact JSON, `ValueError` where a key stands twice."""
    return compact(DECODER.decode(text))


def flat(record: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, str | None]]:
    """Columns and texts; an empty object has no value and so no column."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, cell(value)


def cell(value: Any) -> str | None:
    """The text of a value: itself, or compact JSON."""
    if value is None or isinstance(value, str):
        return value
    return compact(value)


def compact(value: Any) -> str:
    """Compact JSON in which numbers are written as in the source."""
    if isinstance(value, Number):
        return value
    if isinstance(value, list):
        return f"[{','.join(map(compact, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{compact(key)}:{compact(item)}' for key, item in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)
