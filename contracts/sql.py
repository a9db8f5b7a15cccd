"""Names and texts as SQL: the only place where something from outside is put between quotes."""

from __future__ import annotations

from collections.abc import Iterable

# Macros over the digits of identifiers; those called is_… take any text, and no text (null) is unknown.
KEYS = (
    # Luhn's key, as INSEE uses it for SIREN and SIRET: every second digit from the right counts double.
    "CREATE OR REPLACE MACRO luhn(digits) AS list_sum(list_transform(range(1, length(digits) + 1), "
    "lambda i: CASE WHEN (length(digits) - i) % 2 = 1 "
    "THEN substr('0246813579', substr(digits, i, 1)::INTEGER + 1, 1)::INTEGER "
    "ELSE substr(digits, i, 1)::INTEGER END)) % 10 = 0",
    # La Poste's establishments (SIREN 356000000) have numbers whose digits add up to a multiple of 5 instead.
    "CREATE OR REPLACE MACRO siret_key(digits) AS luhn(digits) OR (starts_with(digits, '356000000') AND "
    "list_sum(list_transform(range(1, 15), lambda i: substr(digits, i, 1)::INTEGER)) % 5 = 0)",
    "CREATE OR REPLACE MACRO is_siren(text) AS "
    r"CASE WHEN regexp_full_match(text, '\d{9}') THEN luhn(text) WHEN text IS NOT NULL THEN FALSE END",
    "CREATE OR REPLACE MACRO is_siret(text) AS "
    r"CASE WHEN regexp_full_match(text, '\d{14}') THEN siret_key(text) WHEN text IS NOT NULL THEN FALSE END",
)


def identifier(name: str) -> str:
    """The name as a quoted SQL identifier, whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def opaque(name: str) -> str:
    """The column under its name, hidden from the optimizer's statistics.

    DuckDB writes a column as REQUIRED where it can prove that there is no null, and it proves that from the
    table under a view: the file would tell whether a hidden row has a null (met with DuckDB 2.0.1).
    """
    column = identifier(name)
    return f"CASE WHEN {column} IS NULL THEN NULL ELSE {column} END AS {column}"


def ordered(names: Iterable[str]) -> str:
    """What follows ORDER BY: the columns in turn, ascending, nulls last."""
    return ", ".join(f"{identifier(name)} ASC NULLS LAST" for name in names)
