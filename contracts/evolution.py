"""How a release's columns and rows departed from the release before: what breaks, and the sentence for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import Field as Setting

from contracts.batch import Changes, Column, FileEntry
from contracts.errors import ConcentratorError, QualityRefused
from contracts.model import Frozen

NAMED = 4  # columns that a sentence names; above, it counts them, and the record has the names


class SchemaDifference(Frozen):
    """Names of columns: `added` and `retyped` in the new order, `removed` in the old one."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = Setting((), description="Of another type, or of another unit than stated.")

    @property
    def breaking(self) -> bool:
        """Whether a reader's program may stop or go wrong; a new column stops nobody."""
        return bool(self.removed or self.retyped)


class Counted(Frozen):
    """What the difference by row counts; all four are 0 where the rows cannot be compared."""

    rows_before: int
    rows_after: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    cells: int = 0
    rekeyed: bool = Setting(False, description="The key is another, so no row has its counterpart.")


def schema_difference(before: tuple[Column, ...], after: tuple[Column, ...]) -> SchemaDifference:
    """What happened to the columns between two releases of one audience.

    A unit that is stated for the first time tells more of the same values; another unit, or none any more,
    makes them others.
    """
    old, new = _by_name(before), _by_name(after)
    return SchemaDifference(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        retyped=tuple(name for name in new if name in old and _departs(old[name], new[name])),
    )


def refusal_of_evolution(
    dataset_id: str,
    before: tuple[Column, ...],
    after: tuple[Column, ...],
    deprecated: Mapping[str, date],
    today: date,
) -> ConcentratorError | None:
    """The refusal of a release whose columns leave or change type before their day, or None.

    A field's day is the contract's, or else the one that the release before announced; on that day it may go.
    """
    old, new = _by_name(before), _by_name(after)
    days = {name: column.deprecated for name, column in old.items() if column.deprecated} | dict(deprecated)
    difference = schema_difference(before, after)
    early = [
        name for name in (*difference.removed, *difference.retyped)
        if name not in days or days[name] > today
    ]  # fmt: skip
    if not early:
        return None
    fates = ", ".join(_fate(old[name], new.get(name), days.get(name)) for name in early)
    lines = ", ".join(f"{name}: {days.get(name, '<date>')}" for name in early)
    return QualityRefused(
        dataset_id,
        f"of the fields that readers have, {fates}",
        promised="that each stays as it is until the day announced under `deprecated:`",
        remedy=f"Keep them until then, with `deprecated: {{{lines}}}` in the contract.",
    )


def changes_of(
    dataset_id: str,
    release_id: str,
    previous_release_id: str,
    counted: Counted,
    schema: SchemaDifference,
    files: tuple[FileEntry, ...],
) -> Changes:
    """The record of a release's changes; `files` is empty exactly where the rows cannot be compared."""
    return Changes(
        dataset_id=dataset_id, release_id=release_id, previous_release_id=previous_release_id,
        rows_before=counted.rows_before, rows_after=counted.rows_after, added=counted.added,
        removed=counted.removed, changed=counted.changed, cells=counted.cells,
        columns_added=schema.added, columns_removed=schema.removed, columns_retyped=schema.retyped,
        breaking=schema.breaking or counted.rekeyed, sentence=sentence_of(counted, schema), files=files,
    )  # fmt: skip


def sentence_of(counted: Counted, schema: SchemaDifference) -> dict[str, str]:
    """`fr` and `en`: one sentence, rows first, then columns; what did not happen is not mentioned."""
    french = [_french_rows(counted), *_french_columns(schema)]
    english = [_english_rows(counted), *_english_columns(schema)]
    return {"fr": "\u202f; ".join(french) + ".", "en": "; ".join(english) + "."}


def _by_name(columns: tuple[Column, ...]) -> dict[str, Column]:
    return {column.name: column for column in columns}


def _departs(before: Column, after: Column) -> bool:
    return _type(before) != _type(after) or before.unit not in (None, after.unit)


def _type(column: Column) -> str:
    """`decimal(12, 2)` is `decimal(12,2)`."""
    return column.type.replace(" ", "")


def _fate(before: Column, after: Column | None, day: date | None) -> str:
    """`"nb" becomes number instead of integer (announced for 2027-01-01)`."""
    fate = f"becomes {_kind(after)} instead of {_kind(before)}" if after else "leaves"
    return f'"{before.name}" {fate}' + (f" (announced for {day})" if day else "")


def _kind(column: Column) -> str:
    return f"{_type(column)} in {column.unit}" if column.unit else _type(column)


def _french_rows(counted: Counted) -> str:
    if counted.rekeyed:
        return "La clé a changé, les lignes ne se comparent pas à celles de la version précédente"
    happened = [
        (counted.added, "ajoutée", ""),
        (counted.removed, "retirée", ""),
        (counted.changed, "modifiée", f" ({_french(counted.cells, 'valeur')})"),
    ]
    told = [
        f"{_french(count, word)}{more}"
        if index
        else f"{_french(count, 'ligne')} {_plural(count, word)}{more}"
        for index, (count, word, more) in enumerate(part for part in happened if part[0])
    ]
    return ", ".join(told) or "Aucune ligne changée"


def _french(count: int, word: str) -> str:
    """`1 234 lignes`, with no-break spaces."""
    return f"{count:,}".replace(",", "\u202f") + f"\u00a0{_plural(count, word)}"


def _plural(count: int, word: str) -> str:
    return word if count < 2 else f"{word}s"


def _french_columns(schema: SchemaDifference) -> list[str]:
    words = (
        (schema.added, "ajoutée", ""),
        (schema.removed, "retirée", ""),
        (schema.retyped, "redéfinie", " (type ou unité)"),
    )
    return [
        f"{_french_names(names)} {_plural(len(names), word)}{more}" for names, word, more in words if names
    ]


def _french_names(names: tuple[str, ...]) -> str:
    if len(names) > NAMED:
        return _french(len(names), "colonne")
    return f"{_plural(len(names), 'colonne')} " + _joined([f"«\u00a0{name}\u00a0»" for name in names], "et")


def _english_rows(counted: Counted) -> str:
    if counted.rekeyed:
        return "The key changed, rows cannot be compared with those of the previous release"
    values = f"({_english(counted.cells, 'value')})"
    happened = [
        (counted.added, "added"),
        (counted.removed, "removed"),
        (counted.changed, f"changed {values}"),
    ]
    told = [
        f"{count:,} {word}" if index else f"{_english(count, 'row')} {word}"
        for index, (count, word) in enumerate(part for part in happened if part[0])
    ]
    return ", ".join(told) or "No row changed"


def _english(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _english_columns(schema: SchemaDifference) -> list[str]:
    words = (
        (schema.added, "added"), (schema.removed, "removed"), (schema.retyped, "redefined (type or unit)"),
    )  # fmt: skip
    return [f"{_english_names(names)} {word}" for names, word in words if names]


def _english_names(names: tuple[str, ...]) -> str:
    if len(names) > NAMED:
        return _english(len(names), "column")
    noun = "column" if len(names) == 1 else "columns"
    return f"{noun} " + _joined([f'"{name}"' for name in names], "and")


def _joined(names: list[str], word: str) -> str:
    """`a, b and c`."""
    return f" {word} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
