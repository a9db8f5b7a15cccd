"""Real stores for the storage tests: a folder, and S3 spoken over loopback by moto's server."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.batch import FileEntry, Manifest
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
