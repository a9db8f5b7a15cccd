"""Standardize: raw bytes to the contract's typed table, with every misfit named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from contracts.batch import Finding, RawBatch, StagedBatch
from contracts.dataset import Dataset
from contracts.errors import QualityRefused, SourceIncomplete
from contracts.load import Grown
from contracts.model import Frozen
from contracts.view import whole_table
from distributions.parquet import metadata_of
from pipeline.checking import require_readable
from pipeline.house import House
from pipeline.increments import base_table, grown_of
from pipeline.record import recipe_of, remembered
from pipeline.referring import reference_findings
from storage import layout
from storage.records import put_record
from transforms.conform import Conformed, column_findings, conform, first_misfit, restored_findings
from transforms.decode.decoding import decode, decode_batch, records_name_columns
from transforms.decode.source import Source
from transforms.decode.tables import Decoded
from transforms.engine import engine
from transforms.geometry import communes_known


def standardize(dataset: Dataset, house: House, raw: RawBatch, *, attempt: str) -> StagedBatch:
    """The staged table and its rejects in the work store, under a name of this attempt alone.

    Raises:
        ContractInvalid: a reference system or a pattern that does not exist.
        SourceChanged: the bytes cannot be read as the contract's format, or lack a column.
        SourceIncomplete: they hold other records than the connector counted.
        QualityRefused: more misfits than `quality.rejected` allows, or any where `misfits: freeze`.
    """
    with remembered(dataset, house, "standardize") as meter, house.workbench() as folder:
        made = conformed(dataset, raw, house, folder)
        counts, findings = made.counts, (*made.findings, *_unknown(dataset, made, house, folder))
        meter.rows, meter.bytes = counts.rows_read, made.table.stat().st_size
        batch = StagedBatch(
            dataset_id=dataset.id, batch_id=raw.batch_id, raw_digest=raw.digest, recipe=recipe_of(dataset),
            table_key=layout.staged_table(dataset.id, raw.batch_id, attempt),
            rejects_key=layout.staged_rejects(dataset.id, raw.batch_id, attempt),
            rows_read=counts.rows_read, rows_kept=counts.rows_kept, rows_rejected=counts.rows_rejected,
            voided=counts.voided, findings=findings, grown=made.grown, heads=raw.heads,
        )  # fmt: skip
        _keep(house, batch, attempt, made.table, made.rejects)
        _judge_misfits(dataset, counts, made.first_misfit, batch)
        put_record(house.work, layout.latest_staged(dataset.id), batch)
        return batch


def _unknown(dataset: Dataset, made: Made, house: House, folder: Path) -> tuple[Finding, ...]:
    """What its references do not find in the releases of today."""
    if not any(field.references for field in dataset.fields.values()):
        return ()
    with engine(folder / "references") as connection:
        return tuple(reference_findings(connection, dataset, made.table, house, folder))


class Made(Frozen):
    """A conformed table and its misfits as local files."""

    table: Path
    rejects: Path
    counts: Conformed
    first_misfit: str
    findings: tuple[Finding, ...]
    grown: Grown | None = None


def conformed(dataset: Dataset, raw: RawBatch, house: House, folder: Path) -> Made:
    """The raw batch as the contract's table, in `folder`: a pure function of the bytes, the contract and,
    of an increment, the base that it names.

    Raises:
        ContractInvalid: a reference system or a pattern that does not exist.
        SourceChanged: the bytes cannot be read as the contract's format, or lack a column.
        SourceIncomplete: they hold other records than the connector counted.
        QualityRefused: of an increment, a record that may not change did.
        StorageRefused: the base is gone, or no longer what it was.
    """
    require_readable(dataset)
    base = base_table(dataset, raw, house, folder)
    table, rejects = folder / "table.parquet", folder / "rejects.parquet"
    with engine(folder / "conform") as connection:
        decoded = _decoded(connection, dataset, raw, house, folder)
        met_columns = (
            () if _is_known_empty(raw)
            else column_findings(dataset, decoded.columns, may_lack=_may_lack(dataset, raw))
        )  # fmt: skip
        told = metadata_of(whole_table(dataset), {})
        oldest = dataset.load.oldest(raw.base.watermark) if raw.base else None
        with _communes_known(connection, dataset, house):
            counts = conform(connection, dataset, decoded, table, rejects, told, base, oldest)
        met = first_misfit(connection, rejects)
        grown = grown_of(connection, dataset, raw, counts.merged, table)
    _require_all(dataset, raw, counts.rows_read)
    return Made(
        table=table, rejects=rejects, counts=counts, first_misfit=met, grown=grown,
        findings=(
            *_odd(raw), *met_columns, *_merged_twins(counts.twins),
            *restored_findings(dataset, counts.restored),
        ),
    )  # fmt: skip


def _decoded(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, raw: RawBatch, house: House, folder: Path
) -> Decoded:
    """All files of the batch as one table of text; of one file that is not read before it is typed."""
    sources = _sources(dataset, raw, house, folder)
    optional = dataset.columns_that_may_lack
    if len(raw.files) == 1 and raw.rows != 0 and not _may_lack(dataset, raw) and not optional:
        one = next(sources)
        return decode(
            connection, one.path, one.name, dataset.format, table="source", scratch=folder, place=dataset.id,
            reshape=dataset.reshape,
        )  # fmt: skip
    every = [column for columns in dataset.source_columns.values() for column in columns]
    return decode_batch(
        connection, sources, dataset.format, table="source", place=dataset.id, reshape=dataset.reshape,
        counted=raw.rows is not None,
        promised=every if _is_known_empty(raw) or _may_lack(dataset, raw) else optional,
    )  # fmt: skip


@contextmanager
def _communes_known(connection: duckdb.DuckDBPyConnection, dataset: Dataset, house: House) -> Iterator[None]:
    """The outlines are known in the block where a field is to be filled from them."""
    if not any(field.else_commune_of for field in dataset.fields.values()):
        yield
        return
    with communes_known(connection, house.communes):
        yield


def _may_lack(dataset: Dataset, raw: RawBatch) -> bool:
    """Whether a column may be in none of the records: of a few new ones that name only what they have."""
    return raw.base is not None and records_name_columns(dataset.format)


def _sources(dataset: Dataset, raw: RawBatch, house: House, folder: Path) -> Iterator[Source]:
    """The files in their order; one that was downloaded is gone when the next is asked for."""
    for file in raw.files:
        path = house.work.local(file.key, folder)
        yield Source(path, file.name, dataset.id, folder)
        if path.is_relative_to(folder):
            path.unlink()


def _is_known_empty(raw: RawBatch) -> bool:
    """Whether there are no records, as the connector counted and the source itself says, or none since."""
    return (raw.rows == 0 and (raw.expected == 0 or raw.base is not None)) or (
        not raw.files and raw.base is not None
    )


def _require_all(dataset: Dataset, raw: RawBatch, read: int) -> None:
    """Nothing, where as many records were read as the connector counted; `reshape` and `each` make others."""
    split = dataset.reshape is not None or getattr(dataset.format, "each", None) is not None
    if raw.rows is None or split or raw.rows == read:
        return
    met = f"{read} records were read in what the source sent ({len(raw.files)} files)"
    remedy = "Check `format:` (its `records:`), or report the connector: one of the two miscounts."
    raise SourceIncomplete(dataset.id, met, promised=f"the {raw.rows} that were received", remedy=remedy)


def _odd(raw: RawBatch) -> Iterator[Finding]:
    """What the connector found odd at the source."""
    for met in raw.warnings:
        yield Finding(rule="source", severity="warning", met=met)


def _merged_twins(count: int) -> Iterator[Finding]:
    """How many rows were another one's copy, where the contract merges those."""
    if count:
        met = f"{count} rows equal to another in every field of the contract were merged into it"
        yield Finding(rule="duplicates", severity="warning", count=count, met=met)


def _keep(house: House, batch: StagedBatch, attempt: str, kept: Path, rejects: Path) -> None:
    """The rejects are kept also when the batch is refused: they say what to mend."""
    house.work.put_file(batch.rejects_key, rejects)
    house.work.put_file(batch.table_key, kept)
    put_record(house.work, layout.staged(batch.dataset_id, batch.batch_id, attempt), batch)


def _judge_misfits(dataset: Dataset, counts: Conformed, met: str, batch: StagedBatch) -> None:
    allowed = 0.0 if dataset.quality.misfits == "freeze" else dataset.quality.rejected
    share = counts.rows_with_misfits / counts.rows_read if counts.rows_read else 0.0
    if share <= allowed:
        return
    sentence = f"{counts.rows_with_misfits} of {counts.rows_read} rows ({share:.1%}) do not fit, first {met}"
    remedy = f"Every misfit is in {batch.rejects_key}; the last good release stays."
    raise QualityRefused(dataset.id, sentence, promised=f"at most {allowed:.1%}", remedy=remedy)
