"""Formats whose files make one table together, not one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import duckdb

from contracts.errors import SourceChanged
from contracts.formats import Datex2Format, Format, GbfsFormat
from transforms.decode.columns import ColumnTable
from transforms.decode.datex2 import take_datex2
from transforms.decode.gbfs import take_gbfs
from transforms.decode.source import Source
from transforms.decode.tables import Decoded

JOINED = (GbfsFormat, Datex2Format)


def decode_feed(
    connection: duckdb.DuckDBPyConnection, sources: Iterable[Source], form: Format, *, table: str, place: str,
    promised: Sequence[str] = (),
) -> Decoded:  # fmt: skip
    """The tables of all files; see `decoding.decode`. Each is read before the next is asked for.

    Raises:
        SourceChanged: a file is missing, or is not what the format promises.
    """
    given = iter(sources)
    first = next(given, None)
    if first is None:
        raise SourceChanged(place, "the source sent no files", promised=form.type)
    tables = ColumnTable(connection, first, table)
    every = chain((first,), given)
    if isinstance(form, GbfsFormat):
        take_gbfs(tables, every, form, place)
    elif isinstance(form, Datex2Format):
        take_datex2(tables, every, form, place)
    return tables.close(promised)
