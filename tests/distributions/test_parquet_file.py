"""The Parquet, read back by pyarrow, pandas and DuckDB."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

TYPES = {
    "id": "string", "open": "boolean", "places": "integer", "height": "number", "fee": "decimal(12,2)",
    "wide": "decimal(38,10)", "since": "date", "seen": "instant", "siret": "siret", "position": "geometry",
}  # fmt: skip
FULL = (
    "007", True, 2**63 - 1, 0.1, Decimal("-12.50"), Decimal("1234567890123456789012345678.0123456789"),
    date(1871, 5, 1), datetime(2016, 6, 1, 22, 15, 0, 250000, tzinfo=UTC), "00000000000000",
    "POINT (2.25 48.82)",
)  # fmt: skip
EMPTY = ("b", *[None] * 9)


def test_every_type_comes_back_as_it_was(release):
    table = pq.read_table(release(TYPES, [FULL, EMPTY]).file("parquet"))
    first, second = table.to_pylist()
    assert tuple(first.values())[:-1] == FULL[:-1]
    assert shapely.from_wkb(first["position"]) == shapely.Point(2.25, 48.82)
    assert tuple(second.values()) == EMPTY


def test_arrow_types_are_exact(release):
    schema = pq.read_schema(release(TYPES, [FULL]).file("parquet"))
    assert schema.field("wide").type == pa.decimal128(38, 10)
    assert schema.field("since").type == pa.date32()
    assert schema.field("seen").type == pa.timestamp("us", "UTC")
    assert schema.field("position").type == pa.binary()


def test_pandas_reads_the_same_types(release):
    kinds = pd.read_parquet(release(TYPES, [FULL]).file("parquet")).dtypes.astype(str)
    assert [kinds["id"], kinds["open"], kinds["places"], kinds["seen"]] == [
        "str", "bool", "int64", "datetime64[us, UTC]",
    ]  # fmt: skip


def test_duckdb_reads_the_same_types_and_knows_the_geometry(release):
    described = duckdb.sql(f"DESCRIBE FROM '{release(TYPES, [FULL]).file('parquet')}'").fetchall()
    assert [kind for _, kind, *_ in described] == [
        "VARCHAR", "BOOLEAN", "BIGINT", "DOUBLE", "DECIMAL(12,2)", "DECIMAL(38,10)", "DATE",
        "TIMESTAMP WITH TIME ZONE", "VARCHAR", "GEOMETRY('OGC:CRS84')",
    ]  # fmt: skip


def test_each_column_carries_its_description_and_unit(release):
    schema = pq.read_schema(release(TYPES, [FULL]).file("parquet"))
    assert schema.field("height").metadata == {
        b"description": "À propos de height.".encode(), b"unit": b"m", b"label": b"About height",
    }  # fmt: skip


def test_the_file_says_whose_it_is_and_under_which_licence(release):
    metadata = pq.read_metadata(release(TYPES, [FULL]).file("parquet")).metadata
    told = {key.decode(): metadata[key].decode() for key in metadata if not key.startswith(b"ARROW")}
    told.pop("geo")
    assert told == {
        "dataset": "mobility.places", "audience": "public", "title": "L'été à Issy",
        "description": "Des places.", "publisher": "Direction de la mobilité",
        "contact": "opendata@example.org", "licence": "Licence Ouverte / Open Licence version 2.0",
        "licence_url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/", "attribution": "Ville",
        "vintage": "2018",
    }  # fmt: skip


def test_arrow_shows_the_files_metadata_with_the_schema(release):
    file = release(TYPES, [FULL]).file("parquet")
    told = {key: text for key, text in pq.read_metadata(file).metadata.items() if key != b"ARROW:schema"}
    assert pq.read_table(file).schema.metadata == told


def test_geoparquet_metadata_state_kinds_and_extent(release):
    rows = [
        ("a", "POLYGON ((2 48, 3 48, 3 49, 2 48))"),
        ("b", None),
        ("c", "MULTIPOLYGON (((0 40, 1 40, 1 41, 0 40)))"),
    ]
    file = release({"id": "string", "outline": "geometry"}, rows).file("parquet")
    assert json.loads(pq.read_metadata(file).metadata[b"geo"]) == {
        "version": "1.1.0",
        "primary_column": "outline",
        "columns": {
            "outline": {
                "encoding": "WKB",
                "geometry_types": ["MultiPolygon", "Polygon"],
                "bbox": [0.0, 40.0, 3.0, 49.0],
            }
        },
    }


def test_without_a_geometry_there_is_no_geo_key(release):
    assert b"geo" not in pq.read_metadata(release({"id": "string"}, [("a",)]).file("parquet")).metadata


def test_a_column_may_be_null_whether_or_not_it_has_nulls(release):
    schema = pq.read_schema(release({"id": "string", "n": "integer"}, [("a", 1)]).file("parquet"))
    assert all(field.nullable for field in schema)
