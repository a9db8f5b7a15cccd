"""Extract: the source's bytes, kept in the work store as they were sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pydantic import ValidationError

from connectors.connector import Connector, Fetched, Visit
from connectors.registry import connector_for
from contracts.batch import RawBatch
from contracts.dataset import AUDIENCES, Audience, Dataset
from contracts.errors import ContractInvalid
from contracts.explaining import faults_of
from contracts.load import Base
from contracts.reading import Document
from pipeline.arriving import told_in_log
from pipeline.embargo import holds, require_seen
from pipeline.house import House
from pipeline.increments import start_of
from pipeline.joining import fetched_releases
from pipeline.record import (
    Outcome,
    audiences_of,
    expiry_of,
    last_done,
    last_raw,
    put_outcome,
    recipe_of,
    remembered,
)  # fmt: skip
from storage import layout
from storage.publishing import current_of, recheck, reconcile, sequence_of
from storage.records import put_record

Progress = Callable[[int, int | None], None]


def extract(
    dataset: Dataset, house: House, *, batch_id: str, force: bool = False, full: bool = False,
    progress: Progress | None = None,
) -> RawBatch | None:  # fmt: skip
    """The landed batch, or None when every audience already has what these bytes and this contract give.

    None also moves the freshness clock of every audience: the source was asked and had nothing new. A public
    that has to wait counts as served once its batch is held back; its clock stands still. Where the contract
    loads by increments, the batch names the table that it goes on from, unless it is `full`.

    Raises:
        SourceUnavailable, SourceChanged, SourceIncomplete: what the connector met.
        StorageRefused: a store failed, or lost what it had committed.
        ContractInvalid: the source's options are not the connector's.
    """
    with remembered(dataset, house, "extract") as meter, house.workbench() as folder:
        require_seen(dataset, house)
        heads = {audience: sequence_of(house.store_of(audience), dataset.id) for audience in AUDIENCES}
        start = start_of(dataset, house, full=full)
        known = None if dataset.load.grows else last_raw(dataset, house)  # an increment is always fetched
        fetched = _fetched(dataset, house, Visit(
            place=dataset.id, folder=folder, clock=house.clock, known=known.files if known else (),
            since=start.base.since if start.base and not dataset.load.live else None, promised=dataset.format,
            contact=house.city.contact, progress=progress or told_in_log(dataset.id),
        ), known)  # fmt: skip
        fetched.require_whole(dataset.id)
        meter.bytes = sum(file.bytes for file in fetched.files)
        told = start.settled_by(fetched) or (known if known and fetched.unchanged else None)
        raw = told or _landed(dataset, house, batch_id, fetched, start.base)
        held = holds(dataset, house, raw)
        shown = [one for one in audiences_of(dataset) if not (held and one == "public")]
        if not force and all(_is_released(dataset, house, raw, audience) for audience in shown):
            _nothing_new(dataset, house, shown)
            return None
        if told is not None and start.base is not None:
            raw = _landed(dataset, house, batch_id, fetched, start.base)
        return raw.model_copy(update={"heads": heads})


def _fetched(dataset: Dataset, house: House, visit: Visit, known: RawBatch | None) -> Fetched:
    """What the source sends; the source of a joined table is the stores."""
    if dataset.joined is not None:
        return fetched_releases(dataset, house, visit.folder, known)
    return connector_of(dataset).fetch(house.connection(dataset.source.connection), visit)


def connector_of(dataset: Dataset) -> Connector:
    """The connector with the contract's options.

    Raises:
        UnknownKind: no such kind is installed.
        ContractInvalid: options that it does not take.
    """
    kind = connector_for(dataset.source.kind)
    try:
        return kind.model_validate(dataset.source.options)
    except ValidationError as error:
        nowhere = Document(dataset.id, None)
        raise ContractInvalid(tuple(faults_of(error, kind, nowhere))) from error


def _landed(dataset: Dataset, house: House, batch_id: str, fetched: Fetched, base: Base | None) -> RawBatch:
    """The fetched files in the work store; bytes that the last batch has are not kept twice."""
    known = last_raw(dataset, house)
    files, twins = [], {old.sha256: old for old in known.files} if known else {}
    for file in fetched.files:
        twin = twins.get(file.sha256)
        key = twin.key if twin else layout.landed(dataset.id, batch_id, file.name)
        if twin is None:
            house.work.put_file(key, file.path, file.media_type)
        files.append(file.landed(key))
    raw = RawBatch(
        dataset_id=dataset.id, batch_id=batch_id, files=tuple(files), rows=fetched.rows,
        expected=fetched.expected, proof=fetched.proof, warnings=fetched.warnings, base=base,
    )  # fmt: skip
    put_record(house.work, layout.batch(dataset.id, batch_id), raw)
    put_record(house.work, layout.latest(dataset.id), raw)
    return raw


def _is_released(dataset: Dataset, house: House, raw: RawBatch, audience: Audience) -> bool:
    """Whether the audience has a release, and its last one was made of these bytes by this contract."""
    done = last_done(dataset, house, audience)
    if done is None or (done.raw_digest, done.recipe) != (raw.digest, recipe_of(dataset)):
        return False
    current = current_of(house.store_of(audience), dataset.id)
    return current is not None and current.release_id is not None


def _nothing_new(dataset: Dataset, house: House, audiences: Iterable[Audience]) -> None:
    moment = house.clock()
    for audience in audiences:
        reconcile(house.store_of(audience), dataset.id)
        recheck(house.store_of(audience), dataset.id, moment=moment, expires_at=expiry_of(dataset, moment))
    put_outcome(dataset, house, Outcome(state="nothing_new", stage="extract", at=moment))
