"""Real stores for the storage tests: a folder, and S3 spoken over loopback by moto's server."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.batch import Changes, FileEntry, Manifest
from storage.store import Store, store_at

NOON = datetime(2026, 10, 25, 12, tzinfo=UTC)
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "geojson": "application/geo+json"}


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, of each kind in turn."""
    return str(tmp_path / "store") if request.param == "folder" else request.getfixturevalue("s3_address")


@pytest.fixture
def store(address: str) -> Store:
    return store_at(address, "public store")


@pytest.fixture
def folder_store(tmp_path: Path) -> Store:
    """For rules that lie above the store, whose kind does not matter."""
    return store_at(str(tmp_path / "store"), "public store")


@pytest.fixture
def release(tmp_path: Path) -> Callable[..., tuple[Manifest, Path]]:
    """A release's manifest and the folder with its files, made of what each file should hold."""

    def made(number: int, dataset_id: str = "mobility.parkings", **changes: Any) -> tuple[Manifest, Path]:
        files = changes.pop("files", {"csv": f"id\n{number}\n", "parquet": f"PAR1 {number}"})
        folder = tmp_path / f"release-{number}"
        folder.mkdir(exist_ok=True)
        entries = []
        for extension, text in files.items():
            path = folder / f"{dataset_id.split('.')[1]}.{extension}"
            path.write_bytes(content := text.encode())
            entries.append(
                FileEntry(
                    name=path.name, media_type=MEDIA[extension], bytes=len(content),
                    sha256=hashlib.sha256(content).hexdigest(),
                )
            )  # fmt: skip
        facts = {
            "dataset_id": dataset_id, "audience": "public", "release_id": f"r{number}", "created_at": NOON,
            "title": "Parcs", "publisher": "Ville", "licence": "etalab-2.0", "rows": 1, "columns": (),
            "contract_hash": "c", "content_sha256": f"rows of {number}", "files": tuple(entries),
        }  # fmt: skip
        return Manifest(**(facts | changes)), folder

    return made


@pytest.fixture
def times() -> Callable[[int], dict[str, Any]]:
    """The times of the run that takes place on day `n`, and its attempt's id."""

    def of(day: int) -> dict[str, Any]:
        moment = NOON + timedelta(days=day)
        return {"moment": moment, "expires_at": moment + timedelta(days=3), "attempt_id": f"run-{day}"}

    return of


@pytest.fixture
def changes(tmp_path: Path) -> Callable[..., tuple[Changes, Path]]:
    """What release `number` changed against the one before it, and the folder with a file that quotes it."""

    def made(number: int, previous: int, text: str = "+ id") -> tuple[Changes, Path]:
        folder = tmp_path / f"changes-{number}"
        folder.mkdir(exist_ok=True)
        content = text.encode()
        (folder / "added.csv").write_bytes(content)
        entry = FileEntry(
            name="added.csv", media_type="text/csv", bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
        sentence = {"fr": f"{number} lignes ajoutées.", "en": f"{number} rows added."}
        return Changes(
            dataset_id="mobility.parkings", release_id=f"r{number}", previous_release_id=f"r{previous}",
            rows_before=1, rows_after=1, added=number, removed=0, changed=0, cells=0, breaking=False,
            sentence=sentence, files=(entry,),
        ), folder  # fmt: skip

    return made
