"""What must hold between the parts of one contract: each rule gives the place and the sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from contracts.checking_audiences import audience_findings
from contracts.checking_models import model_findings
from contracts.dataset import Dataset
from contracts.durations import seconds_in
from contracts.explaining import did_you_mean
from contracts.field import EPOCHS, Field
from contracts.reading import Place
from contracts.units import unit_fault
from contracts.vocabulary import Vocabulary
from contracts.zones import is_time_zone

Finding = tuple[Place, str, str]
_CRON_UNITS = (
    r"[0-5]?\d", r"[01]?\d|2[0-3]", r"0?[1-9]|[12]\d|3[01]",
    r"0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", r"[0-7]|sun|mon|tue|wed|thu|fri|sat",
)  # fmt: skip
_CRON_PARTS = [rf"(?:\*|(?:{unit})(?:-(?:{unit}))?)(?:/[1-9]\d?)?" for unit in _CRON_UNITS]
_CRON = re.compile(" +".join(f"{part}(?:,{part})*" for part in _CRON_PARTS), re.IGNORECASE)
# RE2, which DuckDB runs, knows no look-around and no back-reference (github.com/google/re2/wiki/Syntax)
_NOT_RE2 = re.compile(r"\(\?(?:=|!|<=|<!|\()|\\[1-9]|\(\?P=")
# Years are read, or a day of 1900 is invented; the other codes of strptime read less than they promise.
_CODES = frozenset("YymdHIMSfjpzbBaA%")
_WHOLE = re.compile(r"[+-]?\d{1,18}").fullmatch
_GROWING = ("instant", "date", "integer")
_SUITED = {  # option → the types it means something for
    "values": {"enum", "integer"}, "digits": {"string", "enum"}, "joined_by": {"string", "instant"},
    "words": {"boolean"}, "zone": {"instant"}, "format": {"date", "instant"},
    "ambiguous": {"instant"}, "crs": {"geometry"}, "written_as": {"geometry"},
    "decimal_mark": {"number", "decimal"}, "thousands": {"number", "decimal", "integer"},
    "pattern": {"string", "siren", "siret"}, "max_length": {"string"},
    "min": {"integer", "number", "decimal"}, "max": {"integer", "number", "decimal"},
    "minus": {"integer", "number", "decimal"},
}  # fmt: skip


def findings_in(dataset: Dataset, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Everything in the contract that contradicts itself, its vocabulary or its model."""
    for name, field in dataset.fields.items():
        yield from _about_field(name, field)
        yield from _about_empty_as(dataset, name, field)
        yield from _about_commune(dataset, name, field)
    yield from _about_names(dataset)
    yield from audience_findings(dataset)
    yield from _about_duplicates(dataset)
    yield from _about_load(dataset)
    yield from model_findings(dataset, vocabulary)
    if dataset.schedule is not None and not _CRON.fullmatch(dataset.schedule):
        yield ("schedule",), f"{dataset.schedule!r} is not five cron fields", 'Write it like "15 4 * * *".'


def _about_field(name: str, field: Field) -> Iterator[Finding]:
    place: Place = ("fields", name)
    base = "decimal" if field.decimal else field.type
    for option, types in _SUITED.items():
        if option in field.model_fields_set and getattr(field, option) is not None and base not in types:
            yield (
                (*place, option),
                f"`{option}` means nothing for the type {base}",
                "Remove it, or set `type:`.",
            )
    if not field.about:
        yield place, "has no `about:`", "Say in one French sentence what it is."
    for option in ("pattern", "part"):
        if _NOT_RE2.search(getattr(field, option) or ""):
            met = "the pattern uses look-around or a back-reference, which the engine (RE2) does not know"
            yield (*place, option), met, "Write it without."
    yield from _about_unit(place, field, base)
    yield from _about_time(place, field)
    yield from _about_marks(place, field, base)
    yield from _about_words(place, field, base)
    first = field.several == "first" and base != "geometry"
    if len(field.source) > 1 and base not in ("instant", "string", "geometry") and not first:
        met = f"a {base} is made of one source column"
        yield (*place, "from"), met, "Name one, or write `several: first`."
    if field.several == "first" and (len(field.source) < 2 or not first):
        yield (*place, "several"), "needs several source columns of one value", "Remove it."
    if base == "geometry" and (len(field.source) == 2) == (field.written_as in ("lat_lon", "wkt", "geojson")):
        met = "a geometry comes from two columns [x, y], or from one with `written_as:`"
        yield place, met, "Give `from: [x, y]`, or `written_as: lat_lon | wkt | geojson`."
    if any(not column.strip() for column in field.source):
        yield (*place, "from"), "names nothing", "Give the source column's name."


def _about_empty_as(dataset: Dataset, name: str, field: Field) -> Iterator[Finding]:
    if field.empty_as is None:
        return
    place: Place = ("fields", name, "empty_as")
    if dataset.conforms_to is None:
        yield place, "is a word of a national schema, and none is claimed", "Claim one, or remove it."
    if name in dataset.key:
        yield place, f"{name!r} is in the key, which always has a value", "Remove it."


def _about_unit(place: Place, field: Field, base: str) -> Iterator[Finding]:
    if field.written_in is None:
        return
    if base not in ("integer", "number", "decimal"):
        yield (*place, "written_in"), f"a {base} has no unit", "Remove it, or set `type:`."
    elif field.unit is None:
        yield (*place, "written_in"), "needs the unit that is published", "Give `unit:`."
    elif fault := unit_fault(field.written_in, field.unit):
        yield (*place, "written_in"), *fault


