"""Where a contract's public output departs from the national schema that it claims, as far as it can be known
before a release."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.dataset import Dataset
from contracts.field import Field
from contracts.national import NationalColumn, NationalSchema
from contracts.reading import Place
from contracts.view import view_for

# What each type of a schema can be made of; any text is a text. None: nothing here is sure to be one.
_MADE_OF: dict[str, tuple[str, ...]] = {
    "integer": ("integer",), "year": ("integer",), "number": ("integer", "number", "decimal"),
    "boolean": ("boolean",), "date": ("date",), "datetime": ("instant",), "geopoint": ("geometry",),
}  # fmt: skip
_ANY = ("string", "any", "")
_LENGTHS = {"siren": 9, "siret": 14}
_TRIED = ("0", "7", "42", "1000000")  # held against a number's pattern: they refute, and prove nothing


@dataclass(frozen=True)
class Remark:
    """One thing to know of the output and the schema; `departs`: the file would not be valid."""

    place: Place
    met: str
    remedy: str = ""
    departs: bool = True


def remarks_on(dataset: Dataset, schema: NationalSchema) -> Iterator[Remark]:
    """The departures, column by column in the schema's order; then what the CSV leaves empty or out."""
    if "public" not in dataset.audiences:
        yield Remark(("conforms_to",), "has no public CSV that could conform", "Remove the claim.")
        return
    view = view_for(dataset, "public")
    for column in schema.columns:
        field = view.fields.get(column.name)
        if field is not None:
            yield from _about_column(dataset, column, field)
        elif column.required:
            hidden = column.name in dataset.fields
            met = f"{column.name!r}, which {schema.id} requires, is {'hidden' if hidden else 'no field'}"
            remedy = "Show it, or do not claim the schema." if hidden else "Add it."
            yield Remark(("fields", column.name) if hidden else ("conforms_to",), met, remedy)
    yield from _about_key(dataset, schema)
    names = {column.name for column in schema.columns}
    lacking = [one.name for one in schema.columns if not one.required and one.name not in view.fields]
    if lacking:
        yield Remark(("conforms_to",), f"its CSV leaves empty {_named(lacking)}", departs=False)
    for name in view.fields:
        if name not in names:
            met = f"is no column of {schema.id}: in the other files, not in the CSV"
            yield Remark(("fields", name), met, departs=False)


def _about_key(dataset: Dataset, schema: NationalSchema) -> Iterator[Remark]:
    if schema.key and not set(dataset.key) <= set(schema.key):
        met = f"the key of {schema.id} is {', '.join(schema.key)}, and here {', '.join(dataset.key)}"
        yield Remark(("key",), met, "Two rows may share the schema's key: take it as `key:`.")


def _about_column(dataset: Dataset, column: NationalColumn, field: Field) -> Iterator[Remark]:
    place: Place = ("fields", column.name)
    base = "decimal" if field.decimal else field.type
    if column.type not in _ANY and base not in _MADE_OF.get(column.type, ()):
        met = f"is {base}, and the schema's column {column.type}"
        made = " or ".join(_MADE_OF.get(column.type, ()))
        yield Remark(place, met, f"Set `type: {made}`." if made else "Nothing here writes such cells.")
        return
    filled = field.required or field.empty_as is not None or column.name in dataset.key
    if column.required and not filled:
        remedy = "Set `required: true`, or `empty_as:` if the schema has a word for no value."
        yield Remark(place, "may be empty, and the schema requires it", remedy)
    if column.unique and dataset.key != (column.name,):
        yield Remark(place, "may come twice, and the schema has it unique", "Make it the `key:`.")
    yield from _about_texts(place, column, field, base)
    yield from _about_bounds(place, column, field)


def _about_texts(place: Place, column: NationalColumn, field: Field, base: str) -> Iterator[Remark]:
    listed = _listed(field)
    words = [*listed, *([field.empty_as] if field.empty_as else [])]
    if column.enum is not None:
        strange = [word for word in words if word not in column.enum]
        if not listed:
            remedy = f"Set `type: enum` with `values:` of {_named(list(column.enum))}."
            yield Remark(place, "is not held to the schema's list", remedy)
        elif strange:
            met = f"may be {_named(strange)}, outside of the schema's list"
            yield Remark(place, met, "Map it to a word of the list.")
    if column.pattern is not None:
        yield from _about_pattern(place, column.pattern, field, base, words)
    if column.max_length is not None:
        longest = max([len(word) for word in words], default=None) if listed else field.max_length
        longest = _LENGTHS.get(base, longest)
        if longest is None and field.pattern is None:
            met = f"may be longer than the schema's {column.max_length} characters"
            yield Remark(place, met, f"Set `max_length: {column.max_length}`.")
        elif longest is not None and longest > column.max_length:
            met = f"may have {longest} characters, and the schema takes {column.max_length}"
            yield Remark(place, met, f"Set `max_length: {column.max_length}`.")


def _about_pattern(place: Place, pattern: str, field: Field, base: str, words: list[str]) -> Iterator[Remark]:
    whole = _bare(pattern)
    if base in _LENGTHS:
        samples = ["1" * _LENGTHS[base], *words]
    elif base in ("integer", "number", "decimal"):
        negative = [] if field.min is not None and field.min >= 0 else ["-1"]
        samples = [*_TRIED, *negative, *words]
    elif _listed(field):
        samples = words
    elif field.pattern is None:
        yield Remark(place, f"is not held to the schema's pattern {whole}", f"Set `pattern: '{whole}'`.")
        return
    else:
        if _bare(field.pattern) != whole:
            met = f"is held to {field.pattern}, not to the schema's {whole}: each release counts what departs"
            yield Remark(place, met, departs=False)
        samples = [field.empty_as] if field.empty_as else []
    strange = [sample for sample in samples if sample and not re.fullmatch(whole, sample)]
    if strange:
        yield Remark(place, f"may be {_named(strange)}, which the schema's pattern {whole} refuses")


def _about_bounds(place: Place, column: NationalColumn, field: Field) -> Iterator[Remark]:
    for option, own, bound, sign in (
        ("min", field.min, column.minimum, 1), ("max", field.max, column.maximum, -1),
    ):  # fmt: skip
        if bound is not None and (own is None or sign * own < sign * bound):
            met = f"is not held to the schema's {'minimum' if sign > 0 else 'maximum'} of {bound:g}"
            yield Remark((*place, option), met, f"Set `{option}: {bound:g}`.")


def _listed(field: Field) -> list[str]:
    """All words that the field may hold, where it has a list of them, or a pattern that is one: `a|b`."""
    if field.values:
        return [*dict.fromkeys(field.values.values())]
    pattern = field.pattern or ""
    return pattern.split("|") if "|" in pattern and re.fullmatch(r"[\w' |-]+", pattern) else []


def _bare(pattern: str) -> str:
    """The pattern without the anchors that it has where the whole text is meant anyway."""
    bare = pattern.removeprefix("^").removesuffix("$")
    group = re.fullmatch(
        r"\((?:\?:)?([^()]*)\)", bare
    )  # (a|b), the bars of which need it beside anchors alone
    return group[1] if group else bare


def _named(names: list[str], most: int = 8) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + rest
