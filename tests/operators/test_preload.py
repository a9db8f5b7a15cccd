"""What was loaded before the fork is there after it, unless somebody mended it in between."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Loads one room of `folder`, changes what the words say, and prints what a fork finds.
FORKED = """
import os, sys
from pathlib import Path
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
from operators.preload import keep_rooms
keep_rooms(folder, sys.argv[3:] or ["contracts.rates"])
loaded = sys.modules.get("contracts.rates")
exec(sys.argv[2])
if os.fork() == 0:
    same = sys.modules.get("contracts.rates") is loaded
    import contracts.rates
    print(contracts.rates.VALUE, same, flush=True)
    os._exit(0)
os.wait()
"""
ROOMS = """
import sys
from operators.preload import READ_BY_DAG_FILES, ROOMS, keep_rooms
from pipeline.installed import FOLDER
keep_rooms(FOLDER, READ_BY_DAG_FILES)
print(*(name for name in ("pandas", "duckdb", "great_expectations") if name in sys.modules), end=";")
keep_rooms(FOLDER, ROOMS)
print(*(name for name in ROOMS if name not in sys.modules), end=";")
print("expectations.batch" in sys.modules, "great_expectations" in sys.modules)
"""


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    """A room of one module beside the house's own `operators.preload`."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "__init__.py").touch()
    (tmp_path / "contracts" / "rates.py").write_text("VALUE = 1\n")
    for name in ("operators", "pipeline"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def found(folder: Path, change: str, *rooms: str) -> str:
    command = [sys.executable, "-c", FORKED, str(folder), change, *rooms]
    return subprocess.check_output(command, text=True, cwd=folder).strip()


def test_a_fork_finds_the_room_that_was_loaded(rooms: Path) -> None:
    assert found(rooms, "") == "1 True"


@pytest.mark.parametrize(
    "change",
    [
        '(folder / "contracts/rates.py").write_text("VALUE = 22\\n")',
        # dated back to the very time of the old one, as some ways of copying do
        'file = folder / "contracts/rates.py"; at = os.stat(file); file.write_text("VALUE = 22\\n"); '
        "os.utime(file, ns=(at.st_atime_ns, at.st_mtime_ns))",
    ],
)
def test_a_room_that_was_mended_is_read_again(rooms: Path, change: str) -> None:
    assert found(rooms, change) == "22 False"


@pytest.mark.parametrize(
    "change",
    ['(folder / "contracts/beside.py").touch()', '(folder / "contracts/rates.py").touch()'],
)
def test_a_file_that_came_or_was_written_anew_makes_all_rooms_be_read_again(rooms: Path, change: str) -> None:
    assert found(rooms, change) == "1 False"


def test_a_broken_room_does_not_keep_the_others_from_being_loaded(rooms: Path) -> None:
    (rooms / "contracts" / "torn.py").write_text("def\n")
    assert found(rooms, "", "contracts.rates", "contracts.torn", "contracts.gone") == "1 True"


def test_every_room_can_be_loaded_and_the_judge_is_none_of_them() -> None:
    printed = subprocess.check_output([sys.executable, "-c", ROOMS], text=True, cwd=ROOT)
    assert printed.splitlines()[-1] == ";;False False"
