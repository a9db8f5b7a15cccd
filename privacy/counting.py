"""How many cells of each column tell of people, and in which way: one pass, and no value kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from contracts.field import Field
from contracts.personal import words_of
from contracts.sql import identifier
from privacy import detectors, patterns
from privacy.detectors import has
from privacy.keys import MACROS

Counts = dict[str, int]  # measure → rows of one column

TEXTS = ("string", "enum", "siren", "siret")  # the types that can hold a text
_DENOMINATIONS = {
    "nom", "noms", "name", "denomination", "raison", "enseigne", "titulaire", "titulaires", "beneficiaire",
    "attributaire", "entreprise", "societe", "exploitant", "fournisseur", "prestataire", "operateur",
    "etablissement",
}  # fmt: skip
PLACES = {
    "commune", "ville", "departement", "region", "canton", "quartier", "lieudit", "voie", "rue", "adresse",
    "arret", "gare",
}  # fmt: skip

_IN_TEXT = detectors.is_named_in_text("people")
_NIR = f"strlen(number) >= {patterns.NIR_LEAST} AND {detectors.is_nir('number')}"
_FIFTEEN = detectors.is_fifteen_digits("number")
_CONDITIONS = {  # measure → SQL condition on a value
    "email": detectors.is_email("mail"),
    "desk": has("mail", patterns.DESK),
    "phone": has("number", patterns.PHONE),
    "office_phone": has("number", patterns.OFFICE_PHONE),
    "short_phone": has("number", patterns.SHORT_PHONE),
    "nir": _NIR,
    "fifteen": _FIFTEEN,
    "fifteen_nir": f"{_FIFTEEN} AND {_NIR}",
    "iban": detectors.is_iban("number"),
    "plate": has("number", patterns.PLATE),
    "plate_alone": detectors.is_plate_alone("number"),
    "birth_date": has("life", patterns.BIRTH),
    "home_address": detectors.is_home("life"),
    "named": _IN_TEXT,
    "name_alone": detectors.is_name_alone("people"),
    "titled": f"{has('people', patterns.TITLED)} AND NOT {_IN_TEXT}",
}


def counts_of(
    connection: duckdb.DuckDBPyConnection, table: str, fields: dict[str, Field], key: tuple[str, ...] = ()
) -> dict[str, Counts]:
    """Field → measure → rows of `table` (SQL): `filled` of each, and the others of those that hold texts.

    Values of a `key` of one column are taken for different ones: they are not put together first.
    """
    for macro in MACROS:
        connection.execute(macro)
    filled = _rows(connection, [f"count({identifier(name)})" for name in fields], table)[0]
    counted = {name: {"filled": rows} for name, rows in zip(fields, filled, strict=True)}
    texts = {name: field for name, field in fields.items() if field.type in TEXTS}
    if texts:
        _count_texts(connection, table, texts, counted, key)
    return counted


def _count_texts(
    connection: duckdb.DuckDBPyConnection, table: str, texts: dict[str, Field], counted: dict[str, Counts],
    key: tuple[str, ...],
) -> None:  # fmt: skip
    for name in texts:
        counted[name] |= dict.fromkeys((*_CONDITIONS, "sole_trader"), 0)
    sums = ["field", *(f"sum(rows) FILTER (WHERE {condition})" for condition in _CONDITIONS.values())]
    for field, *rows in _rows(connection, sums, f"{_suspects(table, list(texts), key)} GROUP BY field"):
        counted[list(texts)[field]] |= dict(zip(_CONDITIONS, rows, strict=True))
    for name, traders in _traders(connection, table, texts):
        counted[name]["sole_trader"] = traders


def _rows(connection: duckdb.DuckDBPyConnection, sums: Iterable[str], table: str) -> list[tuple[int, ...]]:
    """The sums over the table, 0 for nothing."""
    wanted = ", ".join(f"coalesce({one}, 0)::BIGINT" for one in sums)
    return connection.execute(f"SELECT {wanted} FROM {table}").fetchall()


def _suspects(table: str, names: list[str], key: tuple[str, ...] = ()) -> str:
    """(field, raw, rows, mail, number, life, people): each value of a column that may tell of a person once,
    with its rows, and what the families of conditions look at: the value as it is for `mail`, else the plain
    one, for `people` without names of places.
    """
    alone, suspect = [name for name in names if (name,) == key], has("raw", patterns.SUSPECT)
    parts = [
        f"SELECT {names.index(name)} AS field, raw, 1 AS rows "
        f"FROM (SELECT CAST({identifier(name)} AS VARCHAR) AS raw FROM {table}) WHERE {suspect}"
        for name in alone
    ]
    if shared := [name for name in names if name not in alone]:
        columns = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in shared)
        numbers = ", ".join(str(names.index(name)) for name in shared)
        cells = f"SELECT unnest([{numbers}]) AS field, unnest([{columns}]) AS raw FROM {table}"
        parts.append(f"SELECT field, raw, count(*) AS rows FROM ({cells}) WHERE {suspect} GROUP BY ALL")
    values = " UNION ALL ".join(parts)
    families = (
        "CASE WHEN contains(raw, '@') OR contains(raw, '(') OR contains(raw, '[') THEN raw END AS mail",
        f"CASE WHEN {has('plain', patterns.ANY_NUMBER)} THEN plain END AS number",
        f"CASE WHEN {has('worded', patterns.LIFE)} THEN plain END AS life",
        f"CASE WHEN {has('worded', patterns.PEOPLE)} THEN {detectors.without_eponyms('plain')} END AS people",
    )
    plain = f"SELECT *, {detectors.plain('raw')} AS plain FROM ({values})"
    words = has("plain", f"{patterns.LIFE}|{patterns.PEOPLE}")  # a second search costs as much as the first
    plain = f"(SELECT *, CASE WHEN {words} THEN plain END AS worded FROM ({plain}))"
    return f"(SELECT *, {', '.join(families)} FROM {plain})"


def _traders(
    connection: duckdb.DuckDBPyConnection, table: str, texts: dict[str, Field]
) -> Iterator[tuple[str, int]]:
    """(field of SIRETs, rows) whose denomination is a person's name wherever the number stands.

    The number of a firm stands beside its other places too: of 799 car parks 21 are called like a person.
    """
    denominations = [name for name in texts if _denominates(name)]
    if not denominations:
        return
    people = f"SELECT raw FROM {_suspects(table, denominations)} WHERE {detectors.is_name_alone('people')}"
    named = " OR ".join(f"CAST({identifier(name)} AS VARCHAR) IN (FROM people)" for name in denominations)
    numbers = ", ".join(_number(name, field) for name, field in texts.items())
    cells = (
        f"SELECT coalesce({named}, FALSE) AS named, unnest(range({len(texts)})) AS field, "
        f"unnest([{numbers}]) AS number FROM {table}"
    )
    firms_out = (
        f"(WITH people AS MATERIALIZED ({people}) SELECT field, count(*) AS rows FROM ({cells}) "
        f"WHERE number IS NOT NULL GROUP BY field, number HAVING bool_and(named))"
    )
    for field, rows in _rows(connection, ["field", "sum(rows)"], f"{firms_out} GROUP BY field"):
        yield list(texts)[field], rows


def _denominates(name: str) -> bool:
    words = set(words_of(name))
    return bool(_DENOMINATIONS & words) and not PLACES & words


def _number(name: str, field: Field) -> str:
    column = f"CAST({identifier(name)} AS VARCHAR)"
    condition = detectors.is_siret(column)
    return column if field.type in ("siren", "siret") else f"CASE WHEN {condition} THEN {column} END"
