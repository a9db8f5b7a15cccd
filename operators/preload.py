"""Loads once, before the fork, what every task would load again: 8 s of CPU each for Great Expectations.

Airflow imports `airflow_local_settings` in each of its processes; that module says
`from operators.preload import preload; preload(sys.argv)`. Measured beside Airflow's own
`mp_forkserver_preload`: that way Airflow itself is loaded a second time, and only at the first task.
Nothing is loaded that holds a connection or a thread.

Our own rooms are loaded too, 0.15 s of CPU in each task; a fork that finds one of their files changed
forgets them all, so that a mended file is used by the next task.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from pipeline.installed import FOLDER, PACKAGES, written

LIBRARIES = (
    "airflow.sdk.execution_time.task_runner", "airflow.dag_processing.dagbag",  # 2 s of CPU in each task
    "great_expectations", "duckdb", "pandas", "pyarrow.parquet", "pyogrio", "pyproj", "shapely",
    "xlsxwriter", "python_calamine", "requests", "boto3",
)  # fmt: skip
# All but the judge, which registers with Great Expectations what can be registered only once in a process.
READ_BY_DAG_FILES = ("operators.journey", "operators.upkeep")
ROOMS = (
    *READ_BY_DAG_FILES, "connectors.http_file", "connectors.drop_folder",
    "pipeline.extract", "pipeline.standardize", "pipeline.publish", "pipeline.handover",
    "pipeline.kept_hands", "pipeline.upkeep", "distributions.geopackage", "storage.s3",
)  # fmt: skip


def preload(arguments: Sequence[str]) -> bool:
    """Whether this process forks tasks (by its command line), in which case all is loaded now.

    The DAG processor forks too, for each reading of a DAG file, and needs what such a file imports.
    """
    forks = list(arguments[1:2]) == ["scheduler"] or list(arguments[1:3]) == ["celery", "worker"]
    if forks:
        for library in LIBRARIES:
            import_module(library)
        keep_rooms(FOLDER, ROOMS)
    elif list(arguments[1:2]) == ["dag-processor"]:
        keep_rooms(FOLDER, READ_BY_DAG_FILES)
    return forks


def keep_rooms(folder: Path, rooms: Sequence[str]) -> None:
    """Loads modules below `folder`; every fork from now on forgets them all once a file of a room changed."""
    before = written(folder)  # taken first: what is mended while it is loaded counts as changed
    with suppress(ImportError, SyntaxError):  # a broken room fails the tasks that need it, not the scheduler
        for room in rooms:
            import_module(room)
    os.register_at_fork(after_in_child=lambda: None if written(folder) == before else forget_rooms())


def forget_rooms() -> None:
    """The next import of a room reads its file."""
    for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
        del sys.modules[name]
