"""What an S3 bucket keeps besides its objects: old versions, unfinished uploads, and a clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from storage.s3_errors import status_of
from storage.s3_objects import size_of

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

_CANNOT_TELL = (403, 405, 501)  # no right to list versions, MethodNotAllowed, NotImplemented (rclone)


def clock_of(client: S3Client, bucket: str) -> datetime | None:
    """The `Date` of an answer, UTC, to the second; of a refusal too, for which our clock may be the reason.

    Raises:
        ClientError: the server failed.
    """
    try:
        headers = client.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]
    except ClientError as error:
        if (status_of(error) or 500) >= 500:
            raise
        headers = error.response["ResponseMetadata"]["HTTPHeaders"]
    return parsedate_to_datetime(headers["date"]).replace(tzinfo=UTC) if "date" in headers else None


def erase(client: S3Client, bucket: str, key: str) -> bool:
    """Whether nothing of the key is left, not even an older version.

    Raises:
        ClientError: the server refused to delete.
    """
    versions = _versions(client, bucket, key)
    for version in versions or ():
        client.delete_object(Bucket=bucket, Key=key, VersionId=version)
    if versions is not None and size_of(client, bucket, key) is None:
        return True
    answer = client.delete_object(Bucket=bucket, Key=key)
    return not (answer.get("DeleteMarker") or answer.get("VersionId"))


def abort_uploads(client: S3Client, bucket: str, prefix: str, before: datetime) -> int:
    """How many uploads below the prefix that began before then, and never ended, were given up."""
    found = [(key, upload) for key, upload, began in _uploads(client, bucket, prefix) if began < before]
    for key, upload in found:
        client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    return len(found)


def _versions(client: S3Client, bucket: str, key: str) -> list[str] | None:
    """The ids of the key's versions and delete markers, or None when the server does not tell."""
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    try:
        return [
            entry["VersionId"]
            for page in pages
            for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
            if entry["Key"] == key
        ]
    except ClientError as error:
        if status_of(error) in _CANNOT_TELL:
            return None
        raise


def _uploads(client: S3Client, bucket: str, prefix: str) -> Iterator[tuple[str, str, datetime]]:
    """Key, upload id and beginning of each upload below the prefix that has not ended."""
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
    try:
        for page in pages:
            for entry in page.get("Uploads", ()):
                yield entry["Key"], entry["UploadId"], entry["Initiated"]
    except ClientError as error:
        if status_of(error) not in (404, 405, 501):  # rclone answers 404 when there is none (measured)
            raise
