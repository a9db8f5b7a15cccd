"""A file behind an address: asked politely, kept as sent, asked again only if it changed."""

import gzip
import hashlib
from dataclasses import replace

import pytest
from pydantic import ValidationError

from connectors.http_file import HttpFile
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat, JsonFormat

CSV = b"id;nom\r\n92040-P-001;H\xf4tel de ville\r\n"


def known(fetched):
    return tuple(file.landed(f"landing/{file.name}") for file in fetched.files)


def test_the_bytes_are_kept_as_sent_with_their_hash_and_size(site, visit, connect):
    site.says("/base/exports/parcs.csv", 200, CSV, Content_Type="text/csv")
    fetched = HttpFile(path="exports/parcs.csv").fetch(connect(f"{site.url}/base"), visit)
    (file,) = fetched.files
    assert file.path.read_bytes() == CSV
    assert (file.sha256, file.bytes) == (hashlib.sha256(CSV).hexdigest(), len(CSV))
    assert (file.name, file.media_type) == ("parcs.csv", "text/csv")
    assert file.origin == f"{site.url}/base/exports/parcs.csv"
    assert fetched.proof == f"Content-Length: all {len(CSV)} bytes received"
    assert not fetched.unchanged


def test_the_source_is_told_who_asks_and_asked_for_plain_bytes(site, visit, connect):
    site.says("/a.csv", 200, CSV)
    HttpFile(path="a.csv", accept="text/csv").fetch(connect(site.url), visit)
    ((_, headers),) = site.asked
    assert headers["User-Agent"].startswith("concentrator/")
    assert headers["User-Agent"].endswith(" (+opendata@example.org)")
    assert headers["Accept-Encoding"] == "identity"
    assert headers["Accept"] == "text/csv"
    assert "Authorization" not in headers


def test_the_query_keeps_its_order_and_its_words(site, visit, connect):
    site.says("/records", 200, CSV)
    query = {"where": "nom = 'Été'", "refine": ["a:1", "b:2"], "header": True, "limit": -1}
    fetched = HttpFile(path="records", query=query, file_name="r.csv").fetch(connect(site.url), visit)
    sent = "/records?where=nom%20%3D%20%27%C3%89t%C3%A9%27&refine=a%3A1&refine=b%3A2&header=true&limit=-1"
    assert site.paths() == [sent]
    assert fetched.files[0].origin == site.url + sent
    assert fetched.files[0].name == "r.csv"


def test_a_path_with_accents_and_spaces_is_written_as_an_address(site, visit, connect):
    site.says("/Parcs%20de%20l%27%C3%A9t%C3%A9.csv", 200, CSV)
    fetched = HttpFile(path="Parcs de l%27été.csv").fetch(connect(site.url), visit)
    assert fetched.files[0].bytes == len(CSV)


def test_progress_ends_at_the_announced_size(site, visit, connect):
    site.says("/a.csv", 200, CSV)
    seen = []
    HttpFile(path="a.csv").fetch(
        connect(site.url), replace(visit, progress=lambda *counts: seen.append(counts))
    )
    assert seen[-1] == (len(CSV), len(CSV))


def test_a_known_etag_and_date_are_sent_back_and_304_means_unchanged(site, visit, connect):
    date = "Tue, 10 Mar 2026 08:00:00 GMT"
    site.says("/a.csv", 200, CSV, ETag='"v1"', Last_Modified=date)
    site.says("/a.csv", 304)
    first = HttpFile(path="a.csv").fetch(connect(site.url), visit)
    again = HttpFile(path="a.csv").fetch(connect(site.url), replace(visit, known=known(first)))
    assert again.unchanged
    assert again.files == ()
    assert site.asked[1][1]["If-None-Match"] == '"v1"'
    assert site.asked[1][1]["If-Modified-Since"] == date


def test_a_changed_file_is_fetched_although_one_is_known(site, visit, connect):
    site.says("/a.csv", 200, CSV, ETag='"v1"')
    site.says("/a.csv", 200, CSV + b"x", ETag='"v2"')
    first = HttpFile(path="a.csv").fetch(connect(site.url), visit)
    again = HttpFile(path="a.csv").fetch(connect(site.url), replace(visit, known=known(first)))
    assert not again.unchanged
    assert again.files[0].bytes == len(CSV) + 1


def test_the_validators_of_another_address_are_not_sent(site, visit, connect):
    site.says("/a.csv", 200, CSV, ETag='"v1"')
    site.says("/b.csv", 200, CSV)
    first = HttpFile(path="a.csv").fetch(connect(site.url), visit)
    HttpFile(path="b.csv").fetch(connect(site.url), replace(visit, known=known(first)))
    assert "If-None-Match" not in site.asked[1][1]


def test_a_304_to_a_question_without_condition_is_no_answer(site, visit, connect):
    site.says("/a.csv", 304)
    with pytest.raises(SourceChanged, match="answers 304"):
        HttpFile(path="a.csv").fetch(connect(site.url), visit)


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_gone_asks_for_its_new_address_and_is_not_asked_twice(site, visit, connect, status):
    site.says("/a.csv", status, b'{"message": "Jeu de donnees inconnu"}')
    with pytest.raises(SourceChanged, match=f"answers {status} .*« Jeu de donnees inconnu ».*new address"):
        HttpFile(path="a.csv").fetch(connect(site.url), visit)
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door_points_at_the_connection(site, visit, connect, status):
    site.says("/a.csv", status)
    with pytest.raises(SourceChanged, match="login, the password and the extra of its connection"):
        HttpFile(path="a.csv").fetch(connect(site.url), visit)


