"""A store in memory for the simulation: it keeps every older version, as a versioned bucket does."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from contracts.errors import StorageRefused


class Memory:
    """Objects in a dict; the simulation keeps its clock, its lock and the times of its objects."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.place = (name,)
        self.objects: dict[str, bytes] = {}
        self.older: dict[str, list[bytes]] = defaultdict(list)

    def put_file(self, key: str, path: Path, media_type: str | None = None) -> None:
        self.put_bytes(key, path.read_bytes())

    def put_bytes(self, key: str, content: bytes, media_type: str | None = None) -> None:
        self._set_aside(key)
        self.objects[key] = content

    def copy(self, source: str, target: str, media_type: str | None = None) -> None:
        self.put_bytes(target, self.read(source))

    def read(self, key: str) -> bytes:
        content = self.objects.get(key)
        if content is None:
            raise StorageRefused(self.name, f"{key} is missing")
        return content

    def read_or_none(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def exists(self, key: str) -> bool:
        return key in self.objects

    def size(self, key: str) -> int:
        return len(self.read(key))

    def keys(self, prefix: str = "") -> Iterator[str]:
        yield from sorted(key for key in self.objects if key.startswith(prefix))

    def delete(self, key: str) -> None:
        self._set_aside(key)
        self.objects.pop(key, None)

    def create(self, key: str, content: bytes) -> bool:
        return self.swap(key, content, None)

    def swap(self, key: str, content: bytes, seen: bytes | None) -> bool:
        present = self.objects.get(key)
        if present == seen:
            self.put_bytes(key, content)
        return present in (seen, content)

    def sha256(self, key: str) -> str:
        return hashlib.sha256(self.read(key)).hexdigest()

    def erase(self, key: str) -> None:
        self.objects.pop(key, None)
        self.older.pop(key, None)

    def sweep(self, before: datetime) -> int:
        return 0

    def _set_aside(self, key: str) -> None:
        if key in self.objects:
            self.older[key].append(self.objects[key])
