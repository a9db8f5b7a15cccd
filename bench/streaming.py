"""Polars streaming: the same conversion as the floor's, by the other engine that needs no whole table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import polars as pl

from bench.answers import Answer, Work
from bench.contract import HIDDEN

_TYPES = {
    "montant_ht": pl.Decimal(12, 2), "taux": pl.Decimal(6, 3), "lat": pl.Float64(), "lon": pl.Float64(),
    "passages": pl.Int64(),
}  # fmt: skip


@contextmanager
def opened(folder: Path) -> Iterator[Work]:
    """Turns a CSV into four files below `folder`."""
    yield partial(_converted, folder)


def _converted(folder: Path, source: Path) -> Answer:
    """A cell that has no value of its type becomes null; a record too long is cut, one too short filled."""
    path = folder / f"{source.stem}.parquet"
    texts = pl.scan_csv(source, separator=";", infer_schema=False, truncate_ragged_lines=True)
    clock = pl.col("releve_le").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    typed = texts.with_columns(*(_typed(name) for name in _TYPES), clock)
    typed.sort("id").sink_parquet(path, engine="streaming")
    rows = pl.scan_parquet(path)
    public = rows.drop(HIDDEN)
    rows.sink_csv(folder / f"{source.stem}.csv", engine="streaming")
    public.sink_parquet(folder / f"{source.stem}-public.parquet", engine="streaming")
    public.sink_csv(folder / f"{source.stem}-public.csv", engine="streaming")
    return Answer({"rows": rows.select(pl.len()).collect().item()})


def _typed(name: str) -> pl.Expr:
    text = (
        pl.col(name).str.replace(",", ".", literal=True) if name in ("montant_ht", "taux") else pl.col(name)
    )
    return text.cast(_TYPES[name], strict=False)
