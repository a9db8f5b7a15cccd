"""Energy and sensors: series, the hours that they make, secret cells, silent sensors; and what is found in contracts.

One run judges all of it, because each takes 8 s to import Great Expectations. Values are from `csv` and `json`.
"""

from __future__ import annotations

import csv
import itertools
import json
import shutil
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from families_run import Family

from contracts.library import library_at
from sample.sources import SOURCES
from tests.families.secrecy import given_away, lines_of, parts_of, tells_of_few
from transforms.conform import conform
from transforms.decode.decoding import decode
from transforms.engine import engine

LIBRARY = library_at(Path(__file__).parents[2] / "config")
ENERGY = ["energy.consumption", "energy.hourly_totals", "energy.power_readings", "mobility.space_sensors"]
CONTRACTS = ["contracts.public_contracts", "contracts.modifications"]
MINIMUM, DOMINANCE = 10, Fraction(85, 100)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Family:
    return Family(tmp_path_factory.mktemp("energy"), [*ENERGY, *CONTRACTS])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Family:
    """The same contracts on the whole real files, up to the typed table."""
    folder = tmp_path_factory.mktemp("real")
    for name, file in {
        "grid_operator/eCO2mix_RTE_En-cours-TR.xls": "06-iot-energy/rte_eco2mix_en_cours_tr_2016.xls.tsv",
        "sensor_network/spots.json": "06-iot-energy/ulm_spot_sensors_rt.json",
    }.items():
        target = folder / "sources" / name
        target.parent.mkdir(parents=True)
        shutil.copyfile(shared_data / file, target)
    ids = ["energy.hourly_totals", "energy.power_readings", "mobility.space_sensors"]
    return Family(folder, ids, "--until", "standardize", sources=folder / "sources")


def promised(dataset_id: str, words: str) -> str:
    """The query of the contract whose promise says that."""
    (query,) = [
        str(one.arguments["unexpected_rows_query"])
        for one in LIBRARY.dataset(dataset_id).quality.expect
        if words in (one.about or "")
    ]
    return query.format(batch="t")


# --- power and energy ---------------------------------------------------------------------------------


def test_the_month_integrates_to_its_energy(real: Family) -> None:
    """Σ 105,641,396 MW of 2,344 quarter-hours, ÷ 4."""
    query = "SELECT count(*), sum(quarts_mesures), count(consommation), sum(consommation) FROM t"
    assert real.staged("energy.hourly_totals", query) == [(624, 2_344, 586, Decimal("26410349.00"))]
    power = "SELECT sum(consommation) / 4, min(consommation), max(consommation) FROM t"
    assert real.staged("energy.power_readings", power) == [(26_410_349.0, 30_810, 56_223)]


def test_each_hour_of_the_sample_is_four_quarters(family: Family) -> None:
    text = (SOURCES / "grid_operator/eCO2mix_RTE_En-cours-TR.xls").read_text("cp1252")
    hours = defaultdict(list)
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["Date"]:
            hours[row["Date"], row["Heures"][:2]].append(row["Consommation"])
    expected = sorted(
        (datetime.fromisoformat(f"{day}T{hour}:00+02:00").astimezone(UTC),
         Decimal(sum(map(int, powers))) / 4 if all(powers) else None)
        for (day, hour), powers in hours.items()
    )  # fmt: skip
    query = "SELECT periode_debut, consommation FROM t ORDER BY 1"
    assert family.rows("energy.hourly_totals", query) == expected
    assert family.rows("energy.hourly_totals", "SELECT sum(consommation) FROM t") == [
        (Decimal("2457220.75"),)
    ]


def test_gaps_of_the_series_are_found_and_late_readings_are_none(family: Family, real: Family) -> None:
    gap, late = "Un quart d'heure suit l'autre, sans trou.", "Aucune mesure n'arrive"
    found = family.findings("energy.power_readings")
    assert found[gap] == 2  # after 1 and after 12 June: days that the sample leaves out
    assert not any(late in words for words in found)
    for words in (gap, late):
        assert real.staged("energy.power_readings", promised("energy.power_readings", words)) == []


def test_a_missing_quarter_and_one_that_is_late_are_seen() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        (start + timedelta(minutes=15 * n), None if n in (5, 9) else 1) for n in range(10) if n not in (3, 4)
    ]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (observed_at TIMESTAMPTZ, consommation BIGINT, perimetre VARCHAR)")
    connection.executemany("INSERT INTO t VALUES (?, ?, 'France')", rows)
    for words, count in (
        ("sans trou", 1),
        ("Aucune mesure", 1),
    ):  # 30 minutes lack; 5 is late, 9 is only last
        assert len(connection.execute(promised("energy.power_readings", words)).fetchall()) == count


