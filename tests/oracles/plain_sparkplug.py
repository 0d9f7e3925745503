"""A plain reader of Sparkplug B payloads: fields as the schema names them, nothing interpreted. Shares nothing with the codec."""

from __future__ import annotations

import struct
from typing import Any

METRIC = {
    1: "name", 2: "alias", 3: "timestamp", 4: "datatype", 5: "is_historical", 7: "is_null", 10: "int_value", 11: "long_value",
    12: "float_value", 13: "double_value", 14: "boolean_value", 15: "string_value", 16: "bytes_value",
}  # fmt: skip
TEXT = {"name", "string_value"}


def message(content: bytes) -> list[tuple[int, Any]]:
    """Return the fields of a message: numbers and bytes, in their order."""
    bits = list(content)
    found: list[tuple[int, Any]] = []
    while bits:
        key = number(bits)
        kind = key % 8
        if kind == 0:
            found.append((key // 8, number(bits)))
        elif kind == 1:
            found.append((key // 8, struct.unpack("<d", bytes([bits.pop(0) for _ in range(8)]))[0]))
        elif kind == 5:
            found.append((key // 8, struct.unpack("<f", bytes([bits.pop(0) for _ in range(4)]))[0]))
        else:
            length = number(bits)
            found.append((key // 8, bytes([bits.pop(0) for _ in range(length)])))
    return found


def number(bits: list[int]) -> int:
    """Take a number off the front: seven bits a byte, the lowest first, as long as the eighth is set."""
    digits = [bits.pop(0)]
    while digits[-1] >= 128:
        digits.append(bits.pop(0))
    return sum((digit % 128) * 128**place for place, digit in enumerate(digits))


def payload(content: bytes) -> dict[str, Any]:
    """Return timestamp, sequence and metrics, each metric by the names of its fields."""
    fields = message(content)
    metrics = [{METRIC[key]: value for key, value in message(part) if key in METRIC} for key, part in fields if key == 2]
    for metric in metrics:
        for name in TEXT & metric.keys():
            metric[name] = metric[name].decode()
    return {"timestamp": dict(fields).get(1), "seq": dict(fields).get(3), "metrics": metrics}
