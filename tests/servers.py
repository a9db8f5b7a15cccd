"""Real servers on this machine for the tests: rclone as an S3 without conditions, PostgreSQL, MariaDB."""

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
import pymysql

FRESH = ("--dir-cache-time", "1ms")  # rclone sees at once what is put beside it
_LOGIN = {"user": "nobody", "group": "nogroup", "extra_groups": []}  # both refuse to run as root


@contextmanager
def rclone_serving(folder: Path, key: str, secret: str, *flags: str) -> Iterator[str]:
    """The endpoint of `rclone serve s3`, whose buckets are the folder's folders."""
    with _rclone(
        "s3", folder, ["--auth-key", f"{key},{secret}", *flags], r"\[(http://[0-9.:]+)/\]"
    ) as endpoint:
        yield endpoint


@contextmanager
def sftp_serving(folder: Path, host_key: Path, *login: str) -> Iterator[str]:
    """The address (`127.0.0.1:port`) of `rclone serve sftp`, whose root is the folder; `login` are its flags."""
    with _rclone(
        "sftp", folder, ["--key", str(host_key), *FRESH, *login], r"listening on ([0-9.:]+)"
    ) as address:
        yield address


@contextmanager
def webdav_serving(folder: Path, *login: str) -> Iterator[str]:
    """The address of `rclone serve webdav`, whose root is the folder; `login` are its flags."""
    flags = ["--etag-hash", "MD5", *FRESH, *login]
    with _rclone("webdav", folder, flags, r"\[(http://[0-9.:]+)/\]") as address:
        yield address


@contextmanager
def _rclone(kind: str, folder: Path, flags: list[str], announced: str) -> Iterator[str]:
    command = [
        str(Path(sys.executable).with_name("rclone")), "serve", kind, "--addr", "127.0.0.1:0", "--config", "",
        *flags, str(folder),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as rclone:
        try:
            address = _announced(rclone, announced)
            Thread(target=rclone.stderr.read, daemon=True).start()  # a full pipe would stop it
            yield address
        finally:
            rclone.kill()  # it would wait for whoever still reads


def _announced(rclone: "subprocess.Popen[str]", pattern: str) -> str:
    """The address that it says it serves at."""
    for line in rclone.stderr or ():
        if found := re.search(pattern, line):
            return found[1]
    raise RuntimeError("rclone ended before it served")


@contextmanager
def postgres_serving(programs: Path, port: int | None = None) -> Iterator[str]:
    """The address of a fresh server on a socket in a folder of its own; both are gone afterwards.

    At `port` of the loopback it asks for passwords; the socket trusts whoever comes.
    """
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
        Path(data, "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        tcp = ["-h", "127.0.0.1", "-p", str(port)] if port else ["-h", ""]
        server = [programs / "postgres", "-D", data, "-k", folder, *tcp, "-F"]
        address += f"&port={port}" if port else ""
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


@contextmanager
def mariadb_serving(program: Path, port: int) -> Iterator[str]:
    """The socket of a fresh server, where root needs no password; it also listens at the loopback's `port`."""
    memory = Path("/dev/shm")  # a server's first files are many small writes, each waited for
    folder = tempfile.mkdtemp(prefix="my-", dir=memory if memory.is_dir() else None)
    login = _LOGIN if os.geteuid() == 0 else {}
    if login:
        shutil.chown(folder, login["user"], login["group"])
    data, socket, quiet = f"{folder}/data", f"{folder}/s", subprocess.DEVNULL
    try:
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db",
             "--auth-root-authentication-method=normal", "--innodb-log-file-size=4M"],
            check=True, stdout=quiet, stderr=quiet, cwd="/", **login,
        )  # fmt: skip
        server = [
            program, "--no-defaults", f"--datadir={data}", f"--socket={socket}", f"--port={port}",
            "--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-log-file-size=4M", "--skip-name-resolve",
        ]  # fmt: skip
        with subprocess.Popen(server, stdout=quiet, stderr=quiet, cwd="/", **login) as mariadb:
            try:
                _wait_for_mariadb(socket, mariadb)
                yield socket
            finally:
                mariadb.terminate()
    finally:
        shutil.rmtree(folder)


def _wait_for_mariadb(socket: str, server: "subprocess.Popen[bytes]") -> None:
    while server.poll() is None:
        try:
            pymysql.connect(unix_socket=socket, user="root").close()
            return
        except pymysql.err.OperationalError:
            time.sleep(0.05)
    raise RuntimeError("MariaDB ended before it served")
