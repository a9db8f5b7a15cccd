"""Which folder a connection names: one of this machine, of an SFTP server, of a bucket, or of WebDAV."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from typing import cast
from urllib.parse import urlsplit

from connectors.connector import Visit
from connectors.extras import unusable
from connectors.folders.folder import Folder
from contracts.connection import Connection

_KINDS = {"": "local", "sftp": "sftp", "s3": "s3", "http": "webdav", "https": "webdav"}


def folder_at(connection: Connection, below: str, visit: Visit) -> AbstractContextManager[Folder]:
    """The folder `below` the connection's root, open as long as the context lasts.

    Raises:
        SourceUnavailable: the connection names none, or what carries it is not installed or does not answer.
        SourceChanged: it refuses the login, or shows another key than the known one.
    """
    scheme = urlsplit(connection.url).scheme
    if scheme not in _KINDS:
        remedy = "A drop folder is a path (extra `path`), or at sftp://, s3:// or https:// (WebDAV)."
        raise unusable(connection, f"is no folder ({scheme})", remedy)
    try:  # one kind asks for no other's library
        kind = importlib.import_module(f"connectors.folders.{_KINDS[scheme]}")
    except ModuleNotFoundError as error:
        remedy = f'Install it in the folder of the concentrator: pip install -e ".[{scheme}]".'
        raise unusable(connection, f"needs {error.name}, which is not installed", remedy) from error
    return cast(AbstractContextManager[Folder], kind.opened(connection, below, visit))
