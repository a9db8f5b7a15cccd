"""A file as everything that can be read out of it, container by container."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from contracts.errors import PrivacyRefused
from privacy.scan.archives import COMPRESSED, XZ, decompressed, parts_of_zip
from privacy.scan.columnar import units_in_parquet
from privacy.scan.databases import units_in_database
from privacy.scan.documents import JPEG, PDF, PNG, parts_of_pdf, units_in_image
from privacy.scan.parts import MOST_DEPTH, Allowance, Member, Unit, size_of
from privacy.scan.texts import decoded_forms

WINDOW = 1 << 22  # bytes looked at together
OVERLAP = 1 << 14  # of two windows: longer than any value that is looked for, however it is escaped
_PARQUET, _SQLITE, _ZIP = b"PAR1", b"SQLite format 3\0", (b"PK\x03\x04", b"PK\x05\x06")


def units_in(path: Path, name: str) -> Iterator[Unit]:
    """Its name, its bytes, its texts with their escapes undone, and all of that for whatever it contains.

    `name` is what readers know it by; every place begins with it. Bytes come in overlapping windows, so
    memory does not grow with the file (a SQLite file and an image apart, which are read whole).

    Raises:
        PrivacyRefused: something in it cannot be looked into: encrypted, damaged, nested or inflated
            beyond measure. A proof that skips it would be none.
    """
    yield Unit("the name of a file", name.encode())
    for way, content in decoded_forms(name.encode()):
        yield Unit(f"the name of a file ({way})", content)
    with path.open("rb") as stream:
        yield from _units(name, stream, Allowance.of(name, path.stat().st_size), 0)


def _units(place: str, stream: IO[bytes], allowance: Allowance, depth: int) -> Iterator[Unit]:
    if depth > MOST_DEPTH:
        raise PrivacyRefused(place, f"is nested more than {MOST_DEPTH} deep", remedy="Unpack it.")
    yield from _plain(place, stream)
    for part in _parts(place, stream, allowance):
        if isinstance(part, Unit):
            yield from _with_forms(part)
            continue
        with allowance.spool(part) as inner:
            yield from _units(part.place, inner, allowance, depth + 1)


def _plain(place: str, stream: IO[bytes]) -> Iterator[Unit]:
    """The bytes as they are, window by window, each with its escapes undone."""
    size_of(stream)
    tail = b""
    while chunk := stream.read(WINDOW):
        yield from _with_forms(Unit(place, tail + chunk))
        tail = (tail + chunk)[-OVERLAP:]


def _with_forms(unit: Unit) -> Iterator[Unit]:
    yield unit
    for way, content in decoded_forms(unit.content):
        yield Unit(f"{unit.place} ({way})", content)


def _parts(place: str, stream: IO[bytes], allowance: Allowance) -> Iterator[Unit | Member]:
    """What the file contains, by what it begins with, whatever its name."""
    size = size_of(stream)
    head = stream.read(16)
    stream.seek(0)
    if head.startswith(_PARQUET):
        yield from units_in_parquet(place, stream, allowance)
    elif head.startswith(_SQLITE):
        allowance.spend(size)
        yield from units_in_database(place, stream)
    elif head.startswith((XZ, *COMPRESSED)):
        yield from decompressed(place, stream, head)
    elif head.startswith(PDF):
        yield from parts_of_pdf(place, stream.read(), allowance)
    elif head.startswith((JPEG, PNG)):
        yield from units_in_image(place, stream.read())
    elif head.startswith(_ZIP) or zipfile.is_zipfile(stream):  # also behind something prepended
        yield from parts_of_zip(place, stream, allowance)
