"""A udata catalogue, well and with each bad habit: the right file or one clear sentence."""

import hashlib
import json
from dataclasses import replace

import pytest
from pydantic import ValidationError
from udata_catalogue import DATASET, catalogue, resource_of
from web_habits import (
    Answer,
    busy,
    cut,
    down,
    edited,
    failing,
    first,
    nth,
    repeating,
    saying,
    serving,
    trickling,
    turned,
)

from connectors.udata import Udata
from contracts.errors import SourceChanged, SourceIncomplete, SourceUnavailable
from contracts.formats import CsvFormat

CSV = CsvFormat(type="csv", delimiter=";")
BUDGET = b"exercice;montant\n2024;12\n2025;13\n"
ONE = resource_of(1, BUDGET)
YEARS = [resource_of(number, BUDGET + bytes([48 + number])) for number in (2, 10, 9, 1)]


@pytest.fixture
def fetch(connect, visit):
    """Fetches from a catalogue: what the visit brought and the asked requests."""

    def fetched(handler, known=(), **options):
        with serving(handler) as server:
            given = {"dataset": DATASET, **({} if "title" in options else {"resource": ONE["id"]}), **options}
            told = replace(visit, promised=CSV, known=known)
            return Udata.model_validate(given).fetch(connect(server.url), told), server.asked

    return fetched


def content(found):
    return found.files[0].path.read_bytes()


def test_a_resource_comes_by_its_stable_address_and_is_the_catalogues(fetch):
    found, asked = fetch(catalogue([ONE]))
    assert content(found) == BUDGET
    assert found.files[0].name == "budget_1.csv"
    assert found.files[0].origin.endswith(f"/api/1/datasets/r/{ONE['id']}")
    assert (
        found.proof == "Content-Length: all 33 bytes received; sha1 as the catalogue says; « Budget 1.csv »"
    )
    assert [one.path.rpartition("/datasets/")[2] for one in asked[:3]] == [
        f"{DATASET}/", f"resources/{ONE['id']}/", f"r/{ONE['id']}",
    ]  # fmt: skip
    assert asked[3].path.startswith("/static/")


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256", "SHA-256", "sha2"])
def test_each_checksum_is_computed(fetch, kind):
    digest = hashlib.new({"md5": "md5", "sha1": "sha1"}.get(kind, "sha256"), BUDGET).hexdigest()
    found, _ = fetch(catalogue([{**ONE, "checksum": {"type": kind, "value": digest.upper()}}]))
    assert "as the catalogue says" in found.proof
    with pytest.raises(SourceIncomplete, match=f"the file's .* is .*; promised was {digest[:-1]}x"):
        fetch(catalogue([{**ONE, "checksum": {"type": kind, "value": digest[:-1] + "x"}}]), dataset="budgets")


@pytest.mark.parametrize(
    "checksum", [None, {"type": "crc", "value": "1a2b"}, {"type": "sha1", "value": None}]
)
def test_without_a_checksum_that_can_be_computed_the_proof_says_so(fetch, checksum):
    assert "no checksum to check" in fetch(catalogue([{**ONE, "checksum": checksum}]))[0].proof


def test_a_file_that_did_not_change_is_not_fetched_again(fetch, connect, visit):
    def fresh(asked):
        if asked.headers.get("if-none-match") == f'"{asked.path}"':
            return Answer(status=304)
        return catalogue([ONE])(asked)

    with serving(fresh) as server:
        kind, link = Udata(dataset=DATASET, resource=ONE["id"]), connect(server.url)
        one = kind.fetch(link, replace(visit, promised=CSV))
        again = kind.fetch(link, replace(visit, promised=CSV, known=(one.files[0].landed("a/b"),)))
    assert (again.unchanged, again.files) == (True, ())


@pytest.mark.parametrize(
    ("by", "number"), [("title", 10), ("created_at", 10), ("last_modified", 10)]
)  # fmt: skip
def test_the_last_of_several_titles_is_taken_by_what_the_contract_says(fetch, by, number):
    found, _ = fetch(catalogue(YEARS), title="Budget *.csv", latest_by=by)
    assert found.files[0].name == f"budget_{number}.csv"
    assert f"« Budget {number}.csv »" in found.proof


def test_a_title_that_one_resource_has_needs_no_more(fetch):
    extra = resource_of(5, b"%PDF", title="Budget 9.pdf", type="documentation")
    assert fetch(catalogue([*YEARS, extra]), title="Budget 9.*")[0].files[0].name == "budget_9.csv"


