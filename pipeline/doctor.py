"""The doctor: what of an installation is sound, and what to do about the rest, found by using it."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from contracts.connection import connection_from
from contracts.errors import ConcentratorError, StorageRefused
from contracts.library import Library, library_at
from pipeline.checks import Check, Closed, checks_of_store, label_of
from pipeline.hands import environment_of_publisher
from pipeline.house import VERSION, config_folder, setting, store_named, workbench_in
from storage.probes import overlaps
from storage.store import Store

STORES = ("work", "restricted", "handover", "public")
_MADE_BY = ("duckdb", "pyarrow", "great-expectations", "apache-airflow")
_PATIENCE = 120  # seconds for the publisher's own look: three stores, of which none may answer


def checks_of(environment: Mapping[str, str], clock: Callable[[], datetime]) -> Iterator[Check]:
    """Every check in turn; a refusal is a fault among others, never the end.

    Each store is used for a moment: a probe is written, read, swapped and deleted.
    """
    yield _versions()
    yield from _contracts(environment)
    yield from _scratch(environment)
    stores: dict[str, Store] = {}
    for name in STORES:
        try:
            stores[name] = store_named(environment, name)
        except StorageRefused as error:
            yield Check(about=label_of(name), state="fault", sentence=str(error))
            continue
        yield from checks_of_store(stores[name], name, clock(), public=name == "public")
    for sentence in overlaps(list(stores.values())):
        yield Check(about="stores", state="fault", sentence=sentence)
    yield from _publisher(environment, stores)


def _versions() -> Check:
    found = {name: _version(name) for name in _MADE_BY}
    told = ", ".join(f"{name} {number}" for name, number in found.items() if number)
    ours = f"concentrator {VERSION}, Python {platform.python_version()}"
    return Check(about="versions", sentence=f"{ours}, {told}")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _contracts(environment: Mapping[str, str]) -> Iterator[Check]:
    try:
        library = library_at(config_folder(environment))
    except ConcentratorError as error:
        yield Check(about="contracts", state="fault", sentence=str(error))
        return
    if library.faults:
        sentence = f"{len(library.faults)} have faults. `concentrator check` lists them."
        yield Check(about="contracts", state="fault", sentence=sentence)
    else:
        yield Check(about="contracts", sentence=f"{library.city.name}: {len(library.datasets)} are sound")
    yield from _connections(environment, library)


def _connections(environment: Mapping[str, str], library: Library) -> Iterator[Check]:
    """Airflow may know a connection that this environment does not, so its absence is a note."""
    named = {dataset.source.connection for dataset in library.datasets.values()}
    names = sorted(named - {""})  # a joined table has none
    absent = [name for name in names if not environment.get(f"AIRFLOW_CONN_{name.upper()}", "").strip()]
    for name in names:
        if name not in absent:
            try:
                connection_from(environment, name)
            except ConcentratorError as error:
                yield Check(about="connections", state="fault", sentence=str(error))
    if absent:
        sentence = f"not in this environment: {', '.join(absent)}. Airflow may hold them."
        yield Check(about="connections", state="note", sentence=sentence)
    if len(absent) < len(names):
        yield Check(about="connections", sentence=f"{len(names) - len(absent)} of {len(names)} are here")


def _scratch(environment: Mapping[str, str]) -> Iterator[Check]:
    try:
        with workbench_in(Path(setting(environment, "CONCENTRATOR_SCRATCH"))) as folder:
            (folder / "probe").write_bytes(b"1")
    except (StorageRefused, OSError) as error:
        yield Check(about="scratch", state="fault", sentence=str(error))


def _publisher(environment: Mapping[str, str], stores: Mapping[str, Store]) -> Iterator[Check]:
    """What a process with the publisher's environment alone says of itself."""
    asked = [_closed(environment, name, stores[name]) for name in ("restricted", "work") if name in stores]
    own = environment_of_publisher(environment)
    scratch = Path(own["CONCENTRATOR_SCRATCH"])
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "commands.probing"], env=own, cwd=scratch, text=True, capture_output=True,
            input=json.dumps([one.model_dump() for one in asked]), timeout=_PATIENCE, check=True,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        sentence = f"its process did not come to an end ({type(error).__name__})."
        yield Check(about="publisher", state="fault", sentence=sentence)
        return
    yield from (Check.model_validate_json(line) for line in ended.stdout.splitlines())


def _closed(environment: Mapping[str, str], name: str, store: Store) -> Closed:
    address = setting(environment, f"CONCENTRATOR_{name.upper()}")
    try:
        key = next(store.keys(), None)
    except StorageRefused:
        key = None  # the store's own checks say so
    return Closed(name=name, address=address if "://" in address else str(Path(address).absolute()), key=key)
