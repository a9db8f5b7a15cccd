"""Faults around a real store, and what readers were promised whatever happens to a writer."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from contracts.batch import Manifest
from contracts.errors import StorageRefused
from storage.log import current_of
from storage.records import record_of
from storage.store import Store, store_at

ID = "mobility.parkings"
PLACE = "mobility/parkings/"
WRITES = ("put_file", "put_bytes", "copy", "delete", "erase", "create", "swap")


class Killed(BaseException):
    """The process ends here: nothing in our code may catch it."""


class Breaking:
    """A real store that calls `fault(number, operation, carry_out)` for each operation on it."""

    def __init__(self, store: Store, fault: Callable[..., Any]) -> None:
        self._store, self._fault, self.operations = store, fault, 0
        self.name = store.name

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = getattr(self._store, operation)

        def called(*arguments: Any, **named: Any) -> Any:
            self.operations += 1
            return self._fault(self.operations, operation, lambda: method(*arguments, **named))

        return called


class Later:
    """A real store whose clock is ahead of the one it keeps its objects' times by."""

    def __init__(self, store: Store, by: timedelta) -> None:
        self._store, self._by, self.name = store, by, store.name

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._store, operation)
        return method

    def now(self) -> datetime:
        return self._store.now() + self._by


def killed_before(at: int) -> Callable[..., Any]:
    def fault(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if number == at:
            raise Killed
        return carry_out()

    return fault


def reply_lost(at: int) -> Callable[..., Any]:
    """The operation is carried out, and then the store does not answer any more."""

    def fault(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        if number > at:
            raise StorageRefused("public store", "storage unavailable")
        result = carry_out()
        if number == at:
            raise StorageRefused("public store", "storage unavailable")
        return result

    return fault


def noted(seen: list[str]) -> Callable[..., Any]:
    """Nothing goes wrong; the names of the operations are noted in `seen`."""

    def fault(number: int, operation: str, carry_out: Callable[[], Any]) -> Any:
        seen.append(operation)
        return carry_out()

    return fault


def broken_stores(
    address: str, operations: list[str], fault: Callable[[int], Callable[..., Any]], every: int = 1
) -> Iterator[tuple[Store, Callable[..., Any]]]:
    """An empty store for each (or every n-th) write among the operations, with the fault that strikes there.

    A break at a look is one after the write before it. Over HTTP every nineteenth write: the protocol above
    the store is the same, and each run makes hundreds of requests.
    """
    writes = [at for at, operation in enumerate(operations, start=1) if operation in WRITES]
    for at in writes[:: 19 if address.startswith("s3") else every]:
        place, _, options = address.partition("?")
        own = f"{place}/{fault.__name__}-{at}" + (f"?{options}" if options else "")
        yield store_at(own, "public store"), fault(at)


def assert_whole(store: Store, *releases: Manifest) -> None:
    """Every promise to readers: through the pointer, and through the stable names."""
    known = {manifest.release_id: manifest for manifest in releases}
    current = current_of(store, ID)
    if current is not None and current.release_id is not None:
        for entry in known[current.release_id].files:
            assert store.sha256(f"{PLACE}releases/{current.release_id}/{entry.name}") == entry.sha256
    assert_stable_names_whole(store, *releases)


def assert_stable_names_whole(store: Store, *releases: Manifest) -> None:
    for key in store.keys(PLACE + "parkings."):
        name = key.removeprefix(PLACE)
        entries = [entry for manifest in releases for entry in manifest.files if entry.name == name]
        assert store.sha256(key) in {entry.sha256 for entry in entries}
    shown = store.read_or_none(PLACE + "manifest.json")
    assert shown is None or record_of(shown, Manifest, "manifest.json") in releases


def assert_settled(store: Store, manifest: Manifest) -> None:
    """Pointer, stable names and feed show this release and nothing else."""
    current = current_of(store, ID)
    assert current is not None
    assert current.release_id == manifest.release_id
    shown = {key.removeprefix(PLACE): store.sha256(key) for key in store.keys(PLACE + "parkings.")}
    assert shown == {entry.name: entry.sha256 for entry in manifest.files}
    assert record_of(store.read(PLACE + "manifest.json"), Manifest, "manifest.json") == manifest
    for feed in (PLACE + "changes.atom", "changes.atom"):
        assert f"<id>urn:concentrator:{ID}:{current.sequence:010d}</id>".encode() in store.read(feed)
