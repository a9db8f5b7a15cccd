"""What the probes say of a store whose rights, clock, place or openness is not what it should be."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from storage.probes import Findings, findings_of, overlaps
from storage.store import Store, store_at

Environ = dict[str, Any]

REFUSED = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's pauses between tries are the clock's business."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture
def refuse(s3_server: SimpleNamespace) -> Callable[[Callable[[Environ], bool]], None]:
    """The requests of which this is true are answered 403 from now on."""

    def refused(which: Callable[[Environ], bool]) -> None:
        def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Any:
            if not which(environ):
                return moto(environ, start)
            start("403 Forbidden", [("Content-Length", str(len(REFUSED)))])
            return [REFUSED]

        s3_server.fault = fault

    return refused


def _found(store: Store, public: bool | None = None) -> Findings:
    return findings_of(store, now=datetime.now(UTC), public=public)


def _unsigned(environ: Environ) -> bool:
    return "HTTP_AUTHORIZATION" not in environ


def _lists(environ: Environ) -> bool:
    return "list-type" in environ["QUERY_STRING"]


def test_a_store_that_works_is_silent_and_keeps_no_probe(store: Store) -> None:
    assert _found(store) == Findings()
    assert list(store.keys()) == []


def test_a_store_that_needs_its_lock_is_probed_inside_it(rclone_address: str, tmp_path: Path) -> None:
    assert _found(store_at(rclone_address, "restricted store", str(tmp_path / "locks")), False) == Findings()
    found = _found(store_at(rclone_address, "restricted store"), False)
    assert len(found.faults) == 1
    assert "name a lock in CONCENTRATOR_LOCK" in found.faults[0]


def test_a_lock_that_cannot_be_had_is_a_fault(rclone_address: str) -> None:
    found = _found(store_at(rclone_address, "public store", "postgresql://me:hidden@127.0.0.1:9/none"))
    assert len(found.faults) == 1
    assert "PostgreSQL server did not answer" in found.faults[0]
    assert "hidden" not in found.faults[0]


def test_other_bytes_than_were_written_are_a_fault(s3_address: str, s3_server: SimpleNamespace) -> None:
    def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Any:
        body = b"".join(moto(environ, start))
        return [b"?" if environ["REQUEST_METHOD"] == "GET" and body == b"1" else body]

    s3_server.fault = fault
    found = _found(store_at(s3_address, "public store"))
    assert "gives back other bytes than were written" in found.faults[0]


def test_credentials_that_are_refused_for_everything_are_one_sentence(
    s3_address: str, refuse: Callable[..., None]
) -> None:
    refuse(lambda environ: True)
    found = _found(store_at(s3_address, "public store"), True)
    assert len(found.faults) == 1
    assert "the credentials were refused (AccessDenied)" in found.faults[0]


def test_a_bucket_that_is_missing_is_one_sentence(s3_server: SimpleNamespace) -> None:
    found = _found(store_at(f"s3://town/x?endpoint={s3_server.endpoint}&region=us-east-1", "public store"))
    assert found.faults == (
        "public store (s3://town/x): there is no such bucket. Create it or correct the address.",
    )


def test_a_service_that_does_not_answer_is_one_sentence() -> None:
    found = _found(store_at("s3://city/x?endpoint=http://127.0.0.1:9&region=us-east-1", "public store"), True)
    assert len(found.faults) == 1
    assert "storage unavailable" in found.faults[0]


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        (lambda environ: environ["REQUEST_METHOD"] == "PUT", "can be read but not written"),
        (_lists, "can be written but not listed"),
        (
            lambda environ: (
                environ["REQUEST_METHOD"] in ("GET", "HEAD") and "probes/" in environ["PATH_INFO"]
            ),
            "can be written but not read",
        ),
        (
            lambda environ: environ["REQUEST_METHOD"] == "DELETE",
            "can be written but nothing in it deleted (probes/",
        ),
    ],
    ids=["write", "list", "read", "delete"],
)
def test_credentials_that_are_half_right_are_told_by_what_they_cannot_do(
    s3_address: str, refuse: Callable[..., None], refused: Callable[[Environ], bool], sentence: str
) -> None:
    refuse(refused)
    found = _found(store_at(s3_address, "public store"))
    assert len(found.faults) == 1
    assert sentence in found.faults[0]
    assert "the credentials were refused (" in found.faults[0]


def test_a_clock_for_which_the_service_refuses_us_is_given_with_its_difference(
    s3_address: str, s3_server: SimpleNamespace
) -> None:
    skewed = REFUSED.replace(b"AccessDenied", b"RequestTimeTooSkewed")

    def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Any:
        start("403 Forbidden", [("Content-Length", str(len(skewed)))])
        return [skewed]

    s3_server.fault = fault
    store = store_at(s3_address, "public store")
    found = findings_of(store, now=datetime.now(UTC) + timedelta(minutes=20), public=None)
    assert len(found.faults) == 2
    assert "this machine's clock is too far from the service's" in found.faults[0]
    assert "its clock is 20 min behind this machine's" in found.faults[1]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    found = _found(store_at(str(tmp_path / "store"), "work store"), False)
    assert len(found.faults) == 1
    assert "can be read but not written: writing probes/" in found.faults[0]


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [
        (timedelta(hours=2), "its clock is 120 min behind this machine's"),
        (timedelta(hours=-2), "its clock is 120 min ahead of this machine's"),
    ],
)
def test_a_clock_that_is_off_is_given_with_its_difference(
    store: Store, ahead: timedelta, sentence: str
) -> None:
    found = findings_of(store, now=datetime.now(UTC) + ahead, public=None)
    assert len(found.faults) == 1
    assert sentence in found.faults[0]


def test_a_clock_that_is_a_little_off_is_no_fault(store: Store) -> None:
    assert findings_of(store, now=datetime.now(UTC) + timedelta(minutes=4), public=None) == Findings()


@pytest.fixture
def open_address(s3_server: SimpleNamespace, tmp_path: Path) -> str:
    """A place in a bucket whose policy lets everyone read; moto, as Amazon, then answers unsigned GETs."""
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="open")
    everyone = {
        "Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::open/*",
    }  # fmt: skip
    policy = {"Version": "2012-10-17", "Statement": [everyone]}
    client.put_bucket_policy(Bucket="open", Policy=json.dumps(policy))
    return f"s3://open/{tmp_path.name}?endpoint={s3_server.endpoint}&region=us-east-1"


def _unsigned_list(environ: Environ) -> bool:
    """Which moto never refuses by itself."""
    return _lists(environ) and _unsigned(environ)


def test_a_bucket_closed_to_strangers_is_no_fault_unless_it_is_the_public_one(
    s3_address: str, refuse: Callable[..., None]
) -> None:
    refuse(_unsigned_list)
    assert _found(store_at(s3_address, "restricted store"), False) == Findings()
    found = _found(store_at(s3_address, "public store"), True)
    assert found.faults == ()
    assert len(found.warnings) == 1
    assert "cannot be read without credentials" in found.warnings[0]


def test_a_bucket_that_a_policy_opens_is_a_fault_unless_it_is_the_public_one(
    open_address: str, s3_server: SimpleNamespace, refuse: Callable[..., None]
) -> None:
    refuse(_unsigned_list)
    found = _found(store_at(open_address, "restricted store"), False)
    assert len(found.faults) == 1
    assert "can be read by anyone although it is not the public store" in found.faults[0]
    assert _found(store_at(open_address, "public store"), True) == Findings()
    s3_server.fault = None


def test_a_bucket_is_open_when_its_page_comes_though_a_program_is_refused(
    open_address: str, s3_server: SimpleNamespace, refuse: Callable[..., None]
) -> None:
    refuse(lambda environ: _unsigned(environ) and "Boto" in environ.get("HTTP_USER_AGENT", ""))
    found = _found(store_at(open_address, "restricted store"), False)
    assert ["can be read by anyone" in fault for fault in found.faults] == [True]
    s3_server.fault = None


def test_a_bucket_that_strangers_may_list_is_a_fault(s3_address: str) -> None:
    found = _found(store_at(s3_address, "restricted store"), False)
    assert ["can be listed by anyone" in fault for fault in found.faults] == [True]


@pytest.mark.parametrize("public", [True, False])
def test_a_bucket_that_strangers_may_write_is_a_fault(s3_server: SimpleNamespace, public: bool) -> None:
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    client.create_bucket(Bucket="written", ACL="public-read-write")
    address = f"s3://written?endpoint={s3_server.endpoint}&region=us-east-1"
    found = _found(store_at(address, "some store"), public)
    assert ["written by anyone" in fault for fault in found.faults] == [True]
    assert list(store_at(address, "some store").keys()) == []


def test_a_stranger_whose_answer_is_in_doubt_is_a_fault(s3_address: str, s3_server: SimpleNamespace) -> None:
    def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Any:
        if not _unsigned(environ):
            return moto(environ, start)
        start("503 Slow Down", [("Content-Length", "0")])
        return [b""]

    s3_server.fault = fault
    found = _found(store_at(s3_address, "restricted store"), False)
    assert ["whether strangers may read it could not be seen" in fault for fault in found.faults] == [True]


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that other users of the machine can get to, unlike pytest's own."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "store"


@pytest.mark.parametrize(
    ("umask", "rights"), [(0o022, ["listed and read"]), (0o027, []), (0o000, ["listed and read and written"])]
)
def test_a_folder_is_as_open_as_its_mode_bits(reachable: Path, umask: int, rights: list[str]) -> None:
    before = os.umask(umask)
    try:
        found = _found(store_at(str(reachable), "restricted store"), False)
    finally:
        os.umask(before)
    assert [fault.split("can be ")[1].split(" by ")[0] for fault in found.faults] == rights


def test_a_folder_below_a_closed_one_is_closed(reachable: Path) -> None:
    reachable.parent.chmod(0o700)
    assert _found(store_at(str(reachable), "restricted store"), False) == Findings()


@pytest.mark.parametrize(
    ("one", "other", "sentence"),
    [
        ("var/a", "var/b", None),
        ("var/a", "var/ab", None),
        ("var/a", "./var/x/../a", "other store (./var/x/../a) is the same place as one store (var/a)."),
        ("var/a/in", "var/a", "one store (var/a/in) lies inside other store (var/a)."),
        ("var/a", "link", "other store (link) is the same place as one store (var/a)."),
        ("s3://a/x?region=us-east-1", "s3://a/xy?region=us-east-1", None),
        ("s3://a/x?region=us-east-1", "s3://b/x?region=us-east-1", None),
        ("s3://a/x?region=us-east-1", "s3://a/x?region=us-east-1&endpoint=http://s3.test", None),
        ("s3://a/x?region=us-east-1", "s3://a/x/?region=eu-west-3", "other store (s3://a/x) is the same place"),
        ("s3://a?endpoint=http://s3.test/", "s3://a/x?endpoint=http://S3.test", "lies inside one store (s3://a)."),
        ("s3://a/x?region=us-east-1", "x", None),
    ],
)  # fmt: skip
def test_two_stores_in_one_place_are_told(
    s3_server: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    one: str, other: str, sentence: str | None,
) -> None:  # fmt: skip
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var" / "a").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "var" / "a")
    told = overlaps([store_at(one, "one store"), store_at(other, "other store")])
    assert [sentence in one_told for one_told in told if sentence] == [True] * bool(sentence)
    assert bool(told) == bool(sentence)


def test_each_two_stores_of_three_are_compared(tmp_path: Path) -> None:
    stores = [store_at(str(tmp_path / place), place) for place in ("a", "b", "a/in")]
    assert len(overlaps(stores)) == 1
    assert len(overlaps([stores[0]] * 3)) == 3
