"""A dataset's journey from its source to its two releases, and what a second one does."""

import json
import shutil
from typing import Any

import duckdb
import pytest

NAMES = {"parks.csv", "parks.parquet", "parks.xlsx", "manifest.json", "current.json", "changes.atom"}


def lines_of(stdout: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stdout.splitlines()]


def test_both_audiences_get_their_view_sorted_by_key(town: Any, run: Any) -> None:
    code, _, _ = run("run", "mobility.parks")
    assert code == 0
    assert town.csv("public").split() == ["id,nom,places", "p1,Église,80", "p2,Gare,120"]
    assert town.csv("restricted").split() == [
        "id,nom,places,tel",
        "p1,Église,80,0605040302",
        "p2,Gare,120,0102030405",
    ]
    assert {
        path.name for path in (town.folder / "public/mobility/parks").iterdir() if path.is_file()
    } == NAMES


def test_counts_are_told_as_json(run: Any) -> None:
    _, stdout, _ = run("run", "mobility.parks", "--json")
    (journey,) = lines_of(stdout)
    assert (journey["state"], journey["rows_read"], journey["rows_rejected"]) == ("released", 2, 0)
    assert [(one["audience"], one["rows"], one["columns"]) for one in journey["published"]] == [
        ("restricted", 2, 4), ("public", 2, 3),
    ]  # fmt: skip


