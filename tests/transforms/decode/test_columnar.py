import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.errors import SourceChanged


def parquet(tmp_path: Path, **columns: object) -> Path:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_every_value_arrives_as_text(read, tmp_path):
    paris = dt.timezone(dt.timedelta(hours=2))
    path = parquet(
        tmp_path, entier=[1, None], reel=[0.1, 1e300], texte=["07001", ""], oui=[True, False],
        prix=pa.array([Decimal("1.10"), None]), jour=[dt.date(2024, 2, 29), None],
        heure=pa.array([dt.datetime(2024, 7, 1, 12, tzinfo=paris), None], pa.timestamp("us", "Europe/Paris")),
        octets=[b"\x00\xff", None], liste=[[1, 2], None], objet=[{"x": "é"}, None],
    )  # fmt: skip
    met = read(path, type="parquet")
    assert met.rows == [
        (
            "1",
            "0.1",
            "07001",
            "true",
            "1.10",
            "2024-02-29",
            "2024-07-01 10:00:00+00",
            "00ff",
            "[1,2]",
            '{"x":"é"}',
        ),
        (None, "1e+300", "", "false", None, None, None, None, None, None),
    ]
    assert met.lines == [1, 2]


def test_no_rows_are_no_rows(read, tmp_path):
    met = read(parquet(tmp_path, a=pa.array([], pa.int64())), type="parquet")
    assert (met.columns, met.rows) == (("a",), [])


def test_what_is_no_parquet_is_refused(read, tmp_path):
    with pytest.raises(SourceChanged, match="cannot be read as Parquet"):
        read(b"a;b\n1;2\n", type="parquet")
    cut = parquet(tmp_path, a=list(range(1000))).read_bytes()[:-100]
    with pytest.raises(SourceChanged, match="cannot be read as Parquet"):
        read(cut, type="parquet")


def test_columns_that_differ_by_capitals_are_refused(read, tmp_path):
    with pytest.raises(SourceChanged, match="already in column 1"):
        read(parquet(tmp_path, a=[1], A=[2]), type="parquet")
