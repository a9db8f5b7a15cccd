"""Loading by increments: what came since is merged into the last release, which is always whole."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from town import Town
from web_habits import Answer, Asked, Server, serving, told

from contracts.connection import connection_from
from contracts.errors import StorageRefused
from contracts.library import dataset_at
from pipeline.clearing import cleared
from pipeline.extract import extract
from pipeline.house import House, house_from
from pipeline.journey import Journey, Trip, travel
from pipeline.publish import publish
from pipeline.publisher import publish_handed, publisher_from
from pipeline.replay import replay
from pipeline.standardize import standardize
from pipeline.validate import validate
from pipeline.withdrawing import Wish, withdrawn
from storage.rollback import rollback

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = {
    "kind": "rest", "connection": "api", "path": "parks", "query": {"from": "{since}"}, "count": "total",
    "paging": {"by": "offset", "size": 2, "size_parameter": "limit"},
}  # fmt: skip
FIELDS = {
    "id": {"public": True, "about": "Identifiant."},
    "nom": {"public": True, "about": "Nom."},
    "places": {"type": "integer", "min": 0, "public": True, "about": "Places."},
    "maj": {"type": "instant", "required": True, "public": True, "about": "Mise à jour."},
}  # fmt: skip
UPSERT = {"mode": "upsert", "by": "maj", "overlap": "1 h"}
APPEND = UPSERT | {"mode": "append"}


def at(hour: float) -> str:
    """So many hours after noon."""
    return (NOON + timedelta(hours=hour)).isoformat().replace("+00:00", "Z")


def park(number: int, hour: float, **others: Any) -> dict[str, Any]:
    return {"id": f"p{number}", "nom": f"Parc {number}", "places": number, "maj": at(hour), **others}


@dataclass
class Source:
    """An API that gives its records from a moment on, page by page, and their number."""

    town: Town
    server: Server
    records: list[dict[str, Any]] = field(default_factory=list)
    hour: float = 10

    def answer(self, asked: Asked) -> Answer:
        found = [one for one in self.records if one["maj"] >= asked.query.get("from", "")]
        start, size = int(asked.query.get("offset", 0)), int(asked.query["limit"])
        return told({"total": len(found), "results": found[start : start + size]})

    @property
    def since(self) -> str | None:
        """From where on it was asked last."""
        return self.server.asked[-1].query.get("from")

    def contract(self, load: dict[str, Any] | None = UPSERT, **changes: Any) -> None:
        """Upsert, for agents alone, which spares each run a hand-over; else as told."""
        given = {
            "source": SOURCE, "format": {"type": "json", "records": "results"}, "fields": FIELDS,
            "load": load, "quality": {"rejected": 0.4, "shrink": 1},
            "audiences": ["restricted"], "hidden_because": "CRPA L311-6",
        }  # fmt: skip
        self.town.contract(**given | changes)

    def house(self) -> House:
        variables = self.town.environment | {
            "AIRFLOW_CONN_API": json.dumps({"conn_type": "http", "host": self.server.url})
        }
        clock = lambda: NOON + timedelta(hours=self.hour)  # noqa: E731
        return house_from(variables, connection=lambda of: connection_from(variables, of), clock=clock)

    def run(self, *records: dict[str, Any], **trip: Any) -> Journey:
        """A run an hour after the last one, once the source has these records too (others of their ids go)."""
        self.hour += 1
        fresh = {one["id"] for one in records}
        self.records = [one for one in self.records if one["id"] not in fresh] + list(records)
        publisher = publisher_from(self.town.environment, clock=lambda: NOON + timedelta(hours=self.hour))
        return travel(
            dataset_at(self.town.folder / "config", "mobility.parks"), self.house(),
            Trip(batch_id=f"run{self.hour:g}", **trip),
            lambda dataset_id, attempt: publish_handed(publisher, dataset_id, attempt),
        )  # fmt: skip

    def rows(self) -> list[str]:
        """`id,places` of the agents' release."""
        lines = self.town.csv("restricted").splitlines()[1:]
        return [",".join(line.split(",")[::2][:2]) for line in lines]

    def record(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.town.folder / "work" / name).read_text())
        return found


@pytest.fixture
def source(town: Town) -> Iterator[Source]:
    with serving(lambda asked: source.answer(asked)) as server:
        source = Source(town, server)
        source.contract()
        yield source


GROWN = "staging/mobility/parks/latest.json"


def test_new_corrected_and_late_records_land_in_a_whole_release(source: Source) -> None:
    source.contract(audiences=["restricted", "public"], hidden_because=None)
    assert source.run(park(1, 0), park(2, 1), park(3, 2)).state == "released"
    assert source.since is None
    late, corrected = park(4, 1.5), park(2, 3, places=20)
    assert source.run(late, corrected, park(5, 4)).state == "released"
    assert source.since == at(1)  # the newest of the release was of 14:00
    assert source.rows() == ["p1,1", "p2,20", "p3,3", "p4,4", "p5,5"]
    assert source.town.csv("public") == source.town.csv("restricted")
    grown = source.record(GROWN)["grown"]
    assert (grown["added"], grown["replaced"], grown["known"]) == (2, 1, 1)
    assert grown["watermark"] == at(4)


