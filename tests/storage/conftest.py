"""Real stores for the storage tests: a folder, and S3 spoken over loopback by moto's server."""

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from contracts.batch import FileEntry, Manifest
from storage.store import Store, store_at

NOON = datetime(2026, 10, 25, 12, tzinfo=UTC)
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "geojson": "application/geo+json"}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[SimpleNamespace]:
    """`endpoint`, and `fault`: a WSGI middleware that a test may put before moto (None: none)."""
    server = SimpleNamespace(fault=None)
    moto = DomainDispatcherApplication(create_backend_app)

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        return server.fault(environ, start, moto) if server.fault else moto(environ, start)

    http = make_server("127.0.0.1", 0, application, threaded=True)
    Thread(target=http.serve_forever, daemon=True).start()
    server.endpoint = f"http://127.0.0.1:{http.server_port}"
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1").create_bucket(Bucket="city")
        yield server
    http.shutdown()


@pytest.fixture
def s3_address(s3_server: SimpleNamespace, tmp_path: Path) -> Iterator[str]:
    """An address below a prefix of its own; the test's fault ends with the test."""
    yield f"s3://city/{tmp_path.name}?endpoint={s3_server.endpoint}&region=us-east-1"
    s3_server.fault = None


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
