"""What an extract of a real file is: whose, under which licence, and how it is cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cut:
    """One extract: its bytes and how many rows it holds."""

    content: bytes
    rows: int


@dataclass(frozen=True)
class Extract:
    """Where an extract comes from, who may use it how, and what makes it.

    Data that was made for the sample says so in `producer`, and in `what` how it was made; its `original` is
    empty and its `make` takes nothing from the folder of files.
    """

    path: str
    original: str
    title: str
    producer: str
    origin: str
    licence: str
    what: str
    make: Callable[[Path], Cut]


def made(path: str, title: str, what: str, make: Callable[[Path], Cut], origin: str) -> Extract:
    """An extract that is none: data made for the sample by the module at `origin`."""
    return Extract(
        path=path, original="", title=title, producer="made for this sample", origin=origin,
        licence="CC0 1.0", what=what, make=make,
    )  # fmt: skip
