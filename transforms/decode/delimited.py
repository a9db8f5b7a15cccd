"""CSV and its kin: split by DuckDB, every record accounted for by a second, independent count."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
import pyarrow as pa

from contracts.formats import CsvFormat
from transforms.decode.opening import Opening, columns_in, end_above, opening_of
from transforms.decode.plaintext import as_utf8
from transforms.decode.reading import readable_path
from transforms.decode.records import Block, Region, block_in, blocks_of
from transforms.decode.source import CHUNK, MAX_RECORD, Source
from transforms.decode.tables import Decoded, append, create_lines, create_ragged
from transforms.quoting import identifier, literal

_USUAL_RECORD = 1_900_000  # bytes; DuckDB reads records up to 2,000,000 without larger buffers
_SEGMENTS, _REJECTED = "decoding_segments", "decoding_rejected"


@dataclass
class _Scan:
    """What a pass over the records found: their number, and where to look again for one of them."""

    records: int = 0
    longest: int = 0
    crlf: bool = False
    lf: bool = False
    shift: int | None = None
    blocks: list[tuple[int, int, int, int]] = field(default_factory=list)  # offset, size, record, line


def decode_delimited(
    connection: duckdb.DuckDBPyConnection, source: Source, form: CsvFormat, table: str
) -> Decoded:
    """The tables of a delimited text; see `decoding.decode`."""
    text = as_utf8(source, form.encoding)
    opening = opening_of(text, form)
    columns = columns_in(text, form, opening)
    region = replace(opening.region, end=end_above(text, form, opening.region))
    text, region, skip = _readable_in_place(text, opening, region)
    scan = _scanned(connection, text, region)
    if (scan.crlf and (scan.lf or not skip)) or (skip and _other_end(opening.above, scan)):
        text, region = _with_one_line_end(text, region)
        skip, scan = 0, _scanned(connection, text, region)
    scan.crlf |= skip > 0 and b"\r\n" in opening.above
    rows = _load(connection, text, form, columns, table, skip, scan)
    ragged = _account(connection, text, region, scan, len(columns), table, rows)
    return Decoded(columns, rows, ragged)


def _readable_in_place(text: Source, opening: Opening, region: Region) -> tuple[Source, Region, int]:
    """The text, its region and the lines for DuckDB to skip; a copy where it could not skip them safely."""
    lines = region.line - 1
    quoted = bool(region.quote) and region.quote in opening.above
    if region.end == opening.region.end and (lines < 2 or not quoted):
        return text, region, lines
    copy = text.copy_as("records")
    with text.path.open("rb") as whole, copy.open("wb") as out:
        whole.seek(region.begin)
        shutil.copyfileobj(whole, out, CHUNK)
        out.truncate(region.end - region.begin)
    return text.at(copy), replace(region, begin=0, end=region.end - region.begin), 0


def _other_end(above: bytes, scan: _Scan) -> bool:
    feeds, returns = above.count(b"\n"), above.count(b"\r\n")
    return (returns > 0 and scan.lf) or (feeds > returns and scan.crlf)


def _with_one_line_end(text: Source, region: Region) -> tuple[Source, Region]:
    """A copy of the records that end with LF; line ends inside quoted cells stay as they are."""
    copy = text.copy_as("lines")
    with copy.open("wb") as out:
        for block in blocks_of(text, region):
            out.write(np.delete(np.frombuffer(block.content, np.uint8), block.carriage_returns).tobytes())
    return text.at(copy), replace(region, begin=0, end=copy.stat().st_size)


def _scanned(connection: duckdb.DuckDBPyConnection, text: Source, region: Region) -> _Scan:
    """One pass over the records; the table of segments gets (record, line) wherever their shift changes."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_SEGMENTS} (record BIGINT, line BIGINT)")
    scan = _Scan()
    for block in blocks_of(text, region):
        scan.blocks.append((block.offset, len(block.content), scan.records, block.line))
        scan.crlf |= block.crlf
        scan.lf |= block.lf
        scan.longest = max(scan.longest, block.longest)
        _keep_segments(connection, scan, block)
        scan.records += len(block.starts)
    return scan


def _keep_segments(connection: duckdb.DuckDBPyConnection, scan: _Scan, block: Block) -> None:
    records = np.arange(scan.records, scan.records + len(block.starts))
    shifts = block.lines - records
    if not len(shifts):
        return
    changed = np.diff(shifts, prepend=shifts[0] if scan.shift is None else scan.shift) != 0
    changed[0] |= scan.shift is None
    scan.shift = int(shifts[-1])
    if changed.any():
        segments = pa.table({"record": records[changed], "line": block.lines[changed]})
        append(connection, _SEGMENTS, segments)


def _load(
    connection: duckdb.DuckDBPyConnection, text: Source, form: CsvFormat, columns: tuple[str, ...],
    table: str, skip: int, scan: _Scan,
) -> int:  # fmt: skip
    """The rows that DuckDB could split; the others are in its `reject_errors`."""
    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    where = f" WHERE {identifier(columns[0])} IS NOT NULL" if len(columns) == 1 else ""  # blank lines
    query = f"{_reading(text, form, columns, skip, scan)}{where}"
    try:
        connection.execute(f"CREATE OR REPLACE TABLE {identifier(table)} AS {query}")
    except duckdb.InvalidInputException as error:
        met = f"cannot be split by {form.delimiter!r} and {form.quote!r} ({str(error).splitlines()[0]})"
        raise text.changed(met, remedy="Look at its quotes and line ends.") from error
    return _count(connection, f"SELECT count(*) FROM {identifier(table)}")


