"""The reads of single S3 objects, with a body that breaks off asked for again from its start."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from storage.s3_errors import BROKEN_OFF, status_of

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

TRIES = 4  # of a request, of a body that breaks off, of a conditional write in doubt

_BLOCK = 1 << 20

Result = TypeVar("Result")


def fetched(
    client: S3Client, bucket: str, key: str, take: Callable[[GetObjectOutputTypeDef], Result],
    tries: int = TRIES,
) -> Result:  # fmt: skip
    """What `take` makes of the answer.

    Raises:
        ClientError: the object is missing, or the server refused.
        BotoCoreError: the body broke off each time.
    """
    answer = client.get_object(Bucket=bucket, Key=key)
    try:
        return take(answer)
    except BROKEN_OFF:
        if tries == 1:
            raise
    return fetched(client, bucket, key, take, tries - 1)


def tagged(client: S3Client, bucket: str, key: str) -> tuple[bytes | None, str | None]:
    """The bytes and the ETag that goes with them, or None twice."""
    try:
        return fetched(client, bucket, key, lambda answer: (answer["Body"].read(), answer["ETag"]))
    except client.exceptions.NoSuchKey:
        return None, None


def size_of(client: S3Client, bucket: str, key: str) -> int | None:
    """The object's bytes, or None when there is none."""
    try:
        return client.head_object(Bucket=bucket, Key=key)["ContentLength"]
    except ClientError as error:
        if status_of(error) == 404:
            return None
        raise


def digest_of(body: StreamingBody) -> str:
    """The hex sha256 of what is still to come."""
    digest = hashlib.sha256()
    for block in body.iter_chunks(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def write(body: StreamingBody, path: Path) -> None:
    """Fill the file with what is still to come."""
    with path.open("wb") as file:
        for block in body.iter_chunks(_BLOCK):
            file.write(block)
