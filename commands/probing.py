"""The public publisher's environment, looked at from inside: what it can do, and what it must not."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from contracts.errors import StorageRefused
from pipeline.checks import Check, Closed, checks_of_store, closed_checks
from pipeline.house import store_named


def main() -> None:
    """Answers a list of closed stores on standard input with one check a line."""
    for check in _checks([Closed.model_validate(one) for one in json.load(sys.stdin)]):
        print(check.model_dump_json(), flush=True)


def _checks(closed: list[Closed]) -> Iterator[Check]:
    for name in ("handover", "public"):
        try:
            store = store_named(os.environ, name)
        except StorageRefused as error:
            yield Check(about="publisher", state="fault", sentence=str(error))
            continue
        for check in checks_of_store(store, name, datetime.now(UTC), public=None):
            yield check.model_copy(update={"about": "publisher"})
    for one in closed:
        yield from closed_checks(one)


if __name__ == "__main__":
    main()
