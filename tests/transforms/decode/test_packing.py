import gzip
import io
import zipfile

import pytest

from contracts.errors import SourceChanged
from transforms.decode import packing

TEXT = b"a;b\n1;2\n"


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_gz_is_unpacked(read):
    assert read(gzip.compress(TEXT), archive="gz").rows == [("1", "2")]


def test_the_only_file_of_a_zip_is_taken(read):
    assert read(zipped({"sous/": b"", "sous/a.csv": TEXT}), archive="zip").rows == [("1", "2")]


@pytest.mark.parametrize("member", ["b.csv", "b*", "[b].csv"])
def test_a_member_is_named_or_matched(read, member):
    packed = zipped({"lisez-moi.txt": b"x", "[b].csv" if member.startswith("[") else "b.csv": TEXT})
    assert read(packed, archive="zip", member=member).rows == [("1", "2")]


def test_no_or_several_matching_members_are_refused_with_their_names(read):
    packed = zipped({"a.csv": TEXT, "b.csv": TEXT})
    with pytest.raises(SourceChanged, match='"a.csv", "b.csv", of which 2 match'):
        read(packed, archive="zip", member="*.csv")
    with pytest.raises(SourceChanged, match='"a.csv", "b.csv", of which 0 match'):
        read(packed, archive="zip", member="c.csv")
    with pytest.raises(SourceChanged, match="holds 2 files"):
        read(packed, archive="zip")
    with pytest.raises(SourceChanged, match="holds 0 files: nothing"):
        read(zipped({}), archive="zip")


@pytest.mark.parametrize("cut", [10, -10, -60])
def test_a_truncated_zip_is_refused(read, cut):
    with pytest.raises(SourceChanged, match="no whole zip file"):
        read(zipped({"a.csv": TEXT * 100})[:cut], archive="zip")


def misled(packed: bytes, name: bool = False) -> bytes:
    """The zip with a directory that begins elsewhere, or with a name in its directory that is no UTF-8."""
    if name:
        broken = packed.replace("é.csv".encode(), b"\xc3\xc3.csv")
        assert broken != packed
        return broken
    begin = int.from_bytes(packed[-6:-2], "little")
    return packed[:-6] + (begin + 5_000).to_bytes(4, "little") + packed[-2:]


def test_a_zip_whose_directory_is_broken_is_refused(read):
    with pytest.raises(SourceChanged, match="no whole zip file"):
        read(misled(zipped({"a.csv": TEXT})), archive="zip")
    with pytest.raises(SourceChanged, match="no whole zip file"):
        read(misled(zipped({"é.csv": TEXT}), name=True), archive="zip")


def test_a_truncated_gz_is_refused(read):
    with pytest.raises(SourceChanged, match="no whole gz file"):
        read(gzip.compress(TEXT * 1000)[:-12], archive="gz")


def test_what_is_not_packed_is_refused(read):
    for archive in ("gz", "zip"):
        with pytest.raises(SourceChanged, match=f"no whole {archive} file"):
            read(TEXT, archive=archive)


def test_a_damaged_member_is_refused(read):
    packed = bytearray(zipped({"a.csv": bytes(range(256)) * 50}))
    packed[60] ^= 0xFF
    with pytest.raises(SourceChanged, match="no whole zip file"):
        read(bytes(packed), archive="zip")


def test_an_encrypted_member_is_refused(read):
    packed = bytearray(zipped({"a.csv": TEXT}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(signature) + flags] |= 1
    with pytest.raises(SourceChanged, match="protected by a password"):
        read(bytes(packed), archive="zip")


def test_a_member_outside_the_archive_is_refused(read):
    for name in ("../a.csv", "/etc/a.csv", "x/../../a.csv"):
        with pytest.raises(SourceChanged, match="a path out of the archive"):
            read(zipped({name: TEXT}), archive="zip")


def test_bombs_are_refused(read, monkeypatch):
    monkeypatch.setattr(packing, "SMALL", 1000)
    bomb = b"a;b\n" + b"0" * 2_000_000
    with pytest.raises(SourceChanged, match="unpacks from"):
        read(zipped({"a.csv": bomb}), archive="zip")
    with pytest.raises(SourceChanged, match="unpacks from"):
        read(gzip.compress(bomb), archive="gz")
    monkeypatch.setattr(packing, "MAX_MEMBERS", 2)
    with pytest.raises(SourceChanged, match="holds 3 files"):
        read(zipped({name: TEXT for name in "abc"}), archive="zip", member="a")


def test_an_archive_in_an_archive_is_not_opened(read):
    with pytest.raises(SourceChanged, match="is a gzip file"):
        read(gzip.compress(gzip.compress(TEXT)), archive="gz")
