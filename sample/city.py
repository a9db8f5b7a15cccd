"""The sample city as a whole: its sources and its Airflow, started together and ended together."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sample.airflow import COMPONENTS, USER, Home, free_port, healthy, settings_of, settled
from sample.processes import Started, ended, remember, remembered, started
from sample.rest import Refused, Rest
from sample.sources import connections

HEALTHY_WITHIN = 180.0  # seconds; 30 on two idle cores (measured)
Tell = Callable[[str], None]


@dataclass(frozen=True)
class City:
    """Where everything of the sample city is: code, stores, Airflow's home."""

    root: Path
    var: Path

    @property
    def home(self) -> Home:
        """Airflow's own folder."""
        return Home(self.var / "airflow", self.root)

    def stores(self, surroundings: Mapping[str, str]) -> dict[str, str]:
        """The `CONCENTRATOR_…` variables: those that are set, made absolute, or `var/…`."""
        defaults = {
            "CONFIG": self.root / "config", "WORK": self.var / "work", "PUBLIC": self.var / "public",
            "RESTRICTED": self.var / "restricted", "HANDOVER": self.var / "handover",
            "SCRATCH": self.var / "scratch",
        }  # fmt: skip
        return {
            name: surroundings.get(name) or str(default)
            for short, default in defaults.items()
            for name in [f"CONCENTRATOR_{short}"]
        }

    @property
    def address(self) -> Path:
        """Holds the address of Airflow's pages."""
        return self.home.folder / "address"

    @property
    def kept(self) -> Path:
        """Stands while the city was asked to stay up; a run that was killed leaves none."""
        return self.home.folder / "kept"

    @property
    def is_up(self) -> bool:
        """Whether it was asked to stay up, and all of it is."""
        return self.kept.exists() and len(self.processes) == len(COMPONENTS) + 1

    @property
    def processes(self) -> list[Started]:
        """What runs of it now, whoever started it."""
        return [process for process in remembered(self.home.pids) if process.process]

    @property
    def api(self) -> Rest:
        """Airflow's API where it was last started.

        Raises:
            Refused: it never was.
        """
        if not self.address.exists():
            raise Refused("The sample city never ran here; start it with `make up` or `make run`.")
        return Rest(self.address.read_text(), USER, self.home.secrets["password"])


@contextmanager
def alone(city: City) -> Iterator[None]:
    """Nobody else starts this city in the block; the kernel lets go even if we are killed.

    Raises:
        Refused: somebody does already.
    """
    city.home.folder.mkdir(parents=True, exist_ok=True)
    with (city.home.folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused("Another run of the sample city is at work here; wait for it to end.") from error
        yield


def opened(city: City, surroundings: Mapping[str, str], tell: Tell) -> list[Started]:
    """The processes of sources and Airflow once they are well; if that fails, nothing is left behind.

    Raises:
        Refused: something did not start; its log is named.
    """
    closed(city)  # what a killed run may have left
    home, sources_port, airflow_port = city.home, free_port(), free_port()
    ours = city.stores(surroundings) | connections(f"http://127.0.0.1:{sources_port}")
    components = {"sources": ("sample.sources", "--port", str(sources_port)), **COMPONENTS}
    processes: list[Started] = []
    try:
        tell("making Airflow's database")
        settled(home, settings_of(home, airflow_port, surroundings) | ours)
        for name, arguments in components.items():
            settings = settings_of(home, airflow_port, surroundings, api_server=name == "api-server")
            processes.append(started(name, arguments, settings | ours, root=city.root, logs=home.logs))
            remember(processes, home.pids)
        city.address.write_text(f"http://127.0.0.1:{airflow_port}")
        healthy(city.api, processes, HEALTHY_WITHIN, tell)
    except BaseException:
        closed(city, processes)
        raise
    return processes


def closed(city: City, processes: list[Started] | None = None) -> int:
    """How many processes of the city were ended: those given, or those written down."""
    living = [process for process in processes or remembered(city.home.pids) if process.process]
    ended(living)
    for file in (city.home.pids, city.kept):
        file.unlink(missing_ok=True)
    return len(living)
