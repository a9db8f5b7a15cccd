"""One big dataset: the journey and its peers on the same file, one after the other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contract import contract_of
from bench.inputs import Truth, written
from bench.peers import PEERS, Peer
from bench.running import BenchFailed, cost_of

_SMALL = 200  # rows of the file that goes first, so that loading is not counted as work


@dataclass(frozen=True)
class Run:
    """What one peer took for a file: seconds after its imports; memory in MiB, `base_rss` before the work."""

    peer: str
    rows: int
    seconds: float
    cpu_seconds: float
    imports: float
    base_rss: float
    peak_rss: float
    peak_sum: float
    stages: dict[str, float]

    @property
    def work(self) -> float:
        """Seconds without the extraction, which no peer has."""
        return self.seconds - self.stages.get("extract", 0)


def runs_of(
    rows: int, peers: Sequence[str], seed: int, folder: Path, told: Callable[[str], None],
    most: int | None = None,
) -> Iterator[Run]:  # fmt: skip
    """Each peer's run on a file of so many rows; what it writes is gone afterwards.

    The journey may hold `most` MiB of data in each of its processes; the peers have no limit.

    Raises:
        BenchFailed: a peer ended with an error, or its counts are not the truth.
    """
    told(f"{rows:,} rows: writing the file")
    small, big = folder / "small.csv", folder / "big.csv"
    for source in (small, big):
        source.with_suffix(".yml").write_text(contract_of(), "utf-8")
    written(small, _SMALL, seed)
    truth = written(big, rows, seed)
    for peer in (PEERS[name] for name in peers):
        if rows <= peer.most_rows:
            told(f"{rows:,} rows: {peer.name}")
            yield _run(peer, truth, small, big, folder, most if peer.name == "journey" else None)
    big.unlink()


def _run(peer: Peer, truth: Truth, small: Path, big: Path, folder: Path, most: int | None) -> Run:
    out = folder / peer.name
    out.mkdir()
    cost = cost_of(["bench.alone", peer.module, str(small), str(big), str(out)], peer.name, most=most)
    shutil.rmtree(out)
    told = json.loads(cost.told)
    _require_right(peer, truth, told["counts"])
    facts = {name: told[name] for name in ("seconds", "cpu_seconds", "imports", "base_rss", "stages")}
    return Run(peer.name, truth.rows, peak_rss=cost.peak_rss, peak_sum=cost.peak_sum, **facts)


def _require_right(peer: Peer, truth: Truth, counts: dict[str, int]) -> None:
    expected = peer.expected(truth)
    wrong = [name for name in expected.keys() | counts.keys() if counts.get(name) != expected.get(name)]
    if wrong:
        name = min(wrong)
        met = f"tells {counts.get(name)} for {name!r}"
        raise BenchFailed(peer.name, met, promised=str(expected.get(name)), remedy="Its figures are void.")
