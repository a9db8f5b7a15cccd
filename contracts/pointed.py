"""What an address typed by a person stands for: a connection, and the options of a source behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from contracts.connection import Connection

_SECRETS = re.compile(
    r"(?i)(?:.*[_-])?(?:api_?key|key|token|access_?token|secret|password|passwd|pwd|sig|signature|auth)"
)
_NAME = 63


@dataclass(frozen=True)
class Pointed:
    """A connection's parts and the options below it; `url` and `root` are empty where there is none."""

    options: dict[str, Any]
    url: str = ""
    root: str = ""
    login: str | None = None
    secret: str | None = field(default=None, repr=False)
    secret_query: str | None = None  # the parameter that carried the secret

    @property
    def name(self) -> str:
        """The name of a connection made of it: the host's, or the folder's."""
        place = urlsplit(self.url).netloc.rpartition("@")[2] or PurePosixPath(self.root).name or "source"
        name = re.sub(r"[^a-z0-9]+", "_", place.lower()).strip("_") or "source"
        return (name if name[0].isalpha() else f"source_{name}")[:_NAME]

    def connection(self, name: str) -> Connection:
        """The connection that opens it."""
        extra: dict[str, Any] = {"path": self.root} if self.root else {}
        if self.secret_query:
            extra["query"] = self.secret_query
        password = SecretStr(self.secret) if self.secret else None
        return Connection(name=name, url=self.url, login=self.login, password=password, extra=extra)

    def below(self, known: Connection) -> dict[str, Any]:
        """The options, their path and folder counted from a connection that is known.

        Raises:
            ValueError: the address is not below that connection's.
        """
        if self.root:
            return {**self.options, **_folder_below(self.root, known)}
        if not self.url:
            return self.options
        typed = f"{self.url}/{self.options.get('path', '')}"
        base = f"{known.url.rstrip('/')}/"
        if not typed.casefold().startswith(base.casefold()) or ("path" not in self.options and typed != base):
            raise ValueError(f"the address is not below that of the connection {known.name}")
        return {**self.options, "path": typed[len(base) :]} if "path" in self.options else self.options


def _folder_below(root: str, known: Connection) -> dict[str, str]:
    base = known.extra.get("path")
    try:
        folder = Path(root).relative_to(str(base)).as_posix() if base else None
    except ValueError:
        folder = None
    if folder is None:
        raise ValueError(f"the file is not below the folder of the connection {known.name}")
    return {} if folder == "." else {"folder": folder}


def web_address(address: str, *, path: bool = True, query: bool = True) -> Pointed:
    """A web address taken apart: the host is the connection's, path and query are the source's.

    What opens the source (a login before the host, a key in the query) goes to the connection, never to the
    options. A kind without the option `path` has the whole address in its connection; one without `query`
    drops what stands behind the `?`.

    Raises:
        ValueError: no address of the web, or one with two secrets.
    """
    parts = urlsplit(address)
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        raise ValueError("is no http or https address; name a connection with --connection")
    host = parts.netloc.rpartition("@")[2]
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    keys = [pair for pair in pairs if _SECRETS.fullmatch(pair[0])]
    if len(keys) + bool(parts.password) > 1:
        raise ValueError("the address holds more than one secret; put them into a connection")
    base = f"{parts.scheme.lower()}://{host}"
    options: dict[str, Any] = {}
    if path:
        options["path"] = parts.path.lstrip("/")
    else:
        base += parts.path.rstrip("/")
    if query and (kept := _query([pair for pair in pairs if pair not in keys])):
        options["query"] = kept
    found = Pointed(options, url=base)
    if parts.username:
        secret = unquote(parts.password) if parts.password else None
        return replace(found, login=unquote(parts.username), secret=secret)
    return replace(found, secret=keys[0][1], secret_query=keys[0][0]) if keys else found


def below_address(address: str, shape: str, *, base: str = "") -> Pointed:
    """An address whose path has the shape (a pattern with named groups): the groups that matched are options.

    What stands before the match is the option named by `base`, or the connection's where that is empty.

    Raises:
        ValueError: it is of another shape.
    """
    whole = web_address(address, query=False)
    found = re.search(shape, whole.options["path"] + _fragment(address))
    if found is None:
        raise ValueError("is not an address of that kind; see docs/connectors.md")
    above = whole.options["path"][: found.start()].strip("/")
    options = {name: unquote(value) for name, value in found.groupdict().items() if value}
    if base:
        return replace(whole, options={**({base: above} if above else {}), **options})
    return replace(whole, options=options, url=f"{whole.url}/{above}".rstrip("/"))


def _fragment(address: str) -> str:
    fragment = urlsplit(address).fragment
    return f"#{fragment}" if fragment else ""


def _query(pairs: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    query: dict[str, str | list[str]] = {}
    for name, value in pairs:
        before = query.get(name)
        query[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]
    return query


def file_address(address: str) -> Pointed:
    """A file: its folder is the connection's, its name the pattern.

    Raises:
        ValueError: there is no such file, or it is a folder.
    """
    path = Path(address).expanduser().absolute()
    if path.is_dir():
        raise ValueError("is a folder; name the one file in it that holds the data")
    if not path.is_file():
        raise ValueError("is no file that can be read")
    pattern = re.sub(r"([*?\[])", r"[\1]", path.name)
    return Pointed({"pattern": pattern}, root=str(path.parent))
