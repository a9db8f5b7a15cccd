"""`python -m deploy.buckets`: makes the buckets that are missing; their rights are the S3 server's."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import boto3

STORES = ("work", "restricted", "handover", "public")


def made(client: Any, buckets: Iterable[str]) -> list[str]:
    """The buckets that were missing and exist now; they belong to the client's user."""
    present = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
    missing = [bucket for bucket in buckets if bucket not in present]
    for bucket in missing:
        client.create_bucket(Bucket=bucket)
    return missing


if __name__ == "__main__":
    new = made(boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT"]), STORES)
    print("made:", ", ".join(new) or "nothing, all are there")
