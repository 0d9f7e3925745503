"""Values of a server as signals: plain values, times, qualities, and whether values are missing before one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from chaintwin.ingest.connectors.interface import KEPT_BYTES
from chaintwin.ingest.connectors.signals.signal import Quality, Signal, Value

if TYPE_CHECKING:
    from asyncua.ua import DataValue

DIGEST_BYTES = 6

DEPTH = 20
"""Structures in structures that are looked into."""

_SEVERITY, _UNCERTAIN = 0xC000_0000, 0x4000_0000
_OVERFLOW_MASK, _OVERFLOW = 0x0C80, 0x0480
"""The bits of a status that say that it is one of a value and that a queue of the server ran over."""

_WAITING = 0x8032_0000
"""Status of a variable that has had no value yet."""

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def signal_of(value: DataValue, *, address: str, sent_at: int, occurrence: int, properties: Mapping[str, str]) -> Signal:
    """Return a value as a signal. What it says depends on the value and the message alone, so that it is the same sent again.

    Parameters
    ----------
    value : as the server tells it. address : of its variable. sent_at : when its message was made, microseconds.
    occurrence : which of the values of the variable in the message. properties : more to tell.
    """
    status = value.StatusCode.value if value.StatusCode is not None else 0
    at = time_of(value)
    return Signal(
        address,
        plain_value(value.Value.Value if value.Value is not None else None),
        sent_at,
        time=at,
        quality=quality_of_status(status),
        missed=1 if status & _OVERFLOW_MASK == _OVERFLOW else 0,
        occurrence=occurrence if at is None else 1,
        properties=properties,
    )


def is_waiting(value: DataValue) -> bool:
    """Return whether a server says that there has been no value yet."""
    return value.StatusCode is not None and value.StatusCode.value & 0xFFFF_0000 == _WAITING


def time_of(value: DataValue) -> int | None:
    """Return when a value was so, microseconds: by its source, else by the server; None where neither says."""
    for moment in (value.SourceTimestamp, value.ServerTimestamp):
        if moment is not None:
            found = microseconds(moment)
            if found > 0:
                return found
    return None


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970; one without a zone is in UTC."""
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND


def quality_of_status(status: int) -> Quality:
    """Return what a status says about a value: its two highest bits.

    Example
    -------
    >>> quality_of_status(0), quality_of_status(0x408F0000), quality_of_status(0x80310000)
    (<Quality.GOOD: 'good'>, <Quality.UNCERTAIN: 'uncertain'>, <Quality.BAD: 'bad'>)
    """
    severity = status & _SEVERITY
    return Quality.GOOD if not severity else Quality.UNCERTAIN if severity == _UNCERTAIN else Quality.BAD


def digest_of(value: DataValue) -> bytes:
    """Return a digest of a value and its status, without the bit that says that something is missing before it."""
    status = value.StatusCode.value & ~_OVERFLOW_MASK if value.StatusCode is not None else 0
    held = value.Value.Value if value.Value is not None else None
    return blake2b(f"{status} {held!r}".encode("utf-8", "backslashreplace"), digest_size=DIGEST_BYTES).digest()


def plain_value(value: Any) -> Value:
    """Return a value of any type of the protocol as a plain one; lists and structures as JSON.

    Example
    -------
    >>> plain_value(4.5), plain_value([1, 2]), plain_value(b"{}")
    (4.5, '[1,2]', b'{}')
    """
    if value is None or (isinstance(value, bool | int | float | str | bytes) and not isinstance(value, Enum)):
        return value
    found = _json(value, DEPTH)
    return found if isinstance(found, bool | int | float | str) or found is None else _ENCODER.encode(found).decode()


def _json(value: Any, depth: int) -> Any:
    """Return a value as JSON holds it."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, bytes):
        return value[:KEPT_BYTES].hex()
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if depth <= 0:
        return None
    if isinstance(value, list | tuple):
        return [_json(one, depth - 1) for one in value]
    kind = type(value).__name__
    if kind == "LocalizedText":
        return value.Text or ""
    if kind in ("NodeId", "ExpandedNodeId", "QualifiedName"):
        return value.to_string()
    if kind == "StatusCode":
        return value.value
    if kind == "Variant":
        return _json(value.Value, depth - 1)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _json(getattr(value, field.name), depth - 1) for field in fields(value) if field.name != "Encoding"}
    return str(value)


_ENCODER = msgspec.json.Encoder(order="deterministic")