def test_a_page_size_that_the_catalogue_clamps_hides_no_resource(fetch):
    many = [resource_of(number, BUDGET) for number in range(1, 26)]
    found, asked = fetch(catalogue(many, clamp=4), title="Budget *", latest_by="title")
    assert found.files[0].name == "budget_25.csv"
    assert len([one for one in asked if one.path.endswith("/resources/")]) == 7


def test_a_remote_file_is_taken_and_its_old_size_is_no_fault(fetch):
    remote = {**ONE, "filetype": "remote", "filesize": 7, "checksum": None}
    assert content(fetch(catalogue([remote]))[0]) == BUDGET


def test_a_publishers_wrong_checksum_can_be_waived(fetch):
    wrong = {**ONE, "checksum": {"type": "sha1", "value": "0" * 40}}
    assert "no checksum to check" in fetch(catalogue([wrong]), verify=False)[0].proof


def test_an_archived_dataset_is_a_finding(fetch):
    found, _ = fetch(catalogue([ONE], archived="2025-06-01T00:00:00+00:00"))
    assert found.warnings == ("the dataset is archived since 2025-06-01",)


# Bad habits that pass


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("habit", [busy("1"), down("2"), trickling(piece=40, pause=0.001)])
def test_what_may_pass_is_waited_for(fetch, number, habit):
    assert content(fetch(nth(number, habit, catalogue([ONE])))[0]) == BUDGET


def test_a_cut_file_is_fetched_again(fetch):
    assert content(fetch(catalogue([ONE], spoiled=lambda handler: first(1, cut(), handler)))[0]) == BUDGET


# Bad habits that are told


def test_another_size_than_the_catalogues_is_told(fetch):
    with pytest.raises(
        SourceIncomplete, match="the file has 33 bytes; promised was 40, as its catalogue says"
    ):
        fetch(catalogue([{**ONE, "filesize": 40}]))


def test_a_file_that_is_short_although_its_body_is_whole_is_told(fetch):
    short = saying(Answer(BUDGET[:-5], headers={"Content-Type": "text/csv"}))
    with pytest.raises(SourceIncomplete, match=r"28 bytes; promised was 33.*`verify: false`"):
        fetch(catalogue([ONE], spoiled=short))
    with pytest.raises(SourceIncomplete, match="the file's sha1 is"):
        fetch(catalogue([{**ONE, "filesize": None}], spoiled=short))


def test_a_remote_file_that_ends_without_having_told_its_length_is_held_to_the_catalogues_size(fetch, wire):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\n"
    remote = {**ONE, "filetype": "remote", "checksum": None}
    found, _ = fetch(catalogue([{**remote, "path": wire(head, BUDGET) + "/budget.csv"}]))
    assert (found.files[0].bytes, found.proof.partition(";")[0]) == (33, "unknown")
    with pytest.raises(SourceIncomplete, match="the file has 20 bytes; promised was 33"):
        fetch(catalogue([{**remote, "path": wire(head, BUDGET[:20]) + "/budget.csv"}]), dataset="budgets")


def test_a_resource_that_is_replaced_meanwhile_is_asked_again_later(fetch):
    after = resource_of(1, BUDGET + b"2026;14\n")
    with pytest.raises(SourceUnavailable, match="was replaced while it was fetched"):
        fetch(turned(2, catalogue([ONE]), catalogue([after])))


def test_a_resource_that_moved_to_another_dataset_is_told(fetch):
    with pytest.raises(SourceChanged, match=f"belongs to dataset 66aa now; promised was dataset {DATASET}"):
        fetch(catalogue([ONE], homes={ONE["id"]: "66aa"}))
    with pytest.raises(SourceChanged, match="belongs to no dataset now"):
        fetch(catalogue([ONE], homes={ONE["id"]: None}))


