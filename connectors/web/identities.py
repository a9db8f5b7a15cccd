"""Whether a record came twice on different pages: then another one may have slipped between two of them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from contracts.errors import SourceIncomplete

_REMEDY = "Try again; if it stays so, the source does not keep its records in order while it is read."


class Identities:
    """The identifiers of all pages, eight bytes each: a million take 8 MB.

    Two of a million share a digest by chance once in 37 million visits (birthday bound of 64 bits).
    """

    def __init__(self) -> None:
        self._pages: list[bytes] = []

    def take(self, identifiers: Iterable[object]) -> None:
        """Those of one page; a record without one (null) is passed over."""
        self._pages.append(b"".join(_digest(one) for one in identifiers if one is not None))

    def require_distinct(self, place: str) -> None:
        """Nothing, where no identifier came twice.

        Raises:
            SourceIncomplete: one did.
        """
        every = np.frombuffer(b"".join(self._pages), np.uint64)
        twice = len(every) - len(np.unique(every))
        if twice:
            met = f"{twice} of {len(every)} records came twice, so that as many may be missing"
            raise SourceIncomplete(place, met, promised="each record once", remedy=_REMEDY)

    def require_exactly(self, identifiers: Iterable[object], place: str) -> None:
        """Nothing, where these and no others came, each once.

        Raises:
            SourceIncomplete: one is missing, or is another.
        """
        self.require_distinct(place)
        wanted = np.frombuffer(b"".join(map(_digest, identifiers)), np.uint64)
        came = np.frombuffer(b"".join(self._pages), np.uint64)
        missing, others = (len(np.setdiff1d(one, two)) for one, two in ((wanted, came), (came, wanted)))
        if missing or others:
            met = f"{missing} of {len(wanted)} announced records did not come, and {others} others did"
            raise SourceIncomplete(place, met, promised="the announced ones", remedy=_REMEDY)


def _digest(identifier: object) -> bytes:
    return blake2b(repr(identifier).encode(), digest_size=8).digest()
