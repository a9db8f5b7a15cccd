"""A CKAN portal, well and with each bad habit: right rows or one clear sentence."""

import json
from dataclasses import replace

import duckdb
import pytest
from ckan_portal import RESOURCE, failure, portal
from pydantic import ValidationError
from web_habits import (
    Answer,
    busy,
    cut,
    down,
    edited,
    failing,
    first,
    forgetting,
    nth,
    saying,
    serving,
    told,
    trickling,
    turned,
)

from connectors.ckan import Ckan
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat, JsonFormat, SheetFormat
from transforms.decode.decoding import decode

TREES = [
    {"essence": f'Érable, "{number}"\nrouge', "commune": "92040" if number < 4 else "92012", "h": number % 3 or None}
    for number in range(1, 8)
]  # fmt: skip
PAGES = JsonFormat(type="json", records="result.records")
CSV = CsvFormat(type="csv")
FORMS = {"pages": PAGES, "csv": CSV}
FILE = b"essence,commune\nOrme,92040\n"


@pytest.fixture
def fetch(connect, visit):
    """Fetches from a portal: what the visit brought, held to what was announced, and the asked requests."""

    def fetched(handler, promised=PAGES, base="", **options):
        with serving(handler) as server:
            kind = Ckan.model_validate({"resource": RESOURCE, **options})
            found = kind.fetch(connect(server.url + base), replace(visit, promised=promised))
            found.require_whole(visit.place)
            return found, server.asked

    return fetched


def ids(found):
    return [
        one["_id"] for file in found.files for one in json.loads(file.path.read_bytes())["result"]["records"]
    ]


def test_the_datastore_comes_page_by_page_in_the_order_of_its_ids(fetch):
    found, asked = fetch(portal(TREES), page_size=3)
    assert ids(found) == [1, 2, 3, 4, 5, 6, 7]
    assert (found.rows, found.expected, len(found.files)) == (7, 7, 4)
    assert found.proof == "count: 7 records on 4 pages, as announced"
    searches = [one.query for one in asked[1:]]
    assert [one["limit"] for one in searches] == ["0", "3", "3", "3", "3", "0"]
    assert [one["offset"] for one in searches[1:5]] == ["0", "3", "6", "7"]
    assert {one["sort"] for one in searches} == {"_id"}


def test_the_datastore_comes_as_one_csv_and_is_counted(fetch, tmp_path):
    found, asked = fetch(portal(TREES), CSV)
    assert (found.rows, found.expected, found.files[0].name) == (7, 7, f"{RESOURCE}.csv")
    assert found.proof.startswith("datastore: 7 records before and after; Content-Length: all")
    assert asked[2].query == {"format": "csv", "bom": "false"}
    with duckdb.connect() as connection:
        file = found.files[0]
        decoded = decode(connection, file.path, file.name, CSV, table="t", scratch=tmp_path, place="a.b")
        decoded.read('CREATE TABLE kept AS SELECT * FROM "t"')
        rows = connection.sql("SELECT essence, h FROM kept").fetchall()
    assert rows[:3] == [(f'Érable, "{n}"\nrouge', h) for n, h in ((1, "1"), (2, "2"), (3, None))]


@pytest.mark.parametrize("form", FORMS)
def test_filters_and_fields_are_asked_for_and_counted(fetch, form):
    found, asked = fetch(portal(TREES), FORMS[form], filters={"commune": "92040"}, fields=["essence"])
    assert (found.rows, found.expected) == (3, 3)
    data = [one.query for one in asked[1:]]
    assert {one["filters"] for one in data} == {'{"commune": "92040"}'}
    assert {one["fields"] for one in data} == {"_id,essence"}


@pytest.mark.parametrize("form", FORMS)
def test_a_portal_may_stand_behind_a_base_path(fetch, form):
    found, asked = fetch(portal(TREES, base="/opendata/ckan"), FORMS[form], base="/opendata/ckan/")
    assert found.rows == 7
    assert all(one.path.startswith("/opendata/ckan/") for one in asked)


@pytest.mark.parametrize("form", FORMS)
def test_a_datastore_without_records_is_empty_and_not_missing(fetch, form):
    found, _ = fetch(portal([]), FORMS[form])
    assert (found.rows, found.expected) == (0, 0)


