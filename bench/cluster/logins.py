"""Unix users of their own for processes that must not see each other's files, where root may lend them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from sample.processes import Started

FIRST_UID = 64_101  # Debian Policy §9.2.2: 60000-64999 are for packages that ask; nobody's account, here
NOBODY = 65_534
# Python itself may be in a home that only root may enter: then the process gets a view of its own on that
# folder (an overlay in a mount namespace that ends with it), in which one may.
_OPENING = """\
set -e
uid=$1; shift
while [ "$1" != -- ]; do
  own=$(mktemp -d -p .); mount -t tmpfs tmpfs "$own"
  mkdir -m 755 "$own/upper"; mkdir "$own/work"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$own/upper,workdir=$own/work" "$1"
  shift
done
shift
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
"""


@dataclass(frozen=True)
class Login:
    """One Unix user, by number."""

    uid: int

    def given(self, folder: Path) -> Path:
        """The folder, made for this user alone (mode 700)."""
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, self.uid, self.uid)
        folder.chmod(0o700)
        return folder


def login(number: int) -> Login:
    """The user of that number, or who we are where we may not lend one."""
    return Login(FIRST_UID + number) if _may_lend() else Login(os.geteuid())


@cache
def _may_lend() -> bool:
    if os.geteuid() != 0:
        return False
    unshared = ["unshare", "--mount", "true"]
    return not _closed() or subprocess.run(unshared, check=False, capture_output=True).returncode == 0


def launched(
    name: str, command: Sequence[str], environment: Mapping[str, str], *,
    folder: Path, who: Login | None = None,
) -> Started:  # fmt: skip
    """The command in a session of its own, at work in `folder`, where `<name>.log` has what it prints.

    Without `who` it runs as we do.
    """
    words = list(command)
    if who is not None and who.uid != os.geteuid():
        opening = ["unshare", "--mount", "sh", "-c", _OPENING, "sh", str(who.uid)]
        words = [*opening, *map(str, _closed()), "--", *words] if _closed() else as_user(who.uid, words)
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            words, env=dict(environment), cwd=folder, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    return Started(name, process.pid, psutil.Process(process.pid).create_time())


def as_user(uid: int, words: Sequence[str]) -> list[str]:
    """The command that runs another as this user, in no other group."""
    return ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", *words]


@cache
def _closed() -> tuple[Path, ...]:
    """The folders on the way to Python and to the code that others may not enter, the outermost first."""
    ends = (Path(sys.base_prefix), Path(sys.prefix), Path(__file__).parents[2])
    on_the_way = {folder for end in ends for folder in (end, *end.parents)}
    return tuple(sorted(folder for folder in on_the_way if not folder.stat().st_mode & stat.S_IXOTH))
