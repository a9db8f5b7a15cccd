"""Real servers on this machine for the tests: rclone as an S3 without conditions, and PostgreSQL."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psycopg

_LOGIN = {"user": "nobody", "group": "nogroup", "extra_groups": []}  # PostgreSQL refuses to run as root


@contextmanager
def rclone_serving(folder: Path, key: str, secret: str) -> Iterator[str]:
    """The endpoint of `rclone serve s3`, whose buckets are the folder's folders."""
    command = [
        str(Path(sys.executable).with_name("rclone")), "serve", "s3", "--addr", "127.0.0.1:0",
        "--auth-key", f"{key},{secret}", "--config", "", str(folder),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as rclone:
        try:
            endpoint = _announced(rclone)
            Thread(target=rclone.stderr.read, daemon=True).start()  # a full pipe would stop it
            yield endpoint
        finally:
            rclone.terminate()


def _announced(rclone: "subprocess.Popen[str]") -> str:
    """The address that it says it serves at."""
    for line in rclone.stderr or ():
        if found := re.search(r"\[(http://[0-9.:]+)/\]", line):
            return found[1]
    raise RuntimeError("rclone ended before it served")


@contextmanager
def postgres_serving(programs: Path) -> Iterator[str]:
    """The address of a fresh server on a socket in a folder of its own; both are gone afterwards."""
    folder = tempfile.mkdtemp(prefix="pg-")  # short: a socket's path has at most 107 bytes
    login = _LOGIN if os.geteuid() == 0 else {}
    if login:
        shutil.chown(folder, login["user"], login["group"])
    data, quiet = f"{folder}/data", subprocess.DEVNULL
    address = f"postgresql:///postgres?host={folder}&user=postgres"
    try:
        subprocess.run(
            [programs / "initdb", "-U", "postgres", "-A", "trust", "--no-sync", "-D", data],
            check=True, stdout=quiet, cwd="/", **login,
        )  # fmt: skip
        server = [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-F"]
        with subprocess.Popen(server, stdout=quiet, stderr=quiet, cwd="/", **login) as postgres:
            try:
                _wait_for(address, postgres)
                yield address
            finally:
                postgres.send_signal(signal.SIGINT)  # fast shutdown: its sessions are ended
    finally:
        shutil.rmtree(folder)


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    while server.poll() is None:
        try:
            psycopg.connect(address).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise RuntimeError("PostgreSQL ended before it served")