def test_a_second_run_has_nothing_new_and_moves_only_the_freshness_clock(town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    before = town.published("public"), town.published("restricted")
    pointer = town.folder / "public/mobility/parks/current.json"
    checked = json.loads(pointer.read_text())["checked_at"]
    code, stdout, _ = run("run", "mobility.parks", "--json")
    assert (code, lines_of(stdout)[0]["state"]) == (0, "nothing_new")
    assert (town.published("public"), town.published("restricted")) == before
    assert json.loads(pointer.read_text())["checked_at"] > checked


def test_a_changed_contract_runs_again_on_the_same_bytes(town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    fields = {name: {**field} for name, field in __import__("yaml").safe_load(
        (town.folder / "config/datasets/mobility/parks.yml").read_text())["fields"].items()}  # fmt: skip
    del fields["places"]
    town.contract(fields=fields, ignores=["places"], deprecated={"places": "2026-01-01"})
    _, stdout, _ = run("run", "mobility.parks", "--json")
    assert lines_of(stdout)[0]["state"] == "released"
    assert town.csv("public").splitlines()[0] == "id,nom"


def test_forcing_the_same_bytes_makes_no_new_release(town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    before = town.published("public")
    _, stdout, _ = run("run", "mobility.parks", "--json", "--force")
    assert lines_of(stdout)[0]["state"] == "unchanged"
    assert town.published("public") == before


def test_the_same_rows_in_another_order_give_the_same_bytes(town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    before = {name: content for name, content in town.published("public").items() if "/releases/" not in name}
    town.source("id;nom;places;tel\np1;Église;80;0605040302\np2;Gare;120;0102030405\n")
    _, stdout, _ = run("run", "mobility.parks", "--json")
    assert lines_of(stdout)[0]["state"] == "unchanged"
    assert {
        name: content for name, content in town.published("public").items() if "/releases/" not in name
    } == before


def test_a_refused_batch_leaves_the_last_release_and_is_not_taken_for_nothing_new(
    town: Any, run: Any
) -> None:
    run("run", "mobility.parks")
    before = town.published("public"), town.published("restricted")
    town.source("id;nom;places;tel\np1;Église;80;1\np1;Gare;120;2\n")
    for _ in range(2):
        code, stdout, _ = run("run", "mobility.parks", "--json")
        assert code == 1
        assert lines_of(stdout)[0]["state"] == "refused"
        assert "share their key" in lines_of(stdout)[0]["sentence"]
    assert (town.published("public"), town.published("restricted")) == before


def test_a_shrunken_batch_is_refused(town: Any, run: Any) -> None:
    town.source("id;nom;places;tel\n" + "".join(f"p{number};a;1;2\n" for number in range(10)))
    run("run", "mobility.parks")
    town.source("id;nom;places;tel\np1;a;1;2\n")
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "1 row against 10 in the last release" in stderr


def test_too_many_misfits_are_refused_with_the_first_place_and_their_rejects(town: Any, run: Any) -> None:
    town.contract(quality={"rejected": 0.1})
    town.source("id;nom;places;tel\np1;a;beaucoup;1\np2;b;2;1\n")
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "1 of 2 rows (50.0%) do not fit, first line 2, field places" in stderr
    assert "beaucoup" not in stderr
    rejects = next((town.folder / "work").rglob("rejects.parquet"))
    assert duckdb.sql(f"SELECT line, field, value FROM '{rejects}'").fetchall() == [(2, "places", "beaucoup")]


def test_readers_are_told_which_columns_have_voided_cells_unless_that_tells_of_hidden_rows(
    town: Any, run: Any
) -> None:
    town.source("id;nom;places;tel\np1;a;beaucoup;1\np2;b;2;1\n")
    run("run", "mobility.parks")
    manifest = town.folder / "public/mobility/parks/manifest.json"
    assert json.loads(manifest.read_text())["notes"] == [
        "Cellules vidées, illisibles dans la source : places (1)."
    ]
    town.contract(public_rows=[{"field": "nom", "equals": "b"}])
    run("run", "mobility.parks")
    assert json.loads(manifest.read_text())["notes"] == []


def test_freezing_refuses_a_single_misfit(town: Any, run: Any) -> None:
    town.contract(quality={"misfits": "freeze"})
    town.source(
        "id;nom;places;tel\n" + "p0;a;x;1\n" + "".join(f"p{number};a;1;1\n" for number in range(1, 100))
    )
    assert run("run", "mobility.parks")[0] == 1


def test_stages_can_be_run_one_by_one(run: Any) -> None:
    assert run("run", "mobility.parks", "--until", "standardize")[0] == 0
    assert run("run", "mobility.parks", "--from", "validate", "--until", "validate")[0] == 0
    _, stdout, _ = run("run", "mobility.parks", "--from", "publish", "--json")
    assert lines_of(stdout)[0]["state"] == "released"


def test_a_stage_without_what_comes_before_it_says_so(run: Any) -> None:
    code, _, stderr = run("run", "mobility.parks", "--from", "validate")
    assert code == 1
    assert "nothing is kept of the stage standardize. Run it `--from standardize`." in stderr


def test_raw_bytes_are_kept_as_sent_with_how_they_came(town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    (batch,) = (town.folder / "work/landing/mobility/parks").glob("*/batch.json")
    (file,) = json.loads(batch.read_text())["files"]
    kept = town.folder / "work" / file["key"]
    assert kept.read_bytes() == (town.site / "parks.csv").read_bytes()
    assert (file["bytes"], file["origin"]) == (kept.stat().st_size, f"{town.url}/parks.csv")
    assert file["response"]["etag"]


def test_nothing_of_the_hidden_reaches_the_public_store(town: Any, run: Any) -> None:
    town.contract(public_rows=[{"field": "nom", "equals": "Gare"}])
    run("run", "mobility.parks")
    assert town.csv("public").split() == ["id,nom,places", "p2,Gare,120"]
    everything = b"".join(town.published("public").values())
    raw = json.loads(next((town.folder / "work").rglob("batch.json")).read_text())["files"][0]["sha256"]
    for secret in (b"0102030405", b"0605040302", "Église".encode(), raw.encode(), b"tel"):
        assert secret not in everything.replace(b"Mobilit", b"")


def test_provenance_stays_on_the_restricted_side(town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    records = (town.folder / "restricted/provenance/mobility/parks").iterdir()
    kept = [json.loads(record.read_text()) for record in records]
    assert sorted(provenance["audience"] for provenance in kept) == ["public", "restricted"]
    for provenance in kept:
        assert provenance["raw"]["files"][0]["sha256"]
        assert provenance["staged"]["rows_read"] == 2
    assert not (town.folder / "public/provenance").exists()


def test_status_tells_what_readers_have_and_how_the_last_run_ended(town: Any, run: Any) -> None:
    assert "never run" in run("status")[1]
    run("run", "mobility.parks")
    town.source("")
    run("run", "mobility.parks")
    (status,) = lines_of(run("status", "--json")[1])
    assert (status["public"]["rows"], status["restricted"]["columns"]) == (2, 4)
    assert status["outcome"]["state"] == "refused"
    assert "mobility.parks" in run("status")[1]


def test_all_runs_every_sound_contract_and_reports_the_broken(town: Any, run: Any) -> None:
    (town.folder / "config/datasets/mobility/broken.yml").write_text("about: 3\n")
    code, stdout, stderr = run("run", "--all", "--json")
    assert code == 1
    assert [one["state"] for one in lines_of(stdout)] == ["released"]
    assert "broken.yml:1: about" in stderr


def test_words_that_make_no_sense_are_a_usage_error(run: Any) -> None:
    for words in (("run",), ("run", "x.y", "--all"), ("run", "--all", "--from", "bake"),
                  ("run", "--all", "--from", "publish", "--until", "extract")):  # fmt: skip
        assert run(*words)[0] == 2


def test_show_prints_a_query_that_runs_by_hand(town: Any, run: Any) -> None:
    _, sql, _ = run("show", "mobility.parks", "--sql")
    connection = duckdb.connect()
    connection.execute(
        "SET TimeZone = 'UTC'; CREATE TABLE source (id VARCHAR, nom VARCHAR, places VARCHAR, tel VARCHAR)"
    )
    connection.execute("INSERT INTO source VALUES ('p1', 'Gare', '12', NULL)")
    connection.execute(sql)
    assert connection.fetchone()[:4] == ("p1", "Gare", 12, None)


def test_show_tells_who_sees_each_field(run: Any) -> None:
    _, stdout, _ = run("show", "mobility.parks")
    assert "no: CRPA L311-6" in stdout


def test_a_store_that_lost_its_release_is_not_told_that_nothing_is_new(town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    for store, state in (("public", "released"), ("restricted", "released")):
        shutil.rmtree(town.folder / store)
        code, stdout, _ = run("run", "mobility.parks", "--json")
        assert (code, lines_of(stdout)[0]["state"]) == (0, state)
        assert "p1,Église,80" in town.csv(store)


def test_nothing_new_gives_back_a_stable_name_that_was_lost(town: Any, run: Any) -> None:
    run("run", "mobility.parks")
    before = town.published("public")
    (town.folder / "public/mobility/parks/parks.csv").unlink()
    _, stdout, _ = run("run", "mobility.parks", "--json")
    assert lines_of(stdout)[0]["state"] == "nothing_new"
    assert town.published("public") == before


@pytest.mark.parametrize("stage", ["validate", "publish"])
def test_a_table_of_another_contract_is_neither_judged_nor_published(town: Any, run: Any, stage: str) -> None:
    run("run", "mobility.parks", "--until", "validate")
    town.contract(key=["nom"])
    code, _, stderr = run("run", "mobility.parks", "--from", stage)
    assert code == 1
    assert "the contract changed since the last batch was standardized. Run it `--from standard" in stderr
    assert not town.published("public")


@pytest.mark.parametrize("fault", [{"crs": "EPSG:99999", "type": "geometry", "from": ["x", "y"]},
                                   {"pattern": "a{2000}"}])  # fmt: skip
def test_what_the_engine_cannot_run_is_a_sentence_and_no_traceback(
    town: Any, run: Any, fault: dict[str, Any]
) -> None:
    field = {"public": True, "about": "x"}
    town.contract(fields={"id": field, "f": {**field, **fault}}, ignores=["*"])
    town.source("id;f;x;y\na;b;1;2\n")
    code, _, stderr = run("run", "mobility.parks")
    assert code == 1
    assert "mobility.parks:1: fields.f." in stderr
    assert run("check")[0] == 1


@pytest.mark.parametrize("folder", ["work", "public", "restricted", "scratch"])
def test_a_folder_that_cannot_be_written_to_is_named(town: Any, run: Any, folder: str) -> None:
    (town.folder / folder).write_text("a file where a folder should be")
    code, stdout, _ = run("run", "mobility.parks", "--json")
    assert code == 1
    assert str(town.folder / folder) in lines_of(stdout)[0]["sentence"]
