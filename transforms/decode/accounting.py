"""The proof that every record of a delimited text is a row or a reject, and the line each came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

from contracts.errors import SourceChanged
from contracts.sql import identifier, literal
from transforms.decode.records import Block, Offsets, Region, block_in, blocks_of
from transforms.decode.source import Source
from transforms.decode.tables import append, create_lines, create_ragged, rows_as

_SEGMENTS, _REJECTED = "decoding_segments", "decoding_rejected"
_WAITING = 10_000  # segments: pages have one each, which would cost a statement each
_SHOWN = 500  # characters of a reject that its report keeps
_PLACED = pa.schema(
    [("position", pa.int64()), ("record", pa.int64()), ("line", pa.int64()), ("last", pa.int64()),
     ("text", pa.string()), ("file", pa.string())]
)  # fmt: skip


class Place(NamedTuple):
    """Where a block of records lies, the number of its first record, and the line and file it came from."""

    offset: int
    size: int
    record: int
    line: int
    file: str


@dataclass
class Scan:
    """What a pass over the records found: their number, and where to look again for one of them."""

    connection: duckdb.DuckDBPyConnection
    records: int = 0
    longest: int = 0
    crlf: bool = False
    lf: bool = False
    shift: int | None = None
    blocks: list[Place] = field(default_factory=list)
    _waiting: list[pa.Table] = field(default_factory=list)
    _segments: int = 0  # in those that wait

    def __post_init__(self) -> None:
        """The table of segments: record, line and file wherever the shift between record and line changes."""
        columns = "record BIGINT, line BIGINT, file VARCHAR"
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_SEGMENTS} ({columns})")

    def take(self, block: Block, place: Place) -> None:
        """Count the next block, which lies at that place."""
        if self.blocks and self.blocks[-1].file != place.file:
            self.shift = None
        self.blocks.append(place)
        self.crlf |= block.crlf
        self.lf |= block.lf
        self.longest = max(self.longest, block.longest)
        self._keep_segments(block, place.file)
        self.records += len(block.starts)

    def _keep_segments(self, block: Block, file: str) -> None:
        records = np.arange(self.records, self.records + len(block.starts))
        shifts = block.lines - records
        if not len(shifts):
            return
        changed = np.diff(shifts, prepend=shifts[0] if self.shift is None else self.shift) != 0
        changed[0] |= self.shift is None
        self.shift = int(shifts[-1])
        if changed.any():
            count = int(np.count_nonzero(changed))
            named = pa.repeat(pa.scalar(file, pa.string()), count)
            segment = {"record": records[changed], "line": block.lines[changed], "file": named}
            self._waiting.append(pa.table(segment))
            self._segments += count
        if self._segments > _WAITING:
            self.lay_down()

    def lay_down(self) -> None:
        """The segments that wait, put in their table."""
        if self._waiting:
            append(self.connection, _SEGMENTS, pa.concat_tables(self._waiting))
        self._waiting, self._segments = [], 0


def scan_of(connection: duckdb.DuckDBPyConnection, text: Source, region: Region) -> Scan:
    """One pass over the records."""
    scan = Scan(connection)
    for block in blocks_of(text, region):
        place = Place(block.offset, len(block.content), scan.records, block.line, text.name)
        scan.take(block, place)
    return scan


def account_for(
    connection: duckdb.DuckDBPyConnection, text: Source, region: Region, scan: Scan, table: str,
    width: int, rows: int,
) -> int:  # fmt: skip
    """The number of ragged records; `<table>_ragged` and `<table>_lines` are then filled.

    Raises:
        SourceChanged: rows and rejects are not all the records there are, or not the same records.
    """
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_REJECTED} "
        "(position BIGINT, record BIGINT, line BIGINT, last BIGINT, text VARCHAR, file VARCHAR)"
    )
    scan.lay_down()
    ragged = _place_rejected(connection, text, region, scan)
    if rows + ragged != scan.records:
        raise _doubtful(text, f"has {scan.records} records by one reading and {rows + ragged} by another")
    create_ragged(connection, table, text.name)
    connection.execute(_ragged_records(table, width))
    create_lines(connection, table, text.name)
    connection.execute(_line_changes(table, scan.records))
    for helper in (_SEGMENTS, _REJECTED, "reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {helper}")
    return ragged


def _doubtful(text: Source, met: str) -> SourceChanged:
    return text.changed(met, promised="one reading", remedy="A stray quote is the usual cause.")


def _place_rejected(connection: duckdb.DuckDBPyConnection, text: Source, region: Region, scan: Scan) -> int:
    """The number of records DuckDB rejected, each found again among the records of the first count."""
    query = "SELECT DISTINCT line_byte_position - 1 AS p FROM reject_errors ORDER BY p"
    positions: Offsets = np.asarray(connection.execute(query).fetchnumpy()["p"], np.int64)
    found = 0
    with text.path.open("rb") as file:
        for offset, size, record, line, name in scan.blocks:
            here = int(np.searchsorted(positions, offset + size))
            if not here:
                continue
            file.seek(offset)
            block = block_in(text, region, file.read(size), offset, line, last=True)
            # DuckDB counts blank lines before a record (and the LF of a CRLF) to it: the record may be in the
            # next block.
            index = np.searchsorted(block.starts, positions[:here])
            index = index[index < len(block.starts)]
            placed, positions = positions[: len(index)], positions[len(index) :]
            rejected = [
                (position, record + number, *_shown(text, block, position, number), name)
                for position, number in zip(placed.tolist(), index.tolist(), strict=True)
            ]
            append(connection, _REJECTED, rows_as(rejected, _PLACED))
            found += len(np.unique(index))
    if len(positions):
        raise _doubtful(text, "has a reject that is no record")
    return found


def _shown(text: Source, block: Block, position: int, index: int) -> tuple[int, int, str]:
    """First and last line of a record, and how it begins."""
    start = int(block.starts[index]) - block.offset
    if block.content[max(0, position - block.offset) : start].strip(b"\r\n"):
        raise _doubtful(text, f"has on line {block.lines[index - 1]} a record that ends in two ways")
    end = int(block.starts[index + 1]) - block.offset if index + 1 < len(block.starts) else None
    record = block.content[start:end].rstrip(b"\r\n")
    line = int(block.lines[index])
    return line, line + record.count(b"\n"), record[: _SHOWN * 4].decode("utf-8", "ignore")[:_SHOWN]


def _ragged_records(table: str, width: int) -> str:
    promised = literal(f" cellules au lieu de {width}")
    return f"""
        INSERT INTO {identifier(table + "_ragged")} (line, reason, text, file)
        SELECT line,
            CASE WHEN bool_or(error_type = 'UNQUOTED VALUE') THEN 'guillemets mal placés'
                 WHEN bool_or(error_type = 'TOO MANY COLUMNS') THEN max(cells) || {promised}
                 WHEN bool_or(error_type = 'MISSING COLUMNS') THEN min(cells) || {promised}
                 ELSE 'ligne illisible : ' || lower(any_value(error_type::VARCHAR)) END
            || CASE WHEN last > line THEN ' (lignes ' || line || ' à ' || last || ')' ELSE '' END,
            text, file
        FROM (SELECT line_byte_position - 1 AS position, error_type,
                try_cast(regexp_extract(error_message, 'Found: (\\d+)', 1) AS BIGINT) AS cells
              FROM reject_errors)
        JOIN {_REJECTED} USING (position)
        GROUP BY record, line, last, text, file ORDER BY record"""


def _line_changes(table: str, records: int) -> str:
    """Where the shift between a row's ordinal and its line changes: at segments, and after rejects."""
    return f"""
        INSERT INTO {identifier(table + "_lines")} (first, line, file)
        WITH rejected AS (
            SELECT record, row_number() OVER (ORDER BY record) AS so_far
            FROM (SELECT DISTINCT record FROM {_REJECTED})),
        breaks AS (
            (SELECT record FROM {_SEGMENTS} UNION SELECT record + 1 FROM {_REJECTED})
            EXCEPT SELECT record FROM {_REJECTED}),
        placed AS (
            SELECT breaks.record - coalesce(so_far, 0) AS first,
                segment.line + breaks.record - segment.record AS line, segment.file AS file
            FROM breaks ASOF JOIN {_SEGMENTS} AS segment ON breaks.record >= segment.record
            ASOF LEFT JOIN rejected ON breaks.record > rejected.record
            WHERE breaks.record < {records})
        SELECT first, line, file
        FROM (SELECT first, line, file, lag((line - first, file)) OVER (ORDER BY first) AS before FROM placed)
        WHERE before IS DISTINCT FROM (line - first, file) ORDER BY first"""
