"""The wire format of protocol buffers: fields of a message as numbers and values, and back."""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Types on the wire."""


class BrokenPayloadError(ValueError):
    """Bytes that are no message; says why."""


def fields_of(content: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield number, wire type and value of each field: a whole number for varints, bytes for all else.

    Parameters
    ----------
    content : a message.

    Raises
    ------
    BrokenPayloadError
        It breaks off, or has a type that there is not.

    Source
    ------
    Protocol Buffers: Encoding.
    """
    at, end = 0, len(content)
    while at < end:
        key = content[at]
        if key < 0x80:
            at += 1
        else:
            key, at = _varint(content, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(content, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, at = _varint(content, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise BrokenPayloadError(f"wire type {kind}")
        if number == 0 or at + size > end:
            raise BrokenPayloadError("a field that breaks off")
        yield number, kind, content[at : at + size]
        at += size


def varint(value: int) -> bytes:
    """Return a whole number from 0 to 2**64 - 1 as a varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def whole_field(number: int, value: int) -> bytes:
    """Return a field that is a whole number or a truth."""
    return varint(number << 3 | VARINT) + varint(value)


def bytes_field(number: int, value: bytes) -> bytes:
    """Return a field that is bytes, a text in UTF-8 or a message."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def float_field(number: int, value: float) -> bytes:
    """Return a field that is a float of 32 bits."""
    return varint(number << 3 | FIXED32) + struct.pack("<f", value)


def double_field(number: int, value: float) -> bytes:
    """Return a field that is a float of 64 bits."""
    return varint(number << 3 | FIXED64) + struct.pack("<d", value)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    end = len(content)
    while at < end:
        part = content[at]
        at += 1
        value |= (part & 0x7F) << shift
        if part < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
        if shift > 63:
            break
    raise BrokenPayloadError("a number that breaks off or is too long")
