import pytest

from contracts.errors import SourceChanged


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("mac-roman", "mac-roman")],
)  # fmt: skip
def test_text_is_read_in_its_declared_encoding(read, encoding, written):
    met = read("clé;ville\n1;Évry\n".encode(written), encoding=encoding)
    assert (met.columns, met.rows) == (("clé", "ville"), [("1", "Évry")])


def test_bytes_of_another_encoding_are_refused_with_line_and_offset(read):
    with pytest.raises(SourceChanged, match=r"on line 2, at byte 6, what is not utf-8.*cp1252"):
        read("a;b\n1;é\n".encode("cp1252"))
    with pytest.raises(SourceChanged, match=r"at byte 6, what is not cp1252"):
        read(b"a;b\n1;\x81\n", encoding="cp1252")


def test_a_character_cut_at_the_end_is_refused(read):
    with pytest.raises(SourceChanged, match="at byte 6"):
        read("a;b\n1;é".encode()[:-1])


def test_utf8_promised_as_cp1252_is_refused_and_not_read_as_ã(read):
    with pytest.raises(SourceChanged, match="is UTF-8; promised was cp1252"):
        read("a;b\n1;é\n".encode(), encoding="cp1252")


def test_utf16_promised_as_utf8_is_named(read):
    with pytest.raises(SourceChanged, match="is UTF-16; promised was utf-8"):
        read("a;b\n1;2\n".encode("utf-16"))
    with pytest.raises(SourceChanged, match="looks like UTF-16: declare `encoding: utf-16-le`"):
        read("a;b\n1;2\n".encode("utf-16-le"))


def test_a_nul_byte_is_refused_with_its_line(read):
    with pytest.raises(SourceChanged, match="NUL byte on line 3"):
        read(b"a;b\n1;2\n3;\x004\n")


@pytest.mark.parametrize("content", [b"", b"\n\r\n", b"\xef\xbb\xbf", b"  \n"])
def test_an_empty_file_is_refused(read, content):
    with pytest.raises(SourceChanged, match="is empty"):
        read(content)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"\xef\xbb\xbf<HTML>", "a web page"),
        (b"<?xml version='1.0'?><Error/>", "an XML document"),
        (b"%PDF-1.7", "a PDF"),
        (b"PK\x03\x04rest", "a zip file or a workbook"),
        (b"\x1f\x8bxx", "a gzip file"),
    ],
)
def test_what_is_no_text_is_named(read, content, what):
    for form in ({"type": "csv"}, {"type": "json"}):
        with pytest.raises(SourceChanged, match=f"is {what}"):
            read(content, **form)


def test_two_kinds_of_line_end_beside_a_lone_cr_are_refused(read, monkeypatch):
    from transforms.decode import plaintext

    monkeypatch.setattr(plaintext, "CHUNK", 8)
    with pytest.raises(SourceChanged, match="ends its lines in two ways"):
        read(b"a;b\r1;2\r3;4\n5;6\n")
