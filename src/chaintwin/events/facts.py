"""What a projection needs to know of an event: names in canonical form, quantities as given, nothing of the network.

Facts are derived once, when an event is captured, and kept beside it in the log as MessagePack, so that a replay
neither parses JSON nor follows contexts. They hold nothing that the event does not say.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Item(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One object, or an amount of a class of objects.

    Parameters
    ----------
    name : canonical name of an instance, a class or a lot (GS1 Digital Link where there is one, otherwise as given).
    quantity : amount; None for one instance, or for an amount that is not stated (``instance`` tells which).
    unit : UN/CEFACT code of the unit; None for pieces. instance : whether it is one object with a name of its own.
    """

    name: str
    quantity: float | None = None
    unit: str | None = None
    instance: bool = False


class Reading(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One sensor report.

    Parameters
    ----------
    kind : what is measured, full URI (``https://gs1.org/voc/Temperature``), or that of the alert.
    occurred_at : microseconds since 1970 in UTC: time of the report, of its element, or of the event.
    value : number, text or truth as reported; None where only statistics are given. unit : UN/CEFACT code, or None.
    low, high, mean, deviation : statistics, or None. device : sensor, or None. alert : full URI of the exception, or None.
    component : full URI of the part of a vector or position that is reported, such as latitude, or None.
    """

    kind: str
    occurred_at: int
    value: float | str | bool | None = None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    deviation: float | None = None
    device: str | None = None
    alert: str | None = None
    component: str | None = None


class Facts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An event as projections see it; every name is a full, canonical URI (Digital Link rather than URN).

    Parameters
    ----------
    kind : ``ObjectEvent`` and so on, or for a type of our own its name (``OrderPlaced``), else the full URI of the type.
    occurred_at : event time, microseconds since 1970 in UTC.
    action : ADD, OBSERVE, DELETE or empty. step, disposition : full URI or empty.
    read_point, location, parent : full URI or empty; ``parent`` is also the transformation id of a transformation.
    items : epcList and quantityList, children, or inputs of a transformation. outputs : of a transformation.
    transactions, sources, destinations : (type, id), full URIs.
    set_dispositions, unset_dispositions : persistent dispositions.
    readings : sensor reports. master : instance or lot master data, by full URI of the field.
    own : fields of our namespace without its prefix, as JSON values.
    declares_error : whether the event takes back the one of the same id. corrected_by : ids of the corrective events.
    """

    kind: str
    occurred_at: int
    action: str = ""
    step: str = ""
    disposition: str = ""
    read_point: str = ""
    location: str = ""
    parent: str = ""
    items: tuple[Item, ...] = ()
    outputs: tuple[Item, ...] = ()
    transactions: tuple[tuple[str, str], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    destinations: tuple[tuple[str, str], ...] = ()
    set_dispositions: tuple[str, ...] = ()
    unset_dispositions: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    master: dict[str, Any] = {}
    own: dict[str, Any] = {}
    declares_error: bool = False
    corrected_by: tuple[str, ...] = ()


def packed(facts: Facts) -> bytes:
    """Return facts as MessagePack; the same facts give the same bytes."""
    return _ENCODER.encode(facts)


def unpacked(content: bytes) -> Facts:
    """Return facts of their MessagePack."""
    return _DECODER.decode(content)


_ENCODER = msgspec.msgpack.Encoder(order="sorted")
_DECODER = msgspec.msgpack.Decoder(Facts)
