"""Delimited files with the same columns, joined to one text that is split in one go: pages cost no query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb

from contracts.formats import CsvFormat
from transforms.decode.accounting import Place, Scan
from transforms.decode.delimited import offered, with_line_feeds
from transforms.decode.opening import columns_in, end_above, opening_of
from transforms.decode.plaintext import as_utf8
from transforms.decode.records import Region, blocks_of
from transforms.decode.source import Source
from transforms.decode.tables import Decoded


def decode_joined(
    connection: duckdb.DuckDBPyConnection, sources: Iterator[Source], form: CsvFormat, table: str
) -> Iterator[tuple[Source, Decoded]]:
    """The tables of each run of files whose headers are alike; one is read before the next is asked for.

    Raises:
        SourceChanged: a file is not what the format promises.
    """
    run: _Run | None = None
    for source in sources:
        text = as_utf8(source, form.encoding)
        opening = opening_of(text, form)
        columns = columns_in(text, form, opening)
        region = replace(opening.region, end=end_above(text, form, opening.region))
        if run is not None and run.columns != columns:
            yield run.decoded(form, table)
            run = None
        run = run or _Run(connection, source, columns)
        run.take(text, region)
    if run is not None:
        yield run.decoded(form, table)


class _Run:
    """Files with the same columns, their records one after the other in one text."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, first: Source, columns: tuple[str, ...]
    ) -> None:
        self._connection, self.columns = connection, columns
        self._text = replace(first, path=first.copy_as("joined"), name=f"{first.name} (and those after it)")
        self._text.path.unlink(missing_ok=True)
        self._scan, self._size, self._marks = Scan(connection), 0, (b"", b"")

    def take(self, text: Source, region: Region) -> None:
        """The records of one more file; each keeps the line that it has there."""
        self._marks = (region.delimiter, region.quote)
        with self._text.path.open("ab") as out:
            for block in blocks_of(text, region):
                records = with_line_feeds(block)
                if not records.endswith(b"\n"):
                    records += b"\n"
                place = Place(self._size, len(records), self._scan.records, block.line, text.name)
                self._scan.take(block, place)
                self._size += out.write(records)

    def decoded(self, form: CsvFormat, table: str) -> tuple[Source, Decoded]:
        """The tables of what was taken."""
        region = Region(0, self._size, 1, *self._marks)
        self._scan.crlf = self._scan.lf = False  # every record ends with LF here
        given = (form, self.columns, table, region, 0, self._scan)
        return self._text, offered(self._connection, self._text, *given)
