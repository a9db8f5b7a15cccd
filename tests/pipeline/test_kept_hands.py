"""One publisher's process for many tasks: whose it is, how long it stays, and what it knows."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from town import Town

from contracts.connection import connection_from
from contracts.errors import ConcentratorError, StorageRefused
from contracts.library import dataset_at
from pipeline.hands import SeparateHands, environment_of_publisher
from pipeline.house import house_from
from pipeline.installed import PACKAGES
from pipeline.journey import Trip, travel
from pipeline.kept_hands import KeptHands
from storage import layout

ROOT = Path(__file__).parents[2]
Stuck = tuple[psutil.Process, psutil.Process, socket.socket]
OTHER = "id;nom;places;tel\np2;Gare;121;\np1;Église;81;\n"


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder with a short path; what still listens in it at the end is ended."""
    with tempfile.TemporaryDirectory(prefix="h-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)
        for process in publishers(Path(folder)):
            process.kill()
            process.wait()


def publishers(folder: Path) -> list[psutil.Process]:
    """The processes that listen below the folder, without their forks."""
    ours = psutil.Process().children()
    return [one for one in ours if one.is_running() and any(str(folder) in word for word in words_of(one))]


def words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it ended meanwhile
        return []


def environment(town: Town) -> dict[str, str]:
    return {**os.environ, **town.environment, "AIRFLOW_CONN_CRM": "secret"}


def published(town: Town, hands: KeptHands, name: str) -> str:
    variables = town.environment
    house = house_from(variables, connection=lambda of: connection_from(variables, of))
    dataset = dataset_at(town.folder / "config", "mobility.parks")
    return travel(dataset, house, Trip(batch_id=name), hands).state


def asked(hands: KeptHands) -> None:
    """Of the least that a publisher answers."""
    with pytest.raises(StorageRefused, match="nothing was handed over under the name never"):
        hands("mobility.parks", "never")


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_two_publishes_are_made_by_one_process_that_knows_nothing_of_the_restricted_side(
    town: Town, short: Path
) -> None:
    assert published(town, KeptHands(environment(town)), "first") == "released"
    (process,) = publishers(short)
    town.source(OTHER)
    assert published(town, KeptHands(environment(town)), "second") == "released"
    assert town.csv("public") == "id,nom,places\np1,Église,81\np2,Gare,121\n"
    assert publishers(short) == [process]
    known = process.environ()
    assert set(known) - {"LC_CTYPE"} == set(environment_of_publisher(environment(town)))
    assert not [name for name in known if "RESTRICTED" in name or "AIRFLOW" in name]
    files = [opened.path for opened in process.open_files()]
    assert not [path for path in files if str(town.folder) in path]


def test_it_keeps_nothing_of_who_started_it(town: Town, short: Path) -> None:
    for _ in range(6):
        asked(KeptHands(environment(town)))
    (process,) = publishers(short)
    assert os.readlink(f"/proc/{process.pid}/fd/2") == os.devnull  # Airflow waits for the end of a task's
    assert os.getpgid(process.pid) != os.getpgid(0)
    for _ in range(20):  # forks that have ended are buried at the next view; on a busy machine they end late
        if len(process.children()) < 6:
            break
        time.sleep(0.5)
        asked(KeptHands(environment(town)))
    assert len(process.children()) < 6


def test_another_environment_has_another_process(town: Town, short: Path) -> None:
    asked(KeptHands(environment(town)))
    asked(KeptHands({**environment(town), "CONCENTRATOR_PUBLISHER_AWS_SECRET_ACCESS_KEY": "new"}))
    secrets = sorted(str(one.environ().get("AWS_SECRET_ACCESS_KEY")) for one in publishers(short))
    assert secrets == ["None", "new"]


def test_it_ends_by_itself_and_another_is_started(town: Town, short: Path) -> None:
    asked(KeptHands(environment(town), stays=0.1))
    until(lambda: not publishers(short))
    assert [path.name for path in (short / f"concentrator-{os.getuid()}").iterdir() if path.is_socket()] == []
    asked(KeptHands(environment(town)))


def test_after_a_kill_another_is_started(town: Town, short: Path) -> None:
    asked(KeptHands(environment(town)))
    (process,) = publishers(short)
    process.kill()
    process.wait()
    asked(KeptHands(environment(town)))


def test_a_refusal_is_the_publishers_own_sentence(town: Town, short: Path) -> None:
    with pytest.raises(StorageRefused, match="nothing was handed over under the name never") as kept:
        KeptHands(environment(town))("mobility.parks", "never")
    with SeparateHands(environment(town)) as hands, pytest.raises(ConcentratorError) as alone:
        hands("mobility.parks", "never")
    assert str(kept.value) == str(alone.value)


@pytest.fixture
def stuck(town: Town, short: Path) -> Iterator[Stuck]:
    """A publisher, a fork of it that waits for ever, and the connection of who asked that."""
    hands = KeptHands(environment(town))
    asked(hands)
    (process,) = publishers(short)
    place = town.folder / "handover" / layout.handed_record("mobility.parks", "stuck")
    place.parent.mkdir(parents=True)
    until(lambda: not living(process.children()))
    os.mkfifo(place)  # nobody ever writes to it
    with hands._connected("mobility.parks") as connection:
        socket.send_fds(connection, [json.dumps(["mobility.parks", "stuck"]).encode()], [2])
        until(lambda: living(process.children()))
        yield process, living(process.children())[0], connection


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def test_a_publish_whose_asker_is_gone_goes_no_further(stuck: Stuck) -> None:
    _, fork, connection = stuck
    assert living([fork])
    connection.close()
    until(lambda: not living([fork]))


def test_a_fork_that_outlives_a_killed_publisher_keeps_nobody_waiting(town: Town, stuck: Stuck) -> None:
    process, fork, _ = stuck
    process.kill()
    process.wait()
    assert living([fork])
    asked(KeptHands(environment(town)))


def test_a_folder_that_others_may_enter_is_refused(town: Town, short: Path) -> None:
    (short / f"concentrator-{os.getuid()}").mkdir(mode=0o755)
    with pytest.raises(StorageRefused, match="is not this user's alone"):
        KeptHands(environment(town))("mobility.parks", "never")


def test_its_address_tells_nothing_of_its_secrets_to_who_has_not_the_key(town: Town, short: Path) -> None:
    folder = short / f"concentrator-{os.getuid()}"
    hands = KeptHands(environment(town))
    folder.mkdir(mode=0o700)
    before = hands._name(folder / "key")
    assert hands._name(folder / "key") == before
    (folder / "key").unlink()
    assert hands._name(folder / "key") != before


def test_mended_code_is_what_publishes_next(town: Town, short: Path, tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / "code" / package)
    hands = KeptHands({**environment(town), "PYTHONPATH": str(tmp_path / "code")})
    asked(hands)
    file = tmp_path / "code" / "pipeline" / "publisher.py"
    file.write_text(file.read_text().replace("nothing was handed over", "rien n'a été remis"))
    with pytest.raises(StorageRefused, match="rien n'a été remis"):
        hands("mobility.parks", "never")
    assert len(publishers(short)) == 1