# --- the two days that are not 24 hours long -----------------------------------------------------------

MARCH, OCTOBER = "2026-03-29", "2026-10-25"


def clocks(day: str, *, without: int | None = None, twice: int | None = None) -> list[str]:
    hours = [hour for hour in range(24) if hour != without]
    hours = sorted([*hours, *([twice] if twice is not None else [])])
    return [f"{day};{hour:02}:{minute:02}" for hour in hours for minute in (0, 15, 30, 45)]


def series(folder: Path, lines: list[str], **policy: str) -> tuple[int, int, list[datetime]]:
    """Rows kept and rejected, and the instants, of clock times under the contract of the power readings."""
    contract = LIBRARY.dataset("energy.power_readings")
    field = contract.fields["observed_at"].model_copy(update=policy)
    field = field.model_copy(update={"source": ("Date", "Heures")})
    dataset = contract.model_copy(
        update={"fields": {"observed_at": field}, "key": ("observed_at",), "measures": ()}
    )
    path = folder / "series.csv"
    path.write_text("Date;Heures\n" + "\n".join(lines) + "\n")
    form = LIBRARY.dataset("energy.consumption").format  # a plain CSV with `;`
    with engine(folder / "engine") as connection:
        decoded = decode(connection, path, path.name, form, table="source",
                         scratch=folder / "decoding", place="a.b")  # fmt: skip
        counts = conform(connection, dataset, decoded, folder / "kept.parquet", folder / "rejects.parquet")
    kept = (
        duckdb.connect()
        .execute("SET TimeZone = 'UTC'")
        .execute(f"SELECT observed_at FROM '{folder / 'kept.parquet'}' ORDER BY 1")
    )
    return counts.rows_kept, counts.rows_rejected, [instant for (instant,) in kept.fetchall()]


