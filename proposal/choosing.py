"""The reading of each column that all of its cells bear out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from contracts.field import Field
from contracts.vocabulary import Vocabulary
from proposal.codes import codes, five_digits, terms_for
from proposal.columns import Column
from proposal.evidence import Fit, field_of, fits_of, unfit_values
from proposal.guess import Guess
from proposal.moments import hesitating, is_clock, moments
from proposal.names import folded
from proposal.numbers import digits_kept, numbers
from proposal.texts import booleans, geometries, longitude_first

ENOUGH = 0.99  # share of the cells that a type needs; the few others are told, and void in each run
_SHAPES = 0.96  # of geometries: `"coordinates": []` is a common way of having none
_TEXT = Guess({}, "sont du texte")
_TURNS = 3  # times that cells which fit nothing are looked at anew


@dataclass(frozen=True)
class Chosen:
    """A column, its reading, and the base type that it comes to (`string`, `decimal(14,2)`)."""

    column: Column
    guess: Guess
    fit: Fit
    kind: str = "string"

    @property
    def options(self) -> dict[str, Any]:
        """The options of the field, the words for nothing among them."""
        return self.guess.options

    def noting(self, *notes: str) -> Chosen:
        """The same with more notes."""
        return replace(self, guess=self.guess.noting(*notes))


def chosen(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], vocabulary: Vocabulary, zone: str
) -> list[Chosen]:
    """One reading for each column: the first that as many cells fit as any other, if nearly all do."""
    done: dict[str, Chosen] = {}
    waiting = {column.name: column for column in columns}
    for turn in range(_TURNS):
        asked = [
            (column, _filled(column, guess))
            for column in waiting.values() for guess in _guesses(column, vocabulary, zone)
        ]  # fmt: skip
        fields = [field_of(guess.options, [column.name], vocabulary) for column, guess in asked]
        fits = fits_of(connection, fields)
        met: dict[str, list[tuple[Guess, Field, Fit]]] = {name: [] for name in waiting}
        for (column, guess), field, fit in zip(asked, fields, fits, strict=True):
            met[column.name].append((guess, field, fit))
        waiting = _judged(connection, waiting, met, done, vocabulary, last=turn == _TURNS - 1)
        if not waiting:
            break
    return [done[column.name] for column in columns]


def _judged(
    connection: duckdb.DuckDBPyConnection, waiting: dict[str, Column],
    met: dict[str, list[tuple[Guess, Field, Fit]]], done: dict[str, Chosen], vocabulary: Vocabulary, *,
    last: bool,
) -> dict[str, Column]:  # fmt: skip
    """Fills `done`; the columns of which some cells fit nothing come back with them among their samples."""
    again: dict[str, Column] = {}
    for name, column in waiting.items():
        best = _best(met[name])
        if best is None:
            done[name] = _text(column, met[name]) if column.filled else _empty(column, vocabulary)
            continue
        guess, field, fit = best
        if fit.whole or last:
            done[name] = _settled(column, guess, field, fit, met[name])
            continue
        unfit = unfit_values(connection, name, field)
        fresh = [value for value in unfit if value not in column.samples]
        if fresh:
            again[name] = replace(column, samples=(*fresh, *column.samples))
        else:
            done[name] = _settled(column, guess, field, fit, met[name])
    return again


def _guesses(column: Column, vocabulary: Vocabulary, zone: str) -> list[Guess]:
    """The readings that its samples suggest; none for a column that is empty or plainly text."""
    named = any(vocabulary.terms[term].type == "boolean" for term in terms_for(column.header, vocabulary))
    if not column.samples:
        return list(booleans(column, named=named)) if column.words else []
    plain = [
        *booleans(column, named=named), *codes(column, vocabulary),
        *moments(column.header, column.samples, zone), *numbers(column), *geometries(column),
    ]  # fmt: skip
    return [*_as_terms(column, plain, vocabulary), *plain]


def _as_terms(column: Column, plain: Sequence[Guess], vocabulary: Vocabulary) -> list[Guess]:
    """The same readings as terms of the vocabulary, where the header names one of their type."""
    found = []
    for term in terms_for(column.header, vocabulary):
        wanted = vocabulary.terms[term].type
        for guess in plain if wanted != "string" else [_TEXT]:
            kind = guess.options.get("type", "string")
            if guess.term is None and not guess.rival and (kind == wanted or _both_numbers(kind, wanted)):
                options = {**guess.options, "type": term}
                says = f"suivent « {term} » du vocabulaire"
                found.append(Guess(options, says, guess.notes, term=term, needs_all=wanted == "string"))
    return found


def _both_numbers(kind: str, wanted: str) -> bool:
    def is_number(name: str) -> bool:
        return name in ("integer", "number") or name.startswith("decimal")

    return is_number(kind) and is_number(wanted)


def _filled(column: Column, guess: Guess) -> Guess:
    """The guess with the words for nothing that the column has; a pair of words keeps its own."""
    empties = column.empties(perhaps=guess.options.get("type", "string") not in ("string", "boolean"))
    own = {word for words in guess.options.get("words", {}).values() for word in words}
    empty = [word for word in empties if word.lower() not in own]
    return replace(guess, options={**guess.options, "empty": empty}) if empty else guess


def _best(met: Sequence[tuple[Guess, Field, Fit]]) -> tuple[Guess, Field, Fit] | None:
    """The reading that the most cells fit, if nearly all do; of equals the first."""
    likely = [
        one for one in met
        if one[2].filled and one[2].fits >= one[2].filled * _needed(one[0], one[1])
    ]  # fmt: skip
    return max(likely, key=lambda one: one[2].fits) if likely else None


def _needed(guess: Guess, field: Field) -> float:
    """The share of cells that must fit."""
    if guess.needs_all:
        return 1
    return _SHAPES if field.type == "geometry" else ENOUGH


def _settled(
    column: Column, guess: Guess, field: Field, fit: Fit, met: Sequence[tuple[Guess, Field, Fit]]
) -> Chosen:
    rivals = [
        other for other, _, also in met
        if other.rival and other.options.get("format") and also.fits >= fit.fits and other is not guess
    ]  # fmt: skip
    if rivals and guess.options.get("format"):
        guess = hesitating(guess)
    told = Chosen(column, guess, fit, field.type)
    return told if fit.whole else told.noting(_about_misfits(fit))


def _about_misfits(fit: Fit) -> str:
    left = fit.filled - fit.fits
    return f"{left} valeurs n'y entrent pas : elles seront vides, et signalées (à confirmer)."


def _empty(column: Column, vocabulary: Vocabulary) -> Chosen:
    """A column that holds nothing: what the vocabulary makes of its name, else a text."""
    term = next(iter(terms_for(column.header, vocabulary)), None)
    if term is None or term != folded(column.header) or vocabulary.terms[term].type == "geometry":
        return Chosen(column, _TEXT, Fit(0, 0))
    guess = Guess({"type": term}, "", ("D'après son nom seul (à confirmer).",), term=term)
    return Chosen(column, guess, Fit(0, 0), vocabulary.terms[term].type)


def _text(column: Column, met: Sequence[tuple[Guess, Field, Fit]]) -> Chosen:
    """A text, and what is worth saying of it: what half of its cells would be, above all."""
    guess = _filled(column, _TEXT)
    void = guess.options.get("empty", ())
    near = max(met, key=lambda one: one[2].fits, default=None)
    notes = []
    if near and near[2].fits * 2 >= near[2].filled > 0:
        share = f"{near[2].fits}/{near[2].filled} valeurs {near[0].says}"
        notes.append(f"Hésitation : {share}, les autres non ; gardé en texte (à confirmer).")
    if reason := digits_kept(column):
        notes.append(reason[0].upper() + reason[1:] + ".")
        if five := five_digits(column):
            notes.append(five)
    elif is_clock(column.samples):
        guess = replace(guess, says="sont des heures, gardées en texte")
    elif longitude_first(column):
        notes.append(
            "« longitude,latitude » dans une seule cellule : le contrat ne sait pas la lire (à confirmer)."
        )
    if unsure := {word: count for word, count in column.words.items() if word not in void}:
        listed = ", ".join(f"« {word} » ({count})" for word, count in unsure.items())
        notes.append(f"Peut-être sans valeur : {listed} ; sinon les ajouter à `empty:` (à confirmer).")
    filled = column.filled - sum(column.words[word] for word in void)
    return Chosen(column, guess.noting(*notes), Fit(filled, filled))
