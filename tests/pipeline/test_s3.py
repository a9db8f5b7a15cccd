"""The whole journey with all three stores on an S3 server."""

import hashlib
import json
import os
from types import SimpleNamespace
from typing import Any

import boto3
import pytest


@pytest.fixture
def bucket(
    s3_server: SimpleNamespace, town: Any, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> Any:
    """A client of the bucket in which the town's stores now are, each under a prefix of this test."""
    for store in ("work", "public", "restricted", "handover"):
        address = f"s3://city/{tmp_path.name}/{store}?endpoint={s3_server.endpoint}&region=us-east-1"
        monkeypatch.setenv(f"CONCENTRATOR_{store.upper()}", address)
    client = boto3.client("s3", endpoint_url=s3_server.endpoint, region_name="us-east-1")

    def read(key: str) -> bytes:
        body: bytes = client.get_object(Bucket="city", Key=f"{tmp_path.name}/{key}")["Body"].read()
        return body

    return read


def test_the_releases_are_those_of_a_folder(bucket: Any, town: Any, run: Any) -> None:
    code, stdout, _ = run("run", "mobility.parks", "--json")
    assert code == 0, stdout
    csv = bucket("public/mobility/parks/parks.csv")
    assert csv.decode().split() == ["id,nom,places", "p1,Église,80", "p2,Gare,120"]
    manifest = json.loads(bucket("public/mobility/parks/manifest.json"))
    sums = {file["name"]: file["sha256"] for file in manifest["files"]}
    assert sums["parks.csv"] == hashlib.sha256(csv).hexdigest()
    pointer = json.loads(bucket("public/mobility/parks/current.json"))
    assert pointer["release_id"] == manifest["release_id"]


def test_a_second_run_has_nothing_new(bucket: Any, run: Any) -> None:
    run("run", "mobility.parks")
    _, stdout, _ = run("run", "mobility.parks", "--json")
    assert json.loads(stdout)["state"] == "nothing_new"


def test_nothing_is_left_on_the_local_disk(bucket: Any, town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    assert not (town.folder / "public").exists()
    assert os.listdir(town.folder / "scratch") == []


def test_a_bucket_that_does_not_exist_is_one_sentence(
    bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "CONCENTRATOR_PUBLIC", os.environ["CONCENTRATOR_PUBLIC"].replace("//city/", "//village/")
    )
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "village" in stderr
    assert "Traceback" not in stderr
