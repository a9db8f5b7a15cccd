"""A folder into which a service drops its file: what is new there, whole and unambiguous."""

from __future__ import annotations

import errno
import hashlib
import json
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from fnmatch import fnmatchcase

from pydantic import Field as Setting
from pydantic import field_validator

from connectors.connector import Connector, Fetched, FetchedFile, Visit
from connectors.folders.folder import Dropped, Folder
from connectors.folders.opening import folder_at
from contracts.batch import RawFile
from contracts.connection import Connection
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.pointed import Pointed, file_address

# Excel's lock, LibreOffice's lock and macOS's shadows, unfinished copies, what Windows leaves behind
_NOT_DROPPED = ("~$*", ".*", "*.tmp", "*.part", "*.filepart", "*.crdownload", "thumbs.db", "desktop.ini")


class DropFolder(Connector):
    """What a contract says of `kind: drop_folder`; the connection names the root of its folders.

    Nothing is ever deleted, so consumed files stay beside new ones. A file counts as new if it was modified
    after the last consumed one. The names that lay there at that time are remembered with it; a name that
    appears later with an older date is reported, never passed over in silence.
    """

    folder: str = Setting("", description="Below the connection's root: `elections`.")
    pattern: str = Setting("*", min_length=1, description="`*.xlsx`; capitals do not matter.")
    every: bool = Setting(
        False, description="All files that lie there are one table: a folder of acts, each of which stays."
    )
    settle: float = Setting(5, ge=0, description="Seconds during which a finished file does not change.")

    @field_validator("folder")
    @classmethod
    def _below_the_root(cls, folder: str) -> str:
        if folder.startswith("/") or "\\" in folder or ".." in folder.split("/"):
            raise ValueError("the connection holds the root; `folder` goes below it, with `/`")
        return folder

    @classmethod
    def pointed_at(cls, address: str) -> Pointed:
        """A file on this machine: its folder is the connection's, its name the pattern."""
        return file_address(address)

    def fetch(self, connection: Connection, visit: Visit) -> Fetched:
        """A copy of the one new file, or none where the known one is still the newest; or of every file.

        Raises:
            SourceUnavailable: the folder cannot be read, nothing lies in it, or it is still being written.
            SourceChanged: two files are new, or the only new name is older than the last consumed file.
            SourceIncomplete: the new file is empty.
        """
        with folder_at(connection, self.folder, visit) as folder:
            return self._taken(folder, visit)

    def _taken(self, folder: Folder, visit: Visit) -> Fetched:
        return self._every(folder, visit) if self.every else self._newest(folder, visit)

    def _every(self, folder: Folder, visit: Visit) -> Fetched:
        """A copy of each file, or none where they are those of the last visit."""
        known = {file.name: file for file in visit.known if self._came_from(folder, file)}
        found = self._files_in(folder, visit.place)
        if not found:
            remedy = f"Drop files named like {self.pattern!r}."
            raise SourceUnavailable(visit.place, f"nothing lies in {folder.address}", remedy=remedy)
        changed = tuple(
            one for one in found
            if one.name not in known or not _is_same(one, known[one.name], folder, visit.place)
        )  # fmt: skip
        if not changed and len(found) == len(known):
            return Fetched(proof=f"the {len(found)} files are as they were", unchanged=True)
        settled = self._settled(changed, folder, visit) if changed else ()
        if writing := [one for one in changed if one not in settled]:
            raise SourceUnavailable(visit.place, f"{_quoted(writing)} is still being written")
        names = [one.name for one in found]
        files = tuple(_copied(one, folder, names, visit) for one in found)
        if self._files_in(folder, visit.place) != found:
            raise SourceUnavailable(visit.place, f"{folder.address} is still being written")
        return Fetched(files=files, proof=f"the same {len(found)} at two looks, {self.settle:g} s apart")

    def _newest(self, folder: Folder, visit: Visit) -> Fetched:
        last = next((file for file in visit.known if self._came_from(folder, file)), None)
        found = self._files_in(folder, visit.place)
        same = [one for one in found if last is not None and _is_same(one, last, folder, visit.place)]
        fresh = _fresh(tuple(one for one in found if one not in same), last)
        if fresh:
            one = _only(self._settled(fresh, folder, visit), last, visit.place)
            file = _copied(one, folder, [other.name for other in found if other != one], visit)
            if one not in self._files_in(folder, visit.place):
                raise SourceUnavailable(visit.place, f"« {one.name} » is still being written")
            return Fetched(files=(file,), proof=f"the same at two looks, {self.settle:g} s apart")
        if last is not None and same:
            return Fetched(proof=f"{last.name} is still the newest file", unchanged=True)
        gone = f"; {last.name}, consumed last, is gone" if last else ""
        remedy = f"Drop a file named like {self.pattern!r}."
        raise SourceUnavailable(visit.place, f"nothing new lies in {folder.address}{gone}", remedy=remedy)

    def _came_from(self, folder: Folder, file: RawFile) -> bool:
        return file.origin.rpartition("/")[0] == folder.address and _matches(file.name, self.pattern)

    def _files_in(self, folder: Folder, place: str) -> tuple[Dropped, ...]:
        """The files that match, by name."""
        try:
            files = folder.files()
        except OSError as error:
            met = f"the folder {folder.address} cannot be read ({error.strerror})"
            remedy = "Check that it exists, is mounted and may be read."
            raise SourceUnavailable(place, met, remedy=remedy) from error
        return tuple(
            file for file in files
            if _matches(file.name, self.pattern)
            and not any(_matches(file.name, passing) for passing in _NOT_DROPPED)
        )  # fmt: skip

    def _settled(self, fresh: tuple[Dropped, ...], folder: Folder, visit: Visit) -> tuple[Dropped, ...]:
        """Those that a second look finds as they were, and that nobody touched for a while.

        The age is taken without its sign: the clock of a share may run ahead of ours.
        """
        visit.sleep(self.settle)
        again, now = self._files_in(folder, visit.place), visit.clock()
        settled = tuple(
            one for one in fresh
            if one in again and abs((now - one.modified).total_seconds()) >= self.settle
        )  # fmt: skip
        if not settled:
            names = _quoted(fresh)
            raise SourceUnavailable(visit.place, f"{names} is still being written in {folder.address}")
        return settled


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name.casefold(), unicodedata.normalize("NFC", pattern).casefold())


