"""Replay: a release made once more from the bytes that were landed, to show that the bytes agree."""

from __future__ import annotations

from pathlib import Path

from contracts.attached import found
from contracts.batch import Manifest
from contracts.dataset import AUDIENCES, Audience, Dataset
from contracts.errors import StorageRefused
from contracts.formats import TotemFormat
from contracts.model import Frozen
from contracts.view import View, view_for
from distributions.writing import write_distributions
from pipeline.hashing import sha256_of
from pipeline.house import VERSION, House
from pipeline.publish import Provenance
from pipeline.standardize import conformed
from pipeline.surrogates import known_parts
from storage import layout
from storage.records import record_at
from transforms.engine import engine
from transforms.views import create_view


class ReplayedFile(Frozen):
    """One file of the release, as it was and as it came out now."""

    name: str
    released: str
    replayed: str | None

    @property
    def same(self) -> bool:
        """Whether every byte agrees."""
        return self.released == self.replayed


class Replayed(Frozen):
    """A release made again: from which bytes, by which version, and file by file whether it is the same."""

    dataset_id: str
    release_id: str
    audience: Audience
    raw: tuple[str, ...]
    version: str
    version_now: str = VERSION
    files: tuple[ReplayedFile, ...]

    @property
    def same(self) -> bool:
        """Whether every byte of every file agrees."""
        return all(file.same for file in self.files)


def replay(dataset_id: str, release_id: str, house: House) -> Replayed:
    """The release rebuilt in a scratch folder from landing and the contract of that moment; nothing is kept.

    No source is asked. The landed bytes are held against the hashes that were noted when they came.

    Raises:
        StorageRefused: no such release, it was withdrawn, or what it was made from is gone or changed.
    """
    audience, manifest = _released(dataset_id, release_id, house)
    made_from = record_at(house.restricted, layout.provenance(dataset_id, release_id), Provenance)
    if made_from is None or made_from.raw is None:
        met = f"nothing is kept of what {release_id} was made from"
        raise StorageRefused(
            dataset_id, met, remedy="Its provenance is in the restricted store, if anywhere."
        )
    dataset = _with_files(Dataset.model_validate(made_from.contract), house)
    for file in made_from.raw.files:
        if house.work.sha256(file.key) != file.sha256:
            raise StorageRefused(dataset_id, f"{file.key} is no longer what was landed")
    base = made_from.raw.base
    if base is not None and not house.work.exists(base.table_key):
        met = f"{release_id} came of an increment, and the table that it was merged into is no longer kept"
        remedy = "Of a dataset that loads by increments, the current release can be made again."
        raise StorageRefused(dataset_id, met, remedy=remedy)
    with house.workbench() as folder:
        made = conformed(dataset, made_from.raw, house, folder)
        files = _rebuilt(view_for(dataset, audience), made.table, manifest, house, folder)
    return Replayed(
        dataset_id=dataset_id, release_id=release_id, audience=audience, version=made_from.version,
        raw=(*(file.name for file in made_from.raw.files), *((base.table_key,) if base else ())), files=files,
    )  # fmt: skip


def _with_files(dataset: Dataset, house: House) -> Dataset:
    """The contract with the files that it names below the configuration, if they are what they were.

    Raises:
        StorageRefused: one is gone, or another by now.
    """
    if not isinstance(dataset.format, TotemFormat) or not dataset.format.charts or house.config is None:
        return dataset
    charts, _ = found(house.config, dataset.format.charts)
    for then in dataset.format.charts:
        if then.sha256 not in [now.sha256 for now in charts if now.file == then.file]:
            remedy = "Put the file of that moment back, for this replay."
            raise StorageRefused(dataset.id, f"{then.file!r} is no longer what it was then", remedy=remedy)
    return dataset.model_copy(update={"format": dataset.format.model_copy(update={"charts": charts})})


def _released(dataset_id: str, release_id: str, house: House) -> tuple[Audience, Manifest]:
    """The audience that has the release, and its manifest."""
    for audience in AUDIENCES:
        store = house.store_of(audience)
        if store.exists(layout.tombstone(dataset_id, release_id)):
            raise StorageRefused(dataset_id, f"{release_id} was withdrawn", remedy="It is not made again.")
        manifest = record_at(store, layout.release_manifest(dataset_id, release_id), Manifest)
        if manifest is not None:
            return audience, manifest
    remedy = f"`concentrator releases {dataset_id}` lists those that are kept."
    raise StorageRefused(dataset_id, f"there is no release {release_id!a}", remedy=remedy)


def _rebuilt(
    view: View, table: Path, manifest: Manifest, house: House, folder: Path
) -> tuple[ReplayedFile, ...]:
    fields = [name for name, precision in view.precisions.items() if precision == "surrogate"]
    surrogates = {name: known_parts(view.dataset_id, name, house, folder) for name in fields}
    out = folder / "release"
    out.mkdir()
    names = [file.name for file in manifest.files]
    shown = view if view.audience == "restricted" else view.shown
    with engine(folder) as connection:
        create_view(connection, view, table, "shown", surrogates=surrogates, communes=house.communes)
        limit = manifest.rows if f"{view.name}.xlsx" in names else 0
        write_distributions(connection, "shown", shown, out, xlsx_up_to_rows=limit)
    return tuple(
        ReplayedFile(name=file.name, released=file.sha256, replayed=_replayed(out / file.name))
        for file in manifest.files
    )


def _replayed(path: Path) -> str | None:
    return sha256_of(path) if path.is_file() else None
