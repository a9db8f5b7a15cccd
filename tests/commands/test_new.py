"""`concentrator new`: from an address to a checked contract that runs."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import zipfile
from contextlib import suppress

import pytest
import yaml
from town import ROOT, Town

BIKES = "id;lieu;places;courriel\n" + "".join(
    f"V{i:02};Place {i};{i};a.martin{i}@exemple.fr\n" for i in range(40)
)


@pytest.fixture
def bikes(town: Town) -> str:
    """The address of a file that the town serves."""
    town.source(BIKES, "velos.csv")
    return f"{town.url}/velos.csv"


def contract(town: Town) -> str:
    return (town.folder / "config/datasets/mobility/bikes.yml").read_text(encoding="utf-8")


def test_from_an_address_to_a_verdict(town: Town, run, bikes: str, monkeypatch: pytest.MonkeyPatch):
    code, _, told = run(
        "new", "mobility.bikes", "--from", bikes, "--service", "Mobilité", "--licence", "etalab-2.0"
    )
    assert code == 0, told
    assert "mobility.bikes: 40 rows, 4 fields, key id." in told
    assert "May tell of persons, so hidden: courriel." in told
    variable, _, value = next(line.strip() for line in told.splitlines() if "AIRFLOW_CONN" in line).partition(
        "="
    )
    monkeypatch.setenv(variable, value.strip("'"))
    code, out, _ = run("check")
    assert code == 0
    assert "config/datasets/mobility/bikes.yml:" in out
    assert "« à confirmer »" in out
    code, _, told = run("run", "mobility.bikes", "--until", "validate")
    assert code == 0, told


def test_a_dropped_file_too(town: Town, run, tmp_path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "velos.csv").write_text(BIKES)
    code, _, told = run("new", "mobility.bikes", "--from", str(tmp_path / "velos.csv"))
    assert code == 0, told
    assert json.loads(told.split("='")[1].split("'")[0])["extra"] == {"path": str(tmp_path)}
    assert yaml.safe_load(contract(town))["source"]["pattern"] == "velos.csv"


def test_nothing_is_written_over_and_the_difference_is_shown(town: Town, run, bikes: str):
    assert run("new", "mobility.bikes", "--from", bikes, "--service", "Mobilité")[0] == 0
    written = contract(town)
    code, out, _ = run("new", "mobility.bikes", "--from", bikes)
    assert (code, out) == (0, ""), "the same source gives the same proposal, the service kept"
    town.source(BIKES.replace("places", "nb_places"), "velos.csv")
    code, out, told = run("new", "mobility.bikes", "--from", bikes)
    assert code == 1
    assert "--- " in out
    assert "+  nb_places:" in out
    assert "nothing was written" in told
    assert contract(town) == written
    assert run("new", "mobility.bikes", "--from", bikes, "--force")[0] == 0
    assert "nb_places" in contract(town)


def test_a_dry_run_prints_and_writes_nothing(town: Town, run, bikes: str):
    code, out, _ = run("new", "mobility.bikes", "--from", bikes, "--dry-run", "--public")
    assert code == 0
    assert yaml.safe_load(out)["audiences"] == ["public", "restricted"]
    assert not (town.folder / "config/datasets/mobility/bikes.yml").exists()


def test_a_secret_of_the_address_stays_out_of_the_contract_and_of_what_is_told(town: Town, run, bikes: str):
    code, out, told = run("new", "mobility.bikes", "--from", f"{bikes}?apikey=s3cret-s3cret")
    assert code == 0, told
    assert "s3cret" not in out + told + contract(town)
    assert '"query": "apikey"' in told


@pytest.mark.parametrize(
    ("words", "met"),
    [
        (("Mobility.Bikes", "--from", "x.csv"), "is no name of a dataset"), (("mobility.bikes", "--from", "x.csv"), "names no file"),
        (("../x.bikes", "--from", "x.csv"), "is no name of a dataset"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_answered_in_one_sentence(run, words: tuple[str, ...], met: str):
    code, _, told = run("new", *words)
    assert code == 1
    assert met in told
    assert "Traceback" not in told


def test_a_source_that_does_not_answer_leaves_no_contract(town: Town, run):
    code, _, told = run("new", "mobility.bikes", "--from", f"{town.url}/gone.csv")
    assert code == 1
    assert "404" in told
    assert not (town.folder / "config/datasets/mobility/bikes.yml").exists()


def test_the_kind_s_own_format_is_given_where_bytes_do_not_tell(town: Town, run, tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            "agency.txt",
            "agency_id,agency_name,agency_url,agency_timezone\nA,Bus,https://x.org,Europe/Paris\n",
        )
        archive.writestr(
            "stops.txt", "stop_id,stop_name,stop_lat,stop_lon\nS1,Mairie,48.82,2.27\nS2,Gare,48.83,2.26\n"
        )
        archive.writestr("routes.txt", "route_id,agency_id,route_short_name,route_type\nR,A,1,3\n")
        archive.writestr("trips.txt", "route_id,service_id,trip_id\nR,S,T\n")
        archive.writestr(
            "stop_times.txt",
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nT,24:10:00,24:10:00,S1,1\n",
        )
        archive.writestr("calendar_dates.txt", "service_id,date,exception_type\nS,20991231,1\n")
    town.source(packed.getvalue(), "gtfs.zip")
    code, _, told = run("new", "mobility.bikes", "--from", f"gtfs:{town.url}/gtfs.zip")
    assert code == 1
    assert "{type: gtfs, table: stops}" in told
    words = ("--from", f"gtfs:{town.url}/gtfs.zip", "--format", "{type: gtfs, table: stops}")
    code, _, told = run("new", "mobility.bikes", *words)
    assert code == 0, told
    assert yaml.safe_load(contract(town))["key"] == ["stop_id"]
    assert yaml.safe_load(contract(town))["fields"]["geometry"]["from"] == ["stop_lon", "stop_lat"]


def test_a_source_of_many_pages_is_looked_at_whole(town: Town, run):
    for page in (1, 2, 3):
        rows = [{"id": f"P{page}{i}", "places": i if page < 3 else i + 0.5} for i in range(10)]
        following = f"{town.url}/page{page + 1}.json" if page < 3 else None
        town.source(json.dumps({"data": rows, "next": following, "total": 30}), f"page{page}.json")
    paging = "{by: link, next: next}"
    code, _, told = run(
        "new", "mobility.bikes", "--from", f"rest:{town.url}/page1.json",
        "--option", f"paging={paging}", "--option", "count=total", "--format", "{type: json, records: data}",
    )  # fmt: skip
    assert code == 0, told
    assert "30 rows" in told
    assert yaml.safe_load(contract(town))["fields"]["places"]["type"] == "number"


def test_at_a_terminal_three_questions_are_asked(town: Town, tmp_path):
    (tmp_path / "velos.csv").write_text(BIKES)
    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "concentrator",
        "new",
        "mobility.bikes",
        "--from",
        str(tmp_path / "velos.csv"),
    ]
    environment = {"PATH": "/usr/bin:/bin", "TERM": "dumb", **town.environment}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE
    ) as process:
        os.close(theirs)
        os.write(ours, b"Mobilit\xc3\xa9\nodc-odbl\ny\n")
        told = b""
        with suppress(OSError):  # the other end closes with the process
            while piece := os.read(ours, 4096):
                told += piece
    os.close(ours)
    assert process.returncode == 0, told.decode()
    assert told.count(b"?") >= 3
    written = yaml.safe_load(contract(town))
    assert (written["about"]["publisher"], written["about"]["licence"]) == ("Mobilité", "odc-odbl")
    assert written["audiences"] == ["public", "restricted"]
