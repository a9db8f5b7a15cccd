"""A GTFS feed: one zip at one address, looked into before it is landed."""

from __future__ import annotations

import csv
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from errno import EINVAL
from io import TextIOWrapper

from connectors.connector import Fetched, Visit
from connectors.http_file import HttpFile
from contracts.connection import Connection
from contracts.errors import SourceChanged
from contracts.formats import Format, GtfsFormat
from contracts.gtfs import OPTIONAL, NotAFeed, members_in

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, struct.error)
_LARGEST = 64 << 20  # bytes of a calendar, unpacked; that of Île-de-France has some hundred kB


class Gtfs(HttpFile):
    """What a contract says of `kind: gtfs`; which of its tables, by `format: {type: gtfs, table: stops}`."""

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """The zip as it was sent, or none where the source answers 304.

        An optional table that the feed does not have counts as none of its records. A feed whose service has
        ended, or not begun, is a warning.

        Raises:
            SourceUnavailable, SourceIncomplete: as the session.
            SourceChanged: it is no zip, or required files are missing.
        """
        fetched = super().fetch(connection, visit)
        if fetched.unchanged:
            return fetched
        (file,) = fetched.files
        try:
            with zipfile.ZipFile(file.path) as archive:
                members = members_in(archive.namelist())
                odd = tuple(_odd(_days(archive, members), visit.clock().date()))
        except NotAFeed as error:
            raise SourceChanged(visit.place, f"{file.name} {error}", promised="a GTFS feed") from error
        except (OSError, RuntimeError, *_BROKEN) as error:
            if isinstance(error, OSError) and error.errno != EINVAL:
                raise  # EINVAL is a place before the file's beginning; the others are the disk's
            remedy = "Ask the source for it again."
            raise SourceChanged(
                visit.place, f"{file.name} is no whole zip ({error})", promised="GTFS", remedy=remedy
            ) from error
        update: dict[str, object] = {
            "warnings": odd,
            "proof": f"{fetched.proof}; {len(members)} files in the zip",
        }
        wanted = visit.promised.table if isinstance(visit.promised, GtfsFormat) else None
        if wanted in OPTIONAL and wanted not in members:
            update |= {"rows": 0, "expected": 0, "proof": f"{fetched.proof}; the feed has no {wanted}.txt"}
        return fetched.model_copy(update=update)

    def format_fault(self, promised: Format) -> tuple[str, str] | None:
        """None for one of its tables."""
        fits = isinstance(promised, GtfsFormat)
        return (
            None if fits else ("a timetable is a zip of tables", "Say `format: {type: gtfs, table: stops}`.")
        )


def _days(archive: zipfile.ZipFile, members: Mapping[str, str]) -> list[date]:
    """The days on which service begins and ends, and those that are added to it."""
    days = []
    for row in _rows(archive, members.get("calendar")):
        days += [row.get("start_date"), row.get("end_date")]
    for row in _rows(archive, members.get("calendar_dates")):
        if row.get("exception_type") == "1":
            days.append(row.get("date"))
    return [day for text in days if (day := _day(text)) is not None]


def _rows(archive: zipfile.ZipFile, name: str | None) -> Iterator[dict[str, str]]:
    """The rows of a small table; none where there is no such file, or it is a large one."""
    if name is None or archive.getinfo(name).file_size > _LARGEST:
        return
    with archive.open(name) as raw, TextIOWrapper(raw, "utf-8-sig", "replace", newline="") as text:
        yield from csv.DictReader(text, skipinitialspace=True)


def _day(text: str | None) -> date | None:
    try:
        return datetime.strptime((text or "").strip(), "%Y%m%d").date()
    except ValueError:
        return None


def _odd(days: list[date], today: date) -> Iterator[str]:
    if days and max(days) < today:
        yield f"the feed has expired: its last day of service was {max(days)}"
    if days and min(days) > today:
        yield f"the feed is not yet in force: its first day of service is {min(days)}"
