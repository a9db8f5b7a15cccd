"""What every stage is given from above: the city, the three stores, a scratch folder, a clock."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contracts.city import City
from contracts.connection import Connection
from contracts.dataset import Audience
from contracts.errors import StorageRefused
from contracts.library import city_at
from storage.store import Store, store_at

VERSION = "0.1.0"  # of the code; equal bytes are promised for equal raw bytes, contract and version
DEFAULTS = {
    "CONCENTRATOR_CONFIG": "config", "CONCENTRATOR_WORK": "var/work", "CONCENTRATOR_PUBLIC": "var/public",
    "CONCENTRATOR_RESTRICTED": "var/restricted", "CONCENTRATOR_SCRATCH": "var/scratch",
}  # fmt: skip


@dataclass(frozen=True)
class House:
    """One city's installation, as a stage sees it."""

    city: City
    work: Store
    public: Store
    restricted: Store
    scratch: Path
    connection: Callable[[str], Connection]
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]

    def store_of(self, audience: Audience) -> Store:
        """The store that an audience reads."""
        return self.public if audience == "public" else self.restricted

    @contextmanager
    def workbench(self) -> Iterator[Path]:
        """An empty folder of one task, gone afterwards.

        Raises:
            StorageRefused: none can be made there.
        """
        try:
            self.scratch.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(dir=self.scratch))
        except OSError as error:
            remedy = "Set CONCENTRATOR_SCRATCH to a folder that can be written to."
            met = f"no folder can be made there ({error.strerror})"
            raise StorageRefused(str(self.scratch), met, remedy=remedy) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


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
    return House(
        city=city_at(config_folder(environment)),
        work=store_at(setting(environment, "CONCENTRATOR_WORK"), "work store"),
        public=store_at(setting(environment, "CONCENTRATOR_PUBLIC"), "public store"),
        restricted=store_at(setting(environment, "CONCENTRATOR_RESTRICTED"), "restricted store"),
        scratch=Path(setting(environment, "CONCENTRATOR_SCRATCH")),
        connection=connection, clock=clock, random=random,
    )  # fmt: skip