def test_an_inactive_datastore_falls_back_to_the_file_and_says_so(fetch):
    found, _ = fetch(portal(TREES, FILE), CSV)
    assert found.files[0].path.read_bytes() == FILE
    assert found.files[0].name == "arbres.csv"
    assert found.proof.startswith("its datastore is inactive, so its file was taken; Content-Length: all")
    assert found.warnings == ("« Arbres »: its datastore is inactive, so its file was taken",)
    assert (found.rows, found.expected) == (None, None)


def test_the_file_is_taken_where_the_contract_says_so(fetch):
    found, _ = fetch(
        portal(TREES, FILE, datastore_active=True), CsvFormat(type="csv", delimiter=";"), take="file"
    )
    assert (found.files[0].path.read_bytes(), found.warnings) == (FILE, ())


def test_a_file_that_did_not_change_is_not_fetched_again(connect, visit):
    def fresh(asked):
        return Answer(status=304) if "if-none-match" in asked.headers else portal([], FILE)(asked)

    with serving(fresh) as server:
        kind, link = Ckan(resource=RESOURCE, take="file"), connect(server.url)
        one = kind.fetch(link, replace(visit, promised=CSV))
        again = kind.fetch(link, replace(visit, promised=CSV, known=(one.files[0].landed("a/b"),)))
    assert (again.unchanged, again.files) == (True, ())


def test_a_remote_file_is_not_held_to_the_size_that_is_kept_of_it(fetch):
    found, _ = fetch(portal([], FILE, url_type="link", size=5), CSV, take="file")
    assert found.files[0].path.read_bytes() == FILE


# Bad habits that pass


@pytest.mark.parametrize("form", FORMS)
def test_a_limit_that_the_portal_lowers_loses_nothing(fetch, form):
    found, _ = fetch(portal(TREES, rows_max=2), FORMS[form], page_size=5000)
    assert (found.rows, found.expected) == (7, 7)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("habit", [cut(), busy("1"), down("2"), trickling(piece=99, pause=0.001)])
def test_what_may_pass_is_waited_for(fetch, form, number, habit):
    assert fetch(nth(number, habit, portal(TREES)), FORMS[form], page_size=3)[0].rows == 7


def test_an_estimated_total_is_no_count(fetch):
    found, _ = fetch(portal(TREES, estimated=True, miscounted=300), page_size=3)
    assert (found.rows, found.expected) == (7, None)
    assert found.proof == "no count: 7 records on 4 pages; the last one is empty"
    assert fetch(portal(TREES, estimated=True), CSV)[0].proof.startswith("no count; Content-Length")


def test_a_total_as_text_is_understood(fetch):
    def as_text(page):
        if "total" in page["result"]:
            page["result"]["total"] = str(page["result"]["total"])

    assert fetch(edited(as_text)(portal(TREES)), page_size=3)[0].expected == 7


# Bad habits that are told


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("by", [-1, 2])
def test_a_count_that_disagrees_is_told_with_both_numbers(fetch, form, by):
    with pytest.raises(SourceIncomplete, match=f"7 records were received; promised was {7 + by}"):
        fetch(portal(TREES, miscounted=by), FORMS[form], page_size=3)


@pytest.mark.parametrize("form", FORMS)
def test_a_datastore_that_changes_meanwhile_is_asked_again_later(fetch, form):
    with pytest.raises(SourceUnavailable, match=r"changed while it was read: 7 records .*, 6 "):
        fetch(turned(3, portal(TREES), portal(TREES[1:])), FORMS[form], page_size=3)


def test_a_page_that_comes_twice_is_told(fetch):
    with pytest.raises(SourceIncomplete, match="page-00002.json has the record 1 behind 3"):
        fetch(portal(TREES, spoiled=forgetting("offset")), page_size=3)


def test_a_portal_that_forgets_the_order_is_told(fetch):
    with pytest.raises(SourceIncomplete, match="has the record 6 behind 7.*in the order of `_id`"):
        fetch(portal(TREES, spoiled=forgetting("sort")), page_size=3)


def test_records_without_an_id_are_told(fetch):
    for change in (lambda one: one.pop("_id"), lambda one: one.update(_id="7")):
        spoiled = edited(lambda page, change=change: [change(one) for one in page["result"]["records"]])
        with pytest.raises(SourceChanged, match="page-00001.json has a record without a number at '_id'"):
            fetch(portal(TREES, spoiled=spoiled))


@pytest.mark.parametrize("form", FORMS)
def test_success_false_under_a_200_is_told_in_its_words(fetch, form):
    lost = saying(failure(200, "Internal", "statement timeout"))
    with pytest.raises(SourceChanged, match="« statement timeout »"):
        fetch(portal(TREES, spoiled=lost), FORMS[form])


