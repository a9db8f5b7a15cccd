"""What an S3 store does when the server is at fault: moto's, with a fault put before it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from contracts.errors import StorageRefused
from storage.store import Store, store_at

Environ = dict[str, Any]
Fault = Callable[[Environ, Callable[..., Any], Callable[..., Any]], Any]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's pauses between tries are the clock's business."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture
def bucket(s3_address: str) -> Store:
    return store_at(s3_address, "public store")


def answering(status: str, code: str, only: Callable[[Environ], bool] = lambda environ: True) -> Fault:
    """An S3 error to the requests that `only` picks; the others reach moto."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()

    def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Iterable[bytes]:
        if not only(environ):
            return moto(environ, start)
        start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]

    return fault


def applied_then(status: str, times: int) -> Fault:
    """The first conditional PUTs are carried out, but their answer is lost on the way."""
    left = [times]

    def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Iterable[bytes]:
        if not left[0] or not {"HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"} & environ.keys():
            return moto(environ, start)
        left[0] -= 1
        list(moto(environ, lambda *answer: None))
        start(status, [("Content-Length", "0")])
        return [b""]

    return fault


def without_conditions(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Any:
    """A server that takes no notice of the conditions, as some do."""
    for header in ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"):
        environ.pop(header, None)
    return moto(environ, start)


def half_a_body(times: int) -> Fault:
    """The first GETs announce the whole body and end in its middle."""
    left = [times]

    def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Iterable[bytes]:
        body = b"".join(moto(environ, start))
        if left[0] and environ["REQUEST_METHOD"] == "GET":
            left[0] -= 1
            return [body[: len(body) // 2]]
        return [body]

    return fault


def test_an_object_has_the_media_type_it_was_given(s3_server: SimpleNamespace, bucket: Store) -> None:
    bucket.put_bytes("a.csv", b"1", "text/csv")
    bucket.copy("a.csv", "b.csv", "text/csv")
    bucket.create("c.json", b"{}")
    bucket.put_bytes("d", b"1")
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    found = client.list_objects_v2(Bucket="city")["Contents"]
    types = {
        entry["Key"].split("/")[-1]: client.head_object(Bucket="city", Key=entry["Key"])["ContentType"]
        for entry in found
    }
    assert types["a.csv"] == types["b.csv"] == "text/csv"
    assert (types["c.json"], types["d"]) == ("application/json", "application/octet-stream")


@pytest.mark.parametrize(("status", "code"), [("503 Slow Down", "SlowDown"), ("500 Error", "InternalError")])
@pytest.mark.parametrize("use", ["put_bytes", "create"])
def test_a_server_that_fails_on_and_on_is_unavailable(
    s3_server: SimpleNamespace, bucket: Store, status: str, code: str, use: str
) -> None:
    s3_server.fault = answering(status, code)
    with pytest.raises(StorageRefused, match=rf"^public store \(s3://city.*storage unavailable \({code}\)"):
        getattr(bucket, use)("a", b"1")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    bucket = store_at("s3://city/x?endpoint=http://127.0.0.1:9&region=us-east-1", "work store")
    with pytest.raises(StorageRefused, match="storage unavailable"):
        bucket.put_bytes("a", b"1")


def test_a_missing_bucket_is_named(s3_server: SimpleNamespace) -> None:
    bucket = store_at(f"s3://town/x?endpoint={s3_server.endpoint}&region=us-east-1", "work store")
    with pytest.raises(StorageRefused, match=r"^work store \(s3://town/x\): there is no such bucket"):
        bucket.put_bytes("a", b"1")


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"])
def test_refused_credentials_are_one_sentence(s3_server: SimpleNamespace, bucket: Store, code: str) -> None:
    s3_server.fault = answering("403 Forbidden", code)
    for use in (lambda: bucket.read("a"), lambda: bucket.exists("a"), lambda: bucket.create("a", b"1")):
        with pytest.raises(StorageRefused, match="the credentials were refused"):
            use()


def test_absent_credentials_are_one_sentence(
    s3_server: SimpleNamespace, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text("[profile bare]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    bucket = store_at(f"s3://city/x?endpoint={s3_server.endpoint}&profile=bare", "work store")
    with pytest.raises(StorageRefused, match="no credentials were found"):
        bucket.put_bytes("a", b"1")


@pytest.mark.parametrize("use", ["create", "swap"])
def test_a_server_that_ignores_conditions_is_refused_before_anything_is_written(
    s3_server: SimpleNamespace, bucket: Store, use: str
) -> None:
    s3_server.fault = without_conditions
    with pytest.raises(StorageRefused, match="the server ignores If-None-Match or If-Match"):
        bucket.create("commits/1", b"1") if use == "create" else bucket.swap("current", b"2", b"1")
    assert list(bucket.keys()) == []


@pytest.mark.parametrize("header", ["HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"])
def test_a_server_that_ignores_one_of_the_two_is_refused_as_well(
    s3_server: SimpleNamespace, bucket: Store, header: str
) -> None:
    def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Any:
        environ.pop(header, None)
        return moto(environ, start)

    s3_server.fault = fault
    with pytest.raises(StorageRefused, match="ignores"):
        bucket.create("commits/1", b"1")


def test_a_server_that_does_not_know_conditions_is_refused(s3_server: SimpleNamespace, bucket: Store) -> None:
    def conditional(environ: Environ) -> bool:
        return bool({"HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH"} & environ.keys())

    s3_server.fault = answering("501 Not Implemented", "NotImplemented", conditional)
    with pytest.raises(StorageRefused, match="ignores"):
        bucket.create("commits/1", b"1")


@pytest.mark.parametrize(
    "status", ["500 Internal Error", "503 Slow Down", "412 Precondition Failed", "409 Conflict"]
)
def test_a_lost_answer_is_looked_up(s3_server: SimpleNamespace, bucket: Store, status: str) -> None:
    bucket.create("probed", b"1")
    s3_server.fault = applied_then(status, 1)
    assert bucket.create("commits/1", b"mine")
    s3_server.fault = applied_then(status, 1)
    assert bucket.swap("commits/1", b"mine too", b"mine")
    assert bucket.read("commits/1") == b"mine too"


def test_a_conflict_that_wrote_nothing_is_tried_again(s3_server: SimpleNamespace, bucket: Store) -> None:
    bucket.create("probed", b"1")
    left = [2]

    def twice(environ: Environ) -> bool:
        left[0] -= "HTTP_IF_NONE_MATCH" in environ
        return "HTTP_IF_NONE_MATCH" in environ and left[0] >= 0

    s3_server.fault = answering("409 Conflict", "ConditionalRequestConflict", twice)
    assert bucket.create("commits/1", b"mine")


def test_a_conflict_without_end_is_refused_and_writes_nothing(
    s3_server: SimpleNamespace, bucket: Store
) -> None:
    bucket.create("probed", b"1")
    s3_server.fault = answering(
        "409 Conflict", "ConditionalRequestConflict", lambda environ: "HTTP_IF_NONE_MATCH" in environ
    )
    with pytest.raises(StorageRefused, match="storage unavailable"):
        bucket.create("commits/1", b"mine")
    assert not bucket.exists("commits/1")


@pytest.mark.parametrize("use", ["read", "read_or_none", "sha256", "local"])
def test_a_download_that_breaks_off_is_taken_again_from_its_start(
    s3_server: SimpleNamespace, bucket: Store, tmp_path: Any, use: str
) -> None:
    bucket.put_bytes("a", b"0123456789")
    whole = {"read": bucket.read("a"), "read_or_none": b"0123456789", "sha256": bucket.sha256("a")}
    s3_server.fault = half_a_body(2)
    if use == "local":
        assert bucket.local("a", tmp_path).read_bytes() == b"0123456789"
    else:
        assert getattr(bucket, use)("a") == whole[use]


def test_a_download_that_always_breaks_off_is_refused(s3_server: SimpleNamespace, bucket: Store) -> None:
    bucket.put_bytes("a", b"0123456789")
    s3_server.fault = half_a_body(1000)
    with pytest.raises(StorageRefused, match="storage unavailable"):
        bucket.read("a")


def test_a_large_upload_that_fails_leaves_no_parts(
    s3_server: SimpleNamespace, bucket: Store, tmp_path: Any
) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(20 << 20))
    s3_server.fault = answering(
        "503 Slow Down", "SlowDown", lambda environ: "partNumber=2" in environ["QUERY_STRING"]
    )
    with pytest.raises(StorageRefused, match="storage unavailable"):
        bucket.put_file("large", path)
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")
    assert not client.list_multipart_uploads(Bucket="city").get("Uploads")
    assert not bucket.exists("large")


@pytest.fixture
def versioned(s3_server: SimpleNamespace, tmp_path: Path) -> Iterator[Store]:
    """A store in a bucket that keeps every version."""
    _client(s3_server).create_bucket(Bucket="versioned")
    _client(s3_server).put_bucket_versioning(
        Bucket="versioned", VersioningConfiguration={"Status": "Enabled"}
    )
    address = f"s3://versioned/{tmp_path.name}?endpoint={s3_server.endpoint}&region=us-east-1"
    yield store_at(address, "public store")
    s3_server.fault = None


def _client(server: SimpleNamespace) -> Any:
    return boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1")


def _versions(server: SimpleNamespace, prefix: str) -> list[str]:
    """The last parts of all that the versioned bucket still keeps below the prefix."""
    page = _client(server).list_object_versions(Bucket="versioned", Prefix=prefix)
    kept = (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
    return sorted(entry["Key"].removeprefix(f"{prefix}/") for entry in kept)


def test_erased_is_every_version_and_nothing_beside_it(
    s3_server: SimpleNamespace, versioned: Store, tmp_path: Path
) -> None:
    for content in (b"1", b"2"):
        versioned.put_bytes("a.csv", content)
        versioned.put_bytes("a.csv.old", content)
    versioned.delete("a.csv")
    assert _versions(s3_server, tmp_path.name) == ["a.csv"] * 3 + ["a.csv.old"] * 2
    deletes = []

    def fault(environ: Environ, start: Callable[..., Any], moto: Callable[..., Any]) -> Any:
        deletes.extend([environ["PATH_INFO"]] * (environ["REQUEST_METHOD"] == "DELETE"))
        return moto(environ, start)

    s3_server.fault = fault
    versioned.erase("a.csv")
    versioned.erase("a.csv")
    assert _versions(s3_server, tmp_path.name) == ["a.csv.old"] * 2
    assert len(deletes) == 3  # none with another key's version, none a second time


def test_a_probe_leaves_no_version(s3_server: SimpleNamespace, versioned: Store, tmp_path: Path) -> None:
    versioned.create("a", b"1")
    assert _versions(s3_server, tmp_path.name) == ["a"]


@pytest.mark.parametrize(
    ("status", "code"), [("403 Forbidden", "AccessDenied"), ("501 Not Implemented", "NotImplemented")]
)
def test_versions_that_may_not_be_seen_are_not_called_erased(
    s3_server: SimpleNamespace, versioned: Store, status: str, code: str
) -> None:
    versioned.put_bytes("a.csv", b"1")
    s3_server.fault = answering(status, code, lambda environ: "versions" in environ["QUERY_STRING"])
    for _ in range(2):
        with pytest.raises(StorageRefused, match=r"a.csv is deleted, but its older versions are kept"):
            versioned.erase("a.csv")
    assert not versioned.exists("a.csv")


def test_erased_is_also_what_a_server_without_versions_keeps(rclone_address: str) -> None:
    bucket = store_at(rclone_address, "public store")
    bucket.put_bytes("a/b", b"1")
    bucket.put_bytes("a/b.csv", b"1")
    bucket.erase("a/b")
    bucket.erase("a/b")
    assert list(bucket.keys()) == ["a/b.csv"]
    assert bucket.sweep(datetime.now(UTC) + timedelta(hours=1)) == 0


@pytest.mark.parametrize("server", ["moto", "rclone"])
def test_a_sweep_gives_up_the_unfinished_uploads_below_the_prefix(
    s3_server: SimpleNamespace, request: pytest.FixtureRequest, tmp_path: Path, server: str
) -> None:
    address = request.getfixturevalue("s3_address" if server == "moto" else "rclone_address")
    endpoint = address.split("endpoint=")[1].split("&")[0]
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    for key in (f"{tmp_path.name}/a/b", f"{tmp_path.name}-of-another/a"):
        client.create_multipart_upload(Bucket="city", Key=key)
    bucket = store_at(address, "public store")
    if server == "rclone":  # moto's uploads all began in 2010
        assert bucket.sweep(bucket.now() - timedelta(hours=1)) == 0
    assert bucket.sweep(datetime.now(UTC) + timedelta(hours=30)) == 1
    left = [upload["Key"] for upload in client.list_multipart_uploads(Bucket="city")["Uploads"]]
    assert f"{tmp_path.name}/a/b" not in left
    assert f"{tmp_path.name}-of-another/a" in left


@pytest.mark.parametrize("refused", [False, True])
def test_the_clock_is_the_servers_even_when_it_refuses_us(
    s3_server: SimpleNamespace, bucket: Store, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    monkeypatch.setattr(
        "werkzeug.serving.WSGIRequestHandler.date_time_string",
        lambda handler, timestamp=None: "Sun, 25 Oct 2026 00:30:00 GMT",
    )
    s3_server.fault = answering("403 Forbidden", "RequestTimeTooSkewed") if refused else None
    assert bucket.now() == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_server_that_fails_has_no_clock(s3_server: SimpleNamespace, bucket: Store) -> None:
    s3_server.fault = answering("503 Slow Down", "SlowDown")
    with pytest.raises(StorageRefused, match="storage unavailable"):
        bucket.now()


def test_a_server_in_doubt_is_not_taken_for_one_without_conditions(
    s3_server: SimpleNamespace, bucket: Store
) -> None:
    s3_server.fault = answering("503 Slow Down", "SlowDown", lambda environ: "HTTP_IF_NONE_MATCH" in environ)
    with pytest.raises(StorageRefused, match="storage unavailable"):
        bucket.create("commits/1", b"1")
    s3_server.fault = None
    assert bucket.create("commits/1", b"1")
    assert list(bucket.keys()) == ["commits/1"]
