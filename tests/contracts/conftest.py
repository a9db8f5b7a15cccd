"""A small city in a temporary folder, to break one thing at a time."""

from collections.abc import Callable
from pathlib import Path

import pytest

CITY = "name: Villebourg\ninsee: '92040'\ncontact: opendata@example.org\n"
VOCABULARY = """\
terms:
  nom: {about: Nom usuel., label: Name}
  capacite: {type: integer, unit: "{place}", min: 0, about: Nombre de places.}
  insee_commune: {pattern: '^([013-9]\\d|2[AB1-9])\\d{3}$', about: Code INSEE de la commune.}
models:
  place: [nom, capacite]
"""
CONTRACT = """\
about:
  title: {fr: Parcs}
  description: {fr: Les parcs de la commune.}
  publisher: Mobilité
  frequency: daily
  contact: opendata@example.org
source: {kind: http_file, connection: portal, path: parcs.csv}
format: {type: csv, delimiter: ";"}
key: [id]
fields:
  id: {required: true, public: true, about: Identifiant.}
  nom: {public: true}
  capacite: {max: 5000, public: true}
  commune: {type: insee_commune, public: true}
  tel: {hidden_because: CRPA L311-6, about: Téléphone.}
audiences: [public, restricted]
"""


@pytest.fixture
def city(tmp_path: Path) -> Callable[..., Path]:
    """Writes a config folder; each keyword is a contract's text, `parcs` being sound by default."""

    def written(vocabulary: str = VOCABULARY, **contracts: str) -> Path:
        config = tmp_path / "config"
        (config / "datasets" / "mobility").mkdir(parents=True, exist_ok=True)
        (config / "city.yml").write_text(CITY, encoding="utf-8")
        (config / "vocabulary.yml").write_text(vocabulary, encoding="utf-8")
        for name, text in (contracts or {"parcs": CONTRACT}).items():
            (config / "datasets" / "mobility" / f"{name}.yml").write_text(text, encoding="utf-8")
        return config

    return written


@pytest.fixture
def faults(city: Callable[..., Path]) -> Callable[[str, str], str]:
    """The faults of the sound contract after one replacement."""
    from contracts.library import library_at

    def found(old: str, new: str) -> str:
        if old not in CONTRACT:
            pytest.fail(f"{old!r} does not stand in the contract")
        library = library_at(city(parcs=CONTRACT.replace(old, new)))
        return "\n".join(str(fault) for fault in library.faults.get("mobility.parcs", ()))

    return found


@pytest.fixture
def contract() -> str:
    """The sound contract's text."""
    return CONTRACT
