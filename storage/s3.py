"""A store in any S3 service, by boto3; conditional writes are proved before they are trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from contracts.errors import StorageRefused
from storage import layout, s3_upkeep
from storage.lock import Lock
from storage.s3_anyone import rights_of_anyone
from storage.s3_conditions import Conditions
from storage.s3_errors import refusing
from storage.s3_objects import TRIES, Result, digest_of, fetched, size_of, tagged, write

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

_BINARY = "application/octet-stream"


def s3_store(
    bucket: str, prefix: str, name: str, lock: Lock | None = None, *,
    endpoint: str | None = None, region: str | None = None, profile: str | None = None,
) -> S3Store:  # fmt: skip
    """The store below `prefix` of a bucket.

    Raises:
        StorageRefused: boto3 knows no such profile, or the endpoint is no URL.
    """
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        s3={"addressing_style": "path" if endpoint else "auto"},
        # boto3's own CRC trailers are unknown to several S3 servers; sha256() reads back instead
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        client = _session(profile).client("s3", endpoint_url=endpoint, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        remedy = "Correct the address."
        raise StorageRefused(name, "boto3 knows no such profile or endpoint", remedy=remedy) from error
    return S3Store(client, bucket, prefix, name, lock)


@cache
def _session(profile: str | None) -> boto3.Session:
    """One session per profile: each reads 0.3 s of service descriptions."""
    return boto3.Session(profile_name=profile)


class S3Store:
    """Objects below one prefix of one bucket."""

    def __init__(self, client: S3Client, bucket: str, prefix: str, name: str, lock: Lock | None) -> None:
        self._client, self._bucket, self.name = client, bucket, name
        self._prefix = f"{prefix}/" if prefix else ""
        self._conditions = Conditions(client, bucket, self._key, name, lock)

    def put_file(self, key: str, path: Path, media_type: str | None = None) -> None:
        """Keep a local file's bytes, in parts when it is large; a failed upload's parts are aborted."""
        with self._refusing(key), path.open("rb") as file:
            self._client.upload_fileobj(
                file, self._bucket, self._key(key), ExtraArgs={"ContentType": media_type or _BINARY}
            )

    def put_bytes(self, key: str, content: bytes, media_type: str | None = None) -> None:
        """Keep these bytes, replacing what was there."""
        with self._refusing(key):
            self._client.put_object(
                Bucket=self._bucket, Key=self._key(key), Body=content, ContentType=media_type or _BINARY
            )

    def copy(self, source: str, target: str, media_type: str | None = None) -> None:
        """Keep under `target` what `source` holds, without a download."""
        with self._refusing(source):
            self._client.copy(
                {"Bucket": self._bucket, "Key": self._key(source)}, self._bucket, self._key(target),
                ExtraArgs={"ContentType": media_type or _BINARY, "MetadataDirective": "REPLACE"},
            )  # fmt: skip

    def read(self, key: str) -> bytes:
        """The bytes; refused when there are none."""
        return self._fetched(key, lambda answer: answer["Body"].read())

    def read_or_none(self, key: str) -> bytes | None:
        """The bytes, or None when there are none."""
        with self._refusing(key):
            return tagged(self._client, self._bucket, self._key(key))[0]

    def local(self, key: str, scratch: Path) -> Path:
        """A file downloaded below `scratch`, under the key's own name."""
        path = scratch.joinpath(*layout.parts_of(key))
        with self._refusing(key):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._fetched(key, lambda answer: write(answer["Body"], path))
        return path

    def exists(self, key: str) -> bool:
        """Whether something is kept under this key."""
        return self._size(key) is not None

    def size(self, key: str) -> int:
        """Its bytes; refused when missing."""
        size = self._size(key)
        if size is None:
            raise StorageRefused(self.name, f"{key} is missing")
        return size

    def keys(self, prefix: str = "") -> Iterator[str]:
        """The keys that begin with `prefix`, sorted (as S3 lists them: by their UTF-8 bytes)."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with self._refusing(prefix):
            for page in pages:
                for found in page.get("Contents", ()):
                    yield found["Key"].removeprefix(self._prefix)

    def delete(self, key: str) -> None:
        """Forget it; nothing happens when it is missing."""
        with self._refusing(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._key(key))

    def create(self, key: str, content: bytes) -> bool:
        """Whether the key now holds `content`; nothing is ever overwritten."""
        return self.swap(key, content, None)

    def swap(self, key: str, content: bytes, seen: bytes | None) -> bool:
        """Whether the key now holds `content`, replaced only if it held `seen` (None: nothing)."""
        return self._conditions.swap(key, content, seen)

    def sha256(self, key: str) -> str:
        """Hex digest of the bytes as they are downloaded."""
        return self._fetched(key, lambda answer: digest_of(answer["Body"]))

    def now(self) -> datetime:
        """The server's clock, UTC, to the second."""
        with self._refusing("its clock"):
            clock = s3_upkeep.clock_of(self._client, self._bucket)
        if clock is None:
            raise StorageRefused(self.name, "its answers state no time")
        return clock

    def modified(self, key: str) -> datetime:
        """When the key was last written, by the server's clock, UTC, to the second; refused when missing."""
        with self._refusing(key):
            answer = self._client.head_object(Bucket=self._bucket, Key=self._key(key))
        return answer["LastModified"].astimezone(UTC)

    def erase(self, key: str) -> None:
        """Delete it with all its versions and delete markers; nothing happens when it is missing."""
        with self._refusing(key):
            gone = s3_upkeep.erase(self._client, self._bucket, self._key(key))
        if not gone:
            remedy = (
                "Let the credentials list and delete versions (s3:ListBucketVersions, DeleteObjectVersion)."
            )
            raise StorageRefused(
                self.name, f"{key} is deleted, but its older versions are kept", remedy=remedy
            )

    def sweep(self, before: datetime) -> int:
        """How many uploads that never ended, and probes that stayed, from before then were cleared away."""
        with self._refusing("unfinished uploads"):
            aborted = s3_upkeep.abort_uploads(self._client, self._bucket, self._prefix, before)
        left = [key for key in self.keys(layout.PROBES) if self.modified(key) < before]
        for key in left:
            self.erase(key)
        return aborted + len(left)

    def held(self, dataset_id: str) -> AbstractContextManager[None]:
        """Alone on this dataset where the server heeds no conditions; else nothing to wait for."""
        return self._conditions.held(dataset_id)

    @property
    def place(self) -> tuple[str, ...]:
        """Service, bucket and prefix; a bucket's name is its own in all of Amazon's regions."""
        host = urlsplit(self._client.meta.endpoint_url).netloc.lower()
        service = "amazonaws.com" if host.endswith(".amazonaws.com") else host
        return ("s3", service, self._bucket, *self._prefix.split("/")[:-1])

    def rights_of_anyone(self, key: str) -> frozenset[str]:
        """What is granted without credentials: `read`, `listed`, `written`."""
        with self._refusing(key):
            return rights_of_anyone(self._client, self._bucket, self._prefix, self._key(key))

    def _key(self, key: str) -> str:
        return self._prefix + "/".join(layout.parts_of(key))

    def _size(self, key: str) -> int | None:
        with self._refusing(key):
            return size_of(self._client, self._bucket, self._key(key))

    def _fetched(self, key: str, take: Callable[[GetObjectOutputTypeDef], Result]) -> Result:
        with self._refusing(key):
            return fetched(self._client, self._bucket, self._key(key), take)

    def _refusing(self, key: str) -> AbstractContextManager[None]:
        return refusing(self.name, key)
