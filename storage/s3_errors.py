"""What an S3 service's error means: try again, look again, or refuse with one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ResponseStreamingError,
)

from contracts.errors import StorageRefused

BROKEN_OFF = (HTTPClientError, IncompleteReadError, ResponseStreamingError)  # in the middle of a body
UNMET = (409, 412)  # ConditionalRequestConflict, PreconditionFailed
_LOGIN = frozenset({
    "AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch",
})  # fmt: skip


def status_of(error: Exception) -> int | None:
    """The HTTP status of the answer, or None when there was none."""
    if not isinstance(error, ClientError):
        return None
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")


def in_doubt(error: Exception) -> bool:
    """Whether a conditional write may have happened although it was answered by this error.

    409 and 412 may answer the client's own retry of a try that succeeded; 404 is an If-Match on
    what is gone.
    """
    if isinstance(error, (ConnectionError, *BROKEN_OFF)):
        return True
    status = status_of(error) or 0
    return status in UNMET or status >= 500 or _code_of(error) == "NoSuchKey"


def refusal_of(error: Exception, store: str, key: str) -> StorageRefused:
    """The sentence for a boto3 or local file error."""
    if isinstance(error, OSError) and not isinstance(error, BotoCoreError):
        met = "local disk full" if error.errno == errno.ENOSPC else error.strerror
        return StorageRefused(store, f"{key}: {met}")
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        remedy = "Give boto3 a profile (…?profile=) or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        return StorageRefused(store, "no credentials were found", remedy=remedy)
    code, status = _code_of(error), status_of(error)
    if code == "NoSuchBucket":
        return StorageRefused(store, "there is no such bucket", remedy="Create it or correct the address.")
    if code == "RequestTimeTooSkewed":
        met = "this machine's clock is too far from the service's"
        return StorageRefused(store, met, remedy="Set both by NTP.")
    if code in _LOGIN or status in (401, 403):
        remedy = "They need to list the bucket, and to read, write and delete below the prefix."
        return StorageRefused(store, f"the credentials were refused ({code})", remedy=remedy)
    if status == 404:
        return StorageRefused(store, f"{key} is missing")
    if status is None or status >= 500 or status in UNMET:
        remedy = "Nothing is lost: run again when it answers."
        return StorageRefused(store, f"storage unavailable ({code}) at {key}", remedy=remedy)
    return StorageRefused(store, f"{key}: the service answered {status} {code}")


@contextmanager
def refusing(store: str, key: str) -> Iterator[None]:
    """What goes wrong inside is said in one sentence.

    Raises:
        StorageRefused: boto3 or the local disk failed.
    """
    try:
        yield
    except (BotoCoreError, ClientError, OSError) as error:
        raise refusal_of(error, store, key) from error


def _code_of(error: Exception) -> str:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "")
    return type(error).__name__
