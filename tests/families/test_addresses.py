"""The address base by its contract: the verdicts of the national validator on its own test files, and the form."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from commands_town import typed

from contracts.library import library_at
from sample.sources import SOURCES, serving

ROOT = Path(__file__).parents[2]
EXPECT = library_at(ROOT / "config").dataset("territory.addresses").quality.expect
CRITICAL = [one.arguments["unexpected_rows_query"] for one in EXPECT if one.severity == "critical"]
WARNING = [one.arguments["unexpected_rows_query"] for one in EXPECT if one.severity == "warning"]
MADE = SOURCES / "address_office/bal-92040.csv"
Verdict = tuple[bool, str]


@pytest.fixture
def verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Verdict]:
    """Whether our run takes a file, and the reason or the number of warnings; Great Expectations is spared:
    its queries are run as they stand."""

    def judged(content: bytes) -> Verdict:
        site, work = tmp_path / "site", tmp_path / "work"
        shutil.rmtree(work, ignore_errors=True)
        site.mkdir(exist_ok=True)
        (site / "bal-92040.csv").write_bytes(content)
        for name in ("WORK", "PUBLIC", "RESTRICTED", "HANDOVER", "SCRATCH"):
            monkeypatch.setenv(f"CONCENTRATOR_{name}", str(tmp_path / name.lower()))
        monkeypatch.setenv("CONCENTRATOR_CONFIG", str(ROOT / "config"))
        with serving(site) as url:
            connection = json.dumps({"conn_type": "http", "host": url})
            monkeypatch.setenv("AIRFLOW_CONN_ADDRESS_OFFICE", connection)
            code, stdout, stderr = typed("run", "territory.addresses", "--until", "standardize")
        if code:
            return False, stdout + stderr
        (table,) = work.rglob("table*.parquet")
        counts = {
            kind: [len(duckdb.sql(query.replace("{batch}", f"'{table}'")).fetchall()) for query in queries]
            for kind, queries in (("critical", CRITICAL), ("warning", WARNING))
        }
        return not any(counts["critical"]), f"critical {counts['critical']}, warning {counts['warning']}"

    return judged


def test_each_verdict_is_the_national_validators(verdict: Callable[..., Verdict], shared_data: Path) -> None:
    folder = "09-territory/bal_validateur"
    expected = json.loads((shared_data / "EXPECTED.json").read_bytes())[folder]
    assert len(expected) == 8
    met = {name: verdict((shared_data / folder / name).read_bytes()) for name in expected}
    assert {name: taken for name, (taken, _) in met.items()} == {
        name: outcome.startswith("valid") for name, outcome in expected.items()
    }
    reasons = {name.removeprefix("1.4__1.4-"): said for name, (taken, said) in met.items() if not taken}
    assert 'no column "cle_interop"' in reasons["valid-relax.csv"]  # it is called cle_intero there
    for name in ("adresse", "commune", "toponyme"):
        # "1 error" is the validator's word for the whole file; its commune file has a second unfit identifier
        assert "field id_ban_" in reasons[f"bad-id-ban-{name}.csv"]
    assert reasons["without-ban-adresse.csv"].startswith("critical [1, 0, 0]")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (";92040;Issy-les-Moulineaux;", ";9204;Issy-les-Moulineaux;", "line 2, field commune_insee"),
        ("Rue du Modèle", "Ru", "line 2, field voie_nom"),
        ("Rue du Modèle;;1;", "Rue du Modèle;;01;", "line 2, field numero"),
        ("Rue du Modèle;;1;", "Rue du Modèle;;10000;", "line 2, field numero"),
        ("92040_9001_00001", "92040_9001_1", "line 2, field cle_interop"),
        ("2026-03-02", "02/03/2026", "line 2, field date_der_maj"),
        ("2.275867", "2,275867", "line 2, field long"),
        ("c07b5a92-d558-43e5-b8b6-95aa5114fb71;3ad24f99", "00000000-0000-4000-8000-000000000000;3ad24f99",
         "critical [0, 0, 61]"),
        ("92040_9001_00001", "92040_9001_00003", "critical"),
        ("voie_nom", "nom_voie", 'no column "voie_nom"'),
        ("certification_commune", "certification", 'no column "'),  # may be left out, not be renamed
    ],
)  # fmt: skip
def test_a_spoilt_file_is_refused_at_its_place(
    verdict: Callable[..., Verdict], old: str, new: str, sentence: str
) -> None:
    text = MADE.read_text("utf-8")
    assert old in text
    taken, said = verdict(text.replace(old, new, 1).encode())
    if (
        sentence == "critical"
    ):  # two addresses of one key: what else the file says goes on, the key refuses it
        assert said == "critical [0, 0, 0], warning [1, 0]"
        return
    assert not taken
    assert sentence in said
