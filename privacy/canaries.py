"""Canaries: values that the public must never see, planted in a source to prove that it does not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from contracts.constants import has_luhn_key
from contracts.dataset import Dataset
from contracts.field import Field
from contracts.model import Frozen

ROWS = 16  # public rows that get canaries in their hidden columns
HIDDEN_ROWS = 4  # where `public_rows` hides some
BESIDE = 8
_LEAST = 8  # signs: no shorter canary is planted, it could be met by accident
_UNDECLARED = 2
Laid = tuple[tuple[str, ...], tuple[str, ...]]  # the source's cells, the needles that they bear


class Planting(Frozen):
    """What to write into a copy of a source (source column → cell), and what to look for afterwards.

    `needles`: name → value; a name tells kind, column and row, never the value.
    """

    overlays: tuple[dict[str, str], ...]
    hidden_rows: tuple[dict[str, str], ...]
    unfit_rows: tuple[dict[str, str], ...]
    beside: tuple[str, ...]
    needles: dict[str, str]


def canaries_for(dataset: Dataset, seed: int) -> Planting:
    """Canaries for every place of a source that the public must not see; the same for the same seed.

    `overlays` go over as many public rows: hidden columns, ignored ones, and columns that nobody declared,
    whose names are canaries too. `hidden_rows` go over copies of a public row and make it fail
    `public_rows`, with canaries in all columns that can hold one. `unfit_rows` go over public rows: cells
    that do not fit; the first is kept with these cells void, the second rejected. None where a contract
    bears no misfit. `beside` are texts for file names, headers and
    metadata. Columns of few words (enum, boolean, a short pattern) bear no canary.
    """
    nest = _Nest(dataset, seed)
    undeclared = [nest.text(f"undeclared column {number}") for number in range(_UNDECLARED)]
    kept = dataset.quality.rejected > 0 and dataset.quality.misfits == "discard"
    return Planting(
        overlays=tuple(nest.overlay(row, undeclared) for row in range(ROWS)),
        hidden_rows=tuple(nest.hidden_row(row) for row in range(HIDDEN_ROWS if dataset.public_rows else 0)),
        unfit_rows=tuple(nest.unfit_row(rejected) for rejected in (False, True)) if kept else (),
        beside=tuple(nest.text(f"beside {number}") for number in range(BESIDE)),
        needles=nest.needles,
    )


class _Nest:
    """Lays canaries and remembers each under its name."""

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self.dataset = dataset
        self.needles: dict[str, str] = {}
        self._seed = f"{seed} {dataset.id}"
        self._laid = 0

    def text(self, name: str) -> str:
        """A text that stands nowhere else, under that name."""
        return self._kept(name, _text(self._number()))

    def overlay(self, row: int, undeclared: list[str]) -> dict[str, str]:
        cells: dict[str, str] = {}
        for name, field in self.dataset.fields.items():
            if not field.public and _is_plain(field) and self._may_bear(name):
                cells |= self._cells(name, field, f"hidden column {name}, row {row}", cells)
        for column in (*(one for one in self.dataset.ignores if "*" not in one), *undeclared):
            what = "ignored" if column in self.dataset.ignores else "undeclared"
            number = undeclared.index(column) if what == "undeclared" else column
            cells[column] = self.text(f"{what} column {number}, row {row}")
        return cells

    def hidden_row(self, row: int) -> dict[str, str]:
        """A canary in a column of words fails its condition; where there is none, an empty cell does."""
        cells: dict[str, str] = {}
        failing = [
            one.field for one in self.dataset.public_rows
            if (one.among or one.equals is not None) and _cell(self.dataset.fields[one.field], 0)
        ]  # fmt: skip
        if not failing:
            first = self.dataset.public_rows[0].field
            cells = dict.fromkeys(self.dataset.source_columns[first], "")
        # Instants first: what another field reads of the same column then agrees with them.
        for name, field in sorted(self.dataset.fields.items(), key=lambda one: one[1].type != "instant"):
            cells |= self._cells(name, field, f"hidden row {row}, column {name}", cells)
        return cells

    def unfit_row(self, rejected: bool) -> dict[str, str]:
        """Cells that no type can read; in a row that is kept none of those that it needs."""
        cells: dict[str, str] = {}
        needed = {
            column
            for name, field in self.dataset.fields.items() if field.required or name in self.dataset.key
            for column in field.source or (name,)
        }  # fmt: skip
        for name, field in self.dataset.fields.items():
            sources = field.source or (name,)
            anything = not _is_plain(field) or (field.type == "string" and not field.pattern)
            if len(sources) > 1 or sources[0] in cells or anything:
                continue
            if rejected or sources[0] not in needed:
                cells[sources[0]] = self.text(f"unfit cell, {name}, {'rejected' if rejected else 'kept'}")
        return cells

    def _cells(self, name: str, field: Field, label: str, taken: dict[str, str]) -> dict[str, str]:
        """The source's cells of one field, with its canary; none where it can bear none."""
        sources = field.source or (name,)
        borne = _is_plain(field) and not taken.keys() & set(sources)
        laid = _cell(field, self._number()) if borne else None
        if laid is None or len(laid[0]) != len(sources):
            return {}
        cells, needles = laid
        for number, needle in enumerate(needles):
            self._kept(f"{label}{f', part {number}' if number else ''}", needle)
        return dict(zip(sources, cells, strict=True))

    def _may_bear(self, name: str) -> bool:
        """Whether no public field shows the same source column, but a day of an instant."""
        fields, mine = self.dataset.fields, self.dataset.source_columns[name]
        sharing = [
            fields[other] for other, columns in self.dataset.source_columns.items()
            if fields[other].public and set(columns) & set(mine)
        ]  # fmt: skip
        return not sharing or (
            fields[name].type == "instant" and all(other.type == "date" for other in sharing)
        )

    def _number(self) -> int:
        """At most five digits, more each time."""
        self._laid += 1
        return int(hashlib.sha256(self._seed.encode()).hexdigest(), 16) % 50_000 + self._laid * 7

    def _kept(self, name: str, value: str) -> str:
        self.needles[name] = value
        return value


