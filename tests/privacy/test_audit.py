"""An audit looks for what the restricted table has and the public does not, and for nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.dataset import Dataset
from contracts.view import view_for
from privacy.audit import Telling, telling_values
from privacy.scan.hunting import hunt
from privacy.scan.units import units_in

CONTRACT = {
    "theme": "mobility", "name": "parcs",
    "about": {
        "title": {"fr": "Parcs"}, "description": {"fr": "Parcs de Kerguelen-Ville"}, "publisher": "Mobilité",
        "frequency": "daily", "contact": "opendata@example.org",
    },
    "source": {"kind": "http_file", "connection": "portal", "path": "x"}, "format": {"type": "csv"},
    "key": ["id"], "audiences": ["restricted", "public"],
    "fields": {
        "id": {"public": True}, "adresse": {"public": True}, "contact": {}, "solde": {"type": "decimal(12,2)"},
        "vu": {"type": "instant"}, "ne_le": {"type": "date"}, "lieu": {"type": "geometry", "written_as": "wkt"},
        "etat": {"type": "enum", "values": ["provisoire", "definitif"]}, "rang": {"type": "integer"},
    },
}  # fmt: skip
RESTRICTED = """
    SELECT * FROM (VALUES
        ('p1', '12 rue Dupleix', 'Adelaide Kerguelen', 1234.56, TIMESTAMPTZ '2026-03-07 11:22:33+00', DATE '1875-03-07',
         'POINT (2.2730415 48.8241050)', 'provisoire', 7),
        ('p2', '3 place Gambetta', 'Gambetta', 12.5, TIMESTAMPTZ '2026-03-07 11:00:00+00', DATE '1950-01-01',
         'POINT (2.27 48.82)', 'definitif', 693000123),
        ('secret-9', '1 quai Branly', 'moi', NULL, NULL, NULL, NULL, NULL, NULL))
    t(id, adresse, contact, solde, vu, ne_le, lieu, etat, rang)"""


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Telling]:
    dataset = Dataset.model_validate(CONTRACT)
    views = view_for(dataset, "restricted"), view_for(dataset, "public")
    connection = duckdb.connect()
    restricted, public = tmp_path / "restricted.parquet", tmp_path / "public.parquet"
    typed = "SELECT * REPLACE (solde::DECIMAL(12,2) AS solde, rang::BIGINT AS rang, lieu::GEOMETRY AS lieu)"
    connection.execute(f"COPY ({typed} FROM ({RESTRICTED})) TO '{restricted}' (FORMAT parquet)")
    shown = f"SELECT id, adresse FROM ({RESTRICTED}) WHERE id <> 'secret-9'"
    connection.execute(f"COPY ({shown}) TO '{public}' (FORMAT parquet)")

    def telling(*others: Path, **options: Any) -> Telling:
        return telling_values(connection, restricted, [public, *others], *views, **options)

    return telling


def test_values_are_those_that_tell(told: Callable[..., Telling]) -> None:
    assert sorted(told().needles.values()) == [
        "1 quai Branly", "1234.56", "2.2730415", "2026-03-07T11:22:33.000000Z", "48.824105", "693000123",
        "Adelaide Kerguelen", "secret-9",
    ]  # fmt: skip


def test_a_value_inside_a_public_text_says_nothing(told: Callable[..., Telling]) -> None:
    telling = told()
    assert "Gambetta" not in telling.needles.values()
    assert (telling.candidates, telling.drawn, telling.contained) == (9, 9, 1)


def test_names_tell_columns_and_no_value(told: Callable[..., Telling]) -> None:
    telling = told()
    assert {name.partition(",")[0] for name in telling.needles} == {
        "id",
        "adresse",
        "contact",
        "solde",
        "vu",
        "lieu",
        "rang",
    }
    assert not [name for name, value in telling.needles.items() if value in name]


def test_no_more_than_asked_for_are_drawn_and_always_the_same(told: Callable[..., Telling]) -> None:
    assert told(most=3) == told(most=3)
    assert (told(most=3).candidates, told(most=3).drawn) == (9, 3)


def test_what_another_public_table_shows_is_no_secret(told: Callable[..., Telling], tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    duckdb.execute(f"COPY (SELECT '1 quai Branly' AS voie) TO '{other}' (FORMAT parquet)")
    assert "1 quai Branly" not in told(other).needles.values()


def test_a_sound_pair_of_stores_is_clean_and_a_leak_is_found(
    told: Callable[..., Telling], tmp_path: Path
) -> None:
    needles, public = told().needles, tmp_path / "public.parquet"
    assert hunt(units_in(public, "parcs.parquet"), needles) == ()
    (tmp_path / "run.log").write_text("cell 'ADELAIDE KERGUELEN' does not fit")
    (leak,) = hunt(units_in(tmp_path / "run.log", "run.log"), needles)
    assert leak.needle.startswith("contact, value ")
