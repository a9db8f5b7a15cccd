"""What the pipeline is handed from Airflow's side: the city's folder, the stores, the connections."""

from __future__ import annotations

import os
from pathlib import Path

from airflow.sdk import Connection as AirflowConnection
from airflow.sdk.exceptions import AirflowNotFoundException

from contracts.connection import Connection, connection_of
from contracts.errors import SourceUnavailable
from pipeline import house


def config_folder() -> Path:
    """Where the city's contracts are; light, for the DAG files too."""
    return house.config_folder(os.environ)


def house_here() -> house.House:
    """The stores and settings of a task, from its environment."""
    return house.house_from(os.environ, connection=connection_named)


def connection_named(name: str) -> Connection:
    """Airflow's connection of that name, wherever Airflow keeps it.

    Raises:
        SourceUnavailable: there is none.
    """
    try:
        found = AirflowConnection.get(name)
    except AirflowNotFoundException as error:
        remedy = f"Create it in Airflow under Admin › Connections, or set AIRFLOW_CONN_{name.upper()}."
        raise SourceUnavailable(f"connection {name}", "is not defined", remedy=remedy) from error
    return connection_of(
        name, host=found.host, scheme=found.schema, port=found.port, conn_type=found.conn_type,
        login=found.login, password=found.password, extra=found.extra_dejson,
    )  # fmt: skip
