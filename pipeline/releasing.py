"""A view's rows as one release of its audience: the same on both sides of the hand-over."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from contracts.batch import Finding, Manifest
from contracts.dataset import Audience
from contracts.evolution import changes_of, refusal_of_evolution, schema_difference
from contracts.model import Frozen
from contracts.view import View
from distributions.writing import Written, entry_of, write_distributions
from storage import layout, publishing
from storage.store import Store
from transforms.difference import write_difference


class Offer(Frozen):
    """What a release is to be called, when it was made, and what its readers should know."""

    attempt: str
    release_id: str
    moment: datetime
    expires_at: datetime
    xlsx_up_to_rows: int
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    expected: int | None = None


class Published(Frozen):
    """What an audience has now."""

    audience: Audience
    release_id: str
    rows: int
    columns: int
    files: int
    bytes: int | None = None
    unchanged: bool


def released(
    store: Store, connection: duckdb.DuckDBPyConnection, table: str, view: View, offer: Offer, folder: Path,
    *, withdrawn: frozenset[str] = frozenset(), ready: Path | None = None,
) -> Published:  # fmt: skip
    """The audience's release; equal content makes no new one, only a newer "checked at".

    `table` holds exactly the view's rows; `ready` is the Parquet that it shows as it is, if it does. Files,
    differences and manifest are made of it and of the audience's own last release, and of nothing else.

    Raises:
        StorageRefused: the store failed, or another run was faster.
        PrivacyRefused: the content was withdrawn before.
        QualityRefused: a public field left or changed type before the day that was told.
    """
    out = folder / "release"
    out.mkdir()
    written = write_distributions(
        connection, table, view, out, xlsx_up_to_rows=offer.xlsx_up_to_rows, ready=ready
    )
    manifest = _manifest(view, offer, written)
    previous = publishing.current_manifest(store, view.dataset_id)
    if previous is not None and not publishing.same_release(previous, manifest):
        refusal = refusal_of_evolution(
            view.dataset_id, previous.columns, view.columns, view.deprecated, offer.moment.date()
        )
        if refusal is not None and view.audience == "public":
            raise refusal
        _put_changes(store, connection, view, previous, manifest, folder)
    came = publishing.publish(
        store, manifest, out, moment=offer.moment, expires_at=offer.expires_at, attempt_id=offer.attempt,
        expected=offer.expected, withdrawn=withdrawn,
    )  # fmt: skip
    return Published(
        audience=view.audience, release_id=came.manifest.release_id, unchanged=came.unchanged,
        rows=written.rows, columns=len(view.fields), files=len(written.files),
        bytes=sum(file.bytes for file in written.files),
    )  # fmt: skip


def _manifest(view: View, offer: Offer, written: Written) -> Manifest:
    return Manifest(
        dataset_id=view.dataset_id, audience=view.audience, release_id=offer.release_id,
        created_at=offer.moment, title=view.title, publisher=view.publisher, licence=view.licence,
        attribution=view.attribution, harvest=view.harvest, rows=written.rows, columns=view.columns,
        files=written.files, key=view.order, conforms_to=view.national.id if view.national else None,
        contract_hash=view.digest, content_sha256=written.content_sha256,
        findings=offer.findings, notes=(*written.notes, *offer.notes),
    )  # fmt: skip


def _put_changes(
    store: Store, connection: duckdb.DuckDBPyConnection, view: View, previous: Manifest, manifest: Manifest,
    folder: Path,
) -> None:  # fmt: skip
    """The differences by row against the last release, beside the releases."""
    out = folder / "changes"
    out.mkdir()
    file_name = f"{view.name}.parquet"
    before = store.local(layout.release_file(view.dataset_id, previous.release_id, file_name), folder)
    counted = write_difference(
        connection, before, folder / "release" / file_name, key=view.order, key_before=previous.key,
        columns_before=previous.columns, columns_after=view.columns, folder=out, secret=view.secret,
    )  # fmt: skip
    files = tuple(entry_of(path) for path in sorted(out.iterdir()))
    schema = schema_difference(previous.columns, view.columns)
    changes = changes_of(view.dataset_id, manifest.release_id, previous.release_id, counted, schema, files)
    publishing.put_changes(store, changes, out)