@pytest.mark.parametrize(
    "document", [{"success": False, "result": {"total": 7, "records": []}}, {"x": 1}, [1]]
)
def test_an_answer_without_success_is_told(fetch, document):
    for number in (1, 2):
        with pytest.raises(SourceChanged, match="the portal answers without success"):
            fetch(nth(number, saying(told(document)), portal(TREES)))


def test_words_behind_a_started_csv_are_told(fetch):
    def broken(handler):
        def answered(asked):
            answer = handler(asked)
            if b"success" in answer.body:
                return answer
            return replace(
                answer, body=answer.body[: answer.body.index(b"\n7,") + 1] + b"Internal Server Error"
            )

        return answered

    with pytest.raises(SourceIncomplete, match="has 1 cells in record 7, 4 in its header"):
        fetch(portal(TREES, spoiled=broken), CSV)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("status", "met"), [(403, "closed: let the connection show a token"), (409, "`filters:`")]
)
def test_a_closed_datastore_is_told(fetch, form, status, met):
    with pytest.raises(
        SourceChanged, match=rf"answers {status}.*« Access denied: User not authorized ».*{met}"
    ):
        fetch(portal(TREES, closed=status), FORMS[form])


def test_a_resource_that_is_not_there_is_told(fetch):
    with pytest.raises(
        SourceChanged, match=r"answers 404.*« Not found: Resource was not found. ».*removed, or"
    ):
        fetch(portal(TREES), resource="other")


@pytest.mark.parametrize(
    ("entry", "options", "promised", "met"),
    [
        ({"state": "deleted"}, {}, PAGES, "« Arbres » is deleted"),
        ({}, {}, PAGES, r"the datastore of « Arbres » is inactive.*Its file is CSV: say `take: file`"),
        ({}, {"filters": {"commune": "92040"}}, CSV, "inactive; promised was records to choose from"),
        ({"format": "WFS"}, {}, CSV, r"« Arbres » is a WFS and no file.*`kind: wfs`"),
        ({"format": "HTML"}, {"take": "file"}, CSV, "is a HTML and no file"),
        ({"url": ""}, {}, CSV, "« Arbres » has no address"),
    ],
)
def test_what_cannot_be_taken_is_told(fetch, entry, options, promised, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(portal(TREES, FILE, **entry), promised, **options)


def test_a_remote_file_that_ends_without_having_told_its_length_is_held_to_the_portals_size(fetch, wire):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\n"
    with pytest.raises(SourceIncomplete, match="the file has 20 bytes; promised was 27"):
        fetch(portal([], FILE, url_type="link", url=wire(head, FILE[:20]) + "/a.csv"), CSV, take="file")


def test_fewer_bytes_than_an_uploaded_file_has_are_told(fetch):
    with pytest.raises(
        SourceIncomplete, match="the file has 27 bytes; promised was 90, as its catalogue says"
    ):
        fetch(portal([], FILE, size=90), CSV, take="file")


@pytest.mark.parametrize(
    "promised",
    [
        CsvFormat(type="csv", delimiter=";"), CsvFormat(type="csv", encoding="cp1252"), JsonFormat(type="json"),
        JsonFormat(type="jsonl", records="result.records"),
        SheetFormat(type="xlsx"),
    ],
)  # fmt: skip
def test_a_format_that_a_datastore_does_not_give_is_refused(fetch, promised):
    with pytest.raises(SourceChanged, match=r"pages of JSON, or CSV with commas.*or `take: file`"):
        fetch(portal(TREES), promised)
    assert Ckan(resource=RESOURCE, take="file").format_fault(promised) is None


def test_an_error_under_a_200_is_told_with_what_to_do(fetch):
    with pytest.raises(SourceChanged, match="« Unable ».*Correct the options"):
        fetch(nth(1, failing({"error": "Unable"}), portal(TREES)))


def test_a_cut_file_is_fetched_again(fetch):
    spoil = portal([], FILE, spoiled=lambda handler: first(1, cut(), handler))
    assert fetch(spoil, CSV)[0].files[0].path.read_bytes() == FILE


@pytest.mark.parametrize(
    "options",
    [
        {"resource": "a/b"}, {"take": "dump"}, {"take": "file", "filters": {"a": 1}}, {"page_size": 0},
        {"take": "file", "fields": ["a"]},
    ],
)  # fmt: skip
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises(ValidationError):
        Ckan.model_validate({"resource": RESOURCE, **options})
