"""The cells of the last batch that did not fit, as the service that sent them can find them again."""

from __future__ import annotations

from pathlib import Path

import duckdb

from contracts.dataset import Dataset
from contracts.errors import StorageRefused
from contracts.model import Frozen
from contracts.sql import literal
from pipeline.house import House
from pipeline.record import last_staged


class Misfit(Frozen):
    """One cell, or a whole record (no `field`); `value` is restricted, like what it came from."""

    file: str
    line: int
    field: str | None
    columns: tuple[str, ...]
    value: str | None
    reason: str
    row_left_out: bool


class Misfits(Frozen):
    """What became of the last batch that was read, and each of its misfits, by file and line."""

    dataset_id: str
    rows_read: int
    rows_rejected: int
    misfits: tuple[Misfit, ...]


def last_misfits(dataset: Dataset, house: House) -> Misfits:
    """Every misfit of the batch that was standardized last, whether it was released or refused.

    Raises:
        StorageRefused: no batch was read yet, or its rejects are no longer kept.
    """
    staged = last_staged(dataset, house)
    if staged is None:
        raise StorageRefused(dataset.id, "no batch was read yet", remedy="Run the dataset.")
    with house.workbench() as folder:
        rejects = house.work.local(staged.rejects_key, folder)
        found = _read(rejects)
    columns = dataset.source_columns
    return Misfits(
        dataset_id=dataset.id, rows_read=staged.rows_read, rows_rejected=staged.rows_rejected,
        misfits=tuple(
            Misfit(
                file=file, line=line, field=field, columns=columns.get(field, ()) if field else (),
                value=value, reason=reason, row_left_out=left_out,
            )
            for file, line, field, value, reason, left_out in found
        ),
    )  # fmt: skip


def _read(rejects: Path) -> list[tuple[str, int, str | None, str | None, str, bool]]:
    with duckdb.connect() as connection:
        return connection.execute(
            "SELECT file, line, field, value, reason, row_rejected "
            f"FROM read_parquet({literal(str(rejects))}) ORDER BY file, line, field"
        ).fetchall()
