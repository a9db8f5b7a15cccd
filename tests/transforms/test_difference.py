"""Two small releases of one audience, and the lines that tell one from the other."""

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import StorageRefused
from contracts.evolution import Counted
from contracts.field import Field
from contracts.view import View
from distributions.columns import sql_type
from distributions.parquet import write_parquet
from distributions.shapes import extent_of, make_wkt_known
from distributions.writing import write_distributions
from transforms.difference import write_difference
from transforms.engine import engine

Row = tuple[Any, ...]
Table = tuple[dict[str, str], list[Row]]
Line = tuple[str | None, ...]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with engine(tmp_path_factory.mktemp("engine")) as connection:
        make_wkt_known(connection)
        yield connection


class Releases:
    """Writes releases and compares them; `lines` are what the CSV shows, empty cells as None."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection, self.folder = connection, folder

    def view(self, types: dict[str, str], key: tuple[str, ...]) -> View:
        fields = {name: Field(type=kind, public=True, values={"a": "a"} if kind == "enum" else None)
                  for name, kind in types.items()}  # fmt: skip
        return View(
            dataset_id="mobility.parcs", name="parcs", audience="public", title="Parcs", description="Parcs",
            publisher="Mobilité", licence="etalab-2.0", contact="opendata@example.org",
            fields=fields, order=tuple(name for name in key if name in fields) or tuple(fields),
        )  # fmt: skip

    def fill(self, view: View, rows: list[Row]) -> None:
        described = ", ".join(f'"{name}" {sql_type(field)}' for name, field in view.fields.items())
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE shown ({described})")
        kinds = [field.type for field in view.fields.values()]
        marks = ", ".join("?" for _ in kinds)
        for row in rows:
            cells = [shapely.to_wkb(shapely.from_wkt(cell)) if kind == "geometry" and cell else cell
                     for cell, kind in zip(row, kinds, strict=True)]  # fmt: skip
            self.connection.execute(f"INSERT INTO shown VALUES ({marks})", cells)

    def write(self, view: View, rows: list[Row], name: str) -> Path:
        self.fill(view, rows)
        extents = {column: extent_of(self.connection, "shown", column)
                   for column, field in view.fields.items() if field.type == "geometry"}  # fmt: skip
        write_parquet(self.connection, "shown", view, extents, self.folder / name)
        return self.folder / name

    def compare(self, before: Table, after: Table, *key: str, **more: Any) -> Counted:
        (old, old_rows), (new, new_rows) = before, after
        key = key or ("id",)
        old_view, new_view = self.view(old, key), self.view(new, key)
        return write_difference(
            self.connection, self.write(old_view, old_rows, "before.parquet"),
            self.write(new_view, new_rows, "after.parquet"), key=key,
            columns_before=old_view.columns, columns_after=new_view.columns, folder=self.folder, **more,
        )  # fmt: skip

    def lines(self, before: Table, after: Table, *key: str, **more: Any) -> list[Line]:
        self.compare(before, after, *key, **more)
        return self.told()[1:]

    def told(self) -> list[Line]:
        with (self.folder / "changes.csv").open(encoding="utf-8", newline="") as file:
            return [tuple(cell or None for cell in line) for line in csv.reader(file)]


@pytest.fixture
def releases(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Releases:
    return Releases(connection, tmp_path)


@pytest.fixture
def of_cell(releases: Releases) -> Callable[[str, Any, Any], list[Line]]:
    """The lines where the only cell of the only row went from one value to another."""

    def lines(kind: str, before: Any, after: Any) -> list[Line]:
        types = {"id": "string", "cell": kind}
        return releases.lines((types, [("a", before)]), (types, [("a", after)]))

    return lines


TYPES = {"id": "string", "nom": "string", "places": "integer"}
OLD = [("a", "Halle", 10), ("b", "Mairie", 20), ("c", "Gare", 30)]
NEW = [("b", "Mairie", 25), ("c", "La Gare", None), ("d", "Port", 40)]


def test_added_removed_and_changed_stand_by_key_then_field(releases):
    assert releases.lines((TYPES, OLD), (TYPES, NEW)) == [
        ("a", "removed", None, None, None),
        ("b", "changed", "places", "20", "25"),
        ("c", "changed", "nom", "Gare", "La Gare"),
        ("c", "changed", "places", "30", None),
        ("d", "added", None, None, None),
    ]


def test_the_cells_of_a_row_stand_by_name_whatever_the_columns_order(releases):
    types = {"z": "integer", "id": "string", "b": "integer", "a": "integer"}
    met = releases.lines((types, [(1, "x", 1, 1)]), (types, [(2, "x", 2, 2)]))
    assert [line[2] for line in met] == ["a", "b", "z"]


def test_rows_and_cells_are_counted(releases):
    assert releases.compare((TYPES, OLD), (TYPES, NEW[:2])) == Counted(
        rows_before=3, rows_after=2, added=0, removed=1, changed=2, cells=3
    )


def test_equal_releases_have_a_header_and_no_line(releases):
    assert releases.compare((TYPES, OLD), (TYPES, OLD)) == Counted(rows_before=3, rows_after=3)
    assert releases.told() == [("id", "change", "field", "before", "after")]


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [([], [], {}), ([], OLD, {"added": 3}), (OLD, [], {"removed": 3})],
)
def test_a_release_may_be_empty(releases, old, new, counts):
    met = releases.compare((TYPES, old), (TYPES, new))
    assert met == Counted(rows_before=len(old), rows_after=len(new), **counts)


def test_a_key_alone_can_be_compared(releases):
    types = {"id": "string"}
    assert [line[:2] for line in releases.lines((types, [("a",), ("b",)]), (types, [("b",), ("c",)]))] == [
        ("a", "removed"), ("c", "added"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "before", "after", "shown"),
    [
        ("string", None, "x", (None, "x")),
        ("string", "x", None, ("x", None)),
        ("string", 'dit "a", b\nc', "’ œ 😀", ('dit "a", b\nc', "’ œ 😀")),
        ("boolean", True, False, ("true", "false")),
        ("integer", -(2**63), 0, ("-9223372036854775808", "0")),
        ("number", 0.1, 1234567.0, ("0.1", "1234567.0")),
        ("number", 1e300, 1e-7, ("1e+300", "1e-07")),
        ("decimal(12,2)", Decimal("1.5"), Decimal("-0.05"), ("1.50", "-0.05")),
        ("date", date(871, 5, 1), date(2024, 2, 29), ("0871-05-01", "2024-02-29")),
        (
            "instant", datetime(2016, 6, 1, 22, 15, tzinfo=UTC), datetime(2016, 6, 1, 22, 15, 0, 500000, tzinfo=UTC),
            ("2016-06-01T22:15:00Z", "2016-06-01T22:15:00.5Z"),
        ),
        ("enum", "a", None, ("a", None)),
        ("siret", "00000000000000", "21920040300013", ("00000000000000", "21920040300013")),
        ("geometry", "POINT (2.123456789 48.8)", "POINT (2.2 48.8)", ("POINT (2.1234568 48.8)", "POINT (2.2 48.8)")),
        ("geometry", None, "POINT (2.2 48.8)", (None, "POINT (2.2 48.8)")),
    ],
)  # fmt: skip
def test_a_changed_cell_reads_as_in_the_releases_csv(releases, of_cell, tmp_path, kind, before, after, shown):
    assert of_cell(kind, before, after) == [("a", "changed", "cell", *shown)]
    view = releases.view({"id": "string", "cell": kind}, ("id",))
    releases.fill(view, [("a", before), ("b", after)])
    write_distributions(releases.connection, "shown", view, tmp_path, xlsx_up_to_rows=0)
    with (tmp_path / "parcs.csv").open(encoding="utf-8", newline="") as file:
        assert tuple(cell or None for _, cell in list(csv.reader(file))[1:]) == shown


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("string", None, None),
        ("number", 0.0, -0.0),
        ("geometry", None, None),
        ("geometry", "POINT (2.2 48.8)", "POINT (2.2 48.8)"),
        ("geometry", "POINT (2.2 48.8)", "POINT (2.200000001 48.8)"),  # 0.1 mm: both read the same
    ],
)
def test_equal_cells_make_no_line(of_cell, kind, before, after):
    assert of_cell(kind, before, after) == []


def test_a_row_whose_cells_all_read_the_same_is_not_counted(releases):
    types = {"id": "string", "place": "geometry"}
    met = releases.compare((types, [("a", "POINT (2 48)")]), (types, [("a", "POINT (2.00000000001 48)")]))
    assert met == Counted(rows_before=1, rows_after=1)


def test_texts_are_compared_to_the_letter(of_cell):
    assert of_cell("string", "Été", "été ") == [("a", "changed", "cell", "Été", "été ")]


def test_a_key_may_have_two_columns(releases):
    types = {"parc": "string", "jour": "date", "libres": "integer"}
    days = [date(2026, 1, day) for day in (1, 2, 3)]
    before = [("a", days[0], 1), ("a", days[1], 1), ("b", days[0], 1)]
    after = [("a", days[1], 2), ("b", days[0], 1), ("b", days[2], 1)]
    assert releases.lines((types, before), (types, after), "parc", "jour") == [
        ("a", "2026-01-01", "removed", None, None, None),
        ("a", "2026-01-02", "changed", "libres", "1", "2"),
        ("b", "2026-01-03", "added", None, None, None),
    ]


def test_the_order_is_that_of_the_release_nulls_last(releases):
    types = {"id": "string", "n": "integer"}
    keys = ["é", None, "b", "Z", 'q"u', "a,b"]
    met = releases.lines((types, []), (types, [(key, 1) for key in keys]))
    assert [line[0] for line in met] == ["Z", "a,b", "b", 'q"u', "é", None]


def test_a_null_in_the_key_meets_the_null_of_the_other_release(releases):
    types = {"quartier": "string", "n": "integer"}
    assert releases.lines((types, [(None, 1), ("a", 1)]), (types, [(None, 2), ("a", 1)]), "quartier") == [
        (None, "changed", "n", "1", "2")
    ]


def test_the_key_keeps_its_type_in_the_parquet_and_its_text_in_the_csv(releases):
    types = {"seen": "instant", "place": "geometry", "n": "integer"}
    seen = datetime(2016, 6, 1, 22, 15, tzinfo=UTC)
    met = releases.lines((types, []), (types, [(seen, "POINT (2 48)", 1)]), "seen", "place")
    assert met == [("2016-06-01T22:15:00Z", "POINT (2 48)", "added", None, None, None)]
    (row,) = pq.read_table(releases.folder / "changes.parquet").to_pylist()
    assert row["seen"] == seen
    assert shapely.from_wkb(row["place"]) == shapely.Point(2, 48)


def test_the_parquet_holds_what_the_csv_shows(releases):
    shown = releases.lines((TYPES, OLD), (TYPES, NEW))
    rows = pq.read_table(releases.folder / "changes.parquet").to_pylist()
    assert [tuple(row.values()) for row in rows] == shown
    assert list(rows[0]) == ["id", "change", "field", "before", "after"]


@pytest.mark.parametrize("name", ["change", "Field", "before", "after", "cell", "unnest"])
def test_a_column_may_bear_any_name_as_key_and_beside_it(releases, name):
    keyed, beside = {name: "string", "n": "integer"}, {"id": "string", name: "integer"}
    assert releases.lines((keyed, [("a", 1)]), (keyed, [("a", 2)]), name) == [("a", "changed", "n", "1", "2")]
    assert len({column.lower() for column in releases.told()[0]}) == 5
    assert releases.lines((beside, [("a", 1)]), (beside, [("a", 2)])) == [("a", "changed", name, "1", "2")]


# --- other columns, another key ------------------------------------------------------------------------


def test_only_columns_of_both_are_compared(releases):
    before = {"id": "string", "gone": "string", "kept": "integer"}
    after = {"kept": "integer", "new": "string", "id": "string"}
    assert releases.lines((before, [("a", "x", 1)]), (after, [(2, "y", "a")])) == [
        ("a", "changed", "kept", "1", "2")
    ]


def test_a_column_of_another_type_is_not_compared(releases):
    before, after = {"id": "string", "n": "integer"}, {"id": "string", "n": "string"}
    assert releases.lines((before, [("a", 1)]), (after, [("a", "deux")])) == []


def test_a_column_that_differs_by_a_capital_is_not_compared(releases):
    before, after = {"id": "string", "Nom": "string"}, {"id": "string", "nom": "string"}
    assert releases.lines((before, [("a", "x")]), (after, [("a", "y")])) == []


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ({"ref": "string", "n": "integer"}, {"id": "string", "n": "integer"}, ("id",)),
        ({"id": "integer", "n": "integer"}, {"id": "string", "n": "integer"}, ("id",)),
        ({"id": "string"}, {"id": "string", "n": "integer"}, ("id", "n")),
    ],
)
def test_by_a_key_that_the_last_release_has_not_no_row_is_compared(releases, before, after, key):
    rows = {1: [(1,)], 2: [(1, 1)]}
    met = releases.compare((before, rows[len(before)]), (after, rows[len(after)]), *key)
    assert met == Counted(rows_before=1, rows_after=1, rekeyed=True)
    assert not list(releases.folder.glob("changes.*"))


@pytest.mark.parametrize(
    ("key_before", "rekeyed"),
    [(("id",), True), (("id", "jour", "n"), True), (("jour", "id"), False), ((), False)],
)
def test_where_the_last_release_had_another_key_no_row_is_compared(releases, key_before, rekeyed):
    types = {"id": "string", "jour": "integer", "n": "integer"}
    tables = (types, [("a", 1, 1)]), (types, [("a", 1, 2)])
    assert releases.compare(*tables, "id", "jour", key_before=key_before).rekeyed == rekeyed
    assert bool(list(releases.folder.glob("changes.*"))) != rekeyed


def test_by_a_key_that_repeats_no_row_is_compared(releases):
    types = {"id": "string", "jour": "integer"}
    met = releases.compare((types, [("a", 1), ("a", 2)]), (types, [("a", 1)]))
    assert met == Counted(rows_before=2, rows_after=1, rekeyed=True)
    assert releases.compare((types, [("a", 1)]), (types, [("a", 1), ("a", 2)])).rekeyed
    assert not list(releases.folder.glob("changes.*"))


# --- what must not stand in the files --------------------------------------------------------------------


def everything_in(folder: Path) -> str:
    """All texts of both files: the CSV's, the Parquet's dictionaries, statistics, metadata and rows."""
    parquet = pq.ParquetFile(folder / "changes.parquet", read_dictionary=["before", "after"])
    groups = [parquet.metadata.row_group(index) for index in range(parquet.num_row_groups)]
    statistics = [group.column(index).statistics for group in groups for index in range(group.num_columns)]
    dictionaries = [chunk.dictionary.to_pylist() for name in ("before", "after")
                    for chunk in parquet.read()[name].chunks]  # fmt: skip
    bounds = [(found.min, found.max) for found in statistics if found is not None and found.has_min_max]
    raw = (folder / "changes.parquet").read_bytes().decode("latin-1")
    shown = (folder / "changes.csv").read_text(encoding="utf-8")
    return repr([dictionaries, bounds, parquet.metadata.metadata, parquet.read().to_pylist(), raw, shown])


def test_of_a_removed_or_added_row_nothing_but_the_key_stands_in_any_file(releases):
    before = [*((f"k{number}", "commun", number) for number in range(50)), ("gone", "SECRET-7", 777777)]
    after = [*((f"k{number}", "autre", number) for number in range(50)), ("here", "OPEN-8", 888888)]
    releases.compare((TYPES, before), (TYPES, after))
    told = everything_in(releases.folder)
    assert "commun" in told
    assert not [value for value in ("SECRET-7", "777777", "OPEN-8", "888888") if value in told]


def test_the_values_of_a_removed_row_change_no_byte(releases):
    types = {**TYPES, "place": "geometry"}

    def written(*cells: Any) -> list[bytes]:
        releases.compare((types, [("a", "x", 1, None), ("b", *cells)]), (types, [("a", "y", 1, None)]))
        return [(releases.folder / f"changes.{kind}").read_bytes() for kind in ("csv", "parquet")]

    assert written("Secret", 7, "POINT (2 48)") == written(None, None, None)


def test_what_is_kept_secret_now_is_not_repeated_from_the_last_release(releases):
    types = {"quartier": "string", "effectif": "integer", "masque": "boolean"}
    before = [("centre", 987654, False), ("nord", 20, False), ("sud", None, True)]
    after = [("centre", None, True), ("nord", 21, False), ("sud", 30, False)]
    assert releases.lines((types, before), (types, after), "quartier", secret="masque") == [
        ("centre", "changed", "masque", "false", "true"),
        ("nord", "changed", "effectif", "20", "21"),
        ("sud", "changed", "effectif", None, "30"),
        ("sud", "changed", "masque", "true", "false"),
    ]
    assert "987654" not in everything_in(releases.folder)


def test_secrecy_that_begins_with_this_release_hides_too(releases):
    before, after = {"id": "string", "n": "integer"}, {"id": "string", "n": "integer", "masque": "boolean"}
    assert releases.lines((before, [("a", 12)]), (after, [("a", None, True)]), secret="masque") == []


# --- same bytes, and the disk ----------------------------------------------------------------------------


def test_the_bytes_are_the_same_on_any_number_of_threads(connection, releases):
    view = releases.view({"id": "integer", "n": "integer", "t": "string"}, ("id",))
    for name, salt in (("before.parquet", 0), ("after.parquet", 1)):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE shown AS SELECT range + {salt} AS id, range % 3 + {salt} AS n, "
            "'t' || range % 7 AS t FROM range(100000)"
        )
        write_parquet(connection, "shown", view, {}, releases.folder / name)
    made = set()
    for threads in (1, 2, 4):
        connection.execute(f"SET threads = {threads}")
        counted = write_difference(
            connection, releases.folder / "before.parquet", releases.folder / "after.parquet", key=("id",),
            columns_before=view.columns, columns_after=view.columns, folder=releases.folder,
        )  # fmt: skip
        made.add(tuple((releases.folder / f"changes.{kind}").read_bytes() for kind in ("csv", "parquet")))
    connection.execute("RESET threads")
    assert counted.cells > 122_880  # more than one row group
    assert len(made) == 1


def test_a_folder_that_takes_no_file_is_one_sentence(releases, tmp_path):
    view = releases.view(TYPES, ("id",))
    file = releases.write(view, OLD, "parcs.parquet")
    with pytest.raises(StorageRefused, match=r"^parcs\.parquet: what changed cannot be written to 'nowhere'"):
        write_difference(
            releases.connection, file, file, key=("id",), columns_before=view.columns,
            columns_after=view.columns, folder=tmp_path / "nowhere",
        )  # fmt: skip


# --- against a full outer join made apart ----------------------------------------------------------------

CELLS = {
    "k": st.sampled_from(["", None, "é", 'a"b', "a,b", "x'y", "b"]).map(lambda text: text or None),
    "j": st.integers(0, 2),
    "t": st.one_of(st.none(), st.sampled_from(["x", "X", "x ", "1", "é"])),
    "n": st.one_of(st.none(), st.integers(-2, 2)),
    "f": st.one_of(st.none(), st.sampled_from([0.0, -0.0, 0.1, 1e20])),
    "d": st.one_of(st.none(), st.sampled_from([Decimal("1.00"), Decimal("1.10")])),
}
KINDS = dict(zip(CELLS, ["string", "integer", "string", "integer", "number", "decimal(9,2)"], strict=True))
TABLES = st.lists(st.tuples(*CELLS.values()), max_size=8, unique_by=lambda row: row[:2])


def joined_apart(before: list[Row], after: list[Row]) -> tuple[set[tuple[Any, ...]], Counted]:
    """The lines (values as they are, no text) and the counts, by pandas."""
    frames = [pd.DataFrame(rows, columns=list(CELLS), dtype=object) for rows in (before, after)]
    both = frames[0].merge(frames[1], on=["k", "j"], how="outer", indicator=True, suffixes=("_was", "_is"))
    lines: set[tuple[Any, ...]] = set()
    for row in both.to_dict("records"):
        key = (None if pd.isna(row["k"]) else row["k"], row["j"])
        if row["_merge"] != "both":
            lines.add((*key, "removed" if row["_merge"] == "left_only" else "added", None, None, None))
            continue
        for name in ("t", "n", "f", "d"):
            was, now = (None if pd.isna(row[name + side]) else row[name + side] for side in ("_was", "_is"))
            if was != now:
                lines.add((*key, "changed", name, was, now))
    kinds = [line[2] for line in lines]
    changed = {line[:2] for line in lines if line[2] == "changed"}
    return lines, Counted(
        rows_before=len(before), rows_after=len(after), added=kinds.count("added"),
        removed=kinds.count("removed"), changed=len(changed), cells=kinds.count("changed"),
    )  # fmt: skip


def typed(line: dict[str, Any]) -> tuple[Any, ...]:
    """The line with its texts read back as what they were."""
    read = {"n": int, "f": float, "d": Decimal}.get(line["field"], str)
    cells = (None if line[side] is None else read(line[side]) for side in ("before", "after"))
    return (line["k"], line["j"], line["change"], line["field"], *cells)


@settings(max_examples=60, deadline=None)
@given(before=TABLES, after=TABLES)
def test_it_says_what_a_full_outer_join_made_apart_says(connection, tmp_path_factory, before, after):
    releases = Releases(connection, tmp_path_factory.getbasetemp())
    counted = releases.compare((KINDS, before), (KINDS, after), "k", "j")
    lines = [typed(line) for line in pq.read_table(releases.folder / "changes.parquet").to_pylist()]
    expected, counts = joined_apart(before, after)
    assert (set(lines), counted) == (expected, counts)
    assert len(lines) == len(expected)
