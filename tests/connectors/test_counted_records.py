"""What a visit brought is held to what the source says there is."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.connector import Fetched, FetchedFile
from contracts.errors import SourceIncomplete


def page(name: str) -> FetchedFile:
    return FetchedFile(
        path=Path(name), name=name, origin=f"https://example.org/{name}", bytes=2,
        sha256=hashlib.sha256(b"[]").hexdigest(), fetched_at=datetime(2026, 3, 10, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), [(3, 3), (3, None), (None, None), (0, 0)])
def test_as_many_as_expected_or_nothing_to_compare_passes(rows, expected):
    Fetched(files=(page("a"),), rows=rows, expected=expected, proof="count").require_whole(
        "mobility.parkings"
    )


@pytest.mark.parametrize(("rows", "expected"), [(2, 3), (4, 3), (0, 1)])
def test_another_number_than_expected_is_incomplete_and_both_are_told(rows, expected):
    fetched = Fetched(files=(page("a"),), rows=rows, expected=expected, proof="count")
    with pytest.raises(SourceIncomplete, match=rf"{rows} records were received; promised was {expected},"):
        fetched.require_whole("mobility.parkings")


def test_what_is_expected_but_not_counted_is_a_fault_of_the_connector():
    with pytest.raises(ValidationError, match="against what was counted"):
        Fetched(files=(page("a"),), expected=3, proof="count")


def test_two_files_of_one_name_would_overwrite_each_other():
    with pytest.raises(ValidationError, match="the same name"):
        Fetched(files=(page("a"), page("a")), proof="unknown")
