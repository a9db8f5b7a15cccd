"""What an option may say of an address: the path below the connection's, and what stands behind the `?`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

Value = str | bool | int | float
Query = dict[str, Value | tuple[Value, ...]]  # a list repeats its name

_SINCE = "{since}"


def _below(path: str) -> str:
    if "://" in path or {".", ".."} & set(path.split("/")):
        raise ValueError("the connection holds the host and the base path; `path` goes below it")
    if re.search(r"[?#]", path):
        raise ValueError("what stands behind `?` goes under `query:`")
    return path


Below = Annotated[str, AfterValidator(_below)]  # a path below the connection's address


def written(query: Query) -> dict[str, list[str]]:
    """Every value as text; YAML's `true` is `true` in an address, not Python's `True`."""
    many = {name: given if isinstance(given, tuple) else (given,) for name, given in query.items()}
    return {
        name: [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
        for name, values in many.items()
    }


def since_put(value: Mapping[str, Any], since: str | None) -> dict[str, Any]:
    """The mapping with `since` in the place of `{since}`; without one, what holds it is left out."""
    return {name: _put(one, since) for name, one in value.items() if since is not None or not _holds(one)}


def _put(value: Any, since: str | None) -> Any:
    if isinstance(value, str):
        return value.replace(_SINCE, since or "")
    if isinstance(value, dict):
        return since_put(value, since)
    if isinstance(value, list | tuple):
        return type(value)(_put(one, since) for one in value if since is not None or not _holds(one))
    return value


def _holds(value: Any) -> bool:
    return isinstance(value, str) and _SINCE in value
