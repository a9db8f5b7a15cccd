"""What each stage took is kept on the restricted side, and told by the log and by `status`."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from town import SOUND, Town

from contracts.connection import connection_from
from contracts.library import dataset_at
from pipeline.extract import extract
from pipeline.house import house_from
from storage.folder import FolderStore
from storage.publishing import sequence_of

WORKS = ["extract", "standardize", "validate", "publish_restricted", "hand_over", "publish_public"]


def provenance(town: Town) -> list[list[dict[str, Any]]]:
    """The costs in each provenance record, the restricted release's first."""
    records = [json.loads(path.read_text()) for path in (town.folder / "restricted").rglob("*.json")]
    kept = {record["audience"]: record["costs"] for record in records if "costs" in record}
    return [kept["restricted"], kept["public"]]


def test_every_stage_tells_rows_bytes_seconds_and_memory(
    town: Town, run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "pipeline.cost"):
        assert run("run", "mobility.parks")[0] == 0
    told = json.loads(run("status", "--json")[1])
    assert [cost["work"] for cost in told["costs"]] == WORKS
    assert [cost["rows"] for cost in told["costs"]] == [None, 2, 2, 2, 2, 2]
    assert told["costs"][0]["bytes"] == len(SOUND.encode())
    assert all(cost["seconds"] >= 0 and cost["peak_mib"] > 50 for cost in told["costs"])
    assert [line.split(" took ")[0] for line in caplog.messages if " took " in line] == [
        f"mobility.parks: {work}" for work in WORKS
    ]


def test_provenance_has_the_costs_up_to_the_release_and_the_public_side_has_none(
    town: Town, run: Any
) -> None:
    run("run", "mobility.parks")
    restricted, public = provenance(town)
    assert [cost["work"] for cost in restricted] == WORKS[:4]
    assert [cost["work"] for cost in public] == [*WORKS[:3], "hand_over"]
    assert not any(b"peak_mib" in content for content in town.published("public").values())


def test_a_stage_that_refuses_leaves_the_cost_of_the_last_good_one(town: Town, run: Any) -> None:
    run("run", "mobility.parks")
    kept = town.folder / "work/costs/mobility/parks/validate.json"
    before = kept.read_text()
    town.source(SOUND.replace("p2", "p1"))
    assert run("run", "mobility.parks")[0] == 1
    assert kept.read_text() == before


def test_status_tells_the_slowest_stages(town: Town, run: Any) -> None:
    run("run", "mobility.parks")
    kept = town.folder / "work/costs/mobility/parks/standardize.json"
    cost = {"work": "standardize", "seconds": 75.25, "peak_mib": 1234, "rows": 10_000_000, "bytes": 3 << 20}
    kept.write_text(json.dumps(cost))
    stdout = run("status")[1]
    assert "mobility.parks standardize: 10,000,000 rows, 3.0 MiB, 75.2 s, peak 1,234 MiB" in stdout


class Slow(BaseHTTPRequestHandler):
    """Answers only after another run has published."""

    asked, go_on = threading.Event(), threading.Event()

    def do_GET(self) -> None:
        self.asked.set()
        self.go_on.wait(60)
        self.send_response(200)
        self.send_header("Content-Type", "text/csv")
        self.end_headers()
        self.wfile.write(SOUND.encode())

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def test_a_run_is_fenced_by_the_heads_of_when_its_extraction_began(town: Town, run: Any) -> None:
    server = HTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    slow = {**town.environment, "AIRFLOW_CONN_PORTAL": json.dumps(
        {"conn_type": "http", "host": f"http://127.0.0.1:{server.server_port}"})}  # fmt: skip
    house = house_from(slow, connection=lambda of: connection_from(slow, of))
    dataset = dataset_at(Path(slow["CONCENTRATOR_CONFIG"]), "mobility.parks")
    landed: list[Any] = []
    orphan = threading.Thread(
        target=lambda: landed.append(extract(dataset, house, batch_id="slow", force=True))
    )
    orphan.start()
    assert Slow.asked.wait(60)
    assert run("run", "mobility.parks")[0] == 0
    Slow.go_on.set()
    orphan.join(60)
    server.shutdown()
    assert landed[0].heads == {"restricted": 0, "public": 0}
    assert sequence_of(FolderStore(town.folder / "public", "public store"), "mobility.parks") == 1
