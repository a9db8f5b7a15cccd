"""Whole JSON records as columns of text, without a Python object for each value.

msgspec (BSD-3, already Airflow's) proves the records sound and splits them into slices of the source's own
bytes; numpy and Arrow make texts of the slices. What it will not read exactly as the standard library's
decoder does (NaN, half characters, keys twice, nesting without end) is doubtful, and left to that one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Raw
from numpy.typing import NDArray

from transforms.decode.jsonvalues import compact_text
from transforms.decode.structure import Structure

Records = list[dict[str, Raw]]
Path = tuple[str, ...]

_LIST = msgspec.json.Decoder(Records)
_LISTS = msgspec.json.Decoder(list[list[Raw]])
_ONE = msgspec.json.Decoder(dict[str, Raw])
_TEXT = msgspec.json.Decoder(str)
_MOST_CELLS = 4_000_000  # of a megabyte of text: more are nearly all absent, and would fill the memory
_VALUES = msgspec.json.Decoder(list[Raw])
_NO_CELL, _NULL, _QUOTED, _OBJECT, _ARRAY = 0, *b'n"{['


class Doubtful(Exception):
    """These records must be read value by value."""


@dataclass(frozen=True)
class Column:
    """The texts of one path, a cell for each record; which record has it first, and where in that record."""

    path: Path
    first: int
    place: tuple[int, ...]
    texts: pa.Array


def records_in(text: bytes) -> Records:
    """The records of a text that separates them by commas.

    Raises:
        Doubtful: it is not sound JSON, or not objects alone.
    """
    try:
        return _LIST.decode(b"[" + text + b"]")
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Doubtful from error


def records_on(lines: Sequence[bytes]) -> Records:
    """The records of lines with one each; see `records_in`."""
    try:
        return list(map(_ONE.decode, lines))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Doubtful from error


def columns_of(
    records: Records, counted: Structure, is_whole: Callable[[Path], bool] = lambda path: False
) -> list[Column]:
    """The columns in the order of their first appearance; `is_whole` paths are cells even where objects.

    Raises:
        Doubtful: the records or their keys are not as many as were counted, or a text is no Unicode.
    """
    spreading = _Spreading(is_whole)
    columns = spreading.columns(records)
    if (len(records), spreading.keys) != (counted.records, counted.keys):
        raise Doubtful
    return sorted(columns, key=lambda column: (column.first, column.place))


class _Spreading:
    """The keys met so far, while columns are made."""

    def __init__(self, is_whole: Callable[[Path], bool]) -> None:
        self.keys = 0
        self._is_whole = is_whole

    def columns(self, records: Records, path: Path = ()) -> list[Column]:
        self.keys += sum(map(len, records))
        columns, places = [], _Places(records)
        names = dict.fromkeys(chain.from_iterable(records))
        if len(names) * len(records) > _MOST_CELLS:
            raise Doubtful
        for name in names:
            for column in self._columns_at((*path, name), [record.get(name, b"") for record in records]):
                columns.append(replace(column, place=(places.of(name, column.first), *column.place)))
        return columns

    def _columns_at(self, path: Path, cells: list[Raw | bytes]) -> list[Column]:
        """The column of a path's cells, and those of the objects among them."""
        joined = b"".join(cells)
        offsets = np.zeros(len(cells) + 1, np.int32)
        np.cumsum(np.fromiter(map(len, cells), np.int32, len(cells)), out=offsets[1:])
        kinds = np.frombuffer(joined + b"\0", np.uint8)[offsets[:-1]]
        kinds[offsets[1:] == offsets[:-1]] = _NO_CELL
        nested: list[Column] = []
        if not self._is_whole(path) and (kinds == _OBJECT).any():
            rows = np.flatnonzero(kinds == _OBJECT)
            inner = records_in(b",".join([cells[row] for row in rows]))
            nested = [_laid(column, rows, len(cells)) for column in self.columns(inner, path)]
            kinds[rows] = _NO_CELL
        if not kinds.any():
            return nested
        raw = pa.StringArray.from_buffers(len(cells), pa.py_buffer(offsets), pa.py_buffer(joined))
        return [Column(path, int(np.argmax(kinds > 0)), (), self._texts(cells, raw, kinds)), *nested]

    def _texts(self, cells: list[Raw | bytes], raw: pa.Array, kinds: NDArray[np.uint8]) -> pa.Array:
        valid = (kinds != _NO_CELL) & (kinds != _NULL)
        texts = pc.if_else(pa.array(valid), pc.ascii_trim(raw, '"'), None)
        whole = (kinds == _ARRAY) | (kinds == _OBJECT)
        escaped = (kinds == _QUOTED) & pc.match_substring(raw, "\\").to_numpy(zero_copy_only=False)
        for rows, written in ((whole, self._compact), (escaped, _unescaped)):
            if rows.any():
                found = pa.array(written([cells[row] for row in np.flatnonzero(rows)]), pa.string())
                if pc.any(pc.match_substring(found, "\0")).as_py():
                    raise Doubtful
                texts = pc.replace_with_mask(texts, pa.array(rows), found)
        return texts

    def _compact(self, cells: list[Raw | bytes]) -> list[str]:
        """Lists and objects as compact JSON with their numbers as they stand; their keys are counted."""
        self._count_keys(list(map(bytes, cells)))
        joined = b"[" + b",".join(cells) + b"]"
        if b"\\" not in joined:
            return [bytes(cell).decode() for cell in _VALUES.decode(msgspec.json.format(joined, indent=-1))]
        try:
            return [compact_text(bytes(cell).decode()) for cell in cells]
        except ValueError as error:  # a key written twice
            raise Doubtful from error

    def _count_keys(self, cells: list[bytes]) -> None:
        """The keys of objects within cells, once each where one stands twice in an object."""
        cells = [cell for cell in cells if cell[0] in b"{[" and b'"' in cell]
        if not cells:
            return
        objects = records_in(b",".join([cell for cell in cells if cell.startswith(b"{")]))
        arrays = _LISTS.decode(b"[" + b",".join([cell for cell in cells if cell.startswith(b"[")]) + b"]")
        self.keys += sum(map(len, objects))
        inner = chain(chain.from_iterable(map(dict.values, objects)), chain.from_iterable(arrays))
        self._count_keys(list(map(bytes, inner)))


def _unescaped(cells: list[Raw | bytes]) -> list[str]:
    return list(map(_TEXT.decode, cells))


class _Places:
    """Where each key stands in a record, looked up once for each record asked for."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._known: dict[int, dict[str, int]] = {}

    def of(self, name: str, row: int) -> int:
        if row not in self._known:
            self._known[row] = {key: place for place, key in enumerate(self._records[row])}
        return self._known[row][name]


def _laid(column: Column, rows: NDArray[np.intp], count: int) -> Column:
    """The column of some rows as one of all rows."""
    index = np.full(count, -1, np.int64)
    index[rows] = np.arange(len(rows))
    texts = column.texts.take(pa.array(index, mask=index < 0))
    return replace(column, first=int(rows[column.first]), texts=texts)
