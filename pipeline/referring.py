"""References of a staged table, looked up in what the city's agents have now of other datasets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from contracts.batch import Finding, Manifest
from contracts.dataset import AUDIENCES, Dataset
from contracts.field import Field
from contracts.references import Reference
from pipeline.house import House
from pipeline.search import table_of
from storage.publishing import current_manifest
from transforms.references import unknown_values


def reference_findings(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, table: Path, house: House, folder: Path
) -> Iterator[Finding]:
    """A finding for each field with values that are not where it refers to, or could not be looked up.

    They are about the whole table, for the restricted side alone; examples are of public columns.
    """
    for name, field in dataset.fields.items():
        if field.references is not None:
            yield from _of_field(connection, name, field, field.references, table, house, folder)


def _of_field(
    connection: duckdb.DuckDBPyConnection, name: str, field: Field, reference: Reference, table: Path,
    house: House, folder: Path,
) -> Iterator[Finding]:  # fmt: skip
    other = reference.dataset_id
    manifest = _current(other, house)
    if manifest is None:
        met = f"has values of {other}, which has no release yet: they were not looked up"
        yield Finding(rule="reference", severity="warning", field=name, met=met)
        return
    target = reference.named or (manifest.key[0] if len(manifest.key) == 1 else None)
    if target not in {column.name for column in manifest.columns}:
        met = f"has values of {reference.to}, whose release has no such column yet: they were not looked up"
        yield Finding(rule="reference", severity="warning", field=name, met=met)
        return
    known = table_of(house.store_of(manifest.audience), manifest, folder / f"known of {name}")
    lost = unknown_values(connection, table, name, known, str(target))
    if lost.rows:
        met = f"{lost.values} values on {lost.rows} rows are not in {other} ({target})"
        yield Finding(
            rule="reference", severity=reference.severity, field=name, count=lost.rows, met=met,
            examples=lost.examples if field.public is True else (),
        )  # fmt: skip


def _current(dataset_id: str, house: House) -> Manifest | None:
    """What agents have of it, or what the public has of what is made for the public alone."""
    found = (current_manifest(house.store_of(audience), dataset_id) for audience in AUDIENCES)
    return next((manifest for manifest in found if manifest is not None), None)
