"""A folder of a WebDAV server (Nextcloud, SharePoint, Apache), through the one HTTP session."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit
from xml.etree import ElementTree

from connectors.connector import Visit
from connectors.folders.folder import PIECE, Dropped
from connectors.web.request import Request
from connectors.web.session import Session
from contracts.connection import Connection

_LISTING = ".listing.xml"
_ARRIVING = ".arriving"
_MOST = 100_000_000  # bytes of a listing; an entry takes about 1 kB


@dataclass(frozen=True)
class WebdavFolder:
    """A collection of the server."""

    address: str
    session: Session = field(repr=False)

    def files(self) -> tuple[Dropped, ...]:
        """Its members that are no collections, by name (RFC 4918 §9.1, depth 1)."""
        asked = Request(name=_LISTING, link=f"{self.address}/", listing=True, most_bytes=_MOST)
        path = self.session.read(asked).file.path
        try:
            return _members(path, unquote(urlsplit(self.address).path))
        except (ElementTree.ParseError, ValueError, TypeError) as error:
            raise OSError(errno.EPROTO, "its listing cannot be read") from error
        finally:
            path.unlink()

    @contextmanager
    def reading(self, one: Dropped) -> Iterator[Iterator[bytes]]:
        """The file's bytes, once they have arrived whole."""
        if not one.bytes:
            yield iter(())
            return
        link = f"{self.address}/{quote(one.written, safe='')}"
        path = self.session.read(Request(name=_ARRIVING, link=link)).file.path
        try:
            with path.open("rb") as file:
                yield iter(lambda: file.read(PIECE), b"")
        finally:
            path.unlink()


@contextmanager
def opened(connection: Connection, below: str, visit: Visit) -> Iterator[WebdavFolder]:
    """The folder below the connection's address.

    Raises:
        SourceUnavailable: the connection cannot be used as it is written.
    """
    with Session(connection, visit) as session:
        path = quote(below.strip("/"))
        yield WebdavFolder(f"{connection.url}/{path}".rstrip("/"), session)


class _WithoutDoctype(ElementTree.TreeBuilder):
    """Refuses a DOCTYPE, and with it every entity that a listing could be blown up by."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Never read.

        Raises:
            ValueError: always.
        """
        raise ValueError("a listing has no DOCTYPE")


def _members(path: Path, folder: str) -> tuple[Dropped, ...]:
    """The files of a listing; whatever host the server writes before their paths is passed over."""
    root = ElementTree.parse(path, ElementTree.XMLParser(target=_WithoutDoctype())).getroot()
    if root.tag != "{DAV:}multistatus":
        raise ValueError("no multistatus")
    found = [_member(answer, folder) for answer in root.iter("{DAV:}response")]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.written))


def _member(answer: ElementTree.Element, folder: str) -> Dropped | None:
    """One file; none for the folder itself and for those in it.

    Raises:
        ValueError, TypeError: it tells no size or no date.
    """
    place = unquote(urlsplit(answer.findtext("{DAV:}href") or "").path)
    name = place.rstrip("/").removeprefix(folder.rstrip("/") + "/")
    if answer.find(".//{DAV:}collection") is not None or place.rstrip("/") == folder.rstrip("/"):
        return None
    if "/" in name:
        raise ValueError("a member of another folder")
    size, date = answer.findtext(".//{DAV:}getcontentlength"), answer.findtext(".//{DAV:}getlastmodified")
    etag = answer.findtext(".//{DAV:}getetag") or ""
    modified = parsedate_to_datetime(date or "")
    modified = modified if modified.tzinfo else modified.replace(tzinfo=UTC)
    version = "" if etag.startswith("W/") else etag  # a weak one does not stand for the very bytes
    return Dropped(name, modified.astimezone(UTC), int(size or ""), version)
