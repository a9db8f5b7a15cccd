"""Texts from outside as YAML: the one place where a value is quoted and a comment is made harmless."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.confirming import TO_CONFIRM

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*")
# YAML 1.1 makes these of another type; our reader does not, but editors and other readers do.
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"])
# What YAML may hold as it is (1.2, 5.1), without the line ends NEL, LS and PS and without the BOM.
_UNPRINTABLE = re.compile(
    r"[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_WIDTH = 110


def scalar(value: Any) -> str:
    """A text, a number, true, false or none as YAML that our reader gives back equal."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return str(value)
    return _UNPRINTABLE.sub(_escaped, json.dumps(value, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def flow(value: Any) -> str:
    """A value, a list or a mapping on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    return scalar(value)


def _key(key: str) -> str:
    return key if key in ("true", "false") else scalar(key)  # the words of a boolean


def block(key: str, value: Any, indent: int = 0) -> Iterator[str]:
    """The lines of `key: value`: on one line where it is short, one entry a line where it is not."""
    margin = " " * indent
    line = f"{margin}{_key(key)}: {flow(value)}"
    if len(line) <= _WIDTH or not isinstance(value, (Mapping, list, tuple)) or not value:
        yield line
    elif isinstance(value, Mapping):
        yield f"{margin}{_key(key)}:"
        for name, one in value.items():
            yield from block(name, one, indent + 2)
    else:
        yield f"{margin}{_key(key)}:"
        yield from (f"{margin}  - {flow(one)}" for one in value)


def comments(sentences: Iterable[str], indent: int = 0) -> Iterator[str]:
    """Each sentence as comment lines, without what would end a comment or break the file."""
    margin = " " * indent + "# "
    for sentence in sentences:
        clean = _UNPRINTABLE.sub(" ", sentence)
        # Never broken over two lines: `concentrator check` looks for it.
        clean = clean.replace(TO_CONFIRM, TO_CONFIRM.replace(" ", "\u00a0"))
        yield from textwrap.wrap(
            clean, _WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
        )
