"""Types of values in Sparkplug B, and how each stands on the wire."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any

from chaintwin.ingest.connectors.sparkplug.wire import BrokenPayloadError


class DataType(IntEnum):
    """Types of values.

    Source: Eclipse Sparkplug 3.0.0, section 6.4.16.
    """

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    PROPERTY_SET = 20
    PROPERTY_SET_LIST = 21
    INT8_ARRAY = 22
    INT16_ARRAY = 23
    INT32_ARRAY = 24
    INT64_ARRAY = 25
    UINT8_ARRAY = 26
    UINT16_ARRAY = 27
    UINT32_ARRAY = 28
    UINT64_ARRAY = 29
    FLOAT_ARRAY = 30
    DOUBLE_ARRAY = 31
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33
    DATETIME_ARRAY = 34


SIGNED: Mapping[int, int] = MappingProxyType({DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64})
"""Whole numbers with a sign, and their bits: on the wire they are numbers without one, in two's complement."""

LONG = frozenset({DataType.INT64, DataType.UINT64, DataType.DATETIME})
"""Whole numbers that stand in the field of 64 bits."""

WHOLE = frozenset({*SIGNED, *LONG, DataType.UINT8, DataType.UINT16, DataType.UINT32})
TEXTS = frozenset({DataType.STRING, DataType.TEXT, DataType.UUID})
RAW = frozenset({DataType.BYTES, DataType.FILE})

ARRAYS: Mapping[int, str] = MappingProxyType(
    {
        DataType.INT8_ARRAY: "b",
        DataType.INT16_ARRAY: "h",
        DataType.INT32_ARRAY: "i",
        DataType.INT64_ARRAY: "q",
        DataType.UINT8_ARRAY: "B",
        DataType.UINT16_ARRAY: "H",
        DataType.UINT32_ARRAY: "I",
        DataType.UINT64_ARRAY: "Q",
        DataType.FLOAT_ARRAY: "f",
        DataType.DOUBLE_ARRAY: "d",
        DataType.DATETIME_ARRAY: "Q",
    }
)
"""Arrays of numbers, each in so many bytes, the lowest first."""


def whole(value: int, kind: int) -> int:
    """Return a whole number of the wire as its type means it.

    Parameters
    ----------
    value : from 0 on. kind : its type.

    Example
    -------
    >>> whole(255, DataType.INT8), whole(2**32 - 2, DataType.INT16), whole(255, DataType.UINT8)
    (-1, -2, 255)
    """
    bits = SIGNED.get(kind)
    if bits is None:
        return value
    # Some senders fill up to 32 bits, others to those of the type.
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def unsigned(value: int, kind: int) -> int:
    """Return a whole number as it stands on the wire."""
    bits = SIGNED.get(kind)
    if bits is None:
        return value
    return value & ((1 << max(bits, 32)) - 1)


def array_of(content: bytes, kind: int) -> list[Any]:
    """Return the values of an array.

    Raises
    ------
    BrokenPayloadError
        The bytes are none.
    """
    try:
        if kind == DataType.BOOLEAN_ARRAY:
            (count,) = struct.unpack_from("<I", content)
            if count > 8 * (len(content) - 4):
                raise BrokenPayloadError("an array of truths that breaks off")
            return [bool(content[4 + place // 8] & 0x80 >> place % 8) for place in range(count)]
        if kind == DataType.STRING_ARRAY:
            return [part.decode() for part in content.split(b"\0")[:-1]]
        form = ARRAYS[kind]
        return list(struct.unpack(f"<{len(content) // struct.calcsize(form)}{form}", content))
    except (struct.error, UnicodeDecodeError, KeyError) as fault:
        raise BrokenPayloadError(f"an array that is none: {fault}") from None


def array_bytes(values: list[Any], kind: int) -> bytes:
    """Return an array as bytes."""
    if kind == DataType.BOOLEAN_ARRAY:
        packed = bytearray((len(values) + 7) // 8)
        for place, value in enumerate(values):
            packed[place // 8] |= (0x80 >> place % 8) if value else 0
        return struct.pack("<I", len(values)) + bytes(packed)
    if kind == DataType.STRING_ARRAY:
        return b"".join(value.encode() + b"\0" for value in values)
    return struct.pack(f"<{len(values)}{ARRAYS[kind]}", *values)
