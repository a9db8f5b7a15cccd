"""The public publisher as a process: views to publish come by standard input, answers leave by output.

`python -m commands.publisher <address> <seconds>` stays: its standard input is the socket that listens there,
and each who connects is answered by a fork. It ends after so many seconds without one.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

from contracts.errors import ConcentratorError
from pipeline.installed import written
from pipeline.kept_hands import LOCK
from pipeline.publisher import Publisher, publish_handed, publisher_from
from storage.lock import flocked

_PATIENCE = 60.0  # seconds; the lock is held for milliseconds


def main() -> None:
    """Answers each `["<dataset>", "<attempt>"]` with `{"receipt": …}` or `{"refusal": …, "told": […]}`."""
    if sys.argv[1:]:
        _stay(Path(sys.argv[1]), float(sys.argv[2]))
        return
    publisher = publisher_from(os.environ)
    for line in sys.stdin:
        dataset_id, attempt = json.loads(line)
        print(json.dumps(_answer(publisher, dataset_id, attempt)), flush=True)


def _answer(publisher: Publisher, dataset_id: str, attempt: str) -> dict[str, object]:
    try:
        return {"receipt": publish_handed(publisher, dataset_id, attempt).model_dump(mode="json")}
    except ConcentratorError as error:
        told = [error.place, error.met, error.promised, error.remedy]
        return {"refusal": type(error).__name__, "told": told}


def _stay(address: Path, seconds: float) -> None:
    """Comes back in each fork, once it has answered, and at last in the process itself."""
    before = written()
    import distributions.geopackage  # noqa: F401  # all that a fork would load again

    listening = socket.socket(fileno=os.dup(0))
    _leave(2)  # the starter's standard error: Airflow would wait for its end
    while _is_asked(listening, seconds) or not _has_left(listening, address):
        _bury()
        if written() != before:  # a mended file is used by the next publish; who has connected waits
            os.execv(sys.executable, [sys.executable, "-m", "commands.publisher", *sys.argv[1:]])
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _leave(0)  # the same socket: nobody may wait for an answer of a fork
            _serve(connection)
            return
        connection.close()


def _leave(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _is_asked(listening: socket.socket, seconds: float) -> bool:
    return bool(select.select([listening], [], [], seconds)[0])


def _has_left(listening: socket.socket, address: Path) -> bool:
    """Whether the address is gone; who holds the lock is about to connect, and then it stays."""
    with flocked(address.parent / LOCK, _PATIENCE):
        if _is_asked(listening, 0):
            return False
        address.unlink(missing_ok=True)
        return True


def _bury() -> None:
    """Forks that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _serve(connection: socket.socket) -> None:
    """One answer, with the asker's own standard error; without an asker no publish goes on."""
    asked, (complaints, *_), *_ = socket.recv_fds(connection, 1 << 16, 1)
    os.dup2(complaints, 2)
    os.close(complaints)
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
    dataset_id, attempt = json.loads(asked)
    answer = _answer(publisher_from(os.environ), dataset_id, attempt)
    connection.sendall(json.dumps(answer).encode() + b"\n")


def _end_with(connection: socket.socket) -> None:
    if not connection.recv(1):
        os._exit(1)


if __name__ == "__main__":
    main()
