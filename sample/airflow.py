"""Airflow itself for the sample city: settings, start, health; a home of its own under `var/airflow`."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from sample.processes import Started
from sample.rest import Refused, Rest

USER = "admin"
COMPONENTS = {
    "api-server": ("airflow", "api-server"),
    "scheduler": ("airflow", "scheduler", "--skip-serve-logs"),  # its log server would bind every interface
    "dag-processor": ("airflow", "dag-processor"),
}
# What Airflow imports in each of its processes; only those that fork load more.
LOCAL_SETTINGS = """\
import sys

from operators.preload import preload

preload(sys.argv)
"""


@dataclass(frozen=True)
class Home:
    """Where Airflow of the sample city lives, with secrets that were drawn for it alone."""

    folder: Path
    root: Path

    @property
    def logs(self) -> Path:
        """What the components print; task logs are in its sub-folders."""
        return self.folder / "logs"

    @property
    def pids(self) -> Path:
        """The processes that run, for `down`."""
        return self.folder / "pids.json"

    @property
    def database(self) -> Path:
        """Airflow's metadata."""
        return self.folder / "airflow.db"

    @property
    def secrets(self) -> dict[str, str]:
        """The home's own keys and password, drawn at the first call and readable by its owner only."""
        file = self.folder / "secrets.json"
        if not file.exists():
            names = ("api_secret", "jwt_secret")
            drawn = {name: secrets.token_urlsafe(48) for name in names}  # RFC 7518 §3.2: 64 bytes for SHA-512
            drawn["password"] = secrets.token_urlsafe(12)
            drawn["fernet"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            _written_privately(file, drawn)
        return dict(json.loads(file.read_text()))


def settings_of(
    home: Home, port: int, surroundings: Mapping[str, str], *, api_server: bool = False
) -> dict[str, str]:
    """The environment of one of Airflow's processes; no setting of another Airflow survives in it."""
    passwords = home.folder / "passwords.json"
    own, address = home.secrets, f"http://127.0.0.1:{port}"
    _written_privately(passwords, {USER: own["password"]})
    settings = {
        "CORE__DAGS_FOLDER": str(home.root / "dags"),
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DAGBAG_IMPORT_ERROR_TRACEBACKS": "False",  # a contract's faults are sentences already
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",  # an empty task costs 0.9 s with 2 and 0.5 s with 4 (measured on 2 cores)
        "CORE__MP_START_METHOD": "fork",  # what was loaded before is there in the task (operators/preload.py)
        "CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "CORE__FERNET_KEY": own["fernet"],
        "CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": address,
        "API__WORKERS": "1",
        "API__SECRET_KEY": own["api_secret"],
        "API_AUTH__JWT_SECRET": own["jwt_secret"],
        "API__MAXIMUM_PAGE_LIMIT": "1000",
        "API__DAG_CACHE_SIZE": "1000",  # of 64, as Airflow has it, each of 272 DAGs is read anew each time
        # The API server can wait for itself (an audit row in its event loop against a request that holds
        # SQLite's lock), so it gives up early and is asked again; the others outwait it. With 5 s for all,
        # the scheduler once died of "database is locked".
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home.database}?timeout={3 if api_server else 60}",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "SCHEDULER__USE_JOB_SCHEDULE": "False",  # a clock that starts runs of its own would spoil the count
        "LOGGING__BASE_LOG_FOLDER": str(home.logs),
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    kept = {name: value for name, value in surroundings.items() if not name.startswith("AIRFLOW")}
    return kept | {f"AIRFLOW__{name}": value for name, value in settings.items()} | {
        "AIRFLOW_HOME": str(home.folder),
        "DO_NOT_TRACK": "1", "SCARF_ANALYTICS": "false", "GX_ANALYTICS_ENABLED": "false",
        # a task asks the API by loopback, whatever proxy the town hall has
        "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip


def settled(home: Home, environment: Mapping[str, str]) -> None:
    """Writes the local settings and makes the metadata database, once for each version (7 to 12 s).

    Raises:
        Refused: the migration failed; its output is in the log.
    """
    for folder in (home.folder / "config", home.logs):
        folder.mkdir(parents=True, exist_ok=True)
    (home.folder / "config" / "airflow_local_settings.py").write_text(LOCAL_SETTINGS)
    stamp = home.folder / "migrated"
    if not stamp.exists() or stamp.read_text() != version("apache-airflow"):
        _migrate(home, environment)
        stamp.write_text(version("apache-airflow"))
    with closing(sqlite3.connect(home.database)) as database, database:
        # A run that was stopped in the middle would go before the one of today.
        database.execute("UPDATE dag_run SET state = 'failed' WHERE state IN ('queued', 'running')")


def _migrate(home: Home, environment: Mapping[str, str]) -> None:
    with (home.logs / "migration.log").open("ab") as log:
        code = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"], env=dict(environment), cwd=home.root,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False,
        ).returncode  # fmt: skip
    if code:
        raise Refused(f"Airflow's database could not be made; see {home.logs / 'migration.log'}.")
    with closing(sqlite3.connect(home.database)) as database:
        database.execute("PRAGMA journal_mode=WAL")  # kept in the file: who reads no longer blocks who writes


def healthy(api: Rest, processes: list[Started], seconds: float, tell: Callable[[str], None]) -> None:
    """Comes back when database, scheduler and DAG processor say that they are well.

    The API that tasks use is asked once: it builds itself at its first question, for 4 s of CPU, during
    which the first tasks would wait.

    Raises:
        Refused: a process ended, or they were not well in time.
    """
    deadline, missing = time.monotonic() + seconds, "api-server"
    while time.monotonic() < deadline:
        require_alive(processes)
        try:
            api.asked("GET", "/execution/health", signed=False)
            parts = api.asked("GET", "/api/v2/monitor/health", signed=False)
            waiting = [part for part in ("metadatabase", "scheduler", "dag_processor")
                       if (parts.get(part) or {}).get("status") != "healthy"]  # fmt: skip
        except Refused:
            waiting = ["api-server"]
        if not waiting:
            return
        missing = ", ".join(waiting)
        tell(f"waiting for {missing}")
        time.sleep(0.5)
    raise Refused(f"Airflow was not healthy after {seconds:.0f} s: {missing}; see its log.")


def require_alive(processes: list[Started]) -> None:
    """Nothing, while all of them live.

    Raises:
        Refused: one ended by itself.
    """
    dead = [process.name for process in processes if process.process is None]
    if dead:
        raise Refused(f"{', '.join(dead)} ended by itself; the last lines of its log say why.")


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _written_privately(file: Path, content: Mapping[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as opened:
        json.dump(content, opened)
