"""Where an increment begins: at the staged table behind the current release, or at nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from connectors.connector import Fetched
from contracts.batch import RawBatch, StagedBatch
from contracts.dataset import Dataset
from contracts.durations import seconds_in
from contracts.errors import SourceChanged, StorageRefused
from contracts.load import Base, Grown, watermark_of
from contracts.sql import identifier, literal
from pipeline.hashing import sha256_of
from pipeline.house import House
from pipeline.record import audiences_of, last_done
from storage import layout
from storage.records import record_at
from transforms.merging import Merged

_log = logging.getLogger(__name__)
_AGAIN = "Run it with `--full`: everything is fetched anew."


@dataclass(frozen=True)
class Start:
    """What an extraction goes on from; a full load goes on from nothing."""

    base: Base | None = None
    raw: RawBatch | None = None  # the batch that the base was made of

    def settled_by(self, fetched: Fetched) -> RawBatch | None:
        """The base's own batch, where an increment brings nothing that is not in it."""
        if self.base is None or self.raw is None:
            return None
        came = {(file.name, file.sha256) for file in fetched.files}
        again = came == {(file.name, file.sha256) for file in self.raw.files}
        return self.raw if fetched.unchanged or not came or fetched.rows == 0 or again else None


def start_of(dataset: Dataset, house: House, *, full: bool) -> Start:
    """From where to fetch; the log says why everything is fetched where increments were declared.

    The base is the table that the first audience was published of last, never one that was refused.

    Raises:
        StorageRefused: a record is damaged.
    """
    if not dataset.load.grows:
        return Start()
    done = last_done(dataset, house, audiences_of(dataset)[0])
    staged = done.staged if done else None
    why = "it was asked for" if full else _unfit(dataset, house, staged)
    if why or staged is None or staged.grown is None or staged.grown.watermark is None:
        _log.info("%s: a full load, because %s", dataset.id, why)
        return Start()
    grown, since = staged.grown, dataset.load.since(staged.grown.watermark)
    _log.info("%s: an increment from %s on, merged into %s", dataset.id, since, staged.table_key)
    base = Base(
        batch_id=staged.batch_id, table_key=staged.table_key, sha256=grown.sha256,
        table_hash=grown.table_hash, watermark=staged.grown.watermark, since=since, full_at=grown.full_at,
    )  # fmt: skip
    return Start(base, record_at(house.work, layout.batch(dataset.id, staged.batch_id), RawBatch))


def _unfit(dataset: Dataset, house: House, staged: StagedBatch | None) -> str:
    """Why an increment cannot go on from the last release; empty where it can."""
    if staged is None or staged.grown is None:
        return "there is no release that increments can be merged into"
    if staged.grown.table_hash != dataset.table_hash:
        return "the contract's source, key or fields are others since the last release"
    if staged.grown.watermark is None:
        return "the last release has no rows"
    every = dataset.load.full_every
    if every and house.clock() - staged.grown.full_at >= timedelta(seconds=seconds_in(every)):
        return f"the last one is {every} old"
    if _is_withdrawn(dataset, house):
        return "the last release was withdrawn, and what it held may not come back"
    if not house.work.exists(staged.table_key):
        return f"{staged.table_key} is gone"
    return ""


def _is_withdrawn(dataset: Dataset, house: House) -> bool:
    """Whether an audience's last release was: its source may have deleted what no increment tells of."""
    last = {audience: last_done(dataset, house, audience) for audience in audiences_of(dataset)}
    return any(
        done and house.store_of(audience).exists(layout.tombstone(dataset.id, done.release_id))
        for audience, done in last.items()
    )


def base_table(dataset: Dataset, raw: RawBatch, house: House, folder: Path) -> Path | None:
    """The table that an increment is merged into, as a local file to read only; None for a full load.

    Raises:
        StorageRefused: it is gone or changed, or the contract is no longer the one that made it.
    """
    base = raw.base
    if base is None:
        return None
    if not dataset.load.grows or base.table_hash != dataset.table_hash:
        met = "the contract's load, source, key or fields are others than when the increment was fetched"
        raise StorageRefused(dataset.id, met, remedy=_AGAIN)
    if not house.work.exists(base.table_key):
        met = f"the table that the increment {raw.batch_id} goes on from, {base.table_key}, is gone"
        raise StorageRefused(dataset.id, met, remedy=_AGAIN)
    table = house.work.local(base.table_key, folder / "base")
    if sha256_of(table) != base.sha256:
        met = f"{base.table_key}, which the increment goes on from, is no longer what was staged"
        raise StorageRefused(dataset.id, met, remedy=_AGAIN)
    return table


def grown_of(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, raw: RawBatch, merged: Merged | None, table: Path
) -> Grown | None:
    """What the next increment needs to know of the table; None where everything is fetched each time."""
    if merged is None or dataset.load.by is None:
        return None
    fetched = max((file.fetched_at for file in raw.files), default=None)
    watermark = raw.base.watermark if raw.base else None
    greatest = _greatest(connection, dataset.load.by, dataset.fields[dataset.load.by].type, table)
    if greatest is not None and fetched is not None:
        watermark = watermark_of(greatest, fetched)
    full_at = raw.base.full_at if raw.base else fetched
    if full_at is None:
        raise SourceChanged(dataset.id, "the source sent no file", promised="all of its records")
    return Grown(
        sha256=sha256_of(table), table_hash=dataset.table_hash, watermark=watermark, full_at=full_at,
        added=merged.added, replaced=merged.replaced, known=merged.known,
    )  # fmt: skip


def _greatest(connection: duckdb.DuckDBPyConnection, by: str, kind: str, table: Path) -> str | None:
    """The greatest value of a field as text: an instant as ISO 8601 in UTC, others as DuckDB writes them."""
    value = f"max({identifier(by)})"
    text = (
        f"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00')" if kind == "instant" else value
    )
    query = f"SELECT CAST({text} AS VARCHAR) FROM read_parquet({literal(str(table))})"
    (greatest,) = connection.execute(query).fetchone() or (None,)
    return None if greatest is None else str(greatest)
