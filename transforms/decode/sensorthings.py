"""SensorThings: the records of a page, with the two ends of their times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from contracts.formats import JsonFormat
from transforms.decode.columns import Sink
from transforms.decode.objects import take_json
from transforms.decode.source import Source

_TIMES = ("phenomenonTime", "resultTime", "validTime")  # an instant, or an interval with a `/` (ISO 8601)
_ENDS = r"^(?P<start>[^/]*)(?:/(?P<end>.*))?$"


def take_sensorthings(tables: Sink, source: Source) -> None:
    """Takes the records of `value` as JSON: expanded entities by path, `result: null` is NULL.

    A time that may be an interval (`phenomenonTime`) also comes as `phenomenonTime.start` and
    `phenomenonTime.end`, both the same where it is an instant.
    """
    take_json(_WithEnds(tables), source, JsonFormat(type="json", records="value"))


class _WithEnds:
    """A table that gets two more columns for each time."""

    def __init__(self, tables: Sink) -> None:
        self._tables = tables

    def add(self, lines: NDArray[np.int64], columns: Sequence[tuple[str, pa.Array]]) -> None:
        """Take rows as columns."""
        self._tables.add(lines, [each for name, texts in columns for each in _with_ends(name, texts)])

    def add_record(self, line: int, cells: dict[str, str | None]) -> None:
        """Take one row."""
        self._tables.add_record(line, dict(_text_with_ends(cells)))


def _text_with_ends(cells: dict[str, str | None]) -> Iterator[tuple[str, str | None]]:
    for name, text in cells.items():
        yield name, text
        if name.rpartition(".")[2] in _TIMES:
            start, _, end = (text or "").partition("/")
            yield f"{name}.start", None if text is None else start
            yield f"{name}.end", None if text is None else end or start


def _with_ends(name: str, texts: pa.Array) -> Iterator[tuple[str, pa.Array]]:
    yield name, texts
    if name.rpartition(".")[2] in _TIMES:
        parts = pc.extract_regex(texts, _ENDS)
        start, end = (pc.struct_field(parts, part) for part in ("start", "end"))
        yield f"{name}.start", start
        yield f"{name}.end", pc.if_else(pc.equal(end, ""), start, end)