def test_a_bad_request_is_told_in_the_words_of_the_source(site, visit, connect):
    site.says("/a.csv", 400, b"Unknown field: nmo" + b"!" * 500, Content_Type="text/plain")
    with pytest.raises(SourceChanged) as caught:
        HttpFile(path="a.csv").fetch(connect(site.url), visit)
    assert "« Unknown field: nmo!!!" in caught.value.met
    assert len(caught.value.met) < 260


@pytest.mark.parametrize("status", [206, 204, 201, 300])
def test_a_status_that_nobody_asked_for_is_refused(site, visit, connect, status):
    site.says("/a.csv", status)
    with pytest.raises(SourceChanged, match=f"answers {status}"):
        HttpFile(path="a.csv").fetch(connect(site.url), visit)


def test_an_error_of_the_server_is_asked_again(site, visit, connect, naps):
    site.says("/a.csv", 500)
    site.says("/a.csv", 503)
    site.says("/a.csv", 200, CSV)
    assert HttpFile(path="a.csv").fetch(connect(site.url), visit).files[0].bytes == len(CSV)
    assert naps == [1.0, 2.0]


def test_an_error_that_lasts_is_unavailable_after_four_attempts(site, visit, connect):
    site.says("/a.csv", 502)
    with pytest.raises(SourceUnavailable, match="answers 502"):
        HttpFile(path="a.csv").fetch(connect(site.url), visit)
    assert len(site.asked) == 4


def test_retry_after_is_waited_for(site, visit, connect, naps):
    site.says("/a.csv", 429, Retry_After="7")
    site.says("/a.csv", 503, Retry_After="Tue, 10 Mar 2026 12:00:40 GMT")
    site.says("/a.csv", 200, CSV)
    HttpFile(path="a.csv").fetch(connect(site.url), visit)
    assert naps[0] == 7.5
    assert 39 < naps[1] <= 40.5


def test_a_source_that_asks_for_an_hour_is_left_to_the_scheduler(site, visit, connect, naps):
    site.says("/a.csv", 429, Retry_After="3600")
    with pytest.raises(SourceUnavailable, match="answers 429"):
        HttpFile(path="a.csv").fetch(connect(site.url), visit)
    assert (len(site.asked), naps) == (1, [])


def test_a_closed_port_is_unavailable(wire, visit, connect):
    url = wire()
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1 closes or refuses"):
        HttpFile(path="a.csv").fetch(connect(url), visit)


def test_a_name_that_does_not_resolve_is_unavailable(visit, connect):
    with pytest.raises(SourceUnavailable, match=r"the name nowhere\.invalid does not resolve"):
        HttpFile(path="a.csv").fetch(connect("http://nowhere.invalid"), visit)


def test_compressed_bytes_are_kept_where_the_contract_knows_them(site, visit, connect):
    packed = gzip.compress(CSV)
    site.says("/a.csv", 200, packed, Content_Encoding="gzip")
    told = replace(visit, promised=CsvFormat(type="csv", archive="gz"))
    assert HttpFile(path="a.csv").fetch(connect(site.url), told).files[0].path.read_bytes() == packed


def test_compressed_bytes_that_no_contract_announces_are_refused_with_the_remedy(site, visit, connect):
    site.says("/a.csv", 200, gzip.compress(CSV), Content_Encoding="gzip")
    told = replace(visit, promised=JsonFormat(type="json"))
    with pytest.raises(SourceChanged, match=r"sends gzip although.*archive: gz"):
        HttpFile(path="a.csv").fetch(connect(site.url), told)


@pytest.mark.parametrize(
    "options",
    [
        {"path": "https://elsewhere.example/a.csv"},
        {"path": "../../etc/passwd"},
        {"path": "a/./b.csv"},
        {"path": "a.csv?key=1"},
        {"path": "a.csv#top"},
        {"path": "a.csv", "file_name": "../a.csv"},
        {"path": "a.csv", "file_name": ".."},
        {"path": "a.csv", "file_name": "a\nb"},
        {"path": "a.csv", "max_bytes": 0},
        {"path": "a.csv", "read_timeout": 0},
        {"path": "a.csv", "paht": "b.csv"},
    ],
)
def test_options_that_leave_the_connection_or_mean_nothing_are_refused(options):
    with pytest.raises(ValidationError):
        HttpFile.model_validate(options)


@pytest.mark.parametrize(
    ("url", "extra", "met"),
    [
        ("", {}, "has no web address"),
        ("ftp://example.org", {}, "has no web address"),
        ("https://example.org:99999", {}, "has no web address"),
        ("https://u:p@example.org", {}, "more than scheme, host, port and path"),
        ("https://example.org?key=p", {}, "more than scheme, host, port and path"),
        ("https://example.org", {"heaader": "X-Key"}, r"not understood \(heaader\)"),
        ("https://example.org", {"header": "X Key:"}, r"not understood \(header\)"),
        ("https://example.org", {"header": "X-Key", "query": "key"}, "both a header and a query key"),
        ("https://example.org", {"query": "key"}, "names a key but holds none"),
        ("https://example.org", {"ca_file": "/nowhere/ca.pem"}, "`ca_file` that is not there"),
    ],
)
def test_a_connection_that_cannot_be_used_is_named(visit, connect, url, extra, met):
    password = "p" if len(extra) > 1 else None
    with pytest.raises(SourceUnavailable, match=f"connection mobility_platform: .*{met}"):
        HttpFile().fetch(connect(url, password=password, **extra), visit)


def test_nothing_at_all_is_incomplete(site, visit, connect):
    site.says("/a.csv", 200, b"")
    with pytest.raises(SourceIncomplete, match="an empty file"):
        HttpFile(path="a.csv").fetch(connect(site.url), visit)
