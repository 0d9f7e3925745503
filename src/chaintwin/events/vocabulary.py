"""The namespace of our own events and fields, and the names of things that have no GS1 key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

NAMESPACE = "urn:chaintwin:v1:"
"""What our own types and fields begin with; documents write the prefix ``ct:``."""

PREFIX = "ct"


class Own(StrEnum):
    """Types of our own: what EPCIS has no event for. Each extends the plain event of EPCIS and uses its fields where they fit."""

    ORDER_PLACED = "OrderPlaced"
    """``order`` (id), quantityList, sourceList and destinationList or ``activity``; ``wanted_at``, ``due_at`` optional."""
    ORDER_SEEN = "OrderSeen"
    """``order`` or ``activity`` and quantity: the supplier has seen it."""
    ORDER_CANCELLED = "OrderCancelled"
    DEMAND_PLACED = "DemandPlaced"
    """A customer asks: quantityList, bizLocation, ``stream`` or ``customer``; served by shipping events, owed until then."""
    DEMAND_LOST = "DemandLost"
    FORECAST_SET = "ForecastSet"
    """``stock_point``, ``value`` a period: what an ordering rule expects."""
    PLAN_SET = "PlanSet"
    """``path`` of a value of the state, ``value``, ``at`` and ``kind`` ``desired`` or ``predicted``."""
    EQUIPMENT_CHANGED = "EquipmentChanged"
    """``resource``, ``share`` 0 to 1 that works, ``status`` in words; bizLocation where it stands."""
    PERSON_SEEN = "PersonSeen"
    """``person`` (personal), ``present``, ``role`` optional; bizLocation."""
    VEHICLE_SEEN = "VehicleSeen"
    """``vehicle``, ``present``, ``shipment`` optional; bizLocation or ``position`` [longitude, latitude]."""
    DEVICE_SEEN = "DeviceSeen"
    """``device``, ``present``, ``reason`` in words optional; bizLocation where it stands."""
    PRICE_QUOTED = "PriceQuoted"
    """``product``, ``partner`` or ``activity``, ``price``, ``currency``, ``unit`` optional."""
    MONEY_MOVED = "MoneyMoved"
    """``account``, ``amount`` (negative goes out), ``currency``."""
    NETWORK_EDITED = "NetworkEdited"
    """``network`` (the whole tables as JSON) or ``tables`` (those that change), ``note``; in force from the event time on."""
    COMMAND_ISSUED = "CommandIssued"
    """``command`` (id), ``verb``, ``path`` and ``value`` that are desired, ``by``."""
    DISRUPTION_CHANGED = "DisruptionChanged"
    """``disruption``, ``strength`` 0 to 1; 0 is the end."""
    CAPACITY_USED = "CapacityUsed"
    """``resource``, ``quantity``."""
    STATE_COUNTED = "StateCounted"
    """A stock count of everything: ``state`` as in a state file; replaces what was there."""


PERSONAL = frozenset({"person", "person_name", "driver", "contact", "by"})
"""Fields of our namespace whose value names a person; they are encrypted for their subject and can be erased."""


class Thing(StrEnum):
    """Kinds of things that a project names by its own ids."""

    SITE = "site"
    PRODUCT = "product"
    LOT = "lot"
    PARTNER = "partner"
    LANE = "lane"
    ORDER = "order"
    SHIPMENT = "shipment"
    RESOURCE = "resource"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Name:
    """A thing of the project: its kind, its id, and for a lot the lot id."""

    kind: Thing
    id: str
    lot: str = ""


def own_uri(name: Name) -> str:
    """Return the URI of a thing that has no GS1 key; every id gives a valid URI and comes back unchanged.

    Example
    -------
    >>> own_uri(Name(Thing.LOT, "milk 1 l", lot="A/7"))
    'urn:chaintwin:v1:lot:milk%201%20l:A%2F7'
    """
    parts = [name.kind.value, quote(name.id, safe="")]
    if name.kind is Thing.LOT:
        parts.append(quote(name.lot, safe=""))
    return NAMESPACE + ":".join(parts)


def own_name(uri: str) -> Name | None:
    """Return what a URI of ``own_uri`` names, or None for any other."""
    if not uri.startswith(NAMESPACE):
        return None
    parts = uri[len(NAMESPACE) :].split(":")
    if parts[0] not in _THINGS or len(parts) != (3 if parts[0] == Thing.LOT else 2):
        return None
    return Name(Thing(parts[0]), unquote(parts[1]), lot=unquote(parts[2]) if len(parts) == 3 else "")


_THINGS = frozenset(Thing)