def test_nothing_since_is_nothing_new_and_moves_the_clock(source: Source) -> None:
    source.contract(UPSERT | {"overlap": None})
    source.run(park(1, 0), park(2, 1))
    assert source.run().state == "unchanged"  # the last record comes again, and changes nothing
    before = len(list((source.town.folder / "work/landing").rglob("batch.json")))
    assert source.run().state == "nothing_new"
    source.records = []
    assert source.run().state == "nothing_new"  # an increment without a record
    assert len(list((source.town.folder / "work/landing").rglob("batch.json"))) == before
    assert source.rows() == ["p1,1", "p2,2"]
    pointer = json.loads((source.town.folder / "restricted/mobility/parks/current.json").read_text())
    assert pointer["checked_at"].startswith("2026-03-02T02:00")
    assert source.run(park(3, 2)).state == "released"
    assert source.rows() == ["p1,1", "p2,2", "p3,3"]


def test_an_increment_that_was_refused_is_fetched_again_and_is_no_base(source: Source) -> None:
    source.run(park(1, 0), park(2, 1))
    refused = source.run(park(3, 5, places="x"), park(4, 5, places="y"))
    assert (refused.state, refused.stage) == ("refused", "standardize")
    assert source.rows() == ["p1,1", "p2,2"]
    assert source.run(park(3, 5), park(4, 5)).state == "released"
    assert source.since == at(0)
    assert source.rows() == ["p1,1", "p2,2", "p3,3", "p4,4"]


def test_append_takes_doubles_and_refuses_a_record_that_changed(source: Source) -> None:
    source.contract(APPEND)
    source.run(park(1, 0), park(2, 1))
    source.records.append(park(2, 1))  # twice in one increment, and in the release
    assert source.run(park(3, 2)).state == "released"
    assert source.rows() == ["p1,1", "p2,2", "p3,3"]
    refused = source.run(park(3, 2, places=99))
    assert refused.state == "refused"
    assert "1 records have a key that is there already, with another content; first " in refused.sentence
    assert "99" not in refused.sentence
    assert source.rows() == ["p1,1", "p2,2", "p3,3"]


def test_a_live_source_is_asked_for_what_is_now_and_its_past_is_kept_for_as_long_as_it_is_wanted(
    source: Source,
) -> None:
    live = {"mode": "upsert", "by": "maj", "live": True, "keep": "3 h"}
    source.contract(live, key=["id", "maj"])
    source.run(park(1, 0), park(2, -100))  # the second meter fell silent days ago
    source.run(park(1, 1, places=10))
    assert source.since is None
    assert source.rows() == ["p1,1", "p1,10", "p2,2"]
    source.run(park(1, 4, places=40))
    source.run(park(1, 9, places=90))
    # 3 h before the newest of the last release (16:00), and what is still sent, however old
    assert source.rows() == ["p1,10", "p1,40", "p1,90", "p2,2"]
    source.run(park(1, 9.5, places=95))
    assert source.rows() == ["p1,90", "p1,95", "p2,2"]


def test_a_full_resync_is_one_flag_and_takes_away_what_the_source_deleted(source: Source) -> None:
    source.run(park(1, 0), park(2, 1))
    source.records = [park(2, 1)]
    source.run(park(3, 2))
    assert source.rows() == ["p1,1", "p2,2", "p3,3"]  # no increment tells of a deletion
    assert source.run(full=True).state == "released"
    assert source.since is None
    assert source.rows() == ["p2,2", "p3,3"]


def test_it_comes_by_itself_where_the_contract_says_how_often(source: Source) -> None:
    source.contract(UPSERT | {"full_every": "3 h"})
    source.run(park(1, 0))
    dataset = dataset_at(source.town.folder / "config", "mobility.parks")
    asked = []
    for source.hour in (12, 13.9, 14):
        extract(dataset, source.house(), batch_id=f"{source.hour}", force=True)
        asked.append(source.since is None)
    assert asked == [False, False, True]


def test_another_type_asks_for_everything_and_another_title_does_not(source: Source) -> None:
    source.run(park(1, 0), park(2, 1))
    about = {"title": {"fr": "Parkings"}, "description": {"fr": "x"}, "publisher": "Mobilité",
             "frequency": "daily", "contact": "opendata@example.org"}  # fmt: skip
    source.contract(about=about)
    source.run(park(3, 2))
    assert source.since == at(0)
    assert source.rows() == ["p1,1", "p2,2", "p3,3"]
    fields = FIELDS | {"places": {"type": "number", "public": True, "about": "Places."}}
    source.contract(fields=fields, about=about, deprecated={"places": "2026-01-01"})
    assert source.run().state == "released"
    assert source.since is None
    assert source.rows() == ["p1,1.0", "p2,2.0", "p3,3.0"]


def test_an_increment_is_not_merged_into_the_table_of_another_contract(source: Source) -> None:
    source.run(park(1, 0))
    source.run(park(2, 1), last="extract")
    source.contract(fields=FIELDS | {"nom": {"public": True, "max_length": 3, "about": "Nom."}})
    refused = source.run(first="standardize")
    assert refused.state == "refused"
    assert "are others than when the increment was fetched. Run it with `--full`" in refused.sentence


