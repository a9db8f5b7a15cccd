"""What an S3 store does when the server is at fault: moto's, with a fault put before it."""

from collections.abc import Callable, Iterable
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
