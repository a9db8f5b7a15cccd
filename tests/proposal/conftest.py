"""A file of a test looked at as `concentrator new` does, and the contract that comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from contracts.dataset import Dataset
from contracts.field import Field
from contracts.library import dataset_of, vocabulary_at
from contracts.vocabulary import Vocabulary
from proposal.proposing import Proposal, proposal_for
from proposal.writing import Answers, contract_text
from transforms.conform import Conformed, column_findings, conform
from transforms.decode.decoding import decode
from transforms.decode.source import Source
from transforms.engine import engine

ROOT = Path(__file__).parents[2]
PLACE = "theme.name"


@dataclass(frozen=True)
class Made:
    """A proposal, its text, and the contract that the text is."""

    proposal: Proposal
    text: str
    dataset: Dataset
    path: Path
    scratch: Path

    def field(self, name: str) -> Field:
        return self.dataset.fields[name]

    def comments(self, name: str) -> str:
        """What stands above a field, as one line."""
        lines = self.text.split("\n")
        end = next(i for i, line in enumerate(lines) if line.startswith(f"  {name}:"))
        start = end
        while lines[start - 1].startswith("  # "):
            start -= 1
        return " ".join(line[4:] for line in lines[start:end]).replace("\u00a0", " ")

    def run(self) -> Conformed:
        """The contract on its source: what each run makes of it."""
        with engine(self.scratch / "run") as connection:
            decoded = decode(
                connection, self.path, self.path.name, self.dataset.format, table="source",
                scratch=self.scratch / "decoding", place=PLACE,
            )  # fmt: skip
            assert column_findings(self.dataset, decoded.columns) == ()
            kept = self.scratch / "kept.parquet"
            counts = conform(connection, self.dataset, decoded, kept, self.scratch / "rejects.parquet")
            key = ", ".join(f'"{name}"' for name in self.dataset.key)
            different = connection.execute(
                f"SELECT count(*) FROM (SELECT DISTINCT {key} FROM '{kept}')"
            ).fetchone()
        assert different == (counts.rows_kept - self.proposal.twins,)
        return counts


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    return vocabulary_at(ROOT / "config")


@pytest.fixture(scope="module")
def looked_at(vocabulary: Vocabulary) -> Callable[[Path, Path], Proposal]:
    """Looks at a file in a scratch folder; the tests of a module share what was found in the same bytes."""
    known: dict[tuple[str, bytes], Proposal] = {}

    def found(path: Path, scratch: Path) -> Proposal:
        content = path.name, sha256(path.read_bytes()).digest()
        if content not in known:
            known[content] = proposal_for(
                [Source(path, path.name, PLACE, scratch)], vocabulary, "Europe/Paris"
            )
        return known[content]

    return found


@pytest.fixture
def proposed(
    tmp_path: Path, vocabulary: Vocabulary, looked_at: Callable[[Path, Path], Proposal]
) -> Callable[..., Made]:
    """Takes bytes, a text or the path of a file; answers with what `concentrator new` would write."""

    def made(given: bytes | str | Path, name: str = "donnees.csv", *, public: bool = False) -> Made:
        path = given if isinstance(given, Path) else tmp_path / name
        if not isinstance(given, Path):
            path.write_bytes(given.encode() if isinstance(given, str) else given)
        scratch = tmp_path / f"scratch-{len(list(tmp_path.iterdir()))}"
        proposal = looked_at(path, scratch)
        answers = Answers(
            public=public, contact="opendata@example.org", file_name=path.name,
            source={"kind": "http_file", "connection": "portal", "path": path.name},
        )  # fmt: skip
        text = contract_text(proposal, answers, vocabulary, PLACE)
        dataset = dataset_of(text.encode(), ROOT / "config/datasets/theme/name.yml", vocabulary)
        return Made(proposal, text, dataset, path, scratch)

    return made
