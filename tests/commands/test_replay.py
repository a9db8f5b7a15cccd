"""A release made again by the command line, with the network off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from commands_town import released
from town import ROOT

_OFF = """
import socket

def refused(*_, **__):
    raise OSError("the network is off")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refused
"""


def without_network(town: Any, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command in a process that cannot open a connection."""
    (folder / "sitecustomize.py").write_text(_OFF)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder), **town.environment}
    command = [sys.executable, "-m", "concentrator", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_both_audiences_releases_come_out_byte_for_byte_with_the_network_off(
    town: Any, run: Any, after: Any, tmp_path: Path
) -> None:
    releases = [*after(2), *released(run, "restricted")]
    for release in (releases[0], releases[-1]):
        ended = without_network(town, tmp_path, "replay", "mobility.parks", release)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert ended.stdout.count("the same") == 3


def test_a_file_that_does_not_come_out_alike_is_named(town: Any, run: Any, after: Any) -> None:
    *_, release = after(2)
    provenance = town.folder / f"restricted/provenance/mobility/parks/{release}.json"
    provenance.write_text(
        provenance.read_text().replace('"Villebourg"', '"V"').replace('"Parcs"', '"Parcs !"')
    )
    code, stdout, _ = run("replay", "mobility.parks", release)
    assert code == 1
    assert "differs" in stdout


def test_landed_bytes_that_were_changed_are_refused(town: Any, run: Any, after: Any) -> None:
    *_, release = after(2)
    raw = sorted((town.folder / "work/landing").rglob("parks.csv"))[-1]
    raw.write_bytes(raw.read_bytes().replace(b"120", b"121"))
    code, _, stderr = run("replay", "mobility.parks", release)
    assert code == 1
    assert "is no longer what was landed" in stderr
