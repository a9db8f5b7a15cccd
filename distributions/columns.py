"""How a view's columns are called in DuckDB, in Arrow and in text."""

from __future__ import annotations

import pyarrow as pa

from contracts.field import Field
from contracts.sql import identifier

# What is not listed is text: string, enum, siren, siret.
_SQL = {
    "boolean": "BOOLEAN", "integer": "BIGINT", "number": "DOUBLE", "date": "DATE",
    "instant": "TIMESTAMP WITH TIME ZONE", "geometry": "BLOB",
}  # fmt: skip
_ARROW = {
    "boolean": pa.bool_(), "integer": pa.int64(), "number": pa.float64(), "date": pa.date32(),
    "instant": pa.timestamp("us", "UTC"), "geometry": pa.binary(),
}  # fmt: skip


def sql_type(field: Field) -> str:
    """The column's type as DuckDB's DESCRIBE writes it; a geometry is WKB in a BLOB."""
    if field.decimal:
        return "DECIMAL({},{})".format(*field.decimal)
    return _SQL.get(field.type, "VARCHAR")


def arrow_type(field: Field) -> pa.DataType:
    """The column's type in Arrow; an instant is in microseconds, UTC."""
    return pa.decimal128(*field.decimal) if field.decimal else _ARROW.get(field.type, pa.string())


def plain(name: str, field: Field) -> str:
    """SQL for the column as text formats show it.

    An instant is ISO 8601 in UTC with a Z, with the fraction of a second where it has one; a geometry is WKT
    (see `shapes.make_wkt_known`); the other types are left as they are.
    """
    column = identifier(name)
    if field.type == "instant":
        clock = f"make_timestamp(epoch_us({column}))"  # in UTC; by AT TIME ZONE it takes three times as long
        return f"replace(CAST({clock} AS VARCHAR), ' ', 'T') || 'Z'"
    return f"wkt(ST_AsWKB({column}))" if field.type == "geometry" else column
