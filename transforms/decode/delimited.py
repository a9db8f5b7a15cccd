"""CSV and its kin: split by DuckDB, every record accounted for by a second, independent count."""

from __future__ import annotations

import shutil
from dataclasses import replace

import duckdb
import numpy as np

from contracts.formats import CsvFormat
from contracts.sql import identifier, literal
from transforms.decode.accounting import Scan, account_for, scan_of
from transforms.decode.opening import Opening, columns_in, end_above, opening_of
from transforms.decode.plaintext import as_utf8
from transforms.decode.reading import readable_path
from transforms.decode.records import Block, Region, blocks_of
from transforms.decode.source import CHUNK, MAX_RECORD, Source
from transforms.decode.tables import Decoded, Tally

_USUAL_RECORD = 1_900_000  # bytes; DuckDB reads records up to 2,000,000 without larger buffers


def decode_delimited(
    connection: duckdb.DuckDBPyConnection, source: Source, form: CsvFormat, table: str
) -> Decoded:
    """The tables of a delimited text; see `decoding.decode`."""
    text = as_utf8(source, form.encoding)
    opening = opening_of(text, form)
    columns = columns_in(text, form, opening)
    region = replace(opening.region, end=end_above(text, form, opening.region))
    text, region, skip = _readable_in_place(text, opening, region)
    scan = scan_of(connection, text, region)
    if (scan.crlf and (scan.lf or not skip)) or (skip and _other_end(opening.above, scan)):
        text, region = _with_one_line_end(text, region)
        skip, scan = 0, scan_of(connection, text, region)
    scan.crlf |= skip > 0 and b"\r\n" in opening.above
    return offered(connection, text, form, columns, table, region, skip, scan)


def offered(
    connection: duckdb.DuckDBPyConnection, text: Source, form: CsvFormat, columns: tuple[str, ...],
    table: str, region: Region, skip: int, scan: Scan,
) -> Decoded:  # fmt: skip
    """The records of the region as a table; `skip` lines stand above them."""
    _offer(connection, text, form, columns, table, skip, scan)

    def read(statement: str) -> Tally:
        rows = _rows_read(connection, text, form, statement)
        return Tally(rows, account_for(connection, text, region, scan, table, len(columns), rows))

    return Decoded(table, columns, read)


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


def _other_end(above: bytes, scan: Scan) -> bool:
    feeds, returns = above.count(b"\n"), above.count(b"\r\n")
    return (returns > 0 and scan.lf) or (feeds > returns and scan.crlf)


def _with_one_line_end(text: Source, region: Region) -> tuple[Source, Region]:
    """A copy of the records that end with LF; line ends inside quoted cells stay as they are."""
    copy = text.copy_as("lines")
    with copy.open("wb") as out:
        for block in blocks_of(text, region):
            out.write(with_line_feeds(block))
    return text.at(copy), replace(region, begin=0, end=copy.stat().st_size)


def with_line_feeds(block: Block) -> bytes:
    """The block's records with LF behind each; line ends inside quoted cells stay as they are."""
    if not len(block.carriage_returns):
        return block.content
    return np.delete(np.frombuffer(block.content, np.uint8), block.carriage_returns).tobytes()


def _offer(
    connection: duckdb.DuckDBPyConnection, text: Source, form: CsvFormat, columns: tuple[str, ...],
    table: str, skip: int, scan: Scan,
) -> None:  # fmt: skip
    """The table as a view on the file: the text is split where it is typed, and never laid down whole."""
    where = f" WHERE {identifier(columns[0])} IS NOT NULL" if len(columns) == 1 else ""  # blank lines
    query = f"{_reading(text, form, columns, skip, scan)}{where}"
    connection.execute(f"CREATE OR REPLACE VIEW {identifier(table)} AS {query}")


def _rows_read(connection: duckdb.DuckDBPyConnection, text: Source, form: CsvFormat, statement: str) -> int:
    """The rows that DuckDB could split; the others are in its `reject_errors`."""
    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    try:
        counted = connection.execute(statement).fetchone()
    except duckdb.InvalidInputException as error:
        met = f"cannot be split by {form.delimiter!r} and {form.quote!r} ({str(error).splitlines()[0]})"
        raise text.changed(met, remedy="Look at its quotes and line ends.") from error
    return int(counted[0]) if counted else 0


def _reading(text: Source, form: CsvFormat, columns: tuple[str, ...], skip: int, scan: Scan) -> str:
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