def _is_plain(field: Field) -> bool:
    """Whether the field is its source's cells: not fixed, nor a part, a difference or a table of words."""
    made = (field.fixed, field.part, field.minus, field.digits, field.written_in)
    return not any(made) and not (field.values and field.type == "integer")


def _cell(field: Field, number: int) -> Laid | None:
    """The source's cells and the needles of a canary of that type; None where it can bear none."""
    kind = "decimal" if field.decimal else field.type
    laid = _LAYING[kind](field, number) if kind in _LAYING else None
    return laid if laid is None or all(len(needle) >= _LEAST for needle in laid[1]) else None


def _text(number: int) -> str:
    digest = hashlib.sha256(f"canary {number}".encode()).digest()
    token = "".join(chr(ord("A") + byte % 26) for byte in digest[:6])
    return f"Kerguélen {token} {number:05}"


def _string(field: Field, number: int) -> Laid | None:
    for text in (_text(number), f"693{number:05}4935", f"K{number:05}69"):
        fits = field.pattern is None or re.fullmatch(field.pattern, text)
        if fits and len(text) <= (field.max_length or 1000):
            return (text + (field.drop_suffix or ""),), (text,)
    return None


def _whole(field: Field, number: int) -> Laid | None:
    text = str(6_930_000_000 + number)
    return ((text,), (text,)) if _within(field, float(text)) else None


def _number(field: Field, number: int) -> Laid | None:
    text = f"69.31{number:05}"
    return ((text.replace(".", field.decimal_mark),), (text,)) if _within(field, float(text)) else None


def _decimal(field: Field, number: int) -> Laid | None:
    precision, scale = field.decimal or (0, 0)
    digits = f"693{number:05}1"[: max(precision - scale, 0)]
    text = f"{digits}.{'4935' * 5}"[: len(digits) + 1 + scale].rstrip(".")
    fits = digits and len(digits) >= 8 and _within(field, float(text))
    return ((text.replace(".", field.decimal_mark),), (text,)) if fits else None


def _within(field: Field, value: float) -> bool:
    return (field.min is None or value >= field.min) and (field.max is None or value <= field.max)


def _date(field: Field, number: int) -> Laid | None:
    day = date(1875, 3, 7) - timedelta(days=number)  # older than anything that a city publishes
    return (day.strftime(field.format or "%Y-%m-%d"),), (day.isoformat(),)


def _instant(field: Field, number: int) -> Laid | None:
    """A moment of 2001 with its fraction of a second: its day may be public. Later ones are laid later."""
    moment = datetime(2001, 1, 1, 12, tzinfo=UTC) + timedelta(minutes=number, microseconds=693_001)
    if field.format in ("epoch_s", "epoch_ms") or field.zone:
        return None
    written = moment.strftime(field.format or "%Y-%m-%dT%H:%M:%S.%fZ")
    return (written,), (f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}",)


def _numbered(length: int) -> Callable[[Field, int], Laid]:
    def laid(field: Field, number: int) -> Laid:
        first = f"693{number:05}49351"[: length - 1]
        digits = next(first + key for key in "0123456789" if has_luhn_key(first + key))
        return (digits,), (digits,)

    return laid


def _point(field: Field, number: int) -> Laid | None:
    """A point at Kerguelen, where no city of France is."""
    x, y = f"69.3{number:05}7", f"-49.35{number:05}"
    if field.crs != "EPSG:4326":
        return None
    if len(field.source) == 2:
        return (x, y), (x, y)
    written = {
        "lat_lon": f"{y},{x}", "wkt": f"POINT ({x} {y})",
        "geojson": f'{{"type": "Point", "coordinates": [{x}, {y}]}}',
    }  # fmt: skip
    return ((written[field.written_as],), (x, y)) if field.written_as in written else None


_LAYING: dict[str, Callable[[Field, int], Laid | None]] = {
    "string": _string, "integer": _whole, "number": _number, "decimal": _decimal, "date": _date,
    "instant": _instant, "siren": _numbered(9), "siret": _numbered(14), "geometry": _point,
}  # fmt: skip
