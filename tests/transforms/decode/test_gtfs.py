"""Tables out of a GTFS zip, from small feeds and from two that others published."""

import io
import zipfile

import pytest
from gtfs_feeds import FILES, feed
from pydantic import ValidationError

from contracts.errors import SourceChanged
from contracts.formats import GtfsFormat
from transforms.decode import packing


@pytest.fixture
def table(read):
    def reading(content, table, **form):
        return read(content, "gtfs.zip", type="gtfs", table=table, **form)

    return reading


@pytest.mark.parametrize("folder", ["", "reseau/", "export\\2026\\"])
def test_a_table_is_found_in_the_root_or_in_a_folder(table, folder):
    stops = table(feed(folder, also={"__MACOSX/stops.txt": "x"}), "stops")
    assert stops.columns == ("stop_id", "stop_name", "stop_lat", "stop_lon")
    assert stops.rows == [("S1", "Mairie, place", "48.8241050", "2.2730415"), ("S2", "Gare", "48.82", "2.26")]
    assert stops.lines == [2, 3]


def test_times_after_midnight_stay_text(table):
    times = table(feed(), "stop_times")
    assert [row[1:3] for row in times.rows] == [("23:59:00", "24:00:00"), ("25:35:00", "25:35:00")]


def test_names_in_capitals_and_another_encoding_are_read(table):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name.upper(), text.lstrip("\ufeff").encode("cp1252"))
    assert table(body.getvalue(), "agency", encoding="cp1252").rows[0][1] == "Régie"


@pytest.mark.parametrize(
    ("content", "name", "met"),
    [
        (feed(), "stop", r"has no table 'stop'; it has agency, .*promised was stop.txt.*stops"),
        (feed(shapes=None), "shapes", "has no shapes.txt"),
        (feed(trips=None), "stops", "holds no trips.txt"),
        (feed("a/", also={"b/routes.txt": ""}), "stops", "holds feeds in 'a' and 'b'"),
        (b"stop_id\nS1\n", "stops", "is no whole zip file"),
        (feed()[:400], "stops", "is no whole zip file"),
        (feed(stops="stop_id,stop_name\nS1,\"open\n"), "stops", r"gtfs.zip/stops.txt has on line 2 a quote that never closes"),
        (feed(stops="stop_id,stop_id\nS1,S1\n"), "stops", r"gtfs.zip/stops.txt names .*stop_id"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(table, content, name, met):
    with pytest.raises(SourceChanged, match=met):
        table(content, name)


def test_a_row_that_is_too_long_is_ragged(table):
    stops = table(feed(stops="stop_id,stop_name\nS1,a\nS2,b,c\n"), "stops")
    assert (stops.rows, stops.ragged) == ([("S1", "a")], 1)


def test_a_bomb_is_refused(table, monkeypatch):
    monkeypatch.setattr(packing, "SMALL", 1000)
    with pytest.raises(SourceChanged, match="unpacks from"):
        table(feed(stops="stop_id\n" + "0" * 1_000_000), "stops")


def test_a_feed_is_its_own_archive():
    with pytest.raises(ValidationError, match="a feed is a zip"):
        GtfsFormat(type="gtfs", table="stops", archive="zip")


def test_real_feeds_give_their_known_rows(table, shared_data):
    cairns = shared_data / "07-mobility/gtfs_cairns.zip"
    counted = {name: len(table(cairns, name).rows) for name in ("stops", "routes", "trips", "stop_times")}
    assert counted == {"stops": 416, "routes": 22, "trips": 1339, "stop_times": 37790}
    sample = shared_data / "07-mobility/gtfs_google_sample.zip"
    assert len(table(sample, "stops").rows) == 9
