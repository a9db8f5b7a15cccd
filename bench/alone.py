"""One peer in a process of its own: `python -m bench.alone <module> <small.csv> <big.csv> <folder>`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from time import monotonic

import psutil


def main() -> None:
    """Prints the answer as JSON, with the seconds of the imports and of the work.

    The small file goes first: what is loaded at the first use, the publisher's process with it, counts as
    imports and not as work.
    """
    module, small, source, folder = sys.argv[1], *map(Path, sys.argv[2:])
    begun = monotonic()
    with import_module(f"bench.{module}").opened(folder) as work:
        work(small)
        ready, cpu, base = monotonic(), _cpu_seconds(), psutil.Process().memory_info().rss
        answer = work(source)
        told = {
            **asdict(answer), "seconds": monotonic() - ready, "cpu_seconds": _cpu_seconds() - cpu,
            "imports": ready - begun, "base_rss": base / (1 << 20),
        }  # fmt: skip
    print(json.dumps(told))


def _cpu_seconds() -> float:
    """User and system time of this process and of those that it started."""
    me = psutil.Process()
    return sum(sum(one.cpu_times()[:2]) for one in (me, *me.children(recursive=True)))


if __name__ == "__main__":
    main()
