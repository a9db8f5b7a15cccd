"""Separate hands that many tasks share: a publisher's process that stays a while and forks for each view."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from contracts.errors import StorageRefused
from pipeline.hands import environment_of_publisher, receipt_or_refusal
from pipeline.installed import FOLDER
from pipeline.record import Receipt
from storage.lock import flocked

STAY_SECONDS = 60.0  # without a view to publish: its start takes 1.3 s of CPU, a fork of it 0.02 s
LOCK = "lock"  # beside the sockets: who connects, starts or leaves holds it
_PATIENCE = 30.0  # seconds; it is held for milliseconds


class KeptHands:
    """The publisher's process of this environment, started by whoever finds none; it ends by itself.

    It is begun anew from the program's file, with the publisher's own environment and no open file of this
    process but its standard error, until it is ready: nothing of the restricted side is in its forks.
    """

    def __init__(self, environment: Mapping[str, str], stays: float = STAY_SECONDS) -> None:
        self._environment, self._stays = environment_of_publisher(environment), stays

    def __call__(self, dataset_id: str, attempt: str) -> Receipt:
        """The publisher's receipt; should this process end first, so does the publish.

        Raises:
            PrivacyRefused, StorageRefused, ConcentratorError: the publisher's own refusal.
        """
        answer = ""
        with self._connected(dataset_id) as connection, suppress(ConnectionError):
            # What the publisher complains of goes where this process complains, not where its starter did.
            socket.send_fds(connection, [json.dumps([dataset_id, attempt]).encode()], [2])
            with connection.makefile() as answers:
                answer = answers.readline()
        return receipt_or_refusal(dataset_id, answer)

    def _connected(self, dataset_id: str) -> socket.socket:
        folder = _own_folder(dataset_id)
        connection = socket.socket(socket.AF_UNIX)
        with flocked(folder / LOCK, _PATIENCE):
            address = folder / self._name(folder / "key")
            try:
                connection.connect(str(address))
            except (FileNotFoundError, ConnectionRefusedError):  # none, or one that was killed
                self._start(address)
                connection.connect(str(address))
        return connection

    def _name(self, key: Path) -> str:
        """One for each environment and installation; every user sees it, so it tells nothing of secrets."""
        if not key.exists():
            key.write_bytes(os.urandom(32))
        told = json.dumps([sorted(self._environment.items()), str(FOLDER), sys.executable])
        return hashlib.blake2b(told.encode(), digest_size=8, key=key.read_bytes()).hexdigest()

    def _start(self, address: Path) -> None:
        """A process that answers at the address; who connects meanwhile waits until it is ready."""
        scratch = Path(self._environment["CONCENTRATOR_SCRATCH"])
        scratch.mkdir(parents=True, exist_ok=True)
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(address))
            listening.listen(128)
            subprocess.Popen(
                [sys.executable, "-m", "commands.publisher", str(address), str(self._stays)],
                env=self._environment, cwd=scratch, process_group=0,  # the end of this task is not its end
                stdin=listening.fileno(), stdout=subprocess.DEVNULL,
            )  # fmt: skip


def _own_folder(dataset_id: str) -> Path:
    """A folder of this user alone, with a short path: the address of a socket ends at 107 bytes.

    Raises:
        StorageRefused: somebody else made it.
    """
    folder = Path(tempfile.gettempdir()) / f"concentrator-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise StorageRefused(dataset_id, f"{folder} is not this user's alone", remedy="Remove it.")
    return folder
