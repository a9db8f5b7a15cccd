"""The big CSV of the benchmark, made from a seed, and what is wrong in it, known by construction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.sql import literal

STATES = ("en service", "à l'arrêt", "en travaux", "démonté")
_KINDS = ("Crèche", "École élémentaire", "Marché couvert", "Théâtre", "Médiathèque", "Gymnase", "Église")
_PLACES = ("des Épinettes", "du Fort d'Issy", "de l'Île Saint-Germain", "du Val de Seine", "des Chênes")


def _one_of(words: Sequence[str], number: str) -> str:
    """SQL of a word that a number chooses."""
    return f"[{', '.join(map(literal, words))}][1 + {number} % {len(words)}]"


# Modulo a prime, multiples of one number do not meet again: keys are unique and in no order. The prime is
# the greatest of eight digits; a ninth would make every key a suspect of the privacy gate.
MOST_ROWS = 99_999_989
_STRIDE = 61_803_399

# Column → SQL of a value, of a first and of a second kind of misfit, which are met equally often. `n` is the
# record's number, `h0` … `h15` are random numbers.
_CELLS = {
    "id": ("'92040-E-' || key", "''", "'92040-X-' || key"),
    "code_postal": ("lpad(CAST(1000 + h1 % 95000 AS VARCHAR), 5, '0')", "'9204O'", "'920400'"),
    "montant_ht": ("concat(h2 % 500000, ',', 10 + h15 % 90)",
                   "'n.c.'", "'12.50,3'"),
    "taux": ("concat(h3 % 100, ',', 100 + h4 % 900)", "'5 %'", "'inconnu'"),
    # The hours from 2 to 3 are left out: on two nights a year they are none, or two.
    "releve_le": ("CAST(TIMESTAMP '2024-01-01' + to_days(CAST(h5 % 366 AS INTEGER))"
                  " + to_seconds(10800 + h6 % 75600) AS VARCHAR)",
                  "'2024-03-31 02:30:00'", "'2024-02-30 08:15:00'"),
    "libelle": ("label(h7, h8)", "repeat('é', 101)", "repeat('à', 140)"),
    "etat": (_one_of(STATES, "h9"), "'EN SERVICE'", "'?'"),
    "lat": ("concat('4', 1 + h10 % 9, '.', 10000 + h11 % 90000)", "'N 48,8241'", "'91.5'"),
    "lon": ("concat(h12 % 9, '.', 10000 + h13 % 90000)", "'-181'", "'2°16'''"),
    "passages": ("CASE WHEN h14 % 40 > 0 THEN CAST(h0 % 100000 AS VARCHAR) ELSE '' END", "'12,5'", "'-4'"),
}  # fmt: skip
COLUMNS = tuple(_CELLS)


@dataclass(frozen=True)
class Truth:
    """What a right reader finds: records, those with a cell too many or too few, and misfits by column.

    No record has more than one misfit, and a ragged one has none.
    """

    rows: int
    long: int
    short: int
    bad: dict[str, tuple[int, int]]

    @property
    def ragged(self) -> int:
        """Records that cannot be split into the header's columns."""
        return self.long + self.short

    def misfits(self, *columns: str) -> int:
        """Bad cells of these columns, of all where none is named."""
        return sum(sum(self.bad[name]) for name in columns or COLUMNS)


def written(path: Path, rows: int, seed: int) -> Truth:
    """The truth about the file that is written: `rows` records of ten columns, `;`, UTF-8, in no order.

    One cell in a hundred is bad, one record in a thousand has a cell too many or lacks its last one, one
    label in twenty is quoted. Same rows and seed, same bytes. At most `MOST_ROWS` rows.
    """
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"CREATE TEMP MACRO label(a, b) AS {_label('a', 'b')}")
        connection.execute(f"CREATE TEMP VIEW planned AS {_planned(rows, seed)}")
        connection.execute(
            f"COPY (SELECT {literal(';'.join(COLUMNS))} UNION ALL SELECT {_record()} FROM planned) "
            f"TO {literal(str(path))} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\t')"
        )
        return _truth(connection, rows)


def _planned(rows: int, seed: int) -> str:
    """SQL of (n, key, h, bad, kind, ragged): which cell is bad, or none, and by how many cells a record
    is too long.

    In each ten records one is chosen, and one of its cells; in each thousand one whose last cell goes or is
    doubled.
    """
    randoms = ", ".join(f"CAST(hash(range, {seed}, {k}) >> 8 AS BIGINT) AS h{k}" for k in range(16))
    chosen = f"hash(range // 10, {seed}, 'bad')"
    return f"""
        SELECT range AS n, lpad(CAST((range * {_STRIDE} + {seed}) % {MOST_ROWS} AS VARCHAR), 8, '0') AS key,
            {randoms},
            CASE WHEN range % 1000 = hash(range // 1000, {seed}, 'ragged') % 1000
                 THEN 1 - range // 1000 % 2 * 2 ELSE 0 END AS ragged,
            CASE WHEN ragged = 0 AND range % 10 = {chosen} % 10
                 THEN CAST({chosen} // 10 % {len(COLUMNS)} AS INTEGER) END AS bad,
            1 + {chosen} // 100 % 2 AS kind
        FROM range({rows})"""


def _record() -> str:
    cells = [
        f"CASE WHEN bad IS DISTINCT FROM {column} THEN {value} WHEN kind = 1 THEN {first} ELSE {second} END"
        for column, (value, first, second) in enumerate(_CELLS.values())
    ]
    whole = f"concat_ws(';', {', '.join(cells[:-1])}"
    return (
        f"CASE ragged WHEN 0 THEN {whole}, {cells[-1]}) WHEN 1 THEN {whole}, {cells[-1]}, 'trop') "
        f"ELSE {whole}) END"
    )


def _label(a: str, b: str) -> str:
    """A name with accents and a number; one in twenty has the delimiter inside, and is quoted."""
    named = f"concat({_one_of(_KINDS, a)}, ' ', {_one_of(_PLACES, f'{a} // 16')}, ', n° ', {b} % 20000)"
    return f"CASE WHEN {b} // 32768 % 20 > 0 THEN {named} ELSE concat('\"', {named}, ' ; annexe\"') END"


def _truth(connection: duckdb.DuckDBPyConnection, rows: int) -> Truth:
    counted = connection.execute("SELECT ragged, bad, kind, count(*) FROM planned GROUP BY ALL").fetchall()
    bad = {
        name: tuple(
            sum(rows for _, met, kind, rows in counted if (met, kind) == (column, one)) for one in (1, 2)
        )
        for column, name in enumerate(COLUMNS)
    }
    long, short = (sum(rows for ragged, _, _, rows in counted if ragged == which) for which in (1, -1))
    return Truth(rows=rows, long=long, short=short, bad=bad)
