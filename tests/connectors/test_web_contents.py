"""What arrives under a status of 200 and is no data."""

import json
from dataclasses import replace

import pytest

from connectors.http_file import HttpFile
from contracts.errors import SourceChanged
from contracts.formats import CsvFormat, GeoJsonFormat, JsonFormat, SheetFormat

CSV, JSON, GEOJSON = CsvFormat(type="csv"), JsonFormat(type="json"), GeoJsonFormat(type="geojson")
XLSX = SheetFormat(type="xlsx")


def answered(site, visit, connect, body, promised=None, media_type="application/octet-stream", **options):
    body = body if isinstance(body, bytes) else body.encode()
    site.says("/a", 200, body, Content_Type=media_type)
    return HttpFile(path="a", **options).fetch(connect(site.url), replace(visit, promised=promised))


PAGES = [
    "<!DOCTYPE html><html><title>Connexion</title>",
    "\ufeff\r\n  <!doctype HTML PUBLIC '-//W3C//DTD'>",
    "<html lang=fr>",
    '<?xml version="1.0"?>\n<!-- portail -->\n<!DOCTYPE html>',
    "<!-- maintenance --><HTML>",
    "<head><meta http-equiv=refresh>",
    "<!DOCTYPE html>é".encode("utf-16"),
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("promised", [CSV, JSON, XLSX, None])
def test_a_web_page_is_never_data_whatever_its_label(site, visit, connect, page, promised):
    with pytest.raises(SourceChanged, match=r"the source sent a web page.*login"):
        answered(site, visit, connect, page, promised, "text/csv")


def test_markup_that_is_labelled_a_page_is_one(site, visit, connect):
    with pytest.raises(SourceChanged, match="web page"):
        answered(site, visit, connect, "<div>Veuillez vous connecter</div>", CSV, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("id;nom\n1;<html>\n", "text/html; charset=UTF-8"),  # PHP's default label on a CSV
        ("<?xml version='1.0'?><gml:FeatureCollection>", "application/xml"),
        ("<htmlish>1</htmlish>", "application/xml"),
        ("nom\n<!DOCTYPE html>\n", "text/csv"),
        (b"PK\x03\x04 <html>", "application/zip"),
    ],
)
def test_data_that_only_resembles_a_page_passes(site, visit, connect, body, media_type):
    assert answered(site, visit, connect, body, CSV, media_type).files


def test_a_page_passes_where_it_is_the_data(site, visit, connect):
    assert answered(site, visit, connect, PAGES[0], allow_html=True).files


ERRORS = [
    ({"error": {"code": 400, "message": "Invalid URL"}}, "Invalid URL"),  # ArcGIS
    ({"help": "https://x", "success": False, "error": {"message": "Not found", "__type": "E"}}, "Not found"),
    ({"error_code": "ODSQLError", "message": "Unknown field: nmo"}, "Unknown field: nmo"),  # Opendatasoft
    ({"type": "about:blank", "title": "Too big", "status": 413, "detail": "Ask for less"}, "Ask for less"),
    ({"errors": [{"message": "first"}, {"message": "second"}]}, "first"),
    ({"errors": ["plain"]}, "plain"),
    ({"message": "Jeu\n de   données"}, "Jeu de données"),
    ({"error": True, "code": 7}, '{"error": true, "code": 7}'),
]


@pytest.mark.parametrize(("document", "message"), ERRORS)
@pytest.mark.parametrize("promised", [CSV, JSON, GEOJSON, None])
def test_an_error_inside_a_200_is_told_in_its_own_words(site, visit, connect, document, message, promised):
    with pytest.raises(SourceChanged) as caught:
        answered(site, visit, connect, json.dumps(document), promised)
    assert f"the source sent an error: « {message} »" in str(caught.value)


def test_any_object_is_an_error_where_csv_was_promised(site, visit, connect):
    with pytest.raises(SourceChanged, match=r"an error: « {.*quota.*promised was csv"):
        answered(site, visit, connect, '{"quota": {"left": 0}}', CSV)


def test_a_long_message_is_cut_at_200_characters(site, visit, connect):
    with pytest.raises(SourceChanged) as caught:
        answered(site, visit, connect, json.dumps({"message": "x" * 5000}), CSV)
    assert "x" * 199 + "…" in caught.value.met
    assert "x" * 200 not in caught.value.met


@pytest.mark.parametrize(
    ("body", "promised"),
    [
        ('{"type": "FeatureCollection", "features": []}', GEOJSON),
        ('{"results": [{"error": "capteur"}], "message": ""}', JSON),
        ('{"message": null, "error": []}', JSON),
        ('{"error": "none", "parkings": [1]}', JSON),
        ('[{"error": "a record about errors"}]', JSON),
        ('{"message": "first line"}\n{"message": "second line"}\n', JsonFormat(type="jsonl")),
        ('{"a";"b"}\n1;2\n', CSV),
        ('{"message": "' + "x" * 70_000 + '"}', JSON),
    ],
)
def test_data_that_speaks_of_errors_passes(site, visit, connect, body, promised):
    assert answered(site, visit, connect, body, promised).files
