"""Random surrogates, which the public sees in place of identifiers; their tables stay restricted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from contracts.audience import Condition
from contracts.sql import identifier, literal
from transforms.conditions import condition_sql

BYTES = 16  # 128 bits: among 10^9 surrogates the chance that two are equal is below 2^-68
_CHUNK = 65_536  # surrogates drawn at a time


def known_surrogates(parts: Sequence[Path]) -> str:
    """SQL of a table of `value` and `surrogate`, one row a value: the first part that has it decides.

    Parts are in the order in which they were written; two runs at once may have drawn for the same value.
    """
    if not parts:
        return "(SELECT NULL::VARCHAR AS value, NULL::VARCHAR AS surrogate WHERE FALSE)"
    union = " UNION ALL ".join(
        f"SELECT value, surrogate, {index} AS part FROM read_parquet({literal(str(part))})"
        for index, part in enumerate(parts)
    )
    return f"(SELECT value, arg_min(surrogate, part) AS surrogate FROM ({union}) GROUP BY value)"


def write_new_surrogates(
    connection: duckdb.DuckDBPyConnection,
    staged: Path,
    field: str,
    known: Sequence[Path],
    random: Callable[[int], bytes],
    path: Path,
    *,
    conditions: Sequence[Condition] = (),
) -> int:
    """How many values of the staged column had no surrogate yet; their part is written, or no file for none.

    The part: `value` (the value as text) and `surrogate` (32 hexadecimal digits), in the order of the
    surrogates, which tells nothing of the values. `conditions` are the view's: a value that stands in hidden
    rows only gets none, so that the table names nobody who was never published, and a hidden row moves no
    other value's draw.
    """  # fmt: skip
    column = f"CAST(staged.{identifier(field)} AS VARCHAR)"
    shown = " AND ".join([f"{column} IS NOT NULL", *map(condition_sql, conditions)])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE values_without AS SELECT DISTINCT {column} AS value "
        f"FROM read_parquet({literal(str(staged))}) AS staged WHERE {shown} "
        f"AND {column} NOT IN (SELECT value FROM {known_surrogates(known)}) ORDER BY value"
    )
    ((count,),) = connection.execute("SELECT count(*) FROM values_without").fetchall()
    if count:
        drawn = pa.RecordBatchReader.from_batches(_DRAWN, _draws(count, random))
        connection.register("drawn", drawn)
        connection.execute(
            "COPY (SELECT value, lower(hex(bits)) AS surrogate FROM values_without POSITIONAL JOIN drawn "
            f"ORDER BY surrogate) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        connection.unregister("drawn")
    connection.execute("DROP TABLE values_without")
    return int(count)


_DRAWN = pa.schema([("bits", pa.binary(BYTES))])


def _draws(count: int, random: Callable[[int], bytes]) -> Iterator[pa.RecordBatch]:
    for first in range(0, count, _CHUNK):
        size = min(_CHUNK, count - first)
        bits = pa.Array.from_buffers(pa.binary(BYTES), size, [None, pa.py_buffer(random(BYTES * size))])
        yield pa.RecordBatch.from_arrays([bits], schema=_DRAWN)
