"""The events that signals become, as EPCIS 2.0 in JSON values; fields of our own begin with ``ct:``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from chaintwin.clock import text_of
from chaintwin.events.vocabulary import PREFIX, Name, Own, Thing, own_uri
from chaintwin.ingest.connectors.signals.kinds import As
from chaintwin.ingest.connectors.signals.signal import Presence, Quality, Signal

MILLISECOND = 1_000
"""Hash ids know milliseconds; what is finer would only make two spellings of one event."""

Event = dict[str, Any]


def frame(
    signal: Signal, *, at: int, is_assumed: bool, quality: Quality, sequence: int | None = None, kind: str = "ObjectEvent"
) -> Event:
    """Return what every event of a signal says: type, time, address, quality, place in the sequence.

    Parameters
    ----------
    signal : that it is of. at : event time, microseconds. is_assumed : whether that is the time of receipt.
    quality : of the value. sequence : its number; None where it has none. kind : type of the event.
    """
    event: Event = {"type": kind, "eventTime": moment(at), "eventTimeZoneOffset": "+00:00", _SIGNAL: signal.address}
    if quality is not Quality.GOOD:
        event[_QUALITY] = quality.value
    if sequence is not None:
        event[_SEQUENCE] = sequence
    if signal.missed:
        event[_MISSED] = signal.missed
    if is_assumed:
        event[_ASSUMED] = ["eventTime"]
        if signal.occurrence > 1:
            event[_OCCURRENCE] = signal.occurrence
    return event


def with_report(event: Event, said: Mapping[str, Any], *, value: Any) -> Event:
    """Return an event with a report of a sensor.

    Parameters
    ----------
    event : its frame. said : ``measures``, ``unit``, ``site``, ``device``; the last three may be absent.
    value : number, text, truth or bytes; None for a report without one.
    """
    report: Event = {"type": said["measures"]}
    if isinstance(value, bool):
        report["booleanValue"] = value
    elif isinstance(value, int | float):
        report["value"] = value
        if said.get("unit"):
            report["uom"] = said["unit"]
    elif isinstance(value, bytes):
        report["hexBinaryValue"] = value.hex()
    elif value is not None:
        report["stringValue"] = value
    if said.get("device"):
        report["deviceID"] = uri(Thing.DEVICE, said["device"])
    about: Event = {"readPoint": _place(said["site"])} if said.get("site") else {"epcList": []}
    return event | about | {"action": "OBSERVE", "bizStep": "sensor_reporting", "sensorElementList": [{"sensorReport": [report]}]}


def with_goods(event: Event, said: Mapping[str, Any], *, kind: As, quantity: float) -> Event:
    """Return an event of goods that were counted, made or used up.

    Parameters
    ----------
    event : its frame.
    said : ``site``, ``product``; ``lot``, ``unit``, ``order``, ``step``, ``disposition`` and ``deviation`` may be absent.
    kind : stock, produced or consumed. quantity : in ``unit``, base units without.
    """
    action, step, ends = _GOODS[kind]
    if said.get("lot"):
        named = own_uri(Name(Thing.LOT, said["product"], lot=said["lot"]))
    else:
        named = uri(Thing.PRODUCT, said["product"])
    amount: Event = {"epcClass": named, "quantity": quantity}
    if said.get("unit"):
        amount["uom"] = said["unit"]
    event |= {"action": action, "bizStep": said.get("step") or step, ends: _place(said["site"]), "quantityList": [amount]}
    if said.get("disposition"):
        event["disposition"] = said["disposition"]
    if said.get("order"):
        event["bizTransactionList"] = [{"type": "po", "bizTransaction": uri(Thing.ORDER, said["order"])}]
    if said.get("deviation") is not None:
        event[f"{PREFIX}:deviation"] = said["deviation"]
    return event


def doubtful(event: Event, *, site: str, value: str) -> Event:
    """Return an event about goods whose number is bad: it says so and moves nothing.

    Parameters
    ----------
    event : its frame. site : where. value : as it came.
    """
    about = {"action": "OBSERVE", "bizStep": "other", "epcList": [], "readPoint": _place(site)}
    return event | about | {_QUALITY: Quality.BAD.value, f"{PREFIX}:note": f"value {value}"[:200]}


def with_own(event: Event, fields: Mapping[str, Any], *, site: str = "") -> Event:
    """Return an event of a type of our own with its fields.

    Parameters
    ----------
    event : its frame. fields : by name without prefix; those that are None or empty are left out.
    site : where; empty for nowhere.
    """
    found = event | {f"{PREFIX}:{name}": value for name, value in fields.items() if value is not None and value != ""}
    return found | ({"bizLocation": _place(site)} if site else {})


def presence_event(presence: Presence, *, source: str) -> Event:
    """Return the event of a device that came or went.

    Parameters
    ----------
    presence : what happened. source : the address that tells of it.
    """
    event: Event = {
        "type": own_kind(Own.DEVICE_SEEN),
        "eventTime": moment(presence.at),
        "eventTimeZoneOffset": "+00:00",
        _SIGNAL: source,
        f"{PREFIX}:device": presence.device,
        f"{PREFIX}:present": presence.present,
        f"{PREFIX}:reason": presence.reason,
    }
    if presence.is_assumed:
        event[_ASSUMED] = ["eventTime"]
    if presence.missed:
        event[_MISSED] = presence.missed
    return event


def own_kind(own: Own) -> str:
    """Return a type of our own as documents write it."""
    return f"{PREFIX}:{own.value}"


@lru_cache(maxsize=16_384)
def uri(kind: Thing, name: str) -> str:
    """Return the URI of a thing that a template names: its own where it has one, else one of the project."""
    return name if name.startswith(("urn:", "http://", "https://")) else own_uri(Name(kind, name))


def moment(at: int) -> str:
    """Return microseconds as text, to the millisecond."""
    return text_of(at // MILLISECOND * MILLISECOND)


_SIGNAL, _QUALITY, _SEQUENCE, _MISSED = (f"{PREFIX}:{name}" for name in ("signal", "signal_quality", "sequence", "missed"))
_ASSUMED, _OCCURRENCE = f"{PREFIX}:assumed", f"{PREFIX}:occurrence"

_GOODS = {
    As.STOCK: ("OBSERVE", "stock_taking", "bizLocation"),
    As.PRODUCED: ("ADD", "commissioning", "bizLocation"),
    As.CONSUMED: ("DELETE", "decommissioning", "readPoint"),
}


def _place(site: str) -> Event:
    return {"id": uri(Thing.SITE, site)}
