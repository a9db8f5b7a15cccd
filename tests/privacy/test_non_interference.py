"""Whatever changes on the restricted side alone, every byte of the public side stays the same."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from laid import source_in, write_view

from contracts.batch import RawBatch, RawFile, Verdict
from contracts.city import City
from contracts.dataset import Dataset
from contracts.view import view_for
from pipeline.handover import hand_over
from pipeline.house import House
from pipeline.publisher import Publisher, publish_handed
from pipeline.standardize import standardize
from storage.folder import FolderStore
from transforms.conform import conform
from transforms.engine import engine

EXAMPLES = int(os.environ.get("CONCENTRATOR_EXAMPLES", "100"))  # `make torture` asks for 1,000
WHOLE = EXAMPLES // 20  # the whole way through the stores takes twenty times as long
DATASET = Dataset.model_validate(
    {
        "theme": "mobility", "name": "parcs",
        "about": {
            "title": {"fr": "Parcs"}, "description": {"fr": "Parcs"}, "publisher": "Mobilité",
            "frequency": "daily", "contact": "opendata@example.org",
        },
        "source": {"kind": "http_file", "connection": "portal", "path": "x"},
        "format": {"type": "csv", "delimiter": ";"}, "key": ["id"], "audiences": ["restricted", "public"],
        "public_rows": [{"field": "ville", "among": ["Rueil", "Puteaux"]}, {"field": "places", "at_least": 10}],
        "quality": {"rejected": 1.0},
        "fields": {
            "id": {"public": True}, "nom": {"public": True}, "ville": {"public": True},
            "places": {"type": "integer", "public": True, "required": True}, "prix": {"type": "decimal(8,2)", "public": True},
            "lieu": {"type": "geometry", "written_as": "wkt", "public": True},
            "pose_le": {"type": "date", "public": "year"},
            "tel": {}, "ne_le": {"type": "date"}, "solde": {"type": "decimal(12,2)"}, "vu": {"type": "instant"},
            "chez": {"type": "geometry", "written_as": "lat_lon"},
        },
    }
)  # fmt: skip
COLUMNS = tuple(DATASET.fields)
PUBLIC = (
    ("a7", "Gare", "Rueil", "120", "1.50", "POINT (2.18 48.87)", "2019"),
    ("c3", "Mairie", "Puteaux", "80", "", "POINT (2.23 48.88)", "2020"),
    ("k9", "Église", "Rueil", "10", "libre", "", ""),  # `libre` is a cell that does not fit
)
FIRST = (("a7", "Gare", "Rueil", "110", "1.40", "POINT (2.18 48.87)", "2019"), *PUBLIC[1:])
NOW = datetime(2026, 3, 7, 11, 22, 33, tzinfo=UTC)

cells = st.one_of(
    st.just(""), st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12),
    st.sampled_from(["1875-03-07", "2999-12-31", "-99999999.99", "0.001", "-49.35,69.3", "99,99", "9" * 300, "NaN"]),
    st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"), st.dates().map(str), st.integers().map(str),
)  # fmt: skip
restricted = st.tuples(*[cells] * 5)
days = st.tuples(st.integers(1, 12), st.integers(1, 28)).map(lambda day: f"-{day[0]:02}-{day[1]:02}")
few = st.integers(-99, 9).map(str)  # places: fewer than the public sees
hiding = st.one_of(
    st.tuples(st.sampled_from(["", "Paris", "rueil", "Ville de Rueil"]), st.one_of(few, cells)),
    st.tuples(st.sampled_from(["Rueil", "Puteaux"]), st.one_of(few, st.just(""))),
)
hidden_rows = st.lists(
    st.tuples(
        st.text("0123456789abcdefz-", min_size=1, max_size=6).map("h{}".format), cells, hiding, cells,
        st.sampled_from(["", "POINT (69.3 -49.35)", "POINT (nowhere)", "POLYGON ((0 0, 1 0, 1 1, 0 0))"]), cells,
        restricted,
    ).map(lambda row: (*row[:2], *row[2], *row[3:])),
    max_size=6, unique_by=lambda row: row[0],
)  # fmt: skip
variations = st.fixed_dictionaries(
    {
        "hidden": hidden_rows, "sides": st.tuples(*[restricted] * 3), "days": st.tuples(*[days] * 3),
        "order": st.randoms().map(lambda random: random.shuffle),
    }
)  # fmt: skip
PLAIN: dict[str, Any] = {
    "hidden": (), "sides": (("",) * 5,) * 3, "days": ("-01-01",) * 3, "order": lambda rows: None,
}  # fmt: skip


def rows_of(shown: Any, *, hidden: Any, sides: Any, days: Any, order: Any) -> list[list[str]]:
    """The source's rows: public ones, with what is restricted of them, and hidden ones, in any order."""
    rows = [
        [*row[:-1], row[-1] + day if row[-1] else "", *side]
        for row, day, side in zip(shown, days, sides, strict=True)
    ] + [[*row[:-1], *row[-1]] for row in hidden]
    order(rows)
    return rows