def steps(instants: list[datetime]) -> set[int]:
    return {int((b - a).total_seconds() // 60) for a, b in itertools.pairwise(instants)}


@pytest.mark.parametrize(
    ("lines", "policy", "kept", "rejected", "minutes"),
    [
        (clocks(MARCH, without=2), {}, 92, 0, {15}),  # right: the day has 23 hours
        (clocks(MARCH), {}, 92, 4, {15}),  # 02:00 to 02:45 do not exist
        (
            clocks(OCTOBER, twice=2),
            {},
            92,
            8,
            {15, 135},
        ),  # nobody says which is which: a gap, and it is found
        (clocks(OCTOBER), {}, 92, 4, {15, 135}),
        (clocks(OCTOBER), {"ambiguous": "earlier"}, 96, 0, {15, 75}),  # the second 02:00 hour was not sent
        (clocks(OCTOBER), {"ambiguous": "later"}, 96, 0, {15, 75}),
    ],
    ids=["march-92", "march-96", "october-100", "october-96", "october-96-earlier", "october-96-later"],
)
def test_the_hour_after_two_is_read_by_the_declared_policy(
    tmp_path: Path, lines: list[str], policy: dict[str, str], kept: int, rejected: int, minutes: set[int]
) -> None:
    met = series(tmp_path, lines, **policy)
    assert (met[0], met[1], steps(met[2])) == (kept, rejected, minutes)


def test_a_hundred_rows_with_their_offset_are_a_whole_day(tmp_path: Path) -> None:
    start = datetime.fromisoformat(f"{OCTOBER}T00:00+02:00")
    told = [(start + timedelta(minutes=15 * n)) for n in range(100)]
    lines = [
        f"{local:%Y-%m-%d;%H:%M}+0{2 if n < 12 else 1}00"
        for n, local in enumerate(one if n < 12 else one - timedelta(hours=1) for n, one in enumerate(told))
    ]
    kept, rejected, instants = series(tmp_path, lines, format="%Y-%m-%d %H:%M%z", zone=None)  # type: ignore[arg-type]
    assert (kept, rejected, steps(instants)) == (100, 0, {15})
    assert instants == told


# --- secret cells ----------------------------------------------------------------------------------------


def test_public_cells_are_the_sums_and_no_secret_follows_from_them(family: Family) -> None:
    text = (SOURCES / "grid_distributor/soutirages.csv").read_text("utf-8")
    parts = parts_of(
        (
            (row["mois"], row["secteur"], row["iris"]),
            row["num_pdl"],
            Fraction(row["energie"].replace(",", ".")),
        )
        for row in csv.DictReader(text.splitlines(), delimiter=";")
    )
    query = "SELECT mois, secteur, iris, effectif_points, energie_kwh, secret FROM t"
    cells = {row[:3]: row[3:] for row in family.rows("energy.consumption", query)}
    assert cells.keys() == parts.keys()
    hidden = {cell for cell, (_, _, secret) in cells.items() if secret}
    for cell, (count, energy, secret) in cells.items():
        told = (None, None) if secret else (len(parts[cell]), sum(parts[cell].values()))
        assert (count, energy if energy is None else Fraction(energy)) == told
    primary = {cell for cell in parts if tells_of_few(parts, [cell], MINIMUM, DOMINANCE)}
    assert len(primary) == 12  # four a month: three of fewer than 10 points, one that a firm dominates
    assert primary <= hidden
    assert len(hidden) < len(parts) / 2
    lines = lines_of(parts)
    known = [line for line in lines if not tells_of_few(parts, line, MINIMUM, DOMINANCE)]
    assert given_away(hidden, known) == set()
    assert given_away(hidden, lines) == set()  # nor to who knows the secret totals too
    for line in known:
        if together := hidden & set(line):
            assert not tells_of_few(parts, together, MINIMUM, DOMINANCE)


def test_the_check_itself_finds_a_secret_that_a_margin_gives_away() -> None:
    cells = [(a, b) for a in "xy" for b in "uv"]
    assert given_away({("x", "u")}, lines_of(cells)) == {("x", "u")}
    assert given_away({("x", "u"), ("x", "v")}, lines_of(cells)) == {("x", "u"), ("x", "v")}
    assert given_away(set(cells), lines_of(cells)) == set()


def test_no_delivery_point_is_in_the_public_store(family: Family) -> None:
    for path in (family.folder / "public").rglob("*"):
        if path.is_file():
            assert b"990000000" not in path.read_bytes(), path
    assert family.rows("energy.consumption", "SELECT count(DISTINCT num_pdl) FROM t", "restricted") == [
        (184,)
    ]


# --- sensors -----------------------------------------------------------------------------------------------


def silent_in(path: Path) -> tuple[int, int, int]:
    """Sensors, those that see a car, those whose last message is a day older than the newest of all."""
    spots = json.loads(path.read_bytes())
    told = [datetime.fromisoformat(spot["timestamp"]) for spot in spots]
    old = sum(one < max(told) - timedelta(hours=24) for one in told)
    return len(spots), sum(spot["occupied"] for spot in spots), old


def test_single_spaces_are_for_agents_and_silent_sensors_are_named(family: Family) -> None:
    assert silent_in(SOURCES / "sensor_network/spots.json") == (24, 9, 3)
    query = "SELECT count(*), count(*) FILTER (occupe) FROM t"
    assert family.rows("mobility.space_sensors", query, "restricted") == [(24, 9)]
    assert not (family.folder / "public" / "mobility" / "space_sensors").exists()
    (silent,) = [n for words, n in family.findings("mobility.space_sensors").items() if "24 h" in words]
    assert silent == 3


def test_the_real_network_of_ulm(real: Family, shared_data: Path) -> None:
    assert silent_in(shared_data / "06-iot-energy/ulm_spot_sensors_rt.json") == (44, 15, 7)
    query = "SELECT count(*), count(*) FILTER (occupe), count(DISTINCT capteur_id) FROM t"
    assert real.staged("mobility.space_sensors", query) == [(44, 15, 44)]
    assert len(real.staged("mobility.space_sensors", promised("mobility.space_sensors", "24 h"))) == 7


# --- what is found in public contracts -----------------------------------------------------------------


def test_wrong_sirets_and_early_modifications_are_findings_and_lose_no_row(family: Family) -> None:
    buyer = "Le SIRET de l'acheteur a 14 chiffres et une clé juste."
    early = "Une modification ne précède pas la notification de son marché."
    assert family.findings("contracts.public_contracts") == {buyer: 1}  # 21750001630066: its Luhn sum is 31
    assert family.findings("contracts.modifications") == {buyer: 1, early: 2}
    assert [family.told[one]["rows_rejected"] for one in CONTRACTS] == [0, 0]
    query = "SELECT sum(montant_ht), sum(montant_actuel_ht) FROM t"
    for audience in ("public", "restricted"):
        assert family.rows("contracts.public_contracts", query, audience) == [
            (Decimal("1150000.00"), Decimal("246915.74"))
        ]
