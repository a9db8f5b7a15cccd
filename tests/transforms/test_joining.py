"""Releases as one table: identities, quantities side by side, the newest of each sensor, the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from transforms.engine import engine
from transforms.joining import Part, write_joined

COLUMNS = ["id", "dataset_id", "capteur_id", "grandeur", "observed_at", "valeur", "unite"]


@pytest.fixture
def joined(tmp_path: Path) -> Any:
    """The rows that parts, given as (part's settings, SELECT), become."""

    def made(
        *parts: tuple[dict[str, Any], str], columns: list[str] = COLUMNS, latest: bool = False
    ) -> list[Any]:
        with engine(tmp_path / "engine") as connection:
            told = []
            for number, (settings, query) in enumerate(parts):
                release = tmp_path / f"{number}.parquet"
                connection.execute(f"COPY ({query}) TO '{release}' (FORMAT parquet)")
                base: dict[str, Any] = {
                    "side": "public",
                    "dataset_id": f"a.d{number}",
                    "licence": "etalab-2.0",
                    "key": ("k",),
                    "columns": {},
                }
                told.append(Part(release=release, **{**base, **settings}))
            path = tmp_path / "joined.parquet"
            count = write_joined(connection, told, columns, path, latest=latest)
            first = path.read_bytes()
            assert write_joined(connection, told, columns, path, latest=latest) == count
            assert path.read_bytes() == first
        return duckdb.sql(f"FROM '{path}'").fetchall()

    return made


WIDE = (
    {"key": ("k", "t"), "columns": {"capteur_id": "k", "observed_at": "t"}, "measures": {"p": "MW", "q": "g/kW.h"}},
    "SELECT 'F' AS k, TIMESTAMPTZ '2026-03-01 10:00:00+01' AS t, 5::BIGINT AS p, 1.5::DECIMAL(5,2) AS q "
    "UNION ALL SELECT 'F', TIMESTAMPTZ '2026-03-01 10:15:00+01', 7, NULL",
)  # fmt: skip


def test_each_quantity_of_a_row_is_a_row_and_an_empty_one_is_none(joined: Any) -> None:
    assert joined(WIDE, columns=["grandeur", "observed_at", "valeur", "unite"]) == [
        ("public", "a.d0:F:2026-03-01 09%3A00%3A00+00:p", "p", "2026-03-01 09:00:00+00", "5", "MW"),
        ("public", "a.d0:F:2026-03-01 09%3A00%3A00+00:q", "q", "2026-03-01 09:00:00+00", "1.50", "g/kW.h"),
        ("public", "a.d0:F:2026-03-01 09%3A15%3A00+00:p", "p", "2026-03-01 09:15:00+00", "7", "MW"),
    ]


def test_the_newest_of_each_sensor_and_quantity_by_the_instant_or_the_end_of_the_period(joined: Any) -> None:
    periods = (
        {"columns": {"capteur_id": "s", "periode_fin": "f", "valeur": "v"}, "constants": {"grandeur": "passages", "unite": "1"}},
        "SELECT * FROM (VALUES ('1', 'x', TIMESTAMPTZ '2026-03-01 11:00:00+00', 3), "
        "('2', 'x', TIMESTAMPTZ '2026-03-01 10:59:59.5+00', 4), ('3', 'y', TIMESTAMPTZ '2020-01-01 00:00:00+00', 5), "
        "('4', 'x', NULL, 6)) AS t(k, s, f, v)",
    )  # fmt: skip
    shown = ["capteur_id", "grandeur", "valeur"]
    assert [row[2:] for row in joined(WIDE, periods, columns=shown, latest=True)] == [
        ("F", "q", "1.50"), ("F", "p", "7"), ("x", "passages", "3"), ("y", "passages", "5"),
    ]  # fmt: skip


def test_two_sides_and_two_datasets_are_never_taken_for_one(joined: Any) -> None:
    one = {"columns": {"capteur_id": "s", "grandeur": "g", "observed_at": "t"}}
    query = "SELECT 'k' AS k, 's' AS s, 'g' AS g, TIMESTAMPTZ '2026-01-01 00:00:00+00' AS t"
    sides = [
        row[0]
        for row in joined((one, query), ({**one, "side": "restricted"}, query), (one, query), latest=True)
    ]
    assert sides == ["public", "public", "restricted"]


def test_keys_that_hold_the_mark_between_their_parts_stay_apart(joined: Any) -> None:
    query = "SELECT * FROM (VALUES ('a:b', 'c'), ('a', 'b:c'), ('a%3Ab', 'c')) AS t(x, y)"
    found = joined(({"key": ("x", "y")}, query), columns=[])
    assert sorted(row[1] for row in found) == ["a.d0:a%253Ab:c", "a.d0:a%3Ab:c", "a.d0:a:b%3Ac"]


def test_a_position_comes_from_bytes_of_a_geometry_too_and_a_missing_one_is_empty(joined: Any) -> None:
    query = "SELECT 'a' AS k, point_wkb(2.25, 48.8, 'EPSG:4326') AS g UNION ALL SELECT 'b', NULL"
    found = joined(({"geometry": "g"}, query), columns=["longitude", "latitude"])
    assert [row[2:] for row in found] == [("2.25", "48.8"), (None, None)]


def test_constants_are_texts_and_quotes_in_them_are_no_sql(joined: Any) -> None:
    settings = {"constants": {"categorie": "L'eau", "date_maj": None}}
    assert joined((settings, "SELECT 'a' AS k"), columns=["categorie", "date_maj", "nom"]) == [
        ("public", "a.d0:a", "L'eau", None, None)
    ]