def _reading(text: Source, form: CsvFormat, columns: tuple[str, ...], skip: int, scan: _Scan) -> str:
    types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
    # Unless told, DuckDB takes the first line end it sees for the rule, be it inside a cell; told of CRLF
    # (2.0.1), it stops at the first reject.
    line_end = "" if scan.crlf else r", new_line = '\n'"
    buffers = f", max_line_size = {MAX_RECORD + CHUNK}" if scan.longest > _USUAL_RECORD else ""
    return (
        f"SELECT * FROM read_csv({literal(str(readable_path(text)))}, columns = {{{types}}}, "
        f"auto_detect = false, header = false, skip = {skip}, delim = {literal(form.delimiter)}, "
        f"quote = {literal(form.quote)}, escape = {literal(form.quote)}, strict_mode = true, "
        "null_padding = false, allow_quoted_nulls = false, compression = 'none', "
        f"hive_partitioning = false, store_rejects = true, rejects_limit = 0{line_end}{buffers})"
    )


def _account(
    connection: duckdb.DuckDBPyConnection, text: Source, region: Region, scan: _Scan, width: int,
    table: str, rows: int,
) -> int:  # fmt: skip
    """The number of ragged records, after proof that rows and they are all the records there are."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {_REJECTED} (position BIGINT, record BIGINT, line BIGINT)"
    )
    ragged = _place_rejected(connection, text, region, scan)
    if rows + ragged != scan.records:
        met = f"has {scan.records} records by one reading and {rows + ragged} by another"
        raise text.changed(met, promised="one reading", remedy="A stray quote is the usual cause.")
    create_ragged(connection, table)
    connection.execute(_ragged_records(table, width))
    create_lines(connection, table)
    connection.execute(_line_changes(table, scan.records))
    for helper in (_SEGMENTS, _REJECTED, "reject_errors", "reject_scans"):
        connection.execute(f"DROP TABLE IF EXISTS {helper}")
    return ragged


def _place_rejected(connection: duckdb.DuckDBPyConnection, text: Source, region: Region, scan: _Scan) -> int:
    """The number of records DuckDB rejected, each found again among the records of the first count."""
    query = "SELECT DISTINCT line_byte_position - 1 AS p FROM reject_errors ORDER BY p"
    positions = connection.execute(query).fetchnumpy()["p"]
    found, carried = 0, positions[:0]
    with text.path.open("rb") as file:
        for offset, size, record, line in scan.blocks:
            inside = positions[np.searchsorted(positions, offset) : np.searchsorted(positions, offset + size)]
            inside = np.append(carried, inside)
            if not len(inside):
                continue
            file.seek(offset)
            block = block_in(text, region, file.read(size), offset, line, last=True)
            # DuckDB counts blank lines before a record (and the LF of a CRLF) to it.
            index = np.searchsorted(block.starts, inside)
            carried = inside[index == len(block.starts)]
            inside, index = inside[: len(inside) - len(carried)], index[: len(index) - len(carried)]
            columns = {"position": inside, "record": record + index, "line": block.lines[index]}
            append(connection, _REJECTED, pa.table(columns))
            found += len(np.unique(index))
    return found


def _ragged_records(table: str, width: int) -> str:
    promised = literal(f" cellules au lieu de {width}")
    return f"""
        INSERT INTO {identifier(table + "_ragged")}
        SELECT line,
            CASE WHEN bool_or(error_type = 'UNQUOTED VALUE') THEN 'guillemets mal placés'
                 WHEN bool_or(error_type = 'TOO MANY COLUMNS') THEN max(cells) || {promised}
                 WHEN bool_or(error_type = 'MISSING COLUMNS') THEN min(cells) || {promised}
                 ELSE 'ligne illisible : ' || lower(any_value(error_type::VARCHAR)) END
            || CASE WHEN max(feeds) > 0 THEN ' (lignes ' || line || ' à ' || line + max(feeds) || ')'
                    ELSE '' END,
            left(any_value(record_text), 500)
        FROM (SELECT line_byte_position - 1 AS position, error_type,
                try_cast(regexp_extract(error_message, 'Found: (\\d+)', 1) AS BIGINT) AS cells,
                trim(csv_line, chr(10) || chr(13)) AS record_text,
                length(record_text) - length(replace(record_text, chr(10), '')) AS feeds
              FROM reject_errors) AS errors
        JOIN {_REJECTED} USING (position)
        GROUP BY position, line ORDER BY line"""


def _line_changes(table: str, records: int) -> str:
    """Where the shift between a row's ordinal and its line changes: at segments, and after rejects."""
    return f"""
        INSERT INTO {identifier(table + "_lines")}
        WITH rejected AS (SELECT record, row_number() OVER (ORDER BY record) AS so_far FROM {_REJECTED}),
        breaks AS (
            (SELECT record FROM {_SEGMENTS} UNION SELECT record + 1 FROM {_REJECTED})
            EXCEPT SELECT record FROM {_REJECTED}),
        placed AS (
            SELECT breaks.record - coalesce(so_far, 0) AS first,
                segment.line + breaks.record - segment.record AS line
            FROM breaks ASOF JOIN {_SEGMENTS} AS segment ON breaks.record >= segment.record
            ASOF LEFT JOIN rejected ON breaks.record > rejected.record
            WHERE breaks.record < {records})
        SELECT first, line
        FROM (SELECT first, line, lag(line - first) OVER (ORDER BY first) AS before FROM placed)
        WHERE before IS DISTINCT FROM line - first ORDER BY first"""


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
