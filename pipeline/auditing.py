"""The audit: distinctive values of the restricted releases, hunted in all that the public can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pydantic import Field as Setting

from contracts.dataset import Dataset
from contracts.joining import parts_of
from contracts.model import Frozen
from contracts.view import view_for
from pipeline.house import House
from pipeline.search import Looking, Searched, object_of, searched, table_of
from privacy.audit import MOST, Telling, telling_values
from privacy.scan.hunting import Leak, hunt
from privacy.scan.parts import Unit
from storage.publishing import current_manifest
from transforms.engine import engine

_ALTOGETHER = 10_000  # values in one pass: their automaton takes 0.6 GB (see privacy.audit.MOST)


class Audited(Frozen):
    """How much of one dataset was looked for."""

    dataset_id: str
    distinctive: int = Setting(description="Values that only the restricted release has and that tell.")
    looked_for: int


class Leaked(Frozen):
    """Restricted values in one place of the public store; how many, and never which."""

    dataset_id: str
    field: str
    encoding: str
    place: str
    values: int


class Audit(Frozen):
    """What an audit came to."""

    datasets: tuple[Audited, ...]
    objects: int
    leaks: tuple[Leaked, ...]
    shared: int = Setting(0, description="Values met that other datasets show in a public cell of their own.")
    unread: tuple[str, ...] = Setting((), description="What could not be looked into.")


def audited(
    house: House, datasets: Sequence[Dataset], looking: Looking = lambda done, total, at: None
) -> Audit:
    """What of these datasets' restricted releases stands anywhere in the public store; nothing is kept.

    Raises:
        StorageRefused: a store failed, or a log is damaged.
    """
    most = min(MOST, _ALTOGETHER // max(len(datasets), 1))
    told: dict[str, Telling] = {}
    for number, dataset in enumerate(datasets):
        looking(number, len(datasets), f"{dataset.id}: its values")
        if (telling := _telling(house, dataset, (), most)) is not None:
            told[dataset.id] = telling
    needles = {
        f"{dataset_id}, {name}": value
        for dataset_id, telling in told.items()
        for name, value in telling.needles.items()
    }
    for name in {leak.needle for leak in hunt(_told(house, datasets), needles)}:
        del needles[name]
    found = searched(house.public, needles, house.scratch, looking)
    shared = _shared(house, {dataset.id: dataset for dataset in datasets}, found, needles, most)
    return Audit(
        datasets=tuple(
            Audited(
                dataset_id=dataset_id, distinctive=telling.candidates,
                looked_for=sum(f"{dataset_id}, {name}" in needles for name in telling.needles),
            )
            for dataset_id, telling in told.items()
        ),
        objects=found.objects, shared=len(shared), unread=found.unread,
        leaks=tuple(_leaks(leak for leak in found.leaks if leak.needle not in shared)),
    )  # fmt: skip


def _told(house: House, datasets: Sequence[Dataset]) -> Iterator[Unit]:
    """What contracts tell readers: a word of it (« normal », « voirie ») tells nothing of a hidden cell."""
    every = house.library().datasets | {dataset.id: dataset for dataset in datasets}
    for dataset in every.values():
        if "public" in dataset.audiences:
            yield Unit(dataset.id, view_for(dataset, "public").shown.model_dump_json().encode())


def _telling(house: House, dataset: Dataset, others: Iterable[str], most: int) -> Telling | None:
    """What tells of a dataset's restricted release; None where there is none."""
    restricted = current_manifest(house.restricted, dataset.id)
    if restricted is None:
        return None
    with house.workbench() as folder, engine(folder) as connection:
        public = [
            table_of(house.public, manifest, folder / "public")
            for one in (dataset.id, *others)
            if (manifest := current_manifest(house.public, one)) is not None
        ]
        shown = view_for(dataset, "public") if "public" in dataset.audiences else None
        table = table_of(house.restricted, restricted, folder / "restricted")
        return telling_values(connection, table, public, view_for(dataset, "restricted"), shown, most=most)


def _shared(
    house: House, datasets: dict[str, Dataset], found: Searched, needles: dict[str, str], most: int
) -> set[str]:
    """The needles met that are public cells of the datasets in which they were met: a street, a SIRET.

    A joined table shows nothing of its own: what it has must be a public cell of one of its parts.
    """
    met: dict[str, set[str]] = {}
    for leak in found.leaks:
        dataset_id, place = leak.needle.partition(", ")[0], _dataset_of(leak.place)
        if place is not None and place != dataset_id:
            met.setdefault(dataset_id, set()).update(_whose(house, datasets, place) - {dataset_id})
    shared: set[str] = set()
    for dataset_id, others in met.items():
        telling = _telling(house, datasets[dataset_id], sorted(others), most)
        left = set(telling.needles.values()) if telling else set()
        own = (name for name in needles if name.startswith(f"{dataset_id}, "))
        shared |= {name for name in own if needles[name] not in left}
    return shared & {leak.needle for leak in found.leaks}


def _whose(house: House, datasets: dict[str, Dataset], place: str) -> set[str]:
    """The datasets whose public cells may stand in a dataset's files."""
    known = datasets if place in datasets else house.library().datasets
    hub = known.get(place)
    return {part.id for part in parts_of(hub, known)} if hub and hub.joined else {place}


def _dataset_of(place: str) -> str | None:
    theme, _, rest = object_of(place).partition("/")
    name, _, inner = rest.partition("/")
    return f"{theme}.{name}" if inner else None


def _leaks(leaks: Iterable[Leak]) -> Iterable[Leaked]:
    counts = Counter((*leak.needle.split(", ")[:2], leak.encoding, leak.place) for leak in leaks)
    for (dataset_id, field, encoding, place), values in sorted(counts.items()):
        yield Leaked(dataset_id=dataset_id, field=field, encoding=encoding, place=place, values=values)
