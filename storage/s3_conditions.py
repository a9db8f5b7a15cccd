"""Which of several writers to an S3 key wins: the server says by its conditions, or else the lock."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from contracts.errors import StorageRefused
from storage import layout
from storage.lock import SETTING, Lock
from storage.s3_errors import UNMET, in_doubt, refusal_of, refusing, status_of
from storage.s3_objects import TRIES, tagged
from storage.s3_upkeep import erase

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import PutObjectOutputTypeDef

_JSON = "application/json"
_NO_TAG = f'"{"0" * 32}"'  # the ETag of nothing: an MD5 that no content of ours has


class Conditions:
    """Creating and swapping below one prefix of one bucket; proved before the first use."""

    def __init__(
        self, client: S3Client, bucket: str, key_of: Callable[[str], str], name: str, lock: Lock | None
    ) -> None:
        self._client, self._bucket, self._key_of, self._name = client, bucket, key_of, name
        self._lock = lock
        self._heeded: bool | None = None

    @contextmanager
    def held(self, dataset_id: str) -> Iterator[None]:
        """Alone on this dataset where the server heeds no conditions; else nothing to wait for."""
        lock = self._lock_needed()
        if lock is None:
            yield
            return
        with lock.held(dataset_id):
            yield

    def swap(self, key: str, content: bytes, seen: bytes | None) -> bool:
        """Whether the key now holds `content`, replaced only if it held `seen` (None: nothing)."""
        lock = self._lock_needed()
        if lock is None:
            return self._swapped(key, content, seen, TRIES)
        return self._swapped_alone(lock, key, content, seen)

    def _swapped(self, key: str, content: bytes, seen: bytes | None, tries: int) -> bool:
        """After an answer in doubt the next look decides: a refusal may answer our own retry."""
        present, tag = self._tagged(key)
        if present == content or present != seen:
            return present == content
        doubt = self._put_if(key, content, tag)
        if doubt is None:
            return True
        if tries == 1:
            raise refusal_of(doubt, self._name, key) from doubt
        return self._swapped(key, content, seen, tries - 1)

    def _swapped_alone(self, lock: Lock, key: str, content: bytes, seen: bytes | None) -> bool:
        """The lock is asked after the look, so that nobody who took it since is overwritten."""
        present, _ = self._tagged(key)
        lock.check()
        if present == content or present != seen:
            return present == content
        with refusing(self._name, key):
            self._write(key, content)()
        return self._tagged(key)[0] == content

    def _lock_needed(self) -> Lock | None:
        """None where the server heeds the conditions, as it must show once (rclone's does not, measured)."""
        if self._heeded is None:
            self._heeded = self._proved()
        if self._heeded:
            return None
        if self._lock is None:
            met = "the server ignores If-None-Match or If-Match, so two runs could overwrite each other"
            remedy = f"Use a server with conditional writes, or name a lock in {SETTING}."
            raise StorageRefused(self._name, met, remedy=remedy)
        return self._lock

    def _proved(self) -> bool:
        """Whether a second create and a swap of something else are both turned down."""
        key = layout.probe(secrets.token_hex(8))
        with refusing(self._name, key):
            try:
                self._write(key, b"1")()
                return all(self._turned_down(key, tag) for tag in (None, _NO_TAG))
            finally:
                erase(self._client, self._bucket, self._key_of(key))

    def _turned_down(self, key: str, tag: str | None) -> bool:
        answer = self._put_if(key, b"2", tag)
        if answer is None or status_of(answer) == 501:
            return False
        if status_of(answer) not in UNMET:
            raise refusal_of(answer, self._name, key) from answer
        return True

    def _put_if(self, key: str, content: bytes, tag: str | None) -> Exception | None:
        """None when written, if absent (no tag) or tagged so; else what leaves that in doubt."""
        with refusing(self._name, key):
            try:
                write = self._write(key, content)
                write(IfNoneMatch="*") if tag is None else write(IfMatch=tag)
            except (BotoCoreError, ClientError) as error:
                if in_doubt(error):
                    return error
                raise
        return None

    def _write(self, key: str, content: bytes) -> partial[PutObjectOutputTypeDef]:
        return partial(
            self._client.put_object,
            Bucket=self._bucket, Key=self._key_of(key), Body=content, ContentType=_JSON,
        )  # fmt: skip

    def _tagged(self, key: str) -> tuple[bytes | None, str | None]:
        with refusing(self._name, key):
            return tagged(self._client, self._bucket, self._key_of(key))
