"""The servers that all machines share: PostgreSQL, Redis and S3, on free ports of the loopback."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import psycopg

from bench.cluster.logins import NOBODY, Login, as_user, launched
from deploy.buckets import STORES, made
from sample.airflow import free_port
from sample.processes import Started
from sample.rest import Refused

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
KEYS = {"AWS_ACCESS_KEY_ID": "cluster", "AWS_SECRET_ACCESS_KEY": "cluster", "AWS_DEFAULT_REGION": "us-east-1"}
_WITHIN = 60.0  # seconds for a server to answer, on a loaded machine


def postgres(folder: Path) -> tuple[Started, dict[str, str]]:
    """A new PostgreSQL, made ready by deploy/postgres.sh, and its addresses by role (`airflow`, `celery`).

    Raises:
        Refused: no PostgreSQL server is installed, or it does not answer.
    """
    programs, port = postgres_folder(), free_port()
    if programs is None:
        raise Refused("No PostgreSQL server is installed on this machine.")
    passwords = {
        name: secrets.token_urlsafe(24)
        for name in ("PGPASSWORD", "AIRFLOW_DB_PASSWORD", "CELERY_DB_PASSWORD")
    }
    own = {"PATH": f"{programs}:{os.defpath}", "LANG": "C.UTF-8", "PGHOST": "127.0.0.1", "PGPORT": str(port)}
    folder.mkdir()
    (folder / "password").write_text(passwords["PGPASSWORD"])
    server = ["postgres", "-D", "data", "-h", "127.0.0.1", "-p", str(port), "-k", "", "-F", "-N", "200"]
    initdb = ["initdb", "-U", "postgres", "-A", "scram-sha-256", "--pwfile", "password", "-N", "-D", "data"]
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        Login(NOBODY).given(folder)
        shutil.chown(folder / "password", NOBODY)
        server, initdb = as_user(NOBODY, server), as_user(NOBODY, initdb)
    subprocess.run(initdb, cwd=folder, env=own, check=True, capture_output=True)
    started = launched("postgres", server, own, folder=folder)
    chief = f"postgresql://postgres:{passwords['PGPASSWORD']}@127.0.0.1:{port}/postgres"
    _await(started, lambda: psycopg.connect(chief).close(), psycopg.OperationalError)
    subprocess.run(["sh", DEPLOY / "postgres.sh"], env=own | passwords, check=True, capture_output=True)
    return started, {
        role: f"postgresql+psycopg://{role}:{passwords[f'{role.upper()}_DB_PASSWORD']}@127.0.0.1:{port}/{role}"
        for role in ("airflow", "celery")
    }


def redis(folder: Path) -> tuple[Started, str]:
    """A new Redis, started by deploy/redis.sh, and its address.

    Raises:
        Refused: none is installed, or it does not answer.
    """
    from redis import Redis
    from redis.exceptions import ConnectionError as Unconnected

    port, password = free_port(), secrets.token_urlsafe(24)
    if shutil.which("redis-server") is None:
        raise Refused("No redis-server is installed on this machine.")
    folder.mkdir(mode=0o700)
    own = {"PATH": os.environ.get("PATH", os.defpath), "REDIS_PASSWORD": password, "REDIS_PORT": str(port),
           "REDIS_BIND": "127.0.0.1", "REDIS_FOLDER": str(folder)}  # fmt: skip
    started = launched("redis", ["sh", str(DEPLOY / "redis.sh")], own, folder=folder)
    address = f"redis://:{password}@127.0.0.1:{port}/0"
    _await(started, Redis.from_url(address).ping, Unconnected)
    return started, address


def s3(folder: Path) -> tuple[Started, str]:
    """A new S3 server (moto, which heeds conditional writes) with the four buckets, and its endpoint.

    Raises:
        Refused: it does not answer.
    """
    port = free_port()
    folder.mkdir(mode=0o700)
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    started = launched("s3", command, {"PATH": os.defpath, "TMPDIR": str(folder)}, folder=folder)
    endpoint = f"http://127.0.0.1:{port}"
    _await(started, lambda: urlopen(f"{endpoint}/moto-api/", timeout=5).close(), OSError)
    made(client(endpoint), STORES)
    return started, endpoint


def client(endpoint: str) -> Any:
    """Who may do everything in the four buckets."""
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name=KEYS["AWS_DEFAULT_REGION"],
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )  # fmt: skip


def postgres_folder() -> Path | None:
    """Where the newest PostgreSQL server of this machine is (Debian keeps it out of PATH)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _await(started: Started, asked: Callable[[], object], absent: type[Exception]) -> None:
    deadline = time.monotonic() + _WITHIN
    while started.process and time.monotonic() < deadline:
        with suppress(absent):
            asked()
            return
        time.sleep(0.1)
    raise Refused(f"{started.name} does not answer; see its log.")
