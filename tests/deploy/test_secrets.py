"""What `make secrets` writes: for its owner alone, never twice the same, never over what exists."""

import base64
import re
import subprocess
import sys
from pathlib import Path

from deploy.secrets import drawn, written

ROOT = Path(__file__).parents[2]


def secrets(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.secrets", "--file", str(file), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_no_two_secrets_are_alike_and_no_two_draws() -> None:
    first, second = drawn(), drawn()
    assert len({*first.values(), *second.values()}) == len(first) + len(second)


def test_every_password_is_long_and_safe_in_a_url() -> None:
    for name, value in drawn().items():
        assert re.fullmatch(r"[A-Za-z0-9_=-]{20,}", value), name
        assert "=" not in value or name == "AIRFLOW_FERNET_KEY"


def test_keys_have_the_lengths_that_their_algorithms_ask_for() -> None:
    values = drawn()
    assert len(base64.urlsafe_b64decode(values["AIRFLOW_FERNET_KEY"])) == 32
    assert len(base64.urlsafe_b64decode(values["AIRFLOW_JWT_SECRET"] + "==")) == 64


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    assert secrets(tmp_path / ".env").returncode == 0
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / ".env"]


def test_what_exists_stays_unless_force_is_said(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("MINE=1\n")
    refused = secrets(file)
    assert (refused.returncode, file.read_text()) == (1, "MINE=1\n")
    assert "make secrets FORCE=1" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert secrets(file, "--force").returncode == 0
    assert "MINE" not in file.read_text()


def test_no_secret_is_printed(tmp_path: Path) -> None:
    said = secrets(tmp_path / ".env")
    values = [line.partition("=")[2] for line in (tmp_path / ".env").read_text().splitlines() if "=" in line]
    assert len(values) > 10
    assert not [value for value in values if value in said.stdout + said.stderr]


def test_a_file_left_half_written_is_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / ".env.new").write_text("half")
    assert written(tmp_path / ".env", {"A": "1"})
    assert (tmp_path / ".env").read_text().endswith("A=1\n")


def test_the_file_is_in_no_commit_and_no_image() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert not [line for line in ignored if line.startswith("!.")]
