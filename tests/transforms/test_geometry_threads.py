"""Reprojecting on several threads: PROJ is asked by one, or the process dies of a segmentation fault."""

from pathlib import Path

import pytest

from transforms.engine import engine


@pytest.mark.parametrize(
    ("crs", "east", "north"), [("EPSG:2154", 640_000, 6_855_000), ("EPSG:4326", 2.0, 48.0)]
)
def test_many_points_on_several_threads(tmp_path: Path, crs: str, east: float, north: float) -> None:
    span = 10_000 if east > 180 else 1
    with engine(tmp_path) as connection:
        connection.execute("SET threads = 4")
        connection.execute(
            f"CREATE TABLE places AS SELECT {east} + {span} * (i % 997) / 997.0 AS x, "
            f"{north} + {span} * (i % 991) / 991.0 AS y FROM range(300_000) AS numbers (i)"
        )
        (counts,) = connection.execute(
            f"SELECT count(point_wkb(x, y, '{crs}')), count(grid_1km(point_wkb(x, y, '{crs}'))) FROM places"
        ).fetchall()
    assert counts == (300_000, 300_000)