def test_one_record_that_is_dated_in_the_future_does_not_end_the_increments(source: Source) -> None:
    source.run(park(1, 0), park(9, 0, maj="2099-01-01T00:00:00Z"))
    assert source.record(GROWN)["grown"]["watermark"] == at(11)
    source.run(park(2, 11))
    assert source.since == at(10)
    assert source.rows() == ["p1,1", "p2,2", "p9,9"]


def test_a_column_that_no_new_record_has_is_empty_unless_another_came(source: Source) -> None:
    source.run(park(1, 0))
    lacking = park(2, 1)
    del lacking["nom"]
    assert source.run(lacking).state == "released"
    assert "p2,," in source.town.csv("restricted")
    renamed = {"id": "p3", "name": "Parc 3", "places": 3, "maj": at(5)}
    source.records = []
    refused = source.run(renamed)
    assert refused.state == "refused"
    assert 'the source has no column "nom"' in refused.sentence


def aged(source: Source, days: int) -> None:
    """Everything as if it had been written so long ago."""
    moment = time.time() - days * 86_400
    for path in (source.town.folder / "work").rglob("*"):
        os.utime(path, (moment, moment))


def test_the_base_outlives_the_collection_and_the_release_can_be_made_again(source: Source) -> None:
    for number in (1, 2, 3):
        source.run(park(number, number))
    source.run(park(4, 9, places="x"), park(5, 9, places="y"))  # the last that was staged is refused
    releases = sorted(
        path.name for path in (source.town.folder / "restricted/mobility/parks/releases").iterdir()
    )
    aged(source, 60)
    assert cleared(source.house(), "mobility.parks").staged == 2  # the first, and the refused one
    again = replay("mobility.parks", releases[-1], source.house())
    assert again.same
    assert again.raw[-1].endswith("table.parquet")
    with pytest.raises(StorageRefused, match="the table that it was merged into is no longer kept"):
        replay("mobility.parks", releases[-2], source.house())
    source.run(park(4, 9), park(5, 9))
    assert source.since == at(2)
    assert source.rows() == ["p1,1", "p2,2", "p3,3", "p4,4", "p5,5"]


def test_a_base_that_was_tampered_with_is_refused(source: Source) -> None:
    source.run(park(1, 0))
    (table,) = (source.town.folder / "work").rglob("table.parquet")
    table.write_bytes(table.read_bytes() + b"x")
    refused = source.run(park(2, 1))
    assert "is no longer what was staged. Run it with `--full`" in refused.sentence
    table.unlink()
    assert source.run().state == "released"
    assert source.since is None


def test_a_try_that_was_overtaken_commits_nowhere(source: Source) -> None:
    source.run(park(1, 0))
    dataset = dataset_at(source.town.folder / "config", "mobility.parks")
    source.records.append(park(2, 1))
    orphan = extract(dataset, source.house(), batch_id="orphan")
    assert orphan is not None
    source.run(park(3, 2))
    staged = standardize(dataset, source.house(), orphan, attempt="orphan")
    verdict = validate(dataset, source.house(), staged)
    with pytest.raises(StorageRefused):
        publish(dataset, source.house(), staged, verdict, attempt="orphan")
    source.run(park(4, 3))
    assert source.rows() == ["p1,1", "p2,2", "p3,3", "p4,4"]


def test_after_a_withdrawal_nothing_of_it_comes_back_from_the_base(source: Source) -> None:
    source.run(park(1, 0), park(2, 1))
    (release,) = (source.town.folder / "restricted/mobility/parks/releases").iterdir()
    wish = Wish(
        dataset_id="mobility.parks", release_id=release.name, reason="une erreur", audience="restricted",
        leave_nothing=True,
    )  # fmt: skip
    withdrawn(source.house(), wish)
    source.records = [park(2, 1)]
    source.run(park(3, 2))
    assert source.since is None
    assert source.rows() == ["p2,2", "p3,3"]


def test_check_refuses_increments_of_a_kind_that_knows_none(source: Source, run: Any) -> None:
    source.contract(source={"kind": "http_file", "connection": "portal", "path": "parks.json"})
    code, stdout, stderr = run("check")
    assert code == 1
    assert "load.mode: the kind http_file cannot fetch what came since" in stdout + stderr


def test_after_a_rollback_the_next_increment_goes_on_from_what_was_published_last(source: Source) -> None:
    source.run(park(1, 0))
    source.run(park(2, 1))
    oldest = min(path.name for path in (source.town.folder / "restricted/mobility/parks/releases").iterdir())
    store, moment = source.house().restricted, NOON + timedelta(hours=source.hour)
    rollback(store, "mobility.parks", oldest, moment=moment, expires_at=moment, attempt_id="back")
    assert source.rows() == ["p1,1"]
    source.records = []
    assert source.run().state == "nothing_new"  # and what readers see stays
    assert source.rows() == ["p1,1"]
    source.run(park(3, 2))
    assert source.since == at(0)
    assert source.rows() == ["p1,1", "p2,2", "p3,3"]
