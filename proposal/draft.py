"""The fields of a proposal: names, geometry, closed lists, bounds and units put to what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from contracts.vocabulary import Vocabulary
from proposal.choosing import Chosen
from proposal.codes import name_of_term
from proposal.columns import TABLE
from proposal.coordinates import pairs_in
from proposal.evidence import field_of, fits_of
from proposal.guess import Guess
from proposal.names import published_names, unit_of, unit_of_ending
from proposal.numbers import bounds
from proposal.texts import may_be_list

_MEASURED = ("integer", "number", "decimal")
_BOUNDED = 1e15  # beyond it a bound says nothing


@dataclass(frozen=True)
class Draft:
    """One field of the proposal: its name, the source columns, its reading, what is suspected in it."""

    name: str
    sources: tuple[str, ...]
    chosen: Chosen
    suspicion: str | None = None
    suspects: int | None = None
    position: bool = False  # one half of a position


def named(found: Sequence[Chosen], vocabulary: Vocabulary, *, exact: bool) -> list[Draft]:
    """A name for each column: its header's, or the term's that it means; `exact`: a schema's."""
    plain = published_names([one.column.header for one in found], exact=exact)
    terms = [one.guess.term for one in found]
    names: list[str] = []
    for one, own in zip(found, plain, strict=True):
        name = own
        term = one.guess.term
        if not exact and term and terms.count(term) == 1 and name_of_term(one.column.header, term):
            name = term if term not in plain else own
        if name in vocabulary.terms and term != name:
            name = _free(f"{name}_source", {*plain, *names})  # the vocabulary means something else by it
        names.append(name)
    return [Draft(name, (one.column.header,), one) for name, one in zip(names, found, strict=True)]


def _free(name: str, taken: set[str]) -> str:
    lower = {one.lower() for one in taken}
    number = 2
    free = name
    while free.lower() in lower:
        free, number = f"{name}_{number}", number + 1
    return free


def located(
    connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft], vocabulary: Vocabulary, *, exact: bool
) -> list[Draft]:
    """The drafts with the first pair of coordinates as a geometry, unless there is one, or `exact`."""
    pairs = pairs_in(connection, [draft.chosen for draft in drafts], vocabulary)
    if not pairs:
        return list(drafts)
    pair = pairs[0]
    if exact or any(draft.chosen.kind == "geometry" for draft in drafts):
        note = f"Coordonnée {pair.crs}, gardée en nombre."
        return [
            replace(draft, chosen=draft.chosen.noting(note, *pair.notes), position=True)
            if draft.chosen in (pair.x, pair.y) else draft for draft in drafts
        ]  # fmt: skip
    crs = {} if pair.crs == "EPSG:4326" else {"crs": pair.crs}
    mark = {"decimal_mark": ","} if pair.x.options.get("decimal_mark") == "," else {}
    empty = sorted({*pair.x.options.get("empty", ()), *pair.y.options.get("empty", ())})
    options: dict[str, Any] = {"type": "geometry", **crs, **mark, **({"empty": empty} if empty else {})}
    sources = (pair.x.column.header, pair.y.column.header)
    columns = [pair.x.column.name, pair.y.column.name]
    fit = fits_of(connection, [field_of(options, columns, vocabulary)])[0]
    guess = Guess(options, f"sont des positions ({pair.crs})", pair.notes)
    if fit.fits < fit.filled:
        guess = guess.noting(
            f"{fit.filled - fit.fits} positions hors de l'emprise seront vides (à confirmer)."
        )
    column = replace(pair.x.column, distinct=0, filled=fit.filled)
    rest = [draft for draft in drafts if draft.chosen not in (pair.x, pair.y)]
    name = _free("geometry", {draft.name for draft in rest})
    return [*rest, Draft(name, sources, Chosen(column, guess, fit, "geometry"))]


def listed(connection: duckdb.DuckDBPyConnection, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts with closed lists where a text column repeats few words, each of them often."""
    asked = [draft for draft in drafts if _may_be_list(draft)]
    if not asked:
        return list(drafts)
    measures = ", ".join(f"histogram({draft.chosen.column.name})" for draft in asked)
    row = connection.execute(f"SELECT {measures} FROM {TABLE}").fetchone() or ()
    made = {draft.name: _as_list(draft, counts) for draft, counts in zip(asked, row, strict=True)}
    return [made.get(draft.name, draft) for draft in drafts]


def _may_be_list(draft: Draft) -> bool:
    plain = not set(draft.chosen.options) - {"empty"}
    return (
        draft.suspicion is None
        and plain
        and draft.chosen.kind == "string"
        and may_be_list(draft.chosen.column)
    )


def _as_list(draft: Draft, counts: dict[str, int]) -> Draft:
    empty = draft.chosen.options.get("empty", ())
    words = {word: count for word, count in sorted(counts.items()) if word not in empty}
    if len(words) < 2 or min(words.values()) < 3 or any(word[0].isdigit() for word in words):
        return draft
    options = {**draft.chosen.options, "type": "enum", "values": list(words)}
    says = f"sont l'un de {len(words)} mots"
    guess = Guess(options, says, (*draft.chosen.guess.notes, "Liste fermée (à confirmer)."))
    return replace(draft, chosen=replace(draft.chosen, guess=guess, kind="enum"))


def measured(draft: Draft) -> Draft:
    """The draft with its unit and with bounds a good way beyond what was met; a term brings its own."""
    one = draft.chosen
    least, most = one.fit.least, one.fit.most
    if (
        not one.kind.startswith(_MEASURED)
        or least is None
        or most is None
        or one.guess.term
        or draft.position
    ):
        return draft
    options, notes = dict(one.options), []
    if unit := unit_of(one.column.header) or unit_of_ending(options.get("drop_suffix", "")):
        options["unit"] = unit
        notes.append(f"Unité {unit} d'après son nom (à confirmer).")
    if least == most:
        notes.append(f"Toujours {_shown(least)}.")
    elif max(abs(least), abs(most)) < _BOUNDED:
        options |= bounds(one.column.header, one.kind, least, most)
        notes.append(f"Valeurs de {_shown(least)} à {_shown(most)} ; bornes élargies (à confirmer).")
    guess = Guess(options, one.guess.says, (*one.guess.notes, *notes))
    return replace(draft, chosen=replace(one, guess=guess))


def _shown(number: float) -> str:
    return f"{number:.10g}".replace(".", ",")