def _about_commune(dataset: Dataset, name: str, field: Field) -> Iterator[Finding]:
    if field.else_commune_of is None:
        return
    place: Place = ("fields", name, "else_commune_of")
    points = [other for other, one in dataset.fields.items() if one.type == "geometry"]
    if field.else_commune_of not in points:
        hint = did_you_mean(field.else_commune_of, points)
        yield place, f"{field.else_commune_of!r} is no geometry of this contract", hint
    elif field.type != "string":
        yield place, f"a commune's code is a text, and this field {field.type}", "Remove `type:`."
    elif field.required or name in dataset.key:
        yield place, "an empty cell rejects its row, so there is nothing to fill", "Remove `required:`."


def _about_words(place: Place, field: Field, base: str) -> Iterator[Finding]:
    """What a code or a table of words needs, to be one."""
    if base == "integer" and (odd := [word for word in (field.values or {}).values() if not _WHOLE(word)]):
        yield (*place, "values"), f"{odd[0]!r} is no whole number", "Write 1, 2 …, or leave `type:` out."
    if field.joined_by is not None and len(field.source) < 2:
        yield (*place, "joined_by"), "there is one source column", "Remove it, or name several in `from:`."


def _about_time(place: Place, field: Field) -> Iterator[Finding]:
    if field.type in ("date", "instant") and field.format is not None:
        yield from _about_format((*place, "format"), field.format)
    if field.type != "instant":
        return
    offset_written = field.format is None or "%z" in field.format or field.format in EPOCHS
    if not offset_written and field.zone is None:
        met = "an instant written without an offset needs `zone:`"
        yield place, met, "Name the zone its clock shows: `zone: Europe/Paris`, or UTC."
    if field.zone is not None and not is_time_zone(field.zone):
        yield (*place, "zone"), f"{field.zone!r} is not a time zone", "Write it like Europe/Paris."


def _about_format(place: Place, written: str) -> Iterator[Finding]:
    if written in EPOCHS:
        return
    codes = re.findall(r"%(.?)", written)
    unknown = [f"%{code}" for code in codes if code not in _CODES or not code]
    if unknown:
        known = ", ".join(f"%{code}" for code in sorted(_CODES))
        yield place, f"{', '.join(unknown)} is not read", f"Known here: {known}."
    elif not {"Y", "y"} & set(codes):
        yield place, "names no year", "Write it like %d/%m/%Y."
    elif ("I" in codes) != ("p" in codes):
        yield place, "%I and %p go together: one alone leaves morning and evening alike", "Write %H, or both."


def _about_marks(place: Place, field: Field, base: str) -> Iterator[Finding]:
    """Two meanings of one word or one sign."""
    if base in ("number", "decimal") and field.thousands == field.decimal_mark:
        met = f"{field.thousands!r} is the mark of decimals and of thousands"
        yield (*place, "thousands"), met, "Set `decimal_mark:`, or remove it."
    if field.words is not None:
        both = {word.lower() for word in field.words.true} & {word.lower() for word in field.words.false}
        if both:
            yield (*place, "words"), f"{', '.join(sorted(both))} means true and false", "Keep one of them."


def _about_names(dataset: Dataset) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name in dataset.fields:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,62}", name):
            yield ("fields", name), "is not a column name", "Use letters without accents, digits and _."
        twin = seen.setdefault(name.lower(), name)
        if twin != name:
            yield ("fields", name), f"differs from {twin!r} by capitals only", "Rename one of them."
    for index, name in enumerate(dataset.key):
        if name not in dataset.fields:
            yield ("key", index), f"{name!r} is not a field", did_you_mean(name, dataset.fields)
    rows = dataset.quality.rows
    if rows is not None and rows[0] > rows[1]:
        yield ("quality", "rows"), f"{rows[0]} is above {rows[1]}", "Write the least first."
    freshness = dataset.quality.freshness
    if freshness is not None:
        dated = [name for name, field in dataset.fields.items() if field.type in ("date", "instant")]
        if freshness.field not in dated:
            met = f"{freshness.field!r} is no date or instant field"
            yield ("quality", "freshness", "field"), met, did_you_mean(freshness.field, dated)


def _about_duplicates(dataset: Dataset) -> Iterator[Finding]:
    if dataset.duplicates == "merge" and dataset.load.grows:
        met = f"`load: {{mode: {dataset.load.mode}}}` merges by the key anyway"
        yield ("duplicates",), met, "Remove it."


def _about_load(dataset: Dataset) -> Iterator[Finding]:
    by, overlap = dataset.load.by, dataset.load.overlap
    if by is None:
        return
    growing = [name for name, field in dataset.fields.items() if field.type in _GROWING]
    if by not in growing:
        met = f"{by!r} is no instant, date or integer field"
        yield ("load", "by"), met, did_you_mean(by, growing)
        return
    field = dataset.fields[by]
    if not field.required and by not in dataset.key:
        met = f"{by!r} may be empty: a record without it would be in no increment"
        yield ("load", "by"), met, f"Set `required: true` on {by}."
    if dataset.load.keep and field.type == "integer":
        yield ("load", "keep"), f"{by!r} is a number, of which no time is too long ago", "Remove it."
    if overlap is None:
        return
    if isinstance(overlap, int) != (field.type == "integer"):
        wanted = "a number" if field.type == "integer" else "a duration: 6 h, 3 d"
        yield ("load", "overlap"), f"{overlap!r} does not suit {by!r}, {field.type}", f"Write {wanted}."
    elif isinstance(overlap, str) and field.type == "date" and seconds_in(overlap) % 86_400:
        yield ("load", "overlap"), f"{overlap!r} is no whole number of days, and {by!r} a date", "Write 1 d."
