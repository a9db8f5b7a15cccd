"""A folder in an S3 service: what lies directly below a prefix of a bucket."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field as Setting

from connectors.connector import Visit
from connectors.extras import understood, unusable
from connectors.folders.folder import PIECE, Dropped
from contracts.connection import Connection
from contracts.model import Frozen

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client


class Extra(Frozen):
    """What the `extra` of the connection may hold, by Airflow's names."""

    endpoint_url: str | None = Setting(None, description="Of a service that is not Amazon's.")
    region_name: str | None = None


@dataclass(frozen=True)
class S3Folder:
    """A prefix of a bucket, `/` at its end unless it is empty."""

    bucket: str
    prefix: str
    client: S3Client = field(repr=False)

    @property
    def address(self) -> str:
        """`s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def files(self) -> tuple[Dropped, ...]:
        """Its objects by name; those that only mark a folder are none."""
        with _as_os_error():
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix, Delimiter="/"
            )
            found: list[Any] = [one for page in pages for one in page.get("Contents", ())]
        named = [(str(one["Key"]).removeprefix(self.prefix), one) for one in found]
        return tuple(
            Dropped(name, one["LastModified"], one["Size"], one["ETag"])
            for name, one in sorted(named, key=lambda pair: pair[0])
            if name
        )

    @contextmanager
    def reading(self, one: Dropped) -> Iterator[Iterator[bytes]]:
        """The object's bytes, of the version that was seen and no other."""
        with _as_os_error():
            answer = self.client.get_object(
                Bucket=self.bucket, Key=self.prefix + one.written, IfMatch=one.version
            )
            with closing(answer["Body"]) as body:
                yield iter(lambda: body.read(PIECE), b"")


@contextmanager
def opened(connection: Connection, below: str, visit: Visit) -> Iterator[S3Folder]:
    """The folder below the connection's bucket and prefix.

    The login is the access key and the password its secret; without a login boto3 looks for its own (role,
    profile, environment).

    Raises:
        SourceUnavailable: the connection cannot be used as it is written.
    """
    parts, extra = urlsplit(connection.url), understood(connection, Extra, "a connection to a bucket")
    secret = connection.password.get_secret_value() if connection.password else None
    prefix = "/".join(part for part in (parts.path.strip("/"), below.strip("/")) if part)
    config = Config(
        connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4},
        s3={"addressing_style": "path" if extra.endpoint_url else "auto"},
    )  # fmt: skip
    try:
        client = boto3.Session().client(
            "s3", endpoint_url=extra.endpoint_url, region_name=extra.region_name, config=config,
            aws_access_key_id=connection.login, aws_secret_access_key=secret if connection.login else None,
        )  # fmt: skip
    except (BotoCoreError, ValueError):
        failure = unusable(connection, "is no S3 service", "Correct `endpoint_url` and `region_name`.")
    else:
        with closing(client):
            yield S3Folder(parts.netloc, f"{prefix}/" if prefix else "", client)
        return
    raise failure  # outside the handler: botocore's text may show the key


@contextmanager
def _as_os_error() -> Iterator[None]:
    """botocore's errors by their codes alone: their texts may show the access key."""
    try:
        yield
    except ClientError as error:
        reason = str(error.response.get("Error", {}).get("Code", "an error"))
    except BotoCoreError as error:
        reason = type(error).__name__
    else:
        return
    raise OSError(errno.EIO, f"S3: {reason}")
