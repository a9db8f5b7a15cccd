"""What an audience sees is computed from the contract alone, and nothing else is in the view."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import shapely
from laid import write_view
from pyproj import Transformer

from contracts.errors import ContractInvalid, PrivacyRefused, StorageRefused
from contracts.view import view_for
from transforms.engine import engine
from transforms.views import create_view, view_query

TO_GRID = Transformer.from_crs(4326, 3035, always_xy=True)


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    path = tmp_path / "staged.parquet"
    duckdb.execute(
        "COPY (SELECT * FROM (VALUES ('a', 'x', 1), ('b', 'it''s', 2), ('c', NULL, 3)) AS t(id, s, n)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    return path


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ({"field": "s", "equals": "it's"}, ["b"]),
        ({"field": "s", "among": ["x", "it's"]}, ["a", "b"]),
        ({"field": "s", "present": True}, ["a", "b"]),
        ({"field": "n", "at_least": 2}, ["b", "c"]),
        ({"field": "n", "at_most": 1}, ["a"]),
        ({"field": "n", "equals": 3}, ["c"]),
    ],
)
def test_only_rows_that_meet_the_condition_are_public(
    contract_of: Any, staged: Path, condition: dict[str, Any], ids: list[str]
) -> None:
    dataset = contract_of({"s": {}, "n": {"type": "integer"}}, public_rows=[condition])
    connection = duckdb.connect()
    create_view(connection, view_for(dataset, "public"), staged, "shown")
    assert connection.sql("SELECT id FROM shown ORDER BY id").fetchall() == [(one,) for one in ids]
    assert connection.sql("SELECT * FROM shown").columns == ["id"]


def test_the_restricted_view_has_every_field_and_row(contract_of: Any, staged: Path) -> None:
    condition = {"field": "s", "equals": "x"}
    dataset = contract_of({"s": {}, "n": {"type": "integer"}}, public_rows=[condition])
    connection = duckdb.connect()
    create_view(connection, view_for(dataset, "restricted"), staged, "shown")
    assert connection.sql("SELECT * FROM shown").columns == ["id", "s", "n"]
    assert len(connection.sql("SELECT * FROM shown").fetchall()) == 3


def test_a_condition_is_quoted(contract_of: Any) -> None:
    dataset = contract_of({"s": {}}, public_rows=[{"field": "s", "equals": "' OR 1=1 --"}])
    assert "'''" in view_query(view_for(dataset, "public"), "t")


# --- coarser values ---------------------------------------------------------------------------------


def shown(
    tmp_path: Path, dataset: Any, staged_sql: str, columns: str = "f", **given: Any
) -> list[tuple[Any, ...]]:
    """The rows of the public view of a staged table that is given as SQL, in the view's order."""
    staged = tmp_path / "staged.parquet"
    with engine(tmp_path / "work") as connection:
        connection.execute(f"COPY ({staged_sql}) TO '{staged}' (FORMAT parquet)")
        create_view(connection, view_for(dataset, "public"), staged, "shown", **given)
        return connection.execute(f"SELECT {columns} FROM shown").fetchall()


def values(*cells: str | None, cast: str = "VARCHAR") -> str:
    """SQL of a staged table with the key `id` and these cells in `f`."""
    rows = ", ".join(
        f"('{number:02}', CAST({'NULL' if cell is None else repr(cell)} AS {cast}))"
        for number, cell in enumerate(cells)
    )
    return f"SELECT * FROM (VALUES {rows}) AS t(id, f)"


def test_a_date_is_shown_as_its_year(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"f": {"type": "date", "public": "year"}})
    rows = shown(tmp_path, dataset, values("2025-12-31", "2026-01-01", None, cast="DATE"), "f, typeof(f)")
    assert rows == [(2025, "BIGINT"), (2026, "BIGINT"), (None, "BIGINT")]


def test_a_date_is_the_same_day_in_every_zone(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"f": {"type": "date", "zone": "America/Martinique", "public": "year"}})
    assert shown(tmp_path, dataset, values("2026-01-01", cast="DATE")) == [(2026,)]


