"""From a fetched file to what a contract would say of it, each guess counted over all of its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import duckdb

from contracts.formats import Format
from contracts.vocabulary import Vocabulary
from proposal.choosing import Chosen, chosen
from proposal.columns import Table, table_of
from proposal.dialect import Written
from proposal.draft import Draft, listed, located, measured, named
from proposal.formats import format_of, model_of
from proposal.keys import Key, key_of
from proposal.moments import is_clock
from proposal.national import Likeness, likeness_of
from proposal.people import suspected
from transforms.decode.decoding import decode, decode_batch
from transforms.decode.source import Source
from transforms.decode.tables import Decoded
from transforms.engine import engine

STEPS = ("format", "reading", "types", "persons", "key")  # what `looking` is told, in this order
_MISFITS = 0.04  # share of rows with misfits, all fields together; `quality.rejected` allows 0.05


@dataclass(frozen=True)
class Proposal:
    """All that was found; `twins` counts the rows that the key does not tell apart."""

    format: dict[str, Any]
    rows: int
    ragged: int
    drafts: tuple[Draft, ...]
    key: tuple[str, ...]
    twins: int
    likeness: Likeness | None
    notes: tuple[str, ...]


def proposal_for(
    sources: Sequence[Source], vocabulary: Vocabulary, zone: str, *, form: dict[str, Any] | None = None,
    counted: bool = False, looking: Callable[[str], None] = lambda step: None,
) -> Proposal:  # fmt: skip
    """What the files of one source hold; `zone` is that of clock times without an offset.

    `form` is their format where it is known, else their bytes tell it, those of the first for all. `counted`
    says that the connector counted their records.

    Raises:
        SourceChanged: they hold no table that can be read, or several.
    """
    looking("format")
    first, vocabulary = sources[0], vocabulary.by_name
    written = Written(form) if form else format_of(first)
    with engine(first.scratch / "proposal") as connection:
        # Its search grows with the square of the columns: two minutes for 1,000 (DuckDB 2.0.1).
        connection.execute("SET disabled_optimizers = 'common_subexpressions'")
        looking("reading")
        decoded = _decoded(connection, sources, model_of(written.format), counted)
        table = table_of(connection, decoded)
        _refuse_ragged(first, table)
        looking("types")
        found = _within_reason(chosen(connection, table.columns, vocabulary, zone), table.rows)
        likeness = likeness_of(decoded.columns)
        exact = likeness is not None
        drafts = located(connection, named(found, vocabulary, exact=exact), vocabulary, exact=exact)
        looking("persons")
        drafts = _suspicious(connection, drafts)
        drafts = [measured(draft) for draft in listed(connection, drafts)]
        looking("key")
        key = _key(connection, drafts, table.rows)
    names = {draft.chosen.column.name: draft.name for draft in drafts}
    columns = tuple(names[column] for column in key.columns) if key else (drafts[0].name,)
    return Proposal(
        format=written.format, rows=table.rows, ragged=table.ragged, drafts=tuple(drafts), key=columns,
        twins=key.twins if key else table.rows, likeness=likeness,
        notes=(*written.notes, *_about(table, drafts)),
    )  # fmt: skip


def _decoded(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], form: Format, counted: bool
) -> Decoded:
    """All files as one table of text, as the stage standardize reads them."""
    if len(sources) > 1:
        return decode_batch(
            connection, sources, form, table="source", place=sources[0].place, counted=counted
        )
    (one,) = sources
    return decode(
        connection, one.path, one.name, form, table="source", scratch=one.scratch, place=one.place
    )  # fmt: skip


def _refuse_ragged(source: Source, table: Table) -> None:
    """A table most of whose rows have more cells than its header names is laid out otherwise."""
    if table.ragged > table.rows:
        rows = table.rows + table.ragged
        met = f"has {table.ragged} of {rows} rows with another number of cells than its header"
        remedy = (
            "Is it laid out in repeated blocks? Then it needs a `reshape:`, or another sheet or delimiter."
        )
        raise source.changed(met, promised="one header for all columns", remedy=remedy)


def _within_reason(found: Sequence[Chosen], rows: int) -> list[Chosen]:
    """The readings, the least sound of them given up while together they would refuse the batch."""
    misfits = {one.column.name: one.fit.filled - one.fit.fits for one in found}
    kept = list(found)
    while sum(misfits.values()) > rows * _MISFITS:
        worst = max(misfits, key=lambda name: misfits[name])
        misfits[worst] = 0
        kept = [_given_up(one) if one.column.name == worst else one for one in kept]
    return kept


def _given_up(one: Chosen) -> Chosen:
    share = f"{one.fit.fits}/{one.fit.filled} valeurs {one.guess.says}"
    note = f"Hésitation : {share}, les autres non (à confirmer)."
    guess = replace(one.guess, options={}, says="sont du texte", notes=(note,), term=None)
    whole = replace(one.fit, fits=one.fit.filled, least=None, most=None)
    return replace(one, guess=guess, fit=whole, kind="string")


def _suspicious(connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft]) -> list[Draft]:
    found = suspected(connection, [(draft.name, draft.chosen) for draft in drafts])
    return [
        replace(draft, suspicion=rule, suspects=count)
        for draft in drafts
        for rule, count in (found.get(draft.name, (None, None)),)
    ]


def _key(connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft], rows: int) -> Key | None:
    """The key among the columns that tell of nobody; of all of them where those make none."""
    quiet = key_of(connection, [draft.chosen for draft in drafts if not draft.suspicion], rows)
    if quiet and not quiet.twins:
        return quiet
    of_all = key_of(connection, [draft.chosen for draft in drafts], rows)
    return of_all if of_all and (quiet is None or of_all.twins < quiet.twins) else quiet


def _about(table: Table, drafts: Sequence[Draft]) -> list[str]:
    notes = []
    if table.ragged:
        notes.append(
            f"{table.ragged} lignes n'ont pas le bon nombre de cellules et seront rejetées (à confirmer)."
        )
    empty = [draft.name for draft in drafts if not draft.chosen.column.filled]
    if empty and table.rows:
        notes.append(f"Toujours vides : {', '.join(empty[:20])}{' …' if len(empty) > 20 else ''}.")
    for before, after in pairwise(drafts):
        if before.chosen.kind == "date" and is_clock(after.chosen.column.samples):
            notes.append(
                f"{before.name} et {after.name} font peut-être un instant : « from: [date, heure], "
                "type: instant, format: …, zone: … » (à confirmer)."
            )
    return notes
