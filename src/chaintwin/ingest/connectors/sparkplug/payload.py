"""The payload of Sparkplug B: metrics with names or aliases, times, types and values, written and read.

The few fields are written down here from the specification. Its schema file carries a license of its own, and a compiled library
for so few fields would be one more thing that has to be there.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaintwin.ingest.connectors.sparkplug.values import (
    ARRAYS,
    LONG,
    RAW,
    TEXTS,
    WHOLE,
    DataType,
    array_bytes,
    array_of,
    unsigned,
    whole,
)
from chaintwin.ingest.connectors.sparkplug.wire import (
    BYTES,
    FIXED32,
    FIXED64,
    BrokenPayloadError,
    bytes_field,
    double_field,
    fields_of,
    float_field,
    whole_field,
)

DEPTH_MAX = 8
"""Templates within templates that are looked into."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Parameters
    ----------
    name : empty where the alias stands for it. alias : number that a birth gave it; None for none.
    timestamp : milliseconds since 1970; None for none. datatype : of the value; 0 where the birth says it.
    value : plain value, list for arrays, ``{"columns": ..., "rows": ...}`` for tables, list of metrics for templates, or None.
    is_historical : whether it is sent after newer ones. is_null : whether there is no value. properties : by name.
    raw : (field, value) as it stands on the wire, for a metric whose type only the birth says.
    """

    name: str = ""
    alias: int | None = None
    timestamp: int | None = None
    datatype: int = 0
    value: Any = None
    is_historical: bool = False
    is_null: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)
    raw: tuple[int, Any] | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """A message of an edge node.

    Parameters
    ----------
    metrics : in order. timestamp : milliseconds since 1970; None for none. sequence : 0 to 255; None for none.
    """

    metrics: tuple[Metric, ...] = ()
    timestamp: int | None = None
    sequence: int | None = None


def read_payload(content: bytes) -> Payload:
    """Return a payload of its bytes.

    Raises
    ------
    BrokenPayloadError
        It is none.

    Source
    ------
    Eclipse Sparkplug 3.0.0, section 6.4.
    """
    metrics: list[Metric] = []
    timestamp = sequence = None
    for number, kind, value in fields_of(content):
        if number == 1:
            timestamp = _whole(value)
        elif number == 2:
            metrics.append(_metric(_bytes(value), depth=0))
        elif number == 3:
            sequence = _whole(value)
        del kind
    return Payload(tuple(metrics), timestamp, sequence)


def write_payload(payload: Payload) -> bytes:
    """Return a payload as bytes."""
    out = bytearray()
    if payload.timestamp is not None:
        out += whole_field(1, payload.timestamp)
    for metric in payload.metrics:
        out += bytes_field(2, _metric_bytes(metric))
    if payload.sequence is not None:
        out += whole_field(3, payload.sequence)
    return bytes(out)


def typed(metric: Metric, datatype: int) -> Any:
    """Return the value of a metric whose type only its birth says.

    Parameters
    ----------
    metric : as it was read. datatype : by the birth.

    Raises
    ------
    BrokenPayloadError
        The value is none of that type.
    """
    if metric.datatype or metric.raw is None:
        return metric.value
    return _value(*metric.raw, datatype=datatype, depth=0)


def _metric(content: bytes, *, depth: int) -> Metric:
    name, alias, timestamp, datatype = "", None, None, 0
    is_historical = is_null = False
    properties: Mapping[str, Any] = {}
    raw: tuple[int, Any] | None = None
    for number, kind, value in fields_of(content):
        if number == 1:
            name = _text(value)
        elif number == 2:
            alias = _whole(value)
        elif number == 3:
            timestamp = _whole(value)
        elif number == 4:
            datatype = _whole(value)
        elif number == 5:
            is_historical = bool(value)
        elif number == 7:
            is_null = bool(value)
        elif number == 9:
            properties = _properties(_bytes(value), depth=depth)
        elif 10 <= number <= 18:
            raw = number, _fixed(value, kind)
    found = None if raw is None or is_null else _value(*raw, datatype=datatype, depth=depth)
    return Metric(name, alias, timestamp, datatype, found, is_historical, is_null, properties, None if is_null else raw)


def _value(number: int, value: Any, *, datatype: int, depth: int) -> Any:
    if number in (10, 11):
        return whole(_whole(value), datatype)
    if number in (12, 13):
        return value
    if number == 14:
        return bool(value)
    if number == 15:
        return _text(value)
    if number == 16:
        is_array = datatype in ARRAYS or datatype in (DataType.BOOLEAN_ARRAY, DataType.STRING_ARRAY)
        return array_of(_bytes(value), datatype) if is_array else _bytes(value)
    if number == 17:
        return _table(_bytes(value))
    return _template(_bytes(value), depth=depth + 1)


def _template(content: bytes, *, depth: int) -> list[Metric]:
    if depth > DEPTH_MAX:
        raise BrokenPayloadError("templates within templates without end")
    return [_metric(_bytes(value), depth=depth) for number, _, value in fields_of(content) if number == 2]


def _table(content: bytes) -> dict[str, Any]:
    columns: list[str] = []
    types: list[int] = []
    rows: list[bytes] = []
    for number, kind, value in fields_of(content):
        if number == 2:
            columns.append(_text(value))
        elif number == 3 and kind == BYTES:
            # Repeated numbers may come packed.
            types += _packed(_bytes(value))
        elif number == 3:
            types.append(_whole(value))
        elif number == 4:
            rows.append(_bytes(value))
    return {"columns": columns, "rows": [_row(row, types) for row in rows]}


def _row(content: bytes, types: list[int]) -> list[Any]:
    cells: list[Any] = []
    for number, _, value in fields_of(content):
        if number != 1:
            continue
        kind = types[len(cells)] if len(cells) < len(types) else 0
        cell: Any = None
        for inner, wire, part in fields_of(_bytes(value)):
            cell = _scalar(inner + 2, _fixed(part, wire), kind)
        cells.append(cell)
    return cells


def _properties(content: bytes, *, depth: int) -> dict[str, Any]:
    keys: list[str] = []
    values: list[Any] = []
    if depth > DEPTH_MAX:
        raise BrokenPayloadError("properties within properties without end")
    for number, _, value in fields_of(content):
        if number == 1:
            keys.append(_text(value))
        elif number == 2:
            values.append(_property(_bytes(value), depth=depth))
    return dict(zip(keys, values, strict=False))


def _property(content: bytes, *, depth: int) -> Any:
    kind, found, is_null = 0, None, False
    raw: list[tuple[int, Any]] = []
    for number, wire, value in fields_of(content):
        if number == 1:
            kind = _whole(value)
        elif number == 2:
            is_null = bool(value)
        elif number == 9:
            found = _properties(_bytes(value), depth=depth + 1)
        elif 3 <= number <= 8:
            raw.append((number, _fixed(value, wire)))
    for number, value in raw:
        found = _scalar(number, value, kind)
    return None if is_null else found


def _scalar(number: int, value: Any, kind: int) -> Any:
    """Return a value of a property or of a cell of a table: fields 3 to 8 in the order int, long, float, double, truth, text."""
    if number in (3, 4):
        return whole(_whole(value), kind)
    return bool(value) if number == 7 else _text(value) if number == 8 else value


def _metric_bytes(metric: Metric) -> bytes:
    out = bytearray()
    if metric.name:
        out += bytes_field(1, metric.name.encode())
    for number, value in ((2, metric.alias), (3, metric.timestamp), (4, metric.datatype or None)):
        if value is not None:
            out += whole_field(number, value)
    for number, truth in ((5, metric.is_historical), (7, metric.is_null)):
        if truth:
            out += whole_field(number, 1)
    if metric.properties:
        out += bytes_field(9, _properties_bytes(metric.properties))
    if not metric.is_null and metric.value is not None:
        out += _value_bytes(metric.value, metric.datatype)
    return bytes(out)


def _value_bytes(value: Any, kind: int) -> bytes:
    if kind in WHOLE:
        return whole_field(11 if kind in LONG else 10, unsigned(value, kind))
    if kind == DataType.FLOAT:
        return float_field(12, value)
    if kind == DataType.DOUBLE:
        return double_field(13, value)
    if kind == DataType.BOOLEAN:
        return whole_field(14, int(value))
    if kind in TEXTS:
        return bytes_field(15, value.encode())
    if kind in RAW:
        return bytes_field(16, value)
    if kind == DataType.TEMPLATE:
        return bytes_field(18, b"".join(bytes_field(2, _metric_bytes(metric)) for metric in value))
    return bytes_field(16, array_bytes(value, kind))


def _properties_bytes(properties: Mapping[str, Any]) -> bytes:
    out = bytearray()
    for name in properties:
        out += bytes_field(1, name.encode())
    for value in properties.values():
        if isinstance(value, bool):
            part = whole_field(1, DataType.BOOLEAN) + whole_field(7, int(value))
        elif isinstance(value, int):
            part = whole_field(1, DataType.INT32) + whole_field(3, unsigned(value, DataType.INT32))
        elif isinstance(value, float):
            part = whole_field(1, DataType.DOUBLE) + double_field(6, value)
        else:
            part = whole_field(1, DataType.STRING) + bytes_field(8, str(value).encode())
        out += bytes_field(2, part)
    return bytes(out)


def _fixed(value: int | bytes, kind: int) -> Any:
    if kind == FIXED32:
        return struct.unpack("<f", value)[0]  # type: ignore[arg-type]
    return struct.unpack("<d", value)[0] if kind == FIXED64 else value  # type: ignore[arg-type]


def _packed(content: bytes) -> list[int]:
    """Return numbers that stand one behind the other."""
    found, value, shift = [], 0, 0
    for part in content:
        value |= (part & 0x7F) << shift
        shift += 7
        if part < 0x80:
            found.append(value)
            value = shift = 0
    return found


def _whole(value: Any) -> int:
    if isinstance(value, int):
        return value
    raise BrokenPayloadError("a field that should be a whole number")


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    raise BrokenPayloadError("a field that should be bytes")


def _text(value: Any) -> str:
    try:
        return _bytes(value).decode()
    except UnicodeDecodeError:
        raise BrokenPayloadError("a text that is no UTF-8") from None
