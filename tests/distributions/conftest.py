"""A table of a few rows, and the files that one audience gets of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import shapely

from contracts.field import Field
from contracts.view import View
from distributions.columns import sql_type
from distributions.writing import Written, write_distributions


@dataclass(frozen=True)
class Release:
    written: Written
    folder: Path

    def file(self, extension: str) -> Path:
        return self.folder / f"places.{extension}"

    @property
    def bytes(self) -> dict[str, bytes]:
        return {entry.name: (self.folder / entry.name).read_bytes() for entry in self.written.files}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    closed = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    with duckdb.connect(config=closed) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def view_of() -> Callable[..., View]:
    def view(types: dict[str, str], order: tuple[str, ...] = ("id",), **about: Any) -> View:
        fields = {
            name: Field(type=kind, about=f"À propos de {name}.", unit="m" if kind == "number" else None,
                        label=f"About {name}", public=True, values={"a": "a"} if kind == "enum" else None)
            for name, kind in types.items()
        }  # fmt: skip
        known = {
            "dataset_id": "mobility.places", "name": "places", "audience": "public", "title": "L'été à Issy",
            "description": "Des places.", "publisher": "Direction de la mobilité", "licence": "etalab-2.0",
            "contact": "opendata@example.org", "attribution": "Ville", "vintage": "2018",
        }  # fmt: skip
        return View(**{**known, **about}, fields=fields, order=order)

    return view


@pytest.fixture
def release(
    connection: duckdb.DuckDBPyConnection, view_of: Callable[..., View], tmp_path: Path
) -> Callable[..., Release]:
    """The files made of rows given as tuples; a geometry may be given as WKT."""

    def released(
        types: dict[str, str], rows: list[tuple[Any, ...]], *, xlsx_up_to_rows: int = 100, **about: Any
    ) -> Release:
        view = view_of(types, **about)
        columns = ", ".join(f'"{name}" {sql_type(field)}' for name, field in view.fields.items())
        connection.execute(f"CREATE OR REPLACE TABLE shown ({columns})")
        marks = ", ".join("?" for _ in types)
        for row in rows:
            connection.execute(f"INSERT INTO shown VALUES ({marks})", _with_wkb(row, types))
        written = write_distributions(connection, "shown", view, tmp_path, xlsx_up_to_rows=xlsx_up_to_rows)
        return Release(written, tmp_path)

    return released


def _with_wkb(row: tuple[Any, ...], types: dict[str, str]) -> list[Any]:
    return [
        shapely.to_wkb(shapely.from_wkt(cell)) if kind == "geometry" and cell is not None else cell
        for cell, kind in zip(row, types.values(), strict=True)
    ]