def _fresh(others: tuple[Dropped, ...], last: RawFile | None) -> tuple[Dropped, ...]:
    """The files, none of them the last consumed one, that it does not account for."""
    if last is None:
        return others
    since, beside = _moment(last), json.loads(last.response["beside"])
    return tuple(one for one in others if one.modified > since or one.name not in beside)


def _is_same(one: Dropped, last: RawFile, folder: Folder, place: str) -> bool:
    """Whether it is the last consumed file: by name, size and date as rsync does, else by its bytes.

    The date is enough because a file was consumed only after it had settled, so a later write has another.
    """
    if (one.name, one.bytes) != (last.name, last.bytes):
        return False
    if one.modified == _moment(last) or (one.version and one.version == last.response.get("etag")):
        return True
    digest = hashlib.sha256()
    try:
        with folder.reading(one) as pieces:
            for piece in pieces:
                digest.update(piece)
    except OSError as error:
        raise _uncopied(one, error, place) from error
    return digest.hexdigest() == last.sha256


def _moment(last: RawFile) -> datetime:
    return datetime.fromisoformat(last.response["last-modified"])


def _only(settled: tuple[Dropped, ...], last: RawFile | None, place: str) -> Dropped:
    newer = [one for one in settled if last is None or one.modified > _moment(last)]
    if len(newer) > 1:
        remedy = "Leave the right one in the folder, or narrow `pattern:`."
        raise SourceChanged(place, f"{_quoted(newer)} are all new", promised="one file", remedy=remedy)
    if last is not None and not newer:
        met = f"{_quoted(settled)} is older than {last.name}, consumed last"
        remedy = "If it is the right one, save it again so that it takes today's date."
        raise SourceChanged(place, met, remedy=remedy)
    return newer[0]


def _quoted(files: Iterable[Dropped]) -> str:
    return ", ".join(f"« {file.name} »" for file in files)


def _copied(one: Dropped, folder: Folder, beside: list[str], visit: Visit) -> FetchedFile:
    """The file copied under the visit's folder, hashed on the way."""
    path, digest, copied = visit.folder / one.name, hashlib.sha256(), 0
    try:
        with folder.reading(one) as pieces, path.open("wb") as target:
            for piece in pieces:
                digest.update(piece)
                target.write(piece)
                copied += len(piece)
                visit.progress(copied, one.bytes)
    except OSError as error:
        raise _uncopied(one, error, visit.place) from error
    if copied != one.bytes:
        raise SourceUnavailable(visit.place, f"« {one.name} » is still being written")
    if not copied:
        raise SourceIncomplete(visit.place, f"« {one.name} » is empty")
    return FetchedFile(
        path=path, name=one.name, origin=f"{folder.address}/{one.name}", sha256=digest.hexdigest(),
        bytes=copied, fetched_at=visit.clock(),
        response={
            "last-modified": one.modified.isoformat(), "etag": one.version,
            "beside": json.dumps(sorted(beside)),
        },
    )  # fmt: skip


def _uncopied(one: Dropped, error: OSError, place: str) -> SourceUnavailable:
    met = f"« {one.name} » cannot be copied ({error.strerror})"
    held = error.errno in (errno.EACCES, errno.EPERM, errno.EBUSY)
    return SourceUnavailable(place, met, remedy="Close it where it is open." if held else "")
