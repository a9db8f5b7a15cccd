"""The usual task: pandas reads the CSV, Great Expectations looks at the frame, pandas writes it twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd

from bench.answers import Answer, Work
from bench.contract import HIDDEN, contract_of, dataset_in
from expectations.suite import suite_of

_NUMBERS = ("montant_ht", "taux", "lat", "lon", "passages")


@contextmanager
def opened(folder: Path) -> Iterator[Work]:
    """Turns a CSV into four files below `folder`, and judges it by the contract's expectations."""
    promises = suite_of(
        dataset_in(folder, "usual", contract_of()), previous_rows=None, moment=datetime.now(UTC)
    )
    yield partial(_converted, folder, [_for_python(promise.expectation) for promise in promises])


def _for_python(expectation: Any) -> Any:
    r"""The expectation as pandas can judge it: the end of a text is `\Z` in Python, `\z` in RE2."""
    regex = getattr(expectation, "regex", None)
    return expectation.copy(update={"regex": regex.replace(r"\z", r"\Z")}) if regex else expectation


def _converted(folder: Path, expectations: list[Any], source: Path) -> Answer:
    frame = _read(source)
    evaluated = _judged(frame, expectations)
    frame = frame.dropna(subset=["id"]).sort_values("id")
    for name, part in ((source.stem, frame), (f"{source.stem}-public", frame.drop(columns=list(HIDDEN)))):
        part.to_parquet(folder / f"{name}.parquet", index=False)
        part.to_csv(folder / f"{name}.csv", index=False)
    return Answer({"rows": len(frame), "expectations": evaluated})


def _read(source: Path) -> pd.DataFrame:
    """Columns of text made numbers and times; a cell that is none is empty.

    Times stay without a zone, as the other peers have them: with one, `to_csv` takes 17 times as long
    (measured).
    """
    frame = pd.read_csv(source, sep=";", dtype=str, on_bad_lines="skip")
    for name in _NUMBERS:
        frame[name] = pd.to_numeric(frame[name].str.replace(",", "."), errors="coerce")
    frame["releve_le"] = pd.to_datetime(frame["releve_le"], format="%Y-%m-%d %H:%M:%S", errors="coerce")
    return frame


def _judged(frame: pd.DataFrame, expectations: list[Any]) -> int:
    """How many expectations Great Expectations could judge."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas(name="pandas").add_dataframe_asset(name="frame")
    batch = asset.add_batch_definition_whole_dataframe("frame").get_batch({"dataframe": frame})
    suite = gx.ExpectationSuite(name="usual", expectations=expectations)
    results = batch.validate(suite, result_format="BASIC").results
    return sum(not one.exception_info.get("raised_exception", True) for one in results)
