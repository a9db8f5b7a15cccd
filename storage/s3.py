"""A store in any S3 service, by boto3; conditional writes are proved before they are trusted."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.response import StreamingBody

from contracts.errors import StorageRefused
from storage import layout
from storage.s3_errors import BROKEN_OFF, UNMET, in_doubt, refusal_of, status_of

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

_BINARY, _JSON = "application/octet-stream", "application/json"
_TRIES = 4  # of a request, of a body that breaks off, of a conditional write in doubt
_BLOCK = 1 << 20
_NO_TAG = f'"{"0" * 32}"'  # the ETag of nothing: an MD5 that no content of ours has

Result = TypeVar("Result")


def s3_store(
    bucket: str, prefix: str, name: str, *,
    endpoint: str | None = None, region: str | None = None, profile: str | None = None,
) -> S3Store:  # fmt: skip
    """The store below `prefix` of a bucket.

    Raises:
        StorageRefused: boto3 knows no such profile, or the endpoint is no URL.
    """
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
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
    return S3Store(client, bucket, prefix, name)


@cache
def _session(profile: str | None) -> boto3.Session:
    """One session per profile: each reads 0.3 s of service descriptions."""
    return boto3.Session(profile_name=profile)


class S3Store:
    """Objects below one prefix of one bucket."""

    def __init__(self, client: S3Client, bucket: str, prefix: str, name: str) -> None:
        self._client, self._bucket, self.name = client, bucket, name
        self._prefix = f"{prefix}/" if prefix else ""
        self._proved = False

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
        with self._refusing(key):
            return self._fetched(key, lambda answer: answer["Body"].read())

    def read_or_none(self, key: str) -> bytes | None:
        """The bytes, or None when there are none."""
        return self._tagged(key)[0]

    def local(self, key: str, scratch: Path) -> Path:
        """A file downloaded below `scratch`, under the key's own name."""
        path = scratch.joinpath(*layout.parts_of(key))
        with self._refusing(key):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fetched(key, lambda answer: _write(answer["Body"], path))
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
        self._prove_conditions()
        return self._swapped(key, content, seen, _TRIES)

    def sha256(self, key: str) -> str:
        """Hex digest of the bytes as they are downloaded."""
        with self._refusing(key):
            return self._fetched(key, lambda answer: _digest(answer["Body"]))

    def _key(self, key: str) -> str:
        return self._prefix + "/".join(layout.parts_of(key))

    def _swapped(self, key: str, content: bytes, seen: bytes | None, tries: int) -> bool:
        """After an answer in doubt the next look decides: a refusal may answer our own retry."""
        present, tag = self._tagged(key)
        if present == content or present != seen:
            return present == content
        doubt = self._put_if(key, content, tag)
        if doubt is None:
            return True
        if tries == 1:
            raise refusal_of(doubt, self.name, key) from doubt
        return self._swapped(key, content, seen, tries - 1)

    def _put_if(self, key: str, content: bytes, tag: str | None) -> Exception | None:
        """None when written, if absent (no tag) or tagged so; else what leaves that in doubt."""
        write = partial(
            self._client.put_object,
            Bucket=self._bucket, Key=self._key(key), Body=content, ContentType=_JSON,
        )  # fmt: skip
        with self._refusing(key):
            try:
                write(IfNoneMatch="*") if tag is None else write(IfMatch=tag)
            except (BotoCoreError, ClientError) as error:
                if in_doubt(error):
                    return error
                raise
        return None

    def _prove_conditions(self) -> None:
        """Refuses a server that ignores the conditions (rclone's answers 200, measured)."""
        if self._proved:
            return
        key = f"probes/{secrets.token_hex(8)}"
        self._put_if(key, b"1", None)
        answers = [self._put_if(key, b"2", tag) for tag in (None, _NO_TAG)]
        self.delete(key)
        for answer in answers:
            if answer is None or status_of(answer) == 501:
                met = "the server ignores If-None-Match or If-Match, so two runs could overwrite each other"
                raise StorageRefused(self.name, met, remedy="Use a server with conditional writes.")
            if status_of(answer) not in UNMET:
                raise refusal_of(answer, self.name, key) from answer
        self._proved = True

    def _tagged(self, key: str) -> tuple[bytes | None, str | None]:
        """The bytes and the ETag that goes with them, or None twice."""
        with self._refusing(key):
            try:
                return self._fetched(key, lambda answer: (answer["Body"].read(), answer["ETag"]))
            except self._client.exceptions.NoSuchKey:
                return None, None

    def _size(self, key: str) -> int | None:
        with self._refusing(key):
            try:
                return self._client.head_object(Bucket=self._bucket, Key=self._key(key))["ContentLength"]
            except ClientError as error:
                if status_of(error) == 404:
                    return None
                raise

    def _fetched(
        self, key: str, take: Callable[[GetObjectOutputTypeDef], Result], tries: int = _TRIES
    ) -> Result:
        """What `take` makes of the answer; a body that breaks off is asked for again from its start."""
        answer = self._client.get_object(Bucket=self._bucket, Key=self._key(key))
        try:
            return take(answer)
        except BROKEN_OFF:
            if tries == 1:
                raise
        return self._fetched(key, take, tries - 1)

    @contextmanager
    def _refusing(self, key: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, OSError) as error:
            raise refusal_of(error, self.name, key) from error


def _digest(body: StreamingBody) -> str:
    digest = hashlib.sha256()
    for block in body.iter_chunks(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _write(body: StreamingBody, path: Path) -> None:
    with path.open("wb") as file:
        for block in body.iter_chunks(_BLOCK):
            file.write(block)
