"""What releases that are kept cost the next one: `python -m bench.keeping <folder> <releases>`."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic

from contracts.batch import Column, FileEntry, Manifest
from storage import layout
from storage.collection import collect
from storage.log import Entry, Head, append
from storage.publishing import publish, reconcile, release_id_at
from storage.records import bytes_of
from storage.store import Store, store_at

_DATASET, _FILE = "bench.kept", "kept.csv"
_LOOKS = 3  # the quickest counts: what else the machine does only adds


def main() -> None:
    """Prints the seconds of one more publish, of a reconciliation and of a collector's plan."""
    folder, releases = Path(sys.argv[1]), int(sys.argv[2])
    store = store_at(str(folder / "store"), "public store", None, private=False)
    manifests = map(_manifest, count())
    _keep(store, [next(manifests) for _ in range(releases)])
    seconds = {
        "publish": _quickest(lambda: _published(store, folder, manifests)),
        "reconcile": _quickest(lambda: reconcile(store, _DATASET)),
        "collect": _quickest(lambda: collect(store, [_DATASET], keep_releases=20, keep_days=400, plan=True)),
    }
    print(json.dumps(seconds))


def _quickest(work: Callable[[], object]) -> float:
    def seconds() -> float:
        begun = monotonic()
        work()
        return monotonic() - begun

    return min(seconds() for _ in range(_LOOKS))


def _content(number: int) -> bytes:
    return f"n\r\n{number}\r\n".encode()


def _manifest(number: int) -> Manifest:
    """Of a release of one small file, with another content for each number."""
    content, moment = _content(number), datetime.now(UTC)
    digest = hashlib.sha256(content).hexdigest()
    return Manifest(
        dataset_id=_DATASET, audience="public", release_id=release_id_at(moment, number.to_bytes(8)),
        created_at=moment, title="Gardés", publisher="Mesures", licence="etalab-2.0", rows=number,
        columns=(Column(name="n", type="integer", required=False),),
        files=(FileEntry(name=_FILE, media_type="text/csv", bytes=len(content), sha256=digest),),
        key=("n",), contract_hash="0" * 64, content_sha256=digest,
    )  # fmt: skip


def _keep(store: Store, manifests: list[Manifest]) -> None:
    """Releases as earlier publishes left them; of what follows a commit, the next publish makes up."""
    head = None
    for number, manifest in enumerate(manifests):
        store.put_bytes(layout.release_file(_DATASET, manifest.release_id, _FILE), _content(number))
        told = bytes_of(manifest)
        store.put_bytes(layout.release_manifest(_DATASET, manifest.release_id), told)
        sha256 = hashlib.sha256(told).hexdigest()
        entry = Entry(manifest.release_id, sha256, manifest.release_id, manifest.created_at)
        commit = append(store, _DATASET, head, entry)
        head = Head(commit, hashlib.sha256(bytes_of(commit)).hexdigest())


def _published(store: Store, folder: Path, manifests: Iterator[Manifest]) -> None:
    manifest = next(manifests)
    (folder / _FILE).write_bytes(_content(manifest.rows))
    publish(
        store, manifest, folder, moment=manifest.created_at, attempt_id=manifest.release_id,
        expires_at=manifest.created_at + timedelta(days=8),
    )  # fmt: skip


if __name__ == "__main__":
    main()
