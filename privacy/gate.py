"""The gate before a public commit: every public cell looked at for personal data, and no value told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import duckdb

from contracts.audience import Waiver
from contracts.batch import Finding
from contracts.errors import PrivacyRefused
from contracts.field import Field
from contracts.personal import Rule, admits, kind_of, words_of
from contracts.view import View
from privacy.counting import PLACES, TEXTS, Counts, counts_of

# Of what is found, and of what is only told: (the clause of a finding, the clause of a notice).
_CLAUSES: dict[Rule, tuple[str, str]] = {
    "email": ("holds e-mail addresses of persons", "holds e-mail addresses of desks"),
    "phone": ("holds telephone numbers", "holds numbers that only firms and offices have (08, 3xxx)"),
    "nir": ("holds social security numbers (NIR)", ""),
    "iban": ("holds bank accounts (IBAN)", ""),
    "plate": ("holds number plates", ""),
    "sole_trader": ("holds SIRETs of persons who trade under their own name", ""),
    "birth_date": ("tells when people were born", ""),
    "home_address": ("tells where people live", ""),
    "person_name": ("names people", "names people in some of its labels"),
}


def findings_of(connection: duckdb.DuckDBPyConnection, table: str, view: View) -> tuple[Finding, ...]:
    """What a public view tells of people, in the order of its fields; a critical finding blocks.

    `connection` is one of `transforms.engine`, `table` (SQL: a name or a table function) the projected view.
    `basis:` admits the one rule that its column is called for. What a waiver lets through comes as a
    warning that names who approved it, and so do notices and waivers that nothing answers to. Counts are
    of rows; no finding holds a cell's value.

    Raises:
        PrivacyRefused: the view could not be looked through.
    """
    seen = {name: field for name, field in view.fields.items() if field.type in TEXTS or _kind(name, field)}
    try:
        counted = counts_of(connection, table, seen, view.order) if seen else {}
    except duckdb.Error as error:
        met = f"the public view cannot be looked through (DuckDB: {type(error).__name__})"
        raise PrivacyRefused(view.dataset_id, met, remedy="Run `standardize` again.") from error
    waivers = {(one.field, one.rule): one for one in view.waivers if one.rule in _CLAUSES}
    findings: list[Finding] = []
    for name, counts in counted.items():
        for rule, hits, notices in _judged(name, view.fields[name], counts):
            waiver = waivers.pop((name, rule), None) if hits or notices else None
            findings += _told(name, rule, hits, notices, waiver)
    return (*findings, *(_stale(waiver) for waiver in waivers.values()))


def _told(name: str, rule: Rule, hits: int, notices: int, waiver: Waiver | None) -> Iterator[Finding]:
    found, noticed = _CLAUSES[rule]
    if waiver is not None:
        met = f"{found if hits else noticed}, as {waiver.approved_by} approved"
        yield _finding(name, rule, "warning", hits or notices, met)
        return
    if hits:
        yield _finding(name, rule, "critical", hits, f"{found}, which the contract does not allow")
    if notices:
        yield _finding(name, rule, "warning", notices, noticed)


def _stale(waiver: Waiver) -> Finding:
    met = f"the waiver that {waiver.approved_by} approved has nothing left to waive"
    return _finding(waiver.field, waiver.rule, "warning", 0, met)


def _judged(name: str, field: Field, counts: Counts) -> Iterator[tuple[Rule, int, int]]:
    """(rule, cells that count, cells that are only told) of one column, without what its basis admits."""
    admitted, kind, is_text = admits(name, field), _kind(name, field), field.type in TEXTS
    for rule, weight in _WEIGHTS.items():
        hits, notices = weight(counts) if is_text else (0, 0)
        if is_text and rule == "person_name" and PLACES & set(words_of(name)):
            hits, notices = counts["named"], 0
        if rule == kind == "phone" and is_text:
            notices += counts["short_phone"]
        elif rule == kind and (rule != "email" or not is_text):
            hits = counts["filled"]
        if rule != admitted:
            yield rule, hits, notices


def _kind(name: str, field: Field) -> Rule | None:
    """What the column is by its name, unless it is shown coarser: the year of a birth does not tell it."""
    return None if field.precision else kind_of(name, field)


def _nirs(counts: Counts) -> int:
    """In a column of fifteen-digit numbers, one in 200 is a NIR by chance: sex 6/10, month 85/100, department
    99/100, key 1/97. Where not even one in ten has the key they are identifiers, and only other cells count.
    """
    by_chance = counts["fifteen_nir"] * 10 < counts["fifteen"]
    return counts["nir"] - (counts["fifteen_nir"] if by_chance else 0)


def _plates(counts: Counts) -> int:
    """Without hyphens it takes a column of them: no cell of the 2 million shared ones (12,000 columns) looks
    like a plate, so half of a column's is far from chance.
    """
    return max(counts["plate"], _mostly("plate_alone", counts))


def _names(counts: Counts) -> tuple[int, int]:
    """Labels count where half of the column's are names, as of heads of lists. They are told from one in a
    hundred on: of 1,381 places of acceslibre 26 are a doctor's name, of 799 car parks one is a street's.
    """
    if alone := _mostly("name_alone", counts):
        return max(alone, counts["named"]), 0
    return counts["named"], counts["titled"] if counts["titled"] * 100 >= counts["filled"] else 0


def _mostly(measure: str, counts: Counts) -> int:
    return counts[measure] if counts[measure] * 2 >= counts["filled"] else 0


_WEIGHTS: dict[Rule, Callable[[Counts], tuple[int, int]]] = {
    "email": lambda counts: (counts["email"], counts["desk"]),
    "phone": lambda counts: (counts["phone"], counts["office_phone"]),
    "nir": lambda counts: (_nirs(counts), 0),
    "iban": lambda counts: (counts["iban"], 0),
    "plate": lambda counts: (_plates(counts), 0),
    "sole_trader": lambda counts: (counts["sole_trader"], 0),
    "birth_date": lambda counts: (counts["birth_date"], 0),
    "home_address": lambda counts: (counts["home_address"], 0),
    "person_name": _names,
}


def _finding(
    name: str, rule: Rule, severity: Literal["critical", "warning"], count: int, met: str
) -> Finding:
    return Finding(rule=f"privacy.{rule}", severity=severity, field=name, count=count, met=met)
