"""The sample's web server over real sockets, and the connections that lead to it."""

import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
import requests

from contracts.connection import connection_from
from contracts.library import library_at
from sample.sources import DROPS, SOURCES, WEB, connections, serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "parcs.csv").write_bytes("id;nom\r\n1;Île\r\n".encode())
    (tmp_path / "secret.txt").write_text("outside")
    return tmp_path / "site"


@pytest.fixture
def url(folder: Path) -> Iterator[str]:
    with serving(folder) as address:
        yield address


def test_a_file_comes_with_its_bytes_type_length_and_validators(url: str, folder: Path) -> None:
    content = (folder / "parcs.csv").read_bytes()
    answer = requests.get(f"{url}/parcs.csv", timeout=5)
    assert answer.content == content
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    modified = int((folder / "parcs.csv").stat().st_mtime)
    assert answer.headers["Last-Modified"] == formatdate(modified, usegmt=True)


def test_head_gives_the_head_alone(url: str) -> None:
    answer = requests.head(f"{url}/parcs.csv", timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_known_etag_is_not_sent_again(url: str, form: str) -> None:
    etag = requests.head(f"{url}/parcs.csv", timeout=5).headers["ETag"]
    answer = requests.get(f"{url}/parcs.csv", headers={"If-None-Match": form.format(etag)}, timeout=5)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == etag


def test_a_known_date_is_not_sent_again(url: str) -> None:
    modified = requests.head(f"{url}/parcs.csv", timeout=5).headers["Last-Modified"]
    assert (
        requests.get(f"{url}/parcs.csv", headers={"If-Modified-Since": modified}, timeout=5).status_code
        == 304
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": formatdate(2**31, usegmt=True)},
        {"If-Modified-Since": formatdate(0, usegmt=True)},
        {"If-Modified-Since": "yesterday"},
    ],
)
def test_what_the_client_does_not_have_is_sent(url: str, headers: dict[str, str]) -> None:
    assert requests.get(f"{url}/parcs.csv", headers=headers, timeout=5).status_code == 200


def test_changed_bytes_have_another_etag(url: str, folder: Path) -> None:
    before = requests.head(f"{url}/parcs.csv", timeout=5).headers["ETag"]
    (folder / "parcs.csv").write_text("id;nom\n2;Autre\n")
    answer = requests.get(f"{url}/parcs.csv", headers={"If-None-Match": before}, timeout=5)
    assert (answer.status_code, answer.text) == (200, "id;nom\n2;Autre\n")


@pytest.mark.parametrize(
    "path",
    ["/none.csv", "/", "/../secret.txt", "/%2e%2e/secret.txt", "//../secret.txt", "/..%2fsecret.txt",
     "/parcs.csv%00", "/%2fetc%2fhostname"],
)  # fmt: skip
def test_nothing_else_is_served(url: str, path: str) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    connection.request("GET", path)  # http.client sends the path as it stands
    answer = connection.getresponse()
    status = answer.status
    connection.close()
    assert status == 404


def test_a_link_out_of_the_folder_is_not_followed(url: str, folder: Path) -> None:
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    assert requests.get(f"{url}/link.txt", timeout=5).status_code == 404


def test_nothing_can_be_written(url: str) -> None:
    assert requests.put(f"{url}/parcs.csv", data=b"x", timeout=5).status_code == 501


def test_the_server_is_gone_after_the_block(folder: Path) -> None:
    with serving(folder) as url:
        assert requests.get(f"{url}/parcs.csv", timeout=5).ok
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/parcs.csv", timeout=5)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_where_it_is_and_ends_when_asked(ending: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sample.sources"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert requests.get(f"{url}/national_portal/bnls.csv", timeout=5).ok
        os.kill(process.pid, ending)
        _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (0, "")
    finally:
        process.kill()


def test_every_contract_finds_its_file_through_its_connection() -> None:
    with serving() as url:
        environment = connections(url)
        for dataset in library_at(ROOT / "config").datasets.values():
            if dataset.joined is not None:
                continue
            source = connection_from(environment, dataset.source.connection)
            options = dataset.source.options
            if dataset.source.kind in ("http_file", "datex2", "gbfs", "gtfs"):
                for name in {"path", "table", "status"} & options.keys():
                    assert requests.head(f"{source.url}/{options[name]}", timeout=5).ok
            elif dataset.source.kind == "opendatasoft":
                described = f"{source.url}/api/explore/v2.1/catalog/datasets/{options['dataset']}"
                assert requests.get(described, timeout=5).json()["has_records"]
            elif dataset.source.kind == "rest":
                assert requests.get(f"{source.url}/{options['path']}", options.get("query"), timeout=5).ok
            else:
                folder = Path(source.extra["path"]) / options["folder"]
                assert [path.name for path in folder.glob(options["pattern"])]


def test_every_source_folder_has_a_connection() -> None:
    assert {path.name for path in SOURCES.iterdir()} == {*WEB, *DROPS}
    names = {name.removeprefix("AIRFLOW_CONN_").lower() for name in connections("http://localhost")}
    assert names == {*WEB, *DROPS}


def test_the_drop_folder_can_be_elsewhere(tmp_path: Path) -> None:
    made = json.loads(connections("http://localhost:1/", tmp_path)["AIRFLOW_CONN_ELECTIONS_OFFICE"])
    assert made["extra"]["path"] == str(tmp_path / "elections_office")
