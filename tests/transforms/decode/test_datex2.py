"""Every version of DATEX II gives the same parkings; real publications give their known sums."""

import duckdb
import pytest
from datex2_parkings import status, table
from pydantic import ValidationError

from contracts.errors import SourceChanged
from contracts.formats import Datex2Format
from transforms.decode.feeds import decode_feed
from transforms.decode.source import Source

VERSIONS = ["2.2", "2.3", "3"]


@pytest.fixture
def read(tmp_path):
    """read(file, …) → rows as dictionaries without what is absent."""

    def reading(*files, **form):
        sources = []
        for number, given in enumerate(files):
            path = given
            if isinstance(given, bytes):
                path = tmp_path / f"{number}.xml"
                path.write_bytes(given)
            sources.append(Source(path, path.name, "parc.test", tmp_path))
        with duckdb.connect() as connection:
            promised = Datex2Format.model_validate({"type": "datex2", **form})
            decoded = decode_feed(connection, sources, promised, table="t", place="parc.test")
            decoded.read("CREATE TABLE laid AS FROM t")
            rows = connection.execute("FROM laid ORDER BY rowid").fetchall()
        named = [dict(zip(decoded.columns, row, strict=True)) for row in rows]
        return [{name: cell for name, cell in row.items() if cell is not None} for row in named]

    return reading


def test_bytes_of_utf8_under_another_name_are_refused(read):
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?>' + table("3").decode().replace("Mairie", "Épi")
    assert read(latin.encode("iso-8859-1"))[0]["name"] == "Épi"
    with pytest.raises(SourceChanged, match="declares the encoding ISO-8859-1 and is written in UTF-8"):
        read(latin.encode())


COMMON = ("id", "name", "capacity", "status.vacant", "status.time", "status.states")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_gives_the_same_parkings(read, version):
    rows = read(table(version), status(version))
    assert [{name: row[name] for name in COMMON if name in row} for row in rows] == [
        {
            "id": "p1", "name": "Mairie", "capacity": "80", "status.vacant": "7",
            "status.time": "2026-03-10T12:59:00+01:00", "status.states": '["open"]',
        },
        {"id": "p2", "name": "Gare", "capacity": "120"},
    ]  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_positions_types_and_languages_are_read(read, version):
    park, other = read(table(version), status(version), language="en")
    assert (park["latitude"], park["longitude"], park["type"], park["name"]) == (
        "48.8",
        "2.27",
        "UrbanParkingSite",
        "Car park",
    )
    assert "latitude" not in other


def test_a_status_without_its_record_is_a_row_of_its_own(read):
    rows = read(table("3"), status("3", only="p9"))
    assert [(row["id"], row.get("name"), row.get("status.vacant")) for row in rows] == [
        ("p1", "Mairie", None), ("p2", "Gare", None), ("p9", None, "7"),
    ]  # fmt: skip


def test_a_status_may_decorate_the_id(read):
    rows = read(table("2.3"), status("2.3", only="p1[Mairie]"), status_id=r"^(\w+)\[")
    assert [(row["id"], row.get("status.vacant")) for row in rows] == [("p1", "7"), ("p2", None)]


@pytest.mark.parametrize("pattern", ["p1", "(a)(b)", "(a"])
def test_a_pattern_for_the_id_has_one_group(pattern):
    with pytest.raises(ValidationError, match="status_id"):
        Datex2Format(type="datex2", status_id=pattern)


def test_what_comes_twice_in_one_record_is_a_list_in_all(read):
    more = b"<parkingFacilityLayout>a</parkingFacilityLayout>"
    twice = table("2.2").replace(b"</parkingFacilityName>", b"</parkingFacilityName>" + more)
    assert [row["parkingFacilityLayout"] for row in read(twice)] == ["a", "a"]
    twice = twice.replace(more, more * 2, 1)
    assert [row["parkingFacilityLayout"] for row in read(twice)] == ['["a","a"]', '["a"]']
    kept = read(
        table("2.2").replace(b"</parkingFacilityName>", b"</parkingFacilityName>" + more),
        lists=["parkingFacilityLayout"],
    )
    assert [row["parkingFacilityLayout"] for row in kept] == ['["a"]', '["a"]']


def test_a_record_that_comes_twice_alike_counts_once(read):
    body = table("2.2")
    record = body[body.index(b"<parkingFacility ") : body.index(b"</parkingFacility>") + 18]
    assert len(read(body.replace(record, record * 2))) == 2
    with pytest.raises(SourceChanged, match="two parkingFacility that differ under one id"):
        read(body.replace(record, record + record.replace(b"80", b"81")))


@pytest.mark.parametrize(
    ("content", "met"),
    [
        (b"<a><b/></a>", "holds no publication"),
        (table("3")[:-40], "cut short"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + table("3"), "document type"),
        (b"id;nom\n1;a\n", "is not XML"),
        (table("3").replace(b' id="p1"', b""), "has a parkingRecord without an id"),
        (b"<a><publicationTime>2026-03-10T12:00:00Z</publicationTime></a>", "hold no parkings"),
    ],
)
def test_what_is_no_publication_is_told(read, content, met):
    with pytest.raises(SourceChanged, match=met):
        read(content)


def test_real_publications_give_their_known_sums(read, shared_data):
    folder = shared_data / "02-parking"
    rows = read(folder / "datex2_stuttgart_static.xml", folder / "datex2_stuttgart_realtime.xml")
    counted = [row for row in rows if "status.vacant" in row]
    assert (len(rows), sum("status.time" in row for row in rows), len(counted)) == (49, 49, 40)
    assert sum(int(row["status.vacant"]) for row in counted) == 7639
    assert sum(int(row["status.occupied"]) for row in counted) == 3960
    assert sum(int(row["capacity"]) for row in rows) == 11620
    files = folder / "datex2_vrs_bondorf_static.xml", folder / "datex2_vrs_bondorf_realtime.xml"
    assert [row["id"] for row in read(*files)] == ["1035", "1035[P+R Bondorf]"]
    (park,) = read(*files, status_id=r"^(\d+)\[.*\]$")
    assert (park["name"], park["capacity"], park["status.vacant"]) == ("P+R Bondorf", "314", "215")
