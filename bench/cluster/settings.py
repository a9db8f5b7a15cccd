"""What each machine of a cluster is told by its environment; none inherits another's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bench.cluster.servers import KEYS
from deploy.buckets import STORES
from sample.airflow import Home, settings_of

ROOT = Path(__file__).resolve().parents[2]
# What a worker that died costs: it is noticed within 35 s, and its tasks are tried again at once.
_CONTROL = {
    "CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
    "CORE__DEFAULT_TASK_RETRY_DELAY": "1",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
}
_WORKER = {
    "CORE__LOAD_EXAMPLES": "False",
    "CORE__HOSTNAME_CALLABLE": "getpass.getuser",  # Airflow names a task's machine; ours go by $LOGNAME
    "CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "USAGE_DATA_COLLECTION__ENABLED": "False",
}


def of_control(
    home: Home, port: int, metadata: str, celery: Mapping[str, str], config: Path
) -> dict[str, str]:  # fmt: skip
    """The environment of API server, scheduler and DAG processor: all the secrets, and no store.

    psycopg speaks to the metadata both ways; Airflow's own choice for the second, asyncpg, is not installed.
    """
    database = {f"DATABASE__SQL_ALCHEMY_CONN{way}": metadata for way in ("", "_ASYNC")}
    own = _prefixed({**_CONTROL, **_celery(celery), **database})
    return settings_of(home, port, _neutral()) | own | {"CONCENTRATOR_CONFIG": str(config)}


def of_worker(
    address: str, celery: Mapping[str, str], config: Path, endpoint: str, source: str
) -> dict[str, str]:  # fmt: skip
    """The environment of every worker: the broker, the four stores, one source, and no metadata."""
    region = KEYS["AWS_DEFAULT_REGION"]
    stores = {
        f"CONCENTRATOR_{name.upper()}": f"s3://{name}?endpoint={endpoint}&region={region}" for name in STORES
    }
    execution = {"CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/"}
    return _neutral() | KEYS | stores | _prefixed({**_WORKER, **_celery(celery), **execution}) | {
        "CONCENTRATOR_CONFIG": str(config), "CONCENTRATOR_PUBLISHER": "here", "AIRFLOW_CONN_TOWN": source,
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip


def _celery(settings: Mapping[str, str]) -> dict[str, str]:
    own = {f"CELERY__{name}": value for name, value in settings.items()}
    patience = {"CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "86400"}
    return {"CORE__EXECUTOR": "CeleryExecutor", **own, **patience}


def _neutral() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1",
        "DO_NOT_TRACK": "1", "SCARF_ANALYTICS": "false", "GX_ANALYTICS_ENABLED": "false",
        "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost",
    }  # fmt: skip


def _prefixed(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"AIRFLOW__{name}": value for name, value in settings.items()}