def test_a_date_is_shown_as_its_month(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"f": {"type": "date", "public": "month"}})
    rows = shown(tmp_path, dataset, values("2026-03-31", "0987-12-01", None, cast="DATE"))
    assert rows == [("2026-03",), ("0987-12",), (None,)]


@pytest.mark.parametrize(
    ("instant", "zone", "year", "month"),
    [
        ("2025-12-31T22:59:59Z", None, 2025, "2025-12"),
        ("2025-12-31T23:00:00Z", None, 2026, "2026-01"),  # winter: midnight in Paris
        ("2026-03-31T21:59:59Z", None, 2026, "2026-03"),
        ("2026-03-31T22:00:00Z", None, 2026, "2026-04"),  # summer: midnight in Paris
        ("2026-01-01T03:59:00Z", "America/Martinique", 2025, "2025-12"),
        ("2025-12-31T20:00:00Z", "Indian/Reunion", 2026, "2026-01"),
        ("2025-12-31T23:30:00Z", "UTC", 2025, "2025-12"),
    ],
)
def test_an_instant_is_of_the_year_and_month_on_the_wall(
    contract_of: Any, tmp_path: Path, instant: str, zone: str | None, year: int, month: str
) -> None:
    for precision, expected in (("year", year), ("month", month)):
        dataset = contract_of({"f": {"type": "instant", "zone": zone, "public": precision}})
        assert shown(tmp_path, dataset, values(instant, cast="TIMESTAMPTZ")) == [(expected,)]


def places(*wkt: str | None) -> str:
    cells = ", ".join("NULL" if one is None else repr(one) for one in wkt)
    return (
        "SELECT lpad(CAST(row_number() OVER () AS VARCHAR), 2, '0') AS id, wkt_wkb(wkt, 'EPSG:4326') AS f "
        f"FROM (SELECT unnest([{cells}]) AS wkt)"
    )


def squares(tmp_path: Path, contract_of: Any, *wkt: str | None) -> list[tuple[float, float] | None]:
    dataset = contract_of({"f": {"type": "geometry", "public": "grid_1km"}})
    rows = shown(tmp_path, dataset, places(*wkt))
    points = [None if wkb is None else shapely.from_wkb(bytes(wkb)) for (wkb,) in rows]
    return [point and (point.x, point.y) for point in points]


def test_the_square_of_mairie_dissy_is_the_one_worked_out_with_pyproj(
    contract_of: Any, tmp_path: Path
) -> None:
    """EPSG:3035 puts it at 3754626.9, 2886493.9, in the square 1kmN2886E3754, whose centre is …500, …500."""
    (square,) = squares(tmp_path, contract_of, "POINT (2.2730415 48.8241050)")
    assert square is not None
    assert TO_GRID.transform(*square) == pytest.approx((3754500, 2886500), abs=0.1)
    assert square == (round(square[0], 6), round(square[1], 6))


def test_all_points_of_a_square_are_shown_alike_and_the_next_square_otherwise(
    contract_of: Any, tmp_path: Path
) -> None:
    corners = [
        (3754001, 2885001),
        (3754999, 2885999),
        (3754001, 2885999),
        (3755001, 2885001),
        (3754001, 2886001),
    ]
    wkt = ["POINT ({} {})".format(*TO_GRID.transform(*corner, direction="INVERSE")) for corner in corners]
    first, second, third, east, north = squares(tmp_path, contract_of, *wkt)
    assert first == second == third
    assert len({first, east, north}) == 3


def test_a_shape_is_shown_as_the_square_of_a_point_in_it(contract_of: Any, tmp_path: Path) -> None:
    """A ring around the square's centre has that centre outside of itself, and no fine vertex comes out."""
    ring = "POLYGON ((2.26 48.81, 2.28 48.81, 2.28 48.83, 2.26 48.83, 2.26 48.81), (2.265 48.815, 2.275 48.815, 2.275 48.825, 2.265 48.825, 2.265 48.815))"
    inside = shapely.point_on_surface(shapely.from_wkt(ring))
    shape, nothing, point = squares(tmp_path, contract_of, ring, None, inside.wkt)
    assert shape == point
    assert nothing is None


