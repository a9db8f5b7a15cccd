from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import TypeAdapter

from contracts.formats import Format
from transforms.decode.decoding import decode


class Reading:
    """What a decode left in the database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...], ragged: int) -> None:
        self.columns, self.ragged = columns, ragged
        self.rows = connection.execute("SELECT * FROM laid ORDER BY rowid").fetchall()
        self.lines = [
            line
            for (line,) in connection.execute(
                "SELECT change.line + o - change.first FROM (SELECT rowid AS o FROM laid) "
                "ASOF JOIN t_lines AS change ON o >= change.first ORDER BY o"
            ).fetchall()
        ]
        self.misfits = connection.execute("SELECT line, reason, text FROM t_ragged").fetchall()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "work.duckdb")) as opened:
        yield opened


@pytest.fixture
def read(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Callable[..., Reading]:
    """read(bytes or path, **format) → Reading; CSV with `;` unless told otherwise."""

    def reading(
        given: bytes | Path, name: str = "villes.csv", reshape: str | None = None, **form: Any
    ) -> Reading:
        form = {"type": "csv", **form}
        if form["type"] == "csv":
            form.setdefault("delimiter", ";")
        path = given
        if isinstance(given, bytes):
            path = tmp_path / "as_received"
            path.write_bytes(given)
        for kind in ("view", "table"):  # of the test's file before
            if connection.execute(f"SELECT 1 FROM duckdb_{kind}s() WHERE {kind}_name = 't'").fetchone():
                connection.execute(f"DROP {kind} t")
        decoded = decode(
            connection, path, name, TypeAdapter(Format).validate_python(form),
            table="t", scratch=tmp_path / "scratch", place="ville.test", reshape=reshape,
        )  # fmt: skip
        rows, ragged = decoded.read("CREATE OR REPLACE TABLE laid AS FROM t")
        answer = Reading(connection, decoded.columns, ragged)
        assert (rows, ragged) == (len(answer.rows), len(answer.misfits))
        assert len(answer.lines) == rows
        return answer

    return reading