def csv_of(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue().encode()


def refused(*_: object) -> NoReturn:
    raise AssertionError("nothing is fetched here")


def published(folder: Path, source: bytes, attempt: str) -> dict[str, bytes]:
    """Every byte of the public store after one run from landed bytes on."""
    stores = {name: FolderStore(folder / name, name) for name in ("work", "public", "restricted", "handover")}
    house = House(
        city=City(name="Villebourg", insee="92040", contact="opendata@example.org"), **stores,
        scratch=folder / "scratch", communes=None, connection=refused, clock=lambda: NOW,
        random=lambda count: hashlib.sha256(attempt.encode()).digest()[:count],
    )  # fmt: skip
    house.work.put_bytes("landing/x.csv", source)
    file = RawFile(
        key="landing/x.csv",
        name="x.csv",
        origin="http://x",
        sha256=hashlib.sha256(source).hexdigest(),
        bytes=len(source),
        fetched_at=NOW,
    )
    raw = RawBatch(dataset_id=DATASET.id, batch_id=attempt, files=(file,), proof="none")
    staged = standardize(DATASET, house, raw, attempt=attempt)
    verdict = Verdict(dataset_id=DATASET.id, batch_id=attempt, evaluated=0)
    hand_over(DATASET, house, staged, verdict, attempt=attempt)
    publish_handed(
        Publisher(house.handover, house.public, folder / "scratch", lambda: NOW), DATASET.id, attempt
    )
    root = folder / "public"
    return {
        str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()
    }


@pytest.fixture(scope="module")
def handed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[list[list[str]]], bytes]]:
    """The bytes of the projected view, which are all that the public publisher gets of the rows."""
    folder = tmp_path_factory.mktemp("handed")
    columns = ", ".join(f'"{name}" VARCHAR' for name in COLUMNS)
    with engine(folder) as connection:
        connection.execute(
            "CREATE TABLE source_lines AS SELECT 0::BIGINT AS first, 2::BIGINT AS line, 'f' AS file"
        )
        connection.execute(
            "CREATE TABLE source_ragged (line BIGINT, reason VARCHAR, text VARCHAR, file VARCHAR)"
        )

        def view_of(rows: list[list[str]]) -> bytes:
            connection.execute(f"CREATE OR REPLACE TABLE source ({columns})")
            connection.executemany(f"INSERT INTO source VALUES ({', '.join('?' * len(COLUMNS))})", rows)
            conform(
                connection,
                DATASET,
                source_in(connection),
                folder / "kept.parquet",
                folder / "rejects.parquet",
            )
            view = view_for(DATASET, "public")
            write_view(connection, view, folder / "kept.parquet", folder / "view.parquet")
            return (folder / "view.parquet").read_bytes()

        yield view_of


@pytest.fixture(scope="module")
def plainly_handed(handed: Callable[[list[list[str]]], bytes]) -> bytes:
    return handed(rows_of(PUBLIC, **PLAIN))


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    database=None,
)  # fmt: skip
@given(variation=variations)
def test_restricted_cells_and_rows_change_no_byte_that_is_handed_over(
    handed: Callable[[list[list[str]]], bytes], plainly_handed: bytes, variation: Any
) -> None:
    assert handed(rows_of(PUBLIC, **variation)) == plainly_handed


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stores after a first release, from which every second one starts."""
    folder = tmp_path_factory.mktemp("earlier")
    published(folder, csv_of(rows_of(FIRST, **PLAIN)), "one")
    return folder


@pytest.fixture(scope="module")
def second(earlier: Path) -> Callable[[list[list[str]]], dict[str, bytes]]:
    """What the public has after a second run from these rows."""

    def run(rows: list[list[str]]) -> dict[str, bytes]:
        with tempfile.TemporaryDirectory(dir=earlier.parent) as folder:
            shutil.copytree(earlier, folder, dirs_exist_ok=True)
            return published(Path(folder), csv_of(rows), "two")

    return run


@pytest.fixture(scope="module")
def expected(second: Callable[[list[list[str]]], dict[str, bytes]]) -> dict[str, bytes]:
    return second(rows_of(PUBLIC, **PLAIN))


@settings(
    max_examples=WHOLE, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
    database=None,
)  # fmt: skip
@given(variation=variations)
def test_restricted_cells_and_rows_change_no_public_byte(
    second: Callable[[list[list[str]]], dict[str, bytes]], expected: dict[str, bytes], variation: Any
) -> None:
    came = second(rows_of(PUBLIC, **variation))
    assert came.keys() == expected.keys()
    assert [name for name in came if came[name] != expected[name]] == []


def test_a_public_cell_changes_public_bytes(
    second: Callable[[list[list[str]]], dict[str, bytes]], expected: dict[str, bytes]
) -> None:
    other = (("a7", "Gare Sud", *PUBLIC[0][2:]), *PUBLIC[1:])
    came = second(rows_of(other, **PLAIN))
    changed = {name.rpartition("/")[2] for name in came if came[name] != expected.get(name)}
    assert {"parcs.parquet", "parcs.csv", "parcs.xlsx", "parcs.geojson", "manifest.json"} <= changed
