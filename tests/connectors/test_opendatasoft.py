"""An Opendatasoft portal, well and with each bad habit: right rows or one clear sentence."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from ods_portal import ending, portal, quota
from pydantic import ValidationError
from web_habits import (
    Answer,
    busy,
    cut,
    down,
    failing,
    forgetting,
    nth,
    saying,
    serving,
    trickling,
    turned,
)

from connectors.opendatasoft import Opendatasoft
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat, GeoJsonFormat, JsonFormat, ParquetFormat, SheetFormat
from transforms.decode.decoding import decode

DATA = Path(__file__).parents[3] / "shared" / "data"
REAL, STATIONS = (
    DATA / "02-parking/ods_basel_parkhaeuser.json",
    DATA / "07-mobility/idfm_emplacement_gares_idf.csv",
)
PARKS = [
    {
        "id": f"P{number}", "nom": f'Parc « {number} »;\n"Nord"', "commune": "92040" if number < 5 else "92012",
        "usages": ["auto", "vélo"] if number % 2 else [], "places": None if number == 3 else number * 10,
        "maj": f"2026-03-{number:02}T10:00:00+00:00", "geo_point_2d": {"lon": 2.27, "lat": 48.82 + number / 100},
        "geo_shape": {"type": "Polygon", "coordinates": [[[2, 48], [2, 49], [3, 49], [2, 48]]]},
    }
    for number in range(1, 8)
]  # fmt: skip
CSV = CsvFormat(type="csv", delimiter=";")
JSON = JsonFormat(type="json")
FORMS = {
    "csv": CSV, "json": JSON, "jsonl": JsonFormat(type="jsonl"), "geojson": GeoJsonFormat(type="geojson"),
    "parquet": ParquetFormat(type="parquet"),
}  # fmt: skip
ISSY = 'commune = "92040"'


@pytest.fixture
def fetch(connect, visit):
    """Fetches from a portal: what the visit brought, held to what was announced, and the asked addresses."""

    def fetched(handler, promised=CSV, since=None, **options):
        with serving(handler) as server:
            kind = Opendatasoft.model_validate({"dataset": "parcs", **options})
            found = kind.fetch(connect(server.url), replace(visit, promised=promised, since=since))
            found.require_whole(visit.place)
            return found, server.asked

    return fetched


def table(found, promised, tmp_path):
    """The decoded rows, a dict of texts for each."""
    with duckdb.connect() as connection:
        file = found.files[0]
        decoded = decode(connection, file.path, file.name, promised, table="t", scratch=tmp_path, place="a.b")
        assert decoded.read('CREATE TABLE kept AS SELECT * FROM "t"').ragged == 0
        return connection.sql("SELECT * FROM kept").to_arrow_table().to_pylist()


@pytest.mark.parametrize("form", FORMS)
def test_a_dataset_is_exported_whole_in_each_form(fetch, form, tmp_path):
    found, asked = fetch(portal(PARKS), FORMS[form])
    assert (found.rows, found.expected, len(found.files)) == (7, 7, 1)
    assert found.files[0].name == f"parcs.{form}"
    assert found.proof.startswith("total_count: 7 records before and after; Content-Length: all")
    assert [one.path.rpartition("/parcs/")[2] for one in asked] == ["records", f"exports/{form}", "records"]
    assert {one.query["limit"] for one in asked} == {"1", "-1"}
    rows = table(found, FORMS[form], tmp_path)
    assert [row["id"] for row in rows] == [f"P{number}" for number in range(1, 8)]
    assert rows[0]["nom"] == 'Parc « 1 »;\n"Nord"'


def test_what_the_defaults_would_decide_is_pinned(fetch):
    _, asked = fetch(portal(PARKS))
    assert asked[1].query == {
        "limit": "-1", "timezone": "UTC", "lang": "fr", "delimiter": ";", "list_separator": ",",
        "quote_all": "false", "with_bom": "false", "use_labels": "false",
    }  # fmt: skip
    _, asked = fetch(portal(PARKS), GeoJsonFormat(type="geojson"))
    assert asked[1].query["epsg"] == "4326"
    assert "offset" not in {name for one in asked for name in one.query}


def test_points_shapes_and_lists_are_columns_by_the_form(fetch, tmp_path):
    def first(form):
        return table(fetch(portal(PARKS), FORMS[form], list_separator="|")[0], FORMS[form], tmp_path)[0]

    shape = '{"type": "Polygon", "coordinates": [[[2, 48], [2, 49], [3, 49], [2, 48]]]}'
    comma, plain, featured = first("csv"), first("json"), first("geojson")
    assert (comma["geo_point_2d"], comma["geo_shape"], comma["usages"]) == ("48.83, 2.27", shape, "auto|vélo")
    assert (plain["geo_point_2d.lat"], plain["geo_point_2d.lon"], plain["usages"]) == (
        "48.83", "2.27", '["auto","vélo"]',
    )  # fmt: skip
    assert featured["geometry"] == shape.replace(" ", "")
    assert (featured["geo_point_2d.lat"], featured["usages"]) == ("48.83", '["auto","vélo"]')


def test_where_takes_the_citys_part_and_counts_that_part(fetch):
    parks = portal(PARKS, filters={ISSY: lambda one: one["commune"] == "92040"})
    found, asked = fetch(parks, JSON, where=ISSY, select="id, nom", order_by="id")
    assert (found.rows, found.expected) == (4, 4)
    assert [one.query["where"] for one in asked] == [ISSY] * 3
    assert (asked[1].query["select"], asked[1].query["order_by"]) == ("id, nom", "id")


@pytest.mark.parametrize(
    ("since", "literal"),
    [("2026-03-06T00:00:00+00:00", "date'2026-03-06T00:00:00+00:00'"), ("6", "6")],
)
def test_an_increment_asks_from_its_watermark_on_and_for_what_has_none(fetch, since, literal):
    where = f"({ISSY}) and (maj >= {literal} or maj is null)"
    parks = portal(PARKS, filters={where: lambda one: one["id"] in ("P6", "P7")})
    found, _ = fetch(parks, JSON, since=since, where=ISSY, watermark="maj")
    assert (found.rows, found.expected) == (2, 2)
    alone = {f"(maj >= {literal} or maj is null)": lambda one: one["id"] == "P7"}
    assert fetch(portal(PARKS, filters=alone), JSON, since=since, watermark="maj")[0].rows == 1
    assert fetch(portal(PARKS), JSON, watermark="maj")[0].rows == 7


@pytest.mark.parametrize("form", ["csv", "json", "geojson"])
def test_a_dataset_without_records_is_empty_and_not_missing(fetch, form):
    found, _ = fetch(portal([]), FORMS[form])
    assert (found.rows, found.expected) == (0, 0)


def test_more_than_the_ten_thousand_of_records_come_by_the_export(fetch):
    many = [{"id": number} for number in range(12_345)]
    found, _ = fetch(portal(many), JSON)
    assert (found.rows, found.expected) == (12_345, 12_345)


@pytest.mark.skipif(not REAL.exists(), reason="shared/data is not here")
def test_a_real_export_has_its_known_rows(fetch, tmp_path):
    found, _ = fetch(portal(json.loads(REAL.read_bytes())), JSON)
    assert found.rows == 17
    assert table(found, JSON, tmp_path)[0]["geo_point_2d.lat"] == "47.5651794"


@pytest.mark.skipif(not STATIONS.exists(), reason="shared/data is not here")
def test_a_real_csv_export_with_its_shapes_has_its_known_rows(fetch, tmp_path):
    real = portal([{}] * 1173, spoiled=saying(Answer(STATIONS.read_bytes())))
    found, _ = fetch(real)
    assert (found.rows, found.expected) == (1173, 1173)
    stations = {row["nom"] for row in table(found, CSV, tmp_path)}
    assert {"Mairie d'Issy", "Issy", "Issy-Val-de-Seine"} <= stations


# Bad habits that pass: the rows are right


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("habit", [cut(), busy("1"), down("2"), trickling(piece=90, pause=0.001)])
def test_what_may_pass_is_waited_for(fetch, number, habit):
    assert fetch(nth(number, habit, portal(PARKS)))[0].rows == 7


def test_a_quota_is_waited_for_until_the_time_that_its_body_tells(fetch, naps, visit):
    soon = (visit.clock() + timedelta(seconds=90)).isoformat()
    assert fetch(nth(2, quota(soon), portal(PARKS)))[0].rows == 7
    assert naps[0] == pytest.approx(90, abs=1)


# Bad habits that are told


def test_a_quota_of_tomorrow_is_left_to_the_scheduler(fetch, naps):
    with pytest.raises(SourceUnavailable, match=r"answers 429.*come back in 720 minutes"):
        fetch(nth(2, quota("2026-03-11T00:00:00Z"), portal(PARKS)))
    assert naps == []


ERROR = '{"error_code": "ExportError", "message": "Search context was lost"}'
HALF = {
    "csv": lambda body: body[: body.index(b"P5;")],
    "json": lambda body: body[: body.index(b'{"id": "P5"')],
    "jsonl": lambda body: body[: body.index(b'{"id": "P5"')],
    "geojson": lambda body: body[: body.rindex(b'{"type": "Feature", "geometry"')],
    "parquet": lambda body: body[: len(body) // 2],
}


@pytest.mark.parametrize("form", FORMS)
def test_an_error_inside_a_started_export_is_told_in_its_words(fetch, form):
    words = "not a whole Parquet file" if form == "parquet" else "« Search context was lost »"
    with pytest.raises(SourceIncomplete, match=rf"parcs\.{form} .*{words}.*a whole export"):
        fetch(portal(PARKS, spoiled=ending(ERROR, HALF[form])), FORMS[form])


@pytest.mark.parametrize("form", FORMS)
def test_an_export_that_ends_early_although_its_body_is_whole_is_told(fetch, form):
    with pytest.raises(
        SourceIncomplete, match=r"whole (export|Parquet)|4 records were received; promised was 7"
    ):
        fetch(portal(PARKS, spoiled=ending("", HALF[form])), FORMS[form])


def test_an_error_that_takes_a_records_place_in_a_sound_list_is_told(fetch):
    with pytest.raises(SourceIncomplete, match="ends in an error and says « Search context was lost »"):
        fetch(
            portal(PARKS, spoiled=ending(f"{ERROR}]", lambda body: body[: body.index(b'{"id": "P7"')])), JSON
        )


def test_plain_words_behind_the_last_row_of_a_csv_are_told(fetch):
    habit = ending("Internal Server Error", lambda body: body[: body.index(b"P7;")])
    with pytest.raises(SourceIncomplete, match="has 1 cells in record 7, 8 in its header"):
        fetch(portal(PARKS, spoiled=habit))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("by", [-1, 1])
def test_a_count_that_disagrees_is_told_with_both_numbers(fetch, form, by):
    with pytest.raises(SourceIncomplete, match=f"7 records were received; promised was {7 + by}"):
        fetch(portal(PARKS, miscounted=by), FORMS[form])


def test_a_dataset_that_changes_during_its_export_is_asked_again_later(fetch):
    with pytest.raises(SourceUnavailable, match="changed while it was exported: 7 records before, 6 after"):
        fetch(turned(2, portal(PARKS), portal(PARKS[1:])))


def test_a_limit_that_the_export_sets_by_itself_is_missed_by_the_count(fetch):
    def lessened(handler):
        return lambda asked: handler(replace(asked, query={**asked.query, "limit": "5"}))

    with pytest.raises(SourceIncomplete, match="5 records were received; promised was 7"):
        fetch(portal(PARKS, spoiled=lessened))


def test_a_where_that_a_proxy_drops_from_the_count_is_told(fetch):
    parks = portal(PARKS, filters={ISSY: lambda one: one["commune"] == "92040"})
    with pytest.raises(SourceIncomplete, match="7 records were received; promised was 4"):
        fetch(nth(2, forgetting("where"), parks), JSON, where=ISSY)


@pytest.mark.parametrize(
    ("options", "met"),
    [
        ({"where": "commune = 92040"}, r"answers 400.*« ODSQL query is malformed.*Correct `where:`"),
        ({"dataset": "velos"}, r"answers 404.*« Unknown dataset: velos ».*under Informations"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(fetch, options, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(portal(PARKS), **options)


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_dataset_is_told(fetch, status):
    closed = saying(Answer(json.dumps({"message": "Closed"}).encode(), status))
    with pytest.raises(SourceChanged, match=rf"answers {status}.*« Closed ».*API key"):
        fetch(nth(1, closed, portal(PARKS)))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_error_under_a_200_is_told(fetch, number):
    with pytest.raises(SourceChanged, match="Timeout of the domain"):
        fetch(nth(number, failing({"error": "Timeout of the domain"}), portal(PARKS)))


@pytest.mark.parametrize(
    "promised",
    [
        CsvFormat(type="csv", delimiter="#"), CsvFormat(type="csv", encoding="cp1252"),
        CsvFormat(type="csv", delimiter=";", archive="gz"), CsvFormat(type="csv", delimiter=";", quote=""),
        JsonFormat(type="json", records="results"), SheetFormat(type="xlsx"),
    ],
)  # fmt: skip
def test_a_format_that_is_no_exports_is_refused(fetch, promised):
    with pytest.raises(SourceChanged, match="Opendatasoft exports csv, geojson, json, jsonl and parquet"):
        fetch(portal(PARKS), promised)


def test_the_key_of_a_closed_portal_is_shown_and_kept_nowhere(connect, visit):
    with serving(portal(PARKS)) as server:
        connection = connect(server.url, password="s3cret-key", query="apikey")
        found = Opendatasoft(dataset="parcs").fetch(connection, replace(visit, promised=CSV))
    assert {one.query["apikey"] for one in server.asked} == {"s3cret-key"}
    assert "s3cret-key" not in found.model_dump_json()


@pytest.mark.parametrize(
    "options",
    [{"dataset": "a/b"}, {"dataset": ""}, {"where": ""}, {"watermark": "maj)"}, {"timezone": "UTC&limit=1"}],
)
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises(ValidationError):
        Opendatasoft.model_validate({"dataset": "parcs", **options})