@pytest.fixture
def communes(tmp_path: Path) -> Path:
    """Two squares that share the border x = 1, the right one with a hole, the codes not in order."""
    hole = [[1.4, 0.4], [1.6, 0.4], [1.6, 0.6], [1.4, 0.6], [1.4, 0.4]]
    shapes = {
        "92040": [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]], hole],
        "92012": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]],
    }
    features = [
        {"type": "Feature", "properties": {name: code}, "geometry": {"type": "Polygon", "coordinates": shape}}
        for (code, shape), name in zip(shapes.items(), ("code", "insee_commune"), strict=True)
    ]
    path = tmp_path / "communes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_point_is_shown_as_its_commune(contract_of: Any, tmp_path: Path, communes: Path) -> None:
    dataset = contract_of({"f": {"type": "geometry", "public": "commune"}})
    wkt = ["POINT (0.5 0.5)", "POINT (1.2 0.5)", "POINT (1 0.5)", "POINT (0 0)", "POINT (1.5 0.5)", "POINT (3 3)",
           None, "LINESTRING (1.1 0.5, 1.2 0.5, 1.3 0.5)"]  # fmt: skip
    codes = ["92012", "92040", "92012", "92012", None, None, None, "92040"]
    assert shown(tmp_path, dataset, places(*wkt), communes=communes) == [(code,) for code in codes]


def test_without_outlines_no_commune_is_shown(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"f": {"type": "geometry", "public": "commune"}})
    with pytest.raises(ContractInvalid, match=r"city.yml:1: communes: .* no outlines of communes"):
        shown(tmp_path, dataset, places("POINT (0 0)"))


@pytest.mark.parametrize("text", ["{", "[]", '{"features": [{"properties": {}, "geometry": null}]}'])
def test_outlines_that_are_none_are_refused(contract_of: Any, tmp_path: Path, text: str) -> None:
    dataset = contract_of({"f": {"type": "geometry", "public": "commune"}})
    (tmp_path / "communes.geojson").write_text(text)
    with pytest.raises(StorageRefused, match=r"communes.geojson: is no GeoJSON of communes"):
        shown(tmp_path, dataset, places("POINT (0 0)"), communes=tmp_path / "communes.geojson")


def parts_of(tmp_path: Path, *parts: dict[str, str]) -> list[Path]:
    paths = [tmp_path / f"part-{number}.parquet" for number, _ in enumerate(parts)]
    for part, path in zip(parts, paths, strict=True):
        rows = ", ".join(f"('{value}', '{surrogate}')" for value, surrogate in part.items())
        duckdb.execute(
            f"COPY (SELECT * FROM (VALUES {rows}) t(value, surrogate)) TO '{path}' (FORMAT parquet)"
        )
    return paths


def test_a_value_is_shown_as_its_surrogate_the_first_that_was_drawn(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"f": {"type": "integer", "public": "surrogate"}})
    parts = parts_of(tmp_path, {"7": "seven"}, {"7": "another", "12": "dozen"})
    rows = shown(tmp_path, dataset, values("12", None, "7", "7", cast="BIGINT"), surrogates={"f": parts})
    assert rows == [("dozen",), (None,), ("seven",), ("seven",)]


def test_a_value_without_a_surrogate_is_refused_and_not_told(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"f": {"public": "surrogate"}})
    with pytest.raises(PrivacyRefused, match="values of 'f' have no surrogate yet") as caught:
        shown(tmp_path, dataset, values("a", "secret"), surrogates={"f": parts_of(tmp_path, {"a": "x"})})
    assert "secret" not in str(caught.value)


def test_a_hidden_row_needs_no_surrogate(contract_of: Any, tmp_path: Path) -> None:
    condition = {"field": "f", "equals": "a"}
    dataset = contract_of({"f": {"public": "surrogate"}}, public_rows=[condition])
    parts = parts_of(tmp_path, {"a": "x"})
    assert shown(tmp_path, dataset, values("a", "b"), surrogates={"f": parts}) == [("x",)]


