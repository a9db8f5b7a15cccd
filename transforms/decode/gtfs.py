"""GTFS: one table out of a feed's zip, as it stands there."""

from __future__ import annotations

import zipfile
from dataclasses import replace

from contracts.errors import SourceChanged
from contracts.explaining import did_you_mean
from contracts.formats import CsvFormat, GtfsFormat
from contracts.gtfs import OPTIONAL, NotAFeed, members_in
from transforms.decode.packing import member_of, whole
from transforms.decode.source import Source


def gtfs_table(source: Source, form: GtfsFormat) -> tuple[Source, CsvFormat] | None:
    """The table's file and its dialect; none where it is an optional table that the feed does not have.

    Times stay text, for they pass 24:00 and are counted from noon minus 12 h of the service day.

    Raises:
        SourceChanged: no zip, a bomb, not a feed, or a required or unknown table is not there.
    """
    try:
        with whole(source, "zip", "GTFS"), zipfile.ZipFile(source.path) as archive:
            members = members_in(archive.namelist())
            name = members.get(form.table)
            if name is not None:
                file = member_of(source, archive, archive.getinfo(name))
                dialect = CsvFormat(type="csv", delimiter=",", encoding=form.encoding)
                return replace(file, name=f"{source.name}/{name}"), dialect
    except NotAFeed as error:
        raise source.changed(str(error), promised="a GTFS feed") from error
    if form.table in OPTIONAL:
        return None
    raise _unknown(source, form.table, list(members))


def _unknown(source: Source, table: str, tables: list[str]) -> SourceChanged:
    met = f"has no table {table!r}; it has {', '.join(sorted(tables))}"
    return source.changed(met, promised=f"{table}.txt", remedy=did_you_mean(table, tables) or "")
