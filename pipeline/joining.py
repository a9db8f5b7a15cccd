"""The source of a joined table: what readers of each audience have now of every dataset of a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

from connectors.connector import Fetched, FetchedFile
from contracts.batch import Manifest, RawBatch
from contracts.checking_models import terms_of
from contracts.dataset import AUDIENCES, Audience, Constant, Dataset
from contracts.errors import SourceUnavailable
from contracts.joined import SIDE
from contracts.joining import TOLD, parts_of
from contracts.library import Library
from contracts.view import View, view_for
from pipeline.embargo import ahead
from pipeline.hashing import sha256_of
from pipeline.house import VERSION, House
from pipeline.search import table_of
from storage.publishing import current_manifest
from transforms.engine import engine
from transforms.joining import Part, columns_of_release, write_joined

_AXES = ("longitude", "latitude")
_Shown = tuple[Audience, Dataset, Manifest]  # whose rows they become, of what, from which release


def fetched_releases(dataset: Dataset, house: House, folder: Path, known: RawBatch | None) -> Fetched:
    """The joined table as one Parquet file of text.

    A row of the side `public` is read in a public release alone, so that it can hold nothing else. Where
    releases and contracts are those that the last batch was made of, it is unchanged, and nothing is read.

    Raises:
        SourceUnavailable: no part has a release.
        StorageRefused: a store failed.
    """
    library = house.library()
    parts = parts_of(dataset, library.datasets)
    shown = [one for part in parts for one in _shown(part, house)]
    if not shown or dataset.joined is None:
        met = "no dataset that it is joined of has a release"
        raise SourceUnavailable(dataset.id, met, remedy="Run them first; `concentrator status` lists them.")
    made_of = _made_of(dataset, shown)
    warnings = tuple(_warnings(dataset, library, parts, shown))
    proof = f"{len(shown)} current releases of {len(parts)} datasets"
    if known is not None and [file.request for file in known.files] == [made_of]:
        return Fetched(proof=proof, warnings=warnings, unchanged=True)
    path = folder / f"{dataset.name}.parquet"
    with engine(folder / "joining") as connection:
        rows = write_joined(
            connection, [_part(connection, one, house, folder) for one in shown],
            [column for column in _columns(dataset) if column != SIDE], path, latest=dataset.joined.latest,
        )  # fmt: skip
    whole = not dataset.joined.latest and not any(part.measures for part in parts)
    file = FetchedFile(
        path=path, name=path.name, origin=f"releases of the model {dataset.joined.model}",
        media_type="application/vnd.apache.parquet", sha256=sha256_of(path), bytes=path.stat().st_size,
        fetched_at=house.clock(), request=made_of,
    )  # fmt: skip
    expected = sum(manifest.rows for _, _, manifest in shown) if whole else None
    return Fetched(files=(file,), rows=rows, expected=expected, proof=proof, warnings=warnings)


def _shown(part: Dataset, house: House) -> Iterator[_Shown]:
    """What each audience has of a part; agents also have what is made for the public alone."""
    for side in AUDIENCES:
        if side == "public" and ("public" not in part.audiences or ahead(part, house) is not None):
            continue
        audience: Audience = side if side in part.audiences else "public"
        view = view_for(part, audience)
        manifest = current_manifest(house.store_of(audience), part.id) if view.aggregate is None else None
        if manifest is not None:
            yield side, part, manifest


def _made_of(dataset: Dataset, shown: list[_Shown]) -> dict[str, str]:
    """All that decides the bytes: releases, contracts, code."""
    releases = {
        f"{side} {part.id}": f"{manifest.release_id} {part.contract_hash}" for side, part, manifest in shown
    }
    return {**releases, dataset.id: f"{dataset.contract_hash} {VERSION}"}


def _columns(dataset: Dataset) -> list[str]:
    return [column for columns in dataset.source_columns.values() for column in columns]


def _part(connection: duckdb.DuckDBPyConnection, shown: _Shown, house: House, folder: Path) -> Part:
    side, part, manifest = shown
    release = table_of(house.store_of(manifest.audience), manifest, folder / f"{side} {part.id}")
    view, met = view_for(part, manifest.audience), columns_of_release(connection, release)
    visible = {name for name in met if name in view.fields}
    if lost := [name for name in view.order if name not in visible]:
        # Only between a change of a contract's key and the part's next run.
        remedy = "Run it, then this again."
        raise SourceUnavailable(part.id, f"its release has no column {lost[0]!r} yet", remedy=remedy)
    columns = {
        term: name for term, name in terms_of(part).items()
        if name in visible and term not in TOLD and _is_told(view, name)
    }  # fmt: skip
    geometry = columns.pop("geometry", None)
    return Part(
        side=side, dataset_id=part.id, licence=part.about.licence, release=release, key=view.order,
        columns=columns, geometry=geometry if not columns.keys() >= set(_AXES) else None,
        constants={term: _text(value) for term, value in part.constants.items()},
        measures={name: part.fields[name].unit or "1" for name in part.measures if name in visible},
    )  # fmt: skip


def _is_told(view: View, name: str) -> bool:
    """Whether what the audience sees is still a value of the term: a year is no date."""
    return view.precisions.get(name) in (None, "surrogate", "grid_1km")


def _text(value: Constant) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _warnings(
    dataset: Dataset, library: Library, parts: tuple[Dataset, ...], shown: list[_Shown]
) -> Iterator[str]:
    """Parts that are not in the table, and why."""
    had = {part.id for _, part, _ in shown}
    for part in parts:
        if part.id not in had:
            yield f"{part.id} has no release"
    model = dataset.joined.model if dataset.joined else None
    for dataset_id in library.faults:
        document = library.documents.get(dataset_id)
        if document and isinstance(document.value, dict) and document.value.get("model") == model:
            yield f"the contract {dataset_id} has faults, so that it is left out"
