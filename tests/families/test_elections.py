"""The elections family on the ministry's whole workbooks, held against values worked out apart."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from contracts.library import library_at
from sample.sources import connections

ROOT = Path(__file__).parents[2]
LIBRARY = library_at(ROOT / "config")
FAMILY = sorted(name for name in LIBRARY.datasets if name.startswith("elections."))
CANDIDATES = [name for name in FAMILY if "voix" in LIBRARY.dataset(name).fields]
# The other general results come of the same reshape of the same sheets (tests/transforms/reshape).
RUN = [*CANDIDATES, "elections.station_turnouts"]
SHARED_COLUMNS = [
    "scrutin_type", "scrutin_date", "tour", "ballot", "zone_niveau", "zone_code", "zone_nom",
    "inscrits", "abstentions", "votants", "blancs", "nuls", "exprimes",
]  # fmt: skip
Query = Callable[[str, str], list[Any]]
EMBARGO = "2099-04-11T20:00:00+02:00"


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """The stores after all contracts ran on the real files, and one whose results wait for their hour."""
    folder = tmp_path_factory.mktemp("elections")
    shutil.copytree(shared_data / "03-elections", folder / "sources/elections_office/elections")
    shutil.copytree(ROOT / "config", folder / "config")
    city = folder / "config" / "city.yml"  # a million cells of XLSX are another test's business
    city.write_text(city.read_text().replace("xlsx_up_to_rows: 100000", "xlsx_up_to_rows: 10"))
    contracts = folder / "config/datasets/elections"
    for contract in contracts.glob("*.yml"):  # nobody writes there meanwhile
        contract.write_text(contract.read_text().replace("settle: 1", "settle: 0"))
    waiting = (contracts / "runoff_national_results.yml").read_text() + f"embargo: {EMBARGO}\n"
    (contracts / "provisional_results.yml").write_text(waiting)
    names = ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "CONFIG", "SCRATCH")
    variables = {f"CONCENTRATOR_{name}": str(folder / name.lower()) for name in names}
    environment = {**os.environ, **connections("http://127.0.0.1:9", folder / "sources"), **variables,
                   "PYTHONPATH": str(ROOT)}  # fmt: skip
    command = [sys.executable, "-m", "concentrator", "run", *RUN, "elections.provisional_results", "--json"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert {(one["rows_rejected"], one["cells_voided"]) for one in told} == {(0, 0)}
    assert {one["dataset_id"]: one["state"] for one in told if one["state"] != "released"} == {
        "elections.provisional_results": "embargoed"
    }
    return folder


@pytest.fixture(scope="module")
def released(stores: Path) -> Query:
    """Rows of a query over a dataset's public Parquet, called `t`."""

    def rows(name: str, query: str) -> list[Any]:
        path = stores / f"public/elections/{name}/{name}.parquet"
        return duckdb.connect().execute(f"WITH t AS (FROM '{path}') {query}").fetchall()

    return rows


def zones(released: Query, name: str) -> tuple[Any, ...]:
    """Zones, registered, voters, blank, spoilt and valid, each zone counted once."""
    counts = ", ".join(f"sum({column})" for column in ("inscrits", "votants", "blancs", "nuls", "exprimes"))
    once = "SELECT DISTINCT ON (zone_code) * FROM t"
    (row,) = released(name, f"SELECT count(*), {counts} FROM ({once})")
    return tuple(row)


@pytest.mark.parametrize("name", RUN)
def test_every_table_of_the_family_has_the_same_columns(released: Query, name: str) -> None:
    columns = [row[0] for row in released(name.partition(".")[2], "SELECT column_name FROM (DESCRIBE t)")]
    wanted = [
        *SHARED_COLUMNS,
        *(["candidat_numero", "candidat_libelle", "voix"] if name in CANDIDATES else []),
    ]
    assert [column for column in columns if column in wanted] == wanted
    assert not any("naissance" in column for column in columns)


# domain.md: registered, voters, valid, and both candidates
FRANCE_2017 = (47_568_693, 35_467_327, 31_381_603)
VOTES_2017 = [(1, "MACRON Emmanuel", 20_743_128), (2, "LE PEN Marine", 10_638_475)]


@pytest.mark.parametrize(
    ("name", "count"), [("runoff_department_results", 107), ("runoff_constituency_results", 577)]
)
def test_the_sheets_of_2017_add_up_to_france(released: Query, name: str, count: int) -> None:
    found, registered, voters, _, _, valid = zones(released, name)
    assert (found, registered, voters, valid) == (count, *FRANCE_2017)
    query = "SELECT candidat_numero, candidat_libelle, sum(voix) FROM t GROUP BY ALL ORDER BY 1"
    assert released(name, query) == VOTES_2017


def test_the_national_sheet_has_three_zones_that_do_not_add_up(released: Query) -> None:
    query = "SELECT zone_code, inscrits, votants, exprimes FROM t WHERE candidat_numero = 1 ORDER BY 1"
    assert released("runoff_national_results", query) == [
        ("FE", *FRANCE_2017), ("METRO", 44_430_041, 33_883_463, 29_941_125), ("OM", 1_873_422, 1_003_910, 884_719),
    ]  # fmt: skip
    query = "SELECT candidat_numero, candidat_libelle, voix FROM t WHERE zone_code = 'FE' ORDER BY 1"
    assert released("runoff_national_results", query) == VOTES_2017


