"""What every stage is given from above: the city, the four stores, a scratch folder, a clock."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from contracts.city import City
from contracts.connection import Connection
from contracts.dataset import Audience
from contracts.errors import StorageRefused
from contracts.library import Library, city_at, library_at
from storage.store import Store, store_at

VERSION = "0.1.0"  # of the code; equal bytes are promised for equal raw bytes, contract and version
DEFAULTS = {
    "CONCENTRATOR_CONFIG": "config", "CONCENTRATOR_WORK": "var/work", "CONCENTRATOR_PUBLIC": "var/public",
    "CONCENTRATOR_RESTRICTED": "var/restricted", "CONCENTRATOR_SCRATCH": "var/scratch",
    "CONCENTRATOR_HANDOVER": "var/handover",
}  # fmt: skip


def _no_contracts() -> Library:
    raise StorageRefused("contracts", "this installation was not told where they are")


@dataclass(frozen=True)
class House:
    """One city's installation, as a stage sees it."""

    city: City
    work: Store
    public: Store
    restricted: Store
    handover: Store
    scratch: Path
    communes: Path | None
    connection: Callable[[str], Connection]
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    library: Callable[[], Library] = _no_contracts
    config: Path | None = None  # where files lie that contracts name

    def store_of(self, audience: Audience) -> Store:
        """The store that an audience reads."""
        return self.public if audience == "public" else self.restricted

    def workbench(self) -> AbstractContextManager[Path]:
        """An empty folder of one task, gone afterwards (see `workbench_in`)."""
        return workbench_in(self.scratch)


@contextmanager
def workbench_in(scratch: Path) -> Iterator[Path]:
    """An empty folder below `scratch`, gone afterwards.

    Raises:
        StorageRefused: none can be made there.
    """
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=scratch))
    except OSError as error:
        remedy = "Set CONCENTRATOR_SCRATCH to a folder that can be written to."
        met = f"no folder can be made there ({error.strerror})"
        raise StorageRefused(str(scratch), met, remedy=remedy) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def store_named(environment: Mapping[str, str], name: str) -> Store:
    """The store that `CONCENTRATOR_<NAME>` addresses, with the lock of those that need one.

    Raises:
        StorageRefused: the address names no store.
    """
    address = setting(environment, f"CONCENTRATOR_{name.upper()}")
    label = "hand-over store" if name == "handover" else f"{name} store"
    return store_at(address, label, environment.get("CONCENTRATOR_LOCK"), private=name != "public")


def setting(environment: Mapping[str, str], name: str) -> str:
    """The value of a `CONCENTRATOR_…` variable, or its default."""
    return environment.get(name) or DEFAULTS[name]


def config_folder(environment: Mapping[str, str]) -> Path:
    """Where the contracts are."""
    return Path(setting(environment, "CONCENTRATOR_CONFIG"))


def house_from(
    environment: Mapping[str, str], *, connection: Callable[[str], Connection],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC), random: Callable[[int], bytes] = os.urandom,
) -> House:  # fmt: skip
    """The installation that the `CONCENTRATOR_…` variables describe.

    Raises:
        ContractInvalid: `city.yml` is broken.
        StorageRefused: an address names no store.
    """
    config = config_folder(environment)
    city = city_at(config)
    stores = {name: store_named(environment, name) for name in ("work", "public", "restricted", "handover")}
    return House(
        city=city, scratch=Path(setting(environment, "CONCENTRATOR_SCRATCH")),
        config=config, communes=config / city.communes if city.communes else None,
        connection=connection, clock=clock, random=random, library=partial(library_at, config), **stores,
    )  # fmt: skip