@pytest.mark.parametrize(
    ("changes", "met"),
    [
        ({"type": "api"}, "« Budget 1.csv » is an API"),
        ({"type": "documentation"}, "is a documentation"),
        ({"type": "code"}, "is a code repository"),
        ({"filetype": "remote", "format": "WFS"}, r"is a WFS and no file.*`kind: wfs`"),
        ({"filetype": "remote", "format": "ogc:wms"}, "Take another resource"),
        ({"filetype": "remote", "format": "html"}, "is a html and no file"),
        ({"url": "", "latest": None}, "has no address"),
    ],
)
def test_what_is_no_file_is_refused(fetch, changes, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(catalogue([{**ONE, **changes}]))


def test_a_web_page_behind_a_remote_link_is_refused(fetch):
    page = saying(Answer(b"<!doctype html><html>Login</html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(SourceChanged, match="the source sent a web page; promised was csv"):
        fetch(catalogue([{**ONE, "filetype": "remote"}], spoiled=page))


def test_a_dead_link_is_told(fetch):
    with pytest.raises(SourceChanged, match="answers 404.*The catalogue's link is dead"):
        fetch(catalogue([ONE], spoiled=saying(Answer(status=404))))


@pytest.mark.parametrize(
    ("handler", "options", "met"),
    [
        (catalogue([ONE], deleted="2025-01-01"), {}, "answers 410.*« Dataset has been deleted ».*one that replaces"),
        (catalogue([ONE]), {"dataset": "autre"}, "answers 404.*made private"),
        (catalogue([]), {}, "answers 404.*« Resource does not exist ».*removed the resource"),
        (catalogue(YEARS), {"title": "Budget *"}, "4 resources fit: « Budget 2.csv », .*`latest_by:`"),
        (catalogue(YEARS), {"title": "budget 2.csv"}, "no resource has a title like 'budget 2.csv'; there are « B"),
        (
            catalogue([ONE, {**YEARS[0], "title": ONE["title"]}]), {"title": "Budget *", "latest_by": "title"},
            "2 resources are the last by `title`",
        ),
        (
            catalogue([{**ONE, "created_at": None}, YEARS[0]]), {"title": "*", "latest_by": "created_at"},
            "has no date at 'created_at'",
        ),
    ],
)  # fmt: skip
def test_what_is_not_there_or_not_clear_is_told(fetch, handler, options, met):
    with pytest.raises(SourceChanged, match=met):
        fetch(handler, **options)


@pytest.mark.parametrize(
    ("habit", "met"),
    [
        (edited(lambda page: page.update(next_page=None)), "4 records were received; promised was 9"),
        (edited(lambda page: page.update(total=12)), "9 records were received; promised was 12"),
        (repeating(), "page 2 (holds the same records as|leads back to)"),
    ],
)
def test_a_list_of_resources_that_is_not_whole_is_told(fetch, habit, met):
    many = catalogue([resource_of(number, BUDGET) for number in range(1, 10)], clamp=4)
    spoiled = habit(many)
    with pytest.raises(SourceIncomplete, match=met):
        fetch(lambda asked: (spoiled if asked.path.endswith("/resources/") else many)(asked), title="*1.csv")


def test_a_list_that_changes_between_its_pages_is_asked_again_later(fetch):
    many = [resource_of(number, BUDGET) for number in range(1, 10)]
    with pytest.raises(SourceUnavailable, match="changed while it was read: 9 records at first, 8 by page 2"):
        fetch(turned(2, catalogue(many, clamp=4), catalogue(many[1:], clamp=4)), title="*1.csv")


@pytest.mark.parametrize("number", [1, 2])
def test_an_error_under_a_200_is_told(fetch, number):
    with pytest.raises(SourceChanged, match="« Unable »"):
        fetch(nth(number, failing({"message": "Unable"}), catalogue([ONE])))


@pytest.mark.parametrize(("number", "document"), [(1, []), (2, {"dataset_id": DATASET, "x": 1})])
def test_an_answer_that_is_no_entry_is_told(fetch, number, document):
    with pytest.raises(SourceChanged, match="the catalogue (answers with no entry|describes no resource)"):
        fetch(nth(number, saying(Answer(json.dumps(document).encode())), catalogue([ONE])))


def test_the_key_is_not_shown_to_the_file_server_elsewhere(connect, visit):
    with serving(catalogue([ONE])) as files:

        def elsewhere(asked):
            if asked.path.startswith("/api/1/datasets/r/"):
                return Answer(status=302, headers={"Location": files.url + ONE["path"]})
            return catalogue([ONE])(asked)

        with serving(elsewhere) as server:
            connection = connect(server.url, password="s3cret", header="X-API-KEY")
            found = Udata(dataset=DATASET, resource=ONE["id"]).fetch(connection, replace(visit, promised=CSV))
    assert content(found) == BUDGET
    assert [one.headers.get("x-api-key") for one in server.asked] == ["s3cret"] * 3
    assert [one.headers.get("x-api-key") for one in files.asked] == [None]
    assert "s3cret" not in found.model_dump_json()


@pytest.mark.parametrize(
    "options",
    [
        {}, {"resource": "12"}, {"resource": ONE["id"], "title": "a"}, {"resource": ONE["id"], "latest_by": "title"},
        {"title": "a", "latest_by": "size"}, {"title": "a", "dataset": "a/b"},
    ],
)  # fmt: skip
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises(ValidationError):
        Udata.model_validate({"dataset": DATASET, **options})