def test_cantons_are_not_the_whole_of_france(released: Query, shared_data: Path) -> None:
    book = CalamineWorkbook.from_path(shared_data / "03-elections/presidentielle2017_t2.xls")
    header, *rows = book.get_sheet_by_name("Canton Tour 2").to_python(skip_empty_area=False)[3:]
    at = [header.index(name) for name in ("Inscrits", "Votants", "Blancs", "Nuls", "Exprimés")]
    assert zones(released, "runoff_canton_results") == (
        2_086,
        *(sum(row[place] for row in rows) for place in at),
    )
    assert zones(released, "runoff_canton_results")[1] < FRANCE_2017[0]


def test_codes_that_lost_their_leading_zero_have_it_back(released: Query) -> None:
    first = "SELECT DISTINCT zone_code, departement_insee, zone_nom FROM t ORDER BY 1 LIMIT 1"
    assert released("runoff_canton_results", first) == [("01-01", "01", "Ambérieu-en-Bugey")]
    assert released("runoff_department_results", first) == [("01", "01", "Ain")]
    query = "SELECT DISTINCT departement_insee FROM t WHERE departement_ministere IN ('2A', 'ZA', 'ZP', 'ZZ', 'ZX')"
    found = {row[0] for row in released("runoff_department_results", query)}
    assert found == {"2A", "971", "987", None}


def test_the_european_election_counts_right(released: Query) -> None:
    assert zones(released, "european_results") == (
        577, 47_345_328, 23_730_740, 555_033, 520_533, 22_655_174,
    )  # fmt: skip
    query = "SELECT count(*), sum(voix), sum(voix) FILTER (candidat_numero = 23), sum(voix) FILTER (candidat_numero = 5) FROM t"
    assert released("european_results", query) == [(19_618, 22_655_174, 5_286_939, 5_079_015)]


def test_the_legislative_election_counts_right(released: Query) -> None:
    found = zones(released, "legislative_results")
    assert (found[0], found[1], found[2], found[5]) == (577, 48_953_800, 23_257_547, 22_745_602)
    query = "SELECT sum(voix), count(*), count(elu), count(DISTINCT nuance) FROM t"
    assert released("legislative_results", query) == [(22_745_602, 6_290, 5, 16)]
    query = "SELECT min(n), max(n) FROM (SELECT count(*) AS n FROM t GROUP BY zone_code)"
    assert released("legislative_results", query) == [(4, 22)]


@pytest.mark.parametrize(
    ("department", "stations", "communes", "counts"),
    [("44", 1_110, 207, (1_056_693, 820_354, 802_422)), ("06", 981, 163, (778_582, 570_332, 558_775))],
)  # fmt: skip
def test_polling_stations_add_up_to_their_departments(
    released: Query, department: str, stations: int, communes: int, counts: tuple[int, ...]
) -> None:
    query = (
        "SELECT count(*), count(DISTINCT insee_commune), sum(inscrits), sum(votants), sum(exprimes) FROM t "
        f"WHERE departement_insee = '{department}'"
    )
    assert released("station_turnouts", query) == [(stations, communes, *counts)]
    votes = (
        "SELECT candidat_numero, candidat_libelle, sum(voix) FROM t "
        f"WHERE departement_insee = '{department}' GROUP BY ALL ORDER BY 1"
    )
    by_station = released("station_results", votes)
    assert len(by_station) == 12
    # the ministry's own sheet of both departments, which has no numbers of candidates
    assert by_station == released("department_results", votes)


def test_a_station_of_the_workbook_is_the_station_of_the_release(released: Query, shared_data: Path) -> None:
    book = openpyxl.load_workbook(
        shared_data / "03-elections/presidentielle2022_bureaux_vote_06_44.xlsx", read_only=True
    )
    row = next(book["Données Alpes-Maritimes"].iter_rows(min_row=6, max_row=6, values_only=True))
    assert (row[4], row[6], row[7]) == ("004", "0101", "839")  # Antibes; registered voters are a text
    blocks = [row[place : place + 7] for place in range(21, len(row), 7)]
    votes = [(block[0], f"{block[2]} {block[3]}", block[1], block[4]) for block in blocks]
    query = "SELECT candidat_numero, candidat_libelle, candidat_sexe, voix FROM t WHERE zone_code = '06-004-0101' ORDER BY 1"
    assert released("station_results", query) == votes
    query = "SELECT inscrits, insee_commune, code_bureau_vote, scrutin_date::TEXT FROM t WHERE zone_code = '06-004-0101'"
    assert released("station_turnouts", query) == [(839, "06004", "0101", "2022-04-10")]


def test_general_results_are_those_beside_the_candidates(released: Query) -> None:
    assert zones(released, "station_turnouts") == zones(released, "station_results")
    assert released("station_turnouts", "SELECT count(*) FROM t") == [(2_091,)]


@pytest.mark.parametrize("name", CANDIDATES)
def test_votes_of_a_zone_are_its_valid_votes(released: Query, name: str) -> None:
    query = "SELECT zone_code FROM t GROUP BY ALL HAVING sum(voix) <> max(exprimes)"
    assert released(name.partition(".")[2], query) == []


def test_tables_of_several_elections_are_one_table(released: Query) -> None:
    """The same columns: what a reader of the files puts one under the other needs no renaming."""
    columns = ", ".join(SHARED_COLUMNS)
    shapes = {
        tuple(released(name.partition(".")[2], f"SELECT column_name, column_type FROM (DESCRIBE SELECT {columns} FROM t)"))
        for name in RUN
    }  # fmt: skip
    assert len(shapes) == 1


def test_provisional_results_are_for_agents_until_their_hour(stores: Path) -> None:
    name = "provisional_results"
    assert not (stores / "public/elections" / name).exists()
    path = stores / f"restricted/elections/{name}/{name}.parquet"
    (count,) = duckdb.connect().execute(f"SELECT count(*) FROM '{path}'").fetchall()[0]
    assert count == 6
