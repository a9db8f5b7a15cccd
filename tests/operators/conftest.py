"""Airflow reads its home at the first import and creates it: so it is named here, before any."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from town import Town, served

os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-home-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACKS"] = "False"


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """A town whose variables are those of this process, as in a worker."""
    with served(tmp_path) as town:
        for name, value in town.environment.items():
            monkeypatch.setenv(name, value)
        yield town
