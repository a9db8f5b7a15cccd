"""The pages of a Parquet column chunk: a dictionary keeps values that no row has any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import pyarrow as pa

# parquet.thrift (parquet-format 2.12): CompressionCodec as pyarrow's metadata names it → pyarrow's codec.
_CODECS = {"SNAPPY": "snappy", "GZIP": "gzip", "BROTLI": "brotli", "ZSTD": "zstd", "LZ4": "lz4_raw"}
_PLAIN_WIDTHS = {"INT32": 4, "INT64": 8, "FLOAT": 4, "DOUBLE": 8, "INT96": 12}
_DICTIONARY_PAGE, _DATA_PAGE_V2 = 2, 3
_HEADER = 1 << 16  # a page header with its statistics; what is longer is read on


class Page(NamedTuple):
    """One page: its kind, how many values it holds, its bytes decompressed."""

    kind: int
    values: int
    content: bytes

    @property
    def is_dictionary(self) -> bool:
        """Whether it holds the values that the chunk's other pages only number."""
        return self.kind == _DICTIONARY_PAGE


def pages_of(stream: IO[bytes], chunk: Any) -> Iterator[Page]:
    """Every page of a column chunk (`chunk`: pyarrow's metadata of it), in the file's order.

    Raises:
        ValueError: the bytes are no pages, or are compressed by a codec that is not known.
    """
    place = min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)))
    end = place + chunk.total_compressed_size
    while place < end:
        stream.seek(place)
        head = stream.read(min(_HEADER, end - place))
        header, length = _struct(head, 0)
        size = header[3]
        stream.seek(place + length)
        yield _page(header, stream.read(size), chunk.compression)
        place += length + size


def _page(header: dict[int, Any], content: bytes, compression: str) -> Page:
    kind = header[1]
    told: dict[int, Any] = header.get({0: 5, _DICTIONARY_PAGE: 7, _DATA_PAGE_V2: 8}.get(kind, 0), {})
    levels = told.get(5, 0) + told.get(6, 0) if kind == _DATA_PAGE_V2 else 0  # never compressed
    size = header[2] - levels
    if compression != "UNCOMPRESSED" and told.get(7, True) and size:
        if compression not in _CODECS:
            raise ValueError(f"the codec {compression} is not known")
        body = pa.Codec(_CODECS[compression]).decompress(content[levels:], size, asbytes=True)
        content = content[:levels] + body
    return Page(kind, told.get(1, 0), content)


def dictionary_values(page: Page, chunk: Any, kind: pa.DataType, length: int) -> pa.Array | None:
    """The dictionary's values as Arrow reads a column of that type; None where its bytes are text already.

    `length`: bytes of a value of fixed length.
    """
    width = (
        length if chunk.physical_type == "FIXED_LEN_BYTE_ARRAY" else _PLAIN_WIDTHS.get(chunk.physical_type)
    )
    if not width:
        return None
    values, buffer = len(page.content) // width, pa.py_buffer(page.content)
    if pa.types.is_decimal(kind):
        signed = [
            int.from_bytes(page.content[at : at + width], _order(chunk), signed=True)
            for at in range(0, values * width, width)
        ]  # fmt: skip
        whole = pa.array(signed, pa.decimal128(38, 0))
        return pa.Array.from_buffers(pa.decimal128(38, kind.scale), values, whole.buffers())
    if pa.types.is_primitive(kind) and kind.bit_width == 8 * width:
        return pa.Array.from_buffers(kind, values, [None, buffer])
    storage = {4: pa.int32(), 8: pa.int64()}.get(width, pa.binary(width))
    return pa.Array.from_buffers(storage, values, [None, buffer])


def _order(chunk: Any) -> Any:
    """Fixed-length decimals are big-endian, those in integers little-endian (parquet-format)."""
    return "big" if chunk.physical_type == "FIXED_LEN_BYTE_ARRAY" else "little"


# --- Thrift's compact protocol (doc/specs/thrift-compact-protocol.md), as far as page headers use it ---


def _struct(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """Field number → value, and where the struct ends."""
    fields: dict[int, Any] = {}
    number = 0
    while True:
        head = data[at]
        at += 1
        if head == 0:
            return fields, at
        if head >> 4:
            number += head >> 4
        else:
            number, at = _zigzag(data, at)
        fields[number], at = _value(data, at, head & 0x0F)


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (1, 2):  # a boolean is its type
        return kind == 1, at
    if kind == 3:
        return data[at], at + 1
    if kind in (4, 5, 6):
        return _zigzag(data, at)
    if kind == 7:
        return data[at : at + 8], at + 8
    if kind == 8:
        length, at = _varint(data, at)
        return data[at : at + length], at + length
    if kind in (9, 10):
        return _list(data, at)
    if kind == 12:
        return _struct(data, at)
    raise ValueError(f"a page header holds a value of kind {kind}")


def _list(data: bytes, at: int) -> tuple[list[Any], int]:
    head = data[at]
    at += 1
    count = head >> 4
    if count == 15:
        count, at = _varint(data, at)
    values = []
    for _ in range(count):
        value, at = _value(data, at, head & 0x0F)
        values.append(value)
    return values, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at
