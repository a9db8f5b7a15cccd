"""What the rooms' tests share: the folder of real files, and servers on this machine."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.server import DomainDispatcherApplication, create_backend_app
from servers import mariadb_serving, postgres_serving, rclone_serving
from werkzeug.serving import make_server

from bench.cluster.servers import postgres_folder
from sample.airflow import free_port

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test's name is the same in each process: the workers of pytest-xdist have to agree on them."""
    if unsteady := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError(f"a test's name holds an address in memory; give `ids=`: {unsteady[0]}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real files beside the checkout; in CI their absence is a failure, never a skip."""
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail("CI runs without ../shared/data: nothing that matters may be skipped there")
        pytest.skip("the real files (../shared/data) are not beside this checkout")
    return SHARED


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


@pytest.fixture(scope="session")
def rclone_endpoint(s3_server: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An S3 server that ignores conditional writes, with a bucket `city` (and moto's credentials)."""
    folder = tmp_path_factory.mktemp("rclone")
    (folder / "city").mkdir()
    with rclone_serving(folder, "testing", "testing") as endpoint:
        yield endpoint


@pytest.fixture
def rclone_address(rclone_endpoint: str, tmp_path: Path) -> str:
    """An address below a prefix of its own on the server without conditional writes."""
    return f"s3://city/{tmp_path.name}?endpoint={rclone_endpoint}&region=us-east-1"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL; in CI its absence is a failure, never a skip."""
    programs = postgres_folder()
    if programs is None:
        raise _absent("PostgreSQL")
    with postgres_serving(programs) as address:
        yield address


@pytest.fixture(scope="session")
def postgres_at() -> Iterator[SimpleNamespace]:
    """A real PostgreSQL of the caller's own: `address` (its socket, as its chief) and `port` (by password)."""
    programs, port = postgres_folder(), free_port()
    if programs is None:
        raise _absent("PostgreSQL")
    with postgres_serving(programs, port) as address:
        yield SimpleNamespace(address=address, port=port)


@pytest.fixture(scope="session")
def mariadb_at() -> Iterator[SimpleNamespace]:
    """A real MariaDB: `socket` (as root) and `port` (by password)."""
    program, port = (
        shutil.which("mariadbd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"),
        free_port(),
    )
    if program is None:
        raise _absent("MariaDB")
    with mariadb_serving(Path(program), port) as socket:
        yield SimpleNamespace(socket=socket, port=port)


def _absent(server: str) -> Exception:
    """In CI a missing server is a failure, never a skip."""
    if os.environ.get("CI"):
        return pytest.fail.Exception(
            f"CI runs without a {server} server: what needs it would go untested there"
        )
    return pytest.skip.Exception(f"no {server} server is installed on this machine")
