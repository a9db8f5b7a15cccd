"""Loads once, before the fork, what every task would load again: 8 s of CPU each for Great Expectations.

Airflow imports `airflow_local_settings` in each of its processes; that module says
`from operators.preload import preload; preload(sys.argv)`. Measured beside Airflow's own
`mp_forkserver_preload`: that way Airflow itself is loaded a second time, and only at the first task.
Nothing of ours is loaded, so that a mended file is used by the next task, and nothing that holds a
connection or a thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

LIBRARIES = (
    "airflow.sdk.execution_time.task_runner", "airflow.dag_processing.dagbag",  # 2 s of CPU in each task
    "great_expectations", "duckdb", "pandas", "pyarrow.parquet", "pyogrio", "pyproj", "shapely",
    "xlsxwriter", "python_calamine", "requests",
)  # fmt: skip


def preload(arguments: Sequence[str]) -> bool:
    """Whether this process forks tasks (by its command line), in which case the libraries are loaded now."""
    forks = list(arguments[1:2]) == ["scheduler"] or list(arguments[1:3]) == ["celery", "worker"]
    for library in LIBRARIES if forks else ():
        import_module(library)
    return forks
