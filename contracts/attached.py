"""Files of the city's configuration that a contract names by their path below `config/`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema
from pydantic import Field as Setting

from contracts.model import Frozen

MOST_BYTES = 16 << 20  # a chart of accounts has half a megabyte


class Attached(Frozen):
    """One file: written as its path alone; where it lies and what it holds is known once it was found.

    The digest belongs to the contract's hash, and the place on this machine does not.
    """

    file: str = Setting(min_length=1)
    sha256: str = ""
    path: Path | None = Setting(None, exclude=True)


def _by_name(given: Any) -> Any:
    return {"file": given} if isinstance(given, str) else given


ConfigFile = Annotated[Attached, BeforeValidator(_by_name), WithJsonSchema({"type": "string"})]


def found(config: Path, files: Sequence[Attached]) -> tuple[tuple[Attached, ...], list[tuple[int, str]]]:
    """The files with their digests, and for each that is not to be had its place in the list and why."""
    faults, known = [], []
    for index, one in enumerate(files):
        path = config / one.file
        try:
            if not path.resolve().is_relative_to(config.resolve()):
                raise ValueError("lies outside of the configuration's folder")
            if path.stat().st_size > MOST_BYTES:
                raise ValueError(f"is larger than {MOST_BYTES >> 20} MB")
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            known.append(one.model_copy(update={"sha256": digest, "path": path}))
        except OSError as error:
            faults.append((index, f"{one.file!r} cannot be read ({error.strerror})"))
        except ValueError as error:
            faults.append((index, f"{one.file!r} {error}"))
    return tuple(known), faults
