"""GBFS 2.x and 3.0 from a server that speaks them, well and with each bad habit."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from web_habits import Answer, cut, down, edited, failing, first, nth, routed, serving, told, trickling

from connectors.gbfs import Gbfs
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat, GbfsFormat

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
STATIONS = GbfsFormat(type="gbfs", feed="stations")
VEHICLES = GbfsFormat(type="gbfs", feed="vehicles")


def file(version, data, updated=NOON, ttl=60):
    stamp = updated.isoformat() if version >= "3" else int(updated.timestamp())
    return told({"last_updated": stamp, "ttl": ttl, "version": version, "data": data})


INFORMATION = [{"station_id": "a", "name": "Mairie"}, {"station_id": "b", "name": "Gare"}]
STATUS = [{"station_id": "a", "num_bikes_available": 3}, {"station_id": "b", "num_bikes_available": 0}]


def system(version="2.3", languages=("fr", "en"), information=INFORMATION, status=STATUS, **stamp):
    """A system of two stations; its feeds lie below /<language>/ before 3.0."""

    def discovery(asked):
        def feeds(folder):
            names = ["station_information", "station_status", "vehicle_types"]
            names += ["vehicle_status"] if version >= "3" else ["free_bike_status"]
            return {"feeds": [{"name": name, "url": f"{folder}{name}"} for name in names]}

        if version >= "3":
            return file(version, feeds("x/"))
        return file(version, {language: feeds(f"{language}/") for language in languages})

    return routed(
        **{"gbfs.json": discovery},
        station_information=lambda _: file(version, {"stations": information}, ttl=3600),
        station_status=lambda _: file(version, {"stations": status}, **stamp),
        free_bike_status=lambda _: file(version, {"bikes": [{"bike_id": "1"}]}),
        vehicle_status=lambda _: file(version, {"vehicles": [{"vehicle_id": "1"}]}),
        vehicle_types=lambda _: file(version, {"vehicle_types": [{"vehicle_type_id": "t"}]}),
    )


@pytest.fixture
def fetch(connect, visit):
    def fetched(handler, promised=STATIONS, known=(), clock=visit.clock, **options):
        with serving(handler) as server:
            told_to = replace(visit, promised=promised, known=known, clock=clock)
            found = Gbfs.model_validate(options).fetch(connect(server.url), told_to)
            found.require_whole(visit.place)
            return found, server.urls

    return fetched


@pytest.mark.parametrize("version", ["1.0", "2.3", "3.0"])
def test_stations_are_two_files_and_what_names_them(fetch, version):
    found, asked = fetch(system(version))
    folder = "/x" if version >= "3" else "/fr"
    assert asked == ["/gbfs.json", f"{folder}/station_information", f"{folder}/station_status"]
    assert [one.name for one in found.files] == [
        "gbfs.json",
        "station_information.json",
        "station_status.json",
    ]
    assert found.rows == 2
    assert "2 in station_information, 2 in station_status, 2 in both" in found.proof
    assert found.warnings == ()


@pytest.mark.parametrize(("version", "name"), [("2.3", "free_bike_status"), ("3.0", "vehicle_status")])
def test_vehicles_come_with_their_types(fetch, version, name):
    found, _ = fetch(system(version), VEHICLES)
    assert [one.name for one in found.files] == ["gbfs.json", f"{name}.json", "vehicle_types.json"]
    assert found.rows == 1


@pytest.mark.parametrize(
    ("offered", "wanted", "taken"),
    [
        (("en", "fr"), "fr", "fr"),
        (("en", "de"), "fr", "en"),
        (("en", "fr-CA"), "fr", "fr-CA"),
        (("en", "FR"), "fr", "FR"),
    ],
)
def test_the_language_is_the_wanted_one_else_the_first(fetch, offered, wanted, taken):
    _, asked = fetch(system(languages=offered), GbfsFormat(type="gbfs", feed="stations", language=wanted))
    assert asked[1].split("/")[1] == taken


def test_a_station_that_only_one_file_knows_is_counted(fetch):
    found, _ = fetch(system(status=[STATUS[0], {"station_id": "c"}]))
    assert found.rows == 3
    assert "1 in both" in found.proof


def test_a_record_that_comes_twice_alike_counts_once(fetch):
    assert fetch(system(status=[*STATUS, STATUS[0]]))[0].rows == 2


def test_an_empty_list_says_that_there_are_none(fetch):
    found, _ = fetch(system(information=[], status=[]))
    assert (found.rows, found.expected) == (0, 0)


# ttl


def landed(found):
    return tuple(file.landed(f"raw/{file.name}") for file in found.files)


def at(moment):
    return lambda: moment


@pytest.fixture
def twice(connect, visit):
    """Fetches, and fetches again after so many seconds with another promise: whether it was unchanged."""

    def fetched(after, handler=None, promised=STATIONS, **options):
        with serving(handler or system()) as server:
            gbfs, connection = Gbfs.model_validate(options), connect(server.url)
            found = gbfs.fetch(connection, replace(visit, promised=STATIONS, clock=at(NOON)))
            later = replace(
                visit, promised=promised, known=landed(found), clock=at(NOON + timedelta(seconds=after))
            )
            again = gbfs.fetch(connection, later)
            return again.unchanged, len(server.asked)

    return fetched


def test_before_the_ttl_ended_nothing_is_asked(twice):
    assert twice(59) == (True, 3)


def test_after_it_ended_the_files_are_fetched_again(twice):
    assert twice(60) == (False, 6)


def test_another_language_or_feed_is_another_question(twice):
    assert twice(30, promised=GbfsFormat(type="gbfs", feed="stations", language="en")) == (False, 6)
    assert twice(30, promised=VEHICLES) == (False, 6)


@pytest.mark.parametrize("ttl", [0, -5, 10**9, "60", None])
def test_a_ttl_that_means_nothing_is_none(twice, ttl):
    assert twice(1, system(ttl=ttl)) == (False, 6)


def test_a_ttl_counts_from_when_the_file_was_updated(twice):
    assert twice(15, system(updated=NOON - timedelta(seconds=50))) == (False, 6)
    assert twice(5, system(updated=NOON - timedelta(seconds=50))) == (True, 3)


# Bad habits


def test_an_update_in_the_future_is_said(fetch):
    found, _ = fetch(system(updated=NOON + timedelta(hours=2)))
    assert found.warnings == (
        "station_status says that it was updated at 2026-03-10 14:00 UTC, which is to come",
    )


def test_a_live_file_that_is_old_is_said(fetch):
    found, _ = fetch(system(updated=NOON - timedelta(hours=30)))
    assert found.warnings == ("station_status was updated 30 h ago; promised was at most 24 h",)
    assert fetch(system(updated=NOON - timedelta(hours=30)), max_age=48)[0].warnings == ()


@pytest.mark.parametrize("stamp", [1_773_144_000_000_000, "yesterday", None, True, "2026-03-10T12:00:00"])
def test_an_update_that_is_no_time_is_told(fetch, stamp):
    odd = edited(lambda document: document.update(last_updated=stamp))
    with pytest.raises(SourceChanged, match=r"says `last_updated: .*promised was seconds since 1970"):
        fetch(nth(3, odd, system()))


def test_a_feed_that_is_not_offered_is_told_with_those_that_are(fetch):
    with pytest.raises(
        SourceChanged, match=r"offers free_bike_status, station_information.*promised was system_alerts"
    ):
        fetch(system(), GbfsFormat(type="gbfs", feed="alerts"))


@pytest.mark.parametrize(
    "document",
    [{"data": {}}, {"data": {"fr": {"feeds": []}}}, {"data": []}, [], {"data": {"feeds": [{"name": 1}]}}],
)
def test_a_discovery_file_that_names_nothing_is_told(fetch, document):
    with pytest.raises(SourceChanged, match=r"gbfs.json names no feeds"):
        fetch(lambda _: told(document))


@pytest.mark.parametrize(
    ("data", "met"),
    [
        ({"bikes": []}, r"station_status has no list at `data.stations`"),
        ({"stations": {}}, r"station_status has no list at `data.stations`"),
        ({"stations": [{"id": "a"}]}, r"station_status has no 'station_id' in record 1"),
        ({"stations": ["a"]}, r"station_status has no 'station_id' in record 1"),
        (
            {"stations": [STATUS[0], {**STATUS[0], "num_bikes_available": 9}]},
            r"two records that differ.*record 2",
        ),
    ],
)
def test_a_file_that_is_no_feed_is_told(fetch, data, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(nth(3, edited(lambda document: document.update(data=data)), system()))


def test_a_link_to_another_host_is_followed_without_the_secret(connect, visit):
    with serving(system()) as other:

        def elsewhere(asked):
            answer = system()(asked)
            return replace(answer, body=answer.body.replace(b'"fr/', f'"{other.url}/fr/'.encode()))

        with serving(elsewhere) as server:
            told_to = replace(visit, promised=STATIONS)
            Gbfs().fetch(connect(server.url, "me", "hush"), told_to)
        assert "authorization" in server.asked[0].headers
        assert len(other.asked) == 2
        assert not any("authorization" in one.headers for one in other.asked)


def test_a_link_that_leads_nowhere_is_refused(fetch):
    lead = edited(lambda document: document["data"]["fr"]["feeds"][0].update(url="ftp://example.org/x"))
    with pytest.raises(SourceChanged, match="links to something that is not a web address"):
        fetch(nth(1, lead, system()))


def test_a_cut_file_is_fetched_again_and_one_that_stays_cut_is_refused(fetch):
    assert fetch(nth(3, cut(), system()))[0].rows == 2
    with pytest.raises(SourceIncomplete):
        fetch(cut()(system()))


def test_a_source_that_is_down_is_waited_for(fetch, naps):
    assert fetch(first(1, down("7"), system()))[0].rows == 2
    assert naps == [7.5]
    with pytest.raises(SourceUnavailable, match="503"):
        fetch(down()(system()))


def test_a_trickle_is_read_to_its_end(fetch):
    assert fetch(nth(3, trickling(piece=60, pause=0.01), system()))[0].rows == 2


def test_an_error_inside_a_200_is_told_in_its_words(fetch):
    with pytest.raises(SourceChanged, match="« Unable to complete operation. »"):
        fetch(nth(2, failing(), system()))
    with pytest.raises(SourceChanged, match="web page"):
        fetch(lambda _: Answer(b"<html>Login</html>", headers={"Content-Type": "text/html"}))


def test_another_format_is_refused_and_options_that_mean_nothing(fetch):
    with pytest.raises(SourceChanged, match="fetches the files of one feed; promised was csv"):
        fetch(system(), CsvFormat(type="csv"))
    with pytest.raises(ValidationError, match="feed"):
        Gbfs.model_validate({"feed": "stations"})
    with pytest.raises(ValidationError, match="stops"):
        GbfsFormat.model_validate({"type": "gbfs", "feed": "stops"})


def test_files_are_as_they_were_sent(fetch):
    found, _ = fetch(system())
    assert json.loads(found.files[1].path.read_bytes())["data"]["stations"] == INFORMATION
