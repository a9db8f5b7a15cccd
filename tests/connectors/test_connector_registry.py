"""The registry: one kind, one file."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from connectors import registry
from connectors.connector import Connector
from connectors.http_file import HttpFile
from connectors.registry import UnknownKind, connector_for, known_kinds


@pytest.mark.parametrize("kind", known_kinds())
def test_every_module_of_the_room_is_a_kind_with_its_class(kind):
    assert issubclass(connector_for(kind), Connector)


def test_the_frame_is_no_kind():
    assert {"http_file", "drop_folder"} <= set(known_kinds())
    assert not {"connector", "extras", "registry", "web", "folders", "databases"} & set(known_kinds())


def test_listing_the_kinds_and_taking_one_imports_no_other():
    code = """
import sys
from connectors.registry import connector_for, known_kinds
known_kinds(), connector_for("drop_folder")
sys.exit("requests" in sys.modules or "connectors.http_file" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_misspelt_kind_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownKind) as caught:
        connector_for("htp_file")
    assert caught.value.met == "'htp_file' is not a kind of source"
    assert caught.value.remedy == 'Did you mean "http_file"?'


def test_a_kind_like_no_other_is_answered_with_the_list():
    with pytest.raises(UnknownKind, match=r"Known kinds: .*drop_folder.*, http_file.*\."):
        connector_for("zzzz")


@pytest.mark.parametrize("kind", ["registry", "connector", "web", "../http_file", "os", ""])
def test_what_is_no_connector_cannot_be_asked_for(kind):
    with pytest.raises(UnknownKind):
        connector_for(kind)


def _installed(monkeypatch, value):
    point = EntryPoint("moon_base", value, registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == registry.GROUP else [])


def test_an_outside_package_adds_a_kind_by_its_entry_point(monkeypatch):
    _installed(monkeypatch, "connectors.http_file:HttpFile")
    assert connector_for("moon_base") is HttpFile
    assert "moon_base" in known_kinds()


@pytest.mark.parametrize("value", ["no_such_package:Thing", "connectors.http_file:Nothing", "pathlib:Path"])
def test_a_broken_outside_package_is_named(monkeypatch, value):
    _installed(monkeypatch, value)
    with pytest.raises(UnknownKind, match=r"'moon_base'.*declares"):
        connector_for("moon_base")
