"""The Dockerfile read line by line, and its build stage run in clean folders: no engine is at hand everywhere."""

import fnmatch
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
JOINED = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
LINES = [
    tuple(line.split(maxsplit=1)) for line in JOINED.splitlines() if line.strip() and not line.startswith("#")
]
STAGES = [number for number, (word, _) in enumerate(LINES) if word == "FROM"]
BUILD, FINAL = LINES[: STAGES[1]], LINES[STAGES[1] :]


def copied(lines: list[tuple[str, str]]) -> list[tuple[list[str], str]]:
    """Sources and target of each COPY from the folder of the build."""
    words = [shlex.split(rest) for word, rest in lines if word == "COPY" and not rest.startswith("--from")]
    return [(each[:-1], each[-1]) for each in words]


def reaches_the_builder(source: str) -> bool:
    """By .dockerignore: the last line that fits a path decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#") and fnmatch.fnmatch(source, line.removeprefix("!").rstrip("/")):
            sent = line.startswith("!")
    return sent


def test_every_stage_begins_with_the_same_pinned_image() -> None:
    images = {rest.split()[0] for word, rest in LINES if word == "FROM"}
    assert len(images) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-bookworm", images.pop())


def test_what_is_copied_exists_and_reaches_the_builder() -> None:
    for sources, _ in copied(LINES):
        for source in sources:
            assert (ROOT / source).exists(), source
            assert reaches_the_builder(source.rstrip("/").split("/")[0]), source


def test_secrets_and_what_was_made_never_reach_the_builder() -> None:
    for name in (".env", ".git", "var", "connections.env", "tests", ".venv"):
        assert not reaches_the_builder(name)


def test_every_room_that_the_code_imports_is_in_the_image() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"sample", "bench"}
    assert {source.rstrip("/") for sources, _ in copied(BUILD) for source in sources} >= rooms


def test_it_runs_as_a_number_that_is_not_root_and_owns_no_code() -> None:
    assert [rest for word, rest in FINAL if word == "USER"] == ["50500:50500"]
    assert FINAL[-1][0] == "CMD"
    assert "--chown" not in JOINED
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    values = yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text())
    assert {compose[name]["user"] for name in ("worker", "worker-public", "scheduler")} == {"50500:50500"}
    assert (values["uid"], values["gid"]) == (50500, 50500)


def test_the_lock_it_installs_is_of_the_same_versions_as_the_tests() -> None:
    def pinned(name: str) -> set[str]:
        return {line for line in (ROOT / name).read_text().splitlines() if "==" in line and line[0].isalnum()}

    image = pinned("requirements-cluster.txt")
    assert "requirements-cluster.txt" in JOINED
    assert pinned("requirements.txt") <= image <= pinned("requirements-dev.txt")


def test_the_image_is_one_name_everywhere() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    values = yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text())
    tags = {
        one["image"].rpartition(":")[2]
        for one in compose.values()
        if one["image"].startswith("concentrator:")
    }
    assert tags == {values["images"]["airflow"]["tag"], values["images"]["pod_template"]["tag"]}
    airflow = re.search(r"^apache-airflow==(.*)$", (ROOT / "requirements-cluster.txt").read_text(), re.M)
    assert airflow
    assert tags.pop().endswith(f"airflow{airflow[1]}")
    assert values["airflowVersion"] == airflow[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the build stage was carried out, with `/opt` in it."""
    folder = tmp_path_factory.mktemp("image")
    here = "/"
    for word, rest in BUILD:
        if word == "WORKDIR":
            here = rest
        elif word == "COPY":
            copy(folder, here, shlex.split(rest))
        elif word == "RUN":
            (folder / here.lstrip("/")).mkdir(parents=True, exist_ok=True)
            moved = re.sub(r"(?<![\w/])/opt/", f"{folder}/opt/", rest)
            done = subprocess.run(
                moved, shell=True, cwd=folder / here.lstrip("/"), capture_output=True, text=True
            )
            assert done.returncode == 0, f"{rest}\n{done.stderr[-2000:]}"
    return folder / "opt"


def copy(folder: Path, here: str, words: list[str]) -> None:
    *sources, target = words
    place = folder / (target if target.startswith("/") else f"{here}/{target}").lstrip("/")
    for source in sources:
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, place, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)


def run(built: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command as the container runs it: the venv's, an Airflow home of its own, and nothing of this checkout."""
    environment = {
        "PATH": f"{built}/venv/bin:/usr/bin:/bin", "AIRFLOW_HOME": str(home), "HOME": str(home), "LANG": "C.UTF-8",
        "AIRFLOW__CORE__DAGS_FOLDER": f"{built}/concentrator/dags", "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "CONCENTRATOR_CONFIG": str(ROOT / "config"),
    }  # fmt: skip
    return subprocess.run(words, cwd=home, env=environment, capture_output=True, text=True)


@pytest.mark.airflow
@pytest.mark.timeout(600)
def test_the_build_stage_makes_an_airflow_with_the_citys_dags(built: Path, tmp_path: Path) -> None:
    script = (
        "import airflow, deploy.buckets, operators.preload as ours\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        "from airflow.providers.celery.executors.celery_executor import CeleryExecutor\n"
        "from airflow.providers.cncf.kubernetes.executors.kubernetes_executor import KubernetesExecutor\n"
        "from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager\n"
        "bag = DagBag()\n"
        "print('said', airflow.__version__, ours.__file__, len(bag.dags), len(bag.import_errors))\n"
    )
    came = run(built, tmp_path, "python", "-c", script)
    assert came.returncode == 0, came.stderr[-2000:]
    said = next(line for line in came.stdout.splitlines() if line.startswith("said")).split()
    contracts = len(list((ROOT / "config" / "datasets").rglob("*.yml")))
    assert said[1:] == ["3.3.2", f"{built}/concentrator/operators/preload.py", str(contracts + 2), "0"]
    assert run(built, tmp_path, "concentrator", "check").returncode == 0
    assert run(built, tmp_path, "python", "-m", "uv", "pip", "check").returncode == 0
