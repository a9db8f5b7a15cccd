"""What anyone may do with an S3 object who has no credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from storage.s3_errors import status_of

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

_SECONDS = 10


def rights_of_anyone(client: S3Client, bucket: str, prefix: str, key: str) -> frozenset[str]:
    """Those of `read`, `listed` and `written` that are granted without a signature.

    The object, which is a probe, is overwritten where that is allowed.

    Raises:
        ClientError: the server failed.
        BotoCoreError: it did not answer.
    """
    anyone = _unsigned(client)
    tries: dict[str, Callable[[], object]] = {
        "read": lambda: anyone.get_object(Bucket=bucket, Key=key)["Body"].close(),
        "listed": lambda: anyone.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1),
        "written": lambda: anyone.put_object(Bucket=bucket, Key=key, Body=b"1"),
    }
    granted = {right for right, use in tries.items() if _granted(use)}
    return frozenset(granted | ({"read"} if _is_a_page(anyone, bucket, key) else set()))


def _unsigned(client: S3Client) -> S3Client:
    return boto3.client(
        "s3", endpoint_url=client.meta.endpoint_url, region_name=client.meta.region_name,
        config=client.meta.config.merge(Config(signature_version=UNSIGNED)),
    )  # fmt: skip


def _granted(use: Callable[[], object]) -> bool:
    try:
        use()
    except ClientError as error:
        if (status_of(error) or 500) >= 500:
            raise
        return False
    return True


def _is_a_page(anyone: S3Client, bucket: str, key: str) -> bool:
    """Whether a plain GET of its address brings it, as it would to a browser."""
    url = anyone.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    session = URLLib3Session(timeout=_SECONDS, proxies=get_environ_proxies(url))
    return session.send(AWSRequest("GET", url).prepare()).status_code == 200
