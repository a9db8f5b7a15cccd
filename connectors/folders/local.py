"""A folder of this machine: a disk, or a share that is mounted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.connector import Visit
from connectors.extras import unusable
from connectors.folders.folder import PIECE, Dropped
from contracts.connection import Connection


@dataclass(frozen=True)
class LocalFolder:
    """A folder by its path."""

    path: Path

    @property
    def address(self) -> str:
        """The path."""
        return str(self.path)

    def files(self) -> tuple[Dropped, ...]:
        """Its files by name."""
        paths = sorted(path for path in self.path.iterdir() if path.is_file() and not path.is_symlink())
        return tuple(_seen(path) for path in paths)

    @contextmanager
    def reading(self, one: Dropped) -> Iterator[Iterator[bytes]]:
        """The file's bytes."""
        with (self.path / one.written).open("rb") as file:
            yield iter(lambda: file.read(PIECE), b"")


@contextmanager
def opened(connection: Connection, below: str, visit: Visit) -> Iterator[LocalFolder]:
    """The folder below the connection's root, which its extra `path` names.

    Raises:
        SourceUnavailable: the connection names no absolute path.
    """
    root = connection.extra.get("path")
    if not isinstance(root, str) or not Path(root).is_absolute():
        remedy = 'Give its extra an absolute one: {"path": "/srv/depot"}.'
        raise unusable(connection, "names no folder", remedy)
    yield LocalFolder(Path(root) / below)


def _seen(path: Path) -> Dropped:
    state = path.stat()
    return Dropped(path.name, datetime.fromtimestamp(state.st_mtime, UTC), state.st_size)