def test_fields_called_as_the_tables_of_the_query_are_no_matter(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of(
        {name: {"public": True} for name in ("value", "surrogate", "staged")} | {"f": {"public": "surrogate"}}
    )
    staged = "SELECT '1' AS id, 'v' AS value, 's' AS surrogate, 't' AS staged, 'a' AS f"
    rows = shown(
        tmp_path,
        dataset,
        staged,
        "value, surrogate, staged, f",
        surrogates={"f": parts_of(tmp_path, {"a": "x"})},
    )
    assert rows == [("v", "s", "t", "x")]


# --- nothing else in the file -----------------------------------------------------------------------


def written(tmp_path: Path, dataset: Any, staged_sql: str, threads: int = 2, **given: Any) -> bytes:
    with engine(tmp_path / "work") as connection:
        connection.execute(
            f"SET threads = {threads}; COPY ({staged_sql}) TO '{tmp_path}/staged.parquet' (FORMAT parquet)"
        )
        write_view(
            connection,
            view_for(dataset, "public"),
            tmp_path / "staged.parquet",
            tmp_path / "view.parquet",
            **given,
        )
    return (tmp_path / "view.parquet").read_bytes()


def test_the_file_is_the_same_on_any_number_of_threads_and_in_any_order_of_rows(
    contract_of: Any, tmp_path: Path
) -> None:
    dataset = contract_of(
        {"f": {"type": "date", "public": "month"}, "g": {"type": "integer", "public": True}}
    )
    rows = "SELECT printf('%06d', i) AS id, DATE '2026-01-01' + (i % 700)::INT AS f, (i * 7919) % 1000 AS g FROM range(300000) t(i)"
    files = {
        written(tmp_path, dataset, f"{rows} ORDER BY {order}", threads)
        for order, threads in (("i", 1), ("i DESC", 2), ("hash(i)", 4))
    }  # fmt: skip
    assert len(files) == 1


@pytest.mark.parametrize(
    "hidden",
    ["", " UNION ALL SELECT 'z', 'h', NULL, 1", " UNION ALL SELECT '0', 'h', 'hidden', 99 FROM range(5000)"],
)
def test_hidden_rows_change_no_byte_of_the_file(contract_of: Any, tmp_path: Path, hidden: str) -> None:
    dataset = contract_of(
        {"s": {"hidden_because": "L311-6"}, "f": {"public": True}},
        public_rows=[{"field": "s", "equals": "v"}],
    )
    alone = written(
        tmp_path,
        dataset,
        "SELECT id, s, f FROM (VALUES ('a', 'v', 'x', 1), ('b', 'v', 'y', 2)) t(id, s, f, n)",
    )
    rows = f"SELECT id, s, f FROM (SELECT 'a' AS id, 'v' AS s, 'x' AS f, 1 AS n UNION ALL SELECT 'b', 'v', 'y', 2{hidden})"
    assert written(tmp_path, dataset, rows) == alone


def test_the_file_holds_months_and_no_day(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"f": {"type": "date", "public": "month"}})
    rows = "SELECT printf('%06d', i) AS id, DATE '2026-03-01' + (i % 31)::INT AS f FROM range(5000) t(i)"
    written(tmp_path, dataset, rows)
    metadata = pq.read_metadata(tmp_path / "view.parquet").row_group(0).column(1)
    assert (metadata.statistics.min, metadata.statistics.max) == ("2026-03", "2026-03")
    assert pq.read_table(tmp_path / "view.parquet", read_dictionary=["f"])["f"].chunk(
        0
    ).dictionary.to_pylist() == ["2026-03"]


def test_rows_are_handed_over_in_the_views_order_nulls_last(contract_of: Any, tmp_path: Path) -> None:
    dataset = contract_of({"f": {"public": True}}, key=["f", "id"])
    staged, path = tmp_path / "staged.parquet", tmp_path / "view.parquet"
    with engine(tmp_path / "work") as connection:
        rows = values("b", None, "é", "B", "a")
        connection.execute(f"COPY ({rows}) TO '{staged}' (FORMAT parquet)")
        write_view(connection, view_for(dataset, "public"), staged, path)
    assert duckdb.sql(f"SELECT f FROM '{path}'").fetchall() == [
        ("B",),
        ("a",),
        ("b",),
        ("é",),
        (None,),
    ]
