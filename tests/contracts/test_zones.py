"""Which names are time zones, against the standard library's own list."""

from zoneinfo import available_timezones

import pytest

from contracts.zones import is_time_zone


def test_every_zone_of_the_standard_library_is_one_but_the_machines_own() -> None:
    assert [name for name in available_timezones() - {"localtime"} if not is_time_zone(name)] == []


@pytest.mark.parametrize(
    "name",
    ["", "Europe", "Europe/Pariss", "europe/paris", "right/Europe/Paris", "localtime", "Europe/../Europe/Paris",
     "/etc/localtime", "Europe/Paris\0", "Q" * 300],
)  # fmt: skip
def test_no_folder_no_path_and_no_twin_is_one(name: str) -> None:
    assert not is_time_zone(name)
