"""The records of one received file, counted by the format that the contract promises."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from connectors.connector import FetchedFile
from connectors.counting.delimited import records_of_csv
from connectors.counting.documents import records_of_json, records_of_lines
from connectors.counting.pieces import Broken
from contracts.errors import SourceIncomplete
from contracts.formats import CsvFormat, Format, GeoJsonFormat, JsonFormat, ParquetFormat

UTF_8 = ("utf-8", "utf_8", "utf8", "utf-8-sig")


def countable(promised: Format | None) -> bool:
    """Whether files of this format are counted: CSV, JSON, JSON Lines, GeoJSON (all in UTF-8), Parquet.

    Nothing is counted in an archive, nor CSV without header or with lines to skip, nor JSON whose records
    stand somewhere below the document.
    """
    if promised is None or promised.archive is not None:
        return False
    if isinstance(promised, CsvFormat):
        plain = not (promised.skip_top or promised.skip_bottom or promised.trailing_delimiter)
        return plain and promised.header == 1 and promised.encoding.lower() in UTF_8
    if isinstance(promised, JsonFormat):
        return not promised.records and promised.encoding.lower() in UTF_8
    return isinstance(promised, GeoJsonFormat | ParquetFormat)


def records_in(file: FetchedFile, promised: Format, place: str) -> int:
    """The number of records of a file whose format is `countable`.

    Raises:
        SourceIncomplete: it is cut, or holds something else between or behind its records.
    """
    try:
        return _counted(file.path, promised)
    except Broken as error:
        failure = SourceIncomplete(place, f"{file.name} {error}", promised="a whole export", remedy=_REMEDY)
    raise failure


def _counted(path: Path, promised: Format) -> int:
    if isinstance(promised, CsvFormat):
        return records_of_csv(path, promised.delimiter.encode(), promised.quote.encode())
    if isinstance(promised, ParquetFormat):
        return _rows_of_parquet(path)
    if isinstance(promised, JsonFormat) and promised.type == "jsonl":
        return records_of_lines(path)
    return records_of_json(path, "features" if isinstance(promised, GeoJsonFormat) else None)


def _rows_of_parquet(path: Path) -> int:
    """What the footer says: a file that is cut has none."""
    try:
        with pq.ParquetFile(path) as file:
            return int(file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        raise Broken("is not a whole Parquet file") from error


_REMEDY = "Try again; if it stays so, tell the portal's operators."
