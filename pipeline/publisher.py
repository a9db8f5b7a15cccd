"""The public publisher: it holds the hand-over and the public store, and nothing of the restricted side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contracts.errors import ConcentratorError, PrivacyRefused, StorageRefused
from contracts.sql import literal
from pipeline.cost import metered
from pipeline.handed import HandedView
from pipeline.house import setting, store_named, workbench_in
from pipeline.record import Receipt, last_receipt
from pipeline.releasing import Published, released
from storage import layout
from storage.records import put_record, record_at
from storage.store import Store
from transforms.engine import engine


@dataclass(frozen=True)
class Publisher:
    """All that the public publish needs."""

    handover: Store
    public: Store
    scratch: Path
    clock: Callable[[], datetime]


def publisher_from(
    environment: Mapping[str, str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Publisher:
    """The publisher that the `CONCENTRATOR_…` variables describe.

    Raises:
        StorageRefused: an address names no store.
    """
    return Publisher(
        handover=store_named(environment, "handover"), public=store_named(environment, "public"),
        scratch=Path(setting(environment, "CONCENTRATOR_SCRATCH")), clock=clock,
    )  # fmt: skip


def publish_handed(publisher: Publisher, dataset_id: str, attempt: str) -> Receipt:
    """The receipt of the view that was handed over by this attempt; it is kept in the hand-over store.

    A second call for the same attempt answers with the first one's receipt. The view is deleted once
    it is published.

    Raises:
        StorageRefused, PrivacyRefused, QualityRefused: as `released` says; a receipt of the refusal is kept.
    """
    known = last_receipt(dataset_id, publisher.handover)
    if known is not None and known.attempt == attempt and known.state != "refused":
        return known
    try:
        with metered(dataset_id, "publish_public") as meter:
            came = _published(publisher, dataset_id, attempt)
            meter.rows, meter.bytes = came.rows, came.bytes
    except ConcentratorError as error:
        refusal = Receipt(
            dataset_id=dataset_id, attempt=attempt, state="refused", at=publisher.clock(), sentence=str(error)
        )
        put_record(publisher.handover, layout.receipt(dataset_id), refusal)
        raise
    receipt = Receipt(
        dataset_id=dataset_id, attempt=attempt, state="unchanged" if came.unchanged else "released",
        at=publisher.clock(), release_id=came.release_id, rows=came.rows, columns=came.columns,
        files=came.files, cost=meter.cost,
    )  # fmt: skip
    put_record(publisher.handover, layout.receipt(dataset_id), receipt)
    publisher.handover.delete(layout.handed_view(dataset_id, attempt))
    publisher.handover.delete(layout.handed_record(dataset_id, attempt))
    return receipt


def _published(publisher: Publisher, dataset_id: str, attempt: str) -> Published:
    handed = record_at(publisher.handover, layout.handed_record(dataset_id, attempt), HandedView)
    if handed is None:
        met = f"nothing was handed over under the name {attempt}"
        raise StorageRefused(dataset_id, met, remedy="Run it `--from publish`.")
    if handed.view.audience != "public":
        raise PrivacyRefused(
            dataset_id, f"a {handed.view.audience} view was handed over", remedy="Report it."
        )
    key = layout.handed_view(dataset_id, attempt)
    with workbench_in(publisher.scratch) as folder:
        path = publisher.handover.local(key, folder)
        if publisher.handover.sha256(key) != handed.sha256:
            met = "the view that was handed over came back changed"
            raise StorageRefused(dataset_id, met, remedy="Look at the hand-over store, then run it again.")
        with engine(folder) as connection:
            connection.execute(f"CREATE TEMP VIEW shown AS FROM read_parquet({literal(str(path))})")
            return released(publisher.public, connection, "shown", handed.view, handed.offer, folder)
