"""The sample city ends what it started, every child of it, and nothing else."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sample.processes import Started, ended, remember, remembered, started

PARENT = """
import pathlib, signal, subprocess, sys, time
{before}
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session={apart})
pathlib.Path("child").write_text(str(child.pid))
time.sleep(600)
"""


def family(folder: Path, *, before: str = "", apart: bool = False) -> tuple[Started, psutil.Process]:
    """A parent of ours and its child, once both live."""
    (folder / "parent.py").write_text(PARENT.format(before=before, apart=apart))
    parent = started("parent", ("parent",), os.environ, root=folder, logs=folder)
    file = folder / "child"
    wait_for(lambda: file.exists() and file.read_text() != "")
    return parent, psutil.Process(int(file.read_text()))


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    raise TimeoutError


def is_over(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("apart", [False, True])
def test_a_child_ends_with_its_parent_in_whatever_session_it_is(tmp_path: Path, apart: bool) -> None:
    parent, child = family(tmp_path, apart=apart)
    ended([parent], grace=5)
    assert parent.process is None
    assert is_over(child)


def test_what_ignores_a_polite_request_is_killed(tmp_path: Path) -> None:
    parent, child = family(tmp_path, before="signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    assert ended([parent], grace=0.3) == 2
    assert parent.process is None
    assert is_over(child)


def test_a_child_that_outlived_its_parent_by_itself_is_ended_too(tmp_path: Path) -> None:
    parent, child = family(tmp_path, before="signal.signal(signal.SIGTERM, lambda *_: sys.exit())")
    assert ended([parent], grace=5) == 1
    assert is_over(child)


def test_a_process_that_got_the_number_of_an_ended_one_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        ours = Started("scheduler", stranger.pid, psutil.Process(stranger.pid).create_time() - 60)
        remember([ours], tmp_path / "pids.json")
        assert remembered(tmp_path / "pids.json")[0].process is None
        ended([ours], grace=1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_another_command_finds_what_was_remembered(tmp_path: Path) -> None:
    parent, _ = family(tmp_path)
    remember([parent], tmp_path / "pids.json")
    assert remembered(tmp_path / "pids.json") == [parent]
    ended([parent], grace=5)
    assert parent.process is None
