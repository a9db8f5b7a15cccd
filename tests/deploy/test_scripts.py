"""The scripts beside the image do what they say, on real servers: PostgreSQL, Redis, S3, and the agents' login."""

import base64
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import boto3
import psycopg
import pytest
import yaml
from redis import Redis
from redis.exceptions import AuthenticationError

from bench.cluster import servers
from deploy.buckets import STORES, made
from sample.airflow import free_port
from sample.processes import ended

ROOT = Path(__file__).parents[2]
AGENTS = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]["agents"]


@pytest.fixture
def roles() -> Iterator[dict[str, str]]:
    """The addresses that PostgreSQL's two roles are given."""
    with TemporaryDirectory(prefix="pg-") as folder:  # not pytest's, which PostgreSQL's user may not enter
        Path(folder).chmod(0o711)
        started, addresses = servers.postgres(Path(folder) / "postgres")
        yield {role: address.replace("+psycopg", "") for role, address in addresses.items()}
        ended([started])


def test_a_role_opens_its_own_database_and_no_other(roles: dict[str, str]) -> None:
    for role, address in roles.items():
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE kept (a int)")
        for other in {"airflow", "celery", "postgres"} - {role}:
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                psycopg.connect(f"{address.rpartition('/')[0]}/{other}")


def test_redis_answers_to_its_password_only(tmp_path: Path) -> None:
    started, address = servers.redis(tmp_path / "redis")
    try:
        with pytest.raises(AuthenticationError):
            Redis.from_url(re.sub(":[^:@/]+@", "", address)).ping()
        assert Redis.from_url(address).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        password = re.findall(":([^:@/]+)@", address)[0]
        assert password not in Path(f"/proc/{started.pid}/cmdline").read_text()
    finally:
        ended([started])


def test_missing_buckets_are_made_and_present_ones_stay(s3_server: SimpleNamespace) -> None:
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    assert set(made(client, STORES)) == set(STORES)
    client.put_object(Bucket="work", Key="kept", Body=b"1")
    assert made(client, (*STORES, "another")) == ["another"]
    assert client.get_object(Bucket="work", Key="kept")["Body"].read() == b"1"


@pytest.fixture
def portal(s3_server: SimpleNamespace) -> Iterator[str]:
    """The agents' server as docker-compose.yml starts it, over a bucket with one file."""
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    made(client, STORES)
    client.put_object(
        Bucket="restricted", Key="mobility/parcs/parcs.csv", Body=b"id;nom\n", ContentType="text/csv"
    )
    given = {"PORTAL_PASSWORD": "sesame", "S3_READER_KEY": "testing", "S3_READER_SECRET": "testing"}
    environment = {
        name: re.sub(r"\$\{([A-Z0-9_]+)[^}]*\}", lambda found: given[found[1]], value).replace("http://s3:8333", s3_server.endpoint)
        for name, value in AGENTS["environment"].items()
    }  # fmt: skip
    address = f"127.0.0.1:{free_port()}"
    command = [word.replace(":8081", address) if word == ":8081" else word for word in AGENTS["command"]]
    rclone = [str(Path(sys.executable).with_name("rclone")), *command]
    with subprocess.Popen(
        rclone, env={"PATH": os.environ["PATH"], **environment}, stderr=subprocess.DEVNULL
    ) as server:
        yield f"http://{address}/mobility/parcs/parcs.csv"
        server.send_signal(signal.SIGTERM)


def asked(url: str, password: str | None, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    if password:
        headers["Authorization"] = f"Basic {base64.b64encode(f'agents:{password}'.encode()).decode()}"
    for _ in range(200):
        try:
            with urlopen(Request(url, method=method, headers=headers), timeout=10) as answer:
                return answer.status, answer.read()
        except HTTPError as refused:
            return refused.code, b""
        except URLError:
            time.sleep(0.1)
    raise AssertionError("the agents' server does not answer")


def test_agents_read_the_restricted_store_after_a_login_and_never_write(portal: str) -> None:
    assert asked(portal, None)[0] == 401
    assert asked(portal, "wrong")[0] == 401
    assert asked(portal, "sesame") == (200, b"id;nom\n")
    assert asked(portal, "sesame", Range="bytes=3-5") == (206, b"nom")
    assert asked(portal, "sesame", "PUT")[0] in (403, 405)
    assert asked(portal, "sesame", "DELETE")[0] in (403, 405)


def test_the_agents_server_is_the_version_that_was_tested() -> None:
    shown = subprocess.run(
        [Path(sys.executable).with_name("rclone"), "version"], capture_output=True, text=True
    ).stdout
    assert shown.split()[1] == f"v{AGENTS['image'].rpartition(':')[2]}"
