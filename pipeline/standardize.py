"""Standardize: raw bytes to the contract's typed table, with every misfit named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from contracts.batch import Finding, RawBatch, RawFile, StagedBatch
from contracts.dataset import Dataset
from contracts.errors import QualityRefused, SourceChanged
from contracts.model import Frozen
from contracts.view import view_for
from distributions.parquet import metadata_of
from pipeline.checking import require_readable
from pipeline.house import House
from pipeline.record import recipe_of, remembered
from storage import layout
from storage.records import put_record
from transforms.conform import Conformed, column_findings, conform, first_misfit
from transforms.decode.decoding import decode
from transforms.engine import engine


def standardize(dataset: Dataset, house: House, raw: RawBatch, *, attempt: str) -> StagedBatch:
    """The staged table and its rejects in the work store, under a name of this attempt alone.

    Raises:
        ContractInvalid: a reference system or a pattern that does not exist.
        SourceChanged: the bytes cannot be read as the contract's format, or lack a column.
        QualityRefused: more misfits than `quality.rejected` allows, or any where `misfits: freeze`.
    """
    with remembered(dataset, house, "standardize") as meter, house.workbench() as folder:
        made = conformed(dataset, raw, house, folder)
        counts = made.counts
        meter.rows, meter.bytes = counts.rows_read, made.table.stat().st_size
        batch = StagedBatch(
            dataset_id=dataset.id, batch_id=raw.batch_id, raw_digest=raw.digest, recipe=recipe_of(dataset),
            table_key=layout.staged_table(dataset.id, raw.batch_id, attempt),
            rejects_key=layout.staged_rejects(dataset.id, raw.batch_id, attempt),
            rows_read=counts.rows_read, rows_kept=counts.rows_kept, rows_rejected=counts.rows_rejected,
            voided=counts.voided, findings=made.findings, heads=raw.heads,
        )  # fmt: skip
        _keep(house, batch, attempt, made.table, made.rejects)
        _judge_misfits(dataset, counts, made.first_misfit, batch)
        put_record(house.work, layout.latest_staged(dataset.id), batch)
        return batch


class Made(Frozen):
    """A conformed table and its misfits as local files."""

    table: Path
    rejects: Path
    counts: Conformed
    first_misfit: str
    findings: tuple[Finding, ...]


def conformed(dataset: Dataset, raw: RawBatch, house: House, folder: Path) -> Made:
    """The raw batch as the contract's table, in `folder`: a pure function of the bytes and the contract.

    Raises:
        ContractInvalid: a reference system or a pattern that does not exist.
        SourceChanged: the bytes cannot be read as the contract's format, or lack a column.
    """
    require_readable(dataset)
    file = _only_file(dataset, raw)
    table, rejects = folder / "table.parquet", folder / "rejects.parquet"
    with engine(folder / "conform") as connection:
        decoded = decode(
            connection, house.work.local(file.key, folder), file.name, dataset.format, table="source",
            scratch=folder, place=dataset.id, reshape=dataset.reshape,
        )  # fmt: skip
        findings = (*_odd(raw), *column_findings(dataset, decoded.columns))
        told = metadata_of(view_for(dataset, "restricted"), {})
        counts = conform(connection, dataset, decoded, table, rejects, told)
        met = first_misfit(connection, rejects)
    return Made(table=table, rejects=rejects, counts=counts, first_misfit=met, findings=findings)


def _only_file(dataset: Dataset, raw: RawBatch) -> RawFile:
    if len(raw.files) != 1:
        met = f"the source sent {len(raw.files)} files"
        raise SourceChanged(dataset.id, met, promised="one", remedy="Narrow the source's pattern.")
    return raw.files[0]


def _odd(raw: RawBatch) -> Iterator[Finding]:
    """What the connector found odd at the source."""
    for met in raw.warnings:
        yield Finding(rule="source", severity="warning", met=met)


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
